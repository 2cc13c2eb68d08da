"""Pools of layers: what is particular to TLS-4 and TLS-5."""

import math

import numpy as np
import pytest
import sympy as sp

from sgdtheory.checks.tails import pooled_tails as numbers
from sgdtheory.stochastic.student_t import fit_student_t
from sgdtheory.theory.tails import pooled_tails, pooling


def test_more_weights_do_not_make_gaussian_layers_gaussian(monkeypatch):
    """The fitted nu of a pool settles; a single width sends it to infinity."""
    found = []
    for points in (20_000, 200_000):
        monkeypatch.setattr(numbers, "POINTS", points)
        found.append(fit_student_t(numbers.pool((2.0, 1.0))).nu.value)
    assert found[0] == pytest.approx(found[1], rel=0.01)
    assert math.isinf(fit_student_t(numbers.pool((1.0, 1.0))).nu.value)


@pytest.mark.parametrize("widths", [(1.2, 0.9), (1.1, 0.95)])
def test_nearly_one_width_is_a_student_t_of_the_same_kurtosis(widths):
    """nu of the fit is near 4 + 2/CV^2, that of TLS-4."""
    CV = numbers.spread(widths)
    nu = float(pooling.CLAIM[pooling.NU].rhs.subs(pooling.CV, CV))
    assert fit_student_t(numbers.pool(widths)).nu.value == pytest.approx(nu, rel=0.02)


def test_the_two_scores_fix_the_fit():
    """Solving the equations of TLS-5 for Gaussian layers gives what the fit finds."""
    from scipy.optimize import fsolve
    from scipy.special import digamma, erfcx

    shares, widths = np.array(numbers.SHARES), np.array(numbers.WIDTHS)
    nodes, weights = np.polynomial.hermite_e.hermegauss(120)
    weights = weights / weights.sum()

    def scores(at):
        nu, scale = np.exp(at)
        y = math.sqrt(nu / 2) * scale / widths
        first = shares @ (math.sqrt(math.pi) * y * erfcx(y)) - nu / (nu + 1)
        z2 = (np.outer(widths, nodes) / scale) ** 2
        second = shares @ np.log1p(z2 / nu) @ weights
        return first, second - digamma((nu + 1) / 2) + digamma(nu / 2)

    nu, scale = np.exp(fsolve(scores, (math.log(5), 0.0)))
    fitted, _, fitted_scale = numbers.fitted()
    assert nu == pytest.approx(fitted, rel=2e-3)
    assert scale == pytest.approx(fitted_scale, rel=1e-3)


def test_a_wide_layer_of_one_per_cent():
    """Kurtosis up to 300 from Gaussians, in the words of the remark."""
    limit = pooling.CLAIM[pooling.WIDE].rhs.subs(pooling.p, sp.Rational(1, 100))
    assert limit == 300


def test_the_index_of_a_pool_runs_from_one_exponent_to_the_other():
    index = pooled_tails.CLAIM[pooled_tails.INDEX].rhs.subs(numbers.POWERS)
    near, far = (float(index.subs(pooled_tails.x, 10.0**k)) for k in (-6, 9))
    assert near == pytest.approx(4, abs=1e-3) and far == pytest.approx(2.5, abs=1e-3)
