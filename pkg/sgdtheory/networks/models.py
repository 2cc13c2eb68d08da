"""Small seeded networks, their parameters as one vector, and plain checkpoints.

Every constructor takes ``seed`` and draws from its own generator: torch's global random
state is neither read nor changed.  Weights are Kaiming-normal for ReLU, variance
``2 / fan_in`` (the layer that gives the logits too), biases zero; batch norms start as the
identity.
"""

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils import skip_init

from sgdtheory import _validate as check
from sgdtheory._files import (
    Damaged,
    npz_arrays,
    npz_bytes,
    read_checked,
    sha256,
    write_atomic,
)

CHECKPOINTS = Path(__file__).parents[1] / "data" / "checkpoints"


def _initialised(net: nn.Sequential, seed: int) -> nn.Sequential:
    generator = torch.Generator().manual_seed(check.count("seed", seed, minimum=0))
    with torch.no_grad():
        for p in net.parameters():
            if p.ndim > 1:
                p.normal_(0.0, math.sqrt(2 / p[0].numel()), generator=generator)
            else:
                p.zero_()
    return net


def _conv(inputs: int, outputs: int, size: int, padding: int = 0) -> nn.Module:
    return skip_init(nn.Conv2d, inputs, outputs, size, padding=padding)


def _linear(inputs: int, outputs: int, bias: bool = True) -> nn.Module:
    return skip_init(nn.Linear, inputs, outputs, bias=bias)


def small_cnn(seed: int) -> nn.Sequential:
    """The plain CNN of the covariance scan: 11,330 parameters for (n, 1, 28, 28) images.

    Two 5x5 convolutions of 10 channels without padding, each with ReLU and 2x2 max
    pooling, then fully connected 160 -> 50 -> 10.  The layers are named ``conv1, conv2,
    fc1, fc2``.  (PLD-P1)
    """
    layers = {
        "conv1": _conv(1, 10, 5), "relu1": nn.ReLU(), "pool1": nn.MaxPool2d(2),
        "conv2": _conv(10, 10, 5), "relu2": nn.ReLU(), "pool2": nn.MaxPool2d(2),
        "flatten": nn.Flatten(),
        "fc1": _linear(160, 50), "relu3": nn.ReLU(),
        "fc2": _linear(50, 10),
    }  # fmt: skip
    return _initialised(_named(layers), seed)


def lenet(seed: int) -> nn.Sequential:
    """LeNet-5 with ReLU and max pooling: 61,706 parameters for (n, 1, 28, 28) images."""
    layers = {
        "conv1": _conv(1, 6, 5, padding=2), "relu1": nn.ReLU(), "pool1": nn.MaxPool2d(2),
        "conv2": _conv(6, 16, 5), "relu2": nn.ReLU(), "pool2": nn.MaxPool2d(2),
        "flatten": nn.Flatten(),
        "fc1": _linear(400, 120), "relu3": nn.ReLU(),
        "fc2": _linear(120, 84), "relu4": nn.ReLU(),
        "fc3": _linear(84, 10),
    }  # fmt: skip
    return _initialised(_named(layers), seed)


def mlp(widths: Sequence[int], seed: int, bias: bool = True) -> nn.Sequential:
    """Fully connected ReLU network ``widths[0] -> ... -> widths[-1]``; flattens its input.

    Layers are named ``fc1, fc2, ...``; ``mlp([d, 1], seed)`` is linear regression.  Without
    biases the outputs are homogeneous of degree one in the weights of each layer.
    """
    if not isinstance(widths, Sequence):
        raise TypeError(
            f"widths must be a sequence, got {type(widths).__name__}; pass (784, 32, 10)"
        )
    sizes = [check.count("each width", w) for w in widths]
    if len(sizes) < 2:
        raise ValueError(
            f"widths must hold >= 2 sizes, got {len(sizes)}; pass [inputs, ..., outputs]"
        )
    layers: dict[str, nn.Module] = {"flatten": nn.Flatten()}
    for k, (a, b) in enumerate(zip(sizes, sizes[1:], strict=False), start=1):
        layers[f"fc{k}"] = _linear(a, b, bias)
        if k < len(sizes) - 1:
            layers[f"relu{k}"] = nn.ReLU()
    return _initialised(_named(layers), seed)


