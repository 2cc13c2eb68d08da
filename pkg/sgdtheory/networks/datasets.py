"""Image sets as tensors: an embedded FashionMNIST subset, digits, and the full sets.

``fashion_mnist_small`` lies in the package: 1,200 training and 500 test images of
FashionMNIST (copyright Zalando SE, MIT licence; see ``data/fashion_mnist_small.md`` for
the licence and the rule of the draw).  ``fashion_mnist`` and ``mnist`` are read from
``NAME.npz`` in the folder that the environment variable ``SGDTHEORY_DATA`` names, or else
downloaded from their official places.  Every file is compared with its checksum first.
"""

import gzip
import os
import zlib
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from sgdtheory import _validate as check
from sgdtheory._files import Damaged, npz_arrays, read_checked

DATA = Path(__file__).parents[1] / "data"
SMALL = "44dacbb5665fa5c1788b193dc00b6cacdaa52755798ea1ca849c827600bc3da8"
NAMES = ("fashion_mnist_small", "digits", "fashion_mnist", "mnist")

#: Base URL and md5 of the four official gzip files: images and labels, train then test.
OFFICIAL = {
    "mnist": (
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
        "f68b3c2dcbeaaa9fbdd348bbdeb94873", "d53e105ee54ea40749a09fcbcd1e9432",
        "9fb629c4189551a2d022fa330f9573f3", "ec29112dd5afa0611ce80d1b7f02629c",
    ),
    "fashion_mnist": (
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
        "8d4fb7e6c68d591d4c3dfef9ec88bf0d", "25c81989df183df01b3e8a0aad5dffbe",
        "bef4ecab320f06d8554ea6380940ec79", "bb300cfdad3c16e7a12a480ee83cd310",
    ),
}  # fmt: skip
FILES = tuple(
    f"{split}-{kind}.gz"
    for split in ("train", "t10k")
    for kind in ("images-idx3-ubyte", "labels-idx1-ubyte")
)


def load(name: str, split: str = "train", n: int | None = None) -> tuple[Tensor, Tensor]:
    """Images and labels of one split: the first ``n`` rows, or all.

    Parameters
    ----------
    name : ``"fashion_mnist_small"`` (1,200 / 500 images), ``"digits"`` (scikit-learn's 8x8
        digits, 1,500 / 297), ``"fashion_mnist"`` or ``"mnist"`` (60,000 / 10,000)
    split : ``"train"`` or ``"test"``
    n : rows to keep; of ``fashion_mnist_small`` every multiple of ten is balanced

    Returns
    -------
    x : float32 in [0, 1], shape (n, 1, 28, 28), for digits (n, 1, 8, 8)
    y : int64, shape (n,)

    Raises
    ------
    ValueError
        Unknown name or split, or ``n`` above the size of the split.
    Damaged
        A file whose checksum is not the recorded one.
    """
    check.one_of("name", name, NAMES)
    check.one_of("split", split, ("train", "test"))
    x, y = _arrays(name, split)
    if n is not None and check.count("n", n) > len(x):
        raise ValueError(
            f"n must be <= {len(x)} for the {split} split of {name}, got {n}; "
            "ask for fewer rows or a larger set"
        )
    scale = 16 if name == "digits" else 255
    images = torch.as_tensor(x[:n], dtype=torch.float32).div_(scale).unsqueeze(1)
    return images, torch.as_tensor(y[:n].astype(np.int64))


def _arrays(name: str, split: str) -> tuple[np.ndarray, np.ndarray]:
    if name == "digits":
        return _digits(split)
    if name == "fashion_mnist_small":
        arrays = npz_arrays(read_checked(DATA / f"{name}.npz", SMALL))
    elif (folder := os.environ.get("SGDTHEORY_DATA")) and (
        path := Path(folder) / f"{name}.npz"
    ).is_file():
        return _local(path, split)
    else:
        return _download(name, split)
    return arrays[f"x_{split}"], arrays[f"y_{split}"]


def _digits(split: str) -> tuple[np.ndarray, np.ndarray]:
    from sklearn.datasets import load_digits

    digits = load_digits()
    part = slice(None, 1500) if split == "train" else slice(1500, None)
    return digits.images[part], digits.target[part]


def _local(path: Path, split: str) -> tuple[np.ndarray, np.ndarray]:
    """A full set that the reader laid down; the zip's own CRC guards each array."""
    import zipfile

    try:
        with open(path, "rb") as file, np.load(file, allow_pickle=False) as archive:
            x, y = archive[f"x_{split}"], archive[f"y_{split}"]
    except (zipfile.BadZipFile, EOFError, KeyError, OSError, ValueError) as error:
        raise Damaged(
            f"{path.name} must be a whole npz with x_{split} and y_{split}, got {error}; "
            "fetch the file again"
        ) from error
    return x, y


def _download(name: str, split: str) -> tuple[np.ndarray, np.ndarray]:
    """The official gzip files through pooch: each appears whole and checked, or not at all."""
    import pooch

    base, *md5 = OFFICIAL[name]
    first = 0 if split == "train" else 2
    parts = []
    for file, digest in zip(FILES[first : first + 2], md5[first : first + 2], strict=True):
        path = pooch.retrieve(
            base + file, f"md5:{digest}", fname=file, path=pooch.os_cache("sgdtheory") / name
        )
        parts.append(read_idx(read_checked(Path(path), digest, "md5")))
    return parts[0], parts[1]


def read_idx(data: bytes) -> np.ndarray:
    """An unsigned-byte array from a gzipped IDX file (the format of MNIST's own files)."""
    try:
        raw = gzip.decompress(data)
    except (EOFError, OSError, TypeError, zlib.error) as error:
        raise ValueError(
            f"data must be the bytes of a whole gzip file, got {error}; fetch the file again"
        ) from None
    if len(raw) < 4 or raw[:3] != b"\x00\x00\x08":
        raise ValueError(
            f"an IDX file of bytes must begin 00 00 08, got {raw[:3].hex(' ')}; "
            "pass one of the official files"
        )
    head = 4 + 4 * raw[3]
    shape = np.frombuffer(raw[4:head].ljust(head - 4, b"\0"), ">i4")
    if len(raw) != head + shape.prod():
        raise ValueError(
            f"the IDX header promises {head + shape.prod()} bytes, got {len(raw)}; "
            "the file is cut short: fetch it again"
        )
    return np.frombuffer(raw, np.uint8, offset=head).reshape(shape).copy()
