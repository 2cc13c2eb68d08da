"""The divergence from a Gaussian prior: by sampling, in its limits, and what it refuses."""

import math

import numpy as np
import pytest

from sgdtheory.estimate import Estimate
from sgdtheory.stochastic.distributions import multivariate_power_law
from sgdtheory.stochastic.divergence import kl_from_gaussian


def law(V, kappa, convention="ito", seed=1):
    """The law of eigenvalues V of (eta/2) Sigma_g H^-1, in a rotated basis, eta = 1/4."""
    d = len(V)
    Q = np.linalg.qr(np.random.default_rng(seed).standard_normal((d, d)))[0]
    h = np.linspace(1, 3, d)
    H, S = Q @ np.diag(h) @ Q.T, Q @ np.diag(8 * h * np.asarray(V)) @ Q.T
    return multivariate_power_law(kappa, (H + H.T) / 2, (S + S.T) / 2, 0.25, convention)


@pytest.mark.parametrize("convention", ["ito", "stratonovich", "anti-ito"])
def test_the_mean_log_ratio_of_draws(convention):
    p, offset, s = law([0.3, 0.8, 1.7], 8.0, convention), np.array([0.3, -0.2, 0.5]), 2.0
    w = p.rvs(100_000, seed=3)
    log_q = -((w - offset) ** 2).sum(1) / (2 * s**2) - 1.5 * math.log(2 * math.pi * s**2)
    seen = Estimate.mean_of(p.logpdf(w) - log_q)
    claimed = kl_from_gaussian(p, offset, s)
    assert abs(seen.z(claimed)) < 4
    assert abs(seen.z(kl_from_gaussian(p, 0.0, s))) > 8
    assert abs(seen.z(kl_from_gaussian(p, offset))) > 8


def test_large_kappa_is_the_gaussian_divergence_to_the_last_digits():
    V = np.array([0.5, 2.0, 0.1])
    gaussian = (V.sum() - 3 - np.log(V).sum()) / 2
    for kappa in (1e6, 1e9, 1e12):
        first = 3 * (V.sum() - 3) / (4 * kappa)
        assert kl_from_gaussian(law(V, kappa)) == pytest.approx(gaussian + first, rel=1e-11)


def test_no_jump_where_the_series_takes_over():
    """Stirling's series from m - d/2 = 30 on."""
    below, at, above = (kl_from_gaussian(law([1.0, 0.2], k)) for k in (29.999, 30.0, 30.001))
    assert at == pytest.approx((below + above) / 2, abs=1e-9)


@pytest.mark.parametrize("d", [1, 4, 10])
def test_infinite_where_the_mean_square_is(d):
    ones = np.ones(d)
    assert kl_from_gaussian(law(ones, d / 2 + 1, "anti-ito")) == math.inf
    assert kl_from_gaussian(law(ones, d / 2)) == math.inf
    assert math.isfinite(kl_from_gaussian(law(ones, d / 2 + 0.01)))


def test_zero_for_the_prior_itself_and_positive_elsewhere():
    assert abs(kl_from_gaussian(law(np.ones(4), 1e9))) < 1e-13
    for kappa in (3.0, 10.0, 100.0):
        assert kl_from_gaussian(law(np.ones(4), kappa)) > 0


def test_a_wider_prior_is_a_change_of_units():
    wide, unit = law([4.0, 9.0], 5.0), law([1.0, 2.25], 5.0)
    assert kl_from_gaussian(wide, 2.0, 2.0) == pytest.approx(kl_from_gaussian(unit, 1.0))


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        (("normal",), TypeError, "law must be a multivariate_power_law, got str"),
        ((law([1.0, 2.0], 5.0), [1.0]), ValueError, r"shape \(2,\), got \(1,\)"),
        ((law([1.0, 2.0], 5.0), 0.0, 0.0), ValueError, "prior_std must be > 0"),
        ((law([1.0, 2.0], 5.0), math.nan), ValueError, "offset must be finite"),
    ],
)
def test_refusals(arguments, error, words):
    with pytest.raises(error, match=words):
        kl_from_gaussian(*arguments)
