"""Fixed kappa: a power of the barrier, with a constant that knows the whole way over it."""

from functools import lru_cache

import sympy as sp

from sgdtheory.theory.escape import barrier as barrier_1d
from sgdtheory.theory.escape import peaks
from sgdtheory.theory.escape.barrier import CROSS, HALF, L, L_a, M
from sgdtheory.theory.escape.definition import a, c
from sgdtheory.theory.escape.symbols import (
    ALPHA,
    NOISE,
    WELLS,
    H_a,
    H_b,
    X,
    alpha,
    barrier,
    eta,
    kappa,
    m,
    sigma_g,
    threshold,
)
from sgdtheory.theory.foundations.kramers import c_a, q_a
from sgdtheory.theory.foundations.symbols import y
from sgdtheory.theory.power_law.symbols import sigma_H
from sgdtheory.theory.statement import (
    Asymptotic,
    Mutant,
    Proportional,
    Statement,
    Step,
    equation,
)  # fmt: skip

tau, R_inf, lam, ell = sp.symbols(r"\tau R_\infty lambda ell", positive=True)
tau_ito, tau_anti = sp.symbols(
    r"\tau_{\text{Itô}} \tau_{\text{anti-Itô}}", positive=True
)  # fmt: skip

#: Noise of fixed strength: ``sigma_H`` stays, and kappa grows with ``1/eta``.
STRENGTH = {kappa: H_a / (eta * sigma_H)}

POWER, FINITE, SHAPE, QUARTIC, ABOVE, MEETS, HEIGHT, FIXED, WEAK, READING = (
    r"time from $a$ to $c$ beyond the saddle, $X \to \infty$ at fixed $\kappa$",
    "the integral is finite at $a$ if and only if",
    "its ratio to the formula of PLD-L6",
    r"double well $L \propto (w^2 - 1)^2$, from one minimum to the other",
    "there, at every $m$",
    r"and as $m \to \infty$",
    r"a barrier of fixed shape and curvature, same limit at fixed $\sigma_g$ and $\eta$",
    r"noise of fixed strength, $\eta \to 0$ ($X$ fixed, $\kappa = H_a/\eta\sigma_H$)",
    r"noise that hardly grows, $X \to 0$ at fixed $\kappa X$, high barrier",
    r"two readings of one noise of fixed strength, $\eta \to 0$",
)


def way(power=m - 1) -> sp.Integral:
    """``∫ ((L - L(a))/ΔL)^power dy`` along the way over the barrier."""
    return sp.Integral(((L(y) - L_a) / barrier) ** power, (y, a, c))


def power_time(power=m - HALF, path=m - 1) -> sp.Expr:
    front = kappa * sp.sqrt(2 * sp.pi / (H_a * barrier)) * sp.gamma(m - HALF) / sp.gamma(m)
    return front * X**power * way(path)


def shape(path=m - 1) -> sp.Expr:
    front = sp.gamma(m + HALF) / sp.gamma(m) * sp.sqrt(H_b / (2 * sp.pi * barrier))
    return front * way(path)


def quartic(shift=HALF) -> sp.Expr:
    up, down = sp.gamma(m + HALF) * sp.gamma(2 * m - 1), sp.gamma(m) * sp.gamma(2 * m - shift)
    return sp.sqrt(2) * up / down


CLAIM = {
    POWER: Asymptotic(tau, power_time()),
    FINITE: sp.Gt(m, HALF, evaluate=False),
    SHAPE: equation(R_inf, shape()),
    QUARTIC: equation(R_inf, quartic()),
    ABOVE: sp.Gt(R_inf, sp.S.One, evaluate=False),
    MEETS: equation(sp.Limit(m * (R_inf - 1), m, sp.oo), sp.Rational(3, 16)),
    HEIGHT: Proportional(tau, barrier ** (m - HALF)),
    FIXED: Asymptotic(sp.log(tau), H_a / (eta * sigma_H) * sp.log(1 + X)),
    WEAK: Asymptotic(sp.log(tau), 2 * barrier / (eta * sigma_g)),
    READING: Asymptotic(tau_ito / tau_anti, 1 + X),
}


