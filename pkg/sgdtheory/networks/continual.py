r"""One task after another: penalties that hold the weights of the first, as proximal steps.

Every method here is one quadratic form about the weights ``w*`` of the first task,

.. math:: \Omega(w) = \tfrac12 \sum_i k_i\,[p_i\cdot(w - w^*)]^2,

with orthonormal directions ``p_i`` and stiffnesses ``k_i >= 0`` (IVF-E14):

========================  ==========================  ====================================
method                    directions                  stiffness, strength lambda
========================  ==========================  ====================================
`l2`                      axes                        lambda
`ewc_diagonal`            axes                        lambda G_jj
`ewc`                     eigenvectors of G           lambda times the eigenvalue
`ldc`                     principal components        2 lambda / F_i^2, the first N_c only
`hard_lock`               any                         infinite, the first N_c only
========================  ==========================  ====================================

A step of SGD on the second task is followed by ``d_i <- d_i / (1 + eta k_i)`` along every
direction, ``d = w - w*``: stable for any stiffness.  The plain gradient step,
``d_i <- d_i (1 - eta k_i)``, is not once ``eta k_i >= 2``, and is refused there.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from sgdtheory import _validate as check

#: Products of two directions may be off by this much: principal components of tiny variance
#: carry rounding, which is taken out.
ORTHONORMAL = 0.01

__all__ = ["Penalty", "ewc", "ewc_diagonal", "hard_lock", "l2", "ldc"]


@dataclass(frozen=True)
class Penalty:
    """``stiffness`` (..., m) along the rows of ``directions`` (..., m, d), or along the axes.

    Weights are (..., d).  Settings are batched: for S networks with K settings each,
    ``stiffness`` is (S, K, m), ``directions`` (S, m, d), weights (S, K, d), and the weights
    of the first task (S, 1, d).
    """

    stiffness: Tensor
    directions: Tensor | None = None

    def at(self, strengths: Sequence[float], counts: Sequence[int] | None = None) -> "Penalty":
        """K settings: each a strength, and how many of the first directions are held.

        Parameters
        ----------
        strengths : K factors >= 0 of the stiffness
        counts : K numbers N_c of directions, at most m; all of them without it

        Returns
        -------
        Penalty with stiffness (..., K, m); a strength 0 is no penalty, for a hard lock too
        """
        factors = [_at_least_zero("each strength", s) for s in strengths]
        m = self.stiffness.shape[-1]
        held = [m] * len(factors) if counts is None else list(counts)
        if len(held) != len(factors) or not all(0 <= int(n) <= m for n in held):
            raise ValueError(
                f"counts must hold one number from 0 to {m} per strength, got {held} for "
                f"{len(factors)} strengths; pass lists of equal length"
            )
        k = self.stiffness[..., None, :]
        factor = torch.tensor(factors, dtype=k.dtype, device=k.device)[:, None]
        rank = torch.arange(m, device=k.device)
        on = (rank < torch.tensor(held, device=k.device)[:, None]) & (factor > 0)
        return Penalty(torch.where(on, factor * k, 0.0), self.directions)

    def value(self, w: Tensor, centre: Tensor) -> Tensor:
        """``Omega(w)``, (...); infinite as soon as a locked direction has moved."""
        c = self._along(w - centre)
        return torch.where(c == 0, 0.0, self.stiffness * c**2).sum(-1) / 2

    def proximal_step(self, w: Tensor, centre: Tensor, eta: float) -> Tensor:
        """The minimiser of ``Omega(v) + |v - w|^2 / (2 eta)``: stable for any stiffness.

        ``eta k = inf`` puts that direction back onto the centre.
        """
        k = check.positive("eta", eta) * self.stiffness
        lost = torch.where(torch.isinf(k), 1.0, k / (1 + k))
        return w - self._back(lost * self._along(w - centre))

    def gradient_step(self, w: Tensor, centre: Tensor, eta: float) -> Tensor:
        """``w - eta grad Omega(w)``.

        Raises
        ------
        ValueError
            ``eta k >= 2`` in some direction, where the step does not shrink it.
        """
        k = check.positive("eta", eta) * self.stiffness
        if bool((k >= 2).any()):
            raise ValueError(
                f"eta times the stiffness must be < 2 for a gradient step, got "
                f"{float(k.max()):.3g}; use proximal_step, which is stable for any"
            )
        return w - self._back(k * self._along(w - centre))

    def _along(self, d: Tensor) -> Tensor:
        return d if self.directions is None else d @ self.directions.mT

    def _back(self, c: Tensor) -> Tensor:
        return c if self.directions is None else c @ self.directions


def l2(d: int, dtype: torch.dtype = torch.float64) -> Penalty:
    """Stiffness one along every axis of ``d`` weights: the baseline without a landscape."""
    return Penalty(torch.ones(check.count("d", d), dtype=dtype))


def ewc_diagonal(diagonal: Tensor) -> Penalty:
    """Elastic weight consolidation: the diagonal (..., d) of the Fisher matrix, no more."""
    return Penalty(_not_negative("diagonal", diagonal, 1))


def ewc(matrix: Tensor) -> Penalty:
    """Elastic weight consolidation with a whole matrix (..., d, d), stiffest direction first.

    For the Fisher matrix, which for the cross-entropy is the Gauss-Newton matrix, see
    `curvature.fisher`.

    Raises
    ------
    ValueError
        Not square, not symmetric, or with an eigenvalue below zero.
    """
    matrix = _finite("matrix", matrix, 2)
    scale = float(matrix.abs().max()) or 1.0
    if matrix.shape[-1] != matrix.shape[-2] or bool(
        ((matrix - matrix.mT).abs() > 1e-6 * scale).any()
    ):
        raise ValueError(
            f"matrix must be square and symmetric, got shape {tuple(matrix.shape)}; pass a "
            "Fisher or Gauss-Newton matrix"
        )
    values, vectors = torch.linalg.eigh(matrix)
    if float(values.min()) < -1e-6 * scale * len(matrix.mT):
        raise ValueError(
            f"matrix must have no eigenvalue below 0, got {float(values.min()):.3g}; pass the "
            "Gauss-Newton matrix, which has none, instead of the Hessian"
        )
    return Penalty(values.flip(-1).clamp(min=0), vectors.flip(-1).mT.contiguous())


def ldc(directions: Tensor, flatness: Tensor) -> Penalty:
    """Landscape-dependent constraint: ``sum_i (d . p_i)^2 / F_i^2``, stiffness ``2 / F_i^2``.

    Parameters
    ----------
    directions : (..., m, d), orthonormal rows, in the order in which N_c counts them
    flatness : (..., m), each > 0
    """
    F = _finite("flatness", flatness, 1)
    if not bool((F > 0).all()):
        raise ValueError(
            f"flatness must be > 0, got {float(F.min()):.3g}; leave out directions without one"
        )
    return Penalty(2 / F**2, _orthonormal(directions, F.shape[-1]))


def hard_lock(directions: Tensor) -> Penalty:
    """Directions (..., m, d) along which the weights do not move at all."""
    directions = _orthonormal(directions, directions.shape[-2])
    return Penalty(torch.full_like(directions[..., 0], torch.inf), directions)


def _at_least_zero(name: str, value: float) -> float:
    number = check.real(name, value)
    if number < 0:
        raise ValueError(f"{name} must be >= 0, got {number}; 0 is no penalty")
    return number


def _finite(name: str, tensor: Tensor, ndim: int) -> Tensor:
    if not isinstance(tensor, Tensor) or not tensor.is_floating_point():
        raise TypeError(
            f"{name} must be a floating-point tensor, got {type(tensor).__name__}; "
            "use torch.as_tensor(..., dtype=torch.float64)"
        )
    if tensor.ndim < ndim or not bool(torch.isfinite(tensor).all()):
        raise ValueError(
            f"{name} must be finite with >= {ndim} axes, got shape {tuple(tensor.shape)}; "
            "repair it first"
        )
    return tensor


def _not_negative(name: str, tensor: Tensor, ndim: int) -> Tensor:
    tensor = _finite(name, tensor, ndim)
    if bool((tensor < 0).any()):
        raise ValueError(
            f"{name} must be >= 0, got {float(tensor.min()):.3g}; a Fisher matrix has no "
            "diagonal entry below 0"
        )
    return tensor


def _orthonormal(directions: Tensor, m: int) -> Tensor:
    p = _finite("directions", directions, 2)
    if p.shape[-2] != m:
        raise ValueError(
            f"directions must have one row per flatness, got {p.shape[-2]} for {m}; pass "
            "shape (..., m, d)"
        )
    gap = p @ p.mT - torch.eye(m, dtype=p.dtype, device=p.device)
    if bool((gap.abs() > ORTHONORMAL).any()):
        raise ValueError(
            f"directions must be orthonormal, got products off by {float(gap.abs().max()):.3g}"
            "; take eigenvectors or principal components"
        )
    q, r = torch.linalg.qr(p.mT)  # Gram-Schmidt in the given order
    return (q * r.diagonal(dim1=-2, dim2=-1).sign()[..., None, :]).mT.contiguous()
