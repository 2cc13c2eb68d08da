"""The table of a chapter's claims: rows from records, verdicts from the paper's band."""

import pytest

from sgdtheory.estimate import Estimate
from sgdtheory.runs import results
from sgdtheory.sphinxext.claims import claims, verdict


def row(value, stderr=0.0, band=(3.0, 5.0), profile="quick", name="exponent"):
    return {
        "id": "IVF-E8", "name": name, "value": value, "stderr": stderr, "n": 1, "unit": "",
        "profile": profile, "verdict": "PASS", "band": [0, 9],
        "paper": {"number": "about 4", "band": list(band)},
    }  # fmt: skip


def test_a_claim_has_one_row_with_its_quick_and_its_full_value():
    rows = claims([row(4.2), row(1.8, name="other"), row(4.5, profile="full")])
    assert rows == [
        ("IVF-E8", "exponent", "about 4 (3 to 5)", "4.2", "4.5", "✓ reproduced"),
        ("IVF-E8", "other", "about 4 (3 to 5)", "1.8", "not run", "✗ not reproduced"),
    ]


def test_the_full_run_decides():
    (found,) = claims([row(4.2), row(1.0, profile="full")])
    assert found[-1] == "✗ not reproduced"


@pytest.mark.parametrize(
    ("value", "stderr", "band", "words"),
    [
        (4, 0, (3, 5), "✓ reproduced"), (4, 0.4, (3, 5), "✓ reproduced"),
        (7, 0, (3, None), "✓ reproduced"), (2.9, 0, (3, 5), "✗ not reproduced"),
        (2.7, 0.03, (3, 5), "✗ not reproduced"), (7, 0.1, (None, 6), "✗ not reproduced"),
        (2.9, 0.06, (3, 5), "? undecided"), (3.1, 0.06, (3, 5), "? undecided"),
        (0.04, 0.06, (0, None), "? undecided"),
    ],
)  # fmt: skip
def test_a_value_near_an_edge_of_the_papers_band_decides_nothing(value, stderr, band, words):
    assert verdict(row(value, stderr, band)) == words


def test_a_record_keeps_the_papers_number_beside_our_band(capsys, monkeypatch):
    kept = []
    monkeypatch.setattr(results, "_show", lambda made, said: kept.append(made))
    paper = ("about 4", (3, float("inf")))
    assert results.record("IVF-E8", Estimate(2, 0, 1), name="x", band=(1, 3), paper=paper)
    assert kept[0]["paper"] == {"number": "about 4", "band": [3.0, None]}
    with pytest.raises(ValueError, match="low <= high"):
        results.record("IVF-E8", Estimate(2, 0, 1), name="x", band=(1, 3), paper=("4", (5, 3)))
