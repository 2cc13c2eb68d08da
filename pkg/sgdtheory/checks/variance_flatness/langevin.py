"""IVF-E4: orders of the minibatches enumerated, recursions run to their stationary state."""

from functools import lru_cache
from itertools import permutations

import numpy as np
import sympy as sp
from scipy.integrate import quad

from sgdtheory.checks.foundations.sampling import extrapolate
from sgdtheory.estimate import compare
from sgdtheory.theory.variance_flatness import langevin as theory
from sgdtheory.theory.variance_flatness.random_landscape import alpha

RATE, BEND = 0.2, 1.5
# Four minibatches: their gradients about the mean.
NOISE = np.array([0.7, -1.1, 0.9, -0.5])
M, C = len(NOISE), float(np.mean(NOISE**2))
ORDERS = np.array(list(permutations(NOISE)))


@lru_cache
def recursion() -> float:
    """Variance after 200 steps ``w' = (1 - alpha lambda) w - alpha xi``, independent draws."""
    X = 0.0
    for _ in range(200):
        X = (1 - RATE * BEND) ** 2 * X + RATE**2 * C
    return X


@lru_cache
def white() -> float:
    """Variance of the Langevin equation: each instant's noise, less what has decayed since."""
    return quad(lambda t: RATE**2 * C * np.exp(-RATE * BEND * t) ** 2, 0, np.inf, epsabs=1e-14)[
        0
    ]


def lagged(k: int) -> float:
    """Covariance of the noise k steps apart, averaged over phase; all pairs of two orders."""
    total = 0.0
    for phase in range(M):
        if phase + k < M:
            total += np.mean(ORDERS[:, phase] * ORDERS[:, phase + k])
        else:
            total += ORDERS[:, phase].mean() * ORDERS[:, (phase + k) % M].mean()
    return RATE**2 * total / M


def epochs(h: float) -> float:
    """Stationary variance averaged over phase, from all 24 orders of an epoch."""
    a = 1 - h
    X = at_end(h)
    variances = []
    for phase in range(1, M + 1):
        kicks = RATE * ORDERS[:, :phase] @ a ** np.arange(phase - 1, -1, -1)
        variances.append(a ** (2 * phase) * X + np.mean(kicks**2))
    return float(np.mean(variances))


def at_end(h: float) -> float:
    """At the end of an epoch the variance reproduces itself."""
    a = 1 - h
    kicks = RATE * ORDERS @ a ** np.arange(M - 1, -1, -1)
    return float(np.mean(kicks**2) / (1 - a ** (2 * M)))


@lru_cache
def flat() -> float:
    """Variance under epochs at no curvature: a power series in h."""
    return extrapolate([epochs(0.02 / 2**n) for n in range(8)])


def ratio(h: float) -> float:
    """Variance of the recursion over that of the Langevin equation, by eigenvalue h."""
    return (1 / (1 - (1 - h) ** 2)) / (1 / (2 * h))


def limits(claim):
    """IVF-E4."""
    numbers = {alpha: RATE, theory.lam: BEND, theory.C: C, theory.M: M}

    def read(label, **extra):
        return float(claim[label].rhs.removeO().subs(numbers | extra))

    step = claim[theory.FORM].rhs.subs({theory.g: BEND * 0.3, theory.noise: 0.1}).subs(numbers)
    yield compare("one step", float(step), -RATE * BEND * 0.3 + 0.1)
    yield compare("noise at equal times", read(theory.EQUAL), lagged(0))
    yield compare("white noise", read(theory.WHITE), white())
    yield compare("recursion", read(theory.EXACT), recursion())
    series = claim[theory.FIRST].rhs.removeO().subs(alpha, 1)
    first = [(ratio(h) - 1) / h for h in 0.4 / 2.0 ** np.arange(10)]
    yield compare("slope of the ratio", float(sp.diff(series, theory.lam)), extrapolate(first))
    yield compare("ratio at no curvature", float(series.subs(theory.lam, 0)), 1.0)
    for k in (1, 3):
        claimed = float(claim[theory.COLOUR].rhs.subs(numbers).subs(theory.k, k))
        yield compare(f"noise {k} steps apart", claimed, lagged(k))
    whole = lagged(0) + 2 * sum(lagged(k) for k in range(1, M))
    yield compare("sum over all times", read(theory.SILENT), whole, atol=1e-12)
    yield compare("flat direction under epochs", read(theory.FLAT), flat())


CHECKS = {"IVF-E4": limits}
