"""Stable noise: its law, Getoor's exit time, Sparre Andersen's survival, Brownian limits."""

import math

import pytest
import torch

from sgdtheory.estimate import Estimate
from sgdtheory.stochastic import langevin, levy, levy_exit

INDICES = (0.5, 0.9, 1.0, 1.5, 2.0)


def free(x):
    return torch.zeros_like(x)


def pull(x):
    return -x


def difference(a: Estimate, b: Estimate) -> float:
    return (a.value - b.value) / math.hypot(a.stderr, b.stderr)


def cosine(x: torch.Tensor, k: float) -> Estimate:
    return Estimate.mean_of(torch.cos(k * x).double().numpy())


@pytest.mark.parametrize("alpha", INDICES)
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
def test_characteristic_function(alpha, dtype):
    """E cos kS = exp(-|k|^alpha), and neither exp(-|k|^alpha / 2) nor of alpha + 0.2."""
    generator = torch.Generator().manual_seed(1)
    draws = levy.symmetric_stable((200_000, 1), alpha, generator, dtype)
    assert draws.dtype == dtype and bool(torch.isfinite(draws).all())
    assert abs(Estimate.mean_of(torch.sign(draws).numpy()).z(0.0)) <= 4
    for k in (0.1, 0.5, 2.0):
        found = cosine(draws[:, 0], k)
        assert abs(found.z(math.exp(-(k**alpha)))) <= 4
        assert abs(found.z(math.exp(-(k**alpha) / 2))) >= 8
    assert abs(cosine(draws[:, 0], 0.1).z(math.exp(-(0.1 ** (alpha + 0.2))))) >= 8


def test_the_cauchy_and_the_normal_limit():
    generator = torch.Generator().manual_seed(2)
    cauchy, normal = (levy.symmetric_stable(400_000, a, generator).numpy() for a in (1, 2))
    for s in (1.0, 10.0, 1000.0):
        assert abs(Estimate.mean_of(cauchy > s).z(math.atan(1 / s) / math.pi)) <= 4
    assert abs(Estimate.mean_of(normal**2).z(2.0)) <= 4
    assert abs(Estimate.mean_of(normal**4).z(12.0)) <= 4


@pytest.mark.parametrize("alpha", [0.7, 1.5])
def test_increments_scale_with_time(alpha):
    """The law of x after time t is scale t**(1/alpha) S, however many steps it takes."""
    x = levy.simulate(free, 0.3, alpha, [0.0, 5.0], 0.25, 8, paths=100_000, seed=3)
    for column, start in ((0, 0.0), (1, 5.0)):
        exact = math.exp(-2 * 0.3**alpha * 2.0**alpha)
        assert abs(cosine(x[:, column] - start, 2.0).z(exact)) <= 4
    product = torch.cos(x[:, 0]) * torch.cos(x[:, 1] - 5)
    exact = math.exp(-2 * 0.3**alpha)
    assert abs(Estimate.mean_of(product.numpy()).z(exact**2)) <= 4  # independent coordinates


def test_a_stable_ornstein_uhlenbeck_process():
    """E cos kx of the recursion: scale^alpha is summed with (1 - dt)^(alpha j)."""
    alpha, dt, steps = 1.3, 0.1, 40
    x = levy.simulate(pull, 0.5, alpha, 0.0, dt, steps, paths=100_000, seed=4, save_every=20)
    assert x.shape == (2, 100_000, 1)
    power = 0.5**alpha * dt * sum((1 - dt) ** (alpha * j) for j in range(steps))
    assert abs(cosine(x[1, :, 0], 1.5).z(math.exp(-power * 1.5**alpha))) <= 4


def test_at_alpha_2_it_is_langevin():
    """The recursion's own passage, with a wall and through an interval."""
    common = dict(paths=40_000, max_steps=9999)
    for target, wall in ((0.5, {"lower": -0.3}), ((-0.2, 0.4), {})):
        brown = langevin.first_passage_time(
            pull, 0.16, 0.0, target, 0.05, bridge=False, seed=5, **common, **wall
        )
        stable = levy.first_passage_time(
            pull, 0.4, 2.0, 0.0, target, 0.05, seed=6, **common, **wall
        )
        assert abs(difference(stable, brown)) <= 4
        bridged = langevin.first_passage_time(
            pull, 0.16, 0.0, target, 0.05, seed=7, **common, **wall
        )
        assert abs(difference(stable, bridged)) >= 8


