"""The mean escaping time: reaching the saddle, and crossing it."""

import sympy as sp

from sgdtheory.theory.foundations.symbols import D, x, y, z
from sgdtheory.theory.statement import Mutant, Statement, Step, equation

phi = sp.Function("p")
a, b, c, wall = sp.symbols(r"a b c \ell", real=True)
tau_reach, tau_cross, tau_0, h = sp.symbols(
    r"\tau_{\mathrm{reach}} \tau_{\mathrm{cross}} \tau_0 h", positive=True
)
F, Psi, W = (sp.Function(name) for name in ("F", r"\Psi", "W"))
ratio = tau_reach / tau_cross
chance = sp.Symbol(r"P(c \text{ before } a)", positive=True)
HALF = sp.S.Half

REACH, CROSS, CHANCE, SYMMETRIC, TENT, HIGH, FLAT = (
    r"reach: mean of the first time at the saddle $b$, from the minimum $a$",
    r"cross: mean of the first time at a point $c$ well beyond $b$, from $a$",
    "symmetric double well, $b$ halfway from $a$ to $c$: chance of $c$ before $a$, from $b$",
    r"there, $\tau_0$ the mean time from $b$ to leave $(a, c)$",
    "tent of height $h$ halfway from a wall at $a$ to $c$, constant noise: reach over cross",
    "the same, high barrier",
    "the same, no barrier",
)


def passage(target) -> sp.Integral:
    """Mean first-passage time from ``a`` (FND-10); ``p`` the stationary density."""
    below = sp.Integral(phi(z), (z, wall, y))
    return sp.Integral(below / (D(y) * phi(y)), (y, a, target))


CLAIM = {
    REACH: equation(tau_reach, passage(b)),
    CROSS: equation(tau_cross, passage(c)),
    CHANCE: equation(chance, HALF),
    SYMMETRIC: equation(tau_reach, tau_cross / 2 - tau_0),
    TENT: equation(ratio, HALF - (h - 1 + sp.exp(-h)) / (8 * sp.sinh(h / 2) ** 2)),
    HIGH: equation(sp.Limit(ratio, h, sp.oo), HALF),
    FLAT: equation(sp.Limit(ratio, h, 0), sp.Rational(1, 4)),
}


def _by_antiderivatives(time) -> sp.Expr:
    """The double integral in terms of ``F' = p``, ``Psi' = 1/(D p)``, ``W' = F Psi'``."""
    factor, time = time.as_coeff_Mul()
    rate = sp.diff(Psi(y), y)
    inside = time.function.replace(phi, lambda u: sp.diff(F(u), u)).doit()
    inside = inside.subs(D(y), 1 / (rate * sp.diff(F(y), y)))
    inside = sp.expand(inside).subs(F(y) * rate, sp.diff(W(y), y))
    return factor * sp.Integral(inside, *time.limits).doit()


def _even_law(expr) -> sp.Expr:
    """At ``a = -c``, ``b = 0``, wall at ``-w``: F and Psi are odd, W is even."""
    w = sp.Symbol("w", real=True)
    expr = expr.subs({a: -c, b: 0, wall: -w})
    return expr.subs({F(-w): -F(w), Psi(-c): -Psi(c), Psi(0): 0, W(-c): W(c)})


def _symmetric(claim):
    """Seen from b an even law is one half with a wall at b: that time is ``tau_0``."""
    reach, cross = (_by_antiderivatives(claim[k].rhs) for k in (REACH, CROSS))
    times = {tau_cross: cross, tau_0: W(c) - W(0)}
    return _even_law(reach - claim[SYMMETRIC].rhs.subs(times))


def _chance(claim):
    """The committor is harmonic: its slope is proportional to 1/(D p)."""
    found = (Psi(b) - Psi(a)) / (Psi(c) - Psi(a))
    return sp.cancel(_even_law(found) - claim[CHANCE].rhs)


def _tent_time(time) -> sp.Expr:
    """One of the two times for p = exp(h |x|), D = 1, from -1 with a wall there."""
    factor, time = time.as_coeff_Mul()
    law = {-1: sp.exp(-h * x), 1: sp.exp(h * x)}
    grown = {-1: sp.integrate(law[-1].subs(x, z), (z, -1, y))}
    grown[1] = grown[-1].subs(y, 0) + sp.integrate(law[1].subs(x, z), (z, 0, y))
    end = {b: 0, c: 1}[time.limits[0][2]]
    below = sp.Symbol("below")
    total = sp.S.Zero
    for side, low, high in ((-1, -1, 0), (1, 0, end)):
        inside = time.function.replace(sp.Integral, lambda *_: below)
        inside = inside.subs({D(y): 1, phi(y): law[side].subs(x, y), below: grown[side]})
        total += sp.integrate(sp.expand(inside), (y, low, high))
    return factor * total


def _tent(claim):
    reach, cross = (_tent_time(claim[k].rhs) for k in (REACH, CROSS))
    return sp.simplify((claim[TENT].rhs - reach / cross).rewrite(sp.exp))


def _limit(label, at):
    def residual(claim):
        found = sp.limit(claim[TENT].rhs.rewrite(sp.exp), h, at)
        return claim[label].rhs - found

    return residual


D5 = Statement(
    id="PLD-D5",
    kind="definition",
    title="The mean escaping time: to reach the saddle, and to cross it",
    source="meng2020, Definition 5",
    assumptions=(
        (r"$a$ a minimum of the loss, $b$ the saddle next to it, $c$ beyond it, far enough "
         r"that the way back is long", None),
        (r"$p \propto D^{\alpha-1}\exp\int f/D$ the stationary density without flux, on "
         r"$w > \ell$", None),
    ),
    claim=CLAIM,
    uses=("FND-10",),
    steps=(
        Step("even law: the antiderivatives of $p$ and $1/(Dp)$ are odd",
             equation(sp.Derivative(Psi(y), y), 1 / (D(y) * phi(y))), _chance, by="example"),
        Step(r"both integrals by antiderivatives; their difference is the time from $b$ with a "
             r"wall at $b$, by symmetry $\tau_0$",
             equation(sp.Derivative(W(y), y), F(y) / (D(y) * phi(y))), _symmetric,
             by="example"),
        Step("tent: all integrals are elementary",
             equation(phi(x), sp.exp(h * sp.Abs(x))), _tent, by="example"),
        Step("a high tent: the time to leave its top is short beside the time to climb it",
             None, _limit(HIGH, sp.oo), by="limit"),
        Step("no tent: free diffusion takes four times as long for twice the way", None,
             _limit(FLAT, 0), by="limit"),
    ),
    mutants=(
        Mutant("reach is exactly half of cross",
               {SYMMETRIC: equation(tau_reach, tau_cross / 2)}),
        Mutant("reach and cross are one time",
               {SYMMETRIC: equation(tau_reach, tau_cross),
                HIGH: equation(sp.Limit(ratio, h, sp.oo), sp.S.One)}),
        Mutant("half also without a barrier",
               {FLAT: equation(sp.Limit(ratio, h, 0), HALF)}),
    ),
    status="definition",
    against_source="as-stated",
    remark=(
        "The source defines the first reach. From the top of the barrier a walker falls to "
        "either side with equal chance, so that behind a high barrier crossing takes "
        "twice as long as reaching: a formula must say which of the two it gives (PLD-L6)."
    ),
    notebook="notebooks/escape/01_escape_formulas",
)  # fmt: skip

STATEMENTS = (D5,)
