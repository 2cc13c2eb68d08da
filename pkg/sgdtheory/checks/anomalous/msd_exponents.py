"""ANO-EQ5, ANO-EQ6: slopes by numerical derivatives, quadrature and roots."""

import numpy as np
import sympy as sp
from scipy.integrate import quad
from scipy.optimize import brentq, minimize_scalar

from sgdtheory.estimate import compare
from sgdtheory.stochastic.msd import crossover, local_exponent, secant_exponent, two_slopes
from sgdtheory.theory.anomalous import msd_regimes as theory
from sgdtheory.theory.anomalous import msd_secant as slope

SHORT, LONG, LATE, HINGE, HEIGHT = 0.6, 1.5, 0.7, 40.0, 2.5
VALUES = {theory.alpha_2: SHORT, theory.alpha_1: LONG, theory.alpha: LATE,
          theory.tau_1: HINGE, theory.A: HEIGHT}  # fmt: skip


def log_slope(curve, lag: float) -> float:
    """d ln M / d ln tau by a step along the imaginary axis: no digits lost."""
    return float(np.log(curve(lag * np.exp(1e-20j))).imag / 1e-20)


def pattern(lag):
    return HEIGHT * (lag / HINGE) ** np.where(lag <= HINGE, SHORT, LONG)


def joined(lag):
    return HEIGHT * ((lag / HINGE) ** SHORT + (lag / HINGE) ** LONG)


def regimes(claim):
    """ANO-EQ5."""

    def read(label, lag=1):
        return float(claim[label].rhs.subs(VALUES).subs(theory.tau, lag))

    for lag in (3, 40, 200):
        yield compare(f"pattern, lag {lag}", read(theory.EARLY, lag), float(pattern(lag)))
        yield compare(f"joined, lag {lag}", read(theory.SUM, lag), joined(lag))
        yield compare(f"exponent, lag {lag}", read(theory.SLOPE, lag), log_slope(joined, lag))
    octaves = np.array([10, 20, 40, 80, 160])
    late = [read(theory.LATE, lag) for lag in octaves]
    yield compare("late, exponent", local_exponent(octaves, late)[1][1], LATE)
    yield compare("late, at the hinge", late[2], HEIGHT)
    early = [read(theory.EARLY, lag) for lag in octaves]
    # With 201 candidates the hinge itself, half-way in ln tau, is one of them.
    found = two_slopes(octaves, early, candidates=201)
    for what, value, exact in (("short", found.short, SHORT), ("long", found.long, LONG),
                               ("hinge", found.lag, HINGE)):  # fmt: skip
        yield compare(f"two slopes, {what}", value, exact)
    low = minimize_scalar(lambda z: pattern(np.exp(z)) / np.exp(z), (2, 3, 6), tol=1e-10)
    bound = claim[theory.LEAST]
    yield compare("least M over lag", read(theory.LEAST), float(low.fun))
    for what, value in (("the least", sp.Rational(5, 80)), ("above it", sp.Rational(1, 5))):
        curve = {theory.M(theory.tau): value, theory.tau: 1}
        letters = {theory.A: sp.Rational(5, 2), theory.tau_1: 40}
        yield compare(f"the bound admits {what}", bool(bound.subs(curve).subs(letters)), 1.0)
    place = brentq(lambda lag: log_slope(joined, lag) - 1, 1, 1000, xtol=1e-12)
    yield compare("crossing", read(theory.CROSSING), place)
    # Whole lags only: the parabola through three of them is off by the third derivative.
    whole = np.arange(1, 400)
    yield compare("crossing, from whole lags", read(theory.CROSSING),
                  crossover(whole, joined(whole)), rtol=1e-2)  # fmt: skip


STEP, SPEED, DIFFUSION = 20, 0.3, 1.2


def mixed(lag):
    return SPEED**2 * lag**2 + DIFFUSION * lag


def secant(lag: float, step: float) -> float:
    return float(np.log(mixed(lag + step) / mixed(lag)) / np.log((lag + step) / lag))


def exponents(claim):
    """ANO-EQ6."""
    tau, h, M, beta = slope.tau, slope.h, slope.M, slope.beta
    curve = SPEED**2 * tau**2 + DIFFUSION * tau
    values = {slope.v: SPEED, slope.D: DIFFUSION, h: STEP}
    whole = np.arange(1, 60)
    at, coded = secant_exponent(whole, mixed(whole), STEP)
    for lag in (1, 7, 30):
        local = claim[slope.LOCAL].rhs.subs(M(tau), curve).doit().subs(tau, lag)
        yield compare(f"local exponent, lag {lag}", local, log_slope(mixed, lag))
        found = coded[at == lag][0]
        claimed = claim[slope.SECANT].rhs.subs(
            {M(tau + h): curve.subs(tau, tau + h), M(tau): curve})  # fmt: skip
        yield compare(f"secant, lag {lag}", claimed.subs({tau: lag, h: STEP}), found)
        mixture = claim[slope.MIXTURE].rhs.subs({tau: lag, **values})
        yield compare(f"drift and diffusion, lag {lag}", mixture, found)
        area = quad(lambda z, lag=lag: log_slope(mixed, lag + z) / (lag + z), 0, STEP)[0]
        average = claim[slope.AVERAGE].rhs
        average = average.replace(sp.Integral, lambda *_, area=area: sp.Float(area))
        yield compare(f"average, lag {lag}", average.subs({tau: lag, h: STEP}), found)
    halfway = claim[slope.HALFWAY].rhs.subs(slope.u, STEP * SPEED**2 / DIFFUSION)
    yield compare("where the exponent is 3/2", halfway, secant(DIFFUSION / SPEED**2, STEP))
    # Coefficient of h by central differences, the error of order h^2 extrapolated away.
    rates = [(secant(7.0, e) - secant(7.0, -e)) / (2 * e) for e in (0.02, 0.01)]
    x = SPEED**2 * 7.0 / DIFFUSION
    claimed = claim[slope.FIRST].rhs.removeO()
    claimed = claimed.subs(sp.Derivative(beta(tau), tau), x / (1 + x) ** 2 / 7)
    claimed = sp.expand(claimed.subs(beta(tau), log_slope(mixed, 7.0)))
    yield compare("bias of first order", claimed.coeff(h, 1), (4 * rates[1] - rates[0]) / 3)
    yield compare("no bias of order zero", claimed.coeff(h, 0), log_slope(mixed, 7.0))


CHECKS = {"ANO-EQ5": regimes, "ANO-EQ6": exponents}
