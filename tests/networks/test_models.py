"""Seeded networks, parameters as a vector, checkpoints."""

import json

import numpy as np
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from torch.nn.functional import cross_entropy

from sgdtheory import _files
from sgdtheory.networks import datasets, models


@pytest.mark.parametrize("make, size", [(models.small_cnn, 11_330), (models.lenet, 61_706)])
def test_shapes_and_sizes(make, size):
    net = make(seed=0)
    assert net(torch.zeros(2, 1, 28, 28)).shape == (2, 10)
    assert sum(p.numel() for p in net.parameters()) == size


@pytest.mark.parametrize(
    "depth, shortcuts, size",
    [
        (14, True, 175_258), (14, False, 172_506), (20, True, 272_474), (20, False, 269_722),
        (56, True, 855_770), (56, False, 853_018),
    ],
)  # fmt: skip
def test_residual_networks_have_the_sizes_of_their_source(depth, shortcuts, size):
    """Parameters with the affine ones of the batch norms."""
    net = models.resnet(depth, shortcuts, seed=0)
    assert sum(p.numel() for p in net.parameters()) == size


def test_residual_network_adds_its_input():
    """Second batch norm of a block at zero: relu of the input, or nothing."""
    x = torch.rand(4, 16, 8, 8)
    for shortcuts, expected in ((True, x), (False, torch.zeros_like(x))):
        net = models.resnet(8, shortcuts, seed=0)
        assert net(torch.rand(2, 3, 32, 32)).shape == (2, 10)
        block = net.block1_1
        torch.nn.init.zeros_(block.norm2.weight)
        assert torch.equal(block(x), expected)
        assert float(block.norm1.weight.detach().min()) == 1
    with pytest.raises(ValueError, match="depth must be 6 n"):
        models.resnet(18, True, seed=0)


def test_seed_alone_decides():
    state = torch.get_rng_state()
    a, b, c = (models.flatten(models.select(models.small_cnn(seed=s))) for s in (1, 1, 2))
    assert torch.equal(a, b) and not torch.equal(a, c)
    assert torch.equal(state, torch.get_rng_state())


def test_kaiming_variance():
    """Sample variance of 400 x 300 normal weights: 2 / fan_in within 4 s.e."""
    w = models.mlp([400, 300, 2], seed=0).fc1.weight.detach().double()
    scaled = float((w**2).mean()) * 400
    assert abs(scaled - 2) < 4 * 2 * np.sqrt(2 / w.numel())
    assert float(models.mlp([4, 3], seed=0).fc1.bias.detach().abs().max()) == 0


def test_flatten_and_unflatten():
    chosen = models.select(models.small_cnn(seed=0), ["fc2", "conv1.bias"])
    assert list(chosen) == ["conv1.bias", "fc2.weight", "fc2.bias"]
    back = models.unflatten(models.flatten(chosen), chosen)
    assert all(torch.equal(back[k], chosen[k]) for k in chosen)
    with pytest.raises(ValueError, match=r"shape \(520,\)"):
        models.unflatten(torch.zeros(7), chosen)


def test_checkpoint_round_trip_and_damage(tmp_path):
    net, other = models.mlp([3, 4, 2], seed=0), models.mlp([3, 4, 2], seed=1)
    path = tmp_path / "net.npz"
    digest = models.save_checkpoint(net, path, seed=0)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["net.json", "net.npz"]
    manifest = models.load_checkpoint(other, path)
    assert manifest == {"seed": 0, "sha256": digest}
    x = torch.ones(1, 3)
    assert torch.equal(net(x), other(x))
    with pytest.raises(ValueError, match="the layers of net.npz"):
        models.load_checkpoint(models.mlp([3, 2], seed=0), path)
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(_files.Damaged, match=rf"net\.npz must have sha256 {digest}, got"):
        models.load_checkpoint(other, path)


def test_committed_checkpoint():
    """It is small, and as converged on its 1,000 images as its manifest says."""
    net = models.small_cnn(seed=0)
    facts = models.load_checkpoint(net, "small_cnn_fashion")
    path = models.CHECKPOINTS / "small_cnn_fashion.npz"
    assert path.stat().st_size <= 100_000
    x, y = datasets.load("fashion_mnist_small", n=1000)
    with torch.no_grad():
        out = net(x)
    assert int((out.argmax(1) != y).sum()) == facts["wrong"]
    # float32 forward pass on another machine
    assert float(cross_entropy(out, y)) == pytest.approx(facts["loss"], rel=1e-3)
    stored = json.loads(path.with_suffix(".json").read_text())
    assert stored["script"] == "tools/make_checkpoint_small_cnn.py"


@settings(max_examples=30, deadline=None)
@given(widths=st.lists(st.integers(-2, 3), max_size=4))
def test_bad_widths_are_refused(widths):
    assume(len(widths) < 2 or min(widths) < 1)
    with pytest.raises(ValueError, match="width"):
        models.mlp(widths, seed=0)


def test_bad_seeds_are_refused():
    with pytest.raises(ValueError, match="seed must be >= 0"):
        models.small_cnn(seed=-1)
    with pytest.raises(TypeError, match="seed must be an integer"):
        models.lenet(seed=0.5)
