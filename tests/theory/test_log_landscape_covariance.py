"""LOG-1 to LOG-4 and LOG-10: what is particular to them, on routes of its own."""

import numpy as np
import pytest
import sympy as sp

from sgdtheory.checks.log_landscape import covariance as counted
from sgdtheory.checks.log_landscape import decoupling as quadrature
from sgdtheory.checks.log_landscape.other_losses import worst_loss
from sgdtheory.theory import catalog
from sgdtheory.theory.log_landscape import (
    covariance,
    decoupling,
    features,
    other_losses,
    time_change,
)
from sgdtheory.theory.log_landscape import symbols as s
from sgdtheory.theory.printing import latex

LOG = {i: catalog.get(f"LOG-{i}") for i in (1, 2, 3, 4, 10)}


def test_the_source_has_one_half_too_many():
    (print_,) = [m for m in LOG[1].mutants if m.source]
    ratio = print_.claim[covariance.BATCH].rhs / LOG[1].claim[covariance.BATCH].rhs
    assert ratio == sp.Rational(1, 2)


def test_the_misprint_is_that_of_the_sum_over_samples():
    (print_,) = [m for m in LOG[3].mutants if m.source]
    true = LOG[3].claim[decoupling.DECOUPLED].rhs
    assert sp.simplify(true / print_.claim[decoupling.DECOUPLED].rhs) == decoupling.n


@pytest.mark.parametrize("dimension", [2, 3, 5])
def test_gaussian_features_in_more_dimensions_by_sampling(dimension):
    """The formula of LOG-3, entry by entry, against a million gradients."""
    draw = np.random.default_rng(dimension)
    root = draw.standard_normal((dimension, dimension))
    A, v = root @ root.T, draw.standard_normal(dimension)
    x = draw.standard_normal((1_000_000, dimension)) @ root.T
    g = x * (x @ v - 0.5 * draw.standard_normal(len(x)))[:, None]
    centred = g - g.mean(axis=0)
    stated = 2 * (v @ A @ v + 0.25) / 2 * A + np.outer(A @ v, A @ v)
    for i in range(dimension):
        for j in range(i + 1):
            products = centred[:, i] * centred[:, j]
            error = products.std() / len(x) ** 0.5
            assert abs(products.mean() - stated[i, j]) < 4.5 * error, (i, j)


def test_plus_and_minus_one_have_no_covariance_and_yet_are_not_decoupled():
    """K = 1: the loss is uncorrelated with G, and the noise does not grow."""
    x, weight = quadrature.TWO_POINTS
    near, far = (
        float(quadrature.gradient_covariance(x[:, None], weight, np.array([v]), batch=1))
        for v in (0.0, 3.0)
    )
    assert near == pytest.approx(far, rel=1e-12)


@pytest.mark.parametrize(("K", "sign"), [(1.5, -1), (2.0, 0), (2.5, 1)])
def test_kurtosis_decides_on_which_side_of_the_decoupled_form_the_noise_is(K, sign):
    x, weight = quadrature.of_kurtosis(K)
    v = np.array([1.7])
    found = float(quadrature.gradient_covariance(x[:, None], weight, v, batch=1))
    gap = found - 2 * quadrature.loss(np.eye(1), v)
    assert np.sign(round(gap, 10)) == sign


def test_no_spherical_law_decouples_and_gaussian_features_err_along_v_only():
    across, along = features.q - 1, 3 * features.q - 2
    assert sp.solve([across, along], features.q) == []
    distance = LOG[3].claim[features.SPHERE].rhs.subs(features.q, 1)
    assert distance == s.h**2 * features.vv


def test_spherical_points_integrate_what_they_say():
    """The quadrature of the check: moments of a uniform direction in 3-D."""
    x, weight = quadrature.sphere([1.0], [1.0], 3)
    assert weight.sum() == pytest.approx(1)
    assert weight @ x[:, 0] ** 2 == pytest.approx(1 / 3)
    assert weight @ x[:, 2] ** 4 == pytest.approx(1 / 5)
    assert weight @ (x[:, 0] * x[:, 2]) ** 2 == pytest.approx(1 / 15)


def test_complex_steps_agree_with_ordinary_differences():
    step = 1e-6
    for k, axis in enumerate(np.eye(2)):
        ahead, behind = (counted.losses(counted.AT + sign * step * axis) for sign in (1, -1))
        rough = (ahead - behind) / (2 * step)
        assert counted.slopes(counted.losses)[:, k] == pytest.approx(rough, abs=1e-8)


def test_the_drift_and_noise_are_read_from_the_printed_equation():
    drift, D = time_change.parts(LOG[4].claim, time_change.NEW)
    assert sp.simplify(drift + sp.diff(sp.log(time_change.L), time_change.w)) == 0
    assert D == s.eta * time_change.h_i / time_change.b


def test_a_stratonovich_reading_makes_the_well_shallower():
    """The added drift is a share eta h/(2b) of the pull of log L, outward."""
    stratonovich = LOG[4].claim_of(LOG[4].mutants[0])
    (wrong, _), (right, _) = (
        time_change.parts(c, time_change.NEW) for c in (stratonovich, LOG[4].claim)
    )
    share = sp.simplify(1 - wrong / right)
    assert share == s.eta * time_change.h_i / (2 * time_change.b)


def test_equations_read_like_a_blackboard():
    lines = [tex for i in (1, 2, 3, 4, 10) for _, tex in LOG[i].latex()]
    assert r"\mathrm{d}\tau = L \mathrm{d}t" in lines
    assert not [tex for tex in lines if "w_{\\perp}" in tex]
    assert latex(s.Root(s.eta)) == r"\sqrt{\eta}"
    assert latex(s.field("L")(s.h) ** 2) == "L^{2}"


def test_a_mean_is_a_sum_over_the_samples():
    assert s.Mean(s.ell[s.mu], 2).doit() == (s.ell[1] + s.ell[2]) / 2


def test_no_softmax_exceeds_the_bound():
    """Random outputs of several sizes and numbers of classes; every ratio below c."""
    draw = np.random.default_rng(0)
    worst = 0.0
    for classes in (2, 3, 10):
        z = draw.standard_normal((200_000, classes)) * draw.uniform(0, 8, (200_000, 1))
        p = np.exp(z - z.max(axis=1, keepdims=True))
        p /= p.sum(axis=1, keepdims=True)
        error = (1 - p[:, 0]) ** 2 + (p[:, 1:] ** 2).sum(axis=1)
        ell = -np.log(p[:, 0])
        seen = ell > 1e-6  # below, the ratio goes to zero, and -log p has lost its digits
        worst = max(worst, float((error[seen] / ell[seen]).max()))
    c = float(LOG[10].claim[other_losses.SMALLEST].rhs.subs(other_losses.peak, worst_loss()))
    assert 0.99 * c < worst <= c
