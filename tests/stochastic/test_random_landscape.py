"""Averages of minibatch landscapes: closed forms where they exist, refusals where not."""

import numpy as np
import pytest

from sgdtheory.stochastic import random_landscape as landscape

M, SIGMA = 4.0, 0.2
ROOM, TWICE = 1 - M * SIGMA**2, 1 - 2 * M * SIGMA**2


def test_mean_loss_of_one_curvature_is_inverse_gaussian():
    """IVF-E10: ``(1 - m s^2)^-1/2 exp(M theta^2/2)``, ``M = m/(1 - m s^2)``."""
    theta = np.array([[0.0, 0.3], [-0.6, 5.0]])
    exact = ROOM**-0.5 * np.exp(M / ROOM * theta**2 / 2)
    found = landscape.mean_loss(theta, M, SIGMA, L_min=[1.0, 3.0])
    assert found.shape == theta.shape
    assert np.allclose(found, 2 * exact, rtol=1e-12, atol=0)


@pytest.mark.parametrize("m", [1e-6, 1.0, 12.0, 12.49])
def test_moments_of_the_gradient(m):
    """IVF-E12, from no curvature to the edge of existence at 12.5."""
    theta, room = np.array([0.0, 0.01, -0.04]), 1 - 2 * m * SIGMA**2
    mean, square = landscape.gradient_moments(theta, m, SIGMA, L_min=[1.0, 2.0])
    bar, power = m / (1 - m * SIGMA**2), (1 - m * SIGMA**2) ** -0.5
    exact = m**2 * room**-1.5 * (SIGMA**2 + theta**2 / room) * np.exp(m * theta**2 / room)
    assert np.allclose(square, 2.5 * exact, rtol=1e-9, atol=0)
    slope = 1.5 * bar * theta * power * np.exp(bar * theta**2 / 2)
    assert np.allclose(mean, slope, rtol=1e-10, atol=1e-12)


def test_two_hundred_thousand_draws_agree():
    rng = np.random.default_rng(0)
    m = rng.choice([3.0, 5.0], 200_000)
    drawn = landscape.minibatch_loss(0.5, 1.0, SIGMA * rng.standard_normal(len(m)), m)
    exact = landscape.mean_loss(0.5, [3.0, 5.0], SIGMA)
    assert abs(drawn.mean() - exact) < 4 * drawn.std() / np.sqrt(len(m))


def test_flatness_is_eight_times_the_room_that_is_left():
    assert landscape.flatness(M, SIGMA) == pytest.approx(np.sqrt(8 / M - 8 * SIGMA**2))
    wide, narrow = landscape.flatness(1e-4, 1.0), landscape.flatness(1e4, 1e-3)
    assert wide == pytest.approx(np.sqrt(8e4 - 8))
    assert narrow == pytest.approx(np.sqrt(8e-4 - 8e-6))


def test_the_mean_of_two_curvatures_is_narrower_than_its_bottom_says():
    """IVF-E10: the fourth power of theta that curvatures of a spread bring."""
    pair, step = np.array([3.4, 4.6]), 1e-2
    log_loss = np.log(landscape.mean_loss([-step, 0.0, step], pair, SIGMA))
    bottom = log_loss @ [1, -2, 1] / step**2
    assert landscape.flatness(pair, SIGMA) < 0.995 * np.sqrt(8 / bottom)


def test_a_hill_has_no_flatness_and_a_hill_among_others_makes_it_larger():
    with pytest.raises(ValueError, match="some m must be > 0"):
        landscape.flatness(-1.0, SIGMA)
    assert landscape.flatness([-1.0, 4.0], SIGMA) > landscape.flatness(M, SIGMA)


@pytest.mark.parametrize(
    ("moment", "edge"), [(landscape.mean_loss, 1.0), (landscape.gradient_moments, 0.5)]
)
def test_what_does_not_exist_is_refused(moment, edge):
    """At the edge and beyond, and for one member of many too; below it, a number."""
    below = moment(0.0, 4 * edge * (1 - 1e-9), 0.5)
    assert np.isfinite(below).all()
    for m in (4 * edge, 5 * edge, [0.1, 0.2, 4 * edge]):
        with pytest.raises(ValueError, match=f"needs m sigma\\^2 < {edge:g}.*infinite"):
            moment(0.0, m, 0.5)


def test_a_sample_mean_does_not_show_that_there_is_none():
    """Normal curvatures: no mean loss, and yet samples of any size look well behaved."""
    rng = np.random.default_rng(1)
    m, place = 4 + 0.6 * rng.standard_normal(400_000), SIGMA * rng.standard_normal(400_000)
    drawn = landscape.minibatch_loss(0.0, 1.0, place, m).reshape(20, -1).mean(1)
    assert drawn.std() < 0.01 * drawn.mean()


def test_fit_finds_the_members_back():
    rng = np.random.default_rng(2)
    log_low, place, m = rng.normal(-3, 1, 50), rng.normal(0, 0.3, 50), rng.gamma(4, 1, 50)
    theta = np.linspace(-1.2, 0.9, 17)
    losses = landscape.minibatch_loss(
        theta, np.exp(log_low)[:, None], place[:, None], m[:, None]
    )
    found = landscape.fit(theta, losses)
    for got, true in ((found.log_L_min, log_low), (found.place, place), (found.m, m)):
        assert np.allclose(got, true, rtol=1e-9)


def test_fit_of_a_hill_has_no_place_and_scales_with_theta():
    theta = np.linspace(-1, 1, 9)
    losses = np.exp(np.array([[-1.0], [2.0]]) * (theta - 0.25) ** 2 / 2)
    found = landscape.fit(theta, losses)
    assert np.isnan([found.place[0], found.log_L_min[0]]).all()
    assert found.m == pytest.approx([-1.0, 2.0])
    small = landscape.fit(1e-6 * theta, losses)
    assert small.m == pytest.approx(1e12 * found.m)
    assert small.place[1] == pytest.approx(1e-6 * found.place[1])


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: landscape.mean_loss(np.nan, M, SIGMA), "theta must be finite"),
        (lambda: landscape.mean_loss(0.0, [], SIGMA), "m must hold >= 1"),
        (lambda: landscape.mean_loss(0.0, M, 0.0), "sigma must be > 0"),
        (lambda: landscape.mean_loss(0.0, M, SIGMA, 0.0), "L_min must be > 0"),
        (lambda: landscape.fit([0, 1], np.ones((2, 2))), "theta must hold >= 3"),
        (lambda: landscape.fit([0, 1, 2], np.ones(3)), "losses must have 2 axes"),
        (lambda: landscape.fit([0, 1, 2], np.ones((3, 4))), "one column per theta"),
        (lambda: landscape.fit([0, 1, 2], np.zeros((3, 3))), "losses must be > 0"),
    ],
)
def test_bad_input_is_refused(call, says):
    with pytest.raises(ValueError, match=says):
        call()
