"""What must hold of a printed book: pages, statements, links, maths."""

from __future__ import annotations

import io
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

BROKEN = ("Math Processing Error", "Math input error", "Undefined control sequence")
RAW = ("$$", "\\frac", "\\mathbb", "\\operatorname", "\\begin{")


@dataclass
class Printed:
    """What a PDF holds: the text of its pages, its links, its outline."""

    texts: list[str] = field(default_factory=list)
    places: dict[str, int] = field(default_factory=dict)  # named place -> page, from 1
    internal: Counter[str] = field(default_factory=Counter)
    lost: int = 0  # links inside the document without a page
    outside: set[str] = field(default_factory=set)
    outline: int = 0

    @property
    def text(self) -> str:
        return "\n".join(self.texts)


def places(pdf: bytes) -> dict[str, int]:
    """Name -> page (from 1) of everything that a link can lead to."""
    from pypdf import PdfReader

    return _places(PdfReader(io.BytesIO(pdf)))


def _places(reader: Any) -> dict[str, int]:
    number = {page.indirect_reference.idnum: n for n, page in enumerate(reader.pages, 1)}
    found = {}
    for name, place in reader.named_destinations.items():
        page = number.get(getattr(place.raw_get("/Page"), "idnum", None))
        if page:
            found[str(name).lstrip("/")] = page
    return found


def read(pdf: bytes) -> Printed:
    """Take a PDF apart."""
    from pypdf import PdfReader

    reader = PdfReader(io.BytesIO(pdf))
    found = Printed(places=_places(reader))
    for page in reader.pages:
        found.texts.append(page.extract_text())
        for note in page.get("/Annots") or ():
            note = note.get_object()
            if note.get("/Subtype") != "/Link":
                continue
            action = note.get("/A") or {}
            where = note.get("/Dest", action.get("/D"))
            if "/URI" in action:
                found.outside.add(str(action["/URI"]))
            elif where is None or isinstance(where, list):
                found.lost += where is None
            else:
                found.internal[str(where).lstrip("/")] += 1
    found.outline = _size(reader.outline)
    return found


def _size(outline: Iterable[Any]) -> int:
    return sum(_size(item) if isinstance(item, list) else 1 for item in outline)


def findings(
    found: Printed, statements: Iterable[str], pages: Mapping[str, str], code: str = ""
) -> list[str]:
    """What is wrong with a printed book, in words; nothing if all is well.

    ``statements`` are the IDs that must be in it, ``pages`` maps the place at which a page of
    the book begins to its title, ``code`` is the book's code, in which raw LaTeX may stand.
    """
    wrong = []
    if len(found.texts) <= len(pages):
        wrong.append(f"a book of {len(pages)} pages must have more sheets than that, "
                     f"got {len(found.texts)}")
    text = found.text
    for ident in statements:
        if not re.search(rf"(?<![A-Z]){ident}(?!\d)", text):
            wrong.append(f"statement {ident} is not in the text")
        if ident not in found.places:
            wrong.append(f"statement {ident} is not a place that links reach")
    wrong += [f"page {title!r} is missing" for ident, title in pages.items()
              if ident not in found.places]
    if not found.internal:
        wrong.append("no link leads from one place of the book to another")
    for name, n in found.internal.items():
        if name not in found.places:
            wrong.append(f"{n} links lead to {name!r}, which is no place in the book")
    if found.lost:
        wrong.append(f"{found.lost} links lead nowhere")
    wrong += [f"a link leaves the book for {address}" for address in sorted(found.outside)
              if not address.startswith(("https://", "mailto:")) or "127.0.0.1" in address]
    if found.outline < len(pages):
        wrong.append(f"the outline must have >= {len(pages)} entries, got {found.outline}")
    wrong += [f"{words!r} is in the text" for words in BROKEN if words in text]
    wrong += [f"{tex} is in the text outside code: maths was not typeset"
              for tex in RAW if text.count(tex) > code.count(tex)]
    return wrong
