"""Brownian motion, and the integral of B against itself in every reading of the noise."""

import sympy as sp

from sgdtheory.theory.foundations.symbols import ALPHA, E, alpha, dt, gaussian_mean, xi
from sgdtheory.theory.statement import Mutant, Statement, Step, equation

PRIMER = "notebooks/foundations/00_primer"
s, t = sp.symbols("s t", positive=True)
n = sp.Symbol("n", positive=True, integer=True)
k, B, B_s, B_t, small = sp.symbols(r"k B B_s B_t \delta", real=True)
Q, length = sp.symbols(r"Q_n \ell_n", positive=True)
S, I_alpha, I_ito, I_mid, I_anti = sp.symbols(r"S_\alpha I_\alpha I_0 {I_{1/2}} I_1", real=True)
df, dB, step_t = sp.symbols(r"\mathrm{d}f \mathrm{d}B \mathrm{d}t", real=True)
Var, f = sp.Function(r"\operatorname{Var}"), sp.Function("f")
HALF, Slope = sp.Rational(1, 2), sp.Derivative


def root(inside) -> sp.Expr:
    """A square root in one piece."""
    return sp.sqrt(inside, evaluate=False)


def half(inside) -> sp.Expr:
    return sp.Mul(HALF, inside, evaluate=False)


WALK, COV, SPREAD, SQUARES, SCATTER, LENGTH = (
    r"$n$ tosses of a coin, $\pm\sqrt{t/n}$ each, added up: characteristic function, "
    r"$n \to \infty$",
    r"covariance, $s \le t$",
    r"mean square of an increment, $s \le t$",
    r"$Q_n = \sum (\Delta B)^2$ over $n$ equal pieces of $[0, t]$: mean",
    "and variance",
    r"$\ell_n = \sum |\Delta B|$ over the same pieces: mean",
)
QUADRATIC_MEAN, QUADRATIC_VARIANCE = t, 2 * t**2 / n

BROWNIAN = {
    WALK: equation(sp.Limit(sp.cos(k * root(t / n)) ** n, n, sp.oo), sp.exp(-(k**2) * t / 2)),
    COV: equation(E(B_s * B_t), s),
    SPREAD: equation(E((B_t - B_s) ** 2), t - s),
    SQUARES: equation(E(Q), QUADRATIC_MEAN),
    SCATTER: equation(Var(Q), QUADRATIC_VARIANCE),
    LENGTH: equation(E(length), root(2 * n * t / sp.pi)),
}


def _walk(claim):
    """With δ = √(t/n) the logarithm is t log cos(kδ) / δ²."""
    log_limit = t * sp.limit(sp.log(sp.cos(k * small)) / small**2, small, 0)
    return sp.expand_log(sp.log(claim[WALK].rhs), force=True) - log_limit


def _increment(power: int) -> sp.Expr:
    """Mean of a power of one of n increments."""
    return gaussian_mean((sp.sqrt(t / n) * xi) ** power)


def _scatter(claim):
    """n independent squares: n times the variance of one."""
    return sp.expand(claim[SCATTER].rhs - n * (_increment(4) - _increment(2) ** 2))


def _length(claim):
    density = sp.exp(-(xi**2) / 2) / sp.sqrt(2 * sp.pi)
    one = sp.sqrt(t / n) * 2 * sp.integrate(xi * density, (xi, 0, sp.oo))
    return sp.simplify(claim[LENGTH].rhs / (n * one)) - 1


