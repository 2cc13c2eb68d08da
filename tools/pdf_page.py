"""The whole book as one page for printing, put together from the pages of the built book.

Numbers of chapters, statements, figures and equations are those of the book, because they are
taken over as they stand.  An id that only one page uses stays as it is (so ``#PLD-T2`` is a
place in the PDF too); one that several pages use gets its page's name before it, and every
link is turned to the id that it means.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import yaml
from bs4 import BeautifulSoup, Tag

# What has no meaning on paper.
SCREEN_ONLY = "a.headerlink, button, .sgdt-citing, .toctree-wrapper, script, .toggle-button"
CODE = "pre, code"
# Words of code that are set in the colour of the text, or need none: a span less for each.
PLAIN_CODE = ", ".join(f"pre span.{kind}" for kind in ("n", "nn", "o", "p", "w", "si", "sa"))
POINTS_TO_IDS = ("aria-labelledby", "aria-describedby", "for", "headers")
URL_OF_ID = re.compile(r"url\(#([^)]+)\)")


@dataclass(frozen=True)
class Entry:
    """A page of the table of contents; depth 0 is a chapter, 1 one of its notebooks."""

    name: str
    depth: int = 0
    part: str = ""  # the caption of the part that begins here


@dataclass
class Single:
    """The page, what it has, and the links that lead nowhere."""

    html: str = ""
    titles: dict[str, str] = field(default_factory=dict)  # id of a page -> its title
    dangling: list[str] = field(default_factory=list)
    code: str = ""  # all code: what may hold raw LaTeX


def entries(toc: dict[str, Any]) -> list[Entry]:
    """The pages that _toc.yml names, in its order."""
    found = [Entry(toc["root"])]

    def walk(nodes: list[dict[str, Any]], depth: int, part: str) -> None:
        for node in nodes:
            if "file" not in node:  # an address outside
                continue
            found.append(Entry(node["file"], depth, part))
            part = ""
            walk(node.get("sections", []), depth + 1, "")

    for part in toc.get("parts", [toc]):
        walk(part.get("chapters", []), 0, part.get("caption", ""))
    return found


def page_id(name: str) -> str:
    """The id at which a page begins: ``book/escape`` -> ``page-book-escape``."""
    return "page-" + name.replace("/", "-")


def read(site: Path, name: str) -> Tag:
    """The article of a built page.

    Raises
    ------
    SystemExit
        The page was not built, or holds no article.
    """
    path = site / f"{name}.html"
    if not path.is_file():
        raise SystemExit(f"{path} is in _toc.yml and was not built: run `make book` first")
    article = BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser").find("article")
    if not isinstance(article, Tag):
        raise SystemExit(f"{path} holds no <article>: the theme's markup has changed")
    return article


def unfold(article: Tag) -> None:
    """Leave out what only a screen needs, and open what is folded; in place."""
    for node in article.select(SCREEN_ONLY):
        node.decompose()
    for node in article.select("details"):
        node["open"] = ""
    for node in article.select(".dropdown"):
        node["class"] = [c for c in node.get_attribute_list("class") if c != "dropdown"]
    for node in article.select("[tabindex]"):
        del node["tabindex"]
    for node in article.select(PLAIN_CODE):
        node.unwrap()


def lower(article: Tag, depth: int) -> None:
    """Headings of a notebook are one level below those of its chapter; in place."""
    for level in range(5, 0, -1) if depth else ():
        for heading in article.find_all(f"h{level}"):
            heading.name = f"h{min(level + depth, 6)}"


class Renaming:
    """Which id a page's id gets on the single page."""

    def __init__(self, articles: dict[str, Tag]):
        self.own = {
            name: {str(node["id"]) for node in article.find_all(id=True)}
            for name, article in articles.items()
        }
        self.uses = Counter(ident for ids in self.own.values() for ident in ids)

    def new(self, name: str, ident: str) -> str | None:
        """The id on the single page, or None where the page has no such id."""
        if ident not in self.own.get(name, ()):
            return None
        return ident if self.uses[ident] == 1 else f"{page_id(name)}.{ident}"

    def target(self, name: str, address: str) -> str | None:
        """Where a local address on the page `name` leads: an id, or None."""
        parts = urlsplit(address)
        page = name
        if parts.path:
            base = Path("/", name).parent
            page = _joined(base, unquote(parts.path)).removesuffix(".html")
        if page not in self.own:
            return None
        return self.new(page, unquote(parts.fragment)) if parts.fragment else page_id(page)


