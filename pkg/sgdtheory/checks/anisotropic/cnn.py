"""ANI-E3: thirty steps from the stored sharp minimum, with two kinds of noise."""

from functools import lru_cache
from typing import Any

import numpy as np

from sgdtheory.estimate import compare
from sgdtheory.theory.anisotropic import cnn as theory

SEEDS = (11, 12, 13)
ETA, BATCH, STEPS, CLEAN = 0.07, 20, 30, 1000


def _data() -> tuple[Any, Any]:
    import torch

    from sgdtheory.networks import datasets

    x, y = datasets.load("fashion_mnist_small")
    draw = torch.Generator().manual_seed(0)
    y[CLEAN:] = torch.randint(10, (len(y) - CLEAN,), generator=draw)
    return 2 * x - 1, y


def _network() -> Any:
    from sgdtheory.networks import models

    net = models.small_cnn(seed=0)
    models.load_checkpoint(net, "sharp_minimum_fashion")
    return net


def _loss(net, x, y) -> float:
    import torch
    from torch.nn.functional import cross_entropy

    with torch.no_grad():
        return float(cross_entropy(net(x), y))


def _step(net, x, y, noise) -> None:
    import torch
    from torch.nn.functional import cross_entropy
    from torch.nn.utils import parameters_to_vector, vector_to_parameters

    params = list(net.parameters())
    pieces = torch.autograd.grad(cross_entropy(net(x), y), params)
    slope = torch.cat([g.reshape(-1) for g in pieces]) + noise
    vector_to_parameters(parameters_to_vector(params).detach() - ETA * slope, params)


def rise(seed: int, trace: float | None = None) -> float:
    """``L_0 / max L`` of SGD, or of gradient descent with isotropic noise of that trace."""
    import torch

    from sgdtheory.networks import injected_noise

    (x, y), net = _data(), _network()
    draw = torch.Generator().manual_seed(seed)
    noise: Any = 0.0
    losses = [_loss(net, x, y)]
    for k in range(1, STEPS + 1):
        some = torch.randperm(len(x), generator=draw)[:BATCH] if trace is None else slice(None)
        if trace is not None:
            size = sum(p.numel() for p in net.parameters())
            noise = injected_noise.isotropic(size, trace, draw)
        _step(net, x[some], y[some], noise)
        if k % 10 == 0:
            losses.append(_loss(net, x, y))
    return losses[0] / max(losses)


def traces(directions: int = 5, probes: int = 2) -> tuple[float, float]:
    """``Tr C``, and the twin's ``Tr(H C)`` over the one along the leading directions of C."""
    import torch
    from torch.nn.functional import cross_entropy

    from sgdtheory.networks import curvature
    from sgdtheory.networks.gradient_noise import batch_factor, per_sample_gradients

    (x, y), net = _data(), _network()
    params = list(net.parameters())
    pieces = torch.autograd.grad(cross_entropy(net(x), y), params, create_graph=True)
    slope = torch.cat([t.reshape(-1) for t in pieces])

    def product(v):
        rows = torch.autograd.grad(slope @ v, params, retain_graph=True)
        return torch.cat([t.reshape(-1) for t in rows])

    g = per_sample_gradients(net, cross_entropy, x, y)
    g = (g - g.mean(0)) * np.sqrt(batch_factor(len(x), BATCH, False) / len(x))
    values, vectors = np.linalg.eigh((g @ g.T).double().numpy())
    along = 0.0
    for value, vector in zip(values[-directions:], vectors.T[-directions:], strict=True):
        v = g.T @ torch.tensor(vector, dtype=g.dtype) / np.sqrt(value)
        along += value * float(v @ product(v))
    size = g.shape[1]
    trace_h = curvature.hutchinson_trace(
        product, size, probes=probes, seed=0, dtype=torch.float32
    )
    return values.sum(), trace_h.value * values.sum() / size / along


@lru_cache(maxsize=1)
def measured() -> dict:
    """What each symbol of the claim is; of SGD's runs the one that leaves least."""
    strength, twin = traces()
    return {
        theory.gain: twin,
        theory.sgd: max(rise(seed) for seed in SEEDS),
        theory.isotropic: rise(SEEDS[0], strength),
    }


def nulls(found: dict) -> dict:
    """Isotropic noise against itself; a run that stays; one that leaves as SGD does."""
    return {theory.gain: 1.0, theory.sgd: 1.0, theory.isotropic: found[theory.sgd]}


NULLS = {
    theory.GAIN: "isotropic noise",
    theory.LEAVES: "a run that stays",
    theory.STAYS: "a run that leaves as SGD does",
}


def leaving(claim):
    """Measured values inside their bands, the null models outside."""
    found = measured()
    null = nulls(found)
    for label, name in NULLS.items():
        yield compare(f"{label}: holds", 1.0, float(bool(claim[label].subs(found))))
        yield compare(f"{label}: for {name}", 0.0, float(bool(claim[label].subs(null))))


CHECKS = {"ANI-E3": leaving}
