"""ENH-1, ENH-2, ENH-3: every pair of batches of a small data set, enumerated."""

from collections.abc import Iterator
from functools import lru_cache
from itertools import combinations, permutations, product

import numpy as np
import sympy as sp
from scipy.optimize import brentq, minimize_scalar

from sgdtheory.checks.log_landscape import enhancement_moments
from sgdtheory.estimate import Comparison, compare
from sgdtheory.theory.log_landscape import enhancement_batches as noise
from sgdtheory.theory.log_landscape import enhancement_size as size
from sgdtheory.theory.log_landscape import enhancement_step as step

#: Whole numbers, so that sums and squares of them are exact.
SAMPLES = np.array([3, -11, 20, 7, -4, 1])
N = len(SAMPLES)
SPREAD = float(SAMPLES.var())
WITH, TWO, DISJOINT = "with replacement", "two independent batches", "two disjoint batches"


@lru_cache
def pairs(b: int, scheme: str) -> np.ndarray:
    """Sums over both batches, shape (2, k), of all k equally likely pairs of batches."""
    draw = product(range(N), repeat=b) if scheme == WITH else combinations(range(N), b)
    both = product(list(draw), repeat=2)
    chosen = [(i, j) for i, j in both if scheme != DISJOINT or not set(i) & set(j)]
    sums = ([SAMPLES[list(i)].sum() for i in side] for side in zip(*chosen, strict=True))
    return np.array(list(sums))


def mixed(b: int, a: float, scheme: str) -> np.ndarray:
    """The mixed gradients of all pairs."""
    first, second = pairs(b, scheme)
    return (a * first + (1 - a) * second) / b


def variance(b: int, a: float, scheme: str) -> float:
    return float(mixed(b, a, scheme).var())


def of_sgd(b: int, replacement: bool) -> float:
    """Variance of one batch, all batches enumerated."""
    draw = product(range(N), repeat=b) if replacement else combinations(range(N), b)
    return float(np.var([SAMPLES[list(i)].mean() for i in draw]))


def truth(relation, letter, at) -> float:
    """One where a claimed relation holds at an exact number, else zero."""
    return float(bool(relation.subs(letter, sp.Rational(at))))


#: The ends of [0, 1] and quarters on both sides: exact in binary.
WEIGHTS = (-1.0, -0.25, 0.0, 0.25, 0.75, 1.0, 1.25, 3.0)


def one_step(claim) -> Iterator[Comparison]:
    """ENH-1: batches of two from six, independent and disjoint."""
    rate, at = 0.3, 0.4
    for scheme, a in ((TWO, 2.0), (DISJOINT, 2.0), (DISJOINT, -0.7)):
        first, second = pairs(2, scheme)[:, 5] / 2
        moved = -rate * mixed(2, a, scheme)
        (c,) = sp.solve(claim[step.WEIGHT].rhs - a, step.c)
        letters = {step.a: a, step.c: c, step.eta: rate, step.w: at}
        batch = {step.g_1: first, step.g_2: second}
        mean = claim[step.MEAN].rhs.subs(step.g(at), SAMPLES.mean())
        name = f"{scheme}, a = {a:g}"
        for label in (step.STEP, step.PUSH):
            found = claim[label].rhs.subs(batch).subs(letters)
            yield compare(f"{label}, {name}", sp.N(found), at + moved[5])
        full = mean.subs(letters).subs(step.g(at), SAMPLES.mean())
        yield compare(f"mean step, {name}", sp.N(full), moved.mean())


