"""Every statement is as claimed, and stops being so when any part of it is perturbed."""

from dataclasses import replace
from pathlib import Path

import pytest

from sgdtheory import __main__ as command
from sgdtheory.checks import _verify, verify, verify_statement
from sgdtheory.theory import catalog
from sgdtheory.theory.perturb import perturbations

ALL = catalog.all()
CLAIMING = [s for s in ALL if perturbations(s)]
EXEMPT = [s.id for s in ALL if not perturbations(s)]


@pytest.mark.parametrize("statement", ALL, ids=lambda s: s.id)
def test_as_claimed(statement):
    (report,) = verify(statement.id)
    assert report.ok, report.problems
    assert all(symbols and numbers for _, symbols, numbers in report.mutants)


@pytest.mark.parametrize("statement", CLAIMING, ids=lambda s: s.id)
def test_every_perturbation_is_noticed_by_symbols_or_numbers(statement):
    """Each part of the claim in turn: times 2, log-density times 2, bound moved or turned."""
    check = _verify.checks()[statement.id]
    for label, wrong in perturbations(statement):
        if statement.kind != "empirical":
            assert not statement.judge(wrong), (
                f"{statement.id}: {label or 'claim'} slips through"
            )
        else:
            assert not all(c.accepted for c in check(wrong)), f"{statement.id}: {label}"


@pytest.mark.parametrize("statement", ALL, ids=lambda s: s.id)
def test_mutants_are_put_before_the_same_numbers(statement):
    check = _verify.checks()[statement.id]
    named = [c.what for c in check(statement.claim)]
    for mutant in statement.mutants:
        assert [c.what for c in check(statement.claim_of(mutant))] == named, mutant.name


def test_no_statement_is_exempt():
    assert EXEMPT == [], "a definition too has a worked example that reads it"


@pytest.mark.parametrize("statement", CLAIMING, ids=lambda s: s.id)
def test_the_command_names_the_perturbed_statement(statement, monkeypatch, capsys, tmp_path):
    """One perturbed claim in the catalog: ``verify`` fails and says which."""
    monkeypatch.setenv("SGDTHEORY_CACHE", str(tmp_path))
    _, wrong = perturbations(statement)[0]
    table = {**catalog._table(), statement.id: statement.with_claim(wrong)}
    monkeypatch.setattr(catalog, "_table", lambda: table)
    assert command.main(["verify", statement.id]) == 1
    out = capsys.readouterr().out
    assert f"not as claimed: {statement.id}" in out


def test_theorems_carry_enough_mutants():
    for statement in ALL:
        if statement.kind == "theorem":
            assert len(statement.mutants) >= 3, statement.id
    assert sum(len(s.mutants) for s in ALL) >= 2 * len(CLAIMING)


def test_a_wrong_number_is_a_problem_even_where_symbols_are_content(monkeypatch):
    """The numeric route alone can fail a statement."""
    from sgdtheory.estimate import Estimate, compare

    def off(claim):
        yield compare("planted", 1.0, Estimate(2.0, 0.1, 100))

    monkeypatch.setattr(_verify, "checks", lambda: {"FND-2": off})
    report = verify_statement(catalog.get("FND-2"))
    assert not report.ok
    assert any("planted: claimed 1, found 2, pull -10.0" in p for p in report.problems)
    assert any("no mutant within a factor 3" in p for p in report.problems)


@pytest.mark.parametrize("id", ["FND-8", "PLD-P1", "PLD-X1", "PLD-X3"])
def test_numbers_tell_a_strict_bound_from_one_that_can_be_attained(id):
    """Of each bound: the very edge belongs to one side only."""
    import sympy as sp

    other = {sp.Gt: sp.Ge, sp.Lt: sp.Le, sp.Ge: sp.Gt, sp.Le: sp.Lt}
    statement = catalog.get(id)
    bounds = {k: p for k, p in statement.claim.items() if p.func in other}
    assert bounds
    for label, part in bounds.items():
        wrong = other[part.func](part.lhs, part.rhs, evaluate=False)
        row = list(_verify.checks()[id]({**statement.claim, label: wrong}))
        assert [c for c in row if not c.accepted], label


def test_a_band_so_wide_that_a_true_parabola_passes_is_noticed():
    """PLD-F1: the null model of the second band."""
    import sympy as sp

    statement = catalog.get("PLD-F1")
    _, second = statement.claim
    part = statement.claim[second]
    wide = {**statement.claim, second: part.func(part.lhs, sp.Rational(-8, 100))}
    refused = [c.what for c in _verify.checks()["PLD-F1"](wide) if not c.accepted]
    assert refused == ["a true parabola outside the other band"]


