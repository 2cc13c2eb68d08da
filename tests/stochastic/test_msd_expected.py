"""Expected displacements (ANO-T2, ANO-T3): recursions in rational numbers, SGD."""

from fractions import Fraction
from itertools import product

import numpy as np
import pytest

from sgdtheory.estimate import Estimate
from sgdtheory.stochastic import msd_expected
from sgdtheory.stochastic.msd_expected import expected_on_quadratic

#: eta * lambda: flat, next to flat, ordinary, phi = 0, bouncing, the edge, beyond it, a saddle.
RATES = (0.0, 1e-14, 1e-9, 1e-4, 0.01, 0.3, 1.0, 1.2, 1.999, 2.0, 2.01, -0.01)


def exact(lag, T, eta, lam, C0, C1, m0, t_w):
    """ANO-T3: the recursion of the second moment, then the sum over pairs, in fractions."""
    eta, lam, C0, C1, m0 = map(Fraction, (eta, lam, C0, C1, m0))
    keep, m = 1 - eta * lam, [m0]
    for _ in range(t_w + T):
        m.append((keep**2 + eta**2 * C1) * m[-1] + eta**2 * C0)
    window = range(t_w, t_w + T - lag)
    return float(sum(m[t + lag] + (1 - 2 * keep**lag) * m[t] for t in window) / len(window))


@pytest.mark.parametrize("h", RATES)
def test_all_digits_of_the_recursion(h):
    for C1, m0, t_w, (T, lag), C0 in product(
        (0.0, 1e-12, 1e-3, 0.1, 1.0), (0.0, 1.0, 100.0), (0, 7),
        ((2, 1), (5, 2), (40, 1), (40, 39)), (0.0, 1.0),
    ):  # fmt: skip
        found = expected_on_quadratic([lag], T, 1.0, h, C0, C1, m0, t_w)[0]
        assert found == pytest.approx(exact(lag, T, 1.0, h, C0, C1, m0, t_w), rel=1e-12, abs=0)


def test_long_windows_of_a_nearly_flat_mode_are_brownian():
    lags = np.array([1, 30, 5000, 99_999])
    found = expected_on_quadratic(lags, 10**6, 1.0, 1e-13, 1.0)
    np.testing.assert_allclose(found, lags, rtol=1e-6)  # what is left is h T
    walk = expected_on_quadratic(lags, 10**6, 1.0, 0.0, 1.0)
    np.testing.assert_allclose(walk, lags, rtol=1e-14)


def test_the_edge_is_no_seam():
    """ANO-T3 at rho = 1, from both sides of the series."""
    h, T = 0.1, 300
    edge = h * (2 - h)
    near = [expected_on_quadratic([40], T, 1.0, h, 1.0, edge + gap, 2.0, 11)[0]
            for gap in (-1e-9, 0.0, 1e-9)]  # fmt: skip
    assert near[0] < near[1] < near[2]
    keep = (1 - h) ** 40
    assert near[1] == pytest.approx(40 + (1 - keep) * (4 + 22 + T - 41), rel=1e-12)
    both = [expected_on_quadratic([40], T, 1.0, h, 1.0, edge + y / 260, 2.0, 11)[0]
            for y in (0.999999, 1.000001)]  # fmt: skip
    assert both[0] == pytest.approx(both[1], rel=1e-5)


def test_modes_add_up_and_blocks_do_not_matter(monkeypatch):
    lam, C = np.linspace(0, 15, 23), np.linspace(1, 2, 23)
    lags = np.arange(1, 50)
    whole = expected_on_quadratic(lags, 50, 0.1, lam, C, 0.1, 3.0, 5)
    single = sum(expected_on_quadratic(lags, 50, 0.1, a, c, 0.1, 3.0, 5)
                 for a, c in zip(lam, C, strict=True))  # fmt: skip
    np.testing.assert_allclose(whole, single, rtol=1e-13)
    monkeypatch.setattr(msd_expected, "BLOCK", 100)
    again = expected_on_quadratic(lags.reshape(7, 7), 50, 0.1, lam, C, 0.1, 3.0, 5)
    np.testing.assert_allclose(again.ravel(), whole, rtol=1e-13)


