"""What is measured: variance along a component, the profile of the loss, the flatness."""

from functools import lru_cache

import sympy as sp

from sgdtheory.theory.statement import Asymptotic, Mutant, Statement, Step, equation

NOTEBOOK = "notebooks/variance_flatness/03_the_relation"

# IVF-E5: a window in two directions.
a, b, s, T = sp.symbols("a b s T", positive=True)
c = sp.Symbol("c", real=True)
first, second, gap = sp.symbols(r"\sigma_1^2 \sigma_2^2 "
                                r"{\operatorname{E}(\sigma_1^2-\sigma_2^2)}",
                                positive=True)  # fmt: skip
FIRST, BOTH, GAP = (
    "largest variance, covariance $a$, $b$ and $c$",
    "the sum does not depend on the directions",
    "two equal directions of variance $s^2$, told apart by $T$ independent points",
)
COMPONENTS = {
    FIRST: equation(first, (a + b) / 2 + sp.sqrt((a - b) ** 2 / 4 + c**2)),
    BOTH: equation(first + second, a + b),
    GAP: Asymptotic(gap, s**2 * sp.sqrt(2 * sp.pi / T)),
}

u = sp.Symbol("varphi", real=True)


def _first(claim):
    """It is an eigenvalue, and the variance along no direction is larger."""
    value = claim[FIRST].rhs
    polynomial = sp.expand((a - value) * (b - value) - c**2)
    # Along (cos u, sin u): mean plus (a - b)/2 cos 2u + c sin 2u, whose greatest value is this.
    along = sp.Matrix([sp.sin(u), sp.cos(u)]).norm() * sp.sqrt((a - b) ** 2 / 4 + c**2)
    return [polynomial, sp.simplify(along + (a + b) / 2 - value)]


def _both(claim):
    other = (a + b) / 2 - sp.sqrt((a - b) ** 2 / 4 + c**2)
    return sp.expand(other + claim[FIRST].rhs - claim[BOTH].rhs)


@lru_cache(maxsize=1)
def rayleigh() -> sp.Expr:
    """Mean length of a normal vector in the plane, unit variance in each direction."""
    r = sp.Symbol("r", positive=True)
    return sp.integrate(r**2 * sp.exp(-(r**2) / 2), (r, 0, sp.oo))


def _gap(claim):
    """``a - b`` and ``2 c`` are normal of variance ``4 s^4/T``; the gap is their length."""
    leading = sp.limit(claim[GAP].rhs * sp.sqrt(T), T, sp.oo)
    return sp.simplify(leading - 2 * s**2 * rayleigh())


# IVF-E6: a loss in two dimensions, to third order.
g_1, g_2, h_11, h_12, h_22, k_1, k_2 = sp.symbols("g_1 g_2 h_11 h_12 h_22 k_1 k_2", real=True)
p_1, p_2, x = sp.symbols("p_1 p_2 x", real=True)
L_i = sp.Function("L_i")
slope, curvature = sp.symbols("{L_i'(0)} {L_i''(0)}", real=True)
SLOPE, CURVATURE = "its slope at the middle of the window", "its curvature there"
PROFILE = {
    SLOPE: equation(slope, g_1 * p_1 + g_2 * p_2),
    CURVATURE: equation(curvature, h_11 * p_1**2 + 2 * h_12 * p_1 * p_2 + h_22 * p_2**2),
}


def profile():
    """``L(w_0 + x p)`` for a loss with gradient g, Hessian h and some third order at w_0."""
    v, w = x * p_1, x * p_2
    second_order = (h_11 * v**2 + 2 * h_12 * v * w + h_22 * w**2) / 2
    return g_1 * v + g_2 * w + second_order + k_1 * v**3 + k_2 * v * w**2


def _slope(claim):
    return sp.expand(sp.diff(profile(), x).subs(x, 0) - claim[SLOPE].rhs)


def _curvature(claim):
    return sp.expand(sp.diff(profile(), x, 2).subs(x, 0) - claim[CURVATURE].rhs)


# IVF-E7: the flatness.
L_0, lam, Mbar, level = sp.symbols(r"L_0 lambda \bar{M} q", positive=True)
F = sp.Symbol("F", positive=True)
F_of = sp.Function("F")
LOG, HESSIAN, PLAIN, LEVEL, SHRINKS = (
    r"$\ln L$ quadratic, $L = L_0e^{\bar M x^2/2}$",
    r"so the curvature of $L$ is",
    r"$L$ quadratic, $L = L_0 + \lambda x^2/2$",
    r"another factor $q$ in the place of $e$, $\ln L$ quadratic",
    r"half the loss at the bottom, same curvature",
)
FLATNESS = {
    LOG: equation(F, sp.sqrt(8 / Mbar)),
    HESSIAN: equation(lam, 8 * L_0 / F**2),
    PLAIN: equation(F, sp.sqrt(8 * (sp.E - 1) * L_0 / lam)),
    LEVEL: equation(F_of(level) / F_of(sp.E), sp.sqrt(sp.log(level))),
    SHRINKS: equation(F_of(L_0 / 2) / F_of(L_0), 1 / sp.sqrt(2)),
}


def _reaches(loss, factor, width):
    """The loss at half of the width, over ``factor`` times that at the bottom, less one."""
    return sp.simplify(loss.subs(x, width / 2) / (factor * loss.subs(x, 0)) - 1)


LOGARITHMIC = L_0 * sp.exp(Mbar * x**2 / 2)


def _log(claim):
    return _reaches(LOGARITHMIC, sp.E, claim[LOG].rhs)


