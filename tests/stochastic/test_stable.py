"""Stable laws: density and tails against closed forms, quadrature and scipy; draws; fits."""

import math

import mpmath
import numpy as np
import pytest
from scipy import integrate, stats

from sgdtheory.stochastic import stable


def by_quadrature(x, alpha, beta):
    """The density from its characteristic function along the real line, 20 digits."""
    mpmath.mp.dps = 20
    alpha, beta, x = mpmath.mpf(alpha), mpmath.mpf(beta), mpmath.mpf(x)
    lean = beta * mpmath.tan(mpmath.pi * alpha / 2)

    def wave(t):
        return mpmath.re(mpmath.exp(-(t**alpha) * (1 - 1j * lean) - 1j * (x + lean) * t))

    end = mpmath.mpf(50) ** (1 / alpha)
    pieces = int(abs(x + lean) * end / 10) + 4
    cuts = {end * k / pieces for k in range(pieces + 1)} | {end / 2**k for k in range(1, 20)}
    return float(mpmath.quad(wave, sorted(cuts)) / mpmath.pi)


@pytest.mark.parametrize(
    "alpha, beta, x",
    [(0.7, 0.3, -0.5), (0.7, -1, 1.5), (0.9, -0.9, 3), (1.01, 0.5, 2), (1.1, 1, -1.5),
     (1.5, -1, 8), (1.5, 0.5, -3), (1.8, -0.7, 10), (1.99, 0.3, 6), (1.9999, 0, 5)],
)  # fmt: skip
def test_density_is_the_inverse_fourier_transform(alpha, beta, x):
    expected = by_quadrature(x, alpha, beta)
    assert stable.pdf(x, alpha, beta) == pytest.approx(expected, rel=2e-6, abs=1e-15)


@pytest.mark.parametrize("alpha, beta", [(0.5, 0.3), (0.8, 1), (1.3, -0.6), (1.7, 0.9)])
def test_density_is_scipys(alpha, beta, monkeypatch):
    monkeypatch.setattr(stats.levy_stable, "parameterization", "S0")
    x = np.array([-4.0, -0.5, 0.2, 3.0])
    theirs = stats.levy_stable.pdf(x, alpha, beta)
    np.testing.assert_allclose(stable.pdf(x, alpha, beta), theirs, rtol=1e-7, atol=1e-12)


def test_closed_forms_far_into_the_tails():
    x = np.array([-1e8, -30.0, -1.0, 0.0, 0.4, 1e3, 1e12])
    np.testing.assert_allclose(stable.pdf(x, 1), stats.cauchy.pdf(x), rtol=3e-9)
    np.testing.assert_allclose(stable.sf(x, 1), stats.cauchy.sf(x), rtol=3e-9)
    np.testing.assert_allclose(stable.cdf(x, 1), stats.cauchy.cdf(x), rtol=3e-9)
    x = np.array([-7.0, -1, 0, 3, 12])
    np.testing.assert_allclose(stable.logpdf(x, 2), stats.norm.logpdf(x, scale=2**0.5))
    np.testing.assert_allclose(stable.sf(x, 2), stats.norm.sf(x, scale=2**0.5))
    z = np.array([0.01, 0.3, 1, 50, 1e9])  # Levy's law has its end at 0 in S1, at -1 in S0
    np.testing.assert_allclose(stable.pdf(z - 1, 0.5, 1), stats.levy.pdf(z), rtol=1e-9)
    np.testing.assert_allclose(stable.sf(z - 1, 0.5, 1), stats.levy.sf(z), rtol=1e-9)
    assert stable.pdf(-1.01, 0.5, 1) == 0 and stable.cdf(-1.01, 0.5, 1) == 0


@pytest.mark.parametrize("alpha", [0.5, 0.9, 1, 1.5, 1.9, 1.999])
@pytest.mark.parametrize("beta", [-1, 0.4])
def test_tail_is_the_power_law(alpha, beta):
    x = 1e6 if alpha > 0.6 else 1e13
    weight = math.gamma(alpha) * math.sin(math.pi * alpha / 2) / math.pi
    expected = alpha * weight * (1 - beta) * x ** (-alpha - 1)
    assert stable.pdf(-x, alpha, beta) == pytest.approx(expected, rel=2e-4)
    assert stable.cdf(-x, alpha, beta) == pytest.approx(expected * x / alpha, rel=2e-4)


