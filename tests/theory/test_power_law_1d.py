"""The power-law dynamic in one dimension: symbols, numbers, and the sources' versions."""

import numpy as np
import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from sgdtheory.checks.power_law import noise as noise_run
from sgdtheory.checks.power_law import relaxation as relaxation_run
from sgdtheory.checks.power_law import stationary as stationary_run
from sgdtheory.checks.power_law import steps
from sgdtheory.stochastic.distributions import kappa_from_nu, power_law
from sgdtheory.theory import fokker_planck as fp
from sgdtheory.theory.power_law import noise, relaxation, sde, stationary, student_t
from sgdtheory.theory.power_law import symbols as s
from sgdtheory.theory.statement import verify_symbols

STATEMENTS = (*noise.STATEMENTS, *stationary.STATEMENTS, *relaxation.STATEMENTS)
CHECKS = {**noise_run.CHECKS, **stationary_run.CHECKS, **relaxation_run.CHECKS}
KAPPA = s.H / (s.eta * s.sigma_H)


def by_id(statement):
    return statement.id


@pytest.mark.parametrize("statement", STATEMENTS, ids=by_id)
def test_symbols_prove_the_claim_and_reject_every_mutant(statement):
    report = verify_symbols(statement)
    assert report.ok, report.problems
    # Every step here is algebra; none is only an identity at random points.
    assert {verdict for _, verdict in report.steps} <= {"proved", "nonzero"}
    assert all(rejected for _, rejected, _ in report.mutants)


@pytest.mark.parametrize("id", ["PLD-P1", "PLD-E5", "PLD-T2", "PLD-C3", "PLD-71"])
def test_the_version_of_the_source_is_a_mutant_that_both_checks_reject(id):
    statement = {x.id: x for x in STATEMENTS}[id]
    (source,) = [m for m in statement.mutants if m.source]
    wrong = statement.claim_of(source)
    assert not statement.judge(wrong)
    assert any(c.rejected for c in CHECKS[id](wrong))
    assert statement.against_source in ("corrected", "refuted")


def test_numeric_checks_cover_three_conventions_and_two_parameter_sets():
    names = [c.what for c in stationary_run.t2(stationary.CLAIM)]
    for convention in stationary_run.INDEX:
        for kappa in (3.0, 4.7):
            assert f"variance, {convention}, κ = {kappa}" in names


def test_bounds_of_existence_are_strict():
    """PLD-T2: at equality the integral diverges, so >= in place of > is noticed."""
    for label in (stationary.NORM_IF, stationary.MEAN_IF, stationary.VAR_IF):
        bound = stationary.CLAIM[label]
        weak = {**stationary.CLAIM, label: sp.Ge(bound.lhs, bound.rhs, evaluate=False)}
        assert not stationary.T2.judge(weak), label


def test_exponent_kappa_is_exact_for_anti_ito_and_for_nothing_else():
    """PLD-T2: the flux that the exponent kappa leaves, divided by p."""
    log_p = stationary.log_density(stationary.LAW, stationary.CLAIM).subs(s.alpha, 1)

    def left(convention):
        return sp.factor(sp.cancel(fp.residual(log_p, s.drift, s.D, s.u, convention)))

    assert left("anti-ito") == 0
    assert sp.expand(left("ito") + s.eta * (s.rho + s.sigma_H * s.u)) == 0
    assert sp.expand(left("stratonovich") + s.eta * (s.rho + s.sigma_H * s.u) / 2) == 0


@pytest.mark.parametrize("convention", ["ito", "stratonovich", "anti-ito"])
def test_the_sampled_law_has_the_moments_of_the_claim(convention):
    """PLD-T2 against ``stochastic.distributions``, which share no code."""
    p = stationary_run.SKEWED[0]
    law = power_law(p.kappa, p.sigma_g, p.sigma_H, p.rho, convention)
    letters = p.letters(law.alpha)
    for label, value in ((stationary.MEAN, law.mean()), (stationary.VAR, law.var())):
        claimed = stationary.resolve(stationary.CLAIM[label].rhs, stationary.CLAIM).subs(
            letters
        )
        # The Itô mean is zero.
        assert float(claimed) == pytest.approx(value, rel=1e-12, abs=1e-15)


@settings(max_examples=60, deadline=None)
@given(kappa=st.floats(0.01, 5.0), alpha=st.sampled_from(["ito", "stratonovich", "anti-ito"]))
def test_laws_are_refused_exactly_where_the_claim_says_so(kappa, alpha):
    """PLD-T2: norm, mean and variance exist if and only if the bounds hold."""
    index = {s.kappa: kappa, s.alpha: float(fp.index(alpha))}
    exists = [
        bool(stationary.CLAIM[k].subs(index))
        for k in (stationary.NORM_IF, stationary.MEAN_IF, stationary.VAR_IF)
    ]
    found = []
    for ask in (lambda law: law.pdf(0.0), lambda law: law.mean(), lambda law: law.var()):
        try:
            ask(power_law(kappa, 1.0, 1.0, 0.2, alpha))
            found.append(True)
        except ValueError:
            found.append(False)
    assert found == exists


