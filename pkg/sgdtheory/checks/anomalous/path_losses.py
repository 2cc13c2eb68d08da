"""ANO-EQ8 and EQ9: losses with and without noise along sampled paths and landscapes."""

from functools import lru_cache

import numpy as np
import sympy as sp
from numpy.polynomial.hermite_e import hermegauss

from sgdtheory.estimate import Estimate, compare
from sgdtheory.networks import trajectory
from sgdtheory.theory.anomalous import path_losses as p

SIGMA, CHANGE, LAG, PAIRS = 0.4, 0.05, 7, 5
G, C, HURST, D = 0.3, 1.7, 0.3, 5


@lru_cache
def straight(points: int = 60) -> np.ndarray:
    """Gram matrix of unit steps along a line."""
    return trajectory.gram(np.arange(points, dtype=float)[:, None])


def descending(seed: int, points: int = 60) -> np.ndarray:
    """A loss that falls by CHANGE each step, with noise."""
    noise = np.random.default_rng([1, seed]).standard_normal(points)
    return -CHANGE * np.arange(points) + SIGMA * noise


@lru_cache
def differences_at(lag: int) -> Estimate:
    """Mean squared loss difference of the pairs at one distance, over many runs."""
    matrix = straight()
    edges = (lag - 0.5, lag + 0.5)
    i, j = np.triu_indices(len(matrix), 1)
    R = trajectory.distances(matrix)[i, j]

    def one(seed):
        loss = descending(seed)
        return trajectory.binned(R, (loss[i] - loss[j]) ** 2, edges).mean[0]

    return Estimate.mean_of([one(seed) for seed in range(400)])


@lru_cache
def neighbours() -> Estimate:
    return Estimate.mean_of([trajectory.loss_noise(descending(seed)) for seed in range(800)])


@lru_cache
def pooled() -> Estimate:
    """The squared mean of the differences of PAIRS pairs without a common point."""
    draw = np.random.default_rng(3).standard_normal((2, 40_000, PAIRS))
    return Estimate.mean_of((LAG * CHANGE + SIGMA * (draw[0] - draw[1])).mean(1) ** 2)


def definition(claim):
    """ANO-EQ8."""

    def read(label, delta):
        values = {p.sigma: SIGMA, p.delta: delta, p.true: delta**2, p.n: PAIRS}
        return float(sp.N(claim[label].rhs.subs(values)))

    for lag in (LAG, 20):
        claimed = read(p.FLOOR, lag * CHANGE)
        yield compare(f"pairs at distance {lag}", claimed, differences_at(lag))
    yield compare("neighbours in time", read(p.NEXT, CHANGE), neighbours())
    yield compare("mean of a few pairs, squared", read(p.POOLED, LAG * CHANGE), pooled())


@lru_cache
def surface() -> tuple[float, Estimate]:
    """Fractional Brownian landscape at random points of the plane: a distance, and its MSL."""
    draw = np.random.default_rng(4)
    x = draw.uniform(-2, 2, (8, 2))
    own = np.linalg.norm(x, axis=1) ** (2 * HURST)
    apart = np.linalg.norm(x[:, None] - x, axis=2)
    root = np.linalg.cholesky(C * (own[:, None] + own - apart ** (2 * HURST)) / 2)
    z = draw.standard_normal((40_000, 8)) @ root.T
    return float(apart[0, 1]), Estimate.mean_of((z[:, 0] - z[:, 1]) ** 2)


def descent_by_quadrature(r: float) -> float:
    """Mean square of ``g r`` plus the noises of two losses, Gauss-Hermite."""
    z, weight = hermegauss(8)
    weight = weight / weight.sum()
    square = (G * r + SIGMA * (z[:, None] - z)) ** 2
    return float(weight @ square @ weight)


@lru_cache
def isotropic(r: float) -> Estimate:
    direction = np.random.default_rng(5).standard_normal((40_000, D))
    direction /= np.linalg.norm(direction, axis=1)[:, None]
    return Estimate.mean_of((G * r * direction[:, 0]) ** 2)


@lru_cache
def smooth(s: float, ell: float) -> Estimate:
    """Cosines of random wave number and phase have the covariance of the claim.

    The next order, r^2/(4 ell^2) = 2e-5, is far below the standard error.
    """
    draw, r = np.random.default_rng(6), 0.01 * ell
    wave, phase = draw.standard_normal(100_000) / ell, draw.uniform(0, 2 * np.pi, 100_000)
    at = [s * np.sqrt(2) * np.cos(wave * x + phase) for x in (0, r)]
    return Estimate.mean_of((at[1] - at[0]) ** 2 / r**2)


def exponents(claim):
    """ANO-EQ9."""

    def read(label, r):
        values = {p.sigma: SIGMA, p.g: G, p.c: C, p.H: HURST, p.d: D, p.r: r, p.s: 0.8,
                  p.ell: 1.3}  # fmt: skip
        return float(sp.N(claim[label].rhs.subs(values)))

    r, found = surface()
    yield compare("fractional Brownian landscape", read(p.SURFACE, r), found)
    for r in (0.5, 2.0, 8.0):
        yield compare(f"descent, r = {r:g}", read(p.DESCENT, r), descent_by_quadrature(r))
        h = 1e-3  # a central difference: its error is of the order h^2
        ends = [np.log(descent_by_quadrature(r * np.exp(x))) for x in (-h, h)]
        slope = (ends[1] - ends[0]) / (2 * h)
        yield compare(f"its exponent, r = {r:g}", read(p.SLOPE, r), slope, rtol=1e-5)
    yield compare("random direction", read(p.ISOTROPIC, 2.0), isotropic(2.0))
    yield compare("smooth landscape", read(p.SMOOTH, 1.0), smooth(0.8, 1.3))


CHECKS = {"ANO-EQ8": definition, "ANO-EQ9": exponents}
