"""Products of curvature matrices with vectors, a few samples and a few vectors at a time."""

from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn
from torch.func import functional_call, grad, vmap

from sgdtheory.networks._per_sample import (
    CHUNK,
    LossFn,
    Names,
    detached,
    probe,
    sample_count,
    sample_losses,
)
from sgdtheory.networks.models import flatten, select, unflatten

#: Vectors that are multiplied at once; memory grows with CHUNK * BLOCK activations.
BLOCK = 16


def prepared(
    model: nn.Module, loss_fn: LossFn, x: Tensor, y: Tensor, parameters: Names
) -> dict[str, Tensor]:
    """The selected parameters, detached, after refusing bad data and random models."""
    sample_count(x, y)
    probe(model, loss_fn, x, y)
    return detached(select(model, parameters))


def checked_vector(v: Tensor, chosen: dict[str, Tensor]) -> Tensor:
    """``v`` (P,), after refusing another shape, dtype or device than the parameters have."""
    unflatten(v, chosen)
    like = next(iter(chosen.values()))
    if v.dtype != like.dtype or v.device != like.device:
        raise TypeError(
            f"v must be {like.dtype} on {like.device} as the parameters are, got {v.dtype} on "
            f"{v.device}; use v.to(dtype, device), or model.double() for curvature"
        )
    return v


def hessian_products(
    model: nn.Module,
    loss_fn: LossFn,
    x: Tensor,
    y: Tensor,
    vectors: Tensor,
    chosen: dict[str, Tensor],
) -> Tensor:
    """``H v`` of the mean loss for each row v: (k, P) -> (k, P), or (P,) -> (P,)."""

    def of_chunk(outputs: Callable, target: Tensor) -> Callable:
        def slope(w: Tensor) -> Tensor:
            return grad(lambda u: sample_losses(loss_fn, outputs(u), target).sum())(w)

        return lambda w, v: grad(lambda u: slope(u) @ v)(w)

    return _mean_product(model, x, y, vectors, chosen, of_chunk)


def gauss_newton_products(
    model: nn.Module,
    loss_fn: LossFn,
    x: Tensor,
    y: Tensor,
    vectors: Tensor,
    chosen: dict[str, Tensor],
) -> Tensor:
    """``J^T (d^2 l / d f^2) J v``, averaged over samples, for each row v."""

    def of_chunk(outputs: Callable, target: Tensor) -> Callable:
        def pull(w: Tensor, u: Tensor) -> Tensor:
            return grad(lambda at: (outputs(at) * u).sum())(w)

        def slope(f: Tensor) -> Tensor:
            return grad(lambda at: sample_losses(loss_fn, at, target).sum())(f)

        def product(w: Tensor, v: Tensor) -> Tensor:
            f = outputs(w)
            push = grad(lambda u: pull(w, u) @ v)(torch.zeros_like(f))
            return pull(w, grad(lambda at: (slope(at) * push).sum())(f))

        return product

    return _mean_product(model, x, y, vectors, chosen, of_chunk)


@torch.no_grad()
def _mean_product(model, x, y, vectors, chosen, of_chunk: Callable) -> Tensor:
    w, total = flatten(chosen), torch.zeros_like(vectors)
    for a, b in _chunks(x, y):
        product = of_chunk(_outputs(model, a, chosen), b)
        if vectors.ndim == 1:
            total += product(w, vectors)
        else:
            batched = vmap(product, in_dims=(None, 0))
            total += torch.cat([batched(w, rows) for rows in vectors.split(BLOCK)])
    return total / len(x)


@torch.no_grad()
def losses_at(
    model: nn.Module,
    loss_fn: LossFn,
    x: Tensor,
    y: Tensor,
    w: Tensor,
    chosen: dict[str, Tensor],
) -> Tensor:
    """Per-sample losses (n,) in float64 with the chosen parameters at the vector ``w``."""
    pieces = [
        sample_losses(loss_fn, _outputs(model, a, chosen)(w), b) for a, b in _chunks(x, y)
    ]
    return torch.cat(pieces).double()


def _outputs(model: nn.Module, x: Tensor, like: dict[str, Tensor]) -> Callable:
    return lambda w: functional_call(model, unflatten(w, like), (x,))


def _chunks(x: Tensor, y: Tensor) -> Iterator[tuple[Tensor, Tensor]]:
    return zip(x.split(CHUNK), y.split(CHUNK), strict=True)
