"""Stationary laws of SGD and the Student-t fit."""

import mpmath as mp
import numpy as np
import pytest
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad

from sgdtheory.stochastic.distributions import (
    fit_student_t,
    kappa_from_nu,
    multivariate_power_law,
    power_law,
)

#: kappa, sigma_g, sigma_H, rho, convention: symmetric, skewed, m below and at 1, nearly
#: degenerate, nearly Gaussian.
LAWS = [
    power_law(2, 1, 1, 0.3),
    power_law(1.5, 2, 0.5, 0.0, "anti-ito"),
    power_law(1, 2, 0.5, -0.9, "anti-ito"),
    power_law(0.3, 1, 1, 0.6, "stratonovich"),
    power_law(30, 1, 1, 0.9, "stratonovich"),
    power_law(200, 1, 1, -0.5),
    power_law(-0.2, 1, 1, 0.5),
    power_law(2, 1, 1, 0.9999),
]
ids = [f"m={law.m:g},nu={law.nu:.3g}" for law in LAWS]


def reference_sf(law: power_law, u: float) -> float:
    """P(> u) to 25 digits: the density itself, integrated in 200 panels of the angle."""
    with mp.workdps(25):
        C = lambda v: law.sigma_g + 2 * law.rho * v + law.sigma_H * v * v  # noqa: E731
        delta = mp.sqrt(mp.mpf(law.sigma_g) * law.sigma_H - mp.mpf(law.rho) ** 2)
        lam, a = -mp.mpf(law.rho) / law.sigma_H, delta / law.sigma_H
        s = mp.atan2(1, (mp.mpf(u) - lam) / a)
        power = law.kappa + 1 - mp.mpf(law.alpha)
        here = mp.atan2((law.sigma_H * u + law.rho) / delta, 1)

        def f(x):
            v = lam + a * mp.cot(x)
            tilt = 2 * law.kappa * law.rho / delta * (mp.pi / 2 - x - here)
            return a / mp.sin(x) ** 2 * (C(u) / C(v)) ** power * mp.exp(tilt)

        def panels(low, high, end):
            # Panels shrink geometrically towards the end, where the power of x sits.
            edges = [low + (high - low) * mp.mpf(j) / 100 for j in range(101)]
            if end == low:
                edges[:1] = [low] + [low + (edges[1] - low) / 10**j for j in (6, 4, 2)]
            else:
                edges[-1:] = [high - (high - edges[-2]) / 10**j for j in (2, 4, 6)] + [high]
            return mp.quad(f, edges, maxdegree=4)

        above, below = panels(mp.mpf(0), s, 0), panels(s, mp.pi, mp.pi)
        return float(above / (above + below))


@pytest.mark.parametrize("law", [LAWS[0], LAWS[2], LAWS[4], LAWS[5], LAWS[7]], ids=str)
def test_survival_function_keeps_its_digits_in_the_far_tail(law):
    """PLD-T2: 1e-10 relative where the tail is 1e-30 or less, against mpmath."""
    for q in (0.5, 1e-3, 1e-12, 1e-30):
        u = -power_law(law.kappa, law.sigma_g, law.sigma_H, -law.rho, law.convention).ppf(q)
        assert law.sf(u) == pytest.approx(reference_sf(law, float(u)), rel=1e-10)


@pytest.mark.parametrize("law", LAWS, ids=ids)
def test_density_distribution_and_quantiles_agree(law):
    """PLD-T2: norm by quadrature, cdf + sf = 1, cdf(ppf(q)) = q, cdf' = pdf."""
    q = np.array([1e-12, 1e-4, 0.1, 0.5, 0.7, 0.999])
    u = law.ppf(q)
    np.testing.assert_allclose(law.cdf(u), q, rtol=1e-10)
    np.testing.assert_allclose(law.cdf(u) + law.sf(u), 1, rtol=1e-13)
    for low, high in zip(u[1:-1], u[2:], strict=True):
        mass = quad(law.pdf, low, high, epsabs=0, epsrel=1e-10, limit=500)[0]
        assert mass == pytest.approx(law.cdf(high) - law.cdf(low), rel=1e-8)
    assert law.cdf(-np.inf) == 0 and law.sf(np.inf) == 0 and law.cdf(np.inf) == 1
    assert law.ppf(0) == -np.inf and law.ppf(1) == np.inf


