"""Gaussian noise to add to the gradient: the dynamics that `zhu2019` compares.

Each function draws one vector ``eps`` (P,), mean zero, of the covariance it states, for

    w = w - eta * (gradient + eps).

Its covariance is to be compared with the covariance C of the *minibatch gradient*: the step
puts one factor eta on eps, so the SDE's Sigma is ``eta`` times it (ANI-1).  "Trace matched"
means the trace of C, from `gradient_noise.trace`: with equal traces only the directions
differ (ANI-5, ANI-E3).  GD is no noise, SGD the minibatch itself.

Draws come from the ``torch.Generator`` that is passed, on its device; global random state
is neither read nor changed.
"""

import math

import torch
from torch import Tensor

from sgdtheory import _validate as check


def constant(
    size: int, sigma: float, generator: torch.Generator, *, dtype: torch.dtype = torch.float32
) -> Tensor:
    """``eps ~ N(0, sigma^2 I)`` with a sigma that is tuned once, of trace ``size sigma^2``.

    Raises ``ValueError`` for a size < 1 or a sigma not > 0.  (ANI-E3)
    """
    size, sigma = check.count("size", size), check.positive("sigma", sigma)
    return sigma * _normal(size, generator, dtype)


def isotropic(
    size: int, trace: float, generator: torch.Generator, *, dtype: torch.dtype = torch.float32
) -> Tensor:
    """``eps ~ N(0, (trace/size) I)``: SGD's total strength, no direction.  (ANI-1, ANI-E3)

    Raises ``ValueError`` for a size < 1 or a trace not > 0.
    """
    size, trace = check.count("size", size), _trace(trace)
    return math.sqrt(trace / size) * _normal(size, generator, dtype)


def diagonal(variances: Tensor, generator: torch.Generator) -> Tensor:
    """``eps ~ N(0, diag(variances))``, for variances = diag C of trace Tr C.  (ANI-E3)

    Which noise this is depends on the coordinates: in the plane of ANI-E1, whose axes are
    turned by 45 degrees, it is isotropic but for the sampling of the data.

    Raises
    ------
    ValueError
        Variances of another shape than (P,), negative or not finite.
    """
    v = _values("variances", variances)
    return v.sqrt() * _normal(len(v), generator, v.dtype, v.device)


def leading(
    eigenvalues: Tensor,
    eigenvectors: Tensor,
    generator: torch.Generator,
    *,
    trace: float | None = None,
) -> Tensor:
    """Covariance ``sum_j lambda_j v_j v_j^T``: the k leading eigenpairs of C.  (ANI-E3)

    By default it is *not* rescaled, as in the public code: its trace is ``sum_j lambda_j``,
    below Tr C, so the comparison with SGD is not one of equal strength.  With ``trace`` the
    covariance is multiplied by ``trace / sum_j lambda_j``.  That code also injects this noise
    in every tenth step only, by default; here every call draws.

    Parameters
    ----------
    eigenvalues, eigenvectors : (k,) and (P, k), orthonormal columns, as `top_eigenpairs` of
        C gives them

    Raises
    ------
    ValueError
        Negative eigenvalues (C has none), columns that are not orthonormal, all eigenvalues
        zero with a trace to match, a trace not > 0.
    """
    values = _values("eigenvalues", eigenvalues)
    if trace is not None:
        if not bool((values > 0).any()):
            raise ValueError(
                "eigenvalues must not all be 0 to match a trace, got zeros; pass trace=None"
            )
        values = values * (_trace(trace) / values.sum())
    return _along(values, eigenvectors, generator)


