"""A flat and a sharp well: in which of them the stationary law is, for each noise."""

from functools import lru_cache

import sympy as sp

from sgdtheory.theory.escape import barrier as one_noise
from sgdtheory.theory.statement import Asymptotic, Mutant, Statement, Step, equation

HALF = sp.S.Half
H_f, H_s, L_f, L_s, L_b, D = sp.symbols("H_f H_s L_f L_s L_b D", positive=True)
D_f, D_s, C_f, C_s = sp.symbols("D_f D_s C_f C_s", positive=True)
r, eta, b, kappa, m = sp.symbols("r eta b kappa m", positive=True)
alpha = sp.Symbol("alpha", nonnegative=True)
Phi_f, Phi_s = sp.symbols("Phi_f Phi_s", positive=True)
W, W_const, W_own, W_grow, W_log, W_anti = sp.symbols(
    r"W W_{\mathrm{const}} W_{\mathrm{own}} W_{\mathrm{grow}} W_{\mathrm{log}} "
    r"W_{\text{anti-Itô}}",
    positive=True,
)

ANY, CONST, GROW, M, LOG, OWN, READING = (
    r"any noise, $\Phi = \int |L'|/D$ from a minimum to the saddle",
    "constant noise, the same in both wells",
    "noise that grows with the loss, one law for both wells",
    "with",
    r"noise proportional to the loss, equal losses, SGD (Itô): $r = L_b/L_f$",
    "the noise of each minimum, frozen, else the same",
    r"anti-Itô over Itô, noise proportional to the loss, equal losses",
)
BY_COST = (b / eta) * (1 / H_f - 1 / H_s)


def occupied(power=alpha - HALF, cost=Phi_f - Phi_s):
    return sp.sqrt(H_s / H_f) * (D_f / D_s) ** power * sp.exp(cost)


def grown(power=m - HALF):
    return sp.sqrt(H_s / H_f) * (C_s / C_f) ** power


def by_ratio(front=H_s / H_f, cost=BY_COST):
    return front * r**cost


CLAIM = {
    ANY: Asymptotic(W, occupied()),
    CONST: Asymptotic(W_const, sp.sqrt(H_s / H_f) * sp.exp((L_s - L_f) / D)),
    GROW: Asymptotic(W_grow, grown()),
    M: equation(m, kappa + 1 - alpha),
    LOG: Asymptotic(W_log, by_ratio()),
    OWN: Asymptotic(W_own, H_s / H_f * sp.exp((r - 1) * BY_COST)),
    READING: equation(W_anti / W_log, H_f / H_s),
}


@lru_cache(maxsize=2)
def _gaussian(H, D) -> sp.Expr:
    """∫ exp(-H z²/(2D)) dz near the minimum, in units of a noise that goes to zero."""
    z = sp.Symbol("z", real=True)
    reach, n = sp.symbols("delta n", positive=True)
    near = sp.integrate(sp.exp(-H * n**2 * z**2 / (2 * D)), (z, -reach, reach)) * n
    return sp.limit(near, n, sp.oo)


def _mass(claim):
    """Both peaks of ``D^(alpha - 1) exp(Phi)``."""
    flat, sharp = (
        D_i ** (alpha - 1) * sp.exp(Phi_i) * _gaussian(H, D_i)
        for H, D_i, Phi_i in ((H_f, D_f, Phi_f), (H_s, D_s, Phi_s))
    )
    return sp.simplify(sp.expand_log(sp.log(claim[ANY].rhs * sharp / flat), force=True))


def _put(claim, label, values):
    """Log of a model's claim over that of any noise."""
    found = claim[ANY].rhs.subs(values, simultaneous=True)
    return sp.simplify(sp.expand_log(sp.log(claim[label].rhs / found), force=True))


def _const(claim):
    heights = {Phi_f: (L_b - L_f) / D, Phi_s: (L_b - L_s) / D, D_f: D, D_s: D}
    return _put(claim, CONST, heights)


def _grow(claim):
    """``D = eta C/2`` and ``C' = 2 L'/(eta kappa)``: ``Phi = kappa ln(C_b/C)``."""
    C_b = sp.Symbol("C_b", positive=True)
    values = {D_f: eta * C_f / 2, D_s: eta * C_s / 2,
              Phi_f: kappa * sp.log(C_b / C_f), Phi_s: kappa * sp.log(C_b / C_s)}  # fmt: skip
    grow = Asymptotic(W_grow, claim[GROW].rhs.subs(m, claim[M].rhs))
    return _put({ANY: claim[ANY], GROW: grow}, GROW, values)


def _crossings(claim):
    """The same from the two times to cross of PLD-L6."""
    s = one_noise
    time = s.CLAIM[s.CROSS].rhs
    C_b = sp.Symbol("C_b", positive=True)
    flat, sharp = (
        time.subs({s.H_a: H, s.X: C_b / C - 1, s.kappa: kappa, s.m: m}, simultaneous=True)
        for H, C in ((H_f, C_f), (H_s, C_s))
    )
    return sp.simplify(sp.expand_log(sp.log(claim[GROW].rhs * sharp / flat), force=True))


