"""IVF-E13: windows as quadratic forms of covariance matrices, epochs enumerated, spectra."""

from functools import lru_cache
from math import exp, log

import numpy as np
import sympy as sp
from scipy.optimize import brentq

from sgdtheory.checks.variance_flatness import langevin
from sgdtheory.estimate import compare
from sgdtheory.theory.variance_flatness import fluctuation_time as theory
from sgdtheory.theory.variance_flatness.random_landscape import L_0, F, alpha

T, KEEP = 12, 0.8
LAGS = np.abs(np.subtract.outer(np.arange(T), np.arange(T)))


def in_window(covariance: np.ndarray) -> float:
    """Mean variance about the mean of the window, from the covariances of its points."""
    return float(covariance.trace() / len(covariance) - covariance.mean())


def well(a: float, size: int = T) -> np.ndarray:
    """Covariances of ``x' = a x + noise``, unit noise, stationary."""
    lags = np.abs(np.subtract.outer(np.arange(size), np.arange(size)))
    return a**lags / (1 - a * a)


def velocities(covariance: np.ndarray) -> np.ndarray:
    """Correlation of steps by lag, from the covariances of the points."""
    steps = np.diff(np.diff(covariance, axis=0), axis=1)
    return steps[0]


@lru_cache
def correlated() -> tuple[tuple[float, ...], float]:
    """A colour of its own: correlations by lag, and the variance in a window they give."""
    lags = np.arange(T - 1)
    correlation = 0.7**lags * np.cos(0.9 * lags)
    steps = correlation[LAGS[1:, 1:]]
    sums = np.tril(np.ones((T, T)), -1)[:, : T - 1]
    return tuple(correlation), in_window(sums @ steps @ sums.T)


SPECTRA = 40


@lru_cache
def changes() -> tuple[float, ...]:
    """Change of tau with a for random spectra, and for one line only (last): none there."""
    rng = np.random.default_rng(6)
    omega = np.linspace(0.01, np.pi, 300)

    def tau(strength, a):
        passed = strength / np.abs(1 - a * np.exp(1j * omega)) ** 2
        return passed.sum() / (passed * np.abs(1 - np.exp(1j * omega)) ** 2).sum()

    found = []
    for _ in range(SPECTRA):
        strength = rng.gamma(0.2, size=len(omega))
        a, more = np.sort(rng.uniform(-0.95, 0.95, 2))
        found.append((tau(strength, more) - tau(strength, a)) / (more - a))
    one = (omega == omega[40]).astype(float)
    # Rounding of a quotient of equal factors.
    return (*found, round(tau(one, 0.9) - tau(one, 0.2), 9))


@lru_cache
def by_flatness(rate: float, lowest: float, width: float) -> float:
    """``tau`` of a well that reaches e times its lowest value at this width; long window."""
    level = log(lowest) + 1
    strength = brentq(lambda c: log(lowest * exp(c * (width / 2) ** 2)) - level, 0, 99)
    bend = 2 * strength * lowest
    a = 1 - rate * bend
    return 1 / (1 - a * a) / (2 * (1 - a) / (1 - a * a))


def times(claim):
    """IVF-E13."""
    points = well(KEEP)
    steps = velocities(points)
    h, Delta = 1 - KEEP, steps[0]
    numbers = {theory.T: T, theory.a: KEEP, theory.h: h, theory.M: langevin.M}

    def read(label, **extra):
        return float(sp.N(claim[label].rhs.subs(numbers | extra).doit()))

    window = in_window(points)
    time = claim[theory.TIME].rhs.subs({theory.sigma_T: window**0.5, theory.Delta: Delta})
    yield compare("by definition", float(time), window / Delta)
    correlation, found = correlated()
    part = claim[theory.WINDOW].rhs.subs({theory.T: T, theory.Delta: 1}).doit()
    part = part.replace(theory.C, lambda lag: sp.Float(correlation[abs(int(lag))]))
    yield compare("window, correlated velocities", float(part), found)
    walk = np.minimum.outer(np.arange(T), np.arange(T)).astype(float)
    yield compare("independent velocities", read(theory.FREE), in_window(walk))
    for lag in (1, 4):
        claimed = claim[theory.COLOUR].rhs.subs(theory.j, lag).subs(numbers)
        yield compare(f"correlation at {lag}", float(claimed), steps[lag] / Delta)
    yield compare("well, in a window", read(theory.INSIDE), window / Delta)
    yield compare("well, long window", read(theory.LONG), points[0, 0] / Delta)
    letters = {alpha: 0.1, L_0: 0.5, F: 2.0}
    flat = float(claim[theory.CONFINED].rhs.subs(letters))
    yield compare("by flatness", flat, by_flatness(0.1, 0.5, 2.0))
    epochs = langevin.flat() / langevin.lagged(0)
    yield compare("epochs, flat", read(theory.EPOCH), epochs)
    holds = [bool(claim[theory.RISE].subs(theory.rate, sp.Float(c))) for c in changes()]
    yield compare("spectra for which it rises", float(sum(holds[:-1])), float(SPECTRA))
    yield compare("a line for which it does not change", float(holds[-1]), 1.0)


CHECKS = {"IVF-E13": times}
