"""PLD-T8: what is particular to it."""

import pytest
import sympy as sp

from sgdtheory.theory.escape import divergence as kl
from sgdtheory.theory.escape import pac_bayes
from sgdtheory.theory.escape.symbols import alpha, kappa, m

(T8,) = pac_bayes.STATEMENTS


def at(expr, size, index):
    return expr.subs(m, kappa + 1 - alpha).subs({kl.d: size, alpha: index})


def test_the_condition_is_the_sources_for_sgd_and_one_more_in_its_own_reading():
    finite = T8.claim[kl.FINITE]
    for index, least in ((0, 3), (1, 4)):
        here = at(finite, 6, index)
        assert not here.subs(kappa, least) and here.subs(kappa, least + sp.Rational(1, 99))


@pytest.mark.parametrize("index", [0, 1])
@pytest.mark.parametrize("size", [2, 4])
def test_in_even_dimensions_the_digammas_are_rational(size, index):
    mean = sp.expand_func(at(T8.claim[kl.LOG].rhs, size, index))
    power = kappa + 1 - index
    assert sp.cancel(mean - sum(1 / (power - k) for k in range(1, size // 2 + 1))) == 0


def test_the_window_is_there_at_every_kappa_in_two_dimensions():
    """Both bounds are rational there: larger minus flatter is negative wherever finite."""
    for index in (0, 1):
        upper = at(T8.claim[kl.FLATTER].rhs, 2, index)
        lower = sp.expand_func(at(T8.claim[kl.LARGER].rhs, 2, index))
        s = sp.Symbol("s", positive=True)  # kappa - d/2 - alpha
        width = sp.cancel((upper - lower).subs(kappa, s + 1 + index))
        top, bottom = sp.fraction(sp.factor(width))
        assert sp.expand(top).is_positive and sp.expand(bottom).is_positive


def test_the_reconstructed_bound_is_below_the_divergence_at_the_identity():
    reconstructed = -sp.log(kl.det) / 2 + (kl.trace - kl.d) / (2 * (1 - 1 / kappa))
    here = {kl.trace: 2, kl.det: 1}
    exact = at(T8.claim[kl.DIVERGENCE].rhs, 2, 1).subs(here).subs(kappa, 4)
    assert at(reconstructed, 2, 1).subs(here) == 0
    assert sp.N(exact) > sp.Rational(3, 8)


def test_terms_that_prove_each_other_are_told_apart():
    """A wrong mean with the divergence that belongs to it is still refuted."""
    doubled = sp.Eq(kl.mean_log, 2 * kl.DIGAMMAS, evaluate=False)
    consistent = {kl.LOG: doubled, kl.DIVERGENCE: kl.divergence(doubled.rhs, kl.SPREAD)}
    assert not T8.judge({**T8.claim, **consistent})


def test_it_answers_to_both_of_its_numbers():
    assert T8.aliases == ("PLD-T15",)
    assert [mutant.source for mutant in T8.mutants].count(True) == 4
