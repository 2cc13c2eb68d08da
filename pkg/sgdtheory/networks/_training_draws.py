"""What is random in training: batches, multipliers, labels, each a function of its place.

Every draw comes from a generator of its own, keyed by (seed of the replica, stream, number
of the epoch or step).  Nothing has to be remembered: a replica's draws depend neither on the
other replicas, nor on where a run was interrupted, nor on the device.
"""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

#: Streams: independent draws of the same seed at the same place.
ORDER, MULTIPLIERS, DIRECTION, LABELS, NOISE = range(5)
MINIBATCH = ("reshuffling", "shuffle-once", "replacement")
FULL_BATCH = ("full", "multipliers", "isotropic")


def keyed(seed: int, stream: int, place: int) -> np.random.Generator:
    return np.random.default_rng((seed, stream, place))


def normals(seeds: Sequence[int], stream: int, step: int, size: int, like: Tensor) -> Tensor:
    """Standard normals (R, size) of one step, drawn in float32."""
    rows = [keyed(s, stream, step).standard_normal(size, np.float32) for s in seeds]
    return torch.from_numpy(np.stack(rows)).to(like)


def multipliers(seeds: Sequence[int], step: int, n: int, sizes: Tensor, like: Tensor) -> Tensor:
    """Deviations of the sample weights from 1/n, (R, n): ``sqrt(n/B) (eps_i - mean eps)/n``.

    The covariance of ``sum_i weight_i g_i`` is that of a minibatch of B with replacement.
    """
    eps = normals(seeds, MULTIPLIERS, step, n, like)
    return (eps - eps.mean(1, keepdim=True)) / (n * sizes[:, None]).sqrt()


class Batches:
    """Minibatches of n samples for R replicas: indices and weights, padded to the largest."""

    def __init__(self, n: int, sizes: Sequence[int], seeds: Sequence[int], sampling: str):
        self.n, self.sizes, self.seeds, self.sampling = n, sizes, seeds, sampling
        self.epochs: dict[int, tuple[int, np.ndarray]] = {}

    def weights(self, like: Tensor) -> Tensor:
        """(R, largest B): 1/B for each sample of the replica's batch, 0 for padding."""
        rows = torch.zeros(len(self.sizes), max(self.sizes))
        for row, size in zip(rows, self.sizes, strict=True):
            row[:size] = 1.0
        return rows.to(like) / torch.tensor(self.sizes).to(like)[:, None]

    def block(self, first: int, count: int) -> Tensor:
        """Indices (count, R, largest B) of the steps first, ..., first + count - 1."""
        index = np.zeros((count, len(self.sizes), max(self.sizes)), dtype=np.int64)
        for r, size in enumerate(self.sizes):
            per_epoch = self.n // size
            done = 0
            while done < count:
                epoch, at = divmod(first + done, per_epoch)
                rows = self._epoch(r, epoch)[at : at + count - done]
                index[done : done + len(rows), r, :size] = rows
                done += len(rows)
        return torch.from_numpy(index)

    def _epoch(self, r: int, epoch: int) -> np.ndarray:
        """Batches (M, B) of an epoch of M = n // B steps; the current one is kept."""
        which = 0 if self.sampling == "shuffle-once" else epoch
        kept = self.epochs.get(r)
        if kept is None or kept[0] != which:
            size, rng = self.sizes[r], keyed(self.seeds[r], ORDER, which)
            shape = self.n // size, size
            if self.sampling == "replacement":
                order = rng.integers(self.n, size=shape)
            else:
                order = rng.permutation(self.n).reshape(shape)
            kept = self.epochs[r] = which, order
        return kept[1]


def relabelled(
    y: Tensor, seeds: Sequence[int], step: int, strength: float, classes: int
) -> Tensor:
    """Targets (R, B, ...) with fresh label noise of one step.

    Integer y: with probability ``strength`` a uniformly random one of the ``classes``; real
    y: plus a Gaussian of standard deviation ``strength``.
    """
    size = y[0].numel()
    if y.is_floating_point():
        return y + strength * normals(seeds, LABELS, step, size, y).view(y.shape)
    draws = np.stack([keyed(s, LABELS, step).random((size, 2)) for s in seeds])
    u = torch.from_numpy(draws).to(y.device).view(*y.shape, 2)
    return torch.where(u[..., 0] < strength, (classes * u[..., 1]).to(y.dtype), y)
