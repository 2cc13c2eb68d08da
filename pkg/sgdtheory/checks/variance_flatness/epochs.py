"""Brute force: every order of a few minibatches, and linear algebra on whole epochs."""

from functools import lru_cache
from itertools import permutations

import numpy as np
from scipy.linalg import solve_discrete_lyapunov

from sgdtheory.estimate import Estimate


@lru_cache
def noises(M: int) -> np.ndarray:
    """M skewed noises of mean zero and mean square one."""
    x = np.random.default_rng(M).exponential(size=M)
    return (x - x.mean()) / x.std()


@lru_cache
def orders(M: int) -> np.ndarray:
    """All of them, (M!, M)."""
    return np.array(list(permutations(noises(M))))


@lru_cache
def pairs(M: int) -> np.ndarray:
    """Covariance of the M noises of an epoch over all its orders, (M, M)."""
    rows = orders(M)
    return rows.T @ rows / len(rows)


def responses(h: float, mu: float, steps: int) -> np.ndarray:
    """(u, v) after 0, 1, .. steps from a noise of one, (steps, 2)."""
    state, rows = np.array([1.0, 1.0]), []
    A = np.array([[1 - h, mu], [-h, mu]])
    for _ in range(steps):
        rows.append(state)
        state = A @ state
    return np.array(rows)


def phases(h: float, M: int, mu: float = 0.0) -> np.ndarray:
    """Covariance of (u, v) after 0 .. M steps of an epoch, stationary, (M + 1, 2, 2)."""
    A = np.array([[1 - h, mu], [-h, mu]])
    push = responses(h, mu, M)
    fresh = [np.zeros((2, 2))]
    for k in range(1, M + 1):
        newest_first = push[:k][::-1]
        fresh.append(newest_first.T @ pairs(M)[:k, :k] @ newest_first)
    power = np.linalg.matrix_power
    start = solve_discrete_lyapunov(power(A, M), fresh[M])
    return np.array([power(A, k) @ start @ power(A, k).T + fresh[k] for k in range(M + 1)])


def averaged(h: float, M: int, mu: float = 0.0) -> float:
    """Variance of u averaged over the phases of an epoch."""
    return float(phases(h, M, mu)[1:, 0, 0].mean())


def taylor(function, scale: float, order: int) -> float:
    """Taylor coefficient at zero of a smooth function, from six points below ``scale``."""
    x = scale * np.arange(1, 7) / 6
    return float(np.polynomial.polynomial.polyfit(x, [function(v) for v in x], 5)[order])


@lru_cache
def orbits(h: float, M: int) -> np.ndarray:
    """The closed orbit of every fixed order, (M!, M)."""
    a, rows = 1 - h, orders(M)
    u = -(rows @ a ** np.arange(M - 1, -1, -1)) / (1 - a**M)
    points = []
    for column in rows.T:
        u = a * u - column
        points.append(u)
    return np.array(points).T


@lru_cache
def simulated(h: float, M: int, mu: float, epochs: int, paths: int = 4000) -> Estimate:
    """Fresh orders each epoch; mean square over the last epoch, path by path."""
    rng = np.random.default_rng(29)
    u, v = np.zeros((2, paths))
    table = np.tile(noises(M), (paths, 1))
    for _ in range(epochs):
        squares = np.zeros(paths)
        for xi in rng.permuted(table, axis=1).T:
            v = mu * v - (h * u + xi)
            u = u + v
            squares += u**2 / M
    return Estimate.mean_of(squares)
