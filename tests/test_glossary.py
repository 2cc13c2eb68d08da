"""The glossary: in order, without gaps, linked from the chapters, and leading somewhere."""

import re
import unicodedata

import booklib
import pytest

from sgdtheory.theory import catalog

BOOK = booklib.ROOT / "book"
CHAPTERS = ("foundations", "power_law", "escape", "anisotropic", "log_landscape",
            "one_framework", "anomalous", "variance_flatness", "tails",
            "synthesis")  # fmt: skip
BLOCK = re.compile(r"```\{glossary\}\n(.*?)\n```", re.S)
FENCED = re.compile(r"^(`{3,}|:{3,}).*?^\1\s*$", re.S | re.M)
TERM = re.compile(r"\{term\}`(?:[^`<]*<([^>`]+)>|([^`<]+))`")
LEADS = re.compile(r"\{(?:prf:ref|doc|term)\}`")


def entries():
    """(term, definition) of each entry, as they stand."""
    (text,) = BLOCK.findall((BOOK / "glossary.md").read_text(encoding="utf-8"))
    blocks = [block.split("\n", 1) for block in re.split(r"\n\n+", text.strip("\n"))]
    return [(head, body[0] if body else "") for head, *body in blocks]


def place(term):
    """Where a term belongs: without accents and capitals."""
    plain = unicodedata.normalize("NFKD", term)
    return "".join(c for c in plain if not unicodedata.combining(c)).casefold()


def links(text):
    """Terms that a page links."""
    return [(named or plain).strip() for named, plain in TERM.findall(text)]


ENTRIES = entries()
TERMS = [term for term, _ in ENTRIES]


def test_terms_are_sorted_and_unique():
    places = [place(term) for term in TERMS]
    assert len(TERMS) >= 50
    assert len(set(places)) == len(places)
    assert places == sorted(places)


@pytest.mark.parametrize("term, body", ENTRIES, ids=TERMS)
def test_an_entry_is_one_term_with_a_definition_that_leads_on(term, body):
    assert term == term.strip() and term and "`" not in term
    lines = body.splitlines()
    assert lines and all(re.match(r"  \S", line) for line in lines)
    assert 5 <= len(body.split()) <= 90, "one to three sentences"
    assert LEADS.search(body), "to the statement, page or term that makes it precise"


def test_ids_of_the_glossary_are_in_the_catalog():
    found = re.findall(r"\{prf:ref\}`([^`]+)`", (BOOK / "glossary.md").read_text("utf-8"))
    known = {statement.id for statement in catalog.all()}
    assert len(found) >= 50
    assert set(found) <= known


@pytest.mark.parametrize("page", sorted(p.stem for p in BOOK.glob("*.md")))
def test_linked_terms_are_there(page):
    found = links((BOOK / f"{page}.md").read_text(encoding="utf-8"))
    assert set(found) <= set(TERMS)


@pytest.mark.parametrize("page", CHAPTERS)
def test_a_chapter_links_terms_in_its_running_text_and_each_once(page):
    text = (BOOK / f"{page}.md").read_text(encoding="utf-8")
    prose = FENCED.sub("", text)
    found = links(prose)
    assert found == links(text), "none inside directives"
    assert 5 <= len(found) <= 8
    assert len(set(found)) == len(found)
    headings = [line for line in prose.splitlines() if line.startswith("#")]
    assert not [line for line in headings if "{term}" in line]


def test_the_glossary_follows_its_own_words():
    """Ways in which a link can be written, as the pages are read here."""
    assert links("a {term}`Student t` and {term}`flux <probability flux>`") == [
        "Student t", "probability flux"]  # fmt: skip
