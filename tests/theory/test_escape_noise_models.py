"""PLD-TAB1: what is particular to the three rows."""

import numpy as np
import pytest
import sympy as sp

from sgdtheory.checks.escape import noise_models as check
from sgdtheory.theory import catalog
from sgdtheory.theory.escape import barrier
from sgdtheory.theory.escape import noise_models as rows

CLAIM = rows.TAB1.claim


@pytest.mark.parametrize("alias", ["PLD-TAB1-L", "PLD-TAB1-α", "PLD-TAB1-P"])
def test_the_three_rows_have_names_of_their_own(alias):
    assert catalog.get(alias) is rows.TAB1


def test_the_last_row_is_the_lemma_of_this_chapter():
    lemma = barrier.CLAIM
    assert sp.simplify(CLAIM[rows.GROWING].rhs / lemma[barrier.CROSS].rhs) == 1
    assert sp.simplify(CLAIM[rows.SGD].rhs / lemma[barrier.SGD].rhs) == 1


def test_density_of_jumps():
    """Cauchy: 1/(pi y^2).  Close to Brownian motion: 2 - mu."""
    c = CLAIM[rows.JUMPS].rhs
    assert c.subs(rows.mu, 1) == 1 / sp.pi
    assert sp.limit(c / (2 - rows.mu), rows.mu, 2) == 1


def test_the_missing_constant_is_worth_a_factor_of_three():
    ratio = CLAIM[rows.TWO].rhs / rows.TAB1.claim_of(rows.TAB1.mutants[0])[rows.TWO].rhs
    at = ratio.subs(rows.c_mu, CLAIM[rows.JUMPS].rhs).subs(rows.mu, 1.5)
    assert float(at) == pytest.approx(3.342, abs=1e-3)


@pytest.mark.parametrize("label", [rows.ABOVE, rows.BELOW])
def test_numbers_notice_an_edge_let_in(label):
    part = CLAIM[label]
    other = {sp.Gt: sp.Ge, sp.Lt: sp.Le}[part.func](part.lhs, part.rhs, evaluate=False)
    refused = [c.what for c in check.bounds({**CLAIM, label: other}) if not c.accepted]
    assert len(refused) == 1 and refused[0].startswith("edge")


def test_integrals_of_the_range_fall_off_as_they_should():
    for mu in (0.3, 1.0, 1.7):
        assert check.falls(mu, 1e-3, 0.5) == pytest.approx(2 - mu, rel=1e-6)
        assert check.falls(mu, 2000 * np.pi, 2.0) == pytest.approx(mu, rel=1e-6)


@pytest.mark.parametrize("mu, power", [(1.5, 1.0), (0.8, 1.0)])
def test_the_correction_of_the_rows_limit_is_of_the_order_of_the_rate(mu, power):
    """What the extrapolation of the check takes for granted: halved rates halve the error."""
    drift, limit = check.SHAPES["parabola"][0], check.rarely(mu, -check.ELL)
    errors = [
        rate * check.mean_exit_time(drift, rate ** (1 / mu), mu, 0.0, (-check.ELL, check.ELL))
        / limit - 1
        for rate in (1e-3, 5e-4)
    ]  # fmt: skip
    assert np.log2(errors[0] / errors[1]) == pytest.approx(power, abs=0.02)
