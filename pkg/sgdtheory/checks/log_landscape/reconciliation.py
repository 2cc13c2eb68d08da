"""LOG-M1: gradients of three features, laws by their slopes, exact times over a barrier."""

from collections.abc import Iterator
from functools import lru_cache
from math import exp, log, pi

import numpy as np
import sympy as sp
from scipy.integrate import quad
from scipy.optimize import brentq

from sgdtheory.checks.foundations.sampling import extrapolate
from sgdtheory.checks.log_landscape.stationary import ETA, L_0, VALUES, B, H, exact, fall
from sgdtheory.estimate import Comparison, compare
from sgdtheory.stochastic.first_passage import log_mean_first_passage_time
from sgdtheory.stochastic.stationary import density
from sgdtheory.theory.log_landscape import reconciliation as theory

KURTOSES = (1.0, 2.0, 3.0, 1.8)


def number(expr, **more) -> float:
    values = VALUES | {getattr(theory, k): v for k, v in more.items()}
    return float(sp.N(sp.sympify(expr).subs({k: exact(v) for k, v in values.items()}), 17))


def feature(kurtosis: float) -> tuple[np.ndarray, np.ndarray]:
    """Values and chances of a feature with second moment H; kurtosis 3 is the normal law."""
    if kurtosis == 3:
        nodes, weight = np.polynomial.hermite_e.hermegauss(9)
        return H**0.5 * nodes, weight / weight.sum()
    size, often = (H * kurtosis) ** 0.5, 1 / kurtosis
    return np.array([-size, 0.0, size]), np.array([often / 2, 1 - often, often / 2])


def noise(u: float, kurtosis: float) -> float:
    """Variance of the gradient of B samples at ``u``: all outcomes, label ±sqrt(2 L_*)."""
    x, chance = feature(kurtosis)
    label = np.array([-1.0, 1.0]) * (2 * L_0) ** 0.5
    gradient = x[:, None] * (x[:, None] * u - label)
    weight = chance[:, None] * np.array([0.5, 0.5])
    mean = (weight * gradient).sum()
    return float((weight * (gradient - mean) ** 2).sum() / B)


@lru_cache
def proportional() -> float:
    """The kurtosis at which noise over loss is the same at two places."""
    loss = lambda u: L_0 + H * u**2 / 2  # noqa: E731
    gap = lambda k: noise(1.0, k) / loss(1.0) - noise(0.0, k) / loss(0.0)  # noqa: E731
    return brentq(gap, 1.01, 10, xtol=1e-14)


PLACES = (-0.7, 1.2)


def slope(u):
    return u**3 - 0.4 * u + 0.2


def D(u):
    return 0.3 + 0.2 * np.sin(u) + u**2 / 5


@lru_cache
def log_ratio(reading: str, clock: str = "t") -> float:
    """``log p`` at one place less that at the other."""
    grid = np.unique(np.concatenate([np.linspace(-5, 5, 801), PLACES]))
    if clock == "t":
        p = density(lambda u: -slope(u), D, grid, reading)
    else:
        p = density(lambda u: -slope(u) / D(u), lambda u: 1 + 0 * u, grid, reading)
    low, high = np.searchsorted(grid, PLACES)
    return float(np.log(p[low] / p[high]))


def claimed_ratio(part) -> float:
    """The same from a claimed law: its integral by quadrature."""
    potential, noise_at = sp.symbols("V D", positive=True)
    log_p = sp.expand_log(sp.log(part.rhs), force=True)
    log_p = log_p.subs(theory.POTENTIAL, potential).subs(theory.D, noise_at)
    value = sp.lambdify((potential, noise_at), log_p)
    low, high = PLACES
    rise = quad(lambda u: slope(u) / D(u), low, high, epsabs=0, epsrel=1e-12)[0]
    return value(0.0, D(low)) - value(rise, D(high))


# L' = 3 (u - a)(u - saddle)(u - far): minima of different depth, and L = 0.4 at the first.
A, SADDLE, BEYOND = -1.0, 0.2, 1.1
SLOPE = 3 * np.poly1d([A, SADDLE, BEYOND], r=True)
LOSS = SLOPE.integ() + (0.4 - SLOPE.integ()(A))
R = LOSS(SADDLE) / LOSS(A)
ROOT = (-SLOPE.deriv()(A) * SLOPE.deriv()(SADDLE)) ** 0.5
KAPPAS = 20 * 2.0 ** np.arange(7)


