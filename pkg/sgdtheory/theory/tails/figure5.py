"""The densities of Figure 5 of the source: what a picture without norms shows, and hides."""

import sympy as sp

from sgdtheory.theory.statement import Asymptotic, Mutant, Statement, Step, equation

kappa, x, y, k = sp.symbols("kappa x y k", positive=True)
half = sp.Rational(1, 2)
f, gauss, gap, Z, slope, tail, width, crossing, kurtosis = (
    sp.Symbol(name, real=True)
    for name in (
        r"f_\kappa", r"f_\infty", r"{f_\kappa - f_\infty}", r"Z_\kappa",
        r"{\partial_\kappa \ln f_\kappa}", r"{-\partial \ln f_\kappa/\partial \ln x}",
        r"{x_{1/2}}", r"{x_\times}", r"{E x^4/(E x^2)^2}",
    )
)  # fmt: skip

CURVE, LIMIT, FIRST, SLOPE, ORDER = (
    r"the curves, $x^2 = Hu^2/\eta\sigma_g$",
    r"limit $\kappa \to \infty$",
    "how it is approached",
    r"change with $\kappa$",
    r"so at every $x \ne 0$ they fall",
)
TAIL, HALF, NORM, NORM_IF, CROSS, FOURTH, KURT_IF = (
    "slope far out, on two logarithmic axes",
    "half width at half height",
    "what they must be divided by",
    "possible if and only if",
    r"divided by it, they cross the Gaussian at, $\kappa \to \infty$",
    "kurtosis",
    "which exists if and only if",
)

CLAIM = {
    CURVE: equation(f, (1 + x**2 / kappa) ** -kappa),
    LIMIT: equation(gauss, sp.exp(-(x**2))),
    FIRST: Asymptotic(gap, x**4 * sp.exp(-(x**2)) / (2 * kappa)),
    SLOPE: equation(slope, x**2 / (kappa + x**2) - sp.log(1 + x**2 / kappa)),
    ORDER: sp.Lt(slope, 0, evaluate=False),
    TAIL: equation(tail, 2 * kappa),
    HALF: equation(width, sp.sqrt(kappa * (2 ** (1 / kappa) - 1))),
    NORM: equation(Z, sp.sqrt(sp.pi * kappa) * sp.gamma(kappa - half) / sp.gamma(kappa)),
    NORM_IF: sp.Gt(kappa, half, evaluate=False),
    CROSS: equation(crossing, sp.Rational(3, 4) ** sp.Rational(1, 4)),
    FOURTH: equation(kurtosis, 3 * (2 * kappa - 3) / (2 * kappa - 5)),
    KURT_IF: sp.Gt(kappa, sp.Rational(5, 2), evaluate=False),
}


def log_curve(claim) -> sp.Expr:
    return sp.expand_log(sp.log(claim[CURVE].rhs), force=True)


def _hypothesis(claim):
    """Corollary 3 with sigma_H = H/(eta kappa): zero flux of the anti-Itô equation (5)."""
    # In units of x: drift -x, D = (1 + x^2/kappa)/2, and D (ln p)' = drift.
    flux = -x - (1 + x**2 / kappa) / 2 * sp.diff(log_curve(claim), x)
    return [sp.cancel(flux), claim[CURVE].rhs.subs(x, 0) - 1]


def expanded(claim, order: int) -> sp.Expr:
    """ln f in powers of k = 1/kappa."""
    return sp.series(log_curve(claim).subs(kappa, 1 / k), k, 0, order).removeO()


def _limit(claim):
    return sp.expand(expanded(claim, 1) - sp.log(claim[LIMIT].rhs).expand(force=True))


def _first(claim):
    first = expanded(claim, 2).coeff(k, 1) * claim[LIMIT].rhs
    return sp.simplify(first * k / claim[FIRST].rhs.subs(kappa, 1 / k)) - 1


def _slope(claim):
    return sp.simplify(sp.diff(log_curve(claim), kappa) - claim[SLOPE].rhs)


def _order(claim):
    """With y = x^2/kappa the slope starts at 0 and only falls: never 0 but at y = 0."""
    bound = claim[ORDER]
    of_y = sp.simplify(claim[SLOPE].rhs.subs(x, sp.sqrt(y * kappa)))
    falls = sp.factor(sp.diff(of_y, y))
    return [
        sp.limit(of_y, y, 0) - bound.rhs,
        sp.cancel(falls + y / (1 + y) ** 2),
        bound.lhs == slope and bound.func is sp.Lt,
    ]


def _tail(claim):
    on_logs = sp.cancel(-x * sp.diff(log_curve(claim), x))
    return sp.limit(on_logs, x, sp.oo) - claim[TAIL].rhs


def _half(claim):
    return sp.simplify(sp.expand_log(
        log_curve(claim).subs(x, claim[HALF].rhs) + sp.log(2), force=True))  # fmt: skip


def moment(n: int) -> sp.Expr:
    """``int |x|^n f dx`` by r = x^2/kappa: ``kappa^((n+1)/2) B((n+1)/2, kappa - (n+1)/2)``."""
    power = sp.Rational(n + 1, 2)
    beta = sp.gamma(power) * sp.gamma(kappa - power) / sp.gamma(kappa)
    return kappa**power * beta


