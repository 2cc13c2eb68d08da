"""Fokker-Planck for every reading of the noise, and its density without flux."""

import sympy as sp

from sgdtheory.theory import fokker_planck as fp
from sgdtheory.theory.foundations.symbols import (
    ALPHA,
    NOTEBOOK,
    D,
    E,
    alpha,
    dt,
    f,
    gaussian_mean,
    p,
    small_step,
    t,
    x,
    y,
)  # fmt: skip
from sgdtheory.theory.statement import Mutant, Proportional, Statement, Step, equation

J, phi, p_alpha = sp.Function("J"), sp.Function(r"\varphi"), sp.Function(r"p_\alpha")
p_ito, p_mid, p_anti = (sp.Function(f"p_{{{a}}}") for a in ("0", "1/2", "1"))
P, Slope, HALF = p(x, t), sp.Derivative, sp.Rational(1, 2)
RATE = Slope(P, t)
ITO_DRIFT = f(x) + alpha * Slope(D(x), x)

FLUX, ITO, MIDDLE, ANTI, SAME = (
    r"probability flux, index $\alpha$",
    r"Itô, $\alpha = 0$",
    r"Stratonovich, $\alpha = 1/2$",
    r"anti-Itô, $\alpha = 1$",
    "the same flux, as Itô with another drift",
)


def family_flux(index):
    """``f p - D^index (D^(1-index) p)'``, as it is written."""
    return f(x) * P - D(x) ** index * Slope(D(x) ** (1 - index) * P, x)


def family_rate(index):
    inner = Slope(D(x) ** (1 - index) * P, x) if index != 1 else Slope(P, x)
    return equation(RATE, -Slope(f(x) * P, x) + Slope(D(x) ** index * inner, x))


FND4_CLAIM = {
    FLUX: equation(J(x, t), family_flux(alpha)),
    ITO: equation(RATE, -Slope(f(x) * P, x) + Slope(D(x) * P, (x, 2))),
    MIDDLE: family_rate(HALF),
    ANTI: family_rate(sp.Integer(1)),
    SAME: equation(J(x, t), ITO_DRIFT * P - Slope(D(x) * P, x)),
}


def _generator(index) -> sp.Expr:
    """Rate of change of the mean of φ(x): mean and mean square of one small step."""
    step = small_step(f(x), D(x), x, dt, index)
    mean, square = (gaussian_mean(step**n).coeff(dt, 1) for n in (1, 2))
    return mean * sp.diff(phi(x), x) + square / 2 * sp.diff(phi(x), x, 2)


def _by_parts(label):
    """Mean of the generator minus mean of -φ J', up to a derivative that integrates to zero."""

    def residual(claim):
        J_ = claim[label].rhs.doit()
        edge = phi(x) * J_ + D(x) * P * sp.diff(phi(x), x)
        return sp.expand(P * _generator(alpha) + phi(x) * sp.diff(J_, x) - sp.diff(edge, x))

    return residual


def _special(label, index):
    def residual(claim):
        flux = FND4_CLAIM[FLUX].rhs.subs(alpha, index).doit()
        return sp.expand(claim[label].rhs.doit() + sp.diff(flux, x))

    return residual


FND4 = Statement(
    id="FND-4",
    kind="theorem",
    title="Fokker-Planck in the three conventions",
    source="sgdtheory",
    assumptions=(
        (r"$\mathrm{d}x = f\,\mathrm{d}t + \sqrt{2D}\,\mathrm{d}B$, the amplitude of each "
         r"small step taken at $x + \alpha\,\mathrm{d}x$", None),
        ALPHA,
        ("$f$ and $D$ smooth, $D > 0$", None),
    ),
    claim=FND4_CLAIM,
    steps=(
        Step(
            r"expand the amplitude at $x + \alpha\,\mathrm{d}x$: to first order in $\Delta t$ "
            r"the mean step gains $\alpha D' \Delta t$",
            equation(E(sp.Symbol(r"\Delta{x}")), ITO_DRIFT * dt),
            lambda: gaussian_mean(small_step(f(x), D(x), x, dt, alpha)) - ITO_DRIFT.doit() * dt,
            by="series",
        ),
        Step(
            r"its mean square is $2D\,\Delta t$, for every index",
            equation(E(sp.Symbol(r"\Delta{x}^2")), 2 * D(x) * dt),
            lambda: gaussian_mean(small_step(f(x), D(x), x, dt, alpha) ** 2).coeff(dt, 1)
            - 2 * D(x),
            by="series",
        ),
        Step(
            r"average any $\varphi$ over the step and integrate by parts: the drift is "
            r"$f + \alpha D'$",
            equation(sp.Symbol(r"{\partial_t\int\varphi\,p\,\mathrm{d}x}"),
                     sp.Symbol(r"{\int\varphi'\,J\,\mathrm{d}x}")),
            _by_parts(SAME),
            by="operator",
        ),
        Step("the same flux with powers of $D$, which shows the two ends of the family", None,
             _by_parts(FLUX), by="operator"),
        Step("Itô: $D$ inside both derivatives", None, _special(ITO, 0), by="operator"),
        Step(r"Stratonovich: $\sqrt{D}$ inside and outside", None, _special(MIDDLE, HALF),
             by="operator"),
        Step("anti-Itô: $D$ between the derivatives", None, _special(ANTI, 1), by="operator"),
    ),
    mutants=(
        Mutant("index with the other sign", {FLUX: equation(J(x, t), family_flux(-alpha))}),
        Mutant("Itô and anti-Itô exchanged", {ITO: FND4_CLAIM[ANTI], ANTI: FND4_CLAIM[ITO]}),
        Mutant("diffusion without its factor",
               {ITO: equation(RATE, -Slope(f(x) * P, x) + Slope(D(x) * P, (x, 2)) / 2)}),
        Mutant(r"drift $f - \alpha D'$",
               {SAME: equation(J(x, t), (f(x) - alpha * Slope(D(x), x)) * P
                               - Slope(D(x) * P, x))}),
        Mutant(r"drift $f + 2\alpha D'$",
               {SAME: equation(J(x, t), (f(x) + 2 * alpha * Slope(D(x), x)) * P
                               - Slope(D(x) * P, x))}),
    ),
    remark=(
        "The three equations are three processes with the same letters. Any one of them can be "
        "written in any other reading, with another drift. Where $D$ is constant they agree."
    ),
    notebook=NOTEBOOK,
)  # fmt: skip

