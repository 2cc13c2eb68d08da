"""Sampling without replacement: noises of one epoch sum to zero, and the variance shows it."""

import sympy as sp

from sgdtheory.theory.statement import Asymptotic, Mutant, Statement, Step, equation
from sgdtheory.theory.variance_flatness.modes import (
    EPOCHS,
    NOTEBOOK,
    ONE_MODE,
    STABLE,
    C,
    M,
    Phi,
    a,
    eta,
    geometric,
    geometric_left,
    h,
    k,
    phi,
    triangular,
    triangular_left,
    z,
)

X = sp.Symbol(r"\overline{X}", positive=True)
R_k = sp.Symbol(r"\overline{R}(k)", real=True)
pair = sp.Symbol(r"\operatorname{Cov}(\xi_s, \xi_t)", real=True)
omega = sp.Symbol("omega", positive=True)
S = sp.Function("S")

PAIR, LAGS, SPECTRUM, FACTOR, AVERAGE, FLAT, SHARP = (
    r"two different noises of one epoch",
    r"$k$ steps apart, averaged over the phases of the epoch, $1 \le k < M$ (none beyond)",
    "spectrum of the noise",
    "what the epoch leaves of white noise",
    "variance, averaged over the phases of the epoch",
    r"flat modes, $h \to 0$ at fixed $M$",
    r"sharp modes, $M \to \infty$ at fixed $h$",
)


def spectrum(front=C * M / (M - 1)):
    fejer = sp.sin(M * omega / 2) ** 2 / (M**2 * sp.sin(omega / 2) ** 2)
    return equation(S(omega), front * (1 - fejer))


LEFT = Phi(a)


def averaged(factor=LEFT):
    return equation(X, eta**2 * C * factor / (1 - a**2))


def flat(size=M + 1, slope=M - 4):
    return equation(X / (eta**2 * C), size * (1 - slope * h / 4) / 6 + sp.O(h**2))


CLAIM = {
    PAIR: equation(pair, -C / (M - 1)),
    LAGS: equation(R_k, -C * (M - k) / (M * (M - 1))),
    SPECTRUM: spectrum(),
    FACTOR: equation(Phi(z), phi()),
    AVERAGE: averaged(),
    FLAT: flat(),
    SHARP: Asymptotic(X, eta**2 * C / (h * (2 - h))),
}


def _pair(claim):
    """The sum of all M noises does not fluctuate: M C + M (M - 1) Cov = 0."""
    return M * C + M * (M - 1) * claim[PAIR].rhs


def _lags(claim):
    """Of M phases, M - k have both steps in one epoch; other pairs know nothing of another."""
    return claim[LAGS].rhs - (M - k) / M * claim[PAIR].rhs


def _no_push(claim):
    """All lags together: ``sum (M - k) = M (M - 1)/2`` makes the noise at zero frequency 0."""
    return sp.simplify(C + 2 * sp.summation(claim[LAGS].rhs, (k, 1, M - 1)))


def _of_lags(claim, q) -> sp.Expr:
    """``sum over k of R(k) q^k``: the claimed R is linear in M - k, which leaves one sum."""
    return sp.cancel(claim[LAGS].rhs / (M - k)) * triangular(q)


def _spectrum(claim):
    """``S = C + sum_k R(k) (q^k + q^-k)`` at ``q = exp(i omega)``; Q stands for q^M."""
    q, Q = sp.symbols("q Q")
    found = (C + _of_lags(claim, q) + _of_lags(claim, 1 / q)).subs(
        {q**M: Q, (1 / q) ** M: 1 / Q}
    )
    sines = {sp.sin(M * omega / 2) ** 2: (2 - Q - 1 / Q) / 4,
             sp.sin(omega / 2) ** 2: (2 - q - 1 / q) / 4}  # fmt: skip
    claimed = claim[SPECTRUM].rhs
    for sine, written in sines.items():
        claimed = claimed.subs(sine, written)
    return sp.cancel(sp.together(claimed - found))


def factor(claim, at) -> sp.Expr:
    return claim[FACTOR].rhs.subs(z, at)


def _average(claim):
    """``sum over k of rho(k) R(k)`` with the response ``rho(k) = eta^2 a^|k|/(1 - a^2)``."""
    found = eta**2 / (1 - a**2) * (C + 2 * _of_lags(claim, a))
    claimed = claim[AVERAGE].rhs.subs(Phi(a), factor(claim, a))
    return sp.cancel(sp.together((claimed - found).subs(a**M, sp.Symbol("A"))))


