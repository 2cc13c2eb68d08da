"""The logarithmic landscape and the power-law dynamic: one noise, one law, two readings."""

import sympy as sp

from sgdtheory.theory import fokker_planck as fp
from sgdtheory.theory.escape import barrier
from sgdtheory.theory.escape.symbols import H_a, H_b, alpha, m
from sgdtheory.theory.foundations.symbols import w
from sgdtheory.theory.log_landscape.letters import L_0, PHI, SDE, b, eta, h, phi
from sgdtheory.theory.power_law.symbols import kappa, sigma_g, sigma_H, u
from sgdtheory.theory.statement import (
    Asymptotic,
    Mutant,
    Proportional,
    Statement,
    Step,
    equation,
)  # fmt: skip

HALF = sp.S.Half
K, r = sp.symbols("K r", positive=True)
sigma_K = sp.Symbol(r"\sigma_{H,K}", positive=True)
kappa_K = sp.Symbol(r"\kappa_{K}", positive=True)
T_SGD, T_anti = sp.symbols(r"T_{\mathrm{SGD}} T_{\mathrm{anti}}", positive=True)
L, D = sp.Function("L")(w), sp.Function("D")(w)
p_0, p_1, p_tau = (sp.Function(name)(w) for name in ("p_0", "p_1", r"\tilde{p}_0"))
POTENTIAL = sp.Integral(sp.diff(L, w) / D, w)

NOISE_G, NOISE_H, KAPPA, EXPONENT, NOISE_K, KAPPA_K, ONE, ANTI, TAU, ITO, SGD, OTHER, RATIO = (
    r"noise proportional to the loss of a parabola, $\frac{2h}{b} L = \sigma_g + \sigma_H u^2$",
    "and",
    "so the power-law dynamic has",
    r"and the exponent of the loss in LOG-5 is that of its Itô law",
    "linear regression on a feature of kurtosis $K$ has the same $\\sigma_g$, but",
    "and so",
    "it is proportional to the loss if and only if",
    r"any $L$ and $D$ in one dimension: law of the anti-Itô reading on the clock $t$,",
    r"of the Itô reading on the clock $\tau = \int D\,\mathrm{d}t$,",
    "and of the Itô reading on the clock $t$",
    r"escape over a barrier, $r = L_b/L_a$, $\kappa \to \infty$: SGD (Itô)",
    "in the anti-Itô reading",
    "their ratio",
)


def escape(time, power) -> Asymptotic:
    return Asymptotic(time, 2 * sp.pi / sp.sqrt(H_a * H_b) * r**power)


CLAIM = {
    NOISE_G: equation(sigma_g, 2 * h * L_0 / b),
    NOISE_H: equation(sigma_H, h**2 / b),
    KAPPA: equation(kappa, b / (eta * h)),
    EXPONENT: equation(phi, kappa + 1),
    NOISE_K: equation(sigma_K, (K - 1) * h**2 / b),
    KAPPA_K: equation(kappa_K, b / ((K - 1) * eta * h)),
    ONE: equation(K, sp.Integer(2)),
    ANTI: Proportional(p_1, sp.exp(-POTENTIAL)),
    TAU: Proportional(p_tau, sp.exp(-POTENTIAL)),
    ITO: Proportional(p_0, sp.exp(-POTENTIAL) / D),
    SGD: escape(T_SGD, kappa + HALF),
    OTHER: escape(T_anti, kappa - HALF),
    RATIO: Asymptotic(T_SGD / T_anti, r),
}


def _parabola(claim):
    noise = 2 * h / b * (L_0 + h * u**2 / 2)
    return sp.expand(noise - claim[NOISE_G].rhs - claim[NOISE_H].rhs * u**2)


def _kappa(claim):
    curvature_over_noise = h / (eta * claim[NOISE_H].rhs)
    return sp.cancel(claim[KAPPA].rhs - curvature_over_noise)


def _exponent(claim):
    """Where C is proportional to L, so are their powers; LOG-5 has the exponent PHI."""
    return sp.cancel(claim[EXPONENT].rhs.subs(kappa, claim[KAPPA].rhs) - PHI)


def gradient_variance() -> sp.Expr:
    """Of ``x (x u - zeta)`` over b: moments h, K h² of x, variance ``2 L_*`` of the label."""
    x, zeta = sp.symbols("x zeta")
    moments = {(2, 0): h, (4, 0): K * h**2, (2, 2): h * 2 * L_0, (0, 0): 1}

    def mean(expr):
        terms = sp.Poly(sp.expand(expr), x, zeta).terms()
        # Odd powers of the independent, centred label noise have mean zero.
        return sum(c * moments[k] for k, c in terms if k[1] % 2 == 0)

    gradient = x * (x * u - zeta)
    return sp.expand((mean(gradient**2) - mean(gradient) ** 2) / b)


def _regression(claim):
    found = gradient_variance()
    return sp.expand(found - claim[NOISE_G].rhs - claim[NOISE_K].rhs * u**2)


def _kappa_k(claim):
    return sp.cancel(claim[KAPPA_K].rhs - h / (eta * claim[NOISE_K].rhs))


def _one(claim):
    """C/L has no slope at this K alone."""
    loss = L_0 + h * u**2 / 2
    slope = sp.numer(sp.cancel(sp.diff(gradient_variance() / loss, u)))
    (only,) = sp.solve(slope, K)
    return only - claim[ONE].rhs


def _clocks(claim):
    def log_p(label):
        return sp.expand_log(sp.log(claim[label].rhs), force=True)

    slope = -sp.diff(L, w)
    return [
        sp.cancel(fp.residual(log_p(ANTI), slope, D, w, "anti-ito").doit()),
        sp.cancel(fp.residual(log_p(TAU), slope / D, sp.S.One, w).doit()),
        sp.cancel(fp.residual(log_p(ITO), slope, D, w).doit()),
    ]


