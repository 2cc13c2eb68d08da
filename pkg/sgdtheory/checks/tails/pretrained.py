"""PLD-EXP752: seven trained networks by their stored statistics, beside simulated layers."""

import math
from functools import lru_cache

import numpy as np
from scipy import optimize, stats

from sgdtheory.estimate import compare
from sgdtheory.networks import pretrained
from sgdtheory.networks.pretrained import EDGES, Layers
from sgdtheory.theory.tails import pretrained as theory

RESNETS = tuple(name for name in pretrained.NAMES if name.startswith("resnet"))
LIKE, OTHER, SEED, LARGE = "resnet20", "mobilenet_v2", 7, 8000


def joined(names) -> dict[str, np.ndarray]:
    """Each quantity of the layers of several networks, one after the other."""
    tables = [pretrained.summary(name) for name in names]
    return {key: np.concatenate([row[key] for row in map(quantities, tables)])
            for key in quantities(tables[0])}  # fmt: skip


def quantities(layers: Layers) -> dict[str, np.ndarray]:
    """What the claim asks of each layer."""
    to_t, to_gaussian = pretrained.distances(layers)
    with np.errstate(invalid="ignore", divide="ignore"):
        of_filters = (layers.filtered - 3) / (layers.shuffled - 3)
    return {
        "size": layers.size, "nu": layers.nu, "kappa": layers.kappa,
        "closer": to_t / to_gaussian, "p": pretrained.fit_p_values(layers),
        "largest": pretrained.largest_p_values(layers),
        "mixture": layers.rivals[:, pretrained.RIVALS.index("gaussian_mixture")],
        "filters": of_filters,
    }  # fmt: skip


def share(hits: np.ndarray) -> float:
    """How many of the layers; NaN of none."""
    return float(hits.mean()) if hits.size else math.nan


def values(q: dict[str, np.ndarray]) -> dict:
    """The symbols that are medians and shares over layers."""
    return {
        theory.closer: np.median(q["closer"]),
        theory.kappa: np.median(q["kappa"]),
        theory.rejected: share(q["p"][q["size"] >= LARGE] < 0.01),
        theory.missing: share(q["largest"][q["nu"] < 4] < 0.01),
        theory.mixed: share(q["mixture"] < -2),
        theory.filters: np.nanmedian(q["filters"]),
    }


def removed(layers: Layers) -> float:
    excess = layers.pools[:, 3] - 3
    return 1 - excess[1] / excess[0]


@lru_cache(maxsize=1)
def measured() -> dict:
    found = values(joined(pretrained.NAMES))
    tables = [pretrained.summary(name) for name in pretrained.NAMES]
    return found | {
        theory.filters: values(joined(RESNETS))[theory.filters],
        theory.removed: min(map(removed, tables)),
        theory.untrained: min(map(pretrained.untrained, tables)),
    }


def simulated(draw) -> dict[str, np.ndarray]:
    """Layers of the sizes of one network, each from ``draw(layer number, shape)``."""
    t = pretrained.summary(LIKE)
    shapes = zip(t.filters, t.size // t.filters, strict=True)
    return {t.name[i]: draw(i, shape) for i, shape in enumerate(shapes)}


@lru_cache(maxsize=1)
def nulls() -> dict:
    """For each symbol the name of a model without the effect, and the value that it has."""
    t, rng = pretrained.summary(LIKE), np.random.default_rng(SEED)
    normal = simulated(lambda i, shape: t.sd[i] * rng.standard_normal(shape))
    student = simulated(lambda i, shape: t.scale[i] * rng.standard_t(t.nu[i], shape))
    gaussian = values(quantities(pretrained.describe(normal)))
    power = values(quantities(pretrained.describe(student)))
    dealt = rng.permutation(np.concatenate([w.ravel() for w in normal.values()]))
    parts = np.split(dealt, np.cumsum(t.size)[:-1])
    kurtosis = [float(stats.kurtosis(x)) for x in (
        dealt, np.concatenate([(w - w.mean()) / w.std() for w in parts]))]  # fmt: skip
    found = {
        theory.closer: ("Gaussian layers", gaussian),
        theory.rejected: ("layers drawn from the fits", power),
        theory.missing: ("layers drawn from the fits", power),
        theory.mixed: ("layers drawn from the fits", power),
        theory.filters: ("layers drawn from the fits", power),
    }
    return {symbol: (name, table[symbol]) for symbol, (name, table) in found.items()} | {
        theory.kappa: ("MobileNetV2 alone", np.median(pretrained.summary(OTHER).kappa)),
        theory.removed: ("layers dealt anew", 1 - kurtosis[1] / kurtosis[0]),
        theory.untrained: ("layers of one fan-in", 3.0),
    }


def from_counts(layers: Layers, i: int) -> float:
    """nu of a layer by maximum likelihood of its stored counts alone."""

    def cost(at):
        nu, loc, scale = np.exp(at[0]), at[1], np.exp(at[2])
        below = stats.t.cdf((EDGES - loc) / scale, nu)
        return -(layers.counts[i] @ np.log(np.maximum(np.diff(np.r_[0, below, 1]), 1e-300)))

    start = (np.log(5.0), 0.0, np.log(0.8))
    best = optimize.minimize(cost, start, method="Nelder-Mead",
                             options={"xatol": 1e-5, "fatol": 1e-6})  # fmt: skip
    return float(np.exp(best.x[0]))


def networks(claim):
    t = pretrained.summary(LIKE)
    wide = np.flatnonzero(t.size > LARGE)
    ratios = [from_counts(t, int(i)) / t.nu[i] for i in wide]
    # Bins a quarter of a deviation wide.
    yield compare("nu of the counts over nu of the weights", 1.0, np.median(ratios), rtol=0.02)
    for label in claim:
        part = claim[label]
        (symbol,) = part.free_symbols
        held = bool(part.subs(symbol, float(measured()[symbol])))
        yield compare(f"{label}: holds", 1.0, float(held))
        name, value = nulls()[symbol]
        admitted = bool(part.subs(symbol, float(value)))
        yield compare(f"{label}: holds for {name}", 0.0, float(admitted))


CHECKS = {"PLD-EXP752": networks}
