"""The ledger of a version, and what changed between two.

A ledger says of every statement what is claimed and with which verdict: ID, kind, title,
source, status, standing to the source, aliases, and the claim, part by part: label, LaTeX, and
a digest of its letters.  Nothing is verified here; that is :func:`sgdtheory.checks.verify`.
Stored ledgers are JSON, or JSON compressed by gzip where that would be long.

The digest is of the letters with their assumptions, which the LaTeX does not show.  It is not
of the whole symbolic object: sympy gives one formula several forms, by what it met before.
"""

import gzip
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

import sympy as sp

from sgdtheory import __version__
from sgdtheory.theory import catalog
from sgdtheory.theory.statement import Statement

NOW = "now"
VERDICT = ("status", "against_source")
ORIGIN = ("kind", "source")
FIELDS = (*ORIGIN, "title", *VERDICT, "aliases", "claim")
ABSENT = "(absent)"
SAME = "(printed the same, its letters assumed otherwise)"

Ledger = dict[str, Any]  # {"version": ..., "statements": {ID: {...}}}
Change = tuple[str, str, str, str]  # ID, what of it, before, after


def ledger(statements: list[Statement] | None = None, version: str = __version__) -> Ledger:
    """The ledger of the catalog as it stands, or of the given statements."""
    chosen = catalog.all() if statements is None else statements
    return {"version": version, "statements": {s.id: entry(s) for s in chosen}}


def entry(statement: Statement) -> dict[str, Any]:
    """What the ledger says of one statement."""
    return {
        "kind": statement.kind,
        "title": statement.title,
        "source": statement.source,
        "status": statement.status,
        "against_source": statement.against_source,
        "aliases": list(statement.aliases),
        "claim": [
            [label, tex, digest(statement.claim[label])] for label, tex in statement.latex()
        ],
    }


def digest(part: sp.Basic) -> str:
    """12 hex digits of the free letters of a sympy object and of what is assumed of them."""
    letters = sp.sympify(part).free_symbols
    said = sorted(f"{s.name} {sorted(s.assumptions0.items())}" for s in letters)
    return hashlib.sha256("\n".join(said).encode()).hexdigest()[:12]


def dumps(book: Mapping[str, Any], *, compressed: bool = False) -> bytes:
    """A ledger as JSON, one statement a line; the same ledger gives the same bytes."""
    rows = ",\n".join(
        f"{json.dumps(id)}: {json.dumps(row, ensure_ascii=False)}"
        for id, row in book["statements"].items()
    )
    head = f'{{"version": {json.dumps(book["version"])}, "statements": {{'
    data = f"{head}\n{rows}\n}}}}\n".encode()
    return gzip.compress(data, mtime=0) if compressed else data


def loads(data: bytes) -> Ledger:
    """The ledger that :func:`dumps` wrote.

    Raises
    ------
    ValueError
        The bytes hold no ledger.
    """
    try:
        plain = gzip.decompress(data) if data.startswith(b"\x1f\x8b") else data
        book = json.loads(plain)
        for row in book["statements"].values():
            if lacking := set(FIELDS) - row.keys():
                raise KeyError(*sorted(lacking))
            _parts(row)
    except (ValueError, KeyError, TypeError, AttributeError, EOFError, OSError) as error:
        raise ValueError(
            "a ledger must be JSON as `python -m sgdtheory ledger --save FILE` writes it, got "
            f"{data[:40]!r}... ({error!r}); make it again"
        ) from error
    return book


def _stored() -> dict[str, Traversable]:
    """Version -> file of its ledger."""
    folder = files("sgdtheory") / "data" / "ledgers"
    found = {p.name.split(".json")[0]: p for p in folder.iterdir() if ".json" in p.name}
    return dict(sorted(found.items(), key=lambda item: _order(item[0])))


def _order(version: str) -> list[tuple[int, str]]:
    """So that 0.10.0 comes after 0.9.0."""
    parts = version.split(".")
    return [(int(p), "") if p.isdigit() else (-1, p) for p in parts]


def versions() -> list[str]:
    """The versions whose ledgers are stored with the package, in their order."""
    return list(_stored())


def load(name: str) -> Ledger:
    """The ledger of a stored version, of a file, or of the catalog ``"now"``.

    Raises
    ------
    ValueError
        Neither a stored version nor a file, or a file that holds no ledger.
    """
    if name == NOW:
        return ledger()
    source = _stored().get(name, Path(name))
    if not source.is_file():
        raise ValueError(
            f"a ledger must be a stored version ({', '.join(versions())}), {NOW!r} or a file, "
            f"got {name!r}; python -m sgdtheory ledger --save FILE makes one of this version"
        )
    return loads(source.read_bytes())


