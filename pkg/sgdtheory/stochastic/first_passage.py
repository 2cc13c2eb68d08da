r"""Exact mean first-passage times in one dimension (FND-9, FND-10).

For ``dx = f dt + sqrt(2D) dB`` with calculus index alpha, reflected at ``lower``, the mean
time from ``start`` up to ``target`` is

.. math:: T = \int_{start}^{target} \frac{dy}{D(y)\,\phi(y)} \int_{lower}^{y} \phi(z)\,dz,
          \qquad \log\phi = \int f/D - (1-\alpha)\log D .

Both integrals are cumulative sums of Simpson's rule in log space: no linear solve, no
overflow, and no derivative of D.
"""

from collections.abc import Callable

import numpy as np

from sgdtheory import _validate

Function = Callable[[np.ndarray], np.ndarray]

#: The domain is grown on the open side until less than this share of the law lies outside.
TAIL = 1e-13
_FARTHEST = 60.0  # in units of asinh(distance / (target - start)): 1e25 times that


def mean_first_passage_time(
    drift: Function,
    D: Function,
    start: float,
    target: float,
    *,
    lower: float | None = None,
    upper: float | None = None,
    convention: str = "ito",
    cells: int = 200_000,
) -> float:
    """Mean time (not steps) of the first passage of ``target`` from ``start``.  (FND-10)

    Parameters
    ----------
    drift, D : numpy callables of an array of positions; the SDE is ``dx = drift dt +
        sqrt(2 D) dB``.
    start, target : positions; the target may lie on either side.
    lower, upper : finite values reflect.  ``None`` grows the domain on the side away from
        the target until the tail no longer matters.
    convention : in which the SDE is read.
    cells : of the two grids together; the error falls like ``cells**-4`` and is below
        1e-9 relative at the default wherever drift and D are smooth on that scale, also at
        barriers of 40 D.

    Raises
    ------
    ValueError
        ``D <= 0`` or NaN on the domain, ``start`` or ``target`` outside the walls, a law that
        cannot be normalised on the open side, an unknown convention, a time that overflows.
    """
    log_time = log_mean_first_passage_time(
        drift, D, start, target, lower=lower, upper=upper, convention=convention, cells=cells
    )
    if log_time > 709:
        raise ValueError(
            f"the time must be below 1e308, got exp({log_time:.6g}); "
            "use log_mean_first_passage_time"
        )
    return float(np.exp(log_time))


def log_mean_first_passage_time(
    drift: Function,
    D: Function,
    start: float,
    target: float,
    *,
    lower: float | None = None,
    upper: float | None = None,
    convention: str = "ito",
    cells: int = 200_000,
) -> float:
    """Natural logarithm of :func:`mean_first_passage_time`; -inf for ``start == target``."""
    alpha = _validate.convention(convention)
    start, target = _validate.real("start", start), _validate.real("target", target)
    cells = _validate.count("cells", cells, 100, "pass at least 100 cells")
    for name, wall, side in (("lower", lower, -1), ("upper", upper, 1)):
        if wall is not None:
            wall = _validate.real(name, wall)
            if side * wall < max(side * start, side * target):
                raise ValueError(
                    f"{name} must not lie between start = {start:g} and target = {target:g}, "
                    f"got {wall:g}; move the wall outside"
                )
    if start == target:
        return -np.inf
    if target < start:  # mirror the line: the target is above from here on
        f, d = drift, D
        drift, D = (lambda x: -f(-x)), (lambda x: d(-x))
        start, target, lower = -start, -target, None if upper is None else -upper
    half = cells // 2
    below = _below(drift, D, alpha, start, target - start, lower, half)
    x, dx = np.linspace(start, target, 2 * half + 1), (target - start) / half
    log_phi, log_d = _law(drift, D, alpha, x, 1.0, dx)
    return _outer(log_phi, log_d, dx, below)


