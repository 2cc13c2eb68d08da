"""Mean first-passage times: the backward equation, and its solution as a double integral."""

import sympy as sp

from sgdtheory.theory import fokker_planck as fp
from sgdtheory.theory.foundations.symbols import (
    ALPHA,
    D,
    T,
    alpha,
    dt,
    f,
    gaussian_mean,
    lower,
    opaque,
    small_step,
    target,
    x,
    y,
    z,
)  # fmt: skip
from sgdtheory.theory.statement import Mutant, Proportional, Statement, Step, equation

phi = sp.Function(r"\phi")
Slope = sp.Derivative
k, N = sp.symbols("k N", positive=True, integer=True)
dx = sp.Symbol(r"\Delta{x}", positive=True)
diffusion = sp.Symbol("D", positive=True)

BACKWARD, ARRIVED, WALL, DIVERGENCE = (
    r"backward equation, index $\alpha$",
    "at the target $b$",
    r"at a reflecting wall $\ell$",
    r"in divergence form, $\phi$ the stationary density without flux",
)


def backward(drift):
    left = sp.Add(drift * Slope(T(x), x), D(x) * Slope(T(x), (x, 2)), evaluate=False)
    return equation(left, sp.Integer(-1))


def _one_step(claim):
    """T(x) = Δt + mean of T(x + Δx), through order Δt."""
    move = small_step(f(x), D(x), x, dt, alpha)
    mean, square = (gaussian_mean(move**n).coeff(dt, 1) for n in (1, 2))
    balance = 1 + mean * sp.diff(T(x), x) + square / 2 * sp.diff(T(x), x, 2)
    equation_ = claim[BACKWARD]
    return sp.expand((equation_.lhs - equation_.rhs).doit() - balance)


def _walk(k):
    """Mean time from site k of a symmetric walk, wall at 0 and target at N."""
    return dx**2 / (2 * diffusion) * (N**2 - k**2)


def _walk_is_right():
    """One hop of ±Δx each Δx²/(2D); at the wall both hops lead to site 1."""
    hop = dx**2 / (2 * diffusion)
    inside = hop + (_walk(k - 1) + _walk(k + 1)) / 2 - _walk(k)
    return [sp.expand(inside), sp.expand(hop + _walk(sp.S.One) - _walk(sp.S.Zero))]


def _walk_at_wall(claim):
    slope = (_walk(sp.S.One) - _walk(sp.S.Zero)) / dx
    return claim[WALL].rhs - sp.limit(sp.expand(slope), dx, 0)


def without_flux(expr, index=alpha) -> sp.Expr:
    """``φ'`` replaced by what zero flux makes of it (FND-5)."""
    log_slope = (f(x) - (1 - index) * sp.diff(D(x), x)) / D(x)
    return expr.doit().subs(sp.diff(phi(x), x), phi(x) * log_slope)


def _divergence(claim):
    left, right = claim[DIVERGENCE].args
    balance = fp.backward(T(x), f(x), D(x), x, alpha) + 1
    return sp.expand(without_flux(left - right) - phi(x) * balance)


FND9 = Statement(
    id="FND-9",
    kind="theorem",
    title="The backward equation of the mean first-passage time",
    source="sgdtheory",
    assumptions=(
        ("$T(x)$: mean time from $x$ to the target $b$, finite; $f$ and $D$ smooth, "
         "$D > 0$", None),
        ALPHA,
    ),
    claim={
        BACKWARD: backward(f(x) + alpha * Slope(D(x), x)),
        ARRIVED: equation(T(target), sp.Integer(0)),
        WALL: equation(sp.Subs(Slope(T(x), x), x, lower), sp.Integer(0)),
        DIVERGENCE: equation(Slope(D(x) * phi(x) * Slope(T(x), x), x), -phi(x)),
    },
    uses=("FND-4", "FND-5"),
    steps=(
        Step(
            r"wait $\Delta t$ and average over where the walker is now: the time left is "
            r"shorter by $\Delta t$",
            equation(T(x), dt + sp.Function(r"\operatorname{E}")(T(x + dx))),
            _one_step,
            by="series",
        ),
        Step(
            r"constant $D$ and no drift, on sites $\Delta x$ apart: a hop every "
            r"$\Delta x^2/(2D)$",
            equation(T(k * dx), _walk(k)),
            _walk_is_right,
            by="example",
        ),
        Step("at site $N$ it has arrived", None,
             lambda claim: claim[ARRIVED].rhs - _walk(N), by="example"),
        Step("the first hop from the wall changes $T$ by one hop's time, of order "
             r"$\Delta x^2$",
             None, _walk_at_wall, by="limit"),
        Step(r"multiply by $\phi$: zero flux makes the left side a derivative", None,
             _divergence),
    ),
    mutants=(
        Mutant("the drift of Itô in every convention", {BACKWARD: backward(f(x))}),
        Mutant(r"drift $f - \alpha D'$", {BACKWARD: backward(f(x) - alpha * Slope(D(x), x))}),
        Mutant("half the diffusion", {BACKWARD: equation(
            sp.Add((f(x) + alpha * Slope(D(x), x)) * Slope(T(x), x),
                   D(x) / 2 * Slope(T(x), (x, 2)), evaluate=False), sp.Integer(-1))}),
        Mutant("time running the other way", {BACKWARD: equation(
            backward(f(x) + alpha * Slope(D(x), x)).lhs, sp.Integer(1))}),
        Mutant(r"$\phi$ outside the derivative", {DIVERGENCE: equation(
            phi(x) * Slope(D(x) * Slope(T(x), x), x), -phi(x))}),
    ),
    remark=(
        "The equation runs backward: it looks at the first step, not at the last. So it has "
        "the drift of the Itô form, whatever the convention, and $D$ outside the derivatives."
    ),
)  # fmt: skip

