"""Path ensembles: exact moments, order of convergence, first passage and its bridge."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from sgdtheory.estimate import Censored, Estimate
from sgdtheory.stochastic.first_passage import mean_first_passage_time
from sgdtheory.stochastic.langevin import first_passage_time, simulate, to_ito


def pull(x):
    return -x


def spread(x):
    return 0.1 + 0.1 * x * x


def variance(x) -> Estimate:
    return Estimate.mean_of((x[:, 0] ** 2).numpy())


def test_stationary_variance_of_the_recursion():
    """FND-8: D / (1 - dt/2) exactly, and not D, at a step of 0.2."""
    x = simulate(pull, 0.3, 0.0, 0.2, 60, paths=200_000, seed=1)
    assert abs(variance(x).z(0.3 / 0.9)) <= 4
    assert abs(variance(x).z(0.3)) >= 8


def test_multiplicative_noise_second_moment():
    """E x'^2 = (1 - dt)^2 E x^2 + 2 dt E D, summed from the start."""
    dt, steps, second = 0.1, 30, 0.0
    for _ in range(steps):
        second = (1 - dt) ** 2 * second + 2 * dt * (0.1 + 0.1 * second)
    x = simulate(pull, spread, 0.0, dt, steps, paths=400_000, seed=2)
    assert abs(variance(x).z(second)) <= 4
    without = sum((1 - dt) ** (2 * k) * 2 * dt * 0.1 for k in range(steps))
    assert abs(variance(x).z(without)) >= 8


@pytest.mark.parametrize("form", ["constant", "callable"])
def test_correlated_noise(form):
    """A (d, d) diffusion gives increments of covariance 2 D dt."""
    D = torch.tensor([[0.5, 0.3], [0.3, 0.4]], dtype=torch.float64)
    given_ = D if form == "constant" else (lambda x: D.expand(len(x), 2, 2))
    x = simulate(torch.zeros_like, given_, [0.0, 0.0], 0.5, 1, paths=200_000, seed=3)
    product = Estimate.mean_of((x[:, 0] * x[:, 1]).numpy())
    assert abs(product.z(0.3)) <= 4 and abs(product.z(0.6)) >= 8


def test_weak_order_one():
    """The mean of an OU process: error of Euler-Maruyama halves with the step."""
    error = []
    for steps in (10, 20, 40):
        x = simulate(pull, 1e-8, 1.0, 1.0 / steps, steps, paths=2, seed=1)
        error.append(abs(float(x.mean()) - math.exp(-1)))
    assert 1.8 < error[0] / error[1] < 2.3 and 1.8 < error[1] / error[2] < 2.2


def test_saving_on_the_way_changes_nothing():
    whole = simulate(pull, spread, 0.5, 0.01, 12, paths=20_000, seed=4)
    saved = simulate(pull, spread, 0.5, 0.01, 12, paths=20_000, seed=4, save_every=5)
    assert saved.shape == (2, 20_000, 1)
    last = simulate(pull, spread, 0.5, 0.01, 10, paths=20_000, seed=4)
    assert torch.equal(saved[1][:16384], last[:16384])  # the same draws in the first chunk
    assert whole.shape == (20_000, 1)


def test_seeds_decide_and_global_state_is_left_alone():
    before = torch.get_rng_state()
    a, b = (simulate(pull, spread, 0.0, 0.01, 5, paths=100, seed=s) for s in (7, 7))
    c = simulate(pull, spread, 0.0, 0.01, 5, paths=100, seed=8)
    assert torch.equal(a, b) and not torch.equal(a, c)
    assert torch.equal(torch.get_rng_state(), before)


