"""The first point at which many functions of one variable pass zero, all in step."""

from collections.abc import Callable

import numpy as np

GROWTH, EXPANSIONS, STEPS = 1.6, 30, 60
#: What counts as zero; heights are logarithms, of order one.
CLOSE = 1e-10

#: ``height(points, rows)``: the functions of these numbers at these points.
Height = Callable[[np.ndarray, np.ndarray], np.ndarray]


def crossings(height: Height, at_zero: np.ndarray, first: np.ndarray) -> np.ndarray:
    """Points x > 0 with ``height(x) = 0``, (k,); NaN where none is found.

    From ``first`` (k,) outwards in steps that grow by 1.6, up to about a million times
    ``first``; in the first interval with a change of sign Illinois' false position (or the
    middle, where a height is infinite).  Heights at zero are ``at_zero``, negative.
    """
    low, high = np.zeros_like(first), first.copy()
    f_low = at_zero.copy()
    f_high = height(high, np.arange(len(first)))
    for _ in range(EXPANSIONS):
        below = np.flatnonzero(~(f_high >= 0))
        if not len(below):
            break
        low[below], f_low[below] = high[below], f_high[below]
        high[below] *= GROWTH
        f_high[below] = height(high[below], below)
    found = np.full(len(first), np.nan)
    rows = np.flatnonzero(f_high >= 0)
    if len(rows):
        found[rows] = _illinois(height, rows, low[rows], high[rows], f_low[rows], f_high[rows])
    return found


def _illinois(height: Height, rows, low, high, f_low, f_high) -> np.ndarray:
    """Roots in brackets: false position, a retained end's height halved."""
    x, side = high.copy(), np.zeros(len(rows))
    open_ = f_high > CLOSE
    for _ in range(STEPS):
        k = np.flatnonzero(open_)
        if not len(k):
            break
        with np.errstate(invalid="ignore"):
            guess = high[k] - f_high[k] * (high[k] - low[k]) / (f_high[k] - f_low[k])
        inside = (guess > low[k]) & (guess < high[k])
        x[k] = np.where(inside, guess, (low[k] + high[k]) / 2)
        f = height(x[k], rows[k])
        above = f >= 0
        up, down = k[above], k[~above]
        f_low[up[side[up] > 0]] /= 2
        f_high[down[side[down] < 0]] /= 2
        high[up], f_high[up], side[up] = x[up], f[above], 1
        low[down], f_low[down], side[down] = x[down], f[~above], -1
        narrow = high[k] - low[k] > 4 * np.finfo(float).eps * high[k]
        open_[k] = (np.abs(f) > CLOSE) & narrow
    return x
