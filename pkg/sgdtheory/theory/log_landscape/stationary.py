"""The stationary law of noise proportional to the loss: a power of the loss."""

from functools import lru_cache

import sympy as sp

from sgdtheory.theory import fokker_planck as fp
from sgdtheory.theory.escape import volumes
from sgdtheory.theory.log_landscape import unequal
from sgdtheory.theory.log_landscape.letters import (
    FEATURES,
    L_0,
    PHI,
    SDE,
    WELL,
    Q,
    across,
    along,
    b,
    beta,
    eta,
    h,
    n,
    outward,
    phi,
    q,
    r,
)
from sgdtheory.theory.log_landscape.unequal import h_1, h_2, x, y
from sgdtheory.theory.power_law.symbols import threshold
from sgdtheory.theory.statement import Mutant, Proportional, Statement, Step, equation

HALF = sp.S.Half
L, p, p_tau, p_n, p_beta = (
    sp.Function(name) for name in ("L", "p", r"\tilde{p}", "p_n", r"p_\beta")
)
w, R = sp.symbols("w R", real=True)
nu, s, curl, at_w, mean = sp.symbols(
    r"nu s \operatorname{curl}F L \langle{L}\rangle", positive=True
)

LAW, EXPONENT, TAU, CURL, STUDENT, NU, WIDTH, EXISTS, MEAN, FINITE, EXACT, EXACT_Q, NORMED = (
    "stationary law, whatever the loss",
    "with",
    r"law of the same path on the clock $\tau = \int L\,\mathrm{d}t$",
    r"if instead $C = \frac{2}{b} L H$ with two unequal curvatures, a law without current "
    r"would have $\nabla\log p = F$; but",
    "in the quadratic well it is Student's t",
    "with the degrees of freedom",
    "and the width",
    "normalisable if and only if",
    "mean loss",
    "finite if and only if",
    "with the exact covariance",
    "the exponent is",
    "and the law normalisable if and only if",
)


def student(freedom=nu) -> sp.Eq:
    norm = sp.gamma((freedom + n) / 2) / sp.gamma(freedom / 2)
    tail = (1 + r**2 / (nu * s**2)) ** (-(freedom + n) / 2)
    return equation(p_n(r), norm * (sp.pi * nu * s**2) ** (-n / 2) * tail)


CLAIM = {
    LAW: Proportional(p(w), L(w) ** -phi),
    EXPONENT: equation(phi, PHI),
    TAU: Proportional(p_tau(w), L(w) ** (-b / (eta * h))),
    CURL: equation(curl, b * (h_1 - h_2) / eta * x * y / at_w**2),
    STUDENT: student(),
    NU: equation(nu, 2 * phi - n),
    WIDTH: equation(s**2, 2 * L_0 / (h * nu)),
    EXISTS: sp.Gt(2 * phi, n, evaluate=False),
    MEAN: equation(mean, L_0 / (1 - n * eta * h / (2 * b))),
    FINITE: sp.Lt(n * eta * h, 2 * b, evaluate=False),
    EXACT: Proportional(p_beta(r), (2 * L_0 + (1 + beta) * h * r**2) ** -q),
    EXACT_Q: equation(q, Q),
    NORMED: sp.Gt(2 * q, n, evaluate=False),
}
ANY = L(x, R)  # any loss: x one coordinate, R all the others


def log_law(label, claim) -> sp.Expr:
    """Log-density of one part of the claim, up to a constant, the letters put in."""
    log_p = sp.expand_log(sp.log(claim[label].rhs), force=True).subs(s**2, claim[WIDTH].rhs)
    for part in (NU, EXPONENT, EXACT_Q):
        log_p = log_p.subs(claim[part].lhs, claim[part].rhs)
    return log_p


def _flux(claim):
    log_p = log_law(LAW, claim).subs(L(w), ANY)
    return sp.cancel(fp.residual(log_p, -sp.diff(ANY, x), eta * h * ANY / b, x))


