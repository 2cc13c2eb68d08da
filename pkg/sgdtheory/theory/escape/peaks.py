"""The two integrals of the mean first-passage time for a law ``C^-m``: well and saddle."""

from functools import lru_cache

import sympy as sp

from sgdtheory.theory.escape.symbols import H_a, H_b, X, barrier, kappa, m
from sgdtheory.theory.foundations import kramers
from sgdtheory.theory.foundations.kramers import c_a, c_b, q_a, q_b

HALF = sp.S.Half
u, v, z = sp.symbols("u v z", real=True)
#: Second, third and fourth derivatives of a loss at the minimum and at the saddle.
ENDS = (H_a, c_a, q_a, H_b, c_b, q_b)


def integral(power, at) -> sp.Integral:
    return sp.Integral((1 + at**2) ** -power, (at, -sp.oo, sp.oo))


@lru_cache(maxsize=8)
def beta(power) -> sp.Expr:
    """``∫ (1 + v²)^-power dv`` over the line."""
    return sp.integrate((1 + v**2) ** -power, (v, -sp.oo, sp.oo), conds="none")


def beta_left() -> sp.Expr:
    return sp.gammasimp(beta(m) * sp.gamma(m) / sp.gamma(m - HALF)) - sp.sqrt(sp.pi)


def substitution_left(power) -> sp.Expr:
    """``u = v/√(1 + v²)`` makes ``∫ (1 - u²)^power du`` a ``beta`` of ``power + 3/2``."""
    curve = v / sp.sqrt(1 + v**2)
    moved = (1 - curve**2) ** power * sp.diff(curve, v)
    return sp.powsimp(sp.simplify(moved) / (1 + v**2) ** (-power - 3 * HALF)) - 1


def parabolic_time(share=1) -> sp.Expr:
    """Mean time for a parabolic well and an inverted parabola that ends where C = 0."""
    scale = 2 * barrier / X  # eta kappa sigma_g
    well = sp.sqrt(scale / H_a) * beta(m)
    saddle = (1 + X) ** (m - 1) * sp.sqrt((1 + X) * scale / H_b) * beta(m + HALF)
    return 2 * kappa / scale * well * share * saddle


@lru_cache(maxsize=1)
def log_noise() -> dict:
    """Kramers' letters (FND-11) for ``ln s`` in place of the loss, ``s = C/C(a)``."""
    well = H_a * z**2 / 2 + c_a * z**3 / 6 + q_a * z**4 / 24
    top = -H_b * z**2 / 2 + c_b * z**3 / 6 + q_b * z**4 / 24
    ends = sp.log(1 + X * well / barrier), sp.log(1 + X * top / (barrier * (1 + X)))
    at_a, at_b = ([sp.diff(end, z, n).subs(z, 0) for n in (2, 3, 4)] for end in ends)
    letters = (kramers.h_a, c_a, q_a, kramers.h_b, c_b, q_b)
    return dict(zip(letters, [*at_a, -at_b[0], *at_b[1:]], strict=True))


def laplace_time() -> sp.Expr:
    """``(2/eta sigma_g) ∫ s^(m-1) ∫ s^-m`` by Kramers' formula at temperature ``1/m``."""
    root = sp.sqrt(kramers.h_a * kramers.h_b).subs(log_noise())
    both = kramers.kramers(root=root, exponent=m * sp.log(1 + X)) / m
    return kappa * X / barrier / (1 + X) * both


def correction() -> sp.Expr:
    """Order ``1/m`` of Kramers' correction for ``ln s``, less what two parabolas have."""
    first = kramers.correction().rhs.removeO().subs(kramers.D, 1 / m)
    true = first.subs(log_noise(), simultaneous=True)
    return true - true.subs({c_a: 0, q_a: 0, c_b: 0, q_b: 0})


def derivatives(loss, at: sp.Symbol, minimum, saddle) -> dict:
    """Values of the letters ``ENDS`` and of the barrier for one loss."""
    low, high = ([sp.diff(loss, at, n).subs(at, end) for n in (2, 3, 4)]
                 for end in (minimum, saddle))  # fmt: skip
    height = loss.subs(at, saddle) - loss.subs(at, minimum)
    values = [*low, -high[0], *high[1:]]
    return dict(zip(ENDS, values, strict=True)) | {barrier: height}


@lru_cache(maxsize=8)
def at_large_m(expr) -> list[sp.Expr]:
    """``[r_0, r_1]`` in ``log expr = r_0 + r_1/m + ...``: Stirling's series for each Gamma."""

    def series(u):
        return (u - HALF) * sp.log(u) - u + sp.log(2 * sp.pi) / 2 + 1 / (12 * u)

    small = sp.Symbol("small", positive=True)  # 1/m
    logs = sp.expand_log(sp.log(expr), force=True)
    logs = logs.replace(lambda e: isinstance(e, sp.log) and isinstance(e.args[0], sp.gamma),
                        lambda e: series(e.args[0].args[0]))  # fmt: skip
    logs = sp.expand_log(sp.powsimp(logs.subs(m, 1 / small)), force=True)
    powers = sp.series(logs, small, 0, 2).removeO()
    return [powers.coeff(small, n) for n in (0, 1)]
