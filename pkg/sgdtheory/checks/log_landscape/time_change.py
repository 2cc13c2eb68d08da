"""LOG-4: one process on two clocks, each solved by a route of its own."""

from functools import lru_cache

import numpy as np
import sympy as sp
from scipy.optimize import brentq

from sgdtheory.estimate import compare
from sgdtheory.stochastic import stationary
from sgdtheory.stochastic.first_passage import mean_exit_time, mean_first_passage_time
from sgdtheory.theory.foundations.sgd import b
from sgdtheory.theory.log_landscape import time_change as t
from sgdtheory.theory.log_landscape.symbols import eta, h

LETTERS = {eta: 0.3, t.h_i: 1.3, b: 2}
T = 0.3 * 1.3 / 2  # eta h / b
START, EXIT = 0.2, (-1.1, 0.9)
WELL = (0.0, 0.3, 0.5, 0.2, 0.15)  # loss above one, by powers of w
CELLS = 20_000


def loss(w):
    return 1 + sum(c * w**k for k, c in enumerate(WELL))


def slope(w):
    return sum(k * c * w ** (k - 1) for k, c in enumerate(WELL) if k)


def down(w):
    return -slope(w)


def noise(w):
    return T * loss(w)


def down_log(w):
    return -slope(w) / loss(w)


def noise_log(w):
    return T + 0 * w


def mean_integral(drift, D, rate) -> float:
    """Mean over the paths of the time integral of ``rate`` until EXIT is left.

    Backward equation ``drift m' + D m'' = -rate``, zero at both ends, by collocation.
    """
    x = np.cos(np.pi * np.arange(41) / 40)
    w = (EXIT[0] + EXIT[1]) / 2 + (EXIT[1] - EXIT[0]) / 2 * x
    scale = 2 / (EXIT[1] - EXIT[0])
    chebyshev = np.polynomial.chebyshev
    values = chebyshev.chebvander(x, 40)
    first, second = (
        scale**k * np.stack(
            [chebyshev.chebval(x, chebyshev.chebder(row, k)) for row in np.eye(41)], axis=1
        )
        for k in (1, 2)
    )  # fmt: skip
    matrix = drift(w)[:, None] * first + D(w)[:, None] * second
    right = -rate(w)
    matrix[[0, -1]], right[[0, -1]] = values[[0, -1]], 0.0
    where = scale * (START - (EXIT[0] + EXIT[1]) / 2)
    return float(chebyshev.chebval(where, np.linalg.solve(matrix, right)))


def numeric(expr, **others):
    """A numpy function of w (and of ``others``) from a part of a claim, with L put in."""
    polynomial = 1 + sum(c * t.w**k for k, c in enumerate(WELL))
    put = sp.sympify(expr).subs(t.L, polynomial).doit().subs(LETTERS)
    function = sp.lambdify((t.w, *others.values()), put)
    return lambda w, *rest: function(w, *rest) + 0 * w


@lru_cache(maxsize=100)
def exit_time(drift: sp.Expr, D: sp.Expr) -> float:
    return mean_exit_time(numeric(drift), numeric(D), START, EXIT, cells=CELLS)


@lru_cache(maxsize=1)
def new_exit_time() -> float:
    return mean_exit_time(down_log, noise_log, START, EXIT, cells=CELLS)


def clocks(claim):
    """Mean time until the interval is left, old and new; the clock read at that moment."""
    old = down, noise
    yield compare("exit on the old clock", exit_time(*t.parts(claim, t.OLD)),
                  mean_integral(*old, np.ones_like))  # fmt: skip
    yield compare("exit on the new clock", exit_time(*t.parts(claim, t.NEW)),
                  mean_integral(*old, loss))  # fmt: skip
    rate = numeric(claim[t.CLOCK].rhs.subs(t.dt, 1))
    yield compare("reading of the new clock", mean_integral(*old, rate), new_exit_time())


def histograms(claim):
    """Density at one point over that at another."""
    grid, at = np.linspace(-12, 12, 4801), [2220, 2581]
    over_old = stationary.density(down, noise, grid)[at]
    over_new = stationary.density(down_log, noise_log, grid)[at]
    density = sp.Symbol("q", positive=True)
    stated = numeric(claim[t.LAWS].rhs.subs(t.p_new, density), q=density)(grid[at], over_new)
    yield compare("histograms", stated[0] / stated[1], over_old[0] / over_old[1])


H, B, W = 0.5, 2.0, 1.4


def last_reading(claim):
    """No floor: the new clock when w has come down from 1.4 to zero."""
    for rate in (0.5, 1.5):
        stated = claim[t.STOP].rhs.subs({t.L_0: H * W**2 / 2, eta: rate, h: H, b: B})
        yield compare(f"last reading, rate {rate:g}", sp.N(stated), time_to_zero(rate * H / B))
    bound = claim[t.STOP_IF]
    (edge,) = sp.solve(sp.Eq(bound.lhs, bound.rhs), eta)
    yield compare("rate up to which it is finite", sp.N(edge.subs({h: H, b: B})), growth_edge())
    for name, rate, found in (("a lower rate", 0.5, 1.0), ("that very rate", 2 * B / H, 0.0)):
        finite = bound.func(bound.lhs.subs({eta: rate, h: H}), bound.rhs.subs(b, B))
        yield compare(f"finite at {name}", float(bool(finite)), found)


def time_to_zero(D: float) -> float:
    """On the new clock, where ``log L`` pulls by ``2/w``; the last 1e-12 is left out."""
    return mean_first_passage_time(lambda w: -2 / w, lambda w: D + 0 * w, W, 1e-6 * W)


def mean_square(rate: float, dt: float) -> float:
    """``E w'^2 / w^2`` of one Euler step with kicks of plus or minus one."""
    kick = np.sqrt(rate * H**2 / B * dt) * np.array([-1.0, 1.0])
    return float(((1 - H * dt + kick) ** 2).mean())


def growth_edge() -> float:
    """Learning rate at which the mean loss neither falls nor grows, for steps that vanish."""
    coarse, fine = (
        brentq(lambda rate, dt=dt: mean_square(rate, dt) - 1, 0.1, 50, xtol=1e-13)
        for dt in (2e-3, 1e-3)
    )
    return 2 * fine - coarse  # the error is linear in the step


def log_landscape(claim):
    """LOG-4: a lopsided well with a floor, and a quadratic one without."""
    yield from clocks(claim)
    yield from histograms(claim)
    yield from last_reading(claim)


CHECKS = {"LOG-4": log_landscape}
