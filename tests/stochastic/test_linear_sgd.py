"""Exact discrete-time statistics of SGD on a quadratic, against independent routes."""

import itertools

import mpmath as mp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import solve_discrete_lyapunov

from sgdtheory.stochastic.linear_sgd import (
    epoch_variance,
    kesten_exponent,
    kesten_exponent_least_squares,
    phase_covariance,
    second_moment_random_coefficient,
    stationary_covariance,
    window_variance,
)


def matrices(d=4, seed=0):
    """A Hessian and a noise covariance that do not commute."""
    rng = np.random.default_rng(seed)
    A, B = rng.standard_normal((2, d, d))
    return A @ A.T + 0.1 * np.eye(d), B @ B.T


@pytest.mark.parametrize("mu, nesterov", [(0, False), (0.8, False), (0.8, True), (0.3, True)])
def test_covariance_solves_the_lyapunov_equation(mu, nesterov):
    """IVF-LYAP: against scipy's solver on the (u, v) chain; H and C do not commute."""
    H, C = matrices()
    eta, eye = 0.05, np.eye(4)
    assert np.abs(H @ C - C @ H).max() > 1
    pull = mu * (eye - eta * H) if nesterov else mu * eye
    chain = np.block([[eye - eta * H, pull], [-eta * H, pull]])
    exact = solve_discrete_lyapunov(chain, eta**2 * np.kron(np.ones((2, 2)), C))
    uu, uv, vv = phase_covariance(H, C, eta, mu, nesterov)
    scale = np.abs(exact[:4, :4]).max()
    np.testing.assert_allclose(uu, exact[:4, :4], rtol=1e-10, atol=1e-12 * scale)
    np.testing.assert_allclose(uv, exact[:4, 4:], rtol=1e-8, atol=1e-12 * scale)
    np.testing.assert_allclose(vv, exact[4:, 4:], rtol=1e-8, atol=1e-12 * scale)
    X = stationary_covariance(H, C, eta, mu, nesterov)
    np.testing.assert_array_equal(X, X.T)
    np.testing.assert_allclose(X, uu, rtol=1e-10, atol=1e-14 * scale)


@pytest.mark.parametrize("h", [1e-9, 1e-4, 0.299, 1.0])
@pytest.mark.parametrize("mu", [0.0, 0.5, 0.8, 0.99])
def test_closed_forms_of_one_mode(h, mu):
    """IVF-HB and Nesterov in one dimension, to 1e-12 even in flat modes."""
    eta, lam, C = 0.2, h / 0.2, 3.0
    heavy = eta * C * (1 + mu) / (lam * (1 - mu) * (2 * (1 + mu) - h))
    ours = stationary_covariance([[lam]], [[C]], eta, mu)[0, 0]
    assert ours == pytest.approx(heavy, rel=1e-12)
    bottom = lam * (1 - mu + h * mu) * (2 * (1 + mu) - h * (1 + 2 * mu))
    if h >= 2 * (1 + mu) / (1 + 2 * mu):
        return
    uu, uv, vv = (x[0, 0] for x in phase_covariance([[lam]], [[C]], eta, mu, True))
    assert uu == pytest.approx(eta * C * (1 + mu - h * mu) / bottom, rel=1e-12)
    torch_form = eta * C * (1 + mu + h * mu + 2 * h * mu**2) / bottom
    assert uu + 2 * mu * uv + mu**2 * vv == pytest.approx(torch_form, rel=1e-12)


