"""ANO-F5: minibatch noise of a small network on digits, pooled and in its own units."""

from functools import lru_cache

import numpy as np
import torch
from torch.nn.functional import cross_entropy

from sgdtheory.estimate import compare
from sgdtheory.networks import datasets, models
from sgdtheory.networks.gradient_noise import per_sample_gradients
from sgdtheory.stochastic import stable
from sgdtheory.theory.anomalous import gradients as theory

SEED, BATCH, ETA, STAGES = 3, 100, 0.1, (200, 2000)
VECTORS, ENTRIES, RANDOM_LABELS = 200, 5000, 0.2


def data(random_labels: float):
    """1,500 digits; a share of the labels replaced by random ones."""
    x, y = datasets.load("digits")
    draw = torch.Generator().manual_seed(SEED + 1)
    hit = torch.rand(len(y), generator=draw) < random_labels
    y[hit] = torch.randint(10, (int(hit.sum()),), generator=draw)
    return 2 * x - 1, y


def noise(net, x, y, batch: int) -> np.ndarray:
    """Minibatch gradients less the full one, (VECTORS, P), at fixed weights."""
    g = per_sample_gradients(net, cross_entropy, x, y)
    draw = torch.Generator().manual_seed(SEED + 2)
    picks = torch.zeros(VECTORS, len(y))
    for row in picks:
        row[torch.randperm(len(y), generator=draw)[:batch]] = 1 / batch
    return (picks @ (g - g.mean(0))).numpy()


@lru_cache(maxsize=2)
def stages(random_labels: float) -> list[tuple[np.ndarray, np.ndarray]]:
    """Noise at the batch of training and at three times that, after each stage."""
    x, y = data(random_labels)
    net, draw = models.mlp((64, 30, 10), seed=SEED), torch.Generator().manual_seed(SEED)
    found, done = [], 0
    for stage in STAGES:
        for _ in range(stage - done):
            i = torch.randperm(len(y), generator=draw)[:BATCH]
            weights = list(net.parameters())
            steps = torch.autograd.grad(cross_entropy(net(x[i]), y[i]), weights)
            with torch.no_grad():
                for w, step in zip(weights, steps, strict=True):
                    w.sub_(step, alpha=ETA)
        done = stage
        found.append((noise(net, x, y, BATCH), noise(net, x, y, 3 * BATCH)))
    return found


def fit(values: np.ndarray) -> stable.StableFit:
    few = np.random.default_rng(SEED).choice(values[values != 0], ENTRIES, replace=False)
    return stable.fit(few)


def index(values: np.ndarray) -> float:
    return fit(values).alpha.value


def in_own_units(entries: np.ndarray) -> np.ndarray:
    width = entries.std(axis=0)
    return entries[:, width > 0] / width[width > 0]


@lru_cache(maxsize=1)
def measured() -> dict[str, dict]:
    """For each part of the claim, the value of every symbol in it."""
    (first, _), (last, last_large) = stages(0.0)
    noisy = [index(entries) for entries, _ in stages(RANDOM_LABELS)]
    normal = np.random.default_rng(SEED).standard_normal(last.shape)
    both, start = fit(last), index(first)
    pooled = both.alpha.value
    return {
        theory.INDEX: {theory.pooled: pooled},
        theory.GAIN: {theory.R: both.gain},
        theory.WIDTHS: {
            theory.pooled: pooled, theory.widths: index(normal * last.std(axis=0)),
        },
        theory.OWN: {theory.own: index(in_own_units(last)), theory.pooled: pooled},
        theory.BATCH: {theory.large: index(in_own_units(last_large))},
        theory.FALLS: {theory.early: start, theory.late: pooled},
        theory.RISES: {theory.noisy_early: noisy[0], theory.noisy_late: noisy[1]},
    }  # fmt: skip


@lru_cache(maxsize=1)
def nulls() -> dict[str, tuple[str, dict]]:
    """What each part must not admit: its name, and the values that it has there."""
    m = measured()
    gaussian = fit(np.random.default_rng(SEED + 3).standard_normal(ENTRIES))
    entries = stages(0.0)[-1][0]
    normal = np.random.default_rng(SEED).standard_normal(entries.shape)
    mixed = np.random.default_rng(SEED).permuted(entries.std(axis=0))
    held = m[theory.OWN][theory.own]
    summed = stable.rvs(held, size=(3, ENTRIES), seed=SEED).mean(axis=0)
    return {
        theory.INDEX: ("Gaussian noise", {theory.pooled: gaussian.alpha.value}),
        theory.GAIN: ("Gaussian noise", {theory.R: gaussian.gain}),
        theory.WIDTHS: (
            "widths that spread half as far on a log scale",
            {theory.widths: index(normal * np.sqrt(entries.std(axis=0)))},
        ),
        theory.OWN: (
            "widths of other coordinates",
            {theory.own: index((entries / np.where(mixed > 0, mixed, 1))[:, mixed > 0])},
        ),
        theory.BATCH: ("a stable law, averaged over three", {theory.large: index(summed)}),
        theory.FALLS: ("random labels", {
            theory.early: m[theory.RISES][theory.noisy_early],
            theory.late: m[theory.RISES][theory.noisy_late],
        }),
        theory.RISES: ("true labels", {
            theory.noisy_early: m[theory.FALLS][theory.early],
            theory.noisy_late: m[theory.FALLS][theory.late],
        }),
    }  # fmt: skip


def heavy_tails(claim):
    for label, values in measured().items():
        yield compare(f"{label}: holds", 1.0, float(bool(claim[label].subs(values))))
        name, null = nulls()[label]
        admitted = bool(claim[label].subs({**values, **null}))
        yield compare(f"{label}: holds for {name}", 0.0, float(admitted))


CHECKS = {"ANO-F5": heavy_tails}
