r"""How a layer fluctuates, and how flat, curved and noisy its loss is along a direction.

Directions are rows (k, d), in the order of `models.select` of ``parameters=``; the point is
the model's weights (set them to the mean of a window: `models.unflatten`).  All directions
are worked on together.  Use float64, as for `curvature`.

Windows (T, d) of a recorded run (`training.Record`) give principal components, variances,
velocities and correlation times: **in-sample** on the window that gave the directions, and
on fresh data by `split_window`, by `drift_free` replicas, or along directions fixed
beforehand such as `hessian_directions`.
"""

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.func import functional_call, grad, vmap

from sgdtheory import _validate as check
from sgdtheory.networks import curvature
from sgdtheory.networks._fluctuations_layer import BLOCK, Layer, layer
from sgdtheory.networks._fluctuations_roots import crossings
from sgdtheory.networks._fluctuations_windows import (
    Split,
    correlation_times,
    drift_free,
    split_window,
)
from sgdtheory.networks._per_sample import LossFn, Names, in_chunks, sample_losses
from sgdtheory.networks.gradient_noise import batch_factor
from sgdtheory.stochastic.fluctuations import (
    Components,
    exponent,
    log_ranks,
    principal_components,
    variances_along,
    velocities_along,
)

__all__ = [
    "Components", "Flatness", "Split", "correlation_times", "curvature_along", "drift_free",
    "exponent", "flatness", "hessian_directions", "log_ranks", "noise_along",
    "principal_components", "profiles", "split_window", "variances_along", "velocities_along",
]  # fmt: skip


@dataclass(frozen=True)
class Flatness:
    """``F = right - left`` (k,), where the loss is ``level`` times ``loss``, that at zero.

    ``F`` is NaN where one of the two points was not found: ``missing`` such directions.
    """

    F: np.ndarray
    left: np.ndarray
    right: np.ndarray
    loss: float

    @property
    def missing(self) -> int:
        return int(np.isnan(self.F).sum())


def profiles(
    model: nn.Module,
    loss_fn: LossFn,
    x: Tensor,
    y: Tensor,
    directions,
    shifts,
    *,
    parameters: Names = None,
) -> np.ndarray:
    """``L(w + s p_i)``, (k, m): mean loss on m ``shifts`` along each of k directions.  (IVF-E6)

    ``shifts`` is (m,), the same for all directions, or (k, m); units of the weights.

    Raises
    ------
    ValueError
        Wrong shapes; a zero direction; bad data; a random model; unknown parameter names.
    """
    part = layer(model, loss_fn, x, y, parameters)
    p = part.directions(directions)
    s = check.finite("shifts", shifts)
    if s.ndim not in (1, 2) or (s.ndim == 2 and len(s) != len(p)):
        raise ValueError(
            f"shifts must be (m,) or ({len(p)}, m), one row per direction, got {s.shape}; "
            "reshape them"
        )
    columns = np.broadcast_to(s, (len(p), s.shape[-1])).T
    return np.stack([_losses(part, p, column) for column in columns], axis=1)


def flatness(
    model: nn.Module,
    loss_fn: LossFn,
    x: Tensor,
    y: Tensor,
    directions,
    *,
    parameters: Names = None,
    level: float = math.e,
) -> Flatness:
    """Flatness F of the loss along each direction.  (IVF-E7)

    ``F = right - left``, ``left < 0 < right`` the points where the loss has ``level`` times
    its value at zero.  Brackets start at half of what the curvature suggests and grow by 1.6;
    roots of ``ln L`` to 1e-10.  On either side it is the nearest point unless the loss passes
    the level and returns within one such interval.  A side on which the loss stays below, as
    far as about a million times the first guess, gives NaN: see ``missing``.

    Raises
    ------
    ValueError
        A loss at zero that is not > 0; ``level`` <= 1; otherwise as `profiles`.
    """
    if check.positive("level", level) <= 1:
        raise ValueError(f"level must be > 1, got {level}; the source takes e")
    part = layer(model, loss_fn, x, y, parameters)
    p = part.directions(directions)
    L0 = float(_losses(part, p[:1], np.zeros(1))[0])
    if not L0 > 0:
        raise ValueError(
            f"the loss at the weights must be > 0, got {L0}; flatness is relative to it"
        )
    both = torch.cat([p, -p])

    def height(points: np.ndarray, rows: np.ndarray) -> np.ndarray:
        losses = _losses(part, both[torch.as_tensor(rows, device=p.device)], points)
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.log(losses / L0) - math.log(level)

    first = _guess(_curvature(part, p), L0 * math.log(level))
    at_zero = np.full(2 * len(p), -math.log(level))
    right, left = np.split(crossings(height, at_zero, np.concatenate([first, first])), 2)
    return Flatness(right + left, -left, right, L0)


