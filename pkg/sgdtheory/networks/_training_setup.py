"""The arguments of `training.train`, checked, as tensors of R replicas."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from typing import Any

import torch
from torch import Tensor, nn

from sgdtheory import _validate as check
from sgdtheory.networks import _training_draws as draws
from sgdtheory.networks._per_sample import LossFn, Names, detached, probe, sample_count
from sgdtheory.networks._training_loop import Problem
from sgdtheory.networks._training_rules import SGD, Adam, Rule
from sgdtheory.networks.models import select


def seeds(given: Sequence[int]) -> list[int]:
    """R seeds >= 0, at least one."""
    if isinstance(given, str | int) or not hasattr(given, "__iter__"):
        raise TypeError(
            f"seeds must be a sequence, one per replica, got {type(given).__name__}; "
            "pass seeds=[0] or range(8)"
        )
    found = [check.count("each seed", s, 0, "pass whole numbers >= 0") for s in given]
    if not found:
        raise ValueError("seeds must hold >= 1 seed, got none; pass one per replica")
    return found


def per_replica(name: str, given: Any, replicas: int, like: Tensor, low: float) -> Tensor:
    """One number for all or (R,) numbers, >= low, as (R, 1) of the weights' dtype."""
    values = check.finite(name, given)
    if values.ndim > 1 or values.size not in (1, replicas):
        raise ValueError(
            f"{name} must be a number or {replicas} numbers, got shape {values.shape}; "
            "pass one for all or one per seed"
        )
    if values.min() < low:
        raise ValueError(
            f"{name} must be >= {low:g}, got {values.min():g}; pass no negative number"
        )
    return torch.as_tensor(values).to(like).reshape(-1, 1).repeat(replicas // values.size, 1)


def batch_sizes(given: Any, sampling: str, n: int, replicas: int) -> list[int]:
    """(R,) batch sizes that the sampling can draw from n samples; n for ``"full"``."""
    check.one_of("sampling", sampling, draws.MINIBATCH + draws.FULL_BATCH)
    if given is None:
        if sampling != "full":
            raise ValueError(
                f"batch_size must be given for sampling={sampling!r}, got None; pass a number"
            )
        return [n] * replicas
    listed = list(given) if hasattr(given, "__iter__") else [given] * replicas
    sizes = [check.count("batch_size", b) for b in listed]
    if len(sizes) != replicas:
        raise ValueError(
            f"batch_size must be one number or {replicas}, got {len(sizes)}; pass one per seed"
        )
    if max(sizes) > n:
        raise ValueError(
            f"batch_size must be <= n = {n}, got {max(sizes)}; use a smaller batch or more data"
        )
    odd = [b for b in sizes if n % b]
    if odd and sampling in ("reshuffling", "shuffle-once"):
        raise ValueError(
            f"batch_size must divide n = {n} without replacement, got {odd[0]}; leave "
            f"{n % odd[0]} samples out, or use sampling='replacement'"
        )
    return sizes


def label_noise(given: float, y: Tensor) -> float:
    """Strength >= 0; a probability where the targets are integers."""
    strength = check.real("label_noise", given)
    if strength < 0 or (strength > 1 and not y.is_floating_point()):
        raise ValueError(
            "label_noise must be a probability for integer y, >= 0 for real y, got "
            f"{strength}; pass the share of labels that are drawn at random"
        )
    return strength


def looks(watch: Callable | None, every: int | None) -> int:
    """Steps between two looks; 0 without a watch."""
    if (watch is None) != (every is None):
        raise ValueError(
            f"watch and watch_every must be given together, got watch={watch!r} and "
            f"watch_every={every!r}; pass both or neither"
        )
    if watch is None:
        return 0
    if not callable(watch):
        raise TypeError(
            f"watch must be a function of step and weights, got {type(watch).__name__}"
            "; pass watch(step, weights) -> (R, ...)"
        )
    return check.count("watch_every", every)


def replicas(model: nn.Module | Sequence[nn.Module], count: int) -> list[nn.Module]:
    """One network per replica: the same R times, or R of one architecture."""
    nets = list(model) if isinstance(model, Sequence) else [model] * count
    if not all(isinstance(net, nn.Module) for net in nets):
        raise TypeError(
            f"model must be a torch.nn.Module or several, got {type(model).__name__}; "
            "pass one network, or a list of them"
        )
    if len(nets) != count:
        raise ValueError(
            f"model must be one network or {count}, one per seed, got {len(nets)}; "
            "pass as many networks as seeds"
        )
    shapes = [{k: (p.shape, p.dtype) for k, p in net.named_parameters()} for net in nets]
    if any(s != shapes[0] for s in shapes):
        raise ValueError(
            "the models must have the same layers and dtype, got several; "
            "build them with one constructor"
        )
    return nets


def problem(
    nets: list[nn.Module], loss_fn: LossFn, x: Tensor, y: Tensor, parameters: Names,
    start: Mapping[str, Tensor] | None,
) -> tuple[Problem, Tensor]:  # fmt: skip
    """The problem and the trained weights (R, P) to start from."""
    sample_count(x, y)
    template = deepcopy(nets[0])
    trained = select(template, parameters)
    first = next(iter(trained.values()))
    if (x.dtype, x.device) != (first.dtype, first.device):
        raise TypeError(
            f"x must be {first.dtype} on {first.device} as the weights are, got {x.dtype} on "
            f"{x.device}; use x.to(dtype) or model.double(), and .to(device) on both"
        )
    if y.device != x.device:
        raise TypeError(f"y must be on {x.device} as x is, got {y.device}; use y.to(x.device)")
    probe(template, loss_fn, x, y)
    weights = _stacked(nets, start)
    frozen = {k: w for k, w in weights.items() if k not in trained}
    shapes = {k: p.shape for k, p in trained.items()}
    w = torch.cat([weights[k].flatten(1) for k in trained], 1).contiguous()
    return Problem(template, loss_fn, x, y, shapes, frozen), w


def _stacked(nets: list[nn.Module], start: Mapping[str, Tensor] | None) -> dict[str, Tensor]:
    """name -> (R, ...): the weights of the networks, or of ``start`` where it has them."""
    own = [detached(dict(net.named_parameters())) for net in nets]
    same = all(net is nets[0] for net in nets)
    R, given = len(nets), dict(start or {})
    weights = {
        k: p.expand(R, *p.shape) if same else torch.stack([named[k] for named in own])
        for k, p in own[0].items()
    }
    if unknown := sorted(set(given) - set(weights)):
        raise ValueError(
            f"start must name parameters of the model, got {unknown}; it has {list(weights)}"
        )
    for k, value in given.items():
        shape = weights[k].shape
        if not isinstance(value, Tensor) or value.shape not in (shape, shape[1:]):
            raise ValueError(
                f"start[{k!r}] must be a tensor {tuple(shape)} or {tuple(shape[1:])}, got "
                f"{tuple(getattr(value, 'shape', ()))}; pass run.weights of {R} replicas"
            )
        weights[k] = value.detach().to(weights[k]).expand(shape)
    if not all(bool(w.isfinite().all()) for w in weights.values()):
        raise ValueError("the weights must start finite, got NaN or infinity; repair them")
    return weights


def rule(
    optimizer: str, eta: Any, momentum: Any, nesterov: bool, weight_decay: Any, w: Tensor
) -> tuple[Rule, Tensor]:
    """The update rule and the weight decay (R, 1)."""
    check.one_of("optimizer", optimizer, ("sgd", "adam"))
    rates = per_replica("eta", eta, len(w), w, 0.0)
    mu = per_replica("momentum", momentum, len(w), w, 0.0)
    decay = per_replica("weight_decay", weight_decay, len(w), w, 0.0)
    if float(rates.min()) <= 0 or float(mu.max()) >= 1:
        raise ValueError(
            f"eta must be > 0 and momentum < 1, got {float(rates.min()):g} and "
            f"{float(mu.max()):g}; lower the momentum"
        )
    heavy = bool(mu.any())
    if nesterov and not heavy or heavy and optimizer == "adam":
        raise ValueError(
            f"nesterov needs momentum and adam takes none, got optimizer={optimizer!r}, "
            f"nesterov={nesterov}, momentum up to {float(mu.max()):g}; change one of the three"
        )
    return (Adam(rates) if optimizer == "adam" else SGD(rates, mu, nesterov)), decay


def columns(shapes: dict[str, torch.Size], parameters: Names) -> list[slice]:
    """Which columns of the trained weights (R, P) the named parameters are."""
    names = [parameters] if isinstance(parameters, str) else parameters
    ends, found, used = 0, [], set()
    for name, shape in shapes.items():
        first, ends = ends, ends + shape.numel()
        hits = {n for n in names or () if name == n or name.startswith(f"{n}.")}
        if names is None or hits:
            found.append(slice(first, ends))
            used |= hits
    if missing := [n for n in names or () if n not in used]:
        raise ValueError(
            f"a record must name trained parameters, got {missing}; trained are {list(shapes)}"
        )
    if not found:
        raise ValueError("a record must name at least one layer, got none; pass None for all")
    return found


def digest(*tensors: Tensor) -> str:
    """A fingerprint of the bits of some tensors."""
    found = hashlib.sha256()
    for t in tensors:
        found.update(t.contiguous().numpy(force=True).tobytes())
    return found.hexdigest()
