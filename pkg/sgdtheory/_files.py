"""Files that are either whole or absent: atomic writes, and a checksum before each read."""

import hashlib
import io
import os
import secrets
from pathlib import Path
from typing import Any

import numpy as np


class Damaged(ValueError):
    """A stored file whose bytes are not those that were recorded for it."""


def sha256(data: bytes) -> str:
    """Hexadecimal SHA-256 of ``data``."""
    return hashlib.sha256(data).hexdigest()


def read_checked(path: Path, expected: str, algorithm: str = "sha256") -> bytes:
    """The bytes of ``path``, after their checksum was compared with ``expected``.

    Raises
    ------
    Damaged
        The checksum differs; the message names the file and both checksums.
    """
    data = Path(path).read_bytes()
    found = hashlib.new(algorithm, data).hexdigest()
    if found != expected:
        raise Damaged(
            f"{Path(path).name} must have {algorithm} {expected}, got {found} "
            f"({len(data)} bytes); the file is damaged or truncated: restore it from its source"
        )
    return data


def write_atomic(path: Path, data: bytes) -> None:
    """Write ``data`` to ``path`` so that a reader finds the old file or the whole new one."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with open(draft, "xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(draft, path)
    finally:
        draft.unlink(missing_ok=True)


def npz_bytes(arrays: dict[str, np.ndarray]) -> bytes:
    """A compressed npz archive of plain arrays, as bytes; object arrays are refused."""
    for name, array in arrays.items():
        if np.asarray(array).dtype.hasobject:
            raise TypeError(
                f"array {name!r} must have a plain dtype, got objects; "
                "convert it to numbers or fixed-length strings"
            )
    buffer = io.BytesIO()
    # Without `allow_pickle=`, which numpy 2.0 takes for the name of one more array.
    plain: dict[str, Any] = arrays
    np.savez_compressed(buffer, **plain)
    return buffer.getvalue()


def npz_arrays(data: bytes) -> dict[str, np.ndarray]:
    """The arrays of an npz archive given as bytes; pickled objects are never loaded."""
    with np.load(io.BytesIO(data), allow_pickle=False) as archive:
        return {name: archive[name] for name in archive.files}
