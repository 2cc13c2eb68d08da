"""The Einstein relation of equilibrium, and for which noise SGD recovers it."""

import sympy as sp

from sgdtheory.theory.statement import Asymptotic, Mutant, Statement, Step, equation
from sgdtheory.theory.variance_flatness.random_landscape import L_0, NOTEBOOK, F, alpha, theta

temperature, c, gamma, lam, h = sp.symbols("T c gamma lambda h", positive=True)
variance = sp.Symbol(r"\sigma^{2}", positive=True)
psi = sp.Symbol("psi", real=True)
BOLTZMANN, EINSTEIN, WELL, EQUILIBRIUM, DIRECTIONS, DISCRETE = (
    r"law at a temperature $T$ in the log-quadratic well $L = L_0e^{4\theta^2/F^2}$",
    "Einstein relation, cold: $T \\ll L_0$",
    "the next order",
    r"exponent of $\sigma^2 \propto F^{-\psi}$, one temperature for all directions",
    r"temperature $T_i = \alpha C_i/2$ of each direction, $C_i \propto \lambda_i^\gamma$, "
    r"$\lambda_i = 8L_0/F_i^2$",
    r"the recursion, $h = \alpha\lambda$: local exponent",
)
P = sp.Function("P")


def cold(divisor=8):
    return Asymptotic(variance, temperature * F**2 / (divisor * L_0))


def well(factor=-3):
    series = 1 + factor * temperature / (2 * L_0)
    return equation(8 * L_0 * variance / (temperature * F**2), series + sp.O(temperature**2))


def directions(shift=1):
    return equation(psi, 2 * (gamma - shift))


def discrete(factor=1):
    return equation(psi, 2 * (gamma - 1) + factor * 2 * h / (2 - h))


CLAIM = {
    BOLTZMANN: equation(
        sp.log(P(theta) / P(0)), -L_0 / temperature * (sp.exp(4 * theta**2 / F**2) - 1)
    ),
    EINSTEIN: cold(),
    WELL: well(),
    EQUILIBRIUM: equation(psi, -2),
    DIRECTIONS: directions(),
    DISCRETE: discrete(),
}
y = sp.Symbol("y", real=True)


def _moments(claim):
    """Mean of theta^2 to second order in T, at ``theta = y sqrt(T F^2/8 L_0)``.

    ``ln P = -y^2/2 - (T/L_0) y^4/8 - ...``: normal means of polynomials.
    """
    scale = temperature * F**2 / (8 * L_0)
    exponent = claim[BOLTZMANN].rhs.subs(theta, y * sp.sqrt(scale))
    series = sp.series(exponent, temperature, 0, 2).removeO()
    weight = 1 + temperature * sp.expand(series).coeff(temperature, 1)
    lead = sp.expand(series).coeff(temperature, 0) + y**2 / 2

    def mean(polynomial):
        terms = sp.Poly(sp.expand(polynomial), y).terms()
        return sum(k * sp.factorial2(n - 1) for (n,), k in terms if n % 2 == 0)

    ratio = sp.series(mean(y**2 * weight) / mean(weight), temperature, 0, 2).removeO()
    return lead, scale, sp.expand(ratio)


def _cold(claim):
    lead, scale, ratio = _moments(claim)
    return [lead, sp.cancel(claim[EINSTEIN].rhs / scale) - 1, ratio.subs(temperature, 0) - 1]


def _well(claim):
    _, _, ratio = _moments(claim)
    return sp.expand(claim[WELL].rhs.removeO() - ratio)


def _quadratic(claim):
    """The same from ``sigma^2 = T/lambda`` and the curvature of the well."""
    bottom = sp.diff(L_0 * sp.exp(4 * theta**2 / F**2), theta, 2).subs(theta, 0)
    return sp.cancel(claim[EINSTEIN].rhs - temperature / bottom)


def local(expr) -> sp.Expr:
    """``-d ln(expr)/d ln F``."""
    return sp.simplify(-F * sp.diff(expr, F) / expr)


def _equilibrium(claim):
    return local(claim[EINSTEIN].rhs) - claim[EQUILIBRIUM].rhs


def _directions(claim):
    own = (alpha * c * lam**gamma / 2).subs(lam, 8 * L_0 / F**2)
    found = local(claim[EINSTEIN].rhs.subs(temperature, own))
    return [sp.expand(found - claim[DIRECTIONS].rhs),
            claim[DIRECTIONS].rhs.subs(gamma, 0) - claim[EQUILIBRIUM].rhs]  # fmt: skip


def _discrete(claim):
    """``sigma^2 = alpha C/(lambda (2 - alpha lambda))`` of IVF-E4."""
    variance = alpha * c * lam**gamma / (lam * (2 - alpha * lam))
    found = local(variance.subs(lam, 8 * L_0 / F**2))
    return sp.simplify(found.subs(L_0, h * F**2 / (8 * alpha)) - claim[DISCRETE].rhs)


EQ1 = Statement(
    id="IVF-EQ1",
    kind="proposition",
    title="The Einstein relation, and the noise for which it is recovered",
    source="feng2021, equilibrium statistical physics",
    assumptions=(
        ("well $L = L_0e^{4\\theta^2/F^2}$, temperature $T$ that does not depend on $\\theta$",
         None),
        (r"exponents: stationary, minibatches drawn independently, $h < 2$", h < 2),
    ),
    claim=CLAIM,
    uses=("IVF-E4", "IVF-E10", "IVF-E15"),
    steps=(
        Step("the well is quadratic at the bottom: a normal law, and its first correction",
             None, _cold, by="series"),
        Step("to the next order the well is steeper, and the law narrower", None, _well,
             by="series"),
        Step(r"the same as $T/\lambda$", None, _quadratic),
        Step("one temperature: the variance grows like the flatness squared", None,
             _equilibrium),
        Step("each direction has its own; at $\\gamma = 0$ all are equal", None, _directions),
        Step("without the limit of small $h$", None, _discrete),
    ),
    mutants=(
        Mutant("four instead of eight", {EINSTEIN: cold(4)}),
        Mutant("a variance that falls with flatness", {EQUILIBRIUM: equation(psi, 2)}),
        Mutant("noise like curvature gives the Einstein relation",
               {DIRECTIONS: directions(2)}),
        Mutant("the window is shorter than the relaxation", {DIRECTIONS: directions(0)}),
        Mutant("small $h$ taken for all", {DISCRETE: discrete(0)}),
        Mutant("the well is quadratic throughout", {WELL: well(0)}),
        Mutant("a wider law", {WELL: well(3)}),
    ),
    status="asymptotic",
    against_source="as-stated",
    remark=(
        r"The source quotes the equilibrium relation as what SGD does *not* obey. It is "
        r"recovered where the noise has one strength in all directions, $\gamma = 0$ (and at "
        r"finite steps up to the term in $h$). For $\gamma = 1$, noise like curvature, the "
        r"variance does not depend on flatness; for $\gamma = 2$ it falls, $\psi = 2$: no new "
        r"law of fluctuations is needed for the sign."
    ),
    aliases=("IVF-EQ",),
    notebook=NOTEBOOK,
)  # fmt: skip

STATEMENTS = (EQ1,)
