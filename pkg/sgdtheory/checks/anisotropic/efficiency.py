"""ANI-2: the best bound by a linear program, and tails of the rise by quadrature."""

from functools import lru_cache
from math import exp, expm1, inf, log, pi, sqrt

import numpy as np
import sympy as sp
from scipy.integrate import quad
from scipy.optimize import linprog
from scipy.special import erf, log_ndtr

from sgdtheory.checks.anisotropic import expansion
from sgdtheory.estimate import Estimate, compare
from sgdtheory.theory.anisotropic import efficiency as a
from sgdtheory.theory.anisotropic.symbols import eff, t

BARRIER, MEAN, FEW, MANY = 2.0, 0.6, 1.0, 1.5


@lru_cache
def largest() -> float:
    """Chance to reach the barrier, the largest of all laws with this mean.

    A linear program over laws on a grid from 0 to three times the barrier.
    """
    grid = np.linspace(0, 3 * BARRIER, 61)
    found = linprog(
        -(grid >= BARRIER).astype(float),
        A_eq=np.stack([np.ones_like(grid), grid]), b_eq=[1.0, MEAN],
    )  # fmt: skip
    return -found.fun


def normal(x: float) -> float:
    return exp(-(x**2) / 2) / sqrt(2 * pi)


@lru_cache
def one_axis() -> float:
    return 2 * quad(normal, sqrt(BARRIER / FEW), inf, epsabs=1e-14)[0]


@lru_cache
def two_axes() -> float:
    """Outside a circle, in strips."""
    radius = sqrt(2 * BARRIER / MANY)

    def strip(x: float) -> float:
        edge = sqrt(max(radius**2 - x**2, 0))
        return normal(x) * quad(normal, -edge, edge, epsabs=1e-13)[0]

    return 1 - quad(strip, -radius, radius, epsabs=1e-12)[0]


@lru_cache
def sampled(axes: int, mean: float) -> Estimate:
    """Chance to be above the barrier of ``mean (x_1^2 + ... )/axes``."""
    draws = np.random.default_rng(axes).standard_normal((200_000, axes))
    return Estimate.mean_of((draws**2).sum(1) * mean / axes >= BARRIER)


def efficiency(claim):
    """ANI-2."""
    numbers = {a.delta: BARRIER, a.E_1: FEW, a.E_2: MANY, eff(t): MEAN}

    def read(label):
        return float(sp.N(claim[label].rhs.subs(numbers)))

    bound = claim[a.MARKOV]
    yield compare("largest chance of all laws", read(a.MARKOV), largest())
    for what, chance in (("that attains it", sp.Rational(3, 10)), ("far below", 0)):
        # A law on 0 and the barrier, or one that stays at its mean; in rational numbers.
        law = {a.chance: chance, eff(t): sp.Rational(3, 5), a.delta: 2}
        yield compare(f"the bound holds for a law {what}", bool(bound.subs(law).doit()), 1.0)
    for what, label, found, axes, mean in (
        ("one axis", a.ONE, one_axis(), 1, FEW), ("two axes", a.TWO, two_axes(), 2, MANY)
    ):  # fmt: skip
        yield compare(f"chance, {what}", read(label), found)
        yield compare(f"chance, {what}, sampled", read(label), sampled(axes, mean))
    # Both limits are zero: the ratios are below 1e-9 at these heights.
    high, low = 150.0, 1e-20
    tails = log(2) + float(log_ndtr(-sqrt(high / FEW)))
    yield compare("high barrier", read(a.HIGH), exp(-high / MANY - tails), atol=1e-9)
    inside = -expm1(-low / MANY) / float(erf(sqrt(low / (2 * FEW))))
    yield compare("low barrier", read(a.LOW), inside, atol=1e-9)


CHECKS = {"ANI-2": efficiency, **expansion.CHECKS}
