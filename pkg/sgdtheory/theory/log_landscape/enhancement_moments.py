"""What two mixed batches share with the effective batch size, and what not (ENH-4).

``n`` is here the number of dimensions, as in LOG-5 and LOG-6, not that of samples.
"""

import sympy as sp

from sgdtheory.theory.foundations import clt
from sgdtheory.theory.foundations.symbols import gaussian_mean, xi
from sgdtheory.theory.log_landscape import threshold as dimensions
from sgdtheory.theory.log_landscape.enhancement_step import (
    MIX,
    NOTEBOOK,
    RECONSTRUCTION,
    F,
    a,
)
from sgdtheory.theory.log_landscape.letters import b, eta, h, n
from sgdtheory.theory.power_law.symbols import threshold
from sgdtheory.theory.statement import Mutant, Statement, Step, equation

r = sp.Symbol("r", positive=True, integer=True)
ratio_r, ratio_3, ratio_4 = sp.symbols("R_{r} R_{3} R_{4}", real=True)
growth = sp.Symbol("G", real=True)
product_ij = sp.Symbol(r"\operatorname{Cov}(M_{ij}, M_{kl})", real=True)
product_1 = sp.Symbol(r"\operatorname{Cov}(A_{ij}, A_{kl})", real=True)

FACTOR, CUMULANT, SKEW, EXCESS, NORMAL, PAIRS, GROWTH, STABLE = (
    "with",
    "the $r$-th cumulant of the noise, over that of SGD with batch "
    r"$b_{\mathrm{eff}} = b/F$",
    "skewness, over that of SGD with the same variance",
    "excess kurtosis, over that of SGD with the same variance",
    "both nearer to a normal law's than those of SGD if and only if",
    "least squares: the mixed curvature $M$ against that of one sample $A = x x^T$",
    r"mean square of one step, $G = \mathbb{E}|w' - w^*|^2 / |w - w^*|^2$",
    "stable in the mean square if and only if",
)
CLAIM = {
    FACTOR: equation(F, MIX),
    CUMULANT: equation(ratio_r, (a**r + (1 - a) ** r) / F ** (r - 1)),
    SKEW: equation(ratio_3, (a**3 + (1 - a) ** 3) / F**2),
    EXCESS: equation(ratio_4, (a**4 + (1 - a) ** 4) / F**3),
    NORMAL: sp.Gt(a * (a - 1), 0, evaluate=False),
    PAIRS: equation(product_ij, F / b * product_1),
    GROWTH: equation(growth, 1 - 2 * eta * h + eta**2 * h**2 * (1 + (n + 1) * F / b)),
    STABLE: sp.Lt(eta * h * (1 + (n + 1) * F / b), 2, evaluate=False),
}


def stated(label, claim) -> sp.Expr:
    return claim[label].rhs.subs(F, claim[FACTOR].rhs)


def cumulant(order) -> sp.Expr:
    """Of the mixed batches, by FND-3; a factor a of a variable is a factor a^r of this."""
    one = clt.STATEMENTS[0].claim[clt.CUMULANT].rhs.subs({clt.r: order, clt.b: b})
    return (a**order + (1 - a) ** order) * one


def of_sgd(order) -> sp.Expr:
    """The same for SGD with the batch b/F."""
    one = clt.STATEMENTS[0].claim[clt.CUMULANT].rhs.subs(clt.r, order)
    return one.subs(clt.b, b / MIX)


def _cumulants(claim):
    ratio = cumulant(r) / of_sgd(r) / stated(CUMULANT, claim)
    return sp.powsimp(sp.powdenest(sp.expand_power_base(ratio, force=True), force=True)) - 1


def _standardised(label, order):
    """Cumulant over a power of the variance, which is the same for both."""

    def residual(claim):
        shapes = [c(order) / c(2) ** sp.Rational(order, 2) for c in (cumulant, of_sgd)]
        return sp.cancel(sp.powsimp(shapes[0] / shapes[1], force=True) - stated(label, claim))

    return residual


p = sp.Symbol("p", real=True)


def _normal(claim):
    """With p = a (a - 1), which is >= -1/4: one minus each ratio has the sign of p."""
    margin, strict = threshold(claim[NORMAL])
    gaps = {
        SKEW: margin * (1 + 4 * p) / MIX**2,
        EXCESS: 2 * margin * (1 + p) * (1 + 4 * p) / MIX**3,
    }
    for label, gap in gaps.items():
        yield sp.cancel(1 - stated(label, claim) - gap.subs(p, a * (a - 1)))
    yield strict


def _positive(claim):
    """The numerators are sums of squares and a positive number: no ratio changes sign."""
    u = a - sp.S.Half
    numerators = 3 * u**2 + sp.Rational(1, 4), 2 * u**4 + 3 * u**2 + sp.Rational(1, 8)
    for label, power, numerator in zip((SKEW, EXCESS), (2, 3), numerators, strict=True):
        yield sp.expand(sp.cancel(stated(label, claim) * MIX**power) - sp.expand(numerator))


def _pairs(claim):
    """Independent curvatures with weights a/b and (1 - a)/b, b of each: as in ENH-3."""
    squares = b * (a / b) ** 2 + b * ((1 - a) / b) ** 2
    return sp.cancel(stated(PAIRS, claim) - squares * product_1)


def fourth_moment() -> sp.Expr:
    """``E x_1^2 |x|^2`` for n independent normal letters: the matrix E (x x^T)^2 is this."""
    return gaussian_mean(xi**4) + (n - 1) * gaussian_mean(xi**2) ** 2


