"""Reshuffling, shuffle-once and windows: against 120 digits and against plain recursions."""

import itertools

import mpmath as mp
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sgdtheory.stochastic import linear_sgd as ls

CURVATURES = st.floats(-9, np.log10(1.9)).map(lambda e: float(10**e))
BATCHES = st.floats(0.302, 6).map(lambda e: int(10**e))
MOMENTA = st.sampled_from([0.0, 1e-6, 0.3, 0.9, 0.99]) | st.floats(0, 0.99)
many = settings(max_examples=120, deadline=None)


def near_critical(mu):
    """Curvatures where the poles merge, and all around."""
    for shift in (0.0, 1e-13, -1e-9, 1e-4, -1e-4, 0.02, -0.05, 0.2, -0.3):
        for critical in ((1 - np.sqrt(mu)) ** 2, (1 + np.sqrt(mu)) ** 2):
            yield min(critical * (1 + shift), 1.99 * (1 + mu))


def two_poles(plain, h, mu):
    """``z plain(z)`` divided by differences at the poles, split by 1e-50 where they merge."""
    h, mu = mp.mpf(h), mp.mpf(mu)
    f = lambda z: z * plain(z)  # noqa: E731
    if mu == 0:
        return float(plain(1 - h + mp.mpf(10) ** -60))
    root = mp.sqrt((1 + mu - h) ** 2 / 4 - mu + mp.mpf(10) ** -100 * (1 + 1j))
    up, down = (1 + mu - h) / 2 + root, (1 + mu - h) / 2 - root
    return float(mp.re((f(up) - f(down)) / (up - down)) / (1 - mu))


def exact_shuffle_once(h, M, mu):
    def plain(z):
        power = z**M
        rise = M * (1 + power) / ((1 - z * z) * (1 - power)) - 1 / (1 - z) ** 2
        return rise / (M - 1)

    with mp.workdps(140):
        return two_poles(plain, h, mu)


def exact_velocity(h, M, mu):
    """``2 (rho(0) - rho(1))`` of the phase-averaged correlations, summed in closed form."""

    def plain(z):
        phi = 1 - 2 * z * (M * (1 - z) - 1 + z**M) / (M * (M - 1) * (1 - z) ** 2)
        return 2 / (1 + z) - (1 - z) * (phi - 1) / (z * (1 + z))

    with mp.workdps(140):
        return two_poles(plain, h, mu)


def exact_window(h, T, mu):
    def plain(z):
        total = T * (1 - z * z) - 2 * z * (1 - z**T)
        return 1 / (1 - z * z) - total / (1 - z) ** 2 / (1 - z * z) / mp.mpf(T) ** 2

    with mp.workdps(140):
        return two_poles(plain, h, mu)


def exact_epoch(h, M, mu):
    """The chain of (u, v, c) at high precision; c leaks a little, so that it has a law."""
    h, mu, leak = mp.mpf(h), mp.mpf(mu), mp.mpf(10) ** -60
    A = mp.matrix([[-h, mu, 0], [-h, mu, 0], [-h, mu, 0]])
    A[0, 0], A[2, 0], A[2, 2] = 1 - h, 1 - h, 1 - leak
    ones, b = mp.eye(3), mp.matrix([1, 1, 1])

    def settled(step, source):
        kron = mp.matrix(9, 9)
        for i, j, k, m in itertools.product(range(3), repeat=4):
            kron[3 * i + j, 3 * k + m] = (i == k) * (j == m) - step[i, k] * step[j, m]
        x = mp.lu_solve(kron, mp.matrix([source[i, j] for i in range(3) for j in range(3)]))
        return mp.matrix(3, 3) + mp.matrix([[x[3 * i + j] for j in range(3)] for i in range(3)])

    white = settled(A, b * b.T)

    def noise(n):
        """Of the first n noises of an epoch of M."""
        power = A**n
        total = mp.lu_solve(ones - A, (ones - power) * b)
        squares = white - power * white * power.T
        return power, (M * squares - total * total.T) / (M - 1)

    return noise, settled


def exact_phase(h, M, k, mu):
    with mp.workdps(160):
        noise, settled = exact_epoch(h, M, mu)
        power, fresh = noise(k)
        return float((power * settled(*noise(M)) * power.T + fresh)[0, 0])


def exact_epoch_window(h, M, epochs, mu, average):
    """``average``: variance averaged over phases, verified by itself."""
    with mp.workdps(260):
        noise, settled = exact_epoch(h, M, mu)
        power, fresh = noise(M)
        start = settled(power, fresh)
        for i in range(3):
            start[2, i] = start[i, 2] = mp.mpf(0)
        for _ in range(epochs):
            start = power * start * power.T + fresh
        return float(average - start[2, 2] / (epochs * M) ** 2)


