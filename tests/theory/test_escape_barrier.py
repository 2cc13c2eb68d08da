"""PLD-D5, PLD-L6, PLD-X5: symbols, the source's version, and facts that follow from them."""

from math import exp, gamma, log, pi, sqrt

import numpy as np
import pytest
import sympy as sp
from scipy.integrate import quad

from sgdtheory.checks.escape import barrier as barrier_run
from sgdtheory.checks.escape import shape as shape_run
from sgdtheory.checks.escape.exact import DOUBLE, ETA, INDEX, SKEWED, Barrier
from sgdtheory.theory import catalog
from sgdtheory.theory.escape import barrier, definition, peaks, shape
from sgdtheory.theory.escape import symbols as s
from sgdtheory.theory.statement import verify_symbols

IDS = ("PLD-D5", "PLD-L6", "PLD-X5")


def formula(b, X: float, kappa: float, convention: str = "ito") -> float:
    """PLD-L6 in numbers."""
    return float(barrier.CLAIM[barrier.CROSS].rhs.subs(b.letters(X, kappa, convention)))


@pytest.mark.parametrize("id", IDS)
def test_symbols_prove_the_claim_and_reject_every_mutant(id):
    report = verify_symbols(catalog.get(id))
    assert report.ok, report.problems
    # Every step is algebra; none is only an identity at random points.
    assert {verdict for _, verdict in report.steps} == {"proved"}
    assert all(rejected for _, rejected, _ in report.mutants)


def test_both_versions_of_the_source_are_rejected_by_both_checks():
    """PLD-L6: the exponent for SGD, and first reach for crossing, each on its own."""
    statement = catalog.get("PLD-L13")
    assert statement.id == "PLD-L6" and statement.against_source == "corrected"
    sources = [m for m in statement.mutants if m.source]
    assert len(sources) == 2
    for mutant in sources:
        wrong = statement.claim_of(mutant)
        assert not statement.judge(wrong), mutant.name
        assert any(c.rejected for c in barrier_run.l6(wrong)), mutant.name


def test_the_formula_of_the_source_is_that_of_the_anti_ito_reading():
    """PLD-L6 with index 1 is what the source gives for its equation (5)."""
    kappa, X = s.kappa, s.X
    recalled = 2 * sp.pi / ((1 - 1 / (2 * kappa)) * barrier.ROOT)
    recalled *= (1 + X) ** (kappa - sp.Rational(1, 2))
    ours = barrier.CLAIM[barrier.CROSS].rhs.subs(s.m, kappa + 1 - s.alpha).subs(s.alpha, 1)
    assert sp.simplify(recalled / ours) == 1


@pytest.mark.parametrize("m, X", [(0.75, 0.5), (1.7, 3.0), (6.2, 20.0)])
def test_two_parabolas_give_the_formula_exactly(m, X):
    """PLD-L6: the product of both integrals, by quadrature, at any m > 1/2."""
    well = 2 * quad(lambda v: (1 + v * v) ** -m, 0, np.inf)[0]
    saddle = 2 * quad(lambda y: (1 + X - y * y) ** (m - 1), 0, sqrt(1 + X))[0]
    assert well * saddle == pytest.approx(pi / (m - 0.5) * (1 + X) ** (m - 0.5), rel=1e-6)


@pytest.mark.parametrize("convention", INDEX)
@pytest.mark.parametrize("b", [DOUBLE, SKEWED], ids=["double", "skewed"])
def test_the_formula_with_its_first_correction_at_a_moderate_kappa(b, convention):
    """PLD-L6: what is left of R is of the second order in 1/m."""
    X, letters = 3.0, b.letters(3.0, 40.0, convention)
    R = exp(b.log_time(X, 40.0, convention)) / formula(b, X, 40.0, convention)
    corrected = float(barrier.CLAIM[barrier.NEXT].rhs.removeO().subs(letters))
    assert abs(R - corrected) < 2 / float(letters[s.m]) ** 2 < abs(R - 1)


@pytest.mark.parametrize("X, kappa", [(0.1, 1.0), (1.0, 2.0), (10.0, 0.5), (30.0, 1.0)])
def test_reach_is_less_than_half_of_cross_by_the_time_from_the_top(X, kappa):
    """PLD-D5: exact for every even law, also where there is hardly a barrier."""
    reach, cross = (exp(DOUBLE.log_time(X, kappa, end=end)) for end in (0.0, 1.0))
    leave = exp(DOUBLE.log_time(X, kappa, end=1.0)) / 2 - reach
    top = quad(
        lambda y: (1 + X * (y * y - 1) ** 2) ** kappa
        * quad(lambda z: (1 + X * (z * z - 1) ** 2) ** (-kappa - 1), 0, y)[0],
        0, 1,
    )[0]  # fmt: skip
    eta_sigma_g = 2 * DOUBLE.height / (kappa * X)
    assert leave == pytest.approx(2 / eta_sigma_g * top, rel=1e-6)
    assert reach < cross / 2


