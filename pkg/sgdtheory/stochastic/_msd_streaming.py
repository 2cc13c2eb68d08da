"""Mean squared displacement of a trajectory that is never stored."""

from typing import Any

import numpy as np

from sgdtheory._validate import count
from sgdtheory.stochastic._msd_gram import check_lags, namespace


class Streaming:
    """Time-averaged MSD at given lags, one step at a time (ANO-EQ3).

    The last ``max(lags) + 1`` points are kept in a ring, in the precision and on the device
    of the first point, and nothing else: memory does not grow with the number of steps.  The
    result is that of :func:`~sgdtheory.stochastic.msd.time_averaged` on all points so far.

    Parameters
    ----------
    lags : integers >= 1; `log_lags` gives a few dozen for many decades

    Attributes
    ----------
    steps : points taken so far
    pairs : (k,) pairs of points that each lag has had

    Raises
    ------
    TypeError, ValueError
        Lags that are no integers >= 1; a point that is not (d,) like the first, or not finite.
    """

    def __init__(self, lags: Any):
        self.lags = check_lags(lags, np.iinfo(np.int64).max - 1)
        self.steps = 0
        self._sums = np.zeros(len(self.lags))
        self._ring: Any = None

    @property
    def pairs(self) -> np.ndarray:
        return np.maximum(self.steps - self.lags, 0)

    def update(self, w: Any) -> None:
        """Take the next point ``w``, (d,), numpy or torch; it is copied."""
        xp = namespace(w)
        w = np.asarray(w) if xp is np else w.detach()
        if self._ring is None:
            self._ring = self._new_ring(w)
        if tuple(w.shape) != tuple(self._ring.shape[1:]) or not bool(xp.isfinite(w).all()):
            raise ValueError(
                f"a point must be finite and of shape {tuple(self._ring.shape[1:])}, got shape "
                f"{tuple(w.shape)} or NaN; pass the flattened weights of one step"
            )
        size = len(self._ring)
        here = self._ring[self.steps % size]
        here[:] = w
        for i, lag in enumerate(self.lags):
            if lag <= self.steps:
                step = here - self._ring[(self.steps - int(lag)) % size]
                self._sums[i] += float(xp.sum(step * step, dtype=xp.float64))
        self.steps += 1

    def _new_ring(self, w: Any) -> Any:
        if w.ndim != 1 or len(w) < 1:
            raise ValueError(
                f"a point must have shape (d,), got {tuple(w.shape)}; flatten the weights"
            )
        xp, shape = namespace(w), (count("lag", int(self.lags.max())) + 1, len(w))
        if xp is np:
            return np.zeros(shape, dtype=w.dtype if w.dtype == np.float32 else float)
        kind = w.dtype if w.dtype in (xp.float32, xp.float64) else xp.float32
        return xp.zeros(shape, dtype=kind, device=w.device)

    def result(self) -> tuple[np.ndarray, np.ndarray]:
        """``lags, msd`` of the lags that have had a pair of points.

        Raises
        ------
        ValueError
            Fewer points than the shortest lag needs.
        """
        seen = self.pairs > 0
        if not seen.any():
            raise ValueError(
                f"a displacement needs more than {self.lags.min()} points, got {self.steps}; "
                "go on with update"
            )
        return self.lags[seen], self._sums[seen] / self.pairs[seen]
