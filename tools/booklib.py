"""What the tools share: where things lie, the notebooks, the wheel, the repository."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from shutil import copy, copytree, ignore_patterns
from tempfile import TemporaryDirectory
from typing import Any

import jupytext
import nbformat
import yaml

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = ROOT / "notebooks"
STRICT = frozenset({"power_law/01_stationary_distribution"})  # nbval compares every cell
IMAGES = ("image/png", "image/jpeg", "image/svg+xml", "application/pdf")
KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
PIP = (sys.executable, "-m", "pip", "--disable-pip-version-check", "-q")
CELL_METADATA = ("tags", "mystnb", "cellView")
NOTEBOOK_METADATA = ("kernelspec", "jupytext", "accelerator", "colab", "mystnb")


def no_kernel(said: str) -> bool:
    """Whether a kernel was started and never answered: no cell has run, one may try again."""
    return "Kernel didn't respond in" in said or "Kernel died before replying" in said


def sources(names: Iterable[str] = (), folder: Path = NOTEBOOKS) -> list[Path]:
    """The notebooks' .py sources, all of them or those whose path contains one of `names`."""
    found = sorted(p for p in folder.rglob("*.py") if not p.name.startswith((".", "_")))
    names = [str(n).removesuffix(".py").removesuffix(".ipynb") for n in names]
    chosen = [p for p in found if not names or any(n in p.as_posix() for n in names)]
    lost = [n for n in names if not any(n in p.as_posix() for p in found)]
    if lost or not chosen:
        raise SystemExit(f"no notebook under {folder} matches {lost}: give a part of its path")
    return chosen


def name(path: Path, folder: Path = NOTEBOOKS) -> str:
    """`chapter/nn_topic`: how a notebook is called in lists and messages."""
    return path.resolve().relative_to(folder.resolve()).with_suffix("").as_posix()


def cell_id(cell: Any, taken: set[str]) -> str:
    """A cell's id, a function of its source, so that a conversion gives the same file twice."""
    fixed = [t for t in cell.metadata.get("tags", []) if t.startswith("colab-")]
    stem = fixed[0] if fixed else hashlib.sha256(cell.source.encode()).hexdigest()[:12]
    ident, n = stem, 1
    while ident in taken:
        n += 1
        ident = f"{stem}-{n}"
    taken.add(ident)
    return ident


def normalise(notebook: Any) -> Any:
    """Keep the metadata that matters, set the kernel and the cells' ids; in place."""
    meta = {k: v for k, v in notebook.metadata.items() if k in NOTEBOOK_METADATA}
    notebook.metadata = nbformat.from_dict(meta | {"kernelspec": KERNEL, "jupytext": {
        "formats": "ipynb,py:percent"}})
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    taken: set[str] = set()
    for cell in notebook.cells:
        kept = {k: v for k, v in cell.metadata.items() if k in CELL_METADATA}
        cell.metadata = nbformat.from_dict(kept)
        cell.id = cell_id(cell, taken)
    return notebook


def write(notebook: Any, path: Path) -> bool:
    """Write the notebook, keys sorted, in one step; False if the file already says so."""
    nbformat.validate(notebook)
    text = nbformat.writes(notebook) + "\n"
    if path.exists() and path.read_text(encoding="utf-8") == text:
        return False
    half = path.with_suffix(".ipynb.tmp")
    half.write_text(text, encoding="utf-8")
    half.replace(path)
    return True


def read_source(path: Path) -> Any:
    """The notebook that a py:percent source describes, normalised, without outputs."""
    return normalise(jupytext.read(path, fmt="py:percent"))


def read_notebook(path: Path) -> Any:
    """An .ipynb as it lies on disk."""
    return nbformat.read(path, as_version=4)


@dataclass(frozen=True)
class Repository:
    """Where a reader finds the sources: `url` (GitHub, no trailing slash) and `branch`."""

    url: str
    branch: str

    @property
    def slug(self) -> str:
        """owner/name."""
        return self.url.removeprefix("https://github.com/")


def repository(config: Path = ROOT / "_config.yml") -> Repository | None:
    """`repository` in _config.yml, or None while it is absent, empty or a placeholder."""
    settings = yaml.safe_load(config.read_text(encoding="utf-8")) if config.exists() else {}
    found = (settings or {}).get("repository") or {}
    url = str(found.get("url") or "").rstrip("/").removesuffix(".git")
    if not url or url.endswith("/OWNER/REPO"):
        return None
    if not re.fullmatch(r"https://github\.com/[\w.-]+/[\w.-]+", url):
        raise SystemExit(
            f"_config.yml: repository.url must be https://github.com/OWNER/NAME, which is what "
            f"Colab opens, got {url!r}; leave it empty while there is none")
    return Repository(url, str(found.get("branch") or "main"))


@contextmanager
def built_wheel() -> Iterator[Path]:
    """The wheel, built from a copy: setuptools leaves its `build/` there, not here."""
    with TemporaryDirectory(prefix="sgdtheory-wheel-") as scratch:
        source = copy_of_package(Path(scratch, "source"))
        subprocess.run([*PIP, "wheel", "--no-deps", "--no-build-isolation", "-w", scratch,
                        str(source)], check=True)
        wheel, = Path(scratch).glob("*.whl")
        yield wheel


@contextmanager
def installed_wheel() -> Iterator[Path]:
    """A folder that holds the package as users get it: built as a wheel, then installed."""
    with built_wheel() as wheel:
        target = wheel.parent / "site"
        subprocess.run([*PIP, "install", "--no-deps", "--no-compile", "--target", str(target),
                        str(wheel)], check=True)
        yield target


def copy_of_package(folder: Path) -> Path:
    """What the wheel is built from, copied into `folder`."""
    folder.mkdir(parents=True)
    for file in ("pyproject.toml", "README.md", "LICENSE"):
        copy(ROOT / file, folder)
    copytree(ROOT / "pkg", folder / "pkg", ignore=ignore_patterns("__pycache__", "*.egg-info"))
    return folder


def kernel_env(*folders: Path) -> dict[str, str]:
    """The environment of a notebook's kernel, with `folders` ahead of everything installed."""
    path = os.pathsep.join(map(str, folders))
    # A backend from outside would keep the kernel from drawing inline.
    plain = {k: v for k, v in os.environ.items() if k != "MPLBACKEND"}
    return plain | {"PYTHONPATH": path, "OMP_NUM_THREADS": "1", "PYTHONNOUSERSITE": "1"}
