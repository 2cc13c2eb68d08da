"""Statistics of the weights of a network, layer by layer and pooled."""

import math
from dataclasses import dataclass

import numpy as np

from sgdtheory import _validate as check
from sgdtheory.stochastic import model_comparison, student_t

#: Edges of the bins, in standard deviations of the layer; the outermost bins are open.
EDGES = np.linspace(-8, 8, 65)
#: Ways to pool a network: as it is, in units of each layer, in units of each filter.
POOLS = ("as they are", "layers standardised", "filters standardised")
#: Families that the Student t is compared with, by Vuong's statistic.
RIVALS = ("laplace", "gaussian_mixture")
#: Numbers that a rival has to fit; the Student t has 3.
NUMBERS = {"laplace": 2, "gaussian_mixture": 5}
#: Fewest weights of a filter for its own units; least gain of the t for rivals to be tried.
LEAST, GAIN = 16, 3.0


@dataclass(frozen=True)
class Layers:
    """One entry for each of L layers; ``counts`` (L, 66), ``rivals`` (L, 2), ``pools`` (3, 4).

    ``size, filters`` weights, and rows of the layer (its outputs)
    ``mean, sd, kurtosis`` moments of the layer's weights
    ``largest`` distance of the farthest weight from ``loc``
    ``nu, nu_error, loc, scale`` Student t by maximum likelihood; nu infinite: a Gaussian
    ``gain`` its log-likelihood over a Gaussian's
    ``rivals`` Vuong's statistic of the t over a Laplace law and over two Gaussians mixed,
    with Schwarz' correction for their 2 and 5 numbers against 3; NaN where gain < 3
    ``filtered, filtered_nu`` kurtosis and nu, every filter in units of its own deviation
    ``shuffled, shuffled_nu`` the same after the layer's weights changed places at random;
    these four are NaN with less than 16 weights a filter
    ``counts`` numbers of weights between `EDGES`, with two open bins
    ``pools`` nu, its error, the gain and the kurtosis for each of `POOLS`
    """

    name: np.ndarray
    size: np.ndarray
    filters: np.ndarray
    mean: np.ndarray
    sd: np.ndarray
    kurtosis: np.ndarray
    largest: np.ndarray
    nu: np.ndarray
    nu_error: np.ndarray
    loc: np.ndarray
    scale: np.ndarray
    gain: np.ndarray
    rivals: np.ndarray
    filtered: np.ndarray
    filtered_nu: np.ndarray
    shuffled: np.ndarray
    shuffled_nu: np.ndarray
    counts: np.ndarray
    pools: np.ndarray

    @property
    def kappa(self) -> np.ndarray:
        """``(nu + 1)/2``, as a source that reads SGD in the anti-Itô sense states it; the
        Itô sense gives one less (PLD-C3)."""
        return (self.nu + 1) / 2


def kurtosis(x: np.ndarray) -> float:
    """Fourth central moment over the squared second; 3 for a Gaussian."""
    square = (x - x.mean()) ** 2
    return float((square**2).mean() / square.mean() ** 2)


def in_filter_units(rows: np.ndarray) -> np.ndarray:
    """Every row less its mean, over its deviation; a row of one value stays at 0."""
    away = rows - rows.mean(axis=1, keepdims=True)
    width = away.std(axis=1, keepdims=True)
    return np.divide(away, width, out=np.zeros_like(away), where=width > 0)


def filter_kurtosis(rows: np.ndarray) -> float:
    """Kurtosis in filter units; the factor makes it 3 for Gaussian rows of m weights."""
    m = rows.shape[1]
    return kurtosis(in_filter_units(rows)) * (m + 1) / (m - 1)


def _filters(rows: np.ndarray, draw: np.random.Generator) -> dict[str, float]:
    if rows.shape[1] < LEAST:
        return dict.fromkeys(("filtered", "filtered_nu", "shuffled", "shuffled_nu"), math.nan)
    other = draw.permutation(rows.ravel()).reshape(rows.shape)
    return {
        "filtered": filter_kurtosis(rows),
        "filtered_nu": student_t.fit_student_t(in_filter_units(rows)).nu.value,
        "shuffled": filter_kurtosis(other),
        "shuffled_nu": student_t.fit_student_t(in_filter_units(other)).nu.value,
    }


def against(x: np.ndarray, rival: str) -> float:
    """Vuong's statistic of the Student t over a rival, each charged ln(n)/2 a number."""
    test = model_comparison.vuong(x, "student_t", rival)
    spread = test.ratio / test.statistic
    return (test.ratio + (NUMBERS[rival] - 3) / 2 * math.log(x.size)) / spread


def _layer(rows: np.ndarray, draw: np.random.Generator) -> dict:
    """All columns of one layer; ``rows`` (filters, weights of each)."""
    x = rows.ravel()
    fitted = student_t.fit_student_t(x)
    bins = np.searchsorted(EDGES, (x - x.mean()) / x.std(), side="right")
    return {
        "size": x.size, "filters": len(rows), "mean": x.mean(), "sd": x.std(),
        "kurtosis": kurtosis(x), "largest": np.abs(x - fitted.loc.value).max(),
        "nu": fitted.nu.value, "nu_error": fitted.nu.stderr, "loc": fitted.loc.value,
        "scale": fitted.scale.value, "gain": fitted.gain,
        "rivals": [
            against(x, rival) if fitted.gain >= GAIN else math.nan for rival in RIVALS
        ],
        "counts": np.bincount(bins, minlength=EDGES.size + 1).astype(np.uint32),
        **_filters(rows, draw),
    }  # fmt: skip


def _pool(parts: list[np.ndarray]) -> list[float]:
    x = np.concatenate([part.ravel() for part in parts])
    fitted = student_t.fit_student_t(x)
    return [fitted.nu.value, fitted.nu.stderr, fitted.gain, kurtosis(x)]


def describe(layers: dict[str, np.ndarray], seed: int = 0) -> Layers:
    """Moments, Student-t fits, comparisons and histograms of every layer, and of the pools.

    Parameters
    ----------
    layers : name -> weights (out, ...) with the outputs first; >= 50 weights each
    seed : of the shuffles that `Layers.shuffled` reads

    Raises
    ------
    ValueError
        No layers; less than two axes; NaN, infinite or too few weights.
    """
    if not layers:
        raise ValueError("layers must hold >= 1 layer, got none; pass name -> weights")
    rows = {}
    for name, weights in layers.items():
        values = check.finite(name, weights, minimum=50)
        if values.ndim < 2:
            raise ValueError(
                f"{name} must have >= 2 axes, outputs first, got shape {values.shape}; "
                "leave biases out"
            )
        rows[name] = values.reshape(len(values), -1)
    draw = check.generator(seed)
    found = [_layer(values, draw) for values in rows.values()]
    columns = {key: np.array([row[key] for row in found]) for key in found[0]}
    own = [(w - w.mean()) / w.std() for w in rows.values()]
    large = [in_filter_units(w) for w in rows.values() if w.shape[1] >= LEAST]
    pools = [_pool(list(rows.values())), _pool(own), _pool(large) if large else [math.nan] * 4]
    return Layers(name=np.array(list(rows)), pools=np.array(pools), **columns)