@pytest.mark.parametrize("law", LAWS, ids=ids)
@pytest.mark.parametrize("n", [1, 2, 3])
def test_moments_against_quadrature(law, n):
    """PLD-T2: the closed recursion for E u^n, and the condition n < 2m - 1."""
    if n >= law.survival_index:
        with pytest.raises(ValueError, match="exists for kappa >"):
            law.moment(n)
        return
    edges = law.ppf([1e-9, 0.01, 0.2, 0.5, 0.8, 0.99, 1 - 1e-9])
    pieces = [
        quad(lambda u: u**n * law.pdf(u), a, b, epsrel=1e-11, epsabs=0, limit=500)[0]
        for a, b in zip([-np.inf, *edges], [*edges, np.inf], strict=True)
    ]
    # Mean of the skewed laws cancels between the two sides: the scale is E|u|^n.
    assert law.moment(n) == pytest.approx(sum(pieces), abs=1e-8 * sum(map(abs, pieces)))


def test_mean_variance_and_mode_in_closed_form():
    """PLD-T2: mean 0 in Itô, rho / (sigma_H (kappa - 1)) in anti-Itô; the modes."""
    args = (3.0, 1.2, 0.7, 0.4)
    ito, anti = power_law(*args), power_law(*args, "anti-ito")
    assert ito.mean() == 0
    assert anti.mean() == pytest.approx(0.4 / (0.7 * 2))
    assert power_law(*args, "stratonovich").mean() == pytest.approx(0.4 / (0.7 * 2 * 2.5))
    for law, mode in ((ito, -0.4 / (0.7 * 4)), (anti, 0.0)):
        assert law.var() == pytest.approx(law.moment(2) - law.mean() ** 2, rel=1e-12)
        assert law.std() ** 2 == pytest.approx(law.var())
        assert law.pdf(mode) > max(law.pdf(mode - 1e-4), law.pdf(mode + 1e-4))


def test_zero_flux():
    """PLD-T2: (log p)' = -2 kappa sigma_H u / C - (1 - alpha) C'/C; the wrong sign fails."""
    u, step = np.linspace(-3, 3, 13), 1e-5
    for law in LAWS[:5]:
        C = law.sigma_g + 2 * law.rho * u + law.sigma_H * u * u
        slope = (law.logpdf(u + step) - law.logpdf(u - step)) / (2 * step)
        pull = -2 * law.kappa * law.sigma_H * u / C
        spread = (1 - law.alpha) * 2 * (law.rho + law.sigma_H * u) / C
        # Central differences at this step leave about 1e-8 of the curvature scale.
        np.testing.assert_allclose(slope, pull - spread, atol=1e-6 * np.abs(slope).max())
        if law.alpha < 1:
            assert np.abs(slope - pull - spread).max() > 0.1 * np.abs(spread).max()


def test_student_t_at_rho_zero():
    """PLD-C3: nu = 2m - 1, scale^2 = sigma_g / (sigma_H nu), tail against scipy's t."""
    for convention, nu in (("ito", 5.0), ("stratonovich", 4.0), ("anti-ito", 3.0)):
        law = power_law(2, 3, 0.5, convention=convention)
        other = scipy.stats.t(nu, scale=np.sqrt(3 / (0.5 * nu)))
        u = np.array([-1e6, -4.0, -1e-7, 0.0, 0.3, 50.0, 1e8])
        assert law.survival_index == nu and law.density_exponent == nu + 1
        np.testing.assert_allclose(law.pdf(u), other.pdf(u), rtol=1e-10)
        np.testing.assert_allclose(law.sf(u), other.sf(u), rtol=1e-10)
        assert law.sf(1e8) / law.sf(1e9) == pytest.approx(10**nu, rel=1e-8)
        assert kappa_from_nu(nu, convention) == 2
        assert abs(law.sf(50.0) / scipy.stats.t(nu, scale=np.sqrt(6)).sf(50.0) - 1) > 0.5


def test_gaussian_limit_keeps_its_digits():
    """PLD-C3: kappa -> infinity at fixed eta sigma_g / H; log-norms do not cancel."""
    kappa = 1e9
    law = power_law(kappa, 1.0, 1 / kappa)
    # The difference is O(1/kappa); 1e-16 kappa of rounding is left in the norm.
    u = np.array([0.0, 0.5, 2.0])
    np.testing.assert_allclose(law.pdf(u), np.exp(-u * u) / np.sqrt(np.pi), rtol=2e-7)
    skew = power_law(1e6, 1.0, 1e-6, 4e-4)
    assert skew.cdf(skew.ppf(0.3)) == pytest.approx(0.3, rel=1e-9)


