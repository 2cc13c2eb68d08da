"""The effective batch size of two mixed batches (ENH-3)."""

import sympy as sp

from sgdtheory.theory.foundations import sgd
from sgdtheory.theory.foundations.sgd import b, n
from sgdtheory.theory.log_landscape import enhancement_batches as batches
from sgdtheory.theory.log_landscape.enhancement_batches import DISJOINT, NOISE, TWO, WITH, S
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

b_eff, b_two, b_w, b_dis = (
    sp.Symbol(f"b_{{\\mathrm{{{name}}}}}", positive=True)
    for name in ("eff", "two", "weights", "disjoint")
)
wanted = sp.Symbol("b'", positive=True)
i, k = sp.symbols("i k", integer=True, positive=True)
weight = sp.IndexedBase("w", real=True)

FACTOR, SIZE, APART, OVERLAP, WEIGHTS, LEAST, TARGET, BELOW = (
    "with",
    "both batches with replacement: the covariance is that of SGD with batch",
    "two disjoint batches, against SGD without replacement, every $n$",
    "two independent batches without replacement",
    r"$k$ independent draws with weights that add up to one",
    "mixing two batches at best halves the noise",
    "for the noise of a batch $b'$",
    "below one, smaller than any real batch, if and only if",
)
SIZES = {
    FACTOR: equation(F, MIX),
    SIZE: equation(b_eff, b / F),
    APART: equation(b_dis, b / F),
    OVERLAP: equation(b_two, n * b / (b + F * (n - b))),
    WEIGHTS: equation(b_w, 1 / sp.Sum(weight[i] ** 2, (i, 1, k))),
    LEAST: sp.Ge(F, sp.S.Half, evaluate=False),
    TARGET: equation(a, (1 + sp.sqrt(2 * b / wanted - 1)) / 2),
    BELOW: sp.Gt((2 * a - 1) ** 2, 2 * b - 1, evaluate=False),
}
ENHANCED = {
    label: NOISE[label].rhs.subs(F, NOISE[batches.FACTOR].rhs)
    for label in (WITH, TWO, DISJOINT)
}  # fmt: skip


def _matches(label, enhanced, plain):
    """SGD with the claimed batch has the covariance of the mixed batches."""
    of_sgd = sgd.FND2.claim[plain].rhs.subs(sgd.S, S)

    def residual(claim):
        size = claim[label].rhs.subs(F, claim[FACTOR].rhs)
        return sp.cancel(of_sgd.subs(b, size) - ENHANCED[enhanced])

    return residual


def _weights(claim):
    """Independent draws of one law: variances add up with the squares, products vanish."""
    for draws in (2, 3, 4):
        d = sp.symbols(f"d_1:{draws + 1}")
        shares = [weight[j] for j in range(1, draws + 1)]
        total = sp.Poly(sp.Add(*(q * x for q, x in zip(shares, d, strict=True))) ** 2, *d)
        variance = sum(c for powers, c in total.terms() if max(powers) == 2)
        yield sp.cancel(1 / claim[WEIGHTS].rhs.subs(k, draws).doit() - variance)


def _equal_weights(claim):
    """1/k each is a batch of k; a/b and (1 - a)/b, b of each, are two mixed batches."""
    inverse = 1 / claim[WEIGHTS].rhs
    (share,) = (sum_.function for sum_ in inverse.atoms(sp.Sum))
    scale = sp.cancel(inverse / sp.Sum(share, (i, 1, k)))

    def groups(*sized):
        return scale * sum(count * share.subs(weight[i], value) for count, value in sized)

    mix = groups((b, a / b), (b, (1 - a) / b))
    return [sp.cancel(groups((k, 1 / k)) - 1 / k), sp.cancel(mix - MIX / b)]


