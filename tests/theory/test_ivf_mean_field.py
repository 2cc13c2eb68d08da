"""IVF-E1 to E4, E9 to E13, E15, EQ1: facts that follow from the statements."""

import numpy as np
import pytest
import sympy as sp

from sgdtheory.checks.variance_flatness import langevin as langevin_run
from sgdtheory.checks.variance_flatness import mean_field as mean_run
from sgdtheory.checks.variance_flatness import mean_velocity as velocity_run
from sgdtheory.stochastic import linear_sgd
from sgdtheory.theory.statement import verify_symbols
from sgdtheory.theory.variance_flatness import (
    einstein,
    fluctuation_time,
    langevin,
    mean_field,
    mean_velocity,
    members,
    minibatch,
    sgd,
    step,
    temperature,
    velocity_spread,
)
from sgdtheory.theory.variance_flatness.random_landscape import (
    L_0,
    F,
    alpha,
    m,
    m_bar,
    normal_mean,
    s,
    sigma,
    theta,
    x,
)

STATEMENTS = (*sgd.STATEMENTS, *mean_field.STATEMENTS, *temperature.STATEMENTS)


@pytest.mark.parametrize("statement", STATEMENTS, ids=lambda s: s.id)
def test_every_step_is_algebra(statement):
    report = verify_symbols(statement)
    assert report.ok, report.problems
    by = {step.says: step.by for step in statement.steps}
    verdicts = {v for says, v in report.steps if by[says] != "counterexample"}
    assert verdicts == {"proved"}


def test_every_label_of_the_files_is_here():
    assert [one.id for one in STATEMENTS] == [
        "IVF-E1", "IVF-E2", "IVF-E3", "IVF-E4", "IVF-E9", "IVF-E10", "IVF-E11", "IVF-E12",
        "IVF-E13", "IVF-E15", "IVF-EQ1",
    ]  # fmt: skip


def test_normal_mean_is_the_integral():
    """One completed square against sympy's own integral, at numbers."""
    at = {m: sp.Rational(1, 2), sigma: 1, theta: sp.Rational(1, 3)}
    density = sp.exp(-(x**2) / 2) / sp.sqrt(2 * sp.pi)
    integrand = ((theta - x) ** 2 * sp.exp(m * (theta - x) ** 2 / 2)).subs(at) * density
    numeric = sp.Integral(integrand, (x, -sp.oo, sp.oo)).evalf(15)
    assert float(normal_mean((theta - x) ** 2, 1).subs(at)) == pytest.approx(float(numeric))


def test_a_batch_of_everything_has_no_noise_and_two_batches_of_an_epoch_are_opposite():
    """IVF-E3: B = N, and N = 2 B."""
    without = minibatch.CLAIM[minibatch.WITHOUT].rhs
    assert without.subs(minibatch.B, minibatch.N) == 0
    pair = minibatch.CLAIM[minibatch.PAIR].rhs.subs(minibatch.M, 2)
    assert pair == -minibatch.C_mu


def test_an_epoch_in_two_orders_differs_at_second_order_only():
    """IVF-E2."""
    plain = step.CLAIM
    gap = step.travelled(plain, (0, 1, 2)) - step.travelled(plain, (2, 1, 0))
    assert sp.expand(gap).coeff(alpha, 1) == 0
    assert sp.expand(gap).coeff(alpha, 2) != 0


def test_the_flat_variance_is_that_of_the_exact_solver():
    """IVF-E4 against the closed form of reshuffling, at a curvature near zero."""
    claimed = langevin.CLAIM[langevin.FLAT].rhs.subs({alpha: 1, langevin.C: 1, langevin.M: 40})
    assert float(claimed) == pytest.approx(linear_sgd.epoch_variance(1e-9, 40), rel=1e-6)
    assert langevin_run.flat() / langevin_run.lagged(0) == pytest.approx(5 / 6, rel=1e-10)


