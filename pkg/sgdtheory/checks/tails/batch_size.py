"""TLS-6: exact exponents, quadrature and an ensemble of SGD on linear regression."""

from functools import lru_cache

import numpy as np
import sympy as sp
from scipy.optimize import brentq, minimize_scalar
from scipy.stats import chi2, gamma

from sgdtheory.checks.power_law.chains import extrapolated
from sgdtheory.estimate import Estimate, compare
from sgdtheory.stochastic.distributions import power_law
from sgdtheory.stochastic.kesten import kesten_exponent_least_squares
from sgdtheory.theory.tails import batch_size as theory

RATES = (0.3, 1.2)
LARGE = tuple(2**k for k in range(8, 15))


@lru_cache
def gradient_variance(u: float, sigma: float) -> float:
    """Variance of one sample's gradient X(Xu - sigma Z) by Gauss-Hermite quadrature."""
    z, weight = np.polynomial.hermite_e.hermegauss(12)
    weight = np.outer(weight, weight) / weight.sum() ** 2
    g = z[:, None] * (z[:, None] * u - sigma * z)
    return float((weight * g**2).sum() - (weight * g).sum() ** 2)


@lru_cache
def curvature_moment(batch: int, power: int, eta: float, extra: int = 0) -> float:
    """E (1 - eta h)^power h^extra, Gauss-Legendre panels over quantiles of r, h = r^2/b."""
    node, weight = np.polynomial.legendre.leggauss(40)
    edges = np.linspace(0, np.sqrt(batch) + 14, 40)
    half = np.diff(edges)[:, None] / 2
    r = edges[:-1, None] + half * (1 + node)
    law = half * weight * chi2.pdf(r**2, batch) * 2 * r
    h = r**2 / batch
    return float((law * (1 - eta * h) ** power * h**extra).sum())


@lru_cache
def excess_kurtosis(eta: float, batch: int) -> float:
    """Fixed point of the second and fourth moment, label noise of variance one."""
    noise = eta**2 / batch
    two = noise / (1 - curvature_moment(batch, 2, eta))
    cross = 6 * noise * two * curvature_moment(batch, 2, eta, 1)
    free = 3 * noise**2 * curvature_moment(batch, 0, eta, 2)
    return (cross + free) / (1 - curvature_moment(batch, 4, eta)) / two**2 - 3


@lru_cache
def replicas(eta: float, batch: int, paths: int = 100_000) -> np.ndarray:
    """Weights of independent runs after 40 steps, fresh inputs and labels."""
    rng, u = np.random.default_rng(41), np.zeros(paths)
    for _ in range(40):
        x, zeta = rng.standard_normal((2, batch, paths), dtype=np.float32)
        u = u - eta * (x * (x * u - zeta)).mean(0)
    return u


@lru_cache
def sampled_kurtosis(eta: float, batch: int) -> Estimate:
    """gamma with the standard error of a ratio of two means."""
    square = replicas(eta, batch) ** 2
    m = square.mean()
    ratio = (square**2).mean() / m**2
    each = square**2 / m**2 - 2 * ratio * square / m
    return Estimate(ratio - 3, float(each.std() / np.sqrt(each.size)), each.size)


@lru_cache
def line(eta: float) -> tuple[float, float]:
    """Slope and constant of the exact exponent over b: extrapolated to 1/b = 0."""
    exact = [kesten_exponent_least_squares(eta, batch) for batch in LARGE]
    pairs = list(zip(LARGE, exact, strict=True))
    slope = extrapolated([(1 / batch, a / batch) for batch, a in pairs])[0]
    return slope, extrapolated([(1 / batch, a - slope * batch) for batch, a in pairs])[0]


@lru_cache
def least_ratio(eta: float) -> float:
    """The smallest price over logarithm, by a search over x."""

    def ratio(log_y):
        y = 1 + np.exp(log_y)
        return (y / eta - 1 - np.log(y / eta)) / 2 / np.log(y - 1)

    found = minimize_scalar(ratio, bounds=(1e-9, 5), method="bounded", options={"xatol": 1e-10})
    return float(found.fun)


