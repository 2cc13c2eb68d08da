"""The stationary law of SGD with quadratic gradient noise: Pearson type IV."""

from functools import lru_cache

import sympy as sp

from sgdtheory.theory import fokker_planck as fp
from sgdtheory.theory.power_law import student_t
from sgdtheory.theory.power_law.symbols import (
    ALPHA,
    NONDEGENERATE,
    QUADRATIC,
    C,
    D,
    Delta,
    H,
    alpha,
    drift,
    eta,
    kappa,
    m,
    nu,
    rho,
    sigma_g,
    sigma_H,
    threshold,
    u,
)  # fmt: skip
from sgdtheory.theory.statement import Mutant, Proportional, Statement, Step, equation

a, Z = sp.symbols("a Z", positive=True)
lam, theta = sp.symbols("lambda theta", real=True)
p_alpha, p_SGD = sp.Function(r"p_\alpha")(u), sp.Function(r"p_{\mathrm{SGD}}")(u)
E, Var = sp.Symbol(r"\mathbb{E}\,u", real=True), sp.Symbol(r"\operatorname{Var} u", real=True)

SGD, LAW = r"SGD (Itô, $\alpha = 0$)", "any calculus index"
KAPPA, DELTA = r"with $\kappa$", r"and $\Delta$"
NORMED, M, CENTRE, WIDTH, SKEW = "Pearson IV form", "exponent", "centre", "width", "skewness"
NORM, NORM_IF = "norm", "normalisable if and only if"
MEAN, MEAN_IF = "mean", "mean exists if and only if"
VAR, VAR_IF = "variance", "variance exists if and only if"


def law(exponent, tilt=2) -> sp.Expr:
    """``C^-exponent exp(tilt kappa rho/Delta arctan((sigma_H u + rho)/Delta))``, no norm."""
    angle = sp.atan((sigma_H * u + rho) / Delta)
    return C**-exponent * sp.exp(tilt * kappa * rho / Delta * angle)


def pearson(y) -> sp.Expr:
    """``(1 + y^2)^-m exp(-nu arctan y)``."""
    return (1 + y**2) ** -m * sp.exp(-nu * sp.atan(y))


CLAIM = {
    SGD: Proportional(p_SGD, law(kappa + 1)),
    LAW: Proportional(p_alpha, law(kappa + 1 - alpha)),
    KAPPA: equation(kappa, H / (eta * sigma_H)),
    DELTA: equation(Delta, sp.sqrt(sigma_g * sigma_H - rho**2)),
    NORMED: equation(p_alpha, pearson((u - lam) / a) / Z),
    M: equation(m, kappa + 1 - alpha),
    CENTRE: equation(lam, -rho / sigma_H),
    WIDTH: equation(a, Delta / sigma_H),
    SKEW: equation(nu, -2 * kappa * rho / Delta),
    NORM: equation(
        Z,
        a * sp.beta(m - sp.Rational(1, 2), sp.Rational(1, 2))
        * sp.Abs(sp.gamma(m) / sp.gamma(m + sp.I * nu / 2)) ** 2,
    ),
    NORM_IF: sp.Gt(kappa, alpha - sp.Rational(1, 2), evaluate=False),
    MEAN: equation(E, alpha * rho / (sigma_H * (kappa - alpha))),
    MEAN_IF: sp.Gt(kappa, alpha, evaluate=False),
    VAR: equation(Var, a**2 / (2 * m - 3) * (1 + nu**2 / (4 * (m - 1) ** 2))),
    VAR_IF: sp.Gt(kappa, alpha + sp.Rational(1, 2), evaluate=False),
}  # fmt: skip


def resolve(expr, claim) -> sp.Expr:
    """Letters of the claim replaced by what the claim says that they are."""
    for label in (CENTRE, WIDTH, SKEW, M, DELTA, KAPPA):
        expr = expr.subs(claim[label].lhs, claim[label].rhs)
    return expr


def log_density(label, claim) -> sp.Expr:
    """Log-density of one part of the claim, as a sum: its slope is rational."""
    return sp.expand_log(sp.log(resolve(claim[label].rhs, claim)), force=True)


@lru_cache(maxsize=64)
def flux_left(log_p, index) -> sp.Expr:
    """Flux over p, cancelled: rational, so it is zero on sight or not at all."""
    return sp.cancel(fp.residual(log_p, drift, D, u, index))


