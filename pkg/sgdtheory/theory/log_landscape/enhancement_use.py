"""What enhanced noise does to the theories of this book (ENH-5).

``n`` is the number of noisy dimensions, as in LOG-5 and LOG-6.
"""

import sympy as sp

from sgdtheory.theory import fokker_planck as fp
from sgdtheory.theory.log_landscape import enhancement_batches as batches
from sgdtheory.theory.log_landscape import stationary, threshold
from sgdtheory.theory.log_landscape.enhancement_step import (
    MIX,
    NOTEBOOK,
    RECONSTRUCTION,
    F,
    a,
)
from sgdtheory.theory.log_landscape.letters import L_0, SDE, WELL, b, eta, h, n, phi, r
from sgdtheory.theory.power_law.symbols import threshold as bound
from sgdtheory.theory.statement import Mutant, Proportional, Statement, Step, equation

w, R = sp.symbols("w R", real=True)
L, p = sp.Function("L"), sp.Function("p")
n_c = threshold.n_c
indicator, indicator_sgd = (
    sp.Symbol(rf"\operatorname{{Tr}}(H {C})", real=True) for C in ("C", r"C_{\mathrm{SGD}}")
)

FACTOR, TRACE, LAW, EXPONENT, CRITICAL, EXISTS, NEEDED = (
    "with",
    "indicator of the efficiency of escape",
    "stationary law, whatever the loss",
    "with the exponent",
    "critical dimension",
    "a stationary law in the quadratic well if and only if",
    r"for a wanted exponent $\phi$",
)
CLAIM = {
    FACTOR: equation(F, MIX),
    TRACE: equation(indicator, F * indicator_sgd),
    LAW: Proportional(p(w), L(w) ** -phi),
    EXPONENT: equation(phi, 1 + b / (F * eta * h)),
    CRITICAL: equation(n_c, 2 * (1 + b / (F * eta * h))),
    EXISTS: sp.Lt(n, n_c, evaluate=False),
    NEEDED: equation(F, b / (eta * h * (phi - 1))),
}
ANY = L(w, R)  # any loss: w one coordinate, R all the others


def _factor(claim):
    return sp.expand(claim[FACTOR].rhs - batches.NOISE[batches.FACTOR].rhs)


def _trace(claim):
    """Two weights, any Hessian, any covariance of a sample: ENH-2 entry by entry."""
    H, one = (
        sp.Matrix([[x, y], [y, z]]) for x, y, z in (sp.symbols("H_1:4"), sp.symbols("S_1:4"))
    )
    mixed = batches.stated(batches.WITH, batches.NOISE)
    traces = [
        sp.expand((H * one).trace()) * scale.subs(batches.S, 1)
        for scale in (mixed, mixed.subs(a, 1))
    ]
    stated = claim[TRACE].rhs.subs(F, claim[FACTOR].rhs).subs(indicator_sgd, traces[1])
    return sp.cancel(stated - traces[0])


def _law(claim):
    """No current along any coordinate; noise of SGD with b/F, D = eta F h L / b."""
    log_p = sp.expand_log(sp.log(claim[LAW].rhs), force=True).subs(phi, claim[EXPONENT].rhs)
    drift, D = -sp.diff(ANY, w), F * eta * h * ANY / b
    return sp.cancel(fp.residual(log_p.subs(L(w), ANY), drift, D, w))


def _of_log_5(claim):
    exponent = stationary.CLAIM[stationary.EXPONENT].rhs
    return sp.cancel(claim[EXPONENT].rhs - exponent.subs(b, b / F))


def _exists(claim):
    """The radial integrand r^(n-1) p falls faster than 1/r; at equality it is a logarithm."""
    log_p = sp.log(claim[LAW].rhs).subs(L(w), L_0 + h * r**2 / 2)
    fall = -sp.limit(r * sp.diff(sp.expand_log(log_p, force=True), r), r, sp.oo)
    margin, strict = bound(claim[EXISTS])
    margin = margin.subs(n_c, claim[CRITICAL].rhs)
    return [sp.cancel(margin - (fall.subs(phi, claim[EXPONENT].rhs) - n)), strict]


def _needed(claim):
    return sp.cancel(claim[EXPONENT].rhs.subs(F, claim[NEEDED].rhs) - phi)


ENH5 = Statement(
    id="ENH-5",
    kind="corollary",
    title="Enhanced noise in the theories of escape and of the logarithmic landscape",
    source="sgdtheory",
    assumptions=(
        SDE,
        (r"two independent batches of $b$, weights $a$ and $1 - a$ (ENH-1); with replacement, "
         r"or $b \ll n$ samples", None),
        (r"from the stationary law on: noise of SGD proportional to the loss, $C = \frac{2h}{b}"
         r" L\,I$ in $n$ directions", None),
        WELL,
    ),
    claim=CLAIM,
    uses=("ENH-2", "ANI-5", "LOG-5", "LOG-6"),
    steps=(
        Step("the factor of ENH-2", None, _factor),
        Step(r"ENH-2, matrix for matrix, and the trace is linear; the loss rises as "
             r"$\frac{\eta t}{2} \operatorname{Tr}(H C)$ at first", None, _trace),
        Step(r"no current along any coordinate, with $D = F \eta h L / b$", None, _law,
             by="operator"),
        Step(r"LOG-5 with $b/F$ for $b$", None, _of_log_5),
        Step(r"the radial integrand falls like $r^{n - 1 - 2\phi}$", None, _exists, by="limit"),
        Step("solved for the factor", None, _needed),
    ),
    mutants=(
        Mutant("the trace grows by the amplitude",
               {TRACE: equation(indicator, sp.sqrt(F) * indicator_sgd)}),
        Mutant("square of the difference of the weights",
               {FACTOR: equation(F, (2 * a - 1) ** 2)}),
        Mutant("no factor", {EXPONENT: equation(phi, 1 + b / (eta * h)),
                             CRITICAL: equation(n_c, 2 * (1 + b / (eta * h)))}),
        Mutant("the factor on the wrong side",
               {EXPONENT: equation(phi, 1 + b * F / (eta * h))}),
        Mutant(r"the exponent of the clock $\tau$",
               {EXPONENT: equation(phi, b / (F * eta * h))}),
        Mutant("without the 2", {CRITICAL: equation(n_c, 2 * b / (F * eta * h))}),
        Mutant(r"$\phi$ for $\phi - 1$", {NEEDED: equation(F, b / (eta * h * phi))}),
    ),
    remark=(
        RECONSTRUCTION + r" SGD has $b \ge 1$, so that $\eta h \ge 1/(\phi - 1)$: heavy tails "
        r"never come with small steps, where a stochastic differential equation holds. With "
        r"$F = b/(\eta h (\phi - 1))$ they do: enhancement is how the theory can be tested "
        r"inside its own limit."
    ),
    notebook=NOTEBOOK,
)  # fmt: skip

STATEMENTS = (ENH5,)
