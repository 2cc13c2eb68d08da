"""The statements of the primer, FND-12 to FND-14: what is particular to them."""

import numpy as np
import pytest
import sympy as sp

from sgdtheory.checks.foundations import primer as check
from sgdtheory.stochastic.distributions import power_law
from sgdtheory.theory.foundations import heavy_tails, primer
from sgdtheory.theory.foundations.symbols import alpha


def test_the_three_integrals_are_half_of_t_apart():
    """FND-13: they add αt, for each unit of time the α · amplitude · amplitude' of FND-7."""
    claim = primer.FND13.claim
    limits = [claim[k].rhs for k in (primer.ITO, primer.MIDDLE, primer.ANTI)]
    assert [sp.expand(limits[i + 1] - limits[i]) for i in (0, 1)] == [primer.t / 2] * 2
    assert sp.diff(claim[primer.VALUE].rhs, alpha) == primer.t


@pytest.mark.parametrize("index", [0.0, 0.5, 0.8, 1.0])
def test_the_sum_is_exact_on_any_numbers_at_all(index):
    """FND-13: no probability in the first formula; here the increments are primes."""
    steps = np.array([2.0, -3.0, 5.0, 7.0, -11.0])
    start = np.concatenate([[0.0], steps.cumsum()[:-1]])
    stated = primer.FND13.claim[primer.SUM].rhs
    values = {primer.B_t: 0, primer.Q: 208, alpha: index}
    assert steps.sum() == 0
    found = ((start + index * steps) * steps).sum()
    assert float(stated.subs(values)) == pytest.approx(found, rel=1e-12)


def test_the_survival_index_of_sgd():
    """FND-14 on the law of PLD-C3: m = kappa + 1 gives 2 kappa + 1, seen in its tail."""
    kappa = sp.Symbol("kappa", positive=True)
    index = heavy_tails.FND14.claim[heavy_tails.FAMILY].rhs.subs(heavy_tails.m, kappa + 1)
    assert sp.expand(index - 2 * kappa - 1) == 0
    far = power_law(1.5, 1.0, 1.0).sf(np.array([1e3, 2e3]))
    assert np.log2(far[0] / far[1]) == pytest.approx(index.subs(kappa, 1.5), rel=1e-5)


def test_numbers_tell_the_order_of_the_index_from_the_ones_below():
    """FND-14: `q <= a` instead of `q < a` is refused by one comparison, at the very edge."""
    claim = heavy_tails.FND14.claim
    bound = claim[heavy_tails.EXISTS]
    wrong = sp.Le(bound.lhs, bound.rhs, evaluate=False)
    row = check.tails({**claim, heavy_tails.EXISTS: wrong})
    assert [c.what for c in row if not c.accepted] == ["moment at the index"]


def test_the_fine_path_knows_its_own_scatter():
    """FND-12: Σ (ΔB)² of a million steps is within four of √(2t²/n) of t."""
    _, steps = check.one_path()
    scatter = np.sqrt(2 * check.TIME**2 / steps.size)
    assert abs((steps**2).sum() - check.TIME) < 4 * scatter
    assert 8 * scatter < check.TIME / 50
