"""What the book knows of each statement: its report, its chips, how it is cited."""

from __future__ import annotations

import os
import subprocess
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

from sphinx.errors import ExtensionError
from sphinx.util import logging

from sgdtheory.checks import verify
from sgdtheory.theory import catalog
from sgdtheory.theory.decide import AT_POINTS, NONZERO, PROVED
from sgdtheory.theory.show import MARKS
from sgdtheory.theory.statement import Report, Statement

logger = logging.getLogger(__name__)

#: How a statement stands to its source: words and a shape.
AGAINST = {
    "as-stated": "= as in the source",
    "corrected": "✎ corrects the source",
    "misprint": "✎ misprint in the source",
    "refuted": "✗ fails as we recall it",
    "not-reproduced": "≠ not reproduced in general",
    "new": "+ stated here",
}


@cache
def report(id: str) -> Report:
    """The report of one statement; a warning, which fails the build, if it is not as claimed.

    Raises
    ------
    ExtensionError
        A check broke down instead of giving an answer; the message names the statement.
    """
    try:
        [found] = verify(id)
    except Exception as error:
        raise ExtensionError(f"statement {id} could not be checked: {error!r}") from error
    if not found.ok:
        logger.warning("statement %s is not as claimed: %s", id, "; ".join(found.problems))
    return found


def statements(config: Any, chapter: str = "") -> list[Statement]:
    """The statements of the book, of one chapter by its name, or of all with one prefix."""
    only = set(config.sgdt_only)
    chosen = [s for s in catalog.all() if not only or s.id in only]
    if not chapter:
        return chosen
    if chapter in catalog.CHAPTERS:
        named = {s.id for s in import_module(f"sgdtheory.theory.{chapter}").STATEMENTS}
        chosen = [s for s in chosen if s.id in named]
    else:
        chosen = [s for s in chosen if s.chapter == chapter]
    if not chosen:
        known = [*catalog.CHAPTERS, *sorted({s.chapter for s in catalog.all()})]
        raise ValueError(f"a chapter must have statements, got {chapter!r}; one of {known}")
    return chosen


def steps_ok(statement: Statement, found: Report) -> list[bool]:
    """Whether each step came out as it should: zero, or nonzero for a counter-example."""
    return [
        verdict == NONZERO if step.by == "counterexample" else verdict in (PROVED, AT_POINTS)
        for step, (_, verdict) in zip(statement.steps, found.steps, strict=True)
    ]


def rejected_by_numbers(found: Report) -> int:
    """How many mutants the numeric check rejects."""
    return sum(bool(numbers) for _, _, numbers in found.mutants)


def largest_pull(found: Report) -> float | None:
    """The largest distance of a sampled number from the claim, in its standard errors."""
    pulls = [abs(c.pull) for c in found.numbers or () if c.sampled]
    return max(pulls) if pulls else None


def numbers_in_words(found: Report) -> str:
    """``"5 comparisons, largest pull 1.8 s.e."``"""
    count = len(found.numbers or ())
    if not count:
        return "no numeric comparison"
    words, pull = f"{count} comparison{'s' if count > 1 else ''}", largest_pull(found)
    off = sum(not c.accepted for c in found.numbers or ())
    if off:
        return f"{words}, {off} not as claimed"
    far = "exact to tolerance" if pull is None else f"largest pull {pull:.1f} s.e."
    return f"{words}, {far}"


def status_chip(statement: Statement) -> tuple[str, str]:
    """Class and words of the status."""
    return f"sgdt-{statement.status}", MARKS[statement.status]


def against_chip(statement: Statement) -> tuple[str, str]:
    """Class and words of how the statement stands to its source."""
    return f"sgdt-{statement.against_source}", AGAINST[statement.against_source]


def verified_chip(found: Report) -> tuple[str, str]:
    """Class and words of what verification found."""
    if not found.ok:
        return "sgdt-failed", "✗ not as claimed"
    routes = ["symbols"] * bool(found.steps) + ["numbers"] * bool(found.numbers)
    by = " and ".join(routes)
    return "sgdt-verified", f"✓ checked by {by}"


@cache
def commit(folder: str) -> str:
    """Short commit of the sources, marked where files differ from it; empty outside git."""
    if "SGDTHEORY_COMMIT" in os.environ:
        return os.environ["SGDTHEORY_COMMIT"][:12]
    try:
        ask: dict[str, Any] = {"cwd": folder, "capture_output": True, "text": True}
        head = subprocess.run(["git", "rev-parse", "--short=12", "HEAD"], **ask)
        dirty = subprocess.run(["git", "status", "--porcelain", "-uno"], **ask)
    except OSError:
        return ""
    if head.returncode:
        return ""
    return head.stdout.strip() + ("+changes" if dirty.stdout.strip() else "")


def permalink(app: Any, id: str) -> str:
    """Address of a statement on the published site; empty while none is configured."""
    base = (app.config.html_baseurl or "").rstrip("/")
    place = getattr(app.env, "proof_list", {}).get(id)
    if not base or place is None:
        return ""
    page = Path(place["docname"]).as_posix() + ".html"
    return f"{base}/{page}#{id}"


def citation(app: Any, id: str, style: str) -> str:
    """A citation of one statement, with its permalink where there is one."""
    return catalog.cite(id, style, url=permalink(app, id), commit=commit(str(app.srcdir)))
