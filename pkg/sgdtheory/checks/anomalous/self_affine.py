"""ANO-T5: exact fractional Brownian paths and surfaces, and the sum of waves."""

from functools import lru_cache

import numpy as np
from scipy.stats import chi2

from sgdtheory.estimate import Estimate, compare
from sgdtheory.stochastic import fractal
from sgdtheory.theory.anomalous import self_affine as a

INDEX = 0.7
FEW, MANY, STEPS = 3, 400, 128
SLOPE, NOISE, DISTANCE = 0.8, 0.5, 1.5


@lru_cache(maxsize=1)
def dimension_of_path() -> Estimate:
    """2 over the log-slope of R^2 against contour length, eight paths in 400 dimensions."""
    found = []
    for seed in range(8):
        w = fractal.fbm(INDEX, STEPS, paths=MANY, seed=seed).T
        along = np.concatenate([[0], np.linalg.norm(np.diff(w, axis=0), axis=1).cumsum()])
        lags = 2 ** np.arange(5)
        length = [np.mean(along[lag:] - along[:-lag]) for lag in lags]
        square = [((w[lag:] - w[:-lag]) ** 2).sum(1).mean() for lag in lags]
        found.append(2 / fractal.log_slope(length, square))
    return Estimate.mean_of(found)


@lru_cache(maxsize=2)
def off_the_chord(part: float) -> Estimate:
    """h^2 of 20,000 paths in three dimensions, over the mean square of their chords."""
    w = fractal.fbm(INDEX, STEPS, paths=20_000 * FEW, seed=20).reshape(20_000, FEW, -1)
    here, end = w[..., int(part * STEPS)], w[..., STEPS]
    along = (here * end).sum(1) ** 2 / (end**2).sum(1)
    return Estimate.mean_of(((here**2).sum(1) - along) / (FEW * STEPS ** (2 * INDEX)))


def unexplained(part: float) -> float:
    """Least squares of B(part) on B(1), by the covariance matrix of both."""
    t = np.array([part, 1.0])
    cov = (t[:, None] ** 1.4 + t**1.4 - abs(t[:, None] - t) ** 1.4) / 2
    return 1 / np.linalg.inv(cov)[0, 0]


@lru_cache(maxsize=1)
def on_a_surface() -> Estimate:
    """Between two nodes (7, 4) apart."""
    z = fractal.surface_exact(INDEX, 9, draws=4_000, seed=21)
    return Estimate.mean_of((z[:, 8, 1] - z[:, 1, 5]) ** 2)


@lru_cache(maxsize=1)
def of_a_descent() -> Estimate:
    error = NOISE * np.random.default_rng(22).standard_normal((40_000, 2))
    return Estimate.mean_of((SLOPE * DISTANCE + error[:, 0] - error[:, 1]) ** 2)


def path_and_landscape(claim):
    """ANO-T5."""

    def read(label, **at):
        return float(claim[label].rhs.subs({getattr(a, k): v for k, v in at.items()}))

    spread = chi2(FEW).var() / chi2(FEW).mean() ** 2
    yield compare("spread of squared lengths", read(a.STEPS, d=FEW), spread)
    yield compare("dimension of a path", read(a.PATH, alpha=2 * INDEX), dimension_of_path())
    for part in (0.25, 0.5):
        ours = read(a.CHORD, H=INDEX, u=part, d=FEW)
        yield compare(f"off the chord at {part}, sampled", ours, off_the_chord(part))
        exact = (FEW - 1) / FEW * unexplained(part)
        yield compare(f"off the chord at {part}", ours, exact)
    yield compare("middle of the chord", read(a.MIDDLE, H=INDEX), unexplained(0.5))
    yield compare("surface", read(a.SURFACE, H=INDEX, r=np.hypot(7, 4)), on_a_surface())
    floor = read(a.FLOOR, g=SLOPE, sigma_B=NOISE, r=DISTANCE)
    yield compare("descent read with noise", floor, of_a_descent())
    ours = claim[a.WAVES].rhs.subs({a.b: 1.5, a.H: INDEX})
    t = np.array([0.4, 0.6])
    low, high = fractal.weierstrass_structure(t, INDEX, 1.5)
    yield compare("waves", float(ours.subs(a.S(a.t), low)), high)


CHECKS = {"ANO-T5": path_and_landscape}
