"""Flatness, curvature, noise and windows against closed forms, plain loops and refusals."""

import math

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.functional import cross_entropy

from sgdtheory.networks import curvature, fluctuations, gradient_noise, models

D, N, L0 = 5, 40, 0.3


class Quadratic(nn.Module):
    """Outputs ``A w + b`` with orthonormal columns: mean of squares is L0 + |s|^2 h / 2."""

    def __init__(self):
        super().__init__()
        self.w = nn.Parameter(torch.zeros(D, dtype=torch.float64))

    def forward(self, x):
        return x @ self.w


class Given(nn.Module):
    """One output per sample: a function of the single weight."""

    def __init__(self, function):
        super().__init__()
        self.w, self.function = nn.Parameter(torch.zeros(2, dtype=torch.float64)), function

    def forward(self, x):
        return self.function(self.w[0]) + 0 * x[:, 0] + 0 * self.w[1]


def first(output, _):
    return output.mean()


def squares(output, y):
    return ((output - y) ** 2 / 2).mean()


@pytest.fixture
def quadratic():
    """Model, loss, data with ``L = L0 + w.H w/2`` exactly, and H = diag(1 .. D)."""
    draw = np.random.default_rng(0)
    basis = np.linalg.qr(draw.standard_normal((N, D + 1)))[0]
    x = basis[:, :D] * np.sqrt(N * np.arange(1.0, D + 1))
    y = basis[:, D] * math.sqrt(2 * N * L0)  # orthogonal to x: w = 0 is the minimum
    return Quadratic(), squares, torch.as_tensor(x), torch.as_tensor(y)


@pytest.fixture(scope="module")
def network():
    """A small ReLU network without biases, its data, and some directions of its layer."""
    draw = torch.Generator().manual_seed(0)
    x = torch.randn(30, 6, generator=draw, dtype=torch.float64)
    y = torch.randint(3, (30,), generator=draw)
    p = torch.randn(7, 20, generator=draw, dtype=torch.float64)
    p = p / p.norm(dim=1, keepdim=True)
    return models.mlp([6, 5, 4, 3], seed=1, bias=False).double(), cross_entropy, x, y, p


def moved(net, p, shift):
    """The loss with fc2 moved, by a plain loop."""
    with torch.no_grad():
        start = net.fc2.weight.clone()
        net.fc2.weight += shift * torch.as_tensor(p).reshape(4, 5)
    return net, start


def plain(net, x, y, p, shift):
    net, start = moved(net, p, shift)
    with torch.no_grad():
        loss = cross_entropy(net(x), y).item()
        net.fc2.weight.copy_(start)
    return loss


@pytest.mark.parametrize("level", [math.e, 2.0])
def test_flatness_of_a_quadratic_loss_is_exact(quadratic, level):
    found = fluctuations.flatness(*quadratic, np.eye(D), level=level)
    exact = np.sqrt(8 * (level - 1) * L0 / np.arange(1.0, D + 1))
    assert found.missing == 0 and found.loss == pytest.approx(L0, rel=1e-12)
    np.testing.assert_allclose(found.F, exact, rtol=1e-9)
    np.testing.assert_allclose(found.left, -found.right, rtol=1e-9)


def test_curvature_and_noise_of_a_quadratic_loss(quadratic):
    P = np.linalg.qr(np.random.default_rng(1).standard_normal((D, D)))[0]
    H = np.einsum("ki,i,ki->k", P, np.arange(1.0, D + 1), P)
    np.testing.assert_allclose(fluctuations.curvature_along(*quadratic, P), H, rtol=1e-10)
    for replacement in (True, False):
        C = curvature.covariance(*quadratic, 8, replacement).numpy()
        found = fluctuations.noise_along(*quadratic, P, 8, replacement)
        np.testing.assert_allclose(found, np.einsum("ki,ij,kj->k", P, C, P), rtol=1e-10)


def test_flatness_of_a_log_quadratic_loss_and_of_a_lopsided_one():
    x, y = torch.zeros(3, 1, dtype=torch.float64), torch.zeros(3, dtype=torch.float64)
    net = Given(lambda w: 0.1 * torch.exp(9 * w**2 / 2))
    found = fluctuations.flatness(net, first, x, y, [[1.0, 0.0]])
    assert found.F[0] == pytest.approx(math.sqrt(8 / 9), rel=1e-9)
    net = Given(lambda w: torch.where(w > 0, torch.exp(w), torch.exp(-2 * w)))
    found = fluctuations.flatness(net, first, x, y, [[1.0, 0.0]])
    assert (found.left[0], found.right[0]) == pytest.approx((-0.5, 1.0), rel=1e-9)