def _flux(label, index):
    return lambda claim: flux_left(log_density(label, claim), index)


@lru_cache(maxsize=8)
def recursion_left(Z_of) -> sp.Expr:
    ratio = sp.expand_func(sp.gammasimp(Z_of.subs(m, m + 1) / Z_of))
    return sp.cancel(ratio - 2 * m * (2 * m - 1) / (4 * m**2 + nu**2))


def _by_parts():
    """What is differentiated under the integral to step from exponent m to m + 1."""
    cos, N = sp.cos(theta), 2 * m
    inside = cos ** (N - 1) * (N * sp.sin(theta) - nu * cos)
    slope = sp.diff(inside, theta) - nu * inside
    left = sp.powsimp(sp.expand((slope - (nu**2 + N**2) * cos**N) * cos ** (2 - N)))
    return sp.trigsimp(sp.expand(left) + N * (N - 1))


@lru_cache(maxsize=1)
def first_norms() -> dict:
    """The integral of ``cos^(2m-2) e^(-nu theta)`` for m = 1 and m = 3/2."""
    ends, k = (theta, -sp.pi / 2, sp.pi / 2), sp.Symbol("k", positive=True)
    kernels = {sp.Integer(1): sp.Integer(1), sp.Rational(3, 2): sp.cos(theta)}
    integrals = {m: sp.integrate(f * sp.exp(-k * theta), ends) for m, f in kernels.items()}
    return {start: integral.subs(k, nu) for start, integral in integrals.items()}


@lru_cache(maxsize=8)
def start_left(Z_of) -> list[sp.Expr]:
    # Euler's reflection turns the Gamma functions into hyperbolic ones.
    gaps = [sp.gammasimp(Z_of.subs(m, k)) - value for k, value in first_norms().items()]
    return [sp.simplify(gap.rewrite(sp.exp)) for gap in gaps]


def _norm(left):
    return lambda claim: left(claim[NORM].rhs.rewrite(sp.gamma) / a)


def _same_law(claim):
    """Both forms have one slope; the second is 1/Z times a kernel that is 1 at the centre."""
    slopes = [sp.diff(log_density(label, claim), u) for label in (NORMED, LAW)]
    return [sp.cancel(slopes[0] - slopes[1]), claim[NORMED].rhs.subs(u, lam) * Z - 1]


@lru_cache(maxsize=32)
def tail_exponent(log_p) -> sp.Expr:
    """k in ``p ~ |u|^-k``: the limit of ``-u (log p)'``."""
    return sp.limit(sp.cancel(-u * sp.diff(log_p, u)), u, sp.oo)


def _existence(claim):
    # E|u|^n needs a tail exponent above n + 1; at equality it grows like a logarithm.
    tail = tail_exponent(log_density(LAW, claim))
    for n, label in enumerate((NORM_IF, MEAN_IF, VAR_IF)):
        margin, strict = threshold(claim[label])
        yield from (sp.cancel(resolve(margin, claim) - (tail - n - 1) / 2), strict)


def moment_balance(power: int, moments) -> sp.Expr:
    """``E[generator applied to u^power] = 0`` in a stationary law; ``moments[k] = E u^k``."""
    generated = sp.Poly(fp.backward(u**power, drift, D, u, alpha), u)
    return sum(c * moments[k] for (k,), c in generated.terms())


def _moments(claim):
    mean = claim[MEAN].rhs
    moments = [sp.Integer(1), mean, resolve(claim[VAR].rhs, claim) + mean**2]
    return [sp.cancel(resolve(moment_balance(n, moments), claim)) for n in (1, 2)]


def _source_law(claim):
    """The source's law for its equation (5), in its own letters, against the family at 1."""
    root = sp.sqrt(4 * sigma_H * sigma_g - 4 * rho**2)
    k = H / (eta * sigma_H)
    recalled = -k * sp.log(C) + k * 4 * rho * sp.atan(sp.diff(C, u) / root) / root
    return sp.cancel(sp.diff(recalled - log_density(LAW, claim).subs(alpha, 1), u))


