"""Symmetric noise: a Student t, a q-Gaussian, and in a limit a Gaussian."""

from functools import lru_cache

import sympy as sp

from sgdtheory.theory import fokker_planck as fp
from sgdtheory.theory.power_law.symbols import (
    ALPHA,
    C,
    H,
    alpha,
    drift,
    eta,
    kappa,
    m,
    rho,
    sigma_g,
    sigma_H,
    u,
)  # fmt: skip
from sgdtheory.theory.statement import Mutant, Proportional, Statement, Step, equation

Z, s, q, beta, nu = sp.symbols("Z s q beta nu", positive=True)
half = sp.Rational(1, 2)
p_alpha, p_SGD = sp.Function(r"p_\alpha")(u), sp.Function(r"p_{\mathrm{SGD}}")(u)
Var = sp.Symbol(r"\operatorname{Var} u", real=True)
C0 = C.subs(rho, 0)

SGD, LAW, M, NORM = r"SGD (Itô, $\alpha = 0$)", "any calculus index", "exponent", "norm"
STUDENT, NU, SCALE = "Student t", "degrees of freedom", "scale"
KAPPA = r"$\kappa$ of data fitted with $\nu$"
TSALLIS, Q, BETA = "q-Gaussian", "its $q$", r"its $\beta$"
VAR = r"variance ($\kappa > \alpha + 1/2$)"
GAUSS = r"Gaussian limit at fixed $\eta$, $H$, $\sigma_g$"


def law(exponent) -> sp.Expr:
    return (1 + sigma_H * u**2 / sigma_g) ** -exponent


def in_the_limit(exponent) -> sp.Limit:
    """The law with ``sigma_H = H/(eta kappa)`` put in, as kappa grows."""
    return sp.Limit(law(exponent).subs(sigma_H, H / (eta * kappa)), kappa, sp.oo)


CLAIM = {
    SGD: Proportional(p_SGD, law(kappa + 1)),
    LAW: Proportional(p_alpha, law(m)),
    M: equation(m, kappa + 1 - alpha),
    NORM: equation(Z, sp.sqrt(sp.pi * sigma_g / sigma_H) * sp.gamma(m - half) / sp.gamma(m)),
    STUDENT: equation(
        p_alpha,
        sp.gamma((nu + 1) / 2) / (sp.sqrt(nu * sp.pi) * s * sp.gamma(nu / 2))
        * (1 + u**2 / (nu * s**2)) ** (-(nu + 1) / 2),
    ),
    NU: equation(nu, 2 * m - 1),
    SCALE: equation(s**2, sigma_g / (sigma_H * nu)),
    KAPPA: equation(kappa, (nu - 1) / 2 + alpha),
    TSALLIS: Proportional(p_alpha, (1 + (q - 1) * beta * u**2) ** (-1 / (q - 1))),
    Q: equation(q, 1 + 1 / m),
    BETA: equation(beta, m * sigma_H / sigma_g),
    VAR: equation(Var, eta * sigma_g / (2 * H) * kappa / (kappa - alpha - half)),
    GAUSS: equation(in_the_limit(kappa + 1 - alpha), sp.exp(-H * u**2 / (eta * sigma_g))),
}  # fmt: skip


def resolve(expr, claim) -> sp.Expr:
    """Letters replaced by what the claim says that they are; kappa last."""
    expr = expr.subs(s, sp.sqrt(claim[SCALE].rhs))
    for label in (BETA, Q, NU, M):
        expr = expr.subs(claim[label].lhs, claim[label].rhs)
    return expr.subs(kappa, H / (eta * sigma_H))


def _flux(label, index):
    def residual(claim):
        log_p = sp.expand_log(sp.log(resolve(claim[label].rhs, claim)), force=True)
        return sp.cancel(fp.residual(log_p, drift, eta * C0 / 2, u, index))

    return residual


@lru_cache(maxsize=1)
def beta_integral() -> sp.Expr:
    """``int_0^oo r^(-1/2) (1 + r)^(-m) dr`` for m > 1/2."""
    r, k = sp.symbols("r k", positive=True)
    # With m = k + 1/2 the condition m > 1/2 is one that sympy knows to hold.
    return sp.integrate(1 / sp.sqrt(r) / (1 + r) ** (k + half), (r, 0, sp.oo)).subs(k, m - half)


def _norm(claim):
    # r = sigma_H u^2 / sigma_g turns the integral over all u into the Beta integral.
    made = sp.sqrt(sigma_g / sigma_H) * beta_integral()
    return sp.gammasimp(claim[NORM].rhs / made) - 1


