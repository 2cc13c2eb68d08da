"""Make each notebook's .ipynb from its .py source; with --check, say which ones differ.

    python tools/pair.py [--check] [NAME...]

One direction only: jupytext's own `--sync` goes by the files' times, which a fresh clone does
not keep.  Outputs stay with the cells whose source has not changed; a cell that changed loses
them, and `tools/execute.py` brings them back.
"""

from __future__ import annotations

import argparse
import sys
from copy import deepcopy
from pathlib import Path
from typing import Any

from booklib import NOTEBOOKS, name, normalise, read_notebook, read_source, sources, write


def with_outputs(source: Any, old: Any) -> Any:
    """The source's cells, with the outputs that the old notebook has for the same code."""
    stock: dict[str, list[Any]] = {}
    for cell in old.cells:
        if cell.cell_type == "code":
            stock.setdefault(cell.source, []).append(cell)
    for cell in source.cells:
        if cell.cell_type == "code" and stock.get(cell.source):
            kept = stock[cell.source].pop(0)
            cell.outputs, cell.execution_count = kept.outputs, kept.execution_count
    return source


def paired(source: Path) -> Any:
    """What the .ipynb beside `source` must be."""
    made, twin = read_source(source), source.with_suffix(".ipynb")
    return with_outputs(made, read_notebook(twin)) if twin.exists() else made


def differences(source: Path) -> list[str]:
    """Where the .ipynb departs from its source: cells, their metadata, the notebook's."""
    twin = source.with_suffix(".ipynb")
    if not twin.exists():
        return ["there is no .ipynb"]
    want, got = read_source(source), read_notebook(twin)
    if len(want.cells) != len(got.cells):
        return [f"{len(want.cells)} cells in the .py, {len(got.cells)} in the .ipynb"]
    found = []
    for n, (a, b) in enumerate(zip(want.cells, got.cells, strict=True)):
        for key in ("cell_type", "source", "metadata", "id"):
            if a.get(key) != b.get(key):
                found.append(f"cell {n}: {key} differs")
    if want.metadata != got.metadata:
        found.append("the notebook's metadata differs")
    if normalise(deepcopy(got)) != got:
        found.append("the .ipynb holds metadata that the tools would not write")
    return found


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help="part of a notebook's path")
    parser.add_argument("--check", action="store_true", help="change nothing; exit 1 on drift")
    parser.add_argument("--folder", type=Path, default=NOTEBOOKS, help=argparse.SUPPRESS)
    args = parser.parse_args(argv)
    bad = 0
    for source in sources(args.names, args.folder):
        label = name(source, args.folder)
        if not args.check:
            changed = write(paired(source), source.with_suffix(".ipynb"))
            print(f"{label}: {'written' if changed else 'as it was'}")
            continue
        for line in differences(source):
            bad += 1
            print(f"{label}: {line}; run tools/pair.py", file=sys.stderr)
    orphans = [p for p in args.folder.rglob("*.ipynb")
               if ".ipynb_checkpoints" not in p.parts and not p.with_suffix(".py").exists()]
    for orphan in orphans:
        print(f"{name(orphan, args.folder)}: an .ipynb without a .py source", file=sys.stderr)
    return 1 if bad or orphans else 0


if __name__ == "__main__":
    sys.exit(main())
