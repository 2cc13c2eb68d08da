"""Eigenpairs and traces of a symmetric matrix known only by its products with vectors."""

from collections.abc import Callable

import numpy as np
import torch
from scipy.sparse.linalg import ArpackNoConvergence, LinearOperator, eigsh
from torch import Tensor

from sgdtheory import _validate as check
from sgdtheory.estimate import Estimate

Product = Callable[[Tensor], Tensor]


def top_eigenpairs(
    matvec: Product,
    size: int,
    k: int,
    *,
    seed: int | np.random.Generator,
    tol: float = 1e-6,
    max_iterations: int | None = None,
    dtype: torch.dtype = torch.float64,
    device: str | torch.device = "cpu",
) -> tuple[Tensor, Tensor]:
    """The k largest eigenvalues in the *algebraic* order, and their eigenvectors.

    Lanczos (ARPACK) from a seeded start vector.  Largest algebraic means the most positive:
    of the spectrum {3, 1, -5} the first is 3.  Power iteration finds the largest *absolute*
    eigenvalue instead, here -5; on the Hessian of a network that is not at a minimum it may
    so return a direction of negative curvature.

    Parameters
    ----------
    matvec : symmetric product, tensor (size,) -> tensor (size,) of the given dtype and device
    tol : relative accuracy of the eigenvalues; below 1e-5 needs float64 products
    max_iterations : restarts of Lanczos; None is 10 * size

    Returns
    -------
    eigenvalues (k,), descending, and eigenvectors (size, k), orthonormal columns, the sign
    such that the entry of largest size is positive.  Of a multiple eigenvalue some basis.

    Raises
    ------
    ValueError
        ``k`` above size, ``tol`` not > 0, products that are all zero, or not symmetric, as
        those of ``H C`` are not.
    RuntimeError
        Lanczos did not converge.
    """
    size, k = check.count("size", size), check.count("k", k)
    tol, rng = check.positive("tol", tol), check.generator(seed)
    if k > size:
        raise ValueError(f"k must be <= size = {size}, got {k}; ask for fewer eigenvalues")
    product = _numpy_product(matvec, size, dtype, device)
    start, other = rng.standard_normal((2, size))
    _refuse_unfit(product, start, other, float(torch.finfo(dtype).eps))
    if 2 * k + 1 >= size:
        values, vectors = np.linalg.eigh(np.stack([product(e) for e in np.eye(size)]))
        values, vectors = values[-k:], vectors[:, -k:]
    else:
        operator = LinearOperator((size, size), matvec=product, dtype=np.dtype(float))
        try:
            values, vectors = eigsh(
                operator, k, which="LA", v0=start, tol=tol, maxiter=max_iterations
            )
        except ArpackNoConvergence as error:
            raise RuntimeError(
                f"Lanczos must converge for k = {k} eigenvalues, got {len(error.eigenvalues)}: "
                f"{error.eigenvalues}; raise tol or max_iterations, or use float64 products"
            ) from error
    order = np.argsort(values)[::-1]
    values, vectors = values[order], vectors[:, order]
    vectors = vectors * np.sign(vectors[np.abs(vectors).argmax(0), np.arange(k)])
    return (
        torch.tensor(values, dtype=dtype, device=device),
        torch.tensor(vectors, dtype=dtype, device=device),
    )


def hutchinson_trace(
    matvec: Product,
    size: int,
    *,
    probes: int,
    seed: int | np.random.Generator,
    dtype: torch.dtype = torch.float64,
    device: str | torch.device = "cpu",
) -> Estimate:
    """Unbiased estimate of Tr A from products: the mean of ``z . A z`` over random signs z.

    ``E z z^T = I`` gives ``E z . A z = Tr A``, for a matrix A that need not be symmetric
    (``H C``).  The variance of one probe is ``sum_{i<j} (A_ij + A_ji)^2``: the diagonal does
    not contribute, so a diagonal matrix has none.

    Parameters
    ----------
    matvec : tensor (size,) -> tensor (size,) of the given dtype and device
    probes : number of sign vectors, >= 2

    Raises
    ------
    ValueError
        Fewer than 2 probes; products of another shape, or not finite.
    """
    size, probes = check.count("size", size), check.count("probes", probes, 2)
    rng, product = check.generator(seed), _numpy_product(matvec, size, dtype, device)
    signs = (2.0 * rng.integers(0, 2, size) - 1 for _ in range(probes))
    return Estimate.mean_of([z @ product(z) for z in signs])


def _numpy_product(matvec: Product, size: int, dtype, device) -> Callable:
    def product(v: np.ndarray) -> np.ndarray:
        result = matvec(torch.tensor(v, dtype=dtype, device=device).reshape(size))
        if not isinstance(result, Tensor):
            raise TypeError(
                f"matvec must return a tensor, got {type(result).__name__}; use torch functions"
            )
        bad = int((~torch.isfinite(result)).sum())
        if tuple(result.shape) != (size,) or bad:
            raise ValueError(
                f"matvec must return {size} finite numbers, got shape {tuple(result.shape)} "
                f"with {bad} NaN or infinite; multiply by a finite (size, size) matrix"
            )
        return result.double().numpy(force=True)

    return product


def _refuse_unfit(product: Callable, u: np.ndarray, v: np.ndarray, eps: float) -> None:
    au, av = product(u), product(v)
    if not au.any():
        raise ValueError(
            "matvec must not be zero, got A u = 0 for a random u; its eigenvalues are all 0, "
            "with any basis"
        )
    gap = abs(float(v @ au - u @ av))
    scale = np.linalg.norm(u) * np.linalg.norm(av) + np.linalg.norm(v) * np.linalg.norm(au)
    if gap > np.sqrt(eps) * scale:
        raise ValueError(
            f"matvec must be symmetric, got u.Av and v.Au that differ by {gap:.3g} for random "
            "u, v; a product of two symmetric matrices is not symmetric"
        )
