"""Covariance of the minibatch gradient, measured exactly on a finite data set.

The data set is the population: n images, per-sample losses ``l_i``, gradients ``g_i``.
A minibatch of b images has a mean gradient of covariance ``C = S * factor``,

    S = (1/n) sum_i (g_i - g)(g_i - g)^T,    g = (1/n) sum_i g_i,
    factor = 1/b (with replacement),  (1/b) (n - b)/(n - 1) (without),

exactly, because S is normalised by 1/n.  Units: gradient squared; nothing of the step
size is in C.  Statement PLD-P1 says when C is quadratic along a line.

Per-sample gradients of convolutions and linear layers come from one forward and one
backward pass, as products of each layer's input with the gradient at its output; any
other model goes through ``vmap(grad)``.  Which route is right is not assumed: on a few
samples both are computed and compared.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.func import functional_call, grad, vmap

from sgdtheory import _validate as check
from sgdtheory.networks._per_sample import (
    CHUNK,
    LossFn,
    Names,
    chosen_route,
    detached,
    in_chunks,
    probe,
    sample_count,
    sample_losses,
)
from sgdtheory.networks.models import select, unflatten


def batch_factor(n: int, batch_size: int, replacement: bool = True) -> float:
    """``1/b`` with replacement, ``(n - b) / (b (n - 1))`` without: minibatch over S.

    Raises
    ------
    ValueError
        ``batch_size`` below 1, or above n without replacement.
    """
    n, b = check.count("n", n), check.count("batch_size", batch_size)
    if replacement:
        return 1 / b
    if b > n:
        raise ValueError(
            f"batch_size must be <= n = {n} without replacement, got {b}; "
            "use a smaller batch or replacement=True"
        )
    return 0.0 if n == b else (n - b) / (b * (n - 1))


def trace(
    model: nn.Module,
    loss_fn: LossFn,
    x: Tensor,
    y: Tensor,
    batch_size: int,
    replacement: bool = True,
    *,
    parameters: Names = None,
) -> float:
    """Tr C of the minibatch gradient, ``factor * (mean |g_i|^2 - |g|^2)``.  (PLD-P1)

    Parameters
    ----------
    loss_fn : ``loss_fn(model(x), y)``; of a single sample it must give one number
    x, y : the data set, n samples first; the minibatch is drawn from these
    batch_size, replacement : how the minibatch is drawn
    parameters : names of parameters or layers to count; None counts all

    Raises
    ------
    ValueError
        A model whose per-sample loss is random or depends on the other samples (dropout or
        batch norm in training mode), mismatched or empty data, unknown parameter names.
    """
    factor = batch_factor(sample_count(x, y), batch_size, replacement)
    total, squares = torch.zeros((), dtype=torch.float64), 0.0
    for g in in_chunks(model, loss_fn, x, y, parameters):
        squares += float((torch.linalg.vector_norm(g, dim=1).double() ** 2).sum())
        total = total.to(g.device) + g.sum(0).double()
    mean = total / len(x)
    return factor * max(squares / len(x) - float(mean @ mean), 0.0)


def per_sample_gradients(
    model: nn.Module, loss_fn: LossFn, x: Tensor, y: Tensor, *, parameters: Names = None
) -> Tensor:
    """Gradients ``g_i`` of the per-sample losses, shape (n, P), in the order of `select`."""
    sample_count(x, y)
    return torch.cat(list(in_chunks(model, loss_fn, x, y, parameters)))


def covariance_vector_product(
    model: nn.Module,
    loss_fn: LossFn,
    x: Tensor,
    y: Tensor,
    v: Tensor,
    batch_size: int,
    replacement: bool = True,
    *,
    parameters: Names = None,
) -> Tensor:
    """``C v``, shape (P,), without forming the P x P matrix C.

    With ``s_i = g_i . v``: ``S v = (1/n) sum_i g_i s_i - g mean(s)``, a few samples at a time.
    """
    n = sample_count(x, y)
    factor = batch_factor(n, batch_size, replacement)
    unflatten(v, select(model, parameters))
    product, total, along = torch.zeros_like(v), torch.zeros_like(v), v.new_zeros(())
    for g in in_chunks(model, loss_fn, x, y, parameters):
        s = g @ v
        product += g.T @ s
        total += g.sum(0)
        along += s.sum()
    return factor / n * (product - total * (along / n))


@dataclass(frozen=True)
class Scan:
    """Tr C along a line: ``distances`` (k,), ``traces`` (k,), ``leave_one_out`` (k, n).

    Column i of ``leave_one_out`` is the trace with sample i left out of the data set: the
    jackknife's material for the standard error of anything fitted to ``traces``.
    """

    distances: np.ndarray
    traces: np.ndarray
    leave_one_out: np.ndarray


def covariance_scan(
    model: nn.Module,
    loss_fn: LossFn,
    x: Tensor,
    y: Tensor,
    direction: Tensor,
    distances: Sequence[float],
    *,
    parameters: Names = None,
    batch_size: int = 1,
    replacement: bool = True,
) -> Scan:
    """``Tr C(w + s e)`` at each distance s, the other parameters frozen.  (PLD-P1)

    ``direction`` e, shape (P,), is used as it is (its norm sets the unit of s) and moves
    the named ``parameters`` only; C is the covariance of the gradient in the same
    parameters.  The model itself is left unchanged.
    """
    n = sample_count(x, y)
    if n < 3:
        raise ValueError(f"a scan must have >= 3 samples, got {n}; pass more data")
    factor = batch_factor(n, batch_size, replacement)
    chosen = detached(select(model, parameters))
    e = unflatten(torch.as_tensor(direction), chosen)
    s = check.finite("distances", distances, ndim=1)
    route = chosen_route(model, loss_fn, x, y, chosen)
    traces, left = np.empty(len(s)), np.empty((len(s), n))
    for k, at in enumerate(s):
        moved = {name: p + float(at) * e[name] for name, p in chosen.items()}
        pieces = list(in_chunks(model, loss_fn, x, y, parameters, moved, route))
        mean = torch.stack([g.sum(0, dtype=torch.float64) for g in pieces]).sum(0) / n
        squares = _joined([torch.linalg.vector_norm(g, dim=1).double() ** 2 for g in pieces])
        along = _joined([g @ mean.to(g.dtype) for g in pieces])
        m2 = float(mean @ mean)
        traces[k] = squares.mean() - m2
        rest = (n * n * m2 - 2 * n * along + squares) / (n - 1) ** 2
        left[k] = (squares.sum() - squares) / (n - 1) - rest
    return Scan(s, factor * traces, factor * left)


@dataclass(frozen=True)
class Expansion:
    """``Tr C(w + s e) = sigma_g + 2 rho s + (sigma_H + third) s^2 + O(s^3)``.  (PLD-P1)

    ``sigma_g = Tr Cov(g)``, ``rho = Tr Cov(g, g')``, ``sigma_H = Tr Cov(g')`` and
    ``third = Tr Cov(g, g'')``, where ``g' = H_i e`` and ``g''`` are derivatives of the
    per-sample gradients along e.  A quadratic per-sample loss has ``third = 0``.
    """

    sigma_g: float
    rho: float
    sigma_H: float
    third: float

    @property
    def curvature(self) -> float:
        """Coefficient of s^2: ``sigma_H + third``."""
        return self.sigma_H + self.third


def expansion(
    model: nn.Module,
    loss_fn: LossFn,
    x: Tensor,
    y: Tensor,
    direction: Tensor,
    *,
    parameters: Names = None,
    batch_size: int = 1,
    replacement: bool = True,
) -> Expansion:
    """Taylor coefficients at s = 0 of what `covariance_scan` measures, by exact derivatives.

    Third derivatives of the loss come from autograd.  A network with ReLU or max pooling is
    only piecewise smooth: the expansion then holds up to the first kink on the line.
    """
    n = sample_count(x, y)
    factor = batch_factor(n, batch_size, replacement)
    probe(model, loss_fn, x, y)
    chosen = detached(select(model, parameters))
    e = unflatten(torch.as_tensor(direction), chosen)

    def loss(p: dict[str, Tensor], one: Tensor, target: Tensor) -> Tensor:
        return sample_losses(loss_fn, functional_call(model, p, (one[None],)), target[None])[0]

    along = _along(e)
    functions = (loss, along(loss), along(along(loss)))
    orders = [vmap(grad(f), in_dims=(None, 0, 0)) for f in functions]
    sums, totals = np.zeros((3, 3)), [torch.zeros((), device=x.device) for _ in range(3)]
    for a, b in zip(x.split(CHUNK), y.split(CHUNK), strict=True):
        g = [
            torch.cat([t.reshape(len(a), -1) for t in f(chosen, a, b).values()], 1).detach()
            for f in orders
        ]
        sums += np.array([[float((u * v).sum()) for v in g] for u in g])
        totals = [t + u.sum(0) for t, u in zip(totals, g, strict=True)]
    products = np.array([[float(u @ v) for v in totals] for u in totals])
    cov = factor * (sums / n - products / n**2)
    return Expansion(cov[0, 0], cov[0, 1], cov[1, 1], cov[0, 2])


def _along(e: dict[str, Tensor]) -> Callable:
    """The map of a function ``f(p, x, y)`` to its derivative in p along e."""

    def derivative(f: Callable) -> Callable:
        def df(p: dict[str, Tensor], *data: Tensor) -> Tensor:
            slope = grad(f)(p, *data)
            return sum((slope[k] * e[k]).sum() for k in e)

        return df

    return derivative


def _joined(pieces: list[Tensor]) -> np.ndarray:
    return torch.cat(pieces).double().numpy(force=True)
