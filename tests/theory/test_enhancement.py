"""ENH-1..5: symbols, limits that must be plain SGD, and what a second moment does not fix."""

import numpy as np
import pytest
import sympy as sp

from sgdtheory.checks.log_landscape import enhancement as runs
from sgdtheory.checks.log_landscape import enhancement_moments as chains
from sgdtheory.theory.foundations import sgd
from sgdtheory.theory.log_landscape import enhancement
from sgdtheory.theory.log_landscape import enhancement_batches as noise
from sgdtheory.theory.log_landscape import enhancement_moments as moments
from sgdtheory.theory.log_landscape import enhancement_size as size
from sgdtheory.theory.log_landscape.enhancement_step import F, a
from sgdtheory.theory.statement import verify_symbols

STATEMENTS = {s.id: s for s in enhancement.STATEMENTS}


@pytest.mark.parametrize("statement", STATEMENTS.values(), ids=lambda s: s.id)
def test_symbols_prove_the_claim_and_reject_every_mutant(statement):
    report = verify_symbols(statement)
    assert report.ok, report.problems
    judged = zip(report.steps, statement.steps, strict=True)
    assert all(v == "proved" for (_, v), step in judged if step.by != "counterexample")
    assert all(rejected for _, rejected, _ in report.mutants)


def test_all_five_are_ours_and_say_so():
    """Only the abstract of the paper was at hand: no verdict on it is possible."""
    assert list(STATEMENTS) == [f"ENH-{k}" for k in range(1, 6)]
    for statement in STATEMENTS.values():
        assert (statement.source, statement.against_source) == ("sgdtheory", "new")
        assert statement.remark.startswith("Our reconstruction")


@pytest.mark.parametrize("weight", [0, 1])
def test_all_weight_on_one_batch_is_plain_sgd(weight):
    """ENH-2: all three ways of drawing give FND-2."""
    one = {k: part.rhs.subs(sgd.S, noise.S) for k, part in sgd.FND2.claim.items()}
    for label, plain in (
        (noise.WITH, sgd.WITH),
        *((k, sgd.WITHOUT) for k in (noise.TWO, noise.DISJOINT)),
    ):
        found = noise.stated(label, noise.NOISE).subs(a, weight)
        assert sp.simplify(found - one[plain]) == 0, label


def test_two_halves_of_the_data_with_equal_weights_have_no_noise():
    """ENH-2 at n = 2b and a = 1/2: full-batch gradient descent; at a = 2 far from it."""
    full = noise.stated(noise.DISJOINT, noise.NOISE).subs(noise.n, 2 * noise.b)
    assert sp.simplify(full.subs(a, sp.S.Half)) == 0
    assert runs.variance(3, 0.5, runs.DISJOINT) == pytest.approx(0, abs=1e-9)
    assert runs.variance(3, 2.0, runs.DISJOINT) > runs.of_sgd(1, replacement=False)


@pytest.mark.parametrize("b, wanted", [(1, 0.02), (2, 4), (32, 4), (256, 8)])
def test_the_weight_for_a_wanted_batch_gives_it(b, wanted):
    """ENH-3, there and back."""
    weight = size.SIZES[size.TARGET].rhs.subs({size.b: b, size.wanted: sp.nsimplify(wanted)})
    back = size.SIZES[size.SIZE].rhs.subs(F, size.SIZES[size.FACTOR].rhs)
    assert float(back.subs({size.b: b, a: weight})) == pytest.approx(wanted, rel=1e-12)


def test_no_weight_gives_more_than_both_batches():
    """ENH-3: a batch above 2b is out of reach, and the root says so."""
    weight = size.SIZES[size.TARGET].rhs.subs({size.b: 2, size.wanted: 5})
    assert not weight.is_real


@pytest.mark.parametrize("label, at_two", [(moments.SKEW, 0.28), (moments.EXCESS, 0.136)])
def test_the_shape_at_weight_two(label, at_two):
    """ENH-4: 7/25 and 17/125 of the small batch; both vanish for large weights."""
    ratio = moments.stated(label, moments.CLAIM)
    assert float(ratio.subs(a, 2)) == pytest.approx(at_two, rel=1e-12)
    assert sp.limit(ratio, a, sp.oo) == 0
    assert ratio.subs(a, sp.S.Half) == 1


def test_the_mean_square_is_shared_and_the_mean_logarithm_is_not():
    """ENH-4, one dimension: two batches of two for one of one, at the limit."""
    rng = np.random.default_rng(3)
    weight = (1 + np.sqrt(3)) / 2
    x = rng.standard_normal((400_000, 4)) ** 2
    mixed = x @ (np.array([weight, weight, 1 - weight, 1 - weight]) / 2)
    logs = []
    for curvature in (x[:, 0], mixed):
        factor = (1 - 2 / 3 * curvature) ** 2
        stderr = factor.std() / np.sqrt(len(factor))
        assert abs(factor.mean() - 1) < 4 * stderr
        logs.append((np.log(factor).mean(), np.log(factor).std() / np.sqrt(len(factor))))
    gap = abs(logs[0][0] - logs[1][0])
    assert gap > 8 * np.hypot(logs[0][1], logs[1][1])


def test_gauss_rule_of_the_check_knows_plain_sgd():
    """ENH-4 at a = 1: the factor of LOG-6 for one sample in three dimensions."""
    eta, h = 0.1, 1.3
    assert chains.growth(eta, h, 1.0) == pytest.approx(
        1 - 2 * eta * h + 5 * (eta * h) ** 2, rel=1e-12
    )
