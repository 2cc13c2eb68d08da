"""IVF-F4: two pairs of digits, one after the other, with several penalties."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from sgdtheory.estimate import compare
from sgdtheory.networks import continual, curvature, datasets, models, training
from sgdtheory.stochastic import fluctuations
from sgdtheory.theory.variance_flatness import forgetting as theory

SEEDS, WIDTH, BATCH, ETA = (41, 42, 43, 44), 30, 20, 0.1
FIRST, SECOND = (0, 1), (2, 3)
WARM, STEPS, EPOCHS = 1320, 800, 10
FEW, MANY = 45, 100


def digits() -> tuple[tuple[Tensor, Tensor], tuple[Tensor, Tensor]]:
    """Even rows for training, odd ones for tests."""
    x, y = (torch.cat(parts) for parts in zip(
        datasets.load("digits"), datasets.load("digits", "test"), strict=True))  # fmt: skip
    x = x.flatten(1).double()
    return (x[:1760:2], y[:1760:2]), (x[1::2], y[1::2])


def of(classes, data, whole: int = 1) -> tuple[Tensor, Tensor]:
    """The samples of some classes, a multiple of ``whole`` of them."""
    x, y = data
    kept = torch.nonzero(torch.isin(y, torch.tensor(classes)))[:, 0]
    kept = kept[: len(kept) // whole * whole]
    return x[kept], y[kept]


@dataclass(frozen=True)
class Learned:
    """After the first task: the run of S seeds, and its Fisher matrices (S, d, d)."""

    run: training.Run
    fisher: Tensor

    @property
    def weights(self) -> Tensor:
        """The hidden layers, (S, 1, d)."""
        return self.run.weights["fc2.weight"].flatten(1)[:, None]

    def logits(self, w: Tensor, x: Tensor) -> Tensor:
        """(S, K, n, 10) for hidden weights (S, K, d)."""
        frozen = self.run.weights
        h = (x @ frozen["fc1.weight"].mT).relu()[:, None]
        W2 = w.unflatten(-1, (WIDTH, WIDTH))
        return (h @ W2.mT).relu() @ frozen["fc3.weight"][:, None].mT

    def error(self, w: Tensor, x: Tensor, y: Tensor, among=tuple(range(10))) -> Tensor:
        """Share of wrong answers (S, K), of the classes ``among``."""
        f = self.logits(w, x)[..., list(among)]
        return (torch.tensor(among)[f.argmax(-1)] != y).double().mean(-1)


@lru_cache
def learned() -> Learned:
    data, _ = digits()
    sizes = [data[0].shape[1], WIDTH, WIDTH, 10]
    nets = [models.mlp(sizes, seed, bias=False).double() for seed in SEEDS]
    common: dict[str, Any] = {"eta": ETA, "batch_size": BATCH}
    warm = training.train(nets, cross_entropy, *data, steps=WARM, seeds=SEEDS, **common)
    drawn = [models.mlp([WIDTH, WIDTH], seed + 100, bias=False).double() for seed in SEEDS]
    hidden = torch.stack([models.flatten(models.select(net)).detach() for net in drawn])
    start = {**warm.weights, "fc2.weight": hidden.view(-1, WIDTH, WIDTH)}
    x, y = of(FIRST, data, BATCH)
    run = training.train(
        nets[0], cross_entropy, x, y, steps=STEPS, seeds=[s + 200 for s in SEEDS],
        parameters="fc2", start=start, record=training.Record("fc2", after=STEPS // 2),
        **common,
    )  # fmt: skip
    fisher = [curvature.fisher(run.model(s), x, parameters="fc2") for s in range(len(SEEDS))]
    return Learned(run, torch.stack(fisher))


def second_task(penalty: continual.Penalty) -> dict[str, Tensor]:
    """Errors (S, K) of both tasks after the second, and of the first among its own classes."""
    net, (data, tests) = learned(), digits()
    x, y = of(SECOND, data, BATCH)
    w = net.weights.expand(-1, penalty.stiffness.shape[-2], -1)
    draw = torch.Generator().manual_seed(7)
    for _ in range(EPOCHS):
        for batch in torch.randperm(len(y), generator=draw).split(BATCH):
            w = w.detach().requires_grad_()
            f = net.logits(w, x[batch])
            targets = y[batch].expand(f.shape[:-1])
            loss = cross_entropy(f.flatten(0, 2), targets.flatten(), reduction="sum")
            (g,) = torch.autograd.grad(loss / BATCH, w)
            w = penalty.proximal_step(w.detach() - ETA * g, net.weights, ETA)
    return {
        "first": net.error(w, *of(FIRST, tests)),
        "second": net.error(w, *of(SECOND, tests)),
        "two-way": net.error(w, *of(FIRST, tests), among=FIRST),
    }


def best(penalty: continual.Penalty) -> float:
    """Mean over seeds of both errors, each at the setting that is best for the others."""
    errors = second_task(penalty)
    sums = (errors["first"] + errors["second"]).numpy()
    others = (sums.sum(0) - sums) / (len(sums) - 1)
    return float(sums[np.arange(len(sums)), others.argmin(1)].mean())


def components() -> tuple[Tensor, Tensor]:
    """Leading principal components (S, m, d), and the flatness along each (IVF-E7)."""
    windows = learned().run.trajectory.numpy()
    found = [fluctuations.principal_components(w).directions[:MANY] for w in windows]
    p = torch.tensor(np.stack(found))
    return p, ((p @ learned().fisher) * p).sum(-1).clamp(min=1e-12) ** -0.5


@lru_cache
def measured() -> dict:
    """Every symbol of the claim, and two null models."""
    G, (p, F) = learned().fisher, components()
    strengths = [10.0, 100.0, 1000.0, 10000.0]
    free = second_task(continual.l2(WIDTH**2).at([0.0]))
    draw = torch.Generator().manual_seed(8)
    anywhere = torch.randn(p.mT.shape, generator=draw, dtype=p.dtype)
    random = continual.ldc(torch.linalg.qr(anywhere).Q.mT, F)
    landscape = continual.ldc(p, F)
    return {
        theory.free: float(free["first"].mean()),
        theory.two_way: float(free["two-way"].mean()),
        theory.diagonal: best(continual.ewc_diagonal(G.diagonal(dim1=1, dim2=2)).at(
            [30.0, 100.0, 300.0, 1000.0])),
        theory.full: best(continual.ewc(G).at(strengths)),
        theory.ldc: best(landscape.at(strengths)),
        theory.few: best(landscape.at(strengths, [FEW] * 4)),
        theory.l2: best(continual.l2(WIDTH**2).at([0.1, 0.3, 1.0])),
        "random directions": best(random.at(strengths)),
        "two directions": best(landscape.at(strengths, [2] * 4)),
        "none": float((free["first"] + free["second"]).mean()),
    }  # fmt: skip


def nulls(m: dict) -> dict[str, tuple[str, dict]]:
    """What each part must not admit: its name, and the values that it has there."""
    return {
        theory.FORGETS: ("no forgetting", {theory.free: m[theory.two_way]}),
        theory.TEN_WAY: ("errors among ten classes", {theory.two_way: m[theory.free]}),
        theory.BLIND: ("the diagonal itself", {theory.full: m[theory.diagonal]}),
        theory.BETTER: ("random directions", {theory.ldc: m["random directions"]}),
        theory.NO_MORE: ("the diagonal", {theory.full: m[theory.diagonal]}),
        theory.ENOUGH: ("two directions", {theory.few: m["two directions"]}),
        theory.PLAIN: ("no penalty", {theory.l2: m["none"]}),
    }


def sequence(claim):
    """Measured values inside the bounds, the null models outside."""
    m = measured()
    values = {symbol: v for symbol, v in m.items() if not isinstance(symbol, str)}
    for label, (name, other) in nulls(m).items():
        yield compare(f"{label}: holds", 1.0, float(bool(claim[label].subs(values))))
        admitted = bool(claim[label].subs({**values, **other}))
        yield compare(f"{label}: holds for {name}", 0.0, float(admitted))


CHECKS = {"IVF-F4": sequence}
