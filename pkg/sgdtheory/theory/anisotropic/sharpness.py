"""What a random step of a given length says about the curvature, and what its size says."""

from functools import lru_cache
from itertools import product

import sympy as sp

from sgdtheory.theory.statement import Asymptotic, Mutant, Statement, Step, equation

i, j = sp.symbols("i j", integer=True, positive=True)
d, m = sp.symbols("d m", integer=True, positive=True)
delta, G, T, N = sp.symbols(r"delta |\nabla{L}| {\mathrm{Tr}(H)} N", positive=True)
laplacian = sp.Symbol(r"{\nabla^2}", real=True)
L = sp.IndexedBase("L")
mean, size, size_0, spread, c_m = sp.symbols(
    r"{\operatorname{E}\Delta{L}} {\operatorname{E}|\Delta{L}|} "
    r"{\operatorname{E}|\Delta{L}|_0} {\operatorname{Var}\Delta{L}} c_m",
    real=True,
)

SERIES, TERM = (
    "expected sharpness",
    r"what makes the coefficient of $\delta^{2m}$ from $L$ (for a polynomial of degree "
    r"$2m + 1$ the last one)",
)
SIZE, SPREAD, DRAWS = (
    r"mean absolute value, where $\nabla L \ne 0$, $\delta \to 0$",
    r"variance, where $\nabla L \ne 0$, $\delta \to 0$",
    "draws after which the standard error is down to the curvature term",
)
AT_MINIMUM = r"mean absolute value at a minimum ($H \succeq 0$, not zero), $\delta \to 0$"

TRACE = sp.Sum(L[i, i], (i, 1, d))
FOURTH = sp.Sum(L[i, i, j, j], (i, 1, d), (j, 1, d))


def series(quadratic, quartic) -> sp.Eq:
    return equation(mean, quadratic + quartic + sp.O(delta**6))


CLAIM = {
    SERIES: series(delta**2 / 2 * TRACE, delta**4 / 8 * FOURTH),
    TERM: equation(c_m, laplacian**m / (2**m * sp.factorial(m))),
    SIZE: Asymptotic(size, delta * G * sp.sqrt(2 / sp.pi)),
    SPREAD: Asymptotic(spread, delta**2 * G**2),
    DRAWS: Asymptotic(N, 4 * G**2 / (delta**2 * T**2)),
    AT_MINIMUM: Asymptotic(size_0, delta**2 * T / 2),
}

z = sp.Symbol("z", real=True)


@lru_cache
def moment(n: int) -> sp.Expr:
    """Of a standard normal."""
    return sp.factorial2(n - 1) if n % 2 == 0 else sp.S.Zero


def derivative(indices) -> sp.Symbol:
    """A letter for each mixed derivative, whatever the order of its indices."""
    return sp.Symbol("L_" + "".join(str(k) for k in sorted(indices)), real=True)


def order(expr, power: int, size: int = 3) -> sp.Expr:
    """The coefficient of a power of delta, sums written out."""
    written = sp.sympify(expr.removeO()).subs(d, size).doit()
    letters = written.replace(sp.Indexed, lambda base, *at: derivative(at))
    return sp.expand(letters).coeff(delta, power)


def _taylor(claim):
    """Every term of order n of L(theta + delta z) in three variables, each with its mean."""
    for n in range(1, 6):
        terms = product((1, 2, 3), repeat=n)
        total = sum(
            derivative(t) * sp.prod([moment(t.count(k)) for k in (1, 2, 3)]) for t in terms
        )
        yield sp.expand(order(claim[SERIES].rhs, n) - total / sp.factorial(n))


def _heat():
    """The normal density of variance t in each of three directions."""
    t, x = sp.Symbol("t", positive=True), sp.symbols("x1:4", real=True)
    p = sp.prod([sp.exp(-(v**2) / (2 * t)) / sp.sqrt(2 * sp.pi * t) for v in x])
    return sp.simplify((sp.diff(p, t) - sum(sp.diff(p, v, 2) for v in x) / 2) / p)


def _recursion(claim):
    """d/dt of sum c_m t^m is half its Laplacian, term by term, and c_0 = 1."""
    c = claim[TERM].rhs
    step = (m + 1) * c.subs(m, m + 1) - laplacian * c / 2
    return [sp.simplify(step / c), c.subs(m, 0) - 1]


def _polynomial(claim):
    """A quintic of one variable: nothing is left over."""
    a = sp.symbols("a1:6", real=True)
    rise = sum(a[n - 1] * (delta * z) ** n for n in range(1, 6))
    found = sp.integrate(
        sp.expand(rise) * sp.exp(-(z**2) / 2) / sp.sqrt(2 * sp.pi), (z, -sp.oo, sp.oo)
    )
    slopes = {derivative((1,) * n): sp.factorial(n) * a[n - 1] for n in (2, 4)}
    stated = sum(order(claim[SERIES].rhs, n, 1) * delta**n for n in (2, 4))
    return sp.expand(stated.subs(slopes) - found)


