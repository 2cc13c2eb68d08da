"""Covariance of the minibatch gradient: closed forms, enumeration, independent routes."""

from itertools import combinations, product

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn.functional import cross_entropy, mse_loss

from sgdtheory.networks import _per_sample, models
from sgdtheory.networks import gradient_noise as noise

torch.set_num_threads(1)


def draw(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed)).double()


@pytest.fixture
def regression():
    """Linear regression with one output: model, x (6, 3), y (6, 1)."""
    return models.mlp([3, 1], seed=1).double(), draw(6, 3), draw(6, 1, seed=1)


@pytest.fixture
def convolution():
    """A small conv net with stride, padding, dilation and a twice-used layer."""
    net = nn.Sequential(
        nn.Conv2d(1, 3, 3, padding=1, stride=2), nn.ReLU(), nn.Conv2d(3, 2, 2, dilation=2),
        nn.Tanh(), nn.Flatten(), nn.Linear(8, 8), nn.Tanh(), nn.Linear(8, 4),
    )  # fmt: skip
    net[5] = nn.Sequential(shared := nn.Linear(8, 8), nn.Tanh(), shared)
    generator = torch.Generator().manual_seed(3)
    for p in net.parameters():
        p.data = 0.5 * torch.randn(p.shape, generator=generator)
    return net.double(), draw(7, 1, 8, 8), torch.arange(7) % 4


def gradients_by_hand(net, x, y):
    """Per-sample gradients (n, 4) of mse_loss for ``w . x + c``: ``2 r_i (x_i, 1)``."""
    residual = (net(x) - y).detach()
    return 2 * residual * torch.cat([x, torch.ones(len(x), 1)], 1)


def population_trace(g):
    return float(((g - g.mean(0)) ** 2).sum() / len(g))


def test_linear_regression_closed_form(regression):
    net, x, y = regression
    g = gradients_by_hand(net, x, y)
    found = noise.per_sample_gradients(net, mse_loss, x, y)
    np.testing.assert_allclose(found, g, rtol=1e-8)
    tr = noise.trace(net, mse_loss, x, y, batch_size=2)
    assert tr == pytest.approx(population_trace(g) / 2, rel=1e-8)


@pytest.mark.parametrize("b", [1, 2, 3, 6])
@pytest.mark.parametrize("replacement", [True, False])
def test_every_minibatch_of_six_points(regression, b, replacement):
    """PLD-P1: 1/b with replacement, (n-b)/(b(n-1)) without, exactly."""
    net, x, y = regression
    g = gradients_by_hand(net, x, y).numpy()
    batches = product(range(6), repeat=b) if replacement else combinations(range(6), b)
    means = np.stack([g[list(batch)].mean(0) for batch in batches])
    exact = ((means - means.mean(0)) ** 2).sum(1).mean()
    found = noise.trace(net, mse_loss, x, y, b, replacement)
    assert found == pytest.approx(exact, rel=1e-8, abs=1e-12)
    if b > 1:
        wrong = noise.trace(net, mse_loss, x, y, b, not replacement)
        assert wrong != pytest.approx(exact, rel=0.1, abs=1e-12)


def test_fast_route_is_vmap_grad(convolution):
    net, x, y = convolution
    chosen = {k: p.detach() for k, p in net.named_parameters()}
    assert _per_sample.layered(net, chosen)
    fast = _per_sample.by_capture(net, cross_entropy, x, y, chosen)
    sure = _per_sample.by_vmap(net, cross_entropy, x, y, chosen)
    np.testing.assert_allclose(fast, sure, rtol=1e-8, atol=1e-12)
    assert float(sure.abs().max()) > 1e-3


def test_same_padding_and_sequence_input():
    net = nn.Sequential(nn.Conv2d(1, 2, (1, 3), padding="same"), nn.Linear(5, 3)).double()
    x, y = draw(4, 1, 5, 5), draw(4, 2, 5, 3, seed=2)
    chosen = {k: p.detach() for k, p in net.named_parameters()}
    fast = _per_sample.by_capture(net, mse_loss, x, y, chosen)
    sure = _per_sample.by_vmap(net, mse_loss, x, y, chosen)
    np.testing.assert_allclose(fast, sure, rtol=1e-8, atol=1e-12)