def _other_clock(claim):
    """Drift and noise divided by L; and each place weighs what the path spends there."""
    log_p = log_law(TAU, claim).subs(L(w), ANY)
    flux = fp.residual(log_p, -sp.diff(ANY, x) / ANY, eta * h / b, x)
    weight = log_law(LAW, claim) - log_law(TAU, claim) + sp.log(L(w))
    return [sp.cancel(flux), sp.expand(weight)]


def _radial(label, value):
    """No current along the radius, for every n: the law times the area of the sphere."""

    def residual(claim):
        log_p = (n - 1) * sp.log(r) + log_law(label, claim)
        return sp.cancel(fp.residual(log_p, outward(), along, r).subs(beta, value))

    return residual


def _cartesian(claim):
    """All of the current in three dimensions, coordinate by coordinate."""
    v = sp.Matrix(sp.symbols("v_1:4", real=True))
    square = v.dot(v)
    D = across.subs(r**2, square) * sp.eye(3) + eta * beta * h**2 / (2 * b) * v * v.T
    log_p = log_law(EXACT, claim).subs(n, 3).subs(r**2, square)
    for i in range(3):
        spread = sum(sp.diff(D[i, j], v[j]) + D[i, j] * sp.diff(log_p, v[j]) for j in range(3))
        yield sp.cancel(-h * v[i] - spread)


def _norm(claim):
    """The law at its centre times the volume that it fills."""
    filled = (nu * s**2) ** (n / 2) * volumes.ball().subs(volumes.power, (nu + n) / 2)
    return sp.gammasimp(claim[STUDENT].rhs.subs(r, 0) * filled) - 1


@lru_cache(maxsize=1)
def mean_growth() -> sp.Expr:
    """Mean of ``1 + |v|^2`` in the law ``(1 + |v|^2)^-phi``."""
    ball, power = volumes.ball(), volumes.power
    return sp.gammasimp(ball.subs(power, phi - 1) / ball.subs(power, phi))


def _mean(claim):
    return sp.cancel(mean_growth().subs(phi, claim[EXPONENT].rhs) - claim[MEAN].rhs / L_0)


def _finite(bound, law, powers, unit=1):
    """The radial integrand falls faster than 1/r: at equality it gives a logarithm."""

    def residual(claim):
        integrand = (n - 1 + powers) * sp.log(r) + log_law(law, claim)
        fall = -sp.limit(r * sp.diff(integrand, r), r, sp.oo) - 1
        margin, strict = threshold(claim[bound])
        for part in (EXPONENT, EXACT_Q):
            margin = margin.subs(claim[part].lhs, claim[part].rhs)
        return [sp.cancel(margin / unit - fall), strict]

    return residual


def _curl(claim):
    return sp.cancel(unequal.curl() - claim[CURL].rhs.subs(at_w, unequal.BOWL))


