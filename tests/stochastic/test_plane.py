"""The plane: closed forms, the line, each other, order two, any barrier, refusals."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sgdtheory.stochastic import first_passage
from sgdtheory.stochastic.plane import escape, mean_first_passage_time

READINGS = [("ito", 0.0), ("stratonovich", 0.5), ("anti-ito", 1.0)]


def still(x, y):
    return 0 * x, 0 * y


def one(x, y):
    return 1 + 0 * x


def edges(low, high, cells, beyond=True):
    """Even edges, with one more cell for a target beyond the last one."""
    x = np.linspace(low, high, cells + 1)
    return np.append(x, 2 * x[-1] - x[-2]) if beyond else x


def richardson(solve, cells):
    return (4 * solve(2 * cells) - solve(cells)) / 3


def exit_from_the_square(cells, d=one):
    inner = edges(-1, 1, cells)
    x = np.append(2 * inner[0] - inner[1], inner)
    return mean_first_passage_time(
        still, d, (0, 0), lambda x, y: np.maximum(abs(x), abs(y)) > 1, x, x
    )


def exact_square():
    """Free motion from the centre of (-1, 1)^2, D = 1: the double Fourier series."""
    odd = np.arange(1, 4000, 2)
    j, k = np.meshgrid(odd, odd)
    sign = np.where((j + k) // 2 % 2 == 1, 1.0, -1.0)
    return float((64 / math.pi**4 * sign / (j * k * (j * j + k * k))).sum())


def test_free_motion_out_of_a_square():
    """Corners, four targets, order two, and Richardson's rule."""
    error = [exit_from_the_square(n) / exact_square() - 1 for n in (20, 40, 80)]
    assert abs(error[0]) < 2.1e-3
    assert 3.9 < error[0] / error[1] < 4.1 and 3.9 < error[1] / error[2] < 4.1
    # left over: next power of the width, 1e-6; and of the series, 1e-7
    assert richardson(exit_from_the_square, 40) == pytest.approx(exact_square(), rel=3e-6)


@pytest.mark.parametrize("dimension", [2, 3, 4, 8])
@pytest.mark.parametrize("power, rel", [(1, 1e-11), (1.2, 2e-3)])
def test_free_motion_out_of_a_cylinder(dimension, power, rel):
    """(1 - r^2)/(2 (d - 1)): exact on edges of an even grid; an uneven one is of order two."""
    y = np.append(np.linspace(0, 1, 31) ** power, 1.03)
    for r in (0.0, y[9]):
        time = mean_first_passage_time(
            still, one, (0.3, r), lambda x, y: y > 1, [0, 0.5, 1], y, dimension=dimension
        )
        assert time == pytest.approx((1 - r * r) / (2 * (dimension - 1)), rel=rel)


@pytest.mark.parametrize("convention, alpha", READINGS)
def test_motion_along_x_that_ignores_y_is_that_of_the_line(convention, alpha):
    """FND-10: any motion across, of another D, changes nothing."""

    def line(x):
        return 0.2 + 0.3 * x**2

    def solve(n):
        return mean_first_passage_time(
            lambda x, y: (0.1 - x, np.sin(3 * x) - y),
            lambda x, y: (line(x), 0.1 + y**2),
            (-0.2, 0.1), lambda x, y: x > 1.2, edges(-1.5, 1.2, n), np.linspace(-1, 1, 9),
            convention=convention,
        )  # fmt: skip

    exact = first_passage.mean_first_passage_time(
        lambda x: 0.1 - x, line, -0.2, 1.2, lower=-1.5, convention=convention
    )
    error = [solve(n) / exact - 1 for n in (54, 108)]
    assert 3.9 < error[0] / error[1] < 4.1
    assert richardson(solve, 108) == pytest.approx(exact, rel=1e-8)


