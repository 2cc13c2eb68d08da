"""Mean squared displacements: every route against a double loop, fits against closed forms."""

import math
import tracemalloc

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from sgdtheory.stochastic import fractal, msd
from sgdtheory.stochastic._msd_gram import full_float32

RNG = np.random.default_rng(5)
T = 120
DRIFT = np.arange(T)[:, None] * RNG.standard_normal(7)
PATHS = {
    "walk": RNG.standard_normal((T, 7)).cumsum(0),
    "drift": DRIFT + 0.1 * RNG.standard_normal((T, 7)).cumsum(0),
    "white": RNG.standard_normal((T, 7)),
    "far away": RNG.standard_normal((T, 7)).cumsum(0) + 1e4,
    "relaxing": 50 * np.exp(-np.arange(T) / 30)[:, None] * RNG.standard_normal(7),
    "one coordinate": RNG.standard_normal((T, 1)).cumsum(0),
}


def walks_of(points, dimensions, *, seed, paths=1):
    """Brownian paths, (paths, points, dimensions)."""
    walks = fractal.fbm(0.5, points - 1, paths=paths * dimensions, seed=seed)
    return walks.reshape(paths, dimensions, points).swapaxes(1, 2)


def double_loop(w):
    """The definition, pair by pair."""
    found = []
    for lag in range(1, len(w)):
        pairs = [float(((w[t + lag] - w[t]) ** 2).sum()) for t in range(len(w) - lag)]
        found.append(sum(pairs) / len(pairs))
    return np.array(found)


@pytest.mark.parametrize("route", ["gram", "fft", "auto"])
@pytest.mark.parametrize("name", PATHS)
def test_routes_agree_with_the_double_loop(route, name):
    lags, found = msd.time_averaged(PATHS[name], route=route)
    np.testing.assert_array_equal(lags, np.arange(1, T))
    # Squares of 1e4 are taken about the first point; what is left is eps * 1e4 / 1.
    np.testing.assert_allclose(found, double_loop(PATHS[name]), rtol=1e-9)


@pytest.mark.parametrize("name", PATHS)
def test_single_precision_products_cost_less_than_1e_5(name):
    """Also where a drift makes up nearly all of the displacement."""
    w = PATHS[name].astype(np.float32)
    exact = double_loop(w.astype(float))
    for given_ in (w, torch.from_numpy(w)):
        _, found = msd.time_averaged(given_, route="gram")
        np.testing.assert_allclose(found, exact, rtol=1e-5)


def test_single_precision_at_full_length():
    """T = 1000: walk, drift of 96 % at lag 500, relaxation."""
    walk = RNG.standard_normal((1000, 300)).cumsum(0)
    time = np.arange(1000)[:, None]
    for w in (walk, walk + 0.22 * time, walk * 1e-3 + 50 * np.exp(-time / 200)):
        w = w.astype(np.float32)
        exact = msd.time_averaged(w.astype(float), route="fft")[1]
        np.testing.assert_allclose(msd.time_averaged(w, route="gram")[1], exact, rtol=1e-5)


@pytest.mark.parametrize("kind", ["float64", "float32", "float16", "int64"])
@pytest.mark.parametrize("route", ["gram", "fft"])
def test_kinds_of_numbers(kind, route):
    w = np.rint(PATHS["walk"]).astype(kind)
    for given_ in (w, torch.from_numpy(w).requires_grad_(kind.startswith("float"))):
        found = msd.time_averaged(given_, [1, 5], route=route)[1]
        np.testing.assert_allclose(found, double_loop(w.astype(float))[[0, 4]], rtol=1e-6)
        assert found.dtype == np.float64


@settings(max_examples=40)
@given(arrays(float, st.tuples(st.integers(2, 12), st.integers(1, 4)),
              elements=st.floats(-100, 100, width=32)))  # fmt: skip
def test_any_trajectory(w):
    exact = double_loop(w)
    scale = 1e-9 * (1 + np.ptp(w, axis=0) @ np.ptp(w, axis=0))
    for route in ("gram", "fft"):
        np.testing.assert_allclose(msd.time_averaged(w, route=route)[1], exact, atol=scale)