def _proportional(H):
    """``D = eta H L / b`` at the minimum and ``Phi = (b/eta H) ln r``."""
    return eta * H * L_f / b, b / (eta * H) * sp.log(r)


def _both(index, height=_proportional):
    (d_f, p_f), (d_s, p_s) = height(H_f), height(H_s)
    return {alpha: index, D_f: d_f, D_s: d_s, Phi_f: p_f, Phi_s: p_s}


def _log(claim):
    return _put(claim, LOG, _both(0))


def _own(claim):
    def frozen(H):
        """``Phi = (L_b - L_f)/D``."""
        return eta * H * L_f / b, (r - 1) * b / (eta * H)

    return _put(claim, OWN, _both(0, frozen))


def _reading(claim):
    either = claim[ANY].rhs
    ratio = either.subs(_both(1)) / either.subs(_both(0))
    return sp.simplify(ratio) - claim[READING].rhs


SYN_1 = Statement(
    id="SYN-1",
    kind="theorem",
    title="How much more often a diffusion is in the flat well, for each noise",
    source="sgdtheory",
    assumptions=(
        (r"one dimension, $L$ with a flat minimum $f$ and a sharp one $s$, curvatures "
         r"$H_f$ and $H_s$, one saddle $b$ between them, walls or a growing loss outside",
         None),
        (r"$W$ = probability of the flat side over that of the sharp side in the stationary "
         r"law without flux (FND-5), index $\alpha$", None),
        (r"weak noise: $\Phi_f, \Phi_s \gg 1$; $D = \eta C/2$ continuous at the saddle, or "
         r"the limit of such ones ($D^{1-\alpha} p$ continuous)", None),
        (r"noise that grows with the loss: $C = \sigma_g + \frac{2}{\eta\kappa}(L - L_a)$, one "
         r"function of $L$ for both wells (PLD-L6), limit $\kappa \to \infty$ at fixed "
         r"$C_s/C_f$; noise proportional to it: $C = \frac{2H}{b}L$ with the curvature of each "
         "well on its side (LOG-7)", None),
    ),
    claim=CLAIM,
    uses=("FND-5", "PLD-L6", "LOG-7"),
    steps=(
        Step(r"near a minimum the law is $D^{\alpha-1} e^{\Phi}$ times a Gaussian of variance "
             r"$D/H$, in units of its value at the saddle", None, _mass, by="limit"),
        Step(r"constant $D$: $\Phi$ is the height over $D$", None, _const),
        Step(r"$C' = 2L'/(\eta\kappa)$: $\Phi = \kappa \ln (C_b/C)$", None, _grow),
        Step("the ratio of the two times to cross (PLD-L6) is the same", None, _crossings),
        Step(r"$D = \eta H L/b$: $\Phi = \frac{b}{\eta H} \ln r$", None, _log),
        Step("the noise of the minimum on the whole of its side", None, _own),
        Step(r"a reading is a power of $D$", None, _reading),
    ),
    mutants=(
        Mutant("only the widths: no noise under the root",
               {ANY: Asymptotic(W, occupied(power=0))}),
        Mutant(r"power $\alpha + \frac12$", {ANY: Asymptotic(W, occupied(power=alpha + HALF))}),
        Mutant("the sharp well is favoured", {LOG: Asymptotic(W_log, by_ratio(cost=-BY_COST))}),
        Mutant("the two rates of LOG-7, each with its own noise beyond the saddle too",
               {LOG: Asymptotic(W_log, by_ratio(front=sp.sqrt(H_s / H_f)))}),
        Mutant(r"power $m$", {GROW: Asymptotic(W_grow, grown(m))}),
        Mutant(r"constant noise with $2(L_s - L_f)/D$", {CONST: Asymptotic(
            W_const, sp.sqrt(H_s / H_f) * sp.exp(2 * (L_s - L_f) / D))}),
        Mutant("the other reading favours the flat well more",
               {READING: equation(W_anti / W_log, H_s / H_f)}),
    ),
    status="asymptotic",
    against_source="new",
    remark=(
        r"At equal losses a noise that is a function of the loss alone prefers the flat well "
        r"by its width, $\sqrt{H_s/H_f}$, and by nothing else, whatever $\kappa$ and the "
        r"reading. A preference that is exponential needs noise that differs between the wells "
        r"at equal loss. Noise that knows the *curvature* does: it makes the sharp well "
        r"hotter. "
        r"The logarithm only tempers it: $r^x < e^{(r-1)x}$. The ratio of LOG-7's two rates "
        r"has "
        r"$\sqrt{H_s/H_f}$ in front instead of $H_s/H_f$, because each lets the noise of its "
        r"own minimum hold beyond the saddle too."
    ),
    notebook="notebooks/synthesis/01_one_landscape",
)  # fmt: skip

STATEMENTS = (SYN_1,)
