"""Ensembles in motion: for a number of steps, or each path until it passes a target."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import torch

from sgdtheory import _validate
from sgdtheory.stochastic._motion import Motion, sound

#: Numbers that are moved through their steps together: on a CPU they stay in cache.
CHUNK, CHUNK_ON_DEVICE = 16384, 2**20
#: Steps between two looks at who has arrived.
BLOCK = 16
#: A bridge crosses with less than exp(-20) beyond this exponent: not worth a draw.
FAR = 20.0


def chunk(d: int, device) -> int:
    """How many paths of ``d`` coordinates move together."""
    numbers = CHUNK if torch.device(device).type == "cpu" else CHUNK_ON_DEVICE
    return max(256, numbers // d)


def simulated(motion: Motion, start, steps: int, save_every, generator) -> torch.Tensor:
    """The states (k, paths, d) after every so many steps, None: the last, from ``start``."""
    every = steps if save_every is None else _validate.count("save_every", save_every)
    if every > steps:
        raise ValueError(f"save_every must be <= steps = {steps}, got {every}; save more often")
    saved = start.new_empty((steps // every, *start.shape))
    size = chunk(start.shape[1], start.device)
    for first in range(0, len(start), size):
        x = start[first : first + size]
        for step in range(1, steps + 1):
            x, root = motion(x, generator)
            if step % every == 0:
                saved[step // every - 1, first : first + size] = sound(x, root, step)
        sound(x, root, steps)
    return saved


@dataclass(frozen=True)
class Gate:
    """Where paths start, which ends of one coordinate they must pass, and the walls on it.

    A path that has passed an end waits there: nothing is asked of drift and D beyond.
    """

    start: tuple[float, ...]
    axis: int
    low: float | None
    high: float | None
    lower: float | None
    upper: float | None

    @property
    def ends(self) -> list[tuple[float, float]]:
        """(-1, low) and (1, high), those that there are."""
        both = ((-1.0, self.low), (1.0, self.high))
        return [(sign, end) for sign, end in both if end is not None]

    def keep(self, along: torch.Tensor) -> None:
        """Fold back at the walls and stop at the ends, in place."""
        if self.lower is not None:
            torch.maximum(along, 2 * self.lower - along, out=along)
        if self.upper is not None:
            torch.minimum(along, 2 * self.upper - along, out=along)
        along.clamp_(self.low, self.high)


def gate(x0, target, axis: int, lower, upper) -> Gate:
    """A `Gate` from arguments, or an error that says what does not fit."""
    origins = _validate.finite("x0", x0)
    if origins.ndim > 1:
        raise ValueError(
            f"x0 must be a number or (d,), got shape {origins.shape}; all paths start there"
        )
    start = tuple(float(x) for x in origins.reshape(-1))
    axis = _validate.count("axis", axis, 0)
    if axis >= len(start):
        raise ValueError(
            f"axis must be below the number of coordinates {len(start)}, got {axis}; "
            "count them from 0"
        )
    origin = start[axis]
    low, high = _ends(target, origin)
    lowest = origin if low is None else low
    highest = origin if high is None else high
    lower = None if lower is None else _validate.real("lower", lower)
    upper = None if upper is None else _validate.real("upper", upper)
    if (lower is not None and lower > lowest) or (upper is not None and upper < highest):
        raise ValueError(
            f"walls must lie outside x0 = {origin:g} and target = {target}, got lower = "
            f"{lower}, upper = {upper}; move them outwards"
        )
    before = (lower if low is None else None, upper if high is None else None)
    return Gate(start, axis, low, high, *before)


def _ends(target, origin: float) -> tuple[float | None, float | None]:
    if not hasattr(target, "__len__") or getattr(target, "ndim", 1) == 0:
        end = _validate.real("target", target, "pass a number or a pair (low, high)")
        return (end, None) if end < origin else (None, end)
    if len(target) != 2:
        raise ValueError(
            f"target must be a number or a pair (low, high), got {len(target)} values; "
            "one coordinate has targets, see axis"
        )
    low, high = (_validate.real("target", end) for end in target)
    if not low < high or not low <= origin <= high:
        raise ValueError(
            f"target must be a pair low < high around x0 = {origin:g}, got ({low:g}, "
            f"{high:g}); start between the two ends"
        )
    return low, high


@dataclass(frozen=True)
class State:
    """An ensemble between two blocks; with its generator, all that it takes to go on."""

    x: torch.Tensor
    born: torch.Tensor
    step: int
    waiting: int
    deadline: int


@dataclass(frozen=True)
class Walk:
    """Paths that start at a gate, each replaced by a fresh one after it arrives.

    They move in blocks of `BLOCK` steps; only those whose block comes near an end are then
    looked at step by step.
    """

    motion: Motion
    gate: Gate
    dt: float
    bridge: bool

    def begin(self, x: torch.Tensor, total: int, max_steps: int) -> State:
        """All paths at ``x`` (1, d): a chunk of them moving, the others waiting."""
        moving = min(total, chunk(x.shape[1], x.device))
        born = torch.zeros(moving, dtype=torch.int64, device=x.device)
        return State(x.repeat(moving, 1), born, 0, total - moving, max_steps)

    def run(
        self, state: State, max_steps: int, generator
    ) -> Iterator[tuple[State, torch.Tensor]]:
        """Until no path is left, after each block: the state, and the ages of new arrivals."""
        start = state.x.new_tensor(self.gate.start)
        while len(state.x):
            x, done, first = self.block(state, generator)
            ages = state.step + first - state.born[done]
            step, deadline = state.step + BLOCK, state.deadline
            if step >= deadline:
                late = step - state.born >= max_steps
                late[done] = False
                done = torch.cat([done, late.nonzero()[:, 0]])
            fresh, over = done[: state.waiting], done[state.waiting :]
            x[fresh] = start
            born = state.born.index_fill(0, fresh, step)
            if len(over):
                stay = torch.ones_like(born, dtype=torch.bool).index_fill_(0, over, False)
                x, born = x[stay], born[stay]
            if step >= deadline and len(x):
                deadline = int(born.min()) + max_steps
            state = State(x, born, step, state.waiting - len(fresh), deadline)
            yield state, ages[ages <= max_steps]

    def block(self, state: State, generator) -> tuple[torch.Tensor, ...]:
        """States after a block; which paths passed an end in it, in which step (1, 2, ...)."""
        x, axis = state.x, self.gate.axis
        states, roots = [x.select(1, axis)], []
        for _ in range(BLOCK):
            x, root = self.motion(x, generator)
            along = x.select(1, axis)
            self.gate.keep(along)
            states.append(along)
            if self.bridge and root is not None:
                roots.append(root.expand_as(x).select(1, axis))
        sound(x, root, state.step + BLOCK)
        path = torch.stack(states)
        return x, *self.arrivals(path, torch.stack(roots) if roots else None, generator)

    def arrivals(self, path, root, generator) -> tuple[torch.Tensor, torch.Tensor]:
        """From coordinates (BLOCK + 1, n) and, with a bridge, square roots of D (BLOCK, n)."""
        reach = 0.0 if root is None else math.sqrt(FAR * self.dt) * root.amax(0)
        near = torch.zeros_like(path[0], dtype=torch.bool)
        for sign, end in self.gate.ends:
            extreme = path.amax(0) if sign > 0 else path.amin(0)
            near |= sign * (extreme - end) + reach >= 0
        some = near.nonzero()[:, 0]
        path = path.index_select(1, some)
        hit = torch.zeros_like(path[1:], dtype=torch.bool)
        for sign, end in self.gate.ends:
            above = sign * (path - end)
            hit |= above[1:] >= 0
            if root is not None:
                D = root.index_select(1, some).square_()
                exponent = (above[1:] * above[:-1]).div_(D.mul_(self.dt))
                draws = torch.empty_like(exponent).uniform_(generator=generator)
                hit |= draws < exponent.neg_().exp_()
        arrived = hit.any(0)
        return some[arrived], hit[:, arrived].to(torch.uint8).argmax(0) + 1
