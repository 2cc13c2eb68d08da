"""ENH-4, ENH-5: cumulants of enumerated batches, quadrature over features, SGD itself."""

from collections.abc import Iterator
from functools import lru_cache
from itertools import product

import numpy as np
import sympy as sp
from scipy.integrate import quad
from scipy.optimize import brentq

from sgdtheory.estimate import Comparison, Estimate, compare
from sgdtheory.theory.log_landscape import enhancement_moments as theory
from sgdtheory.theory.log_landscape import enhancement_use as use

VALUES = np.array([0.3, -1.1, 2.0])


def factor(a: float) -> float:
    return a**2 + (1 - a) ** 2


def cumulants(values: np.ndarray) -> np.ndarray:
    """Cumulants 2 to 5 of equally likely values."""
    d = values - values.mean()
    m = [float((d**k).mean()) for k in range(6)]
    return np.array([m[2], m[3], m[4] - 3 * m[2] ** 2, m[5] - 10 * m[2] * m[3]])


def batch_means(b: int) -> np.ndarray:
    """Means of all batches of b draws with replacement."""
    return np.array([VALUES[list(i)].mean() for i in product(range(len(VALUES)), repeat=b)])


def mixed(b: int, a: float) -> np.ndarray:
    """All mixes of two independent batches."""
    means = batch_means(b)
    return (a * means[:, None] + (1 - a) * means).ravel()


def shapes(values: np.ndarray) -> np.ndarray:
    """Skewness and excess kurtosis."""
    k = cumulants(values)
    return k[1:3] / k[0] ** np.array([1.5, 2])


def cumulants_and_shape(claim) -> Iterator[Comparison]:
    """Two mixed batches and one batch of the effective size, both enumerated."""
    F = claim[theory.FACTOR].rhs

    def read(label, a, r=0):
        return sp.N(claim[label].rhs.subs(theory.F, F).subs({theory.a: a, theory.r: r}))

    for b, wanted in ((2, 1), (3, 1), (3, 2), (2, 3)):
        a = (1 + np.sqrt(2 * b / wanted - 1)) / 2
        name = f"two of {b} for one of {wanted}"
        values, plain = mixed(b, a), batch_means(wanted)
        for r, ratio in enumerate(cumulants(values) / cumulants(plain), start=2):
            claimed = read(theory.CUMULANT, a, r)
            yield compare(f"cumulant {r}, {name}", claimed, ratio)
        skew, excess = shapes(values) / shapes(plain)
        yield compare(f"skewness, {name}", read(theory.SKEW, a), skew)
        yield compare(f"excess kurtosis, {name}", read(theory.EXCESS, a), excess)
    one = shapes(VALUES)
    for a in (-1.0, -0.25, 0.0, 0.25, 0.5, 0.75, 1.0, 1.25, 3.0):
        size = 2 / factor(a)
        plain = one / np.array([np.sqrt(size), size])
        nearer = bool((np.abs(shapes(mixed(2, a))) < np.abs(plain) - 1e-12).all())
        said = bool(claim[theory.NORMAL].subs(theory.a, sp.Rational(a)))
        yield compare(f"nearer to normal, a = {a:g}", float(said), float(nearer))


FEATURES = np.array([[1.0, 0.2], [-0.5, 1.3], [0.4, -2.0], [1.5, 0.7]])


def curvatures(claim) -> Iterator[Comparison]:
    """Every two pairs of four feature vectors."""
    one = np.array([np.outer(x, x) for x in FEATURES])
    means = np.array([one[list(i)].mean(0) for i in product(range(4), repeat=2)])
    a = 1.8
    mix = (a * means[:, None] + (1 - a) * means).reshape(-1, 2, 2)
    scale = claim[theory.PAIRS].rhs.subs(theory.F, claim[theory.FACTOR].rhs)
    for i, k in (((0, 0), (0, 0)), ((0, 1), (1, 1))):
        alone, found = (np.cov(m[:, *i], m[:, *k], bias=True)[0, 1] for m in (one, mix))
        letters = {theory.a: a, theory.b: 2, theory.product_1: alone}
        name = f"curvatures {i[0]}{i[1]} and {k[0]}{k[1]}"
        yield compare(name, sp.N(scale.subs(letters)), found)


NORMAL, WEIGHT = np.polynomial.hermite_e.hermegauss(3)
WEIGHT = WEIGHT / WEIGHT.sum()