def _collapse():
    """In units of its own width the well becomes a parabola, whatever L is further up."""
    q = sp.Symbol("q", real=True)
    z = q * sp.sqrt(2 * barrier / (X * H_a))
    loss = H_a * z**2 / 2 + c_a * z**3 / 6 + q_a * z**4 / 24
    return sp.limit(1 + X * loss / barrier, X, sp.oo) - 1 - q**2


def _power(claim):
    """Integrand by integrand: well of PLD-L6, then ``s^(m-1) = (1 + X ell)^(m-1)``."""
    well = sp.sqrt(2 * barrier / (X * H_a)) * peaks.beta(m)
    exact = kappa * X / barrier * well * (1 + X * ell) ** (m - 1)
    claimed = claim[POWER].rhs.replace(sp.Integral, lambda inside, *_: inside)
    claimed = claimed.subs(L(y), L_a + ell * barrier)
    return sp.limit(sp.gammasimp(sp.simplify(claimed / exact)), X, sp.oo) - 1


def _finite(claim):
    rise = (H_a * y**2 / (2 * barrier)) ** (m - 1)
    exponent = sp.limit(sp.simplify(y * sp.diff(sp.log(rise), y)), y, 0)
    margin, strict = threshold(claim[FINITE])
    return sp.expand(margin - (exponent + 1) / 2), strict


@lru_cache(maxsize=8)
def over_formula(time) -> sp.Expr:
    """Limit of a time over the formula of PLD-L6."""
    return sp.limit(sp.simplify(time / barrier_1d.CLAIM[CROSS].rhs), X, sp.oo)


def _shape(claim):
    return sp.gammasimp(sp.simplify(claim[SHAPE].rhs / over_formula(claim[POWER].rhs))) - 1


def _quartic(claim):
    double_well = claim[SHAPE].rhs.subs(way(), peaks.beta(2 * m - HALF)).subs(H_b, 4 * barrier)
    return sp.simplify(sp.gammasimp(claim[QUARTIC].rhs / double_well)) - 1


def _above(claim):
    """R falls from m to m + 1, by a rational factor, and tends to the bound."""
    R = claim[QUARTIC].rhs
    factor = sp.gammasimp(sp.expand_func(R.subs(m, m + 1) / R))
    fall = sp.cancel((1 - factor).subs(m, lam + HALF))
    least, strict = sp.exp(peaks.at_large_m(R)[0]), threshold(claim[ABOVE])[1]
    larger, smaller = claim[ABOVE].gts, claim[ABOVE].lts
    return least - smaller, larger - R_inf, strict, fall.is_positive is True


def _meets(claim):
    limit, first = peaks.at_large_m(claim[QUARTIC].rhs)
    return limit, first - claim[MEETS].rhs


def _height(claim):
    """Put ``λ L(w/√λ)`` for L: curvatures stay, barrier and X grow λ-fold, the way √λ-fold."""
    path = sp.Symbol("path", positive=True)
    time = claim[POWER].rhs.subs(way(), path)
    grown = {barrier: lam * barrier, X: lam * X, path: sp.sqrt(lam) * path}
    law = claim[HEIGHT].rhs
    ratio = law.subs(barrier, lam * barrier) / law
    return sp.simplify(time.subs(grown, simultaneous=True) / time / ratio) - 1


def formula(letters, index=alpha) -> sp.Expr:
    """Logarithm of the formula of PLD-L6."""
    time = barrier_1d.CLAIM[CROSS].rhs.subs(m, barrier_1d.CLAIM[M].rhs).subs(alpha, index)
    return sp.expand_log(sp.log(time.subs(letters)), force=True)


def _fixed(claim):
    ratio = formula(STRENGTH) / claim[FIXED].rhs
    return sp.limit(sp.expand(ratio), eta, 0) - 1


def _weak(claim):
    E = sp.Symbol("E", positive=True)
    kramers = sp.limit(formula({X: E / kappa}), kappa, sp.oo)
    claimed = claim[WEAK].rhs.subs(barrier, E * eta * sigma_g / 2)
    return sp.limit(sp.expand(kramers / claimed), E, sp.oo) - 1


def _reading(claim):
    log_ratio = sp.limit(formula(STRENGTH, 0) - formula(STRENGTH, 1), eta, 0)
    return sp.simplify(sp.exp(log_ratio) / claim[READING].rhs) - 1


