"""Exact mean first-passage times: closed forms, another solver, other readings, refusals."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad, solve_bvp
from scipy.sparse import diags
from scipy.sparse.linalg import spsolve
from scipy.special import erf

from sgdtheory.stochastic import _integrals
from sgdtheory.stochastic.first_passage import (
    log_mean_first_passage_time,
    mean_exit_time,
    mean_first_passage_time,
    splitting_probability,
)


def ou(w):
    return -w


def constant(D):
    return lambda w: D + 0 * w


def quartic(B=1.0):
    return lambda w: -4 * B * w * (w * w - 1)


@pytest.mark.parametrize("D, b", [(0.1, 1.5), (1.0, 0.3), (0.02, 1.0), (5.0, 20.0)])
def test_ornstein_uhlenbeck(D, b):
    """FND-10 with the inner integral done by hand (an error function)."""

    def outer(y):
        return math.exp(y * y / 2 / D) / D * math.sqrt(math.pi * D / 2) * (
            1 + erf(y / math.sqrt(2 * D))
        )  # fmt: skip

    expected = quad(outer, 0, b, epsabs=0, epsrel=1e-12, limit=500)[0]
    assert mean_first_passage_time(ou, constant(D), 0.0, b) == pytest.approx(expected, rel=1e-9)


def test_free_diffusion_between_a_wall_and_a_target():
    """T = (b^2 - x^2) / 2D with a wall at 0."""
    for x in (0.0, 0.4, 0.99):
        time = mean_first_passage_time(lambda w: 0 * w, constant(0.3), x, 1.0, lower=0.0)
        assert time == pytest.approx((1 - x * x) / 0.6, rel=1e-9)


def test_the_line_may_be_mirrored():
    def drift(w):
        return -w + 0.3

    def D(w):
        return 0.1 + 0.05 * w + 0.2 * w * w

    up = mean_first_passage_time(drift, D, -0.2, 1.1, lower=-2.0)
    down = mean_first_passage_time(lambda w: -drift(-w), lambda w: D(-w), 0.2, -1.1, upper=2.0)
    assert up == pytest.approx(down, rel=1e-12)


@pytest.mark.parametrize(
    "convention, alpha", [("ito", 0), ("stratonovich", 0.5), ("anti-ito", 1)]
)
def test_backward_equation_by_another_solver(convention, alpha):
    """FND-9: a sparse solve of (f + alpha D')T' + D T'' = -1, reflecting at the wall."""
    low, target, n = -1.5, 1.2, 4000
    x = np.linspace(low, target, n + 1)
    h = x[1] - x[0]
    d, slope = 0.2 + 0.3 * x**2, 0.6 * x
    f = -x + 0.1 + alpha * slope
    up, down = d / h**2 + f / (2 * h), d / h**2 - f / (2 * h)
    main, right = -2 * d[:-1] / h**2, up[:-2].copy()
    right[0] += down[0]  # ghost point: T' = 0 at the wall
    T = spsolve(diags([down[1:-1], main, right], [-1, 0, 1]).tocsc(), -np.ones(n))
    exact = mean_first_passage_time(
        lambda w: -w + 0.1,
        lambda w: 0.2 + 0.3 * w**2,
        x[n // 3],
        target,
        lower=low,
        convention=convention,
    )
    # second-order differences on 4000 cells: error h^2 = 5e-7 times derivatives of order one
    assert T[n // 3] == pytest.approx(exact, rel=1e-5)


def quartic_by_quad(kappa, X, alpha, target):
    """``(2/sigma_g) int s^(m-1) int s^-m`` with ``s = 1 + X (w^2 - 1)^2``, nested quad."""
    m, sigma_g = kappa + 1 - alpha, 2 / (kappa * X)

    def s(w):
        return 1 + X * (w * w - 1) ** 2

    options = dict(epsabs=0, epsrel=1e-12, limit=200)
    tail = quad(lambda z: s(z) ** -m, -np.inf, -1, **options)[0]

    def outer(y):
        return s(y) ** (m - 1) * (tail + quad(lambda z: s(z) ** -m, -1, y, **options)[0])

    return 2 / sigma_g * quad(outer, -1, target, **options)[0]


@pytest.mark.parametrize("kappa, X", [(2, 3), (1, 10), (0.75, 10)])
@pytest.mark.parametrize("target", [0.0, 1.0])
def test_power_law_noise_in_a_quartic_well(kappa, X, target):
    """FND-10 for ``C = sigma_g (1 + X L)``, L = (w^2 - 1)^2, eta = 1, in each reading."""

    def D(w):
        return (1 + X * (w * w - 1) ** 2) / (kappa * X)

    for convention, alpha in (("ito", 0), ("stratonovich", 0.5), ("anti-ito", 1)):
        found = mean_first_passage_time(quartic(), D, -1.0, target, convention=convention)
        assert found == pytest.approx(quartic_by_quad(kappa, X, alpha, target), rel=1e-9)


def test_the_top_of_the_barrier_is_half_way_in_time():
    """FND-11: to the saddle takes half the time of crossing; what is left is exp(-60)."""
    half, whole = (
        mean_first_passage_time(quartic(), constant(1 / 60), -1.0, b) for b in (0.0, 1.0)
    )
    assert half / whole == pytest.approx(0.5, rel=1e-8)


def test_readings_differ():
    """The same drift and D, three readings, three times: a mutant of each other."""

    def D(w):
        return 0.1 + 0.1 * w * w

    times = [mean_first_passage_time(ou, D, 0.0, 1.0, convention=c)
             for c in ("ito", "stratonovich", "anti-ito")]  # fmt: skip
    assert times[0] > 1.1 * times[1] > 1.2 * times[2]


def test_a_barrier_of_40_D_and_beyond():
    """FND-11 up to its first correction, 3/8 per barrier; and no overflow at 2000 D."""
    for E in (40.0, 160.0, 640.0, 2000.0):
        log_time = log_mean_first_passage_time(quartic(), constant(1 / E), -1.0, 1.0)
        kramers = math.log(2 * math.pi / math.sqrt(32)) + E
        # next term is of order 1/E^2, with a coefficient near one
        assert log_time - kramers == pytest.approx(3 / (8 * E), abs=1 / E**2)


@pytest.fixture
def as_asked(monkeypatch):
    """No more cells than asked for."""
    monkeypatch.setattr(_integrals, "RESOLVED", math.inf)


def test_fourth_order_in_the_cells(as_asked):
    exact = mean_first_passage_time(ou, constant(0.1), 0.0, 1.5)
    error = [
        abs(mean_first_passage_time(ou, constant(0.1), 0.0, 1.5, cells=n) / exact - 1)
        for n in (200, 400, 800)
    ]
    assert 12 < error[0] / error[1] < 20 and 12 < error[1] / error[2] < 20


@pytest.mark.parametrize("cells", [200, 20_000])
@pytest.mark.parametrize("narrow", [1e2, 1e5, 1e8])
def test_a_narrow_well_is_resolved_whatever_the_cells(cells, narrow):
    """Drift -narrow x, D = 1 + narrow x^2: with m = 3/2 the time is elementary."""
    found = mean_first_passage_time(
        lambda w: -narrow * w, lambda w: 1 + narrow * w * w, 0.0, 1.0, cells=cells
    )
    # phi = (1 + n x^2)^-3/2, so T = int (1 + n y^2)^1/2 int phi = int (sqrt(1/n + y^2) + y)
    a = 1 / narrow
    root = math.sqrt(1 + a)
    expected = (root + a * math.asinh(1 / math.sqrt(a))) / 2 + 1 / 2
    assert found == pytest.approx(expected, rel=1e-9)


def test_a_well_too_narrow_anywhere_is_refused(monkeypatch):
    """Between start and target, a hundred million times narrower than the way."""
    monkeypatch.setattr(_integrals, "MOST", 800_000)

    def drift(w):
        return -1e8 * np.tanh((w - 0.5) * 1e9)

    with pytest.raises(ValueError, match="cells must resolve drift and D"):
        mean_first_passage_time(drift, constant(1.0), 0.0, 0.50000001, lower=-1.0)


def test_the_domain_grows_with_the_tail():
    """A power law with survival index 2: the far wall no longer matters."""

    def D(w):
        return 0.5 * (1 + w * w)

    open_ = mean_first_passage_time(ou, D, 0.0, 2.0, convention="ito")
    far = mean_first_passage_time(ou, D, 0.0, 2.0, convention="ito", lower=-1e9)
    near = mean_first_passage_time(ou, D, 0.0, 2.0, convention="ito", lower=-10.0)
    assert open_ == pytest.approx(far, rel=1e-9)
    assert abs(near / open_ - 1) > 1e-4


@pytest.mark.parametrize("tilt, K, ahead", [(0.0, 80, 0.1), (0.3, 100, 0.1), (0.3, 200, 0.02)])
def test_a_well_behind_the_start_is_found(tilt, K, ahead):
    """The deeper one of a double well, far behind in units of the way to the target."""

    def drift(w):
        return -4 * w * (w * w - 1) - tilt

    start = float(max(np.roots([4, 0, -4, tilt]).real))
    open_, walled = (
        log_mean_first_passage_time(drift, constant(1 / K), start, start + ahead, lower=wall)
        for wall in (None, -4.0)
    )
    assert open_ == pytest.approx(walled, rel=1e-9)


def test_a_very_slow_tail_is_summed():
    """Survival index 1/9 (anti-Ito): beyond any grid the tail is a geometric series."""
    exponent = 1 / 1.8
    inner = 0.5 * math.sqrt(math.pi / 0.9) * math.gamma(exponent - 0.5) / math.gamma(exponent)

    def outer(y):
        body = quad(lambda z: (1 + 0.9 * z * z) ** -exponent, 0, y, epsrel=1e-11)[0]
        return (1 + 0.9 * y * y) ** (exponent - 1) * (inner + body)

    expected = quad(outer, 0, 1.5, epsrel=1e-10)[0]
    found = mean_first_passage_time(
        ou, lambda w: 1 + 0.9 * w * w, 0.0, 1.5, convention="anti-ito"
    )
    assert found == pytest.approx(expected, rel=1e-8)


def test_start_at_the_target_takes_no_time():
    assert mean_first_passage_time(ou, constant(1.0), 0.5, 0.5) == 0.0
    assert log_mean_first_passage_time(ou, constant(1.0), 0.5, 0.5) == -math.inf


@pytest.mark.parametrize(
    "change, words",
    [
        (dict(D=lambda w: w), r"D must be > 0"),
        (dict(D=lambda w: 0 * w), r"D must be > 0"),
        (dict(D=lambda w: w + math.nan), r"D must be > 0"),
        (
            dict(drift=lambda w: w / 0.0 if np.isscalar(w) else w * np.inf),
            r"drift must be finite",
        ),
        (dict(D=lambda w: 1 - w * w, lower=0.0), r"got 0 at x = 1; .*wall"),
        (dict(D=lambda w: 1 - w * w, target=-1.0, upper=0.5), r"got 0 at x = -1; "),
        (dict(D=lambda w: 2 + w), r"D must be > 0 .* at x = -[2-9]"),
        (dict(drift=lambda w: w), r"normalisable below start.*`lower`"),
        (dict(drift=lambda w: w, target=-1.0), r"normalisable above start.*`upper`"),
        (
            dict(D=lambda w: 1 + w * w / 0.4, convention="anti-ito"),
            r"distance\^-0.4.*larger kappa",
        ),
        (dict(lower=2.0), r"lower must be <= start = 0"),
        (dict(target=-1.0, lower=-0.5), r"lower must be <= .* target = -1.* got -0.5"),
        (dict(D=lambda w: 1 + 2.2 * w * w, convention="anti-ito"), r"normalisable"),
        (dict(convention="zwanzig"), r"convention must be one of"),
        (dict(lower=0.5), r"lower must be <= start = 0 and target = 1.*got 0.5"),
        (dict(upper=0.5), r"upper must be >= start = 0 and target = 1.*got 0.5"),
        (dict(start=math.nan), r"start must be finite"),
        (dict(target=math.inf), r"target must be finite"),
        (dict(cells=5), r"cells must be >= 100"),
        (dict(D=lambda w: 1e-4 + 0 * w), r"log_mean_first_passage_time"),
    ],
)
def test_refusals(change, words):
    given = dict(drift=ou, D=constant(0.1), start=0.0, target=1.0) | change
    with pytest.raises(ValueError, match=words):
        mean_first_passage_time(**given)


@pytest.mark.parametrize("x", [-1.5, -1.4, 0.0, 0.3, 1.999, 2.0])
def test_exit_of_free_diffusion(x):
    """T = (x - low)(high - x)/(2 D); the chance of the upper end is linear in x."""
    time = mean_exit_time(lambda w: 0 * w, constant(0.3), x, (-1.5, 2.0))
    assert time == pytest.approx((x + 1.5) * (2 - x) / 0.6, rel=1e-9)
    up = splitting_probability(lambda w: 0 * w, constant(0.3), x, (-1.5, 2.0))
    assert up == pytest.approx((x + 1.5) / 3.5, rel=1e-9)


@pytest.mark.parametrize("v", [-30.0, -1.0, 2.0])
def test_exit_with_a_constant_drift(v):
    """Gambler's ruin: p = (1 - e^(-2vx)) / (1 - e^(-2vL)), T = (p L - x) / v, at D = 1/2."""
    x, L = 0.7, 2.0
    p = math.expm1(-2 * v * x) / math.expm1(-2 * v * L)
    given = (lambda w: v + 0 * w, constant(0.5), x, (0.0, L))
    assert splitting_probability(*given) == pytest.approx(p, rel=1e-9)
    assert mean_exit_time(*given) == pytest.approx((p * L - x) / v, rel=1e-9)


@pytest.mark.parametrize(
    "D", [constant(0.1), constant(1 / 80), lambda w: 0.1 + 0.3 * w**2, lambda w: 2 + np.cos(w)]
)
@pytest.mark.parametrize("convention", ["ito", "stratonovich", "anti-ito"])
def test_exit_of_a_symmetric_interval_is_that_of_its_half(D, convention):
    """By symmetry the middle reflects; a barrier of 40 D among them."""
    for x in (0.0, 0.6):
        whole = mean_exit_time(ou, D, x, (-1.0, 1.0), convention=convention)
        half = mean_first_passage_time(ou, D, x, 1.0, lower=0.0, convention=convention)
        assert whole == pytest.approx(half, rel=1e-9)
        other = mean_exit_time(ou, D, -x, (-1.0, 1.0), convention=convention)
        assert whole == pytest.approx(other, rel=1e-12)


def test_exit_over_barriers_of_40_D_on_both_sides():
    """Both saddles ±1 of L = 2 w^2 - w^4, by nested quad with the barrier taken out."""
    E = 40.0

    def loss(w):
        return 2 * w * w - w**4

    def outer(y):
        inside = quad(lambda z: math.exp(-E * loss(z)), 0, y, epsabs=0, epsrel=1e-12)[0]
        return E * math.exp(E * (loss(y) - 1)) * inside

    expected = quad(outer, 0, 1, epsabs=0, epsrel=1e-12)[0] * math.exp(E)
    given = (lambda w: -4 * w * (1 - w * w), constant(1 / E), 0.0)
    assert mean_exit_time(*given, (-1.0, 1.0)) == pytest.approx(expected, rel=1e-9)
    assert splitting_probability(*given, (-1.0, 1.0)) == pytest.approx(0.5, rel=1e-12)


@pytest.mark.parametrize(
    "convention, alpha", [("ito", 0), ("stratonovich", 0.5), ("anti-ito", 1)]
)
def test_exit_by_a_boundary_value_solver(convention, alpha):
    """FND-9: (f + alpha D')T' + D T'' = -1, zero at both ends; and = 0, zero and one."""
    low, high, x = -1.3, 0.9, 0.2

    def right(source):
        def system(w, y):
            d, slope, f = 0.2 + 0.3 * w**2 + 0.1 * w, 0.6 * w + 0.1, -3 * w + 0.4
            return np.vstack([y[1], -(source + (f + alpha * slope) * y[1]) / d])

        return system

    def solved(source, top):
        start = np.linspace(low, high, 60)
        found = solve_bvp(right(source), lambda a, b: np.array([a[0], b[0] - top]),
                          start, np.ones((2, 60)), tol=1e-10, max_nodes=20_000)  # fmt: skip
        assert found.success
        return found.sol(x)[0]

    given = (lambda w: -3 * w + 0.4, lambda w: 0.2 + 0.3 * w**2 + 0.1 * w, x, (low, high))
    # solve_bvp asks for residuals of 1e-10: what they leave is below 1e-8
    assert mean_exit_time(*given, convention=convention) == pytest.approx(
        solved(1.0, 0.0), rel=1e-8
    )
    assert splitting_probability(*given, convention=convention) == pytest.approx(
        solved(0.0, 1.0), rel=1e-8
    )


def test_exit_is_of_fourth_order_in_the_cells(as_asked):
    given = (ou, lambda w: 0.1 + 0.05 * w, 0.2, (-1.0, 1.4))
    exact = mean_exit_time(*given)
    error = [abs(mean_exit_time(*given, cells=n) / exact - 1) for n in (200, 400, 800)]
    assert 12 < error[0] / error[1] < 20 and 12 < error[1] / error[2] < 20


def test_a_rare_exit_keeps_its_digits():
    """Uphill by 60 D, against 15 D on the other side: two integrals of e^(w^2/2D)."""
    D, x, low, high = 1 / 120, 0.0, -0.5, 1.0

    def scale(a, b):
        return quad(lambda w: math.exp((w * w - 1) / 2 / D), a, b, epsrel=1e-12, points=[b])[0]

    expected = scale(low, x) / (scale(low, x) + scale(x, high))
    assert expected < 1e-19
    found = splitting_probability(ou, constant(D), x, (low, high))
    assert found == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(
    "change, words",
    [
        (dict(interval=(1.0, -1.0)), r"low < high .* got \(1.0, -1.0\)"),
        (dict(interval=(0.5, 1.0)), r"start = 0 inside"),
        (dict(interval=(-1.0, 0.0, 1.0)), r"interval must be \(low, high\)"),
        (dict(interval=(-1.0, math.inf)), r"interval must be finite"),
        (dict(interval=1.0), r"interval must have 1 axes"),
        (dict(D=lambda w: w), r"D must be > 0 .* got 0 at x = 0"),
        (dict(D=lambda w: 0.5 + w), r"D must be > 0 .* an end before it"),
        (dict(D=constant(1e-4)), r"below 1e308.* narrow the interval"),
        (dict(cells=5), r"cells must be >= 100"),
        (dict(convention="zwanzig"), r"convention must be one of"),
    ],
)
def test_refused_exits(change, words):
    given = dict(drift=ou, D=constant(0.1), start=0.0, interval=(-1.0, 1.0)) | change
    with pytest.raises(ValueError, match=words):
        mean_exit_time(**given)


@settings(max_examples=25, deadline=None)
@given(st.floats(0.05, 2.0), st.floats(0.2, 1.5), st.floats(0.1, 0.9))
def test_times_add_up_along_the_line(D, b, share):
    """From a to b is from a to c, then from c to b: strong Markov property."""
    middle = share * b
    whole = mean_first_passage_time(ou, constant(D), 0.0, b, cells=20_000)
    first = mean_first_passage_time(ou, constant(D), 0.0, middle, cells=20_000)
    second = mean_first_passage_time(ou, constant(D), middle, b, cells=20_000)
    assert whole == pytest.approx(first + second, rel=1e-7)  # 20,000 cells only
