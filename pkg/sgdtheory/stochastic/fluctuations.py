"""Fluctuations of weights in a window: principal components, and variances on fresh data.

A window is (T, d): T steps, one row each.  Directions are rows, (k, d), of unit length.
"""

from dataclasses import dataclass

import numpy as np

from sgdtheory import _validate as check

__all__ = [
    "Components",
    "exponent",
    "log_ranks",
    "principal_components",
    "variances_along",
    "velocities_along",
]


@dataclass(frozen=True)
class Components:
    """``variances`` (k,), largest first, and ``directions`` (k, d)."""

    variances: np.ndarray
    directions: np.ndarray


def _window(window) -> np.ndarray:
    w = check.finite("window", window, ndim=2)
    if len(w) < 2:
        raise ValueError(
            f"a window must hold >= 2 steps, got {len(w)}; record more of the trajectory"
        )
    return w


def principal_components(window) -> Components:
    """Principal components of a window (IVF-E5): eigenvectors of its covariance, 1/T norm.

    In float64, through the smaller of the (T, T) and the (d, d) matrix; ranks whose variance
    is below 1e-12 of the first are left out (they are rounding).  The variances are
    *in-sample*: of the data that chose the directions; see :func:`variances_along`.

    Raises
    ------
    ValueError
        Fewer than two steps, a window that never moves, NaN.
    """
    w = _window(window)
    w = w - w.mean(0)
    T, d = w.shape
    wide = T < d
    values, vectors = np.linalg.eigh((w @ w.T if wide else w.T @ w) / T)
    values, vectors = values[::-1], vectors[:, ::-1]
    kept = values > 1e-12 * values[0]
    if not kept.any():
        raise ValueError(
            "the window must move, got the same weights at every step; record a run at work"
        )
    directions = (w.T @ vectors[:, kept]) if wide else vectors[:, kept]
    return Components(values[kept], (directions / np.linalg.norm(directions, axis=0)).T)


def variances_along(window, directions, *, line: bool = False) -> np.ndarray:
    """Variance of a window along each direction, (k,), about its mean; 1/T norm.

    On the window that chose the directions this is in-sample; on another one out-of-sample.
    ``line=True`` takes out the least-squares straight line in time instead of the mean.
    """
    w = _window(window)
    along = w @ _directions(directions, w).T
    along = along - along.mean(0)
    if line:
        t = np.arange(len(w)) - (len(w) - 1) / 2
        along = along - np.outer(t, t @ along / (t @ t))
    return (along**2).mean(0)


def velocities_along(window, directions) -> np.ndarray:
    """Mean square of a step along each direction, (k,): ``Delta`` of IVF-E12."""
    w = _window(window)
    return (np.diff(w @ _directions(directions, w).T, axis=0) ** 2).mean(0)


def _directions(directions, w: np.ndarray) -> np.ndarray:
    p = check.finite("directions", directions, ndim=2)
    if p.shape[1] != w.shape[1]:
        raise ValueError(
            f"directions must be (k, {w.shape[1]}) for this window, got {p.shape}; one row each"
        )
    return p


def log_ranks(low: int, high: int, count: int = 30) -> np.ndarray:
    """About ``count`` log-spaced ranks from ``low`` to ``high`` (the first rank is 1)."""
    low, high = check.count("low", low), check.count("high", high, low + 1)
    return np.unique(np.geomspace(low, high, check.count("count", count, 2)).astype(int))


def exponent(flatness, values) -> float:
    """``psi`` of ``values ~ flatness**-psi`` by least squares in logarithms.

    Both (k,), positive; pairs with a NaN flatness (no root) are left out, and two different
    flatnesses must remain.
    """
    F, v = np.asarray(flatness, float), np.asarray(values, float)
    if F.shape != v.shape or F.ndim != 1:
        raise ValueError(f"flatness and values must be (k,) both, got {F.shape}, {v.shape}")
    good = ~np.isnan(F)
    F, v = F[good], v[good]
    positive = (F > 0).all() and (v > 0).all() and np.isfinite([F, v]).all()
    if not positive or len(np.unique(F)) < 2:
        raise ValueError(
            f"an exponent needs >= 2 pairs of positive numbers at different flatness, got "
            f"{int(good.sum())} pairs; look at the directions without a root"
        )
    return -float(np.polyfit(np.log(F), np.log(v), 1)[0])
