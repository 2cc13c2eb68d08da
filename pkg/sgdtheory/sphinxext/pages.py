"""Pages that are made from the catalog: ledger, errata, how to cite, and summary lines."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

from sgdtheory.sphinxext import late, markup, reports, run_status
from sgdtheory.sphinxext.block import cite_buttons
from sgdtheory.theory.printing import latex
from sgdtheory.theory.statement import AGAINST, STATUSES, Statement, as_claim

DIFFERS = tuple(a for a in AGAINST if a not in ("as-stated", "new"))


class Page(SphinxDirective):
    """A directive that reads the catalog; its page is read again in every build."""

    optional_arguments = 1

    def statements(self) -> list[Statement]:
        """Those of the chapter named in the argument, or all."""
        self.env.note_reread()
        try:
            return reports.statements(self.config, *self.arguments)
        except ValueError as error:
            raise self.error(str(error)) from error

    def words(self, text: str) -> list[nodes.Node]:
        """Markdown in one line, as nodes."""
        return list(self.parse_inline(late.linked(text))[0])


class StatusStrip(Page):
    """How many statements of which status, and what their checks found."""

    required_arguments, optional_arguments = 1, 0

    def run(self) -> list[nodes.Node]:
        found = self.statements()
        count = Counter(s.status for s in found)
        parts: list[nodes.Node | str] = [f"{len(found)} statements: "]
        for status in STATUSES:
            if count[status]:
                kind, words = reports.status_chip(next(s for s in found if s.status == status))
                shape, word = words.split(" ", 1)
                parts += [markup.chip(kind, f"{shape} {count[status]} {word}"), " "]
        return [markup.paragraph(*parts, tally(found), classes=["sgdt-summary"])]


class LedgerSummary(Page):
    """One line over the whole catalog."""

    optional_arguments = 0

    def run(self) -> list[nodes.Node]:
        found = self.statements()
        differs = sum(s.against_source in DIFFERS for s in found)
        words = f"{len(found)} statements, {tally(found)} "
        words += f"{differs} statements differ from their source." if differs else ""
        return [markup.paragraph(words.rstrip(), classes=["sgdt-summary"])]


def tally(found: list[Statement]) -> str:
    """``"all as claimed; 40 steps, 61 mutants rejected, 97 numbers compared."``"""
    rows = [reports.report(s.id) for s in found]
    bad = [r.id for r in rows if not r.ok]
    verdict = f"not as claimed: {', '.join(bad)}" if bad else "all as claimed"
    mutants, rejected = sum(len(r.mutants) for r in rows), sum(r.rejected for r in rows)
    of = "" if mutants == rejected else f" of {mutants}"
    return (
        f"{verdict}: {sum(len(r.steps) for r in rows)} proof steps, {rejected}{of} mutants "
        f"rejected, {sum(len(r.numbers or ()) for r in rows)} numbers compared."
    )


def _author_year(key: re.Match[str]) -> str:
    """``Meng 2020`` for the bibliography's key ``meng2020``."""
    return f"{key[1].title()} {key[2]}"


class Ledger(Page):
    """A row for every statement: what is claimed and what each check found."""

    HEAD = ("statement", "status", "symbols", "numbers", "quick run", "full run")

    def run(self) -> list[nodes.Node]:
        rows = [self.row(s) for s in self.statements()]
        return [markup.table(self.HEAD, rows, "sgdt-ledger", label="Ledger of all statements")]

    def row(self, statement: Statement) -> list[Any]:
        """The cells of one statement."""
        found = reports.report(statement.id)
        good, total = reports.steps_ok(statement, found), len(found.mutants)
        numbers = reports.rejected_by_numbers(found)
        chips = [reports.status_chip(statement), reports.against_chip(statement)]
        if not found.ok:
            chips.append(reports.verified_chip(found))
        origin = re.sub(r"^([a-z]+)(\d{4})[a-z]*", _author_year, statement.source)
        origin = origin.replace("sgdtheory", "this book")
        source = markup.inline(f" {origin}", "sgdt-note")
        steps = f"{'✓' if all(good) else '✗'} {sum(good)}/{len(good)} steps" if good else "none"
        put = found.numbers and total
        return [
            lines([late.link(statement.id, must=True), source], self.words(statement.title)),
            [node for chip in chips for node in (markup.chip(*chip), nodes.Text(" "))],
            lines(steps, f"mutants {found.rejected}/{total}" if total else ""),
            lines(reports.numbers_in_words(found), f"mutants {numbers}/{total}" if put else ""),
            [late.node("records_of", id=statement.id, profile="quick")],
            [late.node("records_of", id=statement.id, profile="full")],
        ]  # fmt: skip


