"""d dimensions: the time to cross a saddle when the noise grows with the loss."""

import sympy as sp

from sgdtheory.theory import fokker_planck as fp
from sgdtheory.theory.escape import barrier as one_dimension
from sgdtheory.theory.escape.symbols import (
    ALPHA,
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
    threshold,
)
from sgdtheory.theory.escape.volumes import (
    H_be,
    ball,
    det_a,
    det_b,
    laplace_time,
    n,
    power,
    quadratic_time,
    r,
)
from sgdtheory.theory.power_law.eigenbasis import d, i, split
from sgdtheory.theory.statement import (
    Asymptotic,
    Mutant,
    Proportional,
    Statement,
    Step,
    equation,
)  # fmt: skip

HALF = sp.S.Half
L, C, p = (sp.Function(name) for name in ("L", "C", "p"))
w, x, v, R, L_a = sp.symbols("w x v R L(a)", real=True)
rise, sigma = sp.IndexedBase("ell"), sp.IndexedBase("sigma")
tau, sigma_e, E = sp.symbols(r"\tau_{\mathrm{cross}} sigma_e E", positive=True)

LAW, SPLIT, M, GROWTH, EXISTS, CROSS, KRAMERS = (
    "stationary law for one noise in all directions, whatever the loss",
    r"stationary law for the separable case, with $\ell_i = L_i(w_i) - L_i(a_i)$",
    "with",
    "noise at the saddle over noise at the minimum is $1 + X$",
    "integral over a quadratic well finite if and only if",
    r"time to cross, $\kappa \to \infty$ at fixed $X$",
    r"noise that hardly grows ($X \to 0$ at fixed $\kappa X$), then a high barrier "
    r"($\kappa X \to \infty$): Kramers and Eyring's formula",
)


def crossing(front=kappa / (m - HALF), exponent=m - d / 2) -> sp.Expr:
    return 2 * sp.pi * front / H_be * sp.sqrt(det_b / det_a) * (1 + X) ** exponent


def crosses(**wrong) -> dict:
    return {CROSS: Asymptotic(tau, crossing(**wrong))}


def grows(factor) -> dict:
    return {GROWTH: equation(X, factor * barrier / (kappa * eta * sigma_e))}


def separable(exponent=m) -> Proportional:
    form = sp.Sum(rise[i] / sigma[i], (i, 1, d))
    return Proportional(p(w), (1 + 2 * form / (eta * kappa)) ** -exponent)


CLAIM = {
    LAW: Proportional(p(w), C(w) ** -m),
    SPLIT: separable(),
    M: equation(m, kappa + 1 - alpha),
    **grows(2),
    EXISTS: sp.Gt(m, d / 2, evaluate=False),
    **crosses(),
    KRAMERS: Asymptotic(
        tau, 2 * sp.pi / H_be * sp.sqrt(det_b / det_a) * sp.exp(2 * barrier / (eta * sigma_e))
    ),
}
ANY = L(x, R)  # any loss: x one coordinate, R all the others
NOISE = sigma_g + 2 * (ANY - L_a) / (eta * kappa)


def _flux(claim):
    log_p = sp.log(claim[LAW].rhs.subs(C(w), NOISE))
    log_p = sp.expand_log(log_p, force=True).subs(m, claim[M].rhs)
    return sp.cancel(fp.residual(log_p, -sp.diff(ANY, x), eta * NOISE / 2, x, alpha))


def _separable_flux(claim):
    one, noise = sp.Function("L_i")(x), sp.Symbol("sigma_i", positive=True)
    form = split(claim[SPLIT].rhs, {rise[i]: one, sigma[i]: noise}, R)
    log_p = sp.expand_log(sp.log(form), force=True).subs(m, claim[M].rhs)
    D = eta * noise / 2 * (1 + 2 * (one / noise + R) / (eta * kappa))
    return sp.cancel(fp.residual(log_p, -sp.diff(one, x), D, x, alpha))


def _one_noise():
    """``v = w/√sigma_i`` and ``U = L_i/sigma_i``: same rate, same curvature, unit noise."""
    noise, one = sp.Symbol("sigma_i", positive=True), sp.Function("L_i")
    U = one(sp.sqrt(noise) * v) / noise
    there = sp.Subs(sp.Derivative(one(x), x), x, sp.sqrt(noise) * v)
    bend = sp.Subs(sp.Derivative(one(x), x, 2), x, sp.sqrt(noise) * v)
    return [
        sp.simplify(sp.diff(U, v) - (there / sp.sqrt(noise)).doit()),
        sp.simplify(sp.diff(U, v, 2) - bend.doit()),
    ]