@pytest.mark.parametrize(
    "alpha, beta",
    [(0.3, 0.5), (0.5, -0.9), (0.9, 1), (1, 0.5), (1.3, -1), (1.7, 0.2), (1.99, 0.9), (2, 0)],
)
def test_density_integrates_to_the_tail_and_to_one(alpha, beta):
    q = np.concatenate([np.linspace(-60, -8, 800), np.linspace(-8, 8, 4001)[1:],
                        np.linspace(8, 60, 800)[1:]])  # fmt: skip
    x = 1e-3 * np.sinh(q)
    density = stable.pdf(x, alpha, beta) * 1e-3 * np.cosh(q)
    assert integrate.simpson(density, x=q) == pytest.approx(1, abs=2e-5)
    right = q >= 8
    beyond = integrate.simpson(density[right], x=q[right])
    assert beyond == pytest.approx(stable.sf(1e-3 * np.sinh(8.0), alpha, beta), abs=2e-5)


@pytest.mark.parametrize("beta", [-1, 0, 0.6])
def test_s0_is_continuous_in_alpha_at_one(beta):
    x = np.array([-20.0, -1, 0, 0.5, 4, 1e4])
    alphas = 1 + np.array([-1e-3, -1e-4, -1e-5, -1e-9, 0, 1e-9, 1e-5, 1e-4, 1e-3])
    values = np.array([stable.logpdf(x, a, beta) for a in alphas])
    values = values[:, values[4] > -100]
    straight = values[4] + np.multiply.outer(alphas - 1, (values[-1] - values[0]) / 2e-3)
    np.testing.assert_allclose(values, straight, atol=1e-4)
    waves = [stable.characteristic_function([0.3, 2.0], a, beta) for a in alphas]
    np.testing.assert_allclose(waves[2:7], np.broadcast_to(waves[4], (5, 2)), atol=2e-5)


def test_s1_location_jumps_at_one_and_comes_back():
    for alpha in (0.999, 1.001):
        assert abs(stable.to_s1(alpha, 0.5, 2.0, 3.0)) > 900
    assert stable.to_s1(1, 0.5, 2.0, 3.0) == pytest.approx(2 - 3 / math.pi * math.log(3))
    for alpha in (0.4, 1, 1.7, 2):
        back = stable.to_s0(alpha, -0.7, stable.to_s1(alpha, -0.7, 2.0, 3.0), 3.0)
        assert back == pytest.approx(2.0)
    assert stable.to_s1(1.3, 0, 2.0, 3.0) == 2.0 == stable.to_s1(2, 1, 2.0, 3.0)


@pytest.mark.parametrize("alpha, beta", [(0.6, 0.8), (1, -0.5), (1.4, 1), (1.9, 0.5), (2, 0)])
def test_draws_follow_the_law(alpha, beta):
    x = stable.rvs(alpha, beta, 2.0, 0.5, size=4000, seed=3)
    assert stats.kstest(x, lambda x: stable.cdf(x, alpha, beta, 2.0, 0.5)).pvalue > 1e-3
    t = np.array([0.5, 2.0])
    waves = np.exp(1j * np.multiply.outer(t, x))
    off = waves.mean(axis=1) - stable.characteristic_function(t, alpha, beta, 2.0, 0.5)
    assert np.all(np.abs(off) < 4 / math.sqrt(4000))


def test_symmetric_draws_have_the_law_of_the_levy_module():
    """One formula in two places: the two samples have one law."""
    import torch

    from sgdtheory.stochastic import levy

    ours = stable.rvs(1.4, size=20_000, seed=1)
    theirs = levy.symmetric_stable((20_000,), 1.4, torch.Generator().manual_seed(1)).numpy()
    assert stats.ks_2samp(ours, theirs).pvalue > 1e-3


@pytest.mark.parametrize("method", stable.METHODS)
@pytest.mark.parametrize(
    "alpha, beta", [(0.6, -0.5), (0.9, 0.3), (1, 0.5), (1.4, 0), (1.7, -0.7)]
)
def test_fits_recover_the_law(method, alpha, beta):
    x = stable.rvs(alpha, beta, -7.0, 0.02, size=3000, seed=11)
    found = stable.fit(x, method)
    pulls = [e.z(truth) for e, truth in zip(
        (found.alpha, found.beta, found.loc, found.scale), (alpha, beta, -7, 0.02), strict=True
    )]  # fmt: skip
    assert max(map(abs, pulls)) <= 4
    assert 0.005 < found.alpha.stderr < 0.06