class _Block(nn.Module):
    """Two 3x3 convolutions with batch norm; plus the input, if there is a shortcut."""

    def __init__(self, inputs: int, outputs: int, shortcuts: bool):
        super().__init__()
        stride = 1 if inputs == outputs else 2
        self.conv1 = skip_init(nn.Conv2d, inputs, outputs, 3, stride, 1, bias=False)
        self.norm1 = nn.BatchNorm2d(outputs)
        self.conv2 = skip_init(nn.Conv2d, outputs, outputs, 3, 1, 1, bias=False)
        self.norm2 = nn.BatchNorm2d(outputs)
        self.shortcut: nn.Module | None = nn.Identity() if shortcuts else None
        if shortcuts and stride == 2:
            conv = skip_init(nn.Conv2d, inputs, outputs, 1, stride, bias=False)
            self.shortcut = nn.Sequential(conv, nn.BatchNorm2d(outputs))

    def forward(self, x: Tensor) -> Tensor:
        y = self.norm2(self.conv2(self.norm1(self.conv1(x)).relu()))
        return (y if self.shortcut is None else y + self.shortcut(x)).relu()


def resnet(depth: int, shortcuts: bool, seed: int) -> nn.Sequential:
    """ResNet for (n, 3, 32, 32) images, as in the experiments on anomalous diffusion.

    A 3x3 convolution, then ``(depth - 2) / 6`` blocks of two convolutions at each of the
    widths 16, 32, 64, batch norm after every convolution, mean over the image, linear.
    Where the width changes the shortcut is a 1x1 convolution with batch norm; without
    ``shortcuts`` the blocks are the same and nothing is added.  ResNet-14 has 175,258
    parameters, or 172,506.  (ANO-F3)

    Raises
    ------
    ValueError
        ``depth`` is not 8, 14, 20, ...
    """
    blocks, rest = divmod(check.count("depth", depth, 8) - 2, 6)
    if rest:
        raise ValueError(f"depth must be 6 n + 2, got {depth}; take 14, 20, 56 or 110")
    layers: dict[str, nn.Module] = {
        "conv": skip_init(nn.Conv2d, 3, 16, 3, padding=1, bias=False),
        "norm": nn.BatchNorm2d(16), "relu": nn.ReLU(),
    }  # fmt: skip
    width = 16
    for stage, outputs in enumerate((16, 32, 64), start=1):
        for k in range(1, blocks + 1):
            layers[f"block{stage}_{k}"] = _Block(width, outputs, shortcuts)
            width = outputs
    layers |= {"pool": nn.AdaptiveAvgPool2d(1), "flatten": nn.Flatten(), "fc": _linear(64, 10)}
    net = _initialised(_named(layers), seed)
    with torch.no_grad():
        for module in net.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.weight.fill_(1)
    return net


def _named(layers: dict[str, nn.Module]) -> nn.Sequential:
    net = nn.Sequential()
    for name, layer in layers.items():
        net.add_module(name, layer)
    return net