J_i = sp.Symbol("J_i")
LOG_5 = Statement(
    id="LOG-5",
    kind="theorem",
    title="The stationary law of noise proportional to the loss is a power of the loss",
    source="mori2022, eqs. 18, 20 and 21",
    assumptions=(
        SDE,
        (r"noise proportional to the loss, one curvature $h$ in all $n$ noisy directions: "
         r"$C = \frac{2 h}{b} L(w)\,I$ with $L > 0$", None),
        WELL,
        (r"the mean loss: $n \eta h < 2b$", None),
        FEATURES,
    ),
    claim=CLAIM,
    uses=("FND-4", "FND-5", "LOG-3", "LOG-4"),
    steps=(
        Step("along any one coordinate, the others held, the flux vanishes: a proof for every "
             r"loss and every $n$, with $D = \eta h L / b$",
             equation(J_i, 0), _flux, by="operator"),
        Step(r"on the other clock drift and noise are divided by $L$: constant noise on the "
             r"landscape $\log L$; and $\mathrm{d}t = \mathrm{d}\tau / L$, so $p \propto "
             r"\tilde{p}/L$",
             None, _other_clock, by="operator"),
        Step("two unequal curvatures: the force of a law without current is no gradient",
             None, _curl),
        Step("then no power of the loss is stationary", None, unequal.power_law_sources,
             by="counterexample"),
        Step(r"nor is any function $f(L)$: with $g = \frac{\eta}{b}(L f)'$ it would need "
             r"$f' = -(h_1 + h_2)\,g'$ and one more equation at every $L$",
             None, unequal.any_law_sources),
        Step(r"whose solutions $g = \mathrm{const} + g_0/(L - L_*)$ either do not fall off or "
             "are not integrable at the minimum", None, unequal.solution_left),
        Step("the quadratic well, along the radius", None, _radial(STUDENT, 0),
             by="operator"),
        Step("the norm is a ball integral", None, _norm, by="integral"),
        Step(r"the integrand falls like $r^{n - 1 - 2\phi}$", None, _finite(EXISTS, STUDENT, 0),
             by="limit"),
        Step(r"$\langle L \rangle/L_*$ is a ratio of two such integrals",
             equation(mean / L_0, (phi - 1) / (phi - 1 - n / 2)), _mean, by="integral"),
        Step("two more powers of $r$", None, _finite(FINITE, STUDENT, 2, eta * h),
             by="limit"),
        Step(r"the exact covariance: noise along the radius grows faster by $1 + \beta$, noise "
             "across drives the radius out", None, _radial(EXACT, beta), by="operator"),
        Step("the same, coordinate by coordinate in three dimensions", None, _cartesian,
             by="example"),
        Step(r"now the integrand falls like $r^{n - 1 - 2q}$", None, _finite(NORMED, EXACT, 0),
             by="limit"),
    ),
    mutants=(
        Mutant(r"the exponent of the clock $\tau$ on the clock $t$",
               {EXPONENT: equation(phi, b / (eta * h))}),
        Mutant("Stratonovich's exponent", {EXPONENT: equation(phi, HALF + b / (eta * h))}),
        Mutant(r"the exponent of the clock $t$ on the clock $\tau$",
               {TAU: Proportional(p_tau(w), L(w) ** -PHI)}),
        Mutant("no current for unequal curvatures either", {CURL: equation(curl, sp.S.Zero)}),
        Mutant(r"$2\phi - 1$ degrees of freedom in every dimension",
               {NU: equation(nu, 2 * phi - 1)}),
        Mutant(r"normalisable for $\phi > n$", {EXISTS: sp.Gt(phi, n, evaluate=False)}),
        Mutant("the mean grows twice as fast with the noise",
               {MEAN: equation(mean, L_0 / (1 - n * eta * h / b))}),
        Mutant(r"$\beta (n - 1)/2$ dropped",
               {EXACT_Q: equation(q, 1 + b / (eta * h * (1 + beta)))}),
        Mutant(r"$q = \phi$, the noise across unchanged",
               {EXACT_Q: equation(q, PHI)}),
        Mutant(r"only the width grows by $1 + \beta$",
               {EXACT_Q: equation(q, PHI + beta * (n - 1) / 2)}),
    ),
    status="conditional",
    against_source="as-stated",
    remark=(
        r"As the source has it, for one curvature. With unequal curvatures there is a current "
        r"and the law is no function of the loss. With the exact covariance of linear "
        r"regression on Gaussian features ($\beta = 1$) the exponent is "
        r"$q = 1 + \frac{b}{2\eta h} + \frac{n - 1}{4}$, about half as large. "
        r"All of these are laws of the Itô equation; the far tail of SGD itself at a given "
        r"batch is another (PLD-X3, TLS-6)."
    ),
    notebook="notebooks/log_landscape/02_stationary_exponent",
)  # fmt: skip

STATEMENTS = (LOG_5,)
