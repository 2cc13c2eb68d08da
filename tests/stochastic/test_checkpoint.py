"""An interrupted walk goes on to the very times of one that was not interrupted."""

import itertools
import shutil

import numpy as np
import pytest
import torch

from sgdtheory._files import Damaged
from sgdtheory.stochastic import _checkpoint, langevin, levy

OPTIONS = dict(paths=30, seed=1, max_steps=9999)


class Stop(Exception):
    """Whatever ends a run from outside."""


def counted(calls: list, last: int = 10**9, error: type[BaseException] = Stop):
    """Drift -x that remembers its calls and fails at the ``last``."""

    def drift(x):
        calls.append(len(x))
        if len(calls) == last:
            raise error
        return -x

    return drift


def one(drift, **more):
    return langevin.first_passage_times(
        drift, lambda x: 0.1 + x * x, 0.0, 0.6, 0.01, **OPTIONS, **more
    ).times


def three(drift, **more):
    return langevin.first_passage_times(
        drift, 0.2, [0.0, 0.1, 0.2], (-0.5, 0.5), 0.01,
        axis=1, bridge=False, dtype=torch.float32, **OPTIONS, **more,
    ).times  # fmt: skip


def jumps(drift, **more):
    return levy.first_passage_times(
        drift, 0.5, 1.5, 0.0, 0.6, 0.01, lower=-1.0, **OPTIONS, **more
    ).times


RUNS = pytest.mark.parametrize("run", [one, three, jumps])


@RUNS
@pytest.mark.parametrize("error", [Stop, KeyboardInterrupt])
def test_a_resumed_run_gives_the_same_times(run, error, tmp_path):
    """Interrupted in the middle of a block, twice, and once more after few arrivals."""
    calls: list[int] = []
    whole, file = run(counted(calls)), tmp_path / "walk.npz"
    done: list[int] = []
    for last in (40, 100, len(calls) - 40):
        new: list[int] = []
        with pytest.raises(error):
            run(counted(new, last - len(done), error), checkpoint=file)
        done += new
    resumed = run(counted(new := []), checkpoint=file)
    assert np.array_equal(resumed, whole) and len(whole) == OPTIONS["paths"]
    assert 0 < len(new) < len(calls) / 2
    assert [path.name for path in tmp_path.iterdir()] == ["walk.npz"]


def test_it_is_written_on_the_way(tmp_path, monkeypatch):
    """What a run killed outright would leave behind is enough to go on."""
    monkeypatch.setattr(_checkpoint, "EVERY", 0.0)
    file, left = tmp_path / "walk.npz", tmp_path / "left.npz"
    steps = itertools.count()

    def drift(x):
        if next(steps) == 100:
            shutil.copy(file, left)
        return -x

    whole, calls = one(drift, checkpoint=file), []
    assert np.array_equal(one(counted(calls), checkpoint=left), whole)
    assert len(calls) < next(steps) - 80


def test_a_finished_run_comes_back_at_once(tmp_path):
    file, calls = tmp_path / "walk.npz", []
    whole = one(lambda x: -x, checkpoint=file)
    before = file.stat().st_mtime_ns
    assert np.array_equal(one(counted(calls), checkpoint=str(file)), whole)
    assert len(calls) == 1  # the look at its shape
    assert file.stat().st_mtime_ns == before


def test_an_unfinished_ensemble_comes_back_unfinished(tmp_path):
    common = dict(paths=50, seed=1, max_steps=30, checkpoint=tmp_path / "walk.npz")
    first, again = (
        langevin.first_passage_times(lambda x: -x, 0.1, 0.0, 0.6, 0.05, **common) for _ in "ab"
    )
    assert 0 < first.censored < 50
    assert again.censored == first.censored and np.array_equal(again.times, first.times)


@pytest.mark.parametrize(
    "change, names",
    [
        (dict(seed=2), "seed"),
        (dict(paths=31), "paths"),
        (dict(max_steps=10), "max_steps"),
        (dict(dt=0.02), "dt"),
        (dict(x0=0.1), "start"),
        (dict(target=0.7), "high"),
        (dict(target=(-1.0, 0.6)), "low"),
        (dict(lower=-3.0), "lower"),
        (dict(bridge=False), "bridge"),
        (dict(D=0.4), "D"),
        (dict(dtype=torch.float32, seed=3), "dtype, seed"),
    ],
)
def test_a_file_of_other_arguments_is_refused(change, names, tmp_path):
    given = dict(drift=lambda x: -x, D=0.3, x0=0.0, target=0.6, dt=0.01) | OPTIONS
    given["checkpoint"] = tmp_path / "walk.npz"
    langevin.first_passage_times(**given)
    with pytest.raises(ValueError, match=f"with other {names}; name another file"):
        langevin.first_passage_times(**given | change)


def test_damage_is_noticed(tmp_path):
    """A file cut short anywhere, or with a changed byte, is refused or gives the same times."""
    file = tmp_path / "walk.npz"
    whole = one(lambda x: -x, checkpoint=file)
    data, rng = file.read_bytes(), np.random.default_rng(0)
    refused = 0
    for cut in (0, 1, len(data) // 2, len(data) - 1):
        file.write_bytes(data[:cut])
        with pytest.raises(Damaged, match="delete it to start again"):
            one(lambda x: -x, checkpoint=file)
    for place in rng.integers(len(data), size=60):
        file.write_bytes(data[:place] + bytes([data[place] ^ 0x10]) + data[place + 1 :])
        try:
            assert np.array_equal(one(lambda x: -x, checkpoint=file), whole)
        except Damaged:
            refused += 1
    assert refused > 40


def test_what_is_no_path_is_refused():
    with pytest.raises(TypeError, match="checkpoint must be the path of a file, got int"):
        one(lambda x: -x, checkpoint=5)
