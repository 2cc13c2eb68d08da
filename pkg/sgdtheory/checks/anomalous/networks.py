"""ANO-F2, F4: small networks in training, and Brownian motion.  ANO-F3: tests on a table."""

from functools import lru_cache

import numpy as np
import torch
from scipy import stats
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from sgdtheory.estimate import compare
from sgdtheory.networks import datasets, models, training
from sgdtheory.stochastic import msd
from sgdtheory.theory.anomalous import networks as theory
from sgdtheory.theory.anomalous.networks_table import NETS

T, LATE, REPLICAS = 1000, 3000, (101, 102, 103)
BATCH, RATE, SMALL, NOISE = 128, 0.3, 0.003, 0.2
LAGS = msd.log_lags(T, 500)


@lru_cache(maxsize=1)
def digits() -> tuple[Tensor, Tensor]:
    x, y = datasets.load("digits")
    return x.flatten(1), y


def network() -> nn.Module:
    return models.mlp([64, 24, 10], seed=5)


def softmax_regression() -> nn.Module:
    return models.mlp([64, 10], seed=5)


def windows(net: nn.Module, starts, eta=RATE, noise=NOISE, sampling="replacement"):
    """Trajectories (R, T, d) of the windows that begin at ``starts``."""
    x, y = digits()
    weights, at = None, 0
    for start in starts:
        for steps, record in ((start - at, None), (T, training.Record())):
            if steps:
                run = training.train(
                    net, cross_entropy, x, y, steps=steps, eta=eta, start=weights,
                    seeds=[seed + 1000 * at for seed in REPLICAS], batch_size=BATCH,
                    sampling=sampling, label_noise=noise, record=record,
                )  # fmt: skip
                weights, at = run.weights, at + steps
        yield run.trajectory


def displacements(paths) -> np.ndarray:
    """(R, lags) of the replicas (R, T, d)."""
    return np.array([msd.time_averaged(path, LAGS)[1] for path in paths])


def exponent(M: np.ndarray, low: int, high: int) -> float:
    """Mean over the replicas of the exponents of M (R, lags)."""
    return float(np.mean([
        msd.exponent(LAGS, row, points=T, low=low, high=high).value for row in M
    ]))  # fmt: skip


def shared(paths: Tensor, lag: int = 100) -> float:
    """Share of M(lag) that is that of the path common to all replicas."""
    at = np.searchsorted(LAGS, lag)
    whole = displacements(paths)[:, at].mean()
    mean = displacements(paths.mean(0, keepdim=True))[0, at]
    rest = (whole - mean) * len(paths) / (len(paths) - 1)
    return float(1 - rest / whole)


def straight(paths) -> float:
    """Mean share of the line from end to end in M(500)."""
    return float(np.mean([msd.drift_share(msd.gram(p), [500])[1][0] for p in paths]))


@lru_cache(maxsize=1)
def brownian() -> dict:
    """The null model of every exponent and share: replicas of Brownian motion, d = 400."""
    draw = torch.Generator().manual_seed(0)
    paths = torch.randn(3, T, 400, generator=draw, dtype=torch.float64).cumsum(1)
    M = displacements(paths)
    own = {"short": exponent(M, 1, 10), "long": exponent(M, 100, 500),
           "all": exponent(M, 10, 500)}  # fmt: skip
    return {
        theory.short: own["short"], theory.long: own["long"], theory.clean: own["long"],
        theory.convex: own["long"], theory.late: own["all"], theory.convex_late: own["all"],
        theory.slow: own["long"], theory.descent: own["long"],
        theory.slow_convex: own["long"], theory.shared: shared(paths),
        theory.straight: straight(paths), theory.usual: 2.0,
    }  # fmt: skip


@lru_cache(maxsize=1)
def usual() -> tuple[Tensor, Tensor]:
    """The first and the late window with large steps."""
    first, late = windows(network(), (0, LATE))
    return first, late


@lru_cache(maxsize=1)
def two_regimes() -> dict:
    first, late = usual()
    *_, clean = windows(network(), (LATE,), noise=0.0)
    convex, convex_late = windows(softmax_regression(), (0, LATE))
    M = displacements(first)
    return {
        theory.short: exponent(M, 1, 10),
        theory.long: exponent(M, 100, 500),
        theory.shared: shared(first),
        theory.late: exponent(displacements(late), 10, 500),
        theory.clean: exponent(displacements(clean), 100, 500),
        theory.straight: straight(clean),
        theory.convex: exponent(displacements(convex), 100, 500),
        theory.convex_late: exponent(displacements(convex_late), 10, 500),
    }


@lru_cache(maxsize=1)
def small_steps() -> dict:
    def first(net, **options):
        return next(windows(net, (0,), **options))

    slow = first(network(), eta=SMALL)
    return {
        theory.slow: exponent(displacements(slow), 100, 500),
        theory.descent: exponent(
            displacements(first(network(), eta=SMALL, noise=0.0, sampling="full")), 100, 500
        ),
        theory.slow_convex: exponent(
            displacements(first(softmax_regression(), eta=SMALL)), 100, 500
        ),
        theory.shared: shared(slow),
        theory.usual: exponent(displacements(usual()[0]), 100, 500),
    }


def judged(claim, found: dict, null: dict, what: str):
    """Each bound admits what was found and not what the null model has."""
    for label in claim:
        part = claim[label]
        (symbol,) = part.lhs.free_symbols
        holds = (bool(part.subs(symbol, numbers[symbol])) for numbers in (found, null))
        yield compare(f"{label}: holds", 1.0, float(next(holds)))
        yield compare(f"{label}: holds for {what}", 0.0, float(next(holds)))


def regimes(claim):
    yield from judged(claim, two_regimes(), brownian(), "Brownian motion")


def rates(claim):
    """The null of small steps is Brownian motion, that of large ones constant speed."""
    yield from judged(claim, small_steps(), brownian(), "the null model")


def column(name: str, shortcuts: bool | None = None) -> list[float]:
    return [getattr(n, name) for n in NETS if shortcuts in (None, n.shortcuts)]


def rank(a: str, b: str, shortcuts: bool | None = None) -> float:
    return float(stats.spearmanr(column(a, shortcuts), column(b, shortcuts)).statistic)


def table() -> dict:
    off, on = (np.array(column("tau_1", kind)) for kind in (False, True))
    return {
        theory.pairs: int((on < off).sum()),
        theory.p_value: float(stats.wilcoxon(off, on).pvalue),
        theory.depth_off: rank("depth", "tau_1", False),
        theory.depth_on: rank("depth", "tau_1", True),
        theory.least: min(column("long")),
        theory.most: max(column("short")),
        theory.of_batch: abs(rank("batch", "long")),
        theory.tau_batch: rank("batch", "tau_1"),
    }


def unrelated() -> dict:
    """The nulls of the table: no effect where one is claimed, one where none is."""
    off = np.array(column("tau_1", False))
    return {
        theory.pairs: len(off) // 2,
        theory.p_value: float(stats.wilcoxon(off, off / 2).pvalue),
        theory.depth_off: 0.0,
        theory.depth_on: rank("depth", "tau_1", False),
        theory.least: 1.0,
        theory.most: 1.0,
        theory.of_batch: abs(rank("batch", "tau_1")),
        theory.tau_batch: 0.0,
    }


def tested(claim):
    yield from judged(claim, table(), unrelated(), "its null")


CHECKS = {"ANO-F2": regimes, "ANO-F3": tested, "ANO-F4": rates}
