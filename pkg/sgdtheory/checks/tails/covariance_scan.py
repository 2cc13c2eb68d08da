"""TLS-E1: a small residual network, scanned with frozen and with the batch's statistics."""

from copy import deepcopy
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, cross_entropy, mse_loss, one_hot

from sgdtheory.estimate import compare
from sgdtheory.networks import datasets, models
from sgdtheory.networks.gradient_noise import covariance_scan, expansion
from sgdtheory.theory.tails import covariance_scan as theory

SEED, CLASSES, ETA, MOMENTUM, TARGET, MOST = 0, (2, 6), 0.05, 0.9, 1e-3, 300
LAYER, BATCH, FEW, MANY = "block3_1.conv2.weight", 15, 8, 100
STEPS = np.arange(-10, 10)
NARROW, WIDE = 0.01, 0.05


def data() -> tuple[Tensor, Tensor]:
    """240 pullovers and shirts as (240, 3, 14, 14), mean zero and variance one."""
    x, y = datasets.load("fashion_mnist_small")
    pick = (y == CLASSES[0]) | (y == CLASSES[1])
    x = avg_pool2d(x[pick], 2).expand(-1, 3, -1, -1)
    return (x - x.mean()) / x.std(), (y[pick] == CLASSES[1]).long()


def descend(net: nn.Module, x: Tensor, y: Tensor) -> float:
    """Full-batch descent with momentum down to the target, in place; the loss reached."""
    params = list(net.parameters())
    speed = [torch.zeros_like(p) for p in params]
    for _ in range(MOST):
        loss = cross_entropy(net(x), y)
        if loss.item() < TARGET:
            break
        grads = torch.autograd.grad(loss, params)
        with torch.no_grad():
            for p, v, g in zip(params, speed, grads, strict=True):
                p.add_(v.mul_(MOMENTUM).sub_(g, alpha=ETA))
    return loss.item()


def keep_statistics(net: nn.Module, x: Tensor) -> None:
    """Let the frozen statistics be those of all of ``x``, and stay so in either mode."""
    norms = [m for m in net.modules() if isinstance(m, nn.BatchNorm2d)]
    for momentum in (1.0, 0.0):
        for norm in norms:
            norm.momentum = momentum
        if momentum:
            with torch.no_grad():
                net.train()(x)
    net.eval()


@lru_cache(maxsize=1)
def trained() -> tuple[nn.Sequential, Tensor, Tensor]:
    """The network at its minimum, in double precision, and its data."""
    (x, y), net = data(), models.resnet(8, True, SEED)
    descend(net.train(), x, y)
    x = x.double()
    keep_statistics(net.double(), x)
    return net, x, y


def cut(net: nn.Sequential, layer: str = LAYER) -> tuple[nn.Module, nn.Module]:
    """The network before the block of the layer, and from there."""
    start = [name for name, _ in net.named_children()].index(layer.split(".")[0])
    return net[:start], net[start:]


def line(weight: Tensor, seed: int) -> Tensor:
    """A random direction as long as the weight itself."""
    e = torch.randn(weight.numel(), generator=torch.Generator().manual_seed(seed))
    return e.to(weight) / e.norm() * weight.detach().norm()


def batch_traces(net, x: Tensor, y: Tensor, e: Tensor, s, batches: int) -> np.ndarray:
    """Tr C over the same minibatches at each distance, (k,).

    Drawn with replacement; with the batch's own statistics if the net is in training mode.
    """
    draw = torch.Generator().manual_seed(SEED)
    picks = torch.randint(len(x), (batches, BATCH), generator=draw)
    front, rest = cut(net)
    with torch.no_grad():
        before = [front(x[i]) for i in picks]
    w = net.get_parameter(LAYER)
    start, found = w.detach().clone(), []
    for at in s:
        w.data.copy_(start + at * e.view_as(w))
        losses = [cross_entropy(rest(a), y[i]) for a, i in zip(before, picks, strict=True)]
        found.append(torch.stack([torch.autograd.grad(v, w)[0].flatten() for v in losses]))
    w.data.copy_(start)
    return torch.stack(found).var(dim=1).sum(-1).numpy()


def parabola(s: np.ndarray, t: np.ndarray) -> tuple[float, float, float]:
    """Coefficient of the square, place of the vertex, and R^2 of the fitted parabola."""
    unit = np.abs(s).max()
    basis = np.vander(s / unit, 3)
    a, b, _ = fit = np.linalg.lstsq(basis, t, rcond=None)[0]
    r2 = 1 - ((t - basis @ fit) ** 2).sum() / ((t - t.mean()) ** 2).sum()
    return a / unit**2, -b / (2 * a) * unit, r2


