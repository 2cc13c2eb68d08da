"""Zero is decided by algebra, by numbers, or said to be undecided; never guessed."""

import pytest
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st

from sgdtheory.theory import decide as module
from sgdtheory.theory.decide import (
    AT_POINTS,
    NONZERO,
    PROVED,
    concretise,
    decide,
    flatten,
    points,
)

x, y = sp.symbols("x y", positive=True)
k = sp.Symbol("k", positive=True)


@pytest.mark.parametrize(
    "residual",
    [
        0,
        (x + y) ** 2 - x**2 - 2 * x * y - y**2,
        sp.sin(x) ** 2 + sp.cos(x) ** 2 - 1,
        sp.Matrix([[x - x, (x**2 - 1) / (x - 1) - x - 1]]),
        [[0, sp.Integer(0)], sp.Tuple(x / x - 1)],
        True,
        sp.true,
    ],
)
def test_identities_are_proved(residual):
    assert decide(residual) == PROVED


@pytest.mark.parametrize(
    "residual",
    [
        1,
        sp.Rational(1, 10**9),
        x - y,
        (x + y) ** 2 - x**2 - y**2,
        sp.Matrix([0, x]),
        [0, [0, x]],
        False,
        sp.false,
        sp.exp(x) - sp.exp(x) * (1 + sp.Rational(1, 10**12)),
    ],
)
def test_anything_else_is_nonzero(residual):
    assert decide(residual) == NONZERO


def test_an_identity_out_of_algebras_reach_is_called_so():
    """Gauss's multiplication with a product that simplify does not see through."""
    hidden = sp.Integral(x**y, (x, 0, 1)) - 1 / (y + 1)
    assert decide(hidden) in (AT_POINTS, PROVED)
    root = sp.sqrt(5 + 2 * sp.sqrt(6)) - sp.sqrt(2) - sp.sqrt(3)
    assert decide(root) in (AT_POINTS, PROVED)


def test_without_a_proof_every_point_is_tried(monkeypatch):
    monkeypatch.setattr(module, "_proved", lambda _: False)
    tried = []
    real = module._vanishes
    monkeypatch.setattr(module, "_vanishes", lambda *a: tried.append(a) or real(*a))
    assert decide((x + 1) ** 2 - x**2 - 2 * x - 1) == AT_POINTS
    assert len(tried) == module.POINTS > module.FEW


def test_undefined_functions_are_decided():
    f = sp.Function("f")
    t = sp.Symbol("t", real=True)
    assert decide(sp.diff(f(t) ** 2, t) - 2 * f(t) * f(t).diff(t)) == PROVED
    assert decide(sp.diff(f(t) ** 2, t) - f(t) * f(t).diff(t)) == NONZERO
    assert not concretise(f(t)).has(f)


def test_no_relation_between_partial_derivatives_is_taken_for_true():
    """Functions of several variables stand for any such function."""
    f, t = sp.Function("f")(x, y), sp.Symbol("t", real=True)
    for first in (-2, sp.Rational(-1, 2), 1, 2, 3):
        assert decide(sp.diff(f, y) - first * sp.diff(f, x)) == NONZERO
    assert decide(sp.diff(f, x, y) - sp.diff(f, y, x)) == PROVED
    assert decide(sp.diff(f, x, 2) * sp.diff(f, y, 2) - sp.diff(f, x, y) ** 2) == NONZERO
    assert decide(sp.Function("g")(t) - sp.Function("h")(t)) == NONZERO


def test_what_is_small_everywhere_is_not_zero():
    assert decide(sp.exp(-60 - x)) == NONZERO
    assert decide(sp.exp(-40) * (x - y)) == NONZERO


@pytest.mark.parametrize("nothing", [[], (), sp.Tuple(), [[]], sp.Matrix(0, 0, [])])
def test_a_residual_without_entries_proves_nothing(nothing):
    with pytest.raises(ValueError, match="must hold >= 1 entry"):
        decide(nothing)


@pytest.mark.parametrize("nothing", [None, [None], "0", sp.Gt(x, y)])
def test_a_residual_that_is_no_expression_is_refused(nothing):
    with pytest.raises(TypeError, match="must be made of sympy expressions"):
        decide(nothing)


def test_conditions_are_kept_by_the_points():
    drawn = list(points([x, k], [sp.Gt(k, 2 * x)], 20))
    assert len(drawn) == 20
    assert all(p[k] > 2 * p[x] for p in drawn)
    assert decide(sp.Abs(k - 2 * x) - k + 2 * x, [sp.Gt(k, 2 * x)]) in (PROVED, AT_POINTS)
    assert decide(sp.Abs(k - 2 * x) - k + 2 * x) == NONZERO


def test_impossible_conditions_are_refused():
    with pytest.raises(ValueError, match="leave room for test points"):
        list(points([x], [sp.Lt(x, -1)], 1))


@given(st.integers(-9, 9), st.integers(1, 9))
def test_a_shifted_identity_never_passes(a, b):
    shift = sp.Rational(a, 10**6 * b)
    verdict = decide((x + 1) ** 3 - x**3 - 3 * x**2 - 3 * x - 1 + shift)
    assert verdict == (PROVED if a == 0 else NONZERO)


def test_flatten_reaches_every_entry():
    assert list(flatten([sp.Matrix([1, 2]), (3, True)])) == [1, 2, 3, 0]