def test_covariance_against_simulation():
    """IVF-LYAP: 4e5 draws of the chain itself; the continuous-time covariance is refused."""
    H, C = matrices(2, seed=3)
    eta, mu = 0.15, 0.6
    rng = np.random.default_rng(11)
    root = np.linalg.cholesky(C)
    u, v = np.zeros((2, 4000, 2))
    squares = []
    for step in range(1, 1201):
        v = mu * v - eta * (u @ H + rng.standard_normal(u.shape) @ root.T)
        u = u + v
        if step % 200 == 0 and step > 300:
            squares.append(u[:, 0] * u[:, 1])
    # 200 steps exceed ten relaxation times of the slowest mode; chains are independent.
    sample = np.mean(squares, axis=0)
    error = sample.std(ddof=1) / np.sqrt(len(sample))
    exact = stationary_covariance(H, C, eta, mu)[0, 1]
    flow = np.linalg.solve(np.kron(H, np.eye(2)) + np.kron(np.eye(2), H), eta * C.ravel())
    assert abs(sample.mean() - exact) <= 4 * error
    assert abs(sample.mean() - flow[1]) >= 8 * error


def test_covariance_refuses_unstable_steps_and_bad_matrices():
    """The error states the limit: 2(1 + mu), or 2(1 + mu)/(1 + 2 mu) for Nesterov."""
    H, C = np.diag([1.0, 3.0]), np.eye(2)
    with pytest.raises(ValueError, match=r"\(0, 2\)"):
        stationary_covariance(H, C, 0.7)
    assert stationary_covariance(H, C, 0.7, 0.5)[1, 1] > 0
    with pytest.raises(ValueError, match=r"\(0, 1\.5\)"):
        stationary_covariance(H, C, 0.7, 0.5, nesterov=True)
    with pytest.raises(ValueError, match="flat modes"):
        stationary_covariance(np.diag([1.0, 0.0]), C, 0.1)
    with pytest.raises(ValueError, match="momentum"):
        stationary_covariance(H, C, 0.1, 1.0)
    with pytest.raises(ValueError, match="H must be symmetric"):
        stationary_covariance([[1.0, 0.5], [0.0, 1.0]], C, 0.1)
    with pytest.raises(ValueError, match="one shape"):
        stationary_covariance(np.eye(3), C, 0.1)
    with pytest.raises(ValueError, match="finite"):
        stationary_covariance(np.diag([1.0, np.nan]), C, 0.1)
    with pytest.raises(ValueError, match="semi-definite"):
        stationary_covariance(H, -C, 0.1)


def enumerated_epoch_variance(h, M, mu, epochs):
    """Variance averaged over phases, every order of the M noises of each epoch enumerated.

    Epochs are independent, so second moments of one epoch's M noises (averaged over all M!
    orders) are all that enters; the chain runs for ``epochs`` epochs from rest.
    """
    noise = np.random.default_rng(M).standard_normal(M)
    noise -= noise.mean()
    noise /= np.sqrt(np.mean(noise**2))
    orders = np.array(list(itertools.permutations(noise)))
    pairs = orders.T @ orders / len(orders)
    response, u, v = [], 0.0, -1.0
    for _ in range(epochs * M):
        u, response = u + v, [*response, u + v]
        v = mu * v - h * u
    response = np.array(response)
    total = 0.0
    for phase in range(M):
        # At the end of step ``phase`` of the last epoch, newest noise first.
        current = response[: phase + 1][::-1]
        total += current @ pairs[: phase + 1, : phase + 1] @ current
        for start in range(phase + 1, len(response) - M + 1, M):
            past = response[start : start + M][::-1]
            total += past @ pairs @ past
    return total / M


