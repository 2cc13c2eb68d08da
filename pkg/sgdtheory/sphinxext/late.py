"""What can only be filled in when every page was read and every notebook has run.

A directive leaves a ``late`` node with the name of a maker; the maker is called with the
Sphinx application, the page and the node's attributes, and returns what stands there.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from docutils import nodes
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging
from sphinx.util.nodes import make_refnode

from sgdtheory.theory import catalog

ID = re.compile(r"(?<![\w`-])[A-Z]{3}-[A-Z]*\d+(?![\w`-])")
logger = logging.getLogger(__name__)

Maker = Callable[[Any, str, dict[str, Any]], list[nodes.Node]]
MAKERS: dict[str, Maker] = {}


class late(nodes.Inline, nodes.Element):
    """A place that a maker fills."""


def node(maker: str, **needs: Any) -> late:
    """A place to be filled by the named maker."""
    return late("", maker=maker, needs=needs)


def maker(function: Maker) -> Maker:
    """Register a maker under its own name."""
    MAKERS[function.__name__] = function
    return function


class Fill(SphinxPostTransform):
    """Put what the makers return in place of each late node."""

    default_priority = 4

    def run(self, **kwargs: Any) -> None:
        for place in list(self.document.findall(late)):
            made = MAKERS[place["maker"]](self.app, self.env.docname, place["needs"])
            place.replace_self(made)


def place(app: Any, id: str) -> str | None:
    """The page that shows a statement, or None."""
    found = getattr(app.env, "proof_list", {}).get(id)
    return found and found["docname"]


@maker
def statement_link(app: Any, docname: str, needs: dict[str, Any]) -> list[nodes.Node]:
    """The ID, linked to where the statement stands; ``must`` warns where it stands nowhere."""
    try:
        statement = catalog.get(needs["id"])
    except ValueError as error:
        logger.warning("%s", error, location=docname)
        return [nodes.literal(needs["id"], needs["id"])]
    id, there = statement.id, place(app, statement.id)
    if there is None:
        if needs.get("must"):
            what = "statement %s is in the catalog but on no page"
            logger.warning(what, id, location=docname)
        return [nodes.literal(id, id)]
    text = nodes.inline("", id, classes=["sgdt-id"])
    return [make_refnode(app.builder, docname, there, id, text, statement.title)]


@maker
def statement_number(app: Any, docname: str, needs: dict[str, Any]) -> list[nodes.Node]:
    """``"Theorem 2.3"``: the kind and number of a statement."""
    found = getattr(app.env, "proof_list", {}).get(needs["id"])
    if found is None:
        return []
    numbers = app.env.toc_fignumbers.get(found["docname"], {}).get(found["countertype"], {})
    number = ".".join(map(str, numbers.get(needs["id"], ())))
    return [nodes.Text(f"{found['realtype'].title()} {number}".rstrip())]


def linked(text: str) -> str:
    """Markdown with every ID of the catalog made a link; formulas are left alone."""
    parts = text.split("$")
    known = {s.id for s in catalog.all()}
    parts[::2] = [
        ID.sub(lambda m: f"{{sid}}`{m[0]}`" if m[0] in known else m[0], p) for p in parts[::2]
    ]
    return "$".join(parts)


def link(id: str, *, must: bool = False) -> late:
    """A link to a statement, shown as its ID."""
    return node("statement_link", id=id, must=must)


def register(app: Any) -> None:
    """Register the node and its transform."""
    app.add_node(late)
    app.add_post_transform(Fill)
