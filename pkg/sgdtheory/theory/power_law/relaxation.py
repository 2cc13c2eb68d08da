"""How the law relaxes: not as a q-Gaussian; the right rates and moments."""

from functools import lru_cache

import sympy as sp

from sgdtheory.theory import fokker_planck as fp
from sgdtheory.theory.power_law.symbols import (
    ALPHA,
    C,
    H,
    alpha,
    drift,
    eta,
    kappa,
    nu,
    rho,
    sigma_g,
    sigma_H,
    threshold,
    u,
)  # fmt: skip
from sgdtheory.theory.statement import Mutant, Statement, Step, equation

t, n, q, B = sp.symbols("t n q B", positive=True)
M, y, A_rate, B_rate, M_rate = sp.symbols(r"M y \dot{A} \dot{B} \dot{M}", real=True)
rate, edge = sp.Function("lambda"), sp.Symbol(r"\lambda_{\mathrm{c}}", positive=True)
mean, second, fourth = (sp.Function(f"M_{k}") for k in (1, 2, 4))
start, kurtosis = mean(sp.Integer(0)), sp.Symbol(r"K_\infty", real=True)
D = eta * C.subs(rho, 0) / 2

CENTRE, WIDTH = "centre of the q-Gaussian", "width of the q-Gaussian"
POWER = "exponent of the q-Gaussian"
RATES, DEGREES = "rate of the $n$-th moment", r"with $\nu$"
EIGEN, EDGE = "an eigenvalue if and only if", "edge of the continuous spectrum"
MEAN, SECOND, FOURTH = "mean", "second moment, from $u = 0$", "fourth moment"
EARLY, LATE = "kurtosis at first, from $u = 0$", r"kurtosis in the end ($\nu > 4$)"


def lam(k) -> sp.Expr:
    return rate(sp.sympify(k))


CLAIM = {
    CENTRE: equation(M, sp.Integer(0)),
    WIDTH: equation(B, sigma_H / sigma_g),
    POWER: equation(q, kappa + 1 - alpha),
    RATES: equation(rate(n), H * n * (nu - n) / (2 * kappa)),
    DEGREES: equation(nu, 2 * kappa + 1 - 2 * alpha),
    EIGEN: sp.Lt(n, nu / 2, evaluate=False),
    EDGE: equation(edge, H * nu**2 / (8 * kappa)),
    MEAN: equation(mean(t), start * sp.exp(-H * (1 - alpha / kappa) * t)),
    SECOND: equation(second(t), eta * sigma_g / lam(2) * (1 - sp.exp(-lam(2) * t))),
    FOURTH: equation(
        sp.Derivative(fourth(t), t), -lam(4) * fourth(t) + 6 * eta * sigma_g * second(t)
    ),
    EARLY: equation(sp.Limit(fourth(t) / second(t) ** 2, t, 0), sp.Integer(3)),
    LATE: equation(kurtosis, sp.Mul(3, nu - 2, 1 / (nu - 4), evaluate=False)),
}


@lru_cache(maxsize=1)
def ansatz_conditions() -> tuple[sp.Expr, ...]:
    """What Fokker-Planck asks of ``A(t) [1 + B(t) (u - M(t))^2]^-q``: the coefficients of a
    quartic in ``y = u - M``, all zero.  Letters with a dot are rates, that of A relative."""
    centre, width = sp.Function("m")(t), sp.Function("b")(t)
    log_p = -q * sp.log(1 + width * (u - centre) ** 2)
    slopes = {width.diff(t): B_rate, centre.diff(t): M_rate, width: B, centre: M}
    log_p_rate = A_rate + sp.diff(log_p, t).subs(slopes)
    log_p = log_p.subs(slopes)
    # (dp/dt)/p = -J'/p with J/p = r, so -J'/p = -r' - r (log p)'.
    r = fp.residual(log_p, drift, D, u, alpha)
    wanted = log_p_rate + sp.diff(r, u) + r * sp.diff(log_p, u)
    quartic = sp.numer(sp.together(wanted.subs(u, y + M)))
    return tuple(sp.Poly(sp.expand(quartic), y).all_coeffs())


@lru_cache(maxsize=1)
def what_remains() -> tuple[sp.Expr, ...]:
    """The conditions that are left once the three rates are eliminated."""
    y4, y3, y2, y1, y0 = ansatz_conditions()
    rates = sp.solve([y4, y3, y2], [A_rate, B_rate, M_rate], dict=True)[0]
    return rates, *(sp.factor(sp.cancel(c.subs(rates))) for c in (y1, y0))