def lines(*texts: markup.Cell) -> list[nodes.Node]:
    """Paragraphs of one cell; empty ones are left out."""
    return [
        markup.paragraph(*([text] if isinstance(text, str | nodes.Node) else text))
        for text in texts
        if text
    ]


class Errata(Page):
    """Where a source says something else than we find: both versions and the evidence."""

    def run(self) -> list[nodes.Node]:
        found = [s for s in self.statements() if s.against_source in DIFFERS]
        if not found:
            return [markup.paragraph("No statement differs from its source.")]
        return [self.entry(s) for s in found]

    def entry(self, statement: Statement) -> nodes.container:
        """One statement."""
        box = nodes.container(classes=["sgdt-erratum"])
        title = nodes.strong("", "", *self.words(statement.title))
        chip = markup.chip(*reports.against_chip(statement))
        parts = [title, " ", late.link(statement.id), " ", chip]
        box += markup.paragraph(*parts, classes=["sgdt-strip"])
        box += markup.paragraph(*self.source(statement))
        found, holds = reports.report(statement.id), dict(statement.latex())
        changed: list[str] = []
        for mutant, (_, symbols, numbers) in zip(statement.mutants, found.mutants, strict=True):
            if not mutant.source:
                continue
            version = as_claim(mutant.claim)
            changed += [label for label in version if label not in changed]
            by = ["symbols"] * symbols + ["numbers"] * bool(numbers)
            box += markup.paragraph(
                "The source as we reconstruct it, or what follows from it: ",
                *self.words(mutant.name), ". ",
                markup.inline("✗ rejected by " + " and by ".join(by), "sgdt-mark"),
                classes=["sgdt-heading"],
            )  # fmt: skip
            for label, wrong in version.items():
                box += markup.part(self.words(label), latex(wrong))
        box += markup.paragraph("What holds", classes=["sgdt-heading"])
        box.extend(markup.part(self.words(label), holds[label]) for label in changed or holds)
        if statement.remark:
            box += markup.paragraph(*self.words(statement.remark), classes=["sgdt-remark"])
        box += markup.paragraph(
            "Evidence: " + (f"{len(found.steps)} proof steps, " if found.steps else "")
            + f"{reports.numbers_in_words(found).rstrip('.')}.",
            classes=["sgdt-foot"],
        )
        return box

    def source(self, statement: Statement) -> list[nodes.Node]:
        """Its source, cited where the book has a bibliography."""
        key, _, locator = statement.source.partition(",")
        if key == "sgdtheory" or "sphinxcontrib.bibtex" not in self.env.app.extensions:
            return [nodes.Text(statement.source.replace("sgdtheory", "This book") + ".")]
        return self.words(f"{{cite:t}}`{key}`{',' if locator else ''}{locator}.")


class CiteList(Page):
    """Every statement with its number and its citation buttons."""

    def run(self) -> list[nodes.Node]:
        rows = [
            [[late.link(s.id)], [late.node("statement_number", id=s.id)], self.words(s.title),
             [late.node("citing", id=s.id)]]
            for s in self.statements()
        ]  # fmt: skip
        head = ("ID (for good)", "number (may change)", "title", "copy a citation")
        return [markup.table(head, rows, "sgdt-citations", label="Citations of all statements")]


@late.maker
def citing(app: Any, docname: str, needs: dict[str, Any]) -> list[nodes.Node]:
    """The citation buttons of a statement."""
    return [markup.html(cite_buttons(app, needs["id"]))]


@late.maker
def records_of(app: Any, docname: str, needs: dict[str, Any]) -> list[nodes.Node]:
    """``"✓ 3 of 3"``: the records of a statement in one profile."""
    rows = [r for r in run_status.records(app) if r["id"] == needs["id"]]
    rows = [r for r in rows if r["profile"] == needs["profile"]]
    if not rows:
        words = "none" if needs["profile"] == "quick" else "not run"
        return [markup.inline(words, "sgdt-note")]
    good = sum(r["verdict"] == "PASS" for r in rows)
    return [nodes.Text(f"{'✓' if good == len(rows) else '✗'} {good} of {len(rows)} pass")]


def register(app: Any) -> None:
    """Register the directives."""
    app.add_directive("status-strip", StatusStrip)
    app.add_directive("ledger-summary", LedgerSummary)
    app.add_directive("ledger", Ledger)
    app.add_directive("errata", Errata)
    app.add_directive("cite-list", CiteList)
