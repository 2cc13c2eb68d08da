"""Weak constant noise: both integrals of the mean first-passage time become Gaussian."""

import sympy as sp

from sgdtheory.theory.foundations.symbols import E
from sgdtheory.theory.statement import Asymptotic, Mutant, Statement, Step, equation

D, h_a, h_b, barrier, delta = sp.symbols(
    r"D {L''_{a}} {|L''_{b}|} \Delta{L} delta", positive=True
)
c_a, c_b, q_a, q_b = sp.symbols(
    r"{L^{(3)}_{a}} {L^{(3)}_{b}} {L^{(4)}_{a}} {L^{(4)}_{b}}", real=True
)
t_cross, t_reach = sp.symbols(r"\tau_{\mathrm{cross}} \tau_{\mathrm{reach}}", positive=True)
s, y, z = sp.symbols("s y z", real=True)
R = sp.Symbol("R", positive=True)

CROSS, REACH, NEXT = (
    r"time to cross the barrier at $b$ and go down on the other side, $D \to 0$",
    r"time to reach the top of the barrier, $D \to 0$",
    "$R$, the exact crossing time over Kramers' formula",
)


ROOT = sp.sqrt(h_a * h_b)


def kramers(front=2 * sp.pi, root=ROOT, exponent=barrier / D):
    return front / root * sp.exp(exponent)


def correction(quartic=sp.S.One / 8):
    well = 5 * c_a**2 / (24 * h_a**3) - quartic * q_a / h_a**2
    top = 5 * c_b**2 / (24 * h_b**3) + quartic * q_b / h_b**2
    return equation(R, 1 + D * (well + top) + sp.O(D**2))


def _gaussian(h, low=-delta, high=delta) -> sp.Expr:
    """∫ exp(-h s²/(2D)) ds near the extremum, in units of √D, as D → 0."""
    u = sp.Symbol("u", positive=True)  # u = 1/√D
    piece = sp.integrate(sp.exp(-h * u**2 * s**2 / 2), (s, low, high)) * u
    return sp.limit(piece, u, sp.oo)


def _crossing(claim):
    found = _gaussian(h_a) * _gaussian(h_b)
    return sp.simplify(claim[CROSS].rhs * sp.exp(-barrier / D) - found)


def _reaching(claim):
    found = _gaussian(h_a) * _gaussian(h_b, low=-delta, high=0)
    return sp.simplify(claim[REACH].rhs * sp.exp(-barrier / D) - found)


def _anharmonic(h, cubic, quartic) -> sp.Expr:
    """First correction of ∫ exp(-(h s²/2 + cubic s³/6 + quartic s⁴/24)/D), s = √(D/h) v.

    The moments of a standard normal v: <v⁴> = 3, <v⁶> = 15.
    """
    root, v = sp.Symbol("r", positive=True), sp.Symbol("v", real=True)  # r = √D
    third = cubic * root * v**3 / (6 * h ** sp.Rational(3, 2))
    rest = -third - quartic * root**2 * v**4 / (24 * h**2)
    second = sp.Poly(sp.expand(1 + rest + rest**2 / 2), root).coeff_monomial(root**2)
    normal = sp.exp(-(v**2) / 2) / sp.sqrt(2 * sp.pi)
    return sp.integrate(sp.expand(second) * normal, (v, -sp.oo, sp.oo))


def _next(claim):
    """Well: L as it is.  Barrier: -L is the well, so that both derivatives change sign."""
    found = _anharmonic(h_a, c_a, q_a) + _anharmonic(h_b, -c_b, -q_b)
    return sp.expand(claim[NEXT].rhs.removeO() - 1 - D * found)


STATEMENTS = (
    Statement(
        id="FND-11",
        kind="theorem",
        title="Kramers' formula",
        source="kramers1940, high-friction limit",
        assumptions=(
            (r"$f = -L'$, $D$ constant; $L$ with one well at $a$ and one barrier at $b$, "
             r"$\Delta L = L(b) - L(a)$", None),
            ("$L''(a) > 0 > L''(b)$; the target of a crossing lies beyond $b$, below it by "
             "many $D$", None),
        ),
        claim={
            CROSS: Asymptotic(t_cross, kramers()),
            REACH: Asymptotic(t_reach, kramers(sp.pi)),
            NEXT: correction(),
        },
        uses=("FND-10",),
        steps=(
            Step(r"constant $D$: $\phi = \exp(-L/D)$; the inner integral peaks at $a$, the "
                 "outer at $b$",
                 equation(E(sp.Symbol(r"\tau")), sp.Integral(
                     sp.exp(sp.Function("L")(y) / D) / D
                     * sp.Integral(sp.exp(-sp.Function("L")(z) / D), z), y)),
                 lambda: _gaussian(h_a) - sp.sqrt(2 * sp.pi / h_a), by="limit"),
            Step("a walker that crosses has the whole peak at $b$ behind it",
                 equation(t_cross, sp.sqrt(2 * sp.pi * D / h_a) * sp.sqrt(2 * sp.pi * D / h_b)
                          * sp.exp(barrier / D) / D), _crossing, by="limit"),
            Step("one that has just reached $b$ has half of it", None, _reaching, by="limit"),
            Step("cubic and quartic terms of $L$, averaged over each peak",
                 equation(E(sp.Symbol("v") ** 6), sp.Integer(15)), _next, by="series"),
        ),
        mutants=(
            Mutant("reach taken for cross", {CROSS: Asymptotic(t_cross, kramers(sp.pi))}),
            Mutant("cross taken for reach", {REACH: Asymptotic(t_reach, kramers())}),
            Mutant(r"exponent $\Delta L/(2D)$",
                   {CROSS: Asymptotic(t_cross, kramers(exponent=barrier / (2 * D)))}),
            Mutant("curvatures without the square root",
                   {CROSS: Asymptotic(t_cross, kramers(root=h_a * h_b))}),
            Mutant("quartic correction $1/24$", {NEXT: correction(sp.S.One / 24)}),
        ),
        status="asymptotic",
        against_source="as-stated",
        remark=(
            r"For a quartic double well a barrier of $\Delta L / D = 5$ leaves an error of "
            r"about ten per cent, most of which the first correction accounts for. Reach and "
            r"cross differ by a factor of two: say which is meant."
        ),
    ),
)  # fmt: skip
