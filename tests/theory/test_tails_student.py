"""What is particular to TLS-1, TLS-2, TLS-3 and PLD-EXPF5."""

import pytest
import sympy as sp

from sgdtheory.theory import catalog
from sgdtheory.theory.tails import figure5, information, readings, scale_mixture


def test_numbers_that_the_remark_of_the_information_names():
    """27,000 draws for nu = 100 at two standard errors."""
    rule = catalog.get("TLS-2").claim[information.DRAWS].rhs
    number = rule.subs({information.nu: 100, information.z: 2})
    assert number == pytest.approx(27_000, rel=0.02)


def test_information_of_a_cauchy_law():
    """nu = 1: 1/2 for location and for scale, both in units of the scale."""
    claim = catalog.get("TLS-2").claim
    at = {information.nu: 1, information.s: 1}
    assert claim[information.LOC].rhs.subs(at) == sp.Rational(1, 2)
    assert claim[information.SCALE].rhs.subs(at) == sp.Rational(1, 2)


def test_ito_readings_of_the_mixture_and_of_the_noise_meet():
    """nu - 1 = 2 kappa: eta C/2H at u = 0 is half the scale squared times nu over kappa."""
    claim = catalog.get("TLS-1").claim
    at_0 = claim[scale_mixture.SGD].rhs.subs(scale_mixture.u, 0)
    ornstein = scale_mixture.eta * scale_mixture.sigma_g / (2 * scale_mixture.H)
    assert sp.simplify(at_0 - ornstein) == 0


def test_a_symmetric_fit_has_its_minimum_at_the_centre_in_every_convention():
    claim = catalog.get("TLS-3").claim
    for label in (readings.PLACE, readings.ITO, readings.ANTI):
        assert claim[label].rhs.subs(readings.skew, 0) == readings.lam
    assert claim[readings.RHO].rhs.subs(readings.skew, 0) == 0


def test_curves_of_the_figure_under_its_other_name():
    statement = catalog.get("PLD-EXP-F5")
    assert statement.id == "PLD-EXPF5"
    curve = statement.claim[figure5.CURVE].rhs
    assert curve.subs({figure5.kappa: 1, figure5.x: 1}) == sp.Rational(1, 2)
