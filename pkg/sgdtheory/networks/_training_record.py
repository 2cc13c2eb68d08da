"""What a training run keeps as it goes, in memory and in a folder from which it resumes."""

import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from sgdtheory import _validate as check
from sgdtheory._files import Damaged, npz_arrays, npz_bytes, write_atomic
from sgdtheory.networks._per_sample import Names
from sgdtheory.networks._training_rules import Buffers

#: Seconds between two writings.
EVERY = 30.0


@dataclass(frozen=True)
class Record:
    """Which trained weights are kept, and when: after steps ``after + every``, ``+ 2 every``...

    Parameters
    ----------
    parameters : names as in `models.select`, among the trained ones; None keeps all these
    every, after : in steps
    dtype : of what is kept; None keeps that of the weights
    """

    parameters: Names = None
    every: int = 1
    after: int = 0
    dtype: torch.dtype | None = None

    def steps(self, steps: int) -> np.ndarray:
        """Numbers of the steps after which a row is kept."""
        every, after = check.count("every", self.every), check.count("after", self.after, 0)
        if after + every > steps:
            raise ValueError(
                f"a record must begin within the run, got its first row after step "
                f"{after + every} of {steps}; lower after or every"
            )
        return np.arange(after + every, steps + 1, every)


@dataclass(frozen=True)
class State:
    """All that the next step depends on: steps done, weights (R, P), the rule's buffers."""

    step: int
    w: Tensor
    buffers: Buffers


class Log:
    """Losses, rows of the trajectory and watched values of a run, up to `State.step`."""

    def __init__(self, start: State, steps: int, rows: np.ndarray, columns: list[slice],
                 dtype: torch.dtype, folder, key: dict[str, Any]):  # fmt: skip
        replicas = len(start.w)
        width = sum(c.stop - c.start for c in columns)
        self.due, self.columns, self.start = frozenset(rows.tolist()), columns, start
        self.trajectory = torch.empty(replicas, len(rows), width, dtype=dtype)
        self.losses = torch.full((replicas, steps), torch.nan, dtype=start.w.dtype)
        self.watched: list[Tensor] = []
        self.last, self.count, self.looks, self.pieces = start, 0, 0, [0]
        self.folder = None if folder is None else Path(folder)
        self.key = json.dumps(key, sort_keys=True)
        if self.folder is not None and (self.folder / "state.npz").exists():
            self._read(self.folder)
        self.saved, self.time = self.last, time.monotonic()

    def add(self, state: State, losses: Tensor, kept: list[Tensor]) -> None:
        """One more block of steps: its losses (R, count), and the weights to keep."""
        self.losses[:, self.last.step : state.step] = losses.cpu()
        if kept:
            block = torch.stack(
                [torch.cat([w[:, c] for c in self.columns], 1) for w in kept], 1
            )
            self.trajectory[:, self.count : self.count + len(kept)] = block.cpu()
        self.last, self.count = state, self.count + len(kept)
        self.looks = len(self.watched)
        if self.folder is not None and time.monotonic() - self.time > EVERY:
            self._write(self.folder)

    def __enter__(self) -> "Log":
        return self

    def __exit__(self, *_) -> None:
        if self.folder is not None and self.last is not self.saved:
            self._write(self.folder)

    def _write(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        if self.count > self.pieces[-1]:
            np.save(_piece(folder, self.pieces[-1]),
                    self.trajectory[:, self.pieces[-1] : self.count].numpy())  # fmt: skip
            self.pieces.append(self.count)
        arrays = {
            "key": np.array(self.key),
            "step": np.array(self.last.step),
            "w": self.last.w.numpy(force=True),
            "losses": self.losses[:, : self.last.step].numpy(),
            "pieces": np.array(self.pieces),
        }
        arrays |= {f"buffer{k}": b.numpy(force=True) for k, b in enumerate(self.last.buffers)}
        seen = self.watched[: self.looks]
        arrays |= {f"watched{k:08}": v.numpy(force=True) for k, v in enumerate(seen)}
        write_atomic(folder / "state.npz", npz_bytes(arrays))
        self.saved, self.time = self.last, time.monotonic()

    def _read(self, folder: Path) -> None:
        try:
            arrays = npz_arrays((folder / "state.npz").read_bytes())
            theirs, step = json.loads(str(arrays["key"])), int(arrays["step"])
            pieces = [int(k) for k in arrays["pieces"]]
            if theirs == json.loads(self.key):
                for first, end in zip(pieces, pieces[1:], strict=False):
                    rows = np.load(_piece(folder, first), allow_pickle=False)
                    self.trajectory[:, first:end] = torch.from_numpy(rows)
                self.losses[:, :step] = torch.from_numpy(arrays["losses"])
                w, buffers = self.start.w, self.start.buffers
                w, *held = (
                    torch.from_numpy(arrays[name]).to(w)
                    for name in ("w", *(f"buffer{k}" for k in range(len(buffers))))
                )
        except Exception as why:  # numpy's reader lets nearly anything through
            raise Damaged(
                f"checkpoint must be a whole folder of training.train, got {folder} ({why}); "
                "delete it to start again"
            ) from None
        if theirs != (mine := json.loads(self.key)):
            names = sorted(name for name in mine if theirs.get(name) != mine[name])
            raise ValueError(
                f"checkpoint must belong to the same arguments, got {folder} with other "
                f"{', '.join(names)}; name another folder, or delete it to start again"
            )
        names = sorted(name for name in arrays if name.startswith("watched"))
        self.watched = [torch.from_numpy(arrays[name]) for name in names]
        self.last = State(step, w, tuple(held))
        self.count, self.looks, self.pieces = pieces[-1], len(names), pieces


def _piece(folder: Path, first: int) -> Path:
    return folder / f"rows-{first:08}.npy"
