"""Fits of power laws: what comes back, intervals that cover, and what is refused."""

import math
import warnings

import numpy as np
import pytest
from scipy import stats
from scipy.integrate import quad

from sgdtheory.stochastic import _pearson_likelihood as likelihood
from sgdtheory.stochastic import bootstrap, gaussian_mixture, goodness_of_fit, laws
from sgdtheory.stochastic import model_comparison as compare
from sgdtheory.stochastic.distributions import fit_student_t, kappa_from_nu, power_law
from sgdtheory.stochastic.pearson_iv import fit_pearson_iv
from sgdtheory.stochastic.q_gaussian import fit_q_gaussian, nu_from_q, q_from_nu


@pytest.fixture
def draw():
    return np.random.default_rng(5)


# Student t: the interval of nu.


def test_the_ends_of_the_interval_lie_at_the_right_height(draw):
    """Twice the log-likelihood is 3.84 below its maximum there; scipy finds the profile."""
    x = 4 + draw.standard_t(4, 400)
    fit = fit_student_t(x)
    for nu in fit.interval(0.95):
        _, loc, scale = stats.t.fit(x, fix_df=nu, loc=4, scale=1)
        profile = stats.t.logpdf(x, nu, loc, scale).sum()
        assert 2 * (fit.loglik - profile) == pytest.approx(3.8415, abs=2e-3)


def test_interval_moves_with_level_and_not_with_units(draw):
    x = draw.standard_t(4, 400)
    narrow, wide = fit_student_t(x).interval(0.5), fit_student_t(x).interval(0.99)
    assert wide[0] < narrow[0] < fit_student_t(x).nu.value < narrow[1] < wide[1]
    moved = fit_student_t(1e-3 * x + 7).interval(0.5)
    assert moved == pytest.approx(narrow, rel=1e-3)


def test_a_gaussian_has_an_interval_that_is_open_above(draw):
    for _ in range(20):
        fit = fit_student_t(draw.standard_normal(300))
        low, high = fit.interval()
        assert high == math.inf or fit.nu.value < math.inf
        assert 3 < low < fit.nu.value
    assert kappa_from_nu(low) > 1


def test_kappa_has_half_the_error_of_nu(draw):
    fit = fit_student_t(draw.standard_t(4, 400))
    kappa = fit.kappa("anti-ito")
    assert kappa.value == pytest.approx(kappa_from_nu(fit.nu.value, "anti-ito"))
    assert kappa.stderr == fit.nu.stderr / 2


@pytest.mark.parametrize("level", [0, 1, 95, -0.5])
def test_levels_are_checked(level, draw):
    with pytest.raises(ValueError, match=r"level must lie in \(0, 1\)"):
        fit_student_t(draw.standard_t(4, 50)).interval(level)


def covered(sample, interval, truth, number=200):
    """Number of samples whose 95 per cent interval holds the truth."""
    found = (interval(sample()) for _ in range(number))
    return sum(low <= truth <= high for low, high in found)


@pytest.mark.parametrize("nu", [1.5, 4.0])
def test_intervals_of_nu_and_q_cover(nu, draw):
    """The full count, 500 samples an estimator: benchmarks/run.py coverage."""
    hits = covered(lambda: draw.standard_t(nu, 200), lambda x: fit_student_t(x).interval(), nu)
    assert stats.binomtest(hits, 200, 0.95).pvalue > 1e-3
    hits = covered(lambda: draw.standard_t(nu, 200), lambda x: fit_q_gaussian(x).interval(),
                   q_from_nu(nu), 100)  # fmt: skip
    assert stats.binomtest(hits, 100, 0.95).pvalue > 1e-3


def test_intervals_of_pearson_iv_cover(draw):
    law = power_law(1.5, 1.0, 1.0, 0.4)
    hits = covered(lambda: law.rvs(400, draw), lambda x: fit_pearson_iv(x).interval(), law.m,
                   120)  # fmt: skip
    assert stats.binomtest(hits, 120, 0.95).pvalue > 1e-3


# Pearson IV.


