"""A sweep resumes, keeps failures aside, and is the same on every backend."""

import joblib
import numpy as np
import pytest

from sgdtheory._files import Damaged
from sgdtheory.runs import results, sweep

GRID = {"eta": [0.1, 0.2], "seed": range(3)}


def walk(eta, seed):
    """A few steps of a random walk; a stable eta only."""
    if eta > 1:
        raise ArithmeticError(f"unstable at eta = {eta}")
    return {"x": eta * np.random.default_rng(seed).standard_normal(4).cumsum()}


def expected():
    return np.stack([walk(eta, seed)["x"] for eta in GRID["eta"] for seed in GRID["seed"]])


def test_every_combination_once_in_the_order_of_the_grid(tmp_path):
    found = sweep.run(walk, GRID, name="walk", folder=tmp_path)
    np.testing.assert_array_equal(found.column("x"), expected())
    assert found.column("eta").tolist() == [0.1] * 3 + [0.2] * 3
    assert not found.failed and len(list(tmp_path.glob("walk-*.npz"))) == 6
    manifest = found.done[4][1].manifest
    assert manifest["seed"] == 1 and manifest["setting"] == {"eta": 0.2, "seed": 1}
    assert {"device", "commit", "versions"} <= manifest.keys()


def test_what_is_stored_is_not_run_again(tmp_path):
    calls = []

    def counted(eta, seed):
        calls.append((eta, seed))
        if len(calls) == 4:
            raise KeyboardInterrupt
        return walk(eta, seed)

    with pytest.raises(KeyboardInterrupt):
        sweep.run(counted, GRID, name="walk", folder=tmp_path)
    found = sweep.run(counted, GRID, name="walk", folder=tmp_path)
    assert len(calls) == 7 and calls[3] == calls[4]
    np.testing.assert_array_equal(found.column("x"), expected())
    assert sweep.run(counted, GRID, name="walk", folder=tmp_path).done and len(calls) == 7


def test_a_failure_is_named_kept_aside_and_tried_again(tmp_path):
    settings = [{"eta": 0.1, "seed": 0}, {"eta": 2.0, "seed": 0}]
    found = sweep.run(walk, settings, name="walk", folder=tmp_path)
    assert [s for s, _ in found.done] == settings[:1]
    ((setting, failure),) = found.failed
    assert setting == settings[1] and failure.error == "ArithmeticError: unstable at eta = 2.0"
    (aside,) = tmp_path.glob("*.failed.txt")
    assert "in walk" in aside.read_text() and "'eta': 2.0" in aside.read_text()

    def mended(eta, seed):
        return walk(min(eta, 1), seed)

    assert not sweep.run(mended, settings, name="walk", folder=tmp_path).failed
    assert not list(tmp_path.glob("*.failed.txt"))


def test_a_measure_without_named_arrays_is_a_failure(tmp_path):
    found = sweep.run(lambda seed: 3.0, {"seed": [1]}, name="bare", folder=tmp_path)
    assert "must give named arrays, got float" in found.failed[0][1].error


def test_a_damaged_result_is_not_taken_for_a_missing_one(tmp_path):
    sweep.run(walk, GRID, name="walk", folder=tmp_path)
    next(tmp_path.glob("*.npz")).write_bytes(b"")
    with pytest.raises(Damaged):
        sweep.run(walk, GRID, name="walk", folder=tmp_path)


@pytest.mark.parametrize(
    ("grid", "error", "message"),
    [
        ({}, ValueError, "must hold >= 1"),
        ({"seed": []}, ValueError, "must hold >= 1"),
        ({"seed": [1, 1]}, ValueError, "must differ"),
        ({"seed": [{1}]}, TypeError, "plain finite"),
        ({"eta": [float("nan")]}, TypeError, "plain finite"),
    ],
)
def test_bad_grids_are_refused(tmp_path, grid, error, message):
    with pytest.raises(error, match=message):
        sweep.run(walk, grid, name="walk", folder=tmp_path)


@pytest.mark.parametrize("backend", ["threading", "loky"])
def test_other_backends_without_change_of_code(tmp_path, backend):
    with joblib.parallel_config(backend=backend, n_jobs=2):
        found = sweep.run(walk, GRID, name="walk", folder=tmp_path)
    np.testing.assert_array_equal(found.column("x"), expected())


def test_on_a_dask_cluster_on_localhost(tmp_path):
    import distributed

    cluster = distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=False, protocol="tcp",
        dashboard_address=None,
    )  # fmt: skip
    with cluster, distributed.Client(cluster), joblib.parallel_config(backend="dask"):
        found = sweep.run(walk, {**GRID, "eta": [0.1, 2.0, 0.2]}, name="walk", folder=tmp_path)
    np.testing.assert_array_equal(found.column("x"), expected())
    assert [setting["eta"] for setting, _ in found.failed] == [2.0] * 3
    assert len(found.done) == 6


def test_progress_is_shown_in_the_full_profile_only(tmp_path, monkeypatch, capsys):
    sweep.run(walk, GRID, name="walk", folder=tmp_path / "quick")
    assert capsys.readouterr().err == ""
    monkeypatch.setenv("SGDTHEORY_PROFILE", "full")
    sweep.run(walk, GRID, name="walk", folder=tmp_path / "full")
    assert "6/6" in capsys.readouterr().err
    assert results.load(next((tmp_path / "full").glob("*.npz")).stem, folder=tmp_path / "full")
