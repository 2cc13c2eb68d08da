"""The displacement from one point, not averaged, and what the released code makes of it."""

import sympy as sp

from sgdtheory.theory.anomalous.letters import READING, d, sigma, tau
from sgdtheory.theory.statement import Mutant, Statement, Step, equation

j = sp.Symbol("j", integer=True)
W = sp.IndexedBase("w")
Delta, coded = sp.Function("Delta"), sp.Function(r"\Delta^{\prime}")
s_0 = sp.Symbol("s_0", positive=True)
mean, relative, coded_mean, coded_slope = (
    sp.Symbol(name, positive=True)
    for name in (r"{\operatorname{E}\Delta(\tau)}",
                 r"{\operatorname{Var}\Delta/(\operatorname{E}\Delta)^2}",
                 r"{\operatorname{E}\Delta^{\prime}(\tau)}", r"\beta^{\prime}(\tau)")
)  # fmt: skip


def gaussian_mean(expr, variances) -> sp.Expr:
    """Mean of a polynomial of degree <= 4 in independent centred normals."""
    moments = {0: lambda v: 1, 2: lambda v: v, 4: lambda v: 3 * v**2}
    polynomial = sp.Poly(sp.expand(expr), *variances)
    return sum(
        factor * sp.Mul(*(moments[n](v) if n in moments else 0
                          for n, v in zip(powers, variances.values(), strict=True)))
        for powers, factor in polynomial.terms()
    )  # fmt: skip


ROW, ROW_MEAN, ROW_SPREAD, COLUMN, COLUMN_MEAN, COLUMN_SLOPE = (
    "non-averaged displacement: the first point of the window is subtracted",
    "independent steps, mean",
    "Gaussian steps, relative variance, at every lag",
    "what the released code computes: the first *weight* is subtracted",
    "its mean",
    "exponent of this mean",
)


def row(subtracted=W[0, j]):
    return equation(Delta(tau), sp.Sum((W[tau, j] - subtracted) ** 2, (j, 1, d)))


SINGLE = {
    ROW: row(),
    ROW_MEAN: equation(mean, d * sigma**2 * tau),
    ROW_SPREAD: equation(relative, 2 / d),
    COLUMN: equation(coded(tau), row(W[tau, 1]).rhs),
    COLUMN_MEAN: equation(coded_mean,
                          (d - 1) * (s_0**2 + sigma**2 * tau) * 2),
    COLUMN_SLOPE: equation(coded_slope,
                           sigma**2 * tau / (s_0**2 + sigma**2 * tau)),
}  # fmt: skip
first, moved, other, others_move = sp.symbols("p q r s", real=True)
START = {first: s_0**2, other: s_0**2, moved: sigma**2 * tau, others_move: sigma**2 * tau}


def summed(part) -> sp.Expr:
    """Mean of a sum over coordinates: that of ``j = 1``, and ``d - 1`` times any other's."""
    at = {W[0, 1]: first, W[tau, 1]: first + moved, W[0, 2]: other,
          W[tau, 2]: other + others_move}  # fmt: skip

    def both(total):
        terms = [gaussian_mean(total.function.subs(j, n).subs(at), START) for n in (1, 2)]
        return terms[0] + (d - 1) * terms[1]

    return part.rhs.replace(lambda e: isinstance(e, sp.Sum), both)


def _at_lag_zero(claim):
    """Two coordinates: nothing has moved yet."""
    return claim[ROW].rhs.subs({d: 2, tau: 0}).doit()


def _column_at_lag_zero(claim):
    return claim[COLUMN].rhs.subs({d: 2, tau: 0}).doit()


def _spread(claim):
    v = {moved: sigma**2 * tau}
    one = gaussian_mean(moved**4, v) - gaussian_mean(moved**2, v) ** 2
    return claim[ROW_SPREAD].rhs - d * one / (d * gaussian_mean(moved**2, v)) ** 2


def _slope(claim):
    return claim[COLUMN_SLOPE].rhs - tau * sp.diff(sp.log(claim[COLUMN_MEAN].rhs), tau)


NON_AVERAGED = Statement(
    id="ANO-EQ4",
    kind="formula",
    title="Non-averaged displacement: the first row, not the first column",
    source="chen2022anomalous, non-averaged displacement in the released code",
    assumptions=(
        (r"$w_{\tau,j}$: weight $j$, $\tau$ steps after the first point of the window", None),
        (r"for the means: steps independent, of mean zero and variance $\sigma^2$; for the "
         r"column: weights at the start independent, of mean zero and variance $s_0^2$", None),
        ("$d > 1$", d > 1),
    ),
    claim=SINGLE,
    uses=("ANO-EQ3",),
    steps=(
        Step("at lag zero nothing has moved", None, _at_lag_zero, by="example"),
        Step("with the first weight subtracted, something has: what is measured is how unlike "
             "the weights are", None, _column_at_lag_zero, by="counterexample"),
        Step("one coordinate after the other", None,
             lambda claim: claim[ROW_MEAN].rhs - summed(claim[ROW])),
        Step("squares of $d$ independent normal displacements", None, _spread),
        Step("the first coordinate gives nothing, each other one two variances", None,
             lambda claim: claim[COLUMN_MEAN].rhs - summed(claim[COLUMN])),
        Step(r"logarithmic slope", None, _slope),
    ),
    mutants=(
        Mutant("the released code's", {ROW: row(W[tau, 1])}, source=True),
        Mutant("relative variance as of one coordinate",
               {ROW_SPREAD: equation(relative, sp.Integer(2))}),
        Mutant("the column is the row plus a constant",
               {COLUMN_MEAN: equation(coded_mean,
                                      d * sigma**2 * tau + 2 * (d - 1) * s_0**2)}),
        Mutant("and its exponent right",
               {COLUMN_SLOPE: equation(coded_slope, sp.Integer(1))}),
    ),
    against_source="corrected",
    remark=(
        r"The text, as we reconstruct it, defines the displacement rightly, and so did a "
        r"version of June 2020; in the released commit the first column is subtracted from the "
        r"matrix steps times weights, and a stored figure begins at $10^3$ to $10^4$ where it "
        r"should begin at zero. As the weights differ among themselves much more than they "
        r"move, the curve is flat. That non-averaged displacements are too noisy to be used "
        r"does not follow: with $d$ (effective) dimensions they scatter by $\sqrt{2/d}$. The "
        r"release may not be what the printed figure was made with."
    ),
    notebook=READING,
)  # fmt: skip

STATEMENTS = (NON_AVERAGED,)
