r"""Linear regression: the noise for a given law of the features.

Label ``w*.x + zeta``, so with ``v = w - w*`` the gradient of a sample is ``x (x.v - zeta)``:
an entry of ``b C`` is ``E[x_i x_j (x.v)^2] + sigma^2 E[x_i x_j] - (A v)_i (A v)_j``.
"""

import sympy as sp

from sgdtheory.theory.foundations.sgd import b
from sgdtheory.theory.log_landscape.symbols import C, L, grad_outer, h, sigma
from sgdtheory.theory.statement import Mutant, Step, equation

v, A, unit = sp.symbols("v {A} {{I}}", real=True)
vv = sp.Symbol(r"v\,v^{T}", real=True)
K, q = sp.symbols("K q", positive=True)
length = sp.Symbol(r"{\left|v\right|}", positive=True)

GAUSS, ONE, ONLY, SPHERE, NEVER = (
    r"linear regression, Gaussian features with $\operatorname{E} x x^T = A$",
    "linear regression in one dimension, feature of kurtosis $K$",
    "there it is the decoupled form for every $v$ if and only if",
    r"two or more dimensions, spherical features: distance from the decoupled form",
    r"and it is never zero for every $v$: of the part $h^2 |v|^2$ that grows, at least a "
    "quarter is wrong, in some direction",
)
ASSUMPTIONS = (
    (r"linear regression: $f = w \cdot x$, label $w^* \cdot x + \zeta$, $\zeta$ of variance "
     r"$\sigma^2$ and independent of $x$, both of mean zero; $v = w - w^*$; $n \to \infty$",
     None),
    (r"$h = \operatorname{E} x_i^2$, $K = \operatorname{E} x^4/h^2$; spherical: "
     r"$q = \operatorname{E} x_i^2 x_j^2/h^2$ for $i \ne j$ ($q = 1$ if Gaussian)", None),
)  # fmt: skip


def one_dimension(factor=K - 1):
    return equation(C, (h * sigma**2 + factor * h**2 * v**2) / b)


def sphere(across=q - 1, along=2 * q - 1):
    distance = across * h**2 * length**2 * unit + along * h**2 * vv
    return equation(b * C - 2 * L * h * unit, distance)


CLAIM = {
    GAUSS: equation(C, (2 * L * A + grad_outer) / b),
    ONE: one_dimension(),
    ONLY: equation(K, sp.Integer(2)),
    SPHERE: sphere(),
    NEVER: sp.Ge(
        sp.Max(sp.Abs(q - 1), sp.Abs(3 * q - 2), evaluate=False),
        sp.Rational(1, 4),
        evaluate=False,
    ),
}
s_square = sp.Symbol("S", positive=True)
c_i, c_j = sp.symbols("c_i c_j", real=True)


def isserlis() -> sp.Expr:
    """``E[x_i x_j s^2]`` for ``s = x.v``: the three are jointly normal, in any dimension.

    Covariances: A for x_i and x_j, S of s, and c = A v of x with s.
    """
    t_i, t_j, t_s = sp.symbols("t_i t_j t_s", real=True)
    exponent = A * t_i * t_j + s_square * t_s**2 / 2 + t_s * (c_i * t_i + c_j * t_j)
    slopes = sp.diff(sp.exp(exponent), t_i, t_j, t_s, t_s)  # t_i², t_j² do not reach this one
    return slopes.subs({t_i: 0, t_j: 0, t_s: 0})


def _gauss(claim):
    noise = isserlis() + sigma**2 * A - c_i * c_j
    letters = {L: (s_square + sigma**2) / 2, grad_outer: c_i * c_j}
    return sp.expand(b * claim[GAUSS].rhs.subs(letters) - noise)


def moment(power: int) -> sp.Expr:
    """``E x^power`` in one dimension, of the even powers that matter."""
    return {2: h, 4: K * h**2}[power]


def one_dimensional_noise() -> sp.Expr:
    """``b C`` from the moments."""
    return moment(4) * v**2 + sigma**2 * moment(2) - (h * v) ** 2


def _one(claim):
    return sp.expand(b * claim[ONE].rhs - one_dimensional_noise())


def _only(claim):
    """The decoupled form has ``2 L h`` with ``2 L = sigma^2 + h v^2``."""
    gap = one_dimensional_noise() - (sigma**2 + h * v**2) * h
    (root,) = sp.solve(gap, K)
    return claim[ONLY].rhs - root


def _no_covariance():
    """K = 1: the feature is ±√h, G = h for every sample, and the noise has no v in it."""
    return sp.expand(one_dimensional_noise().subs(K, 1) - h * sigma**2)