@pytest.mark.parametrize("function", [
    lambda w: 1 + w, lambda w: 1 + torch.tanh(w) ** 2, lambda w: 1 + 0 * w,
], ids=["linear", "bounded", "constant"])  # fmt: skip
def test_no_root_gives_nan_and_a_count(function):
    x, y = torch.zeros(3, 1, dtype=torch.float64), torch.zeros(3, dtype=torch.float64)
    found = fluctuations.flatness(Given(function), first, x, y, [[1.0, 0.0], [0.5, 0.0]])
    assert np.isnan(found.F).all() and found.missing == 2


def test_one_missing_root_does_not_touch_the_others(quadratic):
    net, loss, x, y = quadratic
    x = x.clone()
    x[:, 1] = 0  # the loss does not depend on the second weight
    found = fluctuations.flatness(net, loss, x, y, np.eye(D))
    assert found.missing == 1 and np.isnan(found.F[1])
    exact = np.sqrt(8 * (math.e - 1) * L0 / np.array([1.0, 3, 4, 5]))
    np.testing.assert_allclose(np.delete(found.F, 1), exact, rtol=1e-9)


def test_a_network_against_plain_loops(network):
    net, loss, x, y, p = network
    shifts = np.array([-0.4, 0.0, 1.5])
    found = fluctuations.profiles(net, loss, x, y, p, shifts, parameters="fc2")
    loop = [[plain(net, x, y, row, s) for s in shifts] for row in p]
    np.testing.assert_allclose(found, loop, rtol=1e-12)
    own = fluctuations.profiles(net, loss, x, y, p, shifts[:, None].T + np.zeros((7, 1)),
                                parameters="fc2")  # fmt: skip
    np.testing.assert_array_equal(found, own)
    F = fluctuations.flatness(net, loss, x, y, p, parameters="fc2")
    good = np.flatnonzero(~np.isnan(F.F))
    assert len(good) > 2
    for i in good:
        for end in (F.left[i], F.right[i]):
            assert plain(net, x, y, p[i], end) == pytest.approx(math.e * F.loss, rel=1e-8)


def test_curvature_and_noise_of_a_network_against_whole_matrices(network):
    *problem, p = network
    P = p.numpy()
    H = curvature.hessian(*problem, parameters="fc2").numpy()
    found = fluctuations.curvature_along(*problem, P, parameters="fc2")
    np.testing.assert_allclose(found, np.einsum("ki,ij,kj->k", P, H, P), atol=1e-12)
    g = gradient_noise.per_sample_gradients(*problem, parameters="fc2").numpy()
    S = np.cov(g.T, bias=True)
    found = fluctuations.noise_along(*problem, P, 5, parameters="fc2")
    factor = gradient_noise.batch_factor(30, 5, False)
    np.testing.assert_allclose(found, factor * np.einsum("ki,ij,kj->k", P, S, P), rtol=1e-9)


def test_the_gauss_newton_matrix_of_a_relu_layer_is_its_hessian(network):
    *problem, _ = network
    full, fast = (
        fluctuations.hessian_directions(*problem, parameters="fc2", gauss_newton=g)
        for g in (False, True)
    )
    np.testing.assert_allclose(full.variances, fast.variances, atol=1e-12)
    assert (np.diff(full.variances) <= 0).all()
    along = fluctuations.curvature_along(*problem, full.directions, parameters="fc2")
    np.testing.assert_allclose(along, full.variances, atol=1e-12)


def test_several_layers_and_a_model_that_is_no_sequence_give_the_same(network):
    """The layers before are evaluated once, only where that is the same thing."""

    class Wrapped(nn.Module):
        def __init__(self, net):
            super().__init__()
            self.net = net

        def forward(self, x):
            return self.net(x)

    net, loss, x, y, p = network
    plain_F = fluctuations.flatness(net, loss, x, y, p, parameters="fc2").F
    other = fluctuations.flatness(Wrapped(net), loss, x, y, p, parameters="net.fc2").F
    np.testing.assert_allclose(plain_F, other, rtol=1e-9)
    wide = torch.cat([torch.zeros(7, 30, dtype=torch.float64), p], 1)
    both = fluctuations.flatness(net, loss, x, y, wide, parameters=["fc1", "fc2"]).F
    np.testing.assert_allclose(plain_F, both, rtol=1e-9)


