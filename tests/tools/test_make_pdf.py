"""The printed book: its one page, and what is asked of the PDF.  Nothing is printed here."""

import io
import re
from collections import Counter
from types import SimpleNamespace

import make_pdf
import pdf_check
import pdf_page
import pytest

TOC = {
    "root": "index",
    "parts": [
        {"caption": "Start", "chapters": [{"file": "book/one"}]},
        {"chapters": [{"file": "book/two", "sections": [{"file": "notebooks/a"}]}]},
    ],
}
HEAD = (
    '<head><title>t</title><link rel="stylesheet" href="_static/book.css">'
    '<script>window.MathJax = {}</script><script src="_static/mathjax/tex.js"></script>'
    '<script src="_static/menu.js"></script></head>'
)
ONE = """<section id="one"><h1>1. One<a class="headerlink" href="#one">#</a></h1>
<div class="proof" id="PLD-T2"><a href="#summary">down</a> <a href="two.html#PLD-T3">there</a>
<details><summary>Proof</summary>short</details><button>copy</button></div>
<pre><span class="n">x</span><span class="o">=</span><span class="s1">'\\frac'</span></pre>
<section id="summary"><h2>Summary</h2><a href="../notebooks/a.html">run it</a></section>
<div class="solution dropdown admonition">folded</div></section>"""
TWO = """<section id="two"><h1>2. Two</h1>
<a href="../_images/x.png"><img src="../_images/x.png"></a>
<p id="PLD-T3" aria-labelledby="summary"></p><h2 id="summary">S</h2>
<svg><path marker-end="url(#summary)"></path></svg>
<a href="https://doi.org/10">out</a></section>"""
NOTEBOOK = """<section id="nb"><h1>A notebook</h1><h2>Found</h2>
<a href="../book/two.html#summary">s</a></section>"""


@pytest.fixture
def site(tmp_path):
    bodies = {
        "index": '<h1>Book</h1><a href="book/one.html#PLD-T2">T2</a>',
        "book/one": ONE,
        "book/two": TWO,
        "notebooks/a": NOTEBOOK,
    }
    for name, body in bodies.items():
        path = tmp_path / f"{name}.html"
        path.parent.mkdir(exist_ok=True)
        article = f"<nav>menu</nav><article>{body}</article>"
        path.write_text(f"<html>{HEAD}<body>{article}</body></html>")
    return tmp_path


def assembled(site):
    return pdf_page.assemble(site, TOC, "Book & all", "<header>front</header>", "p {}")


def soup(single):
    return pdf_page.BeautifulSoup(single.html, "html.parser")


def test_every_page_of_the_toc_in_its_order_with_its_part_and_depth():
    assert pdf_page.entries(TOC) == [
        pdf_page.Entry("index"), pdf_page.Entry("book/one", 0, "Start"),
        pdf_page.Entry("book/two"), pdf_page.Entry("notebooks/a", 1),
    ]  # fmt: skip


def test_pages_stand_one_after_the_other_behind_front_and_contents(site):
    single = assembled(site)
    found = [node["id"] for node in soup(single).select("section.bd-article")]
    assert found == list(single.titles) == [
        "page-index", "page-book-one", "page-book-two", "page-notebooks-a"]  # fmt: skip
    assert single.titles["page-book-one"] == "1. One"
    entries = [a["href"] for a in soup(single).select(".print-contents a")]
    assert entries == [f"#{ident}" for ident in found]
    order = [single.html.index(words) for words in ("front", "Contents", "<h1>1. One")]
    assert order == sorted(order)
    assert "menu" not in single.html and "<title>Book &amp; all</title>" in single.html


def test_ids_are_unique_and_every_link_leads_to_one(site):
    single = assembled(site)
    ids = [node["id"] for node in soup(single).select("[id]")]
    assert len(ids) == len(set(ids)) and single.dangling == []
    inside = [a["href"][1:] for a in soup(single).select('a[href^="#"]')]
    assert set(inside) <= set(ids)
    assert {"PLD-T2", "PLD-T3", "page-book-one.summary", "page-book-two.summary"} <= set(ids)
    assert "page-notebooks-a" in inside and "page-book-two.summary" in inside
    label = soup(single).select_one("#PLD-T3")["aria-labelledby"]
    assert label == "page-book-two.summary"
    assert soup(single).select_one("path")["marker-end"] == "url(#page-book-two.summary)"


