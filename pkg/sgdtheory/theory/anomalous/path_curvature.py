"""The largest eigenvalue of a Hessian, read on a minibatch."""

from functools import lru_cache

import sympy as sp

from sgdtheory.theory.power_law.symbols import threshold
from sgdtheory.theory.statement import Mutant, Statement, Step, equation

NOTEBOOK = "notebooks/anomalous/06_path_and_landscape"

B = sp.Symbol("B", positive=True, integer=True)
largest = sp.Symbol(r"{\lambda_{1}(H)}", real=True)
reused, fresh, wishart, decay = sp.symbols(
    r"{\operatorname{E}\lambda_{1}(H_B)} {\operatorname{E}(v_B^{\top}H_{B^{\prime}}v_B)} "
    r"{\operatorname{E}\lambda_{1}(H_B)_{\mathrm{normal}}} {B^{1/2}(\operatorname{E}"
    r"\lambda_{1}(H_B)_{\mathrm{normal}}-1)}",
    real=True,
)  # fmt: skip
gap, loss_of = sp.symbols("u v", nonnegative=True)
rho, x = sp.symbols(r"\rho x", positive=True)

UP, DOWN, EXAMPLE, LARGE = (
    "largest eigenvalue of one minibatch",
    "its eigenvector $v_B$ judged by the Hessian of another minibatch",
    r"two weights, $H_B = \frac{1}{B}\sum_i x_ix_i^\top$, $x_i$ normal, $H = I$",
    "the same, large batches",
)


def biased(of_root=sp.S.Half):
    return 1 + of_root * sp.sqrt(sp.pi) * sp.gamma((B + 1) / 2) / sp.gamma(B / 2 + 1)


CLAIM = {
    UP: sp.Ge(reused, largest, evaluate=False),
    DOWN: sp.Le(fresh, largest, evaluate=False),
    EXAMPLE: equation(wishart, biased()),
    LARGE: equation(sp.Limit(decay, B, sp.oo), sp.sqrt(sp.pi / 2)),
}


def _up(claim):
    """``lambda_1(H_B) = v . H_B v + gap`` with v the eigenvector of H, and gap >= 0."""
    margin, strict = threshold(claim[UP])
    return [margin.subs(reused, largest + gap) - gap, not strict]


def _down(claim):
    """``v_B . H v_B = lambda_1(H) - loss``; the other minibatch is independent of v_B."""
    margin, strict = threshold(claim[DOWN])
    return [margin.subs(fresh, largest - loss_of) - loss_of, not strict]


@lru_cache(maxsize=1)
def mean_of_ratio() -> sp.Expr:
    """Mean of rho = (l_1 - l_2)/(l_1 + l_2), density rho (1 - rho^2)^((B - 3)/2) on 0 to 1.

    With t = rho^2 both integrals are Beta functions.
    """
    power = (B - 1) / 2

    def beta(p):
        return sp.gamma(p) * sp.gamma(power) / sp.gamma(p + power)

    return sp.gammasimp(beta(sp.Rational(3, 2)) / beta(1))


def _example(claim):
    """``lambda_1 = trace (1 + rho)/2``; the trace has mean 2 and is independent of rho."""
    return sp.gammasimp(claim[EXAMPLE].rhs - 1 - mean_of_ratio())


def _density():
    """Wishart: (l_1 l_2)^((B-3)/2) (l_1 - l_2) exp(-(l_1 + l_2)/2) in trace S and rho.

    ``l_1 l_2 = S^2 (1 - rho^2)/4``, ``l_1 - l_2 = S rho``, Jacobian S/2: a product, so that
    the logarithm has no mixed derivative.
    """
    log = (
        (B - 3) / 2 * sp.log(x**2 * (1 - rho**2) / 4) + sp.log(x * rho) - x / 2 + sp.log(x / 2)
    )
    mine = sp.log(rho) + (B - 3) / 2 * sp.log(1 - rho**2)
    return [sp.diff(log, rho, x), sp.simplify(sp.diff(log - mine, rho))]


def _large(claim):
    """At B = 2 N: sqrt(2 N) times the excess, by Stirling's ratio of Gamma functions."""
    excess = claim[EXAMPLE].rhs - 1
    ratio = sp.gamma((B + 1) / 2) / sp.gamma(B / 2 + 1)
    # Gamma(z + 1/2)/Gamma(z + 1) times sqrt(z) tends to one.
    return claim[LARGE].rhs - sp.simplify(excess / ratio) * sp.sqrt(2)


def _stirling():
    z = sp.Symbol("z", positive=True)
    log = sp.loggamma(z + sp.S.Half) - sp.loggamma(z + 1) + sp.log(z) / 2
    return sp.limit(log, z, sp.oo)


STATEMENT = Statement(
    id="ANO-S8",
    kind="proposition",
    title="The largest eigenvalue of a minibatch Hessian is no eigenvalue of the loss",
    source="chen2022anomalous, Figure 7 and released code",
    assumptions=(
        (r"$H_B$: Hessian of a minibatch drawn at random, of mean $H$; $\lambda_1$ its largest "
         r"eigenvalue, $v_B$ the eigenvector; $B'$ another, independent minibatch", None),
        (r"the examples: linear regression with two weights and normal inputs", None),
    ),
    claim=CLAIM,
    steps=(
        Step(r"$\lambda_1(H_B) \ge v^\top H_B v$ with the eigenvector $v$ of $H$; average",
             None, _up),
        Step(r"average over $B'$ first: $v_B^\top H v_B \le \lambda_1(H)$", None, _down),
        Step(r"Wishart density in the trace $S$ and $\rho = (\lambda_1 - \lambda_2)/S$: a "
             r"product", None, _density),
        Step(r"$\operatorname{E}\rho$ by two Beta functions; $\operatorname{E}S = 2$", None,
             _example),
        Step(r"$\sqrt{z}\,\Gamma(z + \frac12)/\Gamma(z + 1) \to 1$", None, _stirling,
             by="limit"),
        Step(r"hence $\sqrt{B}$ times the excess", None, _large),
    ),
    mutants=(
        Mutant("the eigenvalue of a minibatch, taken for that of the loss",
               {EXAMPLE: equation(wishart, sp.S.One)}, source=True),
        Mutant("a minibatch is biased downward",
               {UP: sp.Le(reused, largest, evaluate=False)}),
        Mutant("another minibatch judges upward too",
               {DOWN: sp.Ge(fresh, largest, evaluate=False)}),
        Mutant("twice the excess", {EXAMPLE: equation(wishart, biased(sp.S.One))}),
    ),
    against_source="corrected",
    remark=(
        r"As we read the released call, power iteration runs on one batch of 128, or on a "
        r"fresh one for each product. The first is biased upward, most where samples differ "
        r"most; the second downward, and it does not converge. At $B = 2$ the example gives "
        r"$1 + \pi/4$ for a true 1. Power iteration finds the eigenvalue of largest "
        r"*absolute* value. Use all data, or say which batch."
    ),
    notebook=NOTEBOOK,
)  # fmt: skip

STATEMENTS = (STATEMENT,)
