"""PLD-T8: the divergence by quadrature without Gamma functions, by sampling, and from SGD."""

from collections.abc import Iterator
from functools import lru_cache
from math import log, pi, sqrt

import numpy as np
import sympy as sp
from scipy.integrate import quad
from scipy.optimize import brentq
from scipy.stats import binom

from sgdtheory.checks.foundations.sampling import extrapolate
from sgdtheory.estimate import Comparison, Estimate, compare
from sgdtheory.theory.escape import divergence as kl
from sgdtheory.theory.escape import pac_bayes
from sgdtheory.theory.escape.symbols import alpha, kappa, m

# Eigenvalues of V, kappa and calculus index: isotropic and not, one dimension to ten.
CASES = (
    ((1.0,), 3.0, 1.0),
    ((0.3, 1.9), 4.0, 0.0),
    ((0.4, 0.9, 2.2), 5.5, 0.5),
    (tuple(np.linspace(0.2, 2.0, 10)), 12.0, 1.0),
)


@lru_cache(maxsize=256)
def radial(size: int, power: float) -> tuple[float, float, float]:
    """ln of ∫ r^(d-1) (1 + r²)^-m dr; means of ln(1 + r²) and of r²: trapezoids in ln r."""
    t = np.linspace(-40 / size, 40 / (2 * power - size - 2), 6001)
    grown = np.logaddexp(0, 2 * t)
    weight = size * t - power * grown
    top = weight.max()
    weight = np.exp(weight - top)
    total = weight.sum()
    return (
        top + log(total * (t[1] - t[0])),
        float(weight @ grown / total),
        float(weight @ np.exp(2 * t) / total),
    )


def log_sphere(size: int) -> float:
    """ln of the area of the unit sphere in d dimensions, from that in d - 2."""
    if size <= 2:
        return log((2, 2 * pi)[size - 1])
    return log_sphere(size - 2) + log(2 * pi / (size - 2))


def measured(V, k: float, index: float) -> dict[str, float]:
    """The three means and the divergence from the standard Gaussian."""
    V, power = np.asarray(V), k + 1 - index
    size = len(V)
    log_radial, mean_log, mean_r2 = radial(size, power)
    log_norm = size / 2 * log(2 * k) + np.log(V).sum() / 2 + log_sphere(size) + log_radial
    square = 2 * k * V.sum() * mean_r2 / size
    log_p = -log_norm - power * mean_log
    return {
        "log": mean_log,
        "square": square,
        "KL": log_p + size / 2 * log(2 * pi) + square / 2,
    }


@lru_cache
def on_a_plane(V: tuple[float, float], k: float, index: float) -> float:
    """The divergence in d = 2 as a plain sum over the plane: no radial symmetry used."""
    t = np.linspace(-4.2, 4.2, 161)
    u = np.sinh(pi / 2 * np.sinh(t))
    du = np.cosh(pi / 2 * np.sinh(t)) * pi / 2 * np.cosh(t) * (t[1] - t[0])
    x, y = np.meshgrid(u, u, indexing="ij")
    cell = np.outer(du, du)
    log_p = -(k + 1 - index) * np.log1p((x**2 / V[0] + y**2 / V[1]) / (2 * k))
    log_p -= np.log((cell * np.exp(log_p)).sum())
    log_q = -(x**2 + y**2) / 2 - log(2 * pi)
    return float((cell * np.exp(log_p) * (log_p - log_q)).sum())


@lru_cache
def sampled(V: tuple[float, ...], k: float) -> Estimate:
    """The mean of ln p - ln q over draws from the law of SGD, in a rotated basis."""
    from sgdtheory.stochastic.distributions import multivariate_power_law

    Q = np.linalg.qr(np.random.default_rng(2).standard_normal((len(V), len(V))))[0]
    law = multivariate_power_law(k, np.eye(len(V)), 2 * Q @ np.diag(V) @ Q.T, 1.0)
    w = law.rvs(200_000, seed=8)
    log_q = -(w**2).sum(1) / 2 - len(V) / 2 * log(2 * pi)
    return Estimate.mean_of(law.logpdf(w) - log_q)


SGD_V, SGD_KAPPA = (0.8, 1.3), 6.0


