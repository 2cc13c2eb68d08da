"""Leaving a purely quadratic basin: an exact time, and what finite steps add to it."""

from functools import lru_cache

import sympy as sp

from sgdtheory.theory import fokker_planck as fp
from sgdtheory.theory.power_law.symbols import (
    ALPHA,
    H,
    alpha,
    drift,
    eta,
    kappa,
    m,
    sigma_g,
    sigma_H,
    threshold,
    u,
)  # fmt: skip
from sgdtheory.theory.statement import Asymptotic, Mutant, Statement, Step, equation

b, b_seen, s_0, c, epsilon = sp.symbols(r"b b_{\eta} s_0 c epsilon", positive=True)
x, y, z, v = sp.symbols("x y z v", positive=True)
T = sp.Function(r"T_\alpha")
T_SGD, T_anti, N = sp.symbols(r"T_{\mathrm{SGD}} T_{\mathrm{anti}} N", positive=True)
C = sigma_g + sigma_H * u**2

TIME = r"mean time to leave $[-b, b]$ from $u$"
M, S_0, KAPPA = "exponent", "width of the core", "curvature over growth of the noise"
WIDE = r"from the minimum, $b \gg s_0$"
POWER_IF = "a power of the width if and only if"
SGD, ANTI = r"SGD (Itô, $\alpha = 0$), $b \gg s_0$", r"anti-Itô ($\alpha = 1$), $b \gg s_0$"
CONSTANT = "mean overshoot of a normal walk, in units of its step"
SEEN = r"where SGD's steps of size $\eta$ see the end"
STEPS = r"$N$ steps of SGD from the minimum, $\epsilon = \eta H \to 0$, then $b \gg s_0$"


def time(factor=2 * kappa) -> sp.Eq:
    """The double integral from ``u`` to ``b`` in units of ``s_0``."""
    inner = sp.Integral((1 + z**2) ** -m, (z, 0, y))
    outer = sp.Integral((1 + y**2) ** (m - 1) * inner, (y, u / s_0, b / s_0))
    return equation(H * T(u), factor * outer)


def power(T, exponent, width=None, divided=True) -> Asymptotic:
    """The wide basin's time for the exponent m of the law."""
    width = 2 * exponent - 1 if width is None else width
    front = kappa * sp.sqrt(sp.pi) * sp.gamma(exponent - sp.S.Half) / sp.gamma(exponent)
    return Asymptotic(H * T, front / (width if divided else 1) * (b / s_0) ** width)


def steps(width, shift=c) -> sp.Eq:
    """Time of the steps over the time of the SDE."""
    return equation(
        eta * N / T_SGD, 1 + width * shift * sp.sqrt(epsilon / kappa) + sp.O(epsilon)
    )


CLAIM = {
    TIME: time(),
    M: equation(m, kappa + 1 - alpha),
    S_0: equation(s_0**2, sigma_g / sigma_H),
    KAPPA: equation(kappa, H / (eta * sigma_H)),
    WIDE: power(T(0), m),
    POWER_IF: sp.Gt(kappa, alpha - sp.S.Half, evaluate=False),
    SGD: power(T_SGD, kappa + 1),
    ANTI: power(T_anti, kappa),
    CONSTANT: equation(c, -sp.zeta(sp.S.Half) / sp.sqrt(2 * sp.pi)),
    SEEN: equation(b_seen, b + c * eta * sp.sqrt(sigma_g + sigma_H * b**2)),
    STEPS: steps(2 * kappa + 1),
}


def letters(expr, claim) -> sp.Expr:
    """Exponent, core and tail index by what the claim says that they are."""
    core = sp.sqrt(claim[S_0].rhs)
    return expr.subs(m, claim[M].rhs).subs(s_0, core).subs(kappa, claim[KAPPA].rhs)


def pieces(claim) -> tuple[sp.Expr, sp.Expr, sp.Integral, sp.Integral]:
    """``H T = front * outer``, ``outer = int weight(y) inner(y) dy``."""
    found = claim[TIME].rhs
    (outer,) = (i for i in found.atoms(sp.Integral) if y in i.variables)
    (inner,) = outer.function.atoms(sp.Integral)
    return found / outer, outer.function / inner, inner, outer


