"""IVF-RW1: the covariance of a walk as a matrix, its eigenvectors, and walks themselves."""

from functools import lru_cache

import numpy as np
import sympy as sp

from sgdtheory.estimate import Estimate, compare
from sgdtheory.theory.variance_flatness import random_walk as rw

POINTS, STRENGTH, LONG = 30, 1.7, 600
WALKS, WIDTH = 40, 4000


@lru_cache
def modes(points: int) -> tuple[np.ndarray, np.ndarray]:
    """Variances, largest first, and modes of a walk of unit strength, mean taken out."""
    sums = np.tril(np.ones((points, points)))
    sums -= sums.mean(0)
    values, vectors = np.linalg.eigh(sums @ sums.T / points)
    return values[:0:-1], vectors[:, :0:-1]


@lru_cache
def sampled_share() -> Estimate:
    """Share of the leading component of walks in ``WIDTH`` equal directions."""
    draw, shares = np.random.default_rng(1), []
    for _ in range(WALKS):
        walk = np.cumsum(draw.standard_normal((POINTS, WIDTH)), 0)
        walk -= walk.mean(0)
        values = np.linalg.eigvalsh(walk @ walk.T)
        shares.append(values[-1] / values.sum())
    return Estimate.mean_of(shares)


def walk(claim):
    """Ranks 1, 2 and 17 of 30 points; a long window; the sampled leading share."""

    def read(label, rank, points=POINTS):
        values = {rw.k: rank, rw.T: points, rw.strength: STRENGTH}
        return float(sp.N(claim[label].rhs.subs(values)))

    variances, vectors = modes(POINTS)
    for rank in (1, 2, 17):
        variance = STRENGTH * variances[rank - 1]
        along = vectors[:, rank - 1] * np.sqrt(POINTS * variance)
        velocity = (np.diff(along) ** 2).mean()
        yield compare(f"variance, rank {rank}", read(rw.VARIANCE, rank), variance)
        found = variances[rank - 1] / variances.sum()
        yield compare(f"share, rank {rank}", read(rw.SHARE, rank), found)
        yield compare(f"velocity, rank {rank}", read(rw.VELOCITY, rank), velocity)
        yield compare(f"time, rank {rank}", read(rw.TIME, rank), variance / velocity)
    # The shares reach their limit up to (pi k/T)^2/12, 2e-5 at rank 3 of 600 points.
    shares = modes(LONG)[0] / modes(LONG)[0].sum()
    for rank in (1, 2, 3):
        found = shares[rank - 1]
        yield compare(f"long window, rank {rank}", read(rw.MANY, rank), found, rtol=3e-5)
    yield compare("leading share of walks", read(rw.SHARE, 1), sampled_share())


CHECKS = {"IVF-RW1": walk}
