"""Run three notebooks with the very versions of the libraries that Google Colab has.

    python tools/run_colab_versions.py [NAME...]

The kernel is this environment's Python and torch with Colab's numpy, scipy, matplotlib, sympy,
IPython and ipykernel laid over it, and the package as a wheel.  The overlay is made once and
kept in .venv under a key of its list.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import booklib
import execute
import nbformat

VERSIONS = {
    "numpy": "2.0.2", "scipy": "1.16.3", "matplotlib": "3.10.0", "sympy": "1.14.0",
    "mpmath": "1.3.0", "scikit-learn": "1.6.1", "IPython": "7.34.0", "ipykernel": "6.17.1",
}
# Loosely what those need beside themselves; setuptools because IPython 7 imports pkg_resources.
ALSO = ("jupyter-client>=7,<8", "setuptools<81")
NOTEBOOKS = ("foundations/01_which_calculus_is_sgd", "power_law/01_stationary_distribution",
             "power_law/02_what_sgd_does")
AT_A_TIME = 2
PROBE = f"""
import importlib, importlib.metadata as m, json, sgdtheory
found = {{n: m.version(n) for n in {list(VERSIONS)!r}}}
loaded = {{n: importlib.import_module(n).__version__ for n in ("numpy", "scipy", "sympy",
          "matplotlib", "IPython", "ipykernel")}}
print(json.dumps([found, loaded, sgdtheory.__file__]))
"""


def overlay(parent: Path = booklib.ROOT / ".venv" / "colab-overlay") -> Path:
    """The folder with Colab's versions, made when there is none for this list."""
    wanted = [f"{n}=={v}" for n, v in VERSIONS.items()] + list(ALSO)
    key = hashlib.sha256("\n".join([sys.version, *wanted]).encode()).hexdigest()[:12]
    folder, half = parent / key, parent / f"{key}.half"
    if folder.is_dir():
        return folder
    shutil.rmtree(parent, ignore_errors=True)
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "-qq"]
    subprocess.run([*pip, "--only-binary", ":all:", "--target", str(half), *wanted], check=True)
    half.rename(folder)
    return folder


def probe(env: dict[str, str], site: Path) -> None:
    """Ask a kernel for what it imports; refuse anything but Colab's versions and the wheel."""
    notebook: Any = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(PROBE)])
    execute.run(booklib.normalise(notebook), env=env)
    found, loaded, package = json.loads(notebook.cells[0].outputs[0].text)
    wrong = {n: v for n, v in (found | loaded).items() if v != VERSIONS[n]}
    if wrong or not Path(package).is_relative_to(site):
        raise SystemExit(f"the kernel is not Colab's: {wrong}, package from {package}")


def try_one(source: Path, env: dict[str, str]) -> str | None:
    """Run one notebook; the error, or None."""
    try:
        execute.run(booklib.read_source(source), env=env)
    except execute.FAILURES as error:
        return str(error)
    return None


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", default=NOTEBOOKS, metavar="NAME")
    parser.add_argument("--folder", type=Path, default=booklib.NOTEBOOKS,
                        help=argparse.SUPPRESS)
    args = parser.parse_args(argv)
    start, failed = time.perf_counter(), 0
    paths = booklib.sources(args.names, args.folder)
    with booklib.installed_wheel() as site:
        env = booklib.kernel_env(site, overlay())
        env["PYDEVD_DISABLE_FILE_VALIDATION"] = "1"  # debugpy's word about frozen modules
        probe(env, site)
        with ThreadPoolExecutor(AT_A_TIME) as pool:
            errors = list(pool.map(lambda path: try_one(path, env), paths))
    for path, error in zip(paths, errors, strict=True):
        failed += error is not None
        print(f"{booklib.name(path, args.folder)}: {'FAILED' if error else 'ok'}")
        if error:
            print(error, file=sys.stderr)
    versions = ", ".join(f"{n} {v}" for n, v in VERSIONS.items())
    print(f"with {versions}: {len(paths)} notebooks, {failed} failed, "
          f"{time.perf_counter() - start:.0f} s")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
