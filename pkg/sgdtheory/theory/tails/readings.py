"""What a fitted law says in the letters of each description, and what it cannot say."""

import sympy as sp

from sgdtheory.theory.power_law.symbols import alpha, eta
from sgdtheory.theory.statement import Mutant, Statement, Step, equation

nu, m, a, kappa, sigma_H, se = sp.symbols("nu m a kappa sigma_H s_nu", positive=True)
q = sp.Symbol("q", positive=True)
lam, skew, w = sp.symbols(r"lambda {\nu_{\mathrm{IV}}} w", real=True)
r, centre, mean, mode, se_q = (
    sp.Symbol(name, real=True)
    for name in (r"{\rho/\sigma_H}", "{w^*}", r"{E\,w}", r"{w_{\mathrm{mode}}}", "s_q")
)
g = sp.Symbol(r"{\sigma_g/\sigma_H}", positive=True)

Q, BACK, M, ERROR, FINITE = (
    "q-Gaussian from Student t",
    "and back",
    "exponent of the power law",
    r"standard error of $\hat q$",
    "the variance is finite if and only if",
)
KAPPA, RHO, SIGMA, PLACE = (
    r"Pearson IV read with index $\alpha$: $\kappa$",
    "skewness of the noise",
    "noise at the minimum",
    "place of the minimum",
)
ITO, ANTI = "read as Itô: the mean", "read as anti-Itô: the mode"


def place(shift=-skew * a / (2 * kappa)):
    return equation(centre, lam + shift)


CLAIM = {
    Q: equation(q, (nu + 3) / (nu + 1)),
    BACK: equation(nu, (3 - q) / (q - 1)),
    M: equation(m, 1 / (q - 1)),
    ERROR: equation(se_q, 2 * se / (nu + 1) ** 2),
    FINITE: sp.Lt(q, sp.Rational(5, 3), evaluate=False),
    KAPPA: equation(kappa, m - 1 + alpha),
    RHO: equation(r, -skew * a / (2 * kappa)),
    SIGMA: equation(g, a**2 + (skew * a / (2 * kappa)) ** 2),
    PLACE: place(),
    ITO: equation(mean, lam - skew * a / (2 * (m - 1))),
    ANTI: equation(mode, lam - skew * a / (2 * m)),
}


def _q(claim):
    """-u (ln p)' far out: 2/(q-1) of the one, nu + 1 of the other."""
    return sp.cancel(2 / (claim[Q].rhs - 1) - (nu + 1))


def _back(claim):
    return sp.cancel(claim[BACK].rhs.subs(q, claim[Q].rhs) - nu)


def _exponent(claim):
    return sp.cancel(claim[M].rhs.subs(q, claim[Q].rhs) - (nu + 1) / 2)


def _error(claim):
    return sp.cancel(claim[ERROR].rhs / se + sp.diff(claim[Q].rhs, nu))


def _finite(claim):
    """nu > 2; q falls with nu, and at q = 5/3 the second moment grows like a logarithm."""
    bound = claim[FINITE]
    edge = claim[Q].rhs.subs(nu, 2)
    return [bound.gts - bound.lts - (edge - q), bound.func in (sp.Lt, sp.Gt)]


def _slope() -> sp.Expr:
    """Of the log-density of Pearson IV in w."""
    x = (w - lam) / a
    return sp.diff(-m * sp.log(1 + x**2) - skew * sp.atan(x), w)


def _no_flux(claim):
    """Zero flux for drift -H(w - w*) and the noise of the claim, index alpha."""
    rest = {kappa: claim[KAPPA].rhs}
    there, lean, least = (claim[k].rhs.subs(rest) for k in (PLACE, RHO, SIGMA))
    C = sigma_H * (least + 2 * lean * (w - there) + (w - there) ** 2)
    H = claim[KAPPA].rhs * eta * sigma_H
    drift, D = -H * (w - there), eta * C / 2
    return sp.cancel(drift - (1 - alpha) * sp.diff(D, w) - D * _slope())


def _mean(claim):
    """E of a total derivative, of C p: E[C' + C (ln p)'] = 0 is linear in w."""
    parabola = a**2 + (w - lam) ** 2
    inside = sp.Poly(sp.cancel(sp.diff(parabola, w) + parabola * _slope()), w)
    found = -inside.coeff_monomial(1) / inside.coeff_monomial(w)
    at_ito = claim[PLACE].rhs.subs(kappa, claim[KAPPA].rhs).subs(alpha, 0)
    return [sp.cancel(found - claim[ITO].rhs), sp.cancel(at_ito - claim[ITO].rhs)]


