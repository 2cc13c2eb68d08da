"""Penalties that hold a first task: the step, the special cases, the refusals."""

import pytest
import torch

from sgdtheory.networks import continual

ETA = 0.3


def normal(*shape, seed=0):
    draw = torch.Generator().manual_seed(seed)
    return torch.randn(shape, generator=draw, dtype=torch.float64)


def axes(m, d, seed=1):
    """Orthonormal rows (m, d)."""
    return torch.linalg.qr(normal(d, d, seed=seed)).Q[:m]


def matrix(d=4, seed=2):
    """Symmetric, positive definite."""
    a = normal(2 * d, d, seed=seed)
    return a.T @ a


W, CENTRE = normal(4, seed=3), normal(4, seed=4)


@pytest.mark.parametrize("penalty", [
    continual.l2(4), continual.ewc(matrix()), continual.ewc_diagonal(matrix().diagonal()),
    continual.ldc(axes(3, 4), torch.tensor([0.2, 1.0, 4.0], dtype=torch.float64)),
])  # fmt: skip
def test_the_proximal_step_is_where_the_slope_of_penalty_and_parabola_vanishes(penalty):
    v = penalty.proximal_step(W, CENTRE, ETA).requires_grad_()
    objective = penalty.value(v, CENTRE) + ((v - W) ** 2).sum() / (2 * ETA)
    (slope,) = torch.autograd.grad(objective, v)
    assert slope.abs().max() < 1e-12


def test_the_gradient_step_follows_autograd():
    penalty = continual.ewc(matrix() / 20)
    w = W.clone().requires_grad_()
    (g,) = torch.autograd.grad(penalty.value(w, CENTRE), w)
    assert torch.allclose(penalty.gradient_step(W, CENTRE, ETA), W - ETA * g, atol=1e-12)


def test_whole_ewc_is_the_quadratic_form_of_its_matrix():
    d = W - CENTRE
    assert torch.allclose(continual.ewc(matrix()).value(W, CENTRE), d @ matrix() @ d / 2)


def test_diagonal_and_whole_ewc_agree_where_the_matrix_is_diagonal():
    diagonal = torch.tensor([0.5, 3.0, 0.0, 1.0], dtype=torch.float64)
    whole, own = continual.ewc(diagonal.diag()), continual.ewc_diagonal(diagonal)
    for step in ("proximal_step", "gradient_step"):
        found = [getattr(p, step)(W, CENTRE, ETA) for p in (whole, own)]
        assert torch.allclose(*found, atol=1e-14), step
    full = continual.ewc(matrix()).value(W, CENTRE)
    assert not torch.allclose(
        full, continual.ewc_diagonal(matrix().diagonal()).value(W, CENTRE)
    )


def test_ldc_in_the_eigenbasis_with_the_flatness_of_the_curvature_is_ewc():
    """IVF-E14: ``F^2 = 8 L0 / lambda`` makes the strength ``Lambda / (4 L0)``."""
    ewc, loss, strength = continual.ewc(matrix()), 0.7, 2.2
    ldc = continual.ldc(ewc.directions, torch.sqrt(8 * loss / ewc.stiffness))
    found = ldc.at([strength]).stiffness
    assert torch.allclose(found, ewc.at([strength / (4 * loss)]).stiffness)


def test_strength_zero_is_no_penalty_and_an_infinite_one_is_the_lock():
    p = axes(3, 4)
    lock, soft = continual.hard_lock(p), continual.ldc(p, torch.ones(3, dtype=torch.float64))
    for penalty in (lock, soft):
        free = penalty.at([0.0])
        assert torch.equal(free.proximal_step(W[None], CENTRE, ETA)[0], W)
        assert free.value(W[None], CENTRE) == 0
    held = lock.proximal_step(W, CENTRE, ETA)
    assert (p @ (held - CENTRE)).abs().max() < 1e-14
    rest = axes(4, 4)[3]
    assert torch.allclose(rest @ held, rest @ W)
    strong = soft.at([1e14]).proximal_step(W[None], CENTRE, ETA)[0]
    assert torch.allclose(strong, held, atol=1e-12)
    assert lock.value(W, CENTRE) == torch.inf
    assert lock.value(CENTRE, CENTRE) == 0


