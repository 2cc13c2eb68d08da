"""Write the badge and setup cells of every notebook from `repository` in _config.yml.

    python tools/colab_cells.py [--check]          rewrite the cells, or say where they drift
    python tools/colab_cells.py --set URL BRANCH   put a repository into _config.yml first
    python tools/colab_cells.py --unset            take it out again

One setting drives the badge, the address that the setup cell installs from and the launch
buttons of the book.  While there is none, there is no badge and no button, and the setup cell
says what to do where the package is missing.
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

import pair
from booklib import NOTEBOOKS, ROOT, Repository, name, repository, sources

CONFIG = ROOT / "_config.yml"
COLAB = "https://colab.research.google.com"
CELL = re.compile(r"^# %%", re.M)
OURS = re.compile(r'"colab-(badge|setup)"')
BADGE = """\
# %% [markdown] tags=["remove-cell", "colab-badge"]
# [![Open in Colab]({colab}/assets/colab-badge.svg)]({colab}/github/{slug}/blob/{branch}/{path})
"""
SETUP = """\
# %% tags=["remove-cell", "colab-setup"]
import importlib.util
import os
import subprocess
import sys

# Colab has every library that is needed: only the package itself is installed.
if sys.platform != "emscripten" and not importlib.util.find_spec("sgdtheory"):
{spec}
    if not spec:
        raise ModuleNotFoundError(
            "sgdtheory is not installed; run `pip install .` in the project's "
            "folder, or set SGDTHEORY_SPEC to a wheel or a git address"
        )
    pip = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", spec]
    subprocess.run(pip, check=True)
    importlib.invalidate_caches()
"""


def cells(repo: Repository | None, path: str) -> list[str]:
    """The two cells for the notebook at `path` in the repository, as py:percent text."""
    if repo is None:
        return [SETUP.format(spec='    spec = os.environ.get("SGDTHEORY_SPEC", "")')]
    spec = f'    default = "git+{repo.url}@{repo.branch}"\n' \
           '    spec = os.environ.get("SGDTHEORY_SPEC", default)'
    badge = BADGE.format(colab=COLAB, slug=repo.slug, branch=repo.branch, path=path)
    return [badge, SETUP.format(spec=spec)]


def rewrite(text: str, repo: Repository | None, path: str) -> str:
    """The source `text` with our cells right after its first one, the title."""
    starts = [m.start() for m in CELL.finditer(text)] + [len(text)]
    if len(starts) < 2:
        raise SystemExit(f"{path}: a notebook starts with a title cell, '# %% [markdown]'")
    header = text[:starts[0]]
    blocks = [text[a:b].rstrip("\n") for a, b in zip(starts, starts[1:], strict=False)]
    blocks = [b for b in blocks if not OURS.search(b.splitlines()[0])]
    if not re.match(r"# %% \[markdown\].*\n# # ", blocks[0]):
        raise SystemExit(f"{path}: the first cell must be Markdown that starts with '# Title'")
    ours = [b.rstrip("\n") for b in cells(repo, path)]
    return header + "\n\n".join([blocks[0], *ours, *blocks[1:]]) + "\n"


def set_repository(text: str, url: str | None, branch: str) -> str:
    """_config.yml's `text` with `repository` and `launch_buttons` set, or emptied."""
    for key in ("repository", "launch_buttons"):
        text = re.sub(rf"(?m)^{key}:.*\n(?:[ \t]+.*\n)*", "", text)
    shown = r"\1 true" if url else r"\1 false"
    text = re.sub(r"(use_repository_button:) (?:true|false)", shown, text).rstrip("\n") + "\n"
    text += f'repository: {{url: "{url or ""}", path_to_book: "", branch: {branch}}}\n'
    return text + (f"launch_buttons: {{colab_url: {COLAB}}}\n" if url else "")


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    action = parser.add_mutually_exclusive_group()
    action.add_argument("--check", action="store_true", help="change nothing; exit 1 on drift")
    action.add_argument("--set", nargs=2, metavar=("URL", "BRANCH"), help="a GitHub repository")
    action.add_argument("--unset", action="store_true", help="no repository")
    parser.add_argument("--folder", type=Path, default=NOTEBOOKS, help=argparse.SUPPRESS)
    parser.add_argument("--config", type=Path, default=CONFIG, help=argparse.SUPPRESS)
    args = parser.parse_args(argv)
    if args.set or args.unset:
        url, branch = args.set or (None, "main")
        old = args.config.read_text(encoding="utf-8")
        args.config.write_text(set_repository(old, url, branch), encoding="utf-8")
    repo, drifted = repository(args.config), 0
    for source in sources(folder=args.folder):
        text, label = source.read_text(encoding="utf-8"), name(source, args.folder)
        new = rewrite(text, repo, f"{args.folder.name}/{label}.ipynb")
        if args.check:
            stale = new != text
            drifted += stale
            if stale:
                print(f"{label}: badge or setup cell is stale; run tools/colab_cells.py",
                      file=sys.stderr)
        elif new != text:
            source.write_text(new, encoding="utf-8")
            print(f"{label}: cells written")
    if args.check:
        return 1 if drifted else 0
    failed = pair.main(["--folder", str(args.folder)])
    if (args.folder, args.config) == (NOTEBOOKS, CONFIG):
        import assignments  # it takes its cells from here

        assignments.main([])
    return failed


if __name__ == "__main__":
    sys.exit(main())
