"""LOG-5, LOG-6, LOG-9, LOG-M1: the pieces of their checks, each against a route of its own."""

import numpy as np
import pytest
import sympy as sp

from sgdtheory.checks.log_landscape import first_passage, reconciliation, stationary, threshold
from sgdtheory.stochastic.first_passage import mean_first_passage_time
from sgdtheory.theory import catalog
from sgdtheory.theory.log_landscape import first_passage as passage_theory
from sgdtheory.theory.log_landscape import letters as s
from sgdtheory.theory.log_landscape import stationary as stationary_theory
from sgdtheory.theory.log_landscape import threshold as threshold_theory


def test_the_alias_names_the_statement():
    assert catalog.get("LOG-M") is catalog.get("LOG-M1")


@pytest.mark.parametrize(("beta", "n"), [(0.0, 1), (1.0, 4), (0.4, 2)])
def test_the_radius_moves_as_the_covariance_says(beta, n):
    """The mean of r² changes by -2 h r² + eta Tr C: no Itô term of a logarithm in it."""
    drift, D = stationary.motion(beta, n)
    q = np.linspace(-2.0, 2.0, 9)
    square = np.exp(2 * q)
    trace = (2 * (stationary.L_0 + stationary.H * square / 2) * stationary.H * n
             + beta * stationary.H**2 * square) / stationary.B  # fmt: skip
    change = square * (2 * drift(q) + 4 * D(q))
    assert np.allclose(change, -2 * stationary.H * square + stationary.ETA * trace, rtol=1e-12)


def test_gaussian_features_give_half_the_exponent():
    claim = catalog.get("LOG-5").claim
    q = claim[stationary_theory.EXACT_Q].rhs.subs(s.beta, 1)
    gauss = 1 + s.b / (2 * s.eta * s.h) + (s.n - 1) / 4
    assert sp.cancel(q - gauss) == 0
    assert sp.cancel(q.subs(s.n, 1) - 1 - (s.PHI - 1) / 2) == 0


def test_the_law_of_sgd_is_that_of_gaussian_features_not_that_of_the_loss():
    """P(L > 5 L*): the other law is half of it."""
    claim = dict(catalog.get("LOG-5").claim)
    right = stationary.claimed_chance(claim)
    claim[stationary_theory.EXACT_Q] = sp.Eq(s.q, s.PHI)
    wrong = stationary.claimed_chance(claim)
    found = stationary.sgd_on_gaussian_features()
    assert wrong < 0.6 * right
    assert abs(found.z(right)) < 4 and abs(found.z(wrong)) > 8


def test_the_growth_of_sgd_does_not_depend_on_the_batches_that_are_mixed():
    small, large = (threshold.growth_of_sgd(4.0, 5, batch) for batch in (2, 6))
    assert np.isclose(small, large, rtol=1e-7)


def test_the_critical_dimension_is_where_the_growth_changes_its_sign():
    claim = catalog.get("LOG-6").claim
    n_gauss = threshold.number(claim[threshold_theory.GAUSS].rhs)
    below, above = (threshold.log_growth(1.0, n_gauss + step) for step in (-0.5, 0.5))
    assert below < 0 < above
    assert np.isclose(below, -above, rtol=1e-6)


@pytest.mark.parametrize("kurtosis", [1.0, 1.8, 2.0, 3.0])
def test_features_have_the_moments_that_they_are_named_for(kurtosis):
    x, chance = reconciliation.feature(kurtosis)
    second = chance @ x**2
    assert np.isclose(chance.sum(), 1) and np.isclose(second, reconciliation.H)
    assert np.isclose(chance @ x**4, kurtosis * second**2)


def test_the_power_of_the_passage_time_is_reached_slowly():
    """The remark of LOG-9: b/eta = 10, h = 1, n = 10 at L = 3 L*."""
    n, phi = 10, 11.0

    def drift(q):
        across = 0.1 * (np.exp(-2 * q) + 0.5)  # eta h L/b over r², with L_* = 1
        return -1 + (n - 2) * across

    def D(q):
        return 0.1 * (np.exp(-2 * q) + 0.5)

    def log_time(c):
        return np.log(mean_first_passage_time(drift, D, -12.0, np.log(2 * (c - 1)) / 2))

    step = 1e-3
    local = (log_time(3 * np.exp(step)) - log_time(3 * np.exp(-step))) / (2 * step)
    assert 0.5 < local / (phi - n / 2) < 0.6


def test_the_passage_time_is_a_power_only_where_a_law_exists():
    margin = catalog.get("LOG-9").claim[passage_theory.POWER_IF]
    at_edge = (margin.gts - margin.lts).subs(s.q, s.Q.subs(s.beta, 0)).subs(s.n, s.N_C)
    assert sp.cancel(at_edge) == 0
    assert first_passage.fall(0.0, 12) < 0 < first_passage.fall(0.0, 10)