def test_settings_side_by_side_are_those_one_by_one():
    """Two networks, three settings of strength and number of directions."""
    p = torch.stack([axes(3, 4, seed) for seed in (5, 6)])
    F = normal(2, 3, seed=7).abs() + 0.1
    w, centre = normal(2, 3, 4, seed=8), normal(2, 1, 4, seed=9)
    strengths, counts = [0.5, 2.0, 7.0], [1, 3, 2]
    together = continual.ldc(p, F).at(strengths, counts).proximal_step(w, centre, ETA)
    for s in range(2):
        for j, (strength, n) in enumerate(zip(strengths, counts, strict=True)):
            one = continual.ldc(p[s, :n], F[s, :n]).at([strength])
            alone = one.proximal_step(w[s, j][None], centre[s], ETA)[0]
            assert torch.allclose(together[s, j], alone, atol=1e-12)


def test_the_proximal_step_converges_where_a_gradient_step_would_not():
    penalty, w = continual.l2(4).at([1e6]), W[None]
    with pytest.raises(ValueError, match=r"must be < 2 .* got 3e\+05; use proximal_step"):
        penalty.gradient_step(w, CENTRE, ETA)
    for _ in range(3):
        w = penalty.proximal_step(w, CENTRE, ETA)
    assert (w - CENTRE).abs().max() < 1e-12


def test_rounding_in_the_directions_is_taken_out_in_their_order():
    p = axes(3, 4)
    penalty = continual.ldc(p + 1e-4 * normal(3, 4), torch.ones(3, dtype=torch.float64))
    assert torch.allclose(penalty.directions @ penalty.directions.T,
                          torch.eye(3, dtype=torch.float64), atol=1e-14)  # fmt: skip
    assert (penalty.directions * p).sum(1).min() > 0.999


@pytest.mark.parametrize(("call", "error", "says"), [
    (lambda: continual.l2(0), ValueError, "d must be >= 1"),
    (lambda: continual.l2(3).at([-1.0]), ValueError, "each strength must be >= 0"),
    (lambda: continual.l2(3).at([1.0], [4]), ValueError, "from 0 to 3"),
    (lambda: continual.l2(3).at([1.0], [1, 2]), ValueError, "one number"),
    (lambda: continual.l2(4).proximal_step(W, CENTRE, 0.0), ValueError, "eta must be > 0"),
    (lambda: continual.ewc_diagonal(-torch.ones(3)), ValueError, "diagonal must be >= 0"),
    (lambda: continual.ewc_diagonal([1.0]), TypeError, "diagonal must be a floating"),
    (lambda: continual.ewc(normal(3, 4)), ValueError, "square and symmetric"),
    (lambda: continual.ewc(normal(4, 4)), ValueError, "square and symmetric"),
    (lambda: continual.ewc(-matrix()), ValueError, "no eigenvalue below 0"),
    (lambda: continual.ewc(matrix() * torch.nan), ValueError, "matrix must be finite"),
    (lambda: continual.ldc(axes(2, 4), torch.zeros(2)), ValueError, "flatness must be > 0"),
    (lambda: continual.ldc(axes(2, 4), torch.ones(3)), ValueError, "one row per flatness"),
    (lambda: continual.hard_lock(normal(2, 4)), ValueError, "must be orthonormal"),
    (lambda: continual.hard_lock(torch.ones(2, 2).int()), TypeError, "floating-point"),
])  # fmt: skip
def test_refusals_state_requirement_and_remedy(call, error, says):
    with pytest.raises(error, match=says) as caught:
        call()
    assert ";" in str(caught.value)
