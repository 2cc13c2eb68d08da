"""TLS-6 at its ends, and against the exact exponents."""

import pytest
import sympy as sp

from sgdtheory.checks.tails import batch_size as check
from sgdtheory.stochastic.kesten import kesten_exponent_least_squares
from sgdtheory.theory import catalog
from sgdtheory.theory.tails import batch_size as theory

CLAIM = catalog.get("TLS-6").claim


def line(eta: float) -> tuple[float, float]:
    at = {theory.eta: eta, theory.x: check.cheapest(CLAIM, eta)}
    at[theory.s] = CLAIM[theory.SLOPE].rhs.subs(at)
    constant = CLAIM[theory.EXPONENT].rhs.removeO().subs(at).coeff(theory.b, 0)
    return float(at[theory.s]), float(constant)


@pytest.mark.parametrize("eta", [0.05, 0.5, 1.0, 1.9])
def test_what_is_left_of_the_exponent_falls_as_one_over_the_batch(eta):
    slope, constant = line(eta)
    left = [kesten_exponent_least_squares(eta, n) - slope * n - constant for n in (200, 800)]
    assert left[1] == pytest.approx(left[0] / 4, rel=0.05)


def test_the_tail_is_lighter_than_the_ito_law_below_a_rate_and_heavier_above():
    assert line(0.604)[0] > 1 / 0.604
    assert line(0.606)[0] < 1 / 0.606


def test_the_slope_is_nowhere_that_of_the_ito_law_at_small_rates():
    ratio = [check.least_ratio(eta) * eta for eta in (1e-2, 1e-4, 1e-8)]
    assert ratio == sorted(ratio)
    assert ratio[-1] == pytest.approx(float(theory.LIMIT), rel=1e-6)


def test_small_rates_leave_a_body_far_nearer_to_a_gaussian_than_the_ito_law():
    at = {theory.eta: sp.Rational(1, 100), theory.b: 10}
    gamma = CLAIM[theory.KURTOSIS].rhs.subs(at)
    ito = 6 / (CLAIM[theory.ITO].rhs.subs(at) - 4)
    assert gamma / ito < 1e-4


def test_linear_scaling_moves_the_exact_exponent_and_not_kappa():
    exact = [kesten_exponent_least_squares(n / 20, n) for n in (1, 12, 36)]
    assert exact[0] > 30
    assert exact[1] == pytest.approx(21, rel=0.05)
    assert exact[2] < 5