def covariances(claim) -> Iterator[Comparison]:
    """ENH-2: three ways of drawing, batches of one to three from six, five weights."""
    F = claim[noise.FACTOR].rhs
    labels = {WITH: noise.WITH, TWO: noise.TWO, DISJOINT: noise.DISJOINT}

    def read(label, **letters):
        given = {getattr(noise, k): v for k, v in letters.items()}
        values = {noise.S: SPREAD, noise.n: N} | given
        return sp.N(claim[label].rhs.subs(noise.F, F).subs(values))

    for scheme, b, a in product(labels, (1, 2, 3), (0.5, 1.0, 2.0, 3.5, -1.0)):
        name = f"{scheme}, b = {b}, a = {a:g}"
        yield compare(name, read(labels[scheme], a=a, b=b), variance(b, a, scheme), atol=1e-9)
    for b in (1, 2, 3):
        first, second = pairs(b, DISJOINT) / b
        found = (first * second).mean() - first.mean() * second.mean()
        yield compare(f"covariance of the two, b = {b}", read(noise.CROSS), found)
        half = of_sgd(2 * b, replacement=False)
        yield compare(f"one batch of {2 * b}", read(noise.HALF, b=b), half, atol=1e-9)
    q = np.array([0.9, -0.3, 0.5, 0.1, -0.4, 0.2])
    found = np.var([q[list(i)] @ SAMPLES for i in permutations(range(N))])
    yield compare("other weights", read(noise.ANY, Q=q @ q), found)
    for a in WEIGHTS:
        gap = variance(2, a, DISJOINT) - variance(2, a, TWO)
        said = truth(claim[noise.MORE], noise.a, a)
        yield compare(f"disjoint are noisier, a = {a:g}", said, float(gap > 1e-9))


def sizes(claim) -> Iterator[Comparison]:
    """ENH-3: mixed batches against plain ones of the size that is claimed."""
    F = claim[size.FACTOR].rhs

    def read(label, **letters):
        given = {size.b: letters["b"], size.n: N, size.a: letters["a"]}
        return float(claim[label].rhs.subs(size.F, F).subs(given))

    for b, wanted in ((2, 1), (3, 1), (3, 2), (2, 3), (2, 4)):
        weight = claim[size.TARGET].rhs.subs({size.b: b, size.wanted: wanted})
        a = float(sp.N(weight))
        name = f"two of {b} for one of {wanted}"
        found = variance(b, a, WITH)
        yield compare(f"variance, {name}", found, of_sgd(wanted, replacement=True))
        found = variance(b, a, DISJOINT)
        yield compare(f"variance, disjoint, {name}", found, of_sgd(wanted, replacement=False))
    for b, a in ((2, 1.7), (3, -0.4), (1, 0.3)):
        name = f"b = {b}, a = {a:g}"
        plain = SPREAD / variance(b, a, WITH)
        yield compare(f"effective batch, {name}", read(size.SIZE, a=a, b=b), plain)
        for label, scheme in ((size.APART, DISJOINT), (size.OVERLAP, TWO)):
            found = N * SPREAD / (SPREAD + (N - 1) * variance(b, a, scheme))
            yield compare(f"{scheme}, {name}", read(label, a=a, b=b), found)
    yield from _weights(claim)
    yield from _bounds(claim)


def _weights(claim) -> Iterator[Comparison]:
    shares = np.array([0.5, 0.9, -0.4])
    values = {size.weight[i + 1]: share for i, share in enumerate(shares)}
    claimed = claim[size.WEIGHTS].rhs.subs(size.k, 3).doit().subs(values)
    found = SPREAD / np.var([shares @ SAMPLES[list(i)] for i in product(range(N), repeat=3)])
    yield compare("three draws with other weights", sp.N(claimed), found)


def _bounds(claim) -> Iterator[Comparison]:
    least = minimize_scalar(lambda a: variance(2, a, WITH), (0.2, 0.9), tol=1e-10)
    attained = claim[size.LEAST].func in (sp.Ge, sp.Le)
    edge, factor = float(claim[size.LEAST].rhs), 2 * least.fun / SPREAD
    yield compare("least factor of the noise", edge, factor)
    yield compare("which is attained", float(attained), 1.0)
    above = claim[size.LEAST].func in (sp.Ge, sp.Gt)
    yield compare("and a lower bound", float(above), float(variance(2, 2.0, WITH) > least.fun))
    b = 3
    bound = claim[size.BELOW].subs(size.b, b)
    gap = sp.lambdify(size.a, bound.lhs - bound.rhs)
    found = brentq(lambda a: variance(b, a, WITH) - SPREAD, 0.6, 9, xtol=1e-14)
    yield compare("weight where the size is one", brentq(gap, 0.6, 9, xtol=1e-14), found)
    for a in WEIGHTS:
        said = truth(claim[size.BELOW].subs(size.b, 1), size.a, a)
        below = variance(1, a, WITH) > SPREAD + 1e-9
        yield compare(f"below one, b = 1, a = {a:g}", said, float(below))


CHECKS = {
    "ENH-1": one_step,
    "ENH-2": covariances,
    "ENH-3": sizes,
    **enhancement_moments.CHECKS,
}
