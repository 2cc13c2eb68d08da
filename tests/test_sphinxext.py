"""The Sphinx extension, on a book of two statements."""

import os
import re
import subprocess
import sys
from html import unescape
from html.parser import HTMLParser

import pytest
import sympy as sp

from sgdtheory.theory import catalog

IDS = ("FND-2", "PLD-X1")
CONF = """
extensions = ["myst_nb", "sgdtheory.sphinxext"]
nb_execution_mode = "off"
myst_enable_extensions = ["dollarmath"]
html_theme = "basic"
numfig = True
sgdt_only = ["FND-2", "PLD-X1"]
html_baseurl = "BASE"
"""
INDEX = """
# A book

```{toctree}
:numbered:
chapter
```

## Pages

```{ledger-summary}
```

```{ledger}
```

```{errata}
```

```{cite-list}
```

```{dependency-graph} foundations
```

```{run-status}
```
"""
CHAPTER = """
# A chapter

```{status-strip} FND
```

```{statement} FND-2
```

```{statement} PLD-X1
```

See {prf:ref}`FND-2`, {claim}`FND-2:with replacement:rhs`, {sid}`FND-2` and {value}`FND-2:WHAT`.
"""


class Ids(HTMLParser):
    """Elements by id, and the copy buttons' texts."""

    def __init__(self, text):
        super().__init__()
        self.ids, self.links, self.copies = [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        a = dict(attrs)
        self.ids += [a["id"]] if "id" in a else []
        self.links += [a["href"]] if tag == "a" and "href" in a else []
        self.copies += [a["data-clipboard"]] if "data-clipboard" in a else []


def build(folder, chapter=CHAPTER, base="", builder="html"):
    """Build a book; returns (exit code, warnings, text of a page by name)."""
    from sgdtheory.checks import verify

    first = verify("FND-2")[0].numbers[0].what
    source = folder / "book"
    source.mkdir(exist_ok=True)
    (source / "conf.py").write_text(CONF.replace("BASE", base))
    (source / "index.md").write_text(INDEX)
    (source / "chapter.md").write_text(chapter.replace("WHAT", first))
    out = folder / builder
    done = subprocess.run(
        [sys.executable, "-m", "sphinx", "-qEn", "-b", builder, str(source), str(out)],
        capture_output=True,
        text=True,
        env=os.environ | {"SGDTHEORY_COMMIT": "0123456789ab"},
    )
    return done.returncode, done.stderr, out


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    code, warnings, out = build(tmp_path_factory.mktemp("sphinxext"))
    lines = [x for x in warnings.splitlines() if "WARNING" in x or "ERROR" in x]
    assert code == 0 and not lines, warnings
    return {p.stem: p.read_text() for p in out.glob("*.html")}


def plain(html):
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]*>", " ", html)))


def test_statement_has_anchor_number_and_formula(book):
    """FND-2 is one numbered block whose anchor is its ID and whose formula is the claim's."""
    page = Ids(book["chapter"])
    assert [i for i in page.ids if i in IDS] == list(IDS)
    words = plain(book["chapter"])
    assert f"Proposition 1.1 ({catalog.get('FND-2').title})" in words
    for _, tex in catalog.get("FND-2").latex():
        assert tex in unescape(book["chapter"])
    assert "● exact" in words and "✓ checked by symbols and numbers" in words


def test_reports_what_verification_found(book):
    """The block of FND-2 says how many steps hold and how many mutants are rejected."""
    statement, words = catalog.get("FND-2"), plain(book["chapter"])
    n, m = len(statement.steps), len(statement.mutants)
    assert f"{n} of {n} steps hold" in words
    assert f"{m} of {m} mutants rejected" in words


def test_no_id_twice(book):
    for name in ("index", "chapter"):
        ids = Ids(book[name]).ids
        assert len(ids) == len(set(ids)), name


def test_cite_buttons_hold_what_the_catalog_says(book):
    """Three buttons for each statement, with ID, version and commit and without an address."""
    copies = Ids(book["chapter"]).copies
    want = [
        catalog.cite(id, style, commit="0123456789ab")
        for id in IDS
        for style in ("bibtex", "latex", "markdown")
    ]
    assert [c.strip() for c in copies] == want
    assert "url" not in copies[0] and "permanent address" not in book["chapter"]
    assert book["chapter"].count('aria-live="polite"') == len(IDS)


