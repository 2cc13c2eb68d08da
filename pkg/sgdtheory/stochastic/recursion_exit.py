r"""Exact mean exit times of a recursion ``w' = w + step(w) + std(w) xi``, xi standard normal.

The mean number of steps until ``w`` lies outside ``(low, high)`` solves

.. math:: N(x) = 1 + \int_{low}^{high} k(x, y)\,N(y)\,dy, \qquad
          k(x, \cdot) = \mathcal N\big(x + step(x),\ std(x)^2\big) .

It is solved by quadrature (Nyström): Gauss points in panels as long as the noise of one step,
so that every kernel is resolved.  No time step is taken to zero: for SGD with Gaussian
gradient noise, ``step = -eta L'`` and ``std = eta sqrt(C)``, this is SGD itself (PLD-X4).
"""

import numpy as np

from sgdtheory import _validate
from sgdtheory.stochastic._integrals import Function
from sgdtheory.stochastic.first_passage import ends_around

_MOST = 6000  # unknowns of the dense system: 300 MB


def mean_exit_steps(
    drift_step: Function,
    std_step: Function,
    start: float,
    interval: tuple[float, float],
    *,
    nodes: int = 8,
) -> float:
    """Mean number of steps of ``w' = w + drift_step(w) + std_step(w) xi`` out of ``interval``.

    Parameters
    ----------
    drift_step, std_step : numpy callables of an array of positions: mean and standard
        deviation of one step.
    start : a position inside; the step that leaves counts, so the answer is >= 1.
    interval : ``(low, high)``, both finite.
    nodes : Gauss points to each standard deviation of a step.  At the default the relative
        error is below 1e-10, or 1e-14 times the number of steps where that is more.

    Raises
    ------
    ValueError
        ``std_step <= 0`` or a NaN in the interval; ``start`` outside; an interval that takes
        more than 6000 nodes; more than 1e9 steps, which double precision does not resolve.
    """
    start = _validate.real("start", start)
    nodes = _validate.count("nodes", nodes, 2, "pass at least 2 nodes")
    ends = np.unique([start, *ends_around(start, interval)])
    y, weight = _gauss(_panels(drift_step, std_step, ends, _MOST // nodes), nodes)
    x = np.append(y, start)
    shift, std = _step(drift_step, std_step, x)
    z = (y - (x + shift)[:, None]) / std[:, None]
    kernel = np.exp(-0.5 * z * z) / (np.sqrt(2 * np.pi) * std[:, None]) * weight
    steps = np.linalg.solve(np.eye(y.size) - kernel[:-1], np.ones(y.size))
    found = float(1 + kernel[-1] @ steps)
    if not (steps.min() > 0 and steps.max() < 1e9):
        raise ValueError(
            f"the mean number of steps must be below 1e9, got {found:.3g}, which rounding "
            "spoils; narrow the interval, or use first_passage.mean_exit_time for small steps"
        )
    return found


def _step(drift_step: Function, std_step: Function, x: np.ndarray):
    """Mean and standard deviation of the step at ``x``."""
    shift = _validate.evaluated("drift_step", drift_step, x)
    std = _validate.evaluated("std_step", std_step, x)
    bad = ~(np.isfinite(shift) & np.isfinite(std) & (std > 0))
    if bad.any():
        at = int(np.argmax(bad))
        raise ValueError(
            "std_step must be > 0 and drift_step finite in the interval, got "
            f"{std[at]:g} and {shift[at]:g} at x = {x[at]:g}; narrow the interval"
        )
    return shift, std


def _panels(drift_step, std_step, edges: np.ndarray, most: int) -> np.ndarray:
    """Panels halved until none is longer than the noise at its ends and its middle."""
    while edges.size <= most:
        middle = (edges[1:] + edges[:-1]) / 2
        std, at_middle = (_step(drift_step, std_step, x)[1] for x in (edges, middle))
        shortest = np.minimum(np.minimum(std[1:], std[:-1]), at_middle)
        long = np.diff(edges) > shortest
        if not long.any():
            return edges
        edges = np.sort(np.append(edges, middle[long]))
    raise ValueError(
        f"the interval must be at most about {most // 2} standard deviations of a step long, "
        "got a longer one; narrow it, or use first_passage.mean_exit_time for such small steps"
    )


def _gauss(edges: np.ndarray, nodes: int) -> tuple[np.ndarray, np.ndarray]:
    """Gauss-Legendre points and weights of every panel."""
    point, weight = np.polynomial.legendre.leggauss(nodes)
    half, middle = np.diff(edges) / 2, (edges[1:] + edges[:-1]) / 2
    return (middle[:, None] + half[:, None] * point).ravel(), (half[:, None] * weight).ravel()
