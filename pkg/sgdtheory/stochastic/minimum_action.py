r"""Path of least action in the plane: how an escape happens when the noise is weak.

For ``dx = f dt + sqrt(2 eps D) dB`` with a diagonal D that may depend on the place, the mean
time of an escape grows like ``exp(V/eps)`` as ``eps -> 0`` (Freidlin and Wentzell), where V is
the least value, over all paths to the place that has to be passed, of the geometric action

.. math:: S = \frac12 \int \left(|f|\,|\dot x| - \langle f, \dot x\rangle\right) ds , \qquad
          \langle u, v\rangle = \frac{u_1 v_1}{D_1} + \frac{u_2 v_2}{D_2} .

It does not depend on how fast the path is run through, it is zero along the drift, and for
``f = -D grad U`` it is the height of U that has to be climbed.  To leading order the reading of
the noise plays no part.
"""

from collections.abc import Callable
from contextlib import suppress

import numpy as np
from scipy.linalg import solveh_banded

from sgdtheory import _validate
from sgdtheory.stochastic._cells import Field, diffusion, fields

_ROUNDS = 200  # of moving the points across the path and spreading them along it again
_MOVES = 5  # by Newton's method in a round
_TRIES = 25  # with a higher diagonal each
_STEP = 1e-5  # of the differences, times the length of the path
_EPS = 1e-12  # of the action, or of the second derivatives: nothing


def minimum_action_path(
    drift: Callable,
    D: Field,
    start: tuple[float, float],
    end: tuple[float, float],
    *,
    points: int = 257,
    initial=None,
    tol: float = 1e-7,
) -> tuple[np.ndarray, float]:
    r"""Path from ``start`` to ``end`` whose action is least *near the initial one*.  (LOG-8)

    Parameters
    ----------
    drift : ``(x, y) -> (f_x, f_y)``, numpy arrays.
    D : ``(x, y) -> D`` isotropic, or ``(D_x, D_y)``; up to the small factor eps.
    start, end : usually a minimum and a saddle.  They are kept.
    points : of the path, equally spaced.  The error of the action falls like the square of
        their distance: at the default 1e-5 of it on a smooth path, up to 4e-3 where the path
        turns sharply or winds.  Two numbers and Richardson's rule gain a digit or two.
    initial : (k, 2) corners of a polygon to begin with, ends included; ``None`` is the
        straight line.  There may be several local minima: try bent ones too.
    tol : relative change of the action at which the search ends.

    Returns
    -------
    path : (points, 2)
    action : V, so that the mean time grows like ``exp(action/eps)``.

    Raises
    ------
    ValueError
        ``start`` and ``end`` equal, an initial path with other ends, ``D <= 0`` on the path, a
        drift that is not finite there, no convergence.
    """
    count = _validate.count("points", points, 5, "pass at least 5")
    tol = _validate.positive("tol", tol)
    path = _corners(start, end, initial)
    level = count
    while level >= 33:
        level = level // 2 + 1
    while True:  # coarse paths first: long bends are found quickly there
        path, least, change = _settled(drift, D, spread(path, level), tol)
        if level == count:
            break
        level = min(2 * level - 1, count)
    if change > tol * abs(least) + tol**2:
        raise ValueError(
            f"the action must settle to {tol:g} of itself, got {least:.9g} and steps of "
            f"{change:.2g}; start from another initial path, or pass another number of points"
        )
    return path, least


def _settled(drift, D, path, tol) -> tuple[np.ndarray, float, float]:
    """Move the points across the path and spread them along it, until nothing changes."""
    before = np.inf
    for _ in range(_ROUNDS):
        path, least = _across(drift, D, path)
        path = spread(path, len(path))
        change, before = abs(before - least), least
        if change <= tol * abs(least) + tol**2:
            break
    return path, least, change


def action(drift: Callable, D: Field, path) -> float:
    """Geometric action of a polygon (k, 2), each piece by the midpoint rule."""
    at = _validate.finite("path", path, ndim=2, minimum=4)
    total = float(_density(drift, D, at[1:] + at[:-1], np.diff(at, axis=0)).sum())
    if not np.isfinite(total):
        raise ValueError(
            f"drift must be finite on the path, got an action of {total}; keep away from where "
            "it is not"
        )
    return total