T2 = Statement(
    id="PLD-T2",
    kind="theorem",
    title="The stationary law of SGD with quadratic noise is Pearson IV",
    source="meng2020, Theorem 2",
    assumptions=(QUADRATIC, NONDEGENERATE, ALPHA),
    claim=CLAIM,
    uses=("FND-5", "FND-6", "PLD-P1", "PLD-E5"),
    steps=(
        Step(
            r"in one dimension the stationary flux is zero: this fixes the slope of $\log p$",
            equation(drift - (1 - alpha) * sp.Derivative(sp.Function("D")(u), u)
                     - sp.Function("D")(u) * sp.Derivative(sp.log(p_alpha), u), 0),
            _flux(LAW, alpha),
        ),
        Step("SGD is the member with index 0", None, _flux(SGD, "ito")),
        Step(
            "complete the square in $C$: the standard form of Pearson's fourth type",
            equation(sp.Symbol("C"), sigma_H * (a**2 + (u - lam) ** 2)),
            _same_law,
        ),
        Step(
            r"put $u = \lambda + a \tan\theta$: the norm is "
            r"$a \int \cos^{2m-2}\theta\,e^{-\nu\theta}\,\mathrm{d}\theta$; integrate by parts",
            None,
            _by_parts,
        ),
        Step(
            "so the norm obeys a recursion in $m$",
            equation(sp.Symbol("Z_{m+1}"),
                     2 * m * (2 * m - 1) / (4 * m**2 + nu**2) * sp.Symbol("Z_m")),
            _norm(recursion_left),
        ),
        Step(
            "it holds at $m = 1$ and $3/2$, so at every whole and half $m$; by Carlson's "
            "theorem at every $m$",
            equation(sp.Symbol("Z_1"), 2 * a * sp.sinh(sp.pi * nu / 2) / nu),
            _norm(start_left),
            by="integral",
        ),
        Step(
            r"$p$ falls like $|u|^{-2m}$, so $\mathbb{E}|u|^n$ is finite if and only if "
            "$n < 2m - 1$",
            equation(sp.Limit(-u * sp.Derivative(sp.log(p_alpha), u), u, sp.oo), 2 * m),
            _existence,
            by="limit",
        ),
        Step("mean and variance: the generator has zero mean in the stationary law", None,
             _moments, by="operator"),
        Step("the source's law, as we reconstruct it, is the member with index 1", None,
             _source_law),
    ),
    mutants=(
        Mutant(r"exponent $\kappa$ for SGD",
               {SGD: Proportional(p_SGD, law(kappa))}, source=True),
        Mutant("Stratonovich's exponent for SGD",
               {SGD: Proportional(p_SGD, law(kappa + sp.Rational(1, 2)))}),
        Mutant(r"$\alpha$ with the other sign",
               {LAW: Proportional(p_alpha, law(kappa + 1 + alpha))}),
        Mutant("arctan with the other sign", {
            LAW: Proportional(p_alpha, law(kappa + 1 - alpha, tilt=-2)),
            SKEW: equation(nu, 2 * kappa * rho / Delta)}),
        Mutant("half the arctan",
               {LAW: Proportional(p_alpha, law(kappa + 1 - alpha, tilt=1))}),
        Mutant("norm of the symmetric law", {NORM: equation(
            Z, a * sp.beta(m - sp.Rational(1, 2), sp.Rational(1, 2)))}),
        Mutant("mean zero in every convention", {MEAN: equation(E, sp.Integer(0))}),
        Mutant("variance of the symmetric law", {VAR: equation(Var, a**2 / (2 * m - 3))}),
        Mutant(r"norm for $\kappa > 1/2$ only",
               {NORM_IF: sp.Gt(kappa, sp.Rational(1, 2), evaluate=False)}),
    ),
    against_source="corrected",
    remark=(
        r"As we reconstruct it, the source gives the exponent $\kappa$. That is exact for its "
        r"equation (5), which is anti-Itô ($\alpha = 1$), and wrong for SGD, which is Itô: "
        r"$\kappa + 1$, with the same exponential. It needs $\rho^2 < \sigma_g \sigma_H$ and, "
        r"for $\alpha = 1$, $\kappa > 1/2$."
    ),
    notebook="notebooks/power_law/01_stationary_distribution",
)  # fmt: skip

STATEMENTS = (T2, *student_t.STATEMENTS)