def test_slope_and_curvature_of_the_likelihood_by_differences(draw):
    x, at = draw.standard_t(3, 60), np.array([0.1, 1.3, 2.2, 0.7])
    step, axes = 1e-5, np.eye(4)
    value, slope = likelihood.value_and_slope(x, *at)
    assert value == pytest.approx(np.log(power_pdf(x, *at)).sum(), rel=1e-9)
    ends = [[likelihood.value_and_slope(x, *(at + s * step * e)) for s in (1, -1)]
            for e in axes]  # fmt: skip
    np.testing.assert_allclose(slope, [(a[0] - b[0]) / (2 * step) for a, b in ends], rtol=1e-6)
    bend = [(a[1] - b[1]) / (2 * step) for a, b in ends]
    np.testing.assert_allclose(-likelihood.information(x, *at), bend, rtol=1e-6, atol=1e-6)
    theta = np.array([0.1, 0.2, 0.5, 0.4])
    moved = [[np.array(likelihood.natural(theta + s * step * e)[0]) for s in (1, -1)]
             for e in axes]  # fmt: skip
    jacobian = np.array([(a - b) / (2 * step) for a, b in moved]).T
    np.testing.assert_allclose(likelihood.natural(theta)[1], jacobian, atol=1e-8)


def power_pdf(x, loc, a, m, nu):
    """Pearson IV normalised by quadrature."""
    kernel = lambda y: (1 + y * y) ** -m * np.exp(-nu * np.arctan(y))  # noqa: E731
    return kernel((x - loc) / a) / (a * quad(kernel, -np.inf, np.inf, epsabs=0)[0])


def test_trigamma_off_the_axis():
    import mpmath as mp

    for z in (0.6 + 0.3j, 3 - 20j, 40 + 5j, 1.5 + 0j):
        expected = complex(mp.psi(1, mp.mpc(z)))
        assert likelihood.trigamma(z) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("convention", ["ito", "stratonovich", "anti-ito"])
def test_the_letters_come_back_in_their_convention(convention):
    law = power_law(2.0, 1.2, 0.7, -0.4, convention)
    fit = fit_pearson_iv(5 + 0.1 * law.rvs(20_000, 3))
    found = fit.letters(convention)
    truth = (2.0, 0.1 * -0.4 / 0.7, 0.01 * 1.2 / 0.7, 5.0)
    for estimate, value in zip(found, truth, strict=True):
        assert abs(estimate.z(value)) < 4 and estimate.n == 20_000
    assert abs(fit.m.z(law.m)) < 4 and abs(fit.nu.z(law.nu)) < 4
    assert abs(fit.a.z(0.1 * law.a)) < 4 and abs(fit.loc.z(5 + 0.1 * law.lambda_)) < 4
    assert fit.gain > 0 and fit.kappa(convention) == found.kappa


def test_errors_of_the_letters_are_the_scatter_of_fits(draw):
    law = power_law(2.0, 1.0, 1.0, 0.4)
    fits = [fit_pearson_iv(law.rvs(3000, draw)).letters() for _ in range(60)]
    for k in range(4):
        values, errors = (np.array([getattr(f[k], name) for f in fits])
                          for name in ("value", "stderr"))  # fmt: skip
        # A standard deviation of 60 is known to nine per cent.
        assert values.std(ddof=1) / np.median(errors) == pytest.approx(1, abs=0.36)


def test_pearson_iv_beats_the_t_that_it_contains(draw):
    x = draw.standard_t(4, 500)
    assert fit_pearson_iv(x).loglik >= fit_student_t(x).loglik


def test_too_heavy_tails_have_no_minimum_in_ito(draw):
    fit = fit_pearson_iv(draw.standard_t(0.6, 2000))
    assert fit.letters("anti-ito").kappa.value > 0
    with pytest.raises(ValueError, match="kappa must be > 0 for a minimum.*ito convention"):
        fit.letters("ito")


def test_a_sample_at_the_edge_of_the_family_is_refused(draw):
    with pytest.raises(ValueError, match="interior maximum.*use fit_student_t"):
        fit_pearson_iv(draw.uniform(-1, 1, 2000))
    with pytest.raises(ValueError, match=">= 20 values"):
        fit_pearson_iv([0.0, 1.0])


# q-Gaussian.


def test_q_and_nu_are_inverse_and_bounded():
    for nu in (0.5, 2.0, 40.0, math.inf):
        assert nu_from_q(q_from_nu(nu)) == pytest.approx(nu)
    for q in (0.9, 3.0):
        with pytest.raises(ValueError, match=r"q must lie in \[1, 3\)"):
            nu_from_q(q)
    with pytest.raises(ValueError, match="nu must be > 0"):
        q_from_nu(0.0)


