"""An exponent by least squares, and a crossover by the error of the fit."""

import sympy as sp

from sgdtheory.theory.anomalous.letters import READING
from sgdtheory.theory.statement import Asymptotic, Mutant, Statement, Step, equation

n, i = sp.symbols("n i", integer=True, positive=True)
d, c, L, epsilon, tau_1 = sp.symbols(r"d c L \varepsilon tau_1", positive=True)
largest = sp.Symbol(r"\tau_{\mathrm{max}}", positive=True)
a, b, x_0, x_mean = sp.symbols(r"a b x_0 \bar{x}", real=True)
x, y, V = (sp.IndexedBase(name) for name in "xyV")
fitted, rmse = sp.symbols(r"\hat{\alpha} {\mathrm{RMSE}}", real=True)
bias = sp.Symbol(r"{\operatorname{E}\hat{\alpha} - \alpha}", real=True)
last = sp.Symbol(r"{\operatorname{E}\ln M(T-1) - \ln\operatorname{E} M(T-1)}", real=True)

FIT, LAST, BIAS, BEND_SLOPE, BEND_RMSE, BEND_LAG = (
    r"exponent, $x_i = \ln\tau_i$, $y_i = \ln M(\tau_i)$",
    r"$M$ has no bias, its logarithm has: Brownian motion, the largest lag",
    r"bias of the exponent, $V_i = \operatorname{Var}M/(\operatorname{E}M)^2$ at lag $i$, "
    r"many dimensions",
    r"curve $\ln M = a + bx + \frac{c}{2}x^2$ without a kink, lags spread evenly over "
    r"$x_0 \le x \le x_0 + L$: its exponent",
    "the error of this fit",
    r"the lag from which on the error is below $\varepsilon$",
)
LEGENDRE = 12 * sp.sqrt(5)
SQUARES = sp.Sum((x[i] - x_mean) ** 2, (i, 1, n))


def biased(factor=-sp.S.Half):
    return Asymptotic(bias, factor * sp.Sum((x[i] - x_mean) * V[i], (i, 1, n)) / SQUARES)


def bend(number=LEGENDRE):
    return equation(rmse, c * L**2 / number)


def bend_lag(base=1):
    root = sp.Pow(LEGENDRE * base * epsilon / c, sp.S.Half, evaluate=False)
    return equation(sp.log(largest / tau_1), root)


FITS = {
    FIT: equation(fitted, sp.Sum((x[i] - x_mean) * y[i], (i, 1, n)) / SQUARES),
    LAST: equation(last, sp.digamma(d / 2) - sp.log(d / 2)),
    BIAS: biased(),
    BEND_SLOPE: equation(fitted, b + c * (x_0 + L / 2)),
    BEND_RMSE: bend(),
    BEND_LAG: bend_lag(),
}


def explicit(expr, number: int) -> sp.Expr:
    """Sums over so many lags written out, with the mean of the ``x_i`` put in."""
    full = expr.subs(n, number).doit()
    return full.subs(x_mean, sum(x[m] for m in range(1, number + 1)) / number)


def _fit(claim):
    """The sum of squares is stationary: residuals have no slope.  Two, three, four lags."""
    gaps = []
    for number in (2, 3, 4):
        lags = range(1, number + 1)
        centre = sum(x[m] for m in lags) / number
        fit = explicit(claim[FIT].rhs, number)
        numerator, denominator = sp.fraction(fit)
        gaps.append(
            sp.expand(
                sum(
                    (x[m] - centre) * (y[m] * denominator - numerator * (x[m] - centre))
                    for m in lags
                )
            )
        )
    return gaps


def _last(claim):
    """``E X^s = 2^s Gamma(d/2 + s)/Gamma(d/2)`` of a chi-squared variable; slope at s = 0."""
    s = sp.Symbol("s", positive=True)
    log_moment = sp.loggamma(d / 2 + s) + s * sp.log(2)
    mean_log = sp.diff(log_moment, s).subs(s, 0)
    return sp.expand_log(claim[LAST].rhs - (mean_log - sp.log(d)))


def _moment():
    """The integral behind it."""
    p, z = sp.symbols("p z", positive=True)
    return sp.integrate(z ** (p - 1) * sp.exp(-z / 2), (z, 0, sp.oo)) - 2**p * sp.gamma(p)


def _bias(claim):
    """``V_i = g v_i`` with ``g = 1/d``; third and fourth moment of M are of order g^2."""
    g, third, fourth = sp.symbols("g third fourth", real=True)
    number = 3
    lags = range(1, number + 1)
    mean_log = {m: -g * V[m] / 2 + g**2 * third / 3 - g**2 * fourth / 4 for m in lags}
    fit = explicit(claim[FIT].rhs, number)
    leading = sp.limit(fit.subs({y[m]: mean_log[m] for m in lags}) / g, g, 0)
    return sp.cancel(leading - explicit(claim[BIAS].rhs, number))


