"""First passage: intervals, several dimensions, unfinished ensembles, bad input."""

import math

import numpy as np
import pytest
import torch

from sgdtheory.estimate import Censored, Estimate
from sgdtheory.stochastic.first_passage import mean_exit_time, mean_first_passage_time
from sgdtheory.stochastic.langevin import Passages, first_passage_time, first_passage_times


def pull(x):
    return -x


def spread(x):
    return 0.1 + 0.1 * x * x


def free(x):
    return torch.zeros_like(x)


EXIT = mean_exit_time(lambda w: -w, spread, 0.1, (-0.4, 0.5))


def test_exit_from_an_interval():
    """Bridges at both ends: within 4 s.e. of the exact time, and beyond 8 without them."""
    common = dict(paths=40_000, seed=1, max_steps=99_999)
    # dt = 0.001: with the bridge what remains is of order dt, below half an s.e.
    found = first_passage_time(pull, spread, 0.1, (-0.4, 0.5), 0.001, **common)
    assert abs(found.z(EXIT)) <= 4
    assert found.z(mean_first_passage_time(lambda w: -w, spread, 0.1, 0.5)) <= -8
    plain = first_passage_time(pull, spread, 0.1, (-0.4, 0.5), 0.001, bridge=False, **common)
    assert plain.z(EXIT) >= 8


def recursion_exit(low: float, high: float, x0: float, dt: float) -> float:
    """Exact mean exit time of the recursion: Gauss-Legendre for its Gaussian kernel."""
    nodes, weights = np.polynomial.legendre.leggauss(200)
    y = low + (high - low) / 2 * (1 + nodes)

    def stay(x):
        variance = 2 * dt * spread(x[:, None])
        kernel = np.exp(-((y - (1 - dt) * x[:, None]) ** 2) / (2 * variance))
        return kernel / np.sqrt(2 * np.pi * variance) * (high - low) / 2 * weights

    steps = np.linalg.solve(np.eye(len(y)) - stay(y), np.ones(len(y)))
    return dt * float(1 + (stay(np.array([x0])) @ steps)[0])


def test_the_recursion_leaves_an_interval_in_its_own_time():
    """bridge=False is the exact chain; the bridge and the SDE are not."""
    exact = recursion_exit(-0.4, 0.5, 0.1, 0.1)
    common = dict(paths=50_000, seed=2, max_steps=9999)
    found = first_passage_time(pull, spread, 0.1, (-0.4, 0.5), 0.1, bridge=False, **common)
    assert abs(found.z(exact)) <= 4 and abs(found.z(EXIT)) >= 8
    bridged = first_passage_time(pull, spread, 0.1, (-0.4, 0.5), 0.1, **common)
    assert abs(bridged.z(exact)) >= 8


def along(axis: int, d: int, form: str):
    """Drift and D in d dimensions whose coordinate ``axis`` is -x, 0.1 + 0.1 x^2 alone."""

    def drift(x):
        return -x * (1 + (torch.arange(d) != axis) * x.square().sum(1, keepdim=True))

    def D(x):
        value = spread(x[:, axis : axis + 1])
        if form == "isotropic":
            return value
        others = 0.3 + x.square().sum(1, keepdim=True).expand(-1, d)
        diagonal = torch.where(torch.arange(d) == axis, value, others)
        if form == "diagonal":
            return diagonal
        matrix = torch.diag_embed(diagonal)
        matrix[:, 0, 1] = matrix[:, 1, 0] = 0.1
        return matrix

    return drift, D


