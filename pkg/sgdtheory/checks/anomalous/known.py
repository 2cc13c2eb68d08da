"""ANO-T2: covariance matrices of whole paths, as quadratic forms; and one sampled path law."""

from functools import lru_cache
from math import exp, log, pi, sqrt

import numpy as np
from scipy.optimize import brentq

from sgdtheory.estimate import Estimate, compare
from sgdtheory.theory.anomalous import known as a
from sgdtheory.theory.anomalous.letters import M, T, d, sigma, tau

POINTS, LAG, SIZE, DIMENSION = 40, 7, 1.3, 3
SPEED, RATE, VARIANCE, ERROR, HURST = 0.4, 0.15, 0.8, 0.5, 0.7
KEEP = exp(-RATE)
TIMES = np.arange(POINTS, dtype=float)
EARLY, LATE = np.minimum.outer(TIMES, TIMES), np.maximum.outer(TIMES, TIMES)


def form(lag: int) -> np.ndarray:
    """The matrix A of the time average: ``M(lag) = x^T A x`` for one coordinate x."""
    ends = np.eye(POINTS)[lag:] - np.eye(POINTS)[:-lag]
    return ends.T @ ends / len(ends)


def displacement(covariance: np.ndarray, lag: int = LAG) -> float:
    return DIMENSION * float(np.sum(form(lag) * covariance))


def brownian() -> np.ndarray:
    """Sums of independent steps."""
    steps = np.tril(np.ones((POINTS, POINTS)), -1)[:, : POINTS - 1]
    return SIZE**2 * steps @ steps.T


def fractional() -> np.ndarray:
    apart = (LATE - EARLY) ** (2 * HURST)
    return SIZE**2 * (LATE ** (2 * HURST) + EARLY ** (2 * HURST) - apart) / 2


def drifting() -> float:
    """A straight line along one coordinate beside the noise of all."""
    line = SPEED * TIMES
    return displacement(brownian()) + float(line @ form(LAG) @ line)


def relaxing() -> np.ndarray:
    """Stationary, by the exact recursion of one step."""
    found = np.zeros((POINTS, POINTS))
    for t in range(POINTS):
        found[t, t] = VARIANCE
        for s in range(t):
            found[t, s] = found[s, t] = KEEP * found[t - 1, s]
    return found


def without_line() -> np.ndarray:
    """Each path minus the line from its first to its last point."""
    out = np.eye(POINTS)
    out[:, 0] -= 1 - TIMES / (POINTS - 1)
    out[:, -1] -= TIMES / (POINTS - 1)
    return out @ brownian() @ out.T


def relative_variance(lag: int) -> float:
    """Of a Gaussian quadratic form: ``2 tr (A S)^2 / (tr A S)^2``, over d coordinates."""
    product = form(lag) @ brownian()
    return float(2 * np.sum(product * product.T) / np.trace(product) ** 2 / DIMENSION)


@lru_cache
def sampled(lag: int, paths: int = 4000) -> Estimate:
    """Brownian motion that drifts, by its steps."""
    steps = SIZE * np.random.default_rng(4).standard_normal((paths, POINTS - 1, DIMENSION))
    steps[..., 0] += SPEED
    path = np.concatenate([np.zeros((paths, 1, DIMENSION)), steps.cumsum(1)], 1)
    return Estimate.mean_of(((path[:, lag:] - path[:, :-lag]) ** 2).sum(-1).mean(1))


def slope(displaced, lag: float, step: float = 2e-3) -> float:
    """Logarithmic derivative by five points; the error is of the order step^4 = 2e-11."""
    high, low, far, near = (log(displaced(lag * exp(h * step))) for h in (1, -1, 2, -2))
    return (8 * (high - low) - (far - near)) / (12 * step)


def smooth_drift(lag: float) -> float:
    """The two moments of a displacement, for any real lag, by Gauss-Hermite quadrature."""
    z, weight = np.polynomial.hermite_e.hermegauss(6)
    along = (SPEED * lag + SIZE * sqrt(lag) * z) ** 2 @ weight / sqrt(2 * pi)
    return float(along) + (DIMENSION - 1) * SIZE**2 * lag


def smooth_relaxing(lag: float) -> float:
    """Twice the variance, less twice the covariance of the recursion."""
    return 2 * DIMENSION * VARIANCE * (1 - KEEP**lag)


def known(claim):
    """ANO-T2."""
    values = {
        d: DIMENSION, sigma: SIZE, tau: LAG, T: POINTS, a.H: HURST, a.v: SPEED, a.lam: RATE,
        a.v_inf: VARIANCE, a.epsilon: ERROR, a.x: RATE * LAG,
    }  # fmt: skip

    def read(label):
        return float(claim[label].rhs.subs(values))

    yield compare("fractional Brownian motion", read(a.FRACTIONAL), displacement(fractional()))
    yield compare("drift", read(a.DRIFT), drifting())
    yield compare("drift, sampled", read(a.DRIFT), sampled(LAG))
    yield compare("exponent with drift", read(a.DRIFT_SLOPE), slope(smooth_drift, LAG))
    crossing = brentq(lambda lag: slope(smooth_drift, lag) - 1.5, 1, 1000, xtol=1e-12)
    # The five-point slope has 1e-11, over its own slope in the lag.
    yield compare("lag of exponent 3/2", read(a.CROSSING), crossing, rtol=1e-7)
    yield compare("Ornstein-Uhlenbeck", read(a.OU), displacement(relaxing()))
    yield compare("exponent of Ornstein-Uhlenbeck", read(a.OU_SLOPE),
                  slope(smooth_relaxing, LAG))  # fmt: skip
    yield compare("plateau", read(a.PLATEAU), smooth_relaxing(1000))
    noisy = brownian() + ERROR**2 * np.eye(POINTS)
    clean = displacement(brownian())
    claimed = claim[a.NOISE].rhs.subs(values).subs(M(LAG), clean)
    yield compare("with errors of measurement", claimed, displacement(noisy))
    yield compare("line taken out", read(a.LINE), displacement(without_line()))
    for label, lag in ((a.FEW, 12), (a.MANY, 29)):
        at = {d: DIMENSION, a.n: lag, a.K: POINTS - lag}
        yield compare(f"relative variance at lag {lag}", claim[label].rhs.subs(at),
                      relative_variance(lag))  # fmt: skip


CHECKS = {"ANO-T2": known}
