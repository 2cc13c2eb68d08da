"""The table directive: formulas and chips from the catalog, and what it refuses."""

import os
import re
import subprocess
import sys
from html import unescape

import pytest

from sgdtheory.sphinxext.claim_table import formula, table_rows
from sgdtheory.theory import catalog
from sgdtheory.theory.printing import latex

CONF = """
extensions = ["myst_nb", "sgdtheory.sphinxext"]
nb_execution_mode = "off"
myst_enable_extensions = ["dollarmath"]
html_theme = "basic"
numfig = True
sgdt_only = ["FND-2"]
"""
PAGE = """
# A page

```{statement} FND-2
```

```{claim-table} Ways to draw a batch
* - drawn
  - covariance
  - status
* - one by one, $n > 1$, see FND-2
  - {FND-2: without replacement}
  - {FND-2 status}
* - SGD at $|u| \\gg 1$
  - {PLD-C3: any calculus index @ rhs, alpha=0}
    **and** for any reading
    {PLD-C3: any calculus index}
  -
```
"""
FND2, C3 = catalog.get("FND-2"), catalog.get("PLD-C3")
LAW = "any calculus index"


def build(folder, page, builder="html"):
    """(exit code, what Sphinx said, the page)."""
    (folder / "conf.py").write_text(CONF)
    (folder / "index.md").write_text(page)
    out = folder / builder
    done = subprocess.run(
        [sys.executable, "-m", "sphinx", "-qEn", "-b", builder, str(folder), str(out)],
        capture_output=True,
        text=True,
        env=os.environ | {"SGDTHEORY_COMMIT": "0123456789ab"},
    )
    suffix = "*.html" if builder == "html" else "*.tex"
    pages = {p.stem: p.read_text() for p in out.glob(suffix)}
    return done.returncode, done.stderr, next(iter(pages.values())) if pages else ""


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    folder = tmp_path_factory.mktemp("claim-table")
    code, said, _ = build(folder, PAGE)
    assert code == 0 and "WARNING" not in said and "ERROR" not in said, said
    text = (folder / "html" / "index.html").read_text()
    return unescape(text[text.index('aria-label="Ways to draw a batch"') :])


def test_formulas_are_those_of_the_catalog(page):
    assert dict(FND2.latex())["without replacement"] in page
    assert rf"\displaystyle {dict(C3.latex())[LAW]}" in page


def test_markdown_links_and_chips(page):
    assert "<strong>and</strong>" in page and r"\(|u| \gg 1\)" in page
    assert page.count('href="#FND-2"') == 2, "one in the prose, one with the status"
    assert "● exact" in page


def test_rows_and_cells(page):
    rows = re.findall(r"<tr.*?</tr>", page.split("</table>")[0], re.S)
    assert [len(re.findall("<t[hd]", row)) for row in rows] == [3, 3, 3]


def test_a_convention_is_put_into_one_part():
    """C^-m at alpha = 0 and 1, through m = kappa - alpha + 1, which the claim holds too."""
    kappa = next(s for s in C3.claim["exponent"].rhs.free_symbols if s.name == "kappa")
    part = C3.claim[LAW]
    (m,) = (s for s in part.free_symbols if s.name == "m")
    for alpha in (0, 1):
        law = part.rhs.subs(m, kappa + 1 - alpha)
        assert formula(C3, f"{LAW} @ rhs, alpha={alpha}") == latex(law)
    assert formula(C3, f"{LAW} @ alpha=0, rhs") == latex(
        C3.claim["SGD (Itô, $\\alpha = 0$)"].rhs
    )
    assert formula(C3, "exponent @ alpha=1/2") == r"m = \kappa + \frac{1}{2}"


def test_a_bound_is_not_decided():
    """kappa > -1/2 is true of every kappa > 0, and is printed all the same."""
    X4 = catalog.get("PLD-X4")
    assert formula(X4, "a power of the width if and only if @ alpha=0") == (
        r"\kappa > - \frac{1}{2}"
    )


@pytest.mark.parametrize(
    "text, words",
    [
        ("no such part", r"got 'no such part'; labels: with replacement; without"),
        ("with replacement @ middle", r"lhs, rhs or letter=number, got 'middle'"),
        (
            "with replacement @ beta=1",
            r"a letter of this part of FND-2 must be one of .*got 'beta'",
        ),
        ("with replacement @ b=two", r"a number or p/q, got 'two'"),
    ],
)
def test_refused_references(text, words):
    with pytest.raises(ValueError, match=words):
        formula(FND2, text)


@pytest.mark.parametrize(
    "content, words",
    [
        (["a | b"], "a line must start with"),
        (["  - a"], "a line must start with"),
        (["* - a", "  - b"], "a head and rows"),
        (["* - a", "  - b", "* - c"], r"rows of \[2, 1\] cells"),
    ],
)
def test_refused_tables(content, words):
    with pytest.raises(ValueError, match=words):
        table_rows(content)


def test_wrong_names_stop_the_build(tmp_path):
    """Each of three tables gives an error that says what there is instead."""
    cells = {
        "{FND-2: no such part}": "labels: with replacement; without replacement",
        "{FND-99: law}": "got 'FND-99'",
        "{FND-2 stauts}": "got {FND-2 stauts}; labels of FND-2",
    }
    table = "```{{claim-table}} t\n* - a\n* - {}\n```\n"
    _, said, _ = build(tmp_path, "# A page\n\n" + "\n".join(map(table.format, cells)))
    assert said.count("ERROR") == 3 and all(words in said for words in cells.values())


def test_prints(tmp_path):
    code, said, tex = build(tmp_path, PAGE, "latex")
    assert code == 0 and "Traceback" not in said
    assert dict(C3.latex())[LAW] in tex and "sgdt-region" not in tex
