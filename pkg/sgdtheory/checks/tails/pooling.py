"""TLS-4: moments of pools of layers, by quadrature of their densities."""

import math
from functools import lru_cache

import numpy as np
import sympy as sp
from scipy import stats
from scipy.integrate import quad

from sgdtheory.checks.tails.pooled_tails import tails
from sgdtheory.estimate import compare
from sgdtheory.theory.tails import pooling as theory

SHARES = np.array([0.2, 0.5, 0.3])
MEANS, WIDTHS = (0.4, -0.1, 0.1), (1.5, 0.5, 1.1)
SHARE, RATIO, FAR = 0.15, 9.0, 1e9


def layers(means=(0.0, 0.0, 0.0), widths=WIDTHS) -> tuple:
    """A Gaussian, a Gamma of shape 3 and a Laplace law, by mean and standard deviation."""
    a, b, c = widths
    return (
        stats.norm(means[0], a),
        stats.gamma(3.0, means[1] - math.sqrt(3) * b, b / math.sqrt(3)),
        stats.laplace(means[2], c / math.sqrt(2)),
    )


def gaussians(widths) -> tuple:
    return tuple(stats.norm(0, width) for width in widths)


def moment(laws, shares, order: int, centre: float = 0.0) -> float:
    """Moment of a pool about ``centre``: the densities of its layers, each integrated."""
    total = 0.0
    for share, law in zip(shares, laws, strict=True):
        low, high = (max(-80.0, law.support()[0]), 80.0)
        total += share * quad(
            lambda x, law=law: law.pdf(x) * (x - centre) ** order, low, high,
            points=(law.mean(),), limit=300, epsabs=1e-12, epsrel=1e-12,
        )[0]  # fmt: skip
    return total


def kurtosis(laws, shares) -> float:
    return moment(laws, shares, 4) / moment(laws, shares, 2) ** 2


@lru_cache(maxsize=2)
def over_layers(means) -> dict:
    """The means over layers that the claim names, from each law's own moments."""
    laws = layers(means)
    mean, v, skew, excess = (
        np.array([float(law.stats(moments=m)) for law in laws]) for m in "mvsk"
    )
    d, k = mean - SHARES @ mean, excess + 3
    values = {
        theory.v_: v, theory.v2_: v**2, theory.k_: k, theory.kv2_: k * v**2,
        theory.excess_: excess * v**2, theory.mu_: mean, theory.mu2_: mean**2,
        theory.d4_: d**4, theory.vd2_: v * d**2, theory.sd_: skew * v**1.5 * d,
    }  # fmt: skip
    return {s: float(SHARES @ x) for s, x in values.items()} | {theory.CV: spread(v)}


def spread(v: np.ndarray) -> float:
    """CV of the variances v."""
    return math.sqrt(SHARES @ v**2 / (SHARES @ v) ** 2 - 1)


@lru_cache(maxsize=1)
def measured() -> dict[str, float]:
    laws = layers(MEANS)
    centre = moment(laws, SHARES, 1)
    two = gaussians((math.sqrt(RATIO), 1.0))
    v, p = np.array([FAR, 1.0]), np.array([SHARE, 1 - SHARE])
    return {
        theory.WITHIN: moment(laws, SHARES, 2, centre),
        theory.FOURTH: moment(laws, SHARES, 4, centre),
        theory.KURT: kurtosis(layers(), SHARES),
        theory.SPLIT: kurtosis(layers(), SHARES) - 3,
        theory.STD: kurtosis(layers(widths=(1.0, 1.0, 1.0)), SHARES),
        theory.GAUSS: kurtosis(gaussians(WIDTHS), SHARES),
        theory.FLOOR: kurtosis(gaussians((0.7, 0.7, 0.7)), SHARES),
        theory.TWO: kurtosis(two, (SHARE, 1 - SHARE)),
        theory.WIDE: 3 * (p @ v**2) / (p @ v) ** 2,
    }


def pools(claim):
    apart, together = over_layers(MEANS), over_layers((0, 0, 0))
    found = measured()

    def read(label, at=together):
        return float(sp.N(claim[label].rhs.subs(at)))

    for label in (theory.WITHIN, theory.FOURTH):
        yield compare(label, read(label, apart), found[label])
    for label in (theory.KURT, theory.SPLIT, theory.STD, theory.GAUSS):
        yield compare(label, read(label), found[label])
    one, several = found[theory.FLOOR], found[theory.GAUSS]
    # Quadrature: the equality is met to 1e-15.
    held = [bool(claim[theory.FLOOR].subs(theory.K, round(k, 9))) for k in (one, several)]
    yield compare("pools at or above the least kurtosis", 2, sum(held))
    yield compare("least kurtosis", float(claim[theory.FLOOR].rhs), one)
    student = stats.t(read(theory.NU))
    yield compare("kurtosis of the Student t", float(student.stats("k")) + 3, several)
    at = {theory.p: SHARE, theory.r: RATIO}
    yield compare(theory.TWO, read(theory.TWO, at), found[theory.TWO])
    # One layer of 1e9 times the others' variance: they count for 1e-8 of the kurtosis.
    yield compare("one wide layer", read(theory.WIDE, at), found[theory.WIDE], rtol=1e-7)


CHECKS = {"TLS-4": pools, "TLS-5": tails}