@pytest.mark.parametrize(
    "h, M, mu",
    [(0.3, 2, 0), (0.3, 5, 0), (1.7, 4, 0), (0.3, 5, 0.6), (0.04, 4, 0.64), (1.2, 3, 0.3)],
)
def test_epoch_variance_against_enumeration(h, M, mu):
    """IVF-RR: all M! orders of an epoch, no formula; independent draws are far off."""
    exact = enumerated_epoch_variance(h, M, mu, epochs=600 // M)
    assert epoch_variance(h, M, mu) == pytest.approx(exact, rel=1e-10)
    independent = stationary_covariance([[h]], [[1.0]], 1.0, mu)[0, 0]
    assert abs(epoch_variance(h, M, mu) / independent - 1) > 0.01


def reference_epoch_variance(h, M, mu):
    """Closed form at 120 digits; poles split by 1e-50 where they merge."""
    with mp.workdps(120):
        h, mu = mp.mpf(h), mp.mpf(mu)

        def f(z):
            phi = 1 - 2 * z * (M * (1 - z) - 1 + z**M) / (M * (M - 1) * (1 - z) ** 2)
            return z * phi / (1 - z**2)

        if mu == 0:
            return float(f(1 - h) / (1 - h)) if h != 1 else 1.0
        root = mp.sqrt((1 + mu - h) ** 2 / 4 - mu + mp.mpf(10) ** -100 * (1 + 1j))
        up, down = (1 + mu - h) / 2 + root, (1 + mu - h) / 2 - root
        return float(mp.re((f(up) - f(down)) / (up - down)) / (1 - mu))


@settings(max_examples=250, deadline=None)
@given(
    st.floats(-9, np.log10(1.9)).map(lambda e: float(10**e)),
    st.floats(0.302, 6).map(lambda e: int(10**e)),
    st.sampled_from([0.0, 1e-6, 0.3, 0.9, 0.99]) | st.floats(0, 0.99),
)
def test_epoch_variance_keeps_ten_digits(h, M, mu):
    """IVF-RR over h in [1e-9, 1.9], M to 1e6, momentum to .99, against mpmath."""
    exact = reference_epoch_variance(h, M, mu)
    assert epoch_variance(h, M, mu) == pytest.approx(exact, rel=1e-10)


@pytest.mark.parametrize("mu", [1e-4, 0.1, 0.5, 0.9, 0.99])
@pytest.mark.parametrize("M", [2, 50, 10**6])
def test_epoch_variance_near_critical_damping(mu, M):
    """IVF-RR where the two poles merge, h = (1 -/+ sqrt(mu))^2, and all around it."""
    for shift in (0.0, 1e-13, -1e-9, 1e-4, -1e-4, 0.02, -0.05, 0.2, -0.3):
        for critical in ((1 - np.sqrt(mu)) ** 2, (1 + np.sqrt(mu)) ** 2):
            h = min(critical * (1 + shift), 1.99 * (1 + mu))
            exact = reference_epoch_variance(h, M, mu)
            assert epoch_variance(h, M, mu) == pytest.approx(exact, rel=1e-10)


def test_epoch_variance_limits_and_arrays():
    """IVF-RR: (M + 1)/6 in flat directions, white noise in sharp ones; arrays go through."""
    h = np.array([[1e-12, 1e-3], [0.5, 1.5]])
    values = epoch_variance(h, 1200)
    assert values.shape == (2, 2)
    assert values[0, 0] == pytest.approx(1201 / 6, rel=1e-8)
    assert values[1, 0] == pytest.approx(1 / (0.5 * 1.5), rel=0.01)
    assert values[0, 1] == pytest.approx(epoch_variance(1e-3, 1200), rel=1e-15)
    # Next order in M h of the flat limit: 1 - (M - 4) h / 4.
    flat = 1201 / 6 * (1 - 1196 * 1e-6 / 4)
    assert epoch_variance(1e-6, 1200) == pytest.approx(flat, rel=1e-6)


@settings(max_examples=50, deadline=None)
@given(st.floats(max_value=0) | st.floats(min_value=3.0) | st.just(float("nan")))
def test_epoch_variance_refuses(h):
    """h outside (0, 2(1 + mu)), NaN, one batch, momentum 1."""
    with pytest.raises(ValueError, match="eigenvalue must lie|finite"):
        epoch_variance(h, 10, 0.5)
    with pytest.raises(ValueError, match="M must be >= 2"):
        epoch_variance(0.1, 1)
    with pytest.raises(ValueError, match="momentum"):
        epoch_variance(0.1, 10, -0.1)
    with pytest.raises(ValueError, match=">= 1 values, got 0"):
        epoch_variance([], 10)


@pytest.mark.parametrize("a", [-0.95, 0.0, 0.3, 0.99, 1 - 1e-12])
@pytest.mark.parametrize("T", [2, 7, 300])
def test_window_variance(a, T):
    """Against the trace of the centred covariance matrix, in 40 digits."""
    with mp.workdps(40):
        x = mp.mpf(a)
        lags = [2 * (T - k) * x**k for k in range(1, T)]
        exact = float((1 - (T + mp.fsum(lags)) / mp.mpf(T) ** 2) / (1 - x**2))
    assert window_variance(a, T) == pytest.approx(exact, rel=1e-12)
    matrix = a ** np.abs(np.subtract.outer(np.arange(T), np.arange(T))) / (1 - a * a)
    if a < 0.999:
        assert window_variance(a, T) == pytest.approx(np.trace(matrix) / T - matrix.mean())
    if a > 0.999:
        assert window_variance(a, T) == pytest.approx((T * T - 1) / (6 * T), rel=1e-8)


def test_window_variance_refuses():
    """Not stationary, one point, NaN."""
    for bad in (1.0, -1.0, 1.5):
        with pytest.raises(ValueError, match="stationary"):
            window_variance(bad, 10)
    with pytest.raises(ValueError, match="two points"):
        window_variance(0.5, 1)
    with pytest.raises(ValueError, match="finite"):
        window_variance(float("nan"), 10)


def log_moment(a, eta_H, kappa):
    """log E|1 - eta h|^a by the confluent hypergeometric function, 60 digits."""
    s2 = mp.mpf(eta_H) / mp.mpf(kappa)
    gamma = mp.gamma((a + 1) / 2) / mp.sqrt(mp.pi)
    kummer = mp.hyp1f1(-a / 2, 0.5, -((1 - mp.mpf(eta_H)) ** 2) / (2 * s2))
    return mp.log(2 * s2) * a / 2 + mp.log(gamma * kummer)


@pytest.mark.parametrize(
    "eta_H, kappa",
    [(0.5, 0.75), (0.1, 2), (0.001, 5), (1e-8, 2), (1.5, 3), (1.0, 2), (0.5, 200), (0.01, 200)]
    + [(0.1, 0.05), (0.02, 0.01), (1.9, 50), (0.5, 30)],
)
def test_kesten_exponent_against_hypergeometric_root(eta_H, kappa):
    """PLD-X2: root of E|1 - eta h|^a = 1 to 1e-10, exponents from .1 to 480."""
    with mp.workdps(60):
        a = kesten_exponent(eta_H, kappa)
        exact = mp.findroot(lambda b: log_moment(b, eta_H, kappa), (a * 1.001, a * 0.999))
        assert a == pytest.approx(float(exact), rel=1e-10)


@pytest.mark.parametrize("kappa", [0.75, 1, 2, 5])
def test_kesten_exponent_is_the_ito_one(kappa):
    """PLD-X2: a = 2 kappa + 1 + (kappa - 1) eps + O(eps^2): Itô, not 2 kappa."""
    eps = 1e-4
    a = kesten_exponent(eps, kappa)
    assert a == pytest.approx(2 * kappa + 1 + (kappa - 1) * eps, abs=20 * kappa**2 * eps**2)
    assert abs(a - 2 * kappa) > 0.9


def test_kesten_exponent_at_a_finite_second_moment():
    """PLD-X1: E|1 - eta h|^2 = 1 exactly where the second moment turns infinite."""
    eta_H = 0.4
    kappa = 1 / (2 - eta_H)
    assert kesten_exponent(eta_H, kappa) == pytest.approx(2, rel=1e-10)
    eta, H = 0.1, 4.0
    sigma_H = H / (eta * kappa)
    assert second_moment_random_coefficient(eta, H, 1.0, 0.99 * sigma_H) > 0
    with pytest.raises(ValueError, match="finite"):
        second_moment_random_coefficient(eta, H, 1.0, 1.001 * sigma_H)


def test_second_moment_against_the_chain():
    """PLD-X1: random-coefficient SGD simulated; the SDE's variance is refused."""
    eta, H, sigma_g, sigma_H = 0.4, 1.0, 1.0, 0.3
    rng = np.random.default_rng(21)
    w = np.zeros(200_000)
    for _ in range(60):
        h = H + np.sqrt(sigma_H) * rng.standard_normal(w.size)
        w = (1 - eta * h) * w - eta * np.sqrt(sigma_g) * rng.standard_normal(w.size)
    error = np.std(w**2, ddof=1) / np.sqrt(w.size)
    exact = second_moment_random_coefficient(eta, H, sigma_g, sigma_H)
    assert abs(np.mean(w**2) - exact) <= 4 * error
    assert abs(np.mean(w**2) - eta * sigma_g / (2 * H - eta * sigma_H)) >= 8 * error


@pytest.mark.parametrize("batch, eta", [(1, 0.01), (1, 0.3), (2, 0.3), (10, 1.0)])
def test_least_squares_exponent_against_quadrature(batch, eta):
    """PLD-X3: root of E|1 - eta chi2_b / b|^a = 1, mpmath quadrature over sqrt(chi2)."""
    with mp.workdps(20):
        half, rate = mp.mpf(batch) / 2, mp.mpf(eta)

        def density(c):
            return half**half / mp.gamma(half) * c ** (half - 1) * mp.exp(-half * c)

        ends = [0, 0.5, 1, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 40]
        edges = [mp.sqrt(mp.mpf(e) / rate) for e in ends]

        def excess(a):
            integrand = lambda v: 2 * v * abs(1 - rate * v * v) ** a * density(v * v)  # noqa: E731
            return mp.quad(integrand, edges) - 1

        a = kesten_exponent_least_squares(eta, batch)
        root = mp.findroot(excess, (a * (1 + 1e-6), a * (1 - 1e-6)), tol=1e-16)
        assert a == pytest.approx(float(root), rel=1e-10)


def test_least_squares_exponent_is_not_the_sdes():
    """PLD-X3: a = 2 exactly at eta = 2/3, b = 1; a eta / b -> exp(1 + W(1/e)) / 2, not 1."""
    assert kesten_exponent_least_squares(2 / 3, 1) == pytest.approx(2, rel=1e-10)
    limit = float(mp.exp(1 + mp.lambertw(mp.exp(-1)).real) / 2)
    # The correction is of first order in eta / b.
    scaled = [eta * kesten_exponent_least_squares(eta, 1) for eta in (2e-3, 1e-3)]
    assert 2 * scaled[1] - scaled[0] == pytest.approx(limit, rel=1e-5)


def test_kesten_exponents_refuse_chains_without_a_law():
    """E log|1 - eta h| >= 0, and arguments outside their domain."""
    with pytest.raises(ValueError, match="smaller learning rate"):
        kesten_exponent(2.5, 100.0)
    with pytest.raises(ValueError, match="smaller learning rate"):
        kesten_exponent_least_squares(5.0, 1)
    for bad in (0.0, -1.0, float("nan")):
        with pytest.raises(ValueError, match="eta_H must be"):
            kesten_exponent(bad, 1.0)
        with pytest.raises(ValueError, match="kappa must be"):
            kesten_exponent(0.1, bad)
        with pytest.raises(ValueError, match="eta must be"):
            kesten_exponent_least_squares(bad, 1)
        with pytest.raises(ValueError, match="sigma_g must be"):
            second_moment_random_coefficient(0.1, 1.0, bad, 1.0)
    with pytest.raises(ValueError, match="batch must be >= 1"):
        kesten_exponent_least_squares(0.1, 0)
