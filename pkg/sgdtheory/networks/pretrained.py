"""Weights of trained networks: loaders, statistics by layer, and a stored summary of these.

The weights themselves are not in the package.  `load` reads them from the folder that the
environment variable ``SGDTHEORY_DATA`` names, or downloads them from their authors' places;
every file is compared with a checksum first.  `summary` needs neither: it reads what
`describe` found for the seven networks (``data/pretrained_weights.npz``; origin and
licences beside it).  None of these is a network of a paper discussed in this project.
"""

import os
from dataclasses import dataclass, fields
from functools import lru_cache
from pathlib import Path

import numpy as np

from sgdtheory import _validate as check
from sgdtheory._files import Damaged, npz_arrays, read_checked, sha256
from sgdtheory.networks._weight_fits import (
    distances,
    fit_p_values,
    largest_p_values,
    pooled_gaussians,
    untrained,
)
from sgdtheory.networks._weight_statistics import EDGES, POOLS, RIVALS, Layers, describe

__all__ = [
    "EDGES", "NAMES", "POOLS", "RIVALS", "Layers", "describe", "distances", "fit_p_values",
    "largest_p_values", "load", "pooled_gaussians", "summary", "untrained",
]  # fmt: skip

STORED = Path(__file__).parents[1] / "data" / "pretrained_weights.npz"
STORED_SHA256 = "7b3e544dff72ba60a460c198e3866a0e0e18d1f411be2b1246e06055befaaa3e"


@dataclass(frozen=True)
class Source:
    """Local file and the digest of its matrices; address and SHA-256 (or its start) online."""

    file: str
    content: str
    url: str = ""
    sha256: str = ""


TORCHVISION = "https://download.pytorch.org/models/"
AKAMASTER = (
    "https://raw.githubusercontent.com/akamaster/pytorch_resnet_cifar10/master/"
    "pretrained_models/"
)
SOURCES = {
    "mobilenet_v2": Source(
        "weights_mobilenet_v2_imagenet",
        "35cc4e75638f566854392f4e5e593140fd6c61912d75e6b56d4e772101f027e8",
        TORCHVISION + "mobilenet_v2-b0353104.pth",
        "b03531047ffacf1e2488318dcd2aba1126cde36e3bfe1aa5cb07700aeeee9889",
    ),
    "squeezenet1_1": Source(
        "weights_squeezenet11_imagenet_notop",
        "187914a600b2955f367432b6980f4298fa2050b9d821b1a597e8b3e74353321b",
        TORCHVISION + "squeezenet1_1-b8a52dc0.pth", "b8a52dc0",
    ),
    "resnet20": Source(
        "weights_resnet20_cifar10",
        "680abcedfbc949043d4a02d721fcb2c42d124dc37df349a66bed88a87026dee9",
        AKAMASTER + "resnet20-12fca82f.th",
        "12fca82f0bebc4135bf1f32f6e3710e61d5108578464b84fd6d7f5c1b04036c8",
    ),
    "resnet32": Source(
        "weights_resnet32_cifar10",
        "bc9e1d1bc9d3d42c23bf5c45de47a4482ad64adcda799db03890f897d649fc2c",
        AKAMASTER + "resnet32-d509ac18.th",
        "d509ac1820d7f25398913559d7e81a13229b1e7adc5648e3bfa5e22dc137f850",
    ),
    "resnet44": Source(
        "weights_resnet44_cifar10",
        "9719ed49a2605ea237d4e0feda35c77bb9508e2253f7cc0d98250b2cb7bdc10c",
        AKAMASTER + "resnet44-014dd654.th",
        "014dd6541728a1c700b1642ab640e211dc6eb8ed507d70697458dc8f8a0ae2e4",
    ),
    "resnet56": Source(
        "weights_resnet56_cifar10",
        "e1659d16697653b8af09ea3da7c6dfd54aeb6e0cd55fc379f25e5ddc88056d76",
        AKAMASTER + "resnet56-4bfd9763.th",
        "4bfd97631478d6b638d2764fd2baff3edb1d7d82252d54439343b6596b9b5367",
    ),
    "mtcnn": Source("weights_mtcnn_pro_nets",
        "8bc2880333a680ad46372fd380548a2d538794f05dcb11dcf27bc75167e53113"),
}  # fmt: skip
NAMES = tuple(SOURCES)


