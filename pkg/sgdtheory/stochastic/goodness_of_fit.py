r"""Does a fitted law describe the data at all?  A distance, and its law by bootstrap.

The tables of Kolmogorov-Smirnov and Anderson-Darling hold for a law given beforehand.  Of a
law fitted to the same data the distance is smaller, by how much depends on the family, and
a p-value from the tables is far too large.  Here the fit is made anew on samples drawn from
the fitted law.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from sgdtheory import _validate
from sgdtheory.stochastic import laws

DISTANCES = ("anderson-darling", "kolmogorov-smirnov")


@dataclass(frozen=True)
class GoodnessOfFit:
    """``distance`` of the data from their best law, and its values ``null`` in its samples."""

    distance: float
    p_value: float
    null: np.ndarray
    law: laws.Law


def anderson_darling(x, cdf: Callable[[np.ndarray], np.ndarray]) -> float:
    r"""``A^2 = -n - \sum_i \frac{2i-1}n [ln F(x_(i)) + ln(1 - F(x_(n+1-i)))]``."""
    u = np.clip(cdf(np.sort(np.ravel(x))), 1e-300, 1 - 1e-16)
    odd = 2 * np.arange(1, u.size + 1) - 1
    return float(-u.size - (odd @ (np.log(u) + np.log1p(-u[::-1]))) / u.size)


def kolmogorov_smirnov(x, cdf: Callable[[np.ndarray], np.ndarray]) -> float:
    """Largest distance between the empirical distribution function and ``cdf``."""
    u = cdf(np.sort(np.ravel(x)))
    steps = np.arange(u.size + 1) / u.size
    return float(max((steps[1:] - u).max(), (u - steps[:-1]).max()))


def bootstrap_test(
    x, family: str | Callable[[np.ndarray], laws.Law], *, distance: str = "anderson-darling",
    draws: int = 99, seed, progress: Callable = iter,
) -> GoodnessOfFit:  # fmt: skip
    """Are the data from this family?  p = (1 + number of null >= distance)/(draws + 1).

    Parameters
    ----------
    x : independent data, any shape, n >= 50
    family : a name of `laws.FAMILIES`, or a function that fits a sample and returns a
        `laws.Law`
    distance : ``"anderson-darling"`` weighs the tails, ``"kolmogorov-smirnov"`` the middle
    progress : wraps the sequence of draws

    A large p is no proof of the family: see what else is not refused.

    Raises
    ------
    ValueError
        An unknown family or distance, fewer than 19 draws, or data that the fit refuses.
    """
    _validate.one_of("distance", distance, DISTANCES)
    _validate.count("draws", draws, 19, "19 is the least for p = 0.05")
    x, draw = _validate.finite("x", x, minimum=50).ravel(), _validate.generator(seed)
    measure = anderson_darling if distance == "anderson-darling" else kolmogorov_smirnov

    def fitted(sample: np.ndarray) -> laws.Law:
        return family(sample) if callable(family) else laws.fit(sample, family)

    law = fitted(x)
    found = measure(x, law.cdf)
    null = np.empty(draws)
    for k in progress(range(draws)):
        sample = law.rvs(x.size, draw)
        null[k] = measure(sample, fitted(sample).cdf)
    return GoodnessOfFit(found, float((1 + (null >= found).sum()) / (draws + 1)), null, law)
