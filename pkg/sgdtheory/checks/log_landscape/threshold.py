"""LOG-6: thresholds as roots in n, the log-growth from short random steps, SGD itself."""

from collections.abc import Callable, Iterator
from functools import lru_cache

import numpy as np
import sympy as sp
from scipy.optimize import brentq
from scipy.special import roots_genlaguerre

from sgdtheory.checks.foundations.sampling import extrapolate
from sgdtheory.checks.log_landscape.stationary import exact, motion
from sgdtheory.estimate import Comparison, compare
from sgdtheory.theory.log_landscape import letters as s
from sgdtheory.theory.log_landscape import threshold as theory

# Those of the check of LOG-5, whose motion of log r is used here.
ETA, B, H = 0.25, 1.4, 1.3
VALUES = {s.eta: ETA, s.b: B, s.h: H}
BETAS = (0.0, 0.4, 1.0)
FAR = 30.0


def number(expr, **more) -> float:
    values = VALUES | {getattr(s, k): v for k, v in more.items()}
    return float(sp.N(sp.sympify(expr).subs({k: exact(v) for k, v in values.items()}), 17))


def edge(bound, claim, letter=s.n, **more) -> float:
    """Where the two sides of a claimed bound meet, by root finding in one letter."""
    gap = (bound.gts - bound.lts).subs(theory.n_c, claim[theory.CRITICAL].rhs)
    values = {k: v for k, v in VALUES.items() if k != letter}
    values |= {getattr(s, k): v for k, v in more.items()}
    side = sp.lambdify(letter, sp.N(gap.subs({k: exact(v) for k, v in values.items()}), 17))
    return brentq(side, 1e-3, 1e3, xtol=1e-14, rtol=1e-14)


@lru_cache
def last_dimension(beta: float) -> float:
    """Where the density of log r no longer falls at a far radius; n need not be whole."""

    def slope(n):
        drift, D = motion(beta, n)
        return float(drift(np.array(FAR)) / D(np.array(FAR)))

    return brentq(slope, 1.0, 100.0, xtol=1e-13)


NORMAL, WEIGHT = np.polynomial.hermite_e.hermegauss(60)
WEIGHT = WEIGHT / WEIGHT.sum()


def mean_over_step(f: Callable, along: float, across: float, pull: float, n: float) -> float:
    """Mean of ``f(|v'|²)`` for ``v' = (1 - pull) v + noise``, ``|v| = 1``.

    One normal number along v, a chi-square of n - 1 across: Gauss' rules for both.
    """
    chi, weight = roots_genlaguerre(60, (n - 3) / 2)
    square = (1 - pull + along * NORMAL[:, None]) ** 2 + across**2 * 2 * chi
    return float(WEIGHT @ f(square) @ weight / weight.sum())


@lru_cache
def log_growth(beta: float, n: float) -> float:
    """``E log r'/r`` per unit of time of ever shorter steps from the noise at L_* = 0."""
    across = ETA / B * H**2  # eta C across v, per |v|²: 2 L h = h² |v|²
    rates = []
    for dt in 2e-3 / 2.0 ** np.arange(6):
        sizes = np.sqrt((1 + beta) * across * dt), np.sqrt(across * dt)
        rates.append(mean_over_step(np.log, *sizes, H * dt, n) / (2 * dt))
    return float(extrapolate(rates))


@lru_cache
def last_bounded(beta: float) -> float:
    """The n at which E r² neither grows nor falls, in the limit of short steps."""
    across = ETA / B * H**2

    def rate(n):
        changes = []
        for dt in 2e-3 / 2.0 ** np.arange(4):
            sizes = np.sqrt((1 + beta) * across * dt), np.sqrt(across * dt)
            changes.append(mean_over_step(lambda z: z - 1, *sizes, H * dt, n) / dt)
        return float(extrapolate(changes))

    return brentq(rate, 1.5, 40.0, xtol=1e-12)