def _guess(H: np.ndarray, rise: float) -> np.ndarray:
    """Half the shift at which a parabola has risen that far; the widest where there is none."""
    curved = H > 0
    first = np.full(len(H), 1.0)
    first[curved] = np.sqrt(2 * rise / H[curved]) / 2
    if curved.any():
        first[~curved] = first[curved].max()
    return first


def curvature_along(
    model: nn.Module,
    loss_fn: LossFn,
    x: Tensor,
    y: Tensor,
    directions,
    *,
    parameters: Names = None,
) -> np.ndarray:
    """``H_ii = p_i . H p_i`` (k,): second derivative of the mean loss along each direction.

    Exact, by differentiating twice in the shift alone; ReLU and max pooling have the
    derivative of the current linear piece.  Errors as `profiles`.
    """
    part = layer(model, loss_fn, x, y, parameters)
    return _curvature(part, part.directions(directions))


def noise_along(
    model: nn.Module,
    loss_fn: LossFn,
    x: Tensor,
    y: Tensor,
    directions,
    batch_size: int,
    replacement: bool = False,
    *,
    parameters: Names = None,
) -> np.ndarray:
    """``C_ii = p_i . C p_i`` (k,): variance of the minibatch gradient along each direction.

    C has the factor of `gradient_noise.batch_factor`, without replacement by default; nothing
    of the step size is in it.  Errors as `profiles`, and a batch that is too large.
    """
    part = layer(model, loss_fn, x, y, parameters)
    p, factor = part.directions(directions), batch_factor(len(x), batch_size, replacement)
    along = torch.cat(
        [g @ p.T for g in in_chunks(part.net, loss_fn, part.inputs, y, list(part.chosen))]
    )
    return factor * along.double().var(0, unbiased=False).numpy(force=True)


def hessian_directions(
    model: nn.Module,
    loss_fn: LossFn,
    x: Tensor,
    y: Tensor,
    *,
    parameters: Names = None,
    gauss_newton: bool = False,
) -> Components:
    """Eigenvalues (d,), largest first, as ``variances``, and eigenvectors as ``directions``.

    Of the Hessian, by d products; or of the Gauss-Newton matrix of the cross-entropy, which is
    the Hessian where the logits are piecewise linear in the chosen parameters (any one layer
    of a ReLU network), and takes as many passes as there are classes.

    Raises
    ------
    ValueError
        More than 5000 parameters; otherwise as `profiles`.
    """
    part = layer(model, loss_fn, x, y, parameters)
    names = list(part.chosen)
    if gauss_newton:
        H = curvature.fisher(part.net, part.inputs, parameters=names)
    else:
        H = curvature.hessian(part.net, loss_fn, part.inputs, y, parameters=names)
    values, vectors = torch.linalg.eigh(H.double())
    return Components(
        values.flip(0).numpy(force=True), vectors.flip(1).T.contiguous().numpy(force=True)
    )


@torch.no_grad()
def _losses(part: Layer, p: Tensor, shifts: np.ndarray) -> np.ndarray:
    s = torch.as_tensor(np.array(shifts)).to(p)
    return part.losses(part.weights + s[:, None] * p).numpy(force=True)


@torch.no_grad()
def _curvature(part: Layer, p: Tensor) -> np.ndarray:
    total = torch.zeros(len(p), dtype=torch.float64, device=p.device)
    zero = torch.zeros((), dtype=p.dtype, device=p.device)
    for a, b in part.chunks():

        def loss(s: Tensor, direction: dict[str, Tensor], a=a, b=b) -> Tensor:
            moved = {k: t + s * direction[k] for k, t in part.chosen.items()}
            outputs = functional_call(part.net, moved, (a,))
            return sample_losses(part.loss_fn, outputs, b).sum()

        second = vmap(grad(grad(loss)), in_dims=(None, 0))
        pieces = [second(zero, part.named(rows)) for rows in p.split(BLOCK)]
        total += torch.cat(pieces).double()
    return (total / len(part.y)).numpy(force=True)
