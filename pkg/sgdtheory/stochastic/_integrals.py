"""Nested integrals of exponentials on a line, in log space: no overflow, no cancellation.

A grid holds the edges and midpoints of its cells in turn.  Simpson's rule and its half-cell
rule integrate over a cell and over its first half; the error falls like ``cells**-4``.
Grids are finest at their ends, the bottom of a well or the edge where it is left.
"""

from collections.abc import Callable

import numpy as np

from sgdtheory import _validate

Function = Callable[[np.ndarray], np.ndarray]

#: Cells at both ends are about a thousand times narrower than even ones, in the middle five
#: times wider.
GRADE = 5.0
#: An answer is good if twice as many cells change its logarithm by less than this, plus what
#: rounding does to a large one ...
RESOLVED, ROUNDING = 1e-9, 1e-11
#: ... and is given up beyond so many cells.
MOST = 6_400_000


def graded(start: float, end: float, cells: int) -> tuple[np.ndarray, np.ndarray, float]:
    """Positions x(q) from ``start`` to ``end``, dx/dq, and the width of the cells in q."""
    q, width = np.linspace(-GRADE, GRADE, 2 * cells + 1), (end - start) / np.tanh(GRADE)
    near, e = (q <= 0), np.exp(-2 * np.abs(q))  # no cancellation at either end
    gap = width * (e - np.exp(-2 * GRADE)) / ((1 + e) * (1 + np.exp(-2 * GRADE)))
    x = np.where(near, start + gap, end - gap)
    return x, 2 * width * e / (1 + e) ** 2, 2 * GRADE / cells


def resolved(logs: Callable[[int], np.ndarray], cells: int) -> np.ndarray:
    """``logs(cells)``, with as many more cells as it takes until that changes nothing.

    Raises
    ------
    ValueError
        It still changes at `MOST` cells.
    """
    last, most = logs(cells // 2), max(MOST, cells)
    while True:
        found = logs(cells)
        differ = found != last  # both may be -inf
        change = np.abs(found[differ] - last[differ])
        if not (change > RESOLVED + ROUNDING * np.abs(found[differ])).any():
            return found
        if 2 * cells > most:
            break
        last, cells = found, 2 * cells
    raise ValueError(
        f"cells must resolve drift and D, got a time that still changes by {change.max():.1g} "
        f"of itself between {cells // 2} and {cells} cells; pass more cells, smooth kinks, or "
        "start in the narrow well"
    )


def law(drift: Function, D: Function, alpha: float, x: np.ndarray, slope, dq: float):
    """``log phi`` and ``log D`` on the grid ``x(q)`` of cells of width ``dq``.

    ``phi' / phi = (f - (1 - alpha) D') / D``; ``slope = dx/dq`` may be negative.  At ``x[0]``,
    ``log phi = -(1 - alpha) log D``: grids that share their first point go together.
    """
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        f, d = _validate.evaluated("drift", drift, x), _validate.evaluated("D", D, x)
    _refuse(~(np.isfinite(d) & (d > 0)), "D must be > 0 (and finite)", d, x)
    _refuse(~np.isfinite(f), "drift must be finite", f, x)
    log_d = np.log(d)
    return cumulative(f / d * slope, dq) - (1 - alpha) * log_d, log_d


def _refuse(bad: np.ndarray, requirement: str, values: np.ndarray, x: np.ndarray) -> None:
    if bad.any():
        at = int(np.argmax(bad))
        raise ValueError(
            f"{requirement} wherever a path can go, got {values[at]:g} at x = {x[at]:g}; keep "
            "paths away from there by a reflecting wall (lower, upper) or an end before it"
        )


def cumulative(g: np.ndarray, dq: float) -> np.ndarray:
    """Running integral of g at edges and midpoints."""
    a, b, c = g[:-2:2], g[1::2], g[2::2]
    out = np.zeros_like(g)
    out[2::2] = np.cumsum(dq / 6 * (a + 4 * b + c))
    out[1::2] = out[:-2:2] + dq / 24 * (5 * a + 8 * b - c)
    return out


def log_simpson(log_g: np.ndarray, dq: float) -> tuple[np.ndarray, np.ndarray]:
    """Logarithms of the integral over each cell, and over its first half."""
    a, b, c = log_g[:-2:2], log_g[1::2], log_g[2::2]
    top = np.maximum(np.maximum(a, b), c)
    a, b, c = np.exp(a - top), np.exp(b - top), np.exp(c - top)
    first = np.maximum(5 * a + 8 * b - c, 1e-300)
    return top + np.log(dq / 6 * (a + 4 * b + c)), top + np.log(dq / 24 * first)


def log_nested(
    log_outer: np.ndarray, log_inner: np.ndarray, dq: float, before: float = -np.inf
) -> tuple[float, float]:
    """log of ``int outer(y) (e^before + int_first^y inner) dy``; log of the bracket's end."""
    whole, half = log_simpson(log_inner, dq)
    bracket = np.empty_like(log_inner)
    bracket[::2] = np.logaddexp.accumulate(np.append(before, whole))
    bracket[1::2] = np.logaddexp(bracket[:-2:2], half)
    cells, _ = log_simpson(np.maximum(log_outer + bracket, -1e300), dq)
    return float(np.logaddexp.reduce(cells)), float(bracket[-1])
