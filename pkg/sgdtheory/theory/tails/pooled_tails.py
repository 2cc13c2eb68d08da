"""Tails of a pool of layers, and what a Student-t fit says of Gaussian layers."""

from functools import lru_cache

import sympy as sp

from sgdtheory.theory.statement import Asymptotic, Mutant, Statement, Step, equation

x, a_1, a_2, c_1, c_2, p_1, p_2, s_1, s_2, gap = sp.symbols(
    "x a_1 a_2 c_1 c_2 p_1 p_2 s_1 s_2 delta", positive=True
)
nu, y, tau, K, CV, z = sp.symbols(r"nu y tau K \mathrm{CV} z", positive=True)
P_pow = sp.Symbol(r"{P(|w| > x)}", positive=True)
index, meet = sp.symbols("a(x) x_*", positive=True)
mean_weight, mean_log, layer_weight, slope, best = (
    sp.Symbol(name, positive=True)
    for name in (
        r"{\langle\frac{1}{1 + z^2/\nu}\rangle}", r"{\langle\ln(1 + z^2/\nu)\rangle}",
        r"{\langle\frac{1}{1 + z^2/\nu}\rangle_{\tau}}",
        r"{\partial_{1/\nu}\langle\ln f\rangle}", r"\nu_*",
    )
)  # fmt: skip
half = sp.Rational(1, 2)

TAIL, INDEX, MEET, GAUSS, GROWS = (
    r"power tails $p_l c_l x^{-a_l}$, $a_1 < a_2$",
    r"its index at $x$, $-\frac{d\ln P}{d\ln x}$",
    "from where the heavier part is the larger",
    r"Gaussian layers, $s_1 > s_2$",
    "their index at $x$",
)
SCALE, LOG, LAYER, SLOPE, SMALL = (
    "Student t fitted to any law: its scale",
    r"and its $\nu$",
    r"for a Gaussian layer of width $\tau$ (units of the fit), $y = \sqrt{\nu/2}/\tau$",
    r"slope of the likelihood at the Gaussian, $1/\nu = 0$",
    r"Gaussian layers of nearly one width: the fitted $\nu$",
)


def two_powers() -> sp.Expr:
    return p_1 * c_1 * x**-a_1 + p_2 * c_2 * x**-a_2


def two_gaussians() -> sp.Expr:
    return p_1 * sp.erfc(x / (s_1 * sp.sqrt(2))) + p_2 * sp.erfc(x / (s_2 * sp.sqrt(2)))


def widest(width=s_1, share=p_1) -> sp.Expr:
    return share * sp.sqrt(2 / sp.pi) * width / x * sp.exp(-(x**2) / (2 * width**2))


ratio = p_2 * c_2 / (p_1 * c_1)
CLAIM = {
    TAIL: Asymptotic(P_pow, p_1 * c_1 * x**-a_1),
    INDEX: equation(index, a_1 + (a_2 - a_1) / (1 + x ** (a_2 - a_1) / ratio)),
    MEET: equation(meet, ratio ** (1 / (a_2 - a_1))),
    GAUSS: Asymptotic(P_pow, widest()),
    GROWS: Asymptotic(index, x**2 / s_1**2),
    SCALE: equation(mean_weight, nu / (nu + 1)),
    LOG: equation(mean_log, sp.digamma((nu + 1) / 2) - sp.digamma(nu / 2)),
    LAYER: equation(layer_weight, sp.sqrt(sp.pi) * y * sp.exp(y**2) * sp.erfc(y)),
    SLOPE: equation(slope, (K - 3) / 4),
    SMALL: Asymptotic(best, 2 / CV**2),
}


def _heavier(claim):
    """The claimed tail over P, as x grows, with a_2 = a_1 + delta."""
    over = sp.expand(two_powers() / claim[TAIL].rhs).subs(a_2, a_1 + gap)
    return 1 / sp.limit(sp.powsimp(sp.expand_power_base(over)), x, sp.oo) - 1


def _local(claim):
    P = two_powers()
    return sp.simplify(-x * sp.diff(P, x) / P - claim[INDEX].rhs)


def _meet(claim):
    """The two terms of P are equal there."""
    at = claim[MEET].rhs
    logs = [sp.log(p_1 * c_1) - a_1 * sp.log(at), sp.log(p_2 * c_2) - a_2 * sp.log(at)]
    return sp.simplify(sp.expand_log(logs[0] - logs[1], force=True))


def _mills():
    """erfc(t) over its leading term, by its asymptotic series at infinity."""
    t = sp.Symbol("t", positive=True)
    return sp.limit(sp.erfc(t) * sp.sqrt(sp.pi) * t * sp.exp(t**2), t, sp.oo) - 1


