"""From the update of SGD to its stochastic differential and Fokker-Planck equations."""

import sympy as sp

from sgdtheory.theory import fokker_planck as fp
from sgdtheory.theory.power_law.symbols import (
    ALPHA,
    QUADRATIC,
    C,
    D,
    H,
    alpha,
    drift,
    eta,
    kappa,
    rho,
    sigma_H,
    u,
)  # fmt: skip
from sgdtheory.theory.statement import Mutant, Statement, Step, equation

# Not commutative only so that sympy prints them last, where a reader expects them.
dt, dB, xi = sp.symbols(r"\mathrm{d}t \mathrm{d}B_t \xi_t", commutative=False)
w, dw = sp.symbols(r"w_t \mathrm{d}w_t", real=True)
w_next, step, t, x = sp.symbols(r"w_{t+1} \Delta{t} t w", real=True)
g, c, f_alpha = (sp.Function(name) for name in ("g", "C", r"f_\alpha"))
p = sp.Function("p")(x, t)

UPDATE, SDE, TIME = "one step of SGD", "stochastic differential equation", "time of one step"
INDEX = "calculus index"
READ = r"drift that the same equation gets when read with index $\alpha$"
SGD, FAMILY, ZWANZIG = "SGD (Itô)", "any calculus index", r"Zwanzig form ($\alpha = 1$)"
DIFFERENCE = r"index $\alpha$ minus Itô"
ADDED = "drift of the Zwanzig form, quadratic loss and noise"
ito_rate, alpha_rate = sp.symbols(r"\dot{p}_0 \dot{p}_\alpha", real=True)
f_1 = sp.Function("f_1")(u)

RATE = sp.Derivative(p, t)

E3_CLAIM = {
    UPDATE: equation(w_next, w - eta * g(w) + eta * sp.sqrt(c(w)) * xi),
    SDE: equation(dw, -g(w) * dt + sp.sqrt(eta * c(w)) * dB),
    TIME: equation(step, eta),
    INDEX: equation(alpha, sp.Integer(0)),
    READ: equation(f_alpha(w), -g(w) + alpha * eta / 2 * sp.diff(c(w), w)),
}


def _euler(claim) -> tuple:
    """(mean, standard deviation) of the Euler step of the claimed equation, at time Δt."""
    terms, time = sp.expand(claim[SDE].rhs), claim[TIME].rhs
    return terms.coeff(dt) * time, terms.coeff(dB) * sp.sqrt(time)


def _update_is_euler(claim):
    mean, deviation = _euler(claim)
    made = sp.expand(claim[UPDATE].rhs)
    return [made.coeff(xi, 0) - w - mean, made.coeff(xi) ** 2 - deviation**2]


def _read_with(index, claim):
    """Mean rate when the noise amplitude is taken at ``w + index dw``: s(w) + index s' s dB."""
    amplitude = sp.expand(claim[SDE].rhs).coeff(dB)
    moved = amplitude + index * sp.diff(amplitude, w) * amplitude * dB
    # E dB = 0 and E dB^2 = dt, so what multiplies dB^2 is a drift.
    return sp.expand(claim[SDE].rhs).coeff(dt) + sp.expand(moved * dB).coeff(dB, 2)


def _index(claim):
    mean, _ = _euler(claim)
    return _read_with(claim[INDEX].rhs, claim) * claim[TIME].rhs - mean


E3 = Statement(
    id="PLD-E3",
    kind="proposition",
    title="The update of SGD is the Euler step of an Itô equation",
    source="meng2020, Equations (3) and (4)",
    assumptions=(
        (
            r"$\xi_t$ independent, mean 0, variance 1; $C$: variance of the minibatch gradient",
            None,
        ),
        ALPHA,
    ),
    claim=E3_CLAIM,
    uses=("FND-1", "FND-6"),
    steps=(
        Step(
            "mean and variance of one step are those of the Euler step over a time "
            r"$\Delta t = \eta$",
            equation(eta * sp.sqrt(c(w)) * xi, sp.sqrt(eta * c(w)) * sp.sqrt(step) * xi),
            _update_is_euler,
        ),
        Step(
            r"taking the noise at $w + \alpha\,\mathrm{d}w$ adds "
            r"$\alpha s s' = (\alpha\eta/2) C'$ to the drift, with $s^2 = \eta C$",
            None,
            lambda claim: claim[READ].rhs - _read_with(alpha, claim),
            by="series",
        ),
        Step("the mean step of SGD has no such term: the index is that of Itô", None, _index),
        Step(
            "read with any other index, the same letters are another process",
            equation(f_alpha(w), -g(w)),
            lambda: _read_with(alpha, E3_CLAIM) - (-g(w)),
            by="counterexample",
        ),
    ),
    mutants=(
        Mutant(
            r"$\sqrt{C}\,\mathrm{d}B$, without $\eta$",
            {SDE: equation(dw, -g(w) * dt + sp.sqrt(c(w)) * dB)},
        ),
        Mutant("anti-Itô", {INDEX: equation(alpha, sp.Integer(1))}),
        Mutant(
            "half the added drift",
            {READ: equation(f_alpha(w), -g(w) + alpha * eta / 4 * sp.diff(c(w), w))},
        ),
        Mutant(
            "added drift with the other sign",
            {READ: equation(f_alpha(w), -g(w) - alpha * eta / 2 * sp.diff(c(w), w))},
        ),
    ),
    status="conditional",
    against_source="as-stated",
    remark=(
        "The source's equation (4), as we reconstruct it, is the one of SGD if it is read in "
        "the sense of Itô, and only then: the condition that the source does not state."
    ),
    aliases=("PLD-E4", "PLD-E3/E4"),
    notebook="notebooks/power_law/01_stationary_distribution",
)


