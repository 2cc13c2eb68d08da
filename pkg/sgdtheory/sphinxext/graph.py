"""``{dependency-graph} CHAPTER``: what rests on what, drawn and as a table."""

from __future__ import annotations

from html import escape
from textwrap import wrap
from typing import Any

import networkx as nx
from docutils import nodes

from sgdtheory.sphinxext import late, markup, reports
from sgdtheory.sphinxext.pages import Page
from sgdtheory.theory import catalog

WIDTH, HEIGHT, PASS, GAP, DROP, EDGE = 142.0, 76.0, 4.0, 13.0, 44.0, 8.0
TITLE = 22  # characters in a line of a box


def subgraph(ids: list[str]) -> nx.DiGraph:
    """The statements and what they use, an arrow from the used to the user.

    An arrow that follows from two others is left out: the table has it.
    """
    uses, graph = catalog.graph(), nx.DiGraph()
    graph.add_nodes_from(ids)
    graph.add_edges_from((used, id) for id in ids for used in uses[id])
    return nx.transitive_reduction(graph)


def layers(graph: nx.DiGraph, across: int = 4) -> list[list[str]]:
    """Rows of at most ``across`` statements, such that every arrow points down.

    What rests on nothing stands right above the first that uses it.
    """
    order = {s.id: n for n, s in enumerate(catalog.all())}
    depth = {id: n for n, ids in enumerate(nx.topological_generations(graph)) for id in ids}
    for id in graph:
        if not graph.in_degree(id) and graph.out_degree(id):
            depth[id] = min(depth[user] for user in graph.successors(id)) - 1
    rows = []
    for level in sorted(set(depth.values())):
        chosen = sorted((id for id in graph if depth[id] == level), key=order.__getitem__)
        rows += [chosen[n : n + across] for n in range(0, len(chosen), across)]
    return rows


def routed(graph: nx.DiGraph, rows: list[list[str]]) -> tuple[list[list[Any]], dict[Any, list]]:
    """Rows with a gap for each arrow that passes through, and the stations of each arrow."""
    depth = {id: n for n, row in enumerate(rows) for id in row}
    full: list[list[Any]] = [list(row) for row in rows]
    routes = {}
    for a, b in sorted(graph.edges):
        gaps = [(a, b, n) for n in range(depth[a] + 1, depth[b])]
        for gap in gaps:
            full[gap[2]].append(gap)
        routes[a, b] = [a, *gaps, b]
    linked: dict[Any, list] = {}
    for route in routes.values():
        for one, two in zip(route, route[1:], strict=False):
            linked.setdefault(one, []).append(two)
            linked.setdefault(two, []).append(one)
    for sweep in range(8):  # each near the middle of its neighbours in the row gone before
        pairs = list(zip(full, full[1:], strict=False))
        if sweep % 2:
            pairs = [(below, above) for above, below in reversed(pairs)]
        for fixed, moved in pairs:
            moved.sort(key=_middles(centres(fixed), centres(moved), linked).__getitem__)
    return full, routes


def _middles(fixed: dict, moved: dict, linked: dict) -> dict[Any, float]:
    """The mean place of what each is linked with in the fixed row, or its own place."""
    found = {}
    for x, own in moved.items():
        near = [fixed[y] for y in linked.get(x, ()) if y in fixed]
        found[x] = sum(near) / len(near) if near else own
    return found


def centres(row: list[Any]) -> dict[Any, float]:
    """Where the middle of each box and gap of a row lies, the row's own middle at zero."""
    wide = [WIDTH if isinstance(x, str) else PASS for x in row]
    left, found = -(sum(wide) + GAP * (len(row) - 1)) / 2, {}
    for x, w in zip(row, wide, strict=True):
        found[x] = left + w / 2
        left += w + GAP
    return found


def positions(rows: list[list[Any]]) -> tuple[dict[Any, tuple[float, float]], float, float]:
    """Middle of the top of each box and gap, and the width and height of the drawing."""
    placed = [centres(row) for row in rows]
    half = max(
        abs(x) + (WIDTH if isinstance(id, str) else PASS) / 2
        for row in placed for id, x in row.items()
    )  # fmt: skip
    top = {
        id: (half + EDGE + x, EDGE + n * (HEIGHT + DROP))
        for n, row in enumerate(placed) for id, x in row.items()
    }  # fmt: skip
    return top, 2 * (half + EDGE), EDGE * 2 + len(rows) * (HEIGHT + DROP) - DROP