@many
@given(CURVATURES, BATCHES, MOMENTA)
@example(1.0, 2, 0.0)
@example(1e-9, 2, 0.99)
@example(1e-9, 10**6, 0.0)
def test_ten_digits_everywhere(h, M, mu):
    """IVF-SO1, the velocity of IVF-WIN1 and the window with momentum."""
    assert ls.shuffle_once_variance(h, M, mu) == pytest.approx(
        exact_shuffle_once(h, M, mu), rel=1e-10
    )
    assert ls.velocity_variance(h, M, mu) == pytest.approx(exact_velocity(h, M, mu), rel=1e-10)
    assert ls.white_window_variance(h, M, mu) == pytest.approx(
        exact_window(h, M, mu), rel=1e-10
    )


@settings(max_examples=60, deadline=None)
@given(CURVATURES, BATCHES, MOMENTA, st.floats(0, 1))
@example(1e-9, 2, 0.0, 0.0)
@example(1e-9, 2, 0.99, 0.0)
@example(1e-9, 2, 1e-6, 0.0)
@example(1e-9, 10**6, 0.99, 0.3)
@example(1.9, 10**6, 0.0, 0.5)
def test_ten_digits_at_every_phase(h, M, mu, fraction):
    """IVF-RR2, with and without momentum."""
    k = int(fraction * M)
    assert ls.phase_variance(h, M, k, mu) == pytest.approx(exact_phase(h, M, k, mu), rel=1e-10)


@settings(max_examples=30, deadline=None)
@given(CURVATURES, BATCHES, MOMENTA, st.integers(1, 12))
@example(1e-9, 2, 0.0, 1)
@example(1e-9, 10**6, 0.99, 1)
@example(1e-9, 300, 0.9, 7)
def test_ten_digits_in_a_window_of_epochs(h, M, mu, epochs):
    average = ls.epoch_variance(h, M, mu)
    exact = exact_epoch_window(h, M, epochs, mu, mp.mpf(average))
    assert ls.epoch_window_variance(h, M, epochs, mu) == pytest.approx(exact, rel=1e-10)


@pytest.mark.parametrize("mu", [1e-4, 0.1, 0.5, 0.9, 0.99])
@pytest.mark.parametrize("M", [2, 50, 10**6])
def test_ten_digits_near_critical_damping(mu, M):
    for h in near_critical(mu):
        for ours, exact in (
            (ls.shuffle_once_variance(h, M, mu), exact_shuffle_once(h, M, mu)),
            (ls.velocity_variance(h, M, mu), exact_velocity(h, M, mu)),
            (ls.white_window_variance(h, M, mu), exact_window(h, M, mu)),
            (ls.phase_variance(h, M, 0, mu), exact_phase(h, M, 0, mu)),
        ):
            assert ours == pytest.approx(exact, rel=1e-10)


@settings(max_examples=60, deadline=None)
@given(CURVATURES, BATCHES, st.integers(2, 10**4))
@example(1e-9, 2, 2)
@example(1e-9, 10**6, 10)
def test_ten_digits_of_the_weights_read_at_epoch_ends(h, M, epochs):
    with mp.workdps(160):
        h_, n = mp.mpf(h), epochs
        a = 1 - h_
        first, square = (1 - a**M) / h_, (1 - a ** (2 * M)) / (1 - a * a)
        noise = mp.mpf(M) / (M - 1) * (square - first**2 / M)
        z = a**M
        spread = 1 / (1 - z * z) * (
            1 - (n * (1 - z * z) - 2 * z * (1 - z**n)) / (1 - z) ** 2 / mp.mpf(n) ** 2
        )  # fmt: skip
        exact = float(noise * spread)
    assert ls.boundary_window_variance(h, M, epochs) == pytest.approx(exact, rel=1e-10)


def path_covariance(h, M, mu, blocks, steps):
    """Covariance matrix of u_1 .. u_steps, noise matrix given, linear algebra only."""
    response, u, v = [], 0.0, 1.0
    for _ in range(steps):
        u, response = u + v, [*response, u + v]
        v = mu * v - h * u
    L = np.array([[response[t - s] if t >= s else 0.0 for s in range(steps)]
                  for t in range(steps)])  # fmt: skip
    return L @ blocks @ L.T


def zero_sum(M):
    """Covariance of the M noises of one epoch, all M! orders enumerated."""
    noise = np.random.default_rng(M).standard_normal(M)
    noise = (noise - noise.mean()) / noise.std()
    orders = np.array(list(itertools.permutations(noise)))
    return orders.T @ orders / len(orders)


