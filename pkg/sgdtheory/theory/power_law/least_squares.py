"""Least squares: skewed curvature, where even the Itô exponent is not that of SGD."""

from functools import lru_cache

import sympy as sp

from sgdtheory.theory.power_law.symbols import threshold
from sgdtheory.theory.statement import Asymptotic, Mutant, Statement, Step, equation

eta, b, c, a, sigma = sp.symbols("eta b c a sigma", positive=True)
y = sp.Symbol("y", positive=True)
E = sp.Function(r"\operatorname{E}")
w = sp.Symbol("w", real=True)

CONDITION, CONSTANT, LIMIT, MOMENT, FINITE = (
    "the constant $c$ solves",
    "that is",
    r"tail exponent for small $\eta$",
    r"variance at every $\eta$, label noise of variance $\sigma^2$",
    "finite if and only if",
)
BRANCH = sp.exp(1 + sp.LambertW(sp.exp(-1))) / 2
CLAIM = {
    CONDITION: equation(c * sp.log(2 * c) - c, sp.Rational(1, 2)),
    CONSTANT: equation(c, BRANCH),
    LIMIT: Asymptotic(a, c * b / eta),
    MOMENT: equation(E(w**2), eta * sigma**2 / (b * (2 - eta) - 2 * eta)),
    FINITE: sp.Lt(eta, 2 * b / (b + 2), evaluate=False),
}


def rate(power, at):
    """Exponent, per b/η, of the integrand of E|1 - ηh|^(power b/η) at ηh = y > 1."""
    return power * sp.log(at - 1) - at / 2


def _top(power):
    (peak,) = sp.solve(sp.diff(rate(power, y), y), y)
    return peak


def _condition(claim):
    rule = claim[CONDITION]
    return sp.expand_log(rule.lhs - rule.rhs - rate(c, _top(c)), force=True)


def _without_branch(expr, value):
    """``expr(value)`` with W exp(W) = 1/e used for W = W(1/e)."""
    W = sp.Symbol("W", positive=True)
    written = sp.expand_log(expr(value.subs(sp.LambertW(sp.exp(-1)), W)), force=True)
    return sp.expand(sp.expand(written, power_exp=True).subs(sp.exp(W), sp.exp(-1) / W))


def _solved(claim):
    return _without_branch(lambda value: rate(value, _top(value)), claim[CONSTANT].rhs)


@lru_cache
def _pair_rate():
    """Batch of two: ηh is exponential, and the part with ηh > 1 is exp(-1/η) ηᵃ Γ(a+1)."""
    power = y / eta
    log_moment = -1 / eta + power * sp.log(eta) + sp.loggamma(power + 1)
    return sp.limit(eta * log_moment, eta, 0)


def _pair(claim):
    slope = _pair_rate().subs(y, claim[LIMIT].rhs.subs(b, 2) * eta)
    return _without_branch(lambda value: slope.subs(c, value), claim[CONSTANT].rhs)


def _variance(claim):
    """Given the inputs, g has variance σ²h/b: E w'² = E(1 - ηh)² E w² + η²σ²/b."""
    z = sp.Symbol("z", positive=True)
    density = z ** (b / 2 - 1) * sp.exp(-z / 2) / (2 ** (b / 2) * sp.gamma(b / 2))
    square = sp.integrate(
        sp.expand((1 - eta * z / b) ** 2) * density, (z, 0, sp.oo), conds="none"
    )
    M = claim[MOMENT].rhs
    return sp.cancel(sp.simplify(square) * M + eta**2 * sigma**2 / b - M)


def _finite(claim):
    limit = sp.solve(2 - eta - 2 * eta / b, eta)[0]
    margin, strict = threshold(claim[FINITE])  # at equality the moment grows without end
    return [margin - (limit - eta), strict]


h = sp.Symbol("h", positive=True)
STATEMENT = Statement(
    id="PLD-X3",
    kind="theorem",
    title="Least squares: the tail of SGD is not that of its stochastic differential equation",
    source="sgdtheory",
    notebook="notebooks/power_law/02_what_sgd_does",
    assumptions=(
        (r"label $x w^* + \sigma \zeta$ with $x$, $\zeta$ standard normal, batch of $b$: "
         r"$h = \chi^2_b / b$, $H = 1$, $\sigma_H = 2/b$, $\kappa = b/(2\eta)$", None),
        (r"$b$ fixed, $\eta \to 0$ for the exponent; $\eta < 2b/(b + 2)$ for the variance",
         eta < 2 * b / (b + 2)),
    ),
    claim=CLAIM,
    uses=("PLD-P1", "PLD-X1", "PLD-X2"),
    steps=(
        Step(
            r"jumps with $\eta h > 1$ keep $\operatorname{E}|1 - \eta h|^a$ at one: the "
            r"integrand at $\eta h = y$ is the exponential of $b/\eta$ times this rate, which "
            "is largest at $y = 1 + 2c$ and must be zero there",
            equation(sp.Function("r")(y), rate(c, y)), _condition,
        ),
        Step("Lambert's function $W$ solves it",
             equation(2 * c, sp.exp(1 + sp.LambertW(sp.exp(-1)))), _solved),
        Step(
            "for $b = 2$, $h$ is exponential and that part of the mean is known exactly: only "
            "at this constant does it neither vanish nor explode",
            equation(sp.Integral((y - 1) ** a * sp.exp(-y / eta) / eta, (y, 1, sp.oo)),
                     sp.exp(-1 / eta) * eta**a * sp.gamma(a + 1)),
            _pair, by="limit",
        ),
        Step(
            r"given the inputs, $g$ has variance $\sigma^2 h/b$; square the step, average, and "
            "ask that the mean square stay the same",
            equation(E((1 - eta * h) ** 2), (1 - eta) ** 2 + 2 * eta**2 / b), _variance,
            by="integral",
        ),
        Step("the denominator is positive", None, _finite),
    ),
    mutants=(
        Mutant(r"the Itô exponent, $2\kappa$ to leading order",
               {LIMIT: Asymptotic(a, b / eta)}),
        Mutant("rate measured from $y = 1$",
               {CONDITION: equation(c * sp.log(2 * c) - c, sp.Integer(0)),
                CONSTANT: equation(c, sp.E / 2)}),
        Mutant("exponent for batch one at every batch", {LIMIT: Asymptotic(a, c / eta)}),
        Mutant("variance of the Itô equation",
               {MOMENT: equation(E(w**2), eta * sigma**2 / (2 * b - 2 * eta))}),
        Mutant("curvature variance $1/b$",
               {MOMENT: equation(E(w**2), eta * sigma**2 / (b * (2 - eta) - eta))}),
    ),
    status="asymptotic",
    remark=(
        r"The exponent is $1.7956\,b/\eta$ where the Itô equation says $b/\eta$: the tail is "
        "made by rare large $h$, and a Gaussian of the same variance gets these wrong at "
        r"leading order, however small $\eta$. At large $\eta$ the error can have the other "
        "sign. The variance and the condition for it are exact at every learning rate."
    ),
)  # fmt: skip