@pytest.mark.parametrize("address", ["#no", "two.html#no", "genindex.html", "../x.html"])
def test_a_link_that_leads_nowhere_is_named(site, address):
    path = site / "book" / "one.html"
    path.write_text(path.read_text().replace("#summary", address))
    assert assembled(site).dangling == [f"book/one: {address}"]


def test_screen_only_parts_go_and_folds_open(site):
    page = soup(assembled(site))
    assert not page.select("a.headerlink, button, .dropdown, details:not([open])")
    assert page.select_one(".solution").get_text() == "folded"
    assert [node["class"] for node in page.select("pre span")] == [["s1"]]
    assert page.select_one("pre").get_text() == "x='\\frac'"


def test_headings_of_a_notebook_are_one_level_lower_and_pictures_are_found(site):
    page = soup(assembled(site))
    notebook = page.select_one("#page-notebooks-a")
    assert [n.name for n in notebook.select("h1, h2, h3")] == ["h2", "h3"]
    assert page.select_one("img")["src"] == "/_images/x.png"
    assert not page.select('a[href*="_images"]')
    sources = [script.get("src") for script in page.select("head script")]
    assert sources == [None, "_static/mathjax/tex.js"]


def test_a_page_that_was_not_built_is_named(site):
    (site / "book" / "two.html").unlink()
    with pytest.raises(SystemExit, match=r"book/two\.html .* run `make book` first"):
        assembled(site)


PAGES = {"page-index": "Book", "page-book-one": "1. One"}


def printed(**changed):
    good = dict(
        texts=["Book", "1. One PLD-T2", "PLD-T3"], outline=2,
        places={"page-index": 1, "page-book-one": 2, "PLD-T2": 2, "PLD-T3": 3},
        outside={"https://doi.org/10"},
    )  # fmt: skip
    links = changed.pop("internal", {"PLD-T2": 3})
    return pdf_check.Printed(**{**good, **changed}, internal=Counter(links))


def test_a_good_book_has_no_findings():
    assert pdf_check.findings(printed(), ["PLD-T2", "PLD-T3"], PAGES) == []


@pytest.mark.parametrize("changed, words", [
    ({"texts": ["PLD-T2", "PLD-T3"]}, "more sheets"),
    ({"texts": ["PLD-T2"] * 3}, "statement PLD-T3 is not in the text"),
    ({"texts": ["PLD-T2 PLD-T31"] * 3}, "statement PLD-T3 is not in the text"),
    ({"places": {"page-index": 1, "page-book-one": 2, "PLD-T2": 2}}, "PLD-T3 is not a place"),
    ({"places": {"page-index": 1, "PLD-T2": 2, "PLD-T3": 3}}, "page '1. One' is missing"),
    ({"internal": {}}, "no link leads"),
    ({"internal": {"gone": 2}}, "2 links lead to 'gone'"),
    ({"lost": 1}, "1 links lead nowhere"),
    ({"outside": {"http://127.0.0.1:8/x.html"}}, "leaves the book for http://127.0.0.1"),
    ({"outline": 1}, "outline must have >= 2"),
    ({"texts": ["PLD-T2", "PLD-T3", "Math Processing Error"]}, "'Math Processing Error' is"),
    ({"texts": ["PLD-T2", "PLD-T3", "\\frac ab \\frac cd"]}, "\\frac is in the text outside"),
])  # fmt: skip
def test_each_fault_is_found(changed, words):
    wrong = pdf_check.findings(printed(**dict(changed)), ["PLD-T2", "PLD-T3"], PAGES, "\\frac")
    assert len(wrong) == 1 and words in wrong[0]


def test_raw_latex_may_stand_in_code():
    book = printed(texts=["PLD-T2", "PLD-T3", "\\frac"])
    assert pdf_check.findings(book, ["PLD-T2", "PLD-T3"], PAGES, code="r'$\\frac 12$'") == []


def test_a_pdf_is_read_with_its_places_links_and_outline():
    import pypdf
    from pypdf.annotations import Link
    from pypdf.generic import NameObject, TextStringObject

    writer = pypdf.PdfWriter()
    for _ in range(3):
        writer.add_blank_page(100, 100)
    writer.add_named_destination(title="PLD-T2", page_number=1)
    both = writer.add_outline_item(title="Both", page_number=0)
    writer.add_outline_item(title="One", page_number=1, parent=both)
    writer.add_outline_item(title="Two", page_number=2)
    box = (0, 0, 9, 9)
    outside, inside, nowhere = (Link(rect=box, url="https://doi.org/10") for _ in range(3))
    del inside["/A"], nowhere["/A"]
    inside[NameObject("/Dest")] = TextStringObject("PLD-T2")
    for link in (outside, inside, nowhere):
        writer.add_annotation(page_number=2, annotation=link)
    out = io.BytesIO()
    writer.write(out)
    found = pdf_check.read(out.getvalue())
    assert len(found.texts) == 3 and found.places == {"PLD-T2": 2} and found.outline == 3
    assert found.internal == {"PLD-T2": 1} and found.lost == 1
    assert found.outside == {"https://doi.org/10"}