def _growth(claim):
    along = 1 + 2 * barrier / (eta * kappa * sigma_e)
    return sp.cancel(along - 1 - claim[GROWTH].rhs)


def _product(claim):
    ratio = sp.gammasimp(claim[CROSS].rhs / quadratic_time())
    return sp.simplify(sp.powsimp(sp.expand_power_base(ratio, force=True), force=True)) - 1


def _decay(claim):
    """Exponent of ``r^(d-1) (1 + r²)^-m`` plus one: the integral is finite where negative."""
    log_integrand = (d - 1) * sp.log(r) - m * sp.log(1 + r**2)
    decay = sp.limit(r * sp.diff(log_integrand, r), r, sp.oo) + 1
    margin, strict = threshold(claim[EXISTS])  # at equality it grows like a logarithm
    return [margin + decay / 2, strict]


def _one(claim):
    """One dimension has one curvature at each end: PLD-L6."""
    found = claim[CROSS].rhs.subs({d: 1, det_a: H_a, det_b: H_b, H_be: H_b})
    lemma = one_dimension.CLAIM[one_dimension.CROSS].rhs
    return sp.simplify(found / lemma) - 1


def _laplace(claim):
    ratio = sp.expand_power_base(claim[CROSS].rhs / laplace_time(), force=True)
    return sp.limit(sp.simplify(sp.powsimp(ratio, force=True)), m, sp.oo) - 1


def _kramers(claim):
    hardly = claim[CROSS].rhs.subs(m, claim[M].rhs).subs(X, E / kappa)
    found = sp.limit(hardly / crossing(sp.S.One, sp.S.Zero), kappa, sp.oo)
    (height,) = sp.solve(claim[GROWTH].rhs - E / kappa, E)
    claimed = claim[KRAMERS].rhs / crossing(sp.S.One, sp.S.Zero)
    return sp.simplify(claimed / found.subs(E, height)) - 1


def _not_a_gradient():
    """The curl of ``C⁻¹ grad L`` for a noise ``Sigma_g + 2 (L - L(a))/(eta kappa)`` times 1."""
    u, s_x, s_y = sp.symbols("u s_x s_y", positive=True)
    loss = L(x, u)
    slopes = [
        sp.diff(loss, at) / (s + 2 * (loss - L_a) / (eta * kappa))
        for at, s in ((x, s_x), (u, s_y))
    ]
    return sp.simplify(sp.diff(slopes[0], u) - sp.diff(slopes[1], x))


