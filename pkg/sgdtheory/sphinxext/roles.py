"""Formulas and numbers inside prose, taken from where they are checked.

``{claim}`PLD-T2:variance` `` sets a part of a claim (``:rhs`` or ``:lhs`` after it one side);
``{value}`PLD-X2:tail exponent` `` prints what was measured under that name: a record of a
notebook, or a number of the statement's numeric check.  ``{sid}`PLD-T2` `` links an ID.
"""

from __future__ import annotations

from typing import Any

from docutils import nodes
from sphinx.util import logging
from sphinx.util.docutils import SphinxRole

from sgdtheory.sphinxext import late, reports, run_status
from sgdtheory.theory import catalog
from sgdtheory.theory.printing import latex

logger = logging.getLogger(__name__)


class Claim(SphinxRole):
    """A part of a claim as inline mathematics."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        try:
            tex = formula(self.text)
        except ValueError as error:
            message = self.inliner.reporter.error(f"claim: {error}", line=self.lineno)
            return [], [message]
        return [nodes.math(tex, tex)], []


def formula(text: str) -> str:
    """LaTeX of ``ID``, ``ID:label`` or ``ID:label:side``.

    Raises
    ------
    ValueError
        No such statement, no such part, or no such side of it.
    """
    id, label, side = [t.strip() for t in (*text.split(":"), "", "")[:3]]
    statement = catalog.get(id)
    label = label or next(iter(statement.claim))
    if label not in statement.claim or side not in ("", "lhs", "rhs"):
        raise ValueError(
            f"a claim must be named as ID:label or ID:label:lhs or :rhs, got {text!r}; "
            f"labels of {statement.id}: {', '.join(statement.claim)}"
        )
    part = statement.claim[label]
    return latex(getattr(part, side) if side else part)


class Value(SphinxRole):
    """A measured number, with its standard error."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        id, _, name = self.text.partition(":")
        return [late.node("measured", id=id.strip(), name=name.strip())], []


@late.maker
def measured(app: Any, docname: str, needs: dict[str, Any]) -> list[nodes.Node]:
    """The number; a warning, which fails the build, where there is none of that name."""
    id, name = needs["id"], needs["name"]
    for row in run_status.records(app):
        if (row["id"], row["name"]) == (id, name):
            return [nodes.Text(run_status.shown(row))]
    known = {s.id for s in catalog.all()}
    for number in (reports.report(id).numbers or ()) if id in known else ():
        if number.what == name:
            error = f" ± {number.scale:.2g}" if number.sampled else ""
            return [nodes.Text(f"{number.found:.6g}{error}")]
    logger.warning("no number is recorded under %s: %s", id, name, location=docname)
    return [nodes.Text("(no value)")]


class StatementId(SphinxRole):
    """An ID, linked to its statement."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        return [late.link(self.text.strip())], []


def register(app: Any) -> None:
    """Register the roles."""
    app.add_role("sid", StatementId())
    app.add_role("claim", Claim())
    app.add_role("value", Value())
