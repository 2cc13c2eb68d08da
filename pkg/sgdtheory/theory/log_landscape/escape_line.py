"""One dimension: the rate of escape where the noise is proportional to the loss."""

import sympy as sp

from sgdtheory.theory.escape import barrier, peaks
from sgdtheory.theory.foundations import kramers
from sgdtheory.theory.foundations.symbols import opaque, w, x, y, z
from sgdtheory.theory.log_landscape.escape_letters import (
    TEMPERATURE,
    WELLS,
    Gamma,
    Gamma_tau,
    T,
    h_s,
    l3_a,
    l3_s,
    l4_a,
    l4_s,
    log_ends,
    peak_corrections,
    r,
    rise,
    to_first_order,
    u3_a,
    u3_s,
    u4_a,
    u4_s,
    u_a,
    u_s,
)
from sgdtheory.theory.log_landscape.letters import L_0, SDE, b, eta, h
from sgdtheory.theory.statement import Asymptotic, Mutant, Statement, Step, equation

HALF = sp.S.Half
L, t = sp.Function("L"), sp.Function("t")
X, R, mean = sp.symbols(r"X R \langle{L}\rangle", positive=True)
c, far = sp.symbols("c e", real=True)  # coefficient of T; a place beyond the saddle
#: Letters of PLD-L6 and their names here.
OURS = dict(zip(peaks.ENDS, (h, l3_a, l4_a, h_s, l3_s, l4_s), strict=True))

TEMP, BEND_A, BEND_S, RISE, TAU, RATE, CLOCKS, MEAN, EXACT, NEXT, C_U, C_L, QUARTIC, WHERE = (
    "with",
    r"curvature of $U = \ln L$ at the minimum",
    "at the saddle",
    "and its barrier",
    r"rate on the clock $\mathrm{d}\tau = L\,\mathrm{d}t$, $T \to 0$",
    r"rate in time, $T \to 0$",
    "which is the mean loss in the well times the rate on the other clock,",
    "where",
    r"mean time from $x$ to a place $e$ beyond the saddle, exactly, whatever the loss",
    r"$R = \Gamma\,t(a)$, the formula's rate times the exact time",
    r"by the derivatives of $U$",
    r"by those of $L$",
    r"example: double well $L = L_* + X L_*\,(w^2 - 1)^2$",
    "on a given landscape the formula becomes right for ever smaller rates",
)


def rate(power=HALF + 1 / T, front=1 / (2 * sp.pi)) -> sp.Expr:
    return front * sp.sqrt(h * h_s) * r**-power


def by_potential(clock=-HALF) -> sp.Expr:
    well = 5 * u3_a**2 / (24 * u_a**3) - u4_a / (8 * u_a**2)
    top = 5 * u3_s**2 / (24 * u_s**3) + u4_s / (8 * u_s**2)
    return clock + well + top


def by_loss(top=r * L_0) -> sp.Expr:
    """The two corrections of Kramers (FND-11), each with the loss of its own place."""
    at_a = 5 * l3_a**2 / (24 * h**3) - l4_a / (8 * h**2)
    at_s = 5 * l3_s**2 / (24 * h_s**3) + l4_s / (8 * h_s**2)
    return -HALF + L_0 * at_a + top * at_s


CLAIM = {
    RATE: Asymptotic(Gamma, rate()),
    TEMP: TEMPERATURE,
    BEND_A: equation(u_a, h / L_0),
    BEND_S: equation(u_s, h_s / (r * L_0)),
    RISE: equation(rise, sp.log(r)),
    TAU: Asymptotic(Gamma_tau, rate() / L_0),
    CLOCKS: Asymptotic(Gamma, mean * Gamma_tau),
    MEAN: equation(mean, L_0 + L_0 * T / 2 + sp.O(T**2)),
    EXACT: equation(t(x), sp.Integral(
        L(y) ** (1 / T) * sp.Integral(L(z) ** (-1 - 1 / T), (z, -sp.oo, y)), (y, x, far)) / T),
    NEXT: equation(R, 1 + c * T + sp.O(T**2)),
    C_U: equation(c, by_potential()),
    C_L: equation(c, by_loss()),
    QUARTIC: equation(c, -sp.Rational(5, 16) + 3 / (8 * X)),
    WHERE: equation(sp.Limit(R, Gamma, 0), 1),
}  # fmt: skip


def claimed_ends(claim) -> dict:
    return {claim[label].lhs: claim[label].rhs for label in (BEND_A, BEND_S, RISE)}