def _law(drift: Function, D: Function, alpha: float, x: np.ndarray, slope, dq: float):
    """``log phi`` and ``log D`` at ``x``: edges and midpoints in turn of cells of width ``dq``.

    ``slope = dx/dq`` of the grid.  ``log phi`` leaves out D's power alone at ``x[0]``.
    """
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        f, d = _validate.evaluated("drift", drift, x), _validate.evaluated("D", D, x)
    bad = ~(np.isfinite(d) & (d > 0)) | ~np.isfinite(f)
    if bad.any():
        at = int(np.argmax(bad))
        raise ValueError(
            f"D must be > 0 and drift finite on the whole domain, got D = {d[at]:g}, drift = "
            f"{f[at]:g} at |x| = {abs(x[at]):g}; put a reflecting wall before that point"
        )
    log_d = np.log(d)
    return _cumulative(f / d * slope, dq) - (1 - alpha) * log_d, log_d


def _cumulative(g: np.ndarray, dq: float) -> np.ndarray:
    """Running integral of g at edges and midpoints (Simpson, and its half-cell rule)."""
    a, b, c = g[:-2:2], g[1::2], g[2::2]
    out = np.zeros_like(g)
    out[2::2] = np.cumsum(dq / 6 * (a + 4 * b + c))
    out[1::2] = out[:-2:2] + dq / 24 * (5 * a + 8 * b - c)
    return out


def _log_simpson(log_g: np.ndarray, dq: float) -> tuple[np.ndarray, np.ndarray]:
    """Logarithms of the integral over each cell, and over its first half."""
    a, b, c = log_g[:-2:2], log_g[1::2], log_g[2::2]
    top = np.maximum(np.maximum(a, b), c)
    a, b, c = np.exp(a - top), np.exp(b - top), np.exp(c - top)
    first = np.maximum(5 * a + 8 * b - c, 1e-300)
    return top + np.log(dq / 6 * (a + 4 * b + c)), top + np.log(dq / 24 * first)


def _below(drift, D, alpha, start, width, lower, cells) -> float:
    """log of the integral of phi below ``start``, with ``log phi = -(1-alpha) log D`` there."""
    if lower is not None:
        if lower == start:
            return -np.inf
        reach = float(np.arcsinh((start - lower) / width))
        return _tail(drift, D, alpha, start, width, reach, cells)[0]
    reach = 2.0
    while reach <= _FARTHEST:
        # Once roughly, to find out how far to go; the law must fall faster than 1/distance.
        total, last, fall = _tail(drift, D, alpha, start, width, reach, 4000)
        if fall > 1e-3 and last - np.log(fall) < total + np.log(TAIL):
            return _tail(drift, D, alpha, start, width, reach, cells)[0]
        reach *= 1.3
    if fall > 0.02:  # a slow power law: what lies beyond is a geometric series
        total, last, fall = _tail(drift, D, alpha, start, width, reach / 1.3, cells)
        return float(np.logaddexp(total, last - np.log(fall)))
    raise ValueError(
        "the law must be normalisable on the side away from the target, got one that does not "
        f"fall off faster than 1/distance (index {fall:.3g}); put a reflecting wall there"
    )


def _tail(drift, D, alpha, start, width, reach, cells) -> tuple[float, float, float]:
    """log integral of phi over ``start - width sinh q``, q in (0, reach); its log integrand
    at the far end, and how fast that falls there per unit of q."""
    q, dq = np.linspace(0.0, reach, 2 * cells + 1), reach / cells
    x, slope = start - width * np.sinh(q), width * np.cosh(q)
    log_phi = _law(drift, D, alpha, x, -slope, dq)[0] + np.log(slope)
    whole, _ = _log_simpson(log_phi, dq)
    fall = -(log_phi[-1] - log_phi[-3]) / dq
    return float(np.logaddexp.reduce(whole)), float(log_phi[-1]), float(fall)


def _outer(log_phi: np.ndarray, log_d: np.ndarray, dq: float, below: float) -> float:
    """log of the outer integral; ``below`` is the log inner integral up to ``start``."""
    whole, first = _log_simpson(log_phi, dq)
    inner = np.empty_like(log_phi)
    inner[0] = below
    inner[2::2] = np.logaddexp.accumulate(np.append(below, whole))[1:]
    inner[1::2] = np.logaddexp(inner[:-2:2], first)
    cell, _ = _log_simpson(np.maximum(inner - log_d - log_phi, -1e300), dq)
    return float(np.logaddexp.reduce(cell))
