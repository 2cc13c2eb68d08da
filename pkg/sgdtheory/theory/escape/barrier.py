"""One dimension: the time to cross a barrier when the noise grows with the loss."""

import sympy as sp

from sgdtheory.theory import fokker_planck as fp
from sgdtheory.theory.escape import definition, peaks
from sgdtheory.theory.escape.definition import c
from sgdtheory.theory.escape.symbols import (
    ALPHA,
    NOISE,
    WELLS,
    H_a,
    H_b,
    X,
    alpha,
    barrier,
    eta,
    kappa,
    m,
    sigma_g,
)
from sgdtheory.theory.foundations.kramers import c_a, c_b, kramers, q_a, q_b
from sgdtheory.theory.foundations.symbols import opaque, w, x, y, z
from sgdtheory.theory.statement import (
    Asymptotic,
    Mutant,
    Proportional,
    Statement,
    Step,
    equation,
)  # fmt: skip

HALF = sp.S.Half
L, C, s, T = (sp.Function(name) for name in ("L", "C", "s", "T"))
p, L_a = sp.Function("p")(w), sp.Symbol("L(a)", real=True)
E, R, B = sp.symbols("E R B", positive=True)
tau_cross, tau_reach, tau_SGD = sp.symbols(
    r"\tau_{\mathrm{cross}} \tau_{\mathrm{reach}} \tau_{\mathrm{SGD}}", positive=True
)
ROOT = sp.sqrt(H_a * H_b)

LAW, M, GROWTH, EXACT, CROSS, SGD, REACH, KRAMERS, NEXT, QUARTIC = (
    "stationary law, whatever the loss",
    "with",
    "noise at the saddle over noise at the minimum is $1 + X$",
    r"mean time from $x$ to $c$, whatever the loss; $s = C/\sigma_g$",
    r"time to cross, $\kappa \to \infty$ at fixed $X$",
    r"the same for SGD (Itô, $\alpha = 0$)",
    "time to reach the saddle, same limit",
    r"noise that hardly grows ($X \to 0$ at fixed $\kappa X$), then a high barrier "
    r"($\kappa X \to \infty$): Kramers' formula",
    r"$R$, the exact time to cross over the formula",
    r"example: double well $L \propto (w^2 - 1)^2$",
)


def crossing(front=2 * sp.pi, power=m - HALF, over=m - HALF) -> sp.Expr:
    return front * kappa / (over * ROOT) * (1 + X) ** power


def kramers_time(exponent=2 * barrier / (eta * sigma_g)) -> sp.Expr:
    return kramers(root=ROOT, exponent=exponent)


def corrected(shape) -> sp.Eq:
    return equation(R, 1 + shape / m + sp.O(m**-2, (m, sp.oo)))


def shape_term(saddle=1 + X) -> sp.Expr:
    """Kramers' two corrections (FND-11), each with the noise of its own place."""
    well = 5 * c_a**2 / (24 * H_a**3) - q_a / (8 * H_a**2)
    top = 5 * c_b**2 / (24 * H_b**3) + q_b / (8 * H_b**2)
    return barrier / X * (well + saddle * top)


CLAIM = {
    LAW: Proportional(p, C(w) ** -m),
    M: equation(m, kappa + 1 - alpha),
    GROWTH: equation(X, 2 * barrier / (kappa * eta * sigma_g)),
    EXACT: equation(T(x), 2 / (eta * sigma_g) * sp.Integral(
        s(y) ** (m - 1) * sp.Integral(s(z) ** -m, (z, -sp.oo, y)), (y, x, c))),
    CROSS: Asymptotic(tau_cross, crossing()),
    SGD: Asymptotic(tau_SGD, crossing(power=kappa + HALF, over=kappa + HALF)),
    REACH: Asymptotic(tau_reach, crossing(sp.pi)),
    KRAMERS: Asymptotic(tau_cross, kramers_time()),
    NEXT: corrected(shape_term()),
    QUARTIC: corrected(sp.Rational(3, 16) + 3 / (8 * X)),
}  # fmt: skip


def noise(loss) -> sp.Expr:
    """``C`` where the loss is ``loss``."""
    return sigma_g + 2 * (loss - L_a) / (eta * kappa)


def _no_flux(claim):
    log_p = sp.expand_log(sp.log(claim[LAW].rhs), force=True)
    log_p = log_p.subs(C(w), noise(L(w))).subs(m, claim[M].rhs)
    drift, D = -sp.diff(L(w), w), eta * noise(L(w)) / 2
    return sp.cancel(fp.residual(log_p, drift, D, w, alpha))


def _growth(claim):
    return sp.cancel(noise(L_a + barrier) / noise(L_a) - 1 - claim[GROWTH].rhs)


def _backward(claim):
    """The claimed integral in the backward equation, and at the target."""
    first = sp.diff(claim[EXACT].rhs, x)
    drift, D = -sp.diff(L(x), x), eta * noise(L(x)) / 2
    balance = (drift + alpha * sp.diff(D, x)) * first + D * sp.diff(first, x) + 1
    slope = sp.diff(noise(L(x)) / sigma_g, x)
    balance = balance.doit(integrals=False).subs(sp.diff(s(x), x), slope)
    balance = opaque(balance).subs(L(x), L_a + (s(x) - 1) * sigma_g * eta * kappa / 2)
    return sp.simplify(balance.subs(m, claim[M].rhs)), claim[EXACT].rhs.subs(x, c).doit()


def _product(label, share=1):
    def residual(claim):
        ratio = claim[label].rhs / peaks.parabolic_time(share)
        return sp.simplify(sp.gammasimp(ratio)) - 1

    return residual


def _laplace(claim):
    ratio = sp.simplify(claim[CROSS].rhs / peaks.laplace_time())
    return sp.limit(ratio, m, sp.oo) - 1


