"""LOG-11: exact mean times of wells that are changed a little, and of frozen noise."""

from functools import lru_cache
from math import log

import numpy as np
import sympy as sp

from sgdtheory.checks.escape.passes import POWERS, Pass, exact
from sgdtheory.checks.foundations.sampling import extrapolate
from sgdtheory.checks.log_landscape import escape_line, escape_many
from sgdtheory.estimate import compare
from sgdtheory.stochastic.first_passage import log_mean_first_passage_time as log_time
from sgdtheory.theory.log_landscape import escape_letters as e
from sgdtheory.theory.log_landscape import escape_rate as log11
from sgdtheory.theory.log_landscape.letters import L_0, b, eta, h

LEAST, HEIGHT = 0.4, 1.2


@lru_cache
def crossing(T: float, least=LEAST, q=0.0, height=HEIGHT, frozen=False, cells=40_000) -> float:
    """log of the exact time for ``L = least + height (x² - 1)² (1 + q x²)``, from -1 to 1."""

    def loss(x):
        return least + (0 if frozen else height) * (x**2 - 1) ** 2 * (1 + q * x**2)

    def drift(x):
        return -height * (x**2 - 1) * x * (4 * (1 + q * x**2) + 2 * q * (x**2 - 1))

    return log_time(drift, lambda x: T * loss(x), -1.0, 1.0, cells=cells)


def ladder(r: float) -> np.ndarray:
    return log(r) / 20 / 2.0 ** np.arange(5)


def letters(T: float, least=LEAST) -> dict:
    return {h: 8 * HEIGHT, e.h_s: 4 * HEIGHT, L_0: least, e.r: 1 + HEIGHT / least, e.T: T,
            log11.height: HEIGHT}  # fmt: skip


def slopes(claim):
    """Central differences of the exact time."""
    step, steps = 1e-3, ladder(1 + HEIGHT / LEAST)
    curved, shifted = [], []
    for T in steps:
        # q turns h = 8 (1 + q) and h_s = 4 - 2 q; T goes with h at a given eta and b.
        up, down = (crossing(T * (1 + q), q=q) for q in (step, -step))
        at_saddle = log((4 - 2 * step) / (4 + 2 * step)) / 2
        per_h = log((1 + step) / (1 - step))
        found = (down - up - at_saddle) / per_h
        curved.append(float(claim[log11.CURVED].rhs.subs(letters(T))) - found)
        up, down = (crossing(T, least=LEAST * np.exp(s)) for s in (step, -step))
        found = (down - up) / (2 * step)
        shifted.append(float(claim[log11.SHIFTED].rhs.subs(letters(T))) - found)
    for what, left in (("curvature", curved), ("least loss", shifted)):
        # Terms of up to 300 must cancel, of which a step of 1e-3 misses the part 1e-6.
        yield compare(f"slope of the log-rate by the {what}: 1 + claimed - found",
                      1 + extrapolate(left), 1.0, rtol=1e-3)  # fmt: skip
    values = {eta: 0.3, h: 5.0, b: 4.0}
    yield compare("temperature", claim[log11.TEMP].rhs.subs(values), 0.3 / 2 * (2 * 5.0 / 4.0))
    wide, wider = (Pass(d, 0.5, 9.0, 4.0, 3.0) for d in (2, 3))
    gain = extrapolate([np.exp(exact(wide, m) - exact(wider, m)) for m in POWERS])
    # What four powers of 1/m leave, as in LOG-8.
    yield compare("one more direction", claim[log11.WIDER].rhs.subs(
        {log11.k_a: 9.0, log11.k_s: 4.0, e.r: 4.0}), gain, rtol=1e-3)  # fmt: skip
    T, small = 0.5, (1e-5, 1e-6)
    said = [float(sp.log(claim[log11.ZERO].rhs.subs(letters(T, s)))) for s in small]
    exactly = [-crossing(T, least=s, cells=400_000) for s in small]
    # At a fixed T the factor settles while L_* vanishes: what is left is of its order.
    yield compare("power of a small least loss", (said[0] - said[1]) / log(10),
                  (exactly[0] - exactly[1]) / log(10), rtol=1e-4)  # fmt: skip


def frozen(claim):
    steps = ladder(1 + HEIGHT / LEAST)

    def logs(label):
        return [float(sp.N(sp.log(claim[label].rhs.subs(letters(T))))) for T in steps]

    still = np.array([crossing(T, frozen=True) for T in steps])
    moving = np.array([crossing(T) for T in steps])
    ratio = extrapolate(np.exp(logs(log11.FROZEN) + still))
    # What extrapolation leaves of the series in T.
    yield compare("frozen rate times exact time", ratio, 1.0, rtol=1e-6)
    ratio = extrapolate(np.exp(logs(log11.RATIO) + still - moving))
    yield compare("frozen over growing noise", ratio, 1.0, rtol=1e-6)


@lru_cache
def exponent(X: float, noise_frozen: bool) -> float:
    """``-T ln rate`` as T -> 0, from the growth of the exact time between T and T/2."""

    def log_exact(T):
        return crossing(T, 1.0, height=X, frozen=noise_frozen)

    steps = log(1 + X) / 20 / 2.0 ** np.arange(5)
    return extrapolate([T * (log_exact(T / 2) - log_exact(T)) for T in steps])


def exponents(claim):
    """Small steps of the loss, X = r - 1: the series in X."""
    sizes = 0.4 / 2.0 ** np.arange(4)
    pairs = [(exponent(X, True), exponent(X, False)) for X in sizes]
    quotient = extrapolate([(f / g - 1) / X for X, (f, g) in zip(sizes, pairs, strict=True)])
    difference = extrapolate([(f - g) / X**2 for X, (f, g) in zip(sizes, pairs, strict=True)])
    small = sp.Rational(1, 2)
    said = (claim[log11.EXPONENT].rhs.removeO().subs(log11.X, small) - 1) / small
    # What four powers of X leave.
    yield compare("quotient of the exponents, first order", 1 + said, 1 + quotient, rtol=1e-3)
    said = claim[log11.GAP].rhs.removeO().subs(log11.X, small) / small**2
    yield compare("difference of the exponents, second order", said, difference, rtol=1e-2)
    slower = claim[log11.SLOWER]
    for X, (f, g) in zip(sizes, pairs, strict=True):
        sides = [float(side.subs(e.r, 1 + X)) for side in (slower.lts, slower.gts)]
        yield compare(f"larger exponent over smaller, $r = {1 + X:g}$", sides[1] / sides[0],
                      f / g, rtol=1e-7)  # fmt: skip


def implications(claim):
    """LOG-11: derivatives of the exact time; frozen noise."""
    yield from slopes(claim)
    yield from frozen(claim)
    yield from exponents(claim)


CHECKS = {**escape_line.CHECKS, **escape_many.CHECKS, "LOG-11": implications}
