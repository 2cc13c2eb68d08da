"""Curvature of networks: closed forms, autograd's dense Hessian, and the traps by name."""

from itertools import combinations, product

import numpy as np
import pytest
import torch
from torch import nn
from torch.func import functional_call
from torch.nn.functional import cross_entropy, mse_loss

from sgdtheory.networks import _products, curvature, gradient_noise, models

torch.set_num_threads(1)


def draw(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed)).double()


def half_squared(output, target):
    return ((output - target) ** 2).sum() / 2


def perceptron():
    return models.mlp([4, 6, 3], seed=2).double(), draw(7, 4), torch.arange(7) % 3


def convolutional():
    net = nn.Sequential(
        nn.Conv2d(1, 2, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(2, 3, 2), nn.Tanh(),
        nn.Flatten(), nn.Linear(12, 3),
    )  # fmt: skip
    generator = torch.Generator().manual_seed(3)
    for p in net.parameters():
        p.data = 0.5 * torch.randn(p.shape, generator=generator)
    return net.double(), draw(5, 1, 8, 8), torch.arange(5) % 3


NETS = pytest.mark.parametrize("build", [perceptron, convolutional])


@pytest.fixture(autouse=True)
def several_chunks(monkeypatch):
    """Data sets of 5 to 7 samples then take several pieces, the last one smaller."""
    monkeypatch.setattr(_products, "CHUNK", 3)
    monkeypatch.setattr(_products, "BLOCK", 4)


def outputs_of(net, x, names=None):
    """Outputs as a function of the flat vector of selected parameters, and that vector."""
    chosen = {k: p.detach() for k, p in models.select(net, names).items()}
    return (
        lambda w: functional_call(net, models.unflatten(w, chosen), (x,)),
        models.flatten(chosen),
    )


def hessian_by_autograd(net, loss_fn, x, y, names=None):
    f, w = outputs_of(net, x, names)
    return torch.autograd.functional.hessian(lambda u: loss_fn(f(u), y), w)


@NETS
@pytest.mark.parametrize("names", [None, ["0", "3", "fc1"]])
def test_hessian_is_that_of_autograd(build, names):
    net, x, y = build()
    if names:
        names = [k for k in names if k in dict(net.named_modules())]
    exact = hessian_by_autograd(net, cross_entropy, x, y, names)
    found = curvature.hessian(net, cross_entropy, x, y, parameters=names)
    np.testing.assert_allclose(found, exact, atol=1e-10)
    v = draw(len(exact), seed=5)
    along = curvature.hessian_vector_product(net, cross_entropy, x, y, v, parameters=names)
    np.testing.assert_allclose(along, exact @ v, atol=1e-10)
    trace = curvature.hessian_trace(net, cross_entropy, x, y, parameters=names)
    assert trace == pytest.approx(float(exact.trace()), rel=1e-10)
    assert float(exact.abs().max()) > 0.1


def test_linear_regression_has_the_second_moment_of_its_inputs():
    net, x, y = models.mlp([3, 1], seed=1).double(), draw(8, 3), draw(8, 1, seed=1)
    z = torch.cat([x, torch.ones(8, 1)], 1)
    exact = z.T @ z / 8
    found = curvature.hessian(net, half_squared, x, y)
    np.testing.assert_allclose(found, exact, rtol=1e-10)
    v = draw(4, seed=2)
    gauss_newton = curvature.gauss_newton_vector_product(net, half_squared, x, y, v)
    np.testing.assert_allclose(gauss_newton, exact @ v, rtol=1e-10)
    fisher = curvature.fisher(net, x, likelihood="gaussian")
    np.testing.assert_allclose(fisher, exact, rtol=1e-10)
    only = curvature.hessian(net, half_squared, x, y, parameters="fc1.weight")
    np.testing.assert_allclose(only, exact[:3, :3], rtol=1e-10)


def test_a_loss_without_curvature_has_a_zero_hessian():
    net, x, y = models.mlp([3, 1], seed=1).double(), draw(8, 3), draw(8, 1, seed=1)
    found = curvature.hessian(net, lambda output, target: (output - target).sum(), x, y)
    assert not found.any()


def gauss_newton(net, loss_fn, x, y):
    size = sum(p.numel() for p in net.parameters())
    return torch.stack(
        [
            curvature.gauss_newton_vector_product(net, loss_fn, x, y, e)
            for e in torch.eye(size).double()
        ]
    )


@NETS
def test_gauss_newton_by_explicit_jacobians_and_the_fisher_matrix(build):
    """ANI-7: for the cross-entropy they are one matrix; the Hessian is another."""
    net, x, y = build()
    f, w = outputs_of(net, x)
    jacobian = torch.autograd.functional.jacobian(f, w)
    p = torch.softmax(f(w), 1)
    inner = torch.diag_embed(p) - p[:, :, None] * p[:, None, :]
    exact = torch.einsum("nkp,nkl,nlq->pq", jacobian, inner, jacobian) / len(x)
    g = gauss_newton(net, cross_entropy, x, y)
    np.testing.assert_allclose(g, exact, atol=1e-10)
    np.testing.assert_allclose(curvature.fisher(net, x), exact, atol=1e-10)
    h = curvature.hessian(net, cross_entropy, x, y)
    assert float((h - exact).abs().max()) > 0.01 * float(exact.abs().max())


@NETS
def test_gaussian_fisher_matrix_and_the_factor_of_mse_loss(build):
    net, x, _ = build()
    target = draw(len(x), 3, seed=8)
    f = curvature.fisher(net, x, likelihood="gaussian")
    np.testing.assert_allclose(gauss_newton(net, half_squared, x, target), f, atol=1e-10)
    np.testing.assert_allclose(gauss_newton(net, mse_loss, x, target), 2 / 3 * f, atol=1e-10)


@NETS
def test_empirical_fisher_is_noise_and_not_the_fisher_matrix(build):
    net, x, y = build()
    g = gradient_noise.per_sample_gradients(net, cross_entropy, x, y).mean(0)
    s = curvature.covariance(net, cross_entropy, x, y, 1)
    found = curvature.empirical_fisher(net, cross_entropy, x, y)
    np.testing.assert_allclose(found, s + torch.outer(g, g), atol=1e-12)
    assert float((found - curvature.fisher(net, x)).abs().max()) > 0.1 * float(found.max())


@pytest.mark.parametrize("b", [1, 2, 5])
@pytest.mark.parametrize("replacement", [True, False])
def test_covariance_is_that_of_every_minibatch(b, replacement):
    net, x, y = perceptron()
    x, y = x[:5], y[:5]
    g = gradient_noise.per_sample_gradients(net, cross_entropy, x, y).numpy()
    batches = product(range(5), repeat=b) if replacement else combinations(range(5), b)
    means = np.stack([g[list(batch)].mean(0) for batch in batches])
    exact = np.cov(means.T, ddof=0) if len(means) > 1 else np.zeros((len(g.T), len(g.T)))
    found = curvature.covariance(net, cross_entropy, x, y, b, replacement)
    np.testing.assert_allclose(found, exact, rtol=1e-8, atol=1e-12)


@NETS
@pytest.mark.parametrize("replacement", [True, False])
def test_trace_of_product_and_its_isotropic_twin(build, replacement):
    """ANI-5, ANI-6: against the dense matrices; noise that follows the curvature exceeds it."""
    net, x, y = build()
    args = (net, cross_entropy, x, y)
    h = hessian_by_autograd(*args)
    c = curvature.covariance(*args, 2, replacement)
    found = curvature.trace_of_product(*args, 2, replacement)
    assert found == pytest.approx(float((h * c).sum()), rel=1e-10)
    twin = curvature.isotropic_trace_of_product(*args, 2, replacement)
    assert twin == pytest.approx(float(h.trace() * c.trace() / len(h)), rel=1e-10)
    assert found > 2 * twin
    second_moment = float((h * curvature.empirical_fisher(*args)).sum()) / 2
    assert found != pytest.approx(second_moment, rel=0.01)


@NETS
def test_trace_of_product_of_one_layer(build):
    net, x, y = build()
    layer = "fc2" if build is perceptron else "6"
    args = (net, cross_entropy, x, y)
    h = curvature.hessian(*args, parameters=layer)
    c = curvature.covariance(*args, 3, parameters=layer)
    found = curvature.trace_of_product(*args, 3, parameters=layer)
    assert found == pytest.approx(float((h * c).sum()), rel=1e-10)


def test_the_model_is_left_as_it_was():
    net, x, y = perceptron()
    before, state = models.flatten(dict(net.named_parameters())).clone(), torch.get_rng_state()
    curvature.hessian(net, cross_entropy, x, y)
    curvature.fisher(net, x)
    curvature.expected_sharpness(net, cross_entropy, x, y, 0.1, draws=3, seed=0)
    assert torch.equal(models.flatten(dict(net.named_parameters())), before)
    assert all(p.grad is None for p in net.parameters())
    assert torch.equal(torch.get_rng_state(), state)


def sharpness_case():
    """Linear regression far from its optimum: model, loss, data; Tr H and |grad L|."""
    net, x, y = models.mlp([3, 1], seed=1).double(), draw(8, 3), 5 + draw(8, 1, seed=1)
    h = curvature.hessian(net, half_squared, x, y)
    g = gradient_noise.per_sample_gradients(net, half_squared, x, y).mean(0)
    return (net, half_squared, x, y), float(h.trace()), float(g.norm())


@pytest.mark.parametrize("antithetic", [False, True])
def test_expected_sharpness_of_a_quadratic_loss(antithetic):
    """ANI-9: delta^2 Tr H / 2 exactly."""
    args, trace, _ = sharpness_case()
    found = curvature.expected_sharpness(*args, 0.5, draws=1000, seed=4, antithetic=antithetic)
    assert found.n == 1000
    assert abs(found.z(0.5**2 * trace / 2)) <= 4
    if antithetic:
        assert abs(found.z(0.5 * trace / 2)) >= 8
        assert abs(found.z(0.5**2 * trace)) >= 8


def test_absolute_differences_measure_the_gradient():
    """ANI-9: the trap. Of first order in delta, delta |g| sqrt(2/pi), and no curvature."""
    (net, loss_fn, x, y), trace, slope = sharpness_case()
    delta, rng = 1e-3, np.random.default_rng(5)
    w = models.flatten(dict(net.named_parameters())).detach()
    f, _ = outputs_of(net, x)
    rises = [
        float(loss_fn(f(w + delta * torch.tensor(rng.standard_normal(4))), y)) / 8
        - float(loss_fn(f(w), y)) / 8
        for _ in range(2000)
    ]
    absolute = np.mean(np.abs(rises))
    assert absolute == pytest.approx(delta * slope * np.sqrt(2 / np.pi), rel=0.05)
    assert absolute > 100 * delta**2 * trace / 2
    found = curvature.expected_sharpness(net, loss_fn, x, y, delta, draws=2000, seed=5)
    assert found.value == pytest.approx(np.mean(rises), rel=1e-6)
    assert abs(found.z(absolute)) >= 8
    paired = curvature.expected_sharpness(
        net, loss_fn, x, y, delta, draws=400, seed=5, antithetic=True
    )
    assert abs(paired.z(delta**2 * trace / 2)) <= 4
    assert paired.stderr < found.stderr / 100


@pytest.mark.parametrize("layer", [nn.Dropout(0.5), nn.BatchNorm1d(3)])
def test_training_mode_is_refused(layer):
    net = nn.Sequential(nn.Linear(3, 3), layer, nn.Linear(3, 1)).double()
    x, y, v = draw(6, 3), draw(6, 1, seed=1), torch.ones(22).double()
    calls = (
        lambda: curvature.hessian_vector_product(net, mse_loss, x, y, v[: size(net)]),
        lambda: curvature.gauss_newton_vector_product(net, mse_loss, x, y, v[: size(net)]),
        lambda: curvature.expected_sharpness(net, mse_loss, x, y, 0.1, draws=2, seed=0),
        lambda: curvature.trace_of_product(net, mse_loss, x, y, 1),
    )
    for call in calls:
        with pytest.raises(ValueError, match=r"training mode; call model\.eval\(\)"):
            call()
    assert curvature.hessian_trace(net.eval(), mse_loss, x, y) > 0


def size(net):
    return sum(p.numel() for p in net.parameters())


def test_refusals():
    net, x, y = perceptron()
    with pytest.raises(ValueError, match=r"shape \(51,\)"):
        curvature.hessian_vector_product(net, cross_entropy, x, y, torch.ones(3).double())
    with pytest.raises(TypeError, match="float64 on cpu .* got torch.float32"):
        curvature.hessian_vector_product(net, cross_entropy, x, y, torch.ones(51))
    with pytest.raises(ValueError, match="same number"):
        curvature.hessian(net, cross_entropy, x, y[:3])
    with pytest.raises(ValueError, match="'fc9'"):
        curvature.hessian(net, cross_entropy, x, y, parameters="fc9")
    with pytest.raises(ValueError, match="likelihood must be one of"):
        curvature.fisher(net, x, likelihood="poisson")
    with pytest.raises(ValueError, match=r"shape \(n, K\)"):
        curvature.fisher(nn.Conv2d(1, 1, 3).double(), draw(2, 1, 4, 4))
    with pytest.raises(ValueError, match="batch_size must be <= n = 7"):
        curvature.trace_of_product(net, cross_entropy, x, y, 8, replacement=False)
    with pytest.raises(ValueError, match="delta must be > 0"):
        curvature.expected_sharpness(net, cross_entropy, x, y, 0.0, draws=2, seed=0)
    with pytest.raises(ValueError, match="draws must be >= 2"):
        curvature.expected_sharpness(net, cross_entropy, x, y, 0.1, draws=1, seed=0)


@pytest.mark.parametrize(
    "name", ["hessian", "hessian_trace", "empirical_fisher", "covariance", "fisher"]
)
def test_a_large_dense_matrix_is_refused_with_its_remedy(name):
    net, x, y = models.mlp([100, 60, 3], seed=0).double(), draw(2, 100), torch.arange(2)
    args = {"covariance": (cross_entropy, x, y, 1), "fisher": (x,)}
    with pytest.raises(ValueError, match="<= 5000 parameters, got 6243; use .* parameters="):
        getattr(curvature, name)(net, *args.get(name, (cross_entropy, x, y)))