def select(
    model: nn.Module, parameters: str | Sequence[str] | None = None
) -> dict[str, Tensor]:
    """Named parameters of ``model``: all, or those named, or those of a named module.

    ``parameters`` is None, ``"fc1.weight"``, ``"fc1"`` (weight and bias) or a sequence of
    such names.  The order is always that of ``model.named_parameters()``.

    Raises
    ------
    ValueError
        A name that belongs to no parameter and no module with parameters.
    """
    named: dict[str, Tensor] = dict(model.named_parameters())
    if not named:
        raise ValueError(
            "model must have parameters, got none; pass a torch.nn.Module with weights"
        )
    if parameters is None:
        return named
    wanted = [parameters] if isinstance(parameters, str) else list(parameters)
    chosen = set()
    for name in wanted:
        hits = {k for k in named if k == name or k.startswith(f"{name}.")}
        if not hits:
            raise ValueError(
                f"parameters must name parameters or layers of the model, got {name!r}; "
                f"the model has {list(named)}"
            )
        chosen |= hits
    if not chosen:
        raise ValueError("parameters must name at least one layer, got none; pass None for all")
    return {k: p for k, p in named.items() if k in chosen}


def flatten(tensors: Mapping[str, Tensor]) -> Tensor:
    """One vector (P,) from named tensors, in their order."""
    return torch.cat([t.reshape(-1) for t in tensors.values()])


def unflatten(vector: Tensor, like: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Named tensors of the shapes in ``like`` from one vector (P,); inverse of `flatten`."""
    total = sum(t.numel() for t in like.values())
    if not isinstance(vector, Tensor):
        raise TypeError(
            f"vector must be a tensor, got {type(vector).__name__}; use torch.as_tensor"
        )
    if tuple(vector.shape) != (total,):
        raise ValueError(
            f"vector must have shape ({total},), got {tuple(vector.shape)}; "
            "pass one number per selected parameter"
        )
    if not bool(torch.isfinite(vector).all()):
        raise ValueError("vector must be finite, got NaN or infinity; repair it first")
    pieces = vector.split([t.numel() for t in like.values()])
    return {k: v.view(t.shape) for (k, t), v in zip(like.items(), pieces, strict=True)}


def save_checkpoint(model: nn.Module, path: str | Path, /, **facts: Any) -> str:
    """Write parameters and buffers as ``path`` (npz) with a manifest beside it (json).

    ``facts`` (how it was made, what it reached) go into the manifest together with the
    SHA-256 of the npz, which is returned.
    """
    path = Path(path)
    data = npz_bytes({k: t.detach().cpu().numpy() for k, t in model.state_dict().items()})
    manifest = {**facts, "sha256": sha256(data)}
    write_atomic(path, data)
    write_atomic(path.with_suffix(".json"), (json.dumps(manifest, indent=1) + "\n").encode())
    return manifest["sha256"]


def load_checkpoint(model: nn.Module, path: str | Path) -> dict[str, Any]:
    """Fill ``model`` from a checkpoint of `save_checkpoint`; returns its manifest.

    A bare name such as ``"small_cnn_fashion"`` is looked up in the package data.

    Raises
    ------
    Damaged
        The npz does not have the checksum of its manifest, or one of the two is missing.
    ValueError
        Names or shapes differ from those of ``model``.
    """
    path = Path(path)
    if path.suffix != ".npz":
        path = CHECKPOINTS / f"{path.name}.npz"
    beside = path.with_suffix(".json")
    try:
        manifest = json.loads(beside.read_text())
        arrays = npz_arrays(read_checked(path, manifest["sha256"]))
    except (FileNotFoundError, UnicodeError, json.JSONDecodeError, KeyError,
            TypeError) as error:  # fmt: skip
        raise Damaged(
            f"{path.name} and {beside.name} must lie side by side and be whole, got "
            f"{type(error).__name__}: {error}; restore both, or name a checkpoint that is there"
        ) from error
    state = model.state_dict()
    shapes = {k: tuple(t.shape) for k, t in state.items()}
    found = {k: a.shape for k, a in arrays.items()}
    if shapes != found:
        raise ValueError(
            f"the model must have the layers of {path.name}, got {shapes} against {found}; "
            "build it with the constructor that made the checkpoint"
        )
    model.load_state_dict({k: torch.as_tensor(a).to(state[k]) for k, a in arrays.items()})
    return manifest