@pytest.mark.parametrize("law", LAWS, ids=ids)
def test_draws_follow_the_law(law):
    """PLD-T2: Kolmogorov-Smirnov at the 1e-4 level; the neighbouring convention is refused."""
    x = law.rvs(40_000, seed=3)
    assert scipy.stats.kstest(x, law.cdf).pvalue > 1e-4
    if law.kappa > 0.5 and law.m < 10:
        other = "ito" if law.alpha else "anti-ito"
        wrong = power_law(law.kappa, law.sigma_g, law.sigma_H, law.rho, other)
        assert scipy.stats.kstest(x, wrong.cdf).pvalue < 1e-15
    np.testing.assert_array_equal(x[:9], law.rvs(40_000, seed=3)[:9])
    assert law.rvs((2, 3), seed=0).shape == (2, 3) and law.rvs(0, seed=0).size == 0


def test_draws_have_the_variance():
    """PLD-C3: Var = eta sigma_g/(2H) kappa/(kappa - 1/2 - alpha); anti-Itô's is far off."""
    law = power_law(6, 1, 1)
    x = law.rvs(200_000, seed=5)
    error = np.std(x**2, ddof=1) / np.sqrt(x.size)
    assert abs(np.mean(x**2) - law.var()) <= 4 * error
    assert abs(np.mean(x**2) - power_law(6, 1, 1, 0, "anti-ito").var()) >= 8 * error


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(["ito", "stratonovich", "anti-ito"]),
    st.floats(0, 10) | st.just(float("nan")),
    st.floats(-5, 0),
)
def test_refuses_laws_that_do_not_exist(convention, gap, bad):
    """Existence: kappa > alpha - 1/2, rho^2 < sigma_g sigma_H, positive noise, no NaN."""
    alpha = {"ito": 0, "stratonovich": 0.5, "anti-ito": 1}[convention]
    with pytest.raises(ValueError, match="kappa must be"):
        power_law(alpha - 0.5 - gap, 1, 1, convention=convention)
    with pytest.raises(ValueError, match="sigma_g must be > 0"):
        power_law(3, bad, 1, convention=convention)
    with pytest.raises(ValueError, match="sigma_H must be > 0"):
        power_law(3, 1, bad, convention=convention)
    with pytest.raises(ValueError, match="rho"):
        power_law(3, 1, 4, 2 + gap, convention)


def test_refusals_name_requirement_value_and_remedy():
    """The message of DESIGN's example, missing moments, NaN points, seeds, conventions."""
    with pytest.raises(ValueError, match=r'> 0.5 .* anti-ito .* got 0.4; use convention="ito"'):
        power_law(0.4, 1, 1, convention="anti-ito")
    with pytest.raises(ValueError, match="kappa > 1.5 in the anti-ito"):
        power_law(1.2, 1, 1, convention="anti-ito").var()
    with pytest.raises(ValueError, match="kappa > 0 in the ito"):
        power_law(-0.1, 1, 1).mean()
    with pytest.raises(ValueError, match="convention must be"):
        power_law(1, 1, 1, convention="zwanzig")
    with pytest.raises(ValueError, match="NaN"):
        LAWS[0].pdf([0.0, np.nan])
    with pytest.raises(ValueError, match=r"\[0, 1\]"):
        LAWS[0].ppf(1.5)
    with pytest.raises(TypeError, match="seed"):
        LAWS[0].rvs(3, None)
    with pytest.raises(ValueError, match="nu must be > 0"):
        kappa_from_nu(0.0)
    with pytest.raises(AttributeError):
        LAWS[0].kappa = 3


def rotation(angle: float) -> np.ndarray:
    return np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])


