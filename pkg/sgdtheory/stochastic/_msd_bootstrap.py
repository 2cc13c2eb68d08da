"""How far a number read off a mean squared displacement can be trusted.

Residuals of one curve say nothing of it: its lags share their pairs of points.  What does
is the scatter over windows or seeds, or over draws from a model of the window.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from sgdtheory import _validate
from sgdtheory.stochastic._fractal_paths import fbm
from sgdtheory.stochastic._msd_gram import check_lags, from_spectrum
from sgdtheory.stochastic.bootstrap import confidence

Statistic = Callable[[np.ndarray], float]


@dataclass(frozen=True)
class Interval:
    """``value`` with its standard error, bias, and interval ``low ... high``.

    ``missing`` is the share of resamples in which the number did not exist (NaN): no
    crossing, say.  With more than a few per cent the interval is that of a lucky choice.
    """

    value: float
    stderr: float
    bias: float
    low: float
    high: float
    missing: float


def _interval(value: float, drawn: np.ndarray, truth: float, level: float) -> Interval:
    """The basic interval: what the draws scatter about ``truth``, turned about ``value``."""
    there = drawn[np.isfinite(drawn)]
    missing = 1 - len(there) / len(drawn)
    if len(there) < 2:
        return Interval(value, math.nan, math.nan, math.nan, math.nan, missing)
    error = there - truth
    low, high = np.quantile(error, [(1 - level) / 2, (1 + level) / 2])
    return Interval(
        value, float(error.std(ddof=1)), float(error.mean()), float(value - high),
        float(value - low), missing,
    )  # fmt: skip


def bootstrap(
    statistic: Statistic, windows: Any, *, seed: Any, resamples: int = 999, level: float = 0.95
) -> Interval:
    """Interval of ``statistic(mean curve)`` over independent windows or seeds (ANO-S1).

    ``windows`` is (R, k): the MSD of each of R >= 3 windows at k lags; whole rows are drawn
    with replacement.  Windows of one run must be farther apart than it remembers.  With few
    windows the interval is too narrow: of eight, 95 per cent cover 88.
    ``statistic`` takes a curve (k,), as ``lambda m: msd.exponent(lags, m, points=T).value``.

    Raises
    ------
    ValueError
        Fewer than three windows, NaN, ``level`` outside (0, 1).
    """
    curves = _validate.finite("windows", windows, ndim=2)
    rng, level = _validate.generator(seed), confidence(level)
    if len(curves) < 3:
        raise ValueError(
            f"a bootstrap needs >= 3 windows, got {len(curves)}; for a single one use "
            "parametric"
        )
    picks = rng.integers(
        len(curves), size=(_validate.count("resamples", resamples, 2), len(curves))
    )
    drawn = np.array([statistic(curves[pick].mean(0)) for pick in picks])
    value = float(statistic(curves.mean(0)))
    return _interval(value, drawn, value, level)


def parametric(
    statistic: Statistic, lags: Any, msd: Any, *, points: int, exponent: float,
    dimensions: float, seed: Any, resamples: int = 200, level: float = 0.95,
) -> Interval:  # fmt: skip
    """Interval of ``statistic(msd)`` of one window, from fractional Brownian motion (ANO-S1).

    The model has M ~ tau^exponent in ``round(dimensions)`` independent coordinates (pass
    `effective_dimension`); each resample is a window of ``points`` points at the same lags.
    ``bias`` is what the statistic is off, on average, in windows of this length, and the
    interval is corrected for it.

    Raises
    ------
    ValueError
        ``exponent`` outside (0, 2): a drift has no interval of this kind; ``dimensions <= 0``
        (less than 1 counts as 1).
    """
    confidence(level)
    alpha = _validate.real("exponent", exponent)
    if not 0 < alpha < 2:
        raise ValueError(
            f"exponent must lie in (0, 2) for fractional Brownian motion, got {alpha:g}; take "
            "the drift out first, or bootstrap over seeds"
        )
    d = max(round(_validate.positive("dimensions", dimensions)), 1)
    tau, rng = check_lags(lags, points - 1), _validate.generator(seed)
    number = _validate.count("resamples", resamples, 2)
    walks = (fbm(alpha / 2, points - 1, paths=d, seed=rng).T for _ in range(number))
    drawn = np.array([statistic(from_spectrum(walk, tau)) for walk in walks])
    truth = float(statistic(tau.astype(float) ** alpha))
    return _interval(
        float(statistic(_validate.finite("msd", msd, ndim=1))), drawn, truth, level
    )
