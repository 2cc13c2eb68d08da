r"""The covariance of two mixed batches (ENH-2).

``S`` is the covariance of one sample's gradient over the n samples (divisor n): a letter for
``u^T S u`` along any direction u, in which every covariance here is linear.
"""

from itertools import permutations

import sympy as sp

from sgdtheory.theory.foundations import sgd
from sgdtheory.theory.foundations.sgd import b, n
from sgdtheory.theory.log_landscape.enhancement_step import (
    BATCHES,
    MIX,
    NOTEBOOK,
    RECONSTRUCTION,
    F,
    a,
)
from sgdtheory.theory.power_law.symbols import threshold
from sgdtheory.theory.statement import Mutant, Statement, Step, equation

S, Q = sp.symbols("S Q", positive=True)
FACTOR, ANY, WITH, TWO, CROSS, DISJOINT, HALF, MORE = (
    "factor of the noise",
    r"any weights $q_i$ of the samples, random, exchangeable, $\sum_i q_i = 1$, "
    r"$Q = \mathbb{E}\sum_i q_i^2$",
    "both batches with replacement",
    "two independent batches, each without replacement",
    "two disjoint batches are anticorrelated",
    "two disjoint batches",
    r"disjoint batches, $a = \frac12$: one batch of $2b$",
    "disjoint batches make more noise than independent ones if and only if",
)
C_any, C_with, C_two, C_dis, C_half = (
    sp.Symbol(f"C_{{\\mathrm{{{name}}}}}", positive=True)
    for name in ("weights", "with", "two", "disjoint", "half")
)
cross = sp.Symbol(r"\operatorname{Cov}(g_1, g_2)", real=True)
pair, square, product = sp.symbols("p q_{11} q_{12}", real=True)

NOISE = {
    FACTOR: equation(F, MIX),
    ANY: equation(C_any, S * (n * Q - 1) / (n - 1)),
    WITH: equation(C_with, F * S / b),
    TWO: equation(C_two, F * S * (n - b) / (b * (n - 1))),
    CROSS: equation(cross, -S / (n - 1)),
    DISJOINT: equation(C_dis, S * (F * n / b - 1) / (n - 1)),
    HALF: equation(C_half, S * (n - 2 * b) / (2 * b * (n - 1))),
    MORE: sp.Gt(a * (a - 1), 0, evaluate=False),
}


def covariance(same, other, size=1) -> sp.Expr:
    """Of ``sum_i u_i d_i`` with ``sum_j v_j d_j``, both over ``size``: deviations add up to 0.

    ``same`` and ``other`` are the covariances of the counts u_i, v_i and u_i, v_j.
    """
    return n * (same - other) / size**2 * S


#: Covariances of the counts: of one sample in both places, and of two samples.
REPLACED = b / n * (1 - 1 / n), -b / n**2
ONE_BATCH = b / n - (b / n) ** 2, b * (b - 1) / (n * (n - 1)) - (b / n) ** 2
TWO_DISJOINT = -((b / n) ** 2), b**2 / (n * (n - 1)) - (b / n) ** 2


def mixed(own, between) -> sp.Expr:
    """Covariance of ``a g_1 + (1 - a) g_2``."""
    return MIX * own + 2 * a * (1 - a) * between


def stated(label, claim) -> sp.Expr:
    return claim[label].rhs.subs(F, claim[FACTOR].rhs)


def _pairs():
    """Products of different deviations, by those of equal ones: four samples."""
    d = [*sp.symbols("d_1:4"), -sp.Add(*sp.symbols("d_1:4"))]
    other = sum(x * y for x, y in permutations(d, 2))
    return sp.expand(other + sum(x**2 for x in d))


def _any(claim):
    """Weights that add up to one: their second moments leave one number free."""
    (product_of,) = sp.solve(n * square + n * (n - 1) * product - 1, product)
    found = covariance(square, product).subs(product, product_of)
    return sp.cancel(claim[ANY].rhs - found.subs(square, Q / n))


def _draws(label, counts, cross_counts=(0, 0)):
    own, between = (covariance(same, other, b) for same, other in (counts, cross_counts))
    found = mixed(own, between)
    return lambda claim: sp.cancel(stated(label, claim) - found)


def _cross(claim):
    return sp.cancel(claim[CROSS].rhs - covariance(*TWO_DISJOINT, b))