def test_the_worked_example_of_the_mean_field():
    """IVF-E10, E12, E15 at m = 4, sigma = 1/5: sharper by a fifth, noisier by 1.78."""
    at = {m: 4, sigma: sp.Rational(1, 5)}
    curvature = 1 / mean_field.CLAIM[mean_field.CURVED].rhs.subs(at)
    assert curvature == sp.Rational(100, 21)
    ratio = velocity_spread.CLAIM[velocity_spread.RATIO].rhs.subs(at)
    assert float(ratio) == pytest.approx(1.7834, abs=1e-4)
    steep = temperature.CLAIM[temperature.STEEP].rhs.subs(at)
    assert steep == sp.Rational(42, 17) and steep > 2


def test_one_curvature_in_two_directions_is_the_one_dimensional_case():
    """IVF-E10: diagonal matrices."""
    p, q = mean_field.A, mean_field.B
    inverse = mean_field.explicit(mean_field.CLAIM[mean_field.MATRIX].rhs)
    inverse = inverse.subs({p[0, 1]: 0, q[0, 1]: 0})
    single = mean_field.CLAIM[mean_field.CURVED].rhs
    assert sp.cancel(inverse[0, 0] - single.subs({m: p[0, 0], sigma: sp.sqrt(q[0, 0])})) == 0
    assert inverse[0, 1] == 0


def test_the_mean_outlives_the_mean_square():
    """IVF-E10 and E12: between one half and one there is a mean loss of infinite variance."""
    at = {m: 3, sigma: sp.S.Half}
    assert bool(mean_field.CLAIM[mean_field.EXISTS].subs(at))
    assert not bool(velocity_spread.CLAIM[velocity_spread.EXISTS].subs(at))


@pytest.mark.parametrize("id", ["IVF-E10", "IVF-E12"])
def test_numbers_tell_the_edge_of_existence(id):
    """At equality the moment is infinite: the bound is strict."""
    (statement,) = [one for one in STATEMENTS if one.id == id]
    check = {**mean_run.CHECKS, **velocity_run.CHECKS}[id]
    (label,) = (k for k, part in statement.claim.items() if part.func is sp.Lt)
    wide = sp.Le(statement.claim[label].lhs, statement.claim[label].rhs, evaluate=False)
    refused = [c.what for c in check({**statement.claim, label: wide}) if not c.accepted]
    assert len(refused) == 1 and "at 1 of the edge" in refused[0]


def test_second_order_of_the_expansion_misses_the_next_one():
    """IVF-E10: two curvatures; what is left falls like s^4."""
    claimed = sp.lambdify(s, mean_field.CLAIM[mean_field.RANDOM].rhs.removeO().subs(
        {m_bar: 4, sigma: 0.2}))  # fmt: skip
    grid = 0.2 * np.cos(np.pi * (np.arange(10) + 0.5) / 20)

    def curvature(spread):
        pair = np.array([4 - spread, 4 + spread])
        loss = np.log(mean_run.random_landscape.mean_loss(grid, pair, 0.2))
        return 2 * np.polynomial.polynomial.polyfit(grid**2, loss, 7)[1]

    left = [curvature(q) - claimed(q) for q in (0.8, 0.4)]
    assert left[0] / left[1] == pytest.approx(16, rel=0.1)


def test_normal_curvatures_have_no_mean_however_little_they_differ():
    """IVF-E9: the growth is positive for every s, and without spread there is none."""
    growth = members.CLAIM[members.DIVERGES].rhs
    assert growth.is_positive and growth.subs(s, 0) == 0


def test_the_factor_that_is_dropped_is_the_rise_of_the_lowest_value():
    """IVF-E11 and E10: both are ``(1 - m sigma^2)^-1/2``."""
    lowest = mean_field.CLAIM[mean_field.LOWEST].rhs / mean_field.l_1
    assert sp.simplify(mean_velocity.CLAIM[mean_velocity.DROPPED].rhs - lowest) == 0


