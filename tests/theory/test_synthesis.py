"""SYN-1 and SYN-2 where the answer is known without them."""

import sympy as sp

from sgdtheory.theory.synthesis import occupation, steps


def test_a_low_barrier_does_not_tell_growing_noise_from_frozen_noise():
    claim = occupation.CLAIM
    ratio = sp.log(claim[occupation.LOG].rhs / claim[occupation.OWN].rhs)
    x = sp.Symbol("x", positive=True)
    near = sp.series(sp.expand_log(ratio, force=True).subs(occupation.r, 1 + x), x, 0, 3)
    assert sp.simplify(near.coeff(x, 1)) == 0
    assert sp.simplify(near.coeff(x, 2) / occupation.BY_COST) == -sp.S.Half


def test_equal_wells_are_occupied_alike_whatever_the_noise():
    alike = {occupation.H_s: occupation.H_f, occupation.L_s: occupation.L_f}
    for label in (occupation.CONST, occupation.LOG, occupation.OWN):
        assert sp.simplify(occupation.CLAIM[label].rhs.subs(alike)) == 1


def test_a_walk_of_unit_steps_has_the_exponent_of_the_gamblers_ruin():
    # g = -1 (up) with probability p, else +1: the ruin has ((1 - p)/p) per step up
    p = sp.Rational(1, 3)
    inside = steps.CLAIM[steps.ROOT].lhs.args[0].subs(steps.theta, sp.log((1 - p) / p))
    mean = p * inside.subs(steps.g, -1) + (1 - p) * inside.subs(steps.g, 1)
    assert sp.simplify(mean - steps.CLAIM[steps.ROOT].rhs) == 0


def test_growth_of_the_noise_and_shape_of_the_step_are_of_one_order():
    claim, x = steps.CLAIM, sp.Symbol("x", positive=True)
    orders = []
    for label in (steps.WELL, steps.LOG_WELL, steps.DIFF_WELL):
        phi = claim[label].rhs.subs(steps.L, steps.L_0 * (1 + x)) * steps.eta * steps.h
        orders.append(sp.series(phi / steps.b, x, 0, 3).removeO().coeff(x, 2))
    assert orders == [0, -sp.S.Half, -1]
