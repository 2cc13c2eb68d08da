"""How long until the loss in a quadratic well first reaches a multiple of its minimum."""

from functools import lru_cache

import sympy as sp

from sgdtheory.theory import fokker_planck as fp
from sgdtheory.theory.log_landscape.letters import (
    FEATURES,
    L_0,
    N_C,
    PHI,
    SDE,
    WELL,
    Q,
    along,
    b,
    beta,
    c,
    eta,
    h,
    n,
    outward,
    phi,
    q,
    r,
)
from sgdtheory.theory.power_law.symbols import threshold
from sgdtheory.theory.statement import Asymptotic, Mutant, Statement, Step, equation

HALF = sp.S.Half
Y, y, z, x = sp.symbols("Y y z x", positive=True)
T = sp.Symbol("T", positive=True)
T_L, T_G = sp.symbols(r"T_{L} T_{\mathrm{G}}", positive=True)
n_c = sp.Symbol("n_c", positive=True)

TIME, END, EXPONENT, FAR, POWER_IF, LOSS, PHI_IS, GAUSS, Q_GAUSS = (
    r"mean time from the minimum to $L = c L_*$",
    "with the end at",
    "and the exponent",
    r"$c \to \infty$",
    "a power of $c$ if and only if",
    r"noise proportional to the loss, $\beta = 0$",
    "with",
    r"Gaussian features, $\beta = 1$",
    "whose power of $c$ is",
)


def beta_function(first, second) -> sp.Expr:
    return sp.gamma(first) * sp.gamma(second) / sp.gamma(first + second)


def double_integral(front=b * HALF / (1 + beta) / (eta * h**2), power=q - 1) -> sp.Eq:
    inner = sp.Integral(z ** (n / 2 - 1) * (1 + z) ** -q, (z, 0, y))
    return equation(T, front * sp.Integral(y ** (-n / 2) * (1 + y) ** power * inner, (y, 0, Y)))


def far(time, power=q, growth=1 + beta, exponent=None, shape=None) -> Asymptotic:
    """Beta function ``B(n/2, power - n/2)`` times a power of c, in units of the noise."""
    exponent = power - n / 2 if exponent is None else exponent
    shape = beta_function(n / 2, power - n / 2) if shape is None else shape
    front = b / (growth * eta * h**2) * shape / (2 * power - n)
    return Asymptotic(time, front * (growth * c) ** exponent)


GAUSS_POWER = (b / (eta * h) + (3 - n) * HALF) / 2
CLAIM = {
    TIME: double_integral(),
    END: equation(Y, (1 + beta) * (c - 1)),
    EXPONENT: equation(q, Q),
    FAR: far(T),
    POWER_IF: sp.Gt(q, n / 2, evaluate=False),
    LOSS: far(T_L, phi, sp.S.One),
    PHI_IS: equation(phi, PHI),
    GAUSS: far(T_G, q, sp.Integer(2)),
    Q_GAUSS: equation(q - n / 2, GAUSS_POWER),
}


def pieces(claim) -> tuple[sp.Expr, sp.Expr, sp.Expr]:
    """``T = front ∫ weight(y) ∫ law(z)``: front, weight and law of the claimed integral."""
    found = claim[TIME].rhs
    (outer,) = (i for i in found.atoms(sp.Integral) if y in i.variables)
    (inner,) = outer.function.atoms(sp.Integral)
    return found / outer, outer.function / inner, inner.function


def in_units() -> tuple[sp.Expr, sp.Expr]:
    """Drift and D of ``y = (1 + beta) h r²/(2 L_*)``, by Itô's formula."""
    place = (1 + beta) * h * r**2 / (2 * L_0)
    drift = fp.backward(place, outward(), along, r)
    D = along * sp.diff(place, r) ** 2
    radius = sp.sqrt(2 * L_0 * y / ((1 + beta) * h))
    return sp.cancel(drift.subs(r, radius)), sp.cancel(D.subs(r, radius))


def _backward(claim):
    """At y the time to come falls with the slope ``-front weight v``, v the inner integral."""
    front, weight, law = pieces(claim)
    drift, D = in_units()
    value = claim[EXPONENT].rhs
    with_v = drift + D * sp.diff(sp.expand_log(sp.log(weight), force=True), y)
    without = front * D * sp.powsimp(weight * law.subs(z, y)) - 1
    return [sp.cancel(left.subs(q, value)) for left in (with_v, sp.simplify(without))]


def _end(claim):
    loss = L_0 + h * r**2 / 2
    place = (1 + beta) * h * r**2 / (2 * L_0)
    return sp.cancel(place - claim[END].rhs.subs(c, loss / L_0))


def _reflects(claim):
    """No flux comes out of the middle: the inner integral starts at the minimum, T at it."""
    found = claim[TIME].rhs
    (outer,) = (i for i in found.atoms(sp.Integral) if y in i.variables)
    (inner,) = outer.function.atoms(sp.Integral)
    lower, upper = (i.limits[0][1:] for i in (outer, inner))
    return [lower[0], lower[1] - Y, upper[0], upper[1] - y]


