"""Batches of small data sets, enumerated: FND-1, FND-2, FND-3."""

from itertools import combinations, product

import numpy as np
import sympy as sp

from sgdtheory.estimate import compare
from sgdtheory.theory.foundations import clt, sgd
from sgdtheory.theory.foundations.symbols import C, eta, g, w

SAMPLES = np.array([0.3, -1.1, 2.0, 0.7, -0.4])


def one_step(claim):
    """FND-1: losses log cosh(w - a_i), every batch of 2 from 5; and 1e9 steps of descent."""
    at, rate = 0.4, 0.3
    one = np.tanh(at - SAMPLES)
    gradients = np.array([one[list(i)].mean() for i in combinations(range(5), 2)])
    values = {w: at, eta: rate, g(w): gradients.mean(), C(w): gradients.var()}
    moved = -rate * gradients

    def read(label, **extra):
        return sp.N(claim[label].rhs.subs(values | extra))

    first = claim[sgd.STEP].rhs.subs(sgd.g_batch(w), gradients[0]).subs(values)
    yield compare("step of the first batch", sp.N(first), at + moved[0], rtol=1e-12)
    yield compare("mean", read(sgd.MEAN), moved.mean(), rtol=1e-12)
    yield compare("variance", read(sgd.SPREAD), moved.var(), rtol=1e-12)
    # On loss w²/2 gradient flow needs the time log(w_0/w_k); k small steps take -k log(1 - η).
    time = claim[sgd.TIME].rhs.subs({eta: 1e-9, sgd.k: 10**9})
    yield compare("time of 1e9 small steps", sp.N(time), -1e9 * np.log1p(-1e-9))


def sampling(claim):
    """FND-2: every minibatch of 2 from 5 samples."""
    batches = {
        sgd.WITH: [SAMPLES[list(i)].mean() for i in product(range(5), repeat=2)],
        sgd.WITHOUT: [SAMPLES[list(i)].mean() for i in combinations(range(5), 2)],
    }
    values = {sgd.n: 5, sgd.b: 2, sgd.S: SAMPLES.var()}
    for label, means in batches.items():
        yield compare(label, sp.N(claim[label].rhs.subs(values)), np.var(means), rtol=1e-12)


def _cumulants(values: np.ndarray) -> np.ndarray:
    """First four cumulants of equally likely values, from central moments."""
    d = values - values.mean()
    m2, m3, m4 = ((d**n).mean() for n in (2, 3, 4))
    return np.array([values.mean(), m2, m3, m4 - 3 * m2**2])


def _log_characteristic(k: float, b: int) -> float:
    """Real part for the standardised mean of b draws."""
    d = SAMPLES - SAMPLES.mean()
    one = np.exp(1j * k * d / (d.std() * np.sqrt(b))).mean()
    return float(b * np.log(one).real)


def central_limit(claim):
    """FND-3: the mean of 3 draws from 5 values, all 125 of them."""
    one, rate = _cumulants(SAMPLES), 0.4
    means = np.array([SAMPLES[list(i)].mean() for i in product(range(5), repeat=3)])
    mean = _cumulants(means)
    shape = {clt.skew: one[2] / one[1] ** 1.5, clt.excess: one[3] / one[1] ** 2, sgd.b: 3}
    letters = dict(zip((clt.k_1, clt.k_2, clt.k_3, clt.k_4), one, strict=True))

    def read(label, values):
        return sp.N(claim[label].rhs.subs(values))

    third = {clt.r: 3, clt.k_r: one[2], sgd.b: 3}
    yield compare("third cumulant", read(clt.CUMULANT, third), mean[2])
    yield compare("skewness", read(clt.SKEW, shape), mean[2] / mean[1] ** 1.5)
    yield compare("excess kurtosis", read(clt.EXCESS, shape), mean[3] / mean[1] ** 2)
    fourth = read(clt.FOURTH, letters | {eta: rate, sgd.b: 3})
    yield compare("fourth power", fourth, ((1 - rate * means) ** 4).mean())
    # Even powers of k alone reach the real part: a series in 1/b, summed by extrapolation.
    found = extrapolate([_log_characteristic(1.3, 64 * 2**j) for j in range(5)])
    yield compare("normal limit", read(clt.NORMAL, {clt.k: 1.3}), found)


def extrapolate(values, ratio: float = 2.0) -> float:
    """Limit of a sequence whose error is a power series in a step that shrinks by ``ratio``."""
    row = np.asarray(values, dtype=float)
    for order in range(1, len(row)):
        row = (ratio**order * row[1:] - row[:-1]) / (ratio**order - 1)
    return float(row[0])


CHECKS = {"FND-1": one_step, "FND-2": sampling, "FND-3": central_limit}
