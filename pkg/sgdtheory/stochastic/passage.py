r"""First passage of path ensembles: one coordinate passes a target, or leaves an interval.

The paths are those of `langevin.simulate`, :math:`x' = x + f\,\delta t +
\sqrt{2 D\,\delta t}\;\xi`; those of `levy` arrive by the same walk.
"""

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from sgdtheory import _validate
from sgdtheory.estimate import Censored, Estimate
from sgdtheory.stochastic._checkpoint import Record
from sgdtheory.stochastic._motion import Field, Motion, diffusing, starts
from sgdtheory.stochastic._walk import BLOCK, Gate, Walk, chunk, gate


@dataclass(frozen=True)
class Passages:
    """Times (arrived,) at which paths of an ensemble of ``total`` arrived, in that order.

    Each was followed until it arrived or had walked for ``max_time``.  Units of time.
    """

    times: np.ndarray
    total: int
    max_time: float

    @property
    def censored(self) -> int:
        """Number of paths that had not arrived after ``max_time``."""
        return self.total - len(self.times)

    def mean(self) -> Estimate:
        """Mean first-passage time; Censored, with a lower bound, unless all have arrived."""
        if self.censored:
            waited = float(self.times.sum()) + self.censored * self.max_time
            raise Censored(len(self.times), self.total, waited / self.total)
        return Estimate.mean_of(self.times)

    def survival(self, t) -> np.ndarray:
        """Fraction of all paths that have not arrived at times ``t`` <= ``max_time``."""
        t = _validate.finite("t", t)
        if t.max() > self.max_time:
            raise ValueError(
                f"t must be <= max_time = {self.max_time:g}, got {t.max():g}; nothing is "
                "known beyond: raise max_steps"
            )
        return 1 - np.searchsorted(np.sort(self.times), t, side="right") / self.total


@torch.no_grad()
def first_passage_times(
    drift: Field,
    D: Field | float | torch.Tensor,
    x0,
    target: float | tuple[float, float],
    dt: float,
    *,
    paths: int,
    seed: int,
    max_steps: int,
    bridge: bool = True,
    lower: float | None = None,
    upper: float | None = None,
    axis: int = 0,
    device: str = "cpu",
    dtype: torch.dtype = torch.float64,
    progress: bool = False,
    checkpoint: str | Path | None = None,
) -> Passages:
    """Times (not steps) at which paths from ``x0`` first pass ``target``.

    Parameters
    ----------
    drift, D, dt : as for `langevin.simulate`.
    x0 : number or (d,); all paths start there.
    target : a number that coordinate ``axis`` passes from the side of ``x0``, or a pair
        (low, high) around ``x0``: exit from the interval.  A start there takes no time.
    bridge : True when the truth is the SDE.  Between two states on the same side of an end
        a Brownian bridge still crosses with probability ``exp(-a b / (D dt))``, a and b
        their distances to it, D that of the coordinate; without this a discretised mean is
        too long by an amount of order sqrt(dt).  A crossing counts at the middle of its
        step.  The two ends of an interval cross independently: keep it many steps wide.
        **False when the truth is the recursion, as for SGD**: a crossing counts at the end
        of its step.
    lower, upper : walls that reflect coordinate ``axis``; one behind a target changes no time.
    max_steps : steps that each path is followed at most.
    progress : a bar of arrived paths on stderr.
    checkpoint : a file from which an interrupted run goes on, to the very times of one that
        was not interrupted, and which gives a finished one back at once.  It is written
        every half minute and at the end, be it an error or Ctrl-C.  It holds the arguments,
        but no callables: name another file when drift or D change.

    A path that has passed its target waits there: drift and D are not asked beyond it.

    Raises
    ------
    ValueError
        Bad arguments or shapes; a start outside the walls or the interval; D not positive
        at the start; a checkpoint of other arguments, or a damaged one.
    ArithmeticError
        A state is not finite or D not positive on the way: dt too large; a wall may help.
    """
    _validate.one_of("bridge", bridge, (True, False))
    constant = None if callable(D) else getattr(D, "tolist", lambda: D)()
    return arrive(
        lambda x: diffusing(drift, D, _validate.positive("dt", dt), x),
        gate(x0, target, axis, lower, upper),
        {"process": "Langevin", "D": constant},
        dt=dt, bridge=bridge, paths=paths, seed=seed, max_steps=max_steps, device=device,
        dtype=dtype, progress=progress, checkpoint=checkpoint,
    )  # fmt: skip


def first_passage_time(drift: Field, D, x0, target, dt: float, **options) -> Estimate:
    """Mean of `first_passage_times`, same arguments; Censored unless all paths arrive."""
    return first_passage_times(drift, D, x0, target, dt, **options).mean()


def arrive(
    motion: Callable[[torch.Tensor], Motion],
    gate: Gate,
    law: dict[str, Any],
    *,
    dt: float,
    bridge: bool,
    paths: int,
    seed: int,
    max_steps: int,
    device: str,
    dtype: torch.dtype,
    progress: bool,
    checkpoint: str | Path | None,
) -> Passages:
    """`Passages` of the walk by ``motion(x)``, made for states such as x, through ``gate``.

    ``law`` says in plain values what else, beside drift and D, decides the motion.
    """
    dt, max_steps = _validate.positive("dt", dt), _validate.count("max_steps", max_steps)
    total = _validate.count("paths", paths, 2, "a mean needs at least two paths")
    seed = _validate.count("seed", seed, 0)
    generator = torch.Generator(device).manual_seed(seed)
    x = starts(gate.start, 1, device, dtype)
    walk = Walk(motion(x), gate, dt, bridge)
    if gate.start[gate.axis] in (gate.low, gate.high):
        return Passages(np.zeros(total), total, dt * max_steps)
    key = law | asdict(gate) | {
        "dt": dt, "bridge": bridge, "paths": total, "seed": seed, "max_steps": max_steps,
        "device": x.device.type, "dtype": str(dtype),
        "block": BLOCK, "chunk": chunk(x.shape[1], x.device),
    }  # fmt: skip
    begin = walk.begin(x, total, max_steps)
    with Record(checkpoint, key, begin, generator) as record, _bar(progress, total) as bar:
        bar.update(len(record.found()))
        for state, ages in walk.run(record.state, max_steps, generator):
            record.add(state, ages)
            bar.update(len(ages))
    return Passages(dt * (record.found() - (0.5 if bridge else 0.0)), total, dt * max_steps)


class _NoBar(nullcontext):
    def __enter__(self):
        return self

    def update(self, n: int) -> None:
        pass


def _bar(progress: bool, total: int):
    if not progress:
        return _NoBar()
    from tqdm import tqdm

    return tqdm(total=total, unit=" paths")
