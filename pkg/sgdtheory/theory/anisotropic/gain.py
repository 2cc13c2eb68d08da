r"""How much aligned noise gains over isotropic noise: a bound from below, and a ceiling.

In the eigenbasis of H the traces are sums, ``Tr(HC) = sum_i lambda_i c_i`` with
``c_i = u_i' C u_i >= 0``.  Every inequality here drops terms that are not negative; the
steps name what is dropped with a letter and check that nothing else is left.
"""

import sympy as sp

from sgdtheory.theory.power_law.symbols import threshold
from sgdtheory.theory.statement import Asymptotic, Mutant, Statement, Step, equation

D, d, k, a, q = sp.symbols("D d k a q", positive=True)
lam1 = sp.Symbol("lambda_1", positive=True)
R, R_H = sp.symbols(r"R R_{C\propto{H}}", real=True)
a_iso = sp.Symbol(r"a_{C\propto{I}}", positive=True)
T_H, T_C, T_HC, T_HH = (
    sp.Symbol(rf"{{\mathrm{{Tr}}{inside}}}", positive=True)
    for inside in ("(H)", "(C)", "(HC)", "(H^2)")
)
# What the inequalities drop: sums of terms none of which is negative.
others, short, excess = sp.symbols("r t s", positive=True)

RATIO, LOWER, SPECTRUM = (
    r"gain over isotropic noise of the same trace, "
    r"$R = \mathrm{Tr}(HC)/\mathrm{Tr}(H\bar C)$, $\bar C = (\mathrm{Tr}\,C/D)\,I$",
    "from below, by alignment",
    "and by the spectrum",
)
BELOW, ONE, ABOVE = (
    r"$D \to \infty$, $k$ fixed, $\frac12 < d < 1$",
    r"$D \to \infty$, $k$ fixed, $d = 1$",
    r"$D \to \infty$, $k$ fixed, $d > 1$",
)
EXPONENT = r"so the exponent of $D$ is, for every $d > \frac12$"
CEILING, DIMENSION, ALIGNMENT = (
    "never more than",
    "which is at most the dimension",
    "alignment is at most",
)
ISOTROPIC, PROPORTIONAL = (
    "alignment of isotropic noise",
    r"gain of noise proportional to $H$ (alignment $a = 1$)",
)

BULK = k + (D - k) * D**-d
WORST = D / BULK**2
LAWS = ((BELOW, 1 - q), (ONE, sp.S.One), (ABOVE, 1 + q))
CLAIM = {
    RATIO: equation(R, D * T_HC / (T_H * T_C)),
    LOWER: sp.Ge(R, a * D * lam1**2 / T_H**2, evaluate=False),
    SPECTRUM: sp.Ge(D * lam1**2 / T_H**2, WORST, evaluate=False),
    BELOW: Asymptotic(WORST, D ** (2 * d - 1)),
    ONE: Asymptotic(WORST, D / (k + 1) ** 2),
    ABOVE: Asymptotic(WORST, D / k**2),
    EXPONENT: equation(
        sp.Limit(sp.log(WORST, evaluate=False) / sp.log(D), D, sp.oo), sp.Min(2 * d - 1, 1)
    ),
    CEILING: sp.Le(R, D * lam1 / T_H, evaluate=False),
    DIMENSION: sp.Le(D * lam1 / T_H, D, evaluate=False),
    ALIGNMENT: sp.Le(a, T_H / lam1, evaluate=False),
    ISOTROPIC: equation(a_iso, T_H / (D * lam1)),
    PROPORTIONAL: equation(R_H, D * T_HH / T_H**2),
}


def bound(claim, label, values, dropped) -> list:
    """Is the margin of one bound exactly what was dropped, and equality allowed?"""
    margin, strict = threshold(claim[label].subs(R, claim[RATIO].rhs))
    return [sp.cancel(margin.subs(values) - dropped), not strict]


def _ratio(claim):
    """Tr(H Cbar) is Tr C/D times Tr H."""
    return sp.cancel(claim[RATIO].rhs - T_HC / (T_C / D * T_H))


