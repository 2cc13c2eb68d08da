"""Exponents, crossovers and change points read off a mean squared displacement.

All fits are in natural logarithms: an RMSE of 0.03 is 3 per cent of M.  What a fit of one
window is worth is told by `bootstrap` and `parametric`, never by its residuals: neighbouring
lags share their pairs of points.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from sgdtheory import _validate
from sgdtheory.stochastic._msd_gram import check_lags


def log_lags(
    T: int, maximum: int | None = None, per_decade: int = 10, parity: str | None = None
) -> np.ndarray:
    """Increasing integer lags, evenly spaced in ``ln tau`` up to ``maximum``.

    ``maximum`` defaults to ``T // 10``: beyond it one window holds so few independent
    displacements that ``ln M`` is biased (ANO-S1).  ``parity="even"`` or ``"odd"`` keeps lags
    of one kind, where steps alternate in sign (bouncing in a valley).

    Raises
    ------
    ValueError
        ``maximum`` outside ``1 ... T - 1``, or no lag of that parity.
    """
    T = _validate.count("T", T, 2, "a window needs two recorded points")
    most = _validate.count("maximum", max(T // 10, 1) if maximum is None else maximum)
    per_decade = _validate.count("per_decade", per_decade)
    _validate.one_of("parity", parity, (None, "even", "odd"))
    if most > T - 1:
        raise ValueError(
            f"maximum must be <= T - 1 = {T - 1}, got {most}; a tenth of T is a safe limit"
        )
    number = math.ceil(per_decade * math.log10(most)) + 1
    lags = np.unique(np.rint(np.geomspace(1, most, number)).astype(np.int64))
    if parity is not None:
        odd = parity == "odd"
        lags = np.unique(lags - (lags + odd) % 2)
        lags = lags[lags > 0]
    if lags.size == 0:
        raise ValueError(f"lags must reach 2 to be even, got maximum = {most}; raise it")
    return lags


def _curve(lags: Any, msd: Any, minimum: int) -> tuple[np.ndarray, np.ndarray]:
    """``ln tau`` and ``ln M`` of one curve with at least ``minimum`` increasing lags."""
    tau = check_lags(lags, np.iinfo(np.int64).max)
    M = _validate.finite("msd", msd, ndim=1)
    if len(M) != len(tau) or len(tau) < minimum or (np.diff(tau) <= 0).any():
        raise ValueError(
            f"msd must have one value for each of >= {minimum} increasing lags, got "
            f"{len(M)} values and {len(tau)} lags; take more lags, or a longer window"
        )
    if M.min() <= 0:
        raise ValueError(
            f"msd must be > 0 for a logarithm, got {M.min():g} at lag {tau[M.argmin()]}; a "
            "trajectory that does not move has no exponent"
        )
    return np.log(tau), np.log(M)


def _line(x: np.ndarray, y: np.ndarray) -> tuple[float, float, float]:
    """Slope, intercept and RMSE (over n) of least squares."""
    dx = x - x.mean()
    slope = float(dx @ y / (dx @ dx))
    rest = y - y.mean() - slope * dx
    return slope, float(y.mean() - slope * x.mean()), float(np.sqrt(np.mean(rest**2)))


@dataclass(frozen=True)
class Exponent:
    """``M = amplitude * tau^value`` on lags ``low ... high``; ``flags`` say what to distrust.

    ``rmse`` is that of ln M, over the number of lags.
    """

    value: float
    amplitude: float
    rmse: float
    low: int
    high: int
    flags: tuple[str, ...] = ()


def exponent(
    lags: Any, msd: Any, *, points: int, low: int = 1, high: int | None = None
) -> Exponent:
    """Least squares of ``ln M`` on ``ln tau`` over the given lags in ``low ... high`` (ANO-S1).

    Each lag has the same weight: pass `log_lags`, of all integer lags nine in ten lie in the
    last decade.  ``points`` is T, the recorded points of the window; ``high`` defaults to
    ``T // 10``.  A fit that goes beyond is made, and flagged.

    Raises
    ------
    ValueError
        Fewer than three lags in range, a lag beyond T - 1, ``M <= 0`` or NaN.
    """
    points = _validate.count("points", points, 2, "pass the recorded points of the window")
    safe = points // 10
    low, high = _validate.count("low", low), safe if high is None else high
    tau = check_lags(lags, points - 1)
    M = _validate.finite("msd", msd, ndim=1)
    used = (tau >= low) & (tau <= high)
    if len(M) != len(tau) or used.sum() < 3:
        raise ValueError(
            f"an exponent needs >= 3 lags in {low} ... {high} and one value each, got "
            f"{int(used.sum())} lags in range, {len(M)} values; a window of T points is good "
            "for lags up to T / 10"
        )
    slope, level, rmse = _line(*_curve(tau[used], M[used], 3))
    first, last = int(tau[used][0]), int(tau[used][-1])
    flags = []
    if last > safe:
        flags.append(f"lags beyond T / 10 = {safe}: ln M is biased there, and scatters")
    if last < 10 * first:
        flags.append("less than a decade of lags")
    return Exponent(slope, math.exp(level), rmse, first, last, tuple(flags))


def local_exponent(lags: Any, msd: Any) -> tuple[np.ndarray, np.ndarray]:
    """Slope of ``ln M`` between neighbouring lags, at their geometric means (ANO-EQ6)."""
    x, y = _curve(lags, msd, 2)
    return np.exp((x[1:] + x[:-1]) / 2), np.diff(y) / np.diff(x)


def secant_exponent(lags: Any, msd: Any, step: int = 20) -> tuple[np.ndarray, np.ndarray]:
    """Slope of ``ln M`` from ``tau`` to ``tau + step``, assigned to ``tau`` (ANO-EQ6).

    The variant of the released code.  It is the mean of the local exponent over
    ``ln tau ... ln(tau + step)``: at short lags, more than a decade.  Lags whose partner is
    missing are left out.

    Raises
    ------
    ValueError
        No lag has a partner.
    """
    step = _validate.count("step", step)
    x, y = _curve(lags, msd, 2)
    tau = check_lags(lags, np.iinfo(np.int64).max)
    _, here, there = np.intersect1d(tau + step, tau, return_indices=True)
    if here.size == 0:
        raise ValueError(f"lags must hold pairs {step} apart, got none; pass all integer lags")
    return tau[here], (y[there] - y[here]) / (x[there] - x[here])


def crossover(lags: Any, msd: Any, level: float = 1.0) -> float:
    """Lag at which the local exponent rises through ``level`` (ANO-EQ5); NaN if there is none.

    That is where ``M / tau^level`` is smallest: of all the places where a noisy slope passes
    the level, the one that the whole curve agrees on.  Found as the lowest of the given lags,
    if that is neither the first nor the last, and a parabola in ``ln tau`` through it and
    its neighbours.
    """
    x, y = _curve(lags, msd, 3)
    z = y - _validate.real("level", level) * x
    i = int(z.argmin())
    if i in (0, len(z) - 1):
        return math.nan
    left, right = x[i] - x[i - 1], x[i + 1] - x[i]
    down, up = (z[i - 1] - z[i]) / left, (z[i + 1] - z[i]) / right
    # Slopes -down and up hold at the middles of the two sides; zero lies between them.
    return float(np.exp(x[i] + (down * right - up * left) / 2 / (down + up)))


@dataclass(frozen=True)
class TwoSlopes:
    """A hinge in log-log: exponents ``short`` and ``long``, meeting at ``lag``.

    ``rmse`` is that of ln M; ``rmse_one`` what a single power law leaves.
    """

    short: float
    long: float
    lag: float
    rmse: float
    rmse_one: float


def two_slopes(lags: Any, msd: Any, candidates: int = 200) -> TwoSlopes:
    """Least squares of two power laws that meet, over the place where they do (ANO-EQ5).

    ``candidates`` hinges, evenly spaced in ``ln tau`` between the second lag and the last but
    one.

    Raises
    ------
    ValueError
        Fewer than five lags, ``M <= 0`` or NaN.
    """
    x, y = _curve(lags, msd, 5)
    one = np.ones_like(x)
    fits = []
    for hinge in np.linspace(x[1], x[-2], _validate.count("candidates", candidates)):
        design = np.stack([one, x, np.maximum(x - hinge, 0)], axis=1)
        _, short, bend = weights = np.linalg.lstsq(design, y)[0]
        fits.append((float(np.sqrt(np.mean((y - design @ weights) ** 2))), hinge, short, bend))
    rmse, hinge, short, bend = min(fits)
    return TwoSlopes(
        float(short), float(short + bend), float(np.exp(hinge)), rmse, _line(x, y)[2]
    )


def rmse_crossover(lags: Any, msd: Any, thresholds: Any) -> tuple[np.ndarray, np.ndarray]:
    """The recipe of the source for tau_1: ``(lags, exponents)``, one per threshold (ANO-S1).

    The smallest ``tau'`` from which on a single power law fits all lags with an RMSE below
    the threshold, and its exponent; NaN where none with three lags does.  Pass several
    thresholds: what comes out follows them.
    """
    x, y = _curve(lags, msd, 3)
    limits = _validate.finite("thresholds", np.atleast_1d(thresholds), ndim=1)
    fits = np.array([_line(x[i:], y[i:]) for i in range(len(x) - 2)])
    found = np.full((2, len(limits)), math.nan)
    for k, limit in enumerate(limits):
        good = np.flatnonzero(fits[:, 2] < limit)
        if good.size:
            found[:, k] = np.exp(x[good[0]]), fits[good[0], 0]
    return found[0], found[1]


def change_point(times: Any, rmses: Any, thresholds: Any) -> np.ndarray:
    """The recipe of the source for t_c: one waiting time per threshold (ANO-S2).

    ``rmses`` (k,) of one power law through the whole window, from `exponent`, at increasing
    waiting times (k,).  The first time with an RMSE below the threshold, NaN where there is
    none.  The recipe takes the standard deviation of the ``rmses`` themselves; pass several.

    Raises
    ------
    ValueError
        Shapes that differ, times that do not increase, NaN.
    """
    t, rmse = _validate.finite("times", times, ndim=1), _validate.finite("rmses", rmses, ndim=1)
    limits = _validate.finite("thresholds", np.atleast_1d(thresholds), ndim=1)
    if t.shape != rmse.shape or (np.diff(t) <= 0).any():
        raise ValueError(
            f"times must increase, one per RMSE, got {t.shape} and {rmse.shape}; sort them"
        )
    below = rmse[None, :] < limits[:, None]
    return np.where(below.any(1), t[below.argmax(1)], math.nan)