def test_multivariate_law_is_a_multivariate_t():
    """PLD-T4: against scipy's multivariate t, and d = 1 against the one-dimensional law."""
    R = rotation(0.7)
    H, Sigma = R @ np.diag([1.0, 3.0]) @ R.T, R @ np.diag([0.5, 2.0]) @ R.T
    law = multivariate_power_law(2.5, H, Sigma, 0.1, "stratonovich")
    assert law.nu == 4.0
    points = np.random.default_rng(0).standard_normal((5, 2))
    other = scipy.stats.multivariate_t(shape=law.shape, df=law.nu)
    np.testing.assert_allclose(law.logpdf(points), other.logpdf(points), rtol=1e-10)
    form = np.einsum("ni,ij,nj->n", points, H @ np.linalg.inv(Sigma), points) / (0.1 * 2.5)
    ratio = law.logpdf(points) + law.m * np.log1p(form)
    np.testing.assert_allclose(ratio, ratio[0], rtol=1e-10)
    one = multivariate_power_law(2.0, [[3.0]], [[0.8]], 0.2)
    line = power_law(2.0, 0.8, 3.0 / (0.2 * 2.0))
    u = np.linspace(-2, 2, 7)
    np.testing.assert_allclose(one.logpdf(u[:, None]), line.logpdf(u), rtol=1e-10)
    assert one.cov()[0, 0] == pytest.approx(line.var(), rel=1e-12)


def test_multivariate_draws_have_the_covariance():
    """PLD-T4: covariance eta kappa/(2m - d - 2) Sigma_g H^-1; anti-Itô's is far off."""
    H, Sigma = np.diag([1.0, 3.0]), np.diag([0.5, 2.0])
    law = multivariate_power_law(8.0, H, Sigma, 0.1)
    u = law.rvs(200_000, seed=2)
    assert u.shape == (200_000, 2)
    for square, exact in ((u[:, 0] ** 2, law.cov()[0, 0]), (u[:, 0] * u[:, 1], 0.0)):
        error = square.std(ddof=1) / np.sqrt(square.size)
        assert abs(square.mean() - exact) <= 4 * error
    error = (u[:, 0] ** 2).std() / np.sqrt(len(u))
    wrong = multivariate_power_law(8.0, H, Sigma, 0.1, "anti-ito").cov()[0, 0]
    assert abs((u[:, 0] ** 2).mean() - wrong) >= 8 * error


def test_multivariate_refusals():
    """PLD-T4 holds only for commuting H and Sigma_g and for m > d/2."""
    H, Sigma = np.diag([1.0, 3.0]), np.diag([0.5, 2.0])
    R = rotation(0.3)
    with pytest.raises(ValueError, match="commute"):
        multivariate_power_law(3, H, R @ Sigma @ R.T, 0.1)
    with pytest.raises(ValueError, match="kappa must be > 0.5"):
        multivariate_power_law(0.5, np.eye(3), np.eye(3), 0.1)
    with pytest.raises(ValueError, match="kappa > 1 "):
        multivariate_power_law(0.9, H, Sigma, 0.1).cov()
    with pytest.raises(ValueError, match="positive definite"):
        multivariate_power_law(3, np.diag([1.0, 0.0]), Sigma, 0.1)
    with pytest.raises(ValueError, match="one shape"):
        multivariate_power_law(3, np.eye(3), Sigma, 0.1)
    with pytest.raises(ValueError, match="finite"):
        multivariate_power_law(3, np.diag([1.0, np.nan]), Sigma, 0.1)
    with pytest.raises(ValueError, match="coordinates last"):
        multivariate_power_law(3, H, Sigma, 0.1).logpdf(np.zeros(3))


@pytest.mark.parametrize("nu, n", [(0.7, 4000), (3.0, 20_000), (3.0, 50_000), (25.0, 50_000)])
def test_fit_reaches_scipys_optimum(nu, n):
    """Same maximum as scipy.stats.t.fit; at least as high to 1e-8 relative."""
    x = 7 + 2 * np.random.default_rng(1).standard_t(nu, n)
    fit = fit_student_t(x)
    theirs = scipy.stats.t.fit(x)
    loglik = scipy.stats.t.logpdf(x, *theirs).sum()
    assert fit.loglik >= loglik - 1e-8 * abs(loglik)
    for mine, other in zip((fit.nu, fit.loc, fit.scale), theirs, strict=True):
        # Nelder-Mead stops at 1e-4 of each parameter; the optimum is flat there.
        assert abs(mine.value - other) < 0.05 * mine.stderr
    own = scipy.stats.t.logpdf(x, fit.nu.value, fit.loc.value, fit.scale.value).sum()
    assert fit.loglik == pytest.approx(own, rel=1e-10)


