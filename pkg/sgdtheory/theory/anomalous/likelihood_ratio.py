"""The likelihood ratio of nested laws: never negative, and not normal."""

import sympy as sp

from sgdtheory.theory.statement import Mutant, Statement, Step, equation

n = sp.Symbol("n", integer=True, positive=True)
sigma, c, delta = sp.symbols("sigma c delta", positive=True)
xbar, Z, x, z = sp.symbols(r"\bar{x} Z x z", real=True)
R, statistic, exceeds, beyond, half, inside, mean_half, apart, square = (
    sp.Symbol(name, real=True)
    for name in (
        "R", "z_V", "{P(2R>c)}", "{P(z_V>c)}", "{P(2R_{+}>c)}", "{P(R_{+}=0)}", "{E(2R_{+})}",
        r"{z_{\pm}}", r"{E\,z_{\pm}^2}",
    )
)  # fmt: skip

RATIO, FLOOR, CHI, VUONG, TAIL, ZERO, HALF, MEAN, OTHER, NORMAL = (
    "ratio of the two best fits",
    "it is never negative",
    "its law where the smaller family is true",
    r"Vuong's statistic there, $Z = \sqrt n\,\bar x/\sigma$",
    "its upper tail",
    r"where the larger family is $\mu \ge 0$ only: half of the samples",
    "the other half",
    "on the mean",
    r"not nested, $\mu = \pm\delta$: Vuong's statistic",
    "which is as he says",
)

NORMAL_DENSITY = sp.exp(-(z**2) / 2) / sp.sqrt(2 * sp.pi)


def ratio(parts=2):
    return equation(R, n * xbar**2 / (parts * sigma**2))


CLAIM = {
    RATIO: ratio(),
    FLOOR: sp.Ge(R, 0, evaluate=False),
    CHI: equation(exceeds, sp.erfc(sp.sqrt(c / 2))),
    VUONG: equation(statistic, sp.Abs(Z) / 2),
    TAIL: equation(beyond, sp.erfc(sp.sqrt(2) * c)),
    ZERO: equation(inside, sp.Rational(1, 2)),
    HALF: equation(half, sp.erfc(sp.sqrt(c / 2)) / 2),
    MEAN: equation(mean_half, sp.Rational(1, 2)),
    OTHER: equation(apart, Z),
    NORMAL: equation(square, sp.S.One),
}


def _gain(first, second) -> sp.Expr:
    """ln f(x; first) - ln f(x; second) of Gaussians of variance sigma^2."""
    return sp.expand(((x - second) ** 2 - (x - first) ** 2) / (2 * sigma**2))


def _sum(gain) -> sp.Expr:
    """Over the sample: x -> its mean, times n; the gain is linear in x."""
    return n * gain.subs(x, xbar)


def _spread(gain) -> sp.Expr:
    """Standard deviation of a gain linear in x, of which Var x = sigma^2."""
    return sp.sqrt(gain.coeff(x, 1) ** 2) * sigma


def _tail(low) -> sp.Expr:
    """P(Z > low); in terms of erf, as which sympy compares."""
    return sp.erfc(low / sp.sqrt(2)).rewrite(sp.erf) / 2


def _by_erf(residual) -> sp.Expr:
    return sp.expand(residual.rewrite(sp.erf))


def _tail_is_an_integral():
    low = sp.Symbol("a", positive=True)
    return _by_erf(sp.integrate(NORMAL_DENSITY, (z, low, sp.oo)) - _tail(low))


def _in_normal_units(expression) -> sp.Expr:
    return sp.simplify(expression.subs(xbar, sigma * Z / sp.sqrt(n)))


def _vuong(claim):
    gain = _gain(xbar, 0)
    found = _in_normal_units(_sum(gain) / (sp.sqrt(n) * _spread(gain)))
    return sp.simplify(found - claim[VUONG].rhs)


def _floor(claim):
    """Attained at a mean of 0, and the ratio is a square over a positive number."""
    edge = claim[RATIO].rhs.subs(xbar, 0) - claim[FLOOR].rhs
    at_least = claim[FLOOR].func is sp.Ge and claim[FLOOR].lhs == R
    return [edge, at_least, bool((claim[RATIO].rhs / xbar**2).is_positive)]


def _not_nested(claim):
    gain = _gain(delta, -delta)
    found = _in_normal_units(_sum(gain) / (sp.sqrt(n) * _spread(gain)))
    return sp.simplify(found - claim[OTHER].rhs)


