"""Noise that multiplies the weight: the exact second moment, and where it diverges."""

import sympy as sp

from sgdtheory.theory.power_law.symbols import threshold
from sgdtheory.theory.statement import Mutant, Statement, Step, equation
from sgdtheory.theory.variance_flatness.modes import NOTEBOOK, eta

E = sp.Function(r"\operatorname{E}")
mean_a, s_a, s_b = sp.symbols(r"\bar{a} s_a s_b", positive=True)
A, s = sp.symbols("A s", positive=True)
B = sp.Symbol("B", positive=True, integer=True)
u, v_a, v_b = sp.symbols(r"u \operatorname{Var}(a_t) \operatorname{Var}(b_t)", real=True)

MOMENT, FINITE, CURVED, PUSHED, REGRESSION, REGRESSION_FINITE = (
    "stationary second moment",
    "finite if and only if",
    r"regression on one weight: variance of a batch's curvature $a_t = \overline{x^2}$",
    r"variance of its push $b_t = -\overline{x\varepsilon}$",
    "regression: second moment of the error",
    "regression: finite if and only if",
)


def moment(square=mean_a**2 + s_a**2):
    return equation(E(u**2), eta * s_b**2 / (2 * mean_a - eta * square))


def regression(extra=2):
    return equation(E(u**2), eta * s**2 / (B * (2 - eta * A * (1 + extra / B))))


CLAIM = {
    MOMENT: moment(),
    FINITE: sp.Lt(eta * (mean_a**2 + s_a**2), 2 * mean_a, evaluate=False),
    CURVED: equation(v_a, 2 * A**2 / B),
    PUSHED: equation(v_b, A * s**2 / B),
    REGRESSION: regression(),
    REGRESSION_FINITE: sp.Lt(eta * A * (1 + 2 / B), 2, evaluate=False),
}


def _square(claim):
    """``E u = 0`` removes every correlation of a_t and b_t; the rest is one line."""
    a_t, b_t, m = sp.symbols("a_t b_t m", real=True)
    moved = sp.expand((u - eta * (a_t * u + b_t)) ** 2)
    moments = {a_t**2: mean_a**2 + s_a**2, b_t**2: s_b**2, a_t: mean_a, b_t: 0}
    # u is independent of (a_t, b_t) and has mean zero, so terms odd in u are gone.
    found = sum(
        moved.coeff(u, order).as_poly(a_t, b_t).as_expr().subs(moments) * value
        for order, value in ((0, 1), (2, m))
    )
    return sp.cancel((found - m).subs(m, claim[MOMENT].rhs))


def _finite(claim):
    margin, strict = threshold(claim[FINITE])
    shrink = 1 - ((1 - eta * mean_a) ** 2 + eta**2 * s_a**2)
    return [sp.expand(eta * margin - shrink), strict]


def _normal_moment(order) -> sp.Expr:
    x = sp.Symbol("x", real=True)
    density = sp.exp(-(x**2) / (2 * A)) / sp.sqrt(2 * sp.pi * A)
    return sp.integrate(x**order * density, (x, -sp.oo, sp.oo))


def _batch(claim):
    """Means over B independent samples: variances divide by B."""
    curved = (_normal_moment(4) - _normal_moment(2) ** 2) / B
    return [claim[CURVED].rhs - curved, claim[PUSHED].rhs - _normal_moment(2) * s**2 / B]


def _regression(claim):
    values = {mean_a: A, s_a: sp.sqrt(claim[CURVED].rhs), s_b: sp.sqrt(claim[PUSHED].rhs)}
    return sp.cancel(claim[MOMENT].rhs.subs(values) - claim[REGRESSION].rhs)


def _regression_finite(claim):
    margin, strict = threshold(claim[REGRESSION_FINITE])
    general, _ = threshold(claim[FINITE])
    values = {mean_a: A, s_a: sp.sqrt(claim[CURVED].rhs)}
    return [sp.expand(A * margin - general.subs(values)), strict]


MUL1 = Statement(
    id="IVF-MUL1",
    kind="proposition",
    title="Noise that depends on the state: the exact second moment, and where it diverges",
    source="sgdtheory",
    assumptions=(
        (r"$u' = u - \eta(a_t u + b_t)$, $(a_t, b_t)$ drawn anew at each step from any law "
         r"with means $\bar a > 0$ and 0, variances $s_a^2$ and $s_b^2$", None),
        (r"regression: $B$ fresh samples $x \sim N(0, A)$ a step, labels $w^* x + "
         r"\varepsilon$, $\varepsilon$ independent with variance $s^2$, $u = w - w^*$", None),
    ),
    claim=CLAIM,
    uses=("IVF-LYAP1", "PLD-X1"),
    steps=(
        Step(r"square, average; $a_t$ and $b_t$ may be correlated, since "
             r"$\operatorname{E}u = 0$ takes that term out", None, _square),
        Step("the mean square shrinks at each step", None, _finite),
        Step(r"Gaussian moments: $\operatorname{E}x^4 = 3A^2$", None, _batch, by="integral"),
        Step("put them in", None, _regression),
        Step("and into the condition", None, _regression_finite),
    ),
    mutants=(
        Mutant("fluctuations of the curvature left out", {MOMENT: moment(mean_a**2)}),
        Mutant("they count twice", {MOMENT: moment(mean_a**2 + 2 * s_a**2)}),
        Mutant("stable as long as the mean is",
               {FINITE: sp.Lt(eta * mean_a**2, 2 * mean_a, evaluate=False)}),
        Mutant("fourth moment $2A^2$", {CURVED: equation(v_a, A**2 / B)}),
        Mutant("regression with $1/B$", {REGRESSION: regression(1)}),
        Mutant("regression with additive noise", {REGRESSION: regression(0)}),
    ),
    remark=(
        r"For Gaussian $(a_t, b_t)$ this is the second moment of PLD-X1; here the law is free. "
        r"A batch of one diverges at $\eta A = 2/3$, a third of the rate at which the mean "
        r"does. Beyond, single runs still settle: it is the tail of the law that is too heavy."
    ),
    notebook=NOTEBOOK,
)  # fmt: skip

STATEMENTS = (MUL1,)
