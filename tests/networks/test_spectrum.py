"""Eigenpairs and traces from products alone, against dense matrices."""

import numpy as np
import pytest
import torch
from torch.nn.functional import cross_entropy

from sgdtheory.networks import curvature, models

torch.set_num_threads(1)


def symmetric(spectrum, seed=0):
    """A dense symmetric matrix of the given spectrum in a random basis."""
    values = torch.as_tensor(spectrum, dtype=torch.float64)
    rng = np.random.default_rng(seed)
    q = torch.tensor(np.linalg.qr(rng.standard_normal((len(values), len(values))))[0])
    return q @ torch.diag(values) @ q.T


@pytest.mark.parametrize("size", [4, 9, 60])
@pytest.mark.parametrize("k", [1, 4])
def test_top_eigenpairs_are_those_of_the_dense_matrix(size, k):
    a = symmetric(np.linspace(-9, 4, size) ** 3)
    values, vectors = curvature.top_eigenpairs(lambda v: a @ v, size, k, seed=1, tol=1e-12)
    exact = torch.linalg.eigvalsh(a).flip(0)[:k]
    np.testing.assert_allclose(values, exact, rtol=1e-8)
    np.testing.assert_allclose(a @ vectors, vectors * values, atol=1e-6)
    np.testing.assert_allclose(vectors.T @ vectors, torch.eye(k), atol=1e-10)
    assert (vectors.gather(0, vectors.abs().argmax(0)[None]) > 0).all()


@pytest.mark.parametrize("rest", [[1.0, 0.5], list(np.linspace(-1, 2, 60))])
def test_power_iteration_finds_the_largest_absolute_eigenvalue(rest):
    """The trap of ANI-E3. {3, ..., -5}: power iteration ends at -5, the top eigenvalue is 3."""
    a = symmetric([3.0, *rest, -5.0])
    v = torch.ones(len(a)).double()
    for _ in range(200):
        v = a @ v / (a @ v).norm()
    assert float(v @ a @ v) == pytest.approx(-5, rel=1e-8)
    values, vectors = curvature.top_eigenpairs(lambda u: a @ u, len(a), 1, seed=0)
    assert float(values) == pytest.approx(3, rel=1e-6)
    assert abs(float(vectors[:, 0] @ v)) < 1e-4


def test_the_top_of_a_negative_matrix_is_negative():
    a = -symmetric(np.arange(1.0, 41))
    values, _ = curvature.top_eigenpairs(lambda v: a @ v, 40, 2, seed=0)
    np.testing.assert_allclose(values, [-1, -2], rtol=1e-6)


def test_a_network_from_its_products():
    net = models.mlp([6, 8, 3], seed=0).double()
    x = torch.tensor(np.random.default_rng(0).standard_normal((30, 6)))
    y = torch.arange(30) % 3
    h = curvature.hessian(net, cross_entropy, x, y)

    def matvec(v):
        return curvature.hessian_vector_product(net, cross_entropy, x, y, v)

    values, _ = curvature.top_eigenpairs(matvec, 83, 5, seed=0)
    np.testing.assert_allclose(values, torch.linalg.eigvalsh(h).flip(0)[:5], rtol=1e-6)
    again, _ = curvature.top_eigenpairs(matvec, 83, 5, seed=0)
    assert torch.equal(values, again)
    estimate = curvature.hutchinson_trace(matvec, 83, probes=200, seed=1)
    assert abs(estimate.z(float(h.trace()))) <= 4
    assert abs(estimate.z(float(h.trace()) / 2)) >= 8


def test_float32_products():
    a = symmetric(np.linspace(-3, 5, 50)).float()
    values, vectors = curvature.top_eigenpairs(
        lambda v: a @ v, 50, 2, seed=0, tol=1e-4, dtype=torch.float32
    )
    assert values.dtype == vectors.dtype == torch.float32
    assert float(values[0]) == pytest.approx(5, rel=1e-3)


def test_hutchinson_of_a_diagonal_matrix_is_exact():
    d = torch.arange(1, 6).double()
    found = curvature.hutchinson_trace(lambda v: d * v, 5, probes=2, seed=0)
    assert (found.value, found.stderr, found.n) == (15, 0, 2)


def test_hutchinson_variance():
    """One probe has variance sum over i < j of (A_ij + A_ji)^2."""
    a = torch.tensor(np.random.default_rng(2).standard_normal((7, 7)))
    found = curvature.hutchinson_trace(lambda v: a @ v, 7, probes=20_000, seed=3)
    assert abs(found.z(float(a.trace()))) <= 4
    exact = float(torch.triu(a + a.T, 1).square().sum())
    assert found.stderr**2 * found.n == pytest.approx(exact, rel=0.05)


def test_hutchinson_of_a_product_of_two_matrices():
    """Tr(H C) of a data set that is too large for `trace_of_product`."""
    h, c = symmetric(np.arange(-3.0, 9)), symmetric(np.arange(1.0, 13), seed=1)
    found = curvature.hutchinson_trace(lambda v: h @ (c @ v), 12, probes=4000, seed=0)
    assert abs(found.z(float((h * c).sum()))) <= 4
    with pytest.raises(ValueError, match="must be symmetric"):
        curvature.top_eigenpairs(lambda v: h @ (c @ v), 12, 2, seed=0)


def test_no_global_random_state():
    a = symmetric(np.arange(1.0, 41))
    state, legacy = torch.get_rng_state(), np.random.get_state()[1].copy()
    curvature.top_eigenpairs(lambda v: a @ v, 40, 2, seed=0)
    curvature.hutchinson_trace(lambda v: a @ v, 40, probes=2, seed=0)
    assert torch.equal(torch.get_rng_state(), state)
    assert (np.random.get_state()[1] == legacy).all()


def test_refusals():
    a = symmetric(np.arange(1.0, 41))
    with pytest.raises(ValueError, match="k must be <= size = 40, got 41"):
        curvature.top_eigenpairs(lambda v: a @ v, 40, 41, seed=0)
    with pytest.raises(ValueError, match="must not be zero"):
        curvature.top_eigenpairs(lambda v: 0 * v, 40, 2, seed=0)
    with pytest.raises(ValueError, match="40 finite numbers, got shape \\(2,\\)"):
        curvature.top_eigenpairs(lambda v: v[:2], 40, 2, seed=0)
    with pytest.raises(ValueError, match="with 40 NaN"):
        curvature.hutchinson_trace(lambda v: v / 0, 40, probes=2, seed=0)
    with pytest.raises(TypeError, match="must return a tensor, got ndarray"):
        curvature.hutchinson_trace(lambda v: v.numpy(), 40, probes=2, seed=0)
    with pytest.raises(TypeError, match="seed must be"):
        curvature.top_eigenpairs(lambda v: a @ v, 40, 2, seed=None)
    with pytest.raises(ValueError, match="probes must be >= 2"):
        curvature.hutchinson_trace(lambda v: a @ v, 40, probes=1, seed=0)
    close = symmetric(1 + 1e-7 * np.arange(300))
    with pytest.raises(RuntimeError, match="Lanczos must converge for k = 6"):
        curvature.top_eigenpairs(
            lambda v: close @ v, 300, 6, seed=0, tol=1e-14, max_iterations=1
        )
