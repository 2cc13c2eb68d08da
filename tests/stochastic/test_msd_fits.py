"""Exponents, crossovers, change points and their intervals, against closed forms."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sgdtheory.stochastic import fractal, msd


def walks_of(points, dimensions, *, seed, paths=1):
    """Brownian paths, (paths, points, dimensions)."""
    walks = fractal.fbm(0.5, points - 1, paths=paths * dimensions, seed=seed)
    return walks.reshape(paths, dimensions, points).swapaxes(1, 2)


@given(st.floats(0.05, 2.0), st.floats(1e-3, 1e3), st.integers(100, 3000))
def test_a_power_law_is_found(alpha, amplitude, points):
    lags = msd.log_lags(points)
    fit = msd.exponent(lags, amplitude * lags**alpha, points=points)
    assert fit.value == pytest.approx(alpha) and fit.amplitude == pytest.approx(amplitude)
    assert fit.rmse < 1e-9 and fit.high <= points // 10
    _, beta = msd.local_exponent(lags, amplitude * lags**alpha)
    np.testing.assert_allclose(beta, alpha, rtol=1e-8)


def test_exponents_outside_the_safe_lags_are_flagged():
    lags = msd.log_lags(1000, 500)
    walk = lags.astype(float)
    assert msd.exponent(lags, walk, points=1000).flags == ()
    assert "beyond T / 10" in msd.exponent(lags, walk, points=1000, high=500).flags[0]
    assert "less than a decade" in msd.exponent(lags, walk, points=1000, low=20).flags[0]


@pytest.mark.parametrize("per_decade", [5, 20])
def test_log_lags(per_decade):
    lags = msd.log_lags(10_000, per_decade=per_decade)
    assert lags[0] == 1 and lags[-1] == 1000 and (np.diff(lags) > 0).all()
    assert abs(len(lags[lags >= 100]) - per_decade) <= 1
    assert (msd.log_lags(1000, parity="even") % 2 == 0).all()
    odd = msd.log_lags(1000, parity="odd")
    assert (odd % 2 == 1).all() and odd[0] == 1
    assert msd.log_lags(2).tolist() == [1]


@pytest.mark.parametrize("alpha", [0.3, 0.6, 0.9])
@pytest.mark.parametrize("place", [100.0, 250.0])
def test_crossover_of_two_powers(alpha, place):
    """M = x^alpha + x^1.5, x = tau/place: the closed form of ANO-EQ5."""
    lags = msd.log_lags(1001, 1000, per_decade=40)
    x = lags / place
    expected = place * ((1 - alpha) / 0.5) ** (1 / (1.5 - alpha))
    assert msd.crossover(lags, x**alpha + x**1.5) == pytest.approx(expected, rel=0.02)


@pytest.mark.parametrize("curve", [lambda n: n, lambda n: n**0.7, lambda n: n + 0.01 * n**2])
def test_no_crossover(curve):
    lags = msd.log_lags(1000).astype(float)
    assert math.isnan(msd.crossover(msd.log_lags(1000), curve(lags)))


def test_crossover_is_exact_for_a_parabola_in_logarithms():
    lags = np.array([10, 12, 17, 20])
    x = np.log(lags)
    y = x + 3 * (x - np.log(13.3)) ** 2
    assert msd.crossover(lags, np.exp(y)) == pytest.approx(13.3)


def test_two_slopes_finds_a_hinge():
    lags = msd.log_lags(1001, 1000)
    fit = msd.two_slopes(lags, np.where(lags < 40, (lags / 40) ** 0.6, (lags / 40) ** 1.4))
    assert fit.short == pytest.approx(0.6, abs=0.01) and fit.long == pytest.approx(
        1.4, abs=0.01
    )
    assert fit.lag == pytest.approx(40, rel=0.05)
    assert fit.rmse < 0.01 < fit.rmse_one


def test_secant_is_the_mean_of_the_local_exponent():
    lags = np.arange(1, 200)
    M = lags + 0.05 * lags**2.0
    at, secant = msd.secant_exponent(lags, M)
    assert at[0] == 1 and at[-1] == 179
    x = 0.05 * lags[:179]
    ratio = 20 / lags[:179]
    exact = 1 + np.log((1 + x * (1 + ratio)) / (1 + x)) / np.log(1 + ratio)
    np.testing.assert_allclose(secant, exact)


def test_a_crossover_by_rmse_follows_its_threshold():
    """A smooth bend without any crossover of slope 1 has a tau_1 for every threshold."""
    lags = msd.log_lags(10_000, 1000, per_decade=30)
    M = lags + 0.02 * lags**2.0
    places, exponents = msd.rmse_crossover(lags, M, [0.003, 0.03, 0.1, 1.0, 0.0])
    assert (np.diff(places[:4]) < 0).all() and places[0] > 5 * places[2] and places[3] == 1
    assert (np.diff(exponents[:4]) < 0).all()
    assert math.isnan(places[4]) and math.isnan(exponents[4])


def test_change_point_follows_its_threshold():
    times = np.arange(0, 1000, 10)
    found = msd.change_point(times, np.exp(-times / 200), [0.5, 0.1, 1e-9])
    np.testing.assert_array_equal(found[:2], [140, 470])  # 200 ln 2 = 139, 200 ln 10 = 461
    assert math.isnan(found[2])


# ---------------------------------------------------------------- intervals


def test_bootstrap_covers():
    """Exponents of 40 sets of 8 windows: 88 % hold 1, and the error is that of the sets."""
    lags = msd.log_lags(200)
    inside, all_found = 0, []
    for seed in range(40):
        walks = walks_of(200, 3, seed=seed, paths=8)
        curves = [msd.time_averaged(w, lags)[1] for w in walks]
        found = msd.bootstrap(
            lambda m: msd.exponent(lags, m, points=200).value, curves, seed=0, resamples=200
        )
        inside += found.low <= 1 <= found.high
        all_found.append((found.value, found.stderr))
        assert found.missing == 0
    values, errors = np.transpose(all_found)
    assert 29 <= inside <= 39
    assert 0.65 < errors.mean() / values.std(ddof=1) < 1.15


def test_parametric_interval_of_a_single_window_knows_the_bias():
    """Lags to T/2 in one dimension: OLS exponents are low, and the interval says so."""
    lags = msd.log_lags(400, 200, per_decade=6)

    def statistic(m):
        return msd.exponent(lags, m, points=400, high=200).value

    found = msd.parametric(
        statistic, lags, lags.astype(float), points=400, exponent=1.0, dimensions=1.2, seed=0
    )
    assert found.value == pytest.approx(1.0)
    assert found.bias < -0.03 and found.stderr > 0.1 and found.low < 1 < found.high
    many = msd.parametric(
        statistic, lags, lags.astype(float), points=400, exponent=1.0, dimensions=100, seed=0
    )
    assert abs(many.bias) < 0.01 and many.stderr < 0.05


def test_missing_crossovers_are_told():
    lags = msd.log_lags(300)
    walks = walks_of(300, 5, seed=1, paths=6)
    curves = [msd.time_averaged(w, lags)[1] for w in walks]
    assert msd.bootstrap(lambda m: math.nan, curves, seed=0, resamples=9).missing == 1
    found = msd.bootstrap(lambda m: msd.crossover(lags, m), curves, seed=0)
    assert 0 < found.missing <= 1


# ---------------------------------------------------------------- refusals

T = 120
LAGS = msd.log_lags(T)
CURVE = LAGS.astype(float)


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: msd.log_lags(1), "T must be >= 2"),
        (lambda: msd.log_lags(50, 50), "maximum must be <= T - 1 = 49"),
        (lambda: msd.log_lags(9, parity="even"), "must reach 2 to be even"),
        (lambda: msd.exponent(LAGS, CURVE, points=T, low=9), "needs >= 3 lags in 9 ... 12"),
        (lambda: msd.exponent(LAGS, CURVE, points=9), "got 1 to 12"),
        (lambda: msd.exponent(LAGS, 0 * CURVE, points=T), "must be > 0 for a logarithm"),
        (lambda: msd.exponent(LAGS, CURVE[1:], points=T), "one value each"),
        (lambda: msd.local_exponent(LAGS[::-1], CURVE), "increasing lags"),
        (lambda: msd.local_exponent(LAGS, CURVE * math.nan), "msd must be finite"),
        (lambda: msd.secant_exponent(LAGS, CURVE), "got none; pass all integer lags"),
        (lambda: msd.crossover([1, 2], [1.0, 2.0]), ">= 3 increasing lags"),
        (lambda: msd.two_slopes([1, 2, 3, 4], np.ones(4)), ">= 5 increasing lags"),
        (lambda: msd.change_point([2, 1], [0.1, 0.1], 0.5), "times must increase"),
        (lambda: msd.bootstrap(np.mean, np.ones((2, 5)), seed=0), "needs >= 3 windows, got 2"),
        (lambda: msd.bootstrap(np.mean, np.ones((4, 5)), seed=0, level=1), r"lie in \(0, 1\)"),
        (lambda: msd.bootstrap(np.mean, np.ones((4, 5)), seed=None), "seed must be an integer"),
        (
            lambda: msd.parametric(
                np.mean, LAGS, CURVE, points=T, exponent=2.0, dimensions=3, seed=0
            ),
            r"exponent must lie in \(0, 2\)",
        ),
    ],
)
def test_refusals(call, message):
    with pytest.raises((ValueError, TypeError), match=message):
        call()


def test_a_constant_trajectory_has_a_displacement_but_no_exponent():
    lags, found = msd.time_averaged(np.full((100, 3), 1e3))
    assert (found == 0).all()
    with pytest.raises(ValueError, match="does not move has no exponent"):
        msd.exponent(lags, found, points=100)