@lru_cache
def growth(eta: float, h: float, a: float) -> float:
    """``E |v'|^2`` for v a unit vector in three dimensions, two batches of one: Gauss' rule.

    Three nodes for each of the six normal numbers: exact up to the fifth power of each.
    """
    nodes = np.array(list(product(NORMAL, repeat=6))) * np.sqrt(h)
    weights = np.array(list(product(WEIGHT, repeat=6))).prod(1)
    x, y = nodes[:, :3], nodes[:, 3:]
    moved = np.eye(3)[0] - eta * (a * x[:, :1] * x + (1 - a) * y[:, :1] * y)
    return float(weights @ (moved**2).sum(1))


# b = 4, n = 3, a = 2: F = 5 and the claimed limit is at eta h = 2/(1 + 5) = 1/3.
CHAIN = {"a": 2.0, "b": 4, "n": 3, "h": 1.0, "eta": 0.2}
STEPS = 4


@lru_cache
def chains(paths: int = 100_000) -> Estimate:
    """|v|^2 after a few steps of noiseless least squares, |v| = 1 at the start."""
    rng = np.random.default_rng(7)
    a, b, n = CHAIN["a"], int(CHAIN["b"]), int(CHAIN["n"])
    weights = np.repeat([a, 1 - a], b) / b
    v = np.tile(np.eye(n)[0], (paths, 1))
    for _ in range(STEPS):
        x = rng.standard_normal((paths, 2 * b, n)) * np.sqrt(CHAIN["h"])
        residuals = np.einsum("pin,pn->pi", x, v)
        v = v - CHAIN["eta"] * np.einsum("i,pi,pin->pn", weights, residuals, x)
    return Estimate.mean_of((v**2).sum(1))


def mean_square(claim) -> Iterator[Comparison]:
    F = claim[theory.FACTOR].rhs

    def number(expr, **letters):
        given = {getattr(theory, k): sp.nsimplify(v) for k, v in letters.items()}
        return sp.N(expr.subs(theory.F, F).subs(given))

    for eta, a in ((0.1, 2.0), (0.3, 0.25), (0.05, -3.0)):
        claimed = number(claim[theory.GROWTH].rhs, eta=eta, h=1.3, a=a, b=1, n=3)
        yield compare(f"growth, eta = {eta:g}, a = {a:g}", claimed, growth(eta, 1.3, a))
    power = number(claim[theory.GROWTH].rhs, **CHAIN) ** STEPS
    yield compare(f"growth over {STEPS} steps of SGD", power, chains())
    bound = claim[theory.STABLE].subs(theory.F, F)
    setting = {theory.h: 1, theory.a: 2, theory.b: 1, theory.n: 3}
    gap = sp.lambdify(theory.eta, (bound.gts - bound.lts).subs(setting))
    found = brentq(lambda eta: growth(eta, 1.0, 2.0) - 1, 0.01, 1, xtol=1e-14)
    yield compare("largest stable learning rate", brentq(gap, 0.01, 1, xtol=1e-14), found)
    # F = 5: the factor is one at eta = 2/21 exactly.
    for eta in (sp.Rational(1, 21), sp.Rational(2, 21), sp.Rational(3, 21)):
        said = bool(bound.subs(setting).subs(theory.eta, eta))
        stable = growth(float(eta), 1.0, 2.0) < 1 - 1e-12
        yield compare(f"stable at eta = {eta}", float(said), float(stable))


def enh_4(claim) -> Iterator[Comparison]:
    """ENH-4."""
    yield from cumulants_and_shape(claim)
    yield from curvatures(claim)
    yield from mean_square(claim)


# Features 0, 0 and +-sqrt 2: curvature 1, kurtosis 2, so that the noise of linear regression
# in one dimension is proportional to the loss (LOG-3); label noise +-1: L = (1 + v^2)/2.
X, Y = (z.ravel() for z in np.meshgrid([0, 0, 2**0.5, -(2**0.5)], [1.0, -1.0]))
ETA = 0.01


@lru_cache
def noise(a: float) -> np.poly1d:
    """Covariance of two mixed batches of one, all 64 pairs, as a polynomial in v."""
    at = np.array([-1.0, 0.0, 0.5, 1.0])
    g = np.array([X * (X * v - Y) for v in at])
    mix = (a * g[:, :, None] + (1 - a) * g[:, None, :]).reshape(len(at), -1)
    return np.poly1d(np.polyfit(at, mix.var(1), 2))


