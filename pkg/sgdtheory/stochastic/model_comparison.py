r"""Which law describes a sample better, and is the difference more than chance?  (ANO-S3)

Everything rests on the log-likelihood ratio of the two best fits,
:math:`R = \sum_i m_i`, :math:`m_i = \ln f(x_i) - \ln g(x_i)`.

- *Non-nested* families: Vuong's :math:`z = R/(\sqrt n\,\hat\omega)`,
  :math:`\hat\omega^2 = \mathrm{Var}\,m`, is standard normal where both are equally far
  from the truth (`vuong`).
- *Nested* families: R is never negative and z is not normal.  The Gaussian lies within the
  stable laws (alpha = 2), the Student t (nu infinite) and the mixtures of two Gaussians:
  there R is compared with its values in Gaussian samples (`gaussian_within`).

Both take the data as independent; `vuong` also as independent groups.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from sgdtheory import _validate
from sgdtheory.stochastic import laws, stable, student_t

#: Every law of the first family is one of the second.
NESTED = {
    ("gaussian", "gaussian_mixture"),
    ("gaussian", "pearson_iv"),
    ("gaussian", "stable"),
    ("gaussian", "student_t"),
    ("student_t", "pearson_iv"),
}
#: Families that `gaussian_within` can fit to Gaussian samples.
LARGER = ("gaussian_mixture", "stable", "student_t")


@dataclass(frozen=True)
class VuongTest:
    """``ratio`` R > 0 speaks for the first family; two-sided ``p_value``."""

    ratio: float
    statistic: float
    p_value: float
    n: int


@dataclass(frozen=True)
class BootstrapTest:
    """``ratio`` R >= 0 over the Gaussian, its values ``null`` (draws,) in Gaussian samples."""

    ratio: float
    p_value: float
    null: np.ndarray


def log_densities(x, family: str) -> np.ndarray:
    """ln of the density at every datum, (n,), of the best law of a family (n >= 50).

    ``family`` is one of `laws.FAMILIES`, all with free location and scale, fitted by maximum
    likelihood.
    """
    x = _sample(x)
    return laws.fit(x, family).logpdf(x)


def vuong(x, first: str, second: str, groups=None) -> VuongTest:
    r"""Vuong's test of two families that are not nested.  (ANO-S3)

    Parameters
    ----------
    x : the data, any shape, n >= 50
    first, second : as in `log_densities`
    groups : label of each datum; data of one group may depend on each other, and
        :math:`n\hat\omega^2` is then the sum over groups of the squares of
        :math:`\sum (m_i - \bar m)`.  Entries of one gradient are one group.

    Raises
    ------
    ValueError
        Nested families; two fits that are one and the same law; fewer than 10 groups.
    """
    for pair in ((first, second), (second, first)):
        if pair in NESTED:
            raise ValueError(
                f"the families must not be nested, got {first!r} and {second!r}: every "
                f"{pair[0]} law is a {pair[1]} law, so that the ratio cannot be negative and "
                f"is not normal; {_remedy(pair)}"
            )
    x = _sample(x)
    m = log_densities(x, first) - log_densities(x, second)
    away = m - m.mean()
    if groups is not None:
        away = _sums(away, groups)
    spread = math.sqrt((away**2).sum())
    if spread <= 1e-6 * math.sqrt(m.size):
        raise ValueError(
            f"the two best fits must differ, got the same law from {first!r} and {second!r}; "
            "there is nothing to choose between"
        )
    z = float(m.sum()) / spread
    return VuongTest(float(m.sum()), z, math.erfc(abs(z) / math.sqrt(2)), m.size)


def gaussian_within(
    x, family: str = "stable", *, draws: int = 99, seed, progress: Callable = iter
) -> BootstrapTest:
    """Is there more than a Gaussian in ``x``?  R of the larger family, by bootstrap.

    R does not change with location and scale, so that its law in Gaussian samples of the
    same size is known but for the draws, and p = (1 + number of R* >= R)/(draws + 1) is
    exact.  ``progress`` wraps the sequence of draws.

    Raises
    ------
    ValueError
        A family that does not contain the Gaussian; fewer than 19 draws.
    """
    _validate.one_of("family", family, LARGER)
    _validate.count("draws", draws, 19, "19 is the least for p = 0.05")
    x, draw = _sample(x), _validate.generator(seed)
    ratio = _gain(x, family)
    null = np.array(
        [_gain(draw.standard_normal(x.size), family) for _ in progress(range(draws))]
    )
    return BootstrapTest(ratio, float((1 + (null >= ratio).sum()) / (draws + 1)), null)


def _remedy(pair: tuple[str, str]) -> str:
    if pair[0] == "gaussian" and pair[1] in LARGER:
        return "use gaussian_within"
    return "compare twice the difference of their log-likelihoods with chi-squared"


def _gain(x: np.ndarray, family: str) -> float:
    if family == "stable":
        return stable.fit(x).gain
    if family == "student_t":
        return student_t.fit_student_t(x).gain
    return float((log_densities(x, family) - log_densities(x, "gaussian")).sum())


def _sample(x) -> np.ndarray:
    return _validate.finite("x", x, minimum=50).ravel()


def _sums(values: np.ndarray, groups) -> np.ndarray:
    labels = np.asarray(groups).ravel()
    if labels.size != values.size:
        raise ValueError(
            f"groups must hold one label per datum, got {labels.size} for {values.size}; "
            "repeat the label of a group for each of its data"
        )
    _, index = np.unique(labels, return_inverse=True)
    sums = np.bincount(index, values)
    if sums.size < 10:
        raise ValueError(f"groups must be >= 10, got {sums.size}; take more of them")
    return sums
