"""What a recorded run needs to go on after an interruption, in plain files.

``state.npz`` holds the weights and buffers of the model, the caller's tensors and
generators and the number of steps done; ``window-NNNNNNNN.npz`` one finished window each,
written before the state that counts it.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from sgdtheory._files import Damaged, npz_arrays, npz_bytes, write_atomic

State = Mapping[str, Tensor | torch.Generator | np.random.Generator]


def _stored(value: Any) -> np.ndarray:
    if isinstance(value, Tensor):
        return value.detach().cpu().numpy().copy()
    if isinstance(value, torch.Generator):
        return value.get_state().cpu().numpy().copy()
    return np.array(json.dumps(value.bit_generator.state))


def _restore(value: Any, array: np.ndarray) -> None:
    """Put a stored array back, in place."""
    if isinstance(value, Tensor):
        with torch.no_grad():
            value.copy_(torch.from_numpy(array))
    elif isinstance(value, torch.Generator):
        value.set_state(torch.from_numpy(array))
    else:
        value.bit_generator.state = json.loads(str(array))


class Store:
    """The checkpoint folder of one run; with ``folder=None`` it keeps nothing.

    ``key`` are the plain facts that a run to be resumed must share.
    """

    def __init__(self, folder, key: dict[str, Any], model: nn.Module, state: State | None):
        self.folder = None if folder is None else Path(folder)
        self.key = json.dumps(key, sort_keys=True)
        self.model, self.state = model, dict(state or {})
        for name, value in self.state.items():
            if not isinstance(value, Tensor | torch.Generator | np.random.Generator):
                raise TypeError(
                    f"state must hold tensors and generators, got {type(value).__name__} as "
                    f"{name!r}; let the step change those in place"
                )

    @property
    def values(self) -> dict[str, Any]:
        """All that is kept, by name; read anew, as a step may replace a weight's tensor."""
        own = {f"model/{name}": t for name, t in self.model.state_dict().items()}
        return own | {f"state/{name}": value for name, value in self.state.items()}

    def save(self, step: int) -> None:
        if self.folder is not None:
            arrays = {name: _stored(value) for name, value in self.values.items()}
            arrays |= {"step": np.array(step), "key": np.array(self.key)}
            write_atomic(self.folder / "state.npz", npz_bytes(arrays))

    def resume(self) -> int:
        """Put everything back as it was at the last save; the number of steps done then.

        A first run is saved as it is, so that an interruption at any step finds its start.

        Raises
        ------
        ValueError
            The folder belongs to a run with other arguments.
        Damaged
            A file that is not whole.
        """
        if self.folder is None or not (self.folder / "state.npz").exists():
            self.save(0)
            return 0
        arrays = self._read("state.npz", {"step", "key", *self.values})
        found = json.loads(str(arrays["key"]))
        if found != (mine := json.loads(self.key)):
            names = sorted(k for k in mine.keys() | found.keys() if found.get(k) != mine.get(k))
            raise ValueError(
                f"folder must belong to a run with the same arguments, got {self.folder} with "
                f"other {', '.join(names)}; name another folder, or delete it to start again"
            )
        for name, value in self.values.items():
            _restore(value, arrays[name])
        return int(arrays["step"])

    def save_window(self, start: int, arrays: dict[str, np.ndarray]) -> None:
        if self.folder is not None:
            write_atomic(self.folder / self._window(start), npz_bytes(arrays))

    def load_window(self, start: int, names: set[str]) -> dict[str, np.ndarray]:
        return self._read(self._window(start), names)

    @staticmethod
    def _window(start: int) -> str:
        return f"window-{start:08d}.npz"

    def _read(self, name: str, wanted: set[str]) -> dict[str, np.ndarray]:
        assert self.folder is not None
        try:
            arrays = npz_arrays((self.folder / name).read_bytes())
        except Exception as why:  # numpy's reader lets nearly anything through
            raise Damaged(
                f"{name} must be a whole file of this run, got {why}; "
                f"delete {self.folder} to start again"
            ) from None
        if wanted != set(arrays):
            raise Damaged(
                f"{name} must hold {sorted(wanted)}, got {sorted(arrays)}; "
                f"delete {self.folder} to start again"
            )
        return arrays