@lru_cache(maxsize=1)
def measured() -> dict[str, dict]:
    """For each part of the claim, the value of every symbol in it."""
    net, x, y = trained()
    w = net.get_parameter(LAYER)
    front, rest = cut(net)
    before = front(x).detach()
    e, own, targets = line(w, 1), w.detach().flatten().clone(), one_hot(y, 10).double()

    single = deepcopy(rest).float()  # six digits, where two are asked for: twice as fast

    def frozen(loss, goal, e) -> np.ndarray:
        scan = covariance_scan(
            single, loss, before.float(), goal, e.float(), list(WIDE * STEPS), parameters=LAYER
        )
        return scan.traces

    picked, far = frozen(cross_entropy, y, e), frozen(cross_entropy, y, own)
    net.train()
    falls = batch_traces(net, x, y, own, NARROW * STEPS, FEW)
    (batch,) = batch_traces(net, x, y, own, [0.0], MANY)
    net.eval()
    terms = expansion(rest, cross_entropy, before, y, e, parameters=LAYER)
    square = expansion(rest, mse_loss, before, targets, e, parameters=LAYER)
    fit = parabola(WIDE * STEPS, frozen(mse_loss, targets.float(), e))[0]
    _, vertex, r2 = parabola(WIDE * STEPS, picked)
    return {
        theory.SHOWN: {theory.shown: r2},
        theory.INSIDE: {theory.vertex: vertex / WIDE},
        theory.LOOKS: {theory.along: parabola(NARROW * STEPS, falls)[2]},
        theory.LAW: {theory.deviation: deviation(NARROW * STEPS, falls)},
        theory.NOISE: {theory.batch: batch, theory.frozen: picked[10] / BATCH},
        theory.FAR: {theory.highest: far.max(), theory.lowest: far.min()},
        theory.SHARE: {theory.sigma_H: terms.sigma_H, theory.third: terms.third},
        theory.KINKS: {theory.fitted: fit, theory.sigma_H: square.sigma_H},
    }  # fmt: skip


def deviation(s: np.ndarray, t: np.ndarray) -> float:
    """How far (1 + s)^2 t(s), over its value at s = 0, is from one at most."""
    return float(np.abs((1 + s) ** 2 * t / t[s == 0] - 1).max())


@lru_cache(maxsize=1)
def last_layer() -> tuple[float, float]:
    """Squared loss in the linear layer: fitted coefficient, and sigma_H."""
    net, x, y = trained()
    front, rest = cut(net, "fc")
    before = front(x).detach()
    e, targets = line(net.get_parameter("fc.weight"), 1), one_hot(y, 10).double()
    args = (rest, mse_loss, before, targets, e)
    scan = covariance_scan(*args, list(WIDE * STEPS), parameters="fc.weight")
    exact = expansion(*args, parameters="fc.weight")
    return parabola(WIDE * STEPS, scan.traces)[0], exact.sigma_H


def nulls() -> dict[str, tuple[str, dict]]:
    """What each part must not admit: its name, and the values that it has there."""
    m: dict[str, Any] = measured()
    s = WIDE * STEPS
    falling, corner = (1 + s) ** -2.0, float(parabola(s, np.abs(s))[2])
    fit, sigma_H = last_layer()
    return {
        theory.SHOWN: ("the distance itself", {theory.shown: corner}),
        theory.INSIDE: ("the inverse square, steps of 0.02", {
            theory.vertex: parabola(0.02 * STEPS, (1 + 0.02 * STEPS) ** -2.0)[1] / 0.02,
        }),
        theory.LOOKS: ("the distance itself", {theory.along: corner}),
        theory.LAW: (
            "the inverse first power",
            {theory.deviation: deviation(NARROW * STEPS, 1 / (1 + NARROW * STEPS))},
        ),
        theory.NOISE: ("one mode for both", {theory.batch: m[theory.NOISE][theory.frozen]}),
        theory.FAR: (
            "the inverse square",
            {theory.highest: falling.max(), theory.lowest: falling.min()},
        ),
        theory.SHARE: ("a squared loss", {theory.third: 0.0}),
        theory.KINKS: ("the last layer", {theory.fitted: fit, theory.sigma_H: sigma_H}),
    }  # fmt: skip


def scan(claim):
    for label, values in measured().items():
        yield compare(f"{label}: holds", 1.0, float(bool(claim[label].subs(values))))
        name, null = nulls()[label]
        admitted = bool(claim[label].subs({**values, **null}))
        yield compare(f"{label}: holds for {name}", 0.0, float(admitted))
    fit, sigma_H = last_layer()
    yield compare("squared loss, last layer: the fit is sigma_H", sigma_H, fit, rtol=1e-8)


CHECKS = {"TLS-E1": scan}
