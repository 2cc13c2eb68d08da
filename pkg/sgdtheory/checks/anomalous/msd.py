"""ANO-EQ3, ANO-EQ4: displacements of sampled walks; the next files hold what is fitted."""

from functools import lru_cache

import numpy as np
import sympy as sp

from sgdtheory.checks.anomalous import msd_exponents, msd_recipes
from sgdtheory.estimate import Estimate, compare
from sgdtheory.stochastic.msd import non_averaged, time_averaged
from sgdtheory.theory.anomalous import msd as theory
from sgdtheory.theory.anomalous import msd_single as point

WEIGHTS, SIGMA, START, LAG, APART = 6, 0.7, 1.6, 5, 2
DRAWS = 40_000


@lru_cache
def trajectory() -> np.ndarray:
    """Nine points in three dimensions, no walk in particular."""
    return np.random.default_rng(1).normal(size=(9, 3)).cumsum(0) ** 2


@lru_cache
def walks() -> np.ndarray:
    """(draws, 13, weights): independent starts and independent Gaussian steps."""
    draw = np.random.default_rng(2)
    steps = SIGMA * draw.standard_normal((DRAWS, 13, WEIGHTS))
    steps[:, 0] *= START / SIGMA
    return steps.cumsum(1)


def from_claim(part, points: int, lag: int) -> float:
    """The explicit sum, with the vectors of `trajectory` put in."""
    w = trajectory()[:points]
    G = (w - w[0]) @ (w - w[0]).T

    def length(difference):
        terms = difference.as_coefficients_dict()
        return sp.Float(np.linalg.norm(sum(float(f) * w[int(e.indices[0])]
                                           for e, f in terms.items())))  # fmt: skip

    total = part.rhs.subs({theory.T: points, theory.tau: lag}).doit()
    total = total.replace(theory.Norm, length)
    return float(total.replace(
        lambda e: isinstance(e, sp.Indexed), lambda e: G[tuple(int(m) for m in e.indices)]
    ))  # fmt: skip


def correlation(first, second, mean: float) -> Estimate:
    """Of two squared displacements of one Gaussian coordinate: their variance is 2 mean^2."""
    return Estimate.mean_of((first - mean) * (second - mean) / (2 * mean**2))


@lru_cache
def sampled_mean() -> Estimate:
    return Estimate.mean_of([time_averaged(walk, [LAG])[1][0] for walk in walks()[:4000]])


def averaged(claim):
    """ANO-EQ3."""
    values = {theory.d: WEIGHTS, theory.sigma: SIGMA, theory.tau: LAG, theory.k: APART}
    for points, lag in ((9, 1), (9, 4), (6, 5)):
        for route in ("gram", "fft"):
            found = time_averaged(trajectory()[:points], [lag], route=route)[1][0]
            for what, label in (("definition", theory.TIME_AVERAGED),
                                ("inner products", theory.PRODUCTS)):  # fmt: skip
                yield compare(f"{what}, {points} points, lag {lag}, route {route}",
                              from_claim(claim[label], points, lag), found)  # fmt: skip
    yield compare("independent steps", claim[theory.WALK].rhs.subs(values), sampled_mean())
    w = walks()
    squares = (w[:, LAG:, 0] - w[:, :-LAG, 0]) ** 2
    yield compare("correlation of two pairs", claim[theory.OVERLAP].rhs.subs(values),
                  correlation(squares[:, 0], squares[:, APART], LAG * SIGMA**2))  # fmt: skip
    common = np.correlate(np.ones(LAG), np.ones(LAG), "full") / LAG
    yield compare("pairs that count as one", claim[theory.COUNT].rhs.subs(values),
                  float((common**2).sum()))  # fmt: skip


def column(w: np.ndarray, lag: int) -> np.ndarray:
    """The released code: the first weight of each row is subtracted from the row."""
    return ((w[:, lag] - w[:, lag, :1]) ** 2).sum(1)


def column_mean(lag: float) -> float:
    """From the covariance of the weights, difference by difference."""
    covariance = (START**2 + SIGMA**2 * lag) * np.eye(WEIGHTS)
    differences = np.eye(WEIGHTS) - np.eye(WEIGHTS)[0]
    return float(np.einsum("ji,ik,jk", differences, covariance, differences))


def single(claim):
    """ANO-EQ4."""
    values = {
        point.d: WEIGHTS,
        point.sigma: SIGMA,
        point.s_0: START,
        point.tau: LAG,
    }
    w = walks()

    def read(label):
        return float(claim[label].rhs.subs(values))

    def of_first(label, lag):
        entries = claim[label].rhs.subs({point.d: WEIGHTS, point.tau: lag}).doit()
        return float(entries.replace(
            lambda e: isinstance(e, sp.Indexed),
            lambda e: w[0, int(e.indices[0]), int(e.indices[1]) - 1],
        ))  # fmt: skip

    for lag in (0, LAG):
        found = non_averaged(w[0], [lag])[1][0]
        yield compare(f"first row, lag {lag}", of_first(point.ROW, lag), found, atol=1e-12)
        found = column(w[:1], lag)[0]
        yield compare(f"first column, lag {lag}", of_first(point.COLUMN, lag), found)
    squares = ((w[:, LAG] - w[:, 0]) ** 2).sum(1)
    yield compare("first row, mean", read(point.ROW_MEAN), Estimate.mean_of(squares))
    relative = (squares / (WEIGHTS * SIGMA**2 * LAG) - 1) ** 2
    yield compare("first row, scatter", read(point.ROW_SPREAD), Estimate.mean_of(relative))
    sampled = Estimate.mean_of(column(w, LAG))
    yield compare("first column, mean, sampled", read(point.COLUMN_MEAN), sampled)
    yield compare("first column, mean", read(point.COLUMN_MEAN), column_mean(LAG))
    # The mean is a straight line in the lag: the central difference is exact.
    slope = (column_mean(LAG + 1) - column_mean(LAG - 1)) / 2 * LAG / column_mean(LAG)
    yield compare("first column, exponent", read(point.COLUMN_SLOPE), slope)


CHECKS = {
    "ANO-EQ3": averaged,
    "ANO-EQ4": single,
    **msd_exponents.CHECKS,
    **msd_recipes.CHECKS,
}