def _same_noise(claim):
    """The noise and its growth in PLD-L6 are those of ``C = 2 h L/b``, for every loss."""
    L_a, rise = sp.symbols("L_a rise", positive=True)
    at_minimum = claim[NOISE_G].rhs.subs(L_0, L_a)
    noise = at_minimum + 2 * rise / (eta * claim[KAPPA].rhs)
    growth = barrier.CLAIM[barrier.GROWTH].rhs
    grown = growth.subs({kappa: claim[KAPPA].rhs, sigma_g: at_minimum, barrier.barrier: rise})
    return [
        sp.cancel(noise - 2 * h / b * (L_a + rise)),
        sp.cancel(1 + grown - (L_a + rise) / L_a),
    ]


def _escape(claim):
    cross, index = (barrier.CLAIM[label].rhs for label in (barrier.CROSS, barrier.M))
    for label, reading in ((SGD, 0), (OTHER, 1)):
        found = cross.subs(m, index).subs({alpha: reading, barrier.X: r - 1})
        ratio = sp.simplify(sp.powsimp(claim[label].rhs / found))
        yield sp.limit(ratio, kappa, sp.oo) - 1


def _ratio(claim):
    found = sp.powsimp(claim[SGD].rhs / claim[OTHER].rhs)
    return sp.limit(sp.simplify(claim[RATIO].rhs / found), kappa, sp.oo) - 1


LOG_M1 = Statement(
    id="LOG-M1",
    kind="theorem",
    title="The logarithmic landscape is the power-law dynamic with noise proportional to the "
    "loss",
    source="sgdtheory",
    assumptions=(
        SDE,
        (r"one dimension, $u = w - w^*$; the parabola is $L = L_* + \frac{h}{2} u^2$", None),
        (r"regression: label $x w^* + \zeta$ with centred noise $\zeta$ independent of $x$, "
         r"$h = \mathbb{E}\,x^2$, $K = \mathbb{E}\,x^4 / h^2 > 1$, "
         r"$L_* = \mathbb{E}\,\zeta^2 / 2$", K > 1),
        (r"escape: $C = \frac{2h}{b} L$ all the way over the barrier", None),
    ),
    claim=CLAIM,
    uses=("FND-4", "FND-5", "LOG-4", "LOG-5", "PLD-T2", "PLD-L6"),
    steps=(
        Step("write the loss out", None, _parabola),
        Step(r"$\kappa = H/(\eta\sigma_H)$ with $H = h$", None, _kappa),
        Step("LOG-5 in the letters of PLD-T2", None, _exponent),
        Step(r"gradient of a sample $x\,(x u - \zeta)$: its second moment is $K h^2 u^2 + "
             r"2 h L_*$, its mean $h u$",
             None, _regression),
        Step("again curvature over noise", None, _kappa_k),
        Step("only one kurtosis makes noise and loss proportional", None, _one),
        Step("zero flux, three times", None, _clocks, by="operator"),
        Step(r"$C = \frac{2h}{b} L$ is the noise of PLD-L6 for every loss, with $1 + X = r$",
             None, _same_noise),
        Step(r"PLD-L6 read twice; its $\kappa/(m - \frac12)$ tends to one", None, _escape,
             by="limit"),
        Step("curvatures cancel", None, _ratio, by="limit"),
    ),
    mutants=(
        Mutant(r"$\sigma_g = h L_*/b$", {NOISE_G: equation(sigma_g, h * L_0 / b)}),
        Mutant(r"$\kappa$ of Gaussian features for noise proportional to the loss",
               {KAPPA: equation(kappa, b / (2 * eta * h))}),
        Mutant(r"exponent $\kappa$, that of the anti-Itô law",
               {EXPONENT: equation(phi, kappa)}),
        Mutant("the square of the mean gradient forgotten",
               {NOISE_K: equation(sigma_K, K * h**2 / b),
                KAPPA_K: equation(kappa_K, b / (K * eta * h))}),
        Mutant(r"$\kappa$ the same for every feature",
               {KAPPA_K: equation(kappa_K, b / (eta * h))}),
        Mutant("Gaussian features give noise proportional to the loss",
               {ONE: equation(K, sp.Integer(3))}),
        Mutant("laws of the two readings swapped",
               {ANTI: Proportional(p_1, sp.exp(-POTENTIAL) / D),
                ITO: Proportional(p_0, sp.exp(-POTENTIAL))}),
        Mutant(r"the clock $\tau$ forgotten",
               {TAU: Proportional(p_tau, sp.exp(-POTENTIAL) / D)}),
        Mutant(r"exponent $\kappa - \frac12$ for SGD", {SGD: escape(T_SGD, kappa - HALF)}),
        Mutant("exponents of escape swapped", {SGD: escape(T_SGD, kappa - HALF),
                                               OTHER: escape(T_anti, kappa + HALF)}),
        Mutant("no difference between the readings",
               {RATIO: Asymptotic(T_SGD / T_anti, sp.S.One)}),
    ),
    status="asymptotic",
    aliases=("LOG-M",),
    remark=(
        r"Two theories, one dynamic. As we reconstruct it, the exponent "
        r"$\kappa$ of the power-law paper is that of the anti-Itô reading: it is also that of "
        r"SGD's own path, on the clock $\tau$. For regression on Gaussian features $K = 3$ and "
        r"$\kappa_K = b/(2\eta h)$, half of what noise proportional to the loss gives. The law "
        r"and its exponents are exact; the times of escape hold for $\kappa \to \infty$ at "
        r"fixed $r$."
    ),
    notebook="notebooks/log_landscape/02_stationary_exponent",
)  # fmt: skip

STATEMENTS = (LOG_M1,)
