r"""Three models of the noise, three laws of escape: constant, jumping, growing with the loss.

``mu`` is the stability index of the jumps, since ``alpha`` is the calculus index; ``gamma`` the
scale of the driving noise, ``E exp(ik gamma L_t) = exp(-t gamma^mu |k|^mu)``.
"""

import sympy as sp

from sgdtheory.theory.escape import barrier as growing
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
)  # fmt: skip
from sgdtheory.theory.foundations import kramers
from sgdtheory.theory.statement import Asymptotic, Mutant, Statement, Step, equation

E, R, B, ell, gamma, y, tau = sp.symbols(r"E R B \ell gamma y tau", positive=True)
mu, c_mu, sigma_mu = sp.symbols("mu c_mu sigma_mu", positive=True)
w, s = sp.symbols("w s", real=True)
tau_const, tau_two, tau_one, tau_grow, tau_SGD = (
    sp.Symbol(rf"\tau_{{\mathrm{{{name}}}}}", positive=True)
    for name in ("const", "two", "one", "grow", "SGD")
)
HALF, ROOT = sp.S.Half, sp.sqrt(H_a * H_b)

CONSTANT, IN_NOISE, QUARTIC = (
    r"constant noise: time to cross, $E \to \infty$",
    "barrier in units of the noise",
    r"exact time over this formula, double well $L \propto (w^2 - 1)^2$",
)
TWO, ONE, HEIGHT, JUMPS, ABOVE, BELOW, SCALE = (
    r"jumps: time to leave $(a - \ell, a + \ell)$, $\gamma \to 0$",
    r"jumps: time to leave through one end, at the distance $\ell$, $\gamma \to 0$",
    "jumps: the height of the barrier does not matter",
    r"density of the jumps of $L_t$ per unit of time: $c_\mu |y|^{-1-\mu}$, where",
    r"jumps are rare enough at large $|y|$",
    r"jumps are small enough at small $|y|$",
    r"SGD with gradient noise of scale $\sigma_\mu$",
)
GROWING, EXPONENT, RATIO, SGD = (
    r"noise that grows with the loss: time to cross, $\kappa \to \infty$ at fixed $X$",
    "exponent of the stationary law",
    "noise at the saddle over noise at the minimum is $1 + X$",
    r"noise that grows with the loss: SGD (Itô, $\alpha = 0$)",
)


def cross(exponent=2 * barrier / (eta * sigma_g)) -> sp.Expr:
    return 2 * sp.pi / ROOT * sp.exp(exponent)


def correction(share=1) -> sp.Eq:
    return equation(R, 1 + 3 * share / (8 * E) + sp.O(E**-2, (E, sp.oo)))


def leave(ends=2, density=c_mu, width=mu) -> sp.Expr:
    reach = sp.Pow(ell / gamma, mu, evaluate=False) * ell ** (width - mu)
    return mu / (ends * density) * reach


def jumps(share=1) -> sp.Eq:
    return equation(c_mu, share * sp.gamma(1 + mu) * sp.sin(sp.pi * mu / 2) / sp.pi)


def grow(exponent) -> sp.Expr:
    return 2 * sp.pi * kappa / (exponent * ROOT) * (1 + X) ** exponent


CLAIM = {
    CONSTANT: Asymptotic(tau_const, cross()),
    IN_NOISE: equation(E, 2 * barrier / (eta * sigma_g)),
    QUARTIC: correction(),
    TWO: Asymptotic(tau_two, leave()),
    ONE: Asymptotic(tau_one, leave(ends=1)),
    HEIGHT: equation(sp.Derivative(sp.log(tau_two), barrier), sp.Integer(0)),
    JUMPS: jumps(),
    ABOVE: sp.Gt(mu, 0, evaluate=False),
    BELOW: sp.Lt(mu, 2, evaluate=False),
    SCALE: equation(gamma**mu, eta ** (mu - 1) * sigma_mu**mu),
    GROWING: Asymptotic(tau_grow, grow(m - HALF)),
    EXPONENT: equation(m, kappa + 1 - alpha),
    RATIO: equation(X, 2 * barrier / (kappa * eta * sigma_g)),
    SGD: Asymptotic(tau_SGD, grow(kappa + HALF)),
}


def log_ratio(claimed, found) -> sp.Expr:
    """``log(claimed/found)``, a sum."""
    return sp.expand(sp.expand_log(sp.log(claimed) - sp.log(found), force=True))


