"""LOG-7: exact mean times in a tilted well and in the quartic one, at ever weaker noise."""

from functools import lru_cache
from math import log, pi, sqrt

import numpy as np
import sympy as sp
from scipy.integrate import quad

from sgdtheory.checks.foundations.sampling import extrapolate
from sgdtheory.estimate import compare
from sgdtheory.stochastic.first_passage import log_mean_first_passage_time as log_time
from sgdtheory.theory.log_landscape import escape_letters as e
from sgdtheory.theory.log_landscape import escape_line as log7
from sgdtheory.theory.log_landscape.letters import L_0, b, eta, h

# Wells at -1 and 3/2, between them a saddle; the loss of the first is 0.3.
SLOPE = np.polynomial.Polynomial.fromroots([-1.0, 0.2, 1.5])
TILTED = SLOPE.integ() - SLOPE.integ()(-1.0) + 0.3
LEAST, GROWTH = 0.3, float(TILTED(0.2)) / 0.3
BATCH, CURVATURE = 4.0, float(TILTED.deriv(2)(-1.0))


def ladder(rungs: int = 6) -> np.ndarray:
    """Temperatures: a barrier of 25, and five times a weaker noise."""
    return log(GROWTH) / 25 / 2.0 ** np.arange(rungs)


@lru_cache
def crossing(T: float, on_clock: bool = False) -> float:
    """log of the exact mean time from -1 to 3/2, in time or on the clock of the loss."""
    if on_clock:
        return log_time(lambda x: -SLOPE(x) / TILTED(x), lambda x: T + 0 * x, -1.0, 1.5)
    return log_time(lambda x: -SLOPE(x), lambda x: T * TILTED(x), -1.0, 1.5)


def letters(T: float) -> dict:
    """Numbers for every letter; b is 4, so that ``eta`` makes the temperature."""
    cubic, quartic = ([float(TILTED.deriv(k)(at)) for at in (-1.0, 0.2)] for k in (3, 4))
    return {
        h: CURVATURE, e.h_s: -float(TILTED.deriv(2)(0.2)), L_0: LEAST, e.r: GROWTH, b: BATCH,
        eta: T * BATCH / CURVATURE, e.l3_a: cubic[0], e.l3_s: cubic[1], e.l4_a: quartic[0],
        e.l4_s: quartic[1], e.T: T,
    }  # fmt: skip


def derivatives_of_log() -> dict:
    """The same of ``ln L`` by series: coefficients of the logarithm of a polynomial."""
    values: dict = {}
    for at, sign, (u2, u3, u4) in ((-1.0, 1, (e.u_a, e.u3_a, e.u4_a)),
                                   (0.2, -1, (e.u_s, e.u3_s, e.u4_s))):  # fmt: skip
        a = [float(TILTED.deriv(k)(at)) / sp.factorial(k) / float(TILTED(at)) if k else 1.0
             for k in range(5)]  # fmt: skip
        g = [0.0] * 5
        for k in range(1, 5):
            g[k] = a[k] - sum(j * g[j] * a[k - j] for j in range(1, k)) / k
        values |= {u2: sign * 2 * g[2], u3: 6 * g[3], u4: 24 * g[4]}
    return values


def log_rate(part, T: float) -> float:
    return float(sp.N(sp.log(part.rhs.subs(letters(T)))))


def rates(claim):
    steps = ladder()
    temperature = claim[log7.TEMP].rhs.subs(letters(steps[0]))
    yield compare("temperature: noise $D$ over loss", temperature,
                  letters(steps[0])[eta] / 2 * (2 * CURVATURE / BATCH))  # fmt: skip
    ends = derivatives_of_log()
    for label, what, found in (
        (log7.BEND_A, "curvature of ln L at the minimum", ends[e.u_a]),
        (log7.BEND_S, "curvature of ln L at the saddle", ends[e.u_s]),
        (log7.RISE, "barrier of ln L", log(GROWTH)),
    ):
        yield compare(what, claim[label].rhs.subs(letters(steps[0])), found)
    # What extrapolation leaves of the series in T.
    for label, what, on_clock in (
        (log7.RATE, "rate in time", False),
        (log7.TAU, "rate on the other clock", True),
    ):
        ratio = [np.exp(log_rate(claim[label], T) + crossing(T, on_clock)) for T in steps]
        yield compare(f"{what}, times the exact time", extrapolate(ratio), 1.0, rtol=1e-7)
    yield from clocks(claim, steps)