def _beta_integral():
    """The Beta integral, for r^(c-1) (1+r)^(-c-d)."""
    c, d, r = sp.symbols("c d r", positive=True)
    found = sp.integrate(r ** (c - 1) * (1 + r) ** (-c - d), (r, 0, sp.oo))
    return sp.gammasimp(found * sp.gamma(c + d) / (sp.gamma(c) * sp.gamma(d))) - 1


def _norm(claim):
    return sp.gammasimp(claim[NORM].rhs / moment(0)) - 1


def _kurtosis(claim):
    found = (moment(4) * moment(0) / moment(2) ** 2).subs(kappa, k + sp.Rational(5, 2))
    claimed = claim[FOURTH].rhs.subs(kappa, k + sp.Rational(5, 2))
    return sp.cancel(sp.expand_func(found) - claimed)


def _existence(claim):
    """A tail x^-t has a finite n-th moment for t > n + 1, at equality a logarithm."""
    for n, label in ((0, NORM_IF), (4, KURT_IF)):
        bound = claim[label]
        found = (claim[TAIL].rhs - n - 1) / 2
        yield from (sp.cancel(bound.gts - bound.lts - found), bound.func in (sp.Gt, sp.Lt))


def _cross(claim):
    """First order in 1/kappa: f/f_inf = 1 + x^4/2 kappa, the norms differ by its mean."""
    relative = claim[FIRST].rhs / claim[LIMIT].rhs
    weight = claim[LIMIT].rhs / sp.sqrt(sp.pi)
    mean = sp.integrate(relative * weight, (x, 0, sp.oo)) * 2
    return sp.simplify(relative.subs(x, claim[CROSS].rhs) - mean)


EXPF5 = Statement(
    id="PLD-EXPF5",
    kind="formula",
    title="Figure 5: power laws without their norms",
    source="meng2020, Figure 5",
    assumptions=(
        (r"the law of the source's Corollary 3 (anti-Itô) at fixed $\eta$, $H$, $\sigma_g$, "
         r"so that $\sigma_H = H/\eta\kappa$; each curve 1 at $x = 0$", None),
        (r"$\kappa > \frac52$ for the kurtosis", None),
    ),
    claim=CLAIM,
    uses=("PLD-C3",),
    steps=(
        Step(r"zero flux of equation (5) in units of $x$; 1 at the minimum", None, _hypothesis),
        Step(r"$\ln f_\kappa$ in powers of $1/\kappa$", None, _limit, by="limit"),
        Step("and its first order", None, _first, by="series"),
        Step("differentiated", None, _slope),
        Step(r"with $y = x^2/\kappa$ it is 0 at $y = 0$ and falls as $-y/(1+y)^2$", None,
             _order),
        Step(r"far out, $\ln f_\kappa \approx -2\kappa \ln x$", None, _tail, by="limit"),
        Step("at half height", None, _half),
        Step("the Beta integral", None, _beta_integral, by="integral"),
        Step(r"$r = x^2/\kappa$", None, _norm, by="integral"),
        Step("fourth moment over the square of the second", None, _kurtosis),
        Step("norm and fourth moment need a tail that falls fast enough", None, _existence),
        Step(r"after division by the norms: the first order, less its mean", None, _cross,
             by="series"),
    ),
    mutants=(
        Mutant(r"the curves of SGD, exponent $\kappa + 1$",
               {CURVE: equation(f, (1 + x**2 / kappa) ** (-kappa - 1))}),
        Mutant("limit twice as wide", {LIMIT: equation(gauss, sp.exp(-(x**2) / 2))}),
        Mutant("approach from below",
               {FIRST: Asymptotic(gap, -(x**4) * sp.exp(-(x**2)) / (2 * kappa))}),
        Mutant("the curves rise", {ORDER: sp.Gt(slope, 0, evaluate=False)}),
        Mutant(r"slope $-\kappa$ far out", {TAIL: equation(tail, kappa)}),
        Mutant("norm of a Gaussian", {NORM: equation(Z, sp.sqrt(sp.pi) + 0 * kappa)}),
        Mutant(r"a norm for every $\kappa > 0$", {NORM_IF: sp.Gt(kappa, 0, evaluate=False)}),
        Mutant("crossing where the curvature changes",
               {CROSS: equation(crossing, sp.sqrt(half))}),
        Mutant(r"kurtosis with $\nu = 2\kappa + 1$",
               {FOURTH: equation(kurtosis, 3 * (2 * kappa - 1) / (2 * kappa - 3))}),
    ),
    against_source="as-stated",
    remark=(
        r"The source draws four such curves, without norms, one of them the Gaussian; which "
        r"$\kappa$ it takes is lost. Drawn so, smaller $\kappa$ lies above everywhere, and a "
        r"curve with $\kappa \le \frac12$, which is no probability density, looks like the "
        r"rest. Divided by their norms the curves cross: a heavier tail is paid for in the "
        r"middle. The curves of SGD (Itô) have $\kappa + 1$ in the exponent: the same "
        r"limit and a norm for every $\kappa > 0$, but drawn so they cross: smaller $\kappa$ "
        r"is lower in the middle."
    ),
    aliases=("PLD-EXP-F5",),
    notebook="notebooks/tails/01_fitting_a_power_law",
)  # fmt: skip