def test_a_missing_or_empty_check_is_a_problem(monkeypatch):
    monkeypatch.setattr(_verify, "checks", lambda: {})
    assert "no numeric check" in verify_statement(catalog.get("FND-2")).problems
    monkeypatch.setattr(_verify, "checks", lambda: {"FND-2": lambda claim: ()})
    problems = verify_statement(catalog.get("FND-2")).problems
    assert "the numeric check compares nothing" in problems


def test_two_numbers_of_one_name_are_a_problem(monkeypatch):
    from sgdtheory.estimate import compare

    same = [compare("n", 1.0, 1.0), compare("n", 2.0, 2.0)]
    monkeypatch.setattr(_verify, "checks", lambda: {"FND-2": lambda claim: same})
    assert "two numbers are called n" in verify_statement(catalog.get("FND-2")).problems


def test_a_part_that_no_number_looks_at_is_a_problem_of_an_empirical_statement(monkeypatch):
    from sgdtheory.estimate import compare

    (statement,) = [s for s in ALL if s.id == "PLD-F1"]
    first, second = statement.claim

    def half(claim):
        yield compare("half", float(claim[first].rhs), 0.99)

    monkeypatch.setattr(_verify, "checks", lambda: {"PLD-F1": half})
    assert verify_statement(statement).problems == (f"no number looks at this part: {second}",)


def test_a_check_that_breaks_down_fails_the_command_and_names_the_statement(
    monkeypatch, capsys, tmp_path
):
    """On a mutant too: an exception is no rejection."""
    monkeypatch.setenv("SGDTHEORY_CACHE", str(tmp_path))
    good, truth = _verify.checks()["FND-2"], catalog.get("FND-2").claim

    def breaks(claim):
        return good(claim) if claim == truth else 1 / 0

    monkeypatch.setattr(_verify, "checks", lambda: {"FND-2": breaks})
    assert command.main(["verify", "FND-2"]) == 1
    out = capsys.readouterr().out
    assert "FND-2: verification broke down: ZeroDivisionError" in out
    assert not list(tmp_path.rglob("*.json")), "only what is as claimed is kept"


def test_reports_come_back_from_the_cache_unchanged(tmp_path, monkeypatch):
    monkeypatch.setenv("SGDTHEORY_CACHE", str(tmp_path))
    (first,) = verify("FND-2")
    assert len(list(tmp_path.rglob("FND-2-*.json"))) == 1
    monkeypatch.setattr(_verify, "verify_statement", lambda s: pytest.fail("not cached"))
    (second,) = verify("FND-2")
    assert second == first and second.numbers == first.numbers


def test_a_damaged_cache_entry_is_worked_out_again(tmp_path, monkeypatch):
    monkeypatch.setenv("SGDTHEORY_CACHE", str(tmp_path))
    verify("FND-2")
    (entry,) = tmp_path.rglob("FND-2-*.json")
    whole = entry.read_text()
    for text in (whole[:40], "{}", "[]", whole.replace("FND-2", "FND-3")):
        entry.write_text(text)
        assert _verify._load(catalog.get("FND-2")) is None
    assert verify("FND-2")[0].ok
    assert _verify._load(catalog.get("FND-2")) is not None, "the damaged entry is replaced"


@pytest.mark.parametrize(
    "changed",
    [
        {"status": "conditional"},
        {"against_source": "as-stated"},
        {"mutants": ()},
        {"steps": ()},
        {"assumptions": ()},
        {"kind": "definition"},
    ],
)
def test_no_cached_report_speaks_for_a_changed_statement(changed, tmp_path, monkeypatch):
    monkeypatch.setenv("SGDTHEORY_CACHE", str(tmp_path))
    statement = catalog.get("FND-2")
    assert verify("FND-2")[0].ok
    table = {**catalog._table(), "FND-2": replace(statement, **changed)}
    monkeypatch.setattr(catalog, "_table", lambda: table)
    assert _verify._load(table["FND-2"]) is None
    if "assumptions" not in changed:
        assert not verify("FND-2")[0].ok


def test_the_key_of_the_cache_holds_sources_data_and_versions(monkeypatch):
    key = _verify._source_key.__wrapped__
    first = key()
    assert key() == first
    read = Path.read_bytes
    for part in ("small_cnn_fashion.npz", "decide.py"):
        changed = lambda p, part=part: read(p) + (b" " if p.name == part else b"")  # noqa: E731
        monkeypatch.setattr(Path, "read_bytes", changed)
        assert key() != first, part
    monkeypatch.setattr(Path, "read_bytes", read)
    monkeypatch.setattr(_verify, "version", lambda package: "0" * (package == "mpmath"))
    assert key() != first