X5 = Statement(
    id="PLD-X5",
    kind="theorem",
    title="When the escape time is a power of the barrier, and when it is exponential",
    source="sgdtheory",
    assumptions=(
        NOISE,
        WELLS,
        ALPHA,
        (r"$L(c) \ge L(a)$, and $C > 0$ up to $c$ and on the far side of the well", None),
        (r"$\int C^{-m}$ finite in the well, for which $m = \kappa + 1 - \alpha > 1/2$",
         m > HALF),
    ),
    claim=CLAIM,
    uses=("PLD-L6",),
    steps=(
        Step(r"in units of its own width, $\propto X^{-1/2}$, the well becomes a parabola",
             equation(sp.Symbol("s"), 1 + sp.Symbol("q", real=True) ** 2), _collapse,
             by="limit"),
        Step(r"on the way over the barrier $s^{m-1}$ becomes a power of the loss: nothing "
             "singles out the saddle",
             equation(sp.Limit(((1 + X * ell) / X) ** (m - 1), X, sp.oo), ell ** (m - 1)),
             _power, by="limit"),
        Step("near $a$ the integrand goes like $|y - a|^{2m-2}$", None, _finite, by="limit"),
        Step("divide by the formula of PLD-L6", None, _shape, by="limit"),
        Step("double well: the integral is a Beta function, by the substitution of PLD-L6",
             equation(sp.Integral((1 - peaks.u**2) ** (2 * m - 2), (peaks.u, -1, 1)),
                      peaks.integral(2 * m - HALF, peaks.v)),
             lambda: peaks.substitution_left(2 * m - 2)),
        Step("with $|H_b| = 4 \\Delta L$ for this well", None, _quartic, by="integral"),
        Step(r"each step from $m$ to $m + 1$ lowers $R_\infty$, and its limit is 1",
             equation(sp.Symbol("R_{m+1}") / sp.Symbol("R_m"),
                      (4 * m**2 - 1) / (4 * m**2 - sp.Rational(1, 4))),
             _above, by="series"),
        Step("Stirling's series: what PLD-L6 has at order $1/m$ for large $X$", None, _meets,
             by="series"),
        Step(r"put $\lambda L(w/\sqrt\lambda)$ for $L$: same curvatures, barrier times "
             r"$\lambda$", None, _height),
        Step(r"noise of fixed strength: only $\kappa$ grows", None, _fixed, by="limit"),
        Step("noise that hardly grows: Kramers' exponential", None, _weak, by="limit"),
        Step(r"the readings differ by one in $m$", None, _reading, by="limit"),
    ),
    mutants=(
        Mutant("the formula of PLD-L6 exact at fixed $\\kappa$",
               {QUARTIC: equation(R_inf, sp.S.One)}),
        Mutant("$\\Gamma(2m)$ for $\\Gamma(2m - 1/2)$", {QUARTIC: equation(R_inf, quartic(0))}),
        Mutant(r"exponent $m$", {POWER: Asymptotic(tau, power_time(m)),
                                 HEIGHT: Proportional(tau, barrier**m)}),
        Mutant("loss to the power $m$ on the way",
               {POWER: Asymptotic(tau, power_time(path=m)),
                SHAPE: equation(R_inf, shape(m))}),
        Mutant("needs $m > 1$", {FINITE: sp.Gt(m, sp.S.One, evaluate=False)}),
        Mutant("linear in the barrier at fixed strength of the noise",
               {FIXED: Asymptotic(sp.log(tau), H_a * X / (eta * sigma_H))}),
        Mutant("both readings agree for small steps",
               {READING: Asymptotic(tau_ito / tau_anti, sp.S.One)}),
    ),
    status="asymptotic",
    remark=(
        r"\"A power of the barrier\" is right at fixed $\kappa$, where $\sigma_H$ grows like "
        r"$1/\eta$; there the time depends on the whole way over the barrier and not at all on "
        r"the curvature of the saddle, and reach over cross is the ratio of two such "
        r"integrals, one half by symmetry only. For SGD on one loss with a small step the "
        r"noise has a fixed strength: the time is exponential in $1/\eta$, with $\ln(1 + X)$ "
        r"for $X$ in the exponent."
    ),
    notebook="notebooks/escape/01_escape_formulas",
)  # fmt: skip

STATEMENTS = (X5,)
