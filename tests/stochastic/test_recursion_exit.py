"""Exact exit times of recursions: closed forms, chains, the continuity correction."""

import math

import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.stats import norm

from sgdtheory.estimate import Estimate
from sgdtheory.stochastic.first_passage import mean_exit_time
from sgdtheory.stochastic.recursion_exit import mean_exit_steps

ZETA_HALF = -1.4603545088095868  # Riemann's zeta at 1/2
SHIFT = -ZETA_HALF / math.sqrt(2 * math.pi)


def none(w):
    return 0 * w


def one(w):
    return 1 + 0 * w


def power_law_noise(kappa, epsilon):
    """SGD in a quadratic basin with C = 1 + w^2, in units of s_0."""
    return lambda w: -epsilon * w, lambda w: np.sqrt(epsilon / kappa * (1 + w * w))


def test_steps_that_forget_where_they_were():
    """w' = s xi: the number of steps is geometric."""
    stay = 2 * norm.cdf(0.7 / 0.4) - 1
    found = mean_exit_steps(lambda w: -w, lambda w: 0.4 + 0 * w, 0.2, (-0.7, 0.7))
    assert found == pytest.approx(1 / (1 - stay), rel=1e-12)


def test_steps_that_nearly_always_leave():
    """One step out of a far narrower interval: 1 + the chance to stay."""
    b, s = 1e-3, 1.0
    stay = 2 * norm.cdf(b / s) - 1
    assert mean_exit_steps(none, one, 0.0, (-b, b)) == pytest.approx(1 + stay, rel=1e-6)


@pytest.mark.parametrize("convert", [1.0, 0.01, 300.0])
def test_walk_obeys_wald_and_the_overshoot_of_a_normal_walk(convert):
    """E N = E S_N^2 = b^2 + 2 SHIFT b + E h^3/(3 E h), h the ladder height."""
    width = 12.0
    given = (none, lambda w: convert + 0 * w, 0.0)
    narrow, wide = (
        mean_exit_steps(*given, (-b * convert, b * convert)) - b * b for b in (width, width + 4)
    )
    assert (wide - narrow) / 8 == pytest.approx(SHIFT, rel=1e-10)
    # E h^3/(3 E h) = SHIFT^2 + 1/4 for normal steps (Chang and Peres 1997)
    assert narrow - 2 * SHIFT * width == pytest.approx(SHIFT**2 + 0.25, rel=1e-8)


@pytest.mark.parametrize(
    "drift, std, start, ends",
    [
        (*power_law_noise(1.0, 0.04), 0.0, (-3.0, 3.0)),
        (*power_law_noise(0.5, 0.1), 1.0, (-2.0, 5.0)),
        (lambda w: -0.4 * w * (w * w - 1), lambda w: 0.5 + 0.2 * np.sin(w), -1.0, (-2.0, 0.5)),
    ],
)
def test_chains(drift, std, start, ends):
    """4,000 chains, stepped until all have left."""
    rng, w, alive = np.random.default_rng(5), np.full(4000, start), np.arange(4000)
    steps = np.zeros(4000)
    while alive.size:
        steps[alive] += 1
        w[alive] += drift(w[alive]) + std(w[alive]) * rng.standard_normal(alive.size)
        alive = alive[(w[alive] > ends[0]) & (w[alive] < ends[1])]
    found = Estimate.mean_of(steps)
    exact = mean_exit_steps(drift, std, start, ends)
    assert abs(found.z(exact)) < 4
    # The SDE of the same drift and noise is another number: the steps are not small.
    time = mean_exit_time(drift, lambda w: std(w) ** 2 / 2, start, ends)
    assert abs(found.z(time)) > 8


def test_digits():
    """1e-10 relative, or 1e-14 times the number of steps: against twelve nodes."""
    for kappa, width, epsilon in ((1.0, 3.0, 0.01), (0.5, 30.0, 0.01), (1.0, 100.0, 0.01)):
        given = (*power_law_noise(kappa, epsilon), 0.0, (-width, width))
        fine = mean_exit_steps(*given, nodes=12)
        assert abs(mean_exit_steps(*given) / fine - 1) < max(1e-10, 1e-14 * fine)


def test_noise_that_changes_by_a_thousand_is_resolved():
    """The core is a thousandth of the interval; in log w the steps are all alike."""
    drift, std = power_law_noise(0.2, 0.02)
    wide = mean_exit_steps(drift, std, 0.0, (-1000.0, 1000.0))
    assert wide == pytest.approx(
        mean_exit_steps(drift, std, 0.0, (-1000.0, 1000.0), nodes=12), rel=1e-9
    )


def test_mirror_and_shift():
    drift, std = (lambda w: 0.1 - 0.2 * w), (lambda w: 0.3 + 0.05 * w)
    one_way = mean_exit_steps(drift, std, 0.4, (-1.0, 2.0))
    other = mean_exit_steps(lambda w: -drift(-w), lambda w: std(-w), -0.4, (-2.0, 1.0))
    moved = mean_exit_steps(lambda w: drift(w - 7), lambda w: std(w - 7), 7.4, (6.0, 9.0))
    assert one_way == pytest.approx(other, rel=1e-12)
    assert one_way == pytest.approx(moved, rel=1e-11)


@pytest.mark.parametrize("kappa, width", [(1.0, 3.0), (0.5, 30.0)])
def test_continuity_correction(kappa, width):
    """Chernoff: the chain sees the end SHIFT step deviations further out, up to O(epsilon)."""

    def time(end):
        return mean_exit_time(
            lambda w: -w, lambda w: (1 + w * w) / (2 * kappa), 0.0, (-end, end), cells=20_000
        )

    missing = []
    for epsilon in (0.04, 0.01, 0.0025):
        drift, std = power_law_noise(kappa, epsilon)
        exact = epsilon * mean_exit_steps(drift, std, 0.0, (-width, width))
        at = brentq(lambda x, exact=exact: time(x) / exact - 1, width, 3 * width)
        missing.append((at - width) / std(width) / SHIFT - 1)
    # A quarter of epsilon halves what is missing; a line through the last two ends at zero.
    assert 1.6 < missing[0] / missing[1] < 2.4 and 1.6 < missing[1] / missing[2] < 2.4
    assert abs(2 * missing[2] - missing[1]) < 0.01


@pytest.mark.parametrize(
    "change, words",
    [
        (dict(std_step=none), r"std_step must be > 0 .* got -?0 "),
        (dict(std_step=lambda w: 0.5 + w), r"std_step must be > 0 .* at x = -"),
        (dict(drift_step=lambda w: w * math.nan), r"drift_step finite"),
        (dict(start=2.0), r"start = 2 inside"),
        (dict(interval=(1.0, -1.0)), r"low < high"),
        (dict(interval=(-math.inf, 1.0)), r"interval must be finite"),
        (dict(nodes=1), r"nodes must be >= 2"),
        (dict(std_step=lambda w: 1e-4 + 0 * w), r"standard deviations of a step .* narrow it"),
        (dict(drift_step=lambda w: -w, std_step=lambda w: 0.1 + 0 * w), r"below 1e9"),
    ],
)  # fmt: skip
def test_refusals(change, words):
    given = dict(drift_step=none, std_step=one, start=0.0, interval=(-1.0, 1.0)) | change
    with pytest.raises(ValueError, match=words):
        mean_exit_steps(**given)
