"""Roughness, midpoint displacement, the two-dimensional model: what is particular to them."""

import numpy as np
import pytest
import sympy as sp

from sgdtheory.checks.anomalous import landscape as found
from sgdtheory.checks.anomalous import toy as model
from sgdtheory.theory.anomalous import landscape, self_affine, toy, toy_model


def test_the_slope_of_the_counts_is_below_the_dimension_and_tends_to_it():
    """At every size, however tall the surface; further below for a flatter one."""
    slope = landscape.S9.claim[landscape.SLOPE].rhs
    at = sp.lambdify((landscape.H, landscape.c, landscape.s), slope)
    s = np.array([1e-1, 1e-3, 1e-6])
    for H in (0.2, 0.5, 0.8):
        tall, flat = at(H, 3.0, s), at(H, 0.1, s)
        assert (flat < tall).all() and (tall < 3 - H).all() and (np.diff(tall) > 0).all()
        assert tall[-1] == pytest.approx(3 - H, abs=0.01)


def test_ratio_one_half_is_the_margin_of_both_formulas():
    """ANO-S10: the solved recursion tends to the logarithm as the ratio tends to 1/2."""
    solved, halved = (landscape.S10.claim[k].rhs for k in (landscape.SOLVED, landscape.HALVING))
    assert sp.simplify(sp.limit(solved.subs(landscape.k, 3), landscape.r, sp.S.Half)
                       - halved.subs(landscape.k, 3)) == 0  # fmt: skip
    assert found.increments(7, 0.5, 0.3, 0.0) == pytest.approx(7 * 0.09 / 4**7)


def test_the_index_that_halving_shows_lies_between_075_and_1():
    seen = landscape.S10.claim[landscape.SEEN].rhs
    values = [float(seen.subs(landscape.k, n)) for n in (2, 4, 8, 10)]
    assert 0.7 < values[0] < 0.71 and values == sorted(values) and values[-1] < 0.94


def test_brownian_motion_is_the_middle_of_the_transverse_distances():
    """ANO-T5: a quarter at H = 1/2, none on a straight line, three quarters at H = 0."""
    middle = self_affine.T5.claim[self_affine.MIDDLE].rhs
    values = [middle.subs(self_affine.H, h) for h in (sp.S.Half, 1, 0)]
    assert values == [sp.Rational(1, 4), 0, sp.Rational(3, 4)]


def test_the_way_down_the_cone_takes_the_141_steps_of_the_remark():
    steps = toy_model.S11.claim[toy_model.ARRIVES].rhs
    at = {toy_model.eta: 0.02, toy_model.g: 0.5, toy_model.rho_0: sp.sqrt(2)}
    assert round(float(steps.subs(at))) == 141


def test_smoothing_leaves_a_28th_of_the_height():
    plateau = sp.limit(toy_model.S11.claim[toy_model.SHUFFLED].rhs, toy_model.r, sp.oo) / 2
    left = sp.sqrt(plateau.subs({toy_model.v_0: 1, toy_model.s: 8}))
    assert round(1 / float(left)) == 28


def test_slopes_of_bilinear_surfaces():
    """Exact for x y, on nodes and between them, one surface a run or one for all."""
    axis = np.linspace(-1, 1, 9)
    U = (axis[:, None] * axis)[None]
    x = np.random.default_rng(1).uniform(-1, 1, (50, 2))
    x[0] = 1.0, -1.0
    assert model.slope(U, x) == pytest.approx(x[:, ::-1], abs=1e-13)
    many = np.arange(1, 51)[:, None, None] * U
    assert model.slope(many, x) == pytest.approx(np.arange(1, 51)[:, None] * x[:, ::-1])


def test_a_run_that_cannot_leave_the_border_is_dropped():
    """Pushed out by more than the noise can bring back."""
    axis = np.linspace(-1, 1, 9)
    steep = 100 * np.abs(axis[:, None]) + 0 * axis
    assert len(model.run(-steep[None], seed=1)) == 0
    assert len(model.run(0 * steep[None], seed=1)) == model.RUNS


def test_exponents_of_known_paths():
    straight = np.stack([np.arange(80.0), np.zeros(80)], 1)
    assert model.exponent(straight) == pytest.approx(2.0)
    assert np.isnan(model.exponent(straight[:39]))
    assert model.arrival(np.concatenate([straight, np.full((300, 2), 50.0)])) == 80


def test_a_band_that_admits_its_null_model_is_noticed():
    claim = dict(toy.F8.claim)
    claim[toy.BEFORE] = sp.Lt(toy.before, sp.Rational(3, 2))
    refused = [row.what for row in model.runs(claim) if not row.accepted]
    assert refused == [f"{toy.BEFORE}: holds for a paraboloid"]
