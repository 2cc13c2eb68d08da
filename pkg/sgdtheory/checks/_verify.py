"""Symbols and numbers together: the report behind every row of the ledger."""

import hashlib
import json
import os
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, replace
from functools import lru_cache
from importlib import import_module
from importlib.metadata import version
from pathlib import Path

import sympy as sp

from sgdtheory.estimate import Comparison
from sgdtheory.theory import catalog
from sgdtheory.theory.statement import Report, Statement, verify_symbols

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
    """Symbols and numbers of one statement, its mutants put before both."""
    start = time.perf_counter()
    report = verify_symbols(statement)
    check = checks().get(statement.id)
    problems = list(report.problems)
    numbers: tuple[Comparison, ...] | None = None
    mutants = report.mutants
    if check is not None:
        numbers = tuple(check(statement.claim))
        problems += _not_accepted(numbers)
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
    return [
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

    Reports are cached under a key of the package's sources, the versions of what it runs
    on and the statement itself; ``cached=False`` works everything out again.
    ``progress(report)`` is called after each statement.
    """
    reports = []
    for statement in catalog.select(ids):
        report = (_load(statement) if cached else None) or verify_statement(statement)
        if cached:
            _store(statement, report)
        if progress is not None:
            progress(report)
        reports.append(report)
    return reports


@lru_cache(maxsize=1)
def _source_key() -> str:
    root = Path(__file__).parents[1]
    digest = hashlib.sha256(sys.version.encode())
    for package in ("sympy", "numpy", "scipy", "torch"):
        digest.update(f"{package}={version(package)}".encode())
    for path in sorted(root.rglob("*.py")):
        if "sphinxext" not in path.parts:
            digest.update(path.relative_to(root).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()


def _path(statement: Statement) -> Path:
    base = os.environ.get("SGDTHEORY_CACHE") or Path.home() / ".cache" / "sgdtheory"
    shown = repr([(k, sp.srepr(v)) for k, v in statement.claim.items()])
    key = hashlib.sha256((_source_key() + shown).encode()).hexdigest()[:20]
    return Path(base) / "reports" / f"{statement.id}-{key}.json"


def _load(statement: Statement) -> Report | None:
    try:
        raw = json.loads(_path(statement).read_text())
    except (OSError, json.JSONDecodeError):
        return None
    numbers = raw["numbers"]
    return Report(
        raw["id"],
        raw["status"],
        tuple(map(tuple, raw["steps"])),
        tuple(map(tuple, raw["mutants"])),
        None if numbers is None else tuple(Comparison(**c) for c in numbers),
        tuple(raw["problems"]),
        raw["seconds"],
    )


def _store(statement: Statement, report: Report) -> None:
    path = _path(statement)
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(f".{os.getpid()}.part")
    part.write_text(json.dumps(asdict(report)))
    part.replace(path)
