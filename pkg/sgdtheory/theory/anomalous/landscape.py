"""How rough a landscape is: boxes of its graph and of its level sets, midpoint displacement."""

import sympy as sp

from sgdtheory.theory.anomalous import self_affine
from sgdtheory.theory.power_law.symbols import threshold
from sgdtheory.theory.statement import Mutant, Statement, Step, equation

NOTEBOOK = "notebooks/anomalous/05_fractal_landscape"

H, s, c, sigma, r, p, g, x = sp.symbols("H s c sigma r p g x", positive=True)
f = sp.Symbol("f", nonnegative=True)
k = sp.Symbol("k", integer=True, positive=True)
y, lowest, level = sp.symbols("y z_min u", real=True)
N, V = sp.Function("N"), sp.Function("V")
crossed = sp.Function(r"N_u")(s)
D_graph, D_level = sp.symbols(r"{D_{\mathrm{graph}}} {D_{\mathrm{level}}}", positive=True)
D_slope, H_level = sp.symbols(r"D(s) {H_k}", real=True)

BOUND, BOXES, GRAPH, SLOPE, CROSSED, LEVEL = (
    "any continuous surface over the unit square: at least one box a column",
    "an fBm surface, mean over where the boxes begin",
    "dimension of its graph",
    "slope of the counts at boxes of side $s$: below that",
    "boxes that a level $u$ crosses, all levels together",
    "dimension of its level sets",
)

S9_CLAIM = {
    BOUND: sp.Ge(N(s), s**-2, evaluate=False),
    BOXES: equation(N(s), (1 + c * s ** (H - 1)) / s**2),
    GRAPH: equation(D_graph, 3 - H),
    SLOPE: equation(D_slope, 3 - H - (1 - H) / (1 + c * s ** (H - 1))),
    CROSSED: equation(sp.Integral(crossed, level), c * s ** (H - 2)),
    LEVEL: equation(D_level, 2 - H),
}


def _bound(claim):
    """A column of range p takes 1 + p/s boxes, p >= 0; a flat one attains the bound."""
    margin, strict = threshold(claim[BOUND])
    return [sp.expand(margin.subs(N(s), (1 + p / s) / s**2) - p / s**3), not strict]


def _boxes(claim):
    """A range (k + f) s takes k + 1 boxes if it begins in the first (1 - f) s of a box."""
    few = sp.integrate((k + 1) / s, (y, 0, (1 - f) * s))
    many = sp.integrate((k + 2) / s, (y, (1 - f) * s, s))
    here = {c: (k + f) * s ** (1 - H)}
    return sp.expand(few + many) - sp.powsimp(sp.expand((claim[BOXES].rhs * s**2).subs(here)))


def _graph(claim):
    """The limit of the slope: ``s = x^(-1/g)``, ``H = 1 - g``, so that s^(H - 1) is x."""
    count = claim[BOXES].rhs.subs(H, 1 - g)
    slope = sp.powsimp(sp.simplify(-s * sp.diff(count, s) / count)).subs(s, x ** (-1 / g))
    dimension = sp.limit(sp.cancel(sp.powsimp(slope)), x, sp.oo)
    return sp.simplify(claim[GRAPH].rhs.subs(H, 1 - g) - dimension)


def _minus_slope(count):
    """``-d ln count/d ln s`` at ``s = exp(-x)``, where every power is an exponential."""
    return sp.diff(sp.log(count.subs(s, sp.exp(-x))), x)


def _slope(claim):
    return claim[SLOPE].rhs.subs(s, sp.exp(-x)) - _minus_slope(claim[BOXES].rhs)


def _crossed(claim):
    """A column is crossed by the levels between its lowest and its highest point."""
    column = sp.integrate(1, (level, lowest, lowest + c * s**H))
    return sp.powsimp(sp.expand(claim[CROSSED].rhs - column / s**2))


def _level(claim):
    return claim[LEVEL].rhs - _minus_slope(claim[CROSSED].rhs)


