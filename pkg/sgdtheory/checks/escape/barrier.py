"""PLD-D5 and PLD-L6: the exact double integral, taken to each limit by extrapolation."""

from collections.abc import Iterator
from functools import lru_cache
from math import exp, log, pi

import numpy as np
import sympy as sp
from scipy.integrate import quad

from sgdtheory.checks.escape import shape
from sgdtheory.checks.escape.exact import DOUBLE, INDEX, SKEWED, Barrier, name
from sgdtheory.checks.foundations.sampling import extrapolate
from sgdtheory.estimate import Comparison, compare
from sgdtheory.stochastic.first_passage import mean_first_passage_time
from sgdtheory.theory.escape import barrier, definition
from sgdtheory.theory.escape import symbols as s
from sgdtheory.theory.foundations.symbols import w, x

SOLVED = (
    (DOUBLE, 1.0, "ito"), (DOUBLE, 3.0, "anti-ito"),
    (SKEWED, 3.0, "stratonovich"), (SKEWED, 10.0, "ito"),
)  # fmt: skip
# What seven steps of extrapolation leave of a ladder; of a slope in it; of one in X^-1/2.
LADDER, SLOPE, FAR = 1e-8, 1e-6, 1e-7


def log_formula(b: Barrier, X: float, kappa: float, convention: str) -> float:
    """A scale that takes the growth out of the exact times.

    Its front is the formula's own at finite kappa, written here once more: limit and slope
    of the exact times over it are found, the factor kappa/(m - 1/2) is not.
    """
    power = kappa + 0.5 - float(INDEX[convention])
    curved = log(-b.loss.deriv(2)(b.a) * b.loss.deriv(2)(b.b)) / 2
    return log(2 * pi * kappa / power) - curved + power * np.log1p(X)


@lru_cache(maxsize=16)
def at_large_kappa(b: Barrier, X: float, convention: str, reach=False) -> tuple[float, float]:
    """Exact time over the scale as ``kappa -> oo``, and the slope of their ratio in 1/m.

    The time to cross is a series in 1/kappa, that to reach one in its root.
    """
    ratio, end = (4.0, b.b) if reach else (2.0, b.c)
    kappas = 16 * ratio ** np.arange(7)
    ratios = [
        exp(b.log_time(X, k, convention, end, cells=40_000) - log_formula(b, X, k, convention))
        for k in kappas
    ]
    limit, m = extrapolate(ratios, 2.0), kappas + 1 - float(INDEX[convention])
    return limit, extrapolate((np.array(ratios) / limit - 1) * m)


@lru_cache(maxsize=1)
def kramers_limit() -> float:
    """Exact time without its exp(E) as ``E = kappa X -> oo``; kappa so large that X = 0."""
    energies, kappa = 25 * 2.0 ** np.arange(7), 1e15
    return extrapolate([exp(SKEWED.log_time(E / kappa, kappa) - E) for E in energies])


@lru_cache(maxsize=1)
def log_ratio_of_law() -> float:
    """``log p(0.4) - log p(-1)`` of the skewed barrier, by integrating its slope."""
    b, kappa, alpha = SKEWED, 2.3, 0.5
    drift, D = b.equation(1.7, kappa)
    # D = (eta/2) C and C' = 2 L'/(eta kappa), so D' = L'/kappa.
    slope = lambda u: (drift(u) + (1 - alpha) * drift(u) / kappa) / D(u)  # noqa: E731
    return quad(slope, -1.0, 0.4, epsabs=1e-13, epsrel=1e-13)[0]


def _law(claim) -> Comparison:
    law = sp.log(claim[barrier.LAW].rhs).subs(s.m, claim[barrier.M].rhs)
    law = law.subs(SKEWED.letters(1.7, 2.3, "stratonovich"))
    _, D = SKEWED.equation(1.7, 2.3)
    high, low = (law.subs(barrier.C(w), sp.Float(D(u), 17)) for u in (0.4, -1.0))
    return compare("stationary law", high - low, log_ratio_of_law())


@lru_cache(maxsize=1)
def time_up_a_slope() -> float:
    """``s = exp(-w)``, kappa = 2, eta = sigma_g = 1, from 0.1 to 1.3."""
    return mean_first_passage_time(lambda w: np.exp(-w), lambda w: np.exp(-w) / 2, 0.1, 1.3)