STATEMENT = Statement(
    id="PLD-T7",
    kind="theorem",
    title="Crossing a saddle in $d$ dimensions with noise that grows with the loss",
    source="meng2020, Theorem 7 and Theorem 14",
    assumptions=(
        WELLS,
        (r"either one noise in all directions, $C(w) = \sigma_g + \frac{2}{\eta\kappa}(L(w) - "
         r"L(a))$ times the unit matrix, and $\sigma_e = \sigma_g$", None),
        (r"or, in one basis, $L = \sum_i L_i(w_i)$ and $C_{ii} = \sigma_i s(w)$, $s = 1 + "
         r"\frac{2}{\eta\kappa} \sum_i \ell_i/\sigma_i$, with the saddle displaced from the "
         "minimum along one axis $e$", None),
        (r"$\det H_a > 0$; one negative eigenvalue $H_{be}$ at the saddle", None),
        ALPHA,
        (r"$\int C^{-m}$ finite in the well, for which $m > d/2$", m > d / 2),
    ),
    claim=CLAIM,
    uses=("FND-5", "PLD-T4", "PLD-L6"),
    steps=(
        Step("along any one coordinate, the others held, the flux vanishes: a proof for every "
             "loss and every $d$",
             equation(sp.Symbol("J_i"), 0), _flux, by="operator"),
        Step("so it does in the separable case", equation(sp.Symbol("J_i"), 0),
             _separable_flux, by="operator"),
        Step(r"which is the first one in the letters $v_i = w_i/\sqrt{\sigma_i}$, with unit "
             r"noise, the loss $\sum_i L_i/\sigma_i$, the same curvatures, and a barrier of "
             r"$\Delta L/\sigma_e$", None, _one_noise),
        Step(r"without one of the two cases $C^{-1}\nabla L$ is no gradient (here $\Sigma_g + "
             r"\frac{2}{\eta\kappa}(L - L(a))\,I$): no law without a current",
             None, _not_a_gradient, by="counterexample"),
        Step(r"the noise where the loss is higher by $\Delta L$", None, _growth),
        Step("volume of the well: sphere times radial integral, a Beta function",
             equation(sp.Integral((1 + v**2) ** -power, v),
                      sp.pi ** (n / 2) * sp.gamma(power - n / 2) / sp.gamma(power)),
             lambda: sp.gammasimp(
                 ball() * sp.gamma(power) / sp.gamma(power - n / 2)) - sp.pi ** (n / 2),
             by="integral"),
        Step(r"at large $r$ its integrand is $r^{d-1-2m}$", None, _decay, by="limit"),
        Step(r"time = volume over flux; the flux adds up $1/\int s^{m-1}\mathrm{d}u \propto "
             r"s_\perp^{-(m-1/2)}$ over the $d - 1$ directions across: of the Gammas only "
             r"$\frac{1}{m - 1/2}$ is left, of the noise at the saddle $(1+X)^{m-d/2}$",
             equation(sp.gamma(m - d / 2) / sp.gamma(m) * sp.gamma(m) / sp.gamma(m + HALF)
                      * sp.gamma(m - HALF) / sp.gamma(m - d / 2), 1 / (m - HALF)),
             _product, by="integral"),
        Step("in one dimension it is PLD-L6", None, _one, by="example"),
        Step(r"no other loss makes a difference at large $m$: $s^{\mp m} = e^{\mp m \ln s}$ "
             r"narrows to Gaussians, as in the formula of Eyring and Kramers for the loss "
             r"$\ln s$ at temperature $1/m$", None, _laplace, by="limit"),
        Step(r"$(1 + E/\kappa)^{\kappa + 1 - \alpha - d/2} \to e^E$",
             equation(sp.Limit((1 + E / kappa) ** kappa, kappa, sp.oo), sp.exp(E)),
             _kramers, by="limit"),
    ),
    mutants=(
        Mutant(r"$\Delta L$ in place of $2\Delta L$", grows(1), source=True),
        Mutant(r"factor $1/(1 - \frac{d}{2\kappa})$ (at $\alpha = 1$)",
               crosses(front=kappa / (m - d / 2)), source=True),
        Mutant(r"exponent $\kappa - \frac12$ (at $\alpha = 1$)",
               crosses(exponent=m - HALF), source=True),
        Mutant("all three together",
               {**grows(1), **crosses(front=kappa / (m - d / 2), exponent=m - HALF)},
               source=True),
        Mutant("exponent $m - (d + 1)/2$", crosses(exponent=m - (d + 1) / 2)),
        Mutant("exponent $m$", crosses(exponent=m)),
        Mutant("only the square root of the negative curvature",
               {CROSS: Asymptotic(tau, crossing() * sp.sqrt(H_be))}),
        Mutant(r"law with the exponent $\kappa$ for every reading",
               {LAW: Proportional(p(w), C(w) ** -kappa), SPLIT: separable(kappa)}),
        Mutant("one power of the radius too few",
               {EXISTS: sp.Gt(m, (d - 1) / 2, evaluate=False)}),
    ),
    status="asymptotic",
    against_source="corrected",
    aliases=("PLD-T14",),
    remark=(
        r"As we reconstruct it, the source has $(1 + \Delta L/(\eta\kappa\sigma_e))^{\kappa - "
        r"1/2}/(1 - \frac{d}{2\kappa})$. The factor 2 is missing against its own Lemma 6 at "
        r"$d = 1$; the exponent does not fall with $d$. It must: at the saddle the noise is "
        r"$1 + X$ times that of the well, which widens the passage in $d - 1$ directions. "
        r"The factor $\kappa/(m - \frac12)$ tends to one in the limit; it is right at the "
        r"first order in $1/m$ too, where directions across that are quadratic add nothing, "
        r"and the source's is not. Both integrals, over the well and across the saddle, need "
        r"$m > d/2$. A direction in which the loss is flat does nothing: leave its zero "
        r"eigenvalues out of both determinants, and it out of $d$, which the exponent knows."
    ),
    notebook="notebooks/escape/04_two_dimensions",
)  # fmt: skip

STATEMENTS = (STATEMENT,)
