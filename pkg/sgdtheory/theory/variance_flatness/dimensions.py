"""Effective dimensions: what they are, and what they come out as without a landscape."""

import sympy as sp

from sgdtheory.theory.statement import Asymptotic, Mutant, Statement, Step, equation

n, k = sp.symbols("n k", integer=True, positive=True)
p, c = sp.symbols("p c", positive=True)
sigma2 = sp.Function(r"\sigma^2")
F = sp.Function("F")
share = sp.Function("f")
participation, D_l = sp.symbols(r"D_{\mathrm{part}} D_{\mathrm{l}}", positive=True)
D_s = sp.Function(r"D_{\mathrm{s}}")

SHARE = "share of the leading $n$ components of a random walk"
LEARNING = "so the components that hold nine tenths of its variance number"
PARTICIPATION = "its participation ratio"
SHARP = r"directions with $F < c$, many, if $F_k = k^p$: threshold doubled"

CLAIM = {
    SHARE: equation(share(n), 1 - 6 * sp.polygamma(1, n + 1) / sp.pi**2),
    LEARNING: equation(D_l, 6),
    PARTICIPATION: equation(participation, sp.Rational(5, 2)),
    SHARP: Asymptotic(D_s(2 * c) / D_s(c), sp.Pow(2, 1 / p, evaluate=False)),
}


def _share(claim):
    """It begins with ``6/pi^2``, grows by ``6/(pi^2 n^2)``, and ends at one."""
    f = claim[SHARE].rhs
    step = sp.expand_func(f.subs(n, n + 1) - f) - 6 / (sp.pi**2 * (n + 1) ** 2)
    first = f.subs(n, 1) - 6 / sp.pi**2
    return [sp.simplify(sp.expand_func(step)), sp.simplify(first)]


def _whole(claim):
    size = sp.Symbol("s", positive=True)
    return sp.limit(claim[SHARE].rhs.subs(n, size), size, sp.oo) - 1


def _learning(claim):
    """Nine tenths are not held by one component less, and are held by this many."""
    f, number = claim[SHARE].rhs, claim[LEARNING].rhs
    enough = f.subs(n, number) >= sp.Rational(9, 10)
    fewer = f.subs(n, number - 1) >= sp.Rational(9, 10)
    return [bool(enough), not bool(fewer)]


def _participation(claim):
    square = sp.summation(1 / k**2, (k, 1, sp.oo)) ** 2
    return claim[PARTICIPATION].rhs - square / sp.summation(1 / k**4, (k, 1, sp.oo))


def _sharp(claim):
    """``k^p < c`` for k up to ``c^(1/p)``."""
    count = c ** (1 / p)
    return sp.powsimp(sp.expand_power_base(count.subs(c, 2 * c) / count)) - claim[SHARP].rhs


STATEMENTS = (
    Statement(
        id="IVF-ED1",
        kind="formula",
        title="Effective dimensions need a null model: a random walk has six, at any width",
        source="sgdtheory",
        assumptions=(
            (r"$D_{\mathrm{l}}$: least number of principal components that hold nine tenths of "
             r"the variance; $D_{\mathrm{part}} = (\sum\sigma_k^2)^2/\sum\sigma_k^4$", None),
            (r"$D_{\mathrm{s}}(c)$: number of directions with flatness below the threshold "
             r"$c$", None),
            (r"the walk: many equal directions, no landscape, long window (IVF-RW1)", None),
        ),
        claim=CLAIM,
        uses=("IVF-RW1",),
        steps=(
            Step(r"differences of the trigamma function are $1/n^2$", None, _share),
            Step("all components hold everything", None, _whole, by="limit"),
            Step("five hold less than nine tenths, six hold more", None, _learning),
            Step(r"$\zeta(2)^2/\zeta(4)$", None, _participation, by="series"),
            Step(r"$k^p < c$ for $k < c^{1/p}$", None, _sharp),
        ),
        mutants=(
            Mutant("shares of $1/k$ spectra", {SHARE: equation(share(n), 1 - 1 / (n + 1))}),
            Mutant("one component more", {LEARNING: equation(D_l, 7)}),
            Mutant("one component", {PARTICIPATION: equation(participation, 1)}),
            Mutant("exponent of the flatness upside down",
                   {SHARP: Asymptotic(D_s(2 * c) / D_s(c), 2**p)}),
        ),
        remark=(
            r"$D_{\mathrm{l}}$ of a walk depends neither on its dimension nor on the length "
            r"of the window, once both are large (a single walk in some hundred directions has "
            r"six or seven). So a "
            r"$D_{\mathrm{l}}$ that is small and does not grow with the width of a network is "
            r"no sign of a "
            r"low-dimensional landscape: any spectrum that falls faster than $1/k$ has it. "
            r"$D_{\mathrm{s}}$ does count directions of the landscape, and how many depends "
            r"on the threshold: the source ties it to the length of the weights, by a factor "
            r"that is lost in the text we had."
        ),
        aliases=("IVF-ED",),
        notebook="notebooks/variance_flatness/03_the_relation",
    ),
)  # fmt: skip
