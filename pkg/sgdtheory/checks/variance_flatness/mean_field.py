"""IVF-E10: averages of minibatch landscapes by quadrature and by sampling."""

from functools import lru_cache
from math import exp, log, sqrt
from statistics import NormalDist

import numpy as np
import sympy as sp
from numpy.polynomial.hermite_e import hermegauss
from scipy.integrate import quad

from sgdtheory.checks.foundations.sampling import extrapolate
from sgdtheory.checks.variance_flatness import fluctuation_time, mean_velocity, members
from sgdtheory.estimate import Estimate, compare
from sgdtheory.stochastic import random_landscape
from sgdtheory.theory.variance_flatness import mean_field as theory
from sgdtheory.theory.variance_flatness.random_landscape import (
    L_0,
    M_bar,
    l_1,
    m,
    m_bar,
    s,
    sigma,
    theta,
)

CURVATURE, SPREAD, AT = 4.0, 0.2, 0.6
NODES, WEIGHTS = hermegauss(80)
WEIGHTS = WEIGHTS / sqrt(2 * np.pi)


def mean_of(function, spread=SPREAD, limit=12.0) -> float:
    """Mean over a normal number of this standard deviation, raw integrand."""
    normal = NormalDist(0, spread)
    return quad(lambda x: function(x) * normal.pdf(x), -limit * spread, limit * spread,
                epsabs=0, epsrel=1e-13, limit=200)[0]  # fmt: skip


@lru_cache
def mean_loss(at: float) -> float:
    return mean_of(lambda x: exp(CURVATURE * (at - x) ** 2 / 2))


@lru_cache
def sampled() -> Estimate:
    places = SPREAD * np.random.default_rng(1).standard_normal(400_000)
    return Estimate.mean_of(random_landscape.minibatch_loss(AT, 1.0, places, CURVATURE))


A = np.array([[4.0, 1.5], [1.5, 2.0]])
B = np.array([[0.05, -0.02], [-0.02, 0.08]])


@lru_cache
def in_two_directions(first: float, second: float) -> float:
    """Mean loss for the matrices A and B by a product rule of 80 x 80 nodes."""
    root = np.linalg.cholesky(B)
    places = np.stack(np.meshgrid(NODES, NODES), -1) @ root.T
    off = np.array([first, second]) - places
    losses = np.exp(np.einsum("...i,ij,...j->...", off, A, off) / 2)
    return float(WEIGHTS @ losses @ WEIGHTS)


@lru_cache
def second_orders() -> tuple[float, float, float]:
    """Slopes in s^2 of ln L at 0, of its curvature there and of its coefficient of theta^4.

    Two equally likely curvatures, m -+ s.  Even polynomials through points near 0.
    """
    grid = 0.4 * np.cos(np.pi * (np.arange(12) + 0.5) / 24)

    def series(s2: float) -> np.ndarray:
        pair = CURVATURE + sqrt(s2) * np.array([-1, 1])
        log_loss = np.log(random_landscape.mean_loss(grid, pair, SPREAD))
        return np.polynomial.polynomial.polyfit(grid**2, log_loss, 8)[:3]

    steps = 0.4 / 2.0 ** np.arange(7)
    slopes = np.array([(series(s2) - series(0.0)) / s2 for s2 in steps])
    value, curvature, quartic = (extrapolate(column) for column in slopes.T)
    return value, 2 * curvature, quartic


@lru_cache
def coupling() -> float:
    """Slope in s^2 of the curvature along i for a coupling of -+s with direction j."""

    def curvature(size: float) -> float:
        def log_loss(at: float) -> float:
            one, two = at - 0.2 * NODES[:, None], -0.3 * NODES
            weights = np.exp(2.0 * one**2 / 2 + 3.0 * two**2 / 2) * np.cosh(size * one * two)
            return log(WEIGHTS @ weights @ WEIGHTS)

        values = [2 * (log_loss(d) - log_loss(0)) / d**2 for d in 0.2 / 2.0 ** np.arange(6)]
        return extrapolate(values, 4.0)

    flat = curvature(0.0)
    return extrapolate([(curvature(sqrt(q)) - flat) / q for q in 0.2 / 2.0 ** np.arange(6)])