@lru_cache
def square_of_sgd() -> Estimate:
    """E|w - w*|² of SGD itself: eta h = 0.01, whose bias is half a standard error."""
    rng, chains, eta, curvature = np.random.default_rng(9), 20_000, 0.01, 1.0
    V = np.array(SGD_V)[:, None]
    w = np.zeros((2, chains))
    kick = eta * np.sqrt(2 * V * curvature / eta)
    for _ in range(500):
        s = np.sqrt(1 + (w**2 / V).sum(0) / (2 * SGD_KAPPA))
        w = w - eta * curvature * w + kick * s * rng.standard_normal(w.shape)
    return Estimate.mean_of((w**2).sum(0))


def put(expr, V=(), k=None, index=None):
    """A claim's expression, or its bound's truth, at these numbers: exact, for the edges."""
    V = [sp.Rational(float(v)) for v in V]
    values = {alpha: index, kappa: k, kl.d: len(V), kl.trace: sum(V), kl.det: sp.prod(V)}
    at = {s: sp.Rational(v) for s, v in values.items() if v is not None}
    exact = sp.sympify(expr).subs(m, kappa + 1 - alpha).subs(at)
    return float(bool(exact)) if exact in (sp.true, sp.false) else sp.N(exact, 20)


def ladder(value) -> float:
    """value(kappa) at kappa → ∞ from six doublings: a series in 1/kappa."""
    return extrapolate([value(20.0 * 2**k) for k in range(6)])


def divergence(claim) -> Iterator[Comparison]:
    for V, k, index in CASES:
        seen, where = measured(V, k, index), f"d = {len(V)}, index {index:g}"
        for name, label in (("log", kl.LOG), ("square", kl.SQUARE), ("KL", kl.DIVERGENCE)):
            yield compare(f"{name}, {where}", put(claim[label].rhs, V, k, index), seen[name])
    rule = claim[kl.DIVERGENCE].rhs
    V, k, index = CASES[1]
    plane = on_a_plane(V, k, index)
    yield compare("KL summed over the plane", put(rule, V, k, index), plane)
    V = (0.4, 0.9, 2.2)
    yield compare("KL sampled", put(rule, V, 9.0, 0.0), sampled(V, 9.0))
    square = put(claim[kl.SQUARE].rhs, SGD_V, SGD_KAPPA, 0.0)
    yield compare("mean square of SGD itself", square, square_of_sgd())


def finiteness(claim) -> Iterator[Comparison]:
    """The integrand of the mean square far out; at the edge every decade adds the same."""
    relation, size, power = claim[kl.FINITE], 3, sp.Integer(4)
    far = 1e9
    local = size + 1 - 2 * float(power) * far**2 / (1 + far**2)
    excess = (relation.gts - relation.lts).subs({kl.d: size, m: power})
    yield compare("power to spare at infinity", excess, -(local + 1) / 2)
    edge = sp.Rational(size, 2) + 1
    r = np.geomspace(1e3, 1e5, 2001)
    added = r ** (size + 2) * (1 + r**2) ** -float(edge)
    converges = added[1001:].sum() < 0.99 * added[:1000].sum()
    yield compare("finite at the edge", float(bool(relation.subs({kl.d: size, m: edge}))),
                  float(converges))  # fmt: skip


def expansion(claim) -> Iterator[Comparison]:
    """Coefficients of 1/kappa from the ladder: rounding times kappa leaves 1e-9 to 1e-7."""
    for V, index in (((0.3, 1.9, 0.5), 0.0), ((0.3, 1.9), 1.0)):
        where = f"d = {len(V)}, index {index:g}"
        claimed = sp.Poly(claim[kl.LARGE].rhs.removeO().subs(kappa, 1 / kl.eps), kl.eps)

        def at(k, V=V, index=index):
            return measured(V, k, index)["KL"]

        first = ladder(lambda k, at=at: 2 * k * (at(k) - at(2 * k)))
        for n, found in enumerate((ladder(at), first)):
            coefficient = put(claimed.coeff_monomial(kl.eps**n), V, index=index)
            yield compare(f"coefficient {n}, {where}", coefficient, found, rtol=1e-6)
        ones = np.ones(len(V))
        found = ladder(lambda k, ones=ones, index=index: k**2 * measured(ones, k, index)["KL"])
        leading = claim[kl.AT_I].rhs.removeO() * kappa**2
        # The divergence is of order 1/kappa^2 itself: rounding comes in times kappa^2.
        yield compare(f"V = I, {where}", put(leading, ones, index=index), found, rtol=1e-5)


