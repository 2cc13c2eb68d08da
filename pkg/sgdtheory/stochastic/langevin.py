r"""Path ensembles: Euler-Maruyama for Itô equations, and their first-passage times.

.. math:: dx = f(x)\,dt + \sqrt{2 D(x)}\,dB \quad\text{(Itô)}, \qquad
          x_{k+1} = x_k + f(x_k)\,\delta t + \sqrt{2 D(x_k)\,\delta t}\;\xi_k .

With ``f = -grad L``, ``D = eta C / 2`` and ``dt = eta`` the recursion *is* SGD with Gaussian
noise (PLD-E3).  Callables are torch functions of a ``(paths, d)`` tensor.  Normals are drawn
in float32, at most 5.8 standard deviations out; the state has its own dtype.
"""

import math
from collections.abc import Callable

import torch

from sgdtheory import _validate
from sgdtheory.estimate import Censored, Estimate
from sgdtheory.stochastic._walk import (
    CHUNK,
    Field,
    Walk,
    finite,
    function_of_state,
    kept_positive,
    numbers,
    positive,
    refuse,
    walls,
)


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
    start = _start(x0, _validate.count("paths", paths), device, dtype)
    every = steps if save_every is None else _validate.count("save_every", save_every)
    if every > steps:
        raise ValueError(f"save_every must be <= steps = {steps}, got {every}; save more often")
    generator = torch.Generator(device).manual_seed(_validate.count("seed", seed, 0))
    advance = _advance(D, start.shape[1], dt, device, dtype)
    saved = torch.empty((steps // every, *start.shape), device=device, dtype=dtype)
    for first in range(0, len(start), CHUNK):
        x = start[first : first + CHUNK].clone()
        refuse(drift, D, x)
        normals = torch.empty(x.shape, device=device, dtype=torch.float32)
        for step in range(1, steps + 1):
            x = advance(x, drift(x), normals.normal_(generator=generator))
            if step % every == 0:
                saved[step // every - 1, first : first + CHUNK] = finite(x, step)
                if callable(D):
                    kept_positive(D(x), step)
        finite(x, steps)
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


@torch.no_grad()
def first_passage_time(
    drift: Field,
    D: Field | float,
    x0: float,
    target: float,
    dt: float,
    *,
    paths: int,
    seed: int,
    max_steps: int,
    bridge: bool = True,
    lower: float | None = None,
    upper: float | None = None,
    device: str = "cpu",
    dtype: torch.dtype = torch.float64,
) -> Estimate:
    """Mean time (not steps) at which one-dimensional paths from ``x0`` first pass ``target``.

    ``bridge=True`` when the truth is the SDE: between two states on the same side of the
    target a Brownian bridge still crosses with probability ``exp(-a b / (D dt))``, a and b
    their distances to it.  Without this a discretised mean is too long by an amount of order
    sqrt(dt).  A crossing counts at the middle of its step.  ``bridge=False`` when the truth
    is the recursion itself, as for SGD: a crossing counts at the end of its step.

    ``lower`` and ``upper`` reflect; a wall behind the target changes no time.  Paths are
    looked at once in `BLOCK` steps and may run past the target by as many, so drift and D
    must be usable there, or a wall stand there.  Callables get and return (paths, 1).

    Raises
    ------
    Censored
        Some path has not arrived after ``max_steps``.
    ValueError
        Bad arguments or shapes; a start outside the walls; D not positive at the start.
    ArithmeticError
        A state is not finite or D not positive on the way: dt too large; a wall may help.
    """
    dt, max_steps = _validate.positive("dt", dt), _validate.count("max_steps", max_steps)
    x0, target = _validate.real("x0", x0), _validate.real("target", target)
    total = _validate.count("paths", paths, 2, "a mean needs at least two paths")
    low, high = walls(lower, upper, x0, target)
    _validate.one_of("bridge", bridge, (True, False))
    if x0 == target:
        return Estimate(0.0, 0.0, total)
    walk = Walk(drift, _diffusion(D), x0, target, dt, low, high, bridge)
    generator = torch.Generator(device).manual_seed(_validate.count("seed", seed, 0))
    ages = walk.ages(total, max_steps, generator, dtype) - (0.5 if bridge else 0.0)
    if len(ages) < total:
        stopped = (total - len(ages)) * max_steps
        raise Censored(len(ages), total, dt * (float(ages.sum()) + stopped) / total)
    return Estimate.mean_of(dt * ages)


def _diffusion(D: Field | float) -> Field:
    """D as a callable; a number is refused unless positive."""
    if callable(D):
        return D
    number = _validate.positive("D", D, "a diffusion coefficient is positive")
    return lambda x: torch.full_like(x, number)


def _start(x0, paths: int, device: str, dtype: torch.dtype) -> torch.Tensor:
    if not getattr(dtype, "is_floating_point", False):
        raise ValueError(f"dtype must be a floating type, got {dtype}; use torch.float64")
    x = numbers("x0", x0, device, dtype)
    if not bool(torch.isfinite(x).all()):
        raise ValueError("x0 must be finite, got NaN or infinity; start somewhere")
    x = x.reshape(1, 1) if x.ndim == 0 else x[None] if x.ndim == 1 else x
    if x.ndim != 2 or len(x) not in (1, paths) or x.shape[1] == 0:
        raise ValueError(
            f"x0 must be a number, (d,) or (paths, d) = ({paths}, d), got shape "
            f"{tuple(torch.as_tensor(x0).shape)}; reshape it"
        )
    return x.expand(paths, -1)


def _advance(D, d: int, dt: float, device: str, dtype: torch.dtype) -> Callable:
    """``(x, f, normals) -> x + f dt + sqrt(2 D dt) normals``, for each admissible D."""
    unit = math.sqrt(2 * dt)
    if callable(D):

        def advance(x, f, normals):
            d = D(x)
            if d.ndim < 3:
                return x.add(f, alpha=dt).addcmul_(d.sqrt(), normals, value=unit)
            root, info = torch.linalg.cholesky_ex(d)
            root[info != 0] = math.nan  # `finite` will name it
            kick = (root @ normals.to(x.dtype)[..., None])[..., 0]
            return x.add(f, alpha=dt).add_(kick, alpha=unit)

        return advance
    constant = numbers("D", D, device, dtype)
    if constant.ndim > 2 or any(n != d for n in constant.shape):
        raise ValueError(
            f"D must be a number, ({d},) or ({d}, {d}), got shape {tuple(constant.shape)}; "
            "match the coordinates of x0"
        )
    if not positive(constant[None] if constant.ndim == 2 else constant):
        raise ValueError(
            f"D must be > 0 and finite (a matrix: symmetric and positive definite), got {D}; "
            "a diffusion coefficient is positive"
        )
    if constant.ndim == 2:
        turn = torch.linalg.cholesky(constant).T
        return lambda x, f, n: x.add(f, alpha=dt).add_(n.to(dtype) @ turn, alpha=unit)
    root = constant.sqrt().expand(1, d).contiguous()
    return lambda x, f, normals: x.add(f, alpha=dt).addcmul_(root, normals, value=unit)
