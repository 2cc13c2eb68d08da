"""The machinery of statements: what passes, and above all what must not."""

import pytest
import sympy as sp

from sgdtheory.theory import show
from sgdtheory.theory.perturb import perturbations, perturbed
from sgdtheory.theory.statement import (
    Asymptotic,
    Mutant,
    Noted,
    Proportional,
    Statement,
    Step,
    equation,
    verify_symbols,
)

x, a = sp.symbols("x a", positive=True)
y = sp.Symbol("y")


BOTH = (
    Step("a lemma", None, lambda: (x + 1) - x - 1),
    Step("differentiate", None, lambda c: sp.diff(x**2, x) - c[""].rhs),
)


def statement(**changed) -> Statement:
    """The derivative of x^2, as a small true statement."""
    given = dict(
        id="TST-1",
        kind="theorem",
        title="A derivative",
        source="sgdtheory",
        assumptions=(("x > 0", sp.Gt(a, 0)),),
        claim=equation(y, 2 * x),
        steps=BOTH,
        mutants=(Mutant("no factor 2", equation(y, x)),),
    )
    return Statement(**(given | changed))


def test_a_true_statement_is_ok():
    report = verify_symbols(statement())
    assert report.ok and report.rejected == 1
    assert [verdict for _, verdict in report.steps] == ["proved", "proved"]


@pytest.mark.parametrize(
    "changed, problem",
    [
        (dict(claim=equation(y, 3 * x)), "step not borne out (nonzero)"),
        (dict(mutants=()), "no mutants"),
        (dict(mutants=(Mutant("same thing", equation(y, x + x)),)), "mutant not rejected"),
        (dict(steps=(Step("lemma only", None, lambda: 0),)), "no step judges the claim"),
        (dict(claim={"": equation(y, 2 * x), "more": equation(y, 9)}), "this part: more"),
        (dict(status="asymptotic"), "no step is a limit"),
        (
            dict(
                status="asymptotic",
                steps=(*BOTH, Step("1/x", None, lambda: sp.limit(1 / x, x, sp.oo), by="limit")),
            ),
            "no step is a limit or a series that judges",
        ),
        (dict(status="open"), "open, but a step decides it"),
        (dict(status="definition"), "a theorem with the status definition"),
        (dict(kind="definition"), "a definition with the status exact"),
        (dict(status="empirical"), "a theorem with the status empirical"),
        (dict(source="someone2020, Theorem 1"), "new, but the source is someone2020"),
        (dict(against_source="as-stated"), "as-stated, but the source is sgdtheory"),
        (dict(against_source="not-reproduced"), "not-reproduced, but it is a theorem"),
        (
            dict(
                source="someone2020, Theorem 1",
                against_source="as-stated",
                mutants=(Mutant("theirs", equation(y, x), source=True),),
            ),
            "the source's version is a mutant",
        ),
        (dict(steps=(*BOTH, Step("nan", None, lambda c: sp.nan))), "borne out (undecided)"),
        (dict(status="conditional"), "without the condition"),
        (dict(against_source="corrected"), "source's version is not a mutant"),
        (dict(kind="definition", steps=()), "worked example"),
    ],
)
def test_what_is_not_borne_out_is_a_problem(changed, problem):
    report = verify_symbols(statement(**changed))
    assert not report.ok
    assert any(problem in p for p in report.problems), report.problems


def test_a_counterexample_must_not_vanish():
    good = Step("without it", None, lambda: x - a, by="counterexample")
    bad = Step("without it", None, lambda: x - x, by="counterexample")
    base = statement()
    assert verify_symbols(statement(status="conditional", steps=(*base.steps, good))).ok
    assert not verify_symbols(statement(status="conditional", steps=(*base.steps, bad))).ok


@pytest.mark.parametrize("name, value", [("kind", "guess"), ("status", "true"),
                                         ("against_source", "fine")])  # fmt: skip
def test_unknown_words_are_refused(name, value):
    with pytest.raises(ValueError, match=f"{name} of TST-1 must be one of"):
        statement(**{name: value})


def test_unknown_routes_are_refused():
    with pytest.raises(ValueError, match="must go by one of"):
        statement(steps=(Step("s", None, lambda: 0, by="magic"),))


