"""TLS-5: tails of pools at large x, and the package's Student-t fit of Gaussian layers."""

import math
from functools import lru_cache

import numpy as np
import sympy as sp
from scipy import stats
from scipy.special import ndtri

from sgdtheory.estimate import compare
from sgdtheory.stochastic.student_t import fit_student_t
from sgdtheory.theory.tails import pooled_tails as theory

#: Two parts with power tails: share, exponent, and c of P(|w| > x) = c x^-a beyond x = 1.
POWERS = {theory.p_1: 0.02, theory.a_1: 2.5, theory.c_1: 1.4,
          theory.p_2: 0.98, theory.a_2: 4.0, theory.c_2: 0.7}  # fmt: skip
SHARES, WIDTHS, POINTS = (0.3, 0.7), (2.0, 1.0), 400_000
FAR, X = 1e9, 40.0


def tail(x: float) -> float:
    """P(|w| > x) of the two parts."""
    p, c, a = ([POWERS[getattr(theory, f"{k}_{i}")] for i in (1, 2)] for k in "pca")
    return sum(p[i] * c[i] * x ** -a[i] for i in range(2))


def gaussian_tail(x: float) -> float:
    """ln P(|w| > x) of the two Gaussian layers."""
    parts = [
        math.log(2 * p) + float(stats.norm.logsf(x / s))
        for p, s in zip(SHARES, WIDTHS, strict=True)
    ]
    return float(np.logaddexp(parts[0], parts[1]))


def index(log_tail, x: float) -> float:
    """-d ln P/d ln x by a central difference, good to about 1e-8."""
    h = 1e-4
    ends = [log_tail(x * math.exp(s * h)) for s in (-2, -1, 1, 2)]
    return -(ends[0] - 8 * ends[1] + 8 * ends[2] - ends[3]) / (12 * h)


def pool(widths) -> np.ndarray:
    """Gaussian layers of the given widths laid out by their quantiles, not drawn."""
    sizes = [round(POINTS * p) for p in SHARES]
    parts = [s * ndtri((np.arange(n) + 0.5) / n) for n, s in zip(sizes, widths, strict=True)]
    return np.concatenate(parts)


def spread(widths) -> float:
    """CV of the variances."""
    v, p = np.square(widths), np.array(SHARES)
    return math.sqrt(p @ v**2 / (p @ v) ** 2 - 1)


@lru_cache(maxsize=1)
def fitted() -> tuple[float, np.ndarray, float]:
    """nu and z of the fit to Gaussian layers, and its scale."""
    x = pool(WIDTHS)
    fit = fit_student_t(x)
    return fit.nu.value, (x - fit.loc.value) / fit.scale.value, fit.scale.value


@lru_cache(maxsize=1)
def nearly_one_width() -> tuple[float, float]:
    """CV of variances that differ by a third, and the fitted nu."""
    widths = (1.1, 0.95)
    return spread(widths), fit_student_t(pool(widths)).nu.value


@lru_cache(maxsize=1)
def slope() -> tuple[float, float]:
    """Kurtosis of the pool; slope in 1/nu of the mean log-density of a t near the Gaussian."""
    x = pool(WIDTHS)
    x = (x - x.mean()) / x.std()
    k = 1e-6
    value = {e: stats.t.logpdf(x, 1 / e).mean() for e in (k, 2 * k)}
    gaussian = stats.norm.logpdf(x).mean()
    return float((x**4).mean()), (4 * value[k] - value[2 * k] - 3 * gaussian) / (2 * k)


def tails(claim):
    def read(label, at):
        return float(sp.N(claim[label].rhs.subs(at)))

    log_tail = lambda x: math.log(tail(x))  # noqa: E731
    # At 1e9 the other part is smaller by 1e9^1.5.
    yield compare("tail of the heavier part", read(theory.TAIL, POWERS | {theory.x: FAR}),
                  tail(FAR))  # fmt: skip
    yield compare("index between", read(theory.INDEX, POWERS | {theory.x: X}),
                  index(log_tail, X), rtol=1e-7)  # fmt: skip
    meet = read(theory.MEET, POWERS)
    yield compare("index where the parts are equal", 3.25, index(log_tail, meet), rtol=1e-7)
    normal = dict(zip((theory.p_1, theory.p_2), SHARES, strict=True))
    normal |= dict(zip((theory.s_1, theory.s_2), WIDTHS, strict=True)) | {theory.x: X}
    claimed = float(sp.log(claim[theory.GAUSS].rhs).subs(normal).evalf())
    # The next term of Mills' series is (s/x)^2 = 1/400, on ln P = -203.
    yield compare("ln P of Gaussian layers", claimed, gaussian_tail(X), rtol=2e-5)
    # Its derivative: 2 (s/x)^2 beside (x/s)^2, that is 1 in 400 here.
    yield compare("index of Gaussian layers", read(theory.GROWS, normal),
                  index(gaussian_tail, X), rtol=5e-3)  # fmt: skip
    nu, z, scale = fitted()
    weight, log = 1 / (1 + z**2 / nu), np.log1p(z**2 / nu)
    # The fit stops when its likelihood rises by less than 1e-10.
    yield compare("mean weight of the fit", read(theory.SCALE, {theory.nu: nu}),
                  float(weight.mean()), rtol=1e-6)  # fmt: skip
    yield compare("mean logarithm of the fit", read(theory.LOG, {theory.nu: nu}),
                  float(log.mean()), rtol=1e-5)  # fmt: skip
    first = round(POINTS * SHARES[0])
    y = math.sqrt(nu / 2) * scale / WIDTHS[0]
    # A midpoint sum over quantiles, not an integral.
    yield compare("mean weight of one layer", read(theory.LAYER, {theory.y: y}),
                  float(weight[:first].mean()), rtol=1e-4)  # fmt: skip
    K, found = slope()
    # A difference over 1e-6 of means that are good to 1e-15.
    yield compare("slope at the Gaussian", read(theory.SLOPE, {theory.K: K}), found, rtol=1e-4)
    CV, best = nearly_one_width()
    # The next term is larger by the factor 2 CV^2 = 0.04.
    yield compare(
        "nu of nearly one width", read(theory.SMALL, {theory.CV: CV}), best, rtol=0.06
    )