@pytest.mark.parametrize("method", stable.METHODS)
def test_stated_errors_are_the_scatter_of_many_fits(method):
    fits = [stable.fit(stable.rvs(1.5, 0.4, size=500, seed=s), method) for s in range(12)]
    for name in ("alpha", "beta", "loc", "scale"):
        values = [getattr(f, name).value for f in fits]
        stated = np.sqrt(np.mean([getattr(f, name).stderr ** 2 for f in fits]))
        assert 0.55 < np.std(values, ddof=1) / stated < 1.6, name


def test_maximum_likelihood_is_at_a_maximum_of_scipys_likelihood(monkeypatch):
    """scipy's own fit takes minutes; its density at our optimum and beside it does not."""
    monkeypatch.setattr(stats.levy_stable, "parameterization", "S0")
    x = stable.rvs(1.5, 0.3, size=60, seed=5)
    found = stable.fit(x)
    best = stats.levy_stable.logpdf(x, *found.parameters).sum()
    assert found.loglik == pytest.approx(best, abs=1e-3)
    for k, error in enumerate((found.alpha, found.beta, found.loc, found.scale)):
        for side in (-1, 1):
            beside = list(found.parameters)
            beside[k] += side * error.stderr / 2
            assert stats.levy_stable.logpdf(x, *beside).sum() < best + 1e-3


def test_a_gaussian_sample_ends_on_the_boundary_or_next_to_it():
    fits = [stable.fit(np.random.default_rng(s).standard_normal(1000)) for s in range(8)]
    edge = [f for f in fits if "alpha" in f.at_boundary]
    assert 1 <= len(edge) <= 7
    for f in edge:
        assert f.alpha.value == 2 and f.beta.stderr == math.inf and f.gain == 0
        assert 0 < f.alpha.stderr < 0.05
        assert f.scale.value * math.sqrt(2) == pytest.approx(1, abs=0.1)
    assert all(f.gain >= 0 and f.alpha.value > 1.9 for f in fits)


def test_a_totally_skewed_sample_ends_on_the_other_boundary():
    found = stable.fit(stable.rvs(0.8, 1.0, size=2000, seed=4))
    assert found.at_boundary == ("beta",) and found.beta.value == 1
    assert abs(found.alpha.z(0.8)) < 4


def test_gain_is_the_likelihood_over_a_gaussian():
    x = stable.rvs(1.7, size=500, seed=0)
    found = stable.fit(x)
    gaussian = stats.norm.logpdf(x, x.mean(), x.std()).sum()
    assert found.gain == pytest.approx(found.loglik - gaussian)
    exact = stable.logpdf(x, *found.parameters).sum()
    assert found.loglik == pytest.approx(exact, abs=1e-3)


def test_log_moments():
    alpha, scale = stable.from_log_moments(stable.rvs(1.3, scale=4.0, size=40_000, seed=2))
    assert alpha == pytest.approx(1.3, abs=0.03) and scale == pytest.approx(4, abs=0.15)
    with pytest.raises(ValueError, match="zeros"):
        stable.from_log_moments(np.zeros(20))


@pytest.mark.parametrize("alpha", [0, -1, 2.0001, math.nan, "many"])
def test_alpha_outside_its_range_is_refused(alpha):
    for call in (lambda: stable.pdf(0.0, alpha), lambda: stable.rvs(alpha, seed=0)):
        with pytest.raises((ValueError, TypeError), match="alpha"):
            call()


def test_other_bad_arguments_are_refused():
    with pytest.raises(ValueError, match=r"beta must lie in \[-1, 1\]"):
        stable.pdf(0.0, 1.5, 1.1)
    with pytest.raises(ValueError, match="scale"):
        stable.pdf(0.0, 1.5, 0, 0, 0)
    with pytest.raises(ValueError, match="NaN"):
        stable.pdf([0.0, math.nan], 1.5)
    with pytest.raises(TypeError, match="seed"):
        stable.rvs(1.5, seed=None)
    assert stable.pdf([-math.inf, math.inf], 1.5).tolist() == [0, 0]
    assert stable.cdf([-math.inf, math.inf], 1.5).tolist() == [0, 1]


@pytest.mark.parametrize("method", stable.METHODS)
def test_samples_that_cannot_be_fitted_are_refused(method):
    good = np.random.default_rng(0).standard_cauchy(100)
    with pytest.raises(ValueError, match=">= 50 values"):
        stable.fit(good[:49], method)
    with pytest.raises(ValueError, match="finite"):
        stable.fit(np.append(good, math.nan), method)
    with pytest.raises(ValueError, match="half of its values equal"):
        stable.fit(np.ones(100), method)


def test_an_unknown_method_is_refused():
    with pytest.raises(ValueError, match="method must be one of"):
        stable.fit(np.arange(100.0), "moments")