def fourth_moment_along() -> sp.Expr:
    """``E x_i^4`` of a spherical law from ``E x_i^2 x_j^2 = q h^2``.

    A turn by 45 degrees leaves it as it is: ``E x_i^4 = E (x_i + x_j)^4 / 4``.
    """
    m = sp.Symbol("m", positive=True)
    (found,) = sp.solve((2 * m + 6 * q * h**2) / 4 - m, m)
    return found


def spherical_noise(along: bool) -> sp.Expr:
    """``b C`` along ``v`` or across it: v turned onto the first axis."""
    fourth = fourth_moment_along() if along else q * h**2
    return fourth * length**2 + sigma**2 * h - (h * length) ** 2 * int(along)


def _sphere(claim):
    decoupled = (sigma**2 + h * length**2) * h
    entries = {True: {unit: 1, vv: length**2}, False: {unit: 1, vv: 0}}
    return [
        sp.expand(claim[SPHERE].rhs.subs(entry) - (spherical_noise(along) - decoupled))
        for along, entry in entries.items()
    ]


def _never(claim):
    """``3 (1 - q) + (3 q - 2) = 1``: of the two, weighted 3 and 1, one is at least 1/4."""
    bound = claim[NEVER]
    eigenvalues = [
        CLAIM[SPHERE].rhs.subs({unit: 1, vv: w * length**2}) / (h * length) ** 2 for w in (0, 1)
    ]
    across, along = (sp.expand(value) for value in eigenvalues)
    attained = [abs(e.subs(q, sp.Rational(3, 4))) for e in (across, along)]
    larger = bound.gts.subs(q, sp.Rational(3, 4))
    return [
        sp.expand(-3 * across + along) - 4 * bound.lts,
        max(attained) - bound.lts,  # so the bound is met: it is not strict
        larger - max(attained),
        bound.func in (sp.Ge, sp.Le),
    ]


E = sp.Function(r"\operatorname{E}")
STEPS = (
    Step(r"Gaussian features: $x_i$, $x_j$ and $s = x \cdot v$ are jointly normal (Isserlis), "
         r"in any dimension; $\operatorname{E} x_i s = \partial_i L$",
         equation(E(sp.Symbol("{x_i x_j s^2}")),
                  A * E(sp.Symbol("{s^2}")) + 2 * sp.Symbol(r"\partial_{i}L\,\partial_{j}L")),
         _gauss, by="series"),
    Step("so even then the decoupled form is not exact", None,
         lambda: grad_outer / b, by="counterexample"),
    Step("one dimension: second and fourth moment of the feature", None, _one),
    Step(r"the decoupled form has $2 L h = h\sigma^2 + h^2 v^2$", None, _only),
    Step(r"features $\pm\sqrt{h}$ have $K = 1$ and one and the same $G$: the noise is "
         "additive", None, _no_covariance, by="example"),
    Step(r"a spherical law does not change in a turn by $45^\circ$, so "
         r"$\operatorname{E} x_i^4 = 3\operatorname{E} x_i^2 x_j^2$; turn $v$ onto an axis",
         equation(E(sp.Symbol("{x_i^4}")), E(sp.Symbol("{(x_i + x_j)^4}")) / 4), _sphere),
    Step(r"across $v$ the distance is $(q - 1)\,h^2|v|^2$, along $v$ it is "
         r"$(3q - 2)\,h^2|v|^2$; the weights 3 and 1 rid the two of $q$; met at $q = 3/4$",
         equation(sp.Add(sp.Mul(3, 1 - q, evaluate=False), 3 * q - 2, evaluate=False), 1),
         _never),
)  # fmt: skip


def mutants() -> tuple[Mutant, ...]:
    return (
        Mutant("decoupled form for Gaussian features", {GAUSS: equation(C, 2 * L * A / b)}),
        Mutant("mean gradient subtracted for Gaussian features",
               {GAUSS: equation(C, (2 * L * A - grad_outer) / b)}),
        Mutant("$K$ instead of $K - 1$", {ONE: one_dimension(K)}),
        Mutant("decoupled form in one dimension", {ONE: one_dimension(1)}),
        Mutant("exact for Gaussian features", {ONLY: equation(K, sp.Integer(3))}),
        Mutant("spherical features decouple along $v$", {SPHERE: sphere(along=0)}),
        Mutant("at least one half is wrong", {NEVER: sp.Ge(
            CLAIM[NEVER].lhs, sp.Rational(1, 2), evaluate=False)}),
    )  # fmt: skip
