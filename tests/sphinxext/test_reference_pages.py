"""Reference pages: every public module stands on one of them; reports are prefilled."""

import pkgutil
import re
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import parse_qs, urlsplit

import pytest

import sgdtheory
from sgdtheory.sphinxext import api, errors

BOOK = Path(__file__).parents[2] / "book"
CHAPTERS = ("theory.", "checks.", "sphinxext")


def public_modules():
    """Modules that a reader may import; statements and checks have chapters of their own."""
    for module in pkgutil.walk_packages(sgdtheory.__path__, "sgdtheory."):
        name = module.name.removeprefix("sgdtheory.")
        chapter = module.ispkg and name.startswith(CHAPTERS)
        inside = name.startswith("checks.") or name.count(".") > 1 or name == "sphinxext"
        if not (chapter or inside or name.startswith("sphinxext.") or "._" in f".{name}"):
            yield name, module.ispkg


def test_every_public_module_stands_on_one_page():
    shown = re.findall(
        r"automodule:: sgdtheory\.([\w.]+)",
        "".join(p.read_text() for p in (BOOK / "api").glob("*.md")),
    )
    folders = {"theory", "stochastic", "networks", "runs", "teaching"}
    public = {name for name, _ in public_modules()} - folders
    assert sorted(shown) == sorted(public)


def test_ids_of_docstrings_are_linked_but_not_in_code():
    assert api.linked("see PLD-T2, ``PLD-T2``") == "see :prf:ref:`PLD-T2`, ``PLD-T2``"
    assert api.linked("UTF-8 and XYZ-1 stay") == "UTF-8 and XYZ-1 stay"
    assert api.linked("already :prf:ref:`FND-6`") == "already :prf:ref:`FND-6`"


def test_sections_of_a_docstring_become_fields_without_links_on_types():
    lines = ["Sum.", "", "Parameters", "----------", "x : array, (n,)", "    The data."]
    api.process(None, "function", "f", None, None, lines)
    text = "\n".join(lines)
    assert ":Parameters:" in text and ":type" not in text and "The data." in text


def test_a_comment_above_a_constant_has_no_type():
    lines = ["Gates: every numeric check uses them."]
    api.process(None, "data", "GATES", None, None, lines)
    assert lines == ["Gates: every numeric check uses them."]


@pytest.mark.parametrize("url", ["", None])
def test_without_a_repository_there_is_no_address(url):
    config = SimpleNamespace(html_theme_options={"repository_url": url})
    assert errors.address(SimpleNamespace(config=config, srcdir="."), "PLD-T2") == ""


def test_the_report_is_prefilled_with_id_version_and_parts():
    options = {"repository_url": "https://example.org/me/book/"}
    app = SimpleNamespace(config=SimpleNamespace(html_theme_options=options), srcdir=".")
    found = urlsplit(errors.address(app, "PLD-T2"))
    assert (found.netloc, found.path) == ("example.org", "/me/book/issues/new")
    query = {k: v[0] for k, v in parse_qs(found.query).items()}
    assert query["title"] == "Error in PLD-T2"
    parts = sgdtheory.theory.catalog.get("PLD-T2").claim
    for word in ("PLD-T2", sgdtheory.__version__, *parts):
        assert word in query["body"]


def test_a_report_on_no_statement_is_refused():
    options = {"repository_url": "https://example.org/me/book"}
    app = SimpleNamespace(config=SimpleNamespace(html_theme_options=options), srcdir=".")
    with pytest.raises(ValueError, match="must be in the catalog"):
        errors.address(app, "PLD-T0")


def test_the_example_of_a_statement_verifies(monkeypatch):
    """What contributing.md shows is a statement that passes, and whose mutant does not."""
    from textwrap import dedent

    from sgdtheory.checks import _verify

    page = (BOOK / "contributing.md").read_text()
    blocks = re.findall(r"^( *)```python\n(.*?)^\1```", page, re.S | re.M)
    scope: dict = {}
    for _, block in blocks:
        if "STATEMENTS" in block or "CHECKS" in block:
            exec(compile(dedent(block), "contributing.md", "exec"), scope)
    (statement,) = scope["STATEMENTS"]
    monkeypatch.setattr(_verify, "checks", lambda: scope["CHECKS"])
    report = _verify.verify_statement(statement)
    assert report.ok, report.problems
    assert report.mutants and all(symbols and numbers for _, symbols, numbers in report.mutants)