def _with_index(index) -> sp.Expr:
    """``d(g p) + (eta/2) d[C^index d(C^(1-index) p)]``, left as it is written."""
    inner = sp.Derivative(c(x) ** (1 - index) * p, x)
    return sp.Derivative(g(x) * p, x) + eta / 2 * sp.Derivative(c(x) ** index * inner, x)


E5_CLAIM = {
    SGD: equation(RATE, sp.Derivative(g(x) * p, x) + eta / 2 * sp.Derivative(c(x) * p, (x, 2))),
    FAMILY: equation(RATE, _with_index(alpha)),
    ZWANZIG: equation(RATE, _with_index(sp.Integer(1))),
    DIFFERENCE: equation(
        alpha_rate - ito_rate, -alpha * eta / 2 * sp.Derivative(sp.diff(c(x), x) * p, x)
    ),
    ADDED: equation(f_1, -H * (1 - 1 / kappa) * u + eta * rho),
}


def _kramers_moyal(claim):
    """-(a1 p)' + (a2 p)''/2 with the mean -g and the variance eta C of a step, per time."""
    rate = -sp.diff(-g(x) * p, x) + sp.diff(eta * c(x) * p, x, 2) / 2
    return claim[SGD].rhs.doit() - rate


def _operator(label, index):
    def residual(claim):
        made = fp.operator(p, -g(x), eta * c(x) / 2, x, index)
        return sp.powsimp(sp.expand(claim[label].rhs.doit() - made))

    return residual


def _difference(claim):
    forms = [fp.operator(p, -g(x), eta * c(x) / 2, x, index) for index in (alpha, "ito")]
    return claim[DIFFERENCE].rhs.doit() - (forms[0] - forms[1])


def _added(claim):
    """The drift of the Itô equation that has the Zwanzig form as its Fokker-Planck."""
    ito_drift = fp.backward(u, drift, D, u, "anti-ito")
    return (claim[ADDED].rhs - ito_drift).subs(kappa, H / (eta * sigma_H))


E5 = Statement(
    id="PLD-E5",
    kind="proposition",
    title="The Fokker-Planck equation of SGD, and the Zwanzig form",
    source="meng2020, Equation (5)",
    assumptions=(
        ALPHA,
        (r"$\dot{p}_\alpha$: right side for index $\alpha$; "
         r"$\kappa = H/(\eta \sigma_H)$", None),
        QUADRATIC,
    ),
    claim=E5_CLAIM,
    uses=("FND-4", "FND-6", "FND-7", "PLD-E3"),
    steps=(
        Step(
            r"mean $-g$ and variance $\eta C$ per unit of time: the two Kramers-Moyal terms",
            None,
            _kramers_moyal,
            by="operator",
        ),
        Step(
            r"read with index $\alpha$, the flux has $C^\alpha$ outside the derivative",
            None,
            _operator(FAMILY, alpha),
            by="operator",
        ),
        Step(r"$\alpha = 1$ is the Zwanzig form", E5_CLAIM[ZWANZIG],
             _operator(ZWANZIG, "anti-ito"), by="operator"),
        Step(r"subtract: what differs is a drift $(\alpha\eta/2) C'$", None, _difference,
             by="operator"),
        Step(r"with $C' = 2\rho + 2\sigma_H u$ it weakens the restoring force and shifts it",
             equation(eta / 2 * sp.Derivative(C, u), eta * rho + eta * sigma_H * u), _added),
    ),
    mutants=(
        Mutant("SGD obeys the Zwanzig form", {SGD: E5_CLAIM[ZWANZIG]}, source=True),
        Mutant("index with the other sign", {FAMILY: equation(RATE, _with_index(-alpha))}),
        Mutant(
            r"$\eta$ instead of $\eta/2$",
            {SGD: equation(RATE, sp.Derivative(g(x) * p, x)
                           + eta * sp.Derivative(c(x) * p, (x, 2)))},
        ),
        Mutant("restoring force strengthened",
               {ADDED: equation(f_1, -H * (1 + 1 / kappa) * u + eta * rho)}),
    ),
    against_source="corrected",
    remark=(
        r"The source's equation (5), as we reconstruct it, puts $C$ outside one derivative, "
        r"which is index 1. SGD obeys the Itô form. The source's form describes an SGD with "
        r"curvature $H(1 - 1/\kappa)$ and offset $\eta\rho$: at $\kappa \le 1$ with no "
        r"restoring force at all."
    ),
    notebook="notebooks/power_law/01_stationary_distribution",
)  # fmt: skip

STATEMENTS = (E3, E5)