def box(id: str, at: tuple[float, float], address: str, inside: bool) -> str:
    """One statement: its ID, its title in at most three lines, a link."""
    x, y = at[0] - WIDTH / 2, at[1]
    statement = catalog.get(id)
    plain = statement.title.replace("$", "").replace("\\", "")
    lines = wrap(plain, TITLE, max_lines=3, placeholder=" …")
    text = "".join(
        f'<text x="{x + WIDTH / 2:g}" y="{y + 36 + 14 * n:g}">{escape(line)}</text>'
        for n, line in enumerate(lines)
    )
    shape = reports.status_chip(statement)[1].split(" ")[0]
    drawn = (
        f"<title>{id}: {escape(plain)}</title>"
        f'<rect x="{x:g}" y="{y:g}" width="{WIDTH:g}" height="{HEIGHT:g}" rx="4"/>'
        f'<text class="sgdt-id" x="{x + WIDTH / 2:g}" y="{y + 19:g}">{shape} {id}</text>{text}'
    )
    kind = "sgdt-node" + ("" if inside else " sgdt-elsewhere")
    name = f"{id}: {escape(plain)}"
    if not address:
        return f'<g class="{kind}">{drawn}</g>'
    return f'<a class="{kind}" href="{escape(address)}" aria-label="{name}">{drawn}</a>'


def arrow(stations: list[tuple[float, float]]) -> str:
    """A curve from the bottom of one box, through gaps, to the top of another."""
    (x, y), *others = stations
    y += HEIGHT
    path = f"M{x:g} {y:g}"
    for n, (next_x, top) in enumerate(others, 1):
        last = n == len(others)
        end, bend = top - 3 * last, (top - y) * 0.55
        path += f" C{x:g} {y + bend:g} {next_x:g} {end - bend:g} {next_x:g} {end:g}"
        x, y = next_x, end if last else top + HEIGHT
        path += "" if last else f" V{y:g}"
    return f'<path d="{path}" marker-end="url(#sgdt-tip)"/>'


@late.maker
def drawing(app: Any, docname: str, needs: dict[str, Any]) -> list[nodes.Node]:
    """The graph as inline SVG."""
    graph = subgraph(needs["ids"])
    rows, routes = routed(graph, layers(graph))
    top, wide, high = positions(rows)
    edges = "".join(arrow([top[x] for x in route]) for route in routes.values())
    boxes = ""
    for id in graph:
        there = late.place(app, id)
        address = ""
        if there and app.builder.format == "html":
            address = f"{app.builder.get_relative_uri(docname, there)}#{id}"
        boxes += box(id, top[id], address, id in needs["ids"])
    tip = f"sgdt-tip-{needs['chapter']}"
    svg = (
        f'<svg class="sgdt-graph" style="max-width: {wide:g}px" '
        f'viewBox="0 0 {wide:g} {high:g}" role="group" aria-label="{needs["label"]}">'
        f'<defs><marker id="{tip}" viewBox="0 0 8 8" refX="6" refY="4" markerWidth="7" '
        'markerHeight="7" orient="auto"><path d="M0 0 L8 4 L0 8 Z"/></marker></defs>'
        f'<g class="sgdt-edges">{edges}</g>{boxes}</svg>'
    ).replace("url(#sgdt-tip)", f"url(#{tip})")
    region = '<div class="sgdt-region sgdt-drawing" tabindex="0" role="region" aria-label="{}">'
    return [markup.html(region.format("drawing of " + needs["label"]) + svg + "</div>")]


class DependencyGraph(Page):
    """The drawing, and a table that says the same."""

    required_arguments, optional_arguments = 1, 0

    def run(self) -> list[nodes.Node]:
        found = self.statements()
        try:
            uses = catalog.graph()
        except ValueError as error:
            raise self.error(str(error)) from error
        ids = [s.id for s in found]
        [chapter] = self.arguments
        label = f"dependencies of the statements of {chapter.replace('_', ' ')}"
        users = {id: [i for i, used in uses.items() if id in used] for id in ids}
        rows = [
            [[late.link(s.id)], self.words(s.title), _links(uses[s.id]), _links(users[s.id])]
            for s in found
        ]
        twin = markup.fold(summary="The same as a table", note=f"{len(ids)} rows")
        twin += markup.table(("ID", "statement", "rests on", "used by"), rows, label=label)
        return [late.node("drawing", ids=ids, chapter=chapter, label=label), twin]


def _links(ids: Any) -> list[nodes.Node]:
    parts: list[nodes.Node] = []
    for id in ids:
        parts += [nodes.Text(", ")] * bool(parts) + [late.link(id)]
    return parts or [nodes.Text("nothing")]


def register(app: Any) -> None:
    """Register the directive."""
    app.add_directive("dependency-graph", DependencyGraph)
