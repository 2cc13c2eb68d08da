"""Displacements: the numbers that the remarks quote follow from the claims beside them."""

import pytest
import sympy as sp

from sgdtheory.theory.anomalous import (
    known,
    msd,
    msd_fit,
    msd_regimes,
    msd_secant,
    msd_single,
    msd_threshold,
)

ALL = {s.id: s for s in msd.STATEMENTS}


def value(id, label, numbers):
    return float(ALL[id].claim[label].rhs.subs(numbers))


def test_six_statements():
    assert list(ALL) == ["ANO-EQ3", "ANO-EQ4", "ANO-EQ5", "ANO-EQ6", "ANO-S1", "ANO-S2"]


def test_pairs_of_a_window_of_a_thousand_points():
    """Worth of 900 pairs by the rule for long windows; by the exact variance; of 500 pairs."""
    assert 900 / value("ANO-EQ3", msd.COUNT, {msd.tau: 100}) == pytest.approx(13.5, rel=1e-2)
    for lag, worth in ((100, 13.9), (500, 2.0)):
        spread = known.few().rhs.subs({known.n: lag, known.K: 1000 - lag, known.d: 1})
        assert 2 / float(spread) == pytest.approx(worth, rel=5e-3)


@pytest.mark.parametrize("long, place", [("2", 0.40), ("1.2", 2.25)])
def test_the_lag_of_slope_one_is_not_the_hinge(long, place):
    numbers = {
        msd_regimes.alpha_2: sp.Rational("0.7"),
        msd_regimes.alpha_1: sp.Rational(long),
        msd_regimes.tau_1: 1,
    }
    found = value("ANO-EQ5", msd_regimes.CROSSING, numbers)
    assert found == pytest.approx(place, rel=1e-2)


def test_the_crossing_goes_to_zero_for_brownian_motion_that_drifts():
    place = ALL["ANO-EQ5"].claim[msd_regimes.CROSSING].rhs
    gap = sp.Symbol("gap", positive=True)
    place = place.subs({msd_regimes.alpha_1: 2, msd_regimes.alpha_2: 1 - gap})
    assert sp.limit(place, gap, 0, "+") == 0


def test_the_secant_at_lag_ten_shows_163():
    assert value("ANO-EQ6", msd_secant.HALFWAY, {msd_secant.u: 2}) == pytest.approx(
        1.63, abs=5e-3
    )


def test_the_source_differs_where_it_says_so():
    (wrong,) = [m for m in ALL["ANO-EQ4"].mutants if m.source]
    column = ALL["ANO-EQ4"].claim_of(wrong)[msd_single.ROW].rhs
    assert column == ALL["ANO-EQ4"].claim[msd_single.COLUMN].rhs


def test_a_crossover_that_is_none_is_proportional_to_the_largest_lag():
    part = ALL["ANO-S1"].claim[msd_fit.BEND_LAG]
    lag = sp.solve(sp.Eq(sp.exp(part.lhs), sp.exp(part.rhs)), msd_fit.tau_1)[0]
    assert sp.simplify(lag.diff(msd_fit.largest) * msd_fit.largest - lag) == 0


def test_ten_times_the_run_moves_the_change_point_by_115():
    later, earlier = (
        value("ANO-S2", msd_threshold.OWN, {msd_threshold.gamma: 1, msd_threshold.t_end: t})
        for t in (10_000, 1000)
    )
    assert later - earlier == pytest.approx(1.15, abs=2e-3)
