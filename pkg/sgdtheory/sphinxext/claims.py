"""``{claims} CHAPTER``: what a paper claims, what was measured, and whether it came out."""

from __future__ import annotations

from typing import Any

from docutils import nodes

from sgdtheory.sphinxext import late, markup, run_status

#: Standard errors within which an edge of the band leaves a verdict open.
UNDECIDED = 2
HEAD = "ID", "claim", "paper", "quick", "full", "verdict"


class Claims(run_status.Records):
    """Records of one chapter that a paper has a number for: quick, full, verdict."""

    maker, title = "claims_of", "Claims and what came out"


@late.maker
def claims_of(app: Any, docname: str, needs: dict[str, Any]) -> list[nodes.Node]:
    """The table; one row for each claim."""
    found = [r for r in run_status.records(app) if r["id"] in needs["ids"] and r.get("paper")]
    if not found:
        return [markup.paragraph("None in this build.")]
    order = {id: k for k, id in enumerate(needs["ids"])}
    found.sort(key=lambda r: order[r["id"]])
    rows = [
        [[late.statement_link(app, docname, {"id": id})[0]], *cells]
        for id, *cells in claims(found)
    ]
    return [markup.table(HEAD, rows, label=needs["label"])]


def claims(found: list[dict[str, Any]]) -> list[tuple[str, ...]]:
    """Rows (ID, claim, paper's number, quick value, full value, verdict).

    The verdict is that of the full run, if there is one.
    """
    by_claim: dict[tuple[str, str], dict[str, dict[str, Any]]] = {}
    for row in found:
        by_claim.setdefault((row["id"], row["name"]), {})[row["profile"]] = row
    rows = []
    for (id, name), runs in by_claim.items():
        best = runs.get("full") or runs["quick"]
        values = [
            run_status.shown(runs[p]) if p in runs else "not run" for p in ("quick", "full")
        ]
        said = f"{best['paper']['number']} ({run_status.band(best['paper'])})"
        rows.append((id, name, said, *values, verdict(best)))
    return rows


def verdict(row: dict[str, Any]) -> str:
    """Does the value lie in the band of the paper's claim?

    Undecided where an edge of the band lies within two of its standard errors.
    """
    edges = [edge for edge in row["paper"]["band"] if edge is not None]
    if any(abs(row["value"] - edge) < UNDECIDED * row["stderr"] for edge in edges):
        return "? undecided"
    low, high = row["paper"]["band"]
    inside = (low is None or row["value"] >= low) and (high is None or row["value"] <= high)
    return "✓ reproduced" if inside else "✗ not reproduced"


def register(app: Any) -> None:
    """Register the directive."""
    app.add_directive("claims", Claims)
