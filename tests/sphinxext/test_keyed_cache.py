"""The cache of the notebooks' outputs: what must change its key, and what must not."""

import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

from sgdtheory.sphinxext import keyed_cache

SOURCES = {
    "__init__.py": "x = 1\n",
    "theory/law.py": "y = 2\n",
    "data/images.npz": "not really\n",
    "sphinxext/blocks.py": "z = 3\n",
    "__pycache__/law.pyc": "compiled\n",
}


@pytest.fixture
def package(tmp_path):
    """A small package on disk."""
    for name, text in SOURCES.items():
        path = tmp_path / "pkg" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path / "pkg"


@pytest.mark.parametrize("name", ["__init__.py", "theory/law.py", "data/images.npz"])
def test_a_changed_file_changes_the_key_and_back(package, name):
    before = keyed_cache.key(package)
    (package / name).write_text("changed\n")
    assert keyed_cache.key(package) != before
    (package / name).write_text(SOURCES[name])
    assert keyed_cache.key(package) == before


def test_an_added_or_renamed_file_changes_the_key(package):
    before = keyed_cache.key(package)
    (package / "theory/law.py").rename(package / "theory/rule.py")
    renamed = keyed_cache.key(package)
    (package / "theory/new.py").write_text("")
    assert len({before, renamed, keyed_cache.key(package)}) == 3


@pytest.mark.parametrize("name", ["sphinxext/blocks.py", "__pycache__/law.pyc"])
def test_the_extension_and_compiled_files_do_not(package, name):
    before = keyed_cache.key(package)
    (package / name).write_text("changed\n")
    (package / "sphinxext/static").mkdir()
    (package / "sphinxext/static/copy.js").write_text("new\n")
    assert keyed_cache.key(package) == before


def test_the_key_does_not_depend_on_where_the_package_lies(package, tmp_path):
    shutil.copytree(package, tmp_path / "elsewhere")
    assert keyed_cache.key(package) == keyed_cache.key(tmp_path / "elsewhere")


def test_the_profile_changes_the_key_and_quick_is_the_default(package, monkeypatch):
    monkeypatch.delenv("SGDTHEORY_PROFILE", raising=False)
    default = keyed_cache.key(package)
    monkeypatch.setenv("SGDTHEORY_PROFILE", "quick")
    assert keyed_cache.key(package) == default
    monkeypatch.setenv("SGDTHEORY_PROFILE", "full")
    assert keyed_cache.key(package) != default


def test_a_library_version_changes_the_key(package, monkeypatch):
    before = keyed_cache.key(package)
    monkeypatch.setattr(keyed_cache, "version", lambda name: "0")
    assert keyed_cache.key(package) != before


def test_the_real_package_is_covered_without_its_extension():
    names = {p.relative_to(keyed_cache.PACKAGE).as_posix() for p in keyed_cache.files()}
    assert {"__init__.py", "estimate.py", "theory/fokker_planck.py"} <= names
    assert any(name.startswith("data/") for name in names)
    assert not any(name.startswith("sphinxext/") for name in names)


def test_sphinx_is_pointed_to_the_keyed_folder(tmp_path):
    config = SimpleNamespace(nb_execution_cache_path="")
    keyed_cache.choose_cache(SimpleNamespace(srcdir=tmp_path), config)
    chosen = Path(config.nb_execution_cache_path)
    assert chosen == tmp_path / "_build" / ".jupyter_cache" / keyed_cache.key()