@pytest.mark.parametrize("h, M, mu", [(0.3, 2, 0), (0.3, 5, 0.6), (1.5, 4, 0), (1.2, 3, 0.3)])
def test_phases_and_windows_against_the_whole_path(h, M, mu):
    """Fresh orders each epoch, from rest until stationary; the covariance matrix itself."""
    count = 60 // M + 200 // M
    X = path_covariance(h, M, mu, np.kron(np.eye(count), zero_sum(M)), count * M)
    last = X[-M - 1 :, -M - 1 :]
    for k in range(M + 1):
        assert ls.phase_variance(h, M, k, mu) == pytest.approx(last[k, k], rel=1e-9)
    assert ls.epoch_variance(h, M, mu) == pytest.approx(np.diag(X)[-M:].mean(), rel=1e-9)
    for epochs in (1, 3):
        T = epochs * M
        tail = X[-T:, -T:]
        found = np.trace(tail) / T - tail.mean()
        assert ls.epoch_window_variance(h, M, epochs, mu) == pytest.approx(found, rel=1e-9)
    step = np.diff(np.eye(len(X)), axis=0)[-M:]
    found = np.trace(step @ X @ step.T) / M
    assert ls.velocity_variance(h, M, mu) == pytest.approx(found, rel=1e-9)
    if not mu:
        ends = X[M - 1 :: M, M - 1 :: M][-5:, -5:]
        found = np.trace(ends) / 5 - ends.mean()
        assert ls.boundary_window_variance(h, M, 5) == pytest.approx(found, rel=1e-9)


@pytest.mark.parametrize("h, M, mu", [(0.3, 2, 0), (0.3, 5, 0.6), (1.5, 4, 0), (1.2, 3, 0.3)])
def test_one_order_for_ever_against_the_whole_path(h, M, mu):
    """IVF-SO1: every phase alike; a fresh order each epoch is far off."""
    count = 260 // M
    X = path_covariance(h, M, mu, np.kron(np.ones((count, count)), zero_sum(M)), count * M)
    ours = ls.shuffle_once_variance(h, M, mu)
    assert np.diag(X)[-M:] == pytest.approx(np.full(M, ours), rel=1e-9)
    assert abs(ls.epoch_variance(h, M, mu) / ours - 1) > 0.02


@pytest.mark.parametrize("h, T, mu", [(0.3, 6, 0.0), (0.2, 40, 0.8), (1e-3, 9, 0.5)])
def test_white_window_against_the_stationary_covariance(h, T, mu):
    """Stationary start from the state's covariance; momentum makes no AR(1)."""
    uu, uv, vv = (x[0, 0] for x in ls.phase_covariance([[h]], [[1.0]], 1.0, mu))
    A, X = np.array([[1 - h, mu], [-h, mu]]), np.array([[uu, uv], [uv, vv]])
    rho = [(np.linalg.matrix_power(A, k) @ X)[0, 0] for k in range(T)]
    K = np.array([[rho[abs(i - j)] for j in range(T)] for i in range(T)])
    assert ls.white_window_variance(h, T, mu) == pytest.approx(rho[0] - K.mean(), rel=1e-9)
    if not mu:
        assert ls.white_window_variance(h, T) == pytest.approx(ls.window_variance(1 - h, T))
    assert ls.velocity_variance(h, None, mu) == pytest.approx(2 * (rho[0] - rho[1]), rel=1e-9)
    assert ls.correlation_time(h, None, mu) == pytest.approx(rho[0] / vv, rel=1e-9)


def test_schemes_of_momentum_against_the_matrix_solution():
    """IVF-HB1, EMA1, NAG1: EMA is heavy ball at (1 - mu) eta."""
    eta, lam, mu = 0.3, 0.9, 0.7
    h, white = eta * lam, lambda **k: ls.phase_covariance([[lam]], [[1.0]], momentum=mu, **k)
    heavy = white(eta=eta)[0][0, 0] / eta**2
    assert ls.mode_variance(h, mu) == pytest.approx(heavy, rel=1e-12)
    ema = white(eta=(1 - mu) * eta)[0][0, 0] / eta**2
    assert ls.mode_variance(h, mu, "ema") == pytest.approx(ema, rel=1e-12)
    uu, uv, vv = (x[0, 0] / eta**2 for x in white(eta=eta, nesterov=True))
    assert ls.mode_variance(h, mu, "nesterov") == pytest.approx(uu, rel=1e-12)
    stored = uu + 2 * mu * uv + mu**2 * vv
    assert ls.mode_variance(h, mu, "nesterov-stored") == pytest.approx(stored, rel=1e-12)