def _kramers(claim):
    """FND-11 at ``D = eta sigma_g/2``."""
    D = eta * sigma_g / 2
    found = kramers.kramers(root=ROOT, exponent=barrier / D)
    return [
        log_ratio(claim[CONSTANT].rhs, found),
        sp.cancel(claim[IN_NOISE].rhs - barrier / D),
    ]


def _quartic(claim):
    loss = B * (w**2 - 1) ** 2
    at_a, at_b = ([sp.diff(loss, w, n).subs(w, at) for n in (2, 3, 4)] for at in (-1, 0))
    letters = (kramers.h_a, kramers.c_a, kramers.q_a, kramers.h_b, kramers.c_b, kramers.q_b)
    values = dict(zip(letters, [*at_a, -at_b[0], *at_b[1:]], strict=True))
    found = kramers.correction().rhs.removeO().subs(values).subs(kramers.D, B / E)
    return sp.expand(claim[QUARTIC].rhs.removeO() - found)


def one_minus_cos() -> sp.Expr:
    """``∫ (1 - cos y) y^(-1-mu) dy`` over y > 0: by parts a Mellin transform of the sine."""
    return sp.mellin_transform(sp.sin(y), y, s)[0].subs(s, 1 - mu) / mu


def _density(claim):
    exponent = 2 * claim[JUMPS].rhs * one_minus_cos()  # of E exp(iL), at time 1
    return sp.simplify(sp.gammasimp(exponent)) - 1


def _range(claim):
    """Bounds from the integral of ``(1 - cos y) y^(-1-mu)`` at its two ends."""
    at_zero, at_infinity = y ** (1 - mu), y ** (-1 - mu)
    edges = (
        (ABOVE, at_infinity, (y, 1, sp.oo), sp.Integer(0), 1),
        (BELOW, at_zero, (y, 0, 1), sp.Integer(2), -1),
    )
    for label, integrand, ends, edge, side in edges:
        margin, strict = threshold(claim[label])
        infinite = sp.integrate(integrand.subs(mu, edge), ends) == sp.oo
        inside = sp.integrate(integrand.subs(mu, edge + side * HALF), ends).is_finite
        yield from (sp.expand(margin - side * (mu - edge)), strict == infinite, bool(inside))
    yield sp.limit(claim[JUMPS].rhs, mu, 2)


def rate(ends) -> sp.Expr:
    """Jumps per unit of time that carry from the minimum to beyond that many ends."""
    beyond = sp.integrate(c_mu * y ** (-1 - mu), (y, ell, sp.oo), conds="none")
    return sp.powsimp(ends * gamma**mu * beyond)


def _leading(label, ends):
    """The backward equation at the minimum, where the drift is zero, for a constant T."""

    return lambda claim: log_ratio(claim[label].rhs, 1 / rate(ends))


def _height(claim):
    return claim[HEIGHT].rhs - sp.diff(sp.log(claim[TWO].rhs), barrier)


def _scale(claim):
    """One step moves by ``eta sigma_mu`` times a standard stable number, in the time eta."""
    return log_ratio(eta * claim[SCALE].rhs, (eta * sigma_mu) ** mu)


def _growing(claim):
    return [
        log_ratio(claim[GROWING].rhs, growing.CLAIM[growing.CROSS].rhs),
        sp.cancel(claim[EXPONENT].rhs - growing.CLAIM[growing.M].rhs),
        sp.cancel(claim[RATIO].rhs - growing.CLAIM[growing.GROWTH].rhs),
    ]


def _sgd(claim):
    family = claim[GROWING].rhs.subs(m, claim[EXPONENT].rhs)
    return log_ratio(claim[SGD].rhs, family.subs(alpha, 0))


def _constant_is_a_limit(claim):
    """``kappa → ∞`` at fixed ``eta sigma_g``: the last row becomes the first."""
    family = claim[GROWING].rhs.subs(m, claim[EXPONENT].rhs)
    weak = sp.limit(family.subs(X, E / kappa), kappa, sp.oo)
    height = sp.cancel(claim[RATIO].rhs * kappa)
    return log_ratio(claim[CONSTANT].rhs, weak.subs(E, height))


T_1, f, RATE = (sp.Function(name)(w) for name in ("T_1", "f", r"r_{\mathrm{out}}"))

