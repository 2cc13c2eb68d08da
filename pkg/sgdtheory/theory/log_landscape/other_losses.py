"""LOG-10: for the cross-entropy the noise is bounded by the loss, and no more than that."""

import sympy as sp

from sgdtheory.theory.log_landscape.symbols import NOTEBOOK, E
from sgdtheory.theory.log_landscape.symbols import L as mean_loss
from sgdtheory.theory.statement import Asymptotic, Mutant, Statement, Step, equation

ell, eps, p = sp.symbols(r"\ell \varepsilon {p_{y}}", positive=True)
m = sp.Symbol("m", positive=True, integer=True)
error = sp.Symbol(r"\left|p - e_{y}\right|^{2}", positive=True)
J = sp.Symbol(r"{\left\|J\right\|}", positive=True)
N, peak, c = sp.symbols(r"\mathcal{N} \ell^{*} c", positive=True)

AT_MOST, AT_LEAST, PEAK, SMALLEST, BOUND, UNIFORM, FEW = (
    "all that is missing sits on one wrong class at worst",
    "and is spread over all the $m - 1$ wrong ones at best",
    r"of all losses this one has the most error for its size, $\ell^* > 0$",
    r"so that error is at most $c\,\ell$, with the smallest possible constant",
    r"noise bounded by the loss; met by two samples of loss $\ell^*$ with opposite gradients",
    r"but a sample that is fitted well, $\ell \to 0$, has an error of second order (two "
    "classes)",
    r"and noise proportional to the loss where this sits in a fraction $\varepsilon \to 0$ of "
    r"the samples, all with one loss $\ell$ and one gradient (two classes, $\|J\|$ met), the "
    "rest being fitted",
)
GAP = 2 * ell + 1 - sp.exp(ell)


def two_classes(loss) -> sp.Expr:
    """Squared error of the probabilities, all that is missing on one wrong class."""
    return 2 * (1 - sp.exp(-loss)) ** 2


CLAIM = {
    AT_MOST: sp.Le(error, 2 * (1 - p) ** 2, evaluate=False),
    AT_LEAST: sp.Ge(error, m / (m - 1) * (1 - p) ** 2, evaluate=False),
    PEAK: equation(sp.exp(peak), 1 + 2 * peak),
    SMALLEST: equation(c, 8 * peak / (1 + 2 * peak) ** 2),
    BOUND: sp.Le(N, c * E(ell * J**2), evaluate=False),
    UNIFORM: Asymptotic(error, 2 * ell**2),
    FEW: Asymptotic(N, two_classes(ell) * J**2 / ell * mean_loss),
}
WRONG = sp.symbols("p_1:4", positive=True)  # probabilities of three wrong classes


def _missing() -> sp.Expr:
    """``|p - e_y|^2`` with three wrong classes, whose probabilities add up to 1 - p_y."""
    return sum(WRONG) ** 2 + sum(q**2 for q in WRONG)


def _at_most(claim):
    """The gap is a sum of products of two wrong probabilities: zero if there is one only."""
    bound = claim[AT_MOST]
    products = sum(q * r for q in WRONG for r in WRONG if q != r)
    gap = bound.gts.subs(p, 1 - sum(WRONG)) - bound.lts.subs(error, _missing())
    return [sp.expand(gap - products), bound.func is sp.Le]


def _at_least(claim):
    """The gap is a sum of squares of differences: zero if all are alike."""
    bound = claim[AT_LEAST]
    squares = sum((q - r) ** 2 for q in WRONG for r in WRONG) / 6
    larger, smaller = bound.gts.subs(error, _missing()), bound.lts.subs(m, 4)
    return [
        sp.expand(larger - smaller.subs(p, 1 - sum(WRONG)) - squares),
        *_alike(bound),
        bound.func is sp.Ge,
    ]


def _alike(bound) -> list:
    """Any number m - 1 of wrong classes of one probability: equality."""
    missing = (1 - p) ** 2 + (m - 1) * ((1 - p) / (m - 1)) ** 2
    return [sp.cancel(missing - bound.lts)]


def _peak(claim):
    """Error over loss has its only stationary point where the claim says."""
    slope = sp.diff(two_classes(ell) / ell, ell)
    front = 2 * (1 - sp.exp(-ell)) * sp.exp(-ell) / ell**2
    stated = (claim[PEAK].rhs - claim[PEAK].lhs).subs(peak, ell)
    return [sp.expand(slope - front * GAP), sp.expand(stated - GAP)]


def _one_peak():
    """The gap is concave, zero at zero and rises there: one more zero, and it is a maximum."""
    return [GAP.subs(ell, 0), sp.diff(GAP, ell).subs(ell, 0) - 1,
            sp.diff(GAP, ell, 2) + sp.exp(ell)]  # fmt: skip


def _smallest(claim):
    worst = (two_classes(peak) / peak).subs(sp.exp(-peak), 1 / CLAIM[PEAK].rhs)
    return sp.cancel(claim[SMALLEST].rhs - worst)


