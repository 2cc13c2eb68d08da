"""IVF-FDN1: four dynamics of a small network from the same weights, and draws of the noise."""

from functools import lru_cache

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from sgdtheory.estimate import Estimate, compare
from sgdtheory.networks import datasets, models, training
from sgdtheory.networks.gradient_noise import per_sample_gradients
from sgdtheory.theory.variance_flatness import detecting as theory

SAMPLES, BATCH, ETA, STEPS, WIDTH = 500, 10, 0.2, 1000, 20
SEEDS = range(300, 305)
KINDS = ("full", "isotropic", "multipliers", "replacement")
#: Draws of the noise; few samples, so that the factor n/(n - 1) shows.
DRAWS, FEW, FEW_BATCH = 5000, 6, 3


def data() -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Training and test digits: the first 500, and all others."""
    parts = [datasets.load("digits", split) for split in ("train", "test")]
    x, y = (torch.cat(both) for both in zip(*parts, strict=True))
    return x[:SAMPLES], y[:SAMPLES], x[SAMPLES:], y[SAMPLES:]


def network(seed: int):
    return models.mlp((64, WIDTH, WIDTH, 10), seed, bias=False)


def hidden_trace(weights: dict[str, Tensor], x: Tensor) -> Tensor:
    """Tr H (R,) of the mean cross-entropy in the weights W between the hidden layers.

    The logits are ``V D W a``, D the units that are on: piecewise linear in W.  So H is
    ``mean |a|^2 sum_j D_j (sum_c p_c V_cj^2 - (sum_c p_c V_cj)^2)``, exactly.
    """
    V = weights["fc3.weight"]
    a = (x.flatten(1) @ weights["fc1.weight"].mT).relu()
    h = a @ weights["fc2.weight"].mT
    p = (h.relu() @ V.mT).softmax(-1)
    spread = (p @ V**2 - (p @ V) ** 2) * (h > 0)
    return (a.square().sum(-1) * spread.sum(-1)).mean(1)


@lru_cache(maxsize=1)
def trained() -> dict[str, tuple[Tensor, Tensor]]:
    """For each dynamics: S = Tr H / L, and the test loss, of each seed."""
    x, y, x_test, y_test = data()
    nets, found = [network(seed) for seed in SEEDS], {}
    for kind in KINDS:
        run = training.train(
            nets, cross_entropy, x, y, steps=STEPS, eta=ETA, seeds=SEEDS,
            batch_size=BATCH, sampling=kind,
        )  # fmt: skip
        loss, _ = training.evaluate(nets[0], run.weights, cross_entropy, x, y)
        test, _ = training.evaluate(nets[0], run.weights, cross_entropy, x_test, y_test)
        found[kind] = hidden_trace(run.weights, x) / loss, test
    return found


def measured() -> dict[str, dict]:
    """For each band, the value of every symbol in it."""
    runs = trained()
    gd, iso, land, sgd = (float(runs[kind][0].mean()) for kind in KINDS)
    pairs = [runs[kind][1] < runs["isotropic"][1] for kind in ("multipliers", "replacement")]
    return {
        theory.FLATTER: {theory.sharp_land: land, theory.sharp_iso: iso},
        theory.LIKE_GD: {theory.sharp_iso: iso, theory.sharp_gd: gd},
        theory.LIKE_SGD: {theory.sharp_land: land, theory.sharp_sgd: sgd},
        theory.BETTER: {theory.share: float(torch.cat(pairs).double().mean())},
    }


def nulls() -> dict[str, tuple[str, dict]]:
    """What each band must not admit: its name, and the values that it has there."""
    runs = trained()
    gd, iso, land, _ = (float(runs[kind][0].mean()) for kind in KINDS)
    lower = float((runs["isotropic"][1] < runs["full"][1]).double().mean())
    return {
        theory.FLATTER: ("no noise", {theory.sharp_land: gd}),
        theory.LIKE_GD: ("landscape-dependent noise", {theory.sharp_iso: land}),
        theory.LIKE_SGD: ("isotropic noise", {theory.sharp_land: iso}),
        theory.BETTER: ("isotropic noise against no noise", {theory.share: lower}),
    }


@lru_cache(maxsize=1)
def noise() -> tuple[Estimate, float, float]:
    """Variance of v . xi over single steps of many replicas; <v . g> and <(v . g)^2>.

    v is the mean gradient: along it the mean of the multipliers would count most.
    """
    x, y, _, _ = data()
    x, y, net = x[:FEW].double(), y[:FEW], network(1).double()
    run = training.train(
        net, cross_entropy, x, y, steps=1, eta=1.0, seeds=range(DRAWS), parameters="fc3",
        batch_size=FEW_BATCH, sampling="multipliers", record=training.Record(),
    )  # fmt: skip
    g = per_sample_gradients(net, cross_entropy, x, y, parameters="fc3")
    v = g.mean(0) / g.mean(0).norm()
    moved = models.flatten(models.select(net, "fc3")).detach() - run.trajectory[:, 0]
    slopes = g @ v
    found = Estimate.mean_of((moved @ v - slopes.mean()) ** 2)
    return found, float(slopes.mean()), float((slopes**2).mean())


def detecting(claim):
    """The variance of the noise; measured values inside their bands, null models outside."""
    found, average, squares = noise()
    at = {theory.mean: average, theory.square: squares, theory.B: FEW_BATCH, theory.n: FEW}
    yield compare("variance along the mean gradient", claim[theory.NOISE].rhs.subs(at), found)
    null = nulls()
    for label, values in measured().items():
        holds = bool(claim[label].subs(values))
        yield compare(f"{label}: it holds", 1.0, float(holds))
        name, wrong = null[label]
        admitted = bool(claim[label].subs({**values, **wrong}))
        yield compare(f"{label}: holds for {name}", 0.0, float(admitted))


CHECKS = {"IVF-FDN1": detecting}
