"""Estimators of a tail index: right where there is one, honest where there is none."""

import math

import numpy as np
import pytest
from scipy import stats

from sgdtheory.stochastic import stable, tail_index
from sgdtheory.stochastic.tail_index import hill, log_moment, moment


def pareto(index, n=20_000, seed=0):
    return np.random.default_rng(seed).pareto(index, n) + 1


@pytest.mark.parametrize("estimator", [hill, moment])
@pytest.mark.parametrize("index", [0.7, 1.5, 4.0])
def test_a_power_law_gets_its_index(estimator, index):
    found = estimator(pareto(index), 2000)
    assert abs(found.reciprocal.z(1 / index)) < 4
    assert abs(found.alpha.z(index)) < 5


@pytest.mark.parametrize("estimator", [hill, moment, lambda x, k: log_moment(x, 20)])
def test_units_and_sign_do_not_matter(estimator):
    x = np.random.default_rng(1).standard_t(3, 5000)
    first = estimator(x, 100).reciprocal
    for other in (-x, 1e-200 * x, 1e200 * x):
        assert estimator(other, 100).reciprocal.value == pytest.approx(first.value, abs=1e-9)


def test_hill_by_hand():
    found = hill([1.0, 2.0, -4.0, 8.0], 2).reciprocal
    assert found.value == pytest.approx((math.log(2) + math.log(4)) / 2)
    assert found.stderr == pytest.approx(found.value / math.sqrt(2))


def test_log_moment_by_hand():
    """Blocks (1, 3), (2, -6), a rest left out: sums 4 and -4."""
    found = log_moment([1.0, 3.0, 2.0, -6.0, 9.0], 2).reciprocal
    rises = [math.log(4) - math.log(3) / 2, math.log(4) - math.log(12) / 2]
    assert found.value == pytest.approx(np.mean(rises) / math.log(2))


@pytest.mark.parametrize("draw", [
    lambda r: r.standard_normal(100_000), lambda r: r.uniform(-1, 1, 100_000),
])  # fmt: skip
def test_the_moment_estimator_can_say_that_there_is_no_power_law(draw):
    found = moment(draw(np.random.default_rng(2)), 1000)
    assert found.reciprocal.value < 0.05 and found.alpha.value > 20
    assert hill(draw(np.random.default_rng(2)), 1000).alpha.value < 200, "Hill cannot"


def test_the_moment_estimator_of_a_bounded_law():
    """Uniform: extreme-value index -1, with the standard error it states."""
    draws = [moment(np.random.default_rng(s).random(4000), 200).reciprocal for s in range(200)]
    values = np.array([d.value for d in draws])
    assert abs(values.mean() + 1) < 0.05
    assert values.std() / draws[0].stderr == pytest.approx(1, abs=0.25)


def test_stated_errors_are_those_of_repetition():
    for estimate in (
        lambda s: hill(pareto(2.0, 2000, s), 100),
        lambda s: moment(pareto(2.0, 2000, s), 200),
        lambda s: log_moment(stable.rvs(1.4, size=4000, seed=s), 10),
    ):
        found = [estimate(s).reciprocal for s in range(300)]
        spread = np.std([f.value for f in found])
        assert spread == pytest.approx(np.mean([f.stderr for f in found]), rel=0.2)


def test_a_negative_reciprocal_is_no_index():
    alternating = np.tile([1.0, -0.999], 500)
    found = log_moment(alternating, 2)
    assert found.reciprocal.value < 0 and math.isinf(found.alpha.value)


@pytest.mark.parametrize("block", [2, 10, 1000])
def test_limits_of_known_laws(block):
    limit = tail_index.log_moment_index
    assert limit(lambda t: np.exp(-(t**0.8)), block) == pytest.approx(0.8, rel=1e-9)
    assert limit(lambda t: np.exp(-(t**2)), block) == pytest.approx(2, rel=1e-9)
    harmonic = sum(1 / j for j in range(1, block))
    laplace = limit(lambda t: 1 / (1 + t**2), block)
    assert laplace == pytest.approx(2 * math.log(block) / harmonic, rel=1e-9)


def test_mean_log_excess_of_known_laws():
    excess = tail_index.mean_log_excess
    assert excess(lambda x: -2.5 * math.log(x), 3.0) == pytest.approx(0.4, rel=1e-9)
    assert excess(lambda x: -0.1 * math.log(x), 1.0) == pytest.approx(10, rel=1e-9)
    bounded = excess(lambda x: math.log1p(-x) if x < 1 else -math.inf, 0.5)
    assert bounded == pytest.approx((math.log(2) - 0.5) / 0.5, rel=1e-9)


def test_hill_tends_to_the_mean_log_excess():
    x = np.random.default_rng(5).standard_normal(200_000)
    limit = tail_index.mean_log_excess(stats.norm.logsf, stats.norm.isf(0.005))
    assert abs(hill(x, 2000).reciprocal.z(limit)) < 4


@pytest.mark.parametrize(("call", "message"), [
    (lambda: hill([1.0, 2.0], 2), "k must be < n = 2, got 2"),
    (lambda: hill([1.0, 2.0, 3.0], 0), "k must be >= 1"),
    (lambda: hill([0.0, 0.0, 3.0], 1), "threshold must be > 0"),
    (lambda: hill([1.0, 2.0, 2.0, 2.0], 2), "threshold must be > 0 and below"),
    (lambda: hill([1.0, math.nan, 3.0], 1), "x must be finite"),
    (lambda: moment([1.0, 2.0, 3.0], 1), "k must be >= 2"),
    (lambda: moment([1.0, 3.0, 3.0], 2), "must differ among themselves"),
    (lambda: log_moment([1.0, 2.0, 3.0], 2), "x must hold >= 4 values"),
    (lambda: log_moment([1.0] * 9, 1), "block must be >= 2"),
    (lambda: log_moment([1.0, 0.0, 2.0, 3.0], 2), "must not be 0"),
    (lambda: log_moment([1.0, -1.0, 2.0, 3.0], 2), "must not be 0"),
    (lambda: tail_index.log_moment_index(np.cos, 2), "from 1 at 0 to 0 at infinity"),
    (lambda: tail_index.log_moment_index(lambda t: np.exp(-t), 1), "block must be >= 2"),
    (lambda: tail_index.mean_log_excess(lambda x: 0.0, 1.0), "must fall by 40"),
    (lambda: tail_index.mean_log_excess(lambda x: -x, 0.0), "threshold must be > 0"),
])  # fmt: skip
def test_bad_input_is_refused_with_a_remedy(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize("k", [2.0, "3", None])
def test_counts_are_integers(k):
    with pytest.raises(TypeError, match="k must be an integer"):
        hill([1.0, 2.0, 3.0, 4.0], k)
