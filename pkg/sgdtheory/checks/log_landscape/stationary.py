"""LOG-5: the law from its slope, along a line and along the radius, and by sampled chains."""

from collections.abc import Callable, Iterator
from functools import lru_cache
from math import pi

import numpy as np
import sympy as sp
from scipy.integrate import dblquad, quad
from scipy.special import gamma

from sgdtheory.estimate import Comparison, Estimate, compare
from sgdtheory.stochastic.stationary import density
from sgdtheory.theory.log_landscape import letters as s
from sgdtheory.theory.log_landscape import stationary as theory

ETA, B, H, L_0 = 0.25, 1.4, 1.3, 0.45
VALUES = {s.eta: ETA, s.b: B, s.h: H, s.L_0: L_0}
PLACES = (-1.1, 0.4)
RADII = (0.6, 1.7)
FAR = 30.0  # log of a radius where the law is a pure power to 25 digits
DIMENSIONS = (2, 3, 5)


def exact(value) -> sp.Expr:
    return sp.Rational(str(value))


def number(expr, **more) -> float:
    """A claimed expression at these numbers, and others by the names of their letters."""
    named = {getattr(s, k, None) or getattr(theory, k): v for k, v in more.items()}
    values = {k: exact(v) for k, v in (VALUES | named).items()}
    return float(sp.N(sp.sympify(expr).subs(values), 17))


# A loss with two wells, neither of them quadratic.
def tilted(u):
    return 0.5 + (u**2 - 1) ** 2 / 4 + 0.1 * u


def slope(u):
    return u * (u**2 - 1) + 0.1


@lru_cache
def along_a_line(clock: str) -> float:
    """``log p`` at one place less that at the other, on the clock t or tau."""
    grid = np.unique(np.concatenate([np.linspace(-6, 6, 601), PLACES]))
    if clock == "t":
        p = density(lambda u: -slope(u), lambda u: ETA * H / B * tilted(u), grid)
    else:
        p = density(lambda u: -slope(u) / tilted(u), lambda u: ETA * H / B + 0 * u, grid)
    low, high = (np.searchsorted(grid, place) for place in PLACES)
    return float(np.log(p[low] / p[high]))


def motion(beta: float, n: float) -> tuple[Callable, Callable]:
    """Drift and D of ``log r``: D from the covariance along r and across it."""

    def noise(q):
        square = np.exp(2 * q)
        across = ETA / (2 * B) * (2 * L_0 + H * square) * H / square
        return across + ETA / (2 * B) * beta * H**2, across

    def drift(q):
        along, across = noise(q)
        return -H - along + (n - 1) * across

    return drift, lambda q: noise(q)[0]


@lru_cache
def radial(beta: float, n: float, low: float = -25.0, high: float = 60.0):
    """Density of ``log r`` on a grid that holds the two radii."""
    grid = np.unique(np.concatenate([np.linspace(low, high, 3001), np.log(RADII)]))
    return grid, density(*motion(beta, n), grid)


@lru_cache
def at_radii(beta: float, n: int) -> tuple[float, float]:
    """The density in n dimensions, per volume, at the two radii."""
    grid, p = radial(beta, n)
    area = 2 * pi ** (n / 2) / gamma(n / 2)
    low, high = (float(p[np.searchsorted(grid, np.log(r))] / (area * r**n)) for r in RADII)
    return low, high


@lru_cache
def mean_loss(n: int) -> float:
    """By the trapezoidal rule in ``log r``: spectral, for the integrand dies at both ends."""
    q = np.linspace(-25, 60, 6001)
    p = density(*motion(0.0, n), q)
    return float(((L_0 + H / 2 * np.exp(2 * q)) * p).sum() / p.sum())


@lru_cache
def fall(beta: float, n: int, powers: int = 0) -> float:
    """How fast ``r^(powers)`` times the density of ``log r`` falls at a far radius."""
    drift, D = motion(beta, n)
    return float(-drift(np.array(FAR)) / D(np.array(FAR))) - powers


CORNER, SIDE = (0.3, 0.5), (1.1, 0.9)
CURVATURES = (2.0, 0.7)


def bowl(x, y):
    return L_0 + (CURVATURES[0] * x**2 + CURVATURES[1] * y**2) / 2


@lru_cache
def circulation() -> float:
    """Once around a rectangle with the force of a law without current."""

    def force(axis, x, y):
        push = -CURVATURES[axis] * (x, y)[axis]
        D = ETA * CURVATURES[axis] / B * bowl(x, y)
        return (push + ETA * CURVATURES[axis] / B * push) / D

    (x0, y0), (dx, dy) = CORNER, SIDE
    x1, y1 = x0 + dx, y0 + dy
    across = quad(lambda x: force(0, x, y0) - force(0, x, y1), x0, x1)[0]
    return across + quad(lambda y: force(1, x1, y) - force(1, x0, y), y0, y1)[0]