@lru_cache(maxsize=4)
def core(integrand) -> sp.Expr:
    """The inner integral up to infinity."""
    above = sp.Symbol("delta", positive=True)  # q - n/2
    whole = sp.integrate(integrand.subs(q, above + n / 2), (z, 0, sp.oo), conds="none")
    return sp.gammasimp(whole).subs(above, q - n / 2)


def _far(claim):
    """Both sides grow without bound: compare their slopes (the rule of l'Hôpital)."""
    front, weight, law = pieces(claim)
    at_end = weight.subs(y, claim[END].rhs) * sp.diff(claim[END].rhs, c)
    slope = sp.diff(claim[FAR].rhs, c)
    ratio = sp.gammasimp(sp.simplify(front * core(law) / slope * c ** (q - n / 2 - 1)))
    growth = sp.expand_log(sp.log(at_end / c ** (q - n / 2 - 1)), force=True)
    far_out = sp.limit(growth.subs(c, 1 / x), x, 0, "+")
    return sp.simplify(sp.expand_power_base(ratio * sp.exp(far_out), force=True)) - 1


def _power_if(claim):
    _, _, law = pieces(claim)
    fall = -sp.limit(z * sp.diff(sp.log(law), z), z, sp.oo) - 1
    margin, strict = threshold(claim[POWER_IF])
    return [sp.expand(margin - fall), strict]


def _members(claim):
    """Both are the general formula at one beta."""
    for label, letter, value in ((LOSS, phi, 0), (GAUSS, q, 1)):
        found = claim[FAR].rhs.subs(q, letter).subs(beta, value)
        yield sp.expand_log(sp.log(sp.simplify(claim[label].rhs / found)), force=True)


def _powers(claim):
    gauss = claim[EXPONENT].rhs.subs(beta, 1) - n / 2 - claim[Q_GAUSS].rhs
    return [sp.cancel(claim[EXPONENT].rhs.subs(beta, 0) - claim[PHI_IS].rhs), sp.cancel(gauss)]


def _edge():
    """``phi = n/2`` is the critical dimension of LOG-6."""
    return sp.cancel(sp.solve(PHI - n / 2, n)[0] - N_C)


LOG_9 = Statement(
    id="LOG-9",
    kind="theorem",
    title="First passage in a quadratic well: the exponent of escape without a saddle",
    source="sgdtheory",
    assumptions=(
        SDE,
        WELL,
        FEATURES,
        (r"start at the minimum; the power laws at fixed noise, $q > n/2$", q > n / 2),
    ),
    claim=CLAIM,
    uses=("FND-9", "FND-10", "LOG-5", "LOG-6"),
    steps=(
        Step(r"in $y = (1 + \beta)\,h r^2 / 2 L_*$ the time solves the backward equation",
             None, _backward, by="operator"),
        Step(r"$L = c L_*$ is reached at $Y$", None, _end),
        Step("from the minimum, out of which nothing comes", None, _reflects),
        Step("the inner integral is, far out, a Beta function; the rest is a power of $c$",
             equation(sp.Integral(z ** (n / 2 - 1) * (1 + z) ** -q, (z, 0, sp.oo)),
                      beta_function(n / 2, q - n / 2)),
             _far, by="limit"),
        Step("it is finite if and only if its integrand falls faster than $1/z$",
             None, _power_if, by="limit"),
        Step(r"that is, by the name of LOG-6, if and only if $n < n_c$",
             equation(n_c, N_C), _edge),
        Step("two noises", None, _members),
        Step("and their exponents", None, _powers),
    ),
    mutants=(
        Mutant(r"exponent $\phi$, whatever the dimension",
               {LOSS: far(T_L, phi, sp.S.One, exponent=phi)}),
        Mutant(r"exponent $\phi - 1 - \frac n2$, that of the clock $\tau$",
               {LOSS: far(T_L, phi, sp.S.One, exponent=phi - 1 - n / 2)}),
        Mutant("noise proportional to the loss for Gaussian features too",
               {GAUSS: far(T_G, PHI, sp.S.One)}),
        Mutant("the end of the loss for the scaled radius", {END: equation(Y, c - 1)}),
        Mutant(r"$B(\frac n2, \phi)$ in front",
               {LOSS: far(T_L, phi, sp.S.One, shape=beta_function(n / 2, phi))}),
        Mutant("twice the noise", {TIME: double_integral(b / 4 / (1 + beta) / (eta * h**2))}),
        Mutant("outer weight of the clock $\\tau$", {TIME: double_integral(power=q)}),
        Mutant("half the power of the other noise",
               {Q_GAUSS: equation(q - n / 2, (PHI - n / 2) / 2)}),
        Mutant("a power for $q > n$ only", {POWER_IF: sp.Gt(q, n, evaluate=False)}),
    ),
    status="asymptotic",
    remark=(
        r"The source tests its escape rate in such a well. The exponent $\phi - \frac n2$ is "
        r"indeed that of LOG-8, but there it comes from a saddle as the noise vanishes, here "
        r"from the tail of the law at fixed noise: the test supports the law, not Kramers' "
        r"formula. The limit is slow: at $b/\eta = 10$, $n = 10$ the local exponent at "
        r"$c = 3$ is little more than half its limit."
    ),
    notebook="notebooks/log_landscape/02_stationary_exponent",
)  # fmt: skip

STATEMENTS = (LOG_9,)