def _double_integral(claim) -> Comparison:
    on_slope = claim[barrier.EXACT].rhs.replace(barrier.s, lambda u: sp.exp(-u))
    number = on_slope.subs({s.m: 3, s.eta: 1, s.sigma_g: 1}).doit()
    claimed = sp.N(number.subs({x: 0.1, barrier.c: 1.3}))
    return compare("double integral for an exponential slope", claimed, time_up_a_slope())


def l6(claim) -> Iterator[Comparison]:
    """PLD-L6: two barriers, three readings, noise that grows little and much."""
    kappa = 30.0
    yield _law(claim)
    yield _double_integral(claim)
    _, D = SKEWED.equation(1.7, 2.3)
    growth = claim[barrier.GROWTH].rhs.subs(SKEWED.letters(1.7, 2.3))
    yield compare("growth of the noise", growth, D(SKEWED.b) / D(SKEWED.a) - 1)
    for b, X, convention in SOLVED:
        letters, where = b.letters(X, kappa, convention), name(b, convention)
        front, slope = at_large_kappa(b, X, convention)
        half, _ = at_large_kappa(b, X, convention, reach=True)
        scale = exp(log_formula(b, X, kappa, convention))

        def read(part, letters=letters):
            return sp.N(part.subs(letters))

        found = front * scale
        yield compare(f"cross, {where}", read(claim[barrier.CROSS].rhs), found, rtol=LADDER)
        yield compare(f"reach, {where}", read(claim[barrier.REACH].rhs), half * scale, rtol=FAR)
        if convention == "ito":
            yield compare(f"SGD, {where}", read(claim[barrier.SGD].rhs), found, rtol=LADDER)
        first = (claim[barrier.NEXT].rhs.removeO() - 1) * s.m
        yield compare(f"next order, {where}", read(first), slope, rtol=SLOPE)
        if b is DOUBLE:
            first = (claim[barrier.QUARTIC].rhs.removeO() - 1) * s.m
            yield compare(f"its number, {where}", read(first), slope, rtol=SLOPE)
    weak = SKEWED.letters(20 / kappa, kappa)
    yield compare("Kramers", sp.N(claim[barrier.KRAMERS].rhs.subs(weak)),
                  kramers_limit() * exp(20))  # fmt: skip


def tent_time(h: float, start: float, end: float) -> float:
    """Mean time for p = exp(h |x|), D = 1, wall at -1."""
    below = lambda y: quad(lambda z: exp(h * abs(z)), -1, y, points=[0])[0]  # noqa: E731
    inside = lambda y: below(y) * exp(-h * abs(y))  # noqa: E731
    return quad(inside, start, end, points=[0], epsabs=0, epsrel=1e-11)[0]


@lru_cache(maxsize=1)
def even_times() -> tuple[float, float, float, float]:
    """Double well of SGD, kappa = 2, X = 1: reach, cross, leave the top; chance from there."""
    drift, D = DOUBLE.equation(1.0, 2.0)
    reach, cross = (exp(DOUBLE.log_time(1.0, 2.0, end=end)) for end in (0.0, 1.0))
    leave = mean_first_passage_time(drift, D, 0.0, 1.0, lower=0.0)
    harmonic = lambda u: D(u) ** 2  # noqa: E731  1/(D p) with p = D^-3
    left, right = (quad(harmonic, *ends)[0] for ends in ((-1, 0), (0, 1)))
    return reach, cross, leave, left / (left + right)


@lru_cache(maxsize=4)
def tent_ratio(h: float) -> float:
    return tent_time(h, -1, 0) / tent_time(h, -1, 1)


def d5(claim) -> Iterator[Comparison]:
    """PLD-D5: the double well of SGD, and tents of three heights."""
    reach, cross, leave, chance = even_times()
    d = definition
    yield compare("chance from the top", claim[d.CHANCE].rhs, chance)
    times = {d.tau_cross: cross, d.tau_0: leave}
    yield compare("reach from cross", claim[d.SYMMETRIC].rhs.subs(times), reach)
    yield compare("tent of height 3", sp.N(claim[d.TENT].rhs.subs(d.h, 3)), tent_ratio(3.0))
    yield compare("high tent", claim[d.HIGH].rhs, tent_ratio(30.0))
    yield compare("no tent", claim[d.FLAT].rhs, tent_ratio(1e-9))


CHECKS = {"PLD-D5": d5, "PLD-L6": l6, **shape.CHECKS}
