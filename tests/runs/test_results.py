"""Records with a verdict in words, and stored results that are whole or refused."""

import json
import os
import re
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sgdtheory._files import Damaged, write_atomic
from sgdtheory.estimate import Estimate
from sgdtheory.runs import results


@pytest.mark.parametrize(
    "value, stderr, passed",
    [(1.0, 0, True), (2.1, 0, False), (2.3, 0.1, True), (2.5, 0.1, False), (-1.0, 0.1, False)],
)
def test_verdict(capsys, value, stderr, passed):
    assert results.record("FND-1", Estimate(value, stderr, 9), name="x", band=(0, 2)) is passed
    line = capsys.readouterr().out
    assert line.startswith("PASS: x is between 0 and 2" if passed else "FAIL: x is not")
    assert str(value) not in line
    assert ("within 4 s.e." in line) == (stderr > 0)


@pytest.mark.parametrize(
    "band, words", [((0.99, np.inf), "above 0.99"), ((-np.inf, 3), "below 3")]
)
def test_one_sided_band(capsys, band, words):
    results.record("FND-1", Estimate(2.0, 0.0, 1), name="R2", band=band, unit="")
    assert words in capsys.readouterr().out


def test_a_point_is_met_within_four_standard_errors(capsys):
    assert results.record("FND-1", Estimate(2.3, 0.1, 9), name="x", band=(2, 2))
    assert capsys.readouterr().out == "PASS: x is within 4 s.e. of 2\n"
    assert not results.record("FND-1", Estimate(2.5, 0.1, 9), name="x", band=(2, 2))


def test_an_estimate_blunter_than_its_band_is_refused():
    with pytest.raises(ValueError, match="draw more"):
        results.record("FND-1", Estimate(1.0, 0.6, 9), name="x", band=(0, 2))


@settings(max_examples=50)
@given(low=st.floats(allow_nan=True), high=st.floats(allow_nan=True))
def test_bad_bands_are_refused(low, high):
    bad = not low <= high or (np.isinf(low) and np.isinf(high))
    if bad:
        with pytest.raises(ValueError, match="band must be"):
            results.record("FND-1", Estimate(0.0, 0.0, 1), name="x", band=(low, high))
    with pytest.raises(ValueError, match="finite"):
        results.record("FND-1", Estimate(np.nan, 0.0, 1), name="x", band=(0, 1))


def test_the_record_rides_in_the_metadata_of_a_notebook_cell():
    """Executed in a real kernel: text/plain shows words, the metadata holds the number."""
    import nbformat
    from nbclient import NotebookClient

    cell = (
        "from sgdtheory.estimate import Estimate\nfrom sgdtheory.runs import results\n"
        "x = Estimate(1.25, 0.5, 7)\n"
        "_ = results.record('PLD-P1', x, name='ratio', band=(0, 3), seed=4)"
    )
    nb = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell)])
    NotebookClient(nb, timeout=60, kernel_name="python3").execute()
    (output,) = nb.cells[0].outputs
    assert output.data["text/plain"] == "PASS: ratio is between 0 and 3 within 4 s.e."
    row = output.metadata[results.MIME]
    assert list(output.data) == ["text/plain"]
    keys = ("id", "name", "value", "stderr", "n", "profile", "verdict", "band", "seed")
    assert [row[k] for k in keys] == [
        "PLD-P1", "ratio", 1.25, 0.5, 7, "quick", "PASS", [0.0, 3.0], 4,
    ]  # fmt: skip
    nbformat.validate(nb)


def test_save_and_load(tmp_path):
    arrays = {"x": np.arange(3.0), "word": np.array("ito")}
    path = results.save("scan", arrays, {"seed": 3, "what": "a scan"}, folder=tmp_path)
    stored = results.load("scan", folder=tmp_path)
    np.testing.assert_array_equal(stored.arrays["x"], arrays["x"])
    assert str(stored.arrays["word"]) == "ito"
    facts = stored.manifest
    assert facts["seed"] == 3 and facts["profile"] in ("quick", "full")
    assert re.fullmatch(r"[0-9a-f]{64}", facts["sha256"])
    assert {"device", "date", "commit"} < set(facts) and "torch" in facts["versions"]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["scan.json", "scan.npz"]
    assert path == tmp_path / "scan.npz"


def test_absent_means_no_stored_result(tmp_path):
    assert results.load("nothing", folder=tmp_path) is None
    assert results.load("a-name-nobody-has-stored") is None


def test_damage_is_refused(tmp_path):
    path = results.save("scan", {"x": np.arange(99.0)}, {"seed": None}, folder=tmp_path)
    whole = path.read_bytes()
    path.write_bytes(whole[:-7])
    digest = "[0-9a-f]{64}"
    with pytest.raises(Damaged, match=rf"scan\.npz must have sha256 {digest}, got {digest}"):
        results.load("scan", folder=tmp_path)
    path.write_bytes(whole)
    manifest = path.with_suffix(".json")
    text = manifest.read_text()
    for bad in (text[:20], "[]", json.dumps({"seed": 1})):
        manifest.write_text(bad)
        with pytest.raises(Damaged, match="side by side"):
            results.load("scan", folder=tmp_path)
    manifest.unlink()
    with pytest.raises(Damaged, match="side by side"):
        results.load("scan", folder=tmp_path)


def test_nothing_half_written_stays(tmp_path, monkeypatch):
    write_atomic(tmp_path / "kept", b"old")

    def fail(*_):
        raise OSError("disk full")

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(OSError, match="disk full"):
        write_atomic(tmp_path / "kept", b"new")
    assert [p.name for p in tmp_path.iterdir()] == ["kept"]
    assert (tmp_path / "kept").read_bytes() == b"old"


@pytest.mark.parametrize("name", ["", "a/b", "../up", ".hidden"])
def test_bad_names_are_refused(tmp_path, name):
    with pytest.raises(ValueError, match="plain file stem"):
        results.save(name, {"x": np.zeros(1)}, {"seed": 0}, folder=tmp_path)
    with pytest.raises(ValueError, match="plain file stem"):
        results.load(name, folder=tmp_path)


def test_bad_contents_are_refused(tmp_path):
    with pytest.raises(ValueError, match=">= 1 array"):
        results.save("x", {}, {"seed": 0}, folder=tmp_path)
    with pytest.raises(ValueError, match="'seed'"):
        results.save("x", {"x": np.zeros(1)}, {}, folder=tmp_path)
    with pytest.raises(TypeError, match="plain dtype"):
        results.save("x", {"x": np.array([object()])}, {"seed": 0}, folder=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_runs_import_nothing_heavy():
    code = (
        "import sys, sgdtheory.runs.results, sgdtheory.runs.profile\n"
        "assert not {'torch', 'IPython', 'sympy', 'sklearn', 'tqdm'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True)
