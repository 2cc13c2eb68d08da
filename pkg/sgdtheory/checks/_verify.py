"""Symbols and numbers together: the report behind every row of the ledger."""

import hashlib
import json
import os
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict, fields, replace
from functools import lru_cache
from importlib import import_module
from importlib.metadata import version
from pathlib import Path

import sympy as sp

from sgdtheory.estimate import Comparison
from sgdtheory.theory import catalog
from sgdtheory.theory.statement import Noted, Report, Statement, as_claim, verify_symbols

Check = Callable[[Mapping[str, sp.Basic]], Iterable[Comparison]]

#: A mutant within this factor of the claimed number counts as close to the truth.
NEAR = 3.0


@lru_cache(maxsize=1)
def checks() -> dict[str, Check]:
    """ID -> numeric check, of every chapter.

    Raises
    ------
    ValueError
        A check belongs to no statement.
    """
    table: dict[str, Check] = {}
    for chapter in catalog.CHAPTERS:
        table |= import_module(f"sgdtheory.checks.{chapter}").CHECKS
    for id in table:
        catalog.get(id)
    return table


def verify_statement(statement: Statement) -> Report:
    """Symbols and numbers of one statement, its mutants put before both.

    A step or a check that breaks down, be it on a mutant, is a problem of the statement.
    """
    try:
        return _verified(statement)
    except Exception as error:
        what = f"verification broke down: {type(error).__name__}: {error}"
        return Report(statement.id, statement.status, (), (), None, (what,))


def _verified(statement: Statement) -> Report:
    start = time.perf_counter()
    report = verify_symbols(statement)
    check = checks().get(statement.id)
    problems = list(report.problems)
    numbers: tuple[Comparison, ...] | None = None
    mutants = report.mutants
    if check is not None:
        claim = Noted(statement.claim)
        numbers = tuple(check(claim))
        problems += _not_accepted(numbers)
        if statement.kind == "empirical":
            problems += [f"no number looks at this part: {part}" for part in claim.unread]
        rows = [list(check(statement.claim_of(m))) for m in statement.mutants]
        mutants = tuple(
            (name, symbols, any(c.rejected for c in row))
            for (name, symbols, _), row in zip(report.mutants, rows, strict=True)
        )
        if mutants and not any(
            symbols and _near_rejection(row, numbers)
            for (_, symbols, _), row in zip(mutants, rows, strict=True)
        ):
            problems.append(
                f"no mutant within a factor {NEAR:g} of the truth is rejected by both checks"
            )
    elif statement.kind not in ("definition", "assumption"):
        problems.append("no numeric check")
    seconds = time.perf_counter() - start
    return replace(
        report, mutants=mutants, numbers=numbers, problems=tuple(problems), seconds=seconds
    )


def _not_accepted(numbers: tuple[Comparison, ...]) -> list[str]:
    if not numbers:
        return ["the numeric check compares nothing"]
    names = [c.what for c in numbers]
    return [f"two numbers are called {n}" for n in sorted(set(names)) if names.count(n) > 1] + [
        f"{c.what}: claimed {c.claimed:.8g}, found {c.found:.8g}, pull {c.pull:+.1f}"
        for c in numbers
        if not c.accepted
    ]


def _near_rejection(row: list[Comparison], truth: tuple[Comparison, ...]) -> bool:
    """Is the truth accepted where a mutant close to it is rejected?"""
    claimed = {c.what: c.claimed for c in truth if c.accepted}
    return any(
        c.rejected and c.what in claimed and _ratio(c.claimed, claimed[c.what]) <= NEAR
        for c in row
    )


def _ratio(a: float, b: float) -> float:
    if a * b <= 0 or a != a or b != b:
        return 1.0 if a == b else float("inf")
    return max(a / b, b / a)


def verify(ids=None, *, cached: bool = True, progress: Callable | None = None) -> list[Report]:
    """Symbols and numbers of one statement, several, or all (``ids=None``).

    Reports of what is as claimed are cached under a key of the package's sources and data,
    the versions of what it runs on and the statement itself; ``cached=False`` works
    everything out again.
    ``progress(report)`` is called after each statement.
    """
    reports = []
    for statement in catalog.select(ids):
        report = _load(statement) if cached else None
        if report is None:
            report = verify_statement(statement)
            if cached and report.ok:
                _store(statement, report)
        if progress is not None:
            progress(report)
        reports.append(report)
    return reports


@lru_cache(maxsize=1)
def _source_key() -> str:
    root = Path(__file__).parents[1]
    digest = hashlib.sha256(sys.version.encode())
    for package in ("sympy", "mpmath", "numpy", "scipy", "torch"):
        digest.update(f"{package}={version(package)}".encode())
    for path in sorted(p for part in ("*.py", "data/**/*") for p in root.rglob(part)):
        inside = path.relative_to(root)
        if path.is_file() and inside.parts[0] != "sphinxext":
            content = hashlib.sha256(path.read_bytes()).hexdigest()
            digest.update(f"{inside.as_posix()}={content}".encode())
    return digest.hexdigest()


def _path(statement: Statement) -> Path:
    base = os.environ.get("SGDTHEORY_CACHE") or Path.home() / ".cache" / "sgdtheory"
    key = hashlib.sha256((_source_key() + _shown(statement)).encode()).hexdigest()[:20]
    return Path(base) / "reports" / f"{statement.id}-{key}.json"


def _shown(statement: Statement) -> str:
    """All of a statement that is no code: that is in the sources."""

    def written(claim) -> list:
        return [(label, sp.srepr(part)) for label, part in as_claim(claim).items()]

    plain = {
        field.name: getattr(statement, field.name)
        for field in fields(statement)
        if field.name not in ("claim", "assumptions", "steps", "mutants")
    }
    return repr((
        plain,
        written(statement.claim),
        [(text, sp.srepr(sp.sympify(c))) for text, c in statement.assumptions if c is not None],
        [(step.says, step.by, step.residual.__qualname__) for step in statement.steps],
        [(mutant.name, mutant.source, written(mutant.claim)) for mutant in statement.mutants],
    ))  # fmt: skip


def _load(statement: Statement) -> Report | None:
    """The stored report; None where there is none, or one that is damaged or not this one's."""
    try:
        raw = json.loads(_path(statement).read_text())
        numbers = raw["numbers"]
        report = Report(
            raw["id"],
            raw["status"],
            tuple(map(tuple, raw["steps"])),
            tuple(map(tuple, raw["mutants"])),
            None if numbers is None else tuple(Comparison(**c) for c in numbers),
            tuple(raw["problems"]),
            raw["seconds"],
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None
    said = [says for says, _ in report.steps], [name for name, *_ in report.mutants]
    own = [step.says for step in statement.steps], [mutant.name for mutant in statement.mutants]
    return report if (report.id, report.ok, said) == (statement.id, True, own) else None


def _store(statement: Statement, report: Report) -> None:
    path = _path(statement)
    with suppress(OSError):  # a folder that cannot be written to costs time, nothing else
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(f".{os.getpid()}.part")
        part.write_text(json.dumps(asdict(report)))
        part.replace(path)
