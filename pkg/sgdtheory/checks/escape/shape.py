"""PLD-X5: the exact double integral at fixed kappa, at fixed strength, and for weak noise."""

from collections.abc import Iterator
from functools import lru_cache
from math import exp, log, pi

import numpy as np
import sympy as sp
from scipy.integrate import quad
from scipy.special import gammaln

from sgdtheory.checks.escape.exact import DOUBLE, INDEX, SKEWED, Barrier, name
from sgdtheory.checks.foundations.sampling import extrapolate
from sgdtheory.estimate import Comparison, compare
from sgdtheory.theory.escape import barrier, shape
from sgdtheory.theory.escape import symbols as s

FIXED_KAPPA = ((DOUBLE, 1.0, "ito"), (DOUBLE, 3.0, "anti-ito"), (SKEWED, 2.0, "ito"))
TALL = Barrier(-2.0, 0.0, 2.0)  # 4 L(w/2) of the double well: barrier 4, same curvatures
# What six steps of extrapolation in X^-1/2 leave, the narrow well resolved by the solver.
FAR = 1e-7
LARGE = 1e8


@lru_cache(maxsize=8)
def log_time_at_large_X(b: Barrier, kappa: float, convention: str) -> float:
    """``log tau - (m - 1/2) log X`` as ``X -> oo``."""
    power = kappa + 0.5 - float(INDEX[convention])
    ladder = 16 * 4.0 ** np.arange(6)
    times = [exp(b.log_time(X, kappa, convention) - power * log(X)) for X in ladder]
    return log(extrapolate(times))


@lru_cache(maxsize=1)
def large_m() -> tuple[float, float]:
    """Limit of R_oo of the double well, by quadrature of its integral, and slope in 1/m."""
    m = 16 * 2.0 ** np.arange(7)
    path = [2 * quad(lambda u, k=k: (1 - u * u) ** (2 * k - 2), 0, 1, epsabs=0, epsrel=1e-12)[0]
            for k in m]  # fmt: skip
    R = np.exp(gammaln(m + 0.5) - gammaln(m)) * np.sqrt(2 / pi) * path
    return extrapolate(R), extrapolate((R - 1) * m)


@lru_cache(maxsize=1)
def shells(m: float = 0.75) -> float:
    """Power of the distance from a at which the integral of ell^(m-1) gains: ``2m - 1``."""
    outer, inner = (
        quad(lambda u: (u * (2 - u)) ** (2 * m - 2), d / 2, d)[0] for d in (2e-9, 1e-9)
    )  # w = u - 1 in the double well
    return log(outer / inner) / log(2)


@lru_cache(maxsize=1)
def small_steps() -> tuple[float, float]:
    """X = 3, ``kappa -> oo``: log(tau)/kappa, and Itô over anti-Itô."""
    kappas = 16 * 2.0 ** np.arange(7)
    ito, anti = (
        np.array([DOUBLE.log_time(3.0, k, c, cells=40_000) for k in kappas])
        for c in ("ito", "anti-ito")
    )
    return extrapolate(ito / kappas), extrapolate(np.exp(ito - anti))


@lru_cache(maxsize=1)
def weak_noise() -> float:
    """log(tau)/E as ``E = kappa X -> oo``; kappa so large that X = 0."""
    energies, kappa = 25 * 2.0 ** np.arange(7), 1e15
    return extrapolate([SKEWED.log_time(E / kappa, kappa) / E for E in energies])


def on_the_way(part, b: Barrier) -> sp.Expr:
    """The claimed integral along the way, for the loss of ``b``."""
    loss = lambda u: sum(sp.Float(k, 17) * u**n for n, k in enumerate(b.loss.coef))  # noqa: E731
    return part.replace(barrier.L, loss).subs({barrier.L_a: 0, shape.a: b.a, shape.c: b.c})


def fixed_kappa(claim) -> Iterator[Comparison]:
    formula = barrier.CLAIM[barrier.CROSS].rhs
    for b, kappa, convention in FIXED_KAPPA:
        letters = b.letters(LARGE, kappa, convention) | {
            s.m: int(kappa + 1) - INDEX[convention]
        }
        where, power = name(b, convention), float(letters[s.m]) - 0.5

        def read(part, b=b, letters=letters):
            return sp.N(on_the_way(part, b).subs(letters).doit())

        found = exp(log_time_at_large_X(b, kappa, convention) + power * log(LARGE))
        yield compare(f"time, {where}", read(claim[shape.POWER].rhs), found, rtol=FAR)
        # X against 1 + X: what X = 1e8 leaves.
        ratio = found / read(formula)
        yield compare(f"shape, {where}", read(claim[shape.SHAPE].rhs), ratio, rtol=FAR)
        if b is DOUBLE:
            number = read(claim[shape.QUARTIC].rhs)
            yield compare(f"its Gammas, {where}", number, ratio, rtol=FAR)


def x5(claim) -> Iterator[Comparison]:
    """PLD-X5: two barriers at fixed kappa; then fixed strength; then weak noise."""
    yield from fixed_kappa(claim)
    margin = (claim[shape.FINITE].gts - claim[shape.FINITE].lts).subs(s.m, 0.75)
    yield compare("margin of the integral at a", 2 * margin, shells())
    limit, slope = large_m()
    yield compare("least shape constant", claim[shape.ABOVE].lts, limit)
    # A slope from a ladder: the error of its limit comes in times m.
    yield compare("its slope in 1/m", claim[shape.MEETS].rhs, slope, rtol=1e-6)
    kappa = 2.0
    grown = [log_time_at_large_X(b, kappa, "ito") for b in (TALL, DOUBLE)]
    law = claim[shape.HEIGHT].rhs.subs(s.m, 3)
    # At fixed noise X grows with the barrier, here by 4.
    growth = grown[0] - grown[1] + (kappa + 0.5) * log(4)
    yield compare("barrier times four", sp.log(law.subs(s.barrier, 4) / law.subs(s.barrier, 1)),
                  growth, rtol=FAR)  # fmt: skip
    rate, readings = small_steps()
    letters = DOUBLE.letters(3.0, kappa)
    yield compare("logarithm of the time at fixed strength",
                  sp.N(claim[shape.FIXED].rhs.subs(letters)), kappa * rate)  # fmt: skip
    yield compare("Itô over anti-Itô", claim[shape.READING].rhs.subs(s.X, 3), readings)
    weak = SKEWED.letters(20 / kappa, kappa)
    yield compare("logarithm of the time, weak noise",
                  sp.N(claim[shape.WEAK].rhs.subs(weak)), 20 * weak_noise())  # fmt: skip


CHECKS = {"PLD-X5": x5}