def _sgd(claim):
    found = claim[CROSS].rhs.subs(m, claim[M].rhs).subs(alpha, 0)
    return sp.powsimp(claim[SGD].rhs / found) - 1


def _kramers(claim):
    weak = claim[CROSS].rhs.subs(m, claim[M].rhs).subs(X, E / kappa)
    found = sp.limit(sp.simplify(weak), kappa, sp.oo)
    (height,) = sp.solve(claim[GROWTH].rhs - E / kappa, E)
    return sp.simplify(claim[KRAMERS].rhs / found.subs(E, height)) - 1


def _next(claim):
    return sp.cancel(claim[NEXT].rhs.removeO() - 1 - peaks.correction())


def _quartic(claim):
    values = peaks.derivatives(B * (w**2 - 1) ** 2, w, -1, 0)
    return sp.expand((claim[QUARTIC].rhs - claim[NEXT].rhs).removeO().subs(values))


L6 = Statement(
    id="PLD-L6",
    kind="lemma",
    title="Crossing a barrier with noise that grows with the loss",
    source="meng2020, Lemma 6 and Lemma 13",
    assumptions=(
        NOISE,
        WELLS,
        ALPHA,
        (r"$C > 0$ from the far side of the well (a wall, or a loss that grows) to the target",
         None),
        (r"$\int C^{-m}$ finite in the well, for which $m > 1/2$", m > HALF),
    ),
    claim=CLAIM,
    uses=("FND-5", "FND-9", "FND-10", "FND-11", "PLD-D5"),
    steps=(
        Step(r"drift and noise have one slope: $f/D = -\kappa C'/C$",
             equation(sp.Symbol("f") / sp.Symbol("D"), -kappa * sp.Derivative(sp.log(C(w)), w)),
             _no_flux, by="operator"),
        Step(r"the noise where the loss is higher by $\Delta L$", None, _growth),
        Step("put the law into the double integral (FND-10): it solves the backward equation",
             None, _backward, by="operator"),
        Step("parabolic well: the inner integral is a Beta function",
             equation(peaks.integral(m, peaks.v),
                      sp.sqrt(sp.pi) * sp.gamma(m - HALF) / sp.gamma(m)),
             peaks.beta_left, by="integral"),
        Step(r"inverted parabola: $u = v/\sqrt{1 + v^2}$ makes the outer one the same integral "
             r"of a power higher by $\frac12$",
             equation(sp.Integral((1 - peaks.u**2) ** (m - 1), (peaks.u, -1, 1)),
                      peaks.integral(m + HALF, peaks.v)),
             lambda: peaks.substitution_left(m - 1)),
        Step(r"in the product the Gammas collapse to $\pi/(m - \frac12)$",
             equation(sp.gamma(m - HALF) / sp.gamma(m) * sp.gamma(m) / sp.gamma(m + HALF),
                      1 / (m - HALF)),
             _product(CROSS), by="integral"),
        Step(r"no other loss makes a difference at large $m$: $s^{\mp m} = e^{\mp m \ln s}$ is "
             r"Kramers' problem for the loss $\ln s$ at temperature $1/m$", None, _laplace,
             by="limit"),
        Step("who has only reached $b$ has half of the outer integral behind him", None,
             _product(REACH, HALF), by="integral"),
        Step(r"SGD has $\alpha = 0$, $m = \kappa + 1$", None, _sgd),
        Step(r"$(1 + E/\kappa)^\kappa \to e^E$",
             equation(sp.Limit((1 + E / kappa) ** kappa, kappa, sp.oo), sp.exp(E)),
             _kramers, by="limit"),
        Step(r"cubic and quartic terms: Kramers' correction for $\ln s$", None, _next,
             by="series"),
        Step("derivatives of the double well", None, _quartic, by="example"),
    ),
    mutants=(
        Mutant(r"exponent $\kappa - \frac12$ for SGD",
               {SGD: Asymptotic(tau_SGD, crossing(power=kappa - HALF, over=kappa - HALF))},
               source=True),
        Mutant("the time to cross taken for the first reach",
               {REACH: Asymptotic(tau_reach, crossing())}, source=True),
        Mutant(r"exponent $m$", {CROSS: Asymptotic(tau_cross, crossing(power=m))}),
        Mutant(r"exponent $m + \frac12$",
               {CROSS: Asymptotic(tau_cross, crossing(power=m + HALF))}),
        Mutant(r"$\Delta L$ in place of $2 \Delta L$", {
            GROWTH: equation(X, barrier / (kappa * eta * sigma_g)),
            KRAMERS: Asymptotic(tau_cross, kramers_time(barrier / (eta * sigma_g)))}),
        Mutant("the noise of the minimum at the saddle too",
               {NEXT: corrected(shape_term(saddle=sp.S.One))}),
        Mutant("law of the anti-Itô reading for every reading",
               {LAW: Proportional(p, C(w) ** -kappa), M: equation(m, kappa)}),
    ),
    status="asymptotic",
    against_source="corrected",
    aliases=("PLD-L13",),
    remark=(
        r"As we reconstruct it, the source has the exponent $\kappa - \frac12$ and the factor "
        r"$1/(1 - \frac1{2\kappa})$. That is right for its equation (5), which is anti-Itô, "
        r"and for *crossing*; the first reach of the saddle (PLD-D5) takes half as long, and "
        r"SGD, which is Itô, has $\kappa + \frac12$ and $1/(1 + \frac1{2\kappa})$. At fixed "
        r"$\kappa$ a factor remains that depends on the shape of the barrier (PLD-X5)."
    ),
    notebook="notebooks/escape/01_escape_formulas",
)  # fmt: skip

STATEMENTS = (*definition.STATEMENTS, L6)
