"""Every part of every statement: right answers in other forms, wrong ones with a reason."""

import random

import pytest
import sympy as sp

from sgdtheory.teaching import _judge, check_answer
from sgdtheory.teaching._answer import with_right
from sgdtheory.teaching._compare import BOUNDS, same_part
from sgdtheory.teaching._hints import hints
from sgdtheory.teaching._names import as_text, names
from sgdtheory.teaching._numbers import Numbers
from sgdtheory.theory import catalog
from sgdtheory.theory.perturb import perturbed
from sgdtheory.theory.statement import Proportional

STATEMENTS = [s for s in catalog.all() if s.kind != "empirical"]
PARTS = [
    (s, k) for s in STATEMENTS for k, part in s.claim.items() if not isinstance(part, BOUNDS)
]
MUTANTS = [
    (s, m, k)
    for s in STATEMENTS
    for m in s.mutants
    for k, part in s.claim.items()
    if s.claim_of(m)[k] != part and not isinstance(part, BOUNDS)
]
#: What the parser has no words for; a sympy object is taken instead.
UNTYPED = (sp.MatrixBase, sp.hyper, sp.Piecewise, sp.MatrixExpr)


def named(pair):
    return f"{pair[0].id}-{pair[1][:20]}"


def sample(cases, count, seed=1):
    """Some cases, drawn with a seed, in their own order."""
    return [cases[i] for i in sorted(random.Random(seed).sample(range(len(cases)), count))]


@pytest.mark.parametrize("statement", STATEMENTS, ids=lambda s: s.id)
def test_the_right_side_is_accepted_as_typed_and_rewritten(statement):
    for label, part in statement.claim.items():
        if isinstance(part, BOUNDS):
            continue
        assert check_answer(statement.id, part.rhs, label), label
        if not commuting(part.rhs):
            continue
        if not part.rhs.has(*UNTYPED):
            text = as_text(part.rhs, names(statement, label))
            assert check_answer(statement.id, text, label), text
        if not part.rhs.has(sp.Order, *UNTYPED):
            for rewrite in (sp.expand, sp.together):
                right = rewrite(part.rhs)
                assert same_part(with_right(part, right), part, statement, label), (
                    label,
                    right,
                )


@pytest.mark.parametrize("pair", sample(PARTS, 180), ids=named)
def test_twice_the_right_side_is_told_its_factor_and_not_the_truth(pair):
    """A sample: all of them take a minute."""
    statement, label = pair
    part = statement.claim[label]
    for wrong in perturbed(part):
        assert not same_part(wrong, part, statement, label)
        told = " ".join(hints(statement, label, wrong))
        text = as_text(part.rhs, names(statement, label))
        assert len(text) < 8 or text not in told
        if not has_numbers(statement, label, wrong) or part.rhs == 0:
            continue
        if type(part) is Proportional:
            assert "the 2-th power" in told or "known wrong" in told, told
        else:
            assert "factor 2" in told, told


@pytest.mark.parametrize("case", sample(MUTANTS, 180), ids=lambda c: f"{c[0].id}-{c[2]}"[:40])
def test_a_mutant_is_called_by_its_name(case):
    """A sample of all parts that mutants change; two mutants may agree in one part."""
    statement, mutant, label = case
    wrong = statement.claim_of(mutant)[label]
    assert not same_part(wrong, statement.claim[label], statement, label)
    told = " ".join(hints(statement, label, wrong))
    alike = [m.name for m in statement.mutants if statement.claim_of(m)[label] == wrong]
    close = [m.name for m in statement.mutants if m.name in told]
    assert any(name in told for name in alike) or close, told


def commuting(right) -> bool:
    """A scalar of letters that commute: it can be rewritten by sympy."""
    letters = right.atoms(sp.Symbol, sp.MatrixSymbol)
    scalar = isinstance(right, sp.Expr) and not right.is_Matrix
    return scalar and all(x.is_commutative for x in letters)


def has_numbers(statement, label, wrong) -> bool:
    try:
        return bool(Numbers(statement, label, wrong).truth_core.free_symbols)
    except (TypeError, ValueError, IndexError):
        return False


@pytest.mark.parametrize("pair", sample(PARTS, 25), ids=named)
def test_twice_the_right_side_is_refuted(pair):
    statement, label = pair
    for wrong in perturbed(statement.claim[label]):
        assert _judge.judge(statement, label, wrong).found == _judge.WRONG