def _second_moment(claim):
    z_of = claim[OTHER].rhs.subs(Z, z)
    found = sp.integrate(z_of**2 * NORMAL_DENSITY, (z, -sp.oo, sp.oo))
    return sp.simplify(found - claim[NORMAL].rhs)


STATEMENTS = (
    Statement(
        id="ANO-S3",
        kind="proposition",
        title="Likelihood ratios of nested laws",
        source="chen2022anomalous, Figure 5",
        assumptions=(
            (r"$x_1, \dots, x_n$ independent Gaussians of mean 0 and known variance "
             r"$\sigma^2$; the smaller family is $\mu = 0$, the larger one any $\mu$", None),
            (r"$R = \sum_i m_i$, $m_i$ the gain in $\ln f(x_i)$, each family at its best; "
             r"$z_V = R/(\sqrt n\,\omega)$, $\omega^2 = \mathrm{Var}\,m$", None),
            (r"$R_+$: the same with $\mu \ge 0$, the true value on the boundary", None),
        ),
        claim=CLAIM,
        steps=(
            Step(r"the best $\mu$ is $\bar x$ and the gain is linear in $x$",
                 equation(sp.Symbol("m"), _gain(xbar, 0)),
                 lambda claim: sp.expand(_sum(_gain(xbar, 0)) - claim[RATIO].rhs)),
            Step("a square: zero at best where the mean is zero", None, _floor),
            Step("tail of a standard normal",
                 equation(sp.Integral(NORMAL_DENSITY, (z, c, sp.oo)),
                          sp.erfc(c / sp.sqrt(2)) / 2), _tail_is_an_integral, by="integral"),
            Step(r"$2R = Z^2$ with $Z$ standard normal: both tails of $Z$ count", None,
                 lambda claim: _by_erf(2 * _tail(sp.sqrt(c)) - claim[CHI].rhs)),
            Step(r"$\omega = |\bar x|/\sigma$ is small with $\bar x$, as is $R$", None, _vuong),
            Step(r"$|Z| > 2c$", None,
                 lambda claim: _by_erf(
                     2 * _tail(c / sp.Abs(claim[VUONG].rhs.subs(Z, 1))) - claim[TAIL].rhs)),
            Step(r"on the boundary a negative $\bar x$ leaves $\mu = 0$", None,
                 lambda claim: 1 - _tail(sp.S.Zero) - claim[ZERO].rhs),
            Step("a positive one gives what it gave", None,
                 lambda claim: _by_erf(_tail(sp.sqrt(c)) - claim[HALF].rhs)),
            Step("half of $E Z^2$", None,
                 lambda claim: sp.simplify(
                     sp.integrate(z**2 * NORMAL_DENSITY, (z, 0, sp.oo)) - claim[MEAN].rhs)),
            Step(r"two families that exclude each other, equally far from the truth: "
                 r"$\omega = 2\delta/\sigma$ does not vanish with $\bar x$",
                 equation(sp.Symbol("m"), _gain(delta, -delta)), _not_nested),
            Step("of unit variance", None, _second_moment),
        ),
        mutants=(
            Mutant("Vuong's normal law, for nested families",
                   {TAIL: equation(beyond, sp.erfc(c / sp.sqrt(2)) / 2)}, source=True),
            Mutant("no half in the ratio", {RATIO: ratio(1)}),
            Mutant(r"$z_V = |Z|$", {VUONG: equation(statistic, sp.Abs(Z))}),
            Mutant("boundary ignored", {HALF: equation(half, sp.erfc(sp.sqrt(c / 2)))}),
            Mutant("a quarter on the mean",
                   {MEAN: equation(mean_half, sp.Rational(1, 4))}),
        ),
        against_source="corrected",
        remark=(
            r"The Gaussian is the stable law with $\alpha = 2$: the best stable fit is never "
            r"worse, so that a positive ratio is no finding, and Vuong's p-value, meant for "
            r"families of which neither contains the other, is not one. In the exact example "
            r"it errs on the cautious side: $z_V > 1.64$ in one nested sample of a thousand, "
            r"not in one of twenty. The index 2 is a boundary, and not a regular one ($\beta$ "
            r"means nothing there and the information on $\alpha$ is infinite): its null law "
            r"is found by bootstrap, which is exact here, as the ratio does not depend on "
            r"location and scale. To choose between laws, compare the stable with a family "
            r"that is neither part of it nor the whole: Student t, Laplace."
        ),
        notebook="notebooks/anomalous/04_heavy_tailed_gradients",
    ),
)  # fmt: skip
