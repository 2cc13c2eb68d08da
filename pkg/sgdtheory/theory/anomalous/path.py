"""The path itself: its length, its distance from a chord; losses along it are beside."""

from functools import lru_cache

import sympy as sp

from sgdtheory.theory.anomalous import path_curvature, path_jumps, path_losses
from sgdtheory.theory.statement import Mutant, Statement, Step, equation

NOTEBOOK = "notebooks/anomalous/06_path_and_landscape"

alpha, ell, D_f, H, u = sp.symbols(r"\alpha \ell D_f H u", positive=True)
n, d = sp.symbols("n d", positive=True, integer=True)
length, coded, slope_1, slope_n, squared = sp.symbols(
    r"s_n s^{\prime}_n \beta^{\prime}_{12} \beta^{\prime}_n {R_n^{2}}", positive=True
)  # fmt: skip

LENGTH, SCALING, DIMENSION, CODED, FIRST, LOCAL = (
    r"contour length of $n$ steps of length $\ell$",
    r"end-to-end distance as a power of it",
    r"so the dimension of the path is that of the displacement",
    r"one more step, the one into $w_i$, as in the released code",
    r"slope from one step to two, read with the extra step",
    r"local slope at $n$ steps, read with the extra step",
)

LENGTHS = {
    LENGTH: equation(length, n * ell),
    SCALING: equation(squared, ell**2 * (length / ell) ** (2 / D_f)),
    DIMENSION: equation(D_f, 2 / alpha),
    CODED: equation(coded, (n + 1) * ell),
    FIRST: equation(slope_1, alpha * sp.log(2) / sp.log(sp.Rational(3, 2))),
    LOCAL: equation(slope_n, alpha * (1 + 1 / n)),
}
t, k = sp.symbols("t k", integer=True)
x = sp.Symbol("x", positive=True)


def displacement(steps) -> sp.Expr:
    """``R^2`` after so many steps of a path whose squared displacement has exponent alpha."""
    return ell**2 * steps**alpha


def _length(claim):
    """Steps t = i, ..., i + n - 1: the sum of n equal lengths."""
    return claim[LENGTH].rhs - sp.summation(ell, (t, k, k + n - 1))


def _coded(claim):
    """Steps t = i - 1, ..., i + n - 1."""
    return claim[CODED].rhs - sp.summation(ell, (t, k - 1, k + n - 1))


def _scaling(claim):
    found = claim[SCALING].rhs.subs(length, n * ell).subs(D_f, claim[DIMENSION].rhs)
    return sp.expand_log(sp.log(found / displacement(n)), force=True)


def _first(claim):
    rise = sp.log(displacement(2)) - sp.log(displacement(1))
    run = sp.log(coded_length(2)) - sp.log(coded_length(1))
    return sp.expand_log(claim[FIRST].rhs * run - rise, force=True)


def coded_length(steps) -> sp.Expr:
    return (steps + 1) * ell


def _local(claim):
    rise = sp.diff(sp.log(displacement(x)), x)
    run = sp.diff(sp.log(coded_length(x)), x)
    return claim[LOCAL].rhs.subs(n, x) - sp.simplify(rise / run)


CONTOUR = Statement(
    id="ANO-S6",
    kind="formula",
    title="Contour length: the dimension of the path, and one step too many",
    source="chen2022anomalous, Figure 6 and released code",
    assumptions=(
        (r"steps of one length $\ell$ (in many dimensions nearly so); $s_{ij} = "
         r"\sum_{t=i}^{j-1}\|w_{t+1} - w_t\|$, $R_{ij} = \|w_i - w_j\|$", None),
        (r"$s_n$, $R_n$: over $n$ steps; $R_n^2 = \ell^2 n^\alpha$: the squared displacement "
         r"has the exponent $\alpha$", None),
    ),
    claim=LENGTHS,
    uses=("ANO-EQ3",),
    steps=(
        Step(r"add up the steps $t = i, \dots, i + n - 1$", None, _length),
        Step(r"$(s/\ell)^{2/D_f} = n^\alpha$ for every $n$", None, _scaling),
        Step(r"add up the steps $t = i - 1, \dots, i + n - 1$", None, _coded),
        Step(r"$\ln 2^\alpha$ over $\ln(3\ell/2\ell)$", None, _first),
        Step(r"$\mathrm{d}\ln R^2/\mathrm{d}\ln n$ over $\mathrm{d}\ln s'/\mathrm{d}\ln n = "
             r"n/(n+1)$", None, _local),
    ),
    mutants=(
        Mutant("the length of the released code", {LENGTH: equation(length, (n + 1) * ell)},
               source=True),
        Mutant(r"$D_f = \alpha$", {DIMENSION: equation(D_f, alpha)}),
        Mutant("the extra step is harmless", {FIRST: equation(slope_1, alpha)}),
        Mutant("the extra step lowers the slope",
               {LOCAL: equation(slope_n, alpha * n / (n + 1))}),
    ),
    against_source="corrected",
    remark=(
        r"The text, as we reconstruct it, defines the contour length rightly. In the released "
        r"commit the sum over recorded step lengths begins with the step *into* the first "
        r"point, for all pairs but those of the first: at the shortest scale the slope is read "
        r"1.71 times too steep, at 100 steps by one per cent. With the right length and steps "
        r"of nearly one length, $R^2$ against $s$ is the mean squared displacement against the "
        r"lag, and $D_f$ no new number."
    ),
    notebook=NOTEBOOK,
)  # fmt: skip