def change(what: str, V, k: float, index: float) -> float:
    """What a little less curvature, or a little more kappa, does to the divergence."""
    V, s = np.asarray(V), 2e-3

    def rise(s):
        if what == "h":
            return (measured(V * (1 + s), k, index)["KL"]
                    - measured(V / (1 + s), k, index)["KL"])  # fmt: skip
        return measured(V, k * (1 + s), index)["KL"] - measured(V, k * (1 - s), index)["KL"]

    return 8 * rise(s) - rise(2 * s)  # the difference of fourth order


@lru_cache
def turning(what: str, size: int, k: float, index: float) -> float:
    """Tr V at which the divergence neither rises nor falls."""
    return brentq(lambda T: change(what, np.full(size, T / size), k, index),
                  0.01, 9.0 * size, xtol=1e-14)  # fmt: skip


def monotonicity(claim) -> Iterator[Comparison]:
    for size, k, index in ((2, 4.0, 0.0), (3, 7.0, 1.0)):
        for label, what in ((kl.FLATTER, "h"), (kl.LARGER, "κ")):
            where = f"{what}, d = {size}, index {index:g}"
            edge = turning(what, size, k, index)
            claimed = put(claim[label].rhs, np.ones(size), k, index)
            # The steps of the differences leave 1e-9 to 1e-7.
            yield compare(f"edge in {where}", claimed, edge, rtol=1e-6)
            for factor in (0.9, 1.1):
                V = np.full(size, factor * edge / size)
                says = put(claim[label], V, k, index)
                falls = change(what, V, k, index) < 0
                yield compare(f"{factor} of the edge in {where}", says, float(falls))
            says = put(claim[label].subs(kl.trace, claim[label].rhs), np.ones(size), k, index)
            level = abs(change(what, np.full(size, edge / size), k, index)) < 1e-12
            yield compare(f"falls at the edge in {where}", says, float(not level))
    for factor in (0.9, 1.0, 1.1):
        V = np.full(2, factor)
        falls = change("κ", V, 500.0, 0.0) < 0
        says = put(claim[kl.EVENTUALLY], V, 500.0, 0.0)
        yield compare(f"falls at large κ, Tr V = {factor} d", says, float(falls))
    found = ladder(lambda k: k * (turning("h", 3, k, 0.0) - turning("κ", 3, k, 0.0)))
    claimed = put(claim[kl.WINDOW].rhs.removeO() * kappa, np.ones(3), index=0.0)
    # Rounding of the divergence times kappa squared.
    yield compare("window", claimed, found, rtol=1e-3)


def bound(claim) -> Iterator[Comparison]:
    """Its two factors by quadrature; and how often a coin breaks it, exactly."""
    size, fail, nats = 40, 1e-6, 1.3
    claimed = claim[pac_bayes.GAP].rhs.subs({pac_bayes.n: size, pac_bayes.delta: fail})
    rate = 2 * size - 1
    # P(x) exp(rate x²) = exp(-x²) is taken together: one factor alone overflows.
    moment = 1 + quad(lambda x: 2 * rate * x * np.exp(-(x**2)), 0, np.inf)[0]
    found = sqrt((nats + log(moment / fail)) / rate)
    yield compare("gap at KL = 1.3", claimed.subs(kl.KL, nats), found)
    gap = float(claimed.subs(kl.KL, 0))
    broken = binom.cdf(np.floor(size * (0.5 - gap) + 1e-9), size, 0.5)
    yield compare("one rule that tosses a coin keeps the bound", float(broken <= fail), 1.0)


def check(claim) -> Iterator[Comparison]:
    """PLD-T8: every part of the claim."""
    for part in (bound, divergence, finiteness, expansion, monotonicity):
        yield from part(claim)


CHECKS = {"PLD-T8": check}