def _backward(claim):
    """At ``u = s_0 y`` T has the slope ``-front weight v / (H s_0)``, v the inner integral."""
    front, weight, inner, outer = pieces(claim)
    D = eta * C / 2
    push, noise = (e.subs(u, s_0 * y) / s_0 for e in (drift + alpha * sp.diff(D, u), D / s_0))
    with_v = push + noise * sp.diff(sp.expand_log(sp.log(weight), force=True), y)
    without = front / H * noise * sp.powsimp(weight * inner.function.subs(z, y)) - 1
    ends = [end - at / s_0 for end, at in zip(outer.limits[0][1:], (u, b), strict=True)]
    return [sp.cancel(letters(left, claim)) for left in (with_v, without)] + ends


def _constant_noise():
    q, rate = sp.asinh(u / s_0), H / (2 * kappa)
    D = rate * (s_0**2 + u**2)
    push = fp.backward(q, drift, D, u, kappa + 1 - m)
    left = push + (2 * m - 1) * rate * sp.tanh(q), D * sp.diff(q, u) ** 2 - rate
    return [sp.simplify(e) for e in left]


@lru_cache(maxsize=4)
def core(integrand) -> sp.Expr:
    """The inner integral up to infinity, for m > 1/2."""
    above = sp.Symbol("delta", positive=True)
    found = sp.integrate(integrand.subs(m, above + sp.S.Half), (z, 0, sp.oo))
    return found.subs(above, m - sp.S.Half)


def _wide(claim):
    """Both sides grow without bound: compare slopes in x = b/s_0 (the rule of l'Hôpital)."""
    front, weight, inner, _ = pieces(claim)
    slope = sp.diff(claim[WIDE].rhs.subs(b, s_0 * x), x)
    ratio = front * weight.subs(y, x) * core(inner.function) / slope
    return sp.limit(sp.powsimp(sp.simplify(ratio)), x, sp.oo) - 1


def _power_if(claim):
    tail = sp.limit(-z * sp.diff(sp.log(pieces(claim)[2].function), z), z, sp.oo)
    margin, strict = threshold(claim[POWER_IF])
    return [sp.expand(margin - (tail.subs(m, claim[M].rhs) - 1) / 2), strict]


def _powers(claim):
    for label, index in ((SGD, 0), (ANTI, 1)):
        found = claim[WIDE].rhs.subs(m, claim[M].rhs).subs(alpha, index)
        yield sp.powsimp((claim[label].rhs / found).subs(b, s_0 * x)) - 1


def _overshoot(claim):
    """What is linear in lambda in the sum over n of ``g(lambda sqrt n)/n``."""
    g = sp.integrate(sp.exp(-x * v - v**2 / 2) / sp.sqrt(2 * sp.pi), (v, 0, sp.oo))
    return claim[CONSTANT].rhs - sp.series(g, x, 0, 2).coeff(x, 1) * sp.zeta(sp.S.Half)


def _seen(claim):
    return claim[SEEN].rhs - b - c * eta * sp.sqrt(C.subs(u, b))


def _steps(claim):
    """Move the end in the law of the wide basin: first order in sqrt(eta H), then s_0 -> 0."""
    law, seen = claim[SGD].rhs, claim[SEEN].rhs.subs(sigma_g, s_0**2 * sigma_H)
    seen = seen.subs(sigma_H, H / (eta * kappa)).subs(eta, epsilon / H)
    grown = sp.simplify(sp.diff(law, b) / law) * (seen - b)
    return sp.expand(claim[STEPS].rhs.removeO() - 1 - sp.expand(grown).subs(s_0, 0))


LADDER = equation(
    sp.Symbol(r"-\log(1 - \mathbb{E}\,e^{-\lambda h})"),
    sp.Symbol(r"\sum_{n=1}^{\infty} \frac{1}{n}\,\mathbb{E}[e^{-\lambda S_n}; S_n > 0]"),
)

