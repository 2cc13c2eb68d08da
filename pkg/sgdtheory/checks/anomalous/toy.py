"""ANO-F8: the model on many landscapes at once, one run each.  ANO-N1: boxes of surfaces."""

from functools import lru_cache

import numpy as np
import sympy as sp
import torch
from scipy.ndimage import gaussian_filter

from sgdtheory.checks.anomalous import toy_model
from sgdtheory.checks.anomalous.landscape import jackknife
from sgdtheory.estimate import Estimate, compare
from sgdtheory.stochastic import fractal, levy
from sgdtheory.stochastic._fractal_boxes import block_ranges
from sgdtheory.theory.anomalous import toy as theory

ETA, SIGMA, STEPS, TRIES = 0.02, 0.01, 1_000, 500
NODES, RUNS = 257, 120
SEEDS = (11, 12)
SHORTEST = 40


def slope(U: np.ndarray, x: np.ndarray) -> np.ndarray:
    """(runs, 2) slopes of bilinear surfaces U (runs, n + 1, n + 1) over [-1, 1]^2."""
    n = U.shape[-1] - 1
    place = (x + 1) * n / 2
    i, j = np.minimum(place.astype(int), n - 1).T
    u, v = (place - np.stack([i, j], 1)).T
    k = np.arange(len(U)) if len(U) > 1 else 0
    a, b, c, d = U[k, i, j], U[k, i + 1, j], U[k, i, j + 1], U[k, i + 1, j + 1]
    along = np.stack([(b - a) * (1 - v) + (d - c) * v, (c - a) * (1 - u) + (d - b) * u], 1)
    return along * n / 2


def run(U: np.ndarray, seed: int) -> list[np.ndarray]:
    """Paths (STEPS + 1, 2) of the runs that were never stuck at the border."""
    draw = np.random.default_rng(seed)
    x = draw.uniform(-1, 1, (RUNS, 2))
    path, free = [x], np.ones(RUNS, bool)
    for _ in range(STEPS):
        pushed = x - ETA * slope(U, x)
        new = pushed + SIGMA * draw.standard_normal(x.shape)
        out = free & np.any(np.abs(new) > 1, axis=1)
        if out.any():
            again = pushed[out, None] + SIGMA * draw.standard_normal((out.sum(), TRIES, 2))
            inside = np.all(np.abs(again) <= 1, axis=2)
            new[out] = again[np.arange(len(again)), inside.argmax(1)]
            free[out] = inside.any(1)
        x = np.where(free[:, None], new, x)
        path.append(x)
    return list(np.array(path)[:, free].swapaxes(0, 1))


def arrival(path: np.ndarray) -> int:
    """First step after the last exit from the basin."""
    away = np.linalg.norm(path - path[-200:].mean(0), axis=1)
    outside = np.flatnonzero(away > 3 * np.sqrt((away[-200:] ** 2).mean()))
    return outside[-1] + 1 if len(outside) else 0


