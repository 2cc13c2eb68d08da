"""IVF-E2 and E3: every minibatch and every order of an epoch, enumerated."""

from collections.abc import Iterator
from functools import lru_cache
from itertools import combinations, permutations, product

import numpy as np
import sympy as sp

from sgdtheory.checks.foundations.sampling import extrapolate
from sgdtheory.estimate import Comparison, compare
from sgdtheory.theory.variance_flatness import minibatch, step
from sgdtheory.theory.variance_flatness.random_landscape import alpha

# Three minibatches with losses log cosh(w - a); the slope is tanh.
PLACES = np.array([0.4, -0.9, 1.3])
START, RATE = 0.2, 0.1


def travelled(order, rate: float) -> float:
    """``w(0) - w`` after one step on each of these minibatches."""
    w = START
    for place in order:
        w -= rate * np.tanh(w - place)
    return START - w


@lru_cache
def displacements() -> tuple[float, float]:
    """First order of one epoch's displacement, second of its variance with replacement."""
    rates = 0.05 / 2.0 ** np.arange(8)
    some = extrapolate([travelled(PLACES[[2, 0, 1]], r) / r for r in rates])
    spread = [
        np.var([travelled(o, r) for o in product(PLACES, repeat=len(PLACES))]) / r**2
        for r in rates
    ]
    return some, extrapolate(spread)


def steps(claim) -> Iterator[Comparison]:
    """IVF-E2."""
    slopes = np.tanh(START - PLACES)
    first, spread = displacements()
    numbers = {alpha: 1, step.M: len(PLACES), step.C: float(slopes.var())}

    def read(label, slope):
        part = claim[label].rhs.removeO()
        return float(part.subs({step.g: slope, step.g_mu: slope}).subs(numbers))

    one = -travelled(PLACES[:1], RATE)
    yield compare("one step", RATE * read(step.STEP, slopes[0]), one)
    mean = -np.mean([travelled([place], RATE) for place in PLACES])
    yield compare("mean step", RATE * read(step.MEAN, slopes.mean()), mean)
    yield compare("one epoch, per learning rate", read(step.EPOCH, slopes.mean()), first)
    yield compare("variance with replacement", read(step.REPLACED, slopes.mean()), spread)


SAMPLES = np.array([0.3, -1.1, 2.0, 0.7, -0.4, 1.6])
SIZE = 2


@lru_cache
def enumerated() -> tuple[float, float, float]:
    """Variances of a minibatch with and without replacement; covariance in one epoch."""
    with_ = [SAMPLES[list(i)].mean() for i in product(range(len(SAMPLES)), repeat=SIZE)]
    without = [SAMPLES[list(i)].mean() for i in combinations(range(len(SAMPLES)), SIZE)]
    orders = np.array(list(permutations(SAMPLES))).reshape(-1, len(SAMPLES) // SIZE, SIZE)
    first, last = orders.mean(2)[:, [0, -1]].T
    pair = np.mean(first * last) - first.mean() * last.mean()
    return float(np.var(with_)), float(np.var(without)), float(pair)


def minibatches(claim) -> Iterator[Comparison]:
    """IVF-E3: six samples in pairs, all 36, all 15, and all 720 orders of an epoch."""
    with_, without, pair = enumerated()
    numbers = {minibatch.N: len(SAMPLES), minibatch.B: SIZE, minibatch.S: float(SAMPLES.var())}
    numbers |= {minibatch.M: len(SAMPLES) // SIZE, minibatch.C_mu: without}
    one = claim[minibatch.BATCH].rhs.subs(minibatch.B, SIZE).doit()
    value = one.subs({minibatch.d[1]: SAMPLES[0], minibatch.d[2]: SAMPLES[3]})
    yield compare("loss of a minibatch", float(value), SAMPLES[[0, 3]].mean())
    means = [SAMPLES[list(i)].mean() for i in combinations(range(len(SAMPLES)), SIZE)]
    unbiased = claim[minibatch.UNBIASED].rhs.subs(minibatch.L, SAMPLES.mean())
    yield compare("mean of all minibatches", float(unbiased), np.mean(means))
    for what, label, found in (
        ("with replacement", minibatch.WITH, with_),
        ("without replacement", minibatch.WITHOUT, without),
        ("two of one epoch", minibatch.PAIR, pair),
    ):
        yield compare(what, float(sp.N(claim[label].rhs.subs(numbers))), found)


CHECKS = {"IVF-E2": steps, "IVF-E3": minibatches}
