r"""Path ensembles: Euler-Maruyama for Itô equations, and their first-passage times.

.. math:: dx = f(x)\,dt + \sqrt{2 D(x)}\,dB \quad\text{(Itô)}, \qquad
          x_{k+1} = x_k + f(x_k)\,\delta t + \sqrt{2 D(x_k)\,\delta t}\;\xi_k .

With ``f = -grad L``, ``D = eta C / 2`` and ``dt = eta`` the recursion *is* SGD with Gaussian
noise (PLD-E3).  Callables are torch functions of a ``(paths, d)`` tensor.  Normals are drawn
in float32, at most 5.8 standard deviations out; the state has its own dtype.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from sgdtheory import _validate
from sgdtheory.estimate import Censored, Estimate

Field = Callable[[torch.Tensor], torch.Tensor]

#: Paths that are moved through all their steps together: their state stays in cache.
CHUNK = 16384
#: Steps between two looks at who has arrived.
BLOCK = 16
#: A bridge crosses with less than exp(-20) beyond this exponent: not worth a draw.
_FAR = 20.0


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
        (paths, d, d); or a constant: number, (d,) or (d, d).
    x0 : number, (d,) or (paths, d).
    dt : step in units of time.
    save_every : also keep every so many steps, the start not included.

    Returns
    -------
    (paths, d) at the end, or (k, paths, d) with ``save_every``.

    Raises
    ------
    ValueError
        Wrong shapes, ``dt <= 0``, a constant D that is not positive.
    ArithmeticError
        A state is not finite: D <= 0 somewhere on the way, or dt too large.
    """
    dt = _validate.positive("dt", dt)
    steps = _validate.count("steps", steps)
    start = _start(x0, _validate.count("paths", paths), device, dtype)
    every = steps if save_every is None else _validate.count("save_every", save_every)
    generator = torch.Generator(device).manual_seed(_validate.count("seed", seed, 0))
    noise = _noise(D, start.shape[1], dt, device, dtype)
    saved = torch.empty((steps // every, *start.shape), device=device, dtype=dtype)
    for first in range(0, len(start), CHUNK):
        x = start[first : first + CHUNK].clone()
        normals = torch.empty(x.shape, device=device, dtype=torch.float32)
        for step in range(1, steps + 1):
            normals.normal_(generator=generator)
            kick, f = noise(x, normals), drift(x)
            x = x.add(f, alpha=dt).add_(kick)
            if step % every == 0:
                saved[step // every - 1, first : first + CHUNK] = _finite(x, step)
        _finite(x, steps)
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
        Unknown convention, or a (paths, d, d) diffusion without ``dD``.
    """
    alpha = _validate.convention(convention)
    if alpha == 0 or not callable(D):
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
        if value.shape[1] == 1:
            return torch.autograd.grad(value.sum(), at)[0]
        columns = [
            torch.autograd.grad(value[:, i].sum(), at, retain_graph=True)[0][:, i]
            for i in range(x.shape[1])
        ]
    return torch.stack(columns, 1)


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

    ``lower`` and ``upper`` reflect.  Callables get and return (paths, 1).

    Raises
    ------
    Censored
        Some path has not arrived after ``max_steps``.
    ValueError
        Bad arguments; a start outside the walls.
    ArithmeticError
        A state is not finite: D <= 0 on the way, or dt too large; a wall may help.
    """
    dt, max_steps = _validate.positive("dt", dt), _validate.count("max_steps", max_steps)
    x0, target = _validate.real("x0", x0), _validate.real("target", target)
    total = _validate.count("paths", paths, 2, "a mean needs at least two paths")
    low, high = _walls(lower, upper, x0, target)
    if x0 == target:
        return Estimate(0.0, 0.0, total)
    walk = _Walk(drift, _diffusion(D), x0, target, dt, low, high, bridge)
    generator = torch.Generator(device).manual_seed(_validate.count("seed", seed, 0))
    ages = walk.ages(total, max_steps, generator, dtype) - (0.5 if bridge else 0.0)
    if len(ages) < total:
        stopped = (total - len(ages)) * max_steps
        raise Censored(len(ages), total, dt * (float(ages.sum()) + stopped) / total)
    return Estimate.mean_of(dt * ages)


@dataclass(frozen=True)
class _Walk:
    """Paths on a line, each replaced by a fresh one after it arrives, until all have run.

    They move in blocks of `BLOCK` steps; only those whose block comes near the target are
    then looked at step by step.
    """

    drift: Field
    D: Field
    x0: float
    target: float
    dt: float
    low: float | None
    high: float | None
    bridge: bool

    def ages(self, total: int, max_steps: int, generator, dtype) -> np.ndarray:
        """Number of steps that each path took to arrive; those that did not are left out."""
        where = {"device": generator.device}
        x = torch.full((min(CHUNK, total), 1), self.x0, dtype=dtype, **where)
        born = torch.zeros(len(x), dtype=torch.int64, **where)
        waiting, step, deadline, found = total - len(x), 0, max_steps, []
        while len(x):
            block, reach = self.block(x, generator)
            x = _finite(block[-1], step + BLOCK)
            done, first = self.arrivals(block, reach, generator)
            age = step + first - born[done]
            found.append(age[age <= max_steps])
            step += BLOCK
            if step >= deadline:
                late = step - born >= max_steps
                late[done] = False
                done = torch.cat([done, late.nonzero()[:, 0]])
            fresh, over = done[:waiting], done[waiting:]
            waiting -= len(fresh)
            x[fresh], born[fresh] = self.x0, step
            if len(over):
                stay = torch.ones_like(born, dtype=torch.bool)
                stay[over] = False
                x, born = x[stay], born[stay]
            if step >= deadline and len(x):
                deadline = int(born.min()) + max_steps
        return torch.cat(found).double().numpy(force=True)

    def block(self, x, generator) -> tuple[list[torch.Tensor], float]:
        """The states of a block of steps, its start included, and how far from the target a
        bridge can still cross."""
        states, widest = [x], x.new_zeros(())
        xi = torch.empty(x.shape, device=x.device, dtype=torch.float32)
        for _ in range(BLOCK):
            d = self.D(x)
            kick = (2 * self.dt * d).sqrt_()
            x = x.add(self.drift(x), alpha=self.dt).addcmul_(
                kick, xi.normal_(generator=generator)
            )
            if self.low is not None:
                x = self.low + (x - self.low).abs_()
            if self.high is not None:
                x = self.high - (self.high - x).abs_()
            states.append(x)
            if self.bridge:
                widest = torch.maximum(widest, kick.amax())
        return states, math.sqrt(_FAR / 2) * float(widest)

    def arrivals(self, states, reach: float, generator) -> tuple[torch.Tensor, torch.Tensor]:
        """Which paths pass the target in a block, and in which of its steps (1, 2, ...)."""
        sign = 1.0 if self.x0 < self.target else -1.0
        closest = states[0]
        for x in states[1:]:
            closest = torch.maximum(closest, x) if sign > 0 else torch.minimum(closest, x)
        near = (sign * closest >= sign * self.target - reach).flatten().nonzero()[:, 0]
        path = torch.cat([x[near] for x in states], 1)  # (near, BLOCK + 1)
        above = sign * (path - self.target)
        hit = above[:, 1:] >= 0
        if self.bridge and len(near):
            d = self.D(path[:, :-1].reshape(-1, 1)).expand(path[:, :-1].numel(), 1)
            exponent = above[:, :-1] * above[:, 1:] / (self.dt * d.reshape(len(near), -1))
            draws = torch.empty_like(exponent).uniform_(generator=generator)
            hit |= draws < torch.exp(-exponent)
        some = hit.any(1)
        return near[some], hit[some].to(torch.uint8).argmax(1) + 1


def _diffusion(D: Field | float) -> Field:
    """D as a callable; a number is refused unless positive."""
    if callable(D):
        return D
    number = _validate.positive("D", D, "a diffusion coefficient is positive")
    return lambda x: torch.full_like(x, number)


def _walls(lower, upper, x0: float, target: float) -> tuple[float | None, float | None]:
    low = None if lower is None else _validate.real("lower", lower)
    high = None if upper is None else _validate.real("upper", upper)
    if (low is not None and low > min(x0, target)) or (
        high is not None and high < max(x0, target)
    ):
        raise ValueError(
            f"walls must lie outside x0 = {x0:g} and target = {target:g}, got lower = {low}, "
            f"upper = {high}; move them outwards"
        )
    return low, high


def _start(x0, paths: int, device: str, dtype: torch.dtype) -> torch.Tensor:
    x = torch.as_tensor(x0, device=device, dtype=dtype)
    if not bool(torch.isfinite(x).all()):
        raise ValueError("x0 must be finite, got NaN or infinity; start somewhere")
    x = x.reshape(1, 1) if x.ndim == 0 else x[None] if x.ndim == 1 else x
    if x.ndim != 2 or len(x) not in (1, paths) or x.shape[1] == 0:
        raise ValueError(
            f"x0 must be a number, (d,) or (paths, d) = ({paths}, d), got shape "
            f"{tuple(torch.as_tensor(x0).shape)}; reshape it"
        )
    return x.expand(paths, -1)


def _noise(D, d: int, dt: float, device: str, dtype: torch.dtype) -> Callable[..., Any]:
    """``(x, normals) -> sqrt(2 D dt) normals``, for each admissible form of D."""
    if callable(D):

        def kick(x, normals):
            amplitude = D(x).mul(2 * dt)
            if amplitude.ndim == 3:
                root = torch.linalg.cholesky(amplitude)
                return (root @ normals.to(x.dtype)[..., None])[..., 0]
            return amplitude.sqrt_().mul(normals)

        return kick
    constant = torch.as_tensor(D, device=device, dtype=dtype)
    spread = torch.linalg.eigvalsh(constant) if constant.ndim == 2 else constant
    if constant.ndim > 2 or (constant.ndim and constant.shape[-1] != d):
        raise ValueError(
            f"D must be a number, ({d},) or ({d}, {d}), got shape {tuple(constant.shape)}; "
            "match the coordinates of x0"
        )
    if not bool((spread > 0).all()):
        raise ValueError(f"D must be > 0, got {D}; a diffusion coefficient is positive")
    if constant.ndim == 2:
        root = torch.linalg.cholesky(2 * dt * constant)
        return lambda x, normals: normals.to(dtype) @ root.T
    amplitude = (2 * dt * constant).sqrt()
    return lambda x, normals: amplitude * normals


def _finite(x: torch.Tensor, step: int) -> torch.Tensor:
    if not bool(torch.isfinite(x).all()):
        bad = int((~torch.isfinite(x)).any(1).sum())
        raise ArithmeticError(
            f"states must stay finite, got {bad} of {len(x)} paths NaN or infinite by step "
            f"{step}; make sure that D > 0 everywhere, take a smaller dt or a reflecting wall"
        )
    return x
