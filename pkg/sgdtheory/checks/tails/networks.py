"""PLD-EXP51: a small network on digits, over batch sizes, with its null models."""

from functools import lru_cache

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from sgdtheory.estimate import compare
from sgdtheory.networks import datasets, models, training
from sgdtheory.stochastic.student_t import fit_student_t
from sgdtheory.theory.tails import networks as theory

SEEDS, IMAGES, ETA, EPOCHS, STEPS = (11, 12, 13, 14), 600, 0.1, 20, 2000
LAYER, REPLICAS, ROUNDS = "fc2.weight", 32, 500
Weights = dict[str, Tensor]


@lru_cache
def data(split: str) -> tuple[Tensor, Tensor]:
    """Digits, in units of the deviation of the pixels in training."""
    inside = datasets.load("digits")[0]
    x, y = datasets.load("digits", split)
    x = (x - inside.mean()) / inside.std()
    return (x[:IMAGES], y[:IMAGES]) if split == "train" else (x, y)


def start(seed: int) -> nn.Module:
    """Uniform initial weights and biases within 1/sqrt(inputs), as PyTorch's layers."""
    net = models.mlp((64, 32, 32, 10), seed)
    draw = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for layer in net:
            if isinstance(layer, nn.Linear):
                edge = layer.in_features**-0.5
                layer.weight.uniform_(-edge, edge, generator=draw)
                layer.bias.uniform_(-edge, edge, generator=draw)
    return net


@lru_cache
def trained(batch: int | None, steps: int, eta: float = ETA) -> Weights:
    """Weights of one network a seed; batch None is gradient descent."""
    kind = "full" if batch is None else "reshuffling"
    return training.train(
        [start(seed) for seed in SEEDS], cross_entropy, *data("train"), steps=steps, eta=eta,
        seeds=SEEDS, batch_size=batch, sampling=kind,
    ).weights  # fmt: skip


def tail(layers: np.ndarray) -> float:
    """1/nu of a Student t, mean over networks."""
    return float(np.mean([1 / fit_student_t(w).nu.value for w in layers]))


def layer(weights: Weights) -> np.ndarray:
    return weights[LAYER].double().numpy()


def in_own_widths(w: np.ndarray) -> np.ndarray:
    """(R, units, inputs): each unit's weights centred and of variance one."""
    return (w - w.mean(2, keepdims=True)) / w.std(2, keepdims=True)


def error(weights: Weights) -> float:
    shares = training.evaluate(start(0), weights, cross_entropy, *data("test"))[1]
    return float(shares.mean())


@lru_cache
def kurtosis(batch: int) -> float:
    """Excess kurtosis of a single weight over replicas (unbiased for a Gaussian), averaged."""
    from scipy.stats import kurtosis as excess

    runs = training.train(
        start(SEEDS[0]), cross_entropy, *data("train"), steps=ROUNDS, eta=ETA,
        seeds=range(100, 100 + REPLICAS), batch_size=batch,
    ).weights  # fmt: skip
    w = layer(runs).reshape(REPLICAS, -1)
    moving = w.std(axis=0) > 1e-6
    return float(excess(w[:, moving], axis=0, bias=False).mean())


@lru_cache(maxsize=1)
def measured() -> dict[str, dict]:
    """For each part of the claim, the value of every symbol in it."""
    few, many = trained(6, STEPS), trained(150, STEPS // 25)
    longer = trained(150, STEPS)
    initial = np.stack([models.select(start(s))[LAYER].detach().double() for s in SEEDS])
    errors = {theory.error_small: error(few)}
    same = {theory.same_small: tail(layer(few)), theory.same_large: tail(layer(longer))}
    return {
        theory.GROWS: {
            theory.small: same[theory.same_small], theory.large: tail(layer(many)),
        },
        theory.ACCURACY: {**errors, theory.error_large: error(many)},
        theory.MOVES: {theory.still: tail(initial)},
        theory.STEPS: same,
        theory.LONGER: {**errors, theory.error_longer: error(longer)},
        theory.NOISELESS: {**same, theory.noiseless: tail(layer(trained(None, STEPS)))},
        theory.SCALED: {
            theory.slow: tail(layer(trained(6, STEPS, ETA / 5))),
            theory.fast: tail(layer(trained(150, STEPS, 5 * ETA))),
        },
        theory.OWN: {theory.own: tail(in_own_widths(layer(longer)))},
        theory.ONE: {theory.narrow: kurtosis(6), theory.wide: kurtosis(150)},
    }  # fmt: skip


@lru_cache(maxsize=1)
def nulls() -> dict[str, tuple[str, dict]]:
    """What each part must not admit: its name, and the values that it has there."""
    m = measured()
    same, equal = m[theory.STEPS], m[theory.GROWS]
    heavy = np.random.default_rng(5).standard_t(
        1 / same[theory.same_large], layer(trained(150, STEPS)).shape
    )
    error_small = m[theory.ACCURACY][theory.error_small]
    return {
        theory.GROWS: (
            "one batch size under two labels", {theory.large: equal[theory.small]},
        ),
        theory.ACCURACY: (
            "equal steps", {theory.error_large: m[theory.LONGER][theory.error_longer]},
        ),
        theory.MOVES: ("a trained net", {theory.still: same[theory.same_large]}),
        theory.STEPS: (
            "equal epochs",
            {theory.same_small: equal[theory.small], theory.same_large: equal[theory.large]},
        ),
        theory.LONGER: ("equal epochs", {
            theory.error_longer: m[theory.ACCURACY][theory.error_large],
            theory.error_small: error_small,
        }),
        theory.NOISELESS: ("no tail, as the theory has it", {theory.noiseless: 0.0}),
        theory.SCALED: (
            "a tail that depends on the ratio alone",
            {theory.fast: m[theory.SCALED][theory.slow]},
        ),
        theory.OWN: (
            "independent draws of the fitted Student t",
            {theory.own: tail(in_own_widths(heavy))},
        ),
        theory.ONE: (
            "a kurtosis that falls as 1/b",
            {theory.wide: m[theory.ONE][theory.narrow] / 25},
        ),
    }  # fmt: skip


def kappa_over_batches(claim):
    for label, values in measured().items():
        yield compare(f"{label}: holds", 1.0, float(bool(claim[label].subs(values))))
        name, null = nulls()[label]
        admitted = bool(claim[label].subs({**values, **null}))
        yield compare(f"{label}: holds for {name}", 0.0, float(admitted))


CHECKS = {"PLD-EXP51": kappa_over_batches}
