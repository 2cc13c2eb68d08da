"""Stable laws, and what a likelihood ratio can say for them."""

from functools import lru_cache

import sympy as sp

from sgdtheory.theory.anomalous import likelihood_ratio
from sgdtheory.theory.statement import Asymptotic, Mutant, Statement, Step, equation

alpha, sigma, t, m, s, y, eps = sp.symbols("alpha sigma t m s y epsilon", positive=True)
beta, delta_0, delta_1 = sp.symbols("beta delta_0 delta_1", real=True)
log_phi, variance, mean_log, var_log, sigma_m = map(sp.Symbol, (
    r"{\ln E\,e^{itX}}", r"{\mathrm{Var}\,X}", r"{E\ln|X|}", r"{\mathrm{Var}\ln|X|}",
    r"\sigma_m",
))  # fmt: skip

S1, S0, SHIFT, JUMP, AT_ONE, AT_TWO, SUM, MEAN, SPREAD = (
    r"the law in S1, $t > 0$",
    r"the same in S0",
    "the two locations",
    r"their distance as $\alpha \to 1$",
    r"S0 at $\alpha = 1$",
    r"$\alpha = 2$ is a Gaussian",
    r"scale of the sum of $m$ copies",
    r"symmetric about 0 ($\beta = \delta = 0$): mean logarithm, with Euler's $\gamma$",
    "and its variance",
)

LEAN = sp.tan(sp.pi * alpha / 2)


def first_form(sign=-1):
    return equation(
        log_phi,
        sp.I * delta_1 * t - (sigma * t) ** alpha * (1 + sign * sp.I * beta * LEAN),
    )


def other_form(power=1 - alpha):
    bracket = 1 + sp.I * beta * LEAN * ((sigma * t) ** power - 1)
    return equation(log_phi, sp.I * delta_0 * t - (sigma * t) ** alpha * bracket)


def at_one(front=2 / sp.pi):
    bracket = 1 + sp.I * beta * front * sp.log(sigma * t)
    return equation(log_phi, sp.I * delta_0 * t - sigma * t * bracket)


CLAIM = {
    S1: first_form(),
    S0: other_form(),
    SHIFT: equation(delta_1, delta_0 - beta * sigma * LEAN),
    JUMP: Asymptotic(delta_1 - delta_0, 2 * beta * sigma / (sp.pi * (alpha - 1))),
    AT_ONE: at_one(),
    AT_TWO: equation(variance, 2 * sigma**2),
    SUM: equation(sigma_m, m ** (1 / alpha) * sigma),
    MEAN: equation(mean_log, sp.EulerGamma * (1 / alpha - 1) + sp.log(sigma)),
    SPREAD: equation(var_log, sp.pi**2 / 6 * (1 / alpha**2 + sp.Rational(1, 2))),
}


def _same_law(claim):
    moved = claim[S1].rhs.subs(delta_1, claim[SHIFT].rhs)
    return sp.expand_power_base(sp.expand(claim[S0].rhs - moved), force=True)


def _closed(claim):
    """m ln phi(t), without location, is ln phi(t) of the claimed scale."""
    alone = claim[S1].rhs.subs(delta_1, 0)
    wide = alone.subs(sigma, claim[SUM].rhs)
    return sp.powdenest(sp.expand_power_base(m * alone - wide, force=True), force=True)


def _limit(claim):
    """alpha = 1 + eps; tan(pi alpha/2) = -cot(pi eps/2)."""
    lean = -sp.cot(sp.pi * eps / 2)
    there = claim[S0].rhs.subs(LEAN, lean).subs(alpha, 1 + eps)
    return sp.simplify(sp.limit(sp.expand(there - claim[AT_ONE].rhs), eps, 0))


def _distance(claim):
    ratio = (claim[SHIFT].rhs - delta_0) / claim[JUMP].rhs
    near = sp.simplify(ratio.subs(LEAN, -sp.cot(sp.pi * eps / 2)).subs(alpha, 1 + eps))
    return sp.limit(near, eps, 0) - 1


def _gaussian(claim):
    """Var X = -(ln phi)'' at t = 0."""
    second = sp.diff(claim[S0].rhs.subs(alpha, 2), t, 2)
    return sp.simplify(-second - claim[AT_TWO].rhs)


def _power_of_wave():
    """The integral of (1 - exp(-y)) y^(-1-q) is Gamma(1 - q)/q, by parts."""
    q = sp.Symbol("q", positive=True)
    inner = sp.integrate(sp.exp(-y) * y ** (-q), (y, 0, sp.oo), conds="none")
    return sp.simplify(inner / q - sp.gamma(1 - q) / q)


def _gaussian_moment():
    """E|X|^s of the Gaussian of variance 2."""
    density = sp.exp(-(y**2) / 4) / sp.sqrt(sp.pi)
    found = sp.integrate(y**s * density, (y, 0, sp.oo))
    return sp.gammasimp(found - 2**s * sp.gamma((1 + s) / 2) / sp.sqrt(sp.pi))


