"""TLS-1, TLS-2, TLS-3 and PLD-EXPF5: quadrature, and fits of seeded samples."""

import math
from functools import lru_cache

import numpy as np
import sympy as sp
from scipy import stats
from scipy.integrate import quad

from sgdtheory.checks.tails import figure5
from sgdtheory.estimate import Estimate, compare
from sgdtheory.stochastic import _student_t_likelihood as likelihood
from sgdtheory.stochastic.distributions import fit_student_t, power_law
from sgdtheory.stochastic.pearson_iv import fit_pearson_iv
from sgdtheory.stochastic.q_gaussian import nu_from_q, q_from_nu
from sgdtheory.theory.tails import information, readings
from sgdtheory.theory.tails import scale_mixture as mixture

NU, S, U = 5.3, 1.7, 0.8
ETA, SIGMA_G, SIGMA_H, H = 0.1, 1.2, 0.7, 0.2
SIZE, FITS = 4000, 400


def integral(f) -> float:
    """Over the half line, by y = ln v."""
    return quad(lambda y: f(math.exp(y)) * math.exp(y), -30, 30, epsabs=1e-14, epsrel=1e-11,
                limit=400)[0]  # fmt: skip


def gaussian(u: float, v: float) -> float:
    """Density at u of mean 0 and variance v."""
    return math.exp(-u * u / (2 * v)) / math.sqrt(2 * math.pi * v)


@lru_cache(maxsize=2)
def expected(nu: float, s: float) -> dict[str, float]:
    """Moments of v and of v given u, from scipy's inverse gamma."""
    density = stats.invgamma(nu / 2, scale=nu * s * s / 2).pdf
    mean, square = (integral(lambda v, n=n: v**n * density(v)) for n in (1, 2))
    there = {n: integral(lambda v, n=n: v**n * density(v) * gaussian(U, v)) for n in (-1, 0, 1)}
    fourth, second = (2 * integral(lambda u, n=n: u**n * stats.t.pdf(u / s, nu) / s)
                      for n in (4, 2))  # fmt: skip
    return {
        "mean": mean, "spread": square / mean**2 - 1, "kurtosis": fourth / second**2,
        "weight": there[-1] / there[0], "local": there[1] / there[0],
    }  # fmt: skip


def scale_mixture(claim):
    m, at = mixture, {mixture.nu: NU, mixture.s: S, mixture.u: U}

    def number(label):
        return float(sp.N(claim[label].rhs.subs(at)))

    def mixed(label, letter, variance):
        """The Gaussians, mixed with the claimed density of this letter."""
        f = sp.lambdify(letter, sp.N(claim[label].rhs.subs(at)), "math")
        return integral(lambda y: f(y) * gaussian(U, variance(y)))

    student = float(stats.t.pdf(U / S, NU) / S)
    yield compare("density", number(m.MIXED), student)
    for label, letter, variance in (
        (m.VARIANCE, m.v, lambda v: v), (m.PRECISION, m.tau, lambda tau: 1 / tau),
        (m.DEVIATION, m.sd, lambda r: r * r),
    ):  # fmt: skip
        name = f"mixed by {letter}"
        yield compare(name, mixed(label, letter, variance), student)
    found = expected(NU, S)
    # Second moments of v, tail v^(-1.65): cut at e^30, 1e-9 is left out.
    for label, name in ((m.MEAN, "mean"), (m.SPREAD, "spread"), (m.FOURTH, "kurtosis"),
                        (m.WEIGHT, "weight"), (m.LOCAL, "local")):  # fmt: skip
        yield compare(name, number(label), found[name], rtol=1e-7)
    kappa = H / (ETA * SIGMA_H)
    nu = 2 * kappa + 1
    sgd = {m.eta: ETA, m.H: H, m.sigma_g: SIGMA_G, m.sigma_H: SIGMA_H, m.u: U}
    yield compare(
        "variance at u for SGD", float(claim[m.SGD].rhs.subs(sgd)),
        expected(nu, math.sqrt(SIGMA_G / SIGMA_H / nu))["local"], rtol=1e-7,
    )  # fmt: skip