def _least(claim):
    """A square, zero at a = 1/2: the bound is attained there."""
    margin = claim[LEAST].gts - claim[LEAST].lts
    rest = margin.subs(F, claim[FACTOR].rhs)
    attained = claim[LEAST].func in (sp.Ge, sp.Le)
    return [sp.expand(rest - 2 * (a - sp.S.Half) ** 2), attained]


def _target(claim):
    """At the claimed weight the effective batch is b'; at one minus it too."""
    for root in (claim[TARGET].rhs, 1 - claim[TARGET].rhs):
        size = claim[SIZE].rhs.subs(F, claim[FACTOR].rhs).subs(a, root)
        yield sp.cancel(sp.expand(b / size) - b / wanted)


def _below(claim):
    margin, strict = threshold(claim[BELOW])
    return [sp.expand(margin - 2 * (claim[FACTOR].rhs - b)), strict]


ENH3 = Statement(
    id="ENH-3",
    kind="theorem",
    title="The effective batch size of two mixed batches",
    source="sgdtheory",
    assumptions=(
        BATCHES,
        (r"a wanted batch within reach: $b' \le 2b$", wanted <= 2 * b),
    ),
    claim=SIZES,
    uses=("FND-2", "ENH-2"),
    steps=(
        Step(r"ENH-2 and FND-2: $F S / b = S / b_{\mathrm{eff}}$", None,
             _matches(SIZE, WITH, sgd.WITH)),
        Step(r"disjoint batches and SGD, both without replacement: the same size, exactly",
             equation(S * (F * n / b - 1) / (n - 1), S * (n / b_dis - 1) / (n - 1)),
             _matches(APART, DISJOINT, sgd.WITHOUT)),
        Step(r"independent batches overlap: for $F > 1$ a larger size", None,
             _matches(OVERLAP, TWO, sgd.WITHOUT)),
        Step("the square of a weighted sum of independent deviations: only the squares have a "
             "mean", None, _weights, by="example"),
        Step("equal weights are a plain batch; two groups of $b$ are two mixed batches", None,
             _equal_weights),
        Step("two weights that add up to one",
             equation(F - sp.S.Half, 2 * (a - sp.S.Half) ** 2), _least),
        Step("solve $F = b/b'$ for the weight; one minus it does the same", None, _target),
        Step(r"$b_{\mathrm{eff}} < 1$ means $F > b$",
             equation(F, (1 + (2 * a - 1) ** 2) / 2), _below),
    ),
    mutants=(
        Mutant("the cost of the second batch counted as noise",
               {SIZE: equation(b_eff, 2 * b / F)}),
        Mutant("the noise counted by its amplitude",
               {SIZE: equation(b_eff, b / sp.sqrt(F)), APART: equation(b_dis, b / sp.sqrt(F))}),
        Mutant("no overlap between independent batches", {OVERLAP: equation(b_two, b / F)}),
        Mutant("sum of the sizes of the weights",
               {WEIGHTS: equation(b_w, 1 / sp.Sum(sp.Abs(weight[i]), (i, 1, k)))}),
        Mutant("mixing never reduces the noise", {LEAST: sp.Ge(F, 1, evaluate=False)}),
        Mutant("$a^2 = b/b'$", {TARGET: equation(a, sp.sqrt(b / wanted))}),
        Mutant("$2b$ for $b$ in the root",
               {TARGET: equation(a, (1 + sp.sqrt(4 * b / wanted - 1)) / 2)}),
        Mutant("below one as soon as $a > b$", {BELOW: sp.Gt(a, b, evaluate=False)}),
    ),
    remark=(
        RECONSTRUCTION + r" A step costs $2b$ gradients, in parallel: $2F$ times those of SGD "
        r"with batch $b_{\mathrm{eff}}$. SGD itself stops at a batch of one; here any "
        r"$b_{\mathrm{eff}}$ above $0$, up to $2b$, can be set. Mean and covariance of the "
        r"noise are equal, higher cumulants in general are not (ENH-4)."
    ),
    notebook=NOTEBOOK,
)  # fmt: skip

STATEMENTS = (ENH3,)
