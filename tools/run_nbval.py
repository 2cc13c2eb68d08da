"""Run every notebook as a reader gets it and compare its outputs with the committed ones.

    python tools/run_nbval.py [NAME...]

Each notebook is copied alone into an empty folder and runs against the wheel, not the checkout.
Derivations (`booklib.STRICT`) are compared cell by cell, experiments in the cells tagged
`nbval-check-output`.  A process each, two at a time: the operating system then says how much
core time each notebook took, whatever else the machine was doing.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import statistics
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import booklib

AT_A_TIME = 2
LIMITS = {"one": 60.0, "median": 25.0, "all": 900.0}  # core seconds, quick profile


@dataclass
class Run:
    """One notebook's outcome: pytest's exit code and closing line, core seconds, log."""

    label: str
    code: int
    closing: str
    core: float
    output: str


def wheel_in_use(site: Path) -> None:
    """Refuse to go on unless a kernel would import the package from `site`."""
    found = subprocess.run(
        [sys.executable, "-c", "import sgdtheory; print(sgdtheory.__file__)"],
        env=booklib.kernel_env(site), cwd=site.parent, check=True, text=True,
        stdout=subprocess.PIPE)
    if not Path(found.stdout.strip()).is_relative_to(site):
        raise SystemExit(f"the wheel in {site} is hidden by {found.stdout.strip()}")


def run_one(notebook: Path, label: str, site: Path) -> Run:
    """One notebook; a second time if its kernel never answered, which says nothing of it."""
    run = once(notebook, label, site)
    if run.code and booklib.no_kernel(run.output):
        print(f"{label}: no kernel answered, once more", file=sys.stderr)
        run = once(notebook, label, site)
    return run


def once(notebook: Path, label: str, site: Path) -> Run:
    """One notebook under nbval, in an empty folder."""
    with TemporaryDirectory(prefix="sgdtheory-nbval-") as scratch:
        folder = Path(scratch)
        shutil.copy(notebook, folder)
        (folder / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
        mode = "--nbval" if label in booklib.STRICT else "--nbval-lax"
        rules = booklib.ROOT / "tests" / "nbval_sanitize.cfg"
        with open(folder / "log", "w+", encoding="utf-8") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "pytest", "-q", "--color=no", "-p", "no:cacheprovider",
                 mode, "--nbval-current-env", "--nbval-cell-timeout=300",
                 "--nbval-sanitize-with", str(rules), notebook.name],
                cwd=folder, env=booklib.kernel_env(site), stdout=log, stderr=subprocess.STDOUT)
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            log.seek(0)
            output = log.read()
    lines = [line for line in output.splitlines() if re.search(r" in [\d.]+s", line)]
    return Run(label, process.returncode, lines[-1] if lines else "no closing line",
               usage.ru_utime + usage.ru_stime, output)


def over_budget(runs: list[Run]) -> list[str]:
    """Which limits of the quick profile the runs break."""
    core = [run.core for run in runs]
    broken = [f"{run.label} took {run.core:.0f} core seconds, limit {LIMITS['one']:.0f}"
              for run in runs if run.core > LIMITS["one"]]
    if statistics.median(core) > LIMITS["median"]:
        broken.append(f"the median is {statistics.median(core):.0f} core seconds, "
                      f"limit {LIMITS['median']:.0f}")
    if sum(core) > LIMITS["all"]:
        broken.append(f"all took {sum(core):.0f} core seconds, limit {LIMITS['all']:.0f}")
    return broken


@contextmanager
def package(site: Path | None) -> Iterator[Path]:
    """The folder given, or the wheel built and installed now."""
    if site is not None:
        yield site
        return
    with booklib.installed_wheel() as built:
        yield built


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help="part of a notebook's path")
    parser.add_argument("--folder", type=Path, default=booklib.NOTEBOOKS,
                        help=argparse.SUPPRESS)
    parser.add_argument("--site", type=Path, help="a folder that holds the installed package")
    args = parser.parse_args(argv)
    paths = [p.with_suffix(".ipynb") for p in booklib.sources(args.names, args.folder)]
    with package(args.site) as site:
        wheel_in_use(site)
        with ThreadPoolExecutor(AT_A_TIME) as pool:
            runs = list(pool.map(
                lambda p: run_one(p, booklib.name(p, args.folder), site), paths))
    for run in runs:
        if run.code:
            print(f"---- {run.label}\n{run.output}", file=sys.stderr)
    for run in runs:
        mode = "strict" if run.label in booklib.STRICT else "verdicts"
        print(f"{run.label:<46} {mode:<8} {run.core:6.1f} core s  {run.closing}")
    broken = over_budget(runs)
    total = sum(run.core for run in runs)
    print(f"notebooks: {len(runs)}, core time {total:.0f} s", *broken, sep="\n")
    return 1 if broken or any(run.code for run in runs) else 0


if __name__ == "__main__":
    sys.exit(main())
