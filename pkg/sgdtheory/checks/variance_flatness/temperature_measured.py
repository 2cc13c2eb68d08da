"""IVF-F5, IVF-X2: a small net on digits, its weights recorded over two windows."""

from functools import lru_cache

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from sgdtheory.estimate import compare
from sgdtheory.networks import datasets, models, training
from sgdtheory.networks.fluctuations import curvature_along, noise_along, profiles
from sgdtheory.networks.gradient_noise import trace
from sgdtheory.stochastic import fluctuations
from sgdtheory.theory.variance_flatness import temperature_measured as theory

WIDTH, BATCH, ETA, WARM, WINDOW, SEED = 20, 20, 0.1, 50, 10, 3
LAYER = "fc2.weight"


def at(weights: dict[str, Tensor]) -> nn.Module:
    """The net at these weights."""
    net = models.mlp([64, WIDTH, WIDTH, 10], SEED, bias=False).double()
    net.load_state_dict(weights)
    return net


def shifted(net: nn.Module, shift: np.ndarray) -> nn.Module:
    """The net with a vector added to the weights of the layer."""
    weights = dict(net.state_dict())
    return at(weights | {LAYER: weights[LAYER] + torch.tensor(shift).reshape(WIDTH, WIDTH)})


def heat(net: nn.Module, directions: np.ndarray) -> np.ndarray:
    """``T_i`` along directions of the layer."""
    C = noise_along(net, cross_entropy, *data(), directions, BATCH, parameters=LAYER)
    return ETA * C / 2


@lru_cache(maxsize=1)
def data() -> tuple[Tensor, Tensor]:
    x, y = datasets.load("digits", n=1200)
    return x.flatten(1).double(), y


@lru_cache(maxsize=1)
def trained() -> tuple:
    """Two windows of the layer's weights, the net in the middle of the first, the way."""
    x, y = data()
    M = len(y) // BATCH

    def watch(step: int, weights: dict[str, Tensor]) -> Tensor:
        net = at({name: w[0] for name, w in weights.items()})
        noise = trace(net, cross_entropy, x, y, BATCH, False, parameters=LAYER)
        return torch.tensor([[float(cross_entropy(net(x), y)), noise]])

    net = models.mlp([64, WIDTH, WIDTH, 10], SEED, bias=False).double()
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
    return now, then, at(middle), np.log(run.watched[0, 1:].numpy())


@lru_cache(maxsize=1)
def measured() -> dict:
    """For each part of the claim, the value of every symbol in it."""
    now, then, net, way = trained()
    components = fluctuations.principal_components(now)
    ranks = fluctuations.log_ranks(2, len(components.variances) * 4 // 5, 24) - 1
    p = components.directions[ranks]
    asked = (net, cross_entropy, *data(), p)
    H, T = curvature_along(*asked, parameters=LAYER), heat(net, p)
    L = profiles(*asked, [0.0], parameters=LAYER)[:, 0]
    F = np.sqrt(8 * L / H)
    ends = np.outer([-0.5, 0.5], F)
    rise = np.log(profiles(*asked, ends.T, parameters=LAYER).T / L)
    hotter = [
        [heat(shifted(net, s * v), v[None])[0] for s, v in zip(row, p, strict=True)]
        for row in ends
    ]
    grown = (np.log(np.array(hotter) / T) - rise).mean(0)
    outside = fluctuations.variances_along(then, p, line=True)
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
