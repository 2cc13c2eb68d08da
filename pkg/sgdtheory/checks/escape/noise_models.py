"""PLD-TAB1: exact first-passage integrals, the exact nonlocal equation, sampled jumps."""

from collections.abc import Iterator
from functools import lru_cache
from math import exp, log, log1p, pi

import numpy as np
import sympy as sp
from scipy.integrate import quad
from scipy.stats import levy_stable

from sgdtheory.checks.foundations.sampling import extrapolate
from sgdtheory.estimate import Comparison, Estimate, compare
from sgdtheory.stochastic.first_passage import log_mean_first_passage_time
from sgdtheory.stochastic.levy_exit import mean_exit_time
from sgdtheory.theory.escape import noise_models as t
from sgdtheory.theory.escape import symbols as s

# L = (w^2 - 1)^2: wells at -1 and 1, curvatures 8 and -4, barrier 1.
WELL = {s.H_a: 8, s.H_b: 4, s.barrier: 1}
INDEX = {"ito": sp.Integer(0), "stratonovich": sp.S.Half, "anti-ito": sp.Integer(1)}
KAPPAS, X = 20.0 * 2.0 ** np.arange(6), 3.0
#: Index, and what extrapolation leaves of the limit (see `rarely`): at mu = 3/2 the layer
#: adds a square with a logarithm, which the powers of the ladder do not remove.
STABLE = {0.7: 1e-8, 1.2: 1e-8, 1.5: 1e-5}
#: Distance of the ends from the minimum; drifts, and the height of the loss there.
ELL = 0.8
SHAPES = {
    "parabola": (lambda w: -w, ELL**2 / 2),
    "steep": (lambda w: -2 * w - 4 * w**3, ELL**2 + ELL**4),
}


def crossing(E: float, X: float, convention: str) -> float:
    """Log of the exact time from -1 to 1; noise ``2/E`` at the minimum, ``1 + X`` times that
    at the saddle."""
    return log_mean_first_passage_time(
        lambda w: -4 * w * (w * w - 1),
        lambda w: (1 + X * (w * w - 1) ** 2) / E,
        -1.0,
        1.0,
        convention=convention,
        cells=40_000,
    )


@lru_cache(maxsize=1)
def constant_noise() -> tuple[float, float]:
    """Exact crossing time over ``exp(E)`` for E → ∞, and the slope of its ratio in 1/E."""
    barriers = 25.0 * 2.0 ** np.arange(6)
    fronts = [exp(crossing(E, 0.0, "ito") - E) for E in barriers]
    front = extrapolate(fronts)
    return front, extrapolate(barriers * (np.array(fronts) / front - 1))


@lru_cache(maxsize=3)
def growing_noise(convention: str) -> float:
    """Log of the exact crossing time over ``(1 + X)^kappa``, kappa → ∞ at fixed X."""
    return extrapolate([crossing(k * X, X, convention) - k * log1p(X) for k in KAPPAS])


@lru_cache(maxsize=24)
def rarely(mu: float, low: float | None, shape: str = "parabola") -> float:
    """Exact mean exit time of (low, ELL) times ``gamma^mu``, for gamma → 0.

    The expansion is in powers of ``gamma^mu``, up to the power ``1/(mu - 1)`` of it for
    mu > 1: there starts what the layer at an end, ``gamma^(mu/(mu - 1))`` thin, adds.
    """
    rates = 0.04 / 2.0 ** np.arange(6)
    drift, _ = SHAPES[shape]

    def time(rate):
        return mean_exit_time(drift, rate ** (1 / mu), mu, 0.0, (low, ELL), cells=700)

    return extrapolate([rate * time(rate) for rate in rates])


@lru_cache(maxsize=4)
def jump_density(mu: float) -> float:
    """The c for which jumps of density ``c |y|^(-1-mu)`` have the exponent ``|k|^mu``."""
    near = quad(lambda y: 2 * np.sin(y / 2) ** 2 / y ** (1 + mu), 0, 1, epsrel=1e-12)[0]
    waves = quad(lambda y: y ** (-1 - mu), 1, np.inf, weight="cos", wvar=1.0, epsabs=1e-12)[0]
    return 1 / (2 * (near + 1 / mu - waves))


@lru_cache(maxsize=1)
def many_steps() -> Estimate:
    """Mean of ``cos x`` after 100 steps of ``0.1 * 0.8`` times a stable number, mu = 1.5."""
    draws = levy_stable.rvs(1.5, 0.0, size=(100, 20_000), random_state=np.random.default_rng(2))
    return Estimate.mean_of(np.cos((0.1 * 0.8 * draws).sum(axis=0)))


