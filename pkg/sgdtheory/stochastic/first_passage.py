r"""Exact mean first-passage and exit times in one dimension (FND-9, FND-10).

For ``dx = f dt + sqrt(2D) dB`` with calculus index alpha, reflected at ``lower``, the mean
time from ``start`` up to ``target`` is

.. math:: T = \int_{start}^{target} \frac{dy}{D(y)\,\phi(y)} \int_{lower}^{y} \phi(z)\,dz,
          \qquad \log\phi = \int f/D - (1-\alpha)\log D .

The time to leave an interval, and the end through which it is left, come from the same two
integrands.  All integrals are sums in log space: no linear solve, no overflow, no
cancellation, and no derivative of D.
"""

import numpy as np

from sgdtheory import _validate
from sgdtheory.stochastic._integrals import (
    Function,
    graded,
    law,
    log_nested,
    log_simpson,
    resolved,
)

#: The domain is grown on the open side until less than this share of the law lies outside.
TAIL = 1e-13
_CLOSE = 1 / 2000  # of |target - start|: the scale of the grid behind the start
_FARTHEST = 68.0  # in units of asinh(distance / that scale): 1e25 times |target - start|
_LARGEST = 709.0  # log of the largest double


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
        the target until the tail no longer matters, other wells within a thousand times that
        distance included.
    convention : in which the SDE is read.
    cells : of the two grids together, to begin with.  The answer must not change by 1e-9
        relative when they are doubled, else more are taken, up to 6.4 million.  That holds at
        barriers of 40 D, and for wells much narrower than the way to the target.

    Raises
    ------
    ValueError
        ``D <= 0`` or NaN on the domain, ``start`` or ``target`` outside the walls, a law that
        cannot be normalised on the open side, an unknown convention, a time that overflows,
        structure finer than the cells.
    """
    log_time = log_mean_first_passage_time(
        drift, D, start, target, lower=lower, upper=upper, convention=convention, cells=cells
    )
    return _time(log_time, "use log_mean_first_passage_time")


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
                    f"{name} must be {'>=' if side > 0 else '<='} start = {start:g} and target "
                    f"= {target:g}, for paths are reflected there, got {wall:g}; move the wall "
                    "beyond both, or pass None for no wall"
                )
    if start == target:
        return -np.inf
    wall = lower if target > start else upper

    def log_time(cells: int) -> np.ndarray:
        behind = _behind(drift, D, alpha, start, target - start, wall, cells // 2)
        outer, inner, dq = _integrands(drift, D, alpha, start, target, cells // 2)
        return np.array([log_nested(outer, inner, dq, behind)[0]])

    return float(resolved(log_time, cells)[0])


def mean_exit_time(
    drift: Function,
    D: Function,
    start: float,
    interval: tuple[float, float],
    *,
    convention: str = "ito",
    cells: int = 200_000,
) -> float:
    r"""Mean time (not steps) until ``interval`` is left through either of its ends.  (FND-9)

    With ``S`` the integral of ``1/(D phi)``, from ``start = x`` in ``(low, high)``,

    .. math:: T = \frac{S(x, high) \int_{low}^x S(low, z)\,\phi(z)\,dz
              + S(low, x) \int_x^{high} S(z, high)\,\phi(z)\,dz}{S(low, high)} .

    Parameters as in :func:`mean_first_passage_time`, with the same digits: 1e-9 relative,
    also at barriers of 40 D on both sides.  A ``start`` on an end takes no time.

    Raises
    ------
    ValueError
        ``D <= 0`` or NaN in the interval, ``start`` outside, an interval that is not two
        finite numbers in order, an unknown convention, a time that overflows.
    """
    down, up, down_time, up_time = _sides(drift, D, start, interval, convention, cells)
    log_time = np.logaddexp(up + down_time, down + up_time) - np.logaddexp(down, up)
    return _time(float(log_time), "narrow the interval or raise D")


def splitting_probability(
    drift: Function,
    D: Function,
    start: float,
    interval: tuple[float, float],
    *,
    convention: str = "ito",
    cells: int = 200_000,
) -> float:
    """Probability that ``interval`` is left through its upper end: ``S(low, x)/S(low, high)``.

    Parameters and errors as in :func:`mean_exit_time`; 1e-9 relative, however rare.
    """
    down, up, *_ = _sides(drift, D, start, interval, convention, cells)
    return float(np.exp(down - np.logaddexp(down, up)))


def _time(log_time: float, remedy: str) -> float:
    if log_time > _LARGEST:
        raise ValueError(f"the time must be below 1e308, got exp({log_time:.6g}); {remedy}")
    return float(np.exp(log_time))


def _sides(drift, D, start, interval, convention, cells) -> np.ndarray:
    """Logs of S down and up from ``start``, and of the two integrals over S phi."""
    alpha, start = _validate.convention(convention), _validate.real("start", start)
    cells = _validate.count("cells", cells, 100, "pass at least 100 cells")
    ends = ends_around(start, interval)

    def logs(cells: int) -> np.ndarray:
        found = np.full((2, 2), -np.inf)
        for side, end in enumerate(ends):
            if end != start:
                outer, inner, dq = _integrands(drift, D, alpha, start, end, cells // 2)
                # From the end back to the start: S is zero at the end and only grows.
                found[:, side] = log_nested(inner[::-1], outer[::-1], dq)[::-1]
        return found.ravel()

    return resolved(logs, cells)


def _integrands(drift, D, alpha, start, end, cells):
    """Logs of 1/(D phi) and of phi on the grid from ``start`` to ``end``, and its dq."""
    x, slope, dq = graded(start, end, cells)
    log_phi, log_d = law(drift, D, alpha, x, slope, dq)
    log_slope = np.log(np.abs(slope))
    return log_slope - log_d - log_phi, log_slope + log_phi, dq


def ends_around(start: float, interval: tuple[float, float]) -> tuple[float, float]:
    """The two finite ends of ``interval``, which must be in order and hold ``start``."""
    ends = tuple(map(float, _validate.finite("interval", interval, ndim=1, minimum=2)))
    if len(ends) != 2 or not ends[0] < ends[1] or not ends[0] <= start <= ends[1]:
        raise ValueError(
            f"interval must be (low, high) with low < high and start = {start:g} inside, got "
            f"{ends}; order the ends, or start between them"
        )
    return ends


def _behind(drift, D, alpha, start, width, wall, cells) -> float:
    """log of the integral of phi behind ``start``; ``width = target - start`` points ahead."""
    if wall is not None:
        if wall == start:
            return -np.inf
        reach = float(np.arcsinh((start - wall) / (_CLOSE * width)))
        return _tail(drift, D, alpha, start, width, reach, cells)[0]
    reach = 2.0 - np.log(_CLOSE)
    while reach <= _FARTHEST:
        # Once roughly, to find out how far to go; the law must fall faster than 1/distance.
        total, last, fall = _tail(drift, D, alpha, start, width, reach, 4000)
        if fall > 1e-3 and last - np.log(fall) < total + np.log(TAIL):
            if not _another(drift, D, alpha, start, width, reach, total):
                return _tail(drift, D, alpha, start, width, reach, cells)[0]
        reach *= 1.3
    if fall > 0.02:  # a slow power law: what lies beyond is a geometric series
        total, last, fall = _tail(drift, D, alpha, start, width, reach / 1.3, cells)
        return float(np.logaddexp(total, last - np.log(fall)))
    side, name = ("below", "lower") if width > 0 else ("above", "upper")
    raise ValueError(
        f"the law must be normalisable {side} start: fall off faster than distance^-1.02, got "
        f"distance^{-1 - fall:+.4g}, so that no mean time can be had; put a reflecting wall "
        f"`{name}`, or weaken the noise far out (a larger kappa)"
    )


def _another(drift, D, alpha, start, width, reach, total) -> bool:
    """Whether a thousand times further behind the start the law comes to life again."""
    try:
        beyond = _tail(drift, D, alpha, start, width, reach + np.log(1000.0), 4000)[0]
    except ValueError:  # no law there
        return False
    return bool(beyond > total + 1e-6)


def _tail(drift, D, alpha, start, width, reach, cells) -> tuple[float, float, float]:
    """log integral of phi over ``start - scale sinh q``, q in (0, reach); its log integrand
    at the far end, and how fast that falls there per unit of q."""
    q, dq, scale = np.linspace(0.0, reach, 2 * cells + 1), reach / cells, _CLOSE * width
    x, slope = start - scale * np.sinh(q), scale * np.cosh(q)
    log_phi = law(drift, D, alpha, x, -slope, dq)[0] + np.log(np.abs(slope))
    whole, _ = log_simpson(log_phi, dq)
    fall = -(log_phi[-1] - log_phi[-3]) / dq
    return float(np.logaddexp.reduce(whole)), float(log_phi[-1]), float(fall)