@pytest.mark.parametrize("scheme", ["heavy-ball", "ema", "nesterov-stored"])
def test_schemes_of_momentum_are_pytorchs(scheme):
    """``torch.optim.SGD`` itself, 40,000 weights at once: its stored weights."""
    import torch

    mu, lam, eta, paths = 0.8, 1.0, 0.3, 40_000
    generator = torch.Generator().manual_seed(3)
    w = torch.zeros(paths, dtype=torch.float64, requires_grad=True)
    options = {"ema": {"dampening": mu}, "nesterov-stored": {"nesterov": True}}
    sgd = torch.optim.SGD([w], lr=eta, momentum=mu, **options.get(scheme, {}))
    for _ in range(120):
        noise = torch.randn(paths, generator=generator, dtype=torch.float64)
        w.grad = lam * w.detach() + noise
        sgd.step()
    squares = w.detach().numpy() ** 2 / eta**2
    error = squares.std(ddof=1) / np.sqrt(paths)
    assert abs(squares.mean() - ls.mode_variance(eta * lam, mu, scheme)) <= 4 * error
    other = "nesterov" if scheme == "nesterov-stored" else "nesterov-stored"
    assert abs(squares.mean() - ls.mode_variance(eta * lam, mu, other)) >= 8 * error


def test_regression_with_one_weight():
    """IVF-MUL1: fresh batches; constant noise of the same size is far off."""
    eta, a, noise, B, paths = 0.4, 0.8, 1.5, 2, 100_000
    rng, w = np.random.default_rng(5), np.zeros(100_000)
    for _ in range(60):
        x = np.sqrt(a) * rng.standard_normal((B, paths))
        y = np.sqrt(noise) * rng.standard_normal((B, paths))
        w = w - eta * (x * (x * w - y)).mean(0)
    error = (w**2).std(ddof=1) / np.sqrt(paths)
    assert abs((w**2).mean() - ls.regression_variance(eta, a, noise, B)) <= 4 * error
    constant = ls.mode_variance(eta * a) * eta**2 * a * noise / B
    assert abs((w**2).mean() - constant) >= 8 * error
    with pytest.raises(ValueError, match="finite second moment"):
        ls.regression_variance(1.4, 1.0, 1.0, 4)


def test_flat_limits_and_arrays():
    """The rows of the truth table, at h -> 0; any shape goes through."""
    M, T, h = 50, 400, np.array([[1e-12, 1e-10]])
    assert ls.shuffle_once_variance(h, M) == pytest.approx(np.full((1, 2), (M + 1) / 12))
    assert ls.phase_variance(h, M) == pytest.approx(h * M * (M + 1) / 24, rel=1e-6)
    assert ls.white_window_variance(h, T) == pytest.approx((T * T - 1) / (6 * T) + 0 * h)
    flat = (M + 1) / 6 * (1 - M / (2 * T))
    assert ls.epoch_window_variance(h, M, T // M) == pytest.approx(flat + 0 * h, rel=1e-7)
    ends = h**2 * M**2 * (M + 1) / 12 * (64 - 1) / 48
    assert ls.boundary_window_variance(h, M, 8) == pytest.approx(ends, rel=1e-6)
    assert ls.correlation_time(h, M) == pytest.approx((M + 1) / 6 + 0 * h, rel=1e-7)


def test_the_crossover_is_where_both_asymptotes_meet():
    """IVF-XO1; the exact variance lies below both there."""
    eta, M, mu = 0.1, 2000, 0.9
    h = eta * ls.crossover_curvature(eta, M, mu)
    flat, sharp = M / 6 / (1 - mu) ** 2, 1 / (2 * h * (1 - mu))
    assert flat == pytest.approx(sharp, rel=1e-12)
    assert 0.4 < ls.epoch_variance(h, M, mu) / flat < 0.7


@pytest.mark.parametrize(
    "call, says",
    [
        (lambda: ls.phase_variance(0.1, 5, 6), "phase must be <= M = 5"),
        (lambda: ls.phase_variance(2.0, 5), r"\(0, 2\)"),
        (lambda: ls.phase_variance(0.1, 1), "two or more minibatches"),
        (lambda: ls.shuffle_once_variance(3.9, 5, 0.5), r"2 \(1 \+ mu\)"),
        (lambda: ls.velocity_variance(0.0, 5), "eigenvalue must lie"),
        (lambda: ls.velocity_variance(2.0), "eigenvalue must lie"),
        (lambda: ls.correlation_time(float("nan")), "finite"),
        (lambda: ls.white_window_variance(0.1, 1), "two points"),
        (lambda: ls.epoch_window_variance(0.1, 5, 0), "how many epochs"),
        (lambda: ls.boundary_window_variance(0.1, 5, 1), "two points"),
        (lambda: ls.crossover_curvature(0.0, 5), "eta must be > 0"),
        (lambda: ls.mode_variance(0.1, 0.5, "adam"), "scheme must be one of"),
        (lambda: ls.mode_variance(6.1, 0.5, "ema"), r"\(0, 6\)"),
        (lambda: ls.mode_variance(1.6, 0.5, "nesterov-stored"), r"\(0, 1\.5\)"),
        (lambda: ls.mode_variance(0.1, 1.0), "momentum must be in"),
    ],
)
def test_refusals(call, says):
    with pytest.raises(ValueError, match=says):
        call()