def _lower(claim):
    """u_1' C u_1 = a lambda_1 Tr C/Tr H + excess; the other directions add r."""
    first = a * lam1 * T_C / T_H + excess
    dropped = D * (lam1 * excess + others) / (T_H * T_C)
    return bound(claim, LOWER, {T_HC: lam1 * first + others}, dropped)


def _spectrum(claim):
    """Tr H = lambda_1 S - t with S = k + (D - k) D^-d."""
    S = sp.Symbol("S", positive=True)
    whole = claim[SPECTRUM].subs(BULK, S)
    dropped = D * short * (2 * lam1 * S - short) / (S * (lam1 * S - short)) ** 2
    parts = {RATIO: claim[RATIO], SPECTRUM: whole}
    return bound(parts, SPECTRUM, {T_H: lam1 * S - short}, dropped)


def _asymptotic(claim):
    for label, decay in LAWS:
        law = claim[label]
        root = sp.sqrt(law.rhs / law.lhs / BULK**2).subs(d, decay)
        ratio = sp.powsimp(sp.expand(sp.expand(BULK.subs(d, decay)) * root))
        yield sp.limit(ratio, D, sp.oo) - 1


def _exponent(claim):
    """Of the three laws; at d = 1 - q, 1, 1 + q it is decided which the minimum is."""
    for label, decay in LAWS:
        law = claim[label].rhs.subs(d, decay)
        yield sp.limit(sp.log(law) / sp.log(D), D, sp.oo) - claim[EXPONENT].rhs.subs(d, decay)


def _ceiling(claim):
    """Tr(HC) = lambda_1 Tr C - t and Tr H = lambda_1 + r."""
    whole = lam1 + others
    below = bound(claim, CEILING, {T_HC: lam1 * T_C - short}, D * short / (T_H * T_C))
    return [*below, *bound(claim, DIMENSION, {T_H: whole}, D * others / whole)]


def _alignment(claim):
    """u_1' C u_1 = Tr C - r in what defines a."""
    a_of = (T_C - others) * T_H / (lam1 * T_C)
    return bound(claim, ALIGNMENT, {a: a_of}, others * T_H / (lam1 * T_C))


def _examples(claim):
    """C = I, whose alignment is 1 Tr H/(lambda_1 D), and C = H."""
    isotropic = claim[ISOTROPIC].rhs - 1 * T_H / (lam1 * D)
    aligned = claim[RATIO].rhs.subs({T_HC: T_HH, T_C: T_H})
    return [sp.cancel(isotropic), sp.cancel(claim[PROPORTIONAL].rhs - aligned)]


def _attained(claim):
    """C = H on the worst spectrum: Tr H^2 is lambda_1^2 times what tends to k."""
    square = sp.expand((k + (D - k) * D ** (-2 * d)).subs(d, (1 + q) / 2))
    gain = claim[PROPORTIONAL].rhs.subs({T_H: lam1 * BULK, T_HH: lam1**2 * k})
    return [sp.limit(square, D, sp.oo) - k, sp.cancel(gain / WORST) - k]


def _negative_curvature():
    """H = diag(1, -1/2) and C = I: a = 1/4 and R = 1."""
    values = {lam1: 1, D: 2, a: sp.Rational(1, 4), T_C: 2, T_H: sp.S.Half, T_HC: sp.S.Half}
    relation = CLAIM[LOWER].subs(R, CLAIM[RATIO].rhs).subs(values, simultaneous=True)
    return sp.Integer(0 if relation else 1)


i = sp.Symbol("i")
IN_EIGENBASIS = equation(
    T_HC, sp.Sum(sp.IndexedBase(r"\lambda")[i] * sp.IndexedBase("c")[i], (i, 1, D))
)

