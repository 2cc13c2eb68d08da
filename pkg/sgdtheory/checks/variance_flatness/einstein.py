"""IVF-EQ1: Boltzmann's law by quadrature, recursions run to their stationary state."""

from functools import lru_cache
from math import exp, expm1, log, sqrt

import numpy as np
import sympy as sp
from scipy.integrate import quad

from sgdtheory.checks.foundations.sampling import extrapolate
from sgdtheory.estimate import compare
from sgdtheory.theory.variance_flatness import einstein as theory
from sgdtheory.theory.variance_flatness.random_landscape import L_0, F, theta

LOWEST, WIDTH = 0.8, 3.0


def law(at: float, heat: float) -> float:
    return exp(-LOWEST / heat * expm1(4 * at**2 / WIDTH**2))


@lru_cache
def reduced(heat: float) -> float:
    """Variance of Boltzmann's law over ``T F^2/8 L_0``."""
    unit = sqrt(heat * WIDTH**2 / (8 * LOWEST))

    def moment(power: int) -> float:
        return quad(lambda y: y**power * law(y * unit, heat), 0, 40, epsabs=1e-15, limit=200)[0]

    return moment(2) / moment(0)


@lru_cache
def cold() -> tuple[float, float]:
    """Limit of the reduced variance at T = 0, and its slope in T."""
    heats = 0.08 / 2.0 ** np.arange(9)
    values = [reduced(float(t)) for t in heats]
    limit = extrapolate(values)
    slopes = [(a - b) / (t / 2) for a, b, t in zip(values, values[1:], heats, strict=False)]
    return limit, extrapolate(slopes)


@lru_cache
def exponent(gamma: float, h: float) -> float:
    """Local exponent of the stationary variance, noise ``C = lambda^gamma``, iterated."""
    rate = 0.1

    def log_variance(log_F: float) -> float:
        bend = h / rate * exp(-2 * log_F)
        X, keep = 1.0, (1 - rate * bend) ** 2
        for _ in range(int(40 / -log(keep))):
            X = keep * X + rate**2 * bend**gamma
        return log(X)

    steps = 0.04 / 2.0 ** np.arange(4)
    return extrapolate([-(log_variance(d) - log_variance(-d)) / (2 * d) for d in steps], 4.0)


def equilibrium(claim):
    """IVF-EQ1."""
    numbers = {L_0: LOWEST, F: WIDTH}
    there = {theory.temperature: 0.3, theta: 0.7}
    density = claim[theory.BOLTZMANN].rhs.subs(numbers).subs(there)
    barrier = LOWEST * (exp(4 * 0.7**2 / WIDTH**2) - 1)
    yield compare("log density", float(density), -barrier / 0.3)
    limit, slope = cold()
    einstein = claim[theory.EINSTEIN].rhs.subs(numbers).subs(theory.temperature, 1)
    unit = WIDTH**2 / (8 * LOWEST)
    yield compare("Einstein relation", float(einstein), limit * unit)
    series = claim[theory.WELL].rhs.removeO().subs(numbers)
    # A difference of quadratures: six digits.
    yield compare("next order", float(sp.diff(series, theory.temperature)), slope, rtol=1e-5)
    yield compare("leading order", float(series.subs(theory.temperature, 0)), limit)
    at_one_temperature = [log(width**2 * limit / (8 * LOWEST)) for width in (3.0, 3.3)]
    psi = -(at_one_temperature[1] - at_one_temperature[0]) / log(1.1)
    yield compare("exponent at one temperature", float(claim[theory.EQUILIBRIUM].rhs), psi)
    for gamma in (0, 1, 2):
        said = float(claim[theory.DIRECTIONS].rhs.subs(theory.gamma, gamma))
        small = extrapolate([exponent(gamma, h) for h in 0.08 / 2.0 ** np.arange(5)])
        # Limits of differences: seven digits.
        yield compare(f"exponent at gamma = {gamma}, small h", said, small, atol=1e-6)
        said = float(claim[theory.DISCRETE].rhs.subs({theory.gamma: gamma, theory.h: 0.4}))
        found = exponent(gamma, 0.4)
        yield compare(f"exponent at gamma = {gamma}, h = 0.4", said, found, atol=1e-7)


CHECKS = {"IVF-EQ1": equilibrium}