def _curvatures(claim):
    true, said = log_ends(), claimed_ends(claim)
    return [sp.cancel(said[letter] - true[letter]) for letter in said]


def _generator(claim):
    """``D = eta C/2`` in units of L."""
    return sp.cancel(claim[TEMP].rhs - eta / 2 * (2 * h / b))


def _kramers(claim):
    time = kramers.kramers(root=sp.sqrt(u_a * u_s), exponent=rise / T)
    return sp.powsimp(sp.simplify(claim[TAU].rhs * time.subs(claimed_ends(claim)))) - 1


def _clock(claim):
    values = {mean: claim[MEAN].rhs.removeO().subs(T, 0), Gamma_tau: claim[TAU].rhs}
    return sp.powsimp(sp.simplify(claim[CLOCKS].rhs.subs(values) / claim[RATE].rhs)) - 1


def _mean(claim):
    """``∫ L^-k`` over the well is ``sqrt(2 pi/(k U'')) (1 + g/k)``."""
    g = sp.Symbol("g", real=True)
    volume = {k: (1 + g / k) / sp.sqrt(k) for k in (1 / T, 1 + 1 / T)}
    found = sp.simplify(volume[1 / T] / volume[1 + 1 / T])
    return sp.expand(to_first_order(found) - claim[MEAN].rhs.removeO() / L_0)


def _backward(claim):
    """The claimed integral in the generator ``-L' d/dx + T L d²/dx²``, and at the target."""
    time = claim[EXACT].rhs
    first = sp.diff(time, x)
    balance = -sp.diff(L(x), x) * first + T * L(x) * sp.diff(first, x) + 1
    inside = opaque(balance.doit(integrals=False))
    return sp.simplify(sp.powsimp(inside)), time.subs(x, far).doit()


def _excess(product, claim, label) -> sp.Expr:
    """What a product has at the orders 1 and T beyond the claim."""
    claimed = claim[NEXT].rhs.removeO().subs(c, claim[label].rhs)
    return sp.expand(to_first_order(product) - claimed)


def _next(claim):
    """The inner integral is a well at the temperature T/(1 + T), the outer one a top at T."""
    cold, (well, top) = T / (1 + T), peak_corrections()
    gauss = 2 * sp.pi * sp.sqrt(cold * T / (u_a * u_s)) * sp.exp(rise / T) / (L_0 * T)
    leading = (claim[RATE].rhs * gauss).subs(claimed_ends(claim))
    product = sp.powsimp(sp.simplify(leading)) * (1 + cold * well + T * top)
    return _excess(product, claim, C_U)


def _by_loss(claim):
    return sp.cancel(claim[C_U].rhs.subs(log_ends()) - claim[C_L].rhs)


def _quartic(claim):
    loss = L_0 + X * L_0 * (w**2 - 1) ** 2
    values = peaks.derivatives(loss, w, -1, 0)
    values = {OURS[letter]: v for letter, v in values.items() if letter in OURS}
    return sp.cancel(claim[C_L].rhs.subs(values).subs(r, 1 + X) - claim[QUARTIC].rhs)


def _same_as_barrier(claim):
    """PLD-L6 with ``kappa = 1/T``, ``1 + X = r``: the same product up to the order T."""
    letters = OURS | {barrier.X: r - 1, barrier.kappa: 1 / T, barrier.m: 1 + 1 / T,
                      barrier.barrier: (r - 1) * L_0}  # fmt: skip
    lemma = barrier.CLAIM[barrier.CROSS].rhs.subs(letters, simultaneous=True)
    following = barrier.CLAIM[barrier.NEXT].rhs.removeO().subs(letters, simultaneous=True)
    product = sp.powsimp(sp.simplify(claim[RATE].rhs * lemma)) * following
    return _excess(product, claim, C_L)


def _where(claim):
    """The formula inverted: its T at a given rate, and the limit of ``T/(1 + T)``."""
    decades = sp.log(sp.sqrt(h * h_s) / (2 * sp.pi * Gamma)) / sp.log(r)
    back = claim[RATE].rhs.subs(T, 1 / (decades - HALF)) / Gamma
    _, rate_, end, _ = claim[WHERE].lhs.args
    error = sp.limit(1 / (decades + HALF), rate_, end)
    return [sp.simplify(sp.expand_log(sp.log(back), force=True)), error, claim[WHERE].rhs - 1]


