"""ANO-S9, S10: exact surfaces cut into boxes, covariance matrices of midpoint displacement."""

from functools import lru_cache
from math import log2, sqrt

import numpy as np
import sympy as sp

from sgdtheory.checks.anomalous import self_affine
from sgdtheory.estimate import Estimate, compare
from sgdtheory.stochastic import fractal
from sgdtheory.stochastic._fractal_boxes import block_ranges
from sgdtheory.theory.anomalous import landscape as a

INDEX, CELLS, DRAWS = 0.6, 64, 150
#: Boxes of 4 x 4 cells on nodes 1, 2, 4 apart: of equal shape, so that no box misses more
#: of the surface between its nodes than another, and self-similarity is exact.
SPACINGS = (1, 2, 4)
SIDES = tuple(4 * d / CELLS for d in SPACINGS)
#: Height of the surface over 64 cells in units of their side: few boxes a column.
FLAT = 0.3


@lru_cache(maxsize=1)
def surfaces() -> np.ndarray:
    z = fractal.surface_exact(INDEX, CELLS + 1, draws=DRAWS, seed=1)
    return FLAT * z / CELLS**INDEX


@lru_cache(maxsize=1)
def ranges() -> np.ndarray:
    """(draws, sides): mean over the columns of highest minus lowest value."""
    low_high = [[block_ranges(z[::d, ::d], 4) for d in SPACINGS] for z in surfaces()]
    return np.array([[(high - low).mean() for low, high in row] for row in low_high])


@lru_cache(maxsize=1)
def counts() -> np.ndarray:
    """(draws, sides): boxes of the graph, from a random height on, per column."""
    draw = np.random.default_rng(2)
    found = []
    for z in surfaces():
        lifted = [(z + draw.uniform(0, s), d, s) for d, s in zip(SPACINGS, SIDES, strict=True)]
        found.append([
            fractal.count_graph_boxes(y[::d, ::d], [4], height=1.0)[1][0] * s**2
            for y, d, s in lifted
        ])  # fmt: skip
    return np.array(found)


@lru_cache(maxsize=1)
def crossed() -> np.ndarray:
    """(draws, sides): columns crossed, of all, summed over levels 0.05 apart."""
    levels = np.arange(-3, 3, 0.05)[:, None, None]
    return 0.05 * np.array([
        [((low <= levels) & (levels <= high)).mean((1, 2)).sum()
         for low, high in (block_ranges(z[::d, ::d], 4) for d in SPACINGS)]
        for z in surfaces()
    ])  # fmt: skip


def jackknife(statistic, rows: np.ndarray) -> Estimate:
    """A statistic of the mean row; its standard error by leaving out one row at a time."""
    n, total = len(rows), rows.sum(axis=0)
    without = [statistic((total - row) / (n - 1)) for row in rows]
    return Estimate(statistic(total / n), float(np.std(without)) * sqrt(n - 1), n)


def boxes(claim):
    """ANO-S9."""
    at = {a.H: sp.Float(INDEX, 30)}

    def rhs(label, **more):
        return claim[label].rhs.subs(at | {getattr(a, k): v for k, v in more.items()})

    for kind, number, holds in (("flat", 256, 1.0), ("rough", 300, 1.0), ("torn", 255, 0.0)):
        bound = bool(claim[a.BOUND].subs({a.N(a.s): number, a.s: sp.Rational(1, 16)}))
        yield compare(f"256 columns, {number} boxes: may be {kind}", bound, holds)
    flat = fractal.count_graph_boxes(np.zeros((CELLS + 1, CELLS + 1)), [4], height=1.0)[1][0]
    yield compare("least of 256 columns", float(claim[a.BOUND].rhs.subs(a.s, 1 / 16)), flat)

    # The same draws give c and the counts: the error is that of the difference.
    for k, side in enumerate(SIDES):
        mean = sp.lambdify(a.c, rhs(a.BOXES, s=side) * side**2)
        ours = mean(ranges()[:, 0] / SIDES[0] ** INDEX)
        off = Estimate.mean_of(counts()[:, k] - ours)
        found = Estimate(off.value + ours.mean(), off.stderr, off.n)
        yield compare(f"boxes a column, side {SPACINGS[k]}/16", ours.mean(), found)
    last = (0, len(SIDES) - 1)
    span = log2(SPACINGS[-1])

    def excess(row):
        """Of the boxes beyond the one of each column."""
        return 2 + log2((row[last[0]] - 1) / (row[last[1]] - 1)) / span

    yield compare("graph", float(rhs(a.GRAPH)), jackknife(excess, counts()))
    size = float(ranges()[:, 0].mean() / SIDES[0] ** INDEX)
    model = [s**-2 * (1 + size * s ** (INDEX - 1)) for s in (0.1 * 1.0001, 0.1 / 1.0001)]
    # Central difference over 2e-4 in ln s: errors of 1e-9.
    slope = np.log(model[1] / model[0]) / np.log(1.0001**2)
    yield compare("slope of the counts", float(rhs(a.SLOPE, s=0.1, c=size)), slope, rtol=1e-7)

    for k, side in enumerate(SIDES):
        ours = sp.lambdify(a.c, rhs(a.CROSSED, s=side) * side**2)
        ours = ours(ranges()[:, 0] / SIDES[0] ** INDEX)
        off = Estimate.mean_of(crossed()[:, k] - ours)
        found = Estimate(off.value + ours.mean(), off.stderr, off.n)
        yield compare(f"levels that cross a column, side {SPACINGS[k]}/16", ours.mean(), found)
    levels = jackknife(lambda row: 2 + log2(row[last[0]] / row[last[1]]) / span, crossed())
    yield compare("level sets", float(rhs(a.LEVEL)), levels)


