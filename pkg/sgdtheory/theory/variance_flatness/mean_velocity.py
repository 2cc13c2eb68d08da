"""Velocity of a minibatch landscape, and what its linearised form drops."""

import sympy as sp

from sgdtheory.theory.statement import Asymptotic, Mutant, Statement, Step, equation
from sgdtheory.theory.variance_flatness import velocity_spread
from sgdtheory.theory.variance_flatness.random_landscape import (
    BAR,
    NOTEBOOK,
    ONE,
    PLACES,
    L,
    M_bar,
    alpha,
    l_1,
    left,
    m,
    normal_mean,
    room,
    theta,
    x,
)

HALF = sp.S.Half
L_min = sp.Symbol(r"L_{\min}^{\mu}", positive=True)
v, v_lin = sp.symbols(r"v v_{\mathrm{lin}}", real=True)
v_mean, v_lin_mean, factor, slowed = (
    sp.Symbol(name, real=True)
    for name in (
        r"{\left\langle{v}\right\rangle}",
        r"{\left\langle{v_{\mathrm{lin}}}\right\rangle}",
        r"{\left\langle{v/v_{\mathrm{lin}}}\right\rangle_{\theta=0}}",
        r"{\left\langle{v}\right\rangle}/{\left\langle{v_{\mathrm{lin}}}\right\rangle}",
    )
)

VELOCITY, LINEAR, NEAR, DROPPED, DRIFT, DRIFT_LINEAR, SLOWED = (
    "velocity, per step",
    "linearised",
    r"they agree near the minimum, $\theta \to \theta^\mu$",
    r"mean of the factor that is dropped, at $\theta = 0$, $m\sigma_\theta^2 < 1$",
    "mean velocity",
    "mean velocity, linearised",
    r"their ratio at the bottom, $\theta \to 0$",
)
gap = x - theta


def velocity(power=HALF):
    return equation(v, alpha * L_min * m * gap * sp.exp(power * m * gap**2))


def dropped(power=HALF):
    return equation(factor, room(1) ** -power)


def slow(power=3 * HALF):
    return equation(slowed, room(1) ** -power)


CLAIM = {
    VELOCITY: velocity(),
    LINEAR: equation(v_lin, alpha * L_min * m * gap),
    NEAR: Asymptotic(v, v_lin),
    DROPPED: dropped(),
    DRIFT: equation(v_mean, -alpha * M_bar * theta * L(theta)),
    DRIFT_LINEAR: equation(v_lin_mean, -alpha * l_1 * m * theta),
    SLOWED: slow(),
}


def _velocity(claim):
    loss = L_min * sp.exp(m * (theta - x) ** 2 / 2)
    return sp.simplify(claim[VELOCITY].rhs / (-alpha * sp.diff(loss, theta))) - 1


def _linear(claim):
    """The slope at the minimum, times the distance."""
    slope = sp.diff(claim[VELOCITY].rhs, theta).subs(theta, x)
    return sp.expand(claim[LINEAR].rhs - slope * (theta - x))


def _near(claim):
    ratio = claim[VELOCITY].rhs / claim[NEAR].rhs.subs(v_lin, claim[LINEAR].rhs)
    return sp.limit(sp.simplify(ratio), theta, x) - 1


def _dropped(claim):
    return left(claim[DROPPED].rhs, ONE.subs(theta, 0), 1)


def _drift(claim):
    found = -alpha * l_1 * normal_mean(m * (theta - x), 1)
    claimed = claim[DRIFT].rhs.subs({L(theta): l_1 * ONE, M_bar: BAR})
    return left(claimed, found, 1)


def _drift_linear(claim):
    """Only the mean place enters, zero."""
    return sp.expand(claim[DRIFT_LINEAR].rhs - claim[LINEAR].rhs.subs({x: 0, L_min: l_1}))


def _slowed(claim):
    drift = claim[DRIFT].rhs.subs({L(theta): l_1 * ONE, M_bar: BAR})
    ratio = sp.cancel(drift / claim[DRIFT_LINEAR].rhs).subs(theta, 0)
    return left(claim[SLOWED].rhs, ratio, 1)


E11 = Statement(
    id="IVF-E11",
    kind="proposition",
    title="The linearised velocity drops an exponential factor",
    source="feng2021, Equation 11",
    assumptions=(PLACES, (r"one curvature $m$, learning rate $\alpha$", None)),
    claim=CLAIM,
    uses=("IVF-E9", "IVF-E10"),
    steps=(
        Step("minus the learning rate times the slope of the minibatch loss", None, _velocity),
        Step("its slope at the minimum, times the distance", None, _linear),
        Step("the two share their slope there", None, _near, by="limit"),
        Step(r"elsewhere they differ by $e^{m(\theta-\theta^\mu)^2/2}$: complete the square",
             None, _dropped, by="integral"),
        Step("the mean velocity is the slope of the mean landscape", None, _drift,
             by="integral"),
        Step("linearised: the slope of one member, as if all had their minimum at zero", None,
             _drift_linear),
        Step("at the bottom the pull is stronger than the linearised one", None, _slowed),
    ),
    mutants=(
        Mutant("nothing is dropped", {DROPPED: dropped(0)}, source=True),
        Mutant("the linear pull of the mean landscape", {SLOWED: slow(0)}),
        Mutant("the factor of the mean loss alone", {SLOWED: slow(HALF)}),
        Mutant("the square of the factor", {VELOCITY: velocity(1)}),
        Mutant("its mean with another power", {DROPPED: dropped(sp.Rational(3, 2))}),
    ),
    status="asymptotic",
    against_source="corrected",
    remark=(
        "Linear in $\\theta$ as we reconstruct it. Near its own minimum each minibatch moves "
        "the weights so; but the weights are as far from that minimum as the minima are from "
        r"each other, and there the factor is of order one: $m\sigma_\theta^2$ is not small."
    ),
    notebook=NOTEBOOK,
)  # fmt: skip

STATEMENTS = (E11, *velocity_spread.STATEMENTS)
