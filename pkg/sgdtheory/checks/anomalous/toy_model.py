"""ANO-EQ10, S11: the recursion itself, straight descents, a kernel on a grid."""

from functools import lru_cache

import numpy as np

from sgdtheory.estimate import Estimate, compare
from sgdtheory.stochastic import linear_sgd
from sgdtheory.theory.anomalous import toy_model as a

ETA, SIGMA, CURVATURE = 0.02, 0.01, 3.0
SLOPE, START = 0.5, 2**0.5
WINDOW, LAG = 60, 7


@lru_cache(maxsize=1)
def heat() -> Estimate:
    """Squared distance over 4 t of flat runs in the plane, t = 10 eta."""
    moves = SIGMA * np.random.default_rng(1).standard_normal((40_000, 10, 2)).sum(axis=1)
    return Estimate.mean_of((moves**2).sum(1) / (4 * 10 * ETA))


def model(claim):
    """ANO-EQ10."""
    at = {a.eta: ETA, a.sigma: SIGMA, a.lam: CURVATURE}
    noise, diffusion, spread = (
        float(claim[k].rhs.subs(at)) for k in (a.NOISE, a.HEAT, a.SPREAD)
    )
    # One step on a flat landscape moves by eta times the error of the gradient.
    error = SIGMA * np.random.default_rng(2).standard_normal(200_000) / ETA
    yield compare("noise of the gradient", noise, Estimate.mean_of(error**2))
    yield compare("diffusion", diffusion, heat())
    settled = 0.0
    for _ in range(2_000):
        settled = (1 - ETA * CURVATURE) ** 2 * settled + SIGMA**2
    yield compare("spread in the well, step by step", spread, settled)
    covariance = linear_sgd.stationary_covariance([[CURVATURE]], [[noise]], ETA)
    yield compare("spread in the well, of SGD with that noise", spread, covariance[0, 0])


def displacement(path: np.ndarray) -> float:
    """Mean squared displacement of (T, 2) points at the lag."""
    return float(((path[LAG:] - path[:-LAG]) ** 2).sum(1).mean())


def descent(gradient, sigma: float = 0.0, seed: int = 0) -> np.ndarray:
    """(WINDOW, 2) points from (1, 1) on."""
    draw = np.random.default_rng(seed)
    path = [np.array([1.0, 1.0])]
    for _ in range(WINDOW - 1):
        x = path[-1]
        path.append(x - ETA * gradient(x) + sigma * draw.standard_normal(2))
    return np.array(path)


def cone(x):
    return SLOPE * x / np.hypot(*x)


def plane(x):
    return np.array([SLOPE, 0.0])


def bowl(x):
    return CURVATURE * x


@lru_cache(maxsize=1)
def on_a_plane() -> Estimate:
    return Estimate.mean_of([displacement(descent(plane, SIGMA, k)) for k in range(600)])


@lru_cache(maxsize=1)
def structure(width: float, lags: tuple[int, ...]) -> list[float]:
    """Of smoothed white noise of unit variance: sums of the kernel over a grid of pixels."""
    x = np.arange(-64, 65)
    kernel = np.exp(-(x**2) / (2 * width**2)) / (width * np.sqrt(2 * np.pi))
    along = [kernel[: len(x) - lag] @ kernel[lag:] for lag in (0, *lags)]
    return [2 * along[0] * (along[0] - value) for value in along[1:]]


def controls(claim):
    """ANO-S11."""
    at = {a.eta: ETA, a.g: SLOPE, a.sigma: SIGMA, a.lam: CURVATURE, a.rho_0: START,
          a.tau: LAG, a.T: WINDOW, a.s: 8, a.v_0: 1}  # fmt: skip

    def read(label, **more):
        return float(claim[label].rhs.subs({getattr(a, k): v for k, v in more.items()} | at))

    yield compare("cone", read(a.CONE), displacement(descent(cone)))
    steps, x = 0, np.array([1.0, 1.0])
    while np.hypot(*x) > ETA * SLOPE:
        steps, x = steps + 1, x - ETA * cone(x)
    left = np.hypot(*x) / (ETA * SLOPE)
    yield compare("steps to the tip", read(a.ARRIVES), steps + left)
    yield compare("plane with noise", read(a.PLANE), on_a_plane())
    curve = [(ETA * SLOPE * t) ** 2 + 2 * SIGMA**2 * t for t in (LAG * 1.0001, LAG / 1.0001)]
    # Central difference over 2e-4 in the logarithm: errors of 1e-9.
    found = np.log(curve[0] / curve[1]) / np.log(1.0001**2)
    yield compare("exponent on the plane", read(a.EXPONENT), found, rtol=1e-7)
    yield compare("paraboloid", read(a.BOWL), displacement(descent(bowl)))
    lags = (1, 5, 12, 30)
    for lag, value in zip(lags, structure(8.0, lags), strict=True):
        yield compare(f"shuffled, {lag} pixels", read(a.SHUFFLED, r=lag), value)
    yield compare("slope of a shuffled one", float(claim[a.SLOPE].rhs.subs({a.v_0: 1, a.s: 8})),
                  steepness(8.0))  # fmt: skip


def steepness(width: float) -> float:
    """Limit of S_2/r^2 at r = 0 by the kernel and its derivative on a grid."""
    x = np.arange(-64, 65)
    kernel = np.exp(-(x**2) / (2 * width**2)) / (width * np.sqrt(2 * np.pi))
    derivative = -x / width**2 * kernel
    return float((derivative @ derivative) * (kernel @ kernel))


CHECKS = {"ANO-EQ10": model, "ANO-S11": controls}
