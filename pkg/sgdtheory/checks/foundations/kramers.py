"""The exact double integral at ever weaker noise: FND-11."""

from functools import lru_cache

import numpy as np
import sympy as sp
from scipy.integrate import cumulative_simpson, simpson

from sgdtheory.checks.foundations.sampling import extrapolate
from sgdtheory.estimate import compare
from sgdtheory.theory.foundations import kramers

# L' = (x + 1)(x - 1/5)(x - 3/2): wells at -1 and 3/2, between them a barrier.
LOSS = np.polynomial.Polynomial.fromroots([-1.0, 0.2, 1.5]).integ()
WELL, TOP, BEYOND = -1.0, 0.2, 1.5
BARRIER = float(LOSS(TOP) - LOSS(WELL))


def prefactor(D: float, end: float) -> float:
    """Exact mean time from the well to ``end``, without its exp(ΔL/D)."""
    y = np.linspace(-3.0, end, 40_001)
    inner = cumulative_simpson(np.exp((LOSS(WELL) - LOSS(y)) / D), x=y, initial=0)
    y, inner = y[y >= WELL], inner[y >= WELL]
    return float(simpson(np.exp((LOSS(y) - LOSS(TOP)) / D) * inner / D, x=y))


@lru_cache
def limits() -> tuple[float, float, float]:
    """Prefactors of crossing and reaching at D → 0, and the slope of the first in D.

    The crossing time is a series in D, the reaching time one in √D.
    """
    noise = BARRIER / 25 / 2.0 ** np.arange(6)
    cross = [prefactor(D, BEYOND) for D in noise]
    front = extrapolate(cross)
    slope = extrapolate([(c / front - 1) / D for c, D in zip(cross, noise, strict=True)])
    reach = [prefactor(BARRIER / 25 / 4.0**k, TOP) for k in range(6)]
    return front, extrapolate(reach), slope


def escape(claim):
    D = BARRIER / 5
    derivatives = [LOSS.deriv(n) for n in (2, 3, 4)]
    well, top = ([float(d(at)) for d in derivatives] for at in (WELL, TOP))
    letters = (kramers.h_a, kramers.c_a, kramers.q_a, kramers.h_b, kramers.c_b, kramers.q_b)
    values = dict(zip(letters, [*well, -top[0], *top[1:]], strict=True))
    values |= {kramers.D: D, kramers.barrier: BARRIER}
    front, reach, slope = limits()
    grows = float(np.exp(BARRIER / D))

    def read(label):
        return sp.N(claim[label].rhs.subs(values))

    # What extrapolation leaves: the next power of D or √D of the last step of the ladder.
    yield compare("time to cross", read(kramers.CROSS), front * grows)
    yield compare("time to reach", read(kramers.REACH), reach * grows, rtol=1e-7)
    first = claim[kramers.NEXT].rhs.removeO().subs(values)
    yield compare("first correction", sp.N(first - 1) / D, slope, rtol=1e-6)


CHECKS = {"FND-11": escape}
