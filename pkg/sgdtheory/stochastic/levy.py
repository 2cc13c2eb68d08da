r"""Ensembles driven by symmetric stable noise, :math:`dx = f(x)\,dt + \sigma\,dL`.

The standard process has :math:`E\,e^{ikL_t} = e^{-t|k|^\alpha}`, so that one step is

.. math:: x_{k+1} = x_k + f(x_k)\,\delta t + \sigma\,\delta t^{1/\alpha}\,S_k,
          \qquad E\,e^{ikS} = e^{-|k|^\alpha}.

Here :math:`\alpha` is the survival exponent of a step, :math:`P(|S| > s) \sim s^{-\alpha}`;
at :math:`\alpha = 2` it is Brownian motion with :math:`D = \sigma^2`.  Coordinates have
independent noise.

A jump may land far out, where an Euler step under a drift steeper than linear is thrown to
the other side, over a target too, or to infinity.  The remedy is the drift's own motion,
:math:`\dot x = f(x)` from x to :math:`\varphi_{\delta t}(x)`: pass
:math:`(\varphi_{\delta t}(x) - x)/\delta t` in place of f.  For :math:`f = -x^3` it is
:math:`\varphi = x/\sqrt{1 + 2 x^2 \delta t}`.  A reflecting wall keeps states finite too, but
sends a long jump back over the start.
"""

import math
from pathlib import Path

import torch

from sgdtheory import _validate
from sgdtheory.estimate import Estimate
from sgdtheory.stochastic._motion import Field, Motion, refuse, starts
from sgdtheory.stochastic._walk import gate, simulated
from sgdtheory.stochastic.passage import Passages, arrive


def symmetric_stable(
    shape,
    alpha: float,
    generator: torch.Generator,
    dtype: torch.dtype = torch.float64,
) -> torch.Tensor:
    r"""Draws with :math:`E\,e^{ikS} = e^{-|k|^\alpha}` on the generator's device, by
    Chambers, Mallows and Stuck.

    .. math:: S = \frac{\sin \alpha U}{\cos U}
              \left(\frac{\cos (1-\alpha) U}{W \cos U}\right)^{(1-\alpha)/\alpha}

    with U uniform on :math:`(-\pi/2, \pi/2)` and W exponential, both in float64: a float32
    angle has no tail beyond one draw in 10 million.  Cauchy at alpha = 1, normal of
    variance 2 at alpha = 2.

    Raises
    ------
    ValueError
        alpha outside (0, 2].
    """
    alpha = _index(alpha)
    angle = torch.empty(shape, device=generator.device, dtype=torch.float64)
    wait = torch.empty_like(angle).exponential_(generator=generator)
    angle.uniform_(-math.pi / 2, math.pi / 2, generator=generator)
    cosine = angle.cos()
    ratio = ((1 - alpha) * angle).cos_().div_(wait.mul_(cosine))
    sine = angle.mul_(alpha).sin_()
    return sine.div_(cosine).mul_(ratio.pow_((1 - alpha) / alpha)).to(dtype)


@torch.no_grad()
def simulate(
    drift: Field,
    scale: float,
    alpha: float,
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
    """As `langevin.simulate`, driven by ``scale`` times stable noise of index ``alpha``.

    Raises
    ------
    ValueError
        Wrong shapes, ``dt <= 0``, ``scale <= 0``, alpha outside (0, 2].
    ArithmeticError
        A saved state is not finite.
    """
    steps = _validate.count("steps", steps)
    start = starts(x0, _validate.count("paths", paths), device, dtype)
    generator = torch.Generator(device).manual_seed(_validate.count("seed", seed, 0))
    motion = jumping(drift, scale, alpha, dt, start)
    saved = simulated(motion, start, steps, save_every, generator)
    return saved[-1] if save_every is None else saved


@torch.no_grad()
def first_passage_times(
    drift: Field,
    scale: float,
    alpha: float,
    x0,
    target: float | tuple[float, float],
    dt: float,
    *,
    paths: int,
    seed: int,
    max_steps: int,
    lower: float | None = None,
    upper: float | None = None,
    axis: int = 0,
    device: str = "cpu",
    dtype: torch.dtype = torch.float64,
    progress: bool = False,
    checkpoint: str | Path | None = None,
) -> Passages:
    """Times at which paths from ``x0`` are first seen beyond ``target``.

    As `passage.first_passage_times`, without a bridge: a jump over the target counts as its
    passage, at the end of its step, and the path goes no further.  What happens between two
    steps is not seen, so a mean is too long, by an amount of order ``dt**(1/alpha)`` for
    alpha > 1 and dt below: extrapolate in dt, or choose it so small that the standard error
    hides it.

    Raises
    ------
    ValueError
        As there; ``scale <= 0``; alpha outside (0, 2].
    ArithmeticError
        A state is not finite: give the drift's own motion, see above, or a smaller dt.
    """
    law = {"process": "Lévy", "scale": _validate.positive("scale", scale)}
    return arrive(
        lambda x: jumping(drift, scale, alpha, dt, x),
        gate(x0, target, axis, lower, upper),
        law | {"alpha": _index(alpha)},
        dt=dt, bridge=False, paths=paths, seed=seed, max_steps=max_steps, device=device,
        dtype=dtype, progress=progress, checkpoint=checkpoint,
    )  # fmt: skip


def first_passage_time(
    drift: Field, scale: float, alpha: float, x0, target, dt: float, **options
) -> Estimate:
    """Mean of `first_passage_times`, same arguments; Censored unless all paths arrive."""
    return first_passage_times(drift, scale, alpha, x0, target, dt, **options).mean()


def jumping(drift: Field, scale: float, alpha: float, dt: float, x: torch.Tensor) -> Motion:
    """``x + f dt + scale dt**(1/alpha) S`` for states such as ``x``."""
    refuse(drift, None, x)
    dt, alpha = _validate.positive("dt", dt), _index(alpha)
    unit = _validate.positive("scale", scale) * dt ** (1 / alpha)

    def advance(x, generator):
        kick = symmetric_stable(x.shape, alpha, generator, x.dtype)
        return x.add(drift(x), alpha=dt).add_(kick, alpha=unit), None

    return advance


def _index(alpha: float) -> float:
    alpha = _validate.positive("alpha", alpha, "a stable index lies in (0, 2]")
    if alpha > 2:
        raise ValueError(f"alpha must be <= 2, got {alpha:g}; a stable index lies in (0, 2]")
    return alpha
