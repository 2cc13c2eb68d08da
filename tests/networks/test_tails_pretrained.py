"""Pretrained weights: loaders that check what they read, statistics, the stored summary."""

import os
from dataclasses import asdict, replace

import numpy as np
import pytest
from scipy import stats

from sgdtheory._files import Damaged, sha256
from sgdtheory.networks import pretrained


@pytest.fixture
def tensors():
    """What a file of weights may hold."""
    rng = np.random.default_rng(0)
    return {
        "conv1/kernel": rng.standard_normal((3, 3, 4, 8)).astype(np.float32),
        "fc.weight": rng.standard_normal((10, 12)).astype(np.float32),
        "fc.bias": np.ones(10, np.float32),
        "bn.running_mean": np.zeros((1, 60), np.float32),
    }


def source(layers, **online):
    return pretrained.Source("weights_some", pretrained.digest(layers), **online)


def test_a_local_file_gives_matrices_with_the_outputs_first(tensors, monkeypatch, tmp_path):
    layers = pretrained.matrices(tensors)
    np.savez(tmp_path / "weights_some.npz", **tensors)
    monkeypatch.setenv("SGDTHEORY_DATA", str(tmp_path))
    monkeypatch.setitem(pretrained.SOURCES, "mtcnn", source(layers))
    read = pretrained.load("mtcnn")
    assert {k: w.shape for k, w in read.items()} == {
        "conv1/kernel": (8, 4, 3, 3), "fc.weight": (10, 12),
    }  # fmt: skip
    assert read["conv1/kernel"][5, 2, 1, 0] == tensors["conv1/kernel"][1, 0, 2, 5]


def test_a_local_file_of_other_weights_is_refused(tensors, monkeypatch, tmp_path):
    layers = pretrained.matrices(tensors)
    monkeypatch.setenv("SGDTHEORY_DATA", str(tmp_path))
    monkeypatch.setitem(pretrained.SOURCES, "mtcnn", source(layers))
    np.savez(tmp_path / "weights_some.npz", **{"fc.weight": 2 * tensors["fc.weight"]})
    with pytest.raises(Damaged, match="fetch it again"):
        pretrained.load("mtcnn")


def test_the_digest_does_not_depend_on_order_or_packing(tensors):
    layers = pretrained.matrices(tensors)
    other = {k: np.asfortranarray(layers[k]) for k in reversed(layers)}
    assert pretrained.digest(other) == pretrained.digest(layers)
    other["fc.weight"] = layers["fc.weight"].T
    assert pretrained.digest(other) != pretrained.digest(layers)


@pytest.mark.parametrize("wrapped", [False, True])
@pytest.mark.parametrize("digits", [8, 64])
def test_a_download_is_compared_with_its_checksum(
    wrapped, digits, tensors, monkeypatch, tmp_path
):
    import pooch
    import torch

    state = {f"module.{k}": torch.from_numpy(w) for k, w in tensors.items()}
    torch.save({"state_dict": state, "best_prec1": 9.0} if wrapped else state, tmp_path / "w")
    known = sha256((tmp_path / "w").read_bytes())[:digits]
    seen = []

    def retrieve(url, expected, **where):
        seen.append((url, expected))
        return str(tmp_path / "w")

    monkeypatch.delenv("SGDTHEORY_DATA", raising=False)
    monkeypatch.setattr(pooch, "retrieve", retrieve)
    good = pretrained.Source("weights_some", "", "https://a.b/w.pth", known)
    monkeypatch.setitem(pretrained.SOURCES, "resnet20", good)
    assert set(pretrained.load("resnet20")) == {"conv1/kernel", "fc.weight"}
    assert seen == [("https://a.b/w.pth", f"sha256:{known}" if digits == 64 else None)]
    monkeypatch.setitem(pretrained.SOURCES, "resnet20", replace(good, sha256="0" * digits))
    with pytest.raises(Damaged, match="delete the file"):
        pretrained.load("resnet20")


def test_absent_weights_name_the_remedy(monkeypatch, tmp_path):
    import pooch

    def offline(*args, **kwargs):
        raise OSError("no route to host")

    monkeypatch.setenv("SGDTHEORY_DATA", str(tmp_path))
    monkeypatch.setattr(pooch, "retrieve", offline)
    for name in ("resnet20", "mtcnn"):
        with pytest.raises(FileNotFoundError, match=rf"SGDTHEORY_DATA.*summary\('{name}'\)"):
            pretrained.load(name)
    for reads in (pretrained.load, pretrained.summary):
        with pytest.raises(ValueError, match="name must be one of"):
            reads("vgg16")


def test_the_summary_is_small_whole_and_said_where_it_is_from():
    text = pretrained.STORED.with_suffix(".md").read_text()
    assert pretrained.STORED.stat().st_size < 100_000
    assert f"`{sha256(pretrained.STORED.read_bytes())}`" in text
    for name in pretrained.NAMES:
        t = pretrained.summary(name)
        assert f"`{name}`" in text
        assert (t.counts.sum(axis=1) == t.size).all()
        assert all(len(column) == len(t.name) for key, column in asdict(t).items()
                   if key != "pools")  # fmt: skip
    assert pretrained.summary("mobilenet_v2").size.sum() == 3_469_760
    assert pretrained.summary("mtcnn").size.sum() == 494_082


