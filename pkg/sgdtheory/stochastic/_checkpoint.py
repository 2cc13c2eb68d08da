"""A walk that survives an interruption: its state in one npz file, whole or absent."""

import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch

from sgdtheory._files import Damaged, npz_arrays, npz_bytes, write_atomic
from sgdtheory.stochastic._walk import State

#: Seconds between two writings.
EVERY = 30.0


class Record:
    """How far a walk has come, and the ages of the paths that have arrived.

    With a path it starts from that file if there is one, writes it every `EVERY` seconds
    and, as a context, at the end, whatever ends it.
    """

    def __init__(self, path, key: dict[str, Any], state: State, generator: torch.Generator):
        try:
            self.path = None if path is None else Path(path)
        except TypeError:
            raise TypeError(
                f"checkpoint must be the path of a file, got {type(path).__name__}; "
                "pass a str or Path, or None"
            ) from None
        self.key, self.generator = json.dumps(key, sort_keys=True), generator
        self.ages: list[torch.Tensor] = []
        self.last = state, generator.get_state(), 0
        if self.path is not None and self.path.exists():
            self.last = self._read(self.path, state.x)
        self.saved, self.time = self.last, time.monotonic()

    @property
    def state(self) -> State:
        return self.last[0]

    def add(self, state: State, ages: torch.Tensor) -> None:
        """One more block.  `last` changes as a whole: an interruption leaves it consistent."""
        if len(ages):
            self.ages.append(ages)
        if self.path is None:
            self.last = state, self.last[1], len(self.ages)
            return
        self.last = state, self.generator.get_state(), len(self.ages)
        if time.monotonic() - self.time > EVERY:
            self._write(self.path)

    def found(self) -> np.ndarray:
        """Number of steps of each path that has arrived, in order of arrival."""
        parts = [ages.numpy(force=True) for ages in self.ages[: self.last[2]]]
        return np.concatenate([np.empty(0, dtype=np.int64), *parts])

    def __enter__(self) -> "Record":
        return self

    def __exit__(self, *_) -> None:
        if self.path is not None and self.last is not self.saved:
            self._write(self.path)

    def _write(self, path: Path) -> None:
        state, random, _ = last = self.last
        arrays = {
            "key": np.array(self.key),
            "x": state.x.double().numpy(force=True),
            "born": state.born.numpy(force=True),
            "clock": np.array([state.step, state.waiting, state.deadline]),
            "generator": random.numpy(),
            "ages": self.found(),
        }
        write_atomic(path, npz_bytes(arrays))
        self.saved, self.time = last, time.monotonic()

    def _read(self, path: Path, like: torch.Tensor) -> tuple[State, torch.Tensor, int]:
        try:
            arrays = npz_arrays(path.read_bytes())
            x, born, ages = (torch.from_numpy(arrays[name]) for name in ("x", "born", "ages"))
            step, waiting, deadline = (int(number) for number in arrays["clock"])
            theirs = json.loads(str(arrays["key"]))
            random = torch.from_numpy(arrays["generator"])
        except Exception as why:  # numpy's reader lets nearly anything through
            raise Damaged(
                f"checkpoint must be a whole file of first_passage_times, got {path} ({why}); "
                "delete it to start again"
            ) from None
        if theirs != (mine := json.loads(self.key)):
            names = sorted(name for name in mine if theirs.get(name) != mine[name])
            raise ValueError(
                f"checkpoint must belong to the same arguments, got {path} with other "
                f"{', '.join(names)}; name another file, or delete it to start again"
            )
        self.generator.set_state(random)
        self.ages = [ages]
        state = State(x.to(like), born.to(like.device), step, waiting, deadline)
        return state, random, 1
