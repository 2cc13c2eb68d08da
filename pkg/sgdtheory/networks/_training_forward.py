"""Outputs and losses of R replicas of one network at once."""

from collections.abc import Callable, Mapping

import torch
from torch import Tensor, nn
from torch.func import functional_call, vmap
from torch.nn.functional import cross_entropy, mse_loss

from sgdtheory.networks._per_sample import LossFn, sample_losses

Weights = Mapping[str, Tensor]
POINTWISE = (nn.ReLU, nn.Tanh, nn.Sigmoid, nn.GELU, nn.Softplus, nn.ELU, nn.Identity)


def forward(model: nn.Module) -> Callable[[Weights, Tensor], Tensor]:
    """The map of weights, name -> (R, ...), and inputs (R, B, ...) to outputs (R, B, ...).

    Fully connected networks go through batched matrix products, any other by
    ``vmap(functional_call)``.
    """
    if is_dense(model):
        layers = list(model.named_children())
        return lambda weights, x: _dense(layers, weights, x)
    one = vmap(lambda weights, x: functional_call(model, weights, (x,)))
    return lambda weights, x: one(dict(weights), x)


def is_dense(model: nn.Module) -> bool:
    """Whether the model is a plain chain of linear, pointwise and leading flatten layers."""
    if type(model) is not nn.Sequential:
        return False
    plain = all(type(m) in (nn.Linear, *POINTWISE) or _flattens(m) for m in model.children())
    return plain and not any(m._forward_hooks or m._forward_pre_hooks for m in model.modules())


def _flattens(layer: nn.Module) -> bool:
    return type(layer) is nn.Flatten and (layer.start_dim, layer.end_dim) == (1, -1)


def _dense(layers: list[tuple[str, nn.Module]], weights: Weights, h: Tensor) -> Tensor:
    for name, layer in layers:
        if isinstance(layer, nn.Linear):
            matrix, bias = weights[f"{name}.weight"].mT, weights.get(f"{name}.bias")
            h = h @ matrix if bias is None else torch.baddbmm(bias[:, None], h, matrix)
        else:
            h = h.flatten(2) if isinstance(layer, nn.Flatten) else layer(h)
    return h


def losses(loss_fn: LossFn, outputs: Tensor, y: Tensor) -> Tensor:
    """Per-sample losses (R, B) of outputs (R, B, ...) and targets (R, B, ...)."""
    out, target = outputs.flatten(0, 1), y.flatten(0, 1)
    if loss_fn is cross_entropy and target.ndim == 1:
        each = cross_entropy(out, target, reduction="none")
    elif loss_fn is mse_loss and out.shape == target.shape:
        each = mse_loss(out, target, reduction="none").flatten(1).mean(1)
    else:
        each = sample_losses(loss_fn, out, target)
    return each.view(outputs.shape[:2])