LOG_7 = Statement(
    id="LOG-7",
    kind="theorem",
    title="The rate of escape is a power of the ratio of two losses",
    source="mori2022, equation 16",
    assumptions=(
        SDE,
        (r"noise proportional to the loss, $C = \frac{2h}{b}\,L(w)$ with the curvature $h$ of "
         r"the minimum, up to the saddle and beyond", None),
        WELLS,
        (r"the target of an escape lies beyond $s$ and well below it", None),
    ),
    claim=CLAIM,
    uses=("FND-10", "FND-11", "LOG-4", "PLD-L6"),
    steps=(
        Step(r"$D = \eta C/2 = T L$: on the clock $\mathrm{d}\tau = L\,\mathrm{d}t$ (LOG-4) "
             r"the noise is $T$ everywhere and the force $-U'$ with $U = \ln L$", None,
             _generator),
        Step(r"differentiate $\ln L$ at both ends", None, _curvatures),
        Step(r"Kramers' formula (FND-11) at the temperature $T$",
             equation(Gamma_tau, sp.sqrt(u_a * u_s) / (2 * sp.pi) * sp.exp(-rise / T)),
             _kramers),
        Step(r"both mean times share the outer integral over the saddle; the inner one is "
             r"$\int L^{-1/T}$ over the well, or $\int L^{-1-1/T}$: their ratio is the mean "
             r"loss in the law $L^{-1-1/T}$, up to $e^{-\Delta U/T}$", None, _mean,
             by="series"),
        Step(r"to leading order one unit of time is $L_*$ units of $\tau$", None, _clock),
        Step("the claimed double integral (FND-10) solves the backward equation", None,
             _backward, by="operator"),
        Step(r"inside, $L^{-1-1/T} = e^{-U/T'}$ with $T' = \frac{T}{1+T}$: Gaussian integrals, "
             r"their first corrections, and $\sqrt{T'/T} = 1 - T/2$",
             equation(sp.sqrt(1 / (1 + T)), 1 - T / 2 + sp.O(T**2)), _next, by="series"),
        Step(r"$U^{(4)} = L^{(4)}/L - 3\,(L''/L)^2$: the two terms without $L^{(4)}$ cancel",
             None, _by_loss),
        Step(r"the same from PLD-L6 with $\kappa = 1/T$, $1 + X = r$, whose factor "
             r"$1/(1 + \frac{1}{2\kappa})$ is $1 - T/2$", None, _same_as_barrier, by="series"),
        Step("derivatives of the double well", None, _quartic, by="example"),
        Step(r"solved for $T$: a small rate is a small $T$, and the error is $c\,T$; the "
             r"largest rate that the formula can give belongs to $T = \infty$",
             equation(T, 1 / (sp.log(sp.sqrt(h * h_s) / (2 * sp.pi * Gamma)) / sp.log(r)
                              - HALF)), _where, by="limit"),
    ),
    mutants=(
        Mutant("right for large rates", {WHERE: equation(sp.Limit(
            R, Gamma, sp.sqrt(h * h_s / r) / (2 * sp.pi), "-"), 1)}, source=True),
        Mutant(r"exponent $\frac{b}{\eta h} - \frac12$, that of the anti-Itô reading",
               {RATE: Asymptotic(Gamma, rate(1 / T - HALF))}),
        Mutant("the clock forgotten: no factor $L_*$", {RATE: Asymptotic(
            Gamma, CLAIM[TAU].rhs), CLOCKS: Asymptotic(Gamma, Gamma_tau)}),
        Mutant(r"the height of the loss, $r - 1$, in place of $\ln r$", {
            RISE: equation(rise, r - 1),
            RATE: Asymptotic(Gamma, sp.sqrt(h * h_s / r) / (2 * sp.pi) * sp.exp((1 - r) / T))}),
        Mutant("rate to reach the saddle", {RATE: Asymptotic(Gamma, rate(front=1 / sp.pi))}),
        Mutant(r"correction without the $-\frac12$ of the clock",
               {C_U: equation(c, by_potential(0)), C_L: equation(c, by_loss() + HALF)}),
        Mutant("the loss of the minimum at the saddle too",
               {C_L: equation(c, by_loss(top=L_0))}),
    ),
    status="asymptotic",
    against_source="misprint",
    remark=(
        r"The formula is that of the source. Its remark that it is accurate where the escape "
        r"rate is large says the opposite of what holds: low noise is assumed, $T \ll 1$ and "
        r"$T \ll \ln r$, and then the rate is small. Compare PLD-L6, whose $\kappa$ is "
        r"$1/T$ here. At fixed $T$ and $r \to \infty$ the power is right and the prefactor is "
        r"not (PLD-X5)."
    ),
    notebook="notebooks/log_landscape/03_escape_rate",
)  # fmt: skip

STATEMENTS = (LOG_7,)
