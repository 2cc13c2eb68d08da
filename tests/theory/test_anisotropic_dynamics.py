"""ANI-1 to ANI-5: traces as algebra, and facts that follow from the statements."""

import numpy as np
import pytest
import sympy as sp

from sgdtheory.checks.anisotropic import alignment as alignment_run
from sgdtheory.checks.anisotropic import efficiency as efficiency_run
from sgdtheory.checks.anisotropic import expansion as expansion_run
from sgdtheory.checks.anisotropic import quadratic_well as well_run
from sgdtheory.theory.anisotropic import alignment, dynamics, efficiency, expansion
from sgdtheory.theory.anisotropic import quadratic_well as well
from sgdtheory.theory.anisotropic.symbols import (
    C,
    H,
    Sigma,
    Tr,
    eta,
    expanded,
    explicit,
    k,
    lam,
    one,
    per_eigenvalue,
    s,
    t,
)
from sgdtheory.theory.statement import verify_symbols

STATEMENTS = (
    *dynamics.STATEMENTS, *efficiency.STATEMENTS, *well.STATEMENTS, *alignment.STATEMENTS
)  # fmt: skip


@pytest.mark.parametrize("statement", STATEMENTS, ids=lambda s: s.id)
def test_every_step_is_algebra(statement):
    report = verify_symbols(statement)
    assert report.ok, report.problems
    by = {step.says: step.by for step in statement.steps}
    verdicts = {v for says, v in report.steps if by[says] != "counterexample"}
    assert verdicts == {"proved"}


def test_a_trace_is_a_commuting_number_that_turns_its_factors():
    assert Tr(H * Sigma).is_commutative and Tr(H).is_real
    assert expanded(Tr(H * Sigma * H) - Tr(Sigma * H**2)) == 0
    assert expanded(Tr(H * Sigma * H * Sigma) - Tr(H**2 * Sigma**2)) != 0
    assert expanded(Tr(2 * one)) == 2 * sp.Symbol("d", positive=True, integer=True)


def test_per_eigenvalue_agrees_with_explicit_matrices():
    axes = np.linalg.qr(np.random.default_rng(1).standard_normal((3, 3)))[0]
    noise, values = np.array([[2, 1, 0], [1, 3, -1], [0, -1, 1.5]]), (1.5, 0.3, -0.2)
    expr = Tr(H * sp.exp(-H * t) * Sigma * sp.exp(-H * t)).subs(t, 0.7)
    found = explicit(expr, {Sigma: sp.Matrix(noise)}, (values, sp.Matrix(axes)))
    diagonal = np.diag(axes.T @ noise @ axes)
    summed = sum(per_eigenvalue(expr).subs({lam: v, s: n})
                 for v, n in zip(values, diagonal, strict=True))  # fmt: skip
    assert float(found) == pytest.approx(float(summed), rel=1e-12)


def test_aligned_noise_is_ahead_and_then_is_not():
    """ANI-4: two noises of one trace in a well of curvatures 100 and 1."""
    f = per_eigenvalue(well.CLAIM[well.CLOSED].rhs).subs(s, 1)
    sharp, flat = (sp.lambdify(t, f.subs(lam, value)) for value in (100, 1))
    assert sharp(1e-3) / flat(1e-3) == pytest.approx(90.7, rel=1e-2)
    assert sharp(10) == pytest.approx(flat(10)) == pytest.approx(0.25)
    # At equal trace the sharp axis is never behind, at any time.
    assert all(sharp(x) >= flat(x) for x in np.geomspace(1e-4, 10, 30))


def test_at_the_largest_stable_step_the_recursion_knows_the_curvature():
    """ANI-4: the limit eta C/(2 (2 - eta l)) of each direction is not that of the SDE."""
    f = per_eigenvalue(well.CLAIM[well.DISCRETE].rhs)
    settled = sp.limit(f.subs({eta: sp.Rational(3, 2), lam: 1}), k, sp.oo)
    assert sp.simplify(settled / (s / 4)) == 2 / (2 - sp.Rational(3, 2))
    after_one = sp.simplify(f.subs(k, 1) - eta * lam * s / 2)
    assert after_one == 0


def test_the_formula_for_the_matrix_is_wrong_without_commuting():
    """ANI-4: it is not even symmetric, yet its trace with H is right."""
    formula = (2 * H) ** -1 * (one - sp.exp(-2 * H * t)) * Sigma
    half = per_eigenvalue(Tr(H * formula) / 2 - well.CLAIM[well.CLOSED].rhs)
    assert sp.simplify(half) == 0
    at = {well.l_1: 2, well.l_2: 1, well.s_12: 0.3, t: 0.5}
    matrix = well.matrix_formula().subs(at)
    assert abs(matrix[0, 1] - matrix[1, 0]) > 0.02