@lru_cache
def largest_rate(batch: int, n: int) -> float:
    """Learning rate at which E|v'|² = |v|² for one step of SGD on Gaussian features."""
    chi_b, weight_b = roots_genlaguerre(12, batch / 2 - 1)
    chi_n, weight_n = roots_genlaguerre(12, (n - 3) / 2)

    def change(rate):
        turn = 2 * rate * H / batch  # a Laguerre node is half a chi-square
        along = 1 - turn * chi_b[:, None]
        square = along**2 + turn**2 * chi_b[:, None] * chi_n
        return weight_b @ square @ weight_n / (weight_b.sum() * weight_n.sum()) - 1

    return brentq(change, 1e-3, 10.0, xtol=1e-15, rtol=1e-14)


@lru_cache
def growth_of_sgd(ratio: float, n: int, batch: int = 2) -> float:
    """Growth of log|v| per unit of time at L_* = 0, SGD on Gaussian features of variance h.

    Two batches are mixed with weights a and 1 - a, which makes the noise of a batch of
    ``ratio eta h``, less than one: steps can so be short at a fixed ratio of noise and pull.
    """
    nodes, weight = roots_genlaguerre(30, batch / 2 - 1)
    chi, weight_n = roots_genlaguerre(30, (n - 3) / 2)
    first, second = nodes[:, None, None], nodes[None, :, None]
    weights = weight[:, None, None] * weight[None, :, None] * weight_n
    rates = []
    for turn in 1e-3 / 2.0 ** np.arange(6):  # eta h
        share = (1 + np.sqrt(2 * batch / (ratio * turn) - 1)) / 2
        pulls = [2 * turn / batch * part for part in (share, 1 - share)]
        along = 1 - pulls[0] * first - pulls[1] * second
        across = (pulls[0] ** 2 * first + pulls[1] ** 2 * second) * chi
        mean = (np.log(along**2 + across) * weights).sum() / weights.sum()
        rates.append(H * mean / (2 * turn))
    return float(extrapolate(rates))


def log_6(claim) -> Iterator[Comparison]:
    """LOG-6: every threshold as a root found elsewhere; growth rates from steps."""
    critical = number(claim[theory.CRITICAL].rhs)
    yield compare("critical dimension", critical, last_dimension(0.0))
    yield compare("a law, up to n", edge(claim[theory.NORMED], claim), last_dimension(0.0))
    n_at = last_dimension(0.0)
    found = edge(claim[theory.RATES], claim, s.eta, n=n_at)
    yield compare("a law, up to the learning rate", found, ETA)
    # Six halvings of a step of 2e-3 leave 1e-9 of rounding: differences divided by 6e-5.
    for n in (2, 5, 12):
        rate = number(claim[theory.RATE].rhs, n=n)
        yield compare(f"growth at L* = 0, n = {n}", rate, log_growth(0.0, n), rtol=1e-7)
        for beta in BETAS:
            rate = number(claim[theory.RATE_BETA].rhs, n=n, beta=beta)
            where = f"growth, n = {n}, beta = {beta:g}"
            yield compare(where, rate, log_growth(beta, n), rtol=1e-7)
    still = brentq(lambda n: log_growth(0.0, n), 2.0, 20.0, xtol=1e-9)
    yield compare("it shrinks, up to n", edge(claim[theory.DIES], claim), still, rtol=1e-7)
    for beta in BETAS:
        found = edge(claim[theory.DIES_BETA], claim, beta=beta)
        yield compare(f"a law, up to n, beta = {beta:g}", found, last_dimension(beta))
        found = edge(claim[theory.SQUARE], claim, beta=beta)
        # Rounding in E r² - 1, divided by the shortest step, 2.5e-4.
        where = f"finite mean square, up to n, beta = {beta:g}"
        yield compare(where, found, last_bounded(beta), rtol=1e-7)
    yield compare("critical dimension, Gaussian features",
                  number(claim[theory.GAUSS].rhs), last_dimension(1.0))  # fmt: skip
    for batch, n in ((1, 2), (2, 5), (8, 40)):
        found = edge(claim[theory.STEPS], claim, s.eta, b=batch, n=n)
        where = f"largest learning rate of SGD, b = {batch}, n = {n}"
        yield compare(where, found, largest_rate(batch, n))
    ratio = B / (ETA * H)
    for n in (4, 9):
        rate = number(claim[theory.RATE_BETA].rhs, n=n, beta=1)
        yield compare(
            f"growth of SGD itself, n = {n}", rate, growth_of_sgd(ratio, n), rtol=1e-7
        )


CHECKS = {"LOG-6": log_6}