def clocks(claim, steps):
    """At a barrier of 25 and more the law has two wells that do not know each other."""
    T = steps[0]
    top, bottom = (
        quad(lambda x, p=p: (TILTED(x) / LEAST) ** -p, -8, 0.2, epsabs=0, epsrel=1e-11,
             points=[-1.0], limit=200)[0] for p in (1 / T, 1 + 1 / T)
    )  # fmt: skip
    mean = LEAST * top / bottom
    share = claim[log7.CLOCKS].rhs.subs(
        {log7.mean: mean, e.Gamma_tau: np.exp(-crossing(T, True))}
    )
    # exp(-25) = 1e-11 times what the other ends of the integrals weigh.
    yield compare("rate in time, from the other clock's", share, np.exp(-crossing(T)))
    first = [(np.exp(crossing(T, True) - crossing(T)) / LEAST - 1) / T for T in steps]
    claimed = claim[log7.MEAN].rhs.removeO().subs(letters(1.0)) / LEAST - 1
    yield compare("first order of the mean loss", claimed, extrapolate(first), rtol=1e-6)


def corrections(claim):
    steps = ladder()
    front = [np.exp(crossing(T) - log_pure(T)) for T in steps]
    slope = extrapolate([(f - 1) / T for f, T in zip(front, steps, strict=True)])
    said = claim[log7.NEXT].rhs.removeO()
    by_u = claim[log7.C_U].rhs.subs(derivatives_of_log())
    by_l = claim[log7.C_L].rhs.subs(letters(1.0))
    for name, c in (("potential", by_u), ("loss", by_l)):
        first = said.subs({log7.c: c, e.T: 1.0}) - 1
        yield compare(f"first correction, by the {name}", first, slope, rtol=1e-6)
    for X in (0.5, 9.0):
        found = extrapolate([(quartic_ratio(X, T) - 1) / T
                             for T in log(1 + X) / 25 / 2.0 ** np.arange(6)])  # fmt: skip
        claimed = claim[log7.QUARTIC].rhs.subs(log7.X, X)
        yield compare(f"first correction, quartic well, $X = {X:g}$", claimed, found, rtol=1e-6)


def log_pure(T: float) -> float:
    """Logarithm of the time of two Gaussian integrals, in numbers."""
    bend = CURVATURE * -float(TILTED.deriv(2)(0.2))
    return log(2 * pi / sqrt(bend)) + (0.5 + 1 / T) * log(GROWTH)


@lru_cache
def quartic_ratio(X: float, T: float) -> float:
    """Exact time over two Gaussian integrals for ``L = 1 + X (x² - 1)²``."""
    exact = log_time(lambda x: -4 * X * x * (x**2 - 1),
                     lambda x: T * (1 + X * (x**2 - 1) ** 2), -1.0, 1.0)  # fmt: skip
    return float(np.exp(exact - log(2 * pi / (X * sqrt(32))) - (0.5 + 1 / T) * log(1 + X)))


@lru_cache
def nested(outer: float, inner: float) -> float:
    """``∫ L(y)^outer ∫ L(z)^inner`` from the first well to the second, by quadrature."""

    def whole(y):
        below = quad(lambda z: TILTED(z) ** inner, -np.inf, y, epsabs=0, epsrel=1e-11)[0]
        return TILTED(y) ** outer * below

    return quad(whole, -1.0, 1.5, epsabs=0, epsrel=1e-10)[0]


def double_integral(claim):
    """The claimed integral itself against the solver, at T = 1/2."""
    T = 0.5
    outer = max(claim[log7.EXACT].rhs.atoms(sp.Integral), key=lambda i: i.count_ops())
    factor = float((claim[log7.EXACT].rhs / outer).subs(e.T, T))
    powers = [
        float(power.exp.subs(e.T, T)) for at in (log7.y, log7.z)
        for power in outer.atoms(sp.Pow) if power.base == log7.L(at)
    ]  # fmt: skip
    yield compare("double integral", factor * nested(*powers), np.exp(crossing(T)))


def accurate(claim):
    """The exact ratio where the rate tends to the claimed end: to 0, or to the largest."""
    _, _, end, _ = claim[log7.WHERE].lhs.args
    ladder_to_end = log(10) / 25 * (0.5 if end == 0 else 2.0) ** np.arange(7)
    ratio = [quartic_ratio(9.0, T) for T in ladder_to_end]
    yield compare("ratio where the formula is said to be right", claim[log7.WHERE].rhs,
                  extrapolate(ratio), rtol=1e-7)  # fmt: skip


def escape(claim):
    """LOG-7: both clocks, the correction in two wells, the double integral, the right end."""
    yield from rates(claim)
    yield from corrections(claim)
    yield from double_integral(claim)
    yield from accurate(claim)


CHECKS = {"LOG-7": escape}