def _response():
    """``sum over j of a^j a^(j + k)``: times ``1 - a^2`` only the first term is left."""
    rho = a**k / (1 - a**2)
    return sp.cancel(rho - a**2 * rho - a**k)


def _flat(claim):
    """Binomial series of ``a^M = (1 - h)^M``; its first four orders decide two."""
    power = sum((-h) ** j * sp.ff(M, j) / sp.factorial(j) for j in range(5))
    whole = claim[AVERAGE].rhs.subs(Phi(a), factor(claim, a)).subs(a**M, power)
    found = sp.cancel(sp.together(sp.expand_func(whole.subs(a, 1 - h)) / (eta**2 * C)))
    gap = claim[FLAT].rhs.removeO() - found
    return [sp.simplify(sp.diff(gap, h, order).subs(h, 0)) for order in (0, 1)]


def _sharp(claim):
    """``|a| < 1``: a^M vanishes, and the rest of Phi is one plus terms in 1/M."""
    whole = claim[AVERAGE].rhs.subs(Phi(a), factor(claim, a)).subs(a**M, 0)
    ratio = whole / claim[SHARP].rhs.subs(h, 1 - a)
    return sp.limit(sp.cancel(ratio), M, sp.oo) - 1


RR1 = Statement(
    id="IVF-RR1",
    kind="theorem",
    title="Random reshuffling: the exact variance, averaged over the epoch",
    source="sgdtheory",
    assumptions=(
        ONE_MODE,
        (EPOCHS[0] + "; a fresh order each epoch, independent of all others", EPOCHS[1]),
        STABLE,
    ),
    claim=CLAIM,
    uses=("IVF-LYAP1", "FND-2"),
    steps=(
        Step("the sum of the noises of an epoch is zero, whatever the order",
             equation(C + (M - 1) * pair, 0), _pair),
        Step("count the phases for which both steps fall into one epoch", None, _lags),
        Step("the noise does not push at zero frequency",
             equation(sp.Sum(R_k, (k, -sp.oo, sp.oo)), 0), _no_push),
        Step(r"$\sum_{k=1}^{M-1}(M-k)\,q^k$ in closed form, by induction in $M$",
             equation(sp.Sum((M - k) * z**k, (k, 1, M - 1)), triangular(z)),
             lambda: triangular_left(z)),
        Step("geometric sum, by induction in $M$",
             equation(sp.Sum(z**k, (k, 0, M - 1)), geometric(z)), lambda: geometric_left(z)),
        Step("Fourier sum of the correlations", None, _spectrum),
        Step("how much of two noises $k$ steps apart is left in the weight",
             equation(sp.Sum(a ** sp.Symbol("j") * a ** (sp.Symbol("j") + k),
                             (sp.Symbol("j"), 0, sp.oo)), a**k / (1 - a**2)), _response),
        Step("sum the correlations with it", None, _average),
        Step("expand in $h$ with $M$ any integer", None, _flat, by="series"),
        Step("long epochs", None, _sharp, by="limit"),
    ),
    mutants=(
        Mutant("with replacement", {AVERAGE: averaged(sp.S.One)}),
        Mutant("noises of an epoch uncorrelated", {PAIR: equation(pair, sp.S.Zero)}),
        Mutant("$-C/M$ between two noises", {PAIR: equation(pair, -C / M)}),
        Mutant("no average over phases", {LAGS: equation(R_k, -C / (M - 1))}),
        Mutant("correlations counted once", {FACTOR: equation(Phi(z), phi(factor=1))}),
        Mutant("one step off", {FACTOR: equation(Phi(z), phi(power=M + 1))}),
        Mutant("spectrum normalised with $M$ draws", {SPECTRUM: spectrum(C)}),
        Mutant("$M/6$ in flat modes", {FLAT: flat(M)}),
        Mutant("slope $M/4$", {FLAT: flat(slope=M)}),
        Mutant("continuous time in sharp modes", {SHARP: Asymptotic(X, eta**2 * C / (2 * h))}),
    ),
    remark=(
        r"In flat modes the variance neither grows like $1/\lambda$ nor does it know the "
        r"curvature: $\eta^2 C (M + 1)/6$ is the mean spread of a random bridge. For $hM \ll "
        "1$ the closed form is a difference of nearly equal numbers; `epoch_variance` uses a "
        "series there."
    ),
    aliases=("IVF-RR",),
    notebook=NOTEBOOK,
)  # fmt: skip

STATEMENTS = (RR1,)