def _student_norm(claim):
    at_centre = claim[STUDENT].rhs.subs(u, 0) * claim[NORM].rhs
    at_centre = at_centre.subs(s, sp.sqrt(claim[SCALE].rhs)).subs(nu, claim[NU].rhs)
    return sp.gammasimp(sp.powsimp(sp.expand_power_base(at_centre))) - 1


def _inverse(claim):
    """kappa from nu, put into nu from kappa, gives nu back."""
    there = claim[NU].rhs.subs(m, claim[M].rhs).subs(kappa, claim[KAPPA].rhs)
    return sp.expand(there - nu)


def _variance(claim):
    second = sp.Symbol("M_2")
    generated = sp.Poly(fp.backward(u**2, drift, eta * C0 / 2, u, alpha), u)
    balance = sum(c * {0: 1, 2: second}[k] for (k,), c in generated.terms())
    return sp.cancel(resolve(balance.subs(second, claim[VAR].rhs), claim))


def _limit(claim):
    """The limit is taken of the logarithm, where sympy finds it at once."""
    log_law = sp.expand_log(sp.log(claim[GAUSS].lhs.args[0]), force=True)
    return sp.limit(log_law, kappa, sp.oo) - sp.log(claim[GAUSS].rhs).expand(force=True)


C3 = Statement(
    id="PLD-C3",
    kind="corollary",
    title="Symmetric noise: Student t, q-Gaussian, and the Gaussian limit",
    source="meng2020, Corollary 3",
    assumptions=(
        (r"drift $-Hu$, $C = \sigma_g + \sigma_H u^2$, $\rho = 0$; "
         r"$\kappa = H/(\eta \sigma_H)$", None),
        ALPHA,
        (r"$\kappa > \alpha - 1/2$", kappa > alpha - half),
    ),
    claim=CLAIM,
    uses=("PLD-T2",),
    steps=(
        Step(r"zero flux, as in PLD-T2 with $\rho = 0$", None, _flux(LAW, alpha)),
        Step("SGD is the member with index 0", None, _flux(SGD, "ito")),
        Step("the norm is a Beta integral", equation(Z, sp.sqrt(sigma_g / sigma_H)
             * sp.beta(half, m - half)), _norm, by="integral"),
        Step(r"$\nu s^2 = \sigma_g/\sigma_H$ and $(\nu + 1)/2 = m$: the kernel of a Student t",
             None, _flux(STUDENT, alpha)),
        Step("with its norm", None, _student_norm),
        Step(r"$\kappa$ from $\nu$: read as anti-Itô, the same data give a $\kappa$ larger "
             "by 1", None, _inverse),
        Step(r"$1/(q-1) = m$ and $(q-1)\beta = \sigma_H/\sigma_g$: the kernel of a q-Gaussian",
             None, _flux(TSALLIS, alpha)),
        Step("the generator on $u^2$ has zero mean in the stationary law", None, _variance,
             by="operator"),
        Step(r"$m \log(1 + z/\kappa)$ tends to $z = H u^2/(\eta \sigma_g)$", None, _limit,
             by="limit"),
    ),
    mutants=(
        Mutant(r"exponent $\kappa$ for SGD",
               {SGD: Proportional(p_SGD, law(kappa))}, source=True),
        Mutant(r"$\nu = 2\kappa$ in every convention",
               {NU: equation(nu, 2 * m - 2 + 2 * alpha)}),
        Mutant(r"scale without $\nu$", {SCALE: equation(s**2, sigma_g / sigma_H)}),
        Mutant("$q$ of the anti-Itô law in every convention", {Q: equation(q, 1 + 1 / kappa)}),
        Mutant(r"$\kappa = (\nu + 1)/2$ in every convention",
               {KAPPA: equation(kappa, (nu + 1) / 2)}),
        Mutant("variance of the Ornstein-Uhlenbeck process",
               {VAR: equation(Var, eta * sigma_g / (2 * H))}),
        Mutant("limit twice as wide", {GAUSS: equation(
            CLAIM[GAUSS].lhs, sp.exp(-H * u**2 / (2 * eta * sigma_g)))}),
    ),
    against_source="corrected",
    remark=(
        r"As we reconstruct it, the source has the exponent $\kappa$, exact for its equation "
        r"(5) (anti-Itô): $\nu = 2\kappa - 1$, $q = 1 + 1/\kappa$. For SGD the exponent is "
        r"$\kappa + 1$ and $\nu = 2\kappa + 1$: a Student-t fit with $\nu$ degrees of freedom "
        r"means $\kappa = (\nu - 1)/2$, less by one than the source's reading. The Gaussian "
        r"limit is the same in every convention."
    ),
    aliases=("PLD-T9",),
    notebook="notebooks/power_law/01_stationary_distribution",
)  # fmt: skip

STATEMENTS = (C3,)