def test_fitted_q_gaussian_is_the_fitted_student_t(draw):
    x = 2 + 3 * draw.standard_t(3, 2000)
    found, t = fit_q_gaussian(x), fit_student_t(x)
    q, beta, loc = found.q.value, found.beta.value, found.loc.value
    kernel = -np.log1p((q - 1) * beta * (x - loc) ** 2) / (q - 1)
    density = stats.t.logpdf(x, t.nu.value, t.loc.value, t.scale.value)
    assert np.ptp(kernel - density) < 1e-9
    assert found.q.stderr == pytest.approx(2 * t.nu.stderr / (t.nu.value + 1) ** 2)
    assert abs(found.q.z(1.5)) < 4 and abs(found.beta.z(1 / (1.5 * 9))) < 4


def test_the_error_of_beta_is_its_scatter(draw):
    fits = [fit_q_gaussian(draw.standard_t(3, 1000)).beta for _ in range(100)]
    scatter = np.std([f.value for f in fits], ddof=1)
    assert scatter / np.median([f.stderr for f in fits]) == pytest.approx(1, abs=0.3)


def test_a_gaussian_is_flagged_with_q_one(draw):
    samples = (fit_q_gaussian(draw.standard_normal(200)) for _ in range(30))
    edge = next(f for f in samples if f.at_boundary)
    assert edge.q.value == 1 and edge.q.stderr == pytest.approx(math.sqrt(8 / 600))
    assert edge.interval()[0] == 1 < edge.interval()[1] and edge.gain == 0


# Mixtures, laws, goodness of fit, bootstrap.


def test_the_mixture_comes_back_narrow_part_first(draw):
    truth = gaussian_mixture.GaussianMixture(
        np.array([0.7, 0.3]), np.array([0.0, 0.5]), np.array([1.0, 3.0])
    )
    x = truth.rvs(20_000, draw)
    found = gaussian_mixture.fit_gaussian_mixture(10 + 0.1 * x)
    assert not found.at_boundary
    np.testing.assert_allclose(found.weight, [0.7, 0.3], atol=0.03)
    np.testing.assert_allclose((found.mean - 10) / 0.1, [0, 0.5], atol=0.2)
    np.testing.assert_allclose(found.std / 0.1, [1, 3], rtol=0.05)
    gain = found.loglik - (truth.logpdf(x).sum() + x.size * math.log(10))
    assert 0 < gain < 15
    assert found.loglik == pytest.approx(found.logpdf(10 + 0.1 * x).sum())


def test_a_repeated_datum_does_not_swallow_a_component(draw):
    few = np.concatenate([draw.standard_normal(300), np.full(12, 0.3)])
    assert gaussian_mixture.fit_gaussian_mixture(few).std.min() > 0.005
    many = np.concatenate([draw.standard_normal(300), np.full(150, 0.0)])
    found = gaussian_mixture.fit_gaussian_mixture(many)
    assert found.std.min() > 0.001 and found.at_boundary
    with pytest.raises(ValueError, match="half of its values equal"):
        gaussian_mixture.fit_gaussian_mixture(np.zeros(30))


@pytest.mark.parametrize("family", sorted(laws.FAMILIES))
def test_each_law_is_one_law(family, draw):
    """Density, distribution and draws agree; the fit beats any other law of the family."""
    law = laws.fit(1 + draw.standard_t(4, 300), family)
    grid, step = np.linspace(-4, 6, 9), 1e-4
    slope = (law.cdf(grid + step) - law.cdf(grid - step)) / (2 * step)
    np.testing.assert_allclose(slope, np.exp(law.logpdf(grid)), atol=1e-6)
    sample = law.rvs((40, 50), 3)
    assert sample.shape == (40, 50) and (sample == law.rvs((40, 50), 3)).all()
    assert stats.kstest(sample.ravel(), law.cdf).pvalue > 1e-3
    assert compare.log_densities(sample, family).sum() >= law.logpdf(sample).sum() - 1e-6


def test_vuong_tells_a_mixture_from_a_power_law(draw):
    wide = draw.random(20_000) < 0.2
    x = draw.standard_normal(20_000) * np.where(wide, 3, 1)
    assert compare.vuong(x, "gaussian_mixture", "student_t").statistic > 3
    found = compare.gaussian_within(x[:300], "gaussian_mixture", draws=19, seed=0)
    assert found.p_value == 0.05
    with pytest.raises(ValueError, match="every student_t law is a pearson_iv.*chi-squared"):
        compare.vuong(x, "student_t", "pearson_iv")


