"""PLD-T7: what its steps are made of, and how the claims hang together."""

import pytest
import sympy as sp

from sgdtheory.checks.escape import passes
from sgdtheory.theory import catalog
from sgdtheory.theory.escape import many_dimensions as t7
from sgdtheory.theory.escape import symbols as s
from sgdtheory.theory.escape import volumes


@pytest.mark.parametrize("dimension", [1, 2, 3])
def test_the_ball_integral_one_coordinate_at_a_time(dimension):
    m = sp.Integer(4)
    v = sp.Symbol("v", real=True)
    left = m
    product = sp.Integer(1)
    for _ in range(dimension):
        product *= sp.integrate((1 + v**2) ** -left, (v, -sp.oo, sp.oo))
        left -= sp.S.Half
    whole = volumes.ball().subs({volumes.n: dimension, volumes.power: m})
    assert sp.simplify(product - whole) == 0


def test_the_source_and_we_agree_in_one_dimension_but_for_the_factor_2():
    one = {t7.d: 1}
    for mutant in catalog.get("PLD-T14").mutants[1:3]:
        difference = mutant.claim[t7.CROSS].rhs - t7.CLAIM[t7.CROSS].rhs
        assert sp.simplify(difference.subs(one)) == 0, mutant.name
        assert sp.simplify(difference.subs(t7.d, 2)) != 0


def test_the_two_limits_do_not_commute_with_a_wrong_exponent():
    """The formula of Kramers and Eyring cannot see the exponent: the noise hardly grows."""
    statement = catalog.get("PLD-T7")
    wrong = next(m for m in statement.mutants if m.name == "exponent $m - (d + 1)/2$")
    claim = statement.claim_of(wrong)
    assert t7._kramers(claim) == 0
    assert t7._product(claim) != 0 and t7._laplace(claim) != 0


def test_more_noise_across_lowers_the_power_by_one_half_per_dimension():
    ratio = t7.CLAIM[t7.CROSS].rhs.subs(t7.d, 3) / t7.CLAIM[t7.CROSS].rhs.subs(t7.d, 1)
    assert sp.simplify(ratio * (1 + s.X)) == 1


def test_noise_across_is_a_change_of_letters():
    """The separable case: (d, k, sigma) has the exact time of unit noise with the same k."""
    plain = passes.Pass(2, 0.0, 6.0, 6.0, 3.0)
    across = passes.Pass(2, 0.0, 6.0, 6.0, 3.0, sigma_y=3.0)
    times = [passes.log_time(case, 8.0, 80) for case in (plain, across)]
    assert times[0] == pytest.approx(times[1], abs=1e-9)
