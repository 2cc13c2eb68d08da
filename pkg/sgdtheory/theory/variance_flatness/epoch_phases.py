"""Random reshuffling, phase by phase: least at the boundary of an epoch (IVF-RR2)."""

import sympy as sp

from sgdtheory.theory.statement import Asymptotic, Mutant, Statement, Step, equation
from sgdtheory.theory.variance_flatness.modes import (
    EPOCHS,
    NOTEBOOK,
    ONE_MODE,
    C,
    M,
    a,
    eta,
    geometric,
    h,
    k,
    n,
    phi,
)

X = sp.Symbol(r"\overline{X}", positive=True)
X_0, X_k = (sp.Symbol(name, positive=True) for name in ("X_{0}", "X_{k}"))
S_1, S_2 = (sp.Function(f"S_{i}") for i in (1, 2))

FIRST, SECOND, BOUNDARY, PHASE, MEAN, FLAT_BOUNDARY, BRIDGE = (
    "response to $n$ steps",
    "and its square",
    "at the boundary of an epoch",
    "$k$ steps later, $0 \\le k \\le M$",
    "average over the phases",
    r"flat modes at the boundary, $h \to 0$",
    r"flat modes inside the epoch, $h \to 0$ at fixed $0 < k < M$",
)


MEAN_SQUARE = S_1(M) ** 2 / M
FRESH = (M * S_2(k) - S_1(k) ** 2) / (M - 1)


def boundary(front=M / (M - 1), removed=MEAN_SQUARE):
    return equation(X_0, eta**2 * C * front * (S_2(M) - removed) / (1 - a ** (2 * M)))


def phase(fresh=FRESH):
    return equation(X_k, a ** (2 * k) * X_0 + eta**2 * C * fresh)


CLAIM = {
    FIRST: equation(S_1(n), geometric(a, n)),
    SECOND: equation(S_2(n), (1 - a ** (2 * n)) / (1 - a**2)),
    BOUNDARY: boundary(),
    PHASE: phase(),
    MEAN: equation(X, eta**2 * C * phi(a) / (1 - a**2)),
    FLAT_BOUNDARY: Asymptotic(X_0, eta**2 * C * h * M * (M + 1) / 24),
    BRIDGE: Asymptotic(X_k, eta**2 * C * k * (M - k) / (M - 1)),
}
A, K = sp.symbols("A K")


def sums(claim, expr, at) -> sp.Expr:
    """Put in the claimed S_1 and S_2 at ``at`` steps."""
    found = {S_1(at): claim[FIRST].rhs.subs(n, at), S_2(at): claim[SECOND].rhs.subs(n, at)}
    return expr.subs(found)


def _polynomial(expr) -> sp.Expr:
    """Powers with M and k as letters."""
    return sp.expand_power_exp(expr).subs({a ** (2 * M): A**2, a ** (2 * k): K**2}).subs(
        {a**M: A, a**k: K}
    )  # fmt: skip


def _sums(claim):
    """One term, and what one more adds."""
    left = []
    for label, ratio in ((FIRST, a), (SECOND, a**2)):
        f = claim[label].rhs
        left += [f.subs(n, 1) - 1, sp.simplify(f.subs(n, n + 1) - f - ratio**n)]
    return left


def _one_step(claim):
    """``X' = a^2 X + eta^2 C - 2 a eta E(u xi)``; u holds k noises of this epoch.

    Each of them is paired with the new one: ``E u_k xi_k = eta S_1(k) C/(M - 1)``.
    """
    x = sums(claim, claim[PHASE].rhs, k)
    later = sums(claim, claim[PHASE].rhs.subs(k, k + 1), k + 1)
    told = eta * claim[FIRST].rhs.subs(n, k) * C / (M - 1)
    grown = later - (a**2 * x + eta**2 * C - 2 * a * eta * told)
    return [sp.cancel(_polynomial(grown)), sp.cancel(sums(claim, x.subs(k, 0), 0) - X_0)]


def _closed(claim):
    """After M steps the epoch begins again."""
    end = sums(claim, claim[PHASE].rhs.subs(k, M), M)
    start = sums(claim, claim[BOUNDARY].rhs, M)
    return sp.cancel(_polynomial((end - X_0).subs(X_0, start)))


def _mean(claim):
    """Sum the one-step equation over an epoch: ``sum X' = sum X``.

    ``(1 - a^2) M X = M eta^2 C - 2 a eta^2 C/(M - 1) sum_k S_1(k)``, a second way to RR1.
    """
    told = (M - geometric(a)) / (1 - a)  # of S_1(k) over k = 0 .. M - 1
    total = M * eta**2 * C - 2 * a * eta**2 * C / (M - 1) * told
    return sp.cancel(_polynomial(claim[MEAN].rhs * M * (1 - a**2) - total))


