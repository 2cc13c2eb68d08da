"""Arguments are refused with the requirement, what was got, and the remedy."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sgdtheory import _validate as v


@given(st.floats(allow_nan=True, allow_infinity=True))
def test_positive_accepts_exactly_the_finite_positive_numbers(x):
    if math.isfinite(x) and x > 0:
        assert v.positive("x", x) == x
    else:
        with pytest.raises(ValueError, match=r"x must be .*, got .*; pass"):
            v.positive("x", x)


@given(st.text())
def test_only_three_conventions(name):
    if name in v.CONVENTIONS:
        assert v.convention(name) in (0.0, 0.5, 1.0)
    else:
        with pytest.raises(ValueError, match="convention must be one of"):
            v.convention(name)


@pytest.mark.parametrize("bad", [None, "three", [1.0]])
def test_a_number_must_be_a_number(bad):
    with pytest.raises(TypeError, match="x must be a real number, got"):
        v.real("x", bad)


@pytest.mark.parametrize("bad, error", [(1.5, TypeError), ("3", TypeError), (0, ValueError)])
def test_counts(bad, error):
    with pytest.raises(error, match="n must be"):
        v.count("n", bad)
    assert v.count("n", np.int64(3)) == 3


@pytest.mark.parametrize(
    "value, ndim, words",
    [
        ([1.0, math.nan], 1, "1 NaN or infinite of 2"),
        ([], 1, "must hold >= 1 values"),
        ([[1.0]], 1, "must have 1 axes"),
    ],
)
def test_arrays(value, ndim, words):
    with pytest.raises(ValueError, match=words):
        v.finite("x", value, ndim=ndim)
    with pytest.raises(TypeError, match="array of real numbers"):
        v.finite("x", ["a"])


def test_covariance_must_be_symmetric_and_positive():
    good = np.array([[2.0, 1.0], [1.0, 2.0]])
    assert np.array_equal(v.covariance("C", good), good)
    with pytest.raises(ValueError, match="symmetric"):
        v.covariance("C", [[1.0, 0.5], [0.0, 1.0]])
    with pytest.raises(ValueError, match="positive semi-definite"):
        v.covariance("C", [[1.0, 2.0], [2.0, 1.0]])
    with pytest.raises(ValueError, match="square"):
        v.covariance("C", [[1.0, 2.0]])


def test_one_of():
    assert v.one_of("style", "a", "ab") == "a"
    with pytest.raises(ValueError, match="style must be one of"):
        v.one_of("style", "c", "ab")