def averages(claim):
    """IVF-E10."""
    curved = 1 / float(claim[theory.CURVED].rhs.subs({m: CURVATURE, sigma: SPREAD}))
    letters = {m: CURVATURE, sigma: SPREAD, l_1: 1}
    lowest = float(claim[theory.LOWEST].rhs.subs(letters))
    mean = claim[theory.MEAN].rhs.subs({M_bar: curved, L_0: lowest})
    for at in (0.0, AT):
        yield compare(f"mean loss at {at:g}", float(mean.subs(theta, at)), mean_loss(at))
    yield compare("mean loss, sampled", float(mean.subs(theta, AT)), sampled())
    squared = claim[theory.FLATNESS].rhs.subs(
        {sigma: SPREAD, theory.F_mu: members.width(CURVATURE)}
    )
    found = random_landscape.flatness(CURVATURE, SPREAD)
    yield compare("flatness squared", float(squared), found**2)
    yield from _exists(claim)
    yield from _two_directions(claim)
    small = {m_bar: CURVATURE, sigma: SPREAD}
    value, curvature, quartic = second_orders()
    for what, label, number in (
        ("slope of the curvature", theory.RANDOM, curvature),
        ("slope of the fourth power", theory.QUARTIC, quartic),
    ):
        second = sp.diff(claim[label].rhs.removeO().subs(small), s, 2) / 2
        # Derivatives of derivatives, by differences: seven digits are left.
        yield compare(what, float(second), number, rtol=1e-6)
    log_lowest = sp.log(claim[theory.HIGHER].rhs.removeO().subs(small))
    second = sp.diff(log_lowest, s, 2).subs(s, 0) / 2
    yield compare("slope of the lowest value", float(second), value, rtol=1e-6)
    pair = {theory.m_i: 2, theory.sigma_i: 0.2, theory.m_j: 3, theory.sigma_j: 0.3}
    second = sp.diff(claim[theory.OFF].rhs.removeO().subs(pair), theory.s_ij, 2) / 2
    yield compare("slope in a coupling", float(second), coupling(), rtol=1e-6)


def _exists(claim):
    """Asked at and near the edge; ``m sigma^2 = 1`` exactly."""
    for share in (sp.Rational(3, 4), sp.Integer(1), sp.Rational(5, 4)):
        said = bool(claim[theory.EXISTS].subs({m: 4 * share, sigma: sp.S.Half}))
        there = members.exists(1, float(4 * share), 0.5)
        yield compare(f"a mean at {share} of the edge", float(said), there)


def _two_directions(claim):
    def matrix(expr):
        found = theory.explicit(expr)
        names = {**dict(zip(theory.A, A.ravel(), strict=True)),
                 **dict(zip(theory.B, B.ravel(), strict=True))}  # fmt: skip
        return np.array(found.subs(names).evalf(), dtype=float)

    inverse = matrix(claim[theory.MATRIX].rhs)
    at = np.array([0.5, -0.3])
    rise = float(at @ np.linalg.inv(inverse) @ at / 2)
    found = log(in_two_directions(*at) / in_two_directions(0.0, 0.0))
    yield compare("rise in two directions", rise, found)
    lowest = claim[theory.DETERMINANT].rhs.replace(
        theory.det, lambda inside: sp.Float(np.linalg.det(matrix(sp.expand(inside))))
    )
    yield compare("lowest value in two directions", float(lowest), in_two_directions(0.0, 0.0))


CHECKS = {
    "IVF-E10": averages,
    **members.CHECKS,
    **mean_velocity.CHECKS,
    **fluctuation_time.CHECKS,
}
