"""Windows of a trajectory, and estimates on data that did not choose the directions."""

from dataclasses import dataclass

import numpy as np

from sgdtheory import _validate as check
from sgdtheory.stochastic.fluctuations import (
    Components,
    principal_components,
    variances_along,
    velocities_along,
)


@dataclass(frozen=True)
class Split:
    """``components`` of the first half, and the second half's variances along them, (k,)."""

    components: Components
    fresh: np.ndarray


def split_window(window, *, line: bool = True) -> Split:
    """Directions from the first half of a window (T, d), variances from the second.

    ``components.variances`` are in-sample, ``fresh`` out-of-sample: about a straight line in
    time (``line=True``), or about the mean.  An odd last step is left out.

    Raises
    ------
    ValueError
        Fewer than four steps: two in each half.
    """
    w = check.finite("window", window, ndim=2)
    half = len(w) // 2
    if half < 2:
        raise ValueError(
            f"a window must hold >= 4 steps to be split, got {len(w)}; record more of the run"
        )
    found = principal_components(w[:half])
    fresh = variances_along(w[half : 2 * half], found.directions, line=line)
    return Split(found, fresh)


def drift_free(first, second) -> np.ndarray:
    """``(B - C)/sqrt(2)`` of two replicas from one start, (T, d): a window without drift.

    What the two have in common, the drift, drops out; of independent fluctuations of equal
    strength the variance is kept.  Directions come from a third window, or were fixed
    beforehand.  Modes slower than the window have not forgotten the common start.

    Raises
    ------
    ValueError
        Windows of different shapes, or of fewer than two steps.
    """
    b, c = (check.finite(name, w, ndim=2) for name, w in (("first", first), ("second", second)))
    if b.shape != c.shape or len(b) < 2:
        raise ValueError(
            f"the windows must have one shape (T, d) with T >= 2, got {b.shape} and {c.shape}; "
            "record both replicas at the same steps"
        )
    return (b - c) / np.sqrt(2)


def correlation_times(window, directions, *, line: bool = False) -> np.ndarray:
    """``tau = sigma^2/Delta`` along each direction, (k,), in steps.  (IVF-E13)

    Raises
    ------
    ValueError
        A direction along which the window does not move; see also `variances_along`.
    """
    speed = velocities_along(window, directions)
    if not (speed > 0).all():
        raise ValueError(
            f"a correlation time needs motion, got none along {int((speed == 0).sum())} of "
            f"{len(speed)} directions; leave them out"
        )
    return variances_along(window, directions, line=line) / speed
