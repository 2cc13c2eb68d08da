"""Fluctuations of one layer of a small network, measured once and used by several checks."""

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn.functional import cross_entropy

from sgdtheory.networks import datasets, fluctuations, models, training
from sgdtheory.stochastic import linear_sgd

SAMPLES, BATCH, ETA = 1400, 20, 0.1
M = SAMPLES // BATCH
WARM, EPOCHS = 50, 10  # before the window; of the window, and of the next one
LAYER, SEEDS = "fc2.weight", (1, 2)
#: Trained together, by name: the seed of each replica, and how.
SGD: dict[str, Any] = {"seeds": SEEDS, "eta": ETA}
MOMENTUM = {"seeds": SEEDS[:1], "eta": ETA / 10, "momentum": 0.9}
ADAM = {"seeds": SEEDS[:1], "eta": 1e-3, "optimizer": "adam"}
HOW = {"sgd": SGD, "momentum": MOMENTUM, "adam": ADAM}


@dataclass(frozen=True)
class Window:
    """A network at the mean of a window, the window's hidden layer, and the next window's."""

    net: nn.Module
    now: np.ndarray
    then: np.ndarray

    @cached_property
    def components(self) -> fluctuations.Components:
        return fluctuations.principal_components(self.now)

    @property
    def middle(self) -> np.ndarray:
        return self.now.mean(0)


@dataclass(frozen=True)
class Relation:
    """Along directions (k,): flatness, curvature, noise; variance and time, in and fresh."""

    F: np.ndarray
    H: np.ndarray
    C: np.ndarray
    loss: float
    missing: int
    inside: np.ndarray
    fresh: np.ndarray
    speed: np.ndarray
    tau_in: np.ndarray
    tau_fresh: np.ndarray


@lru_cache(maxsize=1)
def data() -> tuple[torch.Tensor, torch.Tensor]:
    x, y = datasets.load("digits", n=SAMPLES)
    return x.double(), y


@lru_cache(maxsize=8)
def windows(width: int, how: str) -> dict[int, Window]:
    """Train 64 - width - width - 10 without biases; record the layer in the middle."""
    seeds, (x, y) = HOW[how]["seeds"], data()
    nets = [models.mlp([64, width, width, 10], seed, bias=False).double() for seed in seeds]

    def all_weights(_, w):
        return torch.cat([t.flatten(1) for t in w.values()], 1)

    run = training.train(
        nets, cross_entropy, x, y, steps=(WARM + 2 * EPOCHS) * M,
        batch_size=BATCH, **HOW[how],
        record=training.Record(LAYER, after=WARM * M),
        watch=all_weights, watch_every=M,
    )  # fmt: skip
    found = {}
    for seed, net, path, watched in zip(seeds, nets, run.trajectory, run.watched, strict=True):
        now, then = np.split(path.numpy(), 2)
        middle = watched[WARM + 1 : WARM + EPOCHS + 1].mean(0)
        weights = models.unflatten(middle, dict(net.named_parameters()))
        weights[LAYER] = torch.as_tensor(now.mean(0)).reshape(width, width)
        net.load_state_dict(weights)
        found[seed] = Window(net, now, then)
    return found


def window(seed: int, width: int = 30, how: str = "sgd") -> Window:
    """Of one seed; all seeds are trained at once."""
    return windows(width, how)[seed]


def relation(w: Window, directions: np.ndarray, inside: np.ndarray) -> Relation:
    """All that is measured along ``directions``; ``inside`` are their in-sample variances."""
    asked = (w.net, cross_entropy, *data(), directions)
    F = fluctuations.flatness(*asked, parameters=LAYER)
    fresh = fluctuations.variances_along(w.then, directions, line=True)
    speed = fluctuations.velocities_along(w.now, directions)
    return Relation(
        F=F.F,
        H=fluctuations.curvature_along(*asked, parameters=LAYER),
        C=fluctuations.noise_along(*asked, BATCH, parameters=LAYER),
        loss=F.loss,
        missing=F.missing,
        inside=inside,
        fresh=fresh,
        speed=speed,
        tau_in=inside / speed,
        tau_fresh=fresh / fluctuations.velocities_along(w.then, directions),
    )


@lru_cache(maxsize=8)
def along_components(seed: int, width: int = 30, how: str = "sgd") -> Relation:
    """Along log-spaced principal components, without the first and the last fifth."""
    w = window(seed, width, how)
    found = w.components
    ranks = fluctuations.log_ranks(2, len(found.variances) * 4 // 5) - 1
    return relation(w, found.directions[ranks], found.variances[ranks])


def in_epoch(r: Relation) -> np.ndarray:
    """Variances in a window of ten epochs by exact linear theory, no parameter free."""
    return ETA**2 * r.C * linear_sgd.epoch_window_variance(ETA * r.H, M, EPOCHS)


@lru_cache(maxsize=4)
def along_hessian(seed: int) -> Relation:
    """Along log-spaced eigenvectors of the layer's Hessian, of the sharper quarter."""
    w = window(seed)
    found = fluctuations.hessian_directions(
        w.net, cross_entropy, *data(), parameters=LAYER, gauss_newton=True
    )
    ranks = fluctuations.log_ranks(2, len(found.variances) // 4) - 1
    p = found.directions[ranks]
    return relation(w, p, fluctuations.variances_along(w.now, p, line=True))


def held(variances: np.ndarray, share: float = 0.9) -> int:
    """Least number of leading components that hold this share of the variance."""
    return int((np.cumsum(variances) < share * variances.sum()).sum() + 1)


@lru_cache(maxsize=4)
def dimensions(seed: int, width: int) -> tuple[int, int]:
    """D_l without the first component, and D_s: directions with F below a tenth of |w_0|.

    F is found where the log-quadratic profile does not give more than three times that.
    """
    w = window(seed, width)
    found, asked = w.components, (w.net, cross_entropy, *data())
    threshold = float(np.linalg.norm(w.middle)) / 10
    H = fluctuations.curvature_along(*asked, found.directions, parameters=LAYER)
    with torch.no_grad():
        loss = float(cross_entropy(w.net(data()[0]), data()[1]))
    near = found.directions[np.sqrt(8 * loss / H) < 3 * threshold]
    F = fluctuations.flatness(*asked, near, parameters=LAYER).F
    return held(found.variances[1:]), int((F < threshold).sum())