FND12 = Statement(
    id="FND-12",
    kind="proposition",
    title="Brownian motion: variance, roughness, and no slope",
    source="sgdtheory",
    assumptions=(
        ("$B_0 = 0$; increments over separate pieces of time are independent and normal, with "
         "mean 0 and the elapsed time as variance", None),
        (r"$0 < s \le t$", s <= t),
    ),
    claim=BROWNIAN,
    steps=(
        Step(r"independent tosses multiply, and $\ln\cos(k\delta) = -k^2\delta^2/2 + \dots$: "
             "of the toss only its variance is left", None, _walk, by="limit"),
        Step("$B_t$ is $B_s$ and an increment that knows nothing of $B_s$",
             equation(E(B_s * B_t), E(B_s**2)),
             lambda claim: claim[COV].rhs - gaussian_mean((sp.sqrt(s) * xi) ** 2)),
        Step("multiply out the square", equation(E((B_t - B_s) ** 2), t - 2 * s + s),
             lambda claim: claim[SPREAD].rhs - (t - 2 * claim[COV].rhs + s)),
        Step("each of the $n$ squares has the mean $t/n$", None,
             lambda claim: claim[SQUARES].rhs - n * _increment(2)),
        Step(r"and, since $\operatorname{E}\xi^4 = 3$, the variance $2t^2/n^2$",
             equation(Var(Q), n * (3 - 1) * (t / n) ** 2), _scatter),
        Step(r"$\operatorname{E}|\xi| = \sqrt{2/\pi}$, and $n$ pieces of size $\sqrt{t/n}$",
             None, _length, by="integral"),
    ),
    mutants=(
        Mutant("a toss of half the variance", {WALK: equation(
            BROWNIAN[WALK].lhs, sp.exp(-(k**2) * t / 4))}),
        Mutant("covariance $st$", {COV: equation(E(B_s * B_t), s * t)}),
        Mutant(r"covariance $\sqrt{st}$", {COV: equation(E(B_s * B_t), sp.sqrt(s * t))}),
        Mutant("variances add up", {SPREAD: equation(E((B_t - B_s) ** 2), t + s)}),
        Mutant("variance of the squares without its factor 2",
               {SCATTER: equation(Var(Q), t**2 / n)}),
        Mutant("squares that stay random", {SCATTER: equation(Var(Q), 2 * t**2)}),
        Mutant("a path of finite length", {LENGTH: equation(
            E(length), sp.sqrt(2 * t / sp.pi))}),
    ),
    remark=(
        r"Made fine, the squares add up to $t$ on almost every path: this sets the noise "
        r"apart from a smooth force. The length grows without bound, so there is no velocity "
        r"$\mathrm{d}B/\mathrm{d}t$."
    ),
    notebook=PRIMER,
)  # fmt: skip

SUM, MEAN, ERROR, VALUE, ITO, MIDDLE, ANTI, RULE = (
    r"$S_\alpha = \sum (B + \alpha\,\Delta B)\,\Delta B$ over $n$ equal pieces, $B$ taken at "
    "the start of each",
    "mean of the sum",
    r"mean squared distance from its limit $I_\alpha$",
    r"$I_\alpha$, the integral $\int_0^t B\,\mathrm{d}B$ of index $\alpha$",
    "Itô",
    "Stratonovich",
    "anti-Itô",
    r"chain rule, $f'\,\mathrm{d}B$ of index $\alpha$",
)


def rule(correction) -> sp.Eq:
    return equation(df, Slope(f(B), B) * dB + correction * Slope(f(B), (B, 2)) * step_t)


INTEGRAL = {
    SUM: equation(S, B_t**2 / 2 + (alpha - HALF) * Q),
    MEAN: equation(E(S), alpha * t),
    ERROR: equation(E((S - I_alpha) ** 2), 2 * (alpha - HALF) ** 2 * t**2 / n),
    VALUE: equation(I_alpha, half(B_t**2 - t) + alpha * t),
    ITO: equation(I_ito, half(B_t**2 - t)),
    MIDDLE: equation(I_mid, B_t**2 / 2),
    ANTI: equation(I_anti, half(B_t**2 + t)),
    RULE: rule(HALF - alpha),
}


def _one_more_piece(claim):
    """From n - 1 pieces to n: B grows by δ, Q by δ², and the sum by its new term."""
    stated = claim[SUM].rhs
    grown = stated.subs({B_t: B + small, Q: Q + small**2}, simultaneous=True)
    added = grown - stated.subs(B_t, B) - (B + alpha * small) * small
    return [sp.expand(added), stated.subs({B_t: 0, Q: 0})]


def _mean(claim):
    return sp.expand(claim[MEAN].rhs - gaussian_mean(
        INTEGRAL[SUM].rhs.subs({B_t: sp.sqrt(t) * xi, Q: QUADRATIC_MEAN})))  # fmt: skip