class Twice(nn.Module):
    """Uses its layer's weight once more, outside the layer, where no hook can see it."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(3, 3)

    def forward(self, x):
        return self.layer(x) + x @ self.layer.weight


def test_a_weight_used_outside_its_layer_is_noticed():
    net, x, y = Twice().double(), draw(5, 3), draw(5, 3, seed=4)
    rows = [
        torch.autograd.grad(mse_loss(net(x[i : i + 1]), y[i : i + 1]), list(net.parameters()))
        for i in range(5)
    ]
    g = torch.stack([torch.cat([t.ravel() for t in row]) for row in rows])
    np.testing.assert_allclose(noise.per_sample_gradients(net, mse_loss, x, y), g, rtol=1e-8)


def test_layers_add_up_and_other_layers_are_counted(convolution):
    net, x, y = convolution
    whole = noise.trace(net, cross_entropy, x, y, 3)
    layers = ["0", "2", "5", "7"]
    parts = [noise.trace(net, cross_entropy, x, y, 3, parameters=k) for k in layers]
    assert sum(parts) == pytest.approx(whole, rel=1e-8)
    group = nn.Sequential(nn.Linear(3, 4), nn.GroupNorm(2, 4), nn.Linear(4, 2)).double()
    a, b = draw(5, 3), draw(5, 2, seed=1)
    g = noise.per_sample_gradients(group, mse_loss, a, b)
    assert g.shape == (5, 34)
    assert noise.trace(group, mse_loss, a, b, 1) == pytest.approx(population_trace(g), rel=1e-8)


@pytest.mark.parametrize("replacement", [True, False])
def test_covariance_vector_product(convolution, replacement):
    net, x, y = convolution
    g = noise.per_sample_gradients(net, cross_entropy, x, y)
    centred = g - g.mean(0)
    v = draw(g.shape[1], seed=5)
    factor = 1 / 2 if replacement else (7 - 2) / (2 * 6)
    exact = factor * centred.T @ (centred @ v) / 7
    found = noise.covariance_vector_product(net, cross_entropy, x, y, v, 2, replacement)
    np.testing.assert_allclose(found, exact, rtol=1e-8, atol=1e-14)


def test_scan_of_a_quadratic_loss_is_a_parabola(regression):
    """PLD-P1: exact for quadratic per-sample losses, sigma_g + 2 rho s + sigma_H s^2."""
    net, x, y = regression
    e = draw(4, seed=6)
    s = np.linspace(-2, 2, 9)
    before = [p.detach().clone() for p in net.parameters()]
    scan = noise.covariance_scan(net, mse_loss, x, y, e, s, batch_size=2)
    z = torch.cat([x, torch.ones(6, 1)], 1)
    g0, h = gradients_by_hand(net, x, y), 2 * z * (z @ e)[:, None]
    centred = [t - t.mean(0) for t in (g0, h)]
    cov = [float((a * b).sum() / 6) for a, b in ((centred[0], centred[0]), centred)]
    sigma_g, rho, sigma_h = *cov, population_trace(h)
    np.testing.assert_allclose(
        scan.traces, (sigma_g + 2 * rho * s + sigma_h * s**2) / 2, rtol=1e-8
    )
    assert np.abs(scan.traces - (sigma_g + rho * s + sigma_h * s**2) / 2).max() > 0.05 * sigma_g
    exact = noise.expansion(net, mse_loss, x, y, e, batch_size=2)
    found = [exact.sigma_g, exact.rho, exact.sigma_H]
    np.testing.assert_allclose(found, np.array([sigma_g, rho, sigma_h]) / 2, rtol=1e-8)
    assert abs(exact.third) < 1e-12 * sigma_h
    for p, old in zip(net.parameters(), before, strict=True):
        assert torch.equal(p, old)


def test_cubic_loss_has_a_third_part():
    """PLD-P1: with l = g u + h u^2/2 + T u^3/6 the s^2 term is sigma_H + Cov(g, T)."""
    g, h, t = (draw(6, seed=k) for k in (7, 8, 9))

    class Line(nn.Module):
        def __init__(self):
            super().__init__()
            self.u = nn.Parameter(torch.zeros(1).double())

        def forward(self, x):
            return self.u * torch.ones(len(x), 1).double()

    def loss(u, c):
        return (c[:, :1] * u + c[:, 1:2] * u**2 / 2 + c[:, 2:] * u**3 / 6).sum()

    net, c = Line(), torch.stack([g, h, t], 1)
    x, e = torch.zeros(6, 1).double(), torch.ones(1).double()
    exact = noise.expansion(net, loss, x, c, e)
    cov = np.cov(c.numpy().T, ddof=0)
    np.testing.assert_allclose(
        [exact.sigma_g, exact.rho, exact.sigma_H, exact.third],
        [cov[0, 0], cov[0, 1], cov[1, 1], cov[0, 2]],
        rtol=1e-8,
    )
    s = np.linspace(-1, 1, 9)
    fit = np.polynomial.Polynomial.fit(
        s, noise.covariance_scan(net, loss, x, c, e, s).traces, 4
    ).convert()
    assert fit.coef[2] == pytest.approx(exact.curvature, rel=1e-8)
    assert fit.coef[2] != pytest.approx(exact.sigma_H, rel=0.05)


def test_scan_leave_one_out(convolution):
    net, x, y = convolution
    size = sum(p.numel() for p in net[2].parameters())
    scan = noise.covariance_scan(
        net, cross_entropy, x, y, torch.ones(size).double(), [0.0, 0.1], parameters="2"
    )
    keep = [0, 1, 2, 3, 5, 6]
    direct = noise.trace(net, cross_entropy, x[keep], y[keep], 1, parameters="2")
    assert scan.leave_one_out.shape == (2, 7)
    assert scan.leave_one_out[0, 4] == pytest.approx(direct, rel=1e-8)
    whole = noise.trace(net, cross_entropy, x, y, 1, parameters="2")
    assert scan.traces[0] == pytest.approx(whole, rel=1e-8)
    assert scan.traces[1] != pytest.approx(whole, rel=1e-3)


def test_float32_against_float64(convolution):
    net, x, y = convolution
    exact = noise.trace(net, cross_entropy, x, y, 1)
    assert noise.trace(net.float(), cross_entropy, x.float(), y, 1) == pytest.approx(
        exact, rel=1e-4
    )


def test_any_reduction_will_do(convolution):
    net, x, y = convolution
    mean = noise.trace(net, nn.CrossEntropyLoss(), x, y, 1)
    for reduction in ("sum", "none"):
        loss = nn.CrossEntropyLoss(reduction=reduction)
        assert noise.trace(net, loss, x, y, 1) == pytest.approx(mean, rel=1e-8)


@pytest.mark.parametrize("layer", [nn.Dropout(0.5), nn.BatchNorm1d(3)])
def test_training_mode_is_refused_and_eval_mode_measured(layer):
    net = nn.Sequential(nn.Linear(3, 3), layer, nn.Linear(3, 1)).double()
    x, y = draw(6, 3), draw(6, 1, seed=1)
    state = torch.get_rng_state()
    with pytest.raises(ValueError, match=r"training mode; call model\.eval\(\)"):
        noise.trace(net, mse_loss, x, y, 2)
    assert noise.trace(net.eval(), mse_loss, x, y, 2) > 0
    assert torch.equal(state, torch.get_rng_state())


class Noisy(nn.Linear):
    def forward(self, x):
        return super().forward(x) + torch.rand(())


class Coupled(nn.Linear):
    def forward(self, x):
        return super().forward(x - x.mean(0))


@pytest.mark.parametrize("kind", [Noisy, Coupled])
def test_the_probe_finds_what_inspection_cannot(kind):
    net = kind(3, 1).double()
    with pytest.raises(ValueError, match="deterministic and independent"):
        noise.trace(net, mse_loss, draw(6, 3), draw(6, 1, seed=1), 2)


@settings(max_examples=20, deadline=None)
@given(n=st.integers(1, 5), extra=st.integers(1, 3))
def test_bad_data_is_refused(n, extra):
    net = models.mlp([2, 1], seed=0).double()
    with pytest.raises(ValueError, match="same number"):
        noise.trace(net, mse_loss, draw(n, 2), draw(n + extra, 1), 1)
    with pytest.raises(ValueError, match="same number >= 1"):
        noise.trace(net, mse_loss, draw(0, 2), draw(0, 1), 1)
    with pytest.raises(ValueError, match="batch_size must be <= n"):
        noise.trace(net, mse_loss, draw(n, 2), draw(n, 1), n + extra, replacement=False)
    bad = draw(n, 2)
    bad[0, 0] = float("nan")
    with pytest.raises(ValueError, match="finite"):
        noise.trace(net, mse_loss, bad, draw(n, 1), 1)
    with pytest.raises(ValueError, match="y must be finite"):
        noise.trace(net, mse_loss, draw(n, 2), bad[:, :1], 1)


@settings(max_examples=20, deadline=None)
@given(b=st.one_of(st.integers(-3, 0), st.floats(0.5, 3)))
def test_bad_batch_sizes_are_refused(b):
    with pytest.raises((ValueError, TypeError), match="batch_size"):
        noise.batch_factor(10, b)


def test_other_refusals(regression):
    net, x, y = regression
    with pytest.raises(ValueError, match="'fc7'"):
        noise.trace(net, mse_loss, x, y, 1, parameters="fc7")
    with pytest.raises(ValueError, match="one number for one sample"):
        noise.trace(net, lambda out, target: (out - target).expand(-1, 2) ** 2, x, y, 1)
    with pytest.raises(ValueError, match="distances must be finite"):
        noise.covariance_scan(net, mse_loss, x, y, torch.ones(4).double(), [float("nan")])
    with pytest.raises(ValueError, match=r"shape \(4,\)"):
        noise.covariance_vector_product(net, mse_loss, x, y, torch.ones(3).double(), 1)
