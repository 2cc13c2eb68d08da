"""What is particular to escape on the logarithmic landscape: LOG-7, LOG-8, LOG-11."""

import sympy as sp

from sgdtheory.theory.log_landscape import escape_letters as e
from sgdtheory.theory.log_landscape import escape_line, escape_many, escape_rate
from sgdtheory.theory.log_landscape.letters import L_0, h

LOG_7, LOG_8, LOG_11 = escape_rate.STATEMENTS


def test_three_statements_under_one_roof():
    assert [s.id for s in escape_rate.STATEMENTS] == ["LOG-7", "LOG-8", "LOG-11"]
    assert [s.source for s in escape_rate.STATEMENTS if "mori2022" not in s.source] == []


def test_rates_are_not_called_kappa():
    for statement in escape_rate.STATEMENTS:
        assert "kappa" not in "".join(tex for _, tex in statement.latex())


def test_only_the_remark_about_large_rates_is_held_against_the_source():
    sources = [m.name for s in escape_rate.STATEMENTS for m in s.mutants if m.source]
    assert sources == ["right for large rates"]


def test_a_cosine_has_corrections_of_both_ends():
    """``L = 2 - cos w``: by hand, c = -1/2 + 1/8 + 3/8 = 0."""
    ends = {h: 1, e.h_s: 1, e.l3_a: 0, e.l3_s: 0, e.l4_a: -1, e.l4_s: 1, L_0: 1, e.r: 3}
    assert LOG_7.claim[escape_line.C_L].rhs.subs(ends) == 0


def test_bent_path_against_the_straight_one():
    """The bound of LOG-8 crosses ln 4 between noise across of 4 and of 6."""
    bound = LOG_8.claim[escape_many.BENT].rhs.subs(
        {e.r: 4, L_0: 1, h: 24, escape_many.delta: 1, escape_many.ell: 64}
    )
    at = [sp.N(bound.subs(escape_many.omega, omega) - sp.log(4)) for omega in (4, 6)]
    assert at[0] > 0 > at[1]


def test_one_direction_more_is_worth_half_a_power():
    rate = LOG_8.claim[escape_many.RATE].rhs
    more = sp.log(rate.subs(escape_many.n, 3) / rate.subs(escape_many.n, 2))
    assert sp.simplify(sp.expand_log(more, force=True) - sp.log(e.r) / 2) == 0
    assert LOG_11.claim[escape_rate.WIDER].rhs.subs(
        {escape_rate.k_a: escape_rate.k_s}
    ) == sp.sqrt(e.r)
