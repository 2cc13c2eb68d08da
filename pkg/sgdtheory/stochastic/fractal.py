"""Rough paths and landscapes: making them, and measuring how rough they are.

The roughness of a surface is its Hurst index H, ``E (z(x) - z(x'))^2 ~ r^2H``.  The graph
of a fractional Brownian surface has the dimension 3 - H, its level sets 2 - H (ANO-S9).
Measure H by `structure_function`; counting boxes of a graph is strongly biased.
"""

import numpy as np

from sgdtheory import _validate
from sgdtheory.estimate import Estimate
from sgdtheory.stochastic._fractal_boxes import count_boxes, count_graph_boxes, level_set
from sgdtheory.stochastic._fractal_paths import (
    fbm,
    stationary_gaussian,
    weierstrass_mandelbrot,
    weierstrass_structure,
)
from sgdtheory.stochastic._fractal_surfaces import (
    surface_exact,
    surface_midpoint,
    surface_spectral,
)

__all__ = [
    "box_dimension",
    "count_boxes",
    "count_graph_boxes",
    "fbm",
    "hurst",
    "level_set",
    "log_slope",
    "stationary_gaussian",
    "structure_function",
    "surface_exact",
    "surface_midpoint",
    "surface_spectral",
    "weierstrass_mandelbrot",
    "weierstrass_structure",
]


def structure_function(z, lags=None, axes: int = 2) -> tuple[np.ndarray, np.ndarray]:
    """Mean squared difference at each lag, along the axes; ``r^(2H)`` for an fBm.

    Parameters
    ----------
    z : (..., n) paths with ``axes=1``, (..., n, n) surfaces with ``axes=2``.
    lags : in nodes; default powers of two up to n/8, where pairs are still many.

    Returns
    -------
    lags, S_2 of shape (..., len(lags))

    Raises
    ------
    ValueError
        A lag without a pair of nodes.
    """
    _validate.one_of("axes", axes, (1, 2))
    z = _validate.finite("z", z)
    if z.ndim < axes or len(set(z.shape[-axes:])) > 1:
        raise ValueError(
            f"z must end in {axes} equal axes, got shape {z.shape}; pass (..., n) with axes=1, "
            "(..., n, n) with axes=2"
        )
    n = z.shape[-1]
    if lags is None:
        lags = 2 ** np.arange(max(1, n // 8).bit_length())
    lags = np.array([_validate.count("a lag", lag) for lag in lags], dtype=int)
    if not lags.size or lags.max() >= n:
        raise ValueError(
            f"lags must leave pairs of nodes, got {lags.tolist()} on {n} nodes; keep them "
            f"below {n}"
        )
    space = tuple(range(-axes, 0))
    return lags, np.stack([
        np.mean([
            ((np.moveaxis(z, a, -1)[..., lag:] - np.moveaxis(z, a, -1)[..., :-lag]) ** 2)
            .mean(axis=space) for a in space
        ], axis=0)
        for lag in lags
    ], axis=-1)  # fmt: skip


def log_slope(x, y) -> float:
    """Least-squares slope of ln y on ln x.

    Raises
    ------
    ValueError
        Fewer than three points, a value that is not positive (an empty bin).
    """
    x, y = _validate.finite("x", x, ndim=1), _validate.finite("y", y, ndim=1)
    if len(x) != len(y) or len(np.unique(x)) < 3:
        raise ValueError(
            f"a slope needs >= 3 different x with a y each, got {len(np.unique(x))} and "
            f"{len(y)}; add scales"
        )
    if (x <= 0).any() or (y <= 0).any():
        raise ValueError(
            f"x and y must be > 0, got {int((x <= 0).sum() + (y <= 0).sum())} that are not; "
            "leave out empty bins"
        )
    return float(np.polyfit(np.log(x), np.log(y), 1)[0])


def hurst(z, lags=None, axes: int = 2) -> Estimate:
    """Half the log-slope of the structure function, averaged over >= 2 draws of one law.

    ``z``: (draws, n) or (draws, n, n).  The standard error leaves out one draw at a time
    (jackknife): lags of one draw are far from independent.  One draw alone is no ensemble
    at large H: the mean slope of single draws is too small by 0.03 at H = 0.9.

    Raises
    ------
    ValueError
        Fewer than two draws.
    """
    lags, S = structure_function(z, lags, axes)
    draws = S.shape[0] if S.ndim == 2 else 1
    if draws < 2:
        raise ValueError(
            "a standard error needs >= 2 draws along the first axis, got one; for the slope "
            "alone take log_slope(*structure_function(z)) / 2"
        )
    found = log_slope(lags, S.mean(axis=0)) / 2
    without = [log_slope(lags, (S.sum(axis=0) - row) / (draws - 1)) / 2 for row in S]
    return Estimate(found, float(np.std(without) * np.sqrt(draws - 1)), draws)


def box_dimension(sizes, counts) -> float:
    """Minus the log-slope of the counts: at least three sizes, no count zero."""
    return -log_slope(sizes, counts)