def test_a_skewed_barrier_has_no_half_at_fixed_kappa():
    """PLD-X5: reach over cross is a ratio of path integrals."""
    kappa, X, late = 2.0, 1e5, Barrier(-2.0, 1.0, 2.0)
    rise = lambda y: (late.loss(y) / late.height) ** kappa  # noqa: E731
    to_b, to_c = (quad(rise, late.a, end)[0] for end in (late.b, late.c))
    found = exp(late.log_time(X, kappa, end=late.b) - late.log_time(X, kappa))
    assert found == pytest.approx(to_b / to_c, rel=1e-4)
    assert abs(to_b / to_c - 0.5) > 0.05


@pytest.mark.parametrize("m", [0.75, 1.0, 1.5, 2.0, 5.0])
def test_the_shape_constant_of_the_double_well(m):
    """PLD-X5 against quadrature of the path, also where the integrand is singular."""
    path = 2 * quad(lambda v: (v * (2 - v)) ** (2 * m - 2), 0, 1)[0]
    found = sqrt(2 / pi) * gamma(m + 0.5) / gamma(m) * path
    assert float(shape.CLAIM[shape.QUARTIC].rhs.subs(s.m, m)) == pytest.approx(found, rel=1e-6)


def test_a_bound_that_the_shape_constant_attains_is_noticed():
    """PLD-X5: the limit 1 is never reached, so >= in place of > is wrong."""
    part = shape.CLAIM[shape.ABOVE]
    weak = sp.Ge(part.lhs, part.rhs, evaluate=False)
    assert not catalog.get("PLD-X5").judge({**shape.CLAIM, shape.ABOVE: weak})


def test_only_weak_noise_makes_the_time_exponential_in_the_barrier():
    """PLD-X5: the growth of log(tau) when the barrier doubles, in the three limits."""
    fixed_kappa = log(formula(DOUBLE, 2e6, 2.0) / formula(DOUBLE, 1e6, 2.0))
    assert fixed_kappa == pytest.approx(2.5 * log(2), rel=1e-5)
    weak = log(formula(DOUBLE, 2e-3, 1e5)) / log(formula(DOUBLE, 1e-3, 1e5))
    strength = log(formula(DOUBLE, 6.0, 350.0)) / log(formula(DOUBLE, 3.0, 350.0))
    assert weak == pytest.approx(2, abs=0.02)
    assert strength == pytest.approx(log(7) / log(4), abs=5e-3)


def test_stirling_agrees_with_the_gamma_function():
    R = shape.CLAIM[shape.QUARTIC].rhs
    limit, first = peaks.at_large_m(R)
    assert (limit, first) == (0, sp.Rational(3, 16))
    at_50 = float(sp.log(R.subs(s.m, 50)))
    assert at_50 == pytest.approx(float(first) / 50, rel=2e-2)


def test_letters_of_a_barrier_are_the_derivatives_of_its_loss():
    values = DOUBLE.letters(1.5, 2.0, "stratonovich")
    w = sp.Symbol("w", real=True)
    exact = peaks.derivatives((w**2 - 1) ** 2, w, -1, 0)
    assert {k: float(v) for k, v in exact.items()} == pytest.approx(
        {k: float(values[k]) for k in exact}
    )
    X = 2 * values[s.barrier] / (values[s.kappa] * ETA * values[s.sigma_g])
    assert float(X) == pytest.approx(1.5) and float(values[s.m]) == 2.5


def test_the_tent_without_a_barrier_is_free_diffusion():
    """PLD-D5: T from -1 to x is (x + 1)²/2 for D = 1 and a wall at -1."""
    assert barrier_run.tent_time(0.0, -1, 1) == pytest.approx(2)
    assert barrier_run.tent_time(0.0, -1, 0) == pytest.approx(0.5)
    tent = definition.CLAIM[definition.TENT].rhs
    values = [float(tent.subs(definition.h, h)) for h in (0.1, 1, 5, 20)]
    assert 0.25 < values[0] and values == sorted(values) and values[-1] < 0.5


def test_the_numbers_hold_three_readings_and_two_shapes():
    names = [c.what for c in barrier_run.l6(barrier.CLAIM)]
    names += [c.what for c in shape_run.x5(shape.CLAIM)]
    for reading in INDEX:
        assert any(n.endswith(reading) for n in names)
    assert any("skewed" in n for n in names) and any("double" in n for n in names)