def _mode(claim):
    at_anti = claim[PLACE].rhs.subs(kappa, claim[KAPPA].rhs).subs(alpha, 1)
    return [
        sp.cancel(_slope().subs(w, claim[ANTI].rhs)),
        sp.cancel(at_anti - claim[ANTI].rhs),
    ]


TLS3 = Statement(
    id="TLS-3",
    kind="proposition",
    title="One fit, many letters: q, nu, kappa, and a minimum that depends on the reading",
    source="sgdtheory",
    assumptions=(
        (r"a Student t with $\nu$ degrees of freedom, or Pearson IV, "
         r"$p \propto (1 + y^2)^{-m} e^{-\nu_{\mathrm{IV}} \arctan y}$, $y = (w - \lambda)/a$, "
         r"fitted to weights whose minimum $w^*$ is not known", None),
        (r"read as the law of PLD-T2: drift $-H(w - w^*)$, "
         r"$C = \sigma_g + 2\rho(w - w^*) + \sigma_H(w - w^*)^2$, index $\alpha$", None),
        (r"$m > 1$, so that $\kappa > 0$ in each convention", m > 1),
    ),
    claim=CLAIM,
    uses=("PLD-C3", "PLD-T2"),
    steps=(
        Step(r"both tails fall like $|u|^{-(\nu+1)}$: $2/(q-1) = \nu + 1$", None, _q),
        Step(r"solved for $\nu$", None, _back),
        Step(r"$2m = \nu + 1$", None, _exponent),
        Step(r"$|\mathrm{d}q/\mathrm{d}\nu|$ times that of $\hat\nu$", None, _error),
        Step(r"$\nu > 2$, and $q$ falls as $\nu$ grows", None, _finite),
        Step("zero flux: this drift and this noise have the fitted law, whatever the index",
             equation(-eta * sigma_H * kappa * (w - centre)
                      - (1 - alpha) * sp.Derivative(sp.Function("D")(w), w)
                      - sp.Function("D")(w) * sp.Derivative(sp.log(sp.Function("p")(w)), w), 0),
             _no_flux, by="operator"),
        Step(r"the mean: $\int (Cp)' = 0$ is linear in $w$; with $\kappa = m - 1$ it is $w^*$",
             None, _mean, by="integral"),
        Step(r"the mode: $(\ln p)' = 0$; with $\kappa = m$ it is $w^*$", None, _mode),
    ),
    mutants=(
        Mutant("$q$ of the survival index", {Q: equation(q, (nu + 2) / nu)}),
        Mutant(r"$m = \nu$ of the density exponent", {M: equation(m, 2 / (q - 1))}),
        Mutant(r"finite variance up to $q = 2$", {FINITE: sp.Lt(q, 2, evaluate=False)}),
        Mutant(r"$\kappa = m$ in every convention", {KAPPA: equation(kappa, m + 0 * alpha)}),
        Mutant(r"minimum at $\lambda$, the least noise", {PLACE: equation(centre, lam)}),
        Mutant("minimum on the other side", {PLACE: place(skew * a / (2 * kappa))}),
        Mutant("mean and mode exchanged", {
            ITO: equation(mean, lam - skew * a / (2 * m)),
            ANTI: equation(mode, lam - skew * a / (2 * (m - 1)))}),
        Mutant(r"$\hat q$ as uncertain as $\hat\nu$", {ERROR: equation(se_q, se / (nu + 1))}),
    ),
    remark=(
        r"Four numbers can be fitted to a skewed histogram: $m$, $\nu_{\mathrm{IV}}$, $a$, "
        r"$\lambda$. The law has five letters and an index: $\eta$, $H$ and $\sigma_H$ enter "
        r"as $\kappa$ and as ratios, and the index not at all. The three conventions fit "
        r"equally well, always; they differ by one in $\kappa$, and put the minimum at the "
        r"mean (Itô), at the mode (anti-Itô) or between. Only what is not in the histogram, "
        r"where the minimum is or what $H$ and the noise are, can tell them apart."
    ),
    notebook="notebooks/tails/01_fitting_a_power_law",
)  # fmt: skip