def test_rotation_and_translation_change_nothing():
    w = PATHS["walk"]
    Q, _ = np.linalg.qr(RNG.standard_normal((7, 7)))
    expected = msd.time_averaged(w)[1]
    for moved in (w @ Q, w + 17.0, w[::-1]):
        np.testing.assert_allclose(msd.time_averaged(moved)[1], expected, rtol=1e-9)
    np.testing.assert_allclose(msd.time_averaged(3 * w)[1], 9 * expected)


def test_layers_add_up_and_any_origin_will_do():
    w = PATHS["walk"]
    G = msd.gram(w[:, :3], torch.from_numpy(w[:, 3:]))
    np.testing.assert_allclose(G, (w - w[0]) @ (w - w[0]).T, atol=1e-9)
    expected = double_loop(w)
    np.testing.assert_allclose(msd.from_gram(G)[1], expected, rtol=1e-10)
    np.testing.assert_allclose(msd.from_gram(w @ w.T, [1, 50])[1], expected[[0, 49]], rtol=1e-8)


def test_a_narrow_block_gives_the_same(monkeypatch):
    from sgdtheory.stochastic import _msd_gram

    expected = [msd.time_averaged(PATHS["walk"], route=r)[1] for r in ("gram", "fft")]
    monkeypatch.setattr(_msd_gram, "BLOCK", 2 * T)
    for route, value in zip(("gram", "fft"), expected, strict=True):
        found = msd.time_averaged(PATHS["walk"], route=route)[1]
        np.testing.assert_allclose(found, value, rtol=1e-11)


def test_reduced_precision_is_off_within_and_back_afterwards():
    place = torch.backends.cuda.matmul
    before, place.fp32_precision = place.fp32_precision, "tf32"
    try:
        with full_float32(torch):
            assert place.fp32_precision == "ieee"
        assert place.fp32_precision == "tf32"
        with pytest.raises(ZeroDivisionError), full_float32(torch):
            raise ZeroDivisionError
        assert place.fp32_precision == "tf32"
    finally:
        place.fp32_precision = before


def test_first_row_not_first_column():
    w = PATHS["walk"]
    lags, found = msd.non_averaged(w)
    assert lags[0] == 0 and found[0] == 0
    np.testing.assert_allclose(found, ((w - w[0]) ** 2).sum(1))
    np.testing.assert_allclose(msd.non_averaged(torch.from_numpy(w), [0, 9])[1], found[[0, 9]])


def test_detrending_the_trajectory_is_detrending_its_gram_matrix():
    w = PATHS["drift"]
    flat = msd.detrended(w)
    assert np.abs(flat[[0, -1]]).max() < 1e-12
    np.testing.assert_allclose(msd.detrend_gram(msd.gram(w)), flat @ flat.T, atol=1e-8)
    np.testing.assert_allclose(msd.detrended(torch.from_numpy(w)).numpy(), flat, atol=1e-12)
    assert msd.from_gram(msd.detrend_gram(msd.gram(DRIFT)))[1].max() < 1e-8


def test_drift_share():
    lags, share = msd.drift_share(msd.gram(DRIFT), [1, 50])
    np.testing.assert_allclose(share, 1.0)
    walks = walks_of(T, 2000, seed=1)[0]
    _, share = msd.drift_share(msd.gram(walks) + 5.0, [10, 60])
    np.testing.assert_allclose(share, np.array([10, 60]) / (T - 1), rtol=0.15)
    with pytest.raises(ValueError, match="got none at lag 1"):
        msd.drift_share(np.zeros((5, 5)))


# ---------------------------------------------------------------- streaming


@pytest.mark.parametrize("kind", ["numpy", "torch", "float32"])
def test_streaming_gives_the_time_average(kind):
    w = PATHS["walk"].astype(np.float32 if kind == "float32" else float)
    stream = msd.Streaming(msd.log_lags(T, 60))
    for t, point in enumerate(w):
        stream.update(torch.from_numpy(point) if kind == "torch" else point)
        if t in (5, 119):
            lags, found = stream.result()
            assert lags.max() <= t
            expected = msd.time_averaged(w[: t + 1].astype(float), lags)[1]
            np.testing.assert_allclose(
                found, expected, rtol=1e-6 if kind == "float32" else 1e-12
            )
    np.testing.assert_array_equal(stream.pairs, T - stream.lags)


