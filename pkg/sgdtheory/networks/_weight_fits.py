"""How well the fitted laws of `Layers` describe their histograms, tails and pools."""

import numpy as np
from scipy import stats

from sgdtheory.networks._weight_statistics import EDGES, Layers


def _expected(layers: Layers) -> np.ndarray:
    """Cumulative probability of the fitted Student t at the edges, (L, edges)."""
    x = layers.mean[:, None] + layers.sd[:, None] * EDGES
    z = (x - layers.loc[:, None]) / layers.scale[:, None]
    nu = np.where(np.isfinite(layers.nu), layers.nu, 1.0)[:, None]
    return np.where(np.isfinite(layers.nu)[:, None], stats.t.cdf(z, nu), stats.norm.cdf(z))


def distances(layers: Layers) -> tuple[np.ndarray, np.ndarray]:
    """Largest gap, over the edges, between the cumulative counts of a layer and (i) its
    fitted Student t, (ii) the Gaussian of its mean and deviation; each (L,)."""
    found = np.cumsum(layers.counts, axis=1)[:, :-1] / layers.size[:, None]
    gaps = (np.abs(found - law) for law in (_expected(layers), stats.norm.cdf(EDGES)))
    to_t, to_gaussian = (gap.max(axis=1) for gap in gaps)
    return to_t, to_gaussian


def fit_p_values(layers: Layers) -> np.ndarray:
    """Pearson's chi-square test of the Student t in each layer, (L,).

    Bins that expect fewer than five weights are put together; three fitted numbers.
    """
    p_values = []
    for counts, below, n in zip(layers.counts, _expected(layers), layers.size, strict=True):
        expected = n * np.diff(np.r_[0, below, 1])
        few = expected < 5
        seen = np.r_[counts[~few], counts[few].sum()]
        told = np.r_[expected[~few], max(expected[few].sum(), 1e-9)]
        square = ((seen - told) ** 2 / told).sum()
        p_values.append(stats.chi2.sf(square, max(seen.size - 4, 1)))
    return np.array(p_values)


def largest_p_values(layers: Layers) -> np.ndarray:
    """Probability that the largest of n draws of the fitted law lies no farther out than the
    largest weight does, (L,).  Near 0: the law has more tail than the layer."""
    z = layers.largest / layers.scale
    nu = np.where(np.isfinite(layers.nu), layers.nu, 1.0)
    beyond = 2 * np.where(np.isfinite(layers.nu), stats.t.sf(z, nu), stats.norm.sf(z))
    return np.exp(layers.size * np.log1p(-beyond))


def pooled_gaussians(layers: Layers) -> float:
    """Kurtosis of a pool of Gaussian layers of these sizes and widths, ``3 (1 + CV^2)``.
    (TLS-4)"""
    return _pooled(layers.size, layers.sd**2)


def untrained(layers: Layers) -> float:
    """The same before training, each layer with the variance 2 / (weights of a filter)."""
    return _pooled(layers.size, 2 * layers.filters / layers.size)


def _pooled(size: np.ndarray, v: np.ndarray) -> float:
    share = size / size.sum()
    return float(3 * (share @ v**2) / (share @ v) ** 2)
