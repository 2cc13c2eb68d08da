"""Numeric checks of what the recursion itself does."""

from functools import lru_cache

import mpmath
import numpy as np
import sympy as sp
from scipy.integrate import quad
from scipy.optimize import brentq
from scipy.special import gammaln, logsumexp

from sgdtheory.estimate import Estimate, compare
from sgdtheory.theory.power_law import chains, least_squares

# PLD-X1

RATE, H, SIGMA_G, SIGMA_H, RHO = 0.4, 1.2, 0.9, 0.5, 0.35


def _draw(rng, paths: int):
    """Gaussian (h, g) with the covariances above."""
    cov = [[SIGMA_H, RHO], [RHO, SIGMA_G]]
    return rng.multivariate_normal([H, 0.0], cov, paths, method="cholesky").T


@lru_cache
def one_step(k: float, w: float):
    """Mean of exp(ikw') over Gaussian (h, g): Gauss-Hermite in two dimensions."""
    x, weight = np.polynomial.hermite_e.hermegauss(60)
    root = np.linalg.cholesky([[SIGMA_H, RHO], [RHO, SIGMA_G]])
    first, second = np.meshgrid(x, x, indexing="ij")
    h, g = H + root[0, 0] * first, root[1, 0] * first + root[1, 1] * second
    wave = np.exp(1j * k * ((1 - RATE * h) * w - RATE * g))
    return np.log((wave * np.outer(weight, weight)).sum() / weight.sum() ** 2)


@lru_cache
def stationary_square(chain: str) -> Estimate:
    """E w² after 60 steps from 0 of 40,000 independent chains."""
    rng, paths = np.random.default_rng(21), 40_000
    w = np.zeros(paths)
    for _ in range(60):
        if chain == "noise":
            C = SIGMA_G + 2 * RHO * w + SIGMA_H * w**2
            w = w - RATE * (H * w + np.sqrt(C) * rng.standard_normal(paths))
        else:
            h, g = _draw(rng, paths)
            w = (1 - RATE * h) * w - RATE * g
    return Estimate.mean_of(w**2)


def gaussian_chain(claim):
    """PLD-X1: one step by quadrature, the second moment of both chains by running them."""
    letters = (chains.eta, chains.H, chains.sg, chains.sH, chains.rho)
    at = dict(zip(letters, (RATE, H, SIGMA_G, SIGMA_H, RHO), strict=True))
    for k, w in ((1.3, 0.8), (-0.7, -2.1)):
        claimed = complex(claim[chains.LAW].rhs.subs({**at, chains.k: k, chains.w: w}))
        for part in ("real", "imag"):
            found = getattr(one_step(k, w), part)
            yield compare(f"log phi({k}), {part}", getattr(claimed, part), found, rtol=1e-10)
    for chain in ("noise", "coefficients"):
        number = claim[chains.MOMENT].rhs.subs(at)
        yield compare(f"E w², random {chain}", number, stationary_square(chain))
    # At ηH = 1/2 the second moment stands still at κ = 2/3: below, at and above.
    for kappa in (sp.Rational(1, 2), sp.Rational(2, 3), sp.Integer(1)):
        values = {chains.eta: sp.Rational(1, 2), chains.H: 1, chains.kappa: kappa}
        claimed = bool(claim[chains.FINITE].subs(values))
        shrinks = contraction(2.0, 0.5, float(kappa)) < 1 - 1e-9
        yield compare(f"finite at κ = {kappa}", float(claimed), float(shrinks))


# PLD-X2


@lru_cache
def contraction(power: float, eps: float, kappa: float) -> float:
    """E|1 - ηh|^power by quadrature on both sides of the kink at ηh = 1."""
    s = np.sqrt(eps / kappa)

    def integrand(x):
        density = np.exp(-((x - eps) ** 2) / (2 * s * s)) / (s * np.sqrt(2 * np.pi))
        return abs(1 - x) ** power * density

    inner = {"epsabs": 0, "epsrel": 1e-13, "limit": 400}
    left = quad(integrand, eps - 40 * s, 1, points=[eps], **inner)[0]
    return left + quad(integrand, 1, eps + 40 * s, **inner)[0] if eps + 40 * s > 1 else left


@lru_cache
def gaussian_root(eps: float, kappa: float) -> float:
    """The exponent at 30 digits: trapezoidal sum over ηh, exact beyond all orders here."""
    with mpmath.workdps(30):
        s = mpmath.sqrt(mpmath.mpf(eps) / kappa)
        z = [mpmath.mpf(j) / 8 for j in range(-100, 101)]
        weight = [mpmath.exp(-x * x / 2) / 8 / mpmath.sqrt(2 * mpmath.pi) for x in z]
        log = [mpmath.log(abs(1 - eps - s * x)) for x in z]

        def excess(power):
            terms = (w * mpmath.exp(power * y) for w, y in zip(weight, log, strict=True))
            return mpmath.fsum(terms) - 1

        return mpmath.findroot(excess, (2 * kappa + 0.9, 2 * kappa + 1.2))


