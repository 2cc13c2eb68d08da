"""The loss on a random plane through the weights, scaled to the filters of the network."""

import math

import numpy as np
import torch
from torch import Tensor, nn
from torch.func import functional_call

from sgdtheory import _validate as check
from sgdtheory.networks._per_sample import LossFn


def filter_normalised(model: nn.Module, generator: torch.Generator) -> dict[str, Tensor]:
    """A Gaussian direction in which each filter has the norm of the model's own.

    A filter is what makes one output: a row of a matrix, a kernel of a convolution.
    Biases and other vectors get zero.
    """
    direction = {}
    for name, p in model.named_parameters():
        d = torch.zeros_like(p.detach())
        if p.ndim > 1:
            d = torch.randn(p.shape, generator=generator, dtype=torch.float64).to(p)
            scale = p.detach().flatten(1).norm(dim=1) / d.flatten(1).norm(dim=1)
            d = d * scale.view(-1, *[1] * (p.ndim - 1))
        direction[name] = d
    return direction


def random_slice(
    model: nn.Module,
    loss_fn: LossFn,
    x: Tensor,
    y: Tensor,
    *,
    extent: float = 1.0,
    points: int = 51,
    seed: int,
    batch: int = 1000,
) -> tuple[np.ndarray, np.ndarray]:
    """Mean loss on ``w + a d_1 + b d_2``, a and b from ``-extent`` to ``extent``.  (ANO-S9)

    ``d_1`` and ``d_2`` are Gaussian and filter-normalised.  The model is read, not changed:
    put it into evaluation mode first.

    Returns
    -------
    axis : (points,), the values of a and of b
    loss : (points, points) float64, a first

    Raises
    ------
    ValueError
        Fewer than two points, no data, or an extent that is not positive.
    """
    extent, points = check.positive("extent", extent), check.count("points", points, 2)
    batch = check.count("batch", batch)
    if len(x) != len(y) or not len(x):
        raise ValueError(
            f"x and y must hold >= 1 sample each, as many, got {len(x)} and {len(y)}; "
            "pass images with their labels"
        )
    generator = torch.Generator().manual_seed(check.count("seed", seed, 0))
    first, second = (filter_normalised(model, generator) for _ in range(2))
    axis = np.linspace(-extent, extent, points)
    centre = {name: p.detach() for name, p in model.named_parameters()}
    parts = list(zip(x.split(batch), y.split(batch), strict=True))
    loss = np.empty((points, points))
    with torch.no_grad():
        for i, a in enumerate(axis):
            for j, b in enumerate(axis):
                at = {k: p + a * first[k] + b * second[k] for k, p in centre.items()}
                losses = (
                    float(loss_fn(functional_call(model, at, (u,)), v)) * len(u)
                    for u, v in parts
                )
                loss[i, j] = math.fsum(losses) / len(x)
    return axis, loss
