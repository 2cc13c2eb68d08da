"""IVF-ED1: spectra of the walk's covariance matrix, and counted directions."""

from functools import lru_cache

import numpy as np
import sympy as sp

from sgdtheory.checks.variance_flatness.random_walk import modes
from sgdtheory.estimate import compare
from sgdtheory.theory.variance_flatness import dimensions as d

LONG, DIRECTIONS, POWER, THRESHOLD = 800, 10**7, 0.7, 2e4


@lru_cache
def spectrum() -> np.ndarray:
    """Shares of all components of a walk of 800 points, by diagonalisation."""
    variances = modes(LONG)[0]
    return variances / variances.sum()


def sharp(threshold: float) -> int:
    return int((np.arange(1, DIRECTIONS + 1.0) ** POWER < threshold).sum())


def effective(claim):
    """Shares, the ninety-per-cent count, the participation ratio; a threshold doubled."""
    held = np.cumsum(spectrum())
    for count in (1, 5, 20):
        claimed = float(sp.N(claim[d.SHARE].rhs.subs(d.n, count)))
        # The sum of a finite window falls short by a term of order 1/T^2 in each share.
        yield compare(f"share of {count}", claimed, held[count - 1], rtol=1e-4)
    number = float(claim[d.LEARNING].rhs)
    yield compare("components for nine tenths", number, float((held < 0.9).sum() + 1))
    found = 1 / (spectrum() ** 2).sum()
    yield compare("participation", float(claim[d.PARTICIPATION].rhs), found, rtol=1e-4)
    claimed = float(claim[d.SHARP].rhs.subs(d.p, POWER))
    # Whole numbers of about a million: the ratio is known to 1e-6.
    found = sharp(2 * THRESHOLD) / sharp(THRESHOLD)
    yield compare("directions at twice the threshold", claimed, found, rtol=1e-5)


CHECKS = {"IVF-ED1": effective}