def test_dtypes():
    x = simulate(pull, spread, 0.0, 0.01, 5, paths=1000, seed=1, dtype=torch.float32)
    y = simulate(pull, spread, 0.0, 0.01, 5, paths=1000, seed=1)
    assert x.dtype == torch.float32 and y.dtype == torch.float64
    assert torch.allclose(x.double(), y, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(
    "convention, alpha", [("ito", 0), ("stratonovich", 0.5), ("anti-ito", 1)]
)
def test_the_drift_that_makes_it_ito(convention, alpha):
    """FND-7: f + alpha D', by autograd and by hand, one and several coordinates."""
    x = torch.linspace(-1, 1, 7, dtype=torch.float64)[:, None]
    for converted in (
        to_ito(pull, spread, convention),
        to_ito(pull, spread, convention, dD=lambda x: 0.2 * x),
    ):
        assert torch.allclose(converted(x), -x + alpha * 0.2 * x, rtol=1e-12)
    two = torch.rand(5, 2, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    diagonal = to_ito(pull, lambda x: x * x * x.flip(1), convention)
    assert torch.allclose(diagonal(two), -two + alpha * 2 * two * two.flip(1))
    isotropic = to_ito(pull, lambda x: (x * x).sum(1, keepdim=True), convention)
    assert torch.allclose(isotropic(two), -two + alpha * 2 * two)


def test_the_bridge_removes_the_bias_of_order_sqrt_dt():
    """Against the exact time: within 4 s.e. with the bridge, beyond 8 without it."""
    exact = mean_first_passage_time(lambda w: -w, lambda w: 0.1 + 0.1 * w * w, 0.0, 0.6)
    common = dict(paths=20_000, seed=5, max_steps=400_000)
    # dt = 0.004: what remains with the bridge is of order dt, about half an s.e. here
    with_ = first_passage_time(pull, spread, 0.0, 0.6, 0.004, **common)
    without = first_passage_time(pull, spread, 0.0, 0.6, 0.004, bridge=False, **common)
    assert abs(with_.z(exact)) <= 4
    assert without.z(exact) >= 8


def recursion_time(drift, D, x0, target, dt, bridge):
    """Exact mean time of the recursion, the bridge's crossings included: Gauss-Legendre."""
    low = -6.0
    nodes, weights = np.polynomial.legendre.leggauss(1000)
    y = low + (target - low) / 2 * (1 + nodes)
    weights = (target - low) / 2 * weights

    def stay(x):
        """Density of a step from x to y that does not pass the target."""
        x = x[:, None]
        variance = 2 * dt * D(x)
        p = np.exp(-((y - x - dt * drift(x)) ** 2) / (2 * variance))
        p = p / np.sqrt(2 * np.pi * variance) * weights
        if bridge:
            p = p * -np.expm1(-(target - x) * (target - y) / (dt * D(x)))
        return p

    steps = np.linalg.solve(np.eye(len(y)) - stay(y), np.ones(len(y)))
    return dt * float(1 + (stay(np.array([x0])) @ steps)[0] - 0.5 * bridge)


@pytest.mark.parametrize("bridge", [True, False])
@pytest.mark.parametrize("noise", [spread, lambda x: 0.1 + 0 * x], ids=["of x", "constant"])
def test_the_recursion_is_its_own_truth(noise, bridge):
    """Against an integral equation, to a fraction of a step: where in it a crossing counts."""
    dt = 0.2
    exact = recursion_time(lambda x: -x, noise, 0.0, 0.3, dt, bridge)
    found = first_passage_time(
        pull, noise, 0.0, 0.3, dt, paths=200_000, seed=6, max_steps=9999, bridge=bridge
    )
    assert abs(found.z(exact)) <= 4
    assert all(abs(found.z(exact + shift * dt)) >= 8 for shift in (-0.5, 0.5))
    sde = mean_first_passage_time(lambda w: -w, noise, 0.0, 0.3)
    assert abs(found.z(sde)) >= 8


def test_a_wall_behind_the_target_changes_nothing():
    """A step over the target and the wall behind it is not folded back to this side."""
    for start, target, wall in ((0.0, 0.3, {"upper": 0.31}), (0.0, -0.3, {"lower": -0.31})):
        exact = recursion_time(lambda x: -x, spread, 0.0, 0.3, 0.2, False)
        found = first_passage_time(
            pull, spread, start, target, 0.2,
            paths=100_000, seed=6, max_steps=9999, bridge=False, **wall,
        )  # fmt: skip
        assert abs(found.z(exact)) <= 4


def test_nothing_is_asked_beyond_the_target():
    """D ends just beyond the target; a wall behind it changes nothing at all."""

    def ends(x):
        return 0.1 * (1.1 - x)

    exact = mean_first_passage_time(lambda w: 1 + 0 * w, ends, 0.0, 1.0)
    # what remains at dt = 0.005 is below 0.1 s.e. of 2000 paths (measured with 4e5)
    found, walled = (
        first_passage_time(
            torch.ones_like, ends, 0.0, 1.0, 0.005, paths=2000, seed=6, max_steps=9999, **wall
        )
        for wall in ({}, {"upper": 1.0})
    )
    assert found == walled
    assert abs(found.z(exact)) <= 4


def test_reflecting_walls_and_downward_targets():
    exact = mean_first_passage_time(lambda w: -w, lambda w: 0.1 + 0 * w, 0.2, -0.4, upper=0.3)
    found = first_passage_time(
        pull, 0.1, 0.2, -0.4, 0.001, paths=8000, seed=7, max_steps=60_000, upper=0.3
    )
    assert abs(found.z(exact)) <= 4
    free = mean_first_passage_time(lambda w: -w, lambda w: 0.1 + 0 * w, 0.2, -0.4)
    assert abs(found.z(free)) >= 8


def test_unfinished_ensembles_raise_with_what_is_known():
    exact = mean_first_passage_time(lambda w: -w, lambda w: 0.1 + 0 * w, 0.0, 0.6)
    with pytest.raises(Censored) as caught:
        first_passage_time(pull, 0.1, 0.0, 0.6, 0.01, paths=500, seed=1, max_steps=100)
    error = caught.value
    assert 0 < error.finished < error.total == 500
    assert 0 < error.lower_bound < min(1.0, exact)


def test_paths_are_refilled_beyond_one_chunk():
    found = first_passage_time(pull, 0.1, 0.0, 0.2, 0.01, paths=40_000, seed=3, max_steps=9999)
    assert found.n == 40_000


def test_start_at_the_target():
    assert first_passage_time(pull, 0.1, 1.0, 1.0, 0.1, paths=5, seed=1, max_steps=1).value == 0


def test_an_explosion_is_named():
    with pytest.raises(ArithmeticError, match="smaller dt or a reflecting wall"):
        simulate(lambda x: -(x**3), 0.5, 10.0, 1.0, 30, paths=10, seed=1)
    with pytest.raises(ArithmeticError, match="D > 0"):
        simulate(pull, lambda x: x + 0.1, 0.0, 0.1, 30, paths=10, seed=1)
    with pytest.raises(ArithmeticError, match="finite"):
        D = lambda x: torch.diag_embed(x + 0.1)  # noqa: E731
        simulate(pull, D, [0.0, 0.0], 0.1, 30, paths=10, seed=1)
    with pytest.raises(ArithmeticError, match="D must stay > 0"):
        simulate(pull, lambda x: (x - 0.5).clamp(min=0), 1.0, 0.1, 90, paths=10, seed=1)
    with pytest.raises(ArithmeticError, match="D must stay > 0"):
        first_passage_time(
            pull, lambda x: (x + 0.1).clamp(min=0), 0.0, 9.0, 0.1,
            paths=10, seed=1, max_steps=90,
        )  # fmt: skip


def test_no_graph_is_kept():
    """A drift with trainable parameters leaves no graph of all steps behind."""
    rate = torch.nn.Parameter(torch.ones(1, dtype=torch.float64))
    x = simulate(lambda x: -rate * x, lambda x: 0.1 * rate.expand_as(x), 1.0, 0.1, 3,
                 paths=4, seed=1)  # fmt: skip
    assert not x.requires_grad


@pytest.mark.parametrize("convention", ["stratonovich", "anti-ito"])
def test_a_constant_diffusion_adds_no_drift(convention):
    x = torch.ones(3, 2)
    for D in (0.5, lambda x: torch.full_like(x, 0.5), lambda x: 0.5 + 0 * x):
        assert torch.equal(to_ito(pull, D, convention)(x), -x)


@pytest.mark.parametrize(
    "change, words",
    [
        (dict(drift=lambda x: -x[:, 0]), r"drift must map \(paths, 1\)"),
        (dict(drift=lambda x: -1.0), r"drift must map \(paths, 1\)"),
        (dict(D=lambda x: 1 + x[:, 0] ** 2), r"D must map \(paths, 1\)"),
        (dict(D=lambda x: 0 * x), "D must be > 0"),
        (dict(D=lambda x: x - 1), "D must be > 0"),
        (dict(D=lambda x: x * math.nan), "D must be > 0"),
        (dict(D=math.inf), "D must be"),
        (dict(D=math.nan), "D must be"),
    ],
)
def test_fields_are_refused_at_the_start(change, words):
    given_ = dict(drift=pull, D=0.1, x0=0.0, dt=0.1, paths=5, seed=1) | change
    with pytest.raises(ValueError, match=words):
        simulate(steps=2, **given_)
    with pytest.raises(ValueError, match=words):
        first_passage_time(target=1.0, max_steps=9, **given_)


@pytest.mark.parametrize("matrix", [[[1.0, 0.5], [0.0, 1.0]], [[1.0, 2.0], [2.0, 1.0]]])
@pytest.mark.parametrize("form", ["constant", "callable"])
def test_a_matrix_must_be_symmetric_and_positive_definite(matrix, form):
    D = torch.tensor(matrix, dtype=torch.float64)
    given_ = D if form == "constant" else (lambda x: D.expand(len(x), 2, 2))
    with pytest.raises(ValueError, match="symmetric and positive definite"):
        simulate(pull, given_, [0.0, 0.0], 0.1, 2, paths=5, seed=1)


@pytest.mark.parametrize(
    "change, words",
    [
        (dict(dt=0.0), "dt must be > 0"),
        (dict(dt=math.nan), "dt must be finite"),
        (dict(paths=0), "paths must be >= 1"),
        (dict(steps=0), "steps must be >= 1"),
        (dict(D=-0.1), "D must be > 0"),
        (dict(D=torch.tensor([0.1, 0.0])), r"D must be a number, \(1,\)"),
        (dict(x0=[0.0, 0.0], D=torch.diag(torch.tensor([1.0, -1.0]))), "D must be > 0"),
        (dict(x0=math.nan), "x0 must be finite"),
        (dict(x0=torch.zeros(3, 1)), "x0 must be a number"),
        (dict(save_every=3), "save_every must be <= steps"),
        (dict(dtype=torch.int64), "dtype must be a floating type"),
    ],
)
def test_simulate_refuses(change, words):
    given_ = dict(drift=pull, D=0.1, x0=0.0, dt=0.1, steps=2, paths=5, seed=1) | change
    with pytest.raises(ValueError, match=words):
        simulate(**given_)


@pytest.mark.parametrize(
    "change, words",
    [
        (dict(lower=0.5), "walls must lie outside"),
        (dict(target=math.nan), "target must be finite"),
        (dict(D=0.0), "D must be > 0"),
        (dict(paths=1), "paths must be >= 2"),
    ],
)
def test_first_passage_refuses(change, words):
    given_ = dict(drift=pull, D=0.1, x0=0.0, target=1.0, dt=0.1, paths=5, seed=1, max_steps=9)
    with pytest.raises(ValueError, match=words):
        first_passage_time(**(given_ | change))


def test_full_matrix_diffusion_needs_its_divergence():
    matrix = to_ito(pull, lambda x: torch.eye(1).expand(len(x), 1, 1), "anti-ito")
    with pytest.raises(ValueError, match="pass dD"):
        matrix(torch.zeros(3, 1))


@settings(max_examples=10, deadline=None, derandomize=True)
@given(st.floats(0.01, 0.3), st.floats(-1.0, 1.0), st.integers(0, 10**6))
def test_one_step_moments(dt, x0, seed):
    """FND-6: mean f dt and variance 2 D dt of one step, at any state."""
    x = simulate(pull, spread, x0, dt, 1, paths=4000, seed=seed)[:, 0].numpy() - x0
    D = 0.1 + 0.1 * x0 * x0
    assert abs(Estimate.mean_of(x).z(-x0 * dt)) <= 4
    assert abs(Estimate.mean_of((x + x0 * dt) ** 2).z(2 * D * dt)) <= 4