@lru_cache(maxsize=4)
def information_matrix(k: float) -> np.ndarray:
    """Of one draw in (loc/scale, log scale, k): mean square of the scores, by quadrature."""
    y, weight = np.polynomial.legendre.leggauss(400)
    angle = np.pi / 2 * y
    width = 1 / math.sqrt(k) if k > 0.01 else 4.0  # of tan: the tails, or eight deviations
    x = width * np.tan(angle)
    scores = np.array([likelihood.derivatives(np.array([v]), 0.0, 1.0, k)[1] for v in x])
    density = stats.t.pdf(x, 1 / k) * weight * np.pi / 2 * width / np.cos(angle) ** 2
    return (scores.T * density) @ scores


@lru_cache(maxsize=1)
def scatter() -> dict[str, Estimate]:
    """Standard deviations over fits of samples of nu = 3: of nu, kappa and q."""
    draw = np.random.default_rng(11)
    nu = np.array([fit_student_t(draw.standard_t(3, SIZE)).nu.value for _ in range(FITS)])

    def deviation(values):
        sd = float(values.std(ddof=1))
        return Estimate(sd, sd / math.sqrt(2 * FITS), FITS)

    return {
        "nu": deviation(nu), "kappa": deviation((nu - 1) / 2),
        "q": deviation((nu + 3) / (nu + 1)),
    }  # fmt: skip


@lru_cache(maxsize=1)
def heavy(nu: float = 1e-3, size: int = 400_000) -> Estimate:
    """nu^2 times the information left for nu, from draws of b = 1/(1 + z^2/nu).

    b is a beta variable; below 1e-300 only its logarithm exists.
    """
    draw = np.random.default_rng(12)
    log_g = np.log(draw.gamma(nu / 2 + 1, size=size)) + np.log(draw.random(size)) / (nu / 2)
    log_b = log_g - np.logaddexp(log_g, np.log(draw.gamma(0.5, size=size)))
    b = np.exp(log_b)
    in_s = (nu + 1) * (1 - b)
    in_nu = log_b / 2 + (nu + 1) / (2 * nu) * (1 - b)
    in_s, in_nu = in_s - in_s.mean(), in_nu - in_nu.mean()
    rest = in_nu - in_s * (in_s @ in_nu) / (in_s @ in_s)
    return Estimate.mean_of((nu * rest) ** 2)


def fisher(claim):
    i, at = information, {information.nu: NU, information.s: S}

    def read(label):
        return sp.N(claim[label].rhs.subs(at))

    per_k = information_matrix(1 / NU)
    # From (loc/s, log s, 1/nu) to (loc, s, nu).
    slopes = np.diag([1 / S, 1 / S, -1 / NU**2])
    found = slopes @ per_k @ slopes
    for label, name, entry in (
        (i.LOC, "location", (0, 0)), (i.SCALE, "scale", (1, 1)),
        (i.CROSS, "scale and nu", (1, 2)), (i.OWN, "nu", (2, 2)),
    ):  # fmt: skip
        yield compare(name, float(read(label)), found[entry])
    left = 1 / np.linalg.inv(found)[2, 2]
    yield compare("left for nu", float(read(i.LEFT)), left)
    error_of = claim[i.ERROR].rhs.subs(i.I_nu, claim[i.LEFT].rhs)
    error = float(error_of.subs(at).subs(i.n, 10_000))
    yield compare("standard error, 10,000 draws", error, 1 / math.sqrt(10_000 * left))
    of_three = error_of.subs({i.nu: 3, i.n: SIZE})
    yield compare("scatter of fitted nu", float(of_three), scatter()["nu"])
    kappa = claim[i.KAPPA].rhs.subs(i.se_nu, of_three)
    yield compare("scatter of fitted kappa", float(kappa), scatter()["kappa"])
    k, n = 1e-4, 100
    of_k = float(np.linalg.inv(information_matrix(k))[2, 2])  # variance of 1/nu, one draw
    light = float(claim[i.LIGHT].rhs.subs({i.nu: 1 / k, i.n: n}))
    # The next order is a few times 1/nu = 1e-4.
    yield compare("error near the Gaussian", light, math.sqrt(of_k / n) / k**2, rtol=2e-3)
    number = float(claim[i.DRAWS].rhs.subs({i.nu: 1 / k, i.z: 2}))
    yield compare("draws to see nu = 1e4", number, 4 * of_k / k**2, rtol=2e-3)
    edge = 1 / np.linalg.inv(information_matrix(1e-6))[2, 2]
    yield compare("information at the Gaussian", float(claim[i.GAUSS].rhs), edge, rtol=1e-4)
    small = float(claim[i.HEAVY].rhs.subs({i.nu: 1e-3, i.n: 1}))
    yield compare("information left at nu = 0.001", (1e-3 / small) ** 2, heavy())