def test_doubling_agrees_with_the_covariance_of_the_closed_form():
    """The numeric covariance on a saddle against scipy's quadrature of its definition."""
    from scipy.integrate import quad_vec
    from scipy.linalg import expm

    H_, (_, noise) = well_run.well("saddle"), well_run.axes_and_noise()
    direct = quad_vec(lambda u: expm(-H_ * u) @ noise @ expm(-H_ * u), 0, 3.0)[0]
    assert np.allclose(direct, well_run.covariance("saddle", 3.0), rtol=1e-9)


def test_the_generic_loss_has_a_letter_for_every_derivative():
    """ANI-3: 10 + 20 + 35 derivatives in four dimensions; the expansion uses 10 and 35."""
    _, loss, _ = expansion.generic()
    assert len(loss) == 10 + 20 + 35
    letters = {str(x)[0] for order in expansion.orders() for x in order.free_symbols}
    assert letters == {"h", "q", "s"}


def test_both_orders_of_a_quartic_double_well_in_one_dimension():
    """ANI-3: L = -x^2/2 + x^4/4 at its hilltop, noise 1: t/2 (-1) + t^2/2 (-1 + 6/4)."""
    series = expansion.CLAIM[expansion.SECOND].rhs.removeO().subs(expansion.fourth, 6)
    at = {H: sp.Matrix([[-1]]), Sigma: sp.Matrix([[1]])}
    assert sp.expand(explicit(series, at) - (-t / 2 + t**2 / 4)) == 0
    loss = lambda x: -(x**2) / 2 + x**4 / 4  # noqa: E731
    z, w = np.polynomial.hermite_e.hermegauss(20)
    w = w / w.sum()
    one_step = lambda x, h: x - h * (x**3 - x) + np.sqrt(h) * z  # noqa: E731
    h = 1e-3
    twice = sum(a * w @ loss(one_step(x, h)) for x, a in zip(one_step(0, h), w, strict=True))
    bend = (twice - 2 * w @ loss(one_step(0, h))) / h**2
    assert bend == pytest.approx(0.5, abs=0.02)


def test_exact_averages_of_the_steps_do_not_depend_on_more_nodes(monkeypatch):
    """ANI-3: the Gauss rule is exact for the polynomials that occur."""
    few, nodes = expansion_run.rise(2, 0.1), expansion_run.normals
    monkeypatch.setattr(expansion_run, "normals", lambda n: nodes(n + 2))
    assert expansion_run.rise(2, 0.1) == pytest.approx(few, rel=1e-12)


def test_the_larger_efficiency_can_escape_less():
    """ANI-2: half as large again, and at a height of 20 five times rarer."""
    values = {efficiency.delta: 20, efficiency.E_1: 1, efficiency.E_2: sp.Rational(3, 2)}
    P_1, P_2 = (float(efficiency.CLAIM[label].rhs.subs(values))
                for label in (efficiency.ONE, efficiency.TWO))  # fmt: skip
    assert P_1 / P_2 == pytest.approx(4.8, rel=0.01)
    low = {efficiency.delta: 0.1, efficiency.E_1: 1, efficiency.E_2: 0.9}
    P_1, P_2 = (float(efficiency.CLAIM[label].rhs.subs(low))
                for label in (efficiency.ONE, efficiency.TWO))  # fmt: skip
    assert P_1 < 0.76 < 0.89 < P_2, "and at a low barrier the smaller one escapes more"


@pytest.mark.parametrize("mean", [0.1, 0.5, 1.0, 1.7])
def test_the_best_bound_is_markovs_at_every_mean(mean, monkeypatch):
    monkeypatch.setattr(efficiency_run, "MEAN", mean)
    found = efficiency_run.largest.__wrapped__()
    assert found == pytest.approx(mean / efficiency_run.BARRIER, rel=1e-9)


@pytest.mark.parametrize("id", ["ANI-2", "ANI-5"])
def test_numbers_tell_an_attained_bound_from_a_strict_one(id):
    (statement,) = [x for x in STATEMENTS if x.id == id]
    check = {**efficiency_run.CHECKS, **alignment_run.CHECKS}[id]
    bounds = {label: part for label, part in statement.claim.items() if part.func is sp.Le}
    assert bounds
    for label, part in bounds.items():
        strict = sp.Lt(part.lhs, part.rhs, evaluate=False)
        assert [c for c in check({**statement.claim, label: strict}) if not c.accepted], label
        assert not statement.judge({**statement.claim, label: strict}), label


def test_the_three_scalings_of_one_noise():
    """ANI-1: a toy that adds noise S to the weights has the gradient noise S/eta^2."""
    by_weights = dynamics.CLAIM[dynamics.WEIGHTS].rhs.subs(dynamics.S, eta**2 * C)
    assert by_weights == dynamics.CLAIM[dynamics.SDE].rhs
