"""What can be said of built pages without a browser: links, loads, ids, alternative texts."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

OUTSIDE = re.compile(r"(?i)^(https?:)?//")
# <link rel=...> that a browser fetches; others, such as canonical, are only names.
FETCHED = frozenset({"stylesheet", "icon", "shortcut", "preload", "modulepreload", "manifest"})
FILE_NAME = re.compile(r"(?i)\.(png|jpe?g|svg|gif|webp|pdf|ipynb)$|^[\w.-]*/[\w./-]+$")
MEANINGLESS = frozenset({"", "image", "figure", "picture", "plot", "graph", "img", "png"})
HAS = {"math": "maths", "sgdt-copy": "a copy button"}
CSS_OUTSIDE = re.compile(r"""(?i)(?:url\(|@import)\s*["']?\s*((?:https?:)?//[^"')\s]+)""")


@dataclass
class Page(HTMLParser):
    """One page: what it defines, links to, loads and shows."""

    path: Path
    ids: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    loads: list[str] = field(default_factory=list)
    images: list[tuple[str, str | None]] = field(default_factory=list)
    classes: set[str] = field(default_factory=set)
    style: bool = False
    css: str = ""

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.feed(self.path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        a = dict(attrs)
        self.classes.update((a.get("class") or "").split())
        if a.get("id"):
            self.ids.append(str(a["id"]))
        if tag == "a" and a.get("name"):
            self.ids.append(str(a["name"]))
        if tag in {"a", "area"} and a.get("href") is not None:
            self.links.append(str(a["href"]))
        if tag == "link" and a.get("href"):
            fetched = FETCHED & set((a.get("rel") or "").lower().split())
            (self.loads if fetched else self.links).append(str(a["href"]))
        if a.get("src") and tag not in {"a", "link"}:
            self.loads.append(str(a["src"]))
        for part in (a.get("srcset") or "").split(","):
            self.loads.extend(part.split()[:1])
        if tag == "object" and a.get("data"):
            self.loads.append(str(a["data"]))
        if tag == "img":
            self.images.append((a.get("src") or "", a.get("alt")))
        self.css += a.get("style") or ""
        self.style = tag == "style"

    def handle_endtag(self, tag: str) -> None:
        self.style = False

    def handle_data(self, data: str) -> None:
        if self.style:
            self.css += data


def pages(site: Path) -> dict[Path, Page]:
    """Every page of the site; templates that lie among the static files are not pages."""
    found = sorted(site.rglob("*.html"))
    return {p: Page(p) for p in found if "_static" not in p.relative_to(site).parts}


def is_meaningful(alt: str | None, src: str) -> bool:
    """Whether an alternative text says something: more than a file's name or one stock word."""
    text = (alt or "").strip()
    return not (text.lower() in MEANINGLESS or text == src or FILE_NAME.search(text)
                or text == Path(urlsplit(src).path).name)


def target(page: Page, address: str) -> tuple[Path, str] | None:
    """The local file and fragment that an address means, or None if it is not ours to check."""
    parts = urlsplit(address)
    if parts.scheme or parts.netloc:
        return None
    if not parts.path:
        return page.path, unquote(parts.fragment)
    return (page.path.parent / unquote(parts.path)).resolve(), unquote(parts.fragment)


def check_page(page: Page, site: dict[Path, Page]) -> list[str]:
    """What is wrong with one page, given all of them."""
    found = [f"outside load {load}" for load in page.loads if OUTSIDE.match(load)]
    found += [f"outside load {url} in CSS" for url in CSS_OUTSIDE.findall(page.css)]
    found += [f"id {ident!r} is used {n} times"
              for ident, n in Counter(page.ids).items() if n > 1]
    found += [f"image {src} has no meaningful alternative text, got {alt!r}"
              for src, alt in page.images if not is_meaningful(alt, src)]
    for address in dict.fromkeys(page.links + page.loads):
        local = None if address.startswith("data:") else target(page, address)
        if local is None:
            continue
        path, fragment = local
        if address.startswith("/"):
            found.append(f"address {address} starts at the server's root")
        elif not path.is_file():
            found.append(f"broken link {address}")
        elif fragment and path in site and fragment not in {*site[path].ids, "top"}:
            found.append(f"broken link {address}: no such id")
    return found


def weight(page: Page) -> int:
    """Bytes of a page and of the local files that it loads at once."""
    files = {local[0] for load in page.loads if (local := target(page, load))}
    return sum(p.stat().st_size for p in {page.path, *files} if p.is_file())


def missing(every: dict[Path, Page]) -> list[str]:
    """What this book has and the checks look for: without it they would pass in silence."""
    shown = set().union(*(page.classes for page in every.values()))
    found = [what for name, what in HAS.items() if name not in shown]
    return found if any(page.images for page in every.values()) else [*found, "an image"]


def check_site(site: Path) -> tuple[list[str], dict[str, int]]:
    """All findings as "page: what", and the pages' weights in bytes."""
    site = site.resolve()
    every = pages(site)
    if not every:
        raise SystemExit(f"{site} holds no page: run `make book` first")
    findings = [f"the site: no page has {what}" for what in missing(every)]
    findings += [f"{path.relative_to(site).as_posix()}: {what}"
                for path, page in every.items() for what in check_page(page, every)]
    for css in sorted(site.rglob("*.css")):
        for url in CSS_OUTSIDE.findall(css.read_text(encoding="utf-8", errors="replace")):
            findings.append(f"{css.relative_to(site).as_posix()}: outside load {url}")
    return findings, {p.relative_to(site).as_posix(): weight(page) for p, page in every.items()}