# --- distance from the chord

off_chord, middle, brownian, finite = sp.symbols(
    r"{h_u^{2}/R^{2}} {h_{1/2}^{2}/R^{2}} {(h_{1/2}^{2}/R^{2})_{H=1/2}} "
    r"{\operatorname{E}(h_{1/2}^{2}/R^{2})_{H=1/2}}", positive=True
)  # fmt: skip
ANY, MIDDLE, BROWN, FINITE = (
    "many dimensions: squared distance from the chord, a share $u$ of the way along",
    "half-way, where it is largest",
    "the same of Brownian motion",
    "Brownian motion in $d > 2$ dimensions, mean half-way",
)


def from_chord(at):
    along = (1 + at ** (2 * H) - (1 - at) ** (2 * H)) / 2
    return at ** (2 * H) - along**2


TRANSVERSE = {
    ANY: equation(off_chord, from_chord(u)),
    MIDDLE: equation(middle, 2 ** (-2 * H) - sp.Rational(1, 4)),
    BROWN: equation(brownian, sp.Rational(1, 4)),
    FINITE: equation(finite, (d - 1) / (4 * (d - 2))),
}


#: The power 2H of the shares of time on both sides of the point, as letters.
before, after = sp.symbols("P Q", positive=True)


def _any(claim):
    """|w_u|^2 - (w_u . w_1)^2/|w_1|^2 per coordinate; Cov = (P_s + P_t - P_{|s-t|})/2."""
    with_end = (before + 1 - after) / 2
    powers = {u ** (2 * H): before, (1 - u) ** (2 * H): after}
    return sp.expand(claim[ANY].rhs.subs(powers) - (before - with_end**2))


def _middle(claim):
    half = sp.Rational(1, 2)
    return sp.simplify(claim[ANY].rhs.subs(u, half) - claim[MIDDLE].rhs)


def _largest():
    """The same from both ends, so that its slope vanishes half-way."""
    return sp.simplify(sp.diff(from_chord(u), u).subs(u, sp.Rational(1, 2)))


def _brown(claim):
    return claim[MIDDLE].rhs.subs(H, sp.Rational(1, 2)) - claim[BROWN].rhs


@lru_cache(maxsize=1)
def inverse_square() -> sp.Expr:
    """Mean of 1/R^2 for R^2 = chi squared with m + 2 degrees of freedom."""
    m = sp.Symbol("m", positive=True)
    weight = x ** (m / 2) * sp.exp(-x / 2)
    found = sp.integrate(weight / x, (x, 0, sp.oo)) / sp.integrate(weight, (x, 0, sp.oo))
    return sp.gammasimp(found).subs(m, d - 2)


def _finite(claim):
    """The bridge does not know the chord: d - 1 coordinates of variance 1/4, times E 1/R^2."""
    return sp.simplify(claim[FINITE].rhs - (d - 1) * sp.Rational(1, 4) * inverse_square())


CHORD = Statement(
    id="ANO-S7",
    kind="formula",
    title="Distance of a path from its chord: a fixed share of the chord at every scale",
    source="chen2022anomalous, transverse distance of path fragments",
    assumptions=(
        (r"$w$ fractional Brownian motion in $d$ dimensions, exponent $2H$ of the squared "
         r"displacement; the chord joins the two ends of a fragment, $R$ its length", None),
        (r"parts 1 to 3: $d \to \infty$, where squared lengths are their means", None),
        (r"part 4: $d > 2$", d > 2),
    ),
    claim=TRANSVERSE,
    uses=("ANO-S6",),
    steps=(
        Step(r"$|w_u|^2 - (w_u\cdot w_1)^2/|w_1|^2$ with the covariances of the motion; the "
             r"length of the fragment drops out", None, _any),
        Step(r"$u = 1/2$", None, _middle),
        Step(r"the slope vanishes there", None, _largest),
        Step(r"$H = 1/2$", None, _brown),
        Step(r"the bridge is independent of the chord: $(d-1)/4$ times "
             r"$\operatorname{E} 1/\chi^2_d = 1/(d-2)$", None, _finite, by="integral"),
    ),
    mutants=(
        Mutant("the distance from the start instead of the chord",
               {ANY: equation(off_chord, u ** (2 * H))}),
        Mutant("not taken off the part along the chord",
               {MIDDLE: equation(middle, sp.Pow(2, -2 * H))}),
        Mutant("the chord of a random walk in many dimensions for any dimension",
               {FINITE: equation(finite, sp.Rational(1, 4))}),
        Mutant("Brownian: half the chord", {BROWN: equation(brownian, sp.Rational(1, 2))}),
    ),
    against_source="as-stated",
    remark=(
        r"The statistic is the source's; these values are ours. Its largest value over the "
        r"points of a fragment is near that half-way. That it is a fixed share at every scale "
        r"is what self-affine means. The released code takes fragments of one single size "
        r"(100 steps), so that it cannot show a scaling, or the lack of one. A straight path "
        r"($H \to 1$) has the value zero."
    ),
    notebook=NOTEBOOK,
)  # fmt: skip

STATEMENTS = (
    *path_losses.STATEMENTS, *path_jumps.STATEMENTS, CONTOUR, CHORD, *path_curvature.STATEMENTS
)  # fmt: skip