def claimed_circulation(claim) -> float:
    x, y = theory.x, theory.y
    (x0, y0), (dx, dy) = CORNER, SIDE
    curvatures = dict(zip((theory.h_1, theory.h_2), CURVATURES, strict=True))
    form = claim[theory.CURL].rhs.subs(theory.at_w, bowl(x, y)).subs(curvatures | VALUES)
    curl = sp.lambdify((x, y), form, "numpy")
    return dblquad(lambda y, x: curl(x, y), x0, x0 + dx, y0, y0 + dy, epsabs=1e-12)[0]


# Real minibatch SGD, two samples of weights a and 1 - a so that the steps can be short: the
# noise of a batch of 1/(a² + (1 - a)²), a fifth of a sample and less.
RATE, DIMENSION, CHAINS, OUT = 0.01, 3, 20_000, 4.0
B_EFF = 3.0 * RATE


@lru_cache(maxsize=1)
def sgd_on_gaussian_features() -> Estimate:
    """Chance that L - L_* exceeds ``OUT L_*``, from 20,000 runs of 700 steps, h = 1."""
    weight = (1 + np.sqrt(2 / B_EFF - 1)) / 2
    rng = np.random.default_rng(11)
    v = np.zeros((CHAINS, DIMENSION), np.float32)
    for _ in range(700):
        gradient = 0
        for share in (weight, 1 - weight):
            x = rng.standard_normal(v.shape, np.float32)
            label = rng.standard_normal(CHAINS, np.float32)
            gradient = gradient + share * x * ((x * v).sum(1) - label)[:, None]
        v = v - RATE * gradient
    return Estimate.mean_of((v**2).sum(1) > OUT)  # L_* = 1/2, so L - L_* = |v|²/2 > OUT/2


def claimed_chance(claim) -> float:
    """The same from the claimed law, by quadrature in the radius."""
    values = {s.eta: RATE, s.b: B_EFF, s.h: 1, s.L_0: 0.5, s.n: DIMENSION, s.beta: 1}
    log_p = theory.log_law(theory.EXACT, claim)
    log_p = sp.lambdify(s.r, sp.N(log_p.subs({k: exact(v) for k, v in values.items()})))
    shell = lambda r: r ** (DIMENSION - 1) * np.exp(log_p(r) - log_p(0.0))  # noqa: E731
    edge = OUT**0.5
    inside, outside = quad(shell, 0, edge)[0], quad(shell, edge, np.inf)[0]
    return outside / (inside + outside)


def _line(claim) -> Iterator[Comparison]:
    for label, clock in ((theory.LAW, "t"), (theory.TAU, "tau")):
        log_p = theory.log_law(label, claim)
        low, high = (number(log_p.subs(theory.L(theory.w), tilted(exact(u)))) for u in PLACES)
        yield compare(f"two wells, clock {clock}", low - high, along_a_line(clock))


def _student(claim) -> Iterator[Comparison]:
    width = claim[theory.WIDTH].rhs
    law = claim[theory.STUDENT].rhs.subs(theory.s, sp.sqrt(width))
    law = law.subs(theory.nu, claim[theory.NU].rhs).subs(s.phi, claim[theory.EXPONENT].rhs)
    for n in DIMENSIONS:
        for r, found in zip(RADII, at_radii(0.0, n), strict=True):
            yield compare(f"density, n = {n}, r = {r}", number(law, n=n, r=r), found)
        yield compare(f"mean loss, n = {n}", number(claim[theory.MEAN].rhs, n=n), mean_loss(n))
        found = fall(0.0, n)
        bound = claim[theory.EXISTS]
        margin = (bound.gts - bound.lts).subs(s.phi, claim[theory.EXPONENT].rhs)
        yield compare(f"fall of the law, n = {n}", number(margin, n=n), found)
        bound = claim[theory.FINITE]
        margin = number(bound.gts - bound.lts, n=n) / (ETA * H)
        yield compare(f"fall of L times the law, n = {n}", margin, fall(0.0, n, 2))


def _exact_covariance(claim) -> Iterator[Comparison]:
    log_p = theory.log_law(theory.EXACT, claim)
    for beta, n in ((1, 1), (1, 2), (1, 5), (0.4, 3), (0, 3)):
        low, high = (number(log_p, beta=beta, n=n, r=r) for r in RADII)
        found = at_radii(float(beta), n)
        where = f"beta = {beta}, n = {n}"
        yield compare(f"exact covariance, {where}", low - high, np.log(found[0] / found[1]))
        bound = claim[theory.NORMED]
        margin = (bound.gts - bound.lts).subs(s.q, claim[theory.EXACT_Q].rhs)
        yield compare(
            f"its fall, {where}", number(margin, beta=beta, n=n), fall(float(beta), n)
        )
    yield compare("SGD on Gaussian features, P(L > 5 L*)", claimed_chance(claim),
                  sgd_on_gaussian_features())  # fmt: skip


def log_5(claim) -> Iterator[Comparison]:
    """LOG-5: a double well on both clocks, radii in 1 to 5 dimensions, SGD itself."""
    yield from _line(claim)
    yield from _student(claim)
    yield compare("circulation around a rectangle", claimed_circulation(claim), circulation())
    yield from _exact_covariance(claim)


CHECKS = {"LOG-5": log_5}
