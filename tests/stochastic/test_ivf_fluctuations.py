"""Principal components and variances of windows, and the linear surrogate they are tried on."""

import numpy as np
import pytest

from sgdtheory.estimate import Estimate
from sgdtheory.stochastic import fluctuations, linear_sgd, surrogate


@pytest.mark.parametrize("shape", [(40, 7), (7, 40)])
def test_components_are_those_of_the_singular_value_decomposition(shape):
    w = np.random.default_rng(0).standard_normal(shape) @ np.diag(np.linspace(1, 3, shape[1]))
    found = fluctuations.principal_components(w)
    _, s, Vt = np.linalg.svd(w - w.mean(0), full_matrices=False)
    k = len(found.variances)
    assert k == min(shape[1], shape[0] - 1)
    np.testing.assert_allclose(found.variances, s[:k] ** 2 / len(w), rtol=1e-10)
    np.testing.assert_allclose(np.abs((found.directions * Vt[:k]).sum(1)), 1, atol=1e-8)
    np.testing.assert_allclose(
        fluctuations.variances_along(w, found.directions), found.variances, rtol=1e-10
    )


def test_a_straight_line_has_no_variance_once_taken_out():
    w = np.outer(np.arange(9.0), [1, 2]) + [5, 5]
    assert fluctuations.variances_along(w, np.eye(2), line=True).max() < 1e-25
    np.testing.assert_allclose(fluctuations.velocities_along(w, np.eye(2)), [1, 4])


def test_exponent_of_a_power_law_with_missing_roots():
    F = np.array([1.0, 2, np.nan, 4, 8])
    v = 3 * np.array([1.0, 2, 7, 4, 8]) ** -2.5
    assert fluctuations.exponent(F, v) == pytest.approx(2.5)


@pytest.mark.parametrize("reshuffled", [True, False])
@pytest.mark.parametrize("h", [0.02, 0.4, 1.3])
def test_surrogate_has_the_stationary_variance(reshuffled, h):
    M, runs = 8, 6000
    path = surrogate.simulate(
        np.full(runs, h), 1.0, 1.0, M, 1, seed=4, reshuffled=reshuffled, burn=40
    )
    exact = linear_sgd.epoch_variance(h, M) if reshuffled else 1 / (h * (2 - h))
    assert abs(Estimate.mean_of((path**2).mean(0)).z(exact)) < 4


def test_noises_of_an_epoch_add_up_to_zero():
    xi = surrogate.noises([1.0, 2.0], 6, 5, seed=0).reshape(5, 6, 2)
    np.testing.assert_allclose(xi.sum(1), 0, atol=1e-12)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: fluctuations.principal_components(np.ones((1, 3))), "2 steps"),
        (lambda: fluctuations.principal_components(np.ones((5, 3))), "must move"),
        (lambda: fluctuations.variances_along(np.ones((5, 3)), np.eye(2)), r"\(k, 3\)"),
        (lambda: fluctuations.exponent([np.nan, 1.0], [1.0, 1.0]), ">= 2 pairs"),
        (lambda: fluctuations.exponent([1.0, 2.0], [1.0]), "both"),
        (lambda: fluctuations.exponent([2.0, 2.0], [1.0, 2.0]), "different flatness"),
        (lambda: fluctuations.exponent([1.0, 2.0], [1.0, np.inf]), "positive"),
        (lambda: surrogate.simulate([0.1], [1.0, 2.0], 1.0, 4, 1, seed=0), "C must be"),
        (lambda: surrogate.simulate([0.1], 1.0, 1.0, 4, 1, seed=0, start=[0.0, 1.0]), "start"),
        (lambda: surrogate.simulate([2.0], [1.0], 1.0, 4, 1, seed=0), r"\[0, 2\)"),
        (lambda: surrogate.noises([1.0], 1, 1, seed=0), "two or more"),
        (lambda: surrogate.noises([-1.0], 2, 1, seed=0), ">= 0"),
    ],
)
def test_what_is_refused(call, words):
    with pytest.raises(ValueError, match=words):
        call()
