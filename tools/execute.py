"""Run notebooks and write them with their text outputs, the same bytes for the same results.

    python tools/execute.py [NAME...]

Images, timings and output metadata (with the digits of the records) stay out of the committed
files: nbval compares the text, and the book's own run (`tools/prebuild.py`) keeps the rest.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from booklib import (
    IMAGES,
    NOTEBOOKS,
    kernel_env,
    name,
    no_kernel,
    normalise,
    read_source,
    sources,
)
from booklib import write as write_notebook
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

TIMEOUT = 300  # seconds for one cell; _config.yml says the same to Jupyter Book
FAILURES = (CellExecutionError, CellTimeoutError, DeadKernelError)


def run(notebook: Any, timeout: int = TIMEOUT, env: dict[str, str] | None = None) -> float:
    """Execute in place, in an empty folder as a reader would; the seconds it took."""
    env = kernel_env() if env is None else env
    try:
        return _run(notebook, timeout, env)
    except RuntimeError as error:
        if not no_kernel(str(error)):
            raise
        print(f"{error}: starting another one", file=sys.stderr)
        return _run(notebook, timeout, env)


def _run(notebook: Any, timeout: int, env: dict[str, str]) -> float:
    start = time.perf_counter()
    with TemporaryDirectory(prefix="sgdtheory-run-") as folder:
        client = NotebookClient(notebook, timeout=timeout, kernel_name="python3",
                                record_timing=False, resources={"metadata": {"path": folder}},
                                extra_arguments=["--IPKernelApp.log_level=ERROR"])
        client.execute(env=env)
    return time.perf_counter() - start


def merge_streams(outputs: list[Any]) -> list[Any]:
    """Join neighbouring pieces of one stream: how a kernel cuts them is chance."""
    merged: list[Any] = []
    for out in outputs:
        last = merged[-1] if merged else None
        if last and out.output_type == last.output_type == "stream" and out.name == last.name:
            last.text += out.text
        else:
            merged.append(out)
    return merged


def strip(notebook: Any) -> Any:
    """Leave in each output only what is text and says the same on another machine."""
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        for out in cell.outputs:
            if "data" in out:
                out.data = {k: v for k, v in out.data.items()
                            if k not in IMAGES and "papermill.record/image" not in k}
                out.metadata = {k: v for k, v in out.metadata.items() if k == "scrapbook"}
        cell.outputs = merge_streams([o for o in cell.outputs if o.get("data", True)])
    return normalise(notebook)


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help="part of a notebook's path")
    parser.add_argument("--folder", type=Path, default=NOTEBOOKS, help=argparse.SUPPRESS)
    args = parser.parse_args(argv)
    failed = 0
    for source in sources(args.names, args.folder):
        label, notebook = name(source, args.folder), read_source(source)
        try:
            seconds = run(notebook)
        except FAILURES as error:
            failed += 1
            print(f"{label}: FAILED\n{error}", file=sys.stderr)
            continue
        changed = write_notebook(strip(notebook), source.with_suffix(".ipynb"))
        print(f"{label}: {seconds:.1f} s, {'written' if changed else 'same bytes as before'}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
