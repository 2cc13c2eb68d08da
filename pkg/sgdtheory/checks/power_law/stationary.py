"""PLD-T2 and PLD-C3: the law from its slope by quadrature, and SGD itself."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from math import pi

import numpy as np
import sympy as sp
from scipy.integrate import quad

from sgdtheory.estimate import Comparison, Estimate, compare
from sgdtheory.theory.power_law import stationary, student_t
from sgdtheory.theory.power_law import symbols as s

INDEX = {"Itô": 0.0, "Stratonovich": 0.5, "anti-Itô": 1.0}
AT = 0.7


@dataclass(frozen=True)
class Parameters:
    """Numbers for the letters; ``H`` follows from kappa."""

    kappa: float
    sigma_g: float
    sigma_H: float
    rho: float
    eta: float

    @property
    def H(self) -> float:
        return self.kappa * self.eta * self.sigma_H

    def letters(self, alpha: float) -> dict:
        """For the letters of a claim; exact numbers, so that sympy keeps every digit."""
        given = {"alpha": alpha, "H": self.H, **vars(self)}
        return {getattr(s, name): sp.Float(value, 17) for name, value in given.items()}


SKEWED = (Parameters(3.0, 1.0, 0.5, 0.3, 0.1), Parameters(4.7, 0.6, 1.4, -0.5, 0.05))
SYMMETRIC = (Parameters(3.0, 1.0, 0.5, 0.0, 0.1), Parameters(4.7, 0.6, 1.4, 0.0, 0.05))


def slope(u: float, p: Parameters, alpha: float) -> float:
    """``(log p)'`` of the zero-flux law: ``(f - (1 - alpha) D')/D``."""
    C, C_prime = p.sigma_g + 2 * p.rho * u + p.sigma_H * u**2, 2 * (p.rho + p.sigma_H * u)
    return -2 * p.H * u / (p.eta * C) - (1 - alpha) * C_prime / C


@lru_cache(maxsize=64)
def measured(p: Parameters, alpha: float) -> dict[str, float]:
    """Log-density, norm, mean and variance by integrating the slope; ``u = tan theta``."""

    @lru_cache(maxsize=4096)
    def log_p(u: float) -> float:
        inner = quad(lambda v: slope(v, p, alpha), 0, u, epsabs=1e-13, epsrel=1e-12, limit=200)
        return inner[0] if u else 0.0

    def moment(n: int) -> float:
        def integrand(theta):
            u = np.tan(theta)
            return u**n * np.exp(log_p(float(u))) / np.cos(theta) ** 2

        # |u| < 1e7: what is left outside is below 1e-20 of a variance that falls like u^-3.
        edges = np.linspace(-pi / 2 + 1e-7, pi / 2 - 1e-7, 9)
        return sum(
            quad(integrand, a, b, epsabs=1e-14, epsrel=1e-12, limit=200)[0]
            for a, b in zip(edges, edges[1:], strict=False)
        )

    total, first, second = (moment(n) for n in range(3))
    mean = first / total
    return {
        "total": total,
        "log p": log_p(AT),
        "p": float(np.exp(log_p(AT)) / total),
        "norm": total / float(np.exp(log_p(-p.rho / p.sigma_H))),
        "mean": mean,
        "variance": second / total - mean**2,
        "tail": -1e10 * slope(1e10, p, alpha),
    }


def sgd_chain(p: Parameters, chains: int, steps: int, seed: int) -> np.ndarray:
    """Weights after many steps of SGD whose gradient is ``g + h w`` with random g and h.

    Jointly Gaussian, of variances sigma_g and sigma_H and covariance rho, and E h = H.
    """
    rng = np.random.default_rng(seed)
    across = p.rho / np.sqrt(p.sigma_g)
    rest = np.sqrt(p.sigma_H - across**2)
    w = np.zeros(chains)
    for _ in range(steps):
        z = rng.standard_normal((2, chains))
        h = p.H + across * z[0] + rest * z[1]
        w = w - p.eta * (h * w + np.sqrt(p.sigma_g) * z[0])
    return w


# kappa = 1: heavy tails; eta H = 0.02, so the law is that of the SDE within the noise here.
CHAIN = Parameters(1.0, 1.0, 1.0, 0.3, 0.02**0.5)
CHAIN_SYMMETRIC = Parameters(1.0, 1.0, 1.0, 0.0, 0.02**0.5)
FAR = 2.0


@lru_cache(maxsize=2)
def tail_of_sgd(p: Parameters) -> Estimate:
    """P(|u| > 2) after 500 steps, ten relaxation times, of 20,000 independent chains."""
    return Estimate.mean_of(np.abs(sgd_chain(p, 20_000, 500, seed=3)) > FAR)


def probability(log_p) -> float:
    """P(|u| > 2) under a log-density that need not be normalised."""
    p = lambda u: np.exp(log_p(u))  # noqa: E731
    inside = quad(p, -FAR, FAR)[0]
    outside = quad(p, FAR, np.inf)[0] + quad(p, -np.inf, -FAR)[0]
    return outside / (inside + outside)


def function_of_u(expr, p: Parameters, alpha: float):
    return sp.lambdify(s.u, sp.N(expr.subs(p.letters(alpha)), 17))


def t2(claim) -> Iterator[Comparison]:
    """PLD-T2: two parameter sets, three conventions; tails of SGD."""
    logs = {k: stationary.log_density(k, claim) for k in (stationary.LAW, stationary.SGD)}
    normed = claim[stationary.NORMED].rhs.subs(stationary.Z, claim[stationary.NORM].rhs)
    for p in SKEWED:
        for name, alpha in INDEX.items():
            found, letters = measured(p, alpha), p.letters(alpha)

            def number(expr, letters=letters):
                value = sp.N(stationary.resolve(sp.sympify(expr), claim).subs(letters), 17)
                real, imaginary = value.as_real_imag()
                return real if abs(imaginary) <= 1e-12 * abs(real) else sp.nan

            where = f"{name}, κ = {p.kappa}"
            law = function_of_u(logs[stationary.LAW], p, alpha)
            yield compare(f"log p, {where}", law(AT) - law(0.0), found["log p"])
            yield compare(f"p, {where}", number(normed.subs(s.u, AT)), found["p"])
            yield compare(f"norm, {where}", number(claim[stationary.NORM].rhs), found["norm"])
            # The Itô mean is zero: an absolute tolerance, in units of the weight.
            yield compare(
                f"mean, {where}", number(claim[stationary.MEAN].rhs), found["mean"], atol=1e-9
            )
            yield compare(
                f"variance, {where}", number(claim[stationary.VAR].rhs), found["variance"]
            )
            for n, label in enumerate(
                (stationary.NORM_IF, stationary.MEAN_IF, stationary.VAR_IF)
            ):
                margin = claim[label].gts - claim[label].lts
                yield compare(f"margin of E|u|^{n}, {where}", number(margin),
                              (found["tail"] - n - 1) / 2)  # fmt: skip
        law = function_of_u(logs[stationary.SGD], p, 0.0)
        yield compare(
            f"log p of SGD, κ = {p.kappa}", law(AT) - law(0.0), measured(p, 0.0)["log p"]
        )
    law = function_of_u(logs[stationary.SGD], CHAIN, 0.0)
    yield compare("P(|u| > 2) of SGD itself", probability(law), tail_of_sgd(CHAIN))


@lru_cache(maxsize=1)
def fitted_nu() -> Estimate:
    """Degrees of freedom of a Student t fitted to the weights of SGD, kappa = 1, rho = 0."""
    from sgdtheory.stochastic.distributions import fit_student_t

    sample = sgd_chain(CHAIN_SYMMETRIC, 20_000, 500, seed=5)
    return fit_student_t(sample).nu


@lru_cache(maxsize=4)
def gaussian_limit(p: Parameters, alpha: float) -> float:
    """``C(u)/C(0)`` to the power of -m at kappa = 1e12, eta, H and sigma_g fixed."""
    kappa = 1e12
    z = p.H * AT**2 / (p.eta * p.sigma_g)
    return float(np.exp(-(kappa + 1 - alpha) * np.log1p(z / kappa)))


def c3(claim) -> Iterator[Comparison]:
    """PLD-C3: two parameter sets, three conventions; a fit to SGD; tails of SGD."""
    c = student_t
    for p in SYMMETRIC:
        for name, alpha in INDEX.items():
            found, letters = measured(p, alpha), p.letters(alpha)

            def number(expr, letters=letters):
                return sp.N(c.resolve(expr, claim).subs(letters), 17)

            where = f"{name}, κ = {p.kappa}"
            for label in (c.LAW, c.TSALLIS):
                claimed = number(sp.log(claim[label].rhs.subs(s.u, AT)))
                yield compare(f"log p, {label}, {where}", claimed, found["log p"])
            yield compare(f"norm, {where}", number(claim[c.NORM].rhs), found["norm"])
            student = number(claim[c.STUDENT].rhs.subs(s.u, AT))
            yield compare(f"Student t, {where}", student, found["p"])
            yield compare(f"ν, {where}", number(c.nu), found["tail"] - 1)
            yield compare(f"variance, {where}", number(claim[c.VAR].rhs), found["variance"])
            yield compare(
                f"κ from ν, {where}",
                claim[c.KAPPA].rhs.subs(c.nu, found["tail"] - 1).subs(s.alpha, alpha),
                p.kappa,
            )
        at = {**p.letters(0.0), s.u: AT}
        yield compare(f"Gaussian limit, κ = {p.kappa}", sp.N(claim[c.GAUSS].rhs.subs(at)),
                      gaussian_limit(p, 0.0))  # fmt: skip
        log_p = sp.log(claim[c.SGD].rhs)
        yield compare(
            f"log p of SGD, κ = {p.kappa}", sp.N(log_p.subs(at)), measured(p, 0.0)["log p"]
        )
    law = function_of_u(sp.log(claim[c.SGD].rhs), CHAIN_SYMMETRIC, 0.0)
    yield compare("P(|u| > 2) of SGD itself", probability(law), tail_of_sgd(CHAIN_SYMMETRIC))
    kappa = claim[c.KAPPA].rhs.subs(s.alpha, 0)
    (nu,) = sp.solve(kappa - CHAIN_SYMMETRIC.kappa, c.nu) or [sp.nan]
    yield compare("ν fitted to SGD itself", nu, fitted_nu())


CHECKS = {"PLD-T2": t2, "PLD-C3": c3}
