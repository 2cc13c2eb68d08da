"""ANO-T1: moving averages by convolution, shuffled heavy tails, counted pairs, renewals."""

from functools import lru_cache
from math import log

import mpmath
import numpy as np
import sympy as sp

from sgdtheory.estimate import Estimate, compare
from sgdtheory.theory.anomalous import increments as a
from sgdtheory.theory.anomalous.letters import C, M, N, T, d, tau

#: Steps are white noise of unit variance through this filter: correlated over three steps.
FILTER = np.array([1.0, 0.7, -0.4, 0.2])
LAG = 5


def displacement(lag: int) -> float:
    """The displacement over a lag is white noise through one filter: its squared length."""
    return float((np.convolve(np.ones(lag), FILTER) ** 2).sum()) if lag else 0.0


@lru_cache
def measured(lag: int, paths: int = 4000, points: int = 60) -> Estimate:
    """Time average over sampled paths; the paths are independent."""
    white = np.random.default_rng(1).standard_normal((paths, points + 3))
    steps = np.apply_along_axis(np.convolve, 1, white, FILTER, mode="valid")
    path = steps.cumsum(1)
    return Estimate.mean_of(((path[:, lag:] - path[:, :-lag]) ** 2).mean(1))


@lru_cache
def heavy_steps(steps: int = 200) -> np.ndarray:
    """One draw of Cauchy steps, no variance: from here on they are given numbers."""
    return np.random.default_rng(2).standard_cauchy(steps)


@lru_cache
def reordered(lag: int, draws: int = 20_000) -> Estimate:
    """Time-averaged displacement of the same steps in random order with random signs."""
    rng = np.random.default_rng(3)
    steps = np.broadcast_to(heavy_steps(), (draws, heavy_steps().size))
    steps = rng.permuted(steps, axis=1) * rng.choice((-1.0, 1.0), steps.shape)
    path = np.concatenate([np.zeros((draws, 1)), steps.cumsum(1)], 1)
    return Estimate.mean_of(((path[:, lag:] - path[:, :-lag]) ** 2).mean(1))


def spanning(lag: int, points: int) -> float:
    """Share of pairs on either side of a jump in the middle of the window."""
    at = points // 2
    return (min(at - 1, points - 1 - lag) - max(0, at - lag) + 1) / (points - lag)


def counted_slope(lag: int, points: int, apart: int = 1000) -> float:
    low, high = lag - apart, lag + apart
    return log(spanning(high, points) / spanning(low, points)) / log(high / low)


@lru_cache
def renewals(alpha: float, lag: int, points: int = 10**26) -> float:
    """``T^(1-alpha)`` times the time-averaged displacement of a walk with Sibuya waiting times.

    The mean number of unit jumps up to step t is ``Gamma(t+1+alpha)/(Gamma(1+alpha) t!)``
    exactly, and the time average telescopes into 2 lag terms.
    """
    with mpmath.workdps(60):
        index = mpmath.mpf(alpha)

        def jumps(t):
            rising = mpmath.loggamma(t + 1 + index) - mpmath.loggamma(mpmath.mpf(t) + 1)
            return mpmath.exp(rising) / mpmath.gamma(1 + index)

        gained = sum(jumps(points - 1 - j) - jumps(j) for j in range(lag))
        return float(gained / (points - lag) * mpmath.mpf(points) ** (1 - index))


def increments(claim):
    """ANO-T1."""
    correlations = {k: float(FILTER[k:] @ FILTER[: FILTER.size - k]) for k in range(4)}

    def of(k):
        return correlations.get(abs(int(k)), 0.0)

    def weighted(label, lag):
        return float(claim[label].rhs.subs(tau, lag).doit().replace(C, of))

    for lag in (1, LAG):
        yield compare(f"displacement at lag {lag}", weighted(a.IDENTITY, lag),
                      displacement(lag))  # fmt: skip
    yield compare("displacement, sampled", weighted(a.IDENTITY, LAG), measured(LAG))
    second = claim[a.CORRELATION].rhs.subs(tau, 2)
    backwards = second.replace(M, lambda n: displacement(int(n)))
    yield compare("correlation two steps apart", backwards, of(2))
    rise = displacement(LAG + 1) / (LAG + 1) - displacement(LAG) / LAG
    yield compare("rise of displacement per lag", weighted(a.SLOPE, LAG), rise)

    steps = heavy_steps()
    for lag in (3, 20):
        right = claim[a.SHUFFLED].rhs.subs({tau: lag, N: steps.size})
        total = right.replace(sp.Sum, lambda *_: float(steps @ steps))
        yield compare(f"heavy-tailed steps reordered, lag {lag}", total, reordered(lag))

    at = {tau: 300, T: 1000}
    yield compare("one jump", claim[a.JUMP].rhs.subs({**at, a.J: 1}), spanning(300, 1000))
    at = {tau: 3 * 10**8, T: 10**9}
    yield compare("exponent of one jump", claim[a.JUMP_SLOPE].rhs.subs(at),
                  counted_slope(*at.values()))  # fmt: skip
    # The start of the window leaves T^-alpha: 1e-13 here.
    limit = claim[a.TRAPS].rhs.subs({a.alpha: 0.5, d: 1, a.K: 0.5, tau: 4})
    yield compare("trapping", sp.N(limit), renewals(0.5, 4))


CHECKS = {"ANO-T1": increments}
