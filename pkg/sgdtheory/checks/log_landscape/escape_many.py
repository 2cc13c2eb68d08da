"""LOG-8: the backward equation in 2, 3 and 5 dimensions, and paths of least action."""

from functools import lru_cache
from math import log

import numpy as np
import sympy as sp
from scipy.integrate import quad

from sgdtheory.checks.escape.passes import ENDS, POWERS, Pass, box, exact
from sgdtheory.checks.foundations.sampling import extrapolate
from sgdtheory.estimate import compare
from sgdtheory.stochastic import plane
from sgdtheory.stochastic.minimum_action import minimum_action_path
from sgdtheory.theory.log_landscape import escape_letters as e
from sgdtheory.theory.log_landscape import escape_many as log8
from sgdtheory.theory.log_landscape.letters import L_0, b, eta, h, n

#: ``L = L_* (1 + X l)`` with the loss l of PLD-T7's passes, whose noise is ``(1 + X l)/(X k)``,
#: k = 1/T: the same process with time in units of ``1/(L_* X)``.
LEAST = 0.3
CASES = (
    Pass(2, 0.5, 3.0, 9.0, 3.0),
    Pass(3, 0.5, 9.0, 4.0, 3.0),
    Pass(5, 0.0, 6.0, 6.0, 3.0),
)


def letters(case: Pass, T: float) -> dict:
    unit, along, down = LEAST * case.X, 8 * (1 + case.q), 4 - 2 * case.q
    return {
        n: case.d, e.T: T, e.r: 1 + case.X, L_0: LEAST, h: unit * along, e.h_s: unit * down,
        log8.det_a: unit**case.d * along * case.k_a ** (case.d - 1),
        log8.det_s: unit**case.d * down * case.k_b ** (case.d - 1),
    }  # fmt: skip


def log_rate(part, case: Pass, m: float) -> float:
    return float(sp.N(sp.log(part.rhs.subs(letters(case, 1 / (m - 1))))))


@lru_cache
def log_time_on_clock(case: Pass, m: float) -> float:
    """The same crossing with ``U = ln L`` for its potential and constant noise T."""

    def log_loss(x, y):
        return np.log(1 + case.X * sum(case.loss(x, y)))

    def on(cells):
        edges = box(case, 1 / np.sqrt(m * case.X), cells)
        return plane.escape(
            lambda x, y: -(m - 1) * log_loss(x, y), lambda x, y: 1 / (m - 1) + 0 * x,
            *ENDS, *edges, dimension=case.d,
        ).log_time  # fmt: skip

    coarse, fine = on(80), on(160)
    return (4 * fine - coarse) / 3


def rates(claim):
    for case in CASES:
        ratio = [
            np.exp(log_rate(claim[log8.RATE], case, m) + exact(case, m)) / (LEAST * case.X)
            for m in POWERS
        ]
        # What four powers of 1/m leave is the next one, of order 1e-5 to 1e-4.
        yield compare(f"rate times exact time, $n = {case.d}$, weak noise", extrapolate(ratio),
                      1.0, rtol=5e-4)  # fmt: skip
    case = CASES[0]
    ratio = [np.exp(log_rate(claim[log8.TAU], case, m) + log_time_on_clock(case, m))
             for m in POWERS]  # fmt: skip
    yield compare("the same on the clock of the loss", extrapolate(ratio), 1.0, rtol=5e-4)
    values = {eta: 0.3, h: 5.0, b: 4.0}
    yield compare("temperature", claim[log8.TEMP].rhs.subs(values), 0.3 / 2 * (2 * 5.0 / 4.0))


# The double well L = 1 + 3 (x² - 1)² + h_2 y²/2: h = 24, r = 4.
X, CURVATURE = 3.0, 24.0


def well(omega: float):
    """Drift, and noise in units of T, for ``h_2 = omega h``."""

    def D(x, y):
        loss = 1 + X * (x**2 - 1) ** 2 + omega * CURVATURE * y**2 / 2
        return loss, omega * loss

    return lambda x, y: (-4 * X * x * (x**2 - 1), -omega * CURVATURE * y), D


@lru_cache
def least_action(omega: float) -> float:
    """The cheaper of the paths found from a straight and from a bent beginning."""
    (f, D), up = well(omega), np.sqrt(2 * 20 / (omega * CURVATURE))
    corners = (-1, 0), (-1, up), (0, up), (0, 0)
    found = []
    for initial in (None, corners):
        coarse, fine = (
            minimum_action_path(f, D, (-1, 0), (0, 0), points=k, initial=initial)[1]
            for k in (257, 513)
        )
        found.append((4 * fine - coarse) / 3)
    return min(found)


def bent_action(omega: float, ell: float) -> float:
    """Up at x = -1 to the loss ell, along to x = 0: the action by quadrature."""
    f, D = well(omega)
    top = np.sqrt(2 * (ell - 1) / (omega * CURVATURE))

    def density(x, y, axis):
        force, noise = f(x, y), D(x, y)
        size = np.sqrt(sum(a**2 / d for a, d in zip(force, noise, strict=True)))
        return (size / np.sqrt(noise[axis]) - force[axis] / noise[axis]) / 2

    options = dict(epsabs=0, epsrel=1e-10, limit=200)
    up = quad(lambda s: density(-1.0, np.exp(s), 1) * np.exp(s), log(1e-8), log(top), **options)
    return up[0] + quad(lambda x: density(x, top, 0), -1.0, 0.0, **options)[0]


def number(part, **values) -> float:
    names = {e.r: 1 + X, L_0: 1.0, h: CURVATURE, log8.delta: 1.0}
    return float(part.rhs.subs(names | {getattr(log8, k): v for k, v in values.items()}))


def actions(claim):
    """Points of the path cost 1e-6 of the action after Richardson's rule."""
    lower, upper, bent = (claim[label] for label in (log8.LOWER, log8.UPPER, log8.BENT))
    for omega in (0.3, 1.0, 3.0):
        yield compare(f"straight path the best, noise across {omega:g}", number(upper),
                      least_action(omega), rtol=1e-5)  # fmt: skip
    yield compare("least action with one noise", number(lower, h_max=CURVATURE),
                  least_action(1.0), rtol=1e-5)  # fmt: skip
    for omega in (6.0, 10.0):
        found = least_action(omega)
        h_max = omega * CURVATURE
        held = [part.func(found, number(part, h_max=h_max)) for part in (lower, upper)]
        for ell in (3.0, 64.0, 1e3):
            held.append(bent.func(found, number(bent, omega=omega, ell=ell)))
        yield compare(f"bounds that hold, noise across {omega:g}", sum(map(bool, held)), 5)
    # At a high wall the bound gives away a share of the order 1/ell = 1e-6.
    yield compare("action of the bent path, high wall", number(bent, omega=6.0, ell=1e6),
                  bent_action(6.0, 1e6), rtol=1e-5)  # fmt: skip
    # V lies between zero and the action of this path.
    above = bent_action(1e5, 1e10)
    never = float(claim[log8.NEVER].rhs)
    yield compare("least action, up to that of one path", never, 0.0, atol=above)


def escape(claim):
    """LOG-8: rates by finite volumes; the bounds beside paths of least action."""
    yield from rates(claim)
    yield from actions(claim)


CHECKS = {"LOG-8": escape}