def cheapest(claim, eta: float) -> float:
    """x beyond 2/eta from the claimed equation."""
    rule = claim[theory.POINT]
    residual = sp.lambdify(theory.x, (rule.lhs - rule.rhs).subs(theory.eta, eta))
    low = 2 / eta * (1 + 1e-9)
    return brentq(residual, low, 1e4 / eta, xtol=1e-14, rtol=1e-15)


def tail(claim):
    for eta in RATES:
        at = {theory.eta: eta, theory.x: cheapest(claim, eta)}
        at[theory.s] = claim[theory.SLOPE].rhs.subs(at)
        slope, constant = line(eta)
        # Roots good to 1e-12, of size 1e4 s: what is left of them at b^0 has eight digits.
        yield compare(f"slope, rate {eta}", at[theory.s], slope)
        found = claim[theory.EXPONENT].rhs.removeO().subs(at)
        yield compare(f"growth, rate {eta}", found.coeff(theory.b, 1), slope)
        yield compare(f"constant, rate {eta}", found.coeff(theory.b, 0), constant, rtol=1e-6)
    small = 1e-12  # the correction is of relative size eta log(1/eta)
    number = claim[theory.SMALL].rhs.subs(theory.eta, small)
    yield compare("slope at a small rate", sp.N(number), least_ratio(small))
    gaps = [2.0**-k for k in range(3, 9)]
    edge = extrapolated([(g, least_ratio(2 - g) / g) for g in gaps])[0]
    number = sp.limit(claim[theory.EDGE].rhs / (2 - theory.eta), theory.eta, 2)
    # The search finds the least ratio at 2 - g to 1e-15/g; six points amplify that.
    yield compare("slope near two", number, edge, rtol=1e-5)


def body(claim):
    for eta, batch in ((0.5, 8), (1.0, 16)):
        at = {theory.eta: eta, theory.b: batch}
        gamma_ = claim[theory.KURTOSIS].rhs.subs(at)
        yield compare(f"kurtosis, b = {batch}", gamma_, excess_kurtosis(eta, batch))
        yield compare(f"kurtosis, b = {batch}, replicas", gamma_, sampled_kurtosis(eta, batch))
        jump = (1 - 2 * curvature_moment(batch, 1, eta) + curvature_moment(batch, 2, eta)) / (
            1 - curvature_moment(batch, 1, eta)
        )
        yield compare(f"weighted mean, b = {batch}", claim[theory.JUMP].rhs.subs(at), jump)
    sizes = (1000, 2000, 4000, 8000)
    matched = [(1 / n, (4 + 6 / excess_kurtosis(0.8, n)) / n) for n in sizes]
    number = claim[theory.BODY].rhs.subs({theory.eta: 0.8, theory.b: 1})
    # Four batches extrapolated; the kurtosis is a difference from 3 of size 1/n.
    yield compare("Student t of this kurtosis", number, extrapolated(matched)[0], rtol=1e-5)


def batch_size(claim):
    u, noise, batch, eta = 0.7, 1.3, 5, 0.4
    at = {theory.u: u, theory.sigma: noise, theory.b: batch, theory.eta: eta}
    found = gradient_variance(u, noise) / batch
    yield compare("covariance", claim[theory.COVARIANCE].rhs.subs(at), found)
    sigma_g = gradient_variance(0.0, noise) / batch
    sigma_H = (gradient_variance(1.0, noise) - gradient_variance(0.0, noise)) / batch
    law = power_law(1 / (eta * sigma_H), sigma_g, sigma_H)
    yield compare("index of the Itô law", claim[theory.ITO].rhs.subs(at), law.survival_index)
    for x in (0.4, 3.0):
        few, many = (gamma.logpdf([1, x], n / 2, scale=2 / n) @ (1, -1) for n in (1000, 2000))
        # The law's front is a power of x that does not depend on b: it cancels.
        found = (many - few) / 1000
        yield compare(f"price of {x}", claim[theory.RATE].rhs.subs(theory.x, x), found)
    yield from tail(claim)
    yield from body(claim)


CHECKS = {"TLS-6": batch_size}
