"""Per-sample gradients of convolutions and linear layers from one backward pass.

A linear layer ``z = W a + c`` has per-sample gradients ``dW_i = d_i a_i^T, dc_i = d_i`` with
``d_i`` the gradient at its output; a convolution is the same on the unfolded input, summed
over the output positions.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn.functional import pad, unfold


def layered(model: nn.Module, chosen: dict[str, Tensor]) -> bool:
    """Whether every chosen parameter belongs to a plain 2-D convolution or linear layer."""
    return all(
        type(layer) is nn.Linear
        or (type(layer) is nn.Conv2d and layer.groups == 1 and layer.padding_mode == "zeros")
        for layer in _layers(model, chosen).values()
    )


def _layers(model: nn.Module, chosen: dict[str, Tensor]) -> dict[str, nn.Module]:
    return {k.rpartition(".")[0]: model.get_submodule(k.rpartition(".")[0]) for k in chosen}


def layer_gradients(
    model: nn.Module, x: Tensor, loss: Callable[[Tensor], Tensor], chosen: dict[str, Tensor]
) -> dict[str, Tensor]:
    """Gradient of each sample's share of ``loss(model(x))``: name -> (n, *shape).

    ``loss`` must be a sum over samples; ``chosen`` holds the values of the parameters to
    use.  A layer that is called several times collects the sum over its calls.
    """
    calls: list[tuple[str, Any, Tensor, Tensor]] = []

    def hook_for(name: str):
        def hook(layer, inputs, output):
            probe = torch.zeros_like(output, requires_grad=True)
            calls.append((name, layer, inputs[0].detach(), probe))
            return output + probe

        return hook

    handles = [
        layer.register_forward_hook(hook_for(name))
        for name, layer in _layers(model, chosen).items()
    ]
    try:
        with torch.enable_grad():
            value = loss(functional_call(model, chosen, (x,)))
            at_output = torch.autograd.grad(value, [c[3] for c in calls])
    finally:
        for handle in handles:
            handle.remove()
    found: dict[str, Tensor] = {}
    for (name, layer, a, _), d in zip(calls, at_output, strict=True):
        for kind, g in _sample_gradients(layer, a, d).items():
            key = f"{name}.{kind}" if name else kind
            if key in chosen:
                found[key] = found[key] + g if key in found else g
    return found


def _sample_gradients(layer: nn.Conv2d | nn.Linear, a: Tensor, d: Tensor) -> dict[str, Tensor]:
    n = len(a)
    if isinstance(layer, nn.Conv2d):
        columns = unfold(
            _padded(layer, a), layer.kernel_size, layer.dilation, stride=layer.stride
        )
        d = d.flatten(2)
        weight = d @ columns.transpose(1, 2)
    else:
        a, d = a.reshape(n, -1, a.shape[-1]), d.reshape(n, -1, d.shape[-1]).transpose(1, 2)
        weight = d @ a
    grads = {"weight": weight.reshape(n, *layer.weight.shape)}
    if layer.bias is not None:
        grads["bias"] = d.sum(2)
    return grads


def _padded(layer: nn.Conv2d, a: Tensor) -> Tensor:
    """The input with the layer's padding written out, ``"same"`` included."""
    left_right = layer._reversed_padding_repeated_twice
    return pad(a, left_right) if any(left_right) else a
