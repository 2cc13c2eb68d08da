"""Statements in d dimensions and of the chains: symbols, numbers, and what they leave out."""

import math

import numpy as np
import pytest
import sympy as sp

from sgdtheory.checks.power_law import chains as run
from sgdtheory.checks.power_law import covariance_form as enumerated
from sgdtheory.checks.power_law import many_dimensions as measured
from sgdtheory.stochastic import linear_sgd
from sgdtheory.theory import catalog
from sgdtheory.theory.power_law import (
    chains,
    covariance_form,
    eigenbasis,
    least_squares,
    many_dimensions,
    trace_index,
)

STATEMENTS = (*many_dimensions.STATEMENTS, *chains.STATEMENTS)


def test_ids_are_in_the_order_of_the_book():
    ids = ["PLD-P10", "PLD-T4", "PLD-P11", "PLD-X1", "PLD-X2", "PLD-X3"]
    assert [s.id for s in STATEMENTS] == ids


def test_one_sum_splits_into_one_term_and_the_rest():
    rest, entry = sp.symbols("R x")
    total = sp.Sum(eigenbasis.h[eigenbasis.j] ** 2, (eigenbasis.j, 1, eigenbasis.d))
    split = eigenbasis.split(3 * total, {eigenbasis.h[eigenbasis.i]: entry}, rest)
    assert sp.expand(split - 3 * entry**2 - 3 * rest) == 0