S9 = Statement(
    id="ANO-S9",
    kind="proposition",
    title="Box dimension of a surface: $3 - H$, and why a count finds less",
    source="sgdtheory",
    assumptions=(
        (r"boxes of side $s$, $1/s$ a whole number, over the unit square", None),
        (r"fractional Brownian surface: $\operatorname{E}[z(x) - z(x')]^2 \propto "
         r"|x - x'|^{2H}$, Gaussian, $0 < H < 1$", H < 1),
        (r"$c\,s^H$: mean of (highest $-$ lowest value) over a square of side $s$; the power "
         r"is exact, by self-similarity", None),
        (r"dimension: the limit of $\ln N/\ln(1/s)$ for $s \to 0$", None),
    ),
    claim=S9_CLAIM,
    steps=(
        Step(r"a column in which the surface moves by $p \ge 0$ takes $1 + p/s$ boxes on "
             r"average; a flat surface attains the bound", None, _bound),
        Step(r"average over where in a box a range $(k + f)s$ begins", None, _boxes,
             by="integral"),
        Step("the slope of the counts for ever smaller boxes", None, _graph, by="limit"),
        Step("the slope before the limit", None, _slope),
        Step("which levels cross a column", None, _crossed, by="integral"),
        Step("a pure power, at every size", None, _level),
    ),
    mutants=(
        Mutant("two boxes a column", {BOUND: sp.Ge(N(s), 2 * s**-2, evaluate=False)}),
        Mutant("a range takes range/s boxes", {BOXES: equation(N(s), c * s ** (H - 3))}),
        Mutant("$2H$ in place of $H$", {GRAPH: equation(D_graph, 3 - 2 * H)}),
        Mutant("the graph of a curve, not of a surface", {GRAPH: equation(D_graph, 2 - H)}),
        Mutant("no effect of the size", {SLOPE: equation(D_slope, 3 - H)}),
        Mutant("level sets of dimension $3 - 2H$", {LEVEL: equation(D_level, 3 - 2 * H)}),
    ),
    remark=(
        r"What one box too many in every column does: the slope of the counts tends to "
        r"$3 - H$ no faster than $s^{1-H}$, from below, and it depends on $c$, that is, on "
        r"the units of the loss. A graph as high as it is wide over 512 cells with "
        r"$H = 0.2$ shows 2.5 for 2.8. Level sets have no such term, and the structure "
        r"function has none either. Both suffer from what lies between the grid's nodes."
    ),
    notebook=NOTEBOOK,
)  # fmt: skip


SPLIT, SOLVED, INDEX, HALVING, SEEN = (
    "a level halves every interval",
    "after $k$ levels",
    r"$\frac12 < r < 1$: rough, with the index",
    "halved amplitudes: no roughness is left but a logarithm",
    r"halved amplitudes, $V(0) = 0$: the index seen between levels $k$ and $k + 1$",
)

S10_CLAIM = {
    SPLIT: equation(V(k + 1), V(k) / 4 + sigma**2 * r ** (2 * k + 2)),
    SOLVED: equation(
        V(k), (V(0) + 4 * r**2 * sigma**2 * ((4 * r**2) ** k - 1) / (4 * r**2 - 1)) / 4**k
    ),
    INDEX: equation(H, -sp.log(r) / sp.log(2)),
    HALVING: equation(V(k), (V(0) + k * sigma**2) / 4**k),
    SEEN: equation(H_level, 1 - sp.log(1 + 1 / k) / (2 * sp.log(2))),
}


def _split(claim):
    """Half of an increment of variance v, plus or minus an offset of variance q."""
    v, q = sp.symbols("v q", positive=True)
    a, b = sp.symbols("a b", real=True)
    half = sp.expand((a / 2 + b) ** 2)
    mean = half.subs(a * b, 0).subs({a**2: v, b**2: q})
    here = {v: V(k), q: sigma**2 * r ** (2 * (k + 1))}
    return sp.simplify(claim[SPLIT].rhs - mean.subs(here))


def _solved(claim):
    """The recursion, and the start; the same for the halved amplitudes."""
    found = []
    for label, ratio in ((SOLVED, r), (HALVING, sp.S.Half)):
        after = claim[label].rhs
        grown = claim[SPLIT].rhs.subs(r, ratio).subs(V(k), after)
        found += [sp.simplify(after.subs(k, k + 1) - grown), after.subs(k, 0) - V(0)]
    return found


