"""How many noisy directions the law bears: normalisable, stable, finite in the mean square."""

import sympy as sp

from sgdtheory.theory import fokker_planck as fp
from sgdtheory.theory.log_landscape import stationary
from sgdtheory.theory.log_landscape.letters import (
    FEATURES,
    L_0,
    N_C,
    SDE,
    WELL,
    along,
    b,
    beta,
    eta,
    h,
    n,
    outward,
    r,
)
from sgdtheory.theory.power_law.symbols import threshold
from sgdtheory.theory.statement import Mutant, Statement, Step, equation

n_c, n_G, growth, growth_beta = sp.symbols(
    r"n_c n_{\mathrm{G}} \lambda_0 \lambda_\beta", real=True
)
v_1 = sp.Symbol("v_1", real=True)

CRITICAL, NORMED, RATES, DIES, RATE, RATE_BETA, DIES_BETA, GAUSS, SQUARE, STEPS = (
    "critical dimension",
    "a stationary law if and only if",
    r"that is, for $n > 2$",
    r"at $L_* = 0$ the distance shrinks to nothing if and only if",
    r"for $\log r \sim \lambda_0 t$ with",
    r"with the exact covariance $\log r \sim \lambda_\beta t$,",
    "so that a stationary law exists, or the distance shrinks, if and only if",
    r"critical dimension with Gaussian features, $\beta = 1$",
    "mean square finite if and only if",
    "and for SGD itself, Gaussian features, every learning rate",
)
GROWTH = -h + (n - 2) * eta * h**2 / (2 * b)
GROWTH_BETA = -h + (n - 2 - beta) * eta * h**2 / (2 * b)

CLAIM = {
    CRITICAL: equation(n_c, N_C),
    NORMED: sp.Lt(n, n_c, evaluate=False),
    RATES: sp.Lt(eta * h, 2 * b / (n - 2), evaluate=False),
    RATE: equation(growth, GROWTH),
    DIES: sp.Lt(n, n_c, evaluate=False),
    RATE_BETA: equation(growth_beta, GROWTH_BETA),
    DIES_BETA: sp.Lt(n, 2 + beta + 2 * b / (eta * h), evaluate=False),
    GAUSS: equation(n_G, 3 + 2 * b / (eta * h)),
    SQUARE: sp.Lt((n + beta) * eta * h, 2 * b, evaluate=False),
    STEPS: sp.Lt(eta * h * (1 + (n + 1) / b), 2, evaluate=False),
}


def log_growth() -> sp.Expr:
    """Drift of ``log r`` at ``L_* = 0``: a constant."""
    drift, D = (e.subs(L_0, 0) for e in (outward(), along))
    return sp.cancel(fp.backward(sp.log(r), drift, D, r))


def normalisable() -> sp.Expr:
    """``2 q - n``: how much faster than 1/r the law falls against ``r^(n-1)``."""
    exponent = stationary.CLAIM[stationary.EXACT_Q].rhs
    return 2 * exponent - n


def _margin(label, claim):
    margin, strict = threshold(claim[label])
    return margin.subs(n_c, claim[CRITICAL].rhs), strict


def _normed(claim):
    margin, strict = _margin(NORMED, claim)
    return [sp.cancel(margin - normalisable().subs(beta, 0)), strict]


def _rates(claim):
    margin, strict = _margin(RATES, claim)
    wanted = normalisable().subs(beta, 0) * eta * h / (n - 2)
    return [sp.cancel(margin - wanted), strict]


def _rate(claim):
    return sp.cancel(log_growth().subs(beta, 0) - claim[RATE].rhs)


def _constant_noise():
    """``log r`` is a Brownian motion with drift."""
    return sp.diff(sp.cancel(along.subs(L_0, 0) / r**2), r)


def _dies(claim):
    margin, strict = _margin(DIES, claim)
    return [sp.cancel(margin + 2 * b / (eta * h**2) * claim[RATE].rhs), strict]


def _rate_beta(claim):
    return sp.cancel(log_growth() - claim[RATE_BETA].rhs)


def _dies_beta(claim):
    margin, strict = _margin(DIES_BETA, claim)
    both = normalisable() * (1 + beta), -2 * b / (eta * h**2) * claim[RATE_BETA].rhs
    return [*(sp.cancel(margin - side) for side in both), strict]


def _gauss(claim):
    margin, _ = _margin(DIES_BETA, claim)
    return sp.cancel(margin.subs(beta, 1) + n - claim[GAUSS].rhs)