def log_time(kappa: float, reading: str) -> float:
    """Noise D = L/kappa, that is eta h L/b."""
    return log_mean_first_passage_time(
        lambda u: -SLOPE(u), lambda u: LOSS(u) / kappa, A, BEYOND, convention=reading,
        cells=60_000,
    )  # fmt: skip


@lru_cache
def front(reading: str, half: float) -> float:
    """Exact time over ``2 pi r^(kappa + half)/root`` as ``kappa -> oo``."""
    scale = log(2 * pi / ROOT)
    logs = [log_time(k, reading) - scale - (k + half) * log(R) for k in KAPPAS]
    return extrapolate([exp(e) for e in logs])


@lru_cache
def ratio() -> float:
    """Time in the Itô reading over that in the anti-Itô reading as ``kappa -> oo``."""
    return extrapolate([exp(log_time(k, "ito") - log_time(k, "anti-ito")) for k in KAPPAS])


def _noise(claim) -> Iterator[Comparison]:
    sigma_g, sigma_h = (number(claim[k].rhs) for k in (theory.NOISE_G, theory.NOISE_H))
    yield compare("noise at the minimum", sigma_g, noise(0.0, 2.0))
    yield compare("growth of the noise, K = 2", sigma_h, noise(1.0, 2.0) - noise(0.0, 2.0))
    yield compare("kappa", number(claim[theory.KAPPA].rhs), (fall(0.0, 1) - 1) / 2)
    exponent = claim[theory.EXPONENT].rhs.subs(theory.kappa, B / (ETA * H))
    yield compare("exponent of the loss", exponent, (fall(0.0, 1) + 1) / 2)
    for kurtosis in KURTOSES:
        grown = noise(1.0, kurtosis) - noise(0.0, kurtosis)
        claimed = number(claim[theory.NOISE_K].rhs, K=kurtosis)
        # Kurtosis 1 has no growth: rounding, in units of the noise.
        yield compare(f"growth of the noise, K = {kurtosis:g}, regression", claimed, grown,
                      atol=1e-14)  # fmt: skip
        if kurtosis > 1:
            claimed = number(claim[theory.KAPPA_K].rhs, K=kurtosis)
            found = (fall(kurtosis - 2, 1) - 1) / 2
            yield compare(f"kappa, K = {kurtosis:g}", claimed, found)
    yield compare("kurtosis of noise proportional to the loss", claim[theory.ONE].rhs,
                  proportional())  # fmt: skip


def _readings(claim) -> Iterator[Comparison]:
    yield compare("anti-Itô, clock t", claimed_ratio(claim[theory.ANTI]), log_ratio("anti-ito"))
    yield compare("Itô, clock tau", claimed_ratio(claim[theory.TAU]), log_ratio("ito", "tau"))
    yield compare("Itô, clock t", claimed_ratio(claim[theory.ITO]), log_ratio("ito"))


def _escape(claim) -> Iterator[Comparison]:
    values = {theory.r: R, theory.H_a: ROOT, theory.H_b: ROOT, theory.kappa: 5}
    for label, reading, half in ((theory.SGD, "ito", 0.5), (theory.OTHER, "anti-ito", -0.5)):
        claimed = sp.N(claim[label].rhs.subs(values))
        found = front(reading, half) * 2 * pi / ROOT * R ** (5 + half)
        # Seven kappas from 20 to 1280 leave 2e-8 of the limit.
        yield compare(f"escape, {reading}", claimed, found, rtol=1e-7)
    claimed = sp.N(claim[theory.RATIO].rhs.subs(values))
    yield compare("ratio of the times", claimed, ratio(), rtol=1e-7)


def log_m1(claim) -> Iterator[Comparison]:
    """LOG-M1: four features, one odd pair of L and D on two clocks, a tilted double well."""
    yield from _noise(claim)
    yield from _readings(claim)
    yield from _escape(claim)


CHECKS = {"LOG-M1": log_m1}
