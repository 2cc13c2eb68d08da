"""PLD-X4: the double integral by the exact solver, and SGD's own steps by theirs."""

from collections.abc import Iterator
from functools import lru_cache

import numpy as np
import sympy as sp
from scipy.optimize import brentq

from sgdtheory.checks.foundations.sampling import extrapolate
from sgdtheory.estimate import Comparison, compare
from sgdtheory.stochastic.first_passage import mean_exit_time
from sgdtheory.stochastic.recursion_exit import mean_exit_steps
from sgdtheory.theory.escape import quadratic_basin as q

READINGS = {"ito": 0.0, "stratonovich": 0.5, "anti-ito": 1.0}
SIGMA_G, SIGMA_H, ETA = 0.6, 1.4, 0.05
CORE = (SIGMA_G / SIGMA_H) ** 0.5
START, END = 0.4 * CORE, 3.0 * CORE
#: sqrt(eta H) of a ladder of chains.
ROOTS = 0.2 / 2 ** (np.arange(6) / 2)


def number(expr, **values) -> float:
    """A claimed expression at numbers for its letters."""
    letters = {getattr(q, k): sp.Float(v, 17) for k, v in values.items()}
    return float(sp.N(expr.subs(letters), 17))


@lru_cache
def exact(kappa: float, convention: str) -> float:
    """``H T`` from START to the ends ±END."""
    H = kappa * ETA * SIGMA_H
    D = lambda u: ETA / 2 * (SIGMA_G + SIGMA_H * u * u)  # noqa: E731
    ends = (-END, END)
    return H * mean_exit_time(lambda u: -H * u, D, START, ends, convention=convention)


def by_quadrature(claim, kappa: float, alpha: float) -> float:
    """``H T`` by adaptive quadrature of the claimed integrals."""
    H = kappa * ETA * SIGMA_H
    m = number(claim[q.M].rhs, kappa=kappa, alpha=alpha)
    core = number(claim[q.S_0].rhs, sigma_g=SIGMA_G, sigma_H=SIGMA_H) ** 0.5
    index = number(claim[q.KAPPA].rhs, H=H, eta=ETA, sigma_H=SIGMA_H)
    values = {q.m: m, q.s_0: core, q.kappa: index, q.b: END, q.u: START}
    return float(sp.lambdify((), claim[q.TIME].rhs.subs(values), "scipy")())


@lru_cache
def relaxations(kappa: float, alpha: float, width: float) -> float:
    """``H T`` from the minimum to ``b = width s_0``, in ``asinh(u/s_0)``: constant noise."""
    pull, end = 1 + (1 - 2 * alpha) / (2 * kappa), float(np.arcsinh(width))
    D = lambda x: 0 * x + 0.5 / kappa  # noqa: E731
    return mean_exit_time(lambda x: -pull * np.tanh(x), D, 0.0, (-end, end), cells=40_000)


def is_power(kappa: float, alpha: float) -> bool:
    """Does the time grow like a power of the width, not like a logarithm or its square?"""
    return relaxations(kappa, alpha, np.exp(100)) > 5 * relaxations(kappa, alpha, np.exp(50))


@lru_cache
def overshoot() -> float:
    """Of a normal walk between ±b: E N = E S_N^2 = b^2 + 2 c b + a constant, b far away."""
    near, away = (
        mean_exit_steps(lambda x: 0 * x, lambda x: 1 + 0 * x, 0.0, (-b, b), nodes=12) - b * b
        for b in (10.0, 14.0)
    )
    return (away - near) / 8


@lru_cache
def chain(kappa: float, width: float, root: float) -> float:
    """``eta H`` times the mean number of SGD's steps from the minimum, ``s_0 = 1``."""
    epsilon = root**2
    std = lambda y: np.sqrt(epsilon / kappa * (1 + y * y))  # noqa: E731
    return epsilon * mean_exit_steps(lambda y: -epsilon * y, std, 0.0, (-width, width))


@lru_cache
def seen() -> float:
    """``(b_eta - b)/eta`` as eta -> 0: b_eta is where the SDE takes the time of the chain."""
    kappa, width, shifts = 1.0, END / CORE, []
    for root in ROOTS:
        steps = chain(kappa, width, root)
        late = lambda x, steps=steps: relaxations(kappa, 0.0, x) / steps - 1  # noqa: E731
        at = brentq(late, width, 3 * width, xtol=1e-12)
        shifts.append((at - width) * CORE / (root / (kappa * SIGMA_H) ** 0.5))
    return extrapolate(shifts, ratio=2**0.5)


@lru_cache
def growth(kappa: float, width: float) -> float:
    """``log(eta N / T) / sqrt(eta H)`` as eta -> 0."""
    law = relaxations(kappa, 0.0, width)
    found = [np.log(chain(kappa, width, root) / law) / root for root in ROOTS]
    return extrapolate(found, ratio=2**0.5)


def exit_from_the_basin(claim) -> Iterator[Comparison]:
    """PLD-X4: three readings; very wide basins; chains of ever smaller steps."""
    for name, alpha in READINGS.items():
        claimed = by_quadrature(claim, 1.3, alpha)
        yield compare(f"exact time, {name}", claimed, exact(1.3, name))
    # What the wide basin leaves out is (s_0/b)^2 and smaller: 1e-12 here.
    wide = {"b": 1e6, "s_0": 1.0}
    far = number(claim[q.WIDE].rhs, kappa=1.2, m=1.7, **wide)
    yield compare("wide basin, Stratonovich", far, relaxations(1.2, 0.5, 1e6))
    far = number(claim[q.SGD].rhs, kappa=1.0, **wide)
    yield compare("wide basin, SGD", far, relaxations(1.0, 0.0, 1e6))
    far = number(claim[q.ANTI].rhs, kappa=2.0, **wide)
    yield compare("wide basin, anti-Itô", far, relaxations(2.0, 1.0, 1e6))
    for kappa, alpha in ((0.25, 1.0), (0.5, 1.0), (0.75, 1.0), (0.1, 0.0)):
        part = claim[q.POWER_IF].subs({q.kappa: kappa, q.alpha: alpha})
        what = f"a power at κ = {kappa:g}, α = {alpha:g}"
        yield compare(what, float(bool(part)), float(is_power(kappa, alpha)))
    c = number(claim[q.CONSTANT].rhs)
    yield compare("overshoot", c, overshoot())
    letters = {"sigma_g": SIGMA_G, "sigma_H": SIGMA_H, "b": END, "eta": 1.0, "c": c}
    shift = number(claim[q.SEEN].rhs, **letters) - END
    # A ladder of six leaves the sixth power of sqrt(eta H), times what its sum loses.
    yield compare("how far beyond the end", shift, seen(), rtol=1e-5)
    first = claim[q.STEPS].rhs.removeO().subs(q.epsilon, 1) - 1
    # The same, and (s_0/b)^2 of a basin of half-width 300.
    found = growth(0.5, 300.0)
    yield compare("what steps add", number(first, kappa=0.5, c=c), found, rtol=1e-4)


CHECKS = {"PLD-X4": exit_from_the_basin}
