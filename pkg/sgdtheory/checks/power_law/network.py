"""PLD-F1: the covariance scan on the stored network, exact for its 1,000 images."""

from functools import lru_cache
from typing import Any

import numpy as np

from sgdtheory.estimate import compare
from sgdtheory.theory.power_law.network import SHOWN, WORST, shown, worst

STEPS = np.arange(-10, 10)
STEP = 1e-4


def r_squared(t: np.ndarray) -> float:
    """Share of the variance of ``t`` that a parabola over the twenty points explains."""
    basis = np.vander(STEPS / 10, 3)
    rest = t - basis @ np.linalg.lstsq(basis, t, rcond=None)[0]
    return float(1 - (rest**2).sum() / ((t - t.mean()) ** 2).sum())


def _scan(net: Any, x, y, layer: str, start: int, direction) -> float:
    import torch
    from torch.nn.functional import cross_entropy

    from sgdtheory.networks.gradient_noise import covariance_scan

    with torch.no_grad():
        before = net[:start](x)
    scanned = covariance_scan(
        net[start:], cross_entropy, before, y, direction.double(), list(STEP * STEPS),
        parameters=f"{layer}.weight",
    )  # fmt: skip
    return r_squared(scanned.traces)


@lru_cache(maxsize=1)
def measured() -> dict:
    """R^2 of the parabola: second convolution, all ones; and the other lines' lowest."""
    import torch

    from sgdtheory.networks import datasets, models

    x, y = datasets.load("fashion_mnist_small", n=1000)
    net = models.small_cnn(seed=0)
    models.load_checkpoint(net, "small_cnn_fashion")
    net.double()
    x = x.double()
    size = {layer: net.get_parameter(f"{layer}.weight").numel() for layer in ("conv2", "fc1")}
    ones = {layer: torch.ones(n).double() for layer, n in size.items()}
    others = [_scan(net, x, y, "fc1", 7, ones["fc1"])]
    for layer, start in (("conv2", 3), ("fc1", 7)):
        draw = torch.Generator().manual_seed(1)
        others.append(_scan(net, x, y, layer, start, torch.randn(size[layer], generator=draw)))
    return {shown: _scan(net, x, y, "conv2", 3, ones["conv2"]), worst: min(others)}


def scan(claim):
    """Measured values inside their bands; a noise that grows like |s| outside."""
    null = r_squared(np.abs(STEPS).astype(float))
    for label in (SHOWN, WORST):
        holds = bool(claim[label].subs(measured()))
        yield compare(f"{label}: inside the band", 1.0, float(holds))
    yield compare("|s| outside the band", 0.0, float(bool(claim[SHOWN].subs({shown: null}))))
    exact = r_squared((STEPS - 3.0) ** 2)
    found = float(bool(claim[WORST].subs({worst: exact})))
    yield compare("a true parabola outside the other band", 0.0, found)


CHECKS = {"PLD-F1": scan}