def _bound(claim):
    """Two samples of loss ell* whose gradients, along the error, are opposite: equality."""
    bound, error_at_peak = claim[BOUND], c * peak
    noise = error_at_peak * J**2  # mean square, and a mean of zero
    mean = E(ell * J**2)
    return [
        bound.gts.subs(mean, peak * J**2) - bound.lts.subs({N: noise, mean: peak * J**2}),
        bound.gts - c * mean,
        bound.func is sp.Le,
    ]


def _coarse():
    """``2 (1 - p)^2 <= 2 (1 - p) <= 2 ell``: the ratio to 2 ell at ell* is (1 - p)^2 / ell."""
    ratio = two_classes(ell) / (2 * ell)
    return [sp.limit(ratio, ell, 0), sp.limit(ratio, ell, sp.oo)]


def _uniform(claim):
    return sp.limit(two_classes(ell) / claim[UNIFORM].rhs, ell, 0) - 1


def _few(claim):
    """Mean square minus squared mean of a gradient that a fraction of the samples has."""
    square = two_classes(ell) * J**2
    noise = eps * square - eps**2 * square
    return sp.limit(noise / claim[FEW].rhs.subs(mean_loss, eps * ell), eps, 0) - 1


LOG10 = Statement(
    id="LOG-10",
    kind="proposition",
    title="Cross-entropy: the noise is bounded by the loss, not proportional to it",
    source="sgdtheory",
    assumptions=(
        (r"$\ell = -\ln p_y$, $p$ the softmax of $m \ge 2$ outputs, $e_y$ the unit vector of "
         "the label", sp.And(m > 1, p < 1)),
        (r"$J$: derivative of a sample's outputs with respect to $w$, $\|J\|$ its largest "
         r"singular value; $\nabla\ell = J^T (p - e_y)$", None),
        (r"$\mathcal{N} = \operatorname{E}|\nabla\ell|^2 - |\nabla L|^2$, mean over the "
         r"samples; the trace of $b\,C$ for draws with replacement", None),
    ),
    claim=CLAIM,
    uses=("LOG-1",),
    steps=(
        Step(r"$|p - e_y|^2 = (1 - p_y)^2 + \sum_{k \ne y} p_k^2$; what is left to the bound "
             r"is $\sum_{k \ne l} p_k p_l$, for any number of classes (here four)",
             None, _at_most),
        Step("what is left to the other bound is a sum of squares of differences, zero if "
             "all wrong classes are alike", None, _at_least),
        Step(r"$\ell$ for $p_y$: the slope of $2(1 - e^{-\ell})^2/\ell$ has the sign of this",
             equation(sp.Symbol("g"), GAP), _peak),
        Step("it is concave and rises from zero: it has one more zero, and there is the "
             "maximum", None, _one_peak),
        Step("the value there", equation(c, two_classes(peak) / peak), _smallest),
        Step(r"$|\nabla\ell| \le \|J\|\,|p - e_y|$, and $|\nabla L|^2 \ge 0$; two samples of "
             r"loss $\ell^*$ with opposite gradients meet both", None, _bound),
        Step(r"the ratio of error to loss goes to zero at both ends, so nothing below holds "
             "with an equality", None, _coarse, by="limit"),
        Step("two classes at small loss", None, _uniform, by="limit"),
        Step(r"a fraction $\varepsilon$ of the samples has all the loss, "
             r"$L = \varepsilon \ell$", equation(mean_loss, eps * ell), _few, by="limit"),
    ),
    mutants=(
        Mutant("constant one half", {SMALLEST: equation(c, sp.S.Half)}),
        Mutant("the coarse constant 2 as the smallest", {SMALLEST: equation(c, sp.Integer(2))}),
        Mutant(r"three times $\ell^*$ instead of twice",
               {PEAK: equation(sp.exp(peak), 1 + 3 * peak)}),
        Mutant("noise at least so large", {BOUND: sp.Ge(
            N, c * E(ell * J**2), evaluate=False)}),
        Mutant("one wrong class forgotten",
               {AT_MOST: sp.Le(error, (1 - p) ** 2, evaluate=False)}),
        Mutant("$m$ wrong classes", {AT_LEAST: sp.Ge(
            error, (m + 1) / m * (1 - p) ** 2, evaluate=False)}),
        Mutant("error of first order in the loss", {UNIFORM: Asymptotic(error, 2 * ell)}),
        Mutant("half the error at small loss", {UNIFORM: Asymptotic(error, ell**2)}),
        Mutant("few samples, noise twice the loss", {FEW: Asymptotic(
            N, 2 * J**2 * mean_loss)}),
    ),
    remark=(
        r"$\ell^* = 1.2564$ and $c = 0.8145$. The simple chain $|p - e_y|^2 \le 2(1 - p_y)^2 "
        r"\le 2(1 - p_y) \le 2\ell$ gives $\mathcal{N} \le 2 \operatorname{E}\ell\|J\|^2$, "
        "with a constant that is never met. A bound is not a law: if all samples are fitted "
        "alike the noise goes like $L^2$; where a few badly fitted samples carry the loss it "
        "follows $L$ through their number. The appendix of the source of this chapter on "
        "other losses was not at hand."
    ),
    notebook=NOTEBOOK,
)  # fmt: skip

STATEMENTS = (LOG10,)