def _joined(base: Path, address: str) -> str:
    """``/book`` and ``../_images/x.png`` -> ``_images/x.png``."""
    found: list[str] = []
    for part in (base / address).parts[1:]:
        if part == "..":
            found = found[:-1]
        elif part != ".":
            found.append(part)
    return "/".join(found)


def relink(name: str, article: Tag, renaming: Renaming) -> list[str]:
    """Turn ids, links and addresses to the single page, in place; the links to nowhere."""
    base = Path("/", name).parent

    def new(ident: str) -> str:
        return renaming.new(name, ident) or ident

    dangling = []
    for node in article.find_all(True):
        for attribute, value in list(node.attrs.items()):
            value = " ".join(value) if isinstance(value, list) else str(value)
            if attribute == "id" or attribute in POINTS_TO_IDS:
                node[attribute] = " ".join(map(new, value.split()))
            elif "url(#" in value:
                node[attribute] = URL_OF_ID.sub(lambda m: f"url(#{new(m[1])})", value)
            elif urlsplit(value).scheme:
                continue
            elif attribute in ("src", "data"):
                node[attribute] = "/" + _joined(base, value)
            elif attribute in ("href", "xlink:href"):
                ident = renaming.target(name, value)
                if ident:
                    node[attribute] = f"#{ident}"
                elif is_file(value):
                    del node[attribute]  # a picture of its own: it stands in the text
                else:
                    dangling.append(f"{name}: {value}")
    return dangling


def is_file(address: str) -> bool:
    """Whether an address means a picture or a download and no page."""
    parts = Path(urlsplit(address).path).parts
    return "_images" in parts or "_downloads" in parts or "_sources" in parts


def assemble(site: Path, toc: dict[str, Any], title: str, front: str, style: str) -> Single:
    """The whole book as one HTML page, its addresses relative to the root of the site."""
    pages = entries(toc)
    articles = {entry.name: read(site, entry.name) for entry in pages}
    for article in articles.values():
        unfold(article)
    renaming, single, body = Renaming(articles), Single(), []
    for entry in pages:
        article, ident = articles[entry.name], page_id(entry.name)
        single.dangling += relink(entry.name, article, renaming)
        heading = article.find("h1")
        single.titles[ident] = " ".join(heading.get_text().split()) if heading else entry.name
        single.code += "".join(node.get_text() for node in article.select(CODE))
        lower(article, entry.depth)
        article["id"] = ident
        article["class"] = ["bd-article", "chapter" if entry.depth == 0 else "notebook"]
        article.name = "section"
        body.append(str(article))
    contents = table_of_contents(pages, single.titles)
    single.html = document(site, title, front + contents + "\n".join(body), style)
    return single


def table_of_contents(pages: list[Entry], titles: dict[str, str]) -> str:
    """The contents; the page numbers are put in once they are known."""
    rows = []
    for entry in pages:
        ident = page_id(entry.name)
        if entry.part:
            rows.append(f'<p class="print-part">{escape(entry.part)}</p>')
        rows.append(
            f'<p class="print-entry print-depth-{entry.depth}"><a href="#{ident}">'
            f'<span class="print-name">{escape(titles[ident])}</span>'
            f'<span class="print-number" data-page-of="{ident}"></span></a></p>'
        )
    return f'<nav class="print-contents"><h1>Contents</h1>{"".join(rows)}</nav>'


def document(site: Path, title: str, body: str, style: str) -> str:
    """The body with the book's own style sheets, its MathJax and the style for print."""
    index = BeautifulSoup((site / "index.html").read_text(encoding="utf-8"), "html.parser")
    head = [str(link) for link in index.select('head link[rel="stylesheet"]')]
    head += [str(script) for script in index.select("head script")
             if "MathJax =" in script.get_text() or "mathjax/" in str(script.get("src"))]
    return (
        '<!DOCTYPE html>\n<html lang="en" data-theme="light" data-mode="light"><head>'
        f'<meta charset="utf-8"><title>{escape(title)}</title>'
        f'{"".join(head)}<style>{style}</style></head>'
        f'<body class="print-book">{body}</body></html>'
    )


def toc(book: Path) -> dict[str, Any]:
    """What _toc.yml says."""
    return yaml.safe_load((book / "_toc.yml").read_text(encoding="utf-8"))
