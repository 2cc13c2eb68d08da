"""The ledger of a version and what changed between two: each kind of change is found."""

import copy
import json
import os
import subprocess
import sys

import pytest
import sympy as sp

import sgdtheory
from sgdtheory import __main__ as command
from sgdtheory.theory import catalog, ledger
from sgdtheory.theory.statement import Statement, equation

x, y = sp.symbols("x y")


def statement(id="AAA-1", **changed):
    fields = dict(
        id=id, kind="theorem", title="A title", source="sgdtheory",
        claim={"value": equation(y, x**2), "bound": equation(y, 3 * x)}, aliases=("AAA-OLD",),
    )  # fmt: skip
    return Statement(**{**fields, **changed})


def book(*statements, version="1.0.0"):
    return ledger.ledger(list(statements), version)


OLD = book(statement(), statement("AAA-2", aliases=()))


def changed(**fields):
    return ledger.difference(OLD, book(statement(**fields), statement("AAA-2", aliases=())))


def test_nothing_changed_says_so():
    same = ledger.difference(OLD, copy.deepcopy(OLD), ("1.0.0", "now"))
    assert same.lawful and same.sections() == []
    assert same.text().splitlines() == ["1.0.0 -> now", "nothing changed"]
    assert "Nothing changed." in same.markdown()


def test_a_new_statement():
    found = ledger.difference(OLD, book(*map(statement, ("AAA-1", "AAA-2", "AAA-3"))))
    assert found.added == [("AAA-3", "A title")] and found.lawful
    assert [heading for heading, _ in found.sections()] == ["New statements"]


def test_a_removed_statement_is_unlawful():
    found = ledger.difference(OLD, book(statement()))
    assert found.removed == [("AAA-2", "A title")] and not found.lawful


def test_a_renamed_statement_is_unlawful_and_its_new_name_is_said():
    renamed = book(statement(), statement("AAA-9", aliases=("AAA-2",)))
    found = ledger.difference(OLD, renamed)
    assert found.removed == [("AAA-2", "A title (now an alias of AAA-9)")]


def test_an_alias_that_is_gone_is_unlawful_and_one_that_moved_is_not():
    assert changed(aliases=()).removed == [("AAA-OLD", "an alias of AAA-1")]
    moved = book(statement(aliases=()), statement("AAA-2", aliases=("AAA-OLD",)))
    assert ledger.difference(OLD, moved).lawful


@pytest.mark.parametrize("field, value, section, row", [
    ("status", "conditional", "verdicts", ("AAA-1", "status", "exact", "conditional")),
    ("against_source", "refuted", "verdicts", ("AAA-1", "against_source", "new", "refuted")),
    ("title", "Another", "titles", ("AAA-1", "title", "A title", "Another")),
    ("kind", "lemma", "origins", ("AAA-1", "kind", "theorem", "lemma")),
    ("source", "meng2020", "origins", ("AAA-1", "source", "sgdtheory", "meng2020")),
])  # fmt: skip
def test_a_changed_field_is_found_and_nothing_else(field, value, section, row):
    found = changed(**{field: value})
    assert getattr(found, section) == [row]
    assert [rows for _, rows in found.sections()] == [[row]]
    assert f"AAA-1 {field}: {row[2]} -> {row[3]}" in found.text()
    assert f"- `AAA-1` {field}: `{row[2]}` -> `{row[3]}`" in found.markdown()


def test_parts_of_a_claim_that_changed_came_or_went():
    claim = {"value": equation(y, 2 * x**2), "edge": equation(y, 1)}
    found = changed(claim=claim).claims
    assert found == [
        ("AAA-1", "claim, value", "y = x^{2}", "y = 2 x^{2}"),
        ("AAA-1", "claim, bound", "y = 3 x", ledger.ABSENT),
        ("AAA-1", "claim, edge", ledger.ABSENT, "y = 1"),
    ]
    assert "$y = x^{2}$ -> $y = 2 x^{2}$" in changed(claim=claim).markdown()


def test_an_assumption_on_a_symbol_is_a_change_though_the_print_is_the_same():
    positive = {x: sp.Symbol("x", positive=True)}
    claim = {label: part.xreplace(positive) for label, part in statement().claim.items()}
    assert [after for *_, after in changed(claim=claim).claims] == [ledger.SAME] * 2


def test_another_print_is_a_change():
    new = copy.deepcopy(OLD)
    new["statements"]["AAA-1"]["claim"][0][1] = r"y = x\cdot x"
    assert [after for *_, after in ledger.difference(OLD, new).claims] == [r"y = x\cdot x"]


def test_what_sympy_met_before_is_no_change():
    """(n - b)/b or -(b - n)/b: which of them it makes of one formula depends on its cache."""
    a, b = sp.symbols("a b")
    assert ledger.digest((a - b) / b) == ledger.digest(-(b - a) / b)


def test_dummies_have_no_names_of_their_own():
    def integral():
        u = sp.Dummy("u")
        return sp.Integral(sp.exp(-(u**2)), (u, 0, x))

    assert ledger.digest(integral()) == ledger.digest(integral())
    assert ledger.digest(integral()) != ledger.digest(integral().subs(x, y))