@pytest.mark.parametrize(
    "part",
    [
        equation(y, x),
        equation(y, sp.Integer(0)),
        Proportional(y, sp.exp(-x)),
        Asymptotic(y, x),
        sp.Gt(y, x),
        sp.Lt(y, x),
        equation(sp.MatrixSymbol("M", 2, 2), sp.ImmutableMatrix([[1, 0], [0, x]])),
        equation(sp.MatrixSymbol("M", 2, 2), sp.ImmutableMatrix.zeros(2, 2)),
    ],
)
def test_every_part_has_wrong_neighbours(part):
    neighbours = perturbed(part)
    assert neighbours
    for wrong in neighbours:
        assert wrong != part and sp.latex(wrong) != sp.latex(part)


def test_a_bound_is_both_moved_and_turned():
    wrong = perturbed(sp.Gt(y, x))
    assert sp.Gt(y, 2 * x) in wrong and sp.Lt(y, x) in wrong
    assert sp.Ge(y, x) in wrong and sp.Ge(y, x) not in perturbed(sp.Gt(y, x), edges=False)


def test_perturbations_are_judged_wrong():
    base = statement()
    assert base.judge(base.claim)
    assert [base.judge(claim) for _, claim in perturbations(base)] == [False]


def test_a_step_that_cannot_decide_refutes_no_mutant():
    """A residual without a number is no evidence against a mutant."""

    def blind(claim):
        return 0 if claim[""].rhs == 2 * x else sp.nan

    base = statement(steps=(Step("blind", None, blind),))
    assert base.judge({"": equation(y, x)})
    assert "mutant not rejected: no factor 2" in verify_symbols(base).problems


def test_only_the_steps_that_read_a_changed_part_are_asked_again():
    asked = []

    def of(label):
        return lambda claim: (asked.append(label), claim[label].rhs - 2 * x)[1]

    base = statement(
        claim={part: equation(y, 2 * x) for part in "ab"},
        steps=tuple(Step(part, None, of(part)) for part in "ab"),
        mutants=(Mutant("no factor 2", {"b": equation(y, x)}),),
    )
    assert verify_symbols(base).ok and asked == ["a", "b", "b"]
    asked.clear()
    assert not base.judge(base.claim_of(base.mutants[0])) and asked == ["a", "b"]
    assert base.judge({**base.claim, "a": equation(y, x)}, [{"b"}, {"b"}]), "as it is told"


def test_a_noted_claim_gives_its_parts_by_label_only():
    claim = Noted({"a": 1, "b": 2})
    assert [label for label in claim] == ["a", "b"] and "a" in claim and claim.unread
    for whole in (dict, lambda c: {**c}, lambda c: c | {}, lambda c: list(c.values())):
        with pytest.raises(TypeError, match="one by one, got all at once"):
            whole(claim)
    assert claim["a"] == 1 and claim.unread == ["b"]


def test_a_changed_part_must_be_one_of_the_claim():
    with pytest.raises(ValueError, match="a changed part of TST-1 must be one of"):
        statement().with_claim({"other": equation(y, x)})


def test_parts_keep_their_labels():
    two = statement(
        claim={"first": equation(y, 2 * x), "second": equation(y, x)},
        steps=(Step("both", None, lambda c: [c["first"].rhs - 2 * c["second"].rhs]),),
        mutants=(Mutant("other", {"second": equation(y, 3 * x)}),),
    )
    assert list(two.claim_of(two.mutants[0])) == ["first", "second"]
    assert two.latex() == [("first", "y = 2 x"), ("second", "y = x")]
    assert verify_symbols(two).ok
    assert not verify_symbols(two.with_claim({"second": equation(y, x**2)})).ok


def test_a_statement_shows_itself_in_plain_markdown():
    text = statement()._repr_markdown_()
    assert "**TST-1**" in text and "$$\ny = 2 x\n$$" in text
    assert "✓ differentiate (proved)" in text and "Mutants rejected: 1 of 1." in text
    assert "{" not in text.replace("{\\", "")  # no MyST
    broken = statement(claim=equation(y, 3 * x))._repr_markdown_()
    assert "✗ differentiate (nonzero)" in broken


@pytest.mark.parametrize("style", ["bibtex", "latex", "markdown"])
def test_citations_have_a_link_only_where_there_is_a_site(style):
    plain = show.cite(statement(), style, "1.2.3")
    linked = show.cite(statement(), style, "1.2.3", "https://example.org/x#TST-1", "abc")
    assert "TST-1" in plain and "1.2.3" in plain and "http" not in plain
    assert "https://example.org/x#TST-1" in linked and "commit abc" in linked


def test_unknown_citation_style_is_refused():
    with pytest.raises(ValueError, match="style must be one of"):
        show.cite(statement(), "apa", "1")