def test_distances_against_scipy(draw):
    x = draw.standard_normal(200)
    expected = stats.kstest(x, "norm").statistic
    assert goodness_of_fit.kolmogorov_smirnov(x, stats.norm.cdf) == pytest.approx(expected)
    u = np.sort(stats.norm.cdf((x - x.mean()) / x.std(ddof=1)))
    fitted = goodness_of_fit.anderson_darling(u, lambda v: v)
    with warnings.catch_warnings():  # of a change in what else it returns
        warnings.simplefilter("ignore", FutureWarning)
        expected = stats.anderson(x, "norm").statistic
    assert fitted == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("distance", goodness_of_fit.DISTANCES)
def test_a_wrong_family_is_refused_and_a_right_one_is_not(distance, draw):
    x = draw.standard_t(3, 400)
    wrong = goodness_of_fit.bootstrap_test(x, "gaussian", distance=distance, seed=0)
    right = goodness_of_fit.bootstrap_test(x, "student_t", distance=distance, seed=0)
    assert wrong.p_value == 0.01 and right.p_value > 0.05
    assert right.null.shape == (99,) and right.law.parameters["nu"] < 8


def test_p_values_of_the_true_family_are_uniform(draw):
    p = [goodness_of_fit.bootstrap_test(draw.standard_normal(60), "gaussian", draws=19,
                                        seed=k).p_value for k in range(150)]  # fmt: skip
    assert stats.binomtest(int(np.sum(np.array(p) <= 0.2)), 150, 0.2).pvalue > 1e-3


def test_a_family_of_ones_own_can_be_tested(draw):
    def unit(x):
        return laws.Law("unit", {}, stats.norm.logpdf, stats.norm.cdf,
                        lambda size, seed: seed.standard_normal(size))  # fmt: skip

    assert goodness_of_fit.bootstrap_test(2 + draw.standard_normal(50), unit, draws=19,
                                          seed=1).p_value == 0.05  # fmt: skip


def test_the_bootstrap_of_a_mean_is_its_standard_error(draw):
    x = draw.standard_normal(400)
    found = bootstrap.interval(x, np.mean, resamples=1999, seed=1)
    assert found.value == x.mean() and found.draws.shape == (1999,)
    assert (found.high - found.low) / 2 == pytest.approx(1.96 * x.std() / 20, rel=0.08)


def test_groups_are_redrawn_whole(draw):
    """Forty values, each ten times over: the interval is that of forty."""
    x = np.repeat(draw.standard_normal(40), 10)
    labels = np.repeat(np.arange(40), 10)
    shuffle = draw.permutation(400)
    grouped = bootstrap.interval(x[shuffle], np.mean, groups=labels[shuffle], seed=1)
    single = bootstrap.interval(x, np.mean, seed=1)
    ratio = (grouped.high - grouped.low) / (single.high - single.low)
    assert ratio == pytest.approx(math.sqrt(10), rel=0.15)


def test_infinite_statistics_are_kept_and_nan_is_refused(draw):
    x = draw.standard_normal(300)
    found = bootstrap.interval(x, lambda v: fit_student_t(v).nu.value, resamples=99, seed=2)
    assert found.high == math.inf and found.low > 3
    with pytest.raises(ValueError, match="must be a number on every sample"):
        bootstrap.interval(x, lambda v: math.nan, resamples=99, seed=0)


def test_bad_requests_are_refused(draw):
    x = draw.standard_normal(100)
    with pytest.raises(ValueError, match="family must be one of"):
        laws.fit(x, "cauchy")
    with pytest.raises(ValueError, match="different values"):
        laws.fit(np.ones(60), "gaussian")
    with pytest.raises(ValueError, match="distance must be one of"):
        goodness_of_fit.bootstrap_test(x, "gaussian", distance="chi2", seed=0)
    with pytest.raises(ValueError, match="19 is the least"):
        goodness_of_fit.bootstrap_test(x, "gaussian", draws=5, seed=0)
    with pytest.raises(ValueError, match="groups must be >= 10, got 2"):
        bootstrap.interval(x, np.mean, groups=np.arange(100) % 2, seed=0)
    with pytest.raises(ValueError, match="one label per datum"):
        bootstrap.interval(x, np.mean, groups=[1, 2], seed=0)
    with pytest.raises(ValueError, match="resamples must be >= 99"):
        bootstrap.interval(x, np.mean, resamples=10, seed=0)
    with pytest.raises(TypeError, match="seed must be"):
        bootstrap.interval(x, np.mean, seed=None)