STATEMENT = Statement(
    id="ANI-6",
    kind="proposition",
    title="What aligned noise gains over isotropic noise",
    source="zhu2019, Proposition 1",
    assumptions=(
        (r"$H$ symmetric and positive semidefinite, $\lambda_1 > 0$ its largest eigenvalue, "
         r"$u_1$ the eigenvector; $D$ the number of parameters", None),
        (r"$C \ne 0$ a covariance; a factor such as $\eta$ drops out of $R$", None),
        (r"alignment: $u_1^\top C\,u_1 \ge a\,\lambda_1\,\mathrm{Tr}\,C / "
         r"\mathrm{Tr}\,H$", None),
        (r"for the bounds by the spectrum: $\lambda_i \le \lambda_1 D^{-d}$ for $i > k$",
         k < D),
    ),
    claim=CLAIM,
    uses=("ANI-5",),
    steps=(
        Step("isotropic noise of the same trace", None, _ratio),
        Step(r"with $c_i = u_i^\top C\,u_i$ keep the first direction: the others add "
             r"$r \ge 0$, since no $\lambda_i$ is negative; equality if all other noise is "
             "where $H$ is zero", IN_EIGENBASIS, _lower),
        Step(r"the spectrum leaves $\mathrm{Tr}\,H = \lambda_1(k + (D-k)D^{-d}) - t$, "
             r"$t \ge 0$", None, _spectrum),
        Step(r"large $D$: of $k + (D-k)D^{-d}$ the second term wins for $d < 1$, the first for "
             r"$d > 1$", None, _asymptotic, by="limit"),
        Step("the exponents of the three laws", None, _exponent, by="limit"),
        Step(r"no $\lambda_i$ is above $\lambda_1$, so $\mathrm{Tr}(HC) = \lambda_1 "
             r"\mathrm{Tr}\,C - t$; and $\mathrm{Tr}\,H = \lambda_1 + r$", None, _ceiling),
        Step(r"$u_1^\top C\,u_1 \le \mathrm{Tr}\,C$; equality for noise along $u_1$ alone",
             None, _alignment),
        Step("put $C = I$ and $C = H$", None, _examples),
        Step(r"no better exponent holds: $C = H$ on the spectrum $\lambda_1$ ($k$ times), "
             r"$\lambda_1 D^{-d}$ gains $\sim k$ times the bound, if $d > \frac12$", None,
             _attained, by="limit"),
        Step(r"a negative eigenvalue breaks the bound: $H = \mathrm{diag}(1, -\frac12)$, "
             r"$C = I$ has $a = \frac14$ and $R = 1$, where the bound says 2", None,
             _negative_curvature, by="counterexample"),
    ),
    mutants=(
        Mutant(r"a bound from above, as we remember it ($O$ for $\Omega$)",
               {LOWER: sp.Le(R, a * D * lam1**2 / T_H**2, evaluate=False)}, source=True),
        Mutant("exponent $2d - 1$ for every $d$, as we remember it",
               {EXPONENT: equation(CLAIM[EXPONENT].lhs, 2 * d - 1)}, source=True),
        Mutant(r"$\lambda_1/\mathrm{Tr}\,H$ not squared",
               {LOWER: sp.Ge(R, a * D * lam1 / T_H, evaluate=False)}),
        Mutant("$k + 1$ for $k$ at $d > 1$", {ABOVE: Asymptotic(WORST, D / (k + 1) ** 2)}),
        Mutant("the law of $d > 1$ at $d = 1$", {ONE: Asymptotic(WORST, D / k**2)}),
        Mutant("isotropic noise fully aligned", {ISOTROPIC: equation(a_iso, sp.S.One)}),
        Mutant("alignment at most one", {ALIGNMENT: sp.Le(a, 1, evaluate=False)}),
        Mutant("noise proportional to $H$ reaches the ceiling",
               {PROPORTIONAL: equation(R_H, D * lam1 / T_H)}),
        Mutant("ceiling at half the dimension",
               {DIMENSION: sp.Le(D * lam1 / T_H, D / 2, evaluate=False)}),
    ),
    against_source="corrected",
    remark=(
        r"As we remember the proposition, it says $R = O(a D^{2d-1})$. Its argument bounds $R$ "
        r"from below, so the $O$ should be an $\Omega$; and an exponent $2d - 1 > 1$ is "
        r"impossible, since no ratio exceeds $D$. For $d \le \frac12$ the bound does not grow. "
        r"The ratio compares noises of equal trace at one instant; what is left of it later is "
        r"said in ANI-4."
    ),
)  # fmt: skip