def _ansatz(claim):
    """The claimed centre, width and exponent meet all conditions; the norm does not move."""
    rates, *rest = what_remains()
    still = {claim[k].lhs: claim[k].rhs for k in (CENTRE, WIDTH, POWER)}
    moving = [rates[r] - sp.diff(still[k], t) for r, k in ((B_rate, B), (M_rate, M))]
    return [_with_kappa(c.subs(still)) for c in (*rest, *moving, rates[A_rate])]


def _no_other():
    """The two remaining conditions, divided by M and by ``B sigma_g - (1 - B M^2) sigma_H``."""
    _, first, last = what_remains()
    bracket = B * sigma_g - sigma_H + B * M**2 * sigma_H
    ratios = [sp.cancel(first / M), sp.cancel(last / bracket)]
    # Each quotient is a product of positive letters: it has no root of its own.
    return [bool(abs_sign(ratio).is_positive) for ratio in ratios]


def abs_sign(expr) -> sp.Expr:
    """The expression with the sign of its number turned positive."""
    number, rest = expr.as_coeff_Mul()
    return abs(number) * rest


def _with_kappa(expr) -> sp.Expr:
    return sp.cancel(sp.sympify(expr).subs(kappa, H / (eta * sigma_H)))


def _written(expr, claim) -> sp.Expr:
    """Rates and nu replaced by what the claim says that they are."""
    expr = expr.replace(rate, lambda k: claim[RATES].rhs.subs(n, k))
    return _without_noise(expr.subs(nu, claim[DEGREES].rhs))


def _without_noise(expr) -> sp.Expr:
    """``sigma_H`` written as ``H/(eta kappa)``."""
    return expr.subs(sigma_H, H / (eta * kappa))


def generated(power) -> sp.Expr:
    """Generator on ``u^power``: the leading and the constant coefficient make the spectrum."""
    return sp.expand(fp.backward(u**power, drift, D, u, alpha) / u**power)


def _rates(claim):
    # Polynomials of degree n go to such: the eigenvalues stand in front of u^n.
    leading = sp.limit(generated(n), u, sp.oo)
    return sp.cancel(_written(rate(n) + leading, claim))


def _eigen(claim):
    """A polynomial of degree n has a finite norm while 2n + 1 is below the tail's exponent."""
    slope = (drift - (1 - alpha) * sp.diff(D, u)) / D
    tail = sp.limit(sp.cancel(-u * slope), u, sp.oo)
    margin, strict = threshold(claim[EIGEN])
    return [sp.cancel(_written(margin - (tail - 1 - 2 * n) / 2, claim)), strict]


def _edge(claim):
    """Below the edge u^s and u^(nu - s) solve at large u; at the edge the two are one."""
    value = sp.Symbol("value")
    far = sp.limit(generated(n), u, sp.oo)
    double = sp.solve(sp.discriminant(far + value, n), value)[0]
    return sp.cancel(_written(claim[EDGE].rhs - double, claim))


def moment_rate(k: int, moments: dict) -> sp.Expr:
    """``dM_k/dt``: mean of the generator on ``u^k``."""
    terms = sp.Poly(sp.expand(generated(k) * u**k), u).terms()
    return sum(c * moments[j] for (j,), c in terms)


MOMENTS = {0: sp.Integer(1), 1: mean(t), 2: second(t), 4: fourth(t)}


def _mean(claim):
    rhs = claim[MEAN].rhs
    missing = sp.diff(rhs, t) - moment_rate(1, {**MOMENTS, 1: rhs})
    return [sp.cancel(_without_noise(missing) / start), rhs.subs(t, 0) - start]


def _second(claim):
    rhs = _written(claim[SECOND].rhs, claim)
    missing = sp.diff(rhs, t) - moment_rate(2, {**MOMENTS, 2: rhs})
    return [sp.simplify(_without_noise(missing)), rhs.subs(t, 0)]


def _fourth(claim):
    return sp.expand(_written(claim[FOURTH].rhs - moment_rate(4, MOMENTS), claim))


