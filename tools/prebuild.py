"""Run the book's notebooks, two at a time, into the cache that Jupyter Book then reads.

    python tools/prebuild.py [BOOK]

Jupyter Book runs notebooks one after the other.  This fills its cache first; the key of the
cache is `sgdtheory.sphinxext.keyed_cache.key`.  A failing cell ends `make book` here, with the
notebook's name and the traceback.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import suppress
from pathlib import Path
from typing import Any

import execute
import yaml
from booklib import ROOT, read_notebook
from jupyter_cache import get_cache
from jupyter_cache.base import CacheBundleIn

from sgdtheory.sphinxext import keyed_cache

AT_A_TIME = 2
KEEP = 4  # caches of earlier keys that stay, so that going back is free


def toc_notebooks(book: Path) -> list[Path]:
    """The .ipynb files that _toc.yml names, in its order."""
    found: list[Path] = []

    def walk(node: Any) -> None:
        if isinstance(node, dict):
            stem = node.get("file") or node.get("root")
            path = book / f"{str(stem).removesuffix('.ipynb')}.ipynb"
            if stem and path.exists():
                found.append(path)
            node = list(node.values())
        if isinstance(node, list):
            for child in node:
                walk(child)

    walk(yaml.safe_load((book / "_toc.yml").read_text(encoding="utf-8")))
    return found


def is_cached(cache: Any, notebook: Any) -> bool:
    """Whether the cache holds outputs for these very code cells."""
    with suppress(KeyError):
        cache.match_cache_notebook(notebook)
        return True
    return False


def prune(folder: Path, keep: int = KEEP) -> None:
    """Remove all caches but `folder` and the `keep` others that were used last."""
    folder.touch()
    others = [p for p in folder.parent.iterdir() if p.is_dir() and p != folder]
    for path in sorted(others, key=lambda p: -p.stat().st_mtime)[keep:]:
        shutil.rmtree(path)


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("book", nargs="?", type=Path, default=ROOT)
    book = parser.parse_args(argv).book.resolve()
    settings = yaml.safe_load((book / "_config.yml").read_text(encoding="utf-8"))
    timeout = int((settings.get("execute") or {}).get("timeout", execute.TIMEOUT))
    folder = keyed_cache.cache_folder(book)
    folder.mkdir(parents=True, exist_ok=True)
    prune(folder)
    cache = get_cache(str(folder))
    notebooks = {path: read_notebook(path) for path in toc_notebooks(book)}
    todo = {p: nb for p, nb in notebooks.items() if not is_cached(cache, nb)}
    print(f"notebooks: {len(notebooks)}, to run: {len(todo)} (key {folder.name})", flush=True)
    start, failed = time.perf_counter(), []
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        jobs = {pool.submit(execute.run, nb, timeout): p for p, nb in todo.items()}
        for job in as_completed(jobs):
            path = jobs[job]
            label = path.relative_to(book).as_posix()
            try:
                seconds = job.result()
            except execute.FAILURES as error:
                failed.append(label)
                print(f"FAILED {label}\n{error}", file=sys.stderr, flush=True)
                continue
            bundle = CacheBundleIn(todo[path], str(path), data={"execution_seconds": seconds})
            cache.cache_notebook_bundle(bundle, check_validity=False, overwrite=True)
            print(f"  {seconds:6.1f} s  {label}", flush=True)
    if failed:
        print(f"notebooks that failed: {', '.join(failed)}", file=sys.stderr)
        return 1
    print(f"notebooks ready in {time.perf_counter() - start:.1f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
