"""ANO-T3: all second moments of a window as one matrix, quadrature, and simulated SGD."""

from functools import lru_cache
from math import log, sqrt

import numpy as np
import sympy as sp

from sgdtheory.estimate import Estimate, compare
from sgdtheory.stochastic import linear_sgd, stationary
from sgdtheory.stochastic.msd_expected import expected_on_quadratic
from sgdtheory.theory.anomalous import quadratic as a
from sgdtheory.theory.anomalous.letters import T, t_w, tau

RATE, CURVATURE, NOISE, GROWTH, START = 0.3, 0.9, 0.7, 0.5, 4.0
POINTS, WAIT, LAG = 12, 3, 4
KEEP = 1 - RATE * CURVATURE
#: With this growth of the noise the second moment neither grows nor shrinks: rho = 1.
EDGE = (1 - KEEP**2) / RATE**2


@lru_cache
def moments(start: float, growth: float, noise: float = NOISE, keep: float = KEEP, steps=200):
    """``E w_t w_s`` for all times up to ``steps``, row by row from the recursion."""
    found = np.zeros((steps, steps))
    found[0, 0] = start
    for t in range(1, steps):
        found[t, :t] = found[:t, t] = keep * found[t - 1, :t]
        before = found[t - 1, t - 1]
        found[t, t] = keep**2 * before + RATE**2 * (noise + growth * before)
    return found


def window(found: np.ndarray, wait: int = WAIT, lag: int = LAG, points: int = POINTS) -> float:
    """Time average of ``E (w_{t + lag} - w_t)^2``."""
    early = np.arange(wait, wait + points - lag)
    late = early + lag
    pairs = found[late, late] + found[early, early] - 2 * found[late, early]
    return float(pairs.mean())


@lru_cache
def simulated(lag: int, paths: int = 200_000) -> Estimate:
    """SGD itself, with Gaussian noise whose variance grows with the weight."""
    draw = np.random.default_rng(5)
    w = sqrt(START) * draw.standard_normal(paths)
    path = []
    for t in range(WAIT + POINTS):
        if t >= WAIT:
            path.append(w)
        xi = np.sqrt(NOISE + GROWTH * w**2) * draw.standard_normal(paths)
        w = w - RATE * (CURVATURE * w + xi)
    weights = np.array(path)
    return Estimate.mean_of(((weights[lag:] - weights[:-lag]) ** 2).mean(0))


def fourth_moment() -> float:
    """Of one step's factor, by Gauss-Hermite quadrature."""
    z, weight = np.polynomial.hermite_e.hermegauss(8)
    return float((KEEP + RATE * sqrt(GROWTH) * z) ** 4 @ weight / weight.sum())


@lru_cache
def small_steps() -> tuple[float, float]:
    """Exponent of the stationary density in the noise, and its variance, from the zero flux."""
    grid = np.sinh(np.linspace(-14, 14, 20_001))
    p = stationary.density(
        lambda w: -CURVATURE * w, lambda w: RATE * (NOISE + GROWTH * w**2) / 2, grid
    )
    here, there = (int(np.searchsorted(grid, at)) for at in (0.5, 5.0))
    rise = [log(NOISE + GROWTH * grid[at] ** 2) for at in (here, there)]
    exponent = -log(p[there] / p[here]) / (rise[1] - rise[0])
    even = p * np.sqrt(1 + grid**2)  # in the variable of even spacing
    return exponent, float((grid**2 * even).sum() / even.sum())


def quadratic(claim):
    """ANO-T3."""
    values = {a.eta: RATE, a.lam: CURVATURE, a.C_0: NOISE, a.C_1: GROWTH, a.m_0: START}
    values |= {a.phi: KEEP, a.s: RATE * sqrt(NOISE), tau: LAG, T: POINTS, t_w: WAIT}
    found = moments(START, GROWTH)
    growth = (moments(1.0, GROWTH, 0.0)[1, 1]) / moments(1.0, GROWTH, 0.0)[0, 0]
    values[a.rho], values[a.m_inf] = growth, found[-1, -1]

    def read(label, **changed):
        return float(sp.N(claim[label].rhs.subs(values | changed)))

    yield compare("growth of the second moment", read(a.FACTOR), growth)
    yield compare("second moment after 5 steps", float(claim[a.MOMENT].rhs.subs(
        {a.t: 5} | values)), found[5, 5])  # fmt: skip
    pair = claim[a.PAIR].rhs.subs(a.t, WAIT).subs(values)
    pair = pair.replace(a.m, lambda at: found[int(at), int(at)])
    squares = found[WAIT + LAG, WAIT + LAG] + found[WAIT, WAIT] - 2 * found[WAIT + LAG, WAIT]
    yield compare("one pair of times", pair, squares)
    yield compare("second moment at rest", read(a.LIMIT), found[-1, -1])
    yield compare("displacement", read(a.BOX), window(found))
    yield compare("displacement of the package", read(a.BOX), expected_on_quadratic(
        [LAG], POINTS, RATE, CURVATURE, NOISE, GROWTH, START, WAIT)[0])  # fmt: skip
    yield compare("displacement, simulated SGD", read(a.BOX), simulated(LAG))

    shape = window(found, wait=100) / window(found, wait=100, lag=90, points=91)
    yield compare("shape at rest", read(a.REST), shape)
    plain = linear_sgd.stationary_covariance([[CURVATURE]], [[NOISE]], RATE)[0, 0]
    yield compare("second moment at rest, constant noise", read(a.PLAIN), plain)
    yield compare("displacement at the edge", read(a.EDGE), window(moments(START, EDGE)))
    # What the limit leaves: a relative 1e-9 of the slow mode.
    tiny = 1e-10
    slow = expected_on_quadratic([LAG], POINTS, RATE, tiny, 0.0, 0.0, START)[0] / tiny**2
    yield compare("slow mode", read(a.SLOW), slow)

    yield compare("growth of the fourth moment", read(a.FOURTH), fourth_moment())
    exponent, variance = small_steps()
    yield compare("tail exponent at small steps", read(a.TAIL) + 1, exponent)
    yield compare("variance at small steps", read(a.VARIANCE), variance)


CHECKS = {"ANO-T3": quadratic}