def _widest(claim):
    """The widest layer by Mills; the other over it vanishes."""
    t = x / (s_1 * sp.sqrt(2))
    lead = p_1 * sp.exp(-(t**2)) / (t * sp.sqrt(sp.pi))
    off = sp.log(lead) - sp.log(claim[GAUSS].rhs)
    narrower = 1 / sp.sqrt(1 / s_1**2 + gap)  # s_2 below s_1
    faded = sp.limit(sp.simplify(widest(narrower, p_2) / lead), x, sp.oo)
    return [sp.expand_log(off, force=True), faded]


def _grows(claim):
    """-d ln P/d ln x of the leading term, divided by the claim."""
    lead = sp.log(claim[GAUSS].rhs)
    return sp.limit(sp.simplify(-x * sp.diff(lead, x) / claim[GROWS].rhs), x, sp.oo) - 1


def log_density() -> sp.Expr:
    """ln of the Student t of width sigma = 1/y at w = z."""
    norm = sp.loggamma((nu + 1) / 2) - sp.loggamma(nu / 2) - sp.log(nu * sp.pi) / 2
    return norm + sp.log(y) - (nu + 1) / 2 * sp.log(1 + (y * z) ** 2 / nu)


def _scale(claim):
    """d/d ln sigma: 1 + z^2/nu = 1/W, and the mean of W is claimed."""
    W = sp.Symbol("W", positive=True)
    score = (-y * sp.diff(log_density(), y)).subs(z, sp.sqrt(nu * (1 / W - 1)) / y)
    return sp.expand(sp.simplify(score)).subs(W, claim[SCALE].rhs)


def _degrees(claim):
    """d/d nu, with the mean of W from the scale equation and the mean of ln(1/W) claimed."""
    W, Lg = sp.symbols("W Lg", positive=True)
    score = sp.diff(log_density(), nu).subs(z, sp.sqrt(nu * (1 / W - 1)) / y)
    score = sp.expand(sp.expand_log(sp.simplify(score), force=True)).subs(sp.log(W), -Lg)
    return sp.simplify(score.subs({W: claim[SCALE].rhs, Lg: claim[LOG].rhs}))


def _layer(claim):
    """I(b) = E exp(-b z^2) = (1 + 2 b tau^2)^(-1/2), and 1/(1 + z^2/nu) = the integral over
    b of nu exp(-b nu) exp(-b z^2); b = (u^2/y^2 - 1) / (2 tau^2) gives erfc."""
    u = sp.Symbol("u", positive=True)
    b = (u**2 / y**2 - 1) / (2 * tau**2)
    n = 2 * y**2 * tau**2
    integrand = n * sp.exp(-b * n) / sp.sqrt(1 + 2 * b * tau**2) * sp.diff(b, u)
    found = sp.integrate(sp.simplify(integrand), (u, y, sp.oo))
    return sp.simplify(found.rewrite(sp.erfc) - claim[LAYER].rhs)


@lru_cache(maxsize=1)
def small() -> sp.Expr:
    """ln f to second order in k = 1/nu, at z in units of sigma (a polynomial in z^2)."""
    k = sp.Symbol("k", positive=True)
    # ln Gamma(t + 1/2) - ln Gamma(t) = ln(t)/2 - 1/(8 t) + O(t^-3), at t = 1/(2 k).
    norm = -k / 4 - sp.log(2 * sp.pi) / 2
    kernel = sp.series(-(1 + k) / (2 * k) * sp.log(1 + k * z**2), k, 0, 3).removeO()
    return sp.expand(norm + kernel), k


def _norm():
    """The expansion of the norm that `small` uses, from the series of ln Gamma."""
    t = sp.Symbol("t", positive=True)
    stirling = lambda t: (t - half) * sp.log(t) - t + 1 / (12 * t)  # noqa: E731
    rise = stirling(t + half) - stirling(t) - sp.log(t) / 2 + 1 / (8 * t)
    w = sp.Symbol("w", positive=True)
    return sp.limit(sp.simplify(rise.subs(t, 1 / w)) / w**2, w, 0)


def _slope(claim):
    """At the Gaussian optimum E z^2 = 1 and E z^4 = K."""
    ln_f, k = small()
    at_zero = sp.Poly(sp.diff(ln_f, k).subs(k, 0), z)
    moments = {0: 1, 2: 1, 4: K}
    return sum(c * moments[n] for (n,), c in at_zero.terms()) - claim[SLOPE].rhs