def test_memory_of_streaming_does_not_grow_with_the_steps():
    def peak(steps):
        rng = np.random.default_rng(0)
        tracemalloc.start()
        stream, w = msd.Streaming(msd.log_lags(1000, 40)), np.zeros(500)
        for _ in range(steps):
            w = w + rng.standard_normal(500)
            stream.update(w)
        size = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return size

    peak(100)
    assert peak(1600) < 1.05 * peak(200) < 2 * 41 * 500 * 8


def test_relative_variance_of_brownian_motion_is_the_scatter_of_windows():
    """Both branches, with an effective dimension that is no integer."""
    scales = np.array([1.0, 0.5, 0.5, 0.2])
    dimension = (scales**2).sum() ** 2 / (scales**4).sum()
    walks = walks_of(60, 4, seed=3, paths=4000) * scales
    lags = np.array([1, 6, 30, 50])
    found = np.array([msd.time_averaged(w, lags)[1] for w in walks])
    relative = found.var(0) / found.mean(0) ** 2
    expected = msd.brownian_relative_variance(lags, 60) / dimension
    np.testing.assert_allclose(relative, expected, rtol=0.15)


def test_effective_dimension_of_steps_and_of_positions():
    w = walks_of(1000, 400, seed=4)[0]
    G = msd.gram(w)
    assert msd.effective_dimension(G) == pytest.approx(400, rel=0.05)
    assert msd.effective_dimension(G, of="positions") == pytest.approx(2.5, rel=0.1)
    scales = np.r_[np.ones(3), 0.3 * np.ones(100)]
    exact = (scales**2).sum() ** 2 / (scales**4).sum()
    assert msd.effective_dimension(msd.gram(w[:, :103] * scales)) == pytest.approx(
        exact, rel=0.1
    )


# ---------------------------------------------------------------- refusals

WALK = PATHS["walk"]


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: msd.time_averaged(WALK[:1]), r"shape \(T, d\) with T >= 2, got"),
        (lambda: msd.time_averaged(WALK[:, 0]), r"x\[:, None\]"),
        (lambda: msd.time_averaged(WALK + 1j), "must be real numbers"),
        (lambda: msd.time_averaged(np.where(WALK > 9, np.nan, 0)), "must be finite, got NaN"),
        (lambda: msd.time_averaged(torch.full((4, 2), math.inf)), "must be finite, got NaN"),
        (lambda: msd.time_averaged(WALK, [T]), "got 120 to 120"),
        (lambda: msd.time_averaged(WALK, [0]), "got 0 to 0"),
        (lambda: msd.time_averaged(WALK, [1.5]), "one or more integers"),
        (lambda: msd.time_averaged(WALK, []), "one or more integers"),
        (lambda: msd.time_averaged(WALK, route="direct"), "route must be one of"),
        (lambda: msd.gram(np.eye(3, dtype=np.float32) * 1e25), "within the floats of the"),
        (lambda: msd.gram(WALK, WALK[:9]), "blocks of one length"),
        (lambda: msd.gram(), "blocks of one length"),
        (lambda: msd.from_gram(np.eye(3)[:2]), "G must be square"),
        (lambda: msd.from_gram(np.eye(1)), "T >= 2"),
        (lambda: msd.Streaming([0]), "got 0 to 0"),
        (lambda: msd.Streaming([2]).result(), "needs more than 2 points, got 0"),
        (lambda: msd.Streaming([2]).update(WALK), r"must have shape \(d,\)"),
        (lambda: msd.Streaming([2]).update(np.array([np.nan])), "must be finite"),
        (lambda: msd.effective_dimension(np.zeros((9, 9))), "steps that move"),
        (lambda: msd.effective_dimension(np.eye(2)), "T >= 3"),
    ],
)
def test_refusals(call, message):
    with pytest.raises((ValueError, TypeError), match=message):
        call()


def test_streaming_refuses_a_point_of_another_length():
    stream = msd.Streaming([1])
    stream.update(np.zeros(3))
    with pytest.raises(ValueError, match=r"of shape \(3,\)"):
        stream.update(np.zeros(4))
    assert stream.steps == 1


def test_expected_on_quadratic_is_within_reach():
    assert msd.expected_on_quadratic([1], 10, 0.1, 1.0, 1.0).shape == (1,)
