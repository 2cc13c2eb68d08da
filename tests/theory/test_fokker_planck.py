"""Flux and stationary density for any one-dimensional drift and diffusion (FND-4, FND-5)."""

import math

import pytest
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad

from sgdtheory.theory.fokker_planck import (
    INDEX,
    backward,
    flux,
    index,
    operator,
    residual,
    stationary_density,
)

x, y = sp.symbols("x y", real=True)
alpha = sp.Symbol("alpha", real=True)
f, D, p, T = (sp.Function(name)(x) for name in "fDpT")
NAMES = sorted(INDEX)
# Odd drifts that pull inwards over diffusions that stay positive, all elementary.
whole = st.integers(1, 6)


def zero(expr) -> bool:
    return sp.simplify(expr) == 0


@pytest.mark.parametrize("name", NAMES)
def test_flux_is_the_family_for_any_drift_and_diffusion(name):
    """FND-4: the form without powers is ``f p - D^a (D^(1-a) p)'``."""
    a, noise = INDEX[name], sp.Function("D", positive=True)(x)
    written = f * p - noise**a * sp.diff(noise ** (1 - a) * p, x)
    assert zero(flux(p, f, noise, x, name) - written)


def test_conventions_differ_by_the_drift_alpha_d_prime():
    """FND-7, for undefined f, D and p, and a symbol as index."""
    assert zero(flux(p, f, D, x, alpha) - flux(p, f + alpha * sp.diff(D, x), D, x, "ito"))
    assert not zero(flux(p, f, D, x, alpha) - flux(p, f - alpha * sp.diff(D, x), D, x, "ito"))


def test_constant_diffusion_has_one_calculus():
    k = sp.Symbol("k", positive=True)
    assert len({flux(p, f, k, x, name) for name in NAMES}) == 1
    assert len({stationary_density(-x, k, x, name) / k ** INDEX[name] for name in NAMES}) == 1


@pytest.mark.parametrize("name", NAMES)
def test_operator_is_minus_the_divergence_of_the_flux(name):
    assert zero(operator(p, f, D, x, name) + sp.diff(flux(p, f, D, x, name), x))


@pytest.mark.parametrize("name", NAMES)
def test_backward_is_the_adjoint_of_the_operator(name):
    """p (L u) - u (L* p) is a total derivative: of ``D p u' + J u``."""
    u, J = sp.Function("u")(x), flux(p, f, D, x, name)
    edge = D * p * sp.diff(u, x) + J * u
    gap = p * backward(u, f, D, x, name) - u * operator(p, f, D, x, name)
    assert zero(gap - sp.diff(edge, x))


@given(a=whole, b=whole, c=whole, name=st.sampled_from(NAMES))
def test_stationary_density_has_no_flux(a, b, c, name):
    """FND-5: drift -a x - b x^3, D = c + x^2."""
    drift, noise = -a * x - b * x**3, c + x**2
    density = stationary_density(drift, noise, x, name)
    assert zero(flux(density, drift, noise, x, name) / density)
    assert zero(residual(sp.expand_log(sp.log(density), force=True), drift, noise, x, name))


@given(a=whole, c=whole, name=st.sampled_from(NAMES), other=st.sampled_from(NAMES))
def test_a_density_is_stationary_in_its_own_convention_only(a, c, name, other):
    drift, noise = -a * x, c + x**2
    density = stationary_density(drift, noise, x, name)
    left = sp.simplify(flux(density, drift, noise, x, other) / density)
    assert zero(left - (INDEX[other] - INDEX[name]) * sp.diff(noise, x))


@pytest.mark.parametrize(
    ("drift", "noise", "slope"),
    [
        (-sp.tanh(x), sp.Integer(2), -sp.tanh(x) / 2),
        (-sp.sin(x), sp.exp(sp.cos(x)), -sp.sin(x) * sp.exp(-sp.cos(x))),
        (1 - x, x**2 + 2 * x + 5, (1 - x) / (x**2 + 2 * x + 5)),
        (-(x**3) + x, sp.Rational(1, 3), 3 * (x - x**3)),
    ],
)
def test_other_drifts_and_diffusions(drift, noise, slope):
    """Hyperbolic, exponential, shifted, double-well: log-slope (f - (1-a) D')/D."""
    for name in NAMES:
        log_p = sp.expand_log(sp.log(stationary_density(drift, noise, x, name)), force=True)
        by_hand = slope - (1 - INDEX[name]) * sp.diff(noise, x) / noise
        at = sp.Rational(3, 7)
        assert abs(sp.N((sp.diff(log_p, x) - by_hand).subs(x, at), 20)) < 1e-15


@pytest.mark.parametrize("name", NAMES)
def test_variance_of_a_linear_noise_against_its_moment_equation(name):
    """f = -2x, 2D = 1 + x^2: balance 0 = -2(2 - alpha) V + 1 + V, so V = 1, 1/2, 1/3."""
    density = sp.lambdify(x, stationary_density(-2 * x, (1 + x**2) / 2, x, name), "numpy")
    norm = quad(density, -math.inf, math.inf)[0]
    found = quad(lambda u: u * u * density(u), -math.inf, math.inf)[0] / norm
    assert found == pytest.approx(1 / (3 - 2 * float(INDEX[name])), rel=1e-8)


@given(name=st.text().filter(lambda s: s not in INDEX))
def test_unknown_conventions_are_refused(name):
    with pytest.raises(ValueError, match="convention must be one of"):
        index(name)
    with pytest.raises(ValueError, match="SGD itself"):
        stationary_density(-x, 1 + x**2, x, name)


@given(level=st.integers(-9, 0))
def test_a_diffusion_that_is_not_positive_is_refused(level):
    for call in (flux, residual, operator, backward):
        with pytest.raises(ValueError, match=f"D must be > 0, got {level}"):
            call(p, -x, level, x)
    with pytest.raises(ValueError, match="D must be > 0"):
        stationary_density(-x, level * (1 + x**2), x)


@pytest.mark.parametrize("bad", [sp.nan, sp.oo, sp.zoo, float("nan"), float("inf")])
def test_nan_and_infinity_are_refused(bad):
    with pytest.raises(ValueError, match="drift must be finite"):
        flux(p, bad, 1 + x**2, x)
    with pytest.raises(ValueError, match="D must be finite"):
        stationary_density(-x, bad, x)


@pytest.mark.parametrize("bad", ["x", [1, 2], object(), None])
def test_what_is_no_expression_is_refused(bad):
    with pytest.raises(TypeError, match="drift must be a sympy expression or a number"):
        stationary_density(bad, 1 + x**2, x)


def test_an_integral_that_cannot_be_done_is_refused_with_a_way_out():
    with pytest.raises(ValueError, match="stochastic.stationary.density"):
        stationary_density(-sp.sin(x**3) * sp.exp(-(x**5)), 2 + sp.cos(x**2), x)