def _square(claim):
    """The generator on r²: its factor of r² must be negative."""
    rate = sp.expand(fp.backward(r**2, outward(), along, r)).coeff(r, 2)
    margin, strict = _margin(SQUARE, claim)
    return [sp.cancel(margin + b / h * rate), strict]


def step_factor() -> sp.Expr:
    """``E |v'|²/|v|²`` of one step at ``L_* = 0``, by the chi-square moments of the features.

    Given the batch's ``s = sum of squares along v``, in units of h a chi-square of b, the step
    is ``1 - eta h s/b`` along v and normal with variance ``(eta h/b)² s`` in each direction
    across.
    """
    first, second = b, b * (b + 2)
    turn = eta * h / b
    return sp.expand(1 - 2 * turn * first + turn**2 * (second + (n - 1) * first))


def _chi_square():
    """Moments of a chi-square of b: those of a Gamma law of shape b/2 and scale 2."""
    z = sp.Symbol("z", positive=True)
    law = z ** (b / 2 - 1) * sp.exp(-z / 2) / (2 ** (b / 2) * sp.gamma(b / 2))
    for power, moment in ((1, b), (2, b * (b + 2))):
        found = sp.integrate(z**power * law, (z, 0, sp.oo), conds="none")
        yield sp.gammasimp(found) - moment


def _steps(claim):
    margin, strict = _margin(STEPS, claim)
    return [sp.cancel(margin - (1 - step_factor()) / (eta * h)), strict]


LOG_6 = Statement(
    id="LOG-6",
    kind="theorem",
    title="How many noisy directions SGD bears",
    source="mori2022, eq. 19",
    assumptions=(
        SDE,
        (r"noise proportional to the loss: $C = \frac{2 h}{b} L\,I$", None),
        WELL,
        FEATURES,
        (r"$n > 2$ where the bound is read for $\eta$", n > 2),
    ),
    claim=CLAIM,
    uses=("LOG-5",),
    steps=(
        Step(r"the law $L^{-\phi}$ can be normalised if and only if $2\phi > n$ (LOG-5)",
             None, _normed),
        Step("solved for the learning rate", None, _rates),
        Step(r"at $L_* = 0$ noise and drift are proportional to $r$: $\log r$ has constant "
             "noise",
             None, _constant_noise),
        Step("and constant drift: the pull, less Itô's term along $r$, plus the noise across "
             "which pushes outward",
             None, _rate, by="operator"),
        Step("its sign changes at the same dimension", None, _dies),
        Step(r"the exact covariance has $1 + \beta$ times the noise along $r$", None,
             _rate_beta, by="operator"),
        Step("again both thresholds are one", None, _dies_beta),
        Step("one dimension more", None, _gauss),
        Step(r"the generator on $r^2$", None, _square, by="operator"),
        Step("moments of a chi-square", None, _chi_square, by="integral"),
        Step(r"$\mathbb{E}|w' - w^*|^2 / |w - w^*|^2 = 1 - 2\eta h + \eta^2 h^2 "
             r"(1 + \frac{n + 1}{b})$ for one step of SGD",
             None, _steps),
    ),
    mutants=(
        Mutant("without the 2", {CRITICAL: equation(n_c, 2 * b / (eta * h))}),
        Mutant("half of it", {CRITICAL: equation(n_c, N_C / 2)}),
        Mutant("the pull alone decides", {RATE: equation(growth, -h)}),
        Mutant("Itô's term forgotten",
               {RATE: equation(growth, -h + (n - 1) * eta * h**2 / (2 * b))}),
        Mutant("Gaussian features change nothing",
               {RATE_BETA: equation(growth_beta, GROWTH)}),
        Mutant("one dimension fewer with Gaussian features",
               {GAUSS: equation(n_G, 1 + 2 * b / (eta * h))}),
        Mutant("mean square without the noise along $r$",
               {SQUARE: sp.Lt((n - 1) * eta * h, 2 * b, evaluate=False)}),
        Mutant("the threshold of the stochastic equation for the steps",
               {STEPS: sp.Lt(eta * h * (n + 1) / b, 2, evaluate=False)}),
    ),
    against_source="as-stated",
    remark=(
        r"The source reads $n_c$ off the exponent of the escape rate, "
        r"which vanishes there (LOG-8). It is more: the edge of normalisability, and at "
        r"$L_* = 0$ the Lyapunov threshold. Gaussian features shift it by one. A finite mean "
        r"loss asks for more, $n \eta h < 2b$, that is $n < n_c - 2$."
    ),
    notebook="notebooks/log_landscape/02_stationary_exponent",
)  # fmt: skip

STATEMENTS = (LOG_6,)
