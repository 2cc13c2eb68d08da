"""Every statement is as claimed, and stops being so when any part of it is perturbed."""

import pytest

from sgdtheory import __main__ as command
from sgdtheory.checks import _verify, verify, verify_statement
from sgdtheory.theory import catalog
from sgdtheory.theory.statement import perturbations

ALL = catalog.all()
CLAIMING = [s for s in ALL if perturbations(s)]
EXEMPT = [s.id for s in ALL if not perturbations(s)]


@pytest.mark.parametrize("statement", ALL, ids=lambda s: s.id)
def test_as_claimed(statement):
    (report,) = verify(statement.id)
    assert report.ok, report.problems
    assert all(symbols for _, symbols, _ in report.mutants)


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


def test_exempt_are_the_definitions_only():
    assert {s.kind for s in ALL if s.id in EXEMPT} <= {"definition", "assumption"}
    assert len(EXEMPT) <= 3, "a book of definitions claims nothing"


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


def test_a_missing_or_empty_check_is_a_problem(monkeypatch):
    monkeypatch.setattr(_verify, "checks", lambda: {})
    assert "no numeric check" in verify_statement(catalog.get("FND-2")).problems
    monkeypatch.setattr(_verify, "checks", lambda: {"FND-2": lambda claim: ()})
    problems = verify_statement(catalog.get("FND-2")).problems
    assert "the numeric check compares nothing" in problems


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
    entry.write_text(entry.read_text()[:40])
    assert verify("FND-2")[0].ok