def hessian(
    eigenvalues: Tensor, eigenvectors: Tensor, trace: float, generator: torch.Generator
) -> Tensor:
    """Covariance ``trace * H_+ / Tr H_+``, ``H_+ = sum_{lambda_j > 0} lambda_j v_j v_j^T``.

    Noise that follows the Hessian's k leading eigenpairs, of which the positive ones count:
    no covariance has a negative eigenvalue.  The trace is matched *after* the others are
    dropped.  The public code divides by the signed sum of all k and takes the roots of
    ``|lambda_j|``: its trace is then ``trace * sum |lambda_j| / sum lambda_j``, too large
    unless none is negative, and it shakes along directions of negative curvature.  (ANI-E3)

    Raises
    ------
    ValueError
        No positive eigenvalue, columns that are not orthonormal, a trace not > 0.
    """
    values = _values("eigenvalues", eigenvalues, signed=True).clamp(min=0)
    if not bool((values > 0).any()):
        raise ValueError(
            "eigenvalues must hold a positive one, got none; the Hessian has no positive "
            "curvature here, use isotropic noise"
        )
    return _along(values * (_trace(trace) / values.sum()), eigenvectors, generator)


def first_eigenvector(vector: Tensor, trace: float, generator: torch.Generator) -> Tensor:
    """Covariance ``trace * u u^T``, ``u = vector / |vector|``: the maximiser of ANI-5.

    ANI-5 asks for the largest *algebraic* eigenvalue of H (`curvature.top_eigenpairs`); the
    public code's power iteration gives the largest absolute one.

    Raises
    ------
    ValueError
        A vector that is zero, not finite or not of shape (P,); a trace not > 0.
    """
    v = _values("vector", vector, signed=True)
    length = torch.linalg.vector_norm(v)
    if not float(length) > 0:
        raise ValueError("vector must not be zero, got length 0; pass an eigenvector")
    scale = math.sqrt(_trace(trace)) * _normal(1, generator, v.dtype, v.device)
    return scale * (v / length)


def _trace(trace: float) -> float:
    return check.positive("trace", trace, "pass the trace of a covariance, > 0")


def _normal(size: int, generator: torch.Generator, dtype, device=None) -> Tensor:
    if not isinstance(generator, torch.Generator):
        raise TypeError(
            f"generator must be a torch.Generator, got {type(generator).__name__}; "
            "use torch.Generator().manual_seed(0)"
        )
    z = torch.randn(size, generator=generator, dtype=dtype, device=generator.device)
    return z if device is None else z.to(device)


def _values(name: str, values: Tensor, *, signed: bool = False) -> Tensor:
    """A finite floating-point vector, without negative entries unless ``signed``."""
    v = torch.as_tensor(values)
    if not v.is_floating_point():
        raise TypeError(f"{name} must be floating point, got {v.dtype}; use .double()")
    if v.ndim != 1 or len(v) == 0 or not bool(torch.isfinite(v).all()):
        raise ValueError(
            f"{name} must be a finite vector, got shape {tuple(v.shape)} with "
            f"{int((~torch.isfinite(v)).sum())} NaN or infinite; pass one number per entry"
        )
    if not signed and float(v.min()) < 0:
        raise ValueError(
            f"{name} must be >= 0, got {float(v.min()):g}; a covariance has none below 0, clip "
            "what rounding left"
        )
    return v


def _along(values: Tensor, eigenvectors: Tensor, generator: torch.Generator) -> Tensor:
    """``sum_j sqrt(values_j) z_j v_j``, after refusing columns that are not orthonormal."""
    v = torch.as_tensor(eigenvectors)
    if v.ndim != 2 or v.shape[1] != len(values) or v.dtype != values.dtype:
        raise ValueError(
            f"eigenvectors must have shape (P, {len(values)}) and be {values.dtype}, got "
            f"{tuple(v.shape)} and {v.dtype}; pass one column per eigenvalue"
        )
    gap = float((v.T @ v - torch.eye(len(values), dtype=v.dtype, device=v.device)).abs().max())
    if not gap <= 1e-3:
        raise ValueError(
            f"eigenvectors must be orthonormal columns, got V^T V off by {gap:.2g}; "
            "normalise them, or transpose if they are rows"
        )
    return v @ (values.sqrt() * _normal(len(values), generator, v.dtype, v.device))