def _small(claim):
    """v = 1 + e xi, E xi = 0, E xi^2 = 1: stationary in sigma^2 = 1 + b e^2 and k = c e^2."""
    e, b, c, xi = sp.symbols("e b c xi", real=True)
    ln_f, k = small()
    moments = {2: 1, 4: 3, 6: 15, 8: 105}
    values = {}
    for order, coefficient in sp.Poly(ln_f, z).terms():
        n = order[0]
        layer = sp.expand((1 + e * xi) ** (n // 2)).subs({xi: 0, xi**2: 1}) if n else 1
        layer = layer if n == 0 else 1 + sp.binomial(n // 2, 2) * e**2
        values[n] = coefficient * (moments[n] * layer if n else 1)
    S = sp.Symbol("S", positive=True)  # sigma^2
    mean = sum(v / S ** sp.Rational(n, 2) for n, v in values.items()) - sp.log(S) / 2
    at = {S: 1 + b * e**2, k: c * e**2}
    first = sp.diff(mean, S).subs(at).series(e, 0, 3).removeO().coeff(e, 2)
    second = sp.diff(mean, k).subs(at).series(e, 0, 3).removeO().coeff(e, 2)
    solved = sp.solve([first, second], [b, c], dict=True)[0]
    return sp.simplify(1 / (solved[c] * CV**2) / claim[SMALL].rhs) - 1


TLS_5 = Statement(
    id="TLS-5",
    kind="proposition",
    title="Tails of a pool, and the Student t that Gaussian layers pass for",
    source="sgdtheory",
    assumptions=(
        (r"a pool with shares $p_l$; the index at $x$ is the slope of $\ln P(|w| > x)$ over "
         r"$\ln x$, for which a straight line is drawn in a log-log plot", None),
        (r"two parts are written out; further ones add terms of the same kind", None),
        (r"$a_2 > a_1$; Gaussian layers of mean zero, $s_1 > s_2$; $x \to \infty$ where there "
         r"is a $\sim$", a_2 > a_1),
        (r"the fit by maximum likelihood with endless data, $z$ the distance from its centre "
         r"in units of its scale; $\mathrm{CV} \to 0$ in the last line, in which "
         r"$\mathrm{CV}$ is that of the variances (TLS-4)", None),
    ),
    claim=CLAIM,
    uses=("TLS-4",),
    steps=(
        Step("the smallest exponent is left, whatever its share", None, _heavier, by="limit"),
        Step("differentiate the logarithm", None, _local),
        Step("equal terms", None, _meet),
        Step(r"Mills: $\mathrm{erfc}\,t \sim e^{-t^2}/(t\sqrt\pi)$", None, _mills, by="limit"),
        Step("of Gaussians the widest is left", None, _widest, by="limit"),
        Step("its slope grows without end: no power", None, _grows, by="limit"),
        Step(r"the score of the scale: $(\nu+1)\langle 1/(1+z^2/\nu)\rangle = \nu$", None,
             _scale),
        Step(r"the score of $\nu$, with that put in", None, _degrees),
        Step("one Gaussian layer: the kernel as an integral of exponentials", None, _layer,
             by="integral"),
        Step(r"the norm to second order in $1/\nu$", None, _norm, by="series"),
        Step(r"a Gaussian is improved upon by a Student t as soon as $K > 3$", None, _slope,
             by="series"),
        Step("both scores to first order in the spread of the variances", None, _small,
             by="series"),
    ),
    mutants=(
        Mutant("the larger exponent wins", {TAIL: Asymptotic(P_pow, p_2 * c_2 * x**-a_2)}),
        Mutant("an index between the two",
               {INDEX: equation(index, (p_1 * a_1 + p_2 * a_2) / (p_1 + p_2))}),
        Mutant("the ratio itself", {MEET: equation(meet, ratio)}),
        Mutant("the tail of the mean width",
               {GAUSS: Asymptotic(P_pow, widest((p_1 * s_1 + p_2 * s_2) / (p_1 + p_2)))}),
        Mutant("half the index", {GROWS: Asymptotic(index, x**2 / (2 * s_1**2))}),
        Mutant("scale of equal variance", {SCALE: equation(mean_weight, nu / (nu + 2))}),
        Mutant("halves forgotten",
               {LOG: equation(mean_log, sp.digamma(nu + 1) - sp.digamma(nu))}),
        Mutant(r"$\sqrt\pi$ forgotten",
               {LAYER: equation(layer_weight, y * sp.exp(y**2) * sp.erfc(y))}),
        Mutant("slope without its quarter", {SLOPE: equation(slope, K - 3)}),
        Mutant(r"$\nu$ from an excess of $6/\nu$",
               {SMALL: Asymptotic(best, 6 / CV**2)}),
    ),
    status="asymptotic",
    remark=(
        r"So a finite $\hat\nu$ of a pool is no evidence of a power law: every pool of "
        r"Gaussian layers of unequal widths has one, close to $2/\mathrm{CV}^2$ where they "
        r"differ little (the Student t of the same kurtosis then, TLS-4), and more data do not "
        r"send it to infinity. Nor is an index read off a pool an average: if one layer has a "
        r"power tail the pool has that layer's, but it shows only beyond $x_*$, which is far "
        r"out where that layer is small."
    ),
    notebook="notebooks/tails/03_pretrained_networks",
)  # fmt: skip