def test_nothing_is_written_when_something_is_wrong(site, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(pdf_page, "toc", lambda book: TOC)
    monkeypatch.setattr(make_pdf.check_browser, "chromium", lambda: "a browser")
    monkeypatch.setattr(make_pdf, "print_book", lambda site, single: (b"", ["maths error: x"]))
    out = tmp_path / "out" / "book.pdf"
    assert make_pdf.main([str(site), "--out", str(out)]) == 1
    said = capsys.readouterr().err
    assert "maths error: x" in said and "was not written" in said
    assert not out.parent.exists()


def test_without_a_browser_it_fails_and_says_what_to_do(site, monkeypatch, capsys):
    monkeypatch.setattr(make_pdf.check_browser, "chromium", lambda: None)
    assert make_pdf.main([str(site)]) == 1
    assert "install Chromium" in capsys.readouterr().err


def test_the_title_page_has_version_date_and_licence(tmp_path):
    (tmp_path / "_config.yml").write_text("title: A & B\nauthor: We\n")
    about = "version: 1.2.3\ndate-released: 2026-11-21\n"
    (tmp_path / "CITATION.cff").write_text(about)
    assert make_pdf.version(tmp_path) == ("1.2.3", "2026-11-21")
    text = make_pdf.front(tmp_path)
    for words in ("A &amp; B", "We", "Version 1.2.3, 2026-11-21", "CC BY 4.0", "MIT"):
        assert words in text


PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d4944415478da63fcffff3f030005fe02fea72d5a650000000049454e44ae426082"
)


@pytest.fixture
def printable(site, monkeypatch):
    """The small book with its files, and the toc and catalog that belong to it."""
    for name, content in {"_static/book.css": b"", "_static/mathjax/tex.js": b"",
                          "_images/x.png": PIXEL}.items():  # fmt: skip
        (site / name).parent.mkdir(parents=True, exist_ok=True)
        (site / name).write_bytes(content)
    two = site / "book" / "two.html"
    two.write_text(two.read_text().replace('<p id="PLD-T3"', '<p>PLD-T2</p><p id="PLD-T3"'))
    two.write_text(two.read_text().replace("></p><h2", ">PLD-T3</p><h2"))
    monkeypatch.setattr(pdf_page, "toc", lambda book: TOC)
    statements = [SimpleNamespace(id=id) for id in ("PLD-T2", "PLD-T3")]
    monkeypatch.setattr(make_pdf.catalog, "all", lambda: statements)
    return site


@pytest.mark.browser
def test_a_small_book_is_printed_with_page_numbers_in_its_contents(printable, tmp_path, capsys):
    out = tmp_path / "out" / "book.pdf"
    assert make_pdf.main([str(printable), "--out", str(out)]) == 0, capsys.readouterr().err
    found = pdf_check.read(out.read_bytes())
    assert [p.name for p in out.parent.iterdir()] == ["book.pdf"]
    assert "CC BY 4.0" in found.texts[0]
    for words, page in (("1. One", "page-book-one"), ("A notebook", "page-notebooks-a")):
        where = found.places[page]
        assert re.search(rf"{words}\s*{where}\b", found.texts[1])
        assert words in found.texts[where - 1]
        assert re.search(rf"\b{where}\b", found.texts[where - 1])  # at the foot of the page


@pytest.mark.browser
@pytest.mark.parametrize("body, words", [
    (r"<p>$$ \frac{1}{2} $$</p>", "maths was not typeset: page-book-one"),
    ('<div style="width: 900px">wide</div>', "runs off the page: page-book-one"),
    ('<img alt="x" src="https://example.invalid/x.png">', "outside request"),
    ('<img alt="x" src="../_images/gone.png">', "console: Failed to load resource"),
])  # fmt: skip
def test_what_the_browser_sees_is_an_error(printable, tmp_path, capsys, body, words):
    path = printable / "book" / "one.html"
    path.write_text(path.read_text().replace("<details>", f"{body}<details>"))
    out = tmp_path / "book.pdf"
    assert make_pdf.main([str(printable), "--out", str(out)]) == 1
    assert words in capsys.readouterr().err and not out.exists()