def test_a_convolution(monkeypatch):
    """Chunks of samples and of directions change nothing."""
    draw = torch.Generator().manual_seed(0)
    net = models.small_cnn(seed=0).double()
    x = torch.rand(6, 1, 28, 28, generator=draw, dtype=torch.float64)
    y = torch.arange(6)
    p = torch.randn(3, 2500, generator=draw, dtype=torch.float64)
    asked = (net, cross_entropy, x, y, p)
    F = fluctuations.flatness(*asked, parameters="conv2.weight").F
    monkeypatch.setattr("sgdtheory.networks._fluctuations_layer.SAMPLES", 4)
    monkeypatch.setattr("sgdtheory.networks._fluctuations_layer.BLOCK", 2)
    again = fluctuations.flatness(*asked, parameters="conv2.weight").F
    np.testing.assert_allclose(F, again, rtol=1e-9)
    assert not np.isnan(F).any()


def test_replicas_without_drift():
    """What two replicas have in common drops out, the variance of the rest stays."""
    draw = np.random.default_rng(0)
    drift = np.outer(np.arange(4000.0), [1.0, 0.0])
    b, c = (drift + [2.0, 3.0] * draw.standard_normal((4000, 2)) for _ in range(2))
    found = fluctuations.variances_along(fluctuations.drift_free(b, c), np.eye(2))
    np.testing.assert_allclose(found, [4, 9], rtol=4 * math.sqrt(2 / 4000))


def test_split_window_of_a_walk_tells_selection_from_variance():
    """In sample the variances of a walk fall with rank; the next window's do not."""
    w = np.random.default_rng(1).standard_normal((800, 500)).cumsum(0)
    found = fluctuations.split_window(w, line=False)
    k = np.arange(40)
    inside, fresh = found.components.variances[k], found.fresh[k]
    assert inside[0] / inside[-1] > 500
    assert fresh[:10].mean() / fresh[-10:].mean() < 5
    odd = fluctuations.split_window(np.concatenate([w, w[-1:]])[:801], line=False)
    np.testing.assert_array_equal(odd.fresh, found.fresh)


def test_correlation_time_of_an_autoregression():
    """``tau = 1/(2 h)`` for a long window."""
    draw, h, u = np.random.default_rng(2), 0.1, np.zeros((20_000, 1))
    for t in range(1, len(u)):
        u[t] = (1 - h) * u[t - 1] + draw.standard_normal()
    (tau,) = fluctuations.correlation_times(u, [[1.0]])
    assert tau == pytest.approx(1 / (2 * h), rel=0.1)


@pytest.mark.parametrize(("call", "says"), [
    (lambda q: fluctuations.flatness(*q, np.eye(D + 1)), r"directions must be \(k, 5\)"),
    (lambda q: fluctuations.flatness(*q, np.ones(D)), "must have 2 axes"),
    (lambda q: fluctuations.flatness(*q, np.zeros((1, D))), "must not be zero"),
    (lambda q: fluctuations.flatness(*q, np.eye(D), level=1.0), "level must be > 1"),
    (lambda q: fluctuations.flatness(*q, np.eye(D), parameters="v"), "must name parameters"),
    (lambda q: fluctuations.profiles(*q, np.eye(D), np.ones((2, 3))), "shifts must be"),
    (lambda q: fluctuations.profiles(*q, np.eye(D), [np.nan]), "must be finite"),
    (lambda q: fluctuations.noise_along(*q, np.eye(D), N + 1), "batch_size must be <="),
    (lambda _: fluctuations.split_window(np.ones((3, 2))), ">= 4 steps"),
    (lambda _: fluctuations.drift_free(np.ones((1, 2)), np.ones((1, 2))), "T >= 2"),
    (lambda _: fluctuations.drift_free(np.ones((3, 2)), np.ones((4, 2))), "one shape"),
    (lambda _: fluctuations.correlation_times(np.ones((1, 2)), np.eye(2)), ">= 2 steps"),
    (lambda _: fluctuations.correlation_times(np.ones((5, 2)), np.eye(2)), "needs motion"),
])  # fmt: skip
def test_refusals(quadratic, call, says):
    with pytest.raises(ValueError, match=says):
        call(quadratic)


def test_a_loss_of_zero_has_no_flatness(quadratic):
    net, loss, x, y = quadratic
    with pytest.raises(ValueError, match="loss at the weights must be > 0"):
        fluctuations.flatness(net, loss, x, 0 * y, np.eye(D))