DOUBLE, DENSITY, FREE = (
    r"mean time from $x$ to $b > x$, reflecting wall at $\ell$",
    "where",
    "free diffusion ($f = 0$, $D$ constant)",
)
I_ell = sp.Integral(f(y) / D(y), (y, lower, x))


def density(index=alpha, factor=1):
    return Proportional(phi(x), D(x) ** (index - 1) * sp.exp(factor * I_ell))


def double(outer, inner, limits=(z, lower, y)):
    return equation(T(x), sp.Integral(outer * sp.Integral(inner, limits), (y, x, target)))


FND10_CLAIM = {
    DOUBLE: double(1 / (D(y) * phi(y)), phi(z)),
    DENSITY: density(),
    FREE: equation(T(x), (target - x) * (target + x - 2 * lower) / (2 * diffusion)),
}


def _log_slope(claim):
    """(log φ)' of the claimed density."""
    log_phi = sp.expand_log(sp.log(claim[DENSITY].rhs), force=True)
    return sp.diff(log_phi, x)


def _derivatives(claim):
    """T' and T'' of the claimed double integral, φ' from the claimed density."""
    first = sp.diff(claim[DOUBLE].rhs, x)
    second = sp.diff(first, x).doit(integrals=False)
    slope = {sp.diff(phi(x), x): phi(x) * _log_slope(claim)}
    return first, second.subs(slope)


def _solves(claim):
    first, second = _derivatives(claim)
    balance = (f(x) + alpha * sp.diff(D(x), x)) * first + D(x) * second + 1
    return sp.cancel(sp.expand(opaque(balance)))


def _ends(claim):
    first, _ = _derivatives(claim)
    return [opaque(claim[DOUBLE].rhs.subs(x, target)), opaque(first.subs(x, lower))]


def _free(claim):
    """Do both integrals for f = 0 and constant D."""
    constant = claim[DOUBLE].rhs.replace(D, lambda u: diffusion)
    constant = constant.replace(phi, lambda u: sp.S.One)
    return sp.expand(claim[FREE].rhs - constant.doit())


FND10 = Statement(
    id="FND-10",
    kind="theorem",
    title="The mean first-passage time is a double integral",
    source="sgdtheory",
    assumptions=(
        (r"$\ell \le x \le b$; a reflecting wall at $\ell$, or $\ell \to -\infty$ where $\phi$ "
         "can be normalised there", None),
        ALPHA,
        ("$f$ and $D$ continuous, $D > 0$", None),
    ),
    claim=FND10_CLAIM,
    uses=("FND-5", "FND-9"),
    steps=(
        Step(r"$\phi$ has no flux in this convention (FND-5)", None,
             lambda claim: fp.residual(sp.expand_log(sp.log(claim[DENSITY].rhs), force=True),
                                       f(x), D(x), x, alpha)),
        Step(r"integrate $(D \phi T')' = -\phi$ from the wall, where $T' = 0$",
             equation(Slope(T(x), x), -sp.Integral(phi(z), (z, lower, x)) / (D(x) * phi(x))),
             lambda claim: opaque(
                 _derivatives(claim)[0]
                 + sp.Integral(phi(z), (z, lower, x)) / (D(x) * phi(x)))),
        Step("the double integral solves the backward equation, whatever $f$ and $D$",
             backward(f(x) + alpha * Slope(D(x), x)), _solves, by="operator"),
        Step("it vanishes at the target, and its slope at the wall", None, _ends),
        Step("worked instance: a parabola, highest at the wall", None, _free, by="integral"),
    ),
    mutants=(
        Mutant("without $D$", {DOUBLE: double(1 / phi(y), phi(z))}),
        Mutant(r"$\phi$ and $1/\phi$ exchanged", {DOUBLE: double(phi(y) / D(y), 1 / phi(z))}),
        Mutant("twice the time", {DOUBLE: double(2 / (D(y) * phi(y)), phi(z))}),
        Mutant("inner integral from the start", {DOUBLE: double(
            1 / (D(y) * phi(y)), phi(z), (z, x, y))}),
        Mutant("the anti-Itô density in every convention", {DENSITY: density(sp.Integer(1))}),
        Mutant("the Itô density in every convention", {DENSITY: density(sp.Integer(0))}),
    ),
    remark=(
        r"Exact for every drift and every positive $D$; the norm of $\phi$ and the lower end "
        r"of its exponent drop out. It is the yardstick for every asymptotic escape "
        r"formula here."
    ),
)  # fmt: skip

STATEMENTS = (FND9, FND10)
