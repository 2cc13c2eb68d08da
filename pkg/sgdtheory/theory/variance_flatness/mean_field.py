"""The mean of minibatch landscapes: exact for one curvature, an expansion for random ones."""

from functools import lru_cache

import sympy as sp

from sgdtheory.theory.power_law.symbols import threshold
from sgdtheory.theory.statement import Mutant, Statement, Step, equation
from sgdtheory.theory.variance_flatness import fluctuation_time, mean_velocity, members
from sgdtheory.theory.variance_flatness.members import F_mu
from sgdtheory.theory.variance_flatness.random_landscape import (
    L_0,
    NOTEBOOK,
    PLACES,
    F,
    L,
    M_bar,
    l_1,
    left,
    m,
    m_bar,
    normal_mean,
    room,
    s,
    sigma,
    theta,
    x,
)

MEAN, CURVED, LOWEST, FLATNESS, EXISTS, MATRIX, DETERMINANT = (
    "mean landscape, one curvature $m$",
    "its curvature",
    "its lowest value",
    "its flatness",
    "it exists where",
    r"several directions: curvatures $M$, places of covariance $\Sigma$",
    "its lowest value then",
)
RANDOM, HIGHER, QUARTIC, OFF = (
    r"random curvature, mean $\bar m$ and small variance $s^2$: the curvature",
    "random curvature: the lowest value",
    r"random curvature: coefficient of $\theta^4$ in $\ln L$",
    r"a coupling $m_{ij}$ of two directions, mean zero and variance $s_{ij}^2$: rise of the "
    r"curvature",
)
M_, Sigma, Mb, one = sp.symbols(r"M Sigma \bar{M} I", commutative=False)
det = sp.Function(r"\det")
quartic, rise = sp.symbols(r"{[\theta^4]\ln{L}} \Delta\bar{M}_{i}", positive=True)
s_ij, m_i, m_j, sigma_i, sigma_j = sp.symbols(
    r"s_{ij} m_i m_j \sigma_i \sigma_j", positive=True
)
spare = 1 - m_bar * sigma**2


def flat(factor=8):
    return equation(F**2, F_mu**2 - factor * sigma**2)


def random(factor=3, power=3):
    second = factor * s**2 * sigma**2 / (2 * spare**power)
    return equation(M_bar, m_bar / spare + second + sp.O(s**4))


def higher(factor=3):
    second = factor * s**2 * sigma**4 / (8 * spare**2)
    return equation(L_0 / l_1, (1 + second) / sp.sqrt(spare) + sp.O(s**4))


CLAIM = {
    MEAN: equation(L(theta), L_0 * sp.exp(M_bar * theta**2 / 2)),
    CURVED: equation(1 / M_bar, 1 / m - sigma**2),
    LOWEST: equation(L_0, l_1 / sp.sqrt(room(1))),
    FLATNESS: flat(),
    EXISTS: sp.Lt(m * sigma**2, 1, evaluate=False),
    MATRIX: equation(Mb**-1, M_**-1 - Sigma),
    DETERMINANT: equation(L_0 / l_1, 1 / sp.sqrt(det(one - Sigma * M_))),
    RANDOM: random(),
    HIGHER: higher(),
    QUARTIC: equation(quartic, s**2 / (8 * spare**4) + sp.O(s**4)),
    OFF: equation(
        rise,
        s_ij**2 * sigma_j**2 / ((1 - m_i * sigma_i**2) ** 2 * (1 - m_j * sigma_j**2))
        + sp.O(s_ij**4),
    ),
}


def _mean(claim):
    """The average over the places, with the claimed curvature and lowest value put in."""
    letters = {M_bar: 1 / claim[CURVED].rhs, L_0: claim[LOWEST].rhs}
    return left(claim[MEAN].rhs.subs(letters), l_1 * normal_mean(sp.S.One, 1), 1)


def _flatness(claim):
    """Both widths from their curvatures by ``F^2 = 8/M``."""
    return sp.cancel(claim[FLATNESS].rhs.subs(F_mu, sp.sqrt(8 / m)) - 8 * claim[CURVED].rhs)


def _exists(claim):
    """Far out the integrand is ``exp(-(1 - m sigma^2) x^2/2 sigma^2)``; at equality, 1."""
    margin, strict = threshold(claim[EXISTS])
    exponent = m * x**2 / 2 - x**2 / (2 * sigma**2)
    return [sp.expand(margin + 2 * sigma**2 * exponent.coeff(x, 2)), strict]


A = sp.Matrix(2, 2, sp.symbols("a b b c", real=True))
B = sp.Matrix(2, 2, sp.symbols("p q q r", real=True))
AT = sp.Matrix(sp.symbols("theta_1 theta_2", real=True))


def explicit(expr) -> sp.Matrix:
    """A formula in M and Sigma for two directions, any two symmetric matrices."""
    if expr == one:
        return sp.eye(2)
    if expr in (M_, Sigma):
        return A if expr == M_ else B
    if expr.is_Add:
        return sum((explicit(arg) for arg in expr.args), sp.zeros(2))
    if expr.is_Mul:
        return sp.prod([explicit(arg) for arg in expr.args], start=sp.eye(2))
    if expr.is_Pow:
        return explicit(expr.base) ** expr.exp
    return expr * sp.eye(2)


@lru_cache(maxsize=16)
def beyond_the_saddle(inverse) -> sp.Expr:
    """Exponent at its saddle ``x = (M - Sigma^-1)^-1 M theta``, minus the claimed one."""
    place = (A - B.inv()).inv() * A * AT
    value = (AT - place).T * A * (AT - place) - place.T * B.inv() * place
    return sp.cancel(sp.together((value - AT.T * explicit(inverse).inv() * AT)[0]))


