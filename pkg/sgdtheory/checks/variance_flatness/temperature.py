"""IVF-E15: temperatures from gradient moments by quadrature, and sampled."""

from functools import lru_cache
from math import log

import numpy as np

from sgdtheory.checks.variance_flatness import einstein
from sgdtheory.checks.variance_flatness import mean_velocity as velocity
from sgdtheory.estimate import Estimate, compare
from sgdtheory.stochastic import random_landscape
from sgdtheory.theory.variance_flatness import temperature as theory
from sgdtheory.theory.variance_flatness.random_landscape import (
    L,
    M_bar,
    alpha,
    l_2,
    m,
    sigma,
    theta,
)

CURVATURE, SPREAD, AT, RATE = 4.0, 0.2, 0.5, 0.1


def temperature(at: float) -> float:
    """From mean and mean square of the minibatch gradient, lowest values of three sizes."""
    mean, square = random_landscape.gradient_moments(at, CURVATURE, SPREAD, velocity.MINIMA)
    return RATE / 2 * float(square - mean**2)


@lru_cache
def sampled() -> Estimate:
    rng = np.random.default_rng(8)
    places = SPREAD * rng.standard_normal(400_000)
    lowest = rng.choice(velocity.MINIMA, len(places))
    loss = random_landscape.minibatch_loss(0.0, lowest, places, CURVATURE)
    slopes = -CURVATURE * places * loss
    off = Estimate.mean_of((slopes - slopes.mean()) ** 2)
    return Estimate(RATE / 2 * off.value, RATE / 2 * off.stderr, off.n)


@lru_cache
def steepness() -> float:
    """``ln T / ln L`` far out: slopes in theta^2, where powers of theta no longer count."""
    far = np.array([200.0, 400.0])
    hot, loss = (_log_moment(far, power) for power in (2, 1))
    return float((hot[1] - hot[0]) / (loss[1] - loss[0]))


def _log_moment(at: np.ndarray, power: int) -> np.ndarray:
    """``ln <L^power>`` at large theta, the peak of the integrand found on a grid."""
    found = []
    for point in at:
        x = np.linspace(-point, point, 2_000_001)
        exponent = power * CURVATURE * (point - x) ** 2 / 2 - (x / SPREAD) ** 2 / 2
        peak = exponent.max()
        found.append(peak + log(np.exp(exponent - peak).sum() * (x[1] - x[0])))
    return np.array(found)


def active(claim):
    """IVF-E15."""
    moments = random_landscape.gradient_moments(AT, CURVATURE, SPREAD, velocity.MINIMA)
    letters = {alpha: RATE, theory.slope: float(moments[0]), theory.square: float(moments[1])}
    by_definition = float(claim[theory.HEAT].rhs.subs(letters))
    yield compare("by its definition", by_definition, temperature(AT))
    loss = float(random_landscape.mean_loss(AT, CURVATURE, SPREAD, velocity.MINIMA))
    numbers = {L(theta): loss, M_bar: 8 / random_landscape.flatness(CURVATURE, SPREAD) ** 2,
               theory.D: 1 - 2 * CURVATURE * SPREAD**2}  # fmt: skip
    numbers |= {alpha: RATE, m: CURVATURE, sigma: SPREAD, l_2: velocity.TWO}
    field = claim[theory.FIELD].rhs.subs(numbers).subs(theta, AT)
    yield compare("in the mean field", float(field), temperature(AT))
    bottom = float(claim[theory.BOTTOM].rhs.subs(numbers))
    yield compare("at the bottom", bottom, temperature(0.0))
    yield compare("at the bottom, sampled", bottom, sampled())
    steep = float(claim[theory.STEEP].rhs.subs(numbers))
    yield compare("steepness far out", steep, steepness())


CHECKS = {"IVF-E15": active, **einstein.CHECKS}