def test_assumptions_of_the_source_in_two_dimensions():
    """PLD-P10: a traceless Hessian makes C = |u|² I, four equally likely matrices counted."""
    signs = [(x, y) for x in (-1, 1) for y in (-1, 1)]
    u = np.array([0.3, -1.7])
    gradients = [np.array([[x, y], [y, -x]]) @ u for x, y in signs]
    C = np.mean([np.outer(g, g) for g in gradients], 0)
    np.testing.assert_allclose(C, (u @ u) * np.eye(2), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("size", [3, 4, 5])
def test_assumptions_of_the_source_leave_nothing_above_two_dimensions(size):
    """PLD-P10: on all that the quadratic forms allow, Var Tr H = d(2-d) Var H_11, not > 0."""
    whole, one = enumerated.null_space(size, False)
    np.testing.assert_allclose(whole, size * (2 - size) * one, atol=1e-12)
    # For size 3 and more no entry of the Hessian may vary once the matrices vanish.
    assert enumerated.null_space(size, True)[1].size == 0


def test_density_in_one_dimension_is_the_student_law():
    """PLD-T4 at d = 1, h = lambda = 1: survival index 2 kappa + 1 for SGD."""
    log_p = [
        math.log(measured.put(
            many_dimensions.CLAIM[many_dimensions.DENSITY].rhs, 1, v=[x], h=[1.0],
            eta=0.1, kappa=2.0, alpha=0.0, **{"lambda": [1.0]}))
        for x in (1e4, 1e5)
    ]  # fmt: skip
    assert (log_p[1] - log_p[0]) / math.log(10) == pytest.approx(-6.0, rel=1e-8)


def test_repair_is_the_commuting_law_where_they_commute():
    """PLD-T4: X = eta kappa Sigma_g H^-1 solves the equation if H and Sigma_g commute."""
    h, s, eta, kappa = sp.symbols("h s eta kappa", positive=True)
    H, S = sp.diag(h, 2), sp.diag(s, 3)
    rule = many_dimensions.CLAIM[many_dimensions.REPAIR]
    values = {many_dimensions.H: H, many_dimensions.S: S,
              many_dimensions.X: eta * kappa * S * H.inv()}  # fmt: skip
    left, right = (eigenbasis.explicit(side, values) for side in (rule.lhs, rule.rhs))
    assert (left - right).applyfunc(sp.simplify) == sp.zeros(2)


def test_stationary_current_circulates():
    """PLD-T4: without commuting the stationary current is not zero, its divergence is."""
    X, u = measured.stationary_X(), np.array([0.6, -1.1])
    assert np.abs(measured.current(X, u)).max() > 0.05
    A = np.linalg.inv(X)
    K = np.stack([measured.current(X, axis) for axis in np.eye(2)], 1)
    assert np.abs(A @ K + (A @ K).T).max() < 1e-10


def test_equal_ratios_bring_the_power_law_back():
    """PLD-P11: gamma proportional to h, and the moments are those of PLD-T4."""
    h, lam, eta, kappa, alpha = [1.0, 2.0, 0.5], [1.0, 0.4, 2.0], 0.2, 4.0, 1.0
    values = dict(h=h, eta=eta, alpha=alpha, gamma=[x / (eta * kappa) for x in h])
    values["lambda"] = lam
    formula = trace_index.STATEMENT.claim[trace_index.MOMENT].rhs
    law = many_dimensions.CLAIM[many_dimensions.COVARIANCE].rhs
    expected = measured.put(law, 3, kappa=kappa, **values)
    assert measured.put(formula, 3, **values) == pytest.approx(expected, rel=1e-10)


def test_sampled_moments_reject_the_trace_index():
    """PLD-P11: the source's second moment is more than eight standard errors off."""
    source = next(m for m in trace_index.STATEMENT.mutants if m.source)
    claim = trace_index.STATEMENT.claim_of(source)
    pulls = [abs(c.pull) for c in measured.moments(claim) if "formula" in c.what]
    assert min(pulls) > 8


def test_exact_roots_agree_with_the_solvers():
    """PLD-X2, PLD-X3: two independent computations of the Kesten exponents."""
    assert float(run.gaussian_root(1 / 64, 2.0)) == pytest.approx(
        linear_sgd.kesten_exponent(1 / 64, 2.0), rel=1e-8
    )
    for eta, batch in ((0.1, 1), (0.3, 2), (0.01, 1)):
        assert run.skewed_root(eta, batch) == pytest.approx(
            linear_sgd.kesten_exponent_least_squares(eta, batch), rel=1e-8
        )


def test_exponent_two_is_where_the_variance_ends():
    """PLD-X3: at eta = 2b/(b + 2) the exponent is exactly 2."""
    for batch in (1, 2, 5):
        edge = least_squares.CLAIM[least_squares.FINITE].gts.subs(least_squares.b, batch)
        exponent = linear_sgd.kesten_exponent_least_squares(float(edge), batch)
        assert exponent == pytest.approx(2.0, rel=1e-8)


def test_second_moment_ends_where_the_gaussian_exponent_is_two():
    """PLD-X1, PLD-X2: 1/kappa = 2 - eta H."""
    for eps in (0.1, 0.7):
        assert linear_sgd.kesten_exponent(eps, 1 / (2 - eps)) == pytest.approx(2.0, rel=1e-8)


def test_one_covariance_for_both_entries_of_a_symmetric_hessian():
    H = covariance_form.H
    assert covariance_form.second_moment(H[1, 2], H[2, 2]) == covariance_form.second_moment(
        H[2, 2], H[2, 1]
    )


@pytest.mark.parametrize("id", ["PLD-T4", "PLD-P11"])
@pytest.mark.parametrize("ends", [(2, 0), (1, 1)])
def test_a_sum_over_other_coordinates_is_rejected(id, ends):
    """PLD-T4, PLD-P11: from the second coordinate, or one too many."""
    statement = catalog.get(id)
    sums = {
        label: part.replace(
            lambda e: isinstance(e, sp.Sum) and len(e.limits) == 1,
            lambda e: e.func(
                e.function, (e.limits[0][0], ends[0], e.limits[0][2] + ends[1])
            ),
        )
        for label, part in statement.claim.items()
        if part.has(sp.Sum)
    }
    assert sums
    for label, wrong in sums.items():
        assert wrong != statement.claim[label]
        assert not statement.judge({**statement.claim, label: wrong}), label
