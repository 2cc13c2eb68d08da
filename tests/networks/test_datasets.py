"""Image sets: what is loaded, and that a damaged file is refused by name and checksum."""

import gzip
import hashlib

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from sgdtheory import _files
from sgdtheory.networks import datasets


@pytest.mark.parametrize("split, n", [("train", 1200), ("test", 500)])
def test_small_subset(split, n):
    x, y = datasets.load("fashion_mnist_small", split)
    assert x.shape == (n, 1, 28, 28) and x.dtype == torch.float32
    assert y.shape == (n,) and y.dtype == torch.int64
    assert float(x.min()) == 0.0 and float(x.max()) == 1.0
    assert torch.equal(y, torch.arange(10).repeat(n // 10))
    assert len(np.unique(x.numpy().reshape(n, -1), axis=0)) == n


def test_subset_keeps_its_official_rows():
    arrays = _files.npz_arrays((datasets.DATA / "fashion_mnist_small.npz").read_bytes())
    for split, rows in (("train", 60_000), ("test", 10_000)):
        row = arrays[f"row_{split}"].reshape(-1, 10)
        assert (np.diff(row.astype(int), axis=0) > 0).all() and row.max() < rows / 10


def test_digits():
    x, y = datasets.load("digits", n=100)
    assert x.shape == (100, 1, 8, 8) and float(x.max()) == 1.0 and y.shape == (100,)
    assert len(datasets.load("digits", "test")[0]) == 297


@pytest.mark.parametrize("damage", ["flip", "cut"])
def test_damaged_subset_is_refused(tmp_path, monkeypatch, damage):
    data = bytearray((datasets.DATA / "fashion_mnist_small.npz").read_bytes())
    if damage == "flip":
        data[5000] ^= 1
    else:
        del data[-1000:]
    (tmp_path / "fashion_mnist_small.npz").write_bytes(data)
    monkeypatch.setattr(datasets, "DATA", tmp_path)
    with pytest.raises(_files.Damaged) as error:
        datasets.load("fashion_mnist_small")
    found = hashlib.sha256(data).hexdigest()
    for words in ("fashion_mnist_small.npz", datasets.SMALL, found):
        assert words in str(error.value)


def full_set(folder, name, n=20):
    x = np.arange(n * 784, dtype=np.uint32).astype(np.uint8).reshape(n, 28, 28)
    y = (np.arange(n) % 10).astype(np.uint8)
    np.savez(folder / f"{name}.npz", x_train=x, y_train=y, x_test=x[:5], y_test=y[:5])
    return x, y


def test_full_set_from_the_data_folder(tmp_path, monkeypatch):
    raw, labels = full_set(tmp_path, "mnist")
    monkeypatch.setenv("SGDTHEORY_DATA", str(tmp_path))
    x, y = datasets.load("mnist", n=20)
    np.testing.assert_array_equal((x[:, 0] * 255).round().numpy(), raw)
    np.testing.assert_array_equal(y, labels)
    assert len(datasets.load("mnist", "test")[0]) == 5
    path = tmp_path / "mnist.npz"
    path.write_bytes(path.read_bytes()[:3000])
    with pytest.raises(_files.Damaged, match=r"mnist\.npz"):
        datasets.load("mnist")


def idx(array):
    head = bytes([0, 0, 8, array.ndim]) + np.array(array.shape, ">i4").tobytes()
    return gzip.compress(head + array.astype(np.uint8).tobytes())


def test_official_download(tmp_path, monkeypatch):
    """Served from a folder in place of the network; a wrong checksum leaves no file."""
    x, y = np.arange(2 * 784).reshape(2, 28, 28) % 251, np.array([3, 7])
    files = {datasets.FILES[0]: idx(x), datasets.FILES[1]: idx(y)}
    served, cache = tmp_path / "served", tmp_path / "cache"
    served.mkdir()
    for name, data in files.items():
        (served / name).write_bytes(data)
    md5 = [hashlib.md5(data).hexdigest() for data in files.values()]

    import pooch

    retrieve = pooch.retrieve

    def from_folder(url, known_hash, **options):
        def copy(url, output_file, _):
            data = (served / url.rpartition("/")[2]).read_bytes()
            with open(output_file, "wb") as file:
                file.write(data)

        return retrieve(url, known_hash, downloader=copy, **options)

    monkeypatch.delenv("SGDTHEORY_DATA", raising=False)
    monkeypatch.setattr(pooch, "retrieve", from_folder)
    monkeypatch.setattr(pooch, "os_cache", lambda name: cache)
    monkeypatch.setitem(datasets.OFFICIAL, "mnist", ("https://example.org/", *md5, "", ""))
    images, labels = datasets.load("mnist")
    np.testing.assert_array_equal((images[:, 0] * 255).round().numpy(), x)
    assert labels.tolist() == [3, 7]

    monkeypatch.setitem(datasets.OFFICIAL, "mnist", ("https://example.org/", "0" * 32, *md5))
    for file in (cache / "mnist").iterdir():
        file.unlink()
    with pytest.raises(ValueError, match="hash"):
        datasets.load("mnist")
    assert list((cache / "mnist").iterdir()) == []


@settings(max_examples=30, deadline=None)
@given(cut=st.integers(1, 40))
def test_cut_idx_is_refused(cut):
    whole = gzip.decompress(idx(np.ones((2, 3, 4))))
    with pytest.raises(ValueError, match="IDX"):
        datasets.read_idx(gzip.compress(whole[:-cut]))


def test_bad_requests():
    with pytest.raises(ValueError, match="name must be one of"):
        datasets.load("imagenet")
    with pytest.raises(ValueError, match="split must be one of"):
        datasets.load("digits", "validation")
    with pytest.raises(ValueError, match="n must be <= 1200"):
        datasets.load("fashion_mnist_small", n=1201)
    with pytest.raises(ValueError, match="n must be >= 1"):
        datasets.load("fashion_mnist_small", n=0)
