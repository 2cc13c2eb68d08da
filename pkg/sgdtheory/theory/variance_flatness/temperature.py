"""The active temperature of a direction, and its value in the mean field."""

import sympy as sp

from sgdtheory.theory.statement import Mutant, Statement, Step, equation
from sgdtheory.theory.variance_flatness import einstein
from sgdtheory.theory.variance_flatness.random_landscape import (
    NOTEBOOK,
    PLACES,
    L,
    M_bar,
    alpha,
    l_2,
    left,
    m,
    room,
    sigma,
    theta,
)
from sgdtheory.theory.variance_flatness.velocity_spread import CLAIM as NOISE
from sgdtheory.theory.variance_flatness.velocity_spread import ROOM, SLOPE, SQUARE, D

HALF = sp.S.Half
T = sp.Function("T")
C = sp.Function("C")
square, slope = NOISE[SQUARE].lhs, NOISE[SLOPE].lhs

HEAT, FIELD, BOTTOM, STEEP = (
    r"active temperature at the displacement $\theta$, $C$ the covariance of the minibatch "
    "gradient",
    r"mean field: one curvature $m$, $D = 1 - 2m\sigma_\theta^2 > 0$",
    "at the bottom",
    "far from it, beside the loss",
)


def heat(factor=HALF):
    return equation(T(theta), factor * alpha * (square - slope**2))


def field(mean=1):
    bracket = (sigma**2 + theta**2 / D) * sp.exp(m * theta**2 / D)
    square = l_2 * m**2 * D ** -(3 * HALF) * bracket
    return equation(T(theta), alpha / 2 * (square - mean * (M_bar * theta * L(theta)) ** 2))


STEEPNESS = 2 * room(1) / room(2)


def steep(value=STEEPNESS):
    return equation(sp.Limit(sp.log(T(theta)) / sp.log(L(theta)), theta, sp.oo), value)


CLAIM = {
    HEAT: heat(),
    FIELD: field(),
    BOTTOM: equation(T(0), alpha * l_2 * m**2 * sigma**2 / (2 * room(2) ** sp.Rational(3, 2))),
    STEEP: steep(),
}


def _heat(claim):
    """Two minibatches of slopes +-1 about their mean 3: C = 1, and the temperature alpha/2."""
    return claim[HEAT].rhs.subs({square: 10, slope: 3}) - alpha / 2


def _field(claim):
    """Mean square and mean of the gradient from IVF-E12."""
    found = claim[HEAT].rhs.subs({square: NOISE[SQUARE].rhs, slope: NOISE[SLOPE].rhs})
    return sp.expand(claim[FIELD].rhs - found)


def _bottom(claim):
    found = claim[FIELD].rhs.subs(D, NOISE[ROOM].rhs).subs(theta, 0)
    return left(claim[BOTTOM].rhs, found, 2)


def _steep(claim):
    """The exponents alone count, per theta^2; ``L^2`` has the smaller one, so that it drops."""
    hot, loss = m / NOISE[ROOM].rhs, m / room(1) / 2
    excess = m**2 * sigma**2 / (room(1) * room(2))
    shown = _exponent(claim[FIELD].rhs).subs(D, NOISE[ROOM].rhs)
    return [sp.cancel(hot - 2 * loss - excess), sp.cancel(shown - hot),
            sp.cancel(claim[STEEP].rhs - hot / loss)]  # fmt: skip


def _exponent(expr) -> sp.Expr:
    """Coefficient of theta^2 in the one exponential that the formula shows."""
    (found,) = expr.atoms(sp.exp)
    return found.exp.coeff(theta, 2)


E15 = Statement(
    id="IVF-E15",
    kind="formula",
    title="The active temperature of a direction",
    source="feng2021, Equation 15",
    assumptions=(
        (r"$T(\theta) = \frac\alpha2\langle(\partial_\theta\,\delta L^\mu)^2\rangle$, "
         r"$\delta L^\mu = L^\mu - L$", None),
        PLACES,
        (r"mean field: $m\sigma_\theta^2 < \frac12$ (IVF-E12)", m * sigma**2 < HALF),
    ),
    claim=CLAIM,
    uses=("IVF-E3", "IVF-E12"),
    steps=(
        Step("two minibatches of slopes $2$ and $4$", None, _heat, by="example"),
        Step("mean square and mean of the gradient in the mean field", None, _field),
        Step("at the bottom the mean gradient vanishes", None, _bottom),
        Step("far out the mean square grows faster than the square of the mean, and both "
             "faster than the loss: compare the exponents", None, _steep, by="limit"),
    ),
    mutants=(
        Mutant("the learning rate without its half", {HEAT: heat(1)}),
        Mutant("the mean gradient not taken out", {FIELD: field(0)}),
        Mutant("the temperature goes like the loss", {STEEP: steep(1)}),
        Mutant("the temperature goes like the square of the loss", {STEEP: steep(2)}),
        Mutant("the linearised value at the bottom",
               {BOTTOM: equation(T(0), alpha * l_2 * m**2 * sigma**2 / 2)}),
    ),
    against_source="as-stated",
    remark=(
        r"The definition is the source's, the mean-field value ours. It is the diffusion "
        r"constant $\alpha C/2$ of the direction (IVF-E4). Loss and temperature both have "
        r"their minimum at the bottom, but the temperature rises faster than the *square* of "
        r"the loss: their profiles are alike in kind only."
    ),
    notebook=NOTEBOOK,
)  # fmt: skip

STATEMENTS = (E15, *einstein.STATEMENTS)
