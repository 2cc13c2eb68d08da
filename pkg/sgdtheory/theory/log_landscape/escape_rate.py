"""What follows from the rate of escape, and what noise frozen at the minimum would give."""

import sympy as sp

from sgdtheory.theory.foundations import kramers
from sgdtheory.theory.log_landscape import escape_line, escape_many
from sgdtheory.theory.log_landscape.escape_letters import TEMPERATURE, WELLS, Gamma, T, h_s, r
from sgdtheory.theory.log_landscape.letters import L_0, SDE, b, eta, h, n
from sgdtheory.theory.statement import Asymptotic, Mutant, Statement, Step, equation

HALF = sp.S.Half
Gamma_f, height, k_a, k_s, X = sp.symbols(r"Gamma_f \Delta{L} k_a k_s X", positive=True)
gain = sp.Symbol(r"\Gamma_{n+1}/\Gamma_{n}", positive=True)
by_h = sp.Symbol(r"h\,\partial_{h}\ln\Gamma", real=True)
by_loss = sp.Symbol(r"L_{*}\,\partial_{L_{*}}\ln\Gamma", real=True)
exponents = sp.Symbol(r"\frac{\ln\Gamma_{f}}{\ln\Gamma}", positive=True)
gap = sp.Symbol(r"T\,\ln\frac{\Gamma}{\Gamma_{f}}", positive=True)

CURVED, TEMP, WIDER, SHIFTED, ZERO, FROZEN, RATIO, EXPONENT, GAP, SLOWER = (
    r"a sharper minimum is left faster; $r$ and $h_s$ held",
    "with",
    r"one more direction, of curvature $k_a$ at the minimum and $k_s$ at the saddle",
    r"the loss lifted as a whole ($\Delta L$ and the curvatures held): the ratio counts",
    r"a minimum of vanishing loss is never left: as $L_* \to 0$",
    r"noise frozen at its strength in the minimum, $C = \frac{2h}{b} L_*$",
    "against noise that grows with the loss",
    r"quotient of the two exponents, as $T \to 0$; $X = r - 1$ small",
    "and their difference",
    "frozen noise always escapes with the larger exponent",
)


def frozen(exponent=(r - 1) / T) -> sp.Expr:
    return sp.sqrt(h * h_s) / (2 * sp.pi) * sp.exp(-exponent)


def near(slope=HALF) -> sp.Expr:
    return 1 + slope * X + sp.O(X**2)


CLAIM = {
    CURVED: equation(by_h, HALF + sp.log(r) / T),
    TEMP: TEMPERATURE,
    WIDER: equation(gain, sp.sqrt(r * k_a / k_s)),
    SHIFTED: equation(by_loss, (HALF + 1 / T) * (1 - 1 / r)),
    ZERO: Asymptotic(Gamma, sp.sqrt(h * h_s) / (2 * sp.pi) * (L_0 / height) ** (HALF + 1 / T)),
    FROZEN: Asymptotic(Gamma_f, frozen()),
    RATIO: Asymptotic(Gamma_f / Gamma, sp.sqrt(r) * sp.exp(-(r - 1 - sp.log(r)) / T)),
    EXPONENT: equation(exponents, near()),
    GAP: equation(gap, X**2 / 2 + sp.O(X**3)),
    SLOWER: sp.Lt(sp.log(r), r - 1, evaluate=False),
}
LOG_RATE = sp.expand_log(sp.log(escape_line.rate()), force=True)


def _curved(claim):
    temperature = claim[TEMP].rhs
    found = h * sp.diff(LOG_RATE.subs(T, temperature), h)
    return [
        sp.expand(found - claim[CURVED].rhs.subs(T, temperature)),
        temperature - eta / 2 * 2 * h / b,  # D = eta C/2 in units of L
    ]


def _wider(claim):
    rate = escape_many.rate()
    more = {escape_many.det_a: escape_many.det_a * k_a, n: n + 1,
            escape_many.det_s: escape_many.det_s * k_s}  # fmt: skip
    found = rate.subs(more, simultaneous=True) / rate
    return sp.powsimp(sp.simplify(found / claim[WIDER].rhs), force=True) - 1


def _shifted(claim):
    found = L_0 * sp.diff(LOG_RATE.subs(r, 1 + height / L_0), L_0)
    return sp.cancel(found - claim[SHIFTED].rhs.subs(r, 1 + height / L_0))


def _zero(claim):
    """``r = 1 + ΔL/L_*`` is ΔL/L_* in the limit, and so is its power."""
    ratio = LOG_RATE.subs(r, 1 + height / L_0) - sp.log(claim[ZERO].rhs)
    ratio = sp.expand_log(ratio, force=True)
    large = ratio.subs(sp.log(1 + height / L_0), sp.log(height) - sp.log(L_0))
    return [sp.limit(L_0 * sp.diff(ratio, L_0), L_0, 0), sp.expand(large)]


