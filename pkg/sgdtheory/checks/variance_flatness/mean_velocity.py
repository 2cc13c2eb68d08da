"""IVF-E11 and E12: velocities by quadrature of raw integrands, and by sampling."""

from functools import lru_cache

import numpy as np
import sympy as sp

from sgdtheory.checks.foundations.sampling import extrapolate
from sgdtheory.checks.variance_flatness import members
from sgdtheory.estimate import Estimate, compare
from sgdtheory.stochastic import random_landscape
from sgdtheory.theory.variance_flatness import mean_velocity as theory
from sgdtheory.theory.variance_flatness import velocity_spread as spread
from sgdtheory.theory.variance_flatness.random_landscape import (
    L,
    M_bar,
    alpha,
    l_1,
    l_2,
    m,
    s,
    sigma,
    theta,
)

CURVATURE, SPREAD, AT, RATE = 4.0, 0.2, 0.5, 0.1
MINIMA = np.array([0.5, 0.8, 1.4])
ONE, TWO = float(MINIMA.mean()), float((MINIMA**2).mean())


def slope(at, place, curvature=CURVATURE, lowest=1.0):
    """Of a minibatch loss, by a central difference extrapolated to no step."""

    def difference(d):
        ahead, behind = (
            random_landscape.minibatch_loss(at + sign * d, lowest, place, curvature)
            for sign in (1, -1)
        )
        return (ahead - behind) / (2 * d)

    return extrapolate([difference(d) for d in 0.1 / 2.0 ** np.arange(5)], 4.0)


@lru_cache
def at_the_bottom() -> tuple[float, float]:
    """Near theta = 0: mean of the factor; mean velocity over the linearised one."""
    places = SPREAD * np.linspace(-12, 12, 481)
    weight = np.exp(-((places / SPREAD) ** 2) / 2)
    weight /= weight.sum()
    factor = random_landscape.minibatch_loss(0.0, 1.0, places, CURVATURE)

    def drift(at: float) -> float:
        loss = random_landscape.minibatch_loss(at, 1.0, places, CURVATURE)
        return float(weight @ (loss * (at - places))) / at

    slowed = extrapolate([drift(d) for d in 0.2 / 2.0 ** np.arange(6)], 4.0)
    return float(weight @ factor), slowed


def velocities(claim):
    """IVF-E11."""
    numbers = {alpha: RATE, theory.L_min: 0.8, m: CURVATURE, sigma: SPREAD, l_1: ONE}

    def read(label, at, place=0.2):
        return float(claim[label].rhs.subs(numbers).subs({theta: at, theory.x: place}))

    yield compare("velocity", read(theory.VELOCITY, AT),
                  -RATE * slope(AT, 0.2, lowest=0.8))  # fmt: skip
    near = [-RATE * slope(0.2 + d, 0.2, lowest=0.8) / d for d in 0.1 / 2.0 ** np.arange(5)]
    unit = read(theory.LINEAR, 1.2)
    yield compare("linearised, at the distance one", unit, extrapolate(near, 4.0))
    share = float(claim[theory.NEAR].rhs.subs(theory.v_lin, 1))
    yield compare("share of the linearised velocity", share, extrapolate(near, 4.0) / unit)
    factor, slowed = at_the_bottom()
    yield compare("mean of the factor", read(theory.DROPPED, 0.0), factor)
    mean, _ = random_landscape.gradient_moments(AT, CURVATURE, SPREAD, MINIMA)
    yield compare("mean velocity", read_slope(claim, theory.DRIFT), -RATE * mean)
    linear = np.mean([-RATE * ONE * CURVATURE * (AT - x) for x in (-SPREAD, SPREAD)])
    yield compare("mean velocity, linearised", read(theory.DRIFT_LINEAR, AT), linear)
    yield compare("ratio at the bottom", read(theory.SLOWED, 0.0), slowed)


def read_slope(claim, label) -> float:
    """A formula in the curvature and value of the mean landscape, both from quadrature."""
    loss = float(random_landscape.mean_loss(AT, CURVATURE, SPREAD, MINIMA))
    curvature = 8 / random_landscape.flatness(CURVATURE, SPREAD) ** 2
    letters = {L(theta): loss, M_bar: curvature, alpha: RATE}
    return float(claim[label].rhs.subs(letters).subs(theta, AT))


def mean_square(at: float) -> float:
    return float(random_landscape.gradient_moments(at, CURVATURE, SPREAD, MINIMA)[1])


@lru_cache
def sampled() -> Estimate:
    """Mean square of the gradient at 0, from 400,000 minibatches."""
    rng = np.random.default_rng(2)
    places = SPREAD * rng.standard_normal(400_000)
    lowest = rng.choice(MINIMA, len(places))
    loss = random_landscape.minibatch_loss(0.0, lowest, places, CURVATURE)
    return Estimate.mean_of((CURVATURE * places * loss) ** 2)


@lru_cache
def linear() -> Estimate:
    """Variance of the linearised velocity, random curvatures and couplings, sampled."""
    rng = np.random.default_rng(3)
    one, two = rng.standard_normal((2, 2, 400_000)) * [[[SPREAD], [0.3]], [[0.6], [0.5]]]
    curvature, coupling = CURVATURE + two[0], two[1]
    slopes = rng.choice(MINIMA, one.shape[1]) * (curvature * one[0] + coupling * one[1])
    return Estimate.mean_of((RATE * slopes) ** 2)


def spreads(claim):
    """IVF-E12."""
    room = claim[spread.ROOM].rhs.subs({m: CURVATURE, sigma: SPREAD})
    numbers = {alpha: RATE, m: CURVATURE, sigma: SPREAD, l_1: ONE, l_2: TWO, spread.D: room,
               s: 0.6, spread.s_j: 0.5, spread.sigma_j: 0.3}  # fmt: skip

    def read(label, at=0.0, **extra):
        return float(claim[label].rhs.subs(numbers | extra).subs(theta, at))

    for at in (0.0, AT):
        yield compare(f"mean square at {at:g}", read(spread.SQUARE, at), mean_square(at))
    yield compare("mean square at 0, sampled", read(spread.SQUARE), sampled())
    mean, _ = random_landscape.gradient_moments(AT, CURVATURE, SPREAD, MINIMA)
    yield compare("mean", read_slope(claim, spread.SLOPE), mean)
    for share in (sp.Rational(3, 4), sp.Integer(1), sp.Rational(5, 4)):
        said = bool(claim[spread.EXISTS].subs({m: 2 * share, sigma: sp.S.Half}))
        there = members.exists(2, float(2 * share), 0.5)
        yield compare(f"a mean square at {share} of the edge", float(said), there)
    yield compare("linearised, sampled", read(spread.SPREAD), linear())
    exact = mean_square(0.0) / (TWO * (CURVATURE * SPREAD) ** 2)
    yield compare("over the linearised one", read(spread.RATIO), exact)
    scaled = {spread.a: CURVATURE, spread.b: SPREAD, spread.F: 3.0}
    law = float(claim[spread.SCALE].rhs.subs(numbers | scaled))
    found = TWO * (RATE * CURVATURE / 3.0**2 * SPREAD * 3.0) ** 2
    yield compare("three times flatter", law, found)


CHECKS = {"IVF-E11": velocities, "IVF-E12": spreads}