@lru_cache(maxsize=1)
def skewed_fit():
    """Itô letters of a Pearson IV fit to draws whose minimum is at 5."""
    law = power_law(2.0, SIGMA_G, SIGMA_H, 0.4)
    return fit_pearson_iv(5 + law.rvs(20_000, 13)).letters("ito")


def letters(claim):
    r = readings
    q = float(claim[r.Q].rhs.subs(r.nu, NU))
    m = float(claim[r.M].rhs.subs(r.q, q_from_nu(NU)))
    log_t = stats.t.logpdf([0.0, 3.0], NU)
    width = 9 / NU  # (q - 1) beta u^2 of the same law
    yield compare("q-Gaussian at 3", -math.log1p(width) / (q - 1), log_t[1] - log_t[0])
    yield compare("power law at 3", -m * math.log1p(width), log_t[1] - log_t[0])
    yield compare("nu of q = 1.3", float(claim[r.BACK].rhs.subs(r.q, 1.3)), nu_from_q(1.3))
    error = claim[r.ERROR].rhs.subs({r.nu: 3, r.se: scatter()["nu"].value})
    yield compare("scatter of fitted q", float(error), scatter()["q"])
    # Where u^2 p(u) falls like 1/u: the slope at 1e6, from scipy's density.
    tail = -np.diff(stats.t.logpdf([1e6, math.e * 1e6], 2.0))[0]
    bound = claim[r.FINITE]
    edge = float((bound.gts - bound.lts).subs(r.q, 1 + 2 / tail))
    yield compare("edge of a finite variance", edge, 0.0, atol=1e-9)
    inside = bool(bound.subs(r.q, q_from_nu(2.5)))
    yield compare("finite for nu = 2.5", float(inside), 1.0)
    for name, alpha in (("ito", 0), ("stratonovich", sp.Rational(1, 2)), ("anti-ito", 1)):
        law = power_law(2.0, SIGMA_G, SIGMA_H, 0.4, name)
        at = {r.m: law.m, r.skew: law.nu, r.a: law.a, r.lam: 5 + law.lambda_, r.alpha: alpha}

        def read(label, at=at):
            return float(claim[label].rhs.subs(r.kappa, claim[r.KAPPA].rhs).subs(at))

        yield compare(f"kappa, {name}", read(r.KAPPA), 2.0)
        yield compare(f"rho, {name}", read(r.RHO), 0.4 / SIGMA_H)
        yield compare(f"sigma_g, {name}", read(r.SIGMA), SIGMA_G / SIGMA_H)
        yield compare(f"minimum, {name}", read(r.PLACE), 5.0)
        mean = integral(lambda u: u * (law.pdf(u) - law.pdf(-u)))  # noqa: B023
        yield compare(f"mean, {name}", read(r.ITO), 5 + mean, rtol=1e-7)  # tail to e^30
        yield compare(f"mode, {name}", read(r.ANTI), 5 + mode(law))
        if name == "ito":
            yield compare("minimum of a fit", read(r.PLACE), skewed_fit().minimum)
            yield compare("kappa of a fit", read(r.KAPPA), skewed_fit().kappa)


def mode(law: power_law) -> float:
    """Where the log-density is flat, by differences."""
    from scipy.optimize import brentq

    def rise(u: float) -> float:
        return float(law.logpdf(u + 1e-3) - law.logpdf(u - 1e-3))

    # Differences of second order: the mode is off by 1e-6 times the third derivative.
    first = brentq(rise, -2, 2, xtol=1e-13)
    wide = brentq(lambda u: float(law.logpdf(u + 2e-3) - law.logpdf(u - 2e-3)), -2, 2,
                  xtol=1e-13)  # fmt: skip
    return (4 * first - wide) / 3


CHECKS = {
    "TLS-1": scale_mixture,
    "TLS-2": fisher,
    "TLS-3": letters,
    **figure5.CHECKS,
}
