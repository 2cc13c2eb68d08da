"""The moving parts of `langevin`: checks of drift and D, and walks until they arrive."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch

from sgdtheory import _validate

Field = Callable[[torch.Tensor], torch.Tensor]

#: Paths that are moved through all their steps together: their state stays in cache.
CHUNK = 16384
#: Steps between two looks at who has arrived.
BLOCK = 16
#: A bridge crosses with less than exp(-20) beyond this exponent: not worth a draw.
FAR = 20.0


@dataclass(frozen=True)
class Walk:
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
        refuse(self.drift, self.D, x)
        born = torch.zeros(len(x), dtype=torch.int64, **where)
        waiting, step, deadline, found = total - len(x), 0, max_steps, []
        while len(x):
            block, reach = self.block(x, step, generator)
            x = block[-1]
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

    def block(self, x, step: int, generator) -> tuple[list[torch.Tensor], float]:
        """The states of a block of steps, its start included, and how far from the target a
        bridge can still cross."""
        states, widest = [x], x.new_zeros(())
        xi = torch.empty(x.shape, device=x.device, dtype=torch.float32)
        for _ in range(BLOCK):
            root = self.D(x).sqrt()
            xi.normal_(generator=generator)
            x = x.add(self.drift(x), alpha=self.dt).addcmul_(
                root, xi, value=math.sqrt(2 * self.dt)
            )
            x = self.reflected(x)
            states.append(x)
            if self.bridge:
                widest = torch.maximum(widest, root.amax())
        finite(x, step + BLOCK)
        kept_positive(root, step + BLOCK)
        return states, math.sqrt(FAR * self.dt) * float(widest)

    def reflected(self, x: torch.Tensor) -> torch.Tensor:
        """Folded back at the walls; never back over the target, which has been passed."""
        if self.low is not None:
            passed = self.target if self.target < self.x0 else math.inf
            x = torch.maximum(x, (2 * self.low - x).clamp_(max=passed))
        if self.high is not None:
            passed = self.target if self.target > self.x0 else -math.inf
            x = torch.minimum(x, (2 * self.high - x).clamp_(min=passed))
        return x

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


def walls(lower, upper, x0: float, target: float) -> tuple[float | None, float | None]:
    """Both walls as numbers, refused unless they lie outside start and target."""
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


def numbers(name: str, value, device: str, dtype: torch.dtype) -> torch.Tensor:
    """A tensor of what is given, or a TypeError."""
    try:
        return torch.as_tensor(value, device=device, dtype=dtype)
    except (RuntimeError, TypeError, ValueError) as error:
        raise TypeError(
            f"{name} must be numbers that fit on the device {device!r}, got "
            f"{type(value).__name__} ({error}); pass a float, an array or a tensor"
        ) from None


def function_of_state(drift: object) -> None:
    """TypeError unless ``drift`` can be called."""
    if not callable(drift):
        raise TypeError(
            f"drift must be a function of the state (paths, d), got {type(drift).__name__}; "
            "for a constant c pass lambda x: c + 0 * x"
        )


def refuse(drift: Field, D: object, x: torch.Tensor) -> None:
    """An error unless ``drift(x)`` and, if callable, ``D(x)`` are what `simulate` needs."""
    function_of_state(drift)
    (n, d), f = x.shape, drift(x)
    if tuple(getattr(f, "shape", ())) != (n, d):
        raise ValueError(
            f"drift must map (paths, {d}) to (paths, {d}), got shape "
            f"{tuple(getattr(f, 'shape', ()))} for {n} paths; keep the coordinates last"
        )
    if not callable(D):
        return
    value = D(x)
    shape = tuple(getattr(value, "shape", ()))
    if shape not in {(n, d), (n, 1), (n, d, d)}:
        raise ValueError(
            f"D must map (paths, {d}) to (paths, {d}), (paths, 1) or (paths, {d}, {d}), got "
            f"shape {shape} for {n} paths; keep the coordinates last"
        )
    if not positive(value):
        raise ValueError(
            "D must be > 0 and finite (a matrix: symmetric and positive definite), got one "
            "that is not at the start; a diffusion coefficient is positive"
        )


def positive(D: torch.Tensor) -> bool:
    """Whether each coefficient is finite and > 0, each matrix symmetric positive definite."""
    low, high = D.aminmax()
    if D.ndim < 3:
        return bool((low > 0) & (high < math.inf))
    if not bool(torch.isfinite(low) & torch.isfinite(high)):
        return False
    symmetric = torch.allclose(D, D.mT, rtol=0, atol=1e-6 * float(D.abs().max()))
    return symmetric and not bool(torch.linalg.cholesky_ex(D).info.any())


def kept_positive(D: torch.Tensor, step: int) -> None:
    """ArithmeticError unless D is positive by this step."""
    if not positive(D):
        raise ArithmeticError(
            f"D must stay > 0, got one that is not by step {step}; take a smaller dt or put a "
            "reflecting wall before that point"
        )


def finite(x: torch.Tensor, step: int) -> torch.Tensor:
    """``x``, or an ArithmeticError that says by which step a path was lost."""
    if not bool(torch.isfinite(x).all()):
        bad = int((~torch.isfinite(x)).any(1).sum())
        raise ArithmeticError(
            f"states must stay finite, got {bad} of {len(x)} paths NaN or infinite by step "
            f"{step}; make sure that D > 0 everywhere, take a smaller dt or a reflecting wall "
            "(one behind a target changes nothing)"
        )
    return x