def _size(claim):
    """|a + b| and |a| differ by at most |b|: only the gradient is left."""
    density = sp.exp(-(z**2) / 2) / sp.sqrt(2 * sp.pi)
    first = 2 * sp.integrate(z * density, (z, 0, sp.oo))
    return sp.limit(claim[SIZE].rhs / delta, delta, 0) / G - first


def _spread(claim):
    """Delta L = delta |grad L| z + O(delta^2)."""
    variance = sp.limit(claim[SPREAD].rhs / delta**2, delta, 0) / G**2
    per_draw = claim[SPREAD].rhs / (delta**2 * T / 2) ** 2
    return [variance - moment(2), sp.cancel(claim[DRAWS].rhs / per_draw) - 1]


def _at_minimum(claim):
    """The quadratic form is not negative, and its mean is the trace."""
    return sp.limit(claim[AT_MINIMUM].rhs / delta**2, delta, 0) - T * moment(2) / 2


def _saddle():
    """H = diag(1, -1): (z_1^2 - z_2^2)/2 = a b with a, b standard normal, and Tr H = 0."""
    density = sp.exp(-(z**2) / 2) / sp.sqrt(2 * sp.pi)
    return (2 * sp.integrate(z * density, (z, 0, sp.oo))) ** 2 - CLAIM[AT_MINIMUM].rhs.subs(
        T, 0
    )


STATEMENT = Statement(
    id="ANI-9",
    kind="proposition",
    title="Expected sharpness",
    source="sgdtheory",
    assumptions=(
        (r"$\Delta L = L(\theta + \nu) - L(\theta)$, $\nu$ normal with covariance "
         r"$\delta^2 I$ in $d$ dimensions", None),
        (r"$L$ smooth, its derivatives of at most polynomial growth; $H = \nabla^2 L$, "
         r"$L_{iijj} = \partial_i^2 \partial_j^2 L$", None),
    ),
    claim=CLAIM,
    steps=(
        Step("Taylor's series under the mean: three variables, with a letter for each "
             "derivative, hold every pattern of indices up to the fifth order",
             None, _taylor, by="series"),
        Step(r"the normal density of variance $t = \delta^2$ solves the heat equation", None,
             _heat, by="operator"),
        Step(r"so does the mean of $L(\theta + \nu)$: a recursion for the coefficients",
             equation((m + 1) * sp.Symbol("c_{m+1}"), laplacian * c_m / 2), _recursion,
             by="series"),
        Step("exact for a polynomial of fifth degree", None, _polynomial, by="integral"),
        Step(r"to first order $\Delta L = \delta\,|\nabla L|\,z$, and $\mathrm{E}|z| = "
             r"\sqrt{2/\pi}$", None, _size, by="limit"),
        Step(r"the variance has the same first order; $N = \mathrm{Var} / "
             r"(\frac12 \delta^2\,\mathrm{Tr} H)^2$", None, _spread, by="limit"),
        Step(r"at a minimum $\frac12 \nu^\top H \nu \ge 0$", None, _at_minimum, by="limit"),
        Step(r"not so at a saddle: for $H = \mathrm{diag}(1, -1)$ the mean absolute value is "
             r"$\frac2\pi \delta^2$, the trace zero", None, _saddle, by="counterexample"),
    ),
    mutants=(
        Mutant(r"$\delta$ for $\delta^2$",
               {SERIES: series(delta / 2 * TRACE, delta**4 / 8 * FOURTH)}),
        Mutant("no quartic term", {SERIES: series(delta**2 / 2 * TRACE, sp.S.Zero)}),
        Mutant("quartic term of the diagonal alone", {SERIES: series(
            delta**2 / 2 * TRACE, delta**4 / 8 * sp.Sum(L[i, i, i, i], (i, 1, d)))}),
        Mutant("quartic coefficient of Taylor's series", {SERIES: series(
            delta**2 / 2 * TRACE, delta**4 / 24 * FOURTH)}),
        Mutant("coefficients without factorial",
               {TERM: equation(c_m, laplacian**m / 2**m)}),
        Mutant("absolute value taken for the curvature", {SIZE: Asymptotic(
            size, delta**2 * T / 2)}),
        Mutant("root mean square for the mean", {SIZE: Asymptotic(size, delta * G)}),
        Mutant("standard error of the absolute value", {SPREAD: Asymptotic(
            spread, delta**2 * G**2 * (1 - 2 / sp.pi))}),
    ),
    status="asymptotic",
    remark=(
        r"Zhu et al. measure a minimum by this mean. As we read their code it averages "
        r"$|\Delta L|$: the same at a minimum, but at any point on the way it reads the length "
        r"of the gradient. The gradient also sets the noise of the plain mean. Draws in pairs "
        r"$\nu, -\nu$ cancel it exactly, and with it every odd order."
    ),
    notebook="notebooks/anisotropic/04_fashion_mnist",
)  # fmt: skip

STATEMENTS = (STATEMENT,)
