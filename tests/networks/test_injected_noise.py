"""Injected noise: sample covariances against the stated ones, and the traps by name."""

import numpy as np
import pytest
import torch

from sgdtheory.networks import injected_noise as noise

DRAWS = 10_000
VALUES = torch.tensor([3.0, 1.0, -2.0]).double()
SIZE = 5


def basis(k=3):
    rng = np.random.default_rng(7)
    return torch.tensor(np.linalg.qr(rng.standard_normal((SIZE, k)))[0])


def of_pairs(values, vectors):
    return vectors @ torch.diag(values) @ vectors.T


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


V, VARIANCES = basis(), torch.tensor([0.0, 1.0, 0.5, 2.0, 4.0]).double()
POSITIVE = torch.tensor([3.0, 1.0, 0.0]).double()
EYE = torch.eye(SIZE).double()
CASES = {
    "constant": (lambda g: noise.constant(SIZE, 0.3, g), 0.09 * EYE),
    "isotropic": (lambda g: noise.isotropic(SIZE, 2.0, g), 0.4 * EYE),
    "diagonal": (lambda g: noise.diagonal(VARIANCES, g), torch.diag(VARIANCES)),
    "leading": (lambda g: noise.leading(POSITIVE, V, g), of_pairs(POSITIVE, V)),
    "leading, matched": (
        lambda g: noise.leading(POSITIVE, V, g, trace=2.0), of_pairs(POSITIVE / 2, V)
    ),
    "hessian": (lambda g: noise.hessian(VALUES, V, 2.0, g), of_pairs(POSITIVE / 2, V)),
    "first_eigenvector": (
        lambda g: noise.first_eigenvector(3 * V[:, 0], 2.0, g),
        2 * torch.outer(V[:, 0], V[:, 0]),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_sample_covariance_and_trace(name):
    """ANI-E3: each entry and the trace within 4 s.e.; the matrix of half of it beyond 8."""
    draw, exact = CASES[name]
    g = generator(11)
    eps = torch.stack([draw(g) for _ in range(DRAWS)]).double()
    assert eps.shape == (DRAWS, SIZE)
    variances = exact.diagonal()
    stderr = ((torch.outer(variances, variances) + exact**2) / DRAWS).sqrt() + 1e-12
    z = (eps.T @ eps / DRAWS - exact) / stderr
    assert float(z.abs().max()) <= 4
    mean = eps.mean(0) / ((variances / DRAWS).sqrt() + 1e-12)
    assert float(mean.abs().max()) <= 4
    squares = eps.square().sum(1)
    pull = (float(squares.mean()) - np.array([1, 0.5]) * float(exact.trace())) / (
        float(squares.std()) / DRAWS**0.5
    )
    assert abs(pull[0]) <= 4 and abs(pull[1]) >= 8


def test_signed_normalisation_with_absolute_roots_is_too_strong():
    """ANI-E3: the trap of the public code; right only if no eigenvalue is negative."""
    trace, g = 2.0, generator(3)
    z = torch.randn(DRAWS, 3, generator=g, dtype=torch.float64)
    trap = (z * (VALUES.abs() * trace / VALUES.sum()).sqrt()) @ V.T
    ours = torch.stack([noise.hessian(VALUES, V, trace, g) for _ in range(DRAWS)])
    found, wrong = (float(e.square().sum(1).mean()) for e in (ours, trap))
    assert found == pytest.approx(trace, rel=0.05)
    assert wrong == pytest.approx(trace * float(VALUES.abs().sum() / VALUES.sum()), rel=0.05)
    assert wrong > 2.5 * trace
    assert float((ours @ V[:, 2]).abs().max()) < 1e-12 < float((trap @ V[:, 2]).abs().max())


def test_leading_is_weaker_than_the_whole_unless_it_is_rescaled():
    c = of_pairs(torch.tensor([4.0, 2.0, 1.0, 0.5, 0.5]).double(), basis(5))
    values, vectors = torch.linalg.eigh(c)
    top = values[-2:], vectors[:, -2:]
    plain, matched = (
        torch.stack([noise.leading(*top, g, trace=t) for _ in range(DRAWS)])
        for g, t in ((generator(1), None), (generator(2), float(c.trace())))
    )
    assert float(plain.square().sum(1).mean()) == pytest.approx(6, rel=0.05)
    assert float(matched.square().sum(1).mean()) == pytest.approx(8, rel=0.05)


@pytest.mark.parametrize("name", CASES)
def test_draws_depend_on_the_generator_alone(name):
    draw, _ = CASES[name]
    state = torch.get_rng_state()
    g = generator(5)
    first, second = draw(g), draw(g)
    assert torch.equal(first, draw(generator(5))) and not torch.equal(first, second)
    assert torch.equal(torch.get_rng_state(), state)


def test_dtype_follows_the_argument():
    g = generator()
    assert noise.isotropic(3, 1.0, g).dtype == torch.float32
    assert noise.constant(3, 1.0, g, dtype=torch.float64).dtype == torch.float64
    assert noise.diagonal(VARIANCES.float(), g).dtype == torch.float32
    assert noise.leading(POSITIVE.float(), V.float(), g).dtype == torch.float32
    assert noise.first_eigenvector(V[:, 0], 1.0, g).dtype == torch.float64


def test_a_printed_loop_reaches_the_stationary_covariance():
    """ANI-1: w' = w - eta (h w + eps) ends at variance eta s / (h (2 - eta h)), s = trace/P."""
    eta, h, g = 0.5, 1.0, generator(9)
    w, squares = torch.zeros(2000), []
    for step in range(60):
        w = w - eta * (h * w + noise.isotropic(2000, 2000 * 0.3, g))
        if step >= 30 and step % 10 == 9:
            squares.append(float(w.square().mean()))
    exact = eta * 0.3 / (h * (2 - eta * h))
    assert np.mean(squares) == pytest.approx(exact, rel=4 * (2 / 6000) ** 0.5)


@pytest.mark.parametrize("trace", [0.0, -1.0, float("nan"), float("inf")])
def test_bad_traces_are_refused(trace):
    g = generator()
    calls = (
        lambda: noise.isotropic(3, trace, g),
        lambda: noise.leading(POSITIVE, V, g, trace=trace),
        lambda: noise.hessian(VALUES, V, trace, g),
        lambda: noise.first_eigenvector(V[:, 0], trace, g),
    )
    for call in calls:
        with pytest.raises(ValueError, match="trace must be .* pass the trace"):
            call()


def test_refusals():
    g = generator()
    with pytest.raises(ValueError, match="sigma must be > 0"):
        noise.constant(3, -1.0, g)
    with pytest.raises(ValueError, match="size must be >= 1"):
        noise.isotropic(0, 1.0, g)
    with pytest.raises(TypeError, match="must be a torch.Generator, got int"):
        noise.isotropic(3, 1.0, 0)
    with pytest.raises(ValueError, match="variances must be >= 0, got -1"):
        noise.diagonal(VARIANCES - 1, g)
    with pytest.raises(ValueError, match="variances must be a finite vector"):
        noise.diagonal(torch.diag(VARIANCES), g)
    with pytest.raises(TypeError, match="variances must be floating point"):
        noise.diagonal(torch.arange(3), g)
    with pytest.raises(ValueError, match="eigenvalues must be >= 0, got -2"):
        noise.leading(VALUES, V, g)
    with pytest.raises(ValueError, match="must not all be 0"):
        noise.leading(0 * POSITIVE, V, g, trace=1.0)
    with pytest.raises(ValueError, match="must hold a positive one"):
        noise.hessian(-POSITIVE, V, 1.0, g)
    with pytest.raises(ValueError, match=r"shape \(P, 3\)"):
        noise.leading(POSITIVE, V.T, g)
    with pytest.raises(ValueError, match="orthonormal columns"):
        noise.hessian(VALUES, 2 * V, 1.0, g)
    with pytest.raises(ValueError, match="vector must not be zero"):
        noise.first_eigenvector(0 * V[:, 0], 1.0, g)
