"""Which noise of a given strength heats fastest."""

import sympy as sp

from sgdtheory.theory.anisotropic.symbols import (
    NOISE,
    NOTEBOOK,
    H,
    Sigma,
    Tr,
    d,
    expanded,
    k,
    lam,
    one,
    per_eigenvalue,
    s,
)
from sgdtheory.theory.power_law.symbols import threshold
from sgdtheory.theory.statement import Mutant, Statement, Step, equation

c, lam_1, gap, F = sp.symbols(r"c lambda_1 g \|\Sigma\|_{F}", positive=True)
H_k, u = sp.symbols("H_k u", commutative=False)
iso, along, rank_k, rank_one = sp.symbols(
    r"T_{\mathrm{iso}} T_{\propto{H}} T_{k} T_{1}", positive=True
)

MOST, ONE, K, ALONG, ISO, ORDER_LOW, ORDER_HIGH, FROBENIUS = (
    r"largest at given trace, for any symmetric $H$",
    r"attained: $\Sigma = c\,u_1u_1^\top$",
    r"$\Sigma = c\,H_k/\operatorname{Tr}H_k$, $H_k$ the part of $H$ in its $k$ leading "
    "eigenvectors",
    r"$\Sigma = c\,H/\operatorname{Tr}H$",
    r"isotropic noise, $\Sigma = (c/d)\,I$",
    r"in order, $H \succeq 0$: isotropic below proportional",
    "and proportional below rank one",
    r"largest at given Frobenius norm instead, attained for $\Sigma \propto H \succeq 0$",
)

CLAIM = {
    MOST: sp.Le(Tr(H * Sigma), lam_1 * Tr(Sigma), evaluate=False),
    ONE: equation(rank_one, c * lam_1),
    K: equation(rank_k, c * Tr(H_k**2) / Tr(H_k)),
    ALONG: equation(along, c * Tr(H**2) / Tr(H)),
    ISO: equation(iso, c * Tr(H) / d),
    ORDER_LOW: sp.Le(Tr(H) / d, Tr(H**2) / Tr(H), evaluate=False),
    ORDER_HIGH: sp.Le(Tr(H**2) / Tr(H), lam_1, evaluate=False),
    FROBENIUS: sp.Le(Tr(H * Sigma), sp.sqrt(Tr(H**2)) * F, evaluate=False),
}


def _most(claim):
    """With ``lambda = lambda_1 - g``, ``g >= 0``, each direction leaves ``g Sigma_ii``."""
    margin, strict = threshold(claim[MOST])
    left = per_eigenvalue(margin).subs(lam, lam_1 - gap)
    return [sp.expand(left - gap * s), not strict]


def _heats(label, noise, rules=()):
    """``Tr(H Sigma)`` for this noise against the claimed value."""

    def residual(claim):
        return expanded(claim[label].rhs - Tr(sp.expand(H * noise).subs(rules)))

    return residual


def _rank_one(claim):
    """k = 1: ``H_1`` has the one eigenvalue ``lambda_1``."""
    single = {Tr(H_k): lam_1, Tr(H_k**2): lam_1**2}
    return expanded(claim[K].rhs.subs(single) - claim[ONE].rhs)


def _nonnegative(label, left):
    """Right side minus left side is this trace, and equality is let in."""

    def residual(claim):
        margin, strict = threshold(claim[label])
        return [expanded(margin - left), not strict]

    return residual


def _frobenius(claim):
    """Squares: the gap is ``Tr(H^2)`` times the trace of the square of ``Sigma - r H``."""
    bound = claim[FROBENIUS]
    ratio = Tr(H * Sigma) / Tr(H**2)
    margin = (bound.gts**2 - bound.lts**2).subs(F, sp.sqrt(Tr(Sigma**2)))
    left = Tr(H**2) * Tr((Sigma - ratio * H) ** 2)
    return [expanded(margin - left), not threshold(bound)[1]]


