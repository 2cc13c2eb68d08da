r"""Tables whose formulas come from the catalog.

::

    ```{claim-table} Stationary law and escape for each noise
    * - noise
      - stationary law
      - status
    * - grows with the loss, Itô
      - {PLD-L6: stationary law, whatever the loss @ alpha=0}
      - {PLD-L6 status}
    ```

A row starts with ``* -``, every further cell with ``-``; the first row is the head.  A cell is
Markdown, one paragraph to a line; a line that is only ``{ID: label}`` becomes that part of the
claim, and ``{ID status}`` the linked ID with its chip.  After ``@``, between commas: ``lhs`` or
``rhs`` for one side, and numbers for letters.  Where the part has no such letter, what the
claim itself says of its letters is put in first: ``C^{-m}`` at ``alpha=0`` is
``C^{-\kappa - 1}``, for ``m = \kappa - \alpha + 1`` is a part of the same claim.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import sympy as sp
from docutils import nodes

from sgdtheory.sphinxext import late, markup, reports
from sgdtheory.sphinxext.pages import Page, lines
from sgdtheory.theory import catalog
from sgdtheory.theory.printing import latex
from sgdtheory.theory.statement import Statement

CELL = re.compile(r"(\* -|  -|   )(?: +(.*))?")
REFERENCE = re.compile(r"\{([A-Z]{3}-[A-Z]*\d+)(.*)\}")


class ClaimTable(Page):
    """A table with cells of Markdown, formulas of statements and their status."""

    required_arguments, optional_arguments = 1, 0
    final_argument_whitespace = True
    has_content = True

    def run(self) -> list[nodes.Node]:
        self.env.note_reread()
        try:
            head, *rows = table_rows(self.content)
            cells = [[lines(*map(self.line, cell)) for cell in row] for row in rows]
        except ValueError as error:
            raise self.error(str(error)) from error
        titles = [" ".join(cell) for cell in head]
        return [markup.table(titles, cells, "sgdt-claims", label=self.arguments[0])]

    def line(self, text: str) -> list[nodes.Node]:
        """One line of a cell."""
        found = REFERENCE.fullmatch(text)
        if found is None:
            return self.words(text)
        statement, rest = catalog.get(found[1]), found[2].strip()
        if rest == "status":
            return status(statement)
        if not rest.startswith(":"):
            raise ValueError(
                f"a cell must be {{ID: label}} or {{ID status}}, got {text}; labels of "
                f"{statement.id}: {known(statement)}"
            )
        tex = rf"\displaystyle {formula(statement, rest[1:].strip())}"
        return [nodes.math(tex, tex)]


def table_rows(content: Iterable[str]) -> list[list[list[str]]]:
    """Rows of cells of lines.

    Raises
    ------
    ValueError
        A line that is no cell, no row below the head, or rows of different lengths.
    """
    rows: list[list[list[str]]] = []
    for text in filter(str.strip, content):
        found = CELL.fullmatch(text)
        if found is None or not (rows or found[1] == "* -"):
            raise ValueError(f"a line must start with '* - ', '  - ' or 4 spaces, got {text!r}")
        if found[1] == "* -":
            rows.append([])
        if found[1] == "   ":
            rows[-1][-1].append(found[2])
        else:
            rows[-1].append([found[2] or ""])
    if len(rows) < 2 or len({len(row) for row in rows}) != 1:
        raise ValueError(
            "a table must have a head and rows of as many cells, got rows of "
            f"{[len(row) for row in rows]} cells; write '  -' for an empty one"
        )
    return rows


def status(statement: Statement) -> list[nodes.Node]:
    """The linked ID with its chip, and one more if it is not as claimed."""
    found = reports.report(statement.id)
    chips = [reports.status_chip(statement)]
    chips += [] if found.ok else [reports.verified_chip(found)]
    made: list[nodes.Node] = [late.link(statement.id)]
    for chip in chips:
        made += [nodes.Text(" "), markup.chip(*chip)]
    return made


def formula(statement: Statement, text: str) -> str:
    """LaTeX of ``"label"``, or of ``"label @ rhs, alpha=1/2"``.

    Raises
    ------
    ValueError
        No such part, an option that is none, or a letter that the part does not have.
    """
    label, _, options = text.partition(" @ ")
    if label.strip() not in statement.claim:
        raise ValueError(
            f"a part of {statement.id} must be named by its label, got {label.strip()!r}; "
            f"labels: {known(statement)}"
        )
    part, side = statement.claim[label.strip()], ""
    for option in filter(None, (o.strip() for o in options.split(","))):
        name, equals, value = (piece.strip() for piece in option.partition("="))
        if equals:
            part = put(statement, part, name, number(value))
        elif name in ("lhs", "rhs"):
            side = name
        else:
            raise ValueError(f"after @ must stand lhs, rhs or letter=number, got {option!r}")
    return latex(getattr(part, side) if side else part)


def number(text: str) -> sp.Rational:
    """``"1/2"`` as a number."""
    try:
        return sp.Rational(text)
    except (TypeError, ValueError):
        raise ValueError(f"a letter must be set to a number or p/q, got {text!r}") from None


def put(statement: Statement, part: Any, name: str, value: sp.Rational) -> Any:
    """The part with a number for the letter of that name, unevaluated."""

    def letters(expr: Any) -> dict[str, sp.Symbol]:
        return {s.name: s for s in expr.free_symbols}

    for other in statement.claim.values():
        if name in letters(part):
            break
        defines = isinstance(other, sp.Eq) and other.lhs in part.free_symbols
        if defines and other is not part and name in letters(other.rhs):
            part = rebuilt(part, other.lhs, other.rhs)
    if name not in letters(part):
        raise ValueError(
            f"a letter of this part of {statement.id} must be one of {sorted(letters(part))}, "
            f"got {name!r}"
        )
    return rebuilt(part, letters(part)[name], value)


def rebuilt(part: Any, letter: sp.Symbol, value: sp.Expr) -> Any:
    """The same relation of both sides with ``value`` for a letter."""
    keep = {"evaluate": False} if isinstance(part, sp.core.relational.Relational) else {}
    return part.func(*(side.subs(letter, value) for side in part.args), **keep)


def known(statement: Statement) -> str:
    """The labels of a claim, to choose from."""
    return "; ".join(statement.claim)


def register(app: Any) -> None:
    """Register the directive."""
    app.add_directive("claim-table", ClaimTable)