def extrapolated(drift, scale, alpha, x0, target, paths) -> tuple[Estimate, Estimate]:
    """Mean time at dt = 0.016, and from there and 0.002 to dt = 0 in dt**(1/alpha).

    ``drift(dt)`` gives the drift for a step.
    """
    rough, fine = (
        levy.first_passage_time(
            drift(dt), scale, alpha, x0, target, dt, paths=n, seed=8, max_steps=99_999
        )
        for dt, n in ((0.016, 3 * paths), (0.002, paths))
    )
    r = 8 ** min(1.0, 1 / alpha)
    value = (r * fine.value - rough.value) / (r - 1)
    stderr = math.hypot(r * fine.stderr, rough.stderr) / (r - 1)
    return rough, Estimate(value, stderr, fine.n)


@pytest.mark.parametrize("alpha, x0", [(1.0, 0.0), (1.5, 0.6)])
def test_getoors_exit_time(alpha, x0):
    """(l^2 - x^2)^(alpha/2) / Gamma(1 + alpha), without a drift."""
    exact = (1 - x0 * x0) ** (alpha / 2) / math.gamma(1 + alpha)
    rough, found = extrapolated(lambda dt: free, 1.0, alpha, x0, (-1.0, 1.0), 50_000)
    assert abs(found.z(exact)) <= 4
    assert rough.z(exact) >= 8  # what is not seen between two steps
    assert abs(found.z(1.2 * exact)) >= 8


def test_with_a_drift_it_agrees_with_the_nonlocal_equation():
    exact = levy_exit.mean_exit_time(lambda x: -x, 1.0, 1.5, 0.3, (-1.0, 1.5))
    rough, found = extrapolated(lambda dt: pull, 1.0, 1.5, 0.3, (-1.0, 1.5), 40_000)
    assert abs(found.z(exact)) <= 4
    assert rough.z(exact) >= 8


@pytest.mark.parametrize("alpha", [0.6, 1.5])
def test_survival_of_a_free_walk_is_the_same_for_every_jump_law(alpha):
    """Sparre Andersen: binom(2n, n) / 4^n for a target just beyond the start."""
    found = levy.first_passage_times(
        free, 2.0, alpha, 0.0, 1e-9, 0.5, paths=40_000, seed=9, max_steps=40
    )
    assert found.max_time == 20.0 and found.censored > 0
    for n in (1, 7, 33):
        alive = float(found.survival(0.5 * n))
        exact = math.comb(2 * n, n) / 4**n
        assert abs(alive - exact) <= 4 * math.sqrt(exact * (1 - exact) / 40_000)
    downwards = levy.first_passage_times(
        free, 2.0, alpha, 0.0, -1e-9, 0.5, paths=40_000, seed=9, max_steps=40
    )
    assert abs(float(downwards.survival(3.5)) - math.comb(14, 7) / 4**7) <= 0.01


def test_a_steep_drift_moves_by_its_own_motion():
    """Euler throws what has jumped far over the target; the motion of -x^3 does not."""

    def motion(dt):
        return lambda x: x * ((1 + 2 * dt * x * x).rsqrt() - 1) / dt

    exact = levy_exit.mean_exit_time(lambda x: -(x**3), 0.5, 1.2, 0.0, (None, 1.0))
    _, found = extrapolated(motion, 0.5, 1.2, 0.0, 1.0, 4000)
    assert abs(found.z(exact)) <= 4
    euler = levy.first_passage_time(
        lambda x: -(x**3), 0.5, 1.2, 0.0, 1.0, 0.05, paths=20_000, seed=1, max_steps=99_999
    )
    assert euler.z(exact) <= -8


def test_an_explosion_is_named():
    with pytest.raises(ArithmeticError, match="states must stay finite"):
        levy.simulate(lambda x: -(x**3), 0.5, 1.2, 0.0, 0.05, 99, paths=500, seed=1)
    options = dict(paths=500, seed=1, max_steps=99_999)
    with pytest.raises(ArithmeticError, match="states must stay finite"):
        levy.first_passage_time(lambda x: x.exp(), 0.5, 1.2, 0.0, -1.0, 0.05, **options)
