"""The central limit theorem for a minibatch: what it gives, and what it does not."""

import sympy as sp

from sgdtheory.theory.foundations.sgd import b
from sgdtheory.theory.foundations.symbols import E, eta
from sgdtheory.theory.statement import Mutant, Statement, Step, equation

r = sp.Symbol("r", positive=True, integer=True)
s, k = sp.symbols("s k", real=True)
k_r, cumulant = sp.symbols(r"\kappa_{r} \kappa_{r}^{(b)}", real=True)
skew, excess, skew_b, excess_b = sp.symbols(
    r"\gamma_{1} \gamma_{2} \gamma_{1}^{(b)} \gamma_{2}^{(b)}", real=True
)
k_1, k_3, k_4 = sp.symbols("kappa_1 kappa_3 kappa_4", real=True)
k_2 = sp.Symbol("kappa_2", positive=True)
x = sp.Symbol("x", positive=True)
h_b = sp.Symbol("h_b", real=True)
log_phi = sp.Function(r"\log\varphi_b")

CUMULANT, SKEW, EXCESS, NORMAL, FOURTH = (
    "cumulants of a mean of $b$ draws",
    "skewness",
    "excess kurtosis",
    "normal limit of the standardised mean",
    "fourth power of one contraction, the curvature $h_b$ being a mean of $b$ draws",
)


def _generating(order: int, argument) -> sp.Expr:
    """Cumulant generating function of one draw, through ``order``, at ``argument``."""
    letters = (k_1, k_2, k_3, k_4)[:order]
    return sum(c * argument**n / sp.factorial(n) for n, c in enumerate(letters, 1))


def _mean_cumulant(n: int) -> sp.Expr:
    """The n-th derivative at 0 of ``b K(s / b)``."""
    return sp.diff(b * _generating(4, s / b), s, n).subs(s, 0)


def _term_by_term(claim):
    """The r-th term of b K(s/b), any r."""
    term = b * k_r * (s / b) ** r / sp.factorial(r)
    return sp.powsimp(sp.expand_power_base(claim[CUMULANT].rhs - term * sp.factorial(r) / s**r,
                                           force=True))  # fmt: skip


def _shape(label, n: int, one):
    """Standardised n-th cumulant of the mean, that of one draw being ``one``."""
    letter = {3: k_3, 4: k_4}[n]

    def residual(claim):
        mean = _mean_cumulant(n) / _mean_cumulant(2) ** sp.Rational(n, 2)
        return claim[label].rhs - mean.subs(letter, one * k_2 ** sp.Rational(n, 2))

    return residual


def _normal(claim):
    """b K(ik / √(b κ₂)) with κ₁ = 0: only the second cumulant survives the limit."""
    exponent = b * _generating(4, sp.I * k / sp.sqrt(b * k_2)).subs(k_1, 0)
    large = sp.Symbol("b", positive=True)
    return claim[NORMAL].rhs - sp.limit(sp.expand(exponent).subs(b, large), large, sp.oo)


def _fourth(claim):
    """E(1 - ηh)⁴ from the cumulants of the mean, with the generating function of 1 - ηh."""
    log_mgf = s + b * _generating(4, -eta * s / b)
    moment = sp.diff(sp.exp(log_mgf), s, 4).subs(s, 0)
    return sp.expand(claim[FOURTH].rhs - moment)


def fourth(third=-4 * (1 - eta * k_1) * eta**3 * k_3 / b**2, last=eta**4 * k_4 / b**3):
    a = 1 - eta * k_1
    normal = a**4 + 6 * a**2 * eta**2 * k_2 / b + 3 * eta**4 * k_2**2 / b**2
    return equation(E((1 - eta * h_b) ** 4), normal + third + last)


STATEMENTS = (
    Statement(
        id="FND-3",
        kind="theorem",
        title="How normal a minibatch gradient is, and what that does not give",
        source="meng2020, Equation (2)",
        assumptions=(
            ("$b$ independent draws (with replacement), all moments finite", None),
            (r"$\kappa_r$: cumulants of one draw, at one fixed $w$", None),
        ),
        claim={
            CUMULANT: equation(cumulant, k_r / b ** (r - 1)),
            SKEW: equation(skew_b, skew / sp.sqrt(b)),
            EXCESS: equation(excess_b, excess / b),
            NORMAL: equation(sp.Limit(log_phi(k), b, sp.oo), -(k**2) / 2),
            FOURTH: fourth(),
        },
        uses=("FND-1",),
        steps=(
            Step(
                "the generating functions of independent draws add up to $b K(s/b)$, term by "
                "term",
                equation(sp.Symbol("K_{b}(s)"), b * sp.Function("K")(s / b)),
                _term_by_term,
            ),
            Step(
                "third cumulant over the second to the power $3/2$",
                equation(skew_b, (k_3 / b**2) / (k_2 / b) ** sp.Rational(3, 2)),
                _shape(SKEW, 3, skew),
            ),
            Step(
                "fourth cumulant over the square of the second",
                equation(excess_b, (k_4 / b**3) / (k_2 / b) ** 2),
                _shape(EXCESS, 4, excess),
            ),
            Step(
                "standardise and let $b$ grow: all cumulants but the second vanish",
                equation(
                    log_phi(k),
                    -(k**2) / 2
                    + skew * (sp.I * k) ** 3 / (6 * sp.sqrt(b))
                    + sp.O(1 / b, (b, sp.oo)),
                ),
                _normal,
                by="limit",
            ),
            Step(
                "not the tail of one step: exponential draws exceed their mean by $x$ with "
                r"probability $\exp[-b(x - \ln(1+x))]$, to leading exponential order; the "
                r"normal law says $\exp(-b x^2/2)$",
                sp.Ne(x - sp.log(1 + x), x**2 / 2, evaluate=False),
                lambda: x - sp.log(1 + x) - x**2 / 2,
                by="counterexample",
            ),
            Step(
                r"not the stationary tail: the step multiplies $w$ by $1 - \eta h$, and the "
                "powers that decide which moments exist contain every cumulant of $h$",
                equation(
                    sp.log(E(sp.exp(s * (1 - eta * h_b)))),
                    s + b * sp.Function("K")(-eta * s / b),
                ),
                _fourth,
            ),
            Step(
                r"the terms with $\kappa_3$ and $\kappa_4$ are what a normal law of the same "
                "variance leaves out",
                None,
                lambda: fourth().rhs - fourth(0, 0).rhs,
                by="counterexample",
            ),
        ),
        mutants=(
            Mutant(r"$\kappa_r / b^r$", {CUMULANT: equation(cumulant, k_r / b**r)}),
            Mutant("skewness falls like $1/b$", {SKEW: equation(skew_b, skew / b)}),
            Mutant(r"kurtosis falls like $1/\sqrt{b}$",
                   {EXCESS: equation(excess_b, excess / sp.sqrt(b))}),
            Mutant("the normal law for the fourth power", {FOURTH: fourth(0, 0)}),
            Mutant("third cumulant with the other sign",
                   {FOURTH: fourth(third=4 * (1 - eta * k_1) * eta**3 * k_3 / b**2)}),
        ),
        status="asymptotic",
        against_source="as-stated",
        remark=(
            r"The cumulant laws are exact; only normality is a limit. It holds pointwise in "
            r"$w$, in the bulk of one step. A stationary law is made by infinitely many steps "
            r"that multiply: for least squares its tail differs from the normal model's at "
            r"every batch size, also in the limit $\eta \to 0$ (PLD-X3)."
        ),
        aliases=("PLD-E2",),
    ),
)  # fmt: skip
