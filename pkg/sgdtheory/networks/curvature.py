"""Curvature of the mean loss of a network over a finite data set, exactly or by estimates.

    L(w) = (1/n) sum_i l_i(w),    H = grad^2 L,    G = (1/n) sum_i J_i^T (d^2 l_i/df^2) J_i.

Nothing of the size (P, P) is formed but by the functions that say so.  Vectors have the
order of `models.select`; ``parameters=`` restricts to some of them, the others are frozen.
The data set is worked through a few samples at a time, so memory does not grow with n.

Use float64 (``model.double()``, ``x.double()``): curvature is a difference of gradients,
and in float32 small eigenvalues and small rises of the loss are rounding errors.  Models
with ReLU or max pooling have the Hessian of their current linear piece.  Models whose loss
is random or couples samples (dropout, batch norm in training mode) are refused.
"""

import numpy as np
import torch
from torch import Tensor, nn

from sgdtheory import _validate as check
from sgdtheory.estimate import Estimate
from sgdtheory.networks import gradient_noise
from sgdtheory.networks._dense import (
    covariance,
    empirical_fisher,
    fisher,
    hessian,
    hessian_trace,
)
from sgdtheory.networks._per_sample import LossFn, Names
from sgdtheory.networks._products import (
    BLOCK,
    checked_vector,
    gauss_newton_products,
    hessian_products,
    losses_at,
    prepared,
)
from sgdtheory.networks._spectrum import hutchinson_trace, top_eigenpairs
from sgdtheory.networks.models import flatten, select

__all__ = [
    "covariance", "empirical_fisher", "expected_sharpness", "fisher",
    "gauss_newton_vector_product", "hessian", "hessian_trace", "hessian_vector_product",
    "hutchinson_trace", "isotropic_trace_of_product", "top_eigenpairs", "trace_of_product",
]  # fmt: skip


def hessian_vector_product(
    model: nn.Module,
    loss_fn: LossFn,
    x: Tensor,
    y: Tensor,
    v: Tensor,
    *,
    parameters: Names = None,
) -> Tensor:
    """``H v`` (P,) of the mean loss, by differentiating ``grad L . v``: about 3 gradients.

    Parameters
    ----------
    loss_fn : ``loss_fn(model(x), y)``; of a single sample it must give one number
    x, y : the data set, n samples first
    v : shape (P,), in the dtype of the parameters

    Raises
    ------
    ValueError
        A vector of another length; a random model; bad data; unknown parameter names.
    TypeError
        A vector of another dtype or device than the parameters.
    """
    chosen = prepared(model, loss_fn, x, y, parameters)
    return hessian_products(model, loss_fn, x, y, checked_vector(v, chosen), chosen)


def gauss_newton_vector_product(
    model: nn.Module,
    loss_fn: LossFn,
    x: Tensor,
    y: Tensor,
    v: Tensor,
    *,
    parameters: Names = None,
) -> Tensor:
    """``G v`` (P,): the Hessian without the curvature of the network's outputs in w.

    ``H - G = (1/n) sum_i (dl_i/df) . grad^2 f_i`` vanishes where every residual does.  G is
    positive semi-definite for a convex loss, and for the cross-entropy it is the Fisher
    matrix (ANI-7, `fisher`).  Arguments and errors as `hessian_vector_product`.
    """
    chosen = prepared(model, loss_fn, x, y, parameters)
    return gauss_newton_products(model, loss_fn, x, y, checked_vector(v, chosen), chosen)


def trace_of_product(
    model: nn.Module,
    loss_fn: LossFn,
    x: Tensor,
    y: Tensor,
    batch_size: int,
    replacement: bool = True,
    *,
    parameters: Names = None,
) -> float:
    """Tr(H C), C the covariance of the minibatch gradient: exact, without a matrix.  (ANI-5)

    With per-sample gradients ``g_i`` of mean g: ``Tr(H C) = factor * (mean g_i . H g_i -
    g . H g)``, evaluated with ``g_i - g``, which does not cancel.  n Hessian-vector products
    over n samples, and the n gradients are held at once; for a large data set estimate it:
    ``hutchinson_trace(lambda z: H(C(z)), ...)``.  The SDE's Sigma is ``eta C``.

    Raises
    ------
    ValueError
        As `gradient_noise.trace`.
    """
    chosen = prepared(model, loss_fn, x, y, parameters)
    factor = gradient_noise.batch_factor(len(x), batch_size, replacement)
    g = gradient_noise.per_sample_gradients(model, loss_fn, x, y, parameters=parameters)
    total = 0.0
    for rows in (g - g.mean(0)).split(BLOCK):
        total += float((rows * hessian_products(model, loss_fn, x, y, rows, chosen)).sum())
    return factor * total / len(x)


def isotropic_trace_of_product(
    model: nn.Module,
    loss_fn: LossFn,
    x: Tensor,
    y: Tensor,
    batch_size: int,
    replacement: bool = True,
    *,
    parameters: Names = None,
) -> float:
    """``Tr H Tr C / P``: what Tr(H C) would be for isotropic noise of equal trace.  (ANI-6)

    Tr H is exact, by P products; above 5000 parameters this is refused, and
    `hutchinson_trace` times `gradient_noise.trace` over P is the remedy.  Raises
    ``ValueError`` so, and as `trace_of_product`.
    """
    trace_c = gradient_noise.trace(
        model, loss_fn, x, y, batch_size, replacement, parameters=parameters
    )
    size = sum(p.numel() for p in select(model, parameters).values())
    return hessian_trace(model, loss_fn, x, y, parameters=parameters) * trace_c / size


def expected_sharpness(
    model: nn.Module,
    loss_fn: LossFn,
    x: Tensor,
    y: Tensor,
    delta: float,
    *,
    draws: int,
    seed: int | np.random.Generator,
    antithetic: bool = False,
    parameters: Names = None,
) -> Estimate:
    """``E L(w + nu) - L(w)``, ``nu ~ N(0, delta^2 I)``: for small delta ``delta^2 Tr H / 2``.

    The mean of *signed* differences (ANI-9).  The public code of the source averages their
    absolute values: where the gradient does not vanish that measures about
    ``delta |grad L| sqrt(2/pi)``, of first order in delta, and no curvature.

    Parameters
    ----------
    delta : standard deviation of every coordinate of nu, in the units of the weights
    draws : number of nu, >= 2; the standard error is that of their mean
    antithetic : average each nu with -nu (two evaluations a draw), which removes the
        gradient's part of the scatter exactly

    Raises
    ------
    ValueError
        ``delta`` not > 0, fewer than 2 draws, a random model, bad data, or a loss that is not
        finite at a moved point.
    """
    delta, draws = check.positive("delta", delta), check.count("draws", draws, 2)
    rng, chosen = check.generator(seed), prepared(model, loss_fn, x, y, parameters)
    w = flatten(chosen)
    here = losses_at(model, loss_fn, x, y, w, chosen)
    signs = (1, -1) if antithetic else (1,)

    def rise() -> float:
        nu = torch.tensor(delta * rng.standard_normal(len(w)), dtype=w.dtype, device=w.device)
        moved = [losses_at(model, loss_fn, x, y, w + s * nu, chosen) - here for s in signs]
        return float(torch.stack(moved).mean())

    return Estimate.mean_of([rise() for _ in range(draws)])