def per_log(mu: float, low: float, high: float) -> float:
    """Mean of ``(1 - cos y) y^-mu`` over log y, that is of what is integrated for c."""
    logs = np.linspace(log(low), log(high), 200_001)
    y = np.exp(logs)
    return float(np.trapezoid(2 * np.sin(y / 2) ** 2 * y**-mu, logs) / log(high / low))


def falls(mu: float, start: float, ratio: float) -> float:
    """By which power the integral falls off from ``start`` in steps of ``ratio``."""
    ends = [sorted((start * ratio**k, start * ratio ** (k + 1))) for k in range(2)]
    first, second = (per_log(mu, *pair) for pair in ends)
    return log(first / second) / abs(log(ratio))


def log_of(product) -> sp.Expr:
    """Its logarithm as a sum, in which no power overflows."""
    return sp.expand_log(sp.log(product), force=True)


def jumps(claim) -> Iterator[Comparison]:
    def read(label, values):
        return sp.N(claim[label].rhs.subs(values))

    for mu, rtol in STABLE.items():
        letters = {t.mu: mu, t.ell: ELL, t.gamma: 1, t.c_mu: jump_density(mu)}
        where = rf"$\mu = {mu:g}$"
        yield compare(f"density of jumps, {where}", read(t.JUMPS, {t.mu: mu}), jump_density(mu))
        two, one = rarely(mu, -ELL), rarely(mu, None)
        yield compare(f"two ends, {where}", read(t.TWO, letters), two, rtol=rtol)
        yield compare(f"one end, {where}", read(t.ONE, letters), one, rtol=rtol)
    (_, low), (_, high) = SHAPES.values()
    slope = log(rarely(1.2, -ELL, "steep") / rarely(1.2, -ELL)) / (high - low)
    yield compare("log time per height", read(t.HEIGHT, {}), slope, atol=1e-8)
    # E cos(x) = exp(-gamma^mu t) at the time t = 100 eta.
    power = claim[t.SCALE].rhs.subs({t.mu: 1.5, s.eta: 0.1, t.sigma_mu: 0.8})
    yield compare("steps of SGD", sp.exp(-10 * power), many_steps())


def bounds(claim) -> Iterator[Comparison]:
    """Margins at one index, and whether the edge is left out: the integral diverges there."""
    mu, far = 1.3, 2000 * pi
    found = {
        t.ABOVE: ("large", falls(mu, far, 2.0), per_log(0.0, far, 8 * far)),
        t.BELOW: ("small", falls(mu, 1e-3, 0.5), 2 * per_log(2.0, 1e-6, 1e-3)),
    }
    for label, (name, margin, constant) in found.items():
        claimed, strict = s.threshold(claim[label])
        # The next terms of 1 - cos y: y^4 near zero; far off it oscillates, 1/y^2 is left.
        yield compare(f"margin at {name} y", claimed.subs(t.mu, mu), margin, rtol=1e-6)
        yield compare(f"edge at {name} y", float(strict), constant, rtol=1e-6)


def three_rows(claim) -> Iterator[Comparison]:
    front, slope = constant_noise()
    values = {**WELL, s.eta: 0.1, s.sigma_g: 4.0}  # E = 5
    yield compare("E", sp.N(claim[t.IN_NOISE].rhs.subs(values)), 5.0)
    # The ladder ends at 800 and its error series in 1/E is cut after the fifth power.
    yield compare(
        "constant noise", sp.N(claim[t.CONSTANT].rhs.subs(values)), front * exp(5.0), rtol=1e-7
    )
    first = claim[t.QUARTIC].rhs.removeO().subs(t.E, 5.0)
    # A slope from the same ladder: the error of its limit comes in times E.
    yield compare("first correction", sp.N(first - 1) * 5, slope, rtol=1e-5)
    yield from jumps(claim)
    yield from bounds(claim)
    ratio = claim[t.RATIO].rhs.subs(WELL | {s.eta: 0.1, s.sigma_g: 4.0, s.kappa: 2.0})
    yield compare("X", sp.N(ratio), 2.5)
    family = claim[t.GROWING].rhs.subs(s.m, claim[t.EXPONENT].rhs)
    rows = [(name, family.subs(s.alpha, index), name) for name, index in INDEX.items()]
    for name, formula, convention in [*rows, ("SGD", claim[t.SGD].rhs, "ito")]:
        at = sp.lambdify(s.kappa, log_of(formula.subs(WELL | {s.X: X})), "math")
        claimed = extrapolate([at(k) - k * log1p(X) for k in KAPPAS])
        # As above, with the ladder in 1/kappa.
        found = growing_noise(convention)
        yield compare(f"log of growing noise, {name}", claimed, found, rtol=1e-7)


CHECKS = {"PLD-TAB1": three_rows}