def test_roles(book):
    rhs = sp.latex(catalog.get("FND-2").claim["with replacement"].rhs)
    after = book["chapter"].split("See ")[-1]
    assert rhs in unescape(after) and "Proposition 1.1" in plain(after)
    assert "(no value)" not in after and 'href="#FND-2"' in after


def test_ledger_and_pages(book):
    """Each ID is linked from the ledger, the citations and the table beside the graph."""
    links = Ids(book["index"]).links
    assert all(links.count(f"chapter.html#{id}") >= 2 for id in IDS)
    words = plain(book["index"])
    assert "2 statements, all as claimed" in words and "not run" in words
    assert '<svg class="sgdt-graph"' in book["index"] and "The same as a table" in words


def test_permalink_only_with_a_site(tmp_path):
    code, _, out = build(tmp_path, base="https://book.example/sgd/")
    page = (out / "chapter.html").read_text()
    assert code == 0 and "https://book.example/sgd/chapter.html#FND-2" in page
    assert "url = {https://book.example/sgd/chapter.html#FND-2}" in Ids(page).copies[0]


def test_wrong_names_are_reported(tmp_path):
    """Unknown statement, part and number each give a message that names it."""
    chapter = CHAPTER + (
        "\n```{statement} FND-99\n```\n\n{claim}`FND-2:no such part` {value}`FND-2:nothing`\n"
    )
    _, said, _ = build(tmp_path, chapter)
    assert "got 'FND-99'" in said
    assert "labels of FND-2: with replacement" in said
    assert "no number is recorded under FND-2: nothing" in said


def test_statement_on_no_page_is_reported(tmp_path):
    _, said, _ = build(tmp_path, CHAPTER.replace("```{statement} PLD-X1\n```\n", ""))
    assert "statement PLD-X1 is in the catalog but on no page" in said


def test_prints(tmp_path):
    """The LaTeX builder writes title, chips and formula, and no HTML."""
    code, said, out = build(tmp_path, builder="latex")
    [tex] = [p.read_text() for p in out.glob("*.tex")]
    assert code == 0 and "Traceback" not in said
    assert catalog.get("FND-2").title in tex and "data-clipboard" not in tex


def test_failed_report_fails_the_build(monkeypatch):
    """A statement that is not as claimed gives a warning that names it; -W makes it fatal."""
    from dataclasses import replace

    from sgdtheory.sphinxext import reports

    good = reports.report("FND-2")
    said = []
    monkeypatch.setattr(reports, "verify", lambda id: [replace(good, problems=("step off",))])
    monkeypatch.setattr(reports.logger, "warning", lambda text, *a: said.append(text % a))
    reports.report.cache_clear()
    try:
        assert not reports.report("FND-2").ok
    finally:
        reports.report.cache_clear()
    assert said == ["statement FND-2 is not as claimed: step off"]


def test_claim_names():
    from sgdtheory.sphinxext.roles import formula
    from sgdtheory.theory.printing import latex

    part = catalog.get("FND-2").claim["without replacement"]
    assert formula("FND-2:without replacement") == latex(part)
    assert formula("FND-2:without replacement:lhs") == latex(part.lhs)
    with pytest.raises(ValueError, match="labels of FND-2"):
        formula("FND-2:with replacement:middle")


def test_arrows_point_down_and_pass_between_boxes():
    """In the drawing no arrow runs through a box that it does not belong to."""
    import networkx as nx

    from sgdtheory.sphinxext import graph

    names = ["FND-2", "PLD-P10", "PLD-T4", "PLD-X1", "PLD-X2", "PLD-X3"]
    edges = [(a, b) for n, a in enumerate(names) for b in names[n + 1 :]]
    drawn = nx.DiGraph(edges)
    drawn.add_node("PLD-P1")  # rests on nothing and carries nothing
    rows, routes = graph.routed(drawn, graph.layers(drawn))
    top, wide, high = graph.positions(rows)
    assert set(routes) == set(edges)
    for route in routes.values():
        heights = [top[x][1] for x in route]
        assert heights == sorted(heights) and len(set(heights)) == len(heights)
        for x in route[1:-1]:
            clear = [abs(top[x][0] - top[id][0]) for id in drawn if top[id][1] == top[x][1]]
            assert min(clear) > graph.WIDTH / 2
    assert all(graph.WIDTH / 2 < x < wide - graph.WIDTH / 2 + 1 for x, _ in map(top.get, drawn))
    assert max(y for _, y in top.values()) + graph.HEIGHT < high