def _index(claim):
    """``4 r^2 = 1 + g``: the variance falls by 2^(-2H) a level, in the end."""
    ratio = sp.sqrt(1 + g) / 2
    first, weight, power = V(0), sigma**2 * (1 + g) / g, (1 + g) ** x
    after = claim[SOLVED].rhs.subs(r, ratio).subs((1 + g) ** k, (1 + g) ** x) * 4**k
    shape = sp.simplify(after - first - weight * (power - 1))
    falls = sp.limit((first + weight * ((1 + g) * y - 1)) / (first + weight * (y - 1)) / 4,
                     y, sp.oo)  # fmt: skip
    index = claim[INDEX].rhs.subs(r, ratio)
    return [shape, sp.simplify(2 ** (-2 * index) - falls)]


def _midpoint():
    """fBm: variance of the midpoint about the mean of two ends at distance ``l``."""
    l = sp.Symbol("l", positive=True)  # noqa: E741
    about = (l / 2) ** (2 * H) - l ** (2 * H) / 4
    return sp.simplify(about.subs(l, l / 2) - 2 ** (-2 * H) * about)


def _seen(claim):
    after = claim[HALVING].rhs.subs(V(0), 0)
    fall = sp.expand_log(sp.log(after), force=True)
    fall = fall - fall.subs(k, k + 1)
    return sp.simplify(sp.expand_log(claim[SEEN].rhs - fall / (2 * sp.log(2)), force=True))


S10 = Statement(
    id="ANO-S10",
    kind="proposition",
    title="Midpoint displacement: the amplitude ratio is the roughness",
    source="sgdtheory",
    assumptions=(
        (r"level $k$ puts a node midway between neighbours: their mean plus an independent "
         r"offset of variance $\sigma^2 r^{2k}$", None),
        (r"$V(k)$: variance of the difference of neighbours, at distance $2^{-k}$; along a "
         r"line, and along the border of a square", None),
        (r"rough: $V(k) \propto 2^{-2Hk}$, $\frac12 < r < 1$", sp.And(r > sp.S.Half, r < 1)),
    ),
    claim=S10_CLAIM,
    steps=(
        Step("half of the old difference, plus or minus the offset", None, _split),
        Step("both formulas obey the recursion and begin at $V(0)$", None, _solved),
        Step(r"the growing term wins for $4r^2 > 1$", None, _index, by="limit"),
        Step(r"fractional Brownian motion deviates at its midpoints by $2^{-H}$ less a level",
             None, _midpoint),
        Step("two levels compared", None, _seen),
    ),
    mutants=(
        Mutant("as if the halves were independent",
               {SPLIT: equation(V(k + 1), V(k) / 2 + sigma**2 * r ** (2 * k + 2))}),
        Mutant("one level behind", {SOLVED: equation(
            V(k), (V(0) + sigma**2 * ((4 * r**2) ** k - 1) / (4 * r**2 - 1)) / 4**k)}),
        Mutant("the ratio of variances taken for that of amplitudes",
               {INDEX: equation(H, -sp.log(r) / (2 * sp.log(2)))}),
        Mutant("halving gives a smooth surface",
               {HALVING: equation(V(k), (V(0) + sigma**2) / 4**k)}),
        Mutant("halving gives a clean $H = 1$", {SEEN: equation(H_level, sp.Integer(1))}),
    ),
    remark=(
        r"The generator in the released code of Chen, Qu and Gong halves its amplitudes. That "
        r"is $H = 1$: the mean slope is finite at every scale and grows only as the root of "
        r"the number of levels. What looks like $2H \approx 1.6$ or $1.8$ there is this "
        r"logarithm. A rough landscape, with $H = \frac12$ say, needs the ratio "
        r"$1/\sqrt2$. In the square the recursion has more terms and the same ratio."
    ),
    notebook=NOTEBOOK,
)  # fmt: skip

STATEMENTS = (S9, S10, *self_affine.STATEMENTS)