BOLTZMANN = sp.exp(sp.Integral(f(y) / D(y), (y, 0, x)))
LAW, RATIO = r"stationary density without flux, index $\alpha$", "one reading against another"


def law(index, factor=1):
    return D(x) ** (index - 1) * BOLTZMANN**factor


def log_of(density):
    return sp.expand_log(sp.log(density), force=True)


def _no_flux(label, index):
    def residual(claim):
        return sp.expand(fp.residual(log_of(claim[label].rhs), f(x), D(x), x, index))

    return residual


def _ratio(claim):
    """Both densities without flux: their log-derivatives from J = 0, subtracted."""
    slopes = [(f(x) - (1 - index) * sp.diff(D(x), x)) / D(x) for index in (alpha, 0)]
    return sp.expand(sp.diff(log_of(claim[RATIO].rhs), x) - slopes[0] + slopes[1])


def _worked(claim):
    """f = -x, D = 1 + x²: the general law against a density in closed form."""
    log_p = log_of(claim[LAW].rhs).subs(BOLTZMANN.args[0], sp.Symbol("I"))
    log_p = log_p.replace(D, lambda u: 1 + u**2).subs(sp.Symbol("I"), -sp.log(1 + x**2) / 2)
    return log_p - (alpha - sp.Rational(3, 2)) * sp.log(1 + x**2)


FND5 = Statement(
    id="FND-5",
    kind="theorem",
    title="The stationary density without flux",
    source="sgdtheory",
    assumptions=(
        ("one dimension, $D > 0$ and continuous", None),
        ALPHA,
        ("normalisable; no probability enters or leaves at the ends", None),
    ),
    claim={
        LAW: Proportional(p_alpha(x), law(alpha)),
        ITO: Proportional(p_ito(x), law(0)),
        MIDDLE: Proportional(p_mid(x), law(HALF)),
        ANTI: Proportional(p_anti(x), law(1)),
        RATIO: Proportional(p_alpha(x) / p_ito(x), D(x) ** alpha),
    },
    uses=("FND-4",),
    steps=(
        Step(
            "stationary: $J$ does not depend on $x$; nothing flows at the ends: $J = 0$, which "
            "is separable",
            equation(Slope(sp.log(p_alpha(x)), x),
                     f(x) / D(x) - (1 - alpha) * Slope(sp.log(D(x)), x)),
            lambda: sp.expand(
                fp.flux(sp.exp(p(x)), f(x), D(x), x, alpha) / sp.exp(p(x)) / D(x)
                + sp.diff(p(x), x) - f(x) / D(x) + (1 - alpha) * sp.diff(D(x), x) / D(x)
            ),
        ),
        Step("integrate once: the flux of this density is zero, whatever $f$ and $D$",
             equation(J(x), 0), _no_flux(LAW, alpha)),
        Step("Itô: one factor $1/D$", None, _no_flux(ITO, sp.S.Zero)),
        Step(r"Stratonovich: one factor $1/\sqrt{D}$", None, _no_flux(MIDDLE, HALF)),
        Step("anti-Itô: no factor", None, _no_flux(ANTI, sp.S.One)),
        Step("the drift is the same and drops out of the quotient", None, _ratio),
        Step("worked instance, $f = -x$ and $D = 1 + x^2$",
             Proportional(p_alpha(x), (1 + x**2) ** (alpha - sp.Rational(3, 2))),
             _worked, by="example"),
    ),
    mutants=(
        Mutant(r"$D^{1-\alpha}$ instead of $D^{\alpha-1}$",
               {LAW: Proportional(p_alpha(x), D(x) ** (1 - alpha) * BOLTZMANN)}),
        Mutant("half the exponent, $f/(2D)$",
               {LAW: Proportional(p_alpha(x), law(alpha, HALF))}),
        Mutant("Itô without its factor $1/D$", {ITO: Proportional(p_ito(x), law(1))}),
        Mutant("Stratonovich with the factor of Itô", {MIDDLE: Proportional(p_mid(x), law(0))}),
        Mutant("drift uphill", {ANTI: Proportional(p_anti(x), law(1, -1))}),
    ),
    remark=(
        r"The reading of the noise enters by the factor $D^{-(1-\alpha)}$ alone. Whether the "
        r"law can be normalised may depend on it: in the worked instance it can if "
        r"$\alpha < 1$."
    ),
    notebook=NOTEBOOK,
)  # fmt: skip

STATEMENTS = (FND4, FND5)
