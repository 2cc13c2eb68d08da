"""IVF-E9: one minibatch landscape by differences and roots, its averages by quadrature."""

from functools import lru_cache
from math import e, log
from statistics import NormalDist

import numpy as np
import sympy as sp
from scipy.optimize import brentq

from sgdtheory.estimate import compare
from sgdtheory.stochastic import random_landscape
from sgdtheory.theory.variance_flatness import members as theory
from sgdtheory.theory.variance_flatness.random_landscape import m_bar, s, theta, u, x

SPREAD, MEAN_M, SPREAD_M = 0.2, 1.3, 0.4


@lru_cache
def width(m: float) -> float:
    """Where one minibatch loss of lowest value 0.7 reaches e times it, both sides."""

    def above(u: float) -> float:
        return float(random_landscape.minibatch_loss(u, 0.7, 0.0, m)) - 0.7 * e

    return 2 * brentq(above, 0, 10, xtol=1e-14)


def over_curvature(at: float) -> float:
    """Logarithm of the mean of ``exp(m at^2/2)`` over m, by quadrature round its peak."""
    density = NormalDist(MEAN_M, SPREAD_M)

    def exponent(m):
        return m * at**2 / 2 - ((m - MEAN_M) / SPREAD_M) ** 2 / 2

    fine = np.linspace(MEAN_M - 20, MEAN_M + 20 + SPREAD_M**2 * at**2, 40_001)
    peak = exponent(fine).max()
    mass = np.trapezoid(np.exp(exponent(fine) - peak), fine) * density.pdf(MEAN_M)
    return float(peak + log(mass))


@lru_cache
def far_out() -> float:
    """Coefficient of u^4 in the logarithm of what is averaged over u: differences, exact."""
    far = np.arange(6.0, 16.0, 2.0)
    values = [over_curvature(at) - (at / SPREAD) ** 2 / 2 for at in far]
    return float(np.polynomial.polynomial.polyfit(far, values, 4)[4])


def exists(power: int, m: float, spread: float) -> float:
    """1 where the mean of ``(slope or loss)^power`` over the places settles, else 0.

    ``power`` 1: of the loss at theta = 0; 2: of its squared slope.  The logarithm of the
    integral up to 100 standard deviations must be that up to 200.
    """

    def upto(reach: float) -> float:
        z = np.arange(5e-4, reach, 1e-3)
        exponent = (power * m * spread**2 - 1) * z**2 / 2 + (power - 1) * np.log(z**2)
        peak = exponent.max()
        return float(peak + log(np.trapezoid(np.exp(exponent - peak), z)))

    return float(abs(upto(200.0) - upto(100.0)) < 1e-6)


def members(claim):
    """IVF-E9."""
    numbers = {theory.m_mu: 1.7, theory.L_min: 0.7, theta: 0.9, x: 0.2}
    numbers |= {m_bar: MEAN_M, s: SPREAD_M}

    def read(label, **extra):
        return float(sp.N(claim[label].rhs.subs(numbers | extra)))

    loss = random_landscape.minibatch_loss(np.array([0.8, 0.9, 1.0]), 0.7, 0.2, 1.7)
    yield compare("loss", read(theory.FORM), loss[1])
    bend = (np.log(loss) @ [1, -2, 1]) / 0.1**2
    yield compare("curvature of the logarithm", read(theory.LOG), bend)
    yield compare("width squared", read(theory.WIDTH), width(1.7) ** 2)
    mean = float(sp.log(claim[theory.OVER_M].rhs).subs(numbers).subs(u, 2.5))
    yield compare("mean over the curvature", mean, over_curvature(2.5))
    # A fit of a polynomial to numbers of size 1000 leaves nine digits.
    yield compare("growth far out", read(theory.DIVERGES), far_out(), rtol=1e-6)
    share = 1 - NormalDist(MEAN_M, SPREAD_M).cdf(0)
    yield compare("positive curvatures", read(theory.CONVEX), share)


CHECKS = {"IVF-E9": members}
