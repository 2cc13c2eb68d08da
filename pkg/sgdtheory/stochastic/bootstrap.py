"""Intervals by redrawing the data, or whole groups of them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from sgdtheory import _validate


@dataclass(frozen=True)
class BootstrapInterval:
    """``value`` of the statistic, ``low ... high``, and the statistic of every redrawn sample.

    ``draws`` (resamples,) may hold infinities (a fit that finds a Gaussian), never NaN.
    """

    value: float
    low: float
    high: float
    draws: np.ndarray


def confidence(level: Any) -> float:
    """A level in (0, 1) as ``float``."""
    level = _validate.real("level", level)
    if not 0 < level < 1:
        raise ValueError(f"level must lie in (0, 1), got {level:g}; 0.95 is usual")
    return level


def interval(
    x, statistic: Callable[[np.ndarray], float], *, groups=None, level: float = 0.95,
    resamples: int = 999, seed, progress: Callable = iter,
) -> BootstrapInterval:  # fmt: skip
    """Percentile interval of ``statistic(values)``, for data that are alike and independent.

    The percentile interval carries over to any monotone function: redrawn nu gives kappa,
    q and 1/nu at once.

    Parameters
    ----------
    x : the data, any shape, n >= 10
    statistic : number of a 1-D sample, as ``lambda v: fit_student_t(v).nu.value``; infinite
        values are kept, NaN is refused
    groups : label of each datum: whole groups are redrawn, as they are what is independent
        (replicas, layers, gradients); >= 10 of them
    progress : wraps the sequence of resamples

    Raises
    ------
    ValueError
        A statistic that is NaN; fewer than 10 groups; fewer than 99 resamples.
    """
    level, draw = confidence(level), _validate.generator(seed)
    resamples = _validate.count("resamples", resamples, 99, "quantiles need them")
    x = _validate.finite("x", x, minimum=10).ravel()
    parts = None if groups is None else _members(x, groups)
    values = np.empty(resamples)
    for k in progress(range(resamples)):
        values[k] = statistic(_redrawn(x, parts, draw))
    value = float(statistic(x))
    if np.isnan(values).any() or np.isnan(value):
        raise ValueError(
            f"the statistic must be a number on every sample, got NaN on "
            f"{int(np.isnan(values).sum())} of {resamples}; return an infinity instead"
        )
    # Of the sorted values themselves: halfway to an infinity there is nothing.
    ends = np.quantile(values, [(1 - level) / 2, (1 + level) / 2], method="inverted_cdf")
    return BootstrapInterval(value, float(ends[0]), float(ends[1]), values)


def _redrawn(x: np.ndarray, parts: list[np.ndarray] | None, draw) -> np.ndarray:
    """As many data, or as many groups, as there are, drawn with replacement."""
    if parts is None:
        return x[draw.integers(x.size, size=x.size)]
    picks = draw.integers(len(parts), size=len(parts))
    return x[np.concatenate([parts[k] for k in picks])]


def _members(x: np.ndarray, groups) -> list[np.ndarray]:
    """Indices of the data of each group."""
    labels = np.asarray(groups).ravel()
    if labels.size != x.size:
        raise ValueError(
            f"groups must hold one label per datum, got {labels.size} for {x.size}; "
            "repeat the label of a group for each of its data"
        )
    _, index = np.unique(labels, return_inverse=True)
    order = np.argsort(index, kind="stable")
    parts = np.split(order, np.cumsum(np.bincount(index))[:-1])
    if len(parts) < 10:
        raise ValueError(f"groups must be >= 10, got {len(parts)}; take more of them")
    return parts
