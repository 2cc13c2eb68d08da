"""PLD-EXPF5: the curves from their slope, and everything else by quadrature and roots."""

import math

import numpy as np
import sympy as sp
from scipy.integrate import quad
from scipy.optimize import brentq

from sgdtheory.estimate import compare
from sgdtheory.theory.tails import figure5 as theory

KAPPA, AT = 3.2, 1.3


def log_curve(x: float, kappa: float) -> float:
    """The integral of drift over D, anti-Itô: drift -x, D = (1 + x^2/kappa)/2."""
    return quad(lambda v: -2 * v / (1 + v * v / kappa), 0, x, epsabs=0, epsrel=1e-12)[0]


def closed(x, kappa):
    """The same without quadrature, where many values are needed."""
    return np.exp(-kappa * np.log1p(x * x / kappa))


def moment(n: int, kappa: float) -> float:
    ends = (-math.pi / 2, math.pi / 2)

    def integrand(angle):
        x = math.tan(angle)
        return x**n * closed(x, kappa) / math.cos(angle) ** 2

    return quad(integrand, *ends, epsabs=0, epsrel=1e-11, limit=400)[0]


def crossing(kappa: float) -> float:
    """Where the divided curve meets the divided Gaussian, x > 0."""
    norm = moment(0, kappa)

    def gap(x):
        return -kappa * math.log1p(x * x / kappa) + x * x - math.log(norm / math.sqrt(math.pi))

    return brentq(gap, 0.3, 2.0)


def curves(claim):
    t = theory

    def number(label, kappa=KAPPA, x=AT):
        return float(sp.N(claim[label].rhs.subs({t.kappa: kappa, t.x: x})))

    yield compare("curve", number(t.CURVE), math.exp(log_curve(AT, KAPPA)))
    # The first correction is x^4/(2 kappa), 1e-10.
    yield compare("limit", number(t.LIMIT), math.exp(log_curve(AT, 1e10)))
    far = 1e5
    apart = math.exp(log_curve(AT, far)) - math.exp(-AT * AT)
    # The second order is 1/kappa times a number near 1.
    yield compare("approach", number(t.FIRST, far), apart, rtol=1e-4)
    step = 1e-3
    rise = (
        8 * (log_curve(AT, KAPPA + step) - log_curve(AT, KAPPA - step))
        - log_curve(AT, KAPPA + 2 * step)
        + log_curve(AT, KAPPA - 2 * step)
    ) / (12 * step)
    yield compare("change with kappa", number(t.SLOPE), rise)
    slopes = [0.9 * rise, rise, 0.0]
    held = [bool(claim[t.ORDER].subs(t.slope, value)) for value in slopes]
    yield compare("falls, and no fall is none", 2.0, float(sum(held)) if held[1] else 0.0)
    slope = log_curve(1e6, KAPPA) - log_curve(math.e * 1e6, KAPPA)
    yield compare("slope far out", number(t.TAIL), slope)
    half = brentq(lambda x: log_curve(x, KAPPA) + math.log(2), 0.1, 3, xtol=1e-13)
    yield compare("half width", number(t.HALF), half)
    yield compare("norm", number(t.NORM), moment(0, KAPPA))
    # x^4 p falls like x^-2.4: what is lost at the end of the tangent is 1e-9.
    kurtosis = moment(4, KAPPA) * moment(0, KAPPA) / moment(2, KAPPA) ** 2
    yield compare("kurtosis", number(t.FOURTH), kurtosis, rtol=1e-6)
    for label, n in ((t.NORM_IF, 0), (t.KURT_IF, 4)):
        margin = float((claim[label].gts - claim[label].lts).subs(t.kappa, KAPPA))
        yield compare(f"margin of moment {n}", margin, (slope - n - 1) / 2)
    # The next order of the crossing is 1/kappa.
    yield compare("crossing", number(t.CROSS), crossing(1e4), rtol=1e-3)


CHECKS = {"PLD-EXPF5": curves}
