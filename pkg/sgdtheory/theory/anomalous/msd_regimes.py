"""Two regimes of displacement, and the lag at which the slope is one."""

import sympy as sp

from sgdtheory.theory.anomalous.letters import READING
from sgdtheory.theory.power_law.symbols import threshold
from sgdtheory.theory.statement import Mutant, Statement, Step, equation

tau, tau_1, A, u = sp.symbols("tau tau_1 A u", positive=True)
alpha_1, alpha_2, alpha = sp.symbols("alpha_1 alpha_2 alpha", positive=True)
M, M_late, M_sum = (sp.Function(name) for name in ("M", r"M_{\mathrm{late}}", r"M_{+}"))
beta = sp.Function("beta")
crossing = sp.Symbol(r"\tau_{\times}", positive=True)
x = tau / tau_1

EARLY, LATE, LEAST, SUM, SLOPE, CROSSING = (
    r"before $t_c$",
    r"after $t_c$",
    r"so $M/\tau$ is least at $\tau_1$, and nowhere else",
    "the same two regimes, joined smoothly",
    "its exponent",
    r"which is one not at $\tau_1$, but at",
)


def crossing_at(ratio=(1 - alpha_2) / (alpha_1 - 1), power=1 / (alpha_1 - alpha_2)):
    return equation(crossing, tau_1 * ratio**power)


def slope(power=alpha_2 - alpha_1):
    return equation(beta(tau), alpha_2 + (alpha_1 - alpha_2) / (1 + x**power))


REGIMES = {
    EARLY: equation(
        M(tau), sp.Piecewise((A * x**alpha_2, tau <= tau_1), (A * x**alpha_1, True))),
    LATE: equation(M_late(tau), A * x**alpha),
    LEAST: sp.Ge(M(tau) / tau, A / tau_1, evaluate=False),
    SUM: equation(M_sum(tau), A * (x**alpha_2 + x**alpha_1)),
    SLOPE: slope(),
    CROSSING: crossing_at(),
}  # fmt: skip


def log_slope(expr) -> sp.Expr:
    return tau * sp.diff(sp.log(expr), tau)


def regime(curve, side: int) -> sp.Expr:
    """One piece of the pattern, at ``tau_1 e^(-u)`` or ``tau_1 e^u``."""
    piece = curve.replace(sp.Piecewise, lambda *pieces: pieces[side].expr)
    return piece.subs(tau, tau_1 * sp.exp((-u, u)[side]))


def _early(claim):
    """The exponents, and which holds where."""
    curve = claim[EARLY].rhs
    short, long = (sp.expand_log(sp.log(regime(curve, side) / A)) for side in (0, 1))
    lower, upper = curve.subs(tau, tau_1 / 2), curve.subs(tau, 2 * tau_1)
    return [
        short + alpha_2 * u, long - alpha_1 * u,
        lower * 2**alpha_2 - A, upper / 2**alpha_1 - A, curve.subs(tau, tau_1) - A,
    ]  # fmt: skip


def _late(claim):
    curve = claim[LATE].rhs
    return [log_slope(curve) - alpha, curve.subs(tau, tau_1) - A]


def _least(claim):
    """What the bound leaves: positive at both sides of ``tau_1``, zero there."""
    margin, strict = threshold(claim[LEAST])
    gaps = []
    for side, rise in enumerate(((1 - alpha_2) * u, (alpha_1 - 1) * u)):
        here = margin.subs(M(tau), regime(claim[EARLY].rhs, side))
        here = here.subs(tau, tau_1 * sp.exp((-u, u)[side]))
        gaps.append(sp.powsimp(sp.expand(here - A / tau_1 * (sp.exp(rise) - 1))))
    return [*gaps, not strict]


def _slope_of_sum(claim):
    return sp.simplify(claim[SLOPE].rhs - log_slope(claim[SUM].rhs))


def _amplitude(claim):
    return claim[SUM].rhs.subs(tau, tau_1) - 2 * A


def _crossing(claim):
    """``(tau/tau_1)^(alpha_1 - alpha_2)`` there, and the exponent is one."""
    q = sp.Symbol("q", positive=True)  # that power
    power = (claim[CROSSING].rhs / tau_1) ** (alpha_1 - alpha_2)
    exponent = claim[SLOPE].rhs.subs(tau, tau_1 * q ** (1 / (alpha_1 - alpha_2)))
    value = sp.powsimp(sp.powdenest(power, force=True))
    return sp.simplify(sp.powdenest(exponent, force=True).subs(q, value) - 1)


TWO_REGIMES = Statement(
    id="ANO-EQ5",
    kind="proposition",
    title="Two regimes of displacement, and where they meet",
    source="chen2022anomalous, Equation 5",
    assumptions=(
        (r"$0 < \alpha_2 < 1 < \alpha_1$", sp.And(alpha_2 < 1, alpha_1 > 1)),
        (r"$\alpha < 1$", alpha < 1),
    ),
    claim=REGIMES,
    uses=("ANO-EQ3",),
    steps=(
        Step(r"the exponents at $\tau_1 e^{\mp u}$, and the value in between", None, _early),
        Step("one exponent at all lags", None, _late),
        Step(r"$M/\tau$ rises by $e^{(1-\alpha_2)u}$ to one side, by $e^{(\alpha_1-1)u}$ to "
             "the other", None, _least),
        Step("the two terms are equal where they meet", None, _amplitude),
        Step("logarithmic derivative of the sum: the mean exponent, each weighted with its "
             "term", None, _slope_of_sum, by="operator"),
        Step(r"set it to one", None, _crossing),
    ),
    mutants=(
        Mutant("the terms exchanged", {SLOPE: slope(alpha_1 - alpha_2)}),
        Mutant(r"the crossing is at $\tau_1$", {CROSSING: equation(crossing, tau_1)}),
        Mutant("weights exchanged",
               {CROSSING: crossing_at(ratio=(alpha_1 - 1) / (1 - alpha_2))}),
        Mutant("exponent of the crossing inverted",
               {CROSSING: crossing_at(power=alpha_1 - alpha_2)}),
        Mutant("$M/\\tau$ is largest there",
               {LEAST: sp.Le(M(tau) / tau, A / tau_1, evaluate=False)}),
    ),
    against_source="as-stated",
    remark=(
        r"The pattern is that of the source, as we reconstruct it; what follows is ours. The "
        r"lag of slope one needs no threshold and no shape of the curve, and is found as the "
        r"lowest point of $M/\tau$. For $\alpha_2 = 0.7$ it lies at $0.40\,\tau_1$ if "
        r"$\alpha_1 = 2$ is a drift, at $2.25\,\tau_1$ if $\alpha_1 = 1.2$. With "
        r"$\alpha_2 = 1$, Brownian motion and a drift, there is none: the slope exceeds one at "
        r"every lag, and any $\tau_1$ read from such a curve is made by the reader."
    ),
    notebook=READING,
)  # fmt: skip

STATEMENTS = (TWO_REGIMES,)