def extrapolated(values) -> list:
    """Coefficients 0 and 1 of the polynomial in ε through ``(ε, value)``: Richardson."""
    with mpmath.workdps(30):
        x = [mpmath.mpf(a) for a, _ in values]
        A = mpmath.matrix([[a**j for j in range(len(x))] for a in x])
        coefficients = mpmath.lu_solve(A, mpmath.matrix([b for _, b in values]))
        return [float(coefficients[0]), float(coefficients[1])]


@lru_cache
def small_rate(kappa: float) -> list:
    rates = [j / 2**11 for j in range(1, 8)]
    return extrapolated([(e, gaussian_root(e, kappa)) for e in rates])


def kesten(claim):
    """PLD-X2: the moment by quadrature; the exact root at seven rates, extrapolated to zero."""
    for power, eps, kappa in ((2.7, 0.3, 1.0), (6.3, 0.5, 2.0)):
        formula = claim[chains.EXPONENT].rhs.subs(
            {chains.q: power, chains.eps: eps, chains.kappa: kappa}
        )
        found = contraction(power, eps, kappa)
        yield compare(f"E|1 - ηh|^{power}", sp.N(formula), found, rtol=1e-10)
    series = sp.expand(claim[chains.ROOT].rhs.removeO())
    index = claim[chains.INDEX].rhs
    for kappa in (0.75, 2.0):
        at_zero, slope = small_rate(kappa)
        for order, found in enumerate((at_zero, slope)):
            claimed = series.coeff(chains.eps, order).subs(chains.kappa, kappa)
            yield compare(f"a, order {order}, κ = {kappa}", claimed, found)
        survival = 2 * (kappa + 1 - index) - 1
        yield compare(f"survival index, κ = {kappa}", survival, at_zero)


# PLD-X3


@lru_cache
def skewed_root(eta: float, batch: int) -> float:
    """The exponent by Gauss-Legendre panels over r, where h = r²/b and r² is chi-square."""
    top = np.sqrt(5 * batch / eta) + 40
    edges = np.append(np.linspace(0, top, 500), np.sqrt(batch / eta))
    edges = np.unique(edges)
    node, weight = np.polynomial.legendre.leggauss(16)
    half = np.diff(edges)[:, None] / 2
    r = edges[:-1, None] + half * (1 + node)
    log_density = (batch - 1) * np.log(r) - r * r / 2
    log_density -= (batch / 2 - 1) * np.log(2) + gammaln(batch / 2)
    log_step = np.log(np.abs(1 - eta * r * r / batch))

    def excess(power):
        return logsumexp(power * log_step + log_density, b=half * weight)

    return brentq(excess, 0.9 * batch / eta, 2.2 * batch / eta, xtol=1e-12, rtol=1e-15)


@lru_cache
def least_squares_square(eta: float, batch: int) -> Estimate:
    """E w² of SGD on y = ξ: 40,000 runs of 30 steps from w = 0, fresh batches."""
    # Thirty steps leave (E(1 - ηh)²)^30 < 1e-6 of the start.
    rng, paths = np.random.default_rng(31), 40_000
    w = np.zeros(paths)
    for _ in range(30):
        x, noise = rng.standard_normal((2, batch, paths))
        w = w - eta * (x * (w * x - noise)).mean(0)
    return Estimate.mean_of(w**2)


@lru_cache
def limit_constant() -> float:
    """aη for a batch of one, extrapolated to η = 0."""
    rates = [j / 2**10 for j in range(1, 7)]
    return extrapolated([(e, e * skewed_root(e, 1)) for e in rates])[0]


def skewed(claim):
    """PLD-X3: exact roots extrapolated to small rates, and SGD on least squares itself."""
    found, rule, c = limit_constant(), claim[least_squares.CONDITION], least_squares.c
    yield compare("condition", rule.rhs, float(rule.lhs.subs(c, found)))
    yield compare("constant", sp.N(claim[least_squares.CONSTANT].rhs), found)
    eta, batch = 2.0**-13, 3
    at = {c: found, least_squares.eta: eta, least_squares.b: batch}
    # For b > 1 the correction is of order η log η and no power series: 2e-4 at this rate.
    number = claim[least_squares.LIMIT].rhs.subs(at)
    yield compare("exponent, batch of 3", number, skewed_root(eta, batch), rtol=1e-3)
    for eta, batch in ((0.5, 4), (0.3, 3)):
        at = {least_squares.eta: eta, least_squares.b: batch, least_squares.sigma: 1}
        square = least_squares_square(eta, batch)
        yield compare(f"E w², batch {batch}", claim[least_squares.MOMENT].rhs.subs(at), square)
    # A batch of 2 has h exponential, and its second moment stands still at η = 1.
    node, weight = np.polynomial.laguerre.laggauss(20)
    for rate in (sp.Rational(1, 2), sp.Integer(1), sp.Rational(3, 2)):
        values = {least_squares.eta: rate, least_squares.b: 2}
        claimed = bool(claim[least_squares.FINITE].subs(values))
        shrinks = weight @ (1 - float(rate) * node) ** 2 < 1 - 1e-9
        yield compare(f"finite at η = {rate}", float(claimed), float(shrinks))


CHECKS = {"PLD-X1": gaussian_chain, "PLD-X2": kesten, "PLD-X3": skewed}
