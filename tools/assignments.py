"""Make an assignment notebook of every page with exercises: the questions, not the solutions.

    python tools/assignments.py [--check]

The one source is the page.  A line ``% check: ID | part`` inside an exercise becomes a cell in
which the verifier of that statement judges the reader's formula.
"""

from __future__ import annotations

import argparse
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
from booklib import ROOT, Repository, normalise, repository, write
from colab_cells import cells as setup_cells

BOOK = ROOT / "book"
FOLDER = BOOK / "assignments"
EXERCISE = re.compile(r"^```\{exercise\}\n:label: (\S+)\n(.*?)^```$", re.M | re.S)
CHECK = re.compile(r"^% check: (\S+) \| (.+)\n?", re.M)
ROLE = re.compile(r"\{([\w:]+)\}`([^`]+)`")
INTRO = """\
# Assignment: {title}

The exercises of the chapter *{title}* of *The physics of SGD*, without their solutions.

Write each answer below its question. Where a cell calls `check_answer`, type a
formula between the quotes and run it: the same checks that verify the book's
statement judge your formula. They say where it goes wrong, not what is right.
`letters("FND-8")` lists the letters that an answer may use."""
IMPORT = "from sgdtheory.teaching import check_answer, letters"
ANSWER = '''\
part = "{part}"
answer = ""  # a formula, such as "2*x + sqrt(y)"
if answer:
    print(check_answer("{id}", answer, part))
else:
    print("no answer yet; letters:", letters("{id}", part))'''


@dataclass(frozen=True)
class Exercise:
    """A question in plain Markdown, and the (ID, part) pairs that can judge its answer."""

    label: str
    text: str
    checks: tuple[tuple[str, str], ...]


def plain(text: str, where: str) -> str:
    """MyST as Markdown that any notebook shows; a role that has no plain form is refused."""

    def word(role: re.Match[str]) -> str:
        kind, body = role[1], role[2]
        shown = re.sub(r"\s*<[^>]*>$", "", body)
        if kind in ("prf:ref", "term"):
            return shown
        if kind == "doc":
            return f"*{title(BOOK / f'{body}.md') if shown == body else shown}*"
        raise SystemExit(f"{where}: an exercise must read without the book, got the role "
                         f"{{{kind}}}; say it in words")

    return ROLE.sub(word, text).strip()


def title(page: Path) -> str:
    """The first heading of a page."""
    return page.read_text(encoding="utf-8").split("\n", 1)[0].lstrip("# ").strip()


def exercises(page: Path) -> list[Exercise]:
    """The exercises of one page, in order."""
    found = EXERCISE.findall(page.read_text(encoding="utf-8"))
    return [Exercise(label, plain(CHECK.sub("", body), f"{page.name}: {label}"),
                     tuple((a, b.strip()) for a, b in CHECK.findall(body)))
            for label, body in found]


def notebook(page: Path, repo: Repository | None) -> Any:
    """The assignment of one page."""
    new = nbformat.v4
    path = f"{FOLDER.relative_to(ROOT).as_posix()}/{page.stem}.ipynb"
    cells = [new.new_markdown_cell(INTRO.format(title=title(page)))]
    for text in setup_cells(repo, path):
        head, _, source = text.partition("\n")
        made = new.new_code_cell if "markdown" not in head else new.new_markdown_cell
        tag = "colab-badge" if "markdown" in head else "colab-setup"
        cells.append(made(re.sub(r"(?m)^# ", "", source).strip() if "markdown" in head
                          else source.strip(), metadata={"tags": ["remove-cell", tag]}))
    found = exercises(page)
    if any(exercise.checks for exercise in found):
        cells.append(new.new_code_cell(IMPORT))
    for k, exercise in enumerate(found, 1):
        cells.append(new.new_markdown_cell(f"## {k}. `{exercise.label}`\n\n{exercise.text}"))
        cells += [new.new_code_cell(ANSWER.format(id=id, part=part))
                  for id, part in exercise.checks]
        cells.append(new.new_markdown_cell("*Your answer:*"))
    return normalise(new.new_notebook(cells=cells))


def pages(book: Path = BOOK) -> list[Path]:
    """The pages that have exercises."""
    return [p for p in sorted(book.glob("*.md")) if EXERCISE.search(p.read_text("utf-8"))]


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="change nothing; exit 1 on drift")
    args = parser.parse_args(argv)
    repo, stale = repository(), []
    FOLDER.mkdir(exist_ok=True)
    for page in pages():
        path, made = FOLDER / f"{page.stem}.ipynb", notebook(page, repo)
        if args.check:
            text = nbformat.writes(made) + "\n"
            if not path.exists() or path.read_text(encoding="utf-8") != text:
                stale.append(path.name)
        elif write(made, path):
            print(f"{path.name}: written")
    orphans = [p.name for p in FOLDER.glob("*.ipynb") if not (BOOK / f"{p.stem}.md").exists()]
    for name in stale + orphans:
        print(f"{name}: not what the page says; run tools/assignments.py", file=sys.stderr)
    return 1 if stale or orphans else 0


if __name__ == "__main__":
    sys.exit(main())