@lru_cache(maxsize=1)
def _cumulants() -> tuple[sp.Expr, sp.Expr]:
    """First two derivatives at s = 0 of ln E|X|^s, for scale sigma."""
    log_moment = (
        s * sp.log(2 * sigma)
        + sp.loggamma((1 + s) / 2)
        - sp.loggamma(sp.Rational(1, 2))
        + sp.loggamma(1 - s / alpha)
        - sp.loggamma(1 - s / 2)
    )
    first, second = (sp.diff(log_moment, s, k).subs(s, 0).doit() for k in (1, 2))
    return sp.simplify(sp.expand_func(first)), sp.simplify(sp.expand_func(second))


STATEMENTS = (
    Statement(
        id="ANO-EQ7",
        kind="formula",
        title="The stable law, its two locations and its logarithm",
        source="chen2022anomalous, Equation 7",
        assumptions=(
            (r"$0 < \alpha \le 2$, $-1 \le \beta \le 1$, scale "
             r"$\sigma > 0$; $\alpha \ne 1$ where there is a tangent", None),
            ("$t > 0$; the complex conjugate for $t < 0$", None),
        ),
        claim=CLAIM,
        steps=(
            Step("S0 is S1 with another location: the bracket differs by a multiple of "
                 r"$(\sigma t)^{1-\alpha}$, which times $(\sigma t)^\alpha$ is linear in $t$",
                 None, _same_law),
            Step("sums of independent copies multiply characteristic functions", None, _closed),
            Step(r"with $\alpha = 1 + \epsilon$ the shift is a cotangent", None, _distance,
                 by="limit"),
            Step(r"in S0 the divergence cancels: $-\cot\frac{\pi\epsilon}{2}"
                 r"\,(c^{-\epsilon} - 1) \to \frac2\pi\ln c$", None, _limit, by="limit"),
            Step(r"at $\alpha = 2$ the tangent vanishes and with it $\beta$", None, _gaussian),
            Step(r"$E|X|^s = c_s\int_0^\infty (1 - e^{-t^\alpha})\,t^{-1-s}\,dt$ with $c_s$ "
                 r"the same for all $\alpha$; $y = t^\alpha$, by parts",
                 equation(sp.Integral((1 - sp.exp(-y)) * y ** (-1 - s / alpha), (y, 0, sp.oo)),
                          alpha / s * sp.gamma(1 - s / alpha)), _power_of_wave, by="integral"),
            Step(r"$c_s$ from the Gaussian, $\alpha = 2$", None, _gaussian_moment,
                 by="integral"),
            Step(r"so that $E|X|^s = \frac{(2\sigma)^s}{\sqrt\pi}\,\Gamma(\frac{1+s}2)\,"
                 r"\Gamma(1 - \frac s\alpha)/\Gamma(1 - \frac s2)$: its logarithm, "
                 "differentiated once at $s = 0$", None,
                 lambda claim: sp.simplify(_cumulants()[0] - claim[MEAN].rhs)),
            Step("and twice", None,
                 lambda claim: sp.simplify(_cumulants()[1] - claim[SPREAD].rhs)),
        ),
        mutants=(
            Mutant("S1 with the other sign of $\\beta$", {S1: first_form(1)}),
            Mutant("shift with the other sign",
                   {SHIFT: equation(delta_1, delta_0 + beta * sigma * LEAN)}),
            Mutant(r"S0 with $(\sigma t)^{-\alpha}$", {S0: other_form(-alpha)}),
            Mutant(r"limit with $1/\pi$", {AT_ONE: at_one(1 / sp.pi)}),
            Mutant(r"$\sigma$ read as a standard deviation",
                   {AT_TWO: equation(variance, sigma**2)}),
            Mutant(r"sums growing as $\sqrt m$",
                   {SUM: equation(sigma_m, sp.sqrt(m) * sigma)}),
            Mutant("variance of the logarithm with a minus",
                   {SPREAD: equation(var_log,
                                     sp.pi**2 / 6 * (1 / alpha**2 - sp.Rational(1, 2)))}),
            Mutant("mean logarithm without the 1",
                   {MEAN: equation(mean_log, sp.EulerGamma / alpha + sp.log(sigma))}),
        ),
        against_source="as-stated",
        remark=(
            r"The source writes S1 (as we reconstruct it); the fitting routine that its code "
            r"calls works in S0, so that location and, through it, any comparison of centres "
            r"differ unless $\beta = 0$. In S0 all four parameters move smoothly; in S1 two "
            r"laws on either side of $\alpha = 1$ that no sample tells apart have locations "
            r"at the two ends of the line. At $\alpha = 2$ no $\beta$ is better than another. "
            r"The last two lines give a first estimate without a density: "
            r"$\mathrm{Var}\ln|X|$ says $\alpha$, the mean then $\sigma$."
        ),
        notebook="notebooks/anomalous/04_heavy_tailed_gradients",
    ),
    *likelihood_ratio.STATEMENTS,
)  # fmt: skip
