"""PLD-X4 beyond its own steps: closed forms, constant noise, and the limits' order."""

import numpy as np
import pytest
import sympy as sp

from sgdtheory.checks.escape import quadratic_basin as check
from sgdtheory.stochastic.first_passage import mean_exit_time
from sgdtheory.stochastic.kesten import kesten_exponent
from sgdtheory.theory import catalog
from sgdtheory.theory.escape import quadratic_basin as q

X4 = catalog.get("PLD-X4")


@pytest.mark.parametrize(
    "m, closed",
    [
        (1, lambda B: B * sp.atan(B) - sp.log(1 + B**2) / 2),
        (sp.Rational(3, 2), lambda B: B**2 / 2),
        (
            2,
            lambda B: (
                B**2 / 4 + (B + B**3 / 3) * sp.atan(B) / 2 - sp.log(1 + B**2) / 6 - B**2 / 12
            ),
        ),
    ],
)
def test_closed_forms_of_the_double_integral(m, closed):
    """From the minimum; at m = 3/2 (SGD at kappa = 1/2) a power at every width."""
    B = sp.Symbol("B", positive=True)
    front, weight, inner, _ = q.pieces(X4.claim)
    slope = weight.subs(q.m, m) * inner.subs(q.m, m).doit()
    assert sp.simplify(slope.subs(q.y, B) - sp.diff(closed(B), B)) == 0
    assert closed(B).subs(B, 0) == 0 and front == 2 * q.kappa


def test_half_a_tail_index_is_a_walk_with_nothing_to_hold_it():
    """kappa = 1/2, Itô: H T = b^2/(2 s_0^2), a parabola from any start."""
    for start in (0.0, 2.0):
        time = mean_exit_time(lambda w: -w, lambda w: 1 + w * w, start, (-5.0, 5.0))
        assert time == pytest.approx((25 - start**2) / 2, rel=1e-9)


def test_many_kappa_are_constant_noise():
    """kappa -> infinity at b^2 = 5 kappa s_0^2: the exit of an Ornstein-Uhlenbeck process."""
    plain = mean_exit_time(lambda w: -w, lambda w: 0.5 + 0 * w, 0.0, (-(5**0.5), 5**0.5))
    gaps = [
        check.relaxations(kappa, 0.0, (5 / kappa) ** 0.5) / plain - 1 for kappa in (1e4, 4e4)
    ]
    # The gap is of order 1/kappa.
    assert abs(gaps[1]) < 1e-3 and gaps[0] / gaps[1] == pytest.approx(4, rel=0.01)


def test_at_fixed_steps_the_power_is_that_of_kesten():
    """The remark: N ~ b^p, E|1 - epsilon + sqrt(epsilon/kappa) xi|^p = 1, p < 2 kappa + 1."""
    kappa, root = 0.25, 0.4
    times = [check.chain(kappa, width, root) for width in (100.0, 200.0, 400.0, 800.0)]
    slopes = np.diff(np.log(times)) / np.log(2)
    power = kesten_exponent(root**2, kappa)
    assert power < 1.2 < 2 * kappa + 1
    gaps = slopes / power - 1
    # What is left falls like s_0/b: the next term of the tail.
    assert abs(gaps[-1]) < 2e-3 and np.all(gaps[:-1] / gaps[1:] == pytest.approx(2, rel=0.1))


def test_the_book_prints_both_powers():
    printed = dict(X4.latex())
    assert r"\left(\frac{b}{s_{0}}\right)^{2 \kappa + 1}" in printed[q.SGD]
    assert r"\left(\frac{b}{s_{0}}\right)^{2 \kappa - 1}" in printed[q.ANTI]
    assert r"\sqrt{\sigma_{g} + b^{2} \sigma_{H}}" in printed[q.SEEN]