MEAN = Tr(H) / d * one
STATEMENT = Statement(
    id="ANI-5",
    kind="proposition",
    title=r"The noise that heats fastest, and how far others fall short",
    source="zhu2019, the indicator and its maximiser",
    assumptions=(
        (r"$H$ symmetric in $d$ dimensions, $\lambda_1$ its largest eigenvalue, $u_1$ the "
         r"eigenvector", None),
        NOISE,
        (r"strength held fixed: $\operatorname{Tr}\Sigma = c$, that is "
         r"$\operatorname{E}|\varepsilon|^2$", None),
        (r"for the values and their order also $H \succeq 0$, $H \ne 0$", None),
    ),
    claim=CLAIM,
    uses=("ANI-3",),
    steps=(
        Step(r"in the eigenbasis the gap is $\sum_i (\lambda_1 - \lambda_i)\Sigma_{ii}$: no "
             "term is negative, and all vanish only for noise within the top eigenspace",
             None, _most),
        Step(r"$H u_1u_1^\top = \lambda_1 u_1u_1^\top$", equation(H * u, lam_1 * u),
             _heats(ONE, c * u / Tr(u), {H * u: lam_1 * u})),
        Step(r"$H H_k = H_k^2$", equation(H * H_k, H_k**2),
             _heats(K, c * H_k / Tr(H_k), {H * H_k: H_k**2})),
        Step("$k = 1$ is the maximiser", None, _rank_one),
        Step(r"noise like the curvature ($k = d$)", None, _heats(ALONG, c * H / Tr(H))),
        Step("no preferred direction", None, _heats(ISO, c * one / d)),
        Step(r"the gap is the variance of the eigenvalues over their mean",
             equation(Tr((H - MEAN) ** 2), Tr(H**2) - Tr(H) ** 2 / d),
             _nonnegative(ORDER_LOW, Tr((H - MEAN) ** 2) / Tr(H))),
        Step(r"the gap is $\sum_i \lambda_i(\lambda_1 - \lambda_i)/\operatorname{Tr}H$", None,
             _nonnegative(ORDER_HIGH, Tr(H * (lam_1 * one - H)) / Tr(H))),
        Step(r"Cauchy and Schwarz: with $r = \operatorname{Tr}(H\Sigma)/\operatorname{Tr}H^2$ "
             "the squares differ by "
             r"$\operatorname{Tr}H^2\,\operatorname{Tr}(\Sigma - rH)^2$", None, _frobenius),
    ),
    mutants=(
        Mutant("the mean eigenvalue for the largest",
               {MOST: sp.Le(Tr(H * Sigma), Tr(H) / d * Tr(Sigma), evaluate=False)}),
        Mutant("Frobenius norm of $H$ at given trace: true, but attained only at rank one",
               {MOST: sp.Le(Tr(H * Sigma), sp.sqrt(Tr(H**2)) * Tr(Sigma), evaluate=False)}),
        Mutant(r"rank one is best at given Frobenius norm too",
               {FROBENIUS: sp.Le(Tr(H * Sigma), lam_1 * F, evaluate=False)}),
        Mutant("equal weights on $k$ eigenvectors",
               {K: equation(rank_k, c * Tr(H_k) / k)}),
        Mutant("noise like the curvature is as good as rank one",
               {ALONG: equation(along, c * lam_1)}),
        Mutant("isotropic above proportional",
               {ORDER_LOW: sp.Ge(Tr(H) / d, Tr(H**2) / Tr(H), evaluate=False)}),
        Mutant("the whole trace in every direction", {ISO: equation(iso, c * Tr(H))}),
    ),
    against_source="as-stated",
    remark=(
        r"As we remember it, the source takes the trace as the strength. The choice decides: "
        r"at given trace the best noise points one way, at given Frobenius norm it is "
        r"$\Sigma \propto H$. The maximiser is unique if and only if $\lambda_1$ is simple."
    ),
    notebook=NOTEBOOK,
)  # fmt: skip

STATEMENTS = (STATEMENT,)