@dataclass(frozen=True)
class Difference:
    """What changed from one ledger to another, in the order of the book."""

    old: str
    new: str
    added: list[tuple[str, str]] = field(default_factory=list)  # ID, title
    removed: list[tuple[str, str]] = field(default_factory=list)  # ID or alias, what it was
    verdicts: list[Change] = field(default_factory=list)
    claims: list[Change] = field(default_factory=list)
    titles: list[Change] = field(default_factory=list)
    origins: list[Change] = field(default_factory=list)

    @property
    def lawful(self) -> bool:
        """Whether every ID and alias is still there: they are for good."""
        return not self.removed

    def sections(self) -> list[tuple[str, list[Any]]]:
        """Headings with what stands under them; empty ones are left out."""
        named: list[tuple[str, list[Any]]] = [
            ("Removed, which must never be", self.removed),
            ("Changed verdicts", self.verdicts),
            ("Changed claims", self.claims),
            ("Changed titles", self.titles),
            ("Changed kinds and sources", self.origins),
            ("New statements", self.added),
        ]
        return [(heading, rows) for heading, rows in named if rows]

    def text(self) -> str:
        """For a terminal."""
        lines = [f"{self.old} -> {self.new}"]
        for heading, rows in self.sections():
            lines += ["", f"{heading} ({len(rows)})", *(f"  {_line(row)}" for row in rows)]
        return "\n".join(lines if len(lines) > 1 else [*lines, "nothing changed"])

    def markdown(self) -> str:
        """For the changelog."""
        lines = [f"### From {self.old} to {self.new}"]
        for heading, rows in self.sections():
            lines += ["", f"**{heading}** ({len(rows)})", ""]
            lines += [f"- {_line(row, code='`', tex='$')}" for row in rows]
        return "\n".join(lines if len(lines) > 1 else [*lines, "", "Nothing changed."])


def _line(row: tuple[str, ...], code: str = "", tex: str = "") -> str:
    if len(row) == 2:
        return f"{code}{row[0]}{code} {row[1]}"
    id, what, before, after = row
    of_claim = what.startswith("claim")
    mark = tex if of_claim else code
    shown = [f"{mark}{side}{mark}" if side not in (ABSENT, SAME) else side
             for side in (before, after)]  # fmt: skip
    return f"{code}{id}{code} {what}: {shown[0]} -> {shown[1]}"


def difference(old: Ledger, new: Ledger, names: tuple[str, str] = ("", "")) -> Difference:
    """What changed from the ledger `old` to `new`; `names` are what to call them."""
    before, after = old["statements"], new["statements"]
    kept = [id for id in after if id in before]
    resolves = {name for id, row in after.items() for name in (id, *row["aliases"])}
    removed = [(id, _fate(id, row, after)) for id, row in before.items() if id not in after]
    removed += [
        (alias, f"an alias of {id}")
        for id, row in before.items()
        for alias in row["aliases"]
        if id in after and alias not in resolves
    ]

    def changes(fields: tuple[str, ...]) -> list[Change]:
        return [
            (id, name, before[id][name], after[id][name])
            for id in kept
            for name in fields
            if before[id][name] != after[id][name]
        ]

    return Difference(
        names[0] or old["version"], names[1] or new["version"],
        added=[(id, row["title"]) for id, row in after.items() if id not in before],
        removed=removed,
        verdicts=changes(VERDICT),
        claims=[c for id in kept for c in _claims(id, before[id], after[id])],
        titles=changes(("title",)),
        origins=changes(ORIGIN),
    )  # fmt: skip


def _fate(id: str, row: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    """What became of a removed ID."""
    now = [new for new, other in after.items() if id in other["aliases"]]
    return row["title"] + (f" (now an alias of {now[0]})" if now else "")


def _parts(row: Mapping[str, Any]) -> dict[str, tuple[str, str]]:
    """label -> (LaTeX, digest) of a claim."""
    return {label: (tex, letters) for label, tex, letters in row["claim"]}


def _claims(id: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
    """The parts of one claim that are new, gone, printed otherwise, or of other letters."""
    found, old, new = [], _parts(before), _parts(after)
    for label in dict.fromkeys([*old, *new]):
        (was, of), (now, letters) = (side.get(label, (ABSENT, "")) for side in (old, new))
        if (was, of) != (now, letters):
            what = f"claim, {label}" if label else "claim"
            found.append((id, what, was, SAME if was == now else now))
    return found
