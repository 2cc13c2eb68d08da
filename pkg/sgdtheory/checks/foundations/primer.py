"""Brownian motion by quadrature over all paths of three steps, tails by scipy: FND-12 to 14."""

from functools import lru_cache

import numpy as np
import sympy as sp
from scipy.integrate import quad
from scipy.stats import pareto

from sgdtheory.checks.foundations.sampling import extrapolate
from sgdtheory.estimate import Estimate, compare
from sgdtheory.theory.foundations import heavy_tails, primer
from sgdtheory.theory.foundations.symbols import alpha

TIME, EARLY = 1.8, 0.6  # three steps of 0.6
NODES, WEIGHTS = np.polynomial.hermite_e.hermegauss(24)
WEIGHTS = WEIGHTS / WEIGHTS.sum()


@lru_cache
def all_paths() -> tuple[np.ndarray, np.ndarray]:
    """Increments (3, 24³) and weights of every path of three steps."""
    steps = np.sqrt(EARLY) * np.array(np.meshgrid(NODES, NODES, NODES)).reshape(3, -1)
    weight = np.prod(np.meshgrid(WEIGHTS, WEIGHTS, WEIGHTS), axis=0).ravel()
    return steps, weight


def _mean(values) -> float:
    return float((all_paths()[1] * values).sum())


def _walk(k: float) -> float:
    """Characteristic function of n fair tosses, from the binomial law, at n = infinity."""
    found = []
    for n in 2 ** np.arange(6, 12):
        toss = np.sqrt(TIME / n) * np.array([-1.0, 1.0])
        found.append(float((np.exp(1j * k * toss).mean() ** int(n)).real))
    return extrapolate(found)


def brownian(claim):
    """FND-12: three normal increments; coin tosses; a fourth sum by adaptive quadrature."""
    steps, _ = all_paths()
    start, end = steps[0], steps.sum(0)
    squares = (steps**2).sum(0)
    letters = {primer.s: EARLY, primer.t: TIME, primer.n: 3}

    def read(label, extra=None):
        return sp.N(claim[label].rhs.subs(letters | (extra or {})))

    yield compare("coin tosses", read(primer.WALK, {primer.k: 1.3}), _walk(1.3))
    yield compare("covariance", read(primer.COV), _mean(start * end))
    yield compare("increment", read(primer.SPREAD), _mean((end - start) ** 2))
    yield compare("mean of the squares", read(primer.SQUARES), _mean(squares))
    scatter = _mean(squares**2) - _mean(squares) ** 2
    yield compare("variance of the squares", read(primer.SCATTER), scatter)
    density = lambda z: z * np.exp(-(z**2) / (2 * EARLY)) / np.sqrt(2 * np.pi * EARLY)  # noqa: E731
    yield compare("length", read(primer.LENGTH), 3 * 2 * quad(density, 0, np.inf)[0])


@lru_cache
def one_path() -> tuple[np.ndarray, np.ndarray]:
    """Starts and increments of one path of a million steps over the time 1.8."""
    steps = np.sqrt(TIME / 1e6) * np.random.default_rng(12).standard_normal(1_000_000)
    return np.concatenate([[0.0], np.cumsum(steps)[:-1]]), steps


def _sum(start, steps, index: float):
    return ((start + index * steps) * steps).sum(0)


def _along_the_path(index: float) -> Estimate:
    """The sum along one fine path; its distance from the limit is that of Σ ΔB² from t."""
    start, steps = one_path()
    scatter = abs(index - 0.5) * np.sqrt(steps.size) * (steps**2).std()
    return Estimate(float(_sum(start, steps, index)), float(scatter), steps.size)