def test_fit_is_calibrated():
    """PLD-C3: the standard errors are the spread of the estimates over 60 samples."""
    z = []
    for seed in range(60):
        x = 1 + 3 * np.random.default_rng(5000 + seed).standard_t(4, 3000)
        fit = fit_student_t(x)
        z.append([fit.nu.z(4), fit.loc.z(1), fit.scale.z(3), fit.nu.z(5)])
    z = np.array(z)
    assert (np.abs(z[:, :3].mean(0)) < 4 / np.sqrt(60)).all()
    # Standard error of a standard deviation from 60 draws: 1 / sqrt(120).
    assert (np.abs(z[:, :3].std(0) - 1) < 4 / np.sqrt(120)).all()
    assert abs(z[:, 3].mean()) > 8 / np.sqrt(60)
    # At nu = 4 the information for loc is n (nu + 1) / ((nu + 3) scale^2).
    assert fit.loc.stderr == pytest.approx(3 * np.sqrt(7 / 5 / 3000), rel=0.05)


def test_fit_recovers_kappa_of_sgd():
    """PLD-C3: kappa = (nu - 1)/2 in Itô; the anti-Itô reading is off by exactly 1."""
    law = power_law(1.5, 2.0, 0.4)
    nu = fit_student_t(law.rvs(200_000, seed=8)).nu
    assert abs(nu.z(4.0)) <= 4 and abs(nu.z(3.0)) >= 8
    assert kappa_from_nu(nu.value, "anti-ito") - kappa_from_nu(nu.value) == 1


def test_fit_of_gaussian_data_says_so():
    """Where no Student t beats the Gaussian: nu = inf, gain 0, the Gaussian's errors."""
    gaussian = np.random.default_rng(4)
    fits = [fit_student_t(3 + 2 * gaussian.standard_normal(2000)) for _ in range(40)]
    flat = [f for f in fits if f.nu.value == np.inf]
    assert 8 <= len(flat) <= 32
    assert all(f.gain == 0 and f.nu.stderr == np.inf for f in flat)
    assert all(f.gain > 0 and f.nu.value > 10 for f in fits if f.gain)
    assert sum(2 * f.gain > 2.7 for f in fits) <= 6
    assert np.std([f.scale.z(2) for f in fits]) < 1.5
    for seed in range(40):
        small = fit_student_t(np.random.default_rng(seed).standard_normal(12))
        assert small.gain >= 0 and np.isfinite([small.loc.stderr, small.scale.stderr]).all()
    uniform = fit_student_t(np.linspace(-1, 1, 500))
    assert uniform.nu.value == np.inf and uniform.loc.value == pytest.approx(0, abs=1e-15)


def test_fit_follows_shift_and_scale():
    """nu does not move, loc and scale move with the data; float32 and (n, d) input work."""
    x = np.random.default_rng(9).standard_t(2.5, 3000)
    a, b = fit_student_t(x), fit_student_t((1e3 - 1e-4 * x).reshape(30, 100))
    assert b.nu.value == pytest.approx(a.nu.value, rel=1e-8)
    assert b.scale.value == pytest.approx(1e-4 * a.scale.value, rel=1e-8)
    assert b.loc.value == pytest.approx(1e3 - 1e-4 * a.loc.value, rel=1e-12)
    narrow = fit_student_t(1 + 1e-9 * x)
    # 1 + 1e-9 x keeps seven digits of x.
    assert narrow.nu.value == pytest.approx(a.nu.value, rel=1e-6)
    single = fit_student_t(x.astype(np.float32))
    assert single.nu.value == pytest.approx(a.nu.value, rel=1e-4)


def test_fit_refuses_bad_samples():
    """NaN, too few, constant, ties."""
    x = np.random.default_rng(0).standard_t(3, 100)
    with pytest.raises(ValueError, match="finite"):
        fit_student_t(np.append(x, np.nan))
    with pytest.raises(ValueError, match=">= 10 values, got 9"):
        fit_student_t(x[:9])
    with pytest.raises(ValueError, match="half of its values equal"):
        fit_student_t(np.ones(50))
    with pytest.raises(ValueError, match="half of its values equal"):
        fit_student_t(np.append(np.zeros(200), x))
    with pytest.raises(ValueError, match="got 0"):
        fit_student_t([])
    with pytest.raises(ValueError, match="interior maximum"):
        fit_student_t(np.sign(np.arange(-9, 10)) * 10.0 ** np.abs(3.0 * np.arange(-9, 10)))