def test_a_drift_that_swirls_by_another_solver():
    """No gradient, f = -w + omega J w, out of a square: against central differences."""
    from scipy.sparse import eye_array, kron
    from scipy.sparse.linalg import spsolve

    omega, D, n = 3.0, 0.3, 121
    x = np.linspace(-1, 1, n)[1:-1]
    h = x[1] - x[0]
    first = (np.eye(n - 2, k=1) - np.eye(n - 2, k=-1)) / (2 * h)
    second = (np.eye(n - 2, k=1) - 2 * np.eye(n - 2) + np.eye(n - 2, k=-1)) / h**2
    X, Y = (a.ravel() for a in np.meshgrid(x, x, indexing="ij"))
    unit = eye_array(n - 2)
    fx, fy = -X - omega * Y, -Y + omega * X
    L = D * (kron(second, unit) + kron(unit, second))
    L = L + kron(first, unit).multiply(fx[:, None]) + kron(unit, first).multiply(fy[:, None])
    other = spsolve(L.tocsc(), -np.ones(X.size))[X.size // 2]

    def solve(cells):
        inner = edges(-1, 1, cells)
        grid = np.append(2 * inner[0] - inner[1], inner)
        return mean_first_passage_time(
            lambda x, y: (-x - omega * y, -y + omega * x), lambda x, y: D + 0 * x, (0, 0),
            lambda x, y: np.maximum(abs(x), abs(y)) > 1, grid, grid,
        )  # fmt: skip

    # the differences are of second order in 1/60: 3e-4; without the swirl the time is longer
    assert richardson(solve, 40) == pytest.approx(other, rel=1e-3)
    still_time = mean_first_passage_time(
        lambda x, y: (-x, -y), lambda x, y: D + 0 * x, (0, 0),
        lambda x, y: np.maximum(abs(x), abs(y)) > 1, *[np.linspace(-1.05, 1.05, 85)] * 2,
    )  # fmt: skip
    assert still_time > 1.02 * other


def quartic(x):
    return (x * x - 1) ** 2


def two_wells(rise, cells, x=None, y=None):
    x = edges(-2, 1, 3 * cells) if x is None else x
    y = np.linspace(0, 1, 4) if y is None else y
    return escape(
        lambda x, y: -rise * quartic(x), lambda x, y: 1 / rise + 0 * x,
        lambda x, y: x < -1, lambda x, y: x > 1, x, y,
    )  # fmt: skip


@pytest.mark.parametrize("rise, cells", [(2, 40), (40, 80), (200, 160), (2000, 320)])
def test_escape_is_that_of_the_line_at_any_barrier(rise, cells):
    """From a straight boundary the equilibrium law is one point: barriers of 2 to 2000 D."""
    exact = first_passage.log_mean_first_passage_time(
        lambda x: -4 * x * (x * x - 1), lambda x: 1 / rise + 0 * x, -1, 1, lower=-2
    )
    log_time = [two_wells(rise, n).log_time for n in (cells // 2, cells)]
    assert 3.8 < (log_time[0] - exact) / (log_time[1] - exact) < 4.2
    assert (4 * log_time[1] - log_time[0]) / 3 == pytest.approx(exact, abs=2e-5)


def well(x, y):
    return quartic(x) + 3 * y * y


def test_direct_and_capacity_form_agree():
    """Around the bottom of a deep well the start no longer matters: exp(-15)."""
    rise, x, y = 15.0, edges(-1.8, 1, 140), np.linspace(-1.2, 1.2, 97)

    def D(x, y):
        return 1 / rise + 0 * x

    direct = mean_first_passage_time(
        lambda x, y: (-4 * x * (x * x - 1), -6 * y), D, (-1, 0), lambda x, y: x > 1, x, y
    )
    found = escape(
        lambda x, y: -rise * well(x, y), D, lambda x, y: np.hypot(x + 1, y) < 0.06,
        lambda x, y: x > 1, x, y,
    )  # fmt: skip
    assert found.time == pytest.approx(direct, rel=1e-6)
    assert found.log_time == pytest.approx(found.log_mass - found.log_capacity)


@pytest.mark.parametrize("convention, alpha", READINGS)
def test_both_forms_read_the_noise_alike(convention, alpha):
    """``phi = C^-m`` with m = kappa + 1 - alpha, from its law and from drift and noise."""
    kappa, X = 5.0, 2.0

    def noise(x, y):
        return 1 + X * well(x, y)

    def D(x, y):
        return noise(x, y) / (kappa * X)

    x, y = edges(-1.8, 1, 140), np.linspace(0, 1.2, 49)
    ends = (lambda x, y: x < -1), (lambda x, y: x > 1)
    law = escape(lambda x, y: -(kappa + 1 - alpha) * np.log(noise(x, y)), D, *ends, x, y)
    direct = [
        mean_first_passage_time(
            lambda x, y: (-4 * x * (x * x - 1), -6 * y), D, (-1, r), ends[1], x, y,
            convention=convention,
        )
        for r in (0.0, 0.2)
    ]  # fmt: skip
    # the start on the line x = -1 is spread over r: its time lies between
    assert min(direct) * 0.999 < law.time < max(direct) * 1.001
    assert direct[1] == pytest.approx(direct[0], rel=0.02)


def test_a_flat_direction_changes_nothing():
    """PLD-T7's remark: a coordinate that the loss does not know leaves the time of the line."""
    thin = two_wells(8.0, 80)
    for d in (2, 3, 5):
        y = np.linspace(0, 7, 12)
        x = edges(-2, 1, 240)
        wide = escape(
            lambda x, y: -8.0 * quartic(x), lambda x, y: 1 / 8 + 0 * x,
            lambda x, y: x < -1, lambda x, y: x > 1, x, y, dimension=d,
        )  # fmt: skip
        assert wide.log_time == pytest.approx(thin.log_time, abs=1e-9)
    assert wide.committor == pytest.approx(thin.committor[:, :1] + 0 * y[1:], abs=1e-9)


def test_the_committor_is_one_half_on_the_ridge_and_a_probability():
    x, y = np.linspace(-1.2, 1.2, 121), np.linspace(0, 1, 31)
    q = escape(
        lambda x, y: -12 * well(x, y), one, lambda x, y: x < -1, lambda x, y: x > 1, x, y
    ).committor
    assert q.shape == (120, 30) and (q >= 0).all() and (q <= 1).all()
    assert q + q[::-1] == pytest.approx(np.ones_like(q), abs=1e-10)
    assert (np.diff(q, axis=0) >= -1e-12).all()
    assert (q[:10] == 0).all() and (q[-10:] == 1).all()


def test_an_unsplit_box_is_the_same_as_its_half():
    """A reflecting wall on the axis of symmetry; a grid that varies slowly keeps order two."""
    half = np.sinh(np.linspace(0, 3, 81)) * 0.1
    whole = np.append(-half[:0:-1], half)
    x = edges(-1.8, 1, 140)
    law = lambda x, y: -10 * well(x, y)  # noqa: E731
    ends = (lambda x, y: x < -1), (lambda x, y: x > 1)
    times = [escape(law, lambda x, y: 0.1 + 0 * x, *ends, x, y).log_time for y in (half, whole)]
    assert times[0] == pytest.approx(times[1], abs=1e-10)
    even = np.linspace(0, 1, 321)
    fine = escape(law, lambda x, y: 0.1 + 0 * x, *ends, x, even).log_time
    assert times[0] == pytest.approx(fine, abs=1e-3)


X, Y = edges(-2, 1, 60), np.linspace(-1, 1, 21)
GIVEN = dict(drift=lambda x, y: (-x, -y), D=one, start=(0.0, 0.0),
             reached=lambda x, y: x > 1, x=X, y=Y)  # fmt: skip
LAW = dict(log_phi=lambda x, y: -x * x, D=one, start=lambda x, y: x < -1,
           reached=lambda x, y: x > 1, x=X, y=Y)  # fmt: skip


@pytest.mark.parametrize(
    "change, words",
    [
        (dict(D=lambda x, y: x), "D must be > 0"),
        (dict(D=lambda x, y: (one(x, y), -one(x, y))), "D must be > 0"),
        (dict(D=lambda x, y: x * math.nan), "D must be > 0"),
        (dict(D=1.0), "D must be a function of x and y"),
        (dict(D=lambda x, y: (x, x, x)), "D must return one or two arrays, got 3"),
        (dict(drift=lambda x, y: x), "drift must return two arrays, got 1"),
        (dict(drift=lambda x, y: (x * math.inf, y)), "drift must be finite"),
        (dict(drift=lambda x, y: (np.ones(3), y)), "drift must return one number per position"),
        (dict(start=(3.0, 0.0)), "start must be a point"),
        (dict(start=(0.0, 0.0, 0.0)), "start must be a point"),
        (dict(start=(0.0, math.nan)), "start must be finite"),
        (dict(start=(1.02, 0.0)), "start must lie outside the target"),
        (dict(reached=lambda x, y: x > 9), "reached must hold in some cells and not in all"),
        (dict(reached=lambda x, y: x < 9), "reached must hold in some cells and not in all"),
        (dict(reached=lambda x, y: x), "reached must return true or false"),
        (dict(reached=1.0), "reached must be a function of x and y"),
        (dict(x=X[::-1]), "x must increase"),
        (dict(y=[0.0, 0.0, 1.0]), "y must increase"),
        (dict(x=[0.0, 1.0]), "x must hold >= 3 values"),
        (dict(x=np.ones((3, 3))), "x must have 1 axes"),
        (dict(dimension=3), r"y must be >= 0 where it is a distance"),
        (dict(dimension=1), "dimension must be >= 2"),
        (dict(dimension=2.5), "dimension must be an integer"),
        (dict(convention="zwanzig"), "convention must be one of"),
        (dict(drift=lambda x, y: (200 + x, -y)), "the grid must resolve the law"),
        (dict(drift=lambda x, y: (-60 * x, -y)), "must not be lost in rounding"),
    ],
)
def test_refusals(change, words):
    with pytest.raises((ValueError, TypeError), match=words) as caught:
        mean_first_passage_time(**GIVEN | change)
    assert ", got " in str(caught.value) and ";" in str(caught.value)


@pytest.mark.parametrize(
    "change, words",
    [
        (dict(reached=lambda x, y: x > -1), "apart by a cell at least"),
        (dict(reached=lambda x, y: x < 0), "apart by a cell at least"),
        (dict(start=lambda x, y: x > 9), "start must hold in some cells"),
        (dict(log_phi=lambda x, y: np.log(np.maximum(x, 0))), "log_phi must be finite"),
        (dict(log_phi=1.0), "log_phi must be a function"),
        (dict(log_phi=lambda x, y: -900 * (x * x - 1) ** 2), "the grid must resolve the law"),
        (dict(D=lambda x, y: 0 * x), "D must be > 0"),
    ],
)
@pytest.mark.filterwarnings("ignore:divide by zero")
def test_refusals_of_escape(change, words):
    with pytest.raises((ValueError, TypeError), match=words) as caught:
        escape(**LAW | change)
    assert ", got " in str(caught.value) and ";" in str(caught.value)


def test_a_time_that_overflows_is_refused_and_its_logarithm_is_not():
    found = two_wells(2000, 320)
    assert found.log_time > 2000
    with pytest.raises(ValueError, match="use log_time"):
        _ = found.time


@settings(max_examples=15, deadline=None)
@given(st.floats(0.3, 3.0), st.floats(-2, 2), st.floats(-0.5, 0.5))
def test_units_of_time(speed, swirl, x0):
    """Drift and D times c: the time over c."""
    box = dict(start=(x0, 0.1), reached=lambda x, y: x > 1, x=X, y=Y)
    slow = mean_first_passage_time(lambda x, y: (swirl * y - x, -swirl * x), one, **box)
    fast = mean_first_passage_time(
        lambda x, y: (speed * (swirl * y - x), -speed * swirl * x),
        lambda x, y: speed * one(x, y), **box,
    )  # fmt: skip
    assert fast * speed == pytest.approx(slow, rel=1e-9)
