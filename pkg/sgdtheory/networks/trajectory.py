"""The path of the weights through a training run: recorded as Gram matrices of windows.

A window of T points is kept as the T x T matrix ``G_ij = (w_i - w_0) . (w_j - w_0)``, from
which follow all distances, the contour length, PCA, the mean squared loss difference, and
with `stochastic.msd` the TAMSD, its drift and the effective dimension.  Only one window of
weights is held at a time.

Point k is the weights *before* step k, beside the minibatch loss that step k computes at
just these weights.  (A loop that stores loss and weights after ``optimizer.step()`` pairs
the loss of one point with the weights of the next.)
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from sgdtheory import _validate as check
from sgdtheory.networks._trajectory_path import (
    Binned,
    binned,
    contour_length,
    distances,
    loss_noise,
    loss_scaling,
    path_exponent,
    path_scaling,
    spectrum,
    transverse,
)
from sgdtheory.networks._trajectory_slice import random_slice
from sgdtheory.networks._trajectory_store import State, Store
from sgdtheory.networks.models import select
from sgdtheory.stochastic.msd import gram

__all__ = [
    "Binned", "Window", "binned", "contour_length", "distances", "gram", "loss_noise",
    "loss_scaling", "path_exponent", "path_scaling", "random_slice", "record", "spectrum",
    "transverse",
]  # fmt: skip


@dataclass(frozen=True)
class Window:
    """T points of a run, ``every`` steps apart, the first before step ``start``.

    ``gram`` (T, T) float64, centred on the first point; ``loss`` (T,) on the minibatch of
    the step that follows each point; ``full_loss`` (T,), NaN where it was not asked for.
    """

    start: int
    every: int
    gram: np.ndarray
    loss: np.ndarray
    full_loss: np.ndarray


class _Recorder:
    """The windows of a run, and the one being filled: T x d weights and their losses."""

    def __init__(self, starts: list[int], points: int, every: int, layers: Sequence[Tensor]):
        self.starts, self.points, self.every, self.layers = starts, points, every, layers
        self.windows: dict[int, Window] = {}
        size = sum(p.numel() for p in layers)
        self.weights = torch.empty(points, size, dtype=layers[0].dtype, device=layers[0].device)
        self.loss, self.full_loss = np.full((2, points), np.nan)

    def end(self, start: int) -> int:
        """Number of steps after which a window is whole."""
        return start + (self.points - 1) * self.every + 1

    def at(self, k: int) -> int | None:
        """The start of the window that step k falls into."""
        return next((s for s in self.starts if s <= k < self.end(s)), None)

    def row(self, k: int) -> int | None:
        """The point that is taken before step k, if one is."""
        start = self.at(k)
        if start is None or (k - start) % self.every:
            return None
        return (k - start) // self.every

    def put(self, row: int, full_loss: Callable | None) -> None:
        flat = [p.detach().reshape(-1) for p in self.layers]
        torch.cat(flat, out=self.weights[row])
        self.full_loss[row] = np.nan if full_loss is None else _number(full_loss())

    def close(self, start: int) -> Window:
        matrix = gram(self.weights)
        window = Window(start, self.every, matrix, self.loss.copy(), self.full_loss.copy())
        self.windows[start] = window
        return window


def _number(loss: Any) -> float:
    return float(loss.detach() if isinstance(loss, Tensor) else loss)


def record(
    model: nn.Module,
    step: Callable[[int], float | Tensor],
    steps: int,
    *,
    window: int,
    starts: Iterable[int] | None = None,
    every: int = 1,
    full_loss: Callable[[], float | Tensor] | None = None,
    full_every: int = 1,
    parameters: str | Sequence[str] | None = None,
    state: State | None = None,
    folder=None,
    facts: Mapping[str, Any] | None = None,
    save_every: int = 1000,
    progress: Callable[[Iterable, str], Iterable] | None = None,
) -> list[Window]:
    """Run ``step(0), ..., step(steps - 1)`` and keep windows of the path of the weights.

    Parameters
    ----------
    step : ``step(k)`` makes one update of ``model`` in place and returns the minibatch
        loss at the weights *before* it
    window : points per window, T >= 3
    starts : number of the step before which each window begins; None for windows back to
        back, as many as fit.  Windows must not overlap
    every : one point every so many steps
    full_loss : asked at every ``full_every``-th point of a window; must not change the model
    parameters : layers to record, as in `models.select`; None for all
    state : what else the step changes in place, by name: torch or numpy generators, tensors
        such as a momentum.  Without it a resumed run differs
    folder : checkpoint; a run that is in it goes on, and a finished one is only read.  On a
        CPU the result is bit for bit that of a run without interruption
    facts : plain facts that tell this run from others (seed, step size, ...), needed with a
        folder: one of a run with other facts is refused
    save_every : steps between two checkpoints outside windows.  A window is kept once it is
        whole; an interrupted one is run again from its beginning, or from before
    progress : such as `runs.profile.progress`

    Raises
    ------
    ValueError
        A window too short, overlapping or beyond the run; a run that diverges; a folder of
        another run, or without facts.
    """
    points, every = check.count("window", window, 3), check.count("every", every)
    steps, save_every = check.count("steps", steps), check.count("save_every", save_every)
    full_every = check.count("full_every", full_every)
    begins = _starts(starts, steps, points, every)
    layers = select(model, parameters)
    recorder = _Recorder(begins, points, every, list(layers.values()))
    key = {
        "window": points,
        "starts": begins,
        "every": every,
        "layers": list(layers),
        "full_every": full_every if full_loss else 0,
        "facts": _facts(facts, folder),
    }
    store = Store(folder, key, model, state)
    done = _resumed(store, recorder)
    for k in (progress or (lambda items, _: items))(range(done, steps), "record"):
        row = recorder.row(k)
        if row is not None:
            recorder.put(row, full_loss if row % full_every == 0 else None)
        loss = step(k)
        if row is not None:
            recorder.loss[row] = _number(loss)
        start = recorder.at(k)
        if start is not None and k + 1 == recorder.end(start):
            store.save_window(start, asdict(recorder.close(start)))
            store.save(k + 1)
        elif k + 1 == steps or (start is None and (k + 1) % save_every == 0):
            store.save(k + 1)
    return [recorder.windows[s] for s in begins]


def _starts(starts, steps: int, points: int, every: int) -> list[int]:
    span = (points - 1) * every + 1
    if starts is None:
        chosen = list(range(0, steps - span + 1, points * every))
    else:
        chosen = sorted(check.count("each start", s, 0) for s in starts)
    if not chosen or chosen[-1] + span > steps:
        raise ValueError(
            f"windows of {points} points, {every} steps apart, must lie within the run of "
            f"{steps} steps, got starts {chosen}; run longer, or take shorter windows"
        )
    if any(b - a < span for a, b in zip(chosen, chosen[1:], strict=False)):
        raise ValueError(
            f"windows must not overlap: each takes {span} steps, got starts {chosen}; "
            "move them apart"
        )
    return chosen


def _facts(facts: Mapping[str, Any] | None, folder) -> dict[str, Any]:
    if folder is not None and not facts:
        raise ValueError(
            "a folder needs facts that tell this run from others, got none; pass all that the "
            'step depends on, such as facts={"seed": 0}'
        )
    return dict(facts or {})


def _resumed(store: Store, recorder: _Recorder) -> int:
    """Steps done in the checkpoint, whose windows are taken over."""
    done = store.resume()
    names = set(Window.__dataclass_fields__)
    for start in recorder.starts:
        if recorder.end(start) <= done:
            arrays = store.load_window(start, names)
            recorder.windows[start] = Window(
                int(arrays["start"]), int(arrays["every"]),
                arrays["gram"], arrays["loss"], arrays["full_loss"],
            )  # fmt: skip
    return done
