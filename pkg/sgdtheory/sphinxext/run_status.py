"""``{run-status}``: what the executed notebooks recorded, how long they took, on what."""

from __future__ import annotations

import json
import platform
from importlib import metadata
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

from sgdtheory.estimate import Estimate
from sgdtheory.runs import device, profile
from sgdtheory.runs.results import MIME, PACKAGED
from sgdtheory.sphinxext import late, markup
from sgdtheory.sphinxext.block import doc_link
from sgdtheory.sphinxext.reports import commit, statements

SHOWN = "sgdtheory numpy scipy sympy torch matplotlib jupyter-book sphinx".split()


def notebooks(app: Any) -> list[str]:
    """The pages of the book that are Jupyter notebooks."""
    paths = {d: Path(app.env.doc2path(d)) for d in app.env.found_docs}
    return sorted(d for d, path in paths.items() if path.suffix == ".ipynb")


def executed(app: Any, docname: str) -> tuple[Any, float | None]:
    """A notebook with its outputs, and the seconds it took: from the cache, or as it lies."""
    import nbformat
    from jupyter_cache import get_cache

    notebook = nbformat.read(app.env.doc2path(docname), as_version=4)
    folder = getattr(app.config, "nb_execution_cache_path", "")
    if folder and Path(folder).is_dir():
        cache = get_cache(folder)
        try:
            record = cache.match_cache_notebook(notebook)
        except KeyError:
            return notebook, None
        seconds = (record.data or {}).get("execution_seconds")
        return cache.get_cache_bundle(record.pk).nb, seconds
    return notebook, None


def rows_in(notebook: Any, docname: str) -> list[dict[str, Any]]:
    """What ``runs.results.record`` left in the metadata of a notebook's outputs."""
    found = []
    for cell in notebook.cells:
        for output in cell.get("outputs", ()):
            row = output.get("metadata", {}).get(MIME) or output.get("data", {}).get(MIME)
            if row:
                found.append({**row, "notebook": docname})
    return found


def runs(app: Any) -> dict[str, tuple[list[dict[str, Any]], float | None]]:
    """Page -> records and seconds, for every notebook; worked out once a build."""
    found = getattr(app, "_sgdt_runs", None)
    if found is None:
        found = {}
        for docname in notebooks(app):
            notebook, seconds = executed(app, docname)
            found[docname] = rows_in(notebook, docname), seconds
        app._sgdt_runs = found
    return found


def records(app: Any) -> list[dict[str, Any]]:
    """All records: of the notebooks as built, and of stored full-size runs."""
    live = [row for rows, _ in runs(app).values() for row in rows]
    return live + stored()


def stored() -> list[dict[str, Any]]:
    """Records in the manifests of the summaries that ship with the package."""
    found: list[dict[str, Any]] = []
    for path in sorted(PACKAGED.glob("*.json")):
        manifest = json.loads(path.read_text(encoding="utf-8"))
        kind = manifest.get("profile", "full")
        found += [{"profile": kind, **row} for row in manifest.get("records", ())]
    return found


class RunStatus(SphinxDirective):
    """Time and records of every notebook, every recorded number, and what all of it ran on."""

    def run(self) -> list[nodes.Node]:
        self.env.note_reread()
        return [late.node("run_tables")]


@late.maker
def run_tables(app: Any, docname: str, needs: dict[str, Any]) -> list[nodes.Node]:
    """The three tables."""
    times = [
        [[doc_link(docname, page)],
         "not run in this build" if seconds is None else f"{seconds:.1f} s",
         f"{sum(r['verdict'] == 'PASS' for r in rows)} of {len(rows)} pass" if rows else "none"]
        for page, (rows, seconds) in runs(app).items()
    ]  # fmt: skip
    numbers = rows_of(app, docname, records(app))
    where = [("Python", platform.python_version())]
    where += [(package, metadata.version(package)) for package in SHOWN]
    where += [("device", device.describe()), ("profile", profile.current())]
    where += [("commit of the sources", commit(str(app.srcdir)) or "not under version control")]
    parts: list[nodes.Node] = []
    for title, columns, rows in (
        ("Notebooks", ("notebook", "time", "records"), times),
        ("Recorded numbers", HEAD, numbers),
        ("What it ran on", ("what", "which"), where),
    ):
        parts.append(nodes.rubric("", title))
        empty = markup.paragraph("None in this build.")
        parts.append(markup.table(columns, rows, label=title) if rows else empty)
    return parts


HEAD = "ID", "quantity", "measured", "band", "verdict", "profile"


def rows_of(app: Any, docname: str, found: list[dict[str, Any]]) -> list[list[markup.Cell]]:
    """Table rows of records."""
    return [
        [[late.statement_link(app, docname, {"id": r["id"]})[0]], r["name"], shown(r), band(r),
         f"{'✓' if r['verdict'] == 'PASS' else '✗'} {r['verdict']}", r["profile"]]
        for r in found
    ]  # fmt: skip


class Records(SphinxDirective):
    """What the notebooks of one chapter recorded, and whether there is a full-size run."""

    required_arguments = 1
    maker, title = "chapter_records", "Recorded numbers"

    def run(self) -> list[nodes.Node]:
        self.env.note_reread()
        [chapter] = self.arguments
        try:
            ids = [s.id for s in statements(self.config, chapter)]
        except ValueError as error:
            raise self.error(str(error)) from error
        return [late.node(self.maker, ids=ids, label=f"{self.title}, {chapter}")]


@late.maker
def chapter_records(app: Any, docname: str, needs: dict[str, Any]) -> list[nodes.Node]:
    """The table of one chapter's records."""
    found = [r for r in records(app) if r["id"] in needs["ids"]]
    if not found:
        return [markup.paragraph("None in this build.")]
    table = markup.table(HEAD, rows_of(app, docname, found), label=needs["label"])
    made: list[nodes.Node] = [table]
    if not any(r["profile"] == "full" for r in found):
        made.append(markup.paragraph("Full-size run: not run.", classes=["sgdt-note"]))
    return made


def shown(row: dict[str, Any]) -> str:
    """The measured value with its standard error and unit."""
    value = Estimate(row["value"], row["stderr"], row["n"])
    text = str(value) if row["stderr"] else f"{row['value']:.6g}"
    return f"{text} {row['unit']}".strip()


def band(row: dict[str, Any]) -> str:
    """The admissible values in words."""
    low, high = row["band"]
    if low == high:
        return f"{low:g}"
    if low is None:
        return f"below {high:g}"
    return f"above {low:g}" if high is None else f"{low:g} to {high:g}"


def register(app: Any) -> None:
    """Register the directive."""
    app.add_directive("run-status", RunStatus)
    app.add_directive("records", Records)
