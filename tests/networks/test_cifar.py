"""CIFAR-10 from its official archive or a local file, on a few made-up images."""

import io
import tarfile

import numpy as np
import pytest
import torch

from sgdtheory.networks import cifar


def archive(rows):
    """The official archive's layout; each file holds the same rows."""
    buffer, data = io.BytesIO(), rows.tobytes()
    with tarfile.open(fileobj=buffer, mode="w:gz") as out:
        for name in (*cifar.FILES["train"], *cifar.FILES["test"]):
            member = tarfile.TarInfo(f"cifar-10-batches-bin/{name}")
            member.size = len(data)
            out.addfile(member, io.BytesIO(data))
    return buffer.getvalue()


@pytest.fixture
def rows():
    rows = np.random.default_rng(0).integers(0, 256, (2, 3073), dtype=np.uint8)
    rows[:, 0] = 3, 7
    return rows


def test_archive(rows):
    x, y = cifar.read_archive(archive(rows), "train")
    assert x.shape == (10, 3, 32, 32) and list(y) == [3, 7] * 5
    assert x[1, 2, 0, 5] == rows[1, 1 + 2 * 1024 + 5]  # blue, first row, sixth column
    with pytest.raises(ValueError, match="rows of 3,073 bytes"):
        cifar.read_archive(archive(rows[:, :-1]), "test")


def test_local_file(rows, tmp_path, monkeypatch):
    x, y = cifar.read_archive(archive(rows), "test")
    kept = x.transpose(0, 2, 3, 1)
    np.savez(tmp_path / "cifar10.npz", x_train=kept, y_train=y, x_test=kept[:1], y_test=y[:1])
    monkeypatch.setenv("SGDTHEORY_DATA", str(tmp_path))
    images, labels = cifar.load()
    assert torch.equal(images, torch.as_tensor(x.copy()).float() / 255)
    assert labels.dtype == torch.int64 and len(cifar.load("test")[0]) == 1
    with pytest.raises(ValueError, match="split"):
        cifar.load("validation")


def test_five_local_parts_in_their_order(rows, tmp_path, monkeypatch):
    for k in range(1, 6):
        x = np.full((2, 32, 32, 3), k, dtype=np.uint8)
        np.savez(tmp_path / f"cifar10_train_{k}.npz", x=x, y=np.array([k, k + 1], np.uint8))
    monkeypatch.setenv("SGDTHEORY_DATA", str(tmp_path))
    images, labels = cifar.load()
    assert images.shape == (10, 3, 32, 32)
    assert list(labels) == [1, 2, 2, 3, 3, 4, 4, 5, 5, 6]
