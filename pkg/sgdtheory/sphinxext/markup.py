"""Docutils nodes that the directives are made of, and the few of our own."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import Any, TypeAlias

from docutils import nodes

Cell: TypeAlias = str | nodes.Node | Sequence[nodes.Node]


class fold(nodes.General, nodes.Element):
    """Content that a reader opens: ``<details>`` in HTML, shown in print."""


def visit_fold_html(self: Any, node: fold) -> None:
    words = escape(node["summary"])
    note = f' <span class="sgdt-note">{escape(node["note"])}</span>' if node.get("note") else ""
    self.body.append(f'<details class="sgdt-fold"><summary>{words}{note}</summary><div>\n')


def depart_fold_html(self: Any, node: fold) -> None:
    self.body.append("</div></details>\n")


def visit_fold_latex(self: Any, node: fold) -> None:
    self.body.append("\n\n\\noindent\\textbf{" + self.encode(node["summary"]) + ".}\\quad ")


def depart_fold_latex(self: Any, node: fold) -> None:
    self.body.append("\n\n")


def html(text: str) -> nodes.raw:
    """Markup for HTML only."""
    return nodes.raw("", text, format="html")


def inline(text: str, *classes: str) -> nodes.inline:
    """Words with a class."""
    return nodes.inline("", text, classes=list(classes))


def chip(kind: str, words: str) -> nodes.inline:
    """A status in words and a shape."""
    return inline(words, "sgdt-chip", kind)


def paragraph(*content: nodes.Node | str, classes: Sequence[str] = ()) -> nodes.paragraph:
    """A paragraph of texts and inline nodes."""
    parts = [nodes.Text(c) if isinstance(c, str) else c for c in content]
    return nodes.paragraph("", "", *parts, classes=list(classes))


def display(tex: str) -> nodes.math_block:
    """A displayed formula without a number."""
    return nodes.math_block(tex, tex, nowrap=False, number=None, label=None)


def part(label: Sequence[nodes.Node], tex: str) -> nodes.container:
    """One part of a claim: its label and its formula."""
    box = nodes.container(classes=["sgdt-part"])
    if label:
        box += paragraph(*label, classes=["sgdt-label"])
    box += display(tex)
    return box


def table(
    head: Sequence[str], rows: Iterable[Sequence[Cell]], *classes: str, label: str = ""
) -> nodes.container:
    """A table that scrolls inside its own box, reachable by keyboard."""
    group = nodes.tgroup("", cols=len(head))
    for _ in head:
        group += nodes.colspec(colwidth=1)
    group += nodes.thead("", _row(head))
    body = nodes.tbody()
    body.extend(_row(row) for row in rows)
    group += body
    box = nodes.container(classes=["sgdt-scroll"])
    name = f'role="region" aria-label="{escape(label)}"'
    box += html(f'<div class="sgdt-region" tabindex="0" {name}>')
    box += nodes.table("", group, classes=["sgdt-table", *classes])
    box += html("</div>")
    return box


def _row(cells: Sequence[Cell]) -> nodes.row:
    row = nodes.row()
    for cell in cells:
        entry = nodes.entry()
        content = [cell] if isinstance(cell, str | nodes.Node) else list(cell)
        blocks = nodes.container, nodes.math_block, nodes.bullet_list, nodes.paragraph
        if content and isinstance(content[0], blocks):
            entry.extend(content)
        else:
            entry += paragraph(*content)
        row += entry
    return row


def bullets(items: Iterable[Sequence[nodes.Node]], *classes: str) -> nodes.bullet_list:
    """A list; each item is a sequence of nodes, leading inline ones joined to a paragraph."""
    found = nodes.bullet_list(classes=list(classes))
    for item in items:
        entry = nodes.list_item()
        for node in item:
            block = isinstance(node, nodes.math_block | nodes.container | nodes.paragraph)
            if block:
                entry += node
            elif entry.children and isinstance(entry[-1], nodes.paragraph):
                entry[-1] += node
            else:
                entry += paragraph(node)
        found += entry
    return found


def register(app: Any) -> None:
    """Register the nodes."""
    app.add_node(
        fold,
        html=(visit_fold_html, depart_fold_html),
        latex=(visit_fold_latex, depart_fold_latex),
        override=True,
    )