def increments(levels: int, ratio: float, sigma: float, first: float) -> float:
    """Variance of neighbours' differences by the covariance matrix of all nodes of a line."""
    covariance = np.array([[0.0, 0.0], [0.0, first]])
    for level in range(1, levels + 1):
        n = len(covariance)
        refine = np.zeros((2 * n - 1, n))
        refine[::2] = np.eye(n)
        refine[1::2] = (np.eye(n)[1:] + np.eye(n)[:-1]) / 2
        covariance = refine @ covariance @ refine.T
        new = np.arange(1, 2 * n - 1, 2)
        covariance[new, new] += sigma**2 * ratio ** (2 * level)
    difference = np.diff(np.eye(len(covariance)), axis=0)
    return float(np.diag(difference @ covariance @ difference.T).mean())


def ratio_of(H: float) -> float:
    """How much less fBm deviates at its midpoints, a level on: from its covariance."""

    def deviation(x: float) -> float:
        t = np.array([x / 2, x])
        cov = (t[:, None] ** (2 * H) + t ** (2 * H) - abs(t[:, None] - t) ** (2 * H)) / 2
        weight = np.array([1, -0.5])
        return sqrt(weight @ cov @ weight)

    return deviation(0.5) / deviation(1.0)


@lru_cache(maxsize=1)
def displaced() -> Estimate:
    """H of diamond-square surfaces of ratio 2^-0.3, between lags 1 and 16."""
    z = fractal.surface_midpoint(8, 2**-0.3, draws=24, seed=3)
    return fractal.hurst(z, [1, 2, 4, 8, 16])


def midpoint(claim):
    """ANO-S10."""
    levels, sigma, first = 5, 0.7, 1.3
    for ratio in (0.5, 0.8):
        before, after = (increments(n, ratio, sigma, first) for n in (levels, levels + 1))
        at = {a.k: levels, a.r: ratio, a.sigma: sigma, a.V(0): first}
        split = claim[a.SPLIT].rhs.subs({a.V(a.k): before}).subs(at)
        yield compare(f"one level more, ratio {ratio}", float(split), after)
        label = a.HALVING if ratio == 0.5 else a.SOLVED
        yield compare(f"{levels} levels, ratio {ratio}",
                      float(claim[label].rhs.subs(at)), before)  # fmt: skip
        if ratio == 0.5:
            clean = [increments(n, ratio, sigma, 0.0) for n in (levels, levels + 1)]
            seen = float(claim[a.SEEN].rhs.subs(a.k, levels))
            yield compare("index seen", seen, log2(clean[0] / clean[1]) / 2)
    for H in (0.3, 0.8):
        found = float(claim[a.INDEX].rhs.subs(a.r, ratio_of(H)))
        yield compare(f"index of fBm with H = {H}", found, H)
    # Diamond-square: its other terms are gone after a few levels, 0.001 is left.
    yield compare("surfaces", float(claim[a.INDEX].rhs.subs(a.r, 2**-0.3)), displaced())


CHECKS = {"ANO-S9": boxes, "ANO-S10": midpoint, **self_affine.CHECKS}
