"""Some parameters of a network as one vector, moved along many directions at once."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.func import functional_call, vmap

from sgdtheory import _validate as check
from sgdtheory.networks._per_sample import LossFn, Names, sample_losses
from sgdtheory.networks._products import prepared
from sgdtheory.networks.models import flatten

#: Samples and directions that are worked through at once; memory grows with their product.
SAMPLES, BLOCK = 2000, 32


@dataclass(frozen=True)
class Layer:
    """Losses of ``net`` on ``inputs`` as a function of its ``chosen`` parameters.

    Where these all lie in one child of a Sequential, ``net`` begins there and ``inputs`` are
    what arrives at it: the layers before are evaluated once.
    """

    net: nn.Module
    loss_fn: LossFn
    inputs: Tensor
    y: Tensor
    chosen: dict[str, Tensor]

    @property
    def weights(self) -> Tensor:
        """The chosen parameters as a vector, (d,)."""
        return flatten(self.chosen)

    def losses(self, weights: Tensor) -> Tensor:
        """Mean loss at each row of ``weights``, (k, d) -> (k,) in float64."""
        return torch.cat([self._block(rows) for rows in weights.split(BLOCK)])

    def _block(self, rows: Tensor) -> Tensor:
        total = torch.zeros(len(rows), dtype=torch.float64, device=rows.device)
        pieces = self.named(rows)
        for a, b in self.chunks():
            outputs = vmap(lambda p, a=a: functional_call(self.net, p, (a,)))(pieces)
            losses = sample_losses(self.loss_fn, outputs.flatten(0, 1), _repeated(b, len(rows)))
            total += losses.reshape(len(rows), -1).sum(1, dtype=torch.float64)
        return total / len(self.y)

    def named(self, rows: Tensor) -> dict[str, Tensor]:
        """Rows (k, d) as name -> (k, ...)."""
        pieces = rows.split([t.numel() for t in self.chosen.values()], dim=1)
        return {
            k: p.reshape(len(rows), *t.shape)
            for (k, t), p in zip(self.chosen.items(), pieces, strict=True)
        }

    def chunks(self) -> Iterator[tuple[Tensor, Tensor]]:
        return zip(self.inputs.split(SAMPLES), self.y.split(SAMPLES), strict=True)

    def directions(self, value) -> Tensor:
        """``value`` (k, d) as a tensor beside the parameters."""
        w = self.weights
        rows = value.numpy(force=True) if isinstance(value, Tensor) else value
        p = check.finite("directions", rows, ndim=2)
        if p.shape[1] != len(w):
            raise ValueError(
                f"directions must be (k, {len(w)}) for these parameters, got {p.shape}; one "
                "row each, in the order of models.select"
            )
        if not (np.abs(p).sum(1) > 0).all():
            raise ValueError("directions must not be zero, got a row of zeros; leave it out")
        return torch.as_tensor(p).to(w)


def _repeated(y: Tensor, times: int) -> Tensor:
    return y.repeat(times, *[1] * (y.ndim - 1))


def layer(model: nn.Module, loss_fn: LossFn, x: Tensor, y: Tensor, parameters: Names) -> Layer:
    """`Layer` of the named parameters, after refusing bad data and random models."""
    chosen = prepared(model, loss_fn, x, y, parameters)
    children = {name.split(".")[0] for name in chosen}
    if not isinstance(model, nn.Sequential) or len(children) > 1:
        return Layer(model, loss_fn, x, y, chosen)
    start = [name for name, _ in model.named_children()].index(children.pop())
    before, net = model[:start], model[start:]
    with torch.no_grad():
        inputs = torch.cat([before(a) for a in x.split(SAMPLES)])
    return Layer(net, loss_fn, inputs, y, chosen)
