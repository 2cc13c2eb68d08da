"""A quadratic loss with constant noise: every time scale of SGD, without a continuum."""

import sympy as sp

from sgdtheory.theory.foundations.symbols import eta
from sgdtheory.theory.statement import Asymptotic, Mutant, Statement, Step, equation

h, noise, epsilon = sp.symbols("h C epsilon", positive=True)
k = sp.Symbol("k", positive=True, integer=True)
n, V, V_sde, r = sp.symbols(r"n_{\mathrm{relax}} V V_{\mathrm{SDE}} r_k", positive=True)
w, w_next = sp.symbols("w w'", real=True)
E = sp.Function(r"\operatorname{E}")

VARIANCE, CONTINUUM, QUOTIENT, MEMORY, RELAX, SLOW, STABLE = (
    "stationary variance, exact",
    "stationary variance of the SDE",
    "exact over SDE",
    "autocorrelation after $k$ steps",
    "steps until its modulus is $1/e$",
    r"for small $\eta h$",
    "stable if and only if",
)

CLAIM = {
    VARIANCE: equation(V, eta * noise / (h * (2 - eta * h))),
    CONTINUUM: equation(V_sde, eta * noise / (2 * h)),
    QUOTIENT: equation(V / V_sde, 1 / (1 - eta * h / 2)),
    MEMORY: equation(r, (1 - eta * h) ** k),
    RELAX: equation(n, -1 / sp.log(sp.Abs(1 - eta * h))),
    SLOW: Asymptotic(n, 1 / (eta * h)),
    STABLE: sp.Lt(eta * h, 2, evaluate=False),
}


def _stationary(claim):
    """The mean of the square of ``(1 - ηh) w - η ξ`` is that of w."""
    v = claim[VARIANCE].rhs
    return sp.cancel((1 - eta * h) ** 2 * v + eta**2 * noise - v)


def _continuum(claim):
    """d⟨w²⟩/dt = -2h⟨w²⟩ + 2D with 2D = ηC."""
    return -2 * h * claim[CONTINUUM].rhs + eta * noise


def _quotient(claim):
    """The exact balance at ηh = ε, divided by the one to first order in ε."""
    exact, linear = (1 - (1 - eta * h) ** 2), 2 * eta * h
    return sp.cancel(claim[QUOTIENT].rhs - linear / exact)


def _memory(claim):
    """Mean of w_{k+1} w_0: the new noise has mean zero; at k = 0 it is one."""
    r_k = claim[MEMORY].rhs
    return [sp.powsimp(r_k.subs(k, k + 1) - (1 - eta * h) * r_k), r_k.subs(k, 0) - 1]


def _relaxed(claim):
    """log |1 - ηh|^n = -1."""
    return claim[RELAX].rhs * sp.log(sp.Abs(1 - eta * h)) + 1


def _slow(claim):
    """n_relax over its claimed form as ηh = ε → 0, where 1 - ε > 0."""
    exact = -1 / sp.log(1 - epsilon)
    quotient = exact / claim[SLOW].rhs.subs(eta, epsilon / h)
    return sp.limit(quotient, epsilon, 0, "+") - 1


def _contracts(claim):
    """1 - (1 - ηh)² = ηh (2 - ηh) is positive exactly when the claimed bound has room."""
    room = sp.cancel((1 - (1 - eta * h) ** 2) / (eta * h))
    bound = claim[STABLE]
    strict = bound.func in (sp.Lt, sp.Gt)  # at equality the chain no longer contracts
    return [bound.gts - bound.lts - room, strict]


STATEMENTS = (
    Statement(
        id="FND-8",
        kind="proposition",
        title="Time scales on a quadratic loss",
        source="sgdtheory",
        assumptions=(
            ("loss $h w^2/2$ near its minimum at 0, $h > 0$; noise of constant variance $C$, "
             "independent from step to step", None),
            (r"stationary quantities: $0 < \eta h < 2$", eta * h < 2),
        ),
        claim=CLAIM,
        uses=("FND-1", "FND-6"),
        steps=(
            Step(r"the step is $w' = (1 - \eta h) w - \eta \xi$; square it and average",
                 equation(V, (1 - eta * h) ** 2 * V + eta**2 * noise), _stationary),
            Step(r"in the continuum, what is of order $(\eta h)^2$ is dropped",
                 equation(0, -2 * h * V_sde + eta * noise), _continuum),
            Step("divide the two balances",
                 equation(V / V_sde, 2 * eta * h / (1 - (1 - eta * h) ** 2)), _quotient),
            Step("multiply the step by $w_0$ and average",
                 equation(E(sp.Symbol("w_{k+1}") * sp.Symbol("w_0")),
                          (1 - eta * h) * E(sp.Symbol("w_k") * sp.Symbol("w_0"))), _memory),
            Step("take the logarithm", equation(n * sp.log(sp.Abs(1 - eta * h)), -1), _relaxed),
            Step(r"$-\ln(1 - \epsilon) = \epsilon + \epsilon^2/2 + \dots$ with "
                 r"$\epsilon = \eta h$: "
                 r"a time $1/h$, whatever $\eta$", None, _slow, by="limit"),
            Step("the mean square contracts",
                 equation(1 - (1 - eta * h) ** 2, eta * h * (2 - eta * h)), _contracts),
        ),
        mutants=(
            Mutant("the variance of the SDE for SGD",
                   {VARIANCE: equation(V, eta * noise / (2 * h))}),
            Mutant(r"$\eta^2$ instead of $\eta$",
                   {VARIANCE: equation(V, eta**2 * noise / (h * (2 - eta * h)))}),
            Mutant("factor 2 in the SDE", {CONTINUUM: equation(V_sde, eta * noise / h)}),
            Mutant("correction with the other sign",
                   {QUOTIENT: equation(V / V_sde, 1 - eta * h / 2)}),
            Mutant("decay of the square", {MEMORY: equation(r, (1 - eta * h) ** (2 * k))}),
            Mutant("exponential forgetting", {MEMORY: equation(r, sp.exp(-eta * h * k))}),
            Mutant("stable below 1", {STABLE: sp.Lt(eta * h, 1, evaluate=False)}),
        ),
        remark=(
            r"All but one part are exact at every learning rate. The continuum is good while "
            r"one step is short beside the relaxation, $\eta h \ll 1$; of the instability at "
            r"$\eta h = 2$ it knows nothing."
        ),
    ),
)  # fmt: skip
