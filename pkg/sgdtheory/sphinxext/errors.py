"""``{report-an-error} ID``: a prefilled report, as a link where a repository is configured.

Without one there is no link: the same text stands there to be copied.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

from sgdtheory import __version__
from sgdtheory.sphinxext import markup, reports
from sgdtheory.theory import catalog


def text(app: Any, id: str) -> str:
    """What a report on one statement should hold, its blanks left open."""
    statement = catalog.get(id)
    parts = "\n".join(f"- {label}" for label in statement.claim)
    return (
        f"Statement: {statement.id}, {statement.title}\n"
        f"Version: {__version__}, commit {reports.commit(str(app.srcdir)) or 'unknown'}\n"
        f"Source: {statement.source}\n\n"
        f"Which part is wrong (delete the others):\n{parts}\n\n"
        "What should it say?\n\n"
        "How can it be seen? (a special case, a reference, a few lines of code)\n"
    )


def address(app: Any, id: str) -> str:
    """Address of the prefilled report; empty while no repository is configured."""
    options = getattr(app.config, "html_theme_options", None) or {}
    url = str(options.get("repository_url") or "").rstrip("/")
    if not url:
        return ""
    filled = urlencode({"title": f"Error in {catalog.get(id).id}", "body": text(app, id)})
    return f"{url}/issues/new?{filled}"


class ReportAnError(SphinxDirective):
    """The link, or the text to be copied."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        self.env.note_reread()
        id, app = self.arguments[0], self.env.app
        try:
            link, report = address(app, id), text(app, id)
        except ValueError as error:
            raise self.error(str(error)) from error
        if link:
            words = nodes.reference("", f"Report an error in {id}", refuri=link)
            return [markup.paragraph(words, ".")]
        return [nodes.literal_block(report, report, language="text")]


def register(app: Any) -> None:
    """Register the directive."""
    app.add_directive("report-an-error", ReportAnError)
