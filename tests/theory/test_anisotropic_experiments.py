"""ANI-E1 and ANI-E2: the pieces of the experiments, each against a route of its own."""

from itertools import product

import numpy as np
import pytest
import torch

from sgdtheory.checks.anisotropic import networks, toy
from sgdtheory.networks import curvature
from sgdtheory.theory import catalog


@pytest.fixture(scope="module")
def local():
    """Points all over the landscape: in both basins and on the wall between them."""
    rng = np.random.default_rng(0)
    p = toy.MINIMUM + rng.uniform(-1, 1, (200, 2)) * [0.5, 1.2]
    p[::5] = -toy.MINIMUM + rng.standard_normal((40, 2))
    return toy.Local(toy.Data(1, 200, n=30), p)


def losses(local, p):
    """Loss (R, n) of every sample, straight from the formula in the coordinates w."""
    w, x = p @ toy.AXES, local.data.x @ toy.AXES
    z = w[:, None] - x - 1
    steep = 100 * (z @ toy.AXES[0]) ** 2 + 10 * (z @ toy.AXES[1]) ** 2
    return np.minimum(steep, ((w[:, None] - x + 1) ** 2).sum(-1))


def test_gradient_and_covariance_are_those_of_the_loss(local):
    h = 1e-6
    each = np.stack(
        [
            (losses(local, local.p + s) - losses(local, local.p - s)) / (2 * h)
            for s in h * np.eye(2)
        ],
        -1,
    )
    assert np.allclose(local.gradient, each.mean(1), atol=1e-5)
    centred = each - each.mean(1, keepdims=True)
    C = np.einsum("rni,rnj->rij", centred, centred) / centred.shape[1]
    assert np.allclose(local.covariance, C, atol=1e-3)
    assert ((local.sharp > 0) & (local.sharp < 1)).sum() >= 10, "some points are on the wall"


def test_one_sample_has_this_gradient_and_covariance(local):
    draw = np.random.default_rng(2)
    drawn = np.array([local.one_sample(draw) for _ in range(2000)])
    error = np.sqrt(np.einsum("rii->ri", local.covariance) / len(drawn))
    assert (np.abs(drawn.mean(0) - local.gradient) <= 5 * error + 1e-12).all()


@pytest.mark.parametrize("name", list(toy.DYNAMICS)[1:])
def test_every_imposed_noise_has_the_trace(name, local):
    draw = np.random.default_rng(3)
    noise = np.array([toy.DYNAMICS[name](local, draw) for _ in range(2000)])
    found = (noise**2).sum(-1).mean()
    if name == "SGD":
        assert np.isclose(found, (toy.ETA**2 * local.trace).mean(), rtol=0.05)
    else:
        assert np.isclose(found, toy.TRACE, rtol=0.02)


def test_at_the_sharp_minimum_one_step_forgets_where_it_was():
    data = toy.Data(4, 6)
    p = toy.MINIMUM + np.linspace(-0.1, 0.1, 6)[:, None] * [1, 0]
    after = p - toy.ETA * toy.Local(data, p).gradient
    assert np.allclose(after[:, 0], toy.MINIMUM[0] + data.x[..., 0].mean(1))


def test_walls_are_where_the_radius_is_one():
    near, far = toy.walls()
    assert np.allclose([near, far], [2 * 2**0.5 / 11, 2 * 2**0.5 / 9])
    for u in (-near, far):
        assert np.isclose(toy.radius(toy.MINIMUM + [u, 0.0]), 1)


@pytest.fixture(scope="module")
def small():
    """Ten samples: all labels can be tried.  Untrained, so that few outputs are clipped."""
    net, (x, y) = networks.OneHiddenLayer(5, hidden=20), networks.data(6, 10)
    return net, x, curvature.hessian(net, networks.squared, x, y)


def test_no_labels_align_less_or_more(small):
    net, x, H = small
    low, high = networks.alignments_of_labels(net, x, H)
    found = []
    for labels in product((0.0, 1.0), repeat=len(x)):
        y = torch.tensor(labels, dtype=torch.float64)
        F = curvature.empirical_fisher(net, networks.squared, x, y)
        found.append(networks.alignment(H, F))
    assert np.allclose([low, high], [min(found), max(found)])
    assert high - low > 0.1


def test_the_hessian_does_not_depend_on_the_labels(small):
    net, x, H = small
    other = curvature.hessian(net, networks.squared, x, torch.ones(len(x)).double())
    assert torch.allclose(H, other, atol=1e-12)


def test_isotropic_noise_has_ratio_one_and_the_hessian_alignment_one(small):
    H = small[2]
    assert np.isclose(networks.ratio(H, torch.eye(len(H)).double()), 1)
    assert np.isclose(networks.alignment(H, H), 1)


def test_dead_units_double_the_ratio(small):
    H = small[2]
    wide = torch.block_diag(H, torch.zeros_like(H))
    assert np.isclose(networks.ratio(wide, wide), 2 * networks.ratio(H, H))


@pytest.mark.parametrize("check", [(toy, "ANI-E1"), (networks, "ANI-E2")], ids=lambda c: c[1])
def test_every_bound_has_its_values_and_its_null(check):
    module, id = check
    claim = catalog.get(id).claim
    values = module.measured(0 if module is toy else networks.SEEDS[0])
    bounds = {label for label, part in claim.items() if not part.is_Equality}
    assert set(values) == set(module.nulls(values)) == bounds
    for label in bounds:
        assert set(values[label]) == claim[label].free_symbols
