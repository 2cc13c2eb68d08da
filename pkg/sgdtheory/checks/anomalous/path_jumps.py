"""ANO-S4 and S5: jumps and moving variance of sampled losses."""

from functools import lru_cache
from math import exp, inf, pi, sqrt

import numpy as np
import sympy as sp
from scipy.integrate import quad

from sgdtheory.estimate import Estimate, compare
from sgdtheory.theory.anomalous import path_jumps as p

SIGMA, CHANGE, SPREAD, BATCH = 0.3, 0.25, 1.2, 16
POINTS, TREND = 21, 0.04


@lru_cache
def by_quadrature(change: float) -> float:
    """Mean of |z|, z normal of mean ``change`` and variance ``2 SIGMA^2``."""

    def density(z: float) -> float:
        return exp(-((z - change) ** 2) / (4 * SIGMA**2)) / (2 * SIGMA * sqrt(pi))

    up = quad(lambda z: z * density(z), 0, inf, epsabs=1e-13)[0]
    down = quad(lambda z: z * density(-z), 0, inf, epsabs=1e-13)[0]
    return up + down


@lru_cache
def of_minibatches() -> Estimate:
    """Mean |L_{t+1} - L_t| of minibatch means of normal sample losses."""
    losses = SPREAD * np.random.default_rng(1).standard_normal((60_000, 2, BATCH))
    first, second = losses.mean(2).T
    return Estimate.mean_of(np.abs(second - first))


def jumps(claim):
    """ANO-S4."""

    def read(label):
        values = {p.sigma: SIGMA, p.delta: CHANGE, p.s: SPREAD, p.B: BATCH}
        return float(sp.N(claim[label].rhs.subs(values)))

    yield compare("no change", read(p.STILL), by_quadrature(0.0))
    yield compare("with a change", read(p.DRIFT), by_quadrature(CHANGE))
    yield compare("minibatches", read(p.BATCH), of_minibatches())


def moving_variance(loss: np.ndarray, points: int) -> np.ndarray:
    """Variance (n - 1) of each point and the ones after it; whole windows only."""
    windows = np.lib.stride_tricks.sliding_window_view(loss, points, axis=-1)
    return windows.var(-1, ddof=1)


@lru_cache
def sampled(points: int, trend: float, runs: int = 20_000) -> np.ndarray:
    noise = SIGMA * np.random.default_rng(points).standard_normal((runs, points))
    return moving_variance(trend * np.arange(points) + noise, points)[:, 0]


def moving(claim):
    """ANO-S5."""

    def read(label):
        values = {p.sigma: SIGMA, p.b: TREND, p.n: POINTS}
        return float(sp.N(claim[label].rhs.subs(values)))

    line = TREND * np.arange(POINTS)
    exact = SIGMA**2 + moving_variance(line, POINTS)[0]
    yield compare("trend", read(p.TREND), exact)
    yield compare("trend, sampled", read(p.TREND), Estimate.mean_of(sampled(POINTS, TREND)))
    coded = Estimate.mean_of(sampled(101, TREND))
    yield compare("101 points, sampled", read(p.CODE), coded)
    still = sampled(POINTS, 0.0)
    scatter = Estimate.mean_of((still - SIGMA**2) ** 2)
    yield compare("scatter, sampled", read(p.ERROR), scatter)


CHECKS = {"ANO-S4": jumps, "ANO-S5": moving}