def _frozen(claim):
    constant = {kramers.D: T * L_0, kramers.barrier: (r - 1) * L_0}
    time = kramers.kramers(root=sp.sqrt(h * h_s)).subs(constant)
    return sp.simplify(claim[FROZEN].rhs * time) - 1


def _ratio(claim):
    found = sp.log(claim[FROZEN].rhs) - LOG_RATE - sp.log(claim[RATIO].rhs)
    return sp.expand(sp.expand_log(found, force=True))


def _exponents(claim):
    """The logarithms times T, as T -> 0."""
    mild, steep = (
        sp.limit(-T * sp.expand_log(log, force=True), T, 0).subs(r, 1 + X)
        for log in (LOG_RATE, sp.expand_log(sp.log(claim[FROZEN].rhs), force=True))
    )
    quotient = sp.series(steep / mild, X, 0, 2).removeO()
    difference = sp.series(steep - mild, X, 0, 3).removeO()
    return [
        sp.expand(quotient - claim[EXPONENT].rhs.removeO()),
        sp.expand(difference - claim[GAP].rhs.removeO()),
    ]


def _slower(claim):
    """``r - 1 - ln r`` is zero at 1 and grows from there."""
    margin = claim[SLOWER].gts - claim[SLOWER].lts
    strict = sp.true if isinstance(claim[SLOWER], sp.Lt) else sp.false
    return [sp.limit(margin, r, 1), sp.cancel(sp.diff(margin, r) - (r - 1) / r), strict]


LOG_11 = Statement(
    id="LOG-11",
    kind="corollary",
    title="Sharp minima are left, and minima of small loss are kept",
    source="mori2022, discussion of equations 16 and 17",
    assumptions=(
        SDE,
        WELLS,
        (r"the rates of LOG-7 and LOG-8 (noise proportional to the loss, $T \to 0$), with "
         r"$\Delta L = (r - 1) L_*$", None),
        ("a saddle above the minimum", r > 1),
    ),
    claim=CLAIM,
    uses=("FND-11", "LOG-7", "LOG-8"),
    steps=(
        Step(r"$h$ stands in $T$ too", None, _curved),
        Step(r"$n$ and both determinants change", None, _wider),
        Step(r"$r = 1 + \Delta L/L_*$", None, _shifted),
        Step(r"the power of $1 + \Delta L/L_*$", None, _zero, by="limit"),
        Step(r"Kramers' formula (FND-11) at the constant noise $D = T L_*$",
             equation(height / (T * L_0), (r - 1) / T), _frozen),
        Step("divide", None, _ratio),
        Step(r"$r - 1$ and $\ln r$ have one slope at $r = 1$", None, _exponents, by="series"),
        Step(r"$r - 1 - \ln r$ is zero at $r = 1$, and its slope $1 - 1/r$ is positive above",
             None, _slower),
    ),
    mutants=(
        Mutant(r"$h$ outside $T$ only", {CURVED: equation(by_h, HALF)}),
        Mutant(r"one more direction without the ratio of the losses",
               {WIDER: equation(gain, sp.sqrt(k_a / k_s))}),
        Mutant(r"only $\Delta L$ counts", {SHIFTED: equation(by_loss, 0)}),
        Mutant(r"power $\frac{1}{T} - \frac12$ for a vanishing loss", {ZERO: Asymptotic(
            Gamma, sp.sqrt(h * h_s) / (2 * sp.pi) * (L_0 / height) ** (1 / T - HALF))}),
        Mutant(r"frozen noise with the exponent $2 (r - 1)$",
               {FROZEN: Asymptotic(Gamma_f, frozen(2 * (r - 1) / T))}),
        Mutant(r"the factor $\sqrt{r}$ forgotten",
               {RATIO: Asymptotic(Gamma_f / Gamma, sp.exp(-(r - 1 - sp.log(r)) / T))}),
        Mutant("exponents equal to first order", {EXPONENT: equation(exponents, near(0))}),
    ),
    status="asymptotic",
    against_source="as-stated",
    remark=(
        r"The exponents agree if $r - 1 \ll 1$; the rates themselves only if $(r-1)^2 \ll 2T$ "
        r"too, which low noise makes a narrow range. Where $L_* \to 0$ at a fixed $T$ the "
        r"power of $L_*$ holds, and the factor before it is that of the formula only (PLD-X5). "
        r"That a further direction speeds escape by $\sqrt{r}$ "
        r"holds for equal curvatures at minimum and saddle: a pass that is wider or "
        r"narrower than the valley changes the rate through the determinants as well."
    ),
    notebook="notebooks/log_landscape/03_escape_rate",
)  # fmt: skip

STATEMENTS = (*escape_line.STATEMENTS, *escape_many.STATEMENTS, LOG_11)
