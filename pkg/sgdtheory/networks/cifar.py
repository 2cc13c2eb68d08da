"""CIFAR-10 (Krizhevsky 2009): 50,000 training and 10,000 test images, not in the package.

Read from the folder that the environment variable ``SGDTHEORY_DATA`` names: ``cifar10.npz``
(``x_train, y_train, x_test, y_test``; bytes, images (n, 32, 32, 3)), or for training the five
parts ``cifar10_train_1.npz`` to ``_5`` (``x, y``).  Else downloaded from its official place
(163 MB) and compared with its checksum.
"""

import io
import os
import tarfile
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from sgdtheory import _validate as check
from sgdtheory._files import npz_arrays, read_checked

OFFICIAL = "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz"
MD5 = "c32a1d4ab5d03f1284b67883e8d87530"
FILES = {
    "train": tuple(f"data_batch_{k}.bin" for k in range(1, 6)),
    "test": ("test_batch.bin",),
}


def load(split: str = "train") -> tuple[Tensor, Tensor]:
    """Images (n, 3, 32, 32), float32 in [0, 1], and labels (n,), int64, of one split."""
    check.one_of("split", split, tuple(FILES))
    if (local := _local(split)) is not None:
        x, y = local
    else:
        import pooch

        path = pooch.retrieve(OFFICIAL, f"md5:{MD5}", path=pooch.os_cache("sgdtheory"))
        x, y = read_archive(read_checked(Path(path), MD5, "md5"), split)
    images = torch.as_tensor(np.ascontiguousarray(x), dtype=torch.float32).div_(255)
    return images, torch.as_tensor(y.astype(np.int64))


def _local(split: str) -> tuple[np.ndarray, np.ndarray] | None:
    """Images (n, 3, 32, 32) and labels of a split that lies in the folder, else None."""
    if not (folder := os.environ.get("SGDTHEORY_DATA")):
        return None
    whole = Path(folder) / "cifar10.npz"
    parts = [Path(folder) / f"cifar10_train_{k}.npz" for k in range(1, 6)]
    if whole.is_file():
        arrays = npz_arrays(whole.read_bytes())
        x, y = arrays[f"x_{split}"], arrays[f"y_{split}"]
    elif split == "train" and all(part.is_file() for part in parts):
        read = [npz_arrays(part.read_bytes()) for part in parts]
        x, y = (np.concatenate([arrays[key] for arrays in read]) for key in "xy")
    else:
        return None
    return x.transpose(0, 3, 1, 2), y


def read_archive(data: bytes, split: str) -> tuple[np.ndarray, np.ndarray]:
    """Images (n, 3, 32, 32) and labels (n,) from the official archive of binary files.

    Each row of a file is the label, then 1,024 bytes of red, of green and of blue.
    """
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        members = {Path(m.name).name: m for m in archive.getmembers() if m.isfile()}
        missing = [name for name in FILES[split] if name not in members]
        if missing:
            raise ValueError(
                f"the archive must hold {FILES[split]}, got none of {missing}; pass the "
                "official cifar-10-binary.tar.gz"
            )
        parts = [archive.extractfile(members[name]) for name in FILES[split]]
        raw = np.frombuffer(b"".join(p.read() for p in parts if p), dtype=np.uint8)
    if raw.size % 3073:
        raise ValueError(
            f"files must hold rows of 3,073 bytes, got {raw.size} bytes; fetch it again"
        )
    rows = raw.reshape(-1, 3073)
    return rows[:, 1:].reshape(-1, 3, 32, 32), rows[:, 0]
