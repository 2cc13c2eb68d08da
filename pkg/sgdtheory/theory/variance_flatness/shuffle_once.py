"""One order for all epochs: a periodic orbit (IVF-SO1)."""

import sympy as sp

from sgdtheory.theory.statement import Asymptotic, Mutant, Statement, Step, equation
from sgdtheory.theory.variance_flatness.modes import (
    EPOCHS,
    NOTEBOOK,
    ONE_MODE,
    STABLE,
    C,
    M,
    a,
    eta,
    h,
    k,
    phi,
)

X, X_fresh = sp.symbols(r"X_{\mathrm{once}} \overline{X}", positive=True)
near, far = (sp.Symbol(name, real=True) for name in ("R(nM)", r"R(k \neq nM)"))

PERIODS, BETWEEN, AVERAGE, FLAT, HALF, SHARP = (
    "whole epochs apart, mean over the orders",
    "any other distance",
    "variance, mean over the orders, at every phase alike",
    r"flat modes, $h \to 0$ at fixed $M$",
    r"against a fresh order each epoch (IVF-RR1), $h \to 0$",
    r"sharp modes, $M \to \infty$ at fixed $h$",
)


def once(first=M, second=1 / (1 - a) ** 2, period=M):
    orbit = first * (1 + a**period) / ((1 - a**2) * (1 - a**period))
    return equation(X, eta**2 * C / (M - 1) * (orbit - second))


CLAIM = {
    PERIODS: equation(near, C),
    BETWEEN: equation(far, -C / (M - 1)),
    AVERAGE: once(),
    FLAT: equation(X / (eta**2 * C), (M + 1) * (1 + h) / 12 + sp.O(h**2)),
    HALF: Asymptotic(X, X_fresh / 2),
    SHARP: Asymptotic(X, eta**2 * C / (h * (2 - h))),
}
A = sp.Symbol("A")


def _pairs(claim):
    """The same batch every M steps; over one period the noises sum to zero."""
    return [claim[PERIODS].rhs - C, claim[PERIODS].rhs + (M - 1) * claim[BETWEEN].rhs]


def _series():
    """``sum over all k of a^|k|``, and over multiples of M: a step multiplies by a or A."""
    every, period = (1 + a) / (1 - a), (1 + A) / (1 - A)
    one_side = [(s - 1) / 2 for s in (every, period)]
    return [sp.cancel(side * (1 - r) - r) for side, r in zip(one_side, (a, A), strict=True)]


def _average(claim):
    """``R = (R_near - R_far) on multiples of M, plus R_far``, each with its own sum."""
    front = eta**2 / (1 - a**2)
    jump = claim[PERIODS].rhs - claim[BETWEEN].rhs
    found = front * (jump * (1 + A) / (1 - A) + claim[BETWEEN].rhs * (1 + a) / (1 - a))
    return sp.cancel(sp.together(claim[AVERAGE].rhs.subs(a**M, A) - found))


def series(expr) -> sp.Expr:
    """Rational in h, with ``a^M`` to fourth order."""
    power = sum((-h) ** j * sp.ff(M, j) / sp.factorial(j) for j in range(6))
    whole = expr.subs(a**M, power).subs(a, 1 - h)
    return sp.cancel(sp.together(sp.expand_func(whole)))


def _flat(claim):
    gap = claim[FLAT].rhs.removeO() - series(claim[AVERAGE].rhs / (eta**2 * C))
    return [sp.simplify(sp.diff(gap, h, order).subs(h, 0)) for order in (0, 1)]


def _half(claim):
    fresh = series(phi(a) / (1 - a**2)).subs(h, 0)
    once_ = series(claim[AVERAGE].rhs / (eta**2 * C)).subs(h, 0)
    return sp.simplify(once_ / claim[HALF].rhs.subs(X_fresh, fresh)) - 1


def _sharp(claim):
    ratio = claim[AVERAGE].rhs.subs(a**M, 0) / claim[SHARP].rhs.subs(h, 1 - a)
    return sp.limit(sp.cancel(ratio), M, sp.oo) - 1


SO1 = Statement(
    id="IVF-SO1",
    kind="theorem",
    title="Shuffling once: half the variance in flat modes",
    source="sgdtheory",
    assumptions=(
        ONE_MODE,
        (EPOCHS[0] + "; the order is drawn once and kept", EPOCHS[1]),
        (STABLE[0] + "; the mean is over the $M!$ orders", None),
    ),
    claim=CLAIM,
    uses=("IVF-RR1",),
    steps=(
        Step("the same batch comes back after $M$ steps; the noises of a period sum to zero",
             None, _pairs),
        Step(r"geometric series over all lags, and over whole epochs",
             equation(sp.Sum(sp.Symbol("a") ** sp.Abs(k), (k, -sp.oo, sp.oo)),
                      (1 + a) / (1 - a)), _series),
        Step("sum them with the correlations; no phase is special, as a random order begun "
             "elsewhere is a random order", None, _average),
        Step("expand in $h$ with $M$ any integer", None, _flat, by="series"),
        Step("and the average of IVF-RR1", None, _half, by="limit"),
        Step("long epochs: no difference is left", None, _sharp, by="limit"),
    ),
    mutants=(
        Mutant("a fresh order each epoch",
               {AVERAGE: equation(X, eta**2 * C * phi(a) / (1 - a**2))}),
        Mutant("with replacement", {AVERAGE: equation(X, eta**2 * C / (1 - a**2))}),
        Mutant("missing $-C/(M - 1)$", {BETWEEN: equation(far, sp.S.Zero)}),
        Mutant("mean of the orbit not removed", {AVERAGE: once(second=sp.S.Zero)}),
        Mutant("a period of $M + 1$", {AVERAGE: once(period=M + 1)}),
        Mutant("falls with $h$", {FLAT: equation(X / (eta**2 * C),
                                                  (M + 1) * (1 - h) / 12 + sp.O(h**2))}),
        Mutant("no difference in flat modes", {HALF: Asymptotic(X, X_fresh)}),
    ),
    remark=(
        "For one order the weight runs a closed orbit and does not fluctuate at all: the "
        "variance here is the mean square of the orbit, and weights saved once per epoch show "
        "none of it. In flat modes the orbit has time to settle about its own mean; with fresh "
        "orders it swings about the point where the epoch began, at twice the mean square. "
        "Near $h = 0$ the closed form is a difference of two numbers of the size $1/h^2$; "
        "`shuffle_once_variance` sums frequencies instead."
    ),
    aliases=("IVF-SO",),
    notebook=NOTEBOOK,
)  # fmt: skip

STATEMENTS = (SO1,)
