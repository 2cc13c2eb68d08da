"""A power-law tail: which moments it has, and what its largest draw does."""

import sympy as sp

from sgdtheory.theory.foundations.primer import PRIMER
from sgdtheory.theory.foundations.symbols import E
from sgdtheory.theory.statement import Mutant, Statement, Step, equation

a, r, x, q, m, u = sp.symbols("a r x q m u", positive=True)
R, gap = sp.symbols("R delta", positive=True)
N = sp.Symbol("N", positive=True, integer=True)
p = sp.Function("p")

DENSITY, EXISTS, MOMENT, LARGEST, FAMILY = (
    "density",
    "the moment of order $q$ is finite if and only if",
    "it is then",
    r"largest $M_N$ of $N$ draws: probability that $M_N \le x N^{1/a}$, $N \to \infty$",
    r"survival index of a density proportional to $(1 + u^2)^{-m}$, $m > 1/2$",
)
CLAIM = {
    DENSITY: equation(p(r), a * r ** (-a - 1)),
    EXISTS: sp.Lt(q, a, evaluate=False),
    MOMENT: equation(E(r**q), a / (a - q)),
    LARGEST: equation(sp.Limit((1 - x**-a / N) ** N, N, sp.oo), sp.exp(-(x**-a))),
    FAMILY: equation(a, 2 * m - 1),
}


def _truncated(difference) -> sp.Expr:
    """Mean of r^q over draws up to R, where a - q = difference."""
    return sp.integrate(a * r ** (-difference - 1), (r, 1, R))


def _exists(claim):
    """At a - q > 0 the truncated mean has a limit; at a = q it grows with ln R."""
    settles = sp.limit(_truncated(gap), R, sp.oo).is_finite is not False
    grows = sp.limit(_truncated(sp.Integer(0)), R, sp.oo) == sp.oo
    bound = claim[EXISTS]
    strict = bound.func in (sp.Lt, sp.Gt)
    return [bound.gts - bound.lts - (a - q), settles, grows, strict]


def _moment(claim):
    found = sp.limit(_truncated(gap), R, sp.oo).subs(gap, a - q)
    return sp.cancel(claim[MOMENT].rhs - found)


def _largest(claim):
    """N ln(1 - x^-a/N) with y = 1/N."""
    y, z = sp.symbols("y z", positive=True)
    found = sp.limit(sp.log(1 - z * y) / y, y, 0, "+").subs(z, x**-a)
    return sp.expand_log(sp.log(claim[LARGEST].rhs), force=True) - found


def _family(claim):
    """-ln p / ln u tends to the density exponent, which is a + 1."""
    exponent = sp.limit(m * sp.log(1 + u**2) / sp.log(u), u, sp.oo)
    return sp.expand(claim[FAMILY].rhs + 1 - exponent)


FND14 = Statement(
    id="FND-14",
    kind="proposition",
    title="Heavy tails: which moments exist, and what the largest draw does",
    source="sgdtheory",
    assumptions=(
        (r"survival probability $P(r > x) = x^{-a}$ for $x \ge 1$, with the survival index "
         "$a > 0$; the tail decides, so parts one to three hold in order of magnitude for any "
         "law with this tail", None),
        ("independent draws", None),
    ),
    claim=CLAIM,
    steps=(
        Step("minus the slope of the survival probability", None,
             lambda claim: sp.simplify(claim[DENSITY].rhs / -sp.diff(r**-a, r)) - 1),
        Step(r"cut off at $R$ the mean of $r^q$ has a limit for $q < a$; at $q = a$ it is "
             r"$a \ln R$", None, _exists, by="limit"),
        Step(r"$\int_1^\infty r^q\,p\,\mathrm{d}r$", None, _moment, by="integral"),
        Step("all $N$ draws must stay below, each with the probability $1 - x^{-a}/N$", None,
             _largest, by="limit"),
        Step("the density exponent is $2m$; integrating a tail takes one away", None, _family,
             by="limit"),
    ),
    mutants=(
        Mutant("survival index for density exponent", {DENSITY: equation(p(r), a * r**-a)}),
        Mutant("the moment of order $a$ exists too", {EXISTS: sp.Le(q, a, evaluate=False)}),
        Mutant("moments below the density exponent",
               {EXISTS: sp.Lt(q, a + 1, evaluate=False)}),
        Mutant("moment without its norm", {MOMENT: equation(E(r**q), 1 / (a - q))}),
        Mutant("largest draw of the law with index 1",
               {LARGEST: equation(CLAIM[LARGEST].lhs, sp.exp(-1 / x))}),
        Mutant("density exponent for survival index", {FAMILY: equation(a, 2 * m)}),
    ),
    remark=(
        r"The largest of $N$ draws is of the size $N^{1/a}$. For $a < 2$ its square outgrows "
        r"$N$, so one draw decides the sample variance, which never settles; for $a < 1$ the "
        r"same is true of the mean."
    ),
    notebook=PRIMER,
)  # fmt: skip

STATEMENTS = (FND14,)