def _one_number(claim):
    """Expected sum of the squared weights in the three ways of drawing."""
    overlap = 2 * a * (1 - a) / n
    squares = {
        WITH: MIX * (n * b / n + n * b * (b - 1) / n**2) / b**2 + overlap,
        TWO: MIX / b + overlap,
        DISJOINT: MIX / b,
    }
    for label, value in squares.items():
        yield sp.cancel(claim[ANY].rhs.subs(Q, value) - stated(label, claim))


def _half(claim):
    one = sgd.FND2.claim[sgd.WITHOUT].rhs.subs(sgd.S, S).subs(b, 2 * b)
    both = stated(DISJOINT, claim).subs(a, sp.S.Half)
    return [sp.cancel(claim[HALF].rhs - side) for side in (one, both)]


def _more(claim):
    margin, strict = threshold(claim[MORE])
    gap = stated(DISJOINT, claim) - stated(TWO, claim)
    return [sp.cancel(2 * margin * S / (n - 1) - gap), strict]


ENH2 = Statement(
    id="ENH-2",
    kind="theorem",
    title="The covariance of two mixed batches",
    source="sgdtheory",
    assumptions=(
        BATCHES,
        (r"$C$: covariance of $a g_1 + (1 - a) g_2$; $S$: covariance of one sample's gradient "
         r"over the $n$ samples (the $\Sigma$ of FND-2)", None),
        ("$n > 1$, and $2b \\le n$ for disjoint batches", 2 * b <= n),
    ),
    claim=NOISE,
    uses=("FND-2", "ENH-1"),
    steps=(
        Step("the deviations of all samples from their mean add up to zero: products of "
             "different ones are minus those of equal ones", None, _pairs),
        Step(r"exchangeable weights: $n\,\mathbb{E}q_1^2 + n(n-1)\,\mathbb{E}q_1 q_2 = 1$, and "
             r"$C = n\,(\mathbb{E}q_1^2 - \mathbb{E}q_1 q_2)\,S$", None, _any),
        Step("with replacement a sample's count is binomial, and two counts have covariance "
             r"$-b/n^2$", None, _draws(WITH, REPLACED)),
        Step("without: a sample is in the batch with probability $b/n$, two of them with "
             r"$\frac{b(b-1)}{n(n-1)}$", None, _draws(TWO, ONE_BATCH)),
        Step("disjoint batches: no sample is in both, one in the first and another in the "
             r"second with probability $\frac{b^2}{n(n-1)}$", None, _cross),
        Step("so the mixed batch", equation(C_dis, MIX * sgd.C_without
                                            + 2 * a * (1 - a) * cross),
             _draws(DISJOINT, ONE_BATCH, TWO_DISJOINT)),
        Step("all three are one formula: only the sum of the squared weights matters", None,
             _one_number),
        Step("FND-2 for a batch of $2b$", None, _half),
        Step("the difference of the two", equation(C_dis - C_two, (F - 1) * S / (n - 1)),
             _more),
    ),
    mutants=(
        Mutant("difference of the squares", {FACTOR: equation(F, a**2 - (1 - a) ** 2)}),
        Mutant("square of the difference of the weights",
               {FACTOR: equation(F, (2 * a - 1) ** 2)}),
        Mutant("disjoint batches taken for independent ones",
               {CROSS: equation(cross, sp.S.Zero),
                DISJOINT: equation(C_dis, F * S * (n - b) / (b * (n - 1)))}),
        Mutant("disjoint batches as if drawn with replacement",
               {DISJOINT: equation(C_dis, F * S / b)}),
        Mutant("cross term positive",
               {CROSS: equation(cross, S / (n - 1)),
                DISJOINT: equation(C_dis, S * (n * F / b - 2 * F + 1) / (n - 1))}),
        Mutant("$n$ instead of $n - 1$", {TWO: equation(C_two, F * S * (n - b) / (b * n))}),
        Mutant("disjoint batches always make more noise",
               {MORE: sp.Gt((2 * a - 1) ** 2, 0, evaluate=False)}),
    ),
    remark=(
        RECONSTRUCTION + r" Exact for every $n$, $b$ and $a$, matrix for matrix, whatever the "
        r"samples. Independent batches overlap: a sample in both has the weight $1/b$ of plain "
        r"SGD. For $a$ outside $[0, 1]$ disjoint batches are the better choice."
    ),
    notebook=NOTEBOOK,
)  # fmt: skip

STATEMENTS = (ENH2,)