@lru_cache(maxsize=1)
def kurtosis_limits() -> tuple[sp.Expr, sp.Expr]:
    """From the generator alone: power series from u = 0, and the fixed point."""
    a, b = sp.symbols("a b")
    early = {0: sp.Integer(1), 2: a * t, 4: b * t**2}
    first = sp.solve(sp.diff(a * t, t) - moment_rate(2, early).subs(t, 0), a)[0]
    quartic = sp.solve((2 * b * t - moment_rate(4, early)).coeff(t, 1), b)[0]
    late = {0: sp.Integer(1), 2: a, 4: b}
    fixed = sp.solve([moment_rate(k, late) for k in (2, 4)], [a, b], dict=True)[0]
    return sp.cancel(quartic.subs(a, first) / first**2), sp.cancel(fixed[b] / fixed[a] ** 2)


S71 = Statement(
    id="PLD-71",
    kind="proposition",
    title="The law does not relax as a q-Gaussian; its true rates and moments",
    source="meng2020, Section 7.1",
    assumptions=(
        (r"drift $-Hu$, $C = \sigma_g + \sigma_H u^2$, $\rho = 0$; "
         r"$\kappa = H/(\eta \sigma_H)$", None),
        ALPHA,
        ("q-Gaussian: $p = A(t)[1 + B(t)(u - M(t))^2]^{-q}$, $B > 0$, $q > 0$", None),
        ("moments that are finite at $t = 0$", None),
    ),
    claim=CLAIM,
    uses=("PLD-C3", "PLD-E5"),
    steps=(
        Step("put the q-Gaussian into Fokker-Planck: a quartic in $u - M(t)$, five conditions; "
             "only one that stands still meets them", None, _ansatz, by="operator"),
        Step("three conditions fix the rates of $A$, $B$, $M$; two leave only $M = 0$ and "
             r"$B = \sigma_H/\sigma_g$", equation(M * (B * sigma_g - sigma_H), 0), _no_other),
        Step("the generator maps polynomials of degree $n$ to polynomials of degree $n$: read "
             "off its eigenvalues", None, _rates, by="limit"),
        Step(r"$p$ falls like $|u|^{-\nu-1}$: polynomials have a finite norm for $n < \nu/2$",
             None, _eigen, by="limit"),
        Step(r"there the far solutions $|u|^n$ and $|u|^{\nu-n}$ meet", None, _edge,
             by="limit"),
        Step("mean of the generator on $u$", None, _mean),
        Step("on $u^2$: the second moment from a point", None, _second),
        Step("on $u^4$", None, _fourth),
        Step("the kurtosis starts as a Gaussian's", None,
             lambda claim: claim[EARLY].rhs - kurtosis_limits()[0], by="series"),
        Step("and ends as a Student t's; a q-Gaussian of fixed $q$ has only one", None,
             lambda claim: sp.cancel(_written(claim[LATE].rhs - kurtosis_limits()[1], claim))),
    ),
    mutants=(
        Mutant(
            "a q-Gaussian whose width relaxes as the second moment",
            {WIDTH: equation(B, sigma_H / sigma_g / (1 - sp.exp(-lam(2) * t)))},
            source=True,
        ),
        Mutant("a q-Gaussian has one kurtosis at all times", {EARLY: equation(
            CLAIM[EARLY].lhs, 3 * (nu - 2) / (nu - 4))}),
        Mutant("rates of the Ornstein-Uhlenbeck process", {RATES: equation(rate(n), H * n)}),
        Mutant(r"$\nu = 2\kappa$ in every convention", {DEGREES: equation(nu, 2 * kappa)}),
        Mutant("mean with rate $H$ in every convention",
               {MEAN: equation(mean(t), start * sp.exp(-H * t))}),
        Mutant("3 instead of 6", {FOURTH: equation(
            CLAIM[FOURTH].lhs, -lam(4) * fourth(t) + 3 * eta * sigma_g * second(t))}),
    ),
    against_source="refuted",
    remark=(
        "No q-Gaussian with time-dependent centre and width solves the equation, in any "
        "convention: only the stationary one does. The source's claim is known to us from its "
        "prose only and may be meant as an approximation; the function it leans on solves a "
        "*nonlinear* Fokker-Planck equation with constant noise. For the anti-Itô reading the "
        r"mean even grows when $\kappa < 1$."
    ),
    aliases=("PLD-7.1",),
    notebook="notebooks/power_law/01_stationary_distribution",
)  # fmt: skip

STATEMENTS = (S71,)