@pytest.mark.parametrize("compressed", [False, True])
def test_round_trip_of_the_whole_catalog(compressed):
    now = ledger.load("now")
    data = ledger.dumps(now, compressed=compressed)
    assert ledger.loads(data) == now and data == ledger.dumps(now, compressed=compressed)
    assert list(now["statements"]) == [s.id for s in catalog.all()]


def test_the_order_of_hashes_does_not_reach_the_ledger():
    code = "from sgdtheory.theory import ledger as l; import hashlib as h; " \
           "print(h.sha256(l.dumps(l.ledger())).hexdigest())"  # fmt: skip
    said = {
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True,
                       env=os.environ | {"PYTHONHASHSEED": seed}).stdout
        for seed in "12"
    }  # fmt: skip
    assert len(said) == 1


@pytest.mark.parametrize("name", ledger.versions())
def test_a_stored_ledger_is_small_names_its_version_and_its_ids_are_still_there(name):
    stored = ledger._stored()[name]
    assert len(stored.read_bytes()) <= 100_000
    assert ledger.load(name)["version"] == name
    assert ledger.difference(ledger.load(name), ledger.ledger()).lawful


def test_since_the_first_version_the_later_chapters_are_new():
    found = ledger.difference(ledger.load("0.1.0"), ledger.load("now"))
    assert {"ANI", "LOG", "ENH", "ANO", "IVF"} <= {id.split("-")[0] for id, _ in found.added}
    assert len(ledger.load("0.1.0")["statements"]) == 24


def test_the_ledger_of_this_version_is_that_of_the_catalog():
    """What changes after it was stored belongs to the next version."""
    version = sgdtheory.__version__
    assert version in ledger._stored(), "python -m sgdtheory ledger --save ..."
    stored, now = ledger.load(version)["statements"], ledger.ledger()["statements"]
    changed = sorted(id for id in stored.keys() | now.keys() if stored.get(id) != now.get(id))
    assert not changed


def test_versions_are_in_their_order(monkeypatch, tmp_path):
    for name in ("0.10.0.json", "0.9.0.json", "1.0.0.json.gz", "notes.md"):
        folder = tmp_path / "data" / "ledgers"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(ledger.dumps(OLD))
    monkeypatch.setattr(ledger, "files", lambda package: tmp_path)
    assert ledger.versions() == ["0.9.0", "0.10.0", "1.0.0"]
    assert ledger.load("1.0.0") == OLD


@pytest.mark.parametrize("data", [
    b"", b"no JSON", b"[]", b"{}", b"\x1f\x8b broken", b'{"statements": {"A-1": {}}}',
    b'{"statements": {"A-1": 3}}',
    ledger.dumps(OLD).replace(b'"claim": [[', b'"claim": [[[], '),
])  # fmt: skip
def test_what_is_no_ledger_is_refused(data):
    with pytest.raises(ValueError, match="must be JSON as `python -m sgdtheory ledger"):
        ledger.loads(data)


def test_an_unknown_version_is_refused_with_the_known_ones(capsys):
    with pytest.raises(ValueError, match=r"stored version \(0\.1\.0.*got '0\.0\.7'"):
        ledger.load("0.0.7")
    assert command.main(["diff", "0.0.7"]) == 2
    assert "0.1.0" in capsys.readouterr().err


def test_saved_and_compared_on_the_command_line(tmp_path, capsys):
    files = [str(tmp_path / name) for name in ("now.json", "now.json.gz")]
    for file in files:
        assert command.main(["ledger", "--save", file]) == 0
    assert command.main(["diff", *files]) == 0
    assert "nothing changed" in capsys.readouterr().out
    assert command.main(["diff", "0.1.0", "--markdown"]) == 0
    assert "**New statements**" in capsys.readouterr().out
    assert sorted(p.name for p in tmp_path.iterdir()) == ["now.json", "now.json.gz"]


def test_the_ledger_is_printed_as_json(capsys):
    assert command.main(["ledger"]) == 0
    assert json.loads(capsys.readouterr().out) == ledger.ledger()


def test_removed_ids_exit_with_1(tmp_path, capsys):
    old = ledger.ledger()
    old["statements"]["ZZZ-1"] = OLD["statements"]["AAA-2"]
    (tmp_path / "old.json").write_bytes(ledger.dumps(old))
    assert command.main(["diff", str(tmp_path / "old.json")]) == 1
    assert "for good, and these are gone: ZZZ-1" in capsys.readouterr().err


def test_verified_adds_what_verification_found(monkeypatch, capsys):
    import sgdtheory.checks
    from sgdtheory.theory.statement import Report

    report = Report("PLD-T2", "exact", (("a step", "proved"),), (("twice", True, True),))
    monkeypatch.setattr(sgdtheory.checks, "verify", lambda: [report])
    assert command.main(["ledger", "--verified"]) == 0
    row = json.loads(capsys.readouterr().out)["statements"]["PLD-T2"]
    assert row["verified"] == {"ok": True, "steps": 1, "mutants": [1, 1], "numbers": 0}
