"""IVF-TT1: covariance matrices of whole windows, to sixty digits, and long windows."""

from functools import lru_cache

import mpmath as mp
import numpy as np
import sympy as sp

from sgdtheory.estimate import Estimate, compare
from sgdtheory.stochastic.linear_sgd import epoch_variance, white_window_variance
from sgdtheory.theory.variance_flatness import truth_table as table

BATCHES, EPOCHS, GAMMA = 5, 3, sp.Rational(7, 5)
SMALL = "1e-25"  # h of the flat rows: what is left out is smaller by h M n
STEP = 0.3


def _noise(count: int, reshuffled: bool):
    """Covariance of ``count`` noises of unit variance."""
    return mp.matrix([[_pair(s, t, reshuffled) for t in range(count)] for s in range(count)])


def _pair(s: int, t: int, reshuffled: bool):
    if s == t:
        return mp.mpf(1)
    same = reshuffled and s // BATCHES == t // BATCHES
    return mp.mpf(-1) / (BATCHES - 1) if same else mp.mpf(0)


def _positions(h, count: int):
    """``u_t = sum_s a^(t-s) xi_s``, from rest."""
    a = 1 - h
    return mp.matrix([[a ** (t - s) if s <= t else 0 for s in range(count)]
                      for t in range(count)])  # fmt: skip


def _spread(covariance) -> mp.mpf:
    """Expected variance about the mean of the points, divided by their number."""
    count = covariance.rows
    trace = mp.fsum(covariance[t, t] for t in range(count))
    return (trace - mp.fsum(covariance) / count) / count


@lru_cache
def variance(row: str, curvature: str) -> mp.mpf:
    """Variance of one row at this h, by the route that its regime needs."""
    with mp.workdps(120):
        h = mp.mpf(curvature)
        count = BATCHES * EPOCHS
        carried = _positions(h, count)
        noise = _noise(count, reshuffled=row != table.WALK)
        covariance = carried * noise * carried.T
        ends = range(BATCHES - 1, count, BATCHES)
        if row in (table.WALK, table.FLAT):
            return _spread(covariance)
        if row == table.ENDS_WALK:
            return _spread(mp.matrix([[covariance[s, t] for t in ends] for s in ends]))
        added = covariance[BATCHES - 1, BATCHES - 1]
        return added / (1 - (1 - h) ** (2 * BATCHES))


#: The rows that have relaxed: variance at h when the window, or the epoch, is this long.
RELAXED = {table.WHITE: white_window_variance, table.EPOCH: epoch_variance}


def relaxed(row: str) -> float:
    """Variance at fixed h, extrapolated in one over the length."""
    short, long = (RELAXED[row](STEP, 10**6 * k) for k in (1, 2))
    return 2 * long - short


def power(row: str) -> float:
    """Of h, by a difference quotient."""
    if row in RELAXED:
        # h = 1e-6 and h times the length 1e7: the power is reached up to 1e-6.
        low, high = (RELAXED[row](h, 10**13) for h in (1e-6, 1.001e-6))
        return float(np.log(high / low) / np.log(1.001))
    with mp.workdps(60):
        low, high = "1e-12", "1.0001e-12"
        growth = mp.log(variance(row, high) / variance(row, low))
        return float(growth / mp.log(mp.mpf(high) / mp.mpf(low)))


@lru_cache
def sampled() -> Estimate:
    """In-window variance of flat reshuffled runs, simulated step by step."""
    draw = np.random.default_rng(3)
    values = np.linspace(-1, 1, BATCHES)
    values /= values.std()
    runs = np.tile(values, (20_000, EPOCHS, 1))
    walk = np.cumsum(draw.permuted(runs, axis=2).reshape(len(runs), -1), axis=1)
    return Estimate.mean_of(walk.var(axis=1))


def rows(claim):
    """Every variance at M = 5, n = 3, and every exponent by a difference quotient."""

    def read(label, h):
        values = {table.h: sp.Rational(h), table.M: BATCHES, table.n: EPOCHS}
        return float(claim[label].rhs.subs({**values, table.gamma: GAMMA}))

    for row in table.ROWS:
        if row in RELAXED:
            yield compare(row, read(row, str(STEP)), relaxed(row))
        else:
            yield compare(row, read(row, SMALL), float(variance(row, SMALL)))
    yield compare(f"{table.FLAT}, sampled", read(table.FLAT, SMALL), sampled())
    for row in table.ROWS:
        found = 2 * (float(GAMMA) + power(row))
        # h = 1e-12: the power is reached up to h M n, 1e-11.
        atol = 1e-5 if row in RELAXED else 1e-8
        yield compare(f"psi, {row}", read(table.exponent(row), SMALL), found, atol=atol)


CHECKS = {"IVF-TT1": rows}
