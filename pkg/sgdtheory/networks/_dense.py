"""Curvature and noise as dense (P, P) matrices, for small networks only."""

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, softmax

from sgdtheory import _validate as check
from sgdtheory.networks._per_sample import CHUNK, LossFn, Names, sample_count
from sgdtheory.networks._products import BLOCK, hessian_products, prepared
from sgdtheory.networks.gradient_noise import batch_factor, per_sample_gradients
from sgdtheory.networks.models import select

#: Largest number of parameters of a dense matrix: 200 MB in float64.
LARGEST = 5000


def small_size(chosen: dict[str, Tensor], remedy: str) -> int:
    """P, after refusing more than LARGEST parameters."""
    size = sum(p.numel() for p in chosen.values())
    if size > LARGEST:
        raise ValueError(
            f"a dense matrix must have <= {LARGEST} parameters, got {size}; {remedy}, "
            "or name fewer with parameters="
        )
    return size


def hessian(
    model: nn.Module, loss_fn: LossFn, x: Tensor, y: Tensor, *, parameters: Names = None
) -> Tensor:
    """Hessian (P, P) of the mean loss over the data set, in the order of `select`.

    It takes P Hessian-vector products; float64 is recommended (``model.double()``).  At
    kinks (ReLU, max pooling) the derivative is the one autograd takes, on one side.

    Raises
    ------
    ValueError
        More than 5000 parameters; a random model; bad data.
    """
    chosen = prepared(model, loss_fn, x, y, parameters)
    size = small_size(chosen, "use hessian_vector_product with top_eigenpairs")
    like = next(iter(chosen.values()))
    rows = torch.eye(size, dtype=like.dtype, device=like.device)
    h = hessian_products(model, loss_fn, x, y, rows, chosen)
    return (h + h.T) / 2


def hessian_trace(
    model: nn.Module, loss_fn: LossFn, x: Tensor, y: Tensor, *, parameters: Names = None
) -> float:
    """Tr H of the mean loss, exactly, by P products; `hutchinson_trace` estimates it.

    Raises ``ValueError`` as `hessian` does; only a few rows of H are held at a time.
    """
    chosen = prepared(model, loss_fn, x, y, parameters)
    size = small_size(chosen, "use hutchinson_trace of hessian_vector_product")
    like = next(iter(chosen.values()))
    total = 0.0
    for start in range(0, size, BLOCK):
        rows = torch.zeros(min(BLOCK, size - start), size, dtype=like.dtype, device=like.device)
        rows.diagonal(start).fill_(1)
        products = hessian_products(model, loss_fn, x, y, rows, chosen)
        total += float(products.diagonal(start).double().sum())
    return total


def covariance(
    model: nn.Module,
    loss_fn: LossFn,
    x: Tensor,
    y: Tensor,
    batch_size: int,
    replacement: bool = True,
    *,
    parameters: Names = None,
) -> Tensor:
    """Covariance C (P, P) of the minibatch gradient, ``factor * S``.  (ANI-1)

    ``S = (1/n) sum_i (g_i - g)(g_i - g)^T`` and the factor of `gradient_noise.batch_factor`;
    nothing of the step size is in C (the SDE's covariance is ``eta C``).  Holds the n
    per-sample gradients at once.

    Raises
    ------
    ValueError
        More than 5000 parameters; a batch above n without replacement; a random model;
        bad data.
    """
    g = _gradients(model, loss_fn, x, y, parameters)
    factor = batch_factor(len(g), batch_size, replacement)
    centred = g - g.mean(0)
    return factor / len(g) * centred.T @ centred


def empirical_fisher(
    model: nn.Module, loss_fn: LossFn, x: Tensor, y: Tensor, *, parameters: Names = None
) -> Tensor:
    """Uncentred second moment ``(1/n) sum_i g_i g_i^T`` (P, P) at the data's own targets.

    It is ``S + g g^T``, a *noise* matrix: it is neither the Fisher matrix nor the Hessian
    unless the targets are distributed as the model says (ANI-7).  Raises as `covariance`.
    """
    g = _gradients(model, loss_fn, x, y, parameters)
    return g.T @ g / len(g)


def fisher(
    model: nn.Module, x: Tensor, *, likelihood: str = "categorical", parameters: Names = None
) -> Tensor:
    """Fisher matrix (P, P), its targets drawn by the model and summed exactly.  (ANI-7)

    ``F = (1/n) sum_i E_{y ~ p(y | x_i, w)} [s s^T]``, ``s = grad_w log p(y | x_i, w)``, with

    - ``"categorical"``: class probabilities ``softmax(model(x))``; the Gauss-Newton matrix
      of the cross-entropy;
    - ``"gaussian"``: ``y ~ N(model(x), I)``, so ``F = (1/n) sum_i J_i^T J_i``; the
      Gauss-Newton matrix of ``|f - y|^2 / 2``.  ``mse_loss`` of K outputs is 2/K times that.

    The model's outputs have shape (n, K).

    Raises
    ------
    ValueError
        Another likelihood; outputs of another shape; more than 5000 parameters; a random
        model; bad data.
    """
    check.one_of("likelihood", likelihood, ("categorical", "gaussian"))
    chosen = select(model, parameters)
    size = small_size(chosen, "use gauss_newton_vector_product")
    sample_count(x, x)
    with torch.no_grad():
        outputs = torch.cat([model(a) for a in x.split(CHUNK)])
    if outputs.ndim != 2:
        raise ValueError(
            f"the model's outputs must have shape (n, K), got {tuple(outputs.shape)}; "
            "flatten them"
        )
    total = outputs.new_zeros(size, size)
    for k in range(outputs.shape[1]):
        target = torch.full((len(x),), k, device=outputs.device)
        if likelihood == "categorical":
            weights = softmax(outputs, 1)[:, k]
            g = per_sample_gradients(model, cross_entropy, x, target, parameters=parameters)
        else:
            weights = torch.ones_like(outputs[:, k])
            g = per_sample_gradients(model, _output, x, target, parameters=parameters)
        total += g.T @ (weights[:, None] * g)
    return total / len(x)


def _output(outputs: Tensor, k: Tensor) -> Tensor:
    return outputs.gather(1, k[:, None]).sum()


def _gradients(model, loss_fn, x, y, parameters) -> Tensor:
    small_size(select(model, parameters), "use gradient_noise.covariance_vector_product")
    return per_sample_gradients(model, loss_fn, x, y, parameters=parameters)
