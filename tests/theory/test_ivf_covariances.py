"""IVF-LYAP1 to IVF-XO1: what is particular to the exact covariances."""

import numpy as np
import pytest
import sympy as sp

from sgdtheory.checks.variance_flatness import epochs as brute
from sgdtheory.stochastic import linear_sgd
from sgdtheory.theory.statement import verify_symbols
from sgdtheory.theory.variance_flatness import (
    crossover,
    epoch_phases,
    heavy_ball,
    heavy_epochs,
    modes,
    nesterov,
    recursion,
    reshuffling_average,
    shuffle_once,
    state_dependent,
    window,
)

PARTS = (recursion, heavy_ball, nesterov, reshuffling_average, epoch_phases, heavy_epochs,
         shuffle_once, window)  # fmt: skip
STATEMENTS = [statement for part in PARTS for statement in part.STATEMENTS]
UNIT = {modes.eta: 1, modes.C: 1}


@pytest.mark.parametrize("statement", STATEMENTS, ids=lambda s: s.id)
def test_every_step_is_algebra(statement):
    report = verify_symbols(statement)
    assert report.ok, report.problems
    assert {verdict for _, verdict in report.steps} == {"proved"}


def test_the_average_knows_only_second_moments():
    x, y = sp.symbols("x y")
    table = {x**2: 2, y**2: 3, x * y: 0}
    assert modes.average((x + 2 * y) ** 2, table) == 14
    with pytest.raises(KeyError):
        modes.average(x**4, table)


@pytest.mark.parametrize("size", [1, 2, 5, 9])
def test_closed_sums_against_their_terms(size):
    q = sp.Rational(3, 7)
    plain = sum((size - k) * q**k for k in range(1, size))
    assert modes.triangular(q).subs(modes.M, size) == plain
    assert modes.geometric(q).subs(modes.M, size) == sum(q**k for k in range(size))


def test_a_sum_that_is_off_is_no_induction():
    q, M = sp.Symbol("q"), modes.M
    wrong = modes.triangular(q) + 1
    grown = wrong.subs(M, M + 1) - wrong - q * modes.geometric(q)
    assert sp.simplify(grown) == 0, "a constant survives the step"
    assert wrong.subs(M, 1) != 0, "and the first term catches it"


def test_bridges_average_to_the_flat_limit():
    """IVF-RR2 against IVF-RR1: the mean of k (M - k)/(M - 1)."""
    k, M = modes.k, modes.M
    bridge = epoch_phases.CLAIM[epoch_phases.BRIDGE].rhs.subs(UNIT)
    mean = sp.summation(bridge, (k, 1, M)) / M
    flat = reshuffling_average.CLAIM[reshuffling_average.FLAT].rhs.removeO().subs(modes.h, 0)
    assert sp.simplify(mean - flat) == 0


def test_two_minibatches_by_hand():
    """M = 2: the noises are +1 and -1 in a random order; X_0 = (1 - a)^2/(1 - a^4)."""
    a, M = modes.a, modes.M
    claim = epoch_phases.CLAIM
    start = epoch_phases.sums(claim, claim[epoch_phases.BOUNDARY].rhs, M)
    assert sp.simplify(start.subs(UNIT).subs(M, 2) - (1 - a) ** 2 / (1 - a**4) * 1) == 0
    once = shuffle_once.CLAIM[shuffle_once.AVERAGE].rhs.subs(UNIT).subs(M, 2)
    # One order kept: u alternates between +-1/(1 + a).
    assert sp.simplify(once - 1 / (1 + a) ** 2) == 0


@pytest.mark.parametrize("h", [0.05, 0.8, 1.9])
def test_no_phase_of_one_order_is_special(h):
    squares = (brute.orbits(h, 5) ** 2).mean(0)
    np.testing.assert_allclose(squares, squares[0], rtol=1e-12)


def test_the_next_order_of_the_flat_limit_with_momentum():
    """IVF-RR3: at mu = 0.9 and M = 200 it is 1.4 % of the whole, not 0.01 %."""
    at = {modes.mu: sp.Rational(9, 10), modes.M: 200}
    series = heavy_epochs.CLAIM[heavy_epochs.LONG].rhs.removeO()
    leading = (modes.M + 1) / 6 - modes.mu / (1 - modes.mu**2)
    ratio = float((series / leading).subs(at))
    exact = linear_sgd.epoch_variance(1e-9, 200, 0.9) * 0.01 / float(leading.subs(at))
    assert ratio == pytest.approx(1.0148, abs=1e-4)
    # The rest is of order 1/M^2.
    assert exact == pytest.approx(ratio, abs=1e-3)


def test_nesterovs_two_variances():
    """IVF-NAG1 at h = 0.299, mu = 0.8: they differ by more than a half."""
    at = {modes.h: 0.299, modes.mu: 0.8, modes.eta: 0.299, modes.lam: 1, modes.C: 1}
    own, shown = (float(nesterov.CLAIM[label].rhs.subs(at))
                  for label in (heavy_ball.POSITION, nesterov.STORED))  # fmt: skip
    assert shown / own == pytest.approx(1.55, abs=0.01)


def test_regression_settles_where_its_variance_is_infinite():
    """IVF-MUL1: at eta A = B = 1 half of the runs are within a few units, the mean is not."""
    bound = state_dependent.CLAIM[state_dependent.REGRESSION_FINITE]
    assert not bool(bound.subs({modes.eta: 1, state_dependent.A: 1, state_dependent.B: 1}))
    rng, w = np.random.default_rng(2), np.zeros(20_000)
    for _ in range(300):
        x, error = rng.standard_normal((2, w.size))
        w = w - x * (x * w - error)
    assert np.median(np.abs(w)) < 3 < np.mean(w**2)


def test_the_crossover_of_the_usual_setting():
    at = {modes.eta: sp.Rational(1, 10), modes.M: 1200, modes.mu: 0}
    assert crossover.CLAIM[crossover.CROSSING].rhs.subs(at) == sp.Rational(1, 40)
    there = float(crossover.CLAIM[crossover.THERE].rhs)
    exact = linear_sgd.epoch_variance(0.1 / 40, 1200) * 6 / 1200
    # The rest is of order 1/M.
    assert exact == pytest.approx(there, rel=5 / 1200)
