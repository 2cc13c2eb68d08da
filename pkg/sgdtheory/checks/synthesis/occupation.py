"""SYN-1: both masses of the exact law integrated, with ever weaker noise."""

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import sympy as sp
from scipy.integrate import cumulative_simpson, simpson

from sgdtheory.checks.foundations.sampling import extrapolate
from sgdtheory.estimate import Comparison, compare
from sgdtheory.theory.synthesis import occupation as s

Field = Callable[[np.ndarray], np.ndarray]
RATES = 2.0 ** -np.arange(6)  # the strongest noise has Phi of 30 or more
LADDER = 1e-7  # what six steps of extrapolation leave


class Well(NamedTuple):
    """One side: the wall, the minimum, the saddle; the slope of the loss, D at rate one."""

    wall: float
    minimum: float
    saddle: float
    slope: Field
    D: Field


def climb(well: Well, end: float) -> tuple[np.ndarray, np.ndarray, float]:
    """Positions from the minimum to ``end``, ``L'/D`` per share of the way, and the way."""
    x, way = np.linspace(well.minimum, end, 20_001), end - well.minimum
    return x, well.slope(x) / well.D(x) * way, abs(way)


def cost(well: Well) -> float:
    """Integral of ``L'/D`` from the minimum up to the saddle."""
    x, rise, _ = climb(well, well.saddle)
    return float(simpson(rise, dx=1 / (x.size - 1)))


def peak(well: Well, rate: float, index: float) -> float:
    """Mass of one side in units of the height of its peak."""
    total = 0.0
    for end in (well.wall, well.saddle):
        x, rise, way = climb(well, end)
        share = 1 / (x.size - 1)
        fall = cumulative_simpson(rise, dx=share, initial=0) / rate
        law = np.exp(-fall) * (well.D(x) / well.D(x[:1])) ** (index - 1)
        total += way * float(simpson(law, dx=share))
    return total


def front(flat: Well, sharp: Well, index: float) -> float:
    """Limit of the ratio of masses without its exponential."""
    D = flat.D(np.array([flat.minimum]))[0] / sharp.D(np.array([sharp.minimum]))[0]
    return D ** (index - 1) * extrapolate(
        [peak(flat, rate, index) / peak(sharp, rate, index) for rate in RATES]
    )


# Unequal wells: L' = (w + 1) w (w - 1.4) (minima -1 and 1.4, L = 0 at the saddle).
POLY = np.polynomial.Polynomial.fromroots([-1.0, 0.0, 1.4])
LOSS = POLY.integ()
ENDS = (-1.0, 1.4)


def unequal(D: Field) -> tuple[Well, Well]:
    return (Well(-2.0, ENDS[0], 0.0, POLY, D), Well(2.4, ENDS[1], 0.0, POLY, D))


# Equal losses 1, saddle 3/2; the flat side is the sharp one drawn out twice.
STRETCH, TOP = {-1: 2.0, 1: 1.0}, 1.5
CURVED = {side: 4.0 / STRETCH[side] ** 2 for side in STRETCH}


def equal(side: int, frozen: bool) -> Well:
    a = STRETCH[side]

    def loss(w):
        return 1 + (TOP - 1) * ((w / a) ** 2 - 1) ** 2

    def slope(w):
        return 4 * (TOP - 1) * ((w / a) ** 2 - 1) * w / a**2

    def D(w):
        return 0.01 * CURVED[side] * (1 + 0 * w if frozen else loss(w))

    return Well(side * 1.8 * a, side * a, 0.0, slope, D)


@lru_cache(maxsize=8)
def found(model: str, index: float) -> tuple[float, float, float]:
    """The front, and both costs."""
    if model in ("log", "own"):
        flat, sharp = equal(-1, model == "own"), equal(1, model == "own")
    else:
        flat, sharp = unequal(NOISES[model])
    return front(flat, sharp, index), cost(flat), cost(sharp)


NOISES: dict[str, Field] = {
    "any": lambda w: 0.005 * (1 + 0.3 * np.sin(w)),
    "const": lambda w: 0.008 + 0 * w,
    # C = 1 + 2 (L - L_s)/(eta kappa), eta kappa = 1; D = eta C/2 with eta = 0.01
    "grow": lambda w: 0.005 * (1 + 2 * (LOSS(w) - LOSS(ENDS[1]))),
}
CURVES = {s.H_f: POLY.deriv()(ENDS[0]), s.H_s: POLY.deriv()(ENDS[1])}


def at_minima(field) -> tuple[float, float]:
    low, high = (float(field(np.array([w]))[0]) for w in ENDS)
    return low, high


def _one(claim, label, values, model, index, what) -> Comparison:
    ahead, flat, sharp = found(model, index)
    claimed = sp.N(claim[label].rhs.subs(values))
    return compare(what, claimed, ahead * np.exp(flat - sharp), rtol=LADDER)


def _models(claim) -> Iterator[Comparison]:
    D_f, D_s = at_minima(NOISES["any"])
    for index in (0.0, 0.5, 1.0):
        _, flat, sharp = found("any", index)
        ends = {s.D_f: D_f, s.D_s: D_s, s.Phi_f: flat, s.Phi_s: sharp}
        values = CURVES | ends | {s.alpha: index}
        yield _one(claim, s.ANY, values, "any", index, f"any noise, index {index:g}")
    losses = {s.L_f: LOSS(ENDS[0]), s.L_s: LOSS(ENDS[1])}
    yield _one(claim, s.CONST, CURVES | losses | {s.D: 0.008}, "const", 0.0, "constant noise")
    C_f, C_s = (D / 0.005 for D in at_minima(NOISES["grow"]))
    kappa = 1 / 0.01  # eta kappa = 1
    for index in (0.0, 1.0):
        m = claim[s.M].rhs.subs({s.kappa: kappa, s.alpha: index})
        yield _one(claim, s.GROW, CURVES | {s.C_f: C_f, s.C_s: C_s, s.m: m}, "grow", index,
                   f"noise that grows with the loss, index {index:g}")  # fmt: skip


def occupation(claim) -> Iterator[Comparison]:
    """SYN-1: unequal wells for any noise, equal losses for noise that knows the curvature."""
    yield from _models(claim)
    values = {s.H_f: 4 * (TOP - 1) * 2 / STRETCH[-1] ** 2, s.H_s: 4 * (TOP - 1) * 2,
              s.r: TOP}  # fmt: skip
    # D = eta H L/b, and D = 0.01 CURVED L here
    values[s.b] = values[s.H_s] / (0.01 * CURVED[1])
    values[s.eta] = 1.0
    yield _one(claim, s.LOG, values, "log", 0.0, "noise proportional to the loss")
    yield _one(claim, s.OWN, values, "own", 0.0, "noise of each minimum, frozen")
    ratio = found("log", 1.0)[0] / found("log", 0.0)[0]
    yield compare("reading", sp.N(claim[s.READING].rhs.subs(values)), ratio, rtol=LADDER)


CHECKS = {"SYN-1": occupation}
