"""Likelihood ratios of nested and of other families."""

import math

import numpy as np
import pytest
from scipy import stats

from sgdtheory.stochastic import model_comparison as compare
from sgdtheory.stochastic import stable


@pytest.fixture
def draw():
    return np.random.default_rng(7)


def test_log_densities_are_those_of_the_best_fits(draw):
    x = 3 + draw.standard_t(4, 400)
    fitted = {
        "gaussian": stats.norm.logpdf(x, x.mean(), x.std()),
        "laplace": stats.laplace.logpdf(x, *stats.laplace.fit(x)),
        "student_t": stats.t.logpdf(x, *stats.t.fit(x)),
        "stable": stable.logpdf(x, *stable.fit(x).parameters),
    }
    for family, expected in fitted.items():
        found = compare.log_densities(x, family)
        assert found.sum() == pytest.approx(expected.sum(), abs=1e-3), family


@pytest.mark.parametrize("first", ["gaussian", "stable"])
def test_nested_families_are_refused_in_words(first, draw):
    second = {"gaussian": "stable", "stable": "gaussian"}[first]
    with pytest.raises(ValueError, match="every gaussian law is a stable law.*gaussian_within"):
        compare.vuong(draw.standard_normal(100), first, second)
    with pytest.raises(ValueError, match="every gaussian law is a student_t law"):
        compare.vuong(draw.standard_normal(100), "gaussian", "student_t")


def test_the_same_law_twice_is_refused(draw):
    with pytest.raises(ValueError, match="nothing to choose between"):
        compare.vuong(draw.standard_normal(100), "laplace", "laplace")


def test_vuong_finds_the_law_that_was_drawn(draw):
    for truth, x in (("laplace", draw.laplace(size=1500)),
                     ("student_t", draw.standard_t(4, 1500))):  # fmt: skip
        other = {"laplace": "student_t", "student_t": "laplace"}[truth]
        found = compare.vuong(x, truth, other)
        assert found.statistic > 3 and found.p_value < 0.003
        back = compare.vuong(x, other, truth)
        assert back.statistic == pytest.approx(-found.statistic) and back.n == 1500
    x = stable.rvs(1.4, size=3000, seed=0)
    assert compare.vuong(x, "stable", "laplace").statistic > 3


def test_vuongs_statistic_in_its_own_words(draw):
    x = draw.standard_t(5, 300)
    m = compare.log_densities(x, "gaussian") - compare.log_densities(x, "laplace")
    found = compare.vuong(x, "gaussian", "laplace")
    assert found.ratio == pytest.approx(m.sum())
    assert found.statistic == pytest.approx(m.sum() / (math.sqrt(300) * m.std()))
    assert found.p_value == pytest.approx(2 * stats.norm.sf(abs(found.statistic)))


def test_repeated_data_count_once_when_grouped(draw):
    """Every datum ten times over: ten times the ratio, and no more evidence."""
    x = draw.laplace(size=300)
    single = compare.vuong(x, "gaussian", "laplace")
    naive = compare.vuong(np.repeat(x, 10), "gaussian", "laplace")
    grouped = compare.vuong(
        np.repeat(x, 10), "gaussian", "laplace", groups=np.repeat(np.arange(300), 10)
    )
    assert naive.statistic == pytest.approx(math.sqrt(10) * single.statistic, rel=1e-6)
    assert grouped.statistic == pytest.approx(single.statistic, rel=1e-6)


def test_groups_are_checked(draw):
    x = draw.laplace(size=100)
    with pytest.raises(ValueError, match="one label per datum"):
        compare.vuong(x, "gaussian", "laplace", groups=[0, 1])
    with pytest.raises(ValueError, match=">= 10, got 2"):
        compare.vuong(x, "gaussian", "laplace", groups=np.arange(100) % 2)


def test_the_bootstrap_sees_a_stable_law_and_no_more_than_chance_in_a_gaussian(draw):
    found = compare.gaussian_within(stable.rvs(1.8, size=200, seed=1), draws=19, seed=0)
    assert found.p_value == 0.05 and found.ratio > found.null.max()
    assert found.null.min() >= 0 and found.null.shape == (19,)
    none = compare.gaussian_within(draw.standard_normal(200), "student_t", draws=19, seed=0)
    assert none.p_value > 0.05


def test_p_values_of_gaussian_samples_are_uniform_where_the_ratio_is_not_zero(draw):
    """Student t, whose fit is fast: as many p below 1/5 as there should be."""
    p = [compare.gaussian_within(draw.standard_normal(60), "student_t", draws=19,
                                 seed=k).p_value for k in range(80)]  # fmt: skip
    assert stats.binomtest(int(np.sum(np.array(p) <= 0.2)), 80, 0.2).pvalue > 1e-3


def test_bad_requests_are_refused(draw):
    x = draw.standard_normal(100)
    with pytest.raises(ValueError, match="family must be one of"):
        compare.gaussian_within(x, "laplace", seed=0)
    with pytest.raises(ValueError, match="19"):
        compare.gaussian_within(x, draws=9, seed=0)
    with pytest.raises(ValueError, match=">= 50 values"):
        compare.vuong(x[:10], "gaussian", "laplace")
    with pytest.raises(ValueError, match="family must be one of"):
        compare.log_densities(x, "cauchy")