def test_every_power_in_the_window_formula_is_positive():
    """IVF-E13: so that tau rises with a, and from 1/T... to its limit (T^2 - 1)/6T."""
    whole = (
        fluctuation_time.CLAIM[fluctuation_time.INSIDE].rhs.subs(fluctuation_time.T, 7).doit()
    )
    coefficients = sp.Poly(whole, fluctuation_time.a).all_coeffs()
    assert len(coefficients) == 6 and all(c > 0 for c in coefficients)
    assert sum(coefficients) == sp.Rational(7**2 - 1, 6 * 7)


def test_the_window_formula_is_that_of_the_exact_solver():
    """IVF-E13 against the variance of an AR(1) in a window."""
    claim = fluctuation_time.CLAIM[fluctuation_time.INSIDE].rhs
    keep, size = sp.Rational(19, 20), 30
    tau = claim.subs({fluctuation_time.a: keep, fluctuation_time.T: size}).doit()
    step_square = 2 / (1 + float(keep))
    window = linear_sgd.window_variance(float(keep), size)
    assert float(tau) == pytest.approx(window / step_square, rel=1e-12)


@pytest.mark.parametrize("batches", [2, 5, 20])
def test_tau_rises_with_flatness_under_epochs_too(batches):
    """IVF-E13: reshuffling is a spectrum like any other; exact variance over exact step."""
    h = np.geomspace(1.5, 1e-3, 40)
    X = linear_sgd.epoch_variance(h, batches)
    steps = np.array([stationary_step(float(q), batches) for q in h])
    tau = X / steps
    assert (np.diff(tau) > 0).all()
    assert tau[-1] == pytest.approx((batches + 1) / 6, rel=0.02)


def stationary_step(h, batches):
    """Mean square of a step: ``theta' - theta`` has the noise of an epoch, differenced."""
    lags = np.arange(6000)
    R = np.zeros(len(lags))
    R[0] = 1
    k = np.arange(1, batches)
    R[1:batches] = -(batches - k) / (batches * (batches - 1))
    a = 1 - h
    X = linear_sgd.epoch_variance(h, batches)
    # E theta_t xi_t, from the noise of earlier steps.
    mixed = -(a ** np.arange(batches - 1) @ R[1:batches])
    return h**2 * X + 1 + 2 * h * mixed


def test_directions_with_noises_of_their_own_can_do_anything():
    """IVF-E13: the condition is needed; a flatter direction whose noise is faster."""
    slow, fast = np.cos([0.5, 2.5])
    tau = [1 / (2 - 2 * c) for c in (slow, fast)]
    assert tau[1] < tau[0]


def test_einstein_is_recovered_for_noise_of_one_strength_only():
    """IVF-EQ1: the exponents at gamma = 0, 1, 2, and nothing but h at gamma = 1."""
    psi = einstein.CLAIM[einstein.DIRECTIONS].rhs
    assert [psi.subs(einstein.gamma, g) for g in (0, 1, 2)] == [-2, 0, 2]
    finite = einstein.CLAIM[einstein.DISCRETE].rhs
    assert sp.limit(finite.subs(einstein.gamma, 0), einstein.h, 0) == -2
    assert finite.subs({einstein.gamma: 0, einstein.h: sp.Rational(1, 10)}) > -2


def test_the_einstein_relation_of_the_worked_well():
    """IVF-EQ1: T = 0.01, F = 2, L_0 = 1: sigma^2 = 0.005, less 1.5 per cent."""
    at = {einstein.temperature: sp.Rational(1, 100), F: 2, L_0: 1}
    assert einstein.CLAIM[einstein.EINSTEIN].rhs.subs(at) == sp.Rational(1, 200)
    assert einstein.CLAIM[einstein.WELL].rhs.removeO().subs(at) == sp.Rational(985, 1000)
