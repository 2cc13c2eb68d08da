"""TLS-E2: minibatch noise of a small network on digits, before four estimators."""

from functools import lru_cache

import numpy as np
import torch
from torch.nn.functional import cross_entropy

from sgdtheory.estimate import compare
from sgdtheory.networks import datasets, models
from sgdtheory.networks.gradient_noise import per_sample_gradients
from sgdtheory.stochastic import stable, tail_index
from sgdtheory.theory.tails import gradient_noise as theory

SEED, BATCH, ETA, STEPS = 3, 100, 0.1, 200
VECTORS, BLOCK, ENTRIES, INDEX, BUSY = 200, 20, 5000, 1.3, 0.2


@lru_cache(maxsize=1)
def noise() -> np.ndarray:
    """Minibatch gradients less the full one, (VECTORS, P), of weights that samples move."""
    x, y = datasets.load("digits")
    x = 2 * x - 1
    net, draw = models.mlp((64, 30, 10), seed=SEED), torch.Generator().manual_seed(SEED)
    weights = list(net.parameters())
    for _ in range(STEPS):
        i = torch.randperm(len(y), generator=draw)[:BATCH]
        for w, g in zip(
            weights, torch.autograd.grad(cross_entropy(net(x[i]), y[i]), weights), strict=True
        ):
            w.data.sub_(g, alpha=ETA)
    g = per_sample_gradients(net, cross_entropy, x, y).double()
    picks = torch.zeros(VECTORS, len(y), dtype=torch.float64)
    for row in picks:
        row[torch.randperm(len(y), generator=draw)[:BATCH]] = 1 / BATCH
    busy = (g != 0).double().mean(0) > BUSY
    return (picks @ (g - g.mean(0))[:, busy]).numpy()


def hill(values: np.ndarray) -> float:
    return tail_index.hill(values, values.size // 100).alpha.value


def fitted(values: np.ndarray, method: str) -> float:
    few = np.random.default_rng(SEED).choice(values.ravel(), ENTRIES, replace=False)
    return stable.fit(few, method).alpha.value


def blocks(values: np.ndarray) -> float:
    return tail_index.log_moment(values, BLOCK).alpha.value


def readings(entries: np.ndarray) -> dict:
    """Every symbol of the claim, for noise (draws, weights)."""
    draw = np.random.default_rng(SEED)
    width = entries.std(axis=0)
    gaussian = draw.standard_normal(entries.shape) * width
    z = entries / width
    return {
        theory.hill: hill(entries),
        theory.hill_twin: hill(gaussian),
        theory.waves: fitted(entries, "ecf"),
        theory.quantiles: fitted(entries, "mcculloch"),
        theory.blocks: blocks(entries),
        theory.own: blocks(entries.T),
        theory.twin: blocks(draw.permutation(gaussian.ravel())),
        theory.units: blocks(z),
        theory.mixed: blocks(draw.permutation(z.ravel())),
    }


@lru_cache(maxsize=1)
def measured() -> dict:
    return readings(noise())


@lru_cache(maxsize=1)
def nulls() -> dict[str, tuple[str, dict]]:
    """What each part must not admit: its name, and the values that it has there."""
    shape = noise().shape
    gaussian = readings(np.random.default_rng(SEED).standard_normal(shape))
    heavy = readings(stable.rvs(INDEX, size=shape, seed=SEED))
    return {
        theory.LOW: ("Gaussians of one width", gaussian),
        theory.APART: ("a stable law", heavy),
        theory.WAVES: ("a stable law", heavy),
        theory.QUANTILES: ("a stable law", heavy),
        theory.ORDER: ("a stable law", heavy),
        theory.TWIN: ("Gaussians of one width", gaussian),
        theory.HILL_TWIN: ("a stable law", {theory.hill: heavy[theory.hill]}),
        theory.NEIGHBOURS: ("a stable law", heavy),
    }


def four_estimators(claim):
    for label in theory.STATEMENTS[0].claim:
        holds = bool(claim[label].subs(measured()))
        yield compare(f"{label}: holds", 1.0, float(holds))
        name, null = nulls()[label]
        admitted = bool(claim[label].subs({**measured(), **null}))
        yield compare(f"{label}: holds for {name}", 0.0, float(admitted))


CHECKS = {"TLS-E2": four_estimators}
