"""LOG-E1: a small network trained anew from two seeds, its two noise matrices compared."""

from functools import lru_cache
from typing import Any

import numpy as np

from sgdtheory.estimate import compare
from sgdtheory.theory.log_landscape import networks as theory

SEEDS = (11, 12)
IMAGES, BATCH, ETA = 1000, 100, 0.01
EARLY, LOOK, LATE = 10, 50, 200


def compared(loss: np.ndarray, gram: np.ndarray) -> dict:
    """``(1/n) sum l G`` against ``L (1/n) sum G`` from the n x n products of gradients."""
    n, mean, root = len(loss), loss.mean(), np.sqrt(loss)
    exact = np.linalg.eigvalsh(root[:, None] * gram * root / n)[::-1]
    decoupled = np.linalg.eigvalsh(mean * gram / n)[::-1]
    ratio = exact[:500] / decoupled[:500]
    trace = exact.sum() / decoupled.sum()
    away = loss - mean
    difference = np.sqrt(away @ gram**2 @ away) / n
    return {
        theory.trace: max(trace, 1 / trace),
        theory.first: max(ratio[0], 1 / ratio[0]),
        theory.five: np.minimum(ratio[:5], 1 / ratio[:5]).min(),
        theory.error: difference / np.linalg.norm(exact),
        theory.small: np.median(ratio[200:]),
    }


def coupled(loss: np.ndarray, gram: np.ndarray) -> np.ndarray:
    """The same losses, the largest where the gradient of the network is longest."""
    dealt = np.empty_like(loss)
    dealt[np.diagonal(gram).argsort()] = np.sort(loss)
    return dealt


class Network:
    """Even or odd digits, squared loss; ``x``, ``y`` and the network with its parameters."""

    def __init__(self, seed: int):
        import torch

        from sgdtheory.networks import datasets, models

        self.x, digit = datasets.load("digits", n=IMAGES)
        self.y = 1.0 - 2.0 * (digit % 2)
        self.net: Any = models.mlp([64, 100, 100, 1], seed=seed)
        self.draw = torch.Generator().manual_seed(seed)

    def train(self, epochs: int) -> None:
        """SGD with a new order of the images in each epoch."""
        import torch

        params = list(self.net.parameters())
        for _ in range(epochs):
            for i in torch.randperm(IMAGES, generator=self.draw).split(BATCH):
                loss = ((self.net(self.x[i])[:, 0] - self.y[i]) ** 2).mean() / 2
                for p, g in zip(params, torch.autograd.grad(loss, params), strict=True):
                    p.data.sub_(g, alpha=ETA)

    def look(self) -> tuple[np.ndarray, Any]:
        """Residuals (n,) and gradients (n, P) of the network's output."""
        from sgdtheory.networks.gradient_noise import per_sample_gradients

        rho = (self.net(self.x)[:, 0] - self.y).detach().double().numpy()
        return rho, per_sample_gradients(self.net, lambda f, _: f.sum(), self.x, self.y)

    def noise(self) -> tuple[float, float, float]:
        """Mean loss, noise strength, and the square of the mean gradient."""
        rho, features = self.look()
        squares = (features**2).sum(1).double().numpy()
        mean = rho @ features.double().numpy() / IMAGES
        drift = mean @ mean
        return (rho**2).mean() / 2, (rho**2 * squares).mean() - drift, drift


@lru_cache(maxsize=len(SEEDS))
def measured(seed: int) -> tuple[dict, dict]:
    """What each symbol of the claim is, in the network and in the null models."""
    here = Network(seed)
    here.train(EARLY)
    early = here.noise()
    here.train(LOOK - EARLY)
    rho, features = here.look()
    _, noise, drift = here.noise()
    here.train(LATE - LOOK)
    late = here.noise()
    loss, gram = rho**2 / 2, (features @ features.T).double().numpy()
    found = compared(loss, gram) | {
        theory.share: drift / noise,
        theory.slope: np.log(late[1] / early[1]) / np.log(late[0] / early[0]),
    }
    flat = np.trace(gram) / len(gram) / np.linalg.eigvalsh(gram)[::-1][:5]
    null = compared(coupled(loss, gram), gram) | {
        theory.five: np.minimum(flat, 1 / flat).min(),
        theory.share: 1.0,
        theory.small: 1.0,
        theory.slope: 1.0,
    }
    return found, null


NULLS = {
    theory.TRACE: "losses in the order of the gradients' lengths",
    theory.FIRST: "losses in the order of the gradients' lengths",
    theory.FIVE: "isotropic noise of the same trace",
    theory.MATRIX: "losses in the order of the gradients' lengths",
    theory.MEAN: "a mean gradient as strong as the noise",
    theory.SMALL: "exact decoupling",
    theory.SLOPE: "noise proportional to the loss",
}


def decoupling(claim):
    """Measured values inside their bands with every seed, the null models outside."""
    rows = [measured(seed) for seed in SEEDS]
    for label, name in NULLS.items():
        holds = [bool(claim[label].subs(found)) for found, _ in rows]
        admitted = [bool(claim[label].subs(null)) for _, null in rows]
        yield compare(f"{label}: seeds with which it holds", len(rows), float(sum(holds)))
        yield compare(f"{label}: holds for {name}", 0.0, float(sum(admitted)))


CHECKS = {"LOG-E1": decoupling}
