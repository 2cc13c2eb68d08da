"""Per-sample gradients: two routes that are compared, and the refusal of random models."""

from collections.abc import Callable, Iterator, Sequence

import torch
from torch import Tensor, nn
from torch.func import functional_call, grad, vmap

from sgdtheory.networks._capture import layer_gradients, layered
from sgdtheory.networks.models import select

LossFn = Callable[[Tensor, Tensor], Tensor]
Names = str | Sequence[str] | None
Route = Callable[..., Tensor]
CHUNK = 100


def sample_count(x: Tensor, y: Tensor) -> int:
    """n, after refusing mismatched, empty or non-finite data."""
    for name, data in (("x", x), ("y", y)):
        if not isinstance(data, Tensor) or data.ndim == 0:
            raise TypeError(
                f"{name} must be a tensor with the samples first, got {type(data).__name__}; "
                "use torch.as_tensor"
            )
    if len(x) != len(y) or len(x) == 0:
        raise ValueError(
            f"x and y must hold the same number >= 1 of samples, got {len(x)} and {len(y)}; "
            "pass one target per sample"
        )
    for name, data in (("x", x), ("y", y)):
        if not bool(torch.isfinite(data).all()):
            raise ValueError(f"{name} must be finite, got NaN or infinity; repair it first")
    return len(x)


def detached(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {k: t.detach() for k, t in tensors.items()}


def sample_losses(loss_fn: LossFn, outputs: Tensor, y: Tensor) -> Tensor:
    """Per-sample losses (n,): ``loss_fn`` of batches of one, so any reduction will do."""

    def one(output: Tensor, target: Tensor) -> Tensor:
        loss = loss_fn(output[None], target[None])
        if loss.numel() != 1:
            raise ValueError(
                "loss_fn must give one number for one sample, got shape "
                f"{tuple(loss.shape)}; sum or average over the outputs"
            )
        return loss.reshape(())

    return vmap(one)(outputs, y)


def by_vmap(model, loss_fn, x, y, chosen: dict[str, Tensor]) -> Tensor:
    """Per-sample gradients (n, P) of any model, by ``vmap(grad)``."""

    def loss(p: dict[str, Tensor], one: Tensor, target: Tensor) -> Tensor:
        return sample_losses(loss_fn, functional_call(model, p, (one[None],)), target[None])[0]

    g = vmap(grad(loss), in_dims=(None, 0, 0))(chosen, x, y)
    return torch.cat([t.reshape(len(x), -1) for t in g.values()], 1)


def by_capture(model, loss_fn, x, y, chosen: dict[str, Tensor]) -> Tensor:
    """Per-sample gradients (n, P) of a model of conv and linear layers: two passes."""
    g = layer_gradients(model, x, lambda out: sample_losses(loss_fn, out, y).sum(), chosen)
    pieces = [g[k].reshape(len(x), -1) for k in chosen]
    return pieces[0] if len(pieces) == 1 else torch.cat(pieces, 1)


def in_chunks(
    model: nn.Module,
    loss_fn: LossFn,
    x: Tensor,
    y: Tensor,
    parameters: Names,
    at: dict[str, Tensor] | None = None,
    route: Route | None = None,
) -> Iterator[Tensor]:
    """Per-sample gradients in pieces of at most CHUNK samples, each (c, P).

    ``route`` is that of `chosen_route`, which is asked here if it is not known.
    """
    chosen = at if at is not None else detached(select(model, parameters))
    route = route or chosen_route(model, loss_fn, x, y, chosen)
    for a, b in zip(x.split(CHUNK), y.split(CHUNK), strict=True):
        yield route(model, loss_fn, a, b, chosen).detach()


def chosen_route(model, loss_fn, x, y, chosen: dict[str, Tensor]) -> Route:
    """The fast route if it gives what the sure one gives; random models are refused."""
    probe(model, loss_fn, x, y)
    return by_capture if agrees(model, loss_fn, x[:2], y[:2], chosen) else by_vmap


def agrees(model, loss_fn, x, y, chosen) -> bool:
    """Whether the fast route applies, and gives what ``vmap(grad)`` gives on two samples."""
    if not layered(model, chosen):
        return False
    fast, sure = (f(model, loss_fn, x, y, chosen).detach() for f in (by_capture, by_vmap))
    close = 1e3 * torch.finfo(sure.dtype).eps * float(sure.abs().max())
    return float((fast - sure).abs().max()) <= close


def probe(model: nn.Module, loss_fn: LossFn, x: Tensor, y: Tensor) -> None:
    """Refuse a model whose per-sample loss is random or depends on the other samples."""
    remedy = "call model.eval() first, so that each sample has one well-defined gradient"
    for name, layer in model.named_modules():
        noisy = isinstance(layer, nn.modules.dropout._DropoutNd) and layer.p > 0
        coupled = isinstance(layer, nn.modules.batchnorm._BatchNorm)
        if layer.training and (noisy or coupled):
            raise ValueError(
                "the per-sample loss must be deterministic and independent of the other "
                f"samples, got {type(layer).__name__} {name!r} in training mode; {remedy}"
            )
    try:
        gap, close, loss = _evaluated_twice(model, loss_fn, x, y)
    except (IndexError, RuntimeError) as error:
        raise ValueError(
            f"model and loss_fn must take samples of shape {tuple(x.shape[1:])}, targets of "
            f"shape {tuple(y.shape[1:])}, got {error}; reshape the data, or mend the targets"
        ) from error
    if not gap <= close or not bool(torch.isfinite(loss).all()):
        raise ValueError(
            "the per-sample loss must be finite, deterministic and independent of the other "
            f"samples, got outputs that differ by {gap:.2g} between two evaluations; {remedy}"
        )


def _evaluated_twice(model, loss_fn, x, y) -> tuple[float, float, Tensor]:
    """How far outputs differ between evaluations, how far they may, and four losses."""
    state = {k: t.clone() for k, t in model.named_buffers()}
    devices = [x.device] if x.device.type == "cuda" else []
    with torch.no_grad(), torch.random.fork_rng(devices=devices):
        both, again = (functional_call(model, state, (x[:4],)) for _ in range(2))
        alone = functional_call(model, state, (x[:1],))
        close = 1e3 * torch.finfo(both.dtype).eps * (1 + float(both.abs().max()))
        gap = max(float((both - again).abs().max()), float((both[:1] - alone).abs().max()))
        return gap, close, sample_losses(loss_fn, both, y[:4])