def _hessian(claim):
    found = sp.diff(LOGARITHMIC, x, 2).subs(x, 0)
    return sp.simplify(claim[HESSIAN].rhs.subs(F, claim[LOG].rhs) - found)


def _plain(claim):
    return _reaches(L_0 + lam * x**2 / 2, sp.E, claim[PLAIN].rhs)


def _level(claim):
    above = sp.Symbol("y", positive=True)  # q = e^y, so that q > 1
    width = claim[LOG].rhs * claim[LEVEL].rhs.subs(level, sp.exp(above))
    return _reaches(LOGARITHMIC, sp.exp(above), width)


def _shrinks(claim):
    ratio = claim[PLAIN].rhs.subs(L_0, L_0 / 2) / claim[PLAIN].rhs
    return sp.simplify(ratio - claim[SHRINKS].rhs)


STATEMENTS = (
    Statement(
        id="IVF-E5",
        kind="definition",
        title="Variance along a principal component, and why it must not be trusted in-sample",
        source="feng2021, Equation 5",
        assumptions=(
            (r"$w(t) = \langle w\rangle_T + \sum_i \theta_i(t)p_i$, $p_i$ orthonormal "
             r"eigenvectors of the window's covariance; $\sigma_i^2 = "
             r"\frac1T\sum_t\theta_i^2$", None),
            (r"shown for two directions; $T \to \infty$ in the last line", None),
        ),
        claim=COMPONENTS,
        steps=(
            Step("a root of the characteristic polynomial, and the greatest value that a "
                 "direction can have",
                 None, _first),
            Step("trace", None, _both),
            Step(r"the splitting of a degenerate pair is the length of a normal vector with "
                 r"variance "
                 r"$4s^4/T$ in each direction", None, _gap, by="integral"),
        ),
        mutants=(
            Mutant("without the covariance", {FIRST: equation(first, sp.Max(a, b))}),
            Mutant("the directions can be told apart only by chance of order $1/T$",
                   {GAP: Asymptotic(gap, s**2 * sp.sqrt(2 * sp.pi) / T)}),
            Mutant("splitting in one of the two ways only",
                   {GAP: Asymptotic(gap, s**2 * sp.sqrt(8 / (sp.pi * T)))}),
        ),
        status="definition",
        against_source="as-stated",
        remark=(
            r"The definition is the source's. The last line is ours: components of equal "
            r"strength are "
            r"sorted by what they happened to do, and the sorting looks like a spectrum. The "
            r"points of a trajectory are not independent, so that the splitting is larger "
            r"there (IVF-RW1)."
        ),
        notebook=NOTEBOOK,
    ),
    Statement(
        id="IVF-E6",
        kind="definition",
        title="The profile of the loss along a direction",
        source="feng2021, Equation 6",
        assumptions=(
            (r"$L_i(x) = L(w_0 + xp_i)$, $w_0$ the mean of the window", None),
            (r"$g$, $h$: gradient and Hessian at $w_0$; shown in two dimensions", None),
        ),
        claim=PROFILE,
        steps=(
            Step("chain rule", None, _slope),
            Step("twice; third order does not enter", None, _curvature),
        ),
        mutants=(
            Mutant("a minimum in every direction", {SLOPE: equation(slope, 0)}),
            Mutant("off-diagonal elements counted once", {
                CURVATURE: equation(
                    curvature, h_11 * p_1**2 + h_12 * p_1 * p_2 + h_22 * p_2**2)}),
        ),
        status="definition",
        against_source="as-stated",
        remark=(
            r"$w_0$ is no minimum of $L$: the slope is small, and zero only if the run is "
            r"stationary and the loss "
            r"quadratic. The lowest point of the profile need not lie at $x = 0$."
        ),
        notebook=NOTEBOOK,
    ),
    Statement(
        id="IVF-E7",
        kind="definition",
        title="Flatness: the width at which the loss has grown by the factor e",
        source="feng2021, Equation 7",
        assumptions=(
            (r"$F_i = x_r - x_l$, $x_l < 0 < x_r$ the nearest points with $L_i(x) = "
             r"eL_i(0)$", None),
            (r"$L_0 = L_i(0) > 0$ the least value; $q > 1$ in the fourth line", None),
        ),
        claim=FLATNESS,
        uses=("IVF-E6",),
        steps=(
            Step(r"at $x = F/2$ the loss is $eL_0$", None, _log),
            Step(r"second derivative $L_0\bar M$ at the bottom", None, _hessian),
            Step(r"again $x = F/2$", None, _plain),
            Step(r"$\ln q$ in the place of one", None, _level),
            Step("at fixed curvature the width goes with the root of the loss", None, _shrinks),
        ),
        mutants=(
            Mutant("half of the width", {LOG: equation(F, sp.sqrt(2 / Mbar))}),
            Mutant("without the factor of the square of the half",
                   {HESSIAN: equation(lam, L_0 / F**2)}),
            Mutant("growth by one instead of $e - 1$",
                   {PLAIN: equation(F, sp.sqrt(8 * L_0 / lam))}),
            Mutant("linear in the logarithm",
                   {LEVEL: equation(F_of(level) / F_of(sp.E), sp.log(level))}),
            Mutant("a property of the curvature alone",
                   {SHRINKS: equation(F_of(L_0 / 2) / F_of(L_0), 1)}),
        ),
        status="definition",
        against_source="as-stated",
        remark=(
            r"$F$ is not invariant under a change of parameters, and it depends on the loss "
            r"at the bottom: training on "
            r"makes every valley narrower in this measure. The two model profiles differ "
            r"by $\sqrt{e-1} = 1.31$ at the same curvature; exponents do not feel it."
        ),
        notebook=NOTEBOOK,
    ),
)  # fmt: skip