def exponent(part: np.ndarray):
    """Of (..., T, 2) points, by lags up to a quarter; NaN for a short part."""
    if part.shape[-2] < SHORTEST:
        return np.nan
    lags = np.unique(np.geomspace(1, part.shape[-2] // 4, 15).round().astype(int))
    moved = [part[..., lag:, :] - part[..., :-lag, :] for lag in lags]
    squares = [np.square(step).sum(-1).mean(-1) for step in moved]
    return np.polyfit(np.log(lags), np.log(squares), 1)[0]


def exponents(U: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Before and after arrival, of all runs; short parts left out."""
    split = [(p[: arrival(p)], p[arrival(p) :]) for p in run(U, seed)]
    both = np.array([[exponent(before), exponent(after)] for before, after in split])
    return both[~np.isnan(both[:, 0]), 0], both[~np.isnan(both[:, 1]), 1]


def spread(x: np.ndarray) -> float:
    """Middle 90 per cent over middle half: 2.44 for a normal law, more for heavy tails."""
    low, first, third, high = np.quantile(x, [0.05, 0.25, 0.75, 0.95])
    return float((high - low) / (third - first))


def spread_of_slopes(z: np.ndarray, water: float) -> float:
    """Median over landscapes, of the slopes between nodes above the water."""
    found = []
    for surface in z:
        dry = surface > water
        rise = np.diff(surface, axis=0)[dry[1:] & dry[:-1]]
        if rise.size > 5_000:
            found.append(spread(rise))
    return float(np.median(found))


def some_window(seed: int) -> tuple[float, float]:
    """Brownian runs: share above 1.2 in the best of windows of 100 to 400 steps, and in
    one window of 200 fixed beforehand."""
    steps = SIGMA * np.random.default_rng(seed).standard_normal((RUNS, STEPS, 2))
    paths = steps.cumsum(axis=1)
    windows = [(start, width) for width in (100, 200, 400)
               for start in range(0, STEPS - width + 1, width // 2)]  # fmt: skip
    best = np.max([exponent(paths[:, a : a + w]) for a, w in windows], axis=0)
    fixed = exponent(paths[:, 400:600])
    return float((best > 1.2).mean()), float((fixed > 1.2).mean())


@lru_cache(maxsize=len(SEEDS))
def measured(seed: int) -> tuple[dict, dict]:
    """For each part of the claim the value of its symbol, and that of its null model."""
    g = np.linspace(-1, 1, NODES)
    rho = np.hypot(g[:, None], g)[None]
    z = fractal.surface_midpoint(8, 0.5, amplitude=3, draws=RUNS, seed=seed)
    rough = 10 - np.maximum(z, -0.1)
    draw = np.random.default_rng(seed)
    mixed = [gaussian_filter(draw.permuted(u.ravel()).reshape(u.shape), 8) for u in rough]
    landscapes = {"rough": rough, "bowl": rho**2 / 2, "cone": rho / 2, "flat": 0 * rho,
                  "mixed": np.array(mixed)}  # fmt: skip
    before, after = {}, {}
    for k, (name, U) in enumerate(landscapes.items()):
        before[name], after[name] = exponents(U, 100 * seed + k)
    share = {name: float((values > 1).mean()) for name, values in before.items()}
    middle = {name: float(np.median(values)) for name, values in before.items()}
    late = {name: float(np.median(values)) for name, values in after.items()}
    best, fixed = some_window(seed)
    heavy = levy.symmetric_stable((50_000,), 1.5, torch.Generator().manual_seed(seed)).numpy()
    values = {
        theory.SHARE: share["rough"], theory.BOWL: share["bowl"],
        theory.BEFORE: middle["rough"],
        theory.AFTER: max(late[name] for name in ("rough", "bowl", "cone")),
        theory.SHUFFLED: middle["mixed"], theory.TAILS: spread_of_slopes(z, -0.1),
        theory.WINDOW: best,
    }  # fmt: skip
    nulls = {
        theory.SHARE: share["bowl"], theory.BOWL: share["flat"],
        theory.BEFORE: middle["bowl"], theory.AFTER: late["flat"],
        theory.SHUFFLED: middle["bowl"],
        theory.TAILS: spread(heavy), theory.WINDOW: fixed,
    }  # fmt: skip
    return values, nulls


#: The symbol of each part, and what its null model is.
PARTS = {
    theory.SHARE: (theory.p_fractal, "a paraboloid"),
    theory.BOWL: (theory.p_bowl, "no landscape"),
    theory.BEFORE: (theory.before, "a paraboloid"),
    theory.AFTER: (theory.after, "no landscape"),
    theory.SHUFFLED: (theory.shuffled, "a paraboloid"),
    theory.TAILS: (theory.tails, "stable draws of index 1.5"),
    theory.WINDOW: (theory.p_window, "one window fixed beforehand"),
}


def runs(claim):
    """ANO-F8."""
    for label, (symbol, null) in PARTS.items():
        for which, want, what in ((0, len(SEEDS), "seeds for which it holds"),
                                  (1, 0, f"holds for {null}")):  # fmt: skip
            held = [bool(claim[label].subs(symbol, measured(s)[which][label])) for s in SEEDS]
            yield compare(f"{label}: {what}", float(want), float(sum(held)))


@lru_cache(maxsize=3)
def widening(H: float) -> Estimate:
    """By which power of its side the range over a square grows: squares of 5 x 5 nodes."""
    z = fractal.surface_exact(H, 33, draws=200, seed=5)
    spacings = (1, 2, 4, 8)
    rows = np.array([
        [np.subtract(*block_ranges(y[::d, ::d], 4)[::-1]).mean() for d in spacings] for y in z
    ])  # fmt: skip
    return jackknife(lambda row: fractal.log_slope(spacings, row), rows)


def dimension(H: float, of: int) -> Estimate:
    """Of the graph (3) or of the level sets (2): boxes that the ranges fill, or that cross."""
    power = widening(H)
    return Estimate(of - power.value, power.stderr, power.n)


def slice_of_loss(claim):
    """ANO-N1."""
    flat = fractal.box_dimension(*fractal.count_graph_boxes(np.zeros((65, 65)), height=1.0))
    yield compare("a flat graph", float(claim[theory.LEAST].rhs), flat)
    for value, possible in (("2", 1.0), ("5/2", 1.0), ("9/5", 0.0)):
        admitted = bool(claim[theory.LEAST].subs(theory.D_graph, sp.Rational(value)))
        yield compare(f"dimension {value} of a graph", admitted, possible)
    yield compare("graph of index 0.9", float(claim[theory.OF_GRAPH].rhs), dimension(0.9, 3))
    yield compare(
        "level sets of index 0.9", float(claim[theory.OF_LEVEL].rhs), dimension(0.9, 2)
    )
    read = float(claim[theory.READ].rhs)
    yield compare("level sets of the index read", 1.8, dimension(read, 2))


CHECKS = {**toy_model.CHECKS, "ANO-F8": runs, "ANO-N1": slice_of_loss}