def _last_is_one(claim):
    """One pair of points: V = 2/d, and the exact bias tends to -V/2."""
    half = sp.Symbol("z", positive=True)
    series = sp.digamma(half).series(half, sp.oo, 3).removeO() - sp.log(half)
    exact = claim[LAST].rhs - (sp.digamma(d / 2) - sp.log(d / 2))
    return [exact, sp.limit(2 * half * series, half, sp.oo) + 1]


def parabola_fit() -> tuple[sp.Expr, sp.Expr]:
    """Slope and mean square of the best line through the parabola, lags evenly spread."""
    z, p, q = sp.symbols("z p q", real=True)
    rest = a + b * z + c * z**2 / 2 - p - q * z
    square = sp.integrate(sp.expand(rest**2), (z, x_0, x_0 + L)) / L
    best = sp.solve([sp.diff(square, p), sp.diff(square, q)], [p, q])
    return best[q], sp.factor(sp.expand(square.subs(best)))


def _bend(claim):
    slope, square = parabola_fit()
    return [sp.expand(claim[BEND_SLOPE].rhs - slope), claim[BEND_RMSE].rhs ** 2 - square]


def _bend_lag(claim):
    return sp.simplify(claim[BEND_RMSE].rhs.subs(L, claim[BEND_LAG].rhs) - epsilon)


EXPONENT = Statement(
    id="ANO-S1",
    kind="proposition",
    title=r"Exponent by least squares, and a crossover that its threshold makes",
    source=r"chen2022anomalous, exponents and tau_1",
    assumptions=(
        (r"the recipe: least squares of $\ln M$ on $\ln\tau$ over the lags $\tau \ge \tau'$; "
         r"$\tau_1$ is the least $\tau'$ for which the root mean square of the residuals is "
         r"below $\varepsilon$", None),
        (r"$\bar{x}$: mean of the $x_i$; $d$ independent coordinates; $c > 0$", None),
    ),
    claim=FITS,
    uses=("ANO-EQ3", "ANO-T2"),
    steps=(
        Step("where the sum of squares is stationary (two, three, four lags)", None, _fit),
        Step("moments of a squared length", None, _moment, by="integral"),
        Step(r"one pair of points: $M = \sigma^2(T-1)\chi^2_d$", None, _last),
        Step(r"many dimensions: $\operatorname{E}\ln(1+\epsilon) = -V/2 + O(d^{-2})$ at each "
             "lag, and the fit is linear (three lags)", None, _bias, by="series"),
        Step("the largest lag has $V = 2/d$, and the exact bias of its logarithm tends to "
             r"$-1/d$", None, _last_is_one, by="limit"),
        Step("the best line through a parabola is off by a Legendre polynomial", None, _bend,
             by="integral"),
        Step(r"put $L = \ln(\tau_{\mathrm{max}}/\tau_1)$", None, _bend_lag),
    ),
    mutants=(
        Mutant("bias of the whole variance", {BIAS: biased(sp.Integer(-1))}),
        Mutant("bias upwards", {BIAS: biased(sp.S.Half)}),
        Mutant("the leading term for every $d$", {LAST: equation(last, -1 / d)}),
        Mutant("the slope at the beginning", {BEND_SLOPE: equation(fitted, b + c * x_0)}),
        Mutant("the largest error for the root mean square",
               {BEND_RMSE: bend(sp.Integer(12))}),
        Mutant("decimal logarithms in the threshold",
               {BEND_LAG: bend_lag(sp.log(10))}),
    ),
    status="asymptotic",
    against_source="as-stated",
    remark=(
        r"The recipe is that of the source, as we reconstruct it: its threshold, its base of "
        r"logarithms and its largest lag are not known to us. What follows from it is ours. "
        r"$V_i$ grows with the lag (ANO-T2) up to $2/d$ with $d$ the *effective* dimension of "
        r"the steps, so exponents come out too low; with $\tau \le T/10$ and a hundred "
        r"dimensions this is harmless, with few dimensions and lags to $T/2$ it is the effect. "
        r"The smooth curve has no crossover, and yet the recipe finds one for every "
        r"$\varepsilon$: proportional to $\tau_{\mathrm{max}}$, and moved by the threshold "
        r"alone. A slope of one (ANO-EQ5) is a property of the curve."
    ),
    notebook=READING,
)  # fmt: skip

STATEMENTS = (EXPONENT,)
