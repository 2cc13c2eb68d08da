"""Estimates judge themselves; comparisons have an undecided zone between the gates."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sgdtheory.estimate import Censored, Comparison, Estimate, compare


def test_mean_of_a_sample_has_its_own_standard_error():
    estimate = Estimate.mean_of([1.0, 2.0, 3.0, 4.0])
    assert estimate.value == 2.5
    assert estimate.stderr == pytest.approx(np.std([1, 2, 3, 4], ddof=1) / 2, rel=1e-15)
    assert estimate.n == 4


def test_z_and_interval():
    estimate = Estimate(1.0, 0.5, 9)
    assert estimate.z(0.0) == 2.0
    assert estimate.interval(2.0) == (0.0, 2.0)
    assert Estimate(1.0, 0.0, 9).z(1.0) == 0.0
    assert Estimate(1.0, 0.0, 9).z(2.0) == -math.inf


@pytest.mark.parametrize(
    "estimate, shown",
    [
        (Estimate(0.27196, 0.00123, 1000), "0.2720 ± 0.0012 (n = 1000)"),
        (Estimate(635.7, 16.6, 50), "636 ± 17 (n = 50)"),
        (Estimate(1.0, 0.0, 3), "1 ± 0 (n = 3)"),
    ],
)
def test_printing_keeps_two_digits_of_the_error(estimate, shown):
    assert str(estimate) == shown


@pytest.mark.parametrize("stderr, n", [(-1.0, 3), (math.nan, 3), (0.1, 0)])
def test_impossible_estimates_are_refused(stderr, n):
    with pytest.raises(ValueError, match="must be >="):
        Estimate(0.0, stderr, n)


@pytest.mark.parametrize("sample", [[], [1.0], [1.0, math.nan], [1.0, math.inf]])
def test_a_mean_needs_two_finite_draws(sample):
    with pytest.raises(ValueError, match="2 finite draws"):
        Estimate.mean_of(sample)


def test_gates_leave_an_undecided_zone():
    at = {pull: Comparison("x", float(pull), 0.0, 1.0, True) for pull in (0, 4, 6, 8)}
    assert [at[p].accepted for p in (0, 4, 6, 8)] == [True, True, False, False]
    assert [at[p].rejected for p in (0, 4, 6, 8)] == [False, False, False, True]


@pytest.mark.parametrize("scale", [math.inf, math.nan])
def test_without_a_finite_scale_nothing_is_accepted(scale):
    assert not Comparison("x", 1.0, 1.0, scale, True).accepted
    assert not compare("x", 1.0, Estimate(1.0, math.inf, 5)).accepted
    assert not compare("x", 1.0, math.inf).accepted


def test_exact_numbers_are_judged_by_the_tolerance():
    assert compare("x", 1 + 0.9e-8, 1.0).accepted
    assert not compare("x", 1 + 1.1e-8, 1.0).accepted
    assert compare("x", 1 + 2.1e-8, 1.0).rejected
    assert compare("x", 0.0, 0.0).accepted
    assert compare("x", 1e-300, 0.0).rejected


@given(st.floats(allow_nan=True, allow_infinity=True))
def test_a_claim_without_a_number_is_rejected(found):
    assert compare("x", math.nan, Estimate(0.0, 1.0, 5)).rejected
    assert compare("x", math.nan, found, atol=1.0).rejected


def test_censored_carries_what_is_known():
    error = Censored(3, 10, 7.5)
    assert (error.finished, error.total, error.lower_bound) == (3, 10, 7.5)
    assert "raise max_steps" in str(error)
