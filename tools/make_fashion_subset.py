"""Draw the embedded FashionMNIST subset from the full data set.

    python tools/make_fashion_subset.py fashion_mnist.npz

The npz holds ``x_train, y_train, x_test, y_test`` in the official order.  The rule:
of each class take the first 120 training and the first 50 test images in the official
order, and lay them down rank by rank, so that rows ``10 k ... 10 k + 9`` hold the k-th
image of classes 0 ... 9.  Nothing is random, and any prefix of a multiple of ten rows is
balanced.  The official row number of each image is kept in ``row_train``, ``row_test``.
"""

import sys
from pathlib import Path

import numpy as np

from sgdtheory._files import npz_bytes, sha256, write_atomic

OUT = Path(__file__).parents[1] / "pkg/sgdtheory/data/fashion_mnist_small.npz"
PER_CLASS = {"train": 120, "test": 50}


def rows(labels: np.ndarray, per_class: int) -> np.ndarray:
    """Official row numbers, shape ``(10 * per_class,)``, in the order of the rule."""
    return np.stack([np.flatnonzero(labels == k)[:per_class] for k in range(10)], 1).ravel()


def main(source: str) -> None:
    with np.load(source, allow_pickle=False) as full:
        arrays = {}
        for split, per_class in PER_CLASS.items():
            row = rows(full[f"y_{split}"], per_class)
            arrays[f"x_{split}"] = full[f"x_{split}"][row]
            arrays[f"y_{split}"] = full[f"y_{split}"][row]
            arrays[f"row_{split}"] = row.astype(np.uint16)
    data = npz_bytes(arrays)
    write_atomic(OUT, data)
    print(f"{OUT.name}: {len(data)} bytes, sha256 {sha256(data)}")


if __name__ == "__main__":
    main(*sys.argv[1:])