def _growth(claim):
    """``E M^2 = h^2 + (F/b)(E A^2 - h^2)`` by the pairs of entries that the product adds up."""
    scale = claim[PAIRS].rhs.subs(F, claim[FACTOR].rhs) / product_1
    square = h**2 + scale * (fourth_moment() - 1) * h**2
    return sp.expand(1 - 2 * eta * h + eta**2 * square - stated(GROWTH, claim))


def _stable(claim):
    margin, strict = threshold(claim[STABLE])
    below_one = (1 - claim[GROWTH].rhs) / (eta * h)
    return [sp.cancel(margin - below_one), strict]


def _limit_of_sgd(claim):
    of_sgd = dimensions.CLAIM[dimensions.STEPS]
    return sp.cancel((of_sgd.gts - of_sgd.lts).subs(b, b / F) - threshold(claim[STABLE])[0])


def _fourth_power():
    """One weight, no label noise: E (1 - eta h)^4 of SGD less that of the mix (FND-3)."""
    sgd = clt.fourth().rhs.subs(clt.b, b / MIX)
    ratios = {k: stated(label, CLAIM) for k, label in ((clt.k_3, SKEW), (clt.k_4, EXCESS))}
    return sgd - sgd.subs({k: ratio * k for k, ratio in ratios.items()})


ENH4 = Statement(
    id="ENH-4",
    kind="theorem",
    title="Equal in the mean square, and nearer to normal",
    source="sgdtheory",
    assumptions=(
        ("all draws independent (with replacement); cumulants up to the $r$-th finite", None),
        (r"from the mean square on: least squares without label noise, $n$ features "
         r"$x \sim N(0, h I)$, $w' - w^* = (1 - \eta M)(w - w^*)$", None),
    ),
    claim=CLAIM,
    uses=("FND-3", "ENH-2", "ENH-3", "LOG-6"),
    steps=(
        Step(r"cumulants of independent variables add up, and $a X$ has $a^r$ times those of "
             "$X$ (FND-3)", None, _cumulants),
        Step("third cumulant over the variance to the power $3/2$", None,
             _standardised(SKEW, 3)),
        Step("fourth cumulant over the square of the variance", None,
             _standardised(EXCESS, 4)),
        Step("with $p = a(a-1) \\ge -\\frac14$: $1 - R_3 = p(1+4p)/F^2$ and "
             "$1 - R_4 = 2p(1+p)(1+4p)/F^3$", None, _normal),
        Step("neither changes its sign", None, _positive),
        Step(r"ENH-3 for curvatures instead of gradients: $\sum_i q_i^2 = F/b$", None, _pairs),
        Step(r"$\mathbb{E}A^2 = (n + 2) h^2$, since $\mathbb{E}x_1^2|x|^2 = 3 + (n - 1)$ at "
             r"$h = 1$", equation(sp.Symbol(r"\mathbb{E}M^{2}"),
                                  h**2 + F / b * ((n + 2) * h**2 - h**2)), _growth),
        Step("$G < 1$", None, _stable),
        Step(r"LOG-6 with $b/F$ for $b$: enhancement brings the instability of the batch that "
             "it imitates", None, _limit_of_sgd),
        Step(r"beyond the mean square the two differ: the fourth power of a step, one "
             "dimension", None, _fourth_power, by="counterexample"),
    ),
    mutants=(
        Mutant("cumulants of a real batch of that size",
               {SKEW: equation(ratio_3, 1), EXCESS: equation(ratio_4, 1)}),
        Mutant("power of $F$ by the amplitude",
               {CUMULANT: equation(ratio_r, (a**r + (1 - a) ** r) / F ** (r / 2)),
                SKEW: equation(ratio_3, (a**3 + (1 - a) ** 3) / F ** sp.Rational(3, 2)),
                EXCESS: equation(ratio_4, (a**4 + (1 - a) ** 4) / F**2)}),
        Mutant("sizes of the weights", {SKEW: equation(
            ratio_3, (sp.Abs(a) ** 3 + sp.Abs(1 - a) ** 3) / F**2)}),
        Mutant("nearer to a normal law for every $a$",
               {NORMAL: sp.Gt((2 * a - 1) ** 2, 0, evaluate=False)}),
        Mutant("the limit of the two real batches",
               {GROWTH: equation(growth,
                                 1 - 2 * eta * h + eta**2 * h**2 * (1 + (n + 1) / (2 * b))),
                STABLE: sp.Lt(eta * h * (1 + (n + 1) / (2 * b)), 2, evaluate=False)}),
        Mutant("$n$ for $n + 1$",
               {GROWTH: equation(growth, 1 - 2 * eta * h + eta**2 * h**2 * (1 + n * F / b))}),
        Mutant("only the noise counts",
               {STABLE: sp.Lt(eta * h * (n + 1) * F / b, 2, evaluate=False)}),
    ),
    remark=(
        RECONSTRUCTION + r" Mean and covariance of least squares, at every step and for any "
        r"features, are those of SGD with batch $b/F$. Anything that needs more than two "
        r"moments is not: tails, first passages, and the almost sure (Lyapunov) threshold. "
        r"Between 0 and 1 the mix is further from normal (but for $a = \frac12$, a batch of "
        r"$2b$)."
    ),
    notebook=NOTEBOOK,
)  # fmt: skip

STATEMENTS = (ENH4,)