def load(name: str) -> dict[str, np.ndarray]:
    """Weight matrices and kernels of a trained network, by layer, without biases.

    Parameters
    ----------
    name : ``"mobilenet_v2"``, ``"squeezenet1_1"`` (ImageNet), ``"resnet20"`` to
        ``"resnet56"`` (CIFAR-10), ``"mtcnn"`` (faces; three nets in one).  Online,
        ``"squeezenet1_1"`` is torchvision's; the local file is another export, without its
        last layer and one kernel, and the two have not been compared.

    Returns
    -------
    dict of float32 arrays (out, in) or (out, in, height, width).  Biases, and the
    parameters and running statistics of normalisation layers, are left out.

    Raises
    ------
    ValueError
        Unknown name.
    FileNotFoundError
        The weights are not there and cannot be fetched.
    Damaged
        A file whose checksum is not the recorded one.
    """
    source = SOURCES[check.one_of("name", name, NAMES)]
    folder = os.environ.get("SGDTHEORY_DATA")
    path = Path(folder or "", f"{source.file}.npz")
    if not folder or not path.is_file():
        return _download(name, source)
    layers = matrices(npz_arrays(path.read_bytes()))
    if (found := digest(layers)) != source.content:
        raise Damaged(
            f"the matrices in {path.name} must have sha256 {source.content}, got {found}; "
            "the file is damaged or of another network: fetch it again"
        )
    return layers


def matrices(tensors: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Tensors of two or more axes, the outputs first; no running statistics."""
    return {
        name: np.ascontiguousarray(w.transpose(3, 2, 0, 1) if name.endswith("/kernel") else w)
        for name, w in tensors.items()
        if w.ndim >= 2 and "running_" not in name
    }


def digest(layers: dict[str, np.ndarray]) -> str:
    """SHA-256 over names, shapes and float32 values: the same however they are packed."""
    parts = (
        f"{name} {layers[name].shape}".encode() + layers[name].astype("<f4").tobytes()
        for name in sorted(layers)
    )
    return sha256(b"".join(parts))


def _download(name: str, source: Source) -> dict[str, np.ndarray]:
    import pooch
    import torch

    remedy = (
        f"put {source.file}.npz into the folder that SGDTHEORY_DATA names, or use "
        f"pretrained.summary({name!r}), which needs no weights"
    )
    if not source.url:
        raise FileNotFoundError(f"{name} must lie on this machine, got no file; {remedy}")
    whole = f"sha256:{source.sha256}" if len(source.sha256) == 64 else None
    try:
        path = Path(pooch.retrieve(
            source.url, whole, fname=source.url.rsplit("/", 1)[1],
            path=pooch.os_cache("sgdtheory") / "pretrained",
        ))  # fmt: skip
    except OSError as error:
        raise FileNotFoundError(
            f"{name} must lie on this machine or be at {source.url}, got {error}; {remedy}"
        ) from error
    if not (found := sha256(path.read_bytes())).startswith(source.sha256):
        raise Damaged(
            f"{path} must have a sha256 that begins {source.sha256}, got {found}; "
            "delete the file and call again"
        )
    state = torch.load(path, map_location="cpu", weights_only=True)
    state = state.get("state_dict", state)
    return matrices({
        key.removeprefix("module."): tensor.numpy() for key, tensor in state.items()
    })  # fmt: skip


@lru_cache(maxsize=1)
def _stored() -> dict[str, np.ndarray]:
    return npz_arrays(read_checked(STORED, STORED_SHA256))


def summary(name: str) -> Layers:
    """What `describe` found for the weights of a network; no weights are needed.

    Raises
    ------
    ValueError
        Unknown name.
    Damaged
        The stored file is not the recorded one.
    """
    check.one_of("name", name, NAMES)
    stored = _stored()
    return Layers(**{field.name: stored[f"{name}/{field.name}"] for field in fields(Layers)})
