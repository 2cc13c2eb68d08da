r"""Path ensembles: Euler-Maruyama for Itô equations, and their first-passage times.

.. math:: dx = f(x)\,dt + \sqrt{2 D(x)}\,dB \quad\text{(Itô)}, \qquad
          x_{k+1} = x_k + f(x_k)\,\delta t + \sqrt{2 D(x_k)\,\delta t}\;\xi_k .

With ``f = -grad L``, ``D = eta C / 2`` and ``dt = eta`` the recursion *is* SGD with Gaussian
noise (PLD-E3).  Callables are torch functions of a ``(paths, d)`` tensor.  Normals are drawn
in float32, at most 5.8 standard deviations out; the state has its own dtype.
"""

import torch

from sgdtheory import _validate
from sgdtheory.stochastic._motion import (
    Field,
    diffusing,
    function_of_state,
    numbers,
    positive,
    starts,
)
from sgdtheory.stochastic._walk import simulated
from sgdtheory.stochastic.passage import Passages, first_passage_time, first_passage_times

__all__ = ["Passages", "first_passage_time", "first_passage_times", "simulate", "to_ito"]


@torch.no_grad()
def simulate(
    drift: Field,
    D: Field | float | torch.Tensor,
    x0,
    dt: float,
    steps: int,
    *,
    paths: int,
    seed: int,
    save_every: int | None = None,
    device: str = "cpu",
    dtype: torch.dtype = torch.float64,
) -> torch.Tensor:
    """An ensemble of ``paths`` runs of ``steps`` steps; other readings go through `to_ito`.

    Parameters
    ----------
    drift : (paths, d) -> (paths, d), per unit of time.
    D : diffusion, (paths, d) -> (paths, d) or (paths, 1) for independent coordinates, or
        (paths, d, d); or a constant: number, (d,) or (d, d).  A matrix is symmetric.
    x0 : number, (d,) or (paths, d).
    dt : step in units of time.
    save_every : also keep every so many steps, the start not included.

    Returns
    -------
    (paths, d) at the end, or (k, paths, d) with ``save_every``.

    Raises
    ------
    ValueError
        Wrong shapes, ``dt <= 0``, ``save_every > steps``, D not positive at the start.
    ArithmeticError
        A saved state is not finite, or D there not positive: dt may be too large.
    """
    dt = _validate.positive("dt", dt)
    steps = _validate.count("steps", steps)
    start = starts(x0, _validate.count("paths", paths), device, dtype)
    generator = torch.Generator(device).manual_seed(_validate.count("seed", seed, 0))
    motion = diffusing(drift, D, dt, start)
    saved = simulated(motion, start, steps, save_every, generator)
    return saved[-1] if save_every is None else saved


def to_ito(
    drift: Field, D: Field | float | torch.Tensor, convention: str, dD: Field | None = None
) -> Field:
    r"""The drift of the Itô equation that is the same process: ``f_i + alpha dD_i/dx_i``.

    (FND-7.)  For D of shape (paths, d), independent coordinates, or (paths, 1), isotropic.
    ``dD`` gives the derivative; without it autograd does.

    Raises
    ------
    ValueError
        Unknown convention, a constant D that is not positive, or a (paths, d, d) diffusion
        without ``dD``, its divergence.
    """
    alpha = _validate.convention(convention)
    function_of_state(drift)
    if not callable(D):
        constant = numbers("D", D, "cpu", torch.float64)
        if not positive(constant[None] if constant.ndim == 2 else constant):
            raise ValueError(f"D must be > 0, got {D}; a diffusion coefficient is positive")
        return drift
    if alpha == 0:
        return drift
    slope = dD or (lambda x: _divergence(D, x))
    return lambda x: drift(x) + alpha * slope(x)


def _divergence(D: Field, x: torch.Tensor) -> torch.Tensor:
    with torch.enable_grad():
        at = x.detach().requires_grad_(True)
        value = D(at)
        if value.ndim != 2:
            raise ValueError(
                f"D must be (paths, d) or (paths, 1) for autograd, got shape "
                f"{tuple(value.shape)}; pass dD, the divergence of D"
            )
        if not value.requires_grad:  # D does not depend on x
            return torch.zeros_like(x)

        def gradient(of: torch.Tensor) -> torch.Tensor:
            return torch.autograd.grad(
                of.sum(), at, retain_graph=True, allow_unused=True, materialize_grads=True
            )[0]

        if value.shape[1] == 1:
            return gradient(value)
        columns = [gradient(value[:, i])[:, i] for i in range(x.shape[1])]
    return torch.stack(columns, 1)