@pytest.mark.parametrize("C1", [0.0, 0.4])
def test_simulated_sgd(C1):
    """ANO-T3: uniform noise, four modes, one of them bouncing and one flat."""
    draw, paths, eta, T, t_w = np.random.default_rng(7), 40_000, 0.2, 30, 4
    lam, C0, m0 = np.array([0.0, 0.5, 3.0, 8.0]), np.array([1.0, 2.0, 0.5, 1.0]), 2.5
    w, path = np.sqrt(m0) * draw.choice((-1.0, 1.0), (paths, 4)), []
    for step in range(t_w + T):
        if step >= t_w:
            path.append(w)
        unit = np.sqrt(3) * draw.uniform(-1, 1, w.shape)
        w = w - eta * (lam * w + np.sqrt(C0 + C1 * w**2) * unit)
    weights = np.array(path)
    lags = [1, 2, 9, 25]
    claimed = expected_on_quadratic(lags, T, eta, lam, C0, C1, m0, t_w)
    for lag, value in zip(lags, claimed, strict=True):
        squares = ((weights[lag:] - weights[:-lag]) ** 2).sum(-1).mean(0)
        assert abs(Estimate.mean_of(squares).z(value)) < 4
        assert abs(Estimate.mean_of(squares).z(1.1 * value)) > 8


def test_known_processes_agree_where_they_meet():
    """ANO-T2."""
    lags = np.arange(1, 40)
    brownian = msd_expected.brownian(lags, 1.5, 3)
    np.testing.assert_allclose(brownian, 3 * 1.5**2 * lags)
    np.testing.assert_allclose(msd_expected.fractional_brownian(lags, 0.5, 1.5, 3), brownian)
    np.testing.assert_allclose(msd_expected.drifted(lags, 0.0, 1.5, 3), brownian)
    assert msd_expected.detrended_brownian([39], 40, 1.5, 3)[0] == 0
    assert msd_expected.measurement_noise(0.5, 3) == 1.5
    relaxing = msd_expected.ornstein_uhlenbeck(lags, 1e-12, 1e12 / 2)
    np.testing.assert_allclose(relaxing, lags, rtol=1e-10)
    h = 0.3  # an AR(1) at rest is an Ornstein-Uhlenbeck process at whole times
    variance = 1 / (h * (2 - h))
    at_rest = expected_on_quadratic(lags, 40, 1.0, h, 1.0, 0.0, variance)
    np.testing.assert_allclose(
        at_rest, msd_expected.ornstein_uhlenbeck(lags, -np.log1p(-h), variance), rtol=1e-12
    )


@pytest.mark.parametrize("T", [2, 3, 10, 25])
def test_relative_variance_is_that_of_a_quadratic_form(T):
    """ANO-T2: every lag, both branches."""
    for lag in range(1, T):
        ends = np.tril(np.ones((T, T - 1)), -1)
        steps = ends[lag:] - ends[:-lag]
        form = steps.T @ steps
        exact_ratio = 2 * (form**2).sum() / np.trace(form) ** 2 / 2.5
        found = msd_expected.brownian_relative_variance(lag, T, 2.5)
        assert found == pytest.approx(exact_ratio, rel=1e-12)


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"lags": [0]}, "lags must be whole numbers >= 1"),
        ({"lags": [10]}, "<= T - 1 = 9"),
        ({"lags": [1.5]}, "lags must be whole"),
        ({"lags": []}, "lags must hold"),
        ({"T": 1}, "T must be >= 2"),
        ({"t_w": -1}, "t_w must be >= 0"),
        ({"eta": 0.0}, "eta must be > 0"),
        ({"C0": -1.0}, "C0 must be >= 0"),
        ({"C1": [-1.0]}, "C1 must be >= 0"),
        ({"m0": -2.0}, "m0 must be >= 0"),
        ({"eigenvalues": [np.nan]}, "eigenvalues must be finite"),
        ({"eigenvalues": [1.0, 2.0], "C0": [1.0] * 3}, "one shape"),
        ({"eigenvalues": [[1.0]]}, "one shape"),
        ({"eigenvalues": 1e3, "T": 1000}, "growth must stay within floats"),
    ],
)
def test_refusals(changed, says):
    arguments = {"lags": [1], "T": 10, "eta": 0.1, "eigenvalues": 1.0, "C0": 1.0}
    with pytest.raises(ValueError, match=says):
        expected_on_quadratic(**(arguments | changed))


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: msd_expected.fractional_brownian([1], 1.0), "H must lie in"),
        (lambda: msd_expected.brownian([1], -1.0), "sigma must be >= 0"),
        (lambda: msd_expected.drifted([1], -1.0), "v must be >= 0"),
        (lambda: msd_expected.ornstein_uhlenbeck([1], 0.0), "rate must be > 0"),
        (lambda: msd_expected.measurement_noise(-1.0), "epsilon must be >= 0"),
        (lambda: msd_expected.brownian([1], d=0), "d must be >= 1"),
        (lambda: msd_expected.detrended_brownian([10], 10), "lags must be whole"),
        (lambda: msd_expected.brownian_relative_variance(3, 3), "lags must be whole"),
    ],
)
def test_refusals_of_known_processes(call, says):
    with pytest.raises(ValueError, match=says):
        call()