X4 = Statement(
    id="PLD-X4",
    kind="theorem",
    title="How long SGD stays in a quadratic basin, without a saddle",
    source="sgdtheory",
    assumptions=(
        (r"quadratic loss and noise without linear term: drift $-Hu$, "
         r"$C = \sigma_g + \sigma_H u^2$ (PLD-P1 with $\rho = 0$)", None),
        ALPHA,
        (r"the wide basin: $m > \frac12$; the steps: Gaussian gradient noise", None),
    ),
    claim=CLAIM,
    uses=("FND-1", "FND-5", "FND-9", "PLD-P1", "PLD-X2"),
    steps=(
        Step("the backward equation, with no time left at both ends and, by symmetry, slope "
             "zero in the middle", None, _backward, by="operator"),
        Step(r"why a power: in $q = \mathrm{arsinh}(u/s_0)$ the noise is constant and the "
             r"potential is $\propto \ln\cosh q$: the barrier grows like the log of the width",
             equation(sp.Symbol(r"\dot{q}"),
                      -(2 * m - 1) * H / (2 * kappa) * sp.tanh(sp.Symbol("q"))
                      + sp.sqrt(H / kappa) * sp.Symbol(r"\dot{B}")),
             _constant_noise, by="operator"),
        Step("far out the inner integral is all of the core",
             equation(sp.Integral((1 + z**2) ** -m, (z, 0, sp.oo)),
                      sp.sqrt(sp.pi) * sp.gamma(m - sp.S.Half) / (2 * sp.gamma(m))),
             _wide, by="limit"),
        Step(r"it has a limit if and only if its integrand falls faster than $1/z$; at that "
             r"edge or below, the time grows like a power of $\ln b$", None, _power_if,
             by="limit"),
        Step("two readings of the noise, two exponents", None, _powers),
        Step(r"a walk of normal steps (place $S_n$, first place above zero $h$) oversteps a "
             r"far end by $\mathbb{E}\,h^2 / (2\,\mathbb{E}\,h)$: what is linear in $\lambda$ "
             r"in Spitzer's identity, where the sum over $n^{-1/2}$ is $\zeta(\frac12)$",
             LADDER, _overshoot, by="series"),
        Step(r"near the end SGD is such a walk; one step has the standard deviation "
             r"$\eta\sqrt{C(b)}$ (Chernoff's continuity correction)", None, _seen),
        Step("put the end that is seen into the law of the wide basin", None, _steps,
             by="series"),
    ),
    mutants=(
        Mutant("anti-Itô exponent for SGD", {SGD: power(T_SGD, kappa)}),
        Mutant("anti-Itô width with SGD's front factor",
               {SGD: power(T_SGD, kappa + 1, width=2 * kappa - 1)}),
        Mutant("relaxation times without the factor two", {TIME: time(kappa)}),
        Mutant(r"Stratonovich's exponent $m$", {M: equation(m, kappa + sp.S.Half)}),
        Mutant("asymptote without $2m - 1$", {WIDE: power(T(0), m, divided=False)}),
        Mutant(r"a power for $\kappa > \alpha$ only",
               {POWER_IF: sp.Gt(kappa, alpha, evaluate=False)}),
        Mutant("half a step of overshoot", {CONSTANT: equation(c, sp.S.Half)}),
        Mutant("noise of the minimum at the end",
               {SEEN: equation(b_seen, b + c * eta * sp.sqrt(sigma_g))}),
        Mutant("steps end where the SDE ends", {STEPS: steps(0)}),
        Mutant("the end seen nearer", {STEPS: steps(-2 * kappa - 1)}),
        Mutant("steps of the anti-Itô width", {STEPS: steps(2 * kappa - 1)}),
    ),
    status="asymptotic",
    remark=(
        r"A power of the width, where constant noise would give $\exp(H b^2/\eta\sigma_g)$; "
        r"the power is $2\kappa + 1$ for SGD and $2\kappa - 1$ in the anti-Itô reading. "
        r"SGD itself takes longer than its SDE, by $\sqrt{\epsilon}$: a step that lands short "
        r"of the end may come back. That the steps see the end at $b_\eta$, up to $O(\eta)$ in "
        r"the time, is cited from the literature (Chernoff; Siegmund; Broadie, Glasserman and "
        r"Kou) and checked by numbers. The limits do not commute: at fixed $\eta$ and ever "
        r"wider basins the power itself is that of Kesten's theorem (PLD-X2)."
    ),
    notebook="notebooks/escape/03_monte_carlo",
)  # fmt: skip

STATEMENTS = (X4,)
