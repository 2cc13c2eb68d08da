"""IVF-WIN1 and IVF-XO1: covariance matrices of whole windows, simulation, long epochs."""

from functools import lru_cache

import numpy as np

from sgdtheory.checks.foundations.sampling import extrapolate
from sgdtheory.checks.variance_flatness import epochs
from sgdtheory.estimate import Estimate, compare
from sgdtheory.stochastic import linear_sgd
from sgdtheory.theory.variance_flatness import crossover as x
from sgdtheory.theory.variance_flatness import modes
from sgdtheory.theory.variance_flatness import window as w

UNIT = {modes.eta: 1, modes.C: 1}


@lru_cache
def inside(h: float, T: int) -> float:
    """Trace of the centred covariance of T steps: old noises, then those of the window."""
    old = (1 - h) ** np.arange(1, T + 1) / np.sqrt(1 - (1 - h) ** 2)
    fresh = np.tril((1 - h) ** np.maximum(np.subtract.outer(np.arange(T), np.arange(T)), 0))
    K = np.outer(old, old) + fresh @ fresh.T
    return float(np.trace(K) / T - K.mean())


@lru_cache
def sampled(h: float, T: int, paths: int = 20_000) -> Estimate:
    """Windows cut from running chains; 20/h steps before, from the minimum."""
    rng = np.random.default_rng(41)
    u, first, second = np.zeros((3, paths))
    for step in range(int(20 / h) + T):
        u = u - (h * u + rng.standard_normal(paths))
        if step >= int(20 / h):
            first, second = first + u / T, second + u**2 / T
    return Estimate.mean_of(second - first**2)


def read(claim, label, h: float, T: int) -> float:
    """A claimed number in units of eta^2 C."""
    own = claim[w.FACTOR].rhs.subs(modes.z, modes.a)
    whole = claim[label].rhs.subs(w.Phi_T(modes.a), own).subs(w.X, claim[w.WHOLE].rhs)
    return float(whole.subs(UNIT).subs({modes.a: 1 - h, modes.h: h, modes.T: T}))


def window(claim):
    """IVF-WIN1."""
    for h, T in ((0.3, 5), (0.05, 40), (1.7, 12)):
        where = f"h = {h}, T = {T}"
        for label, route in ((w.WINDOW, "window"), (w.SAME, "as reshuffling")):
            yield compare(f"{route}, {where}", read(claim, label, h, T), inside(h, T))
        spread = sum((1 - h) ** (2 * j) for j in range(2000))
        yield compare(f"whole, {where}", read(claim, w.WHOLE, h, T), spread)
    stated = read(claim, w.WINDOW, 0.1, 12)
    yield compare("window, sampled", stated, sampled(0.1, 12))
    T, series = 7, claim[w.SHORT].rhs.removeO()
    for order in (0, 1):
        claimed = float(series.diff(modes.h, order).subs({modes.h: 0, modes.T: T}))
        # A polynomial of fifth order through exact values between h = 1/600 and 1/100.
        found = epochs.taylor(lambda h: inside(h, T), 0.01, order)
        yield compare(f"short window, order {order}", claimed, found, rtol=1e-6)
    h, lost = 0.4, []
    for T in (100, 200, 400, 800):
        lost.append(T * (1 - inside(h, T) * (1 - (1 - h) ** 2)))
    series = claim[w.LONG].rhs.removeO()
    claimed = float((100 * (1 - series)).subs({modes.h: h, modes.T: 100}))
    yield compare("long window", claimed, extrapolate(lost))


@lru_cache
def scaled(at: float, mu: float) -> float:
    """Exact variance over ``M/(6 (1 - mu)^2)`` at fixed x, extrapolated to long epochs."""
    values = []
    for M in 2000 * 2 ** np.arange(5):
        h = at * (1 - mu) / M
        exact = linear_sgd.epoch_variance(h, int(M), mu)
        values.append(exact * 6 * (1 - mu) ** 2 / M)
    return extrapolate(values)


def crossover(claim):
    """IVF-XO1: with and without momentum."""
    for mu in (0.0, 0.8):
        eta, M = 0.1, 10**6
        at = UNIT | {modes.mu: mu, modes.M: M, modes.eta: eta}
        flat = float(claim[x.FLAT].rhs.subs(at))
        # The rest is of order 1/((1 - mu)^2 M).
        found = eta**2 * linear_sgd.epoch_variance(1e-12, M, mu)
        yield compare(f"flat, mu = {mu}", flat, found, rtol=1e-4)
        lam = 3e-3
        sharp = float(claim[x.SHARP].rhs.subs(at | {modes.lam: lam}))
        found = eta**2 * linear_sgd.mode_variance(eta * lam, mu)
        # h = 3e-4 against 2 (1 + mu).
        yield compare(f"sharp, mu = {mu}", sharp, found, rtol=4e-4)
        star = float(claim[x.CROSSING].rhs.subs(at))
        meets = 6 * (1 - mu) ** 2 / (eta**2 * M) * eta / (2 * (1 - mu))
        yield compare(f"crossing, mu = {mu}", star, meets)
        unit = float(claim[x.UNIT].rhs.subs(at | {modes.lam: meets}))
        yield compare(f"unit, mu = {mu}", unit, 3.0)
        for point in (0.5, 3.0, 20.0):
            claimed = float(claim[x.SCALING].rhs.subs(x.x, point))
            yield compare(f"scaling at {point}, mu = {mu}", claimed, scaled(point, mu))
    for order in (0, 1):
        claimed = float(claim[x.LOW].rhs.removeO().diff(x.x, order).subs(x.x, 0))
        found = epochs.taylor(lambda p: scaled(p, 0.0), 0.5, order)
        # A fifth-order polynomial up to x = 1/2.
        yield compare(f"towards flat, order {order}", claimed, found, rtol=1e-4)
    # The rest is of order 1/x.
    high = float(claim[x.HIGH].rhs.subs(x.x, 1000))
    yield compare("towards sharp", high, scaled(1000.0, 0.0), rtol=3e-3)
    yield compare("at the crossing", claim[x.THERE].rhs, scaled(3.0, 0.0))


CHECKS = {"IVF-WIN1": window, "IVF-XO1": crossover}