def _distance(claim):
    """The sum and its limit differ by (α - 1/2)(Q - t)."""
    return sp.expand(claim[ERROR].rhs - (alpha - HALF) ** 2 * QUADRATIC_VARIANCE)


def _limit(claim):
    return [sp.expand(claim[VALUE].rhs - INTEGRAL[SUM].rhs.subs(Q, t)),
            sp.limit(claim[ERROR].rhs, n, sp.oo)]  # fmt: skip


def _special(label, index):
    return lambda claim: sp.expand(claim[label].rhs - INTEGRAL[VALUE].rhs.subs(alpha, index))


def _chain(claim):
    """Second order of f(B + ΔB) - f(B) - a(B + αΔB) ΔB, averaged; and the first order."""
    stated = claim[RULE].rhs
    slope, correction = stated.coeff(dB).doit(), stated.coeff(step_t).doit()
    true, kick = f(B), sp.sqrt(dt) * xi
    left = sp.diff(true, B) * kick + sp.diff(true, B, 2) * kick**2 / 2
    left -= (slope + sp.diff(slope, B) * alpha * kick) * kick
    return [left.expand().coeff(xi, 1), sp.expand(gaussian_mean(left) / dt - correction)]


FND13 = Statement(
    id="FND-13",
    kind="theorem",
    title="One integral, three readings",
    source="sgdtheory",
    assumptions=(
        ("$B$: Brownian motion; in each small piece of time the integrand is taken at "
         r"$B + \alpha\,\Delta B$", None),
        ALPHA,
        ("chain rule: $f$ smooth", None),
    ),
    claim=INTEGRAL,
    uses=("FND-12",),
    steps=(
        Step(r"exact for every path and every $n$: "
             r"$(B + \alpha\delta)\,\delta = \frac12[(B+\delta)^2 - B^2] + "
             r"(\alpha - \frac12)\,\delta^2$, and the brackets telescope",
             None, _one_more_piece),
        Step("the mean of $B_t^2$ is $t$, and so is that of $Q_n$",
             equation(E(S), t / 2 + (alpha - HALF) * t), _mean),
        Step(r"the distance is $(\alpha - \frac12)(Q_n - t)$; FND-12 has its variance", None,
             _distance),
        Step("it goes to zero, and $Q_n$ becomes $t$", None, _limit, by="limit"),
        Step("start of the piece", None, _special(ITO, 0)),
        Step("middle: the rule of ordinary calculus", None, _special(MIDDLE, HALF)),
        Step("end of the piece", None, _special(ANTI, 1)),
        Step(r"Taylor to the second order, in which $(\Delta B)^2$ counts as $\Delta t$",
             equation(df, Slope(f(B), B) * dB + Slope(f(B), (B, 2)) * step_t / 2),
             _chain, by="series"),
    ),
    mutants=(
        Mutant("ordinary calculus, whatever the index", {VALUE: equation(I_alpha, B_t**2 / 2)}),
        Mutant("Itô and anti-Itô exchanged",
               {ITO: equation(I_ito, INTEGRAL[ANTI].rhs),
                ANTI: equation(I_anti, INTEGRAL[ITO].rhs)}),
        Mutant("twice the correction", {MIDDLE: equation(I_mid, half(B_t**2 + t))}),
        Mutant("the mean of every reading is zero", {MEAN: equation(E(S), sp.Integer(0))}),
        Mutant("mean squared distance, half as large",
               {ERROR: equation(E((S - I_alpha) ** 2), (alpha - HALF) ** 2 * t**2 / n)}),
        Mutant("chain rule without its second term", {RULE: rule(sp.Integer(0))}),
        Mutant("Itô's second term in every reading", {RULE: rule(HALF)}),
    ),
    remark=(
        r"The first formula holds without any limit and without any probability. The reading "
        r"matters because $\sum(\Delta B)^2$ does not vanish as the pieces get small. At "
        r"index 0 the integrand knows nothing of the increment, so the mean is zero; the chain "
        r"rule, with $\frac12 f''$, is then Itô's formula."
    ),
    notebook=PRIMER,
)  # fmt: skip

STATEMENTS = (FND12, FND13)