@pytest.mark.parametrize(
    "index, nu", [(0, "2*kappa + 1"), (sp.Rational(1, 2), "2*kappa"), (1, "2*kappa - 1")]
)
def test_degrees_of_freedom_in_each_convention(index, nu):
    """PLD-C3, and the same data read as anti-Itô give a kappa larger by 1."""
    c = student_t.CLAIM
    made = c[student_t.NU].rhs.subs(s.m, c[student_t.M].rhs).subs(s.alpha, index)
    assert sp.expand(made - sp.sympify(nu, {"kappa": s.kappa})) == 0
    read = c[student_t.KAPPA].rhs.subs({student_t.nu: 7, s.alpha: index})
    names = {number: name for name, number in fp.INDEX.items()}
    assert float(read) == kappa_from_nu(7.0, names[sp.sympify(index)])


def test_quadratic_variance_needs_quadratic_sample_losses():
    """PLD-P1: what is left at u² is the covariance of gradient and third derivative."""
    left = noise._coefficient() - noise.in_moments(s.sigma_H)
    assert sp.expand(left - noise.covariance(noise.g, noise.T)) == 0
    # A data set fitted exactly has no gradient at the minimum, and then nothing is left.
    assert left.subs({k: 0 for k in left.free_symbols if k.name.startswith("E1")}) == 0


def test_zwanzig_form_loses_its_restoring_force_at_kappa_one():
    """PLD-E5."""
    drift = sde.E5_CLAIM[sde.ADDED].rhs
    slope = sp.diff(drift, s.u)
    assert slope.subs(s.kappa, 1) == 0
    assert slope.subs(s.kappa, sp.Rational(1, 2)).is_positive
    assert slope.subs(s.kappa, 2).is_negative


def test_only_the_stationary_q_gaussian_solves():
    """PLD-71: a width off by 1 % moves in a way that no width can."""
    rates, first, last = relaxation.what_remains()
    still = {relaxation.M: 0, relaxation.B: s.sigma_H / s.sigma_g}
    assert first.subs(still) == 0 and sp.cancel(last.subs(still)) == 0
    off = {**still, relaxation.B: sp.Rational(101, 100) * s.sigma_H / s.sigma_g}
    assert sp.cancel(last.subs(off)).is_positive
    shifted = {**still, relaxation.M: sp.Rational(1, 100)}
    assert first.subs(shifted).is_positive
    assert relaxation.A_rate in rates


def test_a_q_gaussian_of_the_wrong_width_is_no_solution_in_numbers():
    """PLD-71: its kurtosis would have to change at once, while q cannot."""
    p = relaxation_run.P
    two, four = relaxation_run.small_steps(relaxation_run.NOW)
    late = relaxation_run.late_kurtosis(0.0)
    assert 3.0 < four / two**2 < late
    assert late == pytest.approx(3 * (2 * p.kappa - 1) / (2 * p.kappa - 3), rel=1e-9)


def test_the_anti_ito_mean_grows_for_kappa_below_one():
    """PLD-71."""
    grown = relaxation.CLAIM[relaxation.MEAN].rhs / relaxation.start
    at = {s.H: 1, relaxation.t: 1, s.kappa: sp.Rational(4, 5)}
    assert float(grown.subs({**at, s.alpha: 1})) > 1 > float(grown.subs({**at, s.alpha: 0}))


def test_extrapolation_is_exact_for_polynomials():
    assert steps.limit(lambda h: 3 - 2 * h + h**3 - h**4, 0.5) == pytest.approx(3, rel=1e-13)


def test_a_step_with_index_zero_has_the_mean_of_the_drift():
    """PLD-E3: the Itô step, whatever the noise."""
    w = np.array([0.3, -1.2])
    after = steps.after(w, 0.1, lambda w: -2 * w, lambda w: np.sqrt(1 + w**2), 0.0)
    np.testing.assert_allclose(after @ steps.WEIGHTS, 0.8 * w, rtol=1e-13)
    np.testing.assert_allclose(
        (after**2) @ steps.WEIGHTS - (0.8 * w) ** 2, 0.1 * (1 + w**2), rtol=1e-12
    )


def test_the_chain_is_the_same_for_the_same_seed():
    p = stationary_run.CHAIN
    a, b, c = (stationary_run.sgd_chain(p, 10, 5, seed) for seed in (1, 1, 2))
    assert (a == b).all() and (a != c).any()
