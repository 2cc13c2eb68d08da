"""ANO-S6 and S7: paths whose distances are exact, measured by the recorder's functions."""

from functools import lru_cache

import numpy as np
import sympy as sp
from scipy.interpolate import CubicSpline

from sgdtheory.checks.anomalous import path_curvature, path_jumps, path_losses
from sgdtheory.estimate import Estimate, compare
from sgdtheory.networks import trajectory
from sgdtheory.theory.anomalous import path as p

ALPHA, STEP, POINTS = 1.4, 0.3, 257
HURST, DIMENSIONS = 0.3, 8


@lru_cache
def gram(alpha: float, points: int = POINTS, step: float = 1.0) -> np.ndarray:
    """Gram matrix of a path in very many dimensions: ``|w_i - w_j|^2 = step^2 |i - j|^alpha``.

    It is the covariance of fractional Brownian motion.
    """
    t = np.arange(points, dtype=float)
    own = t**alpha
    return step**2 * (own[:, None] + own - np.abs(t[:, None] - t) ** alpha) / 2


def length_of_the_released_code(R: np.ndarray, i: int, j: int) -> float:
    """Step lengths stored beside the point they lead to, added up from i to j inclusive."""
    into = np.concatenate([[0.0], np.diagonal(R, 1)])
    return float(into[i : j + 1].sum())


def contour(claim):
    """ANO-S6."""
    matrix = gram(ALPHA, step=STEP)
    R, s = trajectory.distances(matrix), trajectory.contour_length(matrix)
    i, n = 20, 16

    def read(label, **more):
        values = {p.alpha: ALPHA, p.ell: STEP, p.n: n, p.D_f: 2 / ALPHA, p.length: n * STEP}
        return float(sp.N(claim[label].rhs.subs({**values, **more})))

    yield compare("contour length", read(p.LENGTH), s[i, i + n])
    yield compare("squared distance", read(p.SCALING), R[i, i + n] ** 2)
    slope = 2 * np.log(R[i, i + 64] / R[i, i + 4]) / np.log(s[i, i + 64] / s[i, i + 4])
    yield compare("dimension", read(p.DIMENSION), 2 / slope)
    steps = np.arange(1, POINTS - i)
    coded = np.array([length_of_the_released_code(R, i, i + int(k)) for k in steps])
    yield compare("length of the released code", read(p.CODED), coded[n - 1])
    rise = 2 * np.log(R[i, i + steps])
    first = (rise[1] - rise[0]) / np.log(coded[1] / coded[0])
    yield compare("first slope of the released code", read(p.FIRST), first)
    # The local slope comes from a spline through whole steps: good to six digits.
    local = float(CubicSpline(np.log(coded), rise)(np.log(coded[n - 1]), 1))
    yield compare("local slope of the released code", read(p.LOCAL), local, rtol=1e-5)


@lru_cache
def share_of_the_way(alpha: float, quarter: int) -> float:
    """Squared distance from the chord over that of the chord, on explicit points.

    The rows of a square root of the Gram matrix are points with just these distances.
    """
    matrix = gram(alpha)[1:, 1:]
    w = np.linalg.cholesky(matrix)
    chord, point = w[-1], w[quarter * (POINTS - 1) // 4 - 1]
    off = point - chord * (point @ chord) / (chord @ chord)
    return float(off @ off / (chord @ chord))


@lru_cache
def brownian_half_way(d: int) -> Estimate:
    """Squared distance from the chord, half-way, over that of the chord: d coordinates."""
    draw = np.random.default_rng(d)
    first, second = draw.standard_normal((2, 100_000, d))
    chord = first + second
    along = (first * chord).sum(1) / (chord**2).sum(1)
    off = first - along[:, None] * chord
    return Estimate.mean_of((off**2).sum(1) / (chord**2).sum(1))


def chord(claim):
    """ANO-S7."""

    def read(label, at=0.25, H=HURST):
        values = {p.u: at, p.H: H, p.d: DIMENSIONS}
        return float(sp.N(claim[label].rhs.subs(values)))

    for quarter in (1, 2, 3):
        claimed = read(p.ANY, quarter / 4)
        found = share_of_the_way(2 * HURST, quarter)
        yield compare(f"{quarter}/4 of the way", claimed, found)
    matrix = gram(2 * HURST)
    R = trajectory.distances(matrix)
    for i, j in ((0, 256), (40, 168), (7, 23)):
        largest = (trajectory.transverse(matrix, i, j) / R[i, j]) ** 2
        yield compare(f"largest of {j - i} steps", read(p.MIDDLE), largest)
    walk = gram(1.0)
    found = (trajectory.transverse(walk, 0, 256) / trajectory.distances(walk)[0, 256]) ** 2
    yield compare("random walk", read(p.BROWN), found)
    yield compare("few dimensions", read(p.FINITE), brownian_half_way(DIMENSIONS))


CHECKS = {
    **path_losses.CHECKS,
    **path_jumps.CHECKS,
    "ANO-S6": contour,
    "ANO-S7": chord,
    **path_curvature.CHECKS,
}
