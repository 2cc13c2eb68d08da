"""IVF-F5, IVF-X2: a small net on digits, its weights recorded over two windows."""

from functools import lru_cache

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, one_hot

from sgdtheory.estimate import compare
from sgdtheory.networks import datasets, models, training
from sgdtheory.stochastic import fluctuations
from sgdtheory.theory.variance_flatness import temperature_measured as theory

WIDTH, BATCH, ETA, WARM, WINDOW, SEED = 20, 20, 0.1, 50, 10, 3
LAYER = "fc2.weight"


class Hidden:
    """Loss, H_ii and C_ii of the hidden layer, exact for ReLU units without biases."""

    def __init__(self, weights: dict[str, Tensor], x: Tensor, y: Tensor):
        self.a = (x @ weights["fc1.weight"].T).relu()
        self.out, self.y = weights["fc3.weight"], y

    def along(self, W: Tensor, p: Tensor) -> tuple[float, float, float]:
        z = self.a @ W.T
        u = ((self.a @ p.T) * (z > 0)) @ self.out.T
        logits = z.relu() @ self.out.T
        q, n = logits.softmax(1), len(self.y)
        g = ((q - one_hot(self.y, 10)) * u).sum(1)
        H = ((q * u**2).sum(1) - (q * u).sum(1) ** 2).mean()
        C = g.var(unbiased=False) / BATCH * (n - BATCH) / (n - 1)
        return float(cross_entropy(logits, self.y)), float(H), float(C)

    def trace(self, W: Tensor) -> tuple[float, float]:
        """Loss, and the trace of the covariance of one sample's gradient."""
        z = self.a @ W.T
        logits = z.relu() @ self.out.T
        d = ((logits.softmax(1) - one_hot(self.y, 10)) @ self.out) * (z > 0)
        mean = d.T @ self.a / len(self.y)
        S = ((d**2).sum(1) * (self.a**2).sum(1)).mean() - (mean**2).sum()
        return float(cross_entropy(logits, self.y)), float(S)


@lru_cache(maxsize=1)
def trained() -> tuple:
    """Two windows of the hidden weights, the layer in the middle of the first, the way."""
    x, y = datasets.load("digits")
    x, y = x.flatten(1).double()[:1200], y[:1200]
    M = len(y) // BATCH
    net = models.mlp([64, WIDTH, WIDTH, 10], SEED, bias=False).double()

    def watch(step: int, weights: dict[str, Tensor]) -> Tensor:
        here = {name: w[0] for name, w in weights.items()}
        return torch.tensor([Hidden(here, x, y).trace(here[LAYER])])

    run = training.train(
        net, cross_entropy, x, y, steps=(WARM + 2 * WINDOW) * M, eta=ETA, seeds=[SEED],
        batch_size=BATCH, record=training.Record(after=WARM * M), watch=watch,
        watch_every=3 * M,
    )  # fmt: skip
    windows = np.split(run.trajectory[0].numpy().astype(float), 2)
    chosen = dict(net.named_parameters())
    middle = models.unflatten(torch.tensor(windows[0].mean(0)), chosen)
    first, size = chosen["fc1.weight"].numel(), chosen[LAYER].numel()
    now, then = (w[:, first : first + size] for w in windows)
    return now, then, Hidden(middle, x, y), np.log(run.watched[0, 1:].numpy())


@lru_cache(maxsize=1)
def measured() -> dict:
    """For each part of the claim, the value of every symbol in it."""
    now, then, layer, way = trained()
    components = fluctuations.principal_components(now)
    ranks = fluctuations.log_ranks(2, len(components.variances) * 4 // 5, 24) - 1
    directions = components.directions[ranks]
    p = torch.tensor(directions).reshape(-1, WIDTH, WIDTH)
    middle = torch.tensor(now.mean(0)).reshape(WIDTH, WIDTH)
    L, H, C = np.array([layer.along(middle, v) for v in p]).T
    F, T = np.sqrt(8 * L / H), ETA * C / 2
    grown = []
    for v, width, loss, noise in zip(p, F, L, C, strict=True):
        ends = [layer.along(middle + s * width / 2 * v, v) for s in (-1, 1)]
        grown.append(np.mean([np.log(c / noise * loss / bottom) for bottom, _, c in ends]))
    outside = fluctuations.variances_along(then, directions, line=True)
    half = len(F) // 2
    return {
        theory.psi_T: fluctuations.exponent(F, T),
        theory.growth: float(np.exp(np.median(grown))),
        theory.correlation: float(np.corrcoef(way.T)[0, 1]),
        theory.fresh: float(np.median((outside * H / T)[half:])),
    }


#: Values where noise is thermal: one temperature, everywhere and always.
THERMAL = {theory.psi_T: 0, theory.growth: 1, theory.correlation: 0, theory.fresh: 1}


def judged(labels):
    """A check: measured values inside their bands, thermal noise outside."""

    def check(claim):
        for label in labels:
            yield compare(label, 1.0, float(bool(claim[label].subs(measured()))))
            thermal = bool(claim[label].subs(THERMAL))
            yield compare(f"{label}: holds for thermal noise", 0.0, float(thermal))

    return check


CHECKS = {s.id: judged(tuple(s.claim)) for s in theory.STATEMENTS}
