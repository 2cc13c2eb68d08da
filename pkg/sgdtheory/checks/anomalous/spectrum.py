"""ANO-T4, ANO-C1: every mode's own recursion, quadrature and sums, and simulated SGD."""

from functools import lru_cache
from math import exp, log

import numpy as np
import sympy as sp
from scipy.integrate import quad
from scipy.special import zeta

from sgdtheory.estimate import Estimate, compare
from sgdtheory.stochastic.msd_expected import expected_on_quadratic
from sgdtheory.theory.anomalous import spectrum as a
from sgdtheory.theory.anomalous.letters import tau

ETA, POINTS, WAIT = 0.1, 1000, {a.first: 0, a.late: 23_000}
CURVATURES = 18 / np.arange(1, 2001)
NOISE, START = 0.005 * CURVATURES, 0.01
VARIANCE, POWER, RATE = 0.4, 0.6, 0.05
#: The claims are rounded to three decimals.
ROUNDED = {"rtol": 0.0, "atol": 0.0005}


@lru_cache
def second_moments(wait: int) -> np.ndarray:
    """``E w^2`` of every mode at every step of a window, one step after the other."""
    moment = np.full(CURVATURES.size, START)
    found = np.empty((POINTS, CURVATURES.size))
    for step in range(wait + POINTS):
        if step >= wait:
            found[step - wait] = moment
        moment = (1 - ETA * CURVATURES) ** 2 * moment + ETA**2 * NOISE
    return found


@lru_cache
def displacement(lag: int, wait: int) -> float:
    """The noise between two times has mean zero: the covariance loses a factor per step."""
    moment = second_moments(wait)
    kept = np.ones(CURVATURES.size)
    for _ in range(lag):
        kept = (1 - ETA * CURVATURES) * kept
    pairs = moment[lag:] + moment[:-lag] - 2 * kept * moment[:-lag]
    return float(pairs.sum(1).mean())


def slope(window, lags, of=displacement) -> float:
    low, high = (of(lag, WAIT[window]) for lag in lags)
    return log(high / low) / log(lags[1] / lags[0])


def of_package(lag: int, wait: int) -> float:
    return float(expected_on_quadratic(
        [lag], POINTS, ETA, CURVATURES, NOISE, 0.0, START, wait)[0])  # fmt: skip


@lru_cache
def simulated(window, lags, runs: int = 16) -> Estimate:
    """Slope between two mean time averages of SGD with Gaussian noise.

    The weights at the start of the window are drawn with their exact variance.
    """
    draw = np.random.default_rng(6)
    scale, spread = ETA * np.sqrt(NOISE), np.sqrt(second_moments(WAIT[window])[0])
    means = np.empty((runs, 2))
    for run in range(runs):
        path = np.empty((POINTS, CURVATURES.size))
        path[0] = spread * draw.standard_normal(CURVATURES.size)
        noise = draw.standard_normal(path.shape)
        for step in range(1, POINTS):
            path[step] = path[step - 1] * (1 - ETA * CURVATURES) + scale * noise[step]
        for column, lag in enumerate(lags):
            means[run, column] = ((path[lag:] - path[:-lag]) ** 2).sum(1).mean()
    low, high = means.mean(0)
    # By first order each run moves the slope by the difference of its relative deviations.
    over = Estimate.mean_of(means[:, 1] / high - means[:, 0] / low)
    per_lag = log(lags[1] / lags[0])
    return Estimate(log(high / low) / per_lag, over.stderr / per_lag, runs)


@lru_cache
def integral(rate_lag: float) -> float:
    """All modes of the power-law density at once, in the logarithm of the eigenvalue."""

    def mode(u):
        return -np.expm1(-rate_lag * exp(u)) * POWER * exp(-POWER * u)

    parts = (quad(mode, low, high, epsabs=1e-13, epsrel=1e-11)[0]
             for low, high in ((-80, -20), (-20, 0), (0, 20), (20, 80)))  # fmt: skip
    return 2 * VARIANCE * sum(parts)


@lru_cache
def mode_by_mode(rate_lag: float, modes: int = 200_000) -> float:
    """The sum over ``i^(-1/a)``, the slow rest by its first two orders.

    A sum from 1 misses half of the first term of the integral from 0, a plateau of its own:
    that half is added.
    """
    index = np.arange(1, modes + 1)
    fast = -np.expm1(-rate_lag * index ** (-1 / POWER)).sum()
    slow = rate_lag * zeta(1 / POWER, modes + 1) - rate_lag**2 / 2 * zeta(2 / POWER, modes + 1)
    return 2 * VARIANCE * float(fast + slow + 0.5)


def spectrum(claim):
    """ANO-T4."""
    values = {a.a: POWER, a.lam_1: 1.0, a.eta: RATE, a.v: VARIANCE}

    def read(label):
        return float(sp.N(claim[label].rhs.subs(values)))

    modes = np.arange(1, 10**6) ** (-1 / POWER)
    between = np.count_nonzero((modes > 0.001) & (modes < 0.002))
    # Whole modes are counted: 21 in 60.
    counted = quad(lambda x: float(claim[a.DENSITY].rhs.subs(values | {a.lam: x})),
                   0.001, 0.002)[0]  # fmt: skip
    yield compare("modes in an octave", counted, between, rtol=0, atol=1)
    for lag, found in ((100, integral), (4000, mode_by_mode)):
        law = sp.N(claim[a.LAW].rhs.subs(values | {tau: lag}))
        yield compare(f"law at lag {lag}", law, found(RATE * lag))
    rise = log(integral(RATE * 800) / integral(RATE * 100)) / log(8)
    yield compare("exponent", read(a.EXPONENT), rise)
    for window, lags in a.NUMBERS:
        label = a.label(window, lags)
        yield compare(label, read(label), slope(window, lags), **ROUNDED)
    falls = [displacement(lag + 1, 0) / (lag + 1) < displacement(lag, 0) / lag
             for lag in range(10, 100)]  # fmt: skip
    yield compare("lag of the turn", read(a.TURN), 10 + falls.index(False))


def langevin(claim):
    """ANO-C1."""
    keep, rest, step, apart = 0.8, 1.7, 4, 3
    # Two steps of a mode at rest, and of one without noise, from the covariance of positions.
    times = np.arange(10)
    matrix = rest * keep ** np.abs(times[:, None] - times)
    steps = np.diff(np.diff(matrix, axis=0), axis=1)
    at = {a.m_inf: rest, a.m_0: rest, a.phi: keep, a.k: apart, a.t: step}
    yield compare(
        "correlation of steps at rest", claim[a.REST].rhs.subs(at), steps[1, 1 + apart]
    )
    falling = np.diff(keep**times)
    yield compare("correlation of steps on the way down", claim[a.FAR].rhs.subs(at),
                  rest * falling[step] * falling[step + apart])  # fmt: skip
    for window in (a.first, a.late):
        label = a.label(window, a.LONG)
        claimed = float(claim[label].rhs)
        yield compare(f"{label}: step by step", claimed, slope(window, a.LONG), **ROUNDED)
        yield compare(f"{label}: exact formula of the package", claimed,
                      slope(window, a.LONG, of_package), **ROUNDED)  # fmt: skip
        yield compare(f"{label}: simulated SGD", claimed, simulated(window, a.LONG))


CHECKS = {"ANO-T4": spectrum, "ANO-C1": langevin}
