r"""Exact mean exit times of a particle driven by symmetric stable jumps (PLD-TAB1).

For ``dx = f dt + scale dL`` with ``E exp(ikL_t) = exp(-t |k|^alpha)`` the mean time T(x) to
leave an interval solves the nonlocal backward equation

.. math:: f\,T' - s^\alpha\,(-\Delta)^{\alpha/2}\,T = -1 \ \text{inside},
          \qquad T = 0\ \text{outside}, \qquad s = scale,

.. math:: -(-\Delta)^{\alpha/2}\,T(x) = c_\alpha\,\mathrm{PV}\!\!\int
          \frac{T(y) - T(x)}{|y - x|^{1+\alpha}}\,dy, \qquad
          c_\alpha = \Gamma(1+\alpha)\,\sin(\pi\alpha/2)/\pi .

The coordinate u of the grid is half the logarithm of the distance to an end: ``(x - low)/(high
- x) = exp(2u)``, or ``high - x = exp(2u)`` if low is infinite.  Either way ``|y - x| =
sqrt(x'(u) x'(v)) sinh|u - v|``: no difference of close positions is ever taken, a layer
at an end is resolved however thin, and the integral becomes a sum with weights of
``|u - v|`` alone: the trapezoidal rule, corrected at the singularity by values of zeta.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy.linalg import toeplitz
from scipy.special import comb, gamma, zeta

from sgdtheory import _validate

Function = Callable[[np.ndarray], np.ndarray]

_NEAR = 1e-16  # smallest distance to a finite end, in units of the start's
_FAR = 1e-12  # of all jumps longer than the start's distance, the share that leaves the grid
_FARTHEST = 1e60  # largest distance on an open side, in the same units
_RESOLVED = 1e-4  # twice the cells may change a time by this share of it
_REACH = 4  # neighbours on each side in a difference formula: of eighth order


def mean_exit_time(
    drift: Function,
    scale: float,
    alpha: float,
    start: float,
    interval: tuple[float | None, float | None],
    *,
    cells: int = 1000,
) -> float:
    """Mean time (not steps) to leave ``interval`` from ``start``.  (PLD-TAB1)

    Parameters
    ----------
    drift : numpy callable of an array of positions; the SDE is ``dx = drift dt + scale dL``,
        ``E exp(ikL_t) = exp(-t |k|^alpha)``.
    alpha : stability index, ``0 < alpha < 2``.
    start : position inside.
    interval : ``(low, high)``.  One end may be None or infinite: the exit is then through the
        other, and the drift must bring back what has jumped far.
    cells : of the grid.  The default gives nine digits for a linear drift, six for a cubic
        one with one stable zero.  Over an unstable zero, a barrier, T has a layer as thin as
        ``scale``: there more cells are needed.  A time that differs by 1e-4 from that with half
        the cells is refused.

    Raises
    ------
    ValueError
        ``alpha`` outside (0, 2), ``scale <= 0``, ``start`` not inside, two infinite ends, a
        drift that is not finite, a mean that grows with the domain on the open side, cells too
        few.
    """
    scale = _validate.positive("scale", scale)
    alpha = _validate.positive("alpha", alpha, "pass a stability index between 0 and 2")
    if alpha >= 2:
        raise ValueError(
            f"alpha must be < 2, got {alpha:g}; without jumps use first_passage.mean_exit_time"
        )
    start = _validate.real("start", start)
    cells = _validate.count("cells", cells, 100, "pass at least 100 cells")
    low, high = _ends(interval, start)
    if np.isinf(high):  # mirror the line: the open side is below from here on
        f = drift
        drift, start, low, high = (lambda x: -f(-x)), -start, -np.inf, -low
    coarse, time = (
        _time(drift, scale, alpha, start, low, high, n) for n in (cells // 2, cells)
    )
    if not abs(time - coarse) < _RESOLVED * abs(time):
        raise ValueError(
            f"cells must resolve drift and scale, got {coarse:.8g} with {cells // 2} cells and "
            f"{time:.8g} with {cells}; pass more cells (a barrier inside needs them)"
        )
    return time


def _time(drift, scale, alpha, start, low, high, cells) -> float:
    """The mean time on a grid of so many cells; an infinite ``low`` is cut off far out."""
    if np.isfinite(low):
        return _solve(drift, scale, alpha, _bounded(start, low, high, alpha, cells))
    far = min(_FAR ** (-1 / alpha), _FARTHEST)
    step = np.log(far / _NEAR) / (2 * cells)
    time, nearer = (
        _solve(drift, scale, alpha, _open(start, high, alpha, step, distance))
        for distance in (far, far**0.9)
    )
    if not abs(time - nearer) < 1e-6 * time:
        raise ValueError(
            "the drift must soon bring back what jumps far on the open side, got a mean that "
            f"still grows with the domain ({nearer:.8g}, then {time:.8g}); close that "
            "side, or pass more cells"
        )
    return time


def _ends(interval, start: float) -> tuple[float, float]:
    try:
        low, high = interval
    except (TypeError, ValueError):
        raise TypeError(
            f"interval must be a pair (low, high), got {interval!r}; an open end is None"
        ) from None
    low = -np.inf if low is None or low == -np.inf else _validate.real("low", low)
    high = np.inf if high is None or high == np.inf else _validate.real("high", high)
    if np.isinf(low) and np.isinf(high):
        raise ValueError(
            "one end of the interval must be finite, got none; there is nowhere to leave to"
        )
    if not low < start < high:
        raise ValueError(
            f"start must lie inside the interval, got {start:g} and ({low:g}, {high:g}); "
            "from outside the time is 0"
        )
    return low, high


class _Grid(NamedTuple):
    x: np.ndarray
    slope: np.ndarray  # dx/du, with its sign
    outside: np.ndarray  # integral of |y - x|^(-1-alpha) over all y outside
    step: float  # of u
    start: int  # index of the start


def _bounded(start, low, high, alpha, cells) -> _Grid:
    step = -np.log(_NEAR) / cells
    half = cells // 2
    ratio = (start - low) / (high - start) * np.exp(2 * step * np.arange(-half, half + 1))
    above, below = (high - low) / (1 + ratio), (high - low) / (1 + 1 / ratio)
    x = np.where(ratio < 1, low + below, high - above)
    outside = (above**-alpha + below**-alpha) / alpha
    return _Grid(x, 2 * above * below / (high - low), outside, step, half)


def _open(start, high, alpha, step, far) -> _Grid:
    first, last = (int(np.log(distance) / (2 * step)) for distance in (_NEAR, far))
    above = (high - start) * np.exp(2 * step * np.arange(first, last + 1))
    return _Grid(high - above, -2 * above, above**-alpha / alpha, step, -first)


def _jump_weights(alpha: float, step: float, size: int) -> np.ndarray:
    """Of the integral of ``phi(v)/sinh|u - v|^(1+alpha)``, at |u - v| = 0, step, 2 step, ...

    The trapezoidal rule leaves out ``v = u`` (phi is zero there); what it then misses is, for
    phi even about u, a sum over k of ``zeta(alpha + 1 - 2k)`` times its 2k-th coefficient.
    """
    weights = np.zeros(size)
    with np.errstate(over="ignore"):  # far apart the weight is zero
        weights[1:] = step * np.sinh(step * np.arange(1, size)) ** (-1 - alpha)
    n = np.arange(1, _REACH + 1)
    missing = np.linalg.solve(n ** (2.0 * n[:, None]), -zeta(alpha + 1 - 2.0 * n))
    weights[n] += missing * n ** (1 + alpha) * step * np.sinh(n * step) ** (-1 - alpha)
    return weights


def _derivative(speed: np.ndarray) -> np.ndarray:
    """Matrix of ``speed * d/dn``: central of eighth order, plus damping of the sawtooth.

    The damping, eight differences times half of |speed|, makes it an upwind formula.
    """
    n, size = np.arange(1, _REACH + 1), len(speed)
    first = np.linalg.solve(2.0 * n ** (2.0 * n[:, None] - 1), n == 1)
    matrix, row = np.zeros((size, size)), np.arange(size)
    for m in range(-_REACH, _REACH + 1):
        central = np.sign(m) * first[abs(m) - 1]
        damping = -((-1) ** m) * comb(2 * _REACH, _REACH + m) / (2 * 4**_REACH)
        column = np.clip(row + m, 0, size - 1)
        np.add.at(matrix, (row, column), speed * central + np.abs(speed) * damping)
    return matrix


def _solve(drift: Function, scale: float, alpha: float, grid: _Grid) -> float:
    f = _validate.evaluated("drift", drift, grid.x)
    if not np.isfinite(f).all():
        at = grid.x[int(np.argmin(np.isfinite(f)))]
        raise ValueError(
            f"drift must be finite on the whole interval, got {f[~np.isfinite(f)][0]} at x = "
            f"{at:g}; shorten the interval"
        )
    size, width = len(grid.x), np.abs(grid.slope)
    jumps = toeplitz(_jump_weights(alpha, grid.step, size))
    jumps *= width[:, None] ** (-(1 + alpha) / 2) * width ** ((1 - alpha) / 2)
    jumps[np.diag_indices(size)] = -jumps.sum(axis=1) - grid.outside
    c = gamma(1 + alpha) * np.sin(np.pi * alpha / 2) / np.pi
    generator = scale**alpha * c * jumps + _derivative(f / (grid.slope * grid.step))
    balance = 1 / np.abs(generator).max(axis=1)
    time = np.linalg.solve(generator * balance[:, None], -balance)
    return float(time[grid.start])