def _told(claim):
    """``sum of S_1(k), k < M`` by induction in M."""
    f = (M - geometric(a)) / (1 - a)
    grown = f.subs(M, M + 1) - f - claim[FIRST].rhs.subs(n, M)
    return [f.subs(M, 1), sp.simplify(grown)]


def _binomial(power, orders=5) -> sp.Expr:
    return sum((-h) ** j * sp.ff(power, j) / sp.factorial(j) for j in range(orders))


def _flat_boundary(claim):
    """Leading order: numerator h^2 against denominator h."""
    whole = sums(claim, claim[BOUNDARY].rhs, M).subs(
        {a ** (2 * M): _binomial(2 * M), a**M: _binomial(M)}
    )
    ratio = sp.expand_func(whole.subs(a, 1 - h) / claim[FLAT_BOUNDARY].rhs)
    return sp.simplify(sp.cancel(sp.together(ratio)).subs(h, 0)) - 1


def _bridge(claim):
    """The boundary is forgotten, as it vanishes with h; both sums count their terms."""
    terms = {S_1(k): claim[FIRST].rhs, S_2(k): claim[SECOND].rhs}
    powers = {a ** (2 * n): _binomial(2 * n), a**n: _binomial(n)}
    counted = {
        name: sp.cancel(sp.expand_func(rhs.subs(powers).subs(a, 1 - h))).subs(h, 0).subs(n, k)
        for name, rhs in terms.items()
    }
    whole = claim[PHASE].rhs.subs(X_0, claim[FLAT_BOUNDARY].rhs).subs(counted)
    return sp.simplify(whole.subs({h: 0, a: 1}) / claim[BRIDGE].rhs) - 1


RR2 = Statement(
    id="IVF-RR2",
    kind="theorem",
    title="Random reshuffling: the variance at every phase of the epoch",
    source="sgdtheory",
    assumptions=(
        ONE_MODE,
        (EPOCHS[0] + "; a fresh order each epoch, independent of all others", EPOCHS[1]),
        (r"$0 < h < 2$; phases are counted from the start of an epoch", k <= M),
    ),
    claim=CLAIM,
    uses=("IVF-RR1",),
    steps=(
        Step("both geometric sums, by induction", None, _sums),
        Step("the newest noise is told by those of its epoch that went before: "
             r"$\operatorname{E}u_k\xi_k = \eta S_1(k)\,C/(M-1)$", None, _one_step,
             by="operator"),
        Step("an epoch ends where the next begins", equation(sp.Symbol("X_{M}"), X_0),
             _closed),
        Step("sum of the responses over the epoch, by induction", None, _told),
        Step("sum the one-step equation over the epoch: the average of IVF-RR1, without its "
             "correlations", None, _mean),
        Step("expand in $h$ with $M$ any integer", None, _flat_boundary, by="limit"),
        Step("at $h = 0$ the weight walks a bridge that starts and ends at the same point",
             None, _bridge, by="limit"),
    ),
    mutants=(
        Mutant("with replacement",
               {BOUNDARY: equation(X_0, eta**2 * C / (1 - a**2)), PHASE: phase(S_2(k))}),
        Mutant("noises of an epoch uncorrelated", {PHASE: phase(S_2(k))}),
        Mutant("$M$ instead of $M - 1$", {BOUNDARY: boundary(front=1)}),
        Mutant("sum not removed", {BOUNDARY: boundary(removed=sp.S.Zero)}),
        Mutant("one step off", {SECOND: equation(S_2(n), (1 - a ** (2 * n + 2)) / (1 - a**2))}),
        Mutant("the same at every phase", {PHASE: equation(X_k, X_0)}),
        Mutant("$1/12$ at the boundary",
               {FLAT_BOUNDARY: Asymptotic(X_0, eta**2 * C * h * M * (M + 1) / 12)}),
        Mutant("bridge of $M$ independent steps",
               {BRIDGE: Asymptotic(X_k, eta**2 * C * k * (M - k) / M)}),
    ),
    remark=(
        r"Whoever saves the weights once per epoch reads $X_0$: in flat modes smaller than the "
        r"average by $hM/4$, and proportional to $\lambda$. The two orders of taking limits "
        r"agree with IVF-RR1: $\frac1M\sum_k k(M-k)/(M-1) = (M+1)/6$."
    ),
    notebook=NOTEBOOK,
)  # fmt: skip

STATEMENTS = (RR2,)