def log_density(v: float, a: float) -> float:
    """From the slope of zero flux, over its value at the minimum."""
    C = noise(a)
    D, slope = ETA * C / 2, ETA * C.deriv() / 2
    return quad(lambda u: (-u - slope(u)) / D(u), 0, v, epsabs=1e-13, epsrel=1e-12)[0]


@lru_cache
def last_dimension(a: float) -> float:
    """Dimensions at which the density of the radius falls like 1/r far out: a root in n."""
    C, far = noise(a), 1e6
    D, slope = ETA * C(far) / 2, ETA * C.deriv()(far) / 2

    def fall(n):
        return 1 + far * (-far + (n - 1) * D / far - slope) / D

    return brentq(fall, 0, 1e4, xtol=1e-13)


@lru_cache
def far_away(a: float, chains: int = 20_000, steps: int = 700) -> Estimate:
    """P(v^2 > 1) after seven relaxation times of SGD with two mixed batches of one."""
    rng = np.random.default_rng(5)
    v = np.zeros(chains)
    for _ in range(steps):
        i = rng.integers(len(X), size=(2, chains))
        g = X[i] * (X[i] * v - Y[i])
        v = v - ETA * (a * g[0] + (1 - a) * g[1])
    return Estimate.mean_of(v**2 > 1)


def enh_5(claim) -> Iterator[Comparison]:
    """ENH-5: the covariance enumerated, the law by quadrature, and the recursion."""
    F = claim[use.FACTOR].rhs
    H = np.array([[2.0, -0.3], [-0.3, 0.7]])
    pairs = np.array([2.5 * x - 1.5 * y for x, y in product(FEATURES, repeat=2)])
    plain, found = (np.trace(H @ np.cov(g.T, bias=True)) for g in (FEATURES, pairs))
    letters = {use.a: 2.5, use.indicator_sgd: plain}
    yield compare("Tr HC", sp.N(claim[use.TRACE].rhs.subs(use.F, F).subs(letters)), found)

    def number(expr, a):
        given = {use.a: a, use.b: 1, use.eta: ETA, use.h: 1}
        return float(sp.N(expr.subs(use.F, F).subs(given)))

    for a in (2.0, 6.0):
        phi = number(claim[use.EXPONENT].rhs, a)
        log_p = sp.log(claim[use.LAW].rhs).subs(use.phi, phi)
        ratio = log_p.subs(use.L(use.w), 1 + 0.7**2) - log_p.subs(use.L(use.w), 1)
        yield compare(f"log density, a = {a:g}", sp.N(ratio), log_density(0.7, a))
        critical = number(claim[use.CRITICAL].rhs, a)
        # Quadratic noise 1e6 away: one part in 1e12 of its constant is left.
        yield compare(f"critical dimension, a = {a:g}", critical, last_dimension(a))
    yield from _existence(claim)
    needed = number(claim[use.NEEDED].rhs.subs(use.phi, 3), 0.0)
    a = (1 + np.sqrt(2 * needed - 1)) / 2
    slope = -log_density(0.7, a) / np.log1p(0.7**2)
    yield compare("factor for the exponent 3", 3.0, slope)
    a = (1 + np.sqrt(99)) / 2
    phi = number(claim[use.EXPONENT].rhs, a)
    law = [quad(lambda v: (1 + v * v) ** -phi, start, np.inf)[0] for start in (1, 0)]
    yield compare("P(v^2 > 1) of SGD with b = 1/50", law[0] / law[1], far_away(a))


def _existence(claim) -> Iterator[Comparison]:
    """At b = 5, eta h = 1 and a = 2 the critical dimension is 4: there it no longer exists."""
    F = claim[use.FACTOR].rhs
    letters = {use.a: 2, use.b: 5, use.eta: 1, use.h: 1}
    for n in (3, 4, 5):
        relation = claim[use.EXISTS].subs(use.n_c, claim[use.CRITICAL].rhs)
        said = bool(relation.subs(use.F, F).subs(letters).subs(use.n, n))
        # L^-2 r^(n-1) falls like r^(n-5).
        yield compare(f"a law in {n} dimensions", float(said), float(n - 5 < -1))


CHECKS = {"ENH-4": enh_4, "ENH-5": enh_5}
