"""Run the notebooks again when the package changes, and only then.

Jupyter Book's cache looks at a notebook's own cells: with the package broken it would still
serve yesterday's outputs.  So the cache lies in a folder named by a key of all that the outputs
depend on beside the cells: the package's files (less this extension, which only renders), the
versions of Python and of the libraries, the profile.  A changed path also makes Sphinx read
every page again.
"""

from __future__ import annotations

import hashlib
import os
import platform
from importlib.metadata import version
from pathlib import Path
from typing import Any

LIBRARIES = ("numpy", "scipy", "sympy", "torch", "matplotlib", "scikit-learn", "ipykernel")
PACKAGE = Path(__file__).resolve().parent.parent
SKIPPED = frozenset({"sphinxext", "__pycache__"})


def files(package: Path = PACKAGE) -> list[Path]:
    """The files of the package that a notebook's outputs can depend on, sorted."""
    return sorted(
        path for path in package.rglob("*")
        if path.is_file() and not SKIPPED & set(path.relative_to(package).parts)
        and not path.name.startswith(".") and path.suffix not in {".pyc", ".tmp"}
    )


def key(package: Path = PACKAGE) -> str:
    """16 hex digits that change with the package's sources and data, versions and profile."""
    digest = hashlib.sha256(f"python={platform.python_version()}\n".encode())
    for library in LIBRARIES:
        digest.update(f"{library}={version(library)}\n".encode())
    digest.update(f"profile={os.environ.get('SGDTHEORY_PROFILE', 'quick')}\n".encode())
    for path in files(package):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(package).as_posix()}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()[:16]


def cache_folder(book: Path | str, package: Path = PACKAGE) -> Path:
    """Where the outputs for the present key lie, for the book in the folder `book`."""
    return Path(book, "_build", ".jupyter_cache", key(package))


def choose_cache(app: Any, config: Any) -> None:
    """Point MyST-NB to the cache of the present key (on ``config-inited``)."""
    config.nb_execution_cache_path = str(cache_folder(app.srcdir))


def setup(app: Any) -> dict[str, bool]:
    """Register with Sphinx, ahead of MyST-NB's own reading of the setting."""
    app.connect("config-inited", choose_cache, priority=1)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