def spread(path: np.ndarray, points: int) -> np.ndarray:
    """``points`` places on a polygon, equally far apart along it."""
    length = np.append(0, np.cumsum(np.hypot(*np.diff(path, axis=0).T)))
    at = np.linspace(0, length[-1], points)
    return np.column_stack([np.interp(at, length, coordinate) for coordinate in path.T])


def _density(drift, D, twice, step) -> np.ndarray:
    """Action of each piece, from the sum of its two ends and their difference."""
    x, y = twice[..., 0] / 2, twice[..., 1] / 2
    f = fields("drift", drift, x, y)
    d = diffusion(D, x, y)
    dx, dy = step[..., 0], step[..., 1]
    along = f[0] * dx / d[0] + f[1] * dy / d[1]
    force, way = (u**2 / d[0] + v**2 / d[1] for u, v in (f, (dx, dy)))
    return (np.sqrt(force * way) - along) / 2


def _across(drift, D, path) -> tuple[np.ndarray, float]:
    """Newton's method for the distances u by which the inner points move across the path.

    A piece knows its own two ends only, so that the matrix of second derivatives is
    tridiagonal.  Where it is not positive, or a step does not help, the diagonal is raised.
    """
    tangent = path[2:] - path[:-2]
    across = np.zeros_like(path)
    across[1:-1] = np.column_stack([-tangent[:, 1], tangent[:, 0]])
    across[1:-1] /= np.hypot(*tangent.T)[:, None]
    h = _STEP * np.hypot(*np.diff(path, axis=0).T).sum()
    raised, least = 0.0, action(drift, D, path)
    for _ in range(_MOVES):
        slope, bands = _derivatives(drift, D, path, across, h)
        smallest = _EPS * np.abs(bands).max()
        for _ in range(_TRIES):
            new, value = path.copy(), np.inf
            with suppress(np.linalg.LinAlgError):
                u = solveh_banded(bands + [[0.0], [raised]], -slope)
                new[1:-1] += u[:, None] * across[1:-1]
                value = action(drift, D, new)
            if value < least:
                break
            raised = max(10 * raised, smallest)
        else:
            return path, least
        gain, path, least, raised = least - value, new, value, raised / 10
        if gain < _EPS * abs(least):
            break
    return path, least


def _derivatives(drift, D, path, across, h) -> tuple[np.ndarray, np.ndarray]:
    """First derivatives by u, and the two bands of second ones, by central differences."""
    shift = h * np.array([-1.0, 0.0, 1.0])[:, None, None]
    first, last = path[:-1] + shift * across[:-1], path[1:] + shift * across[1:]
    first, last = first[:, None], last[None, :]  # every shift of one end with every other's
    s = _density(drift, D, first + last, last - first)
    slope = np.zeros(len(path))
    bands = np.zeros((2, len(path)))
    slope[:-1] += (s[2, 1] - s[0, 1]) / (2 * h)
    slope[1:] += (s[1, 2] - s[1, 0]) / (2 * h)
    bands[1, :-1] += (s[2, 1] - 2 * s[1, 1] + s[0, 1]) / h**2
    bands[1, 1:] += (s[1, 2] - 2 * s[1, 1] + s[1, 0]) / h**2
    bands[0, 1:] = (s[2, 2] - s[2, 0] - s[0, 2] + s[0, 0]) / (4 * h**2)
    return slope[1:-1], bands[:, 1:-1]


def _corners(start, end, initial) -> np.ndarray:
    ends = [_validate.finite(name, at, ndim=1, minimum=2)
            for name, at in (("start", start), ("end", end))]  # fmt: skip
    line = np.array(ends if initial is None else _validate.finite("initial", initial, ndim=2))
    if line.shape[1:] != (2,) or not (line[0] == ends[0]).all() or (line[-1] != ends[1]).any():
        raise ValueError(
            f"initial must be points (k, 2) from start {tuple(ends[0])} to end "
            f"{tuple(ends[1])}, got shape {line.shape}; put the two ends into it"
        )
    if (ends[0] == ends[1]).all():
        raise ValueError(f"start and end must differ, got {tuple(ends[0])} twice; move one")
    return line