def test_a_damaged_summary_is_refused(monkeypatch, tmp_path):
    copy = tmp_path / "pretrained_weights.npz"
    copy.write_bytes(pretrained.STORED.read_bytes()[:-1])
    monkeypatch.setattr(pretrained, "STORED", copy)
    pretrained._stored.cache_clear()
    with pytest.raises(Damaged, match="pretrained_weights.npz"):
        pretrained.summary("resnet20")


@pytest.mark.skipif(
    not os.path.isfile(
        os.path.join(os.environ.get("SGDTHEORY_DATA", ""), "weights_resnet20_cifar10.npz")
    ),
    reason="needs the weights: set SGDTHEORY_DATA",
)
def test_the_summary_is_what_describe_finds():
    stored = pretrained.summary("resnet20")
    found = pretrained.describe(pretrained.load("resnet20"))
    for key, column in asdict(found).items():
        if column.dtype.kind == "f":
            assert np.allclose(column, getattr(stored, key), rtol=1e-4, equal_nan=True), key
        else:
            assert (column == getattr(stored, key)).all(), key


@pytest.fixture(scope="module")
def known():
    """A Gaussian layer, a Student t layer, and Gaussian filters of two widths."""
    rng = np.random.default_rng(3)
    width = np.where(np.arange(40) % 2, 1.0, 3.0)[:, None]
    return pretrained.describe({
        "gaussian": 0.1 * rng.standard_normal((40, 500)),
        "student": 2 + rng.standard_t(5, (40, 500)),
        "filters": width * rng.standard_normal((40, 500)),
        "depthwise": rng.standard_normal((200, 1, 3, 3)),
    })  # fmt: skip


def test_describe_finds_what_is_known(known):
    assert known.size.tolist() == [20_000, 20_000, 20_000, 1800]
    assert known.filters.tolist() == [40, 40, 40, 200]
    assert abs(known.kurtosis[0] - 3) < 0.15 and known.gain[0] < 4
    assert abs(known.nu[1] - 5) < 4 * known.nu_error[1]
    assert known.kappa[1] == (known.nu[1] + 1) / 2
    assert abs(known.loc[1] - 2) < 0.05 and abs(known.scale[1] - 1) < 0.05
    # 3 (1 + CV^2) with variances 1 and 9: 3 * 41 / 25.
    assert abs(known.kurtosis[2] - 4.92) < 0.3
    assert abs(known.filtered[2] - 3) < 0.15 and abs(known.shuffled[2] - 4.92) < 0.3
    assert known.filtered_nu[2] > 5 * known.nu[2]
    assert np.isnan(known.filtered[3]) and np.isnan(known.shuffled_nu[3])


def test_describe_tells_a_student_t_from_two_gaussians(known):
    laplace, mixture = known.rivals.T
    assert np.isnan(laplace[0]) and np.isnan(mixture[0])
    assert laplace[1] > 2 and mixture[1] > 2
    assert mixture[2] < -2


def test_fits_are_judged(known):
    p = pretrained.fit_p_values(known)
    assert p[1] > 1e-3 and p[2] < 1e-6
    to_t, to_gaussian = pretrained.distances(known)
    assert to_t[1] < 0.02 < to_gaussian[1]
    largest = pretrained.largest_p_values(known)
    assert 1e-3 < largest[1] < 1 - 1e-3 and largest[2] < 1e-3


def test_the_largest_weight_of_a_gaussian_layer():
    t = pretrained.summary("mobilenet_v2")
    assert np.isinf(t.nu).any()
    i = int(np.flatnonzero(np.isinf(t.nu))[0])
    told = (1 - 2 * stats.norm.sf(t.largest[i] / t.scale[i])) ** int(t.size[i])
    assert pretrained.largest_p_values(t)[i] == pytest.approx(told)


def test_pools_of_gaussians(known):
    """Shares and variances by hand: TLS-4."""
    two = replace(known, size=np.array([300, 100]), sd=np.array([1.0, 2.0]),
                  filters=np.array([3, 20]))  # fmt: skip
    assert pretrained.pooled_gaussians(two) == pytest.approx(3 * (0.75 + 4) / 1.75**2)
    v = np.array([2 / 100, 2 / 5])
    told = 3 * (0.75 * v[0] ** 2 + 0.25 * v[1] ** 2) / (0.75 * v[0] + 0.25 * v[1]) ** 2
    assert pretrained.untrained(two) == pytest.approx(told)


@pytest.mark.parametrize(
    "layers, says",
    [
        ({}, "layers must hold >= 1"),
        ({"b": np.arange(60.0)}, "b must have >= 2 axes"),
        ({"w": np.full((10, 10), np.nan)}, "w must be finite"),
        ({"w": np.ones((2, 3))}, "w must hold >= 50"),
        ({"w": np.ones((20, 30))}, "half of its values equal"),
    ],
)
def test_describe_refuses(layers, says):
    with pytest.raises(ValueError, match=says):
        pretrained.describe(layers)


def test_a_constant_filter_stays_at_zero():
    from sgdtheory.networks._weight_statistics import in_filter_units

    rows = in_filter_units(np.array([[2.0, 2.0], [1.0, 3.0]]))
    assert rows.tolist() == [[0.0, 0.0], [-1.0, 1.0]]
