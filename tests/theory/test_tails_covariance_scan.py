"""TLS-E1: the pieces of the scan, on a network that has not been trained."""

import numpy as np
import pytest
import torch
from torch.nn.functional import cross_entropy

from sgdtheory.checks.tails import covariance_scan as scan
from sgdtheory.networks import gradient_noise, models


@pytest.fixture(scope="module")
def case():
    """A network at its start, with the statistics of its 40 images."""
    x, y = scan.data()
    x, y = x[:40].double(), y[:40]
    net = models.resnet(8, True, seed=3).double()
    scan.keep_statistics(net, x)
    return net, x, y


def test_the_data_are_two_classes_of_mean_zero_and_variance_one():
    x, y = scan.data()
    assert x.shape == (240, 3, 14, 14) and y.bincount().tolist() == [120, 120]
    assert abs(float(x.mean())) < 1e-5 and abs(float(x.std()) - 1) < 1e-5


def test_frozen_statistics_are_those_of_all_images_and_stay(case):
    net, x, _ = case
    kept = {k: t.clone() for k, t in net.named_buffers() if "running" in k}
    frozen = net.eval()(x)
    with torch.no_grad():
        own = net.train()(x)
        net(x[:7])
    net.eval()
    for name, before in kept.items():
        assert torch.equal(net.get_buffer(name), before)
    assert torch.allclose(frozen, own, rtol=2e-2, atol=2e-3), "n - 1 against n"


def test_minibatches_with_frozen_statistics_have_the_covariance_of_single_images(case):
    net, x, y = case
    front, rest = scan.cut(net)
    e = scan.line(net.get_parameter(scan.LAYER), 1)
    (drawn,) = scan.batch_traces(net.eval(), x, y, e, [0.02], 400)
    w, before = net.get_parameter(scan.LAYER), front(x).detach()
    exact = gradient_noise.covariance_scan(
        rest, cross_entropy, before, y, e, [0.02], parameters=scan.LAYER,
        batch_size=scan.BATCH,
    )  # fmt: skip
    assert drawn == pytest.approx(exact.traces[0], rel=0.15)
    assert torch.equal(w, net.get_parameter(scan.LAYER)), "the network is as it was"


def test_only_the_batchs_own_statistics_give_the_inverse_square(case):
    net, x, y = case
    own = net.get_parameter(scan.LAYER).detach().flatten().clone()
    s = np.array([-0.2, 0.0, 0.3])
    batch = scan.batch_traces(net.train(), x, y, own, s, 4)
    frozen = scan.batch_traces(net.eval(), x, y, own, s, 4)
    assert scan.deviation(s, batch) < 1e-4 < 1e-2 < scan.deviation(s, frozen)


def test_parabola_returns_coefficient_vertex_and_fit():
    s = 0.01 * scan.STEPS
    a, vertex, r2 = scan.parabola(s, 3 * (s - 0.04) ** 2 + 1)
    assert np.allclose([a, vertex, r2], [3, 0.04, 1])
    _, vertex, r2 = scan.parabola(s, (1 + s) ** -2.0)
    assert vertex > 0.3 and 0.9999 < r2 < 1, "a good fit, its lowest point far outside"
    assert scan.parabola(s, np.abs(s))[2] < 0.94