@pytest.mark.parametrize("axis, d", [(0, 2), (2, 3)])
@pytest.mark.parametrize("form", ["isotropic", "diagonal", "matrix"])
def test_one_coordinate_of_many(axis, d, form):
    """It passes its target when it would alone: the bridge takes that coordinate's D."""
    start = [0.2] * d
    start[axis] = 0.0
    exact = mean_first_passage_time(lambda w: -w, spread, 0.0, 0.4)
    drift, D = along(axis, d, form)
    common = dict(axis=axis, paths=4000, seed=3, max_steps=99_999)
    found = first_passage_time(drift, D, start, 0.4, 0.005, **common)
    assert abs(found.z(exact)) <= 4
    if form == "diagonal":
        plain = first_passage_time(drift, D, start, 0.4, 0.005, bridge=False, **common)
        assert plain.z(exact) >= 4  # the bridge is at work: with it |z| stays below


def test_isotropic_noise_that_depends_on_all_coordinates():
    """The exit of one coordinate is the same after a turn, and not from another |x|."""

    def D(x):
        return 0.1 * (1 + x.square().sum(1, keepdim=True))

    common = dict(paths=20_000, max_steps=9999)
    along_0 = first_passage_time(free, D, [0.1, 0.6, 0.0], (-0.5, 0.5), 0.01, seed=4, **common)
    along_2 = first_passage_time(
        free, D, [0.0, 0.6, 0.1], (-0.5, 0.5), 0.01, axis=2, seed=5, **common
    )
    z = (along_0.value - along_2.value) / math.hypot(along_0.stderr, along_2.stderr)
    assert abs(z) <= 4
    nearer = first_passage_time(free, D, [0.1, 0.0, 0.0], (-0.5, 0.5), 0.01, seed=6, **common)
    assert nearer.z(along_0.value) >= 8  # |x| matters


@pytest.mark.parametrize("D", [0.2, [0.5, 0.2], [[0.5, 0.1], [0.1, 0.2]]])
def test_a_constant_diffusion_is_number_vector_or_matrix(D):
    D = torch.tensor(D, dtype=torch.float64)
    found = first_passage_time(
        free, D, [0.0, 0.1], (-0.3, 0.5), 0.001, axis=1, paths=5000, seed=7, max_steps=99_999
    )
    assert abs(found.z(0.4 * 0.4 / (2 * 0.2))) <= 4  # (x - low) (high - x) / (2 D)


def test_walls_stand_on_the_axis_of_the_target():
    exact = mean_first_passage_time(free_number, lambda w: 0.2 + 0 * w, 0.0, 0.4, lower=-0.1)
    found = first_passage_time(
        free, 0.2, [7.0, 0.0], 0.4, 0.0005, axis=1, lower=-0.1,
        paths=5000, seed=8, max_steps=99_999,
    )  # fmt: skip
    assert abs(found.z(exact)) <= 4


def free_number(w):
    return 0 * w


def test_the_whole_law_of_a_free_passage():
    """Survival erf(a / sqrt(4 D t)) with the bridge, at any dt; the mean does not exist."""
    found = first_passage_times(free, 0.5, 0.0, 1.0, 0.1, paths=40_000, seed=9, max_steps=100)
    assert found.max_time == pytest.approx(10.0) and found.times.max() < 10.0
    for t in (0.5, 2.0, 10.0):
        alive = math.erf(1 / math.sqrt(4 * 0.5 * t))
        assert abs(float(found.survival(t)) - alive) <= 4 * math.sqrt(
            alive * (1 - alive) / 40_000
        )
    assert float(found.survival(10.0)) == pytest.approx(found.censored / found.total)
    assert np.all(np.diff(found.survival(np.linspace(0, 10, 50))) <= 0)
    with pytest.raises(Censored) as caught:
        found.mean()
    assert caught.value.finished == len(found.times)
    bound = (found.times.sum() + 10.0 * found.censored) / 40_000
    assert caught.value.lower_bound == pytest.approx(bound)
    with pytest.raises(ValueError, match="t must be <= max_time = 10, got 11"):
        found.survival(11.0)


