"""LOG-9: the exact solver along the radius, near and very far."""

from collections.abc import Iterator
from functools import lru_cache

import numpy as np
import sympy as sp
from scipy.integrate import quad

from sgdtheory.checks.log_landscape.stationary import (
    L_0,
    VALUES,
    H,
    exact,
    fall,
    motion,
)
from sgdtheory.estimate import Comparison, compare
from sgdtheory.stochastic.first_passage import (
    log_mean_first_passage_time,
    mean_first_passage_time,
)
from sgdtheory.theory.log_landscape import first_passage as theory
from sgdtheory.theory.log_landscape import letters as s

NEAR, FAR = 3.0, 1e10
CASES = ((0.0, 1), (0.0, 3), (1.0, 1), (1.0, 4), (0.4, 2))
# Started at 1e-8 of the well's width: what is missed is 1e-16 of the time.
START = np.log(1e-8)


def number(expr, **more) -> float:
    values = VALUES | {getattr(s, k): v for k, v in more.items()}
    return float(sp.N(sp.sympify(expr).subs({k: exact(v) for k, v in values.items()}), 17))


def log_radius(c: float) -> float:
    """Where the loss is ``c L_*``."""
    return float(np.log(2 * L_0 * (c - 1) / H) / 2)


@lru_cache
def time(beta: float, n: int) -> float:
    return mean_first_passage_time(*motion(beta, n), START, log_radius(NEAR), cells=40_000)


@lru_cache
def log_time(beta: float, n: int) -> float:
    end = log_radius(FAR)
    return log_mean_first_passage_time(*motion(beta, n), START, end, cells=40_000)


@lru_cache
def local_exponent(beta: float, n: int) -> float:
    """Slope of the log of the time in log c, very far out."""
    ends = [log_radius(FAR), log_radius(100 * FAR)]
    times = [
        log_mean_first_passage_time(*motion(beta, n), START, e, cells=40_000) for e in ends
    ]
    return (times[1] - times[0]) / np.log(100)


def claimed_time(claim, beta: float, n: int) -> float:
    """The claimed double integral by adaptive quadrature, in ``t = log z``."""
    front, weight, law = theory.pieces(claim)
    values = {"beta": beta, "n": n}
    q = number(claim[theory.EXPONENT].rhs, **values)
    end = number(claim[theory.END].rhs, **values, c=NEAR)
    left = {s.q: exact(repr(q)), s.n: n}
    outer = sp.lambdify(theory.y, weight.subs(left))
    inner = sp.lambdify(theory.z, law.subs(left))

    def below(y):
        # z = y u^(2/n) takes the root out of the integrand at 0.
        scale = 2 / n * y
        return quad(lambda u: scale * u ** (2 / n - 1) * inner(y * u ** (2 / n)), 0, 1,
                    epsabs=0, epsrel=1e-12)[0]  # fmt: skip

    whole = quad(lambda v: 2 * v * outer(v * v) * below(v * v), 0, end**0.5,
                 epsabs=0, epsrel=1e-11)[0]  # fmt: skip
    return number(front, **values) * whole


def log_9(claim) -> Iterator[Comparison]:
    """LOG-9: L = 3 L_* by both integrals, L = 1e10 L_* by the formulas."""
    for beta, n in CASES:
        where = f"beta = {beta:g}, n = {n}"
        found = time(beta, n)
        yield compare(f"time to 3 L*, {where}", claimed_time(claim, beta, n), found)
        q = claim[theory.EXPONENT].rhs
        far = sp.log(claim[theory.FAR].rhs.subs(s.q, q))
        # What is left of the limit is of order 1/c.
        claimed = number(far, beta=beta, n=n, c=int(FAR))
        yield compare(f"log of the time to 1e10 L*, {where}", claimed, log_time(beta, n))
        bound = claim[theory.POWER_IF]
        margin = number((bound.gts - bound.lts).subs(s.q, q), beta=beta, n=n)
        yield compare(f"margin of the power, {where}", margin, fall(beta, n) / 2)
        label, letter, power = (
            (theory.GAUSS, s.q, q.subs(s.beta, 1)) if beta == 1
            else (theory.LOSS, s.phi, claim[theory.PHI_IS].rhs)
        )  # fmt: skip
        if beta in (0, 1):
            claimed = number(sp.log(claim[label].rhs.subs(letter, power)), n=n, c=int(FAR))
            yield compare(f"the same by its own formula, {where}", claimed, log_time(beta, n))
        if beta == 1:
            power = number(claim[theory.Q_GAUSS].rhs, n=n)
            yield compare(f"power of c, {where}", power, local_exponent(beta, n))


CHECKS = {"LOG-9": log_9}