def integral(claim):
    """FND-13: every path of three steps; one path of a million; one small step of a sine."""
    steps, _ = all_paths()
    start = np.cumsum(steps, 0) - steps
    end, index = steps.sum(0), 0.8
    total = _sum(start, steps, index)
    letters = {alpha: index, primer.t: TIME, primer.n: 3}
    pick = 4567
    one = {primer.B_t: end[pick], primer.Q: (steps[:, pick] ** 2).sum()}

    def read(label, extra=None):
        return sp.N(claim[label].rhs.subs(letters | (extra or {})))

    yield compare("sum along one path", read(primer.SUM, one), total[pick])
    yield compare("mean", read(primer.MEAN), _mean(total))
    # The limit, known by itself: the Itô sum's limit is the part of B² / 2 without a mean.
    limit = (end**2 - _mean(end**2)) / 2 + index * _mean(end**2)
    yield compare("squared distance", read(primer.ERROR), _mean((total - limit) ** 2))
    last = {primer.B_t: float(sum(one_path()[1]))}
    yield compare("fine sum, index 0.8", read(primer.VALUE, last), _along_the_path(index))
    for label, special in ((primer.ITO, 0.0), (primer.ANTI, 1.0)):
        yield compare(f"fine sum, {label}", read(label, last), _along_the_path(special))
    middle = float(_sum(*one_path(), 0.5))
    # A sum of a million terms, each rounded.
    yield compare(f"fine sum, {primer.MIDDLE}", read(primer.MIDDLE, last), middle, rtol=1e-7)
    yield from _sine(claim[primer.RULE].rhs, index)


def _sine(stated, index: float):
    """f = sin at B = 0.7: what its step is, beyond the claimed terms."""
    at, slopes, rests = 0.7, [], []
    for time in 0.01 / 2.0 ** np.arange(6):
        kick = np.sqrt(time) * NODES
        moved = np.sin(at + kick) - np.sin(at)
        slopes.append((moved * kick) @ WEIGHTS / time)
        rests.append((moved - np.cos(at + index * kick) * kick) @ WEIGHTS / time)
    concrete = stated.replace(primer.f, sp.sin).doit().subs({primer.B: at, alpha: index})
    for name, letter, found in (("slope", primer.dB, slopes), ("rest", primer.step_t, rests)):
        # Differences of nearly equal numbers over a step of 3e-4: 1e-9 of rounding.
        claimed = sp.N(concrete.coeff(letter))
        yield compare(f"{name} of the sine", claimed, extrapolate(found), rtol=1e-7)


def _settles(order: float, index: float) -> bool:
    """Does the mean of r^order, cut off at R, gain less and less each time R is squared?"""
    law = pareto(index)
    gains = [quad(lambda z: np.exp((order + 1) * z) * law.pdf(np.exp(z)), low, 2 * low)[0]
             for low in (4.0, 8.0)]  # fmt: skip
    return gains[1] < 1.5 * gains[0]


def tails(claim):
    """FND-14: scipy's Pareto law, its largest of N draws, and a Student law's survival."""
    index, order = 2.7, 1.2
    law = pareto(index)
    letters = {heavy_tails.a: index, heavy_tails.q: order, heavy_tails.r: 1.9,
               heavy_tails.x: 1.3, heavy_tails.m: 1.6}  # fmt: skip

    def read(label):
        return sp.N(claim[label].rhs.subs(letters))

    yield compare("density", read(heavy_tails.DENSITY), law.pdf(1.9))
    yield compare("moment", read(heavy_tails.MOMENT), law.expect(lambda z: z**order))
    bound = claim[heavy_tails.EXISTS]
    for name, q in (("below", index - 0.3), ("at", index), ("above", index + 0.3)):
        said = bool(bound.subs({heavy_tails.a: index, heavy_tails.q: q}))
        yield compare(f"moment {name} the index", float(said), float(_settles(q, index)))
    found = [law.cdf(1.3 * n ** (1 / index)) ** n for n in 2.0 ** np.arange(8, 14)]
    yield compare("largest draw", read(heavy_tails.LARGEST), extrapolate(found))
    yield compare("survival index", read(heavy_tails.FAMILY), _survival_index(1.6))


def _survival_index(m: float) -> float:
    """Slope of the log-survival of (1 + u²)^-m between u and 2u, extrapolated in u^-2."""
    mass = [quad(lambda u: (1 + u * u) ** -m, low, np.inf, epsrel=1e-13, epsabs=0)[0]
            for low in 8 * 2.0 ** np.arange(8)]  # fmt: skip
    return extrapolate(np.log2(np.array(mass[:-1]) / mass[1:]), ratio=4.0)


CHECKS = {"FND-12": brownian, "FND-13": integral, "FND-14": tails}