def test_the_mean_is_that_of_the_times():
    common = dict(paths=3000, seed=10, max_steps=9999)
    times = first_passage_times(pull, 0.1, 0.0, 0.3, 0.01, **common)
    assert times.censored == 0 and len(times.times) == times.total == 3000
    assert times.mean() == Estimate.mean_of(times.times)
    assert times.mean() == first_passage_time(pull, 0.1, 0.0, 0.3, 0.01, **common)


def test_a_start_on_an_end_takes_no_time():
    for target in (0.0, (0.0, 1.0), (-1.0, 0.0)):
        found = first_passage_times(pull, 0.1, 0.0, target, 0.1, paths=5, seed=1, max_steps=1)
        assert found.mean() == Estimate(0.0, 0.0, 5)


def test_progress_is_shown_on_request_only(capsys):
    common = dict(paths=200, seed=11, max_steps=9999)
    quiet = first_passage_times(pull, 0.1, 0.0, 0.2, 0.01, **common)
    assert capsys.readouterr() == ("", "")
    loud = first_passage_times(pull, 0.1, 0.0, 0.2, 0.01, progress=True, **common)
    out, err = capsys.readouterr()
    assert out == "" and "200/200" in err
    assert np.array_equal(quiet.times, loud.times)


def test_dtypes_agree():
    common = dict(paths=2000, seed=12, max_steps=9999)
    single, double = (
        first_passage_times(pull, spread, 0.0, 0.3, 0.01, dtype=dtype, **common).mean()
        for dtype in (torch.float32, torch.float64)
    )
    assert abs(single.value - double.value) <= 4 * math.hypot(single.stderr, double.stderr)


@pytest.mark.parametrize(
    "change, words",
    [
        (dict(target=(0.1, 1.0)), r"target must be a pair low < high around x0 = 0, got \(0.1"),
        (dict(target=(1.0, -1.0)), "target must be a pair low < high"),
        (dict(target=(0.0, 0.0)), "target must be a pair low < high"),
        (dict(target=(-1.0, math.inf)), "target must be finite"),
        (dict(target=(-1.0, 0.5, 1.0)), r"number or a pair \(low, high\), got 3 values"),
        (dict(target=(-1.0, 1.0), lower=-0.5), "walls must lie outside"),
        (dict(upper=0.5), "walls must lie outside"),
        (dict(axis=1), "axis must be below the number of coordinates 1, got 1"),
        (dict(axis=-1), "axis must be >= 0"),
        (dict(x0=[[0.0], [0.1]]), r"x0 must be a number or \(d,\), got shape \(2, 1\)"),
        (dict(x0=math.nan), "x0 must be finite"),
        (dict(D=-1.0), "D must be > 0"),
        (dict(D=lambda x: x), "D must be > 0"),
        (dict(x0=[0.0, 0.0], D=lambda x: 1 + x[:, 0] ** 2), r"D must map \(paths, 2\)"),
        (dict(x0=[0.0, 0.0], drift=lambda x: -x[:, :1]), r"drift must map \(paths, 2\)"),
        (dict(dt=0.0), "dt must be > 0"),
        (dict(max_steps=0), "max_steps must be >= 1"),
    ],
)
def test_refused(change, words):
    given = dict(drift=pull, D=0.1, x0=0.0, target=1.0, dt=0.1, paths=5, seed=1, max_steps=9)
    with pytest.raises(ValueError, match=words):
        first_passage_times(**(given | change))


def test_states_that_are_lost_are_named():
    with pytest.raises(ArithmeticError, match="states must stay finite, got 5 of 5 paths"):
        first_passage_times(
            lambda x: x * math.nan, 0.1, [0.0, 0.0], 1.0, 0.1, paths=5, seed=1, max_steps=9
        )


def test_passages_are_plain_data():
    some = Passages(np.array([1.0, 3.0]), 2, 5.0)
    assert some.mean().value == 2.0 and some.survival([0.0, 1.0, 2.0, 3.0]).tolist() == [
        1,
        0.5,
        0.5,
        0,
    ]