TAB1 = Statement(
    id="PLD-TAB1",
    kind="formula",
    title="Three noise models, three escape laws",
    source="meng2020, Table 1",
    assumptions=(
        WELLS,
        (r"constant noise: $C = \sigma_g$", None),
        (r"jumps: $\mathrm{d}w = -L'\,\mathrm{d}t + \gamma\,\mathrm{d}L_t$ with "
         r"$\mathbb{E}\,e^{ikL_t} = e^{-t|k|^\mu}$; $-L'$ leads back to $a$ from all places "
         "inside, also from far away if only one end lets out", None),
        NOISE,
        ALPHA,
    ),
    claim=CLAIM,
    uses=("FND-1", "FND-11", "PLD-L6"),
    steps=(
        Step(r"constant noise is Kramers' case with $D = \eta\sigma_g/2$",
             equation(sp.Symbol("D"), eta * sigma_g / 2), _kramers),
        Step(r"its first correction, with the derivatives of $(w^2 - 1)^2$ at well and barrier",
             None, _quartic, by="series"),
        Step(r"jumps of that density have the exponent $|k|^\mu$: by parts, then Mellin's "
             r"transform of the sine",
             equation(2 * c_mu * sp.Integral((1 - sp.cos(y)) * y ** (-1 - mu), (y, 0, sp.oo)),
                      1),
             _density, by="integral"),
        Step(r"the integral is finite at both ends for $0 < \mu < 2$ only; $c_\mu \to 0$ as "
             r"$\mu \to 2$: Brownian motion has no jumps", None, _range, by="limit"),
        Step(r"backward equation: $T = \tau + T_1 + \dots$, $\tau \propto \gamma^{-\mu}$ being "
             r"one number for all places inside; at $a$, where $f = -L' = 0$, it feels only "
             r"the rate $r_{\mathrm{out}}$ of the jumps that lead out",
             equation(f * sp.Derivative(T_1, w) - tau * RATE, -1),
             _leading(TWO, 2), by="series"),
        Step("through one end: half as many jumps", None, _leading(ONE, 1), by="series"),
        Step("width and rate of jumps, nothing else", None, _height),
        Step(r"a step of SGD moves by $\eta\sigma_\mu$ times a standard stable number, in the "
             r"time $\eta$", equation((eta * sigma_mu) ** mu, eta * gamma**mu), _scale),
        Step("noise that grows with the loss: PLD-L6", None, _growing),
        Step(r"SGD has $\alpha = 0$, $m = \kappa + 1$", None, _sgd),
        Step(r"$\kappa \to \infty$ at fixed $\eta\sigma_g$: this row becomes the first",
             equation(sp.Limit((1 + E / kappa) ** (kappa + HALF), kappa, sp.oo), sp.exp(E)),
             _constant_is_a_limit, by="limit"),
    ),
    mutants=(
        Mutant(r"jumps without $c_\mu$",
               {TWO: Asymptotic(tau_two, leave(density=1)),
                ONE: Asymptotic(tau_one, leave(density=1))}, source=True),
        Mutant("one end as quickly as two", {ONE: Asymptotic(tau_one, leave())}),
        Mutant("square of the width", {TWO: Asymptotic(tau_two, leave(width=2))}),
        Mutant("all jumps counted in one direction", {JUMPS: jumps(share=2)}),
        Mutant(r"jumps whose $\gamma^\mu$ is $\eta^\mu \sigma_\mu^\mu$",
               {SCALE: equation(gamma**mu, eta**mu * sigma_mu**mu)}),
        Mutant(r"constant noise: $\exp(\Delta L/(\eta\sigma_g))$",
               {CONSTANT: Asymptotic(tau_const, cross(barrier / (eta * sigma_g)))}),
        Mutant("correction of the well alone", {QUARTIC: correction(HALF)}),
        Mutant(r"growing noise: exponent $\kappa - \frac12$ for SGD",
               {SGD: Asymptotic(tau_SGD, grow(kappa - HALF))}, source=True),
        Mutant(r"growing noise: Stratonovich's exponent for SGD",
               {SGD: Asymptotic(tau_SGD, grow(kappa))}),
    ),
    status="asymptotic",
    against_source="corrected",
    remark=(
        r"As we reconstruct it, the source's row for jumps has no $c_\mu$: it depends on the "
        r"normalisation of the stable law, and is right for a jump density $|y|^{-1-\mu}$. "
        r"With the usual one, $e^{-t|k|^\mu}$, it is the time to leave through either end of a "
        r"symmetric interval once $c_\mu$ is put in; over a single barrier the time is twice "
        r"that. Its row for noise that grows with the loss has the anti-Itô exponent "
        r"$\kappa - \frac12$ (PLD-L6). Its $\alpha$ is our $\mu$."
    ),
    aliases=("PLD-TAB1-L", "PLD-TAB1-α", "PLD-TAB1-P"),
    notebook="notebooks/escape/06_levy",
)  # fmt: skip

STATEMENTS = (TAB1,)
