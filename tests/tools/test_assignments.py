"""Assignment notebooks: made from the pages, without solutions, judged by the verifier."""

import contextlib
import io
import re

import assignments
import pytest
import sympy as sp

from sgdtheory.theory import catalog
from sgdtheory.theory.statement import Asymptotic, Proportional

SOLUTION = re.compile(r"^```\{solution\} (\S+)\n.*?\n\n(.*?)^```$", re.M | re.S)
PAGES = assignments.pages()


def sources(page):
    """The text of all cells of a page's assignment."""
    return "\n".join(c.source for c in assignments.notebook(page, None).cells)


def fragments(text):
    """The formulas and the sentences of a solution, long enough to be told from chance."""
    maths = re.findall(r"\$([^$]{8,})\$", text)
    words = re.split(r"[.:;,]\s|\$[^$]*\$", text)
    return [*maths, *(w.strip() for w in words if len(w.strip()) >= 20)]


def leaked(solution, shown, question):
    """Fragments of a solution that the notebook shows and the question does not."""
    return [f for f in fragments(solution) if f in shown and f not in question]


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.stem)
def test_no_solution_leaks(page):
    shown, text = sources(page), page.read_text(encoding="utf-8")
    questions = {e.label: e.text for e in assignments.exercises(page)}
    solutions = dict(SOLUTION.findall(text))
    assert set(solutions) == set(questions), "every exercise has one solution"
    assert "solution}" not in shown and "dropdown" not in shown
    everything = "\n".join(questions.values())
    for body in solutions.values():
        assert not leaked(body, shown, everything)


def test_a_leak_would_be_seen():
    assert leaked("So it is $\\eta C/(h(2-\\eta h))$.", "x $\\eta C/(h(2-\\eta h))$", "What?")


def test_the_notebooks_are_what_the_pages_say(capsys):
    assert assignments.main(["--check"]) == 0, capsys.readouterr().err


def test_every_chapter_has_an_assignment_with_a_formula_that_is_judged():
    judged = {p.stem for p in PAGES for e in assignments.exercises(p) if e.checks}
    assert judged >= set(catalog.CHAPTERS)


CHECKS = [(c, e.label) for p in PAGES for e in assignments.exercises(p) for c in e.checks]


@pytest.mark.parametrize(("check", "label"), CHECKS, ids=[f"{b}-{a[0]}" for a, b in CHECKS])
def test_the_right_answer_passes_and_its_double_does_not(check, label):
    from sgdtheory.teaching import check_answer

    id, beginning = check
    claim = catalog.get(id).claim
    (part,) = [p for p in claim if p == beginning] or [
        p for p in claim if p.startswith(beginning)
    ]
    if not isinstance(claim[part], sp.Eq | Asymptotic | Proportional):
        assert check_answer(id, claim[part], part=beginning)
        assert not check_answer(id, claim[part].reversed.func(*claim[part].args), beginning)
        return
    right = claim[part].rhs
    assert check_answer(id, right, part=beginning)
    assert not check_answer(id, 2 * right, part=beginning)


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.stem)
def test_the_cells_run_without_an_answer(page):
    scope: dict = {}
    with contextlib.redirect_stdout(io.StringIO()) as said:
        for cell in assignments.notebook(page, None).cells:
            if cell.cell_type == "code":
                exec(compile(cell.source, page.stem, "exec"), scope)
    answers = sum(len(e.checks) for e in assignments.exercises(page))
    assert said.getvalue().count("no answer yet") == answers


def test_an_exercise_must_read_without_the_book(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("# P\n\n```{exercise}\n:label: ex-a\n\nFrom {eq}`eq-b`.\n```\n")
    with pytest.raises(SystemExit, match="must read without the book"):
        assignments.exercises(page)


def test_words_replace_roles():
    text = "By {prf:ref}`FND-5` and {term}`noises <noise>` of {doc}`power_law`."
    assert assignments.plain(text, "p") == (
        "By FND-5 and noises of *The power-law dynamic*."
    )