def _matrix(claim):
    return beyond_the_saddle(claim[MATRIX].rhs)


def _determinant(claim):
    """Volume of the normal integral against that of the places."""
    claimed = claim[DETERMINANT].rhs ** -2
    claimed = claimed.replace(det, lambda inside: explicit(sp.expand(inside)).det())
    return sp.cancel(claimed - (B.inv() - A).det() * B.det())


@lru_cache(maxsize=1)
def second_order() -> list:
    """Coefficients of ``theta^0, theta^2, theta^4`` in ln L to first order in s^2.

    The mean over m of a function f of m is ``f + s^2 f''/2`` plus terms in s^4; of the
    logarithm it leaves ``s^2/2 [(ln f)'' + ((ln f)')^2]``.
    """
    log_f = -sp.log(1 - m * sigma**2) / 2 + theta**2 * m / (2 * (1 - m * sigma**2))
    change = sp.diff(log_f, m, 2) + sp.diff(log_f, m) ** 2
    change = sp.Poly(sp.together(change), theta).as_expr().subs(m, m_bar)
    return [sp.factor(sp.expand(change).coeff(theta, n) / 2) for n in (0, 2, 4)]


def _random(claim):
    """Twice the coefficient of theta^2, order by order in s^2."""
    claimed = claim[RANDOM].rhs.removeO()
    return [sp.cancel(claimed.subs(s, 0) - m_bar / spare),
            sp.cancel(sp.diff(claimed, s, 2) / 2 - 2 * second_order()[1])]  # fmt: skip


def _higher(claim):
    log_claimed = sp.log(claim[HIGHER].rhs.removeO())
    slope = sp.diff(log_claimed, s, 2).subs(s, 0) / 2
    lowest = claim[HIGHER].rhs.removeO().subs(s, 0)
    return [sp.simplify(slope - second_order()[0]), sp.simplify(lowest * sp.sqrt(spare)) - 1]


def _quartic(claim):
    claimed = claim[QUARTIC].rhs.removeO()
    return [claimed.subs(s, 0), sp.cancel(sp.diff(claimed, s, 2) / 2 - second_order()[2])]


def _off(claim):
    """``1 + s_ij^2 <u_i^2><u_j^2>/2``, means weighted with ``exp(m u^2/2)``, theta_j = 0."""

    def weighted(curvature, spread, at):
        letters = {m: curvature, sigma: spread, theta: at}
        square = normal_mean((theta - x) ** 2, 1) / normal_mean(sp.S.One, 1)
        return sp.simplify(square.subs(letters))

    product = weighted(m_i, sigma_i, theta) * weighted(m_j, sigma_j, 0)
    found = sp.diff(s_ij**2 * product / 2, theta, 2).subs(theta, 0)
    return sp.cancel(claim[OFF].rhs.removeO() - found)


E10 = Statement(
    id="IVF-E10",
    kind="theorem",
    title="The mean of the minibatch landscapes is sharper than its members",
    source="feng2021, Equation 10",
    assumptions=(
        PLACES,
        (r"$F^2 = 8/\bar M$, $F_\mu^2 = 8/m$: widths at $e$ times the lowest value (IVF-E9)",
         None),
        (r"random curvature: any bounded law, symmetric about $\bar m$", m_bar * sigma**2 < 1),
    ),
    claim=CLAIM,
    uses=("IVF-E9",),
    steps=(
        Step("complete the square in the places: inverse-Gaussian again", None, _mean,
             by="integral"),
        Step("flatness squared is $8$ over the curvature", None, _flatness),
        Step("at equality the integrand no longer falls", None, _exists),
        Step("two directions, any symmetric matrices: value of the exponent at its saddle",
             None, _matrix, by="example"),
        Step("and the volume around it", None, _determinant, by="example"),
        Step(r"random curvature: $\langle f\rangle = f + s^2 f''/2 + O(s^4)$, the curvature of "
             r"$\ln L$ at the bottom", None, _random, by="series"),
        Step("its value there", None, _higher, by="series"),
        Step("and a fourth power: the mean is inverse-Gaussian no longer", None, _quartic,
             by="series"),
        Step("a coupling adds the product of two mean squares", None, _off, by="series"),
    ),
    mutants=(
        Mutant("still inverse-Gaussian where curvatures differ",
               {QUARTIC: equation(quartic, sp.O(s**4))}, source=True),
        Mutant("the curvature of the members", {CURVED: equation(1 / M_bar, 1 / m)}),
        Mutant("flatter than its members", {FLATNESS: flat(-8)}),
        Mutant("four instead of eight", {FLATNESS: flat(4)}),
        Mutant("a third of the second order", {RANDOM: random(1)}),
        Mutant("one power less", {RANDOM: random(power=2)}),
        Mutant("twice the rise of the lowest value", {HIGHER: higher(6)}),
        Mutant("half the room", {EXISTS: sp.Lt(m * sigma**2, sp.S.Half, evaluate=False)}),
    ),
    status="exact",
    against_source="corrected",
    remark=(
        "The form is the source's as we reconstruct it, the constants are ours. For one "
        "curvature it is exact. For random ones there is an expansion in $s^2$, which for "
        "normal curvatures does not converge (IVF-E9): it holds for bounded ones. In small "
        r"networks $s/\bar m$ is between a quarter and three quarters: a guide, no more."
    ),
    notebook=NOTEBOOK,
)  # fmt: skip

STATEMENTS = (
    *members.STATEMENTS,
    E10,
    *mean_velocity.STATEMENTS,
    *fluctuation_time.STATEMENTS,
)
