"""A quadratic loss: sums over the response to one kick, and a search for the edge: FND-8."""

import numpy as np
import sympy as sp
from scipy.integrate import quad
from scipy.optimize import brentq

from sgdtheory.estimate import compare
from sgdtheory.theory.foundations import time_scales as ts
from sgdtheory.theory.foundations.symbols import eta


def response(rate: float, curvature: float, steps: int) -> np.ndarray:
    """What is left of one kick after 0, 1, ... steps of gradient descent."""
    left = np.ones(steps)
    for i in range(1, steps):
        left[i] = left[i - 1] - rate * curvature * left[i - 1]
    return left


def _growth(product: float) -> float:
    """Log of the response after 200 steps: zero at the edge of stability."""
    return float(np.log(np.abs(response(product, 1.0, 200)[-1])))


def clocks(claim):
    rate, curvature, noise = 0.3, 1.7, 2.2
    values = {eta: rate, ts.h: curvature, ts.noise: noise, ts.k: 3}

    def read(label, extra=None):
        return sp.N(claim[label].rhs.subs(values | (extra or {})))

    kick = response(rate, curvature, 400)
    exact = (rate**2 * noise * kick**2).sum()
    sde = rate * noise * quad(lambda s: np.exp(-2 * curvature * s), 0, np.inf)[0]
    yield compare("variance", read(ts.VARIANCE), exact)
    yield compare("variance of the SDE", read(ts.CONTINUUM), sde)
    yield compare("quotient", read(ts.QUOTIENT), exact / sde)
    memory = (kick[:-3] * kick[3:]).sum() / (kick**2).sum()
    yield compare("autocorrelation", read(ts.MEMORY), memory)
    per_step = np.log(kick[1] / kick[0])
    yield compare("relaxation", read(ts.RELAX), -1 / per_step)
    slow = {eta: 1e-7, ts.h: 1}
    tiny = -1 / np.log(response(1e-7, 1.0, 2)[1])
    # The first correction is ηh/2, 5e-8; 1 - 1e-7 carries 1e-9 of rounding.
    yield compare("slow", sp.N(claim[ts.SLOW].rhs.subs(slow)), tiny, rtol=1e-6)
    bound = claim[ts.STABLE]
    (edge,) = sp.solve((bound.gts - bound.lts).subs(ts.h, 1), eta)
    inside = bool(bound.subs({ts.h: 1, eta: 1.5}))
    yield compare("stable at 3/2", float(inside), float(_growth(1.5) < 0))
    at_edge = bool(bound.subs({ts.h: 1, eta: 2}))
    yield compare("stable at 2", float(at_edge), float(_growth(2.0) < 0))
    yield compare("edge of stability", edge, brentq(_growth, 1.5, 3.0, xtol=1e-13))


CHECKS = {"FND-8": clocks}
