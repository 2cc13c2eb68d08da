r"""Letters of escape on the logarithmic landscape, and ``U = ln L`` at its two ends.

Minimum a with loss ``L_*`` and curvature h, saddle s with loss ``r L_*`` and curvature -h_s;
``D = T L`` with ``T = eta h/b``.  Rates are called Gamma: kappa has another meaning (PLD-L6).
"""

import sympy as sp

from sgdtheory.theory.foundations import kramers
from sgdtheory.theory.foundations.symbols import z
from sgdtheory.theory.log_landscape.letters import L_0, b, eta, h
from sgdtheory.theory.statement import equation

T, h_s, rise = sp.symbols(r"T |h_{s}| \Delta{U}", positive=True)
r = sp.Symbol("r", positive=True)  # L(s)/L(a)
Gamma, Gamma_tau = sp.symbols("Gamma Gamma_tau", positive=True)
u_a, u_s = sp.symbols(r"{U''_{a}} {|U''_{s}|}", positive=True)
u3_a, u3_s, u4_a, u4_s = sp.symbols(
    r"{U^{(3)}_{a}} {U^{(3)}_{s}} {U^{(4)}_{a}} {U^{(4)}_{s}}", real=True
)
l3_a, l3_s, l4_a, l4_s = sp.symbols(
    r"{L^{(3)}_{a}} {L^{(3)}_{s}} {L^{(4)}_{a}} {L^{(4)}_{s}}", real=True
)

TEMPERATURE = equation(T, eta * h / b)
WELLS = (
    r"$L > 0$ with one minimum at $a$, $L(a) = L_*$, $L''(a) = h$, and one saddle at $s$, "
    r"$L(s) = r L_*$",
    None,
)  # fmt: skip


def log_ends() -> dict:
    """Derivatives of ``ln L`` at the minimum and at the saddle, and its rise between them."""
    well = L_0 + h * z**2 / 2 + l3_a * z**3 / 6 + l4_a * z**4 / 24
    top = r * L_0 - h_s * z**2 / 2 + l3_s * z**3 / 6 + l4_s * z**4 / 24
    at_a, at_s = (
        [sp.diff(sp.log(end), z, k).subs(z, 0) for k in (2, 3, 4)] for end in (well, top)
    )
    letters = (u_a, u3_a, u4_a, u_s, u3_s, u4_s)
    values = dict(zip(letters, [*at_a, -at_s[0], *at_s[1:]], strict=True))
    return values | {rise: sp.expand_log(sp.log(r * L_0)) - sp.log(L_0)}


def peak_corrections() -> list[sp.Expr]:
    """Of the well and of the top, per unit of temperature (FND-11), for the potential U."""
    theirs = (kramers.h_a, kramers.c_a, kramers.q_a, kramers.h_b, kramers.c_b, kramers.q_b)
    letters = dict(zip(theirs, (u_a, u3_a, u4_a, u_s, u3_s, u4_s), strict=True))
    both = (kramers.correction().rhs.removeO() - 1) / kramers.D
    both = sp.expand(both).subs(letters, simultaneous=True)
    well = both.subs({u3_s: 0, u4_s: 0})
    return [well, both - well]


def to_first_order(expr) -> sp.Expr:
    """Taylor polynomial in T of what is smooth at T = 0."""
    expr = sp.cancel(expr)
    return expr.subs(T, 0) + T * sp.diff(expr, T).subs(T, 0)
