"""Where reshuffling begins to hold the variance down (IVF-XO1)."""

import sympy as sp

from sgdtheory.theory.statement import Asymptotic, Mutant, Statement, Step, equation
from sgdtheory.theory.variance_flatness import heavy_epochs
from sgdtheory.theory.variance_flatness.modes import (
    EPOCHS,
    NOTEBOOK,
    C,
    M,
    Phi,
    eta,
    h,
    lam,
    mu,
)

x = sp.Symbol("x", positive=True)
X, X_flat, X_sharp = sp.symbols(
    r"\overline{X} X_{\mathrm{flat}} X_{\mathrm{sharp}}", positive=True
)
lam_star = sp.Symbol(r"\lambda^{*}", positive=True)
f = sp.Function("f")

FLAT, SHARP, CROSSING, UNIT, SCALING, LOW, HIGH, THERE = (
    "flat modes, long epochs",
    "sharp modes that still relax slowly",
    "where the two meet",
    "curvature in these units",
    r"between them, $M \to \infty$ at fixed $x$: $\overline{X}/X_{\mathrm{flat}} \to$",
    r"towards flat modes, $x \to 0$",
    r"towards sharp modes, $x \to \infty$",
    "at the crossing",
)


def crossing(factor=3):
    return equation(lam_star, (1 - mu) * (factor / (eta * M)))


def scaling(second=2):
    return equation(f(x), 3 / x * (1 - second / x**2 * (x - 1 + sp.exp(-x))))


CLAIM = {
    FLAT: equation(X_flat, eta**2 * C * M / (6 * (1 - mu) ** 2)),
    SHARP: equation(X_sharp, eta * C / (2 * lam * (1 - mu))),
    CROSSING: crossing(),
    UNIT: equation(x, eta * lam * M / (1 - mu)),
    SCALING: scaling(),
    LOW: equation(f(x), 1 - x / 4 + sp.O(x**2)),
    HIGH: Asymptotic(f(x), 3 / x),
    THERE: equation(f(3), (5 - 2 * sp.exp(-3)) / 9),
}
q, A, B = sp.symbols("q A B", positive=True)


def reshuffled() -> sp.Expr:
    """IVF-RR3 in units of ``eta^2 C``, poles p = 1 - x/M and q; A and B for their M-th powers.

    Then ``mu = p q`` and ``h = (1 - p)(1 - q)`` exactly.
    """
    p_, q_ = heavy_epochs.p, heavy_epochs.q
    claim = heavy_epochs.CLAIM
    whole = claim[heavy_epochs.AVERAGE].rhs / (eta**2 * C)
    factor = claim[heavy_epochs.FACTOR].rhs
    z = sp.Symbol("z", real=True)
    for pole, power in ((p_, A), (q_, B)):
        own = factor.subs(z**M, power).subs(z, pole)
        whole = whole.subs(Phi(pole), own)
    weights = {heavy_epochs.w_p: claim[heavy_epochs.FIRST].rhs,
               heavy_epochs.w_q: claim[heavy_epochs.SECOND].rhs}  # fmt: skip
    return whole.subs(weights).subs(mu, p_ * q_).subs(q_, q)


def _limit(expr) -> sp.Expr:
    """Long epochs at fixed x: ``p = 1 - x/M``, ``p^M -> exp(-x)``, ``q^M -> 0``."""
    at = expr.subs({B: 0, heavy_epochs.p: 1 - x / M})
    return sp.limit(sp.cancel(sp.together(at)), M, sp.oo).subs(A, sp.exp(-x))


def _power():
    return sp.limit((1 - x / sp.Symbol("m", positive=True)) ** sp.Symbol("m", positive=True),
                    sp.Symbol("m", positive=True), sp.oo) - sp.exp(-x)  # fmt: skip


def _unit(claim):
    """x is ``M (1 - p)`` in this limit."""
    p_ = 1 - x / M
    at = {eta * lam: (1 - p_) * (1 - q), mu: p_ * q}
    claimed = claim[UNIT].rhs.subs(lam, h / eta).subs({h: at[eta * lam], mu: at[mu]})
    return sp.limit(sp.cancel(claimed), M, sp.oo) - x


def _scaling(claim):
    flat = claim[FLAT].rhs.subs(mu, heavy_epochs.p * q) / (eta**2 * C)
    return sp.simplify(_limit(reshuffled() / flat) - claim[SCALING].rhs)


def _low(claim):
    whole = sp.series(claim[SCALING].rhs, x, 0, 2).removeO()
    return sp.expand(whole - claim[LOW].rhs.removeO())


def _high(claim):
    return sp.limit(claim[SCALING].rhs / claim[HIGH].rhs, x, sp.oo) - 1


def _sharp(claim):
    """IVF-HB1 for h -> 0."""
    known = eta * C * (1 + mu) / (lam * (1 - mu) * (2 * (1 + mu) - h))
    return sp.cancel(known.subs(h, 0) - claim[SHARP].rhs)


def _crossing(claim):
    gap = claim[SHARP].rhs.subs(lam, claim[CROSSING].rhs) - claim[FLAT].rhs
    return [sp.cancel(gap), sp.cancel(claim[UNIT].rhs.subs(lam, claim[CROSSING].rhs) - 3)]


def _there(claim):
    return sp.simplify(claim[SCALING].rhs.subs(x, 3) - claim[THERE].rhs)


XO1 = Statement(
    id="IVF-XO1",
    kind="corollary",
    title="The crossover curvature below which reshuffling holds the variance down",
    source="sgdtheory",
    assumptions=(
        (r"heavy ball $v' = \mu v - \eta(\lambda u + \xi)$, $u' = u + v'$; "
         r"$\operatorname{E}\xi^2 = C$ whatever $u$ is", None),
        (EPOCHS[0] + "; a fresh order each epoch; $M \\gg 1/(1 - \\mu)$ batches", EPOCHS[1]),
        (r"$0 \le \mu < 1$", mu < 1),
    ),
    claim=CLAIM,
    uses=("IVF-RR3", "IVF-HB1"),
    steps=(
        Step(r"$z_+ = 1 - x/M$: its $M$-th power",
             equation(sp.Limit((1 - x / M) ** M, M, sp.oo), sp.exp(-x)), _power, by="limit"),
        Step(r"with $\mu = z_+z_-$ and $h = (1 - z_+)(1 - z_-)$ the unit of curvature is "
             r"$x = M(1 - z_+)$", None, _unit, by="limit"),
        Step("IVF-RR3 in this limit: one function for every momentum", None, _scaling,
             by="limit"),
        Step("its beginning", None, _low, by="series"),
        Step("its end", None, _high, by="limit"),
        Step("which is IVF-HB1 in flat modes", None, _sharp),
        Step("set the two equal", equation(X_sharp, X_flat), _crossing),
        Step("there the exact variance is a little more than half of either", None, _there),
    ),
    mutants=(
        Mutant("$1/M$, one relaxation per epoch", {CROSSING: crossing(1)}),
        Mutant("$6/M$", {CROSSING: crossing(6)}),
        Mutant("momentum forgotten", {CROSSING: equation(lam_star, 3 / (eta * M))}),
        Mutant("flat modes of one order kept",
               {FLAT: equation(X_flat, eta**2 * C * M / (12 * (1 - mu) ** 2))}),
        Mutant("correlations counted once", {SCALING: scaling(1)}),
        Mutant("the two simply added",
               {SCALING: equation(f(x), 1 / (1 + x / 3)), THERE: equation(f(3), sp.S.Half)}),
        Mutant("no slope at the flat end", {LOW: equation(f(x), 1 + sp.O(x**2))}),
    ),
    status="asymptotic",
    remark=(
        r"With $C = c\lambda$ the variance is isotropic above $\lambda^*$ and falls with "
        r"flatness below it: no property of the landscape is needed. For $\eta = 0.1$ and "
        r"1200 batches an epoch $\lambda^* = 0.025$. The crossover is slow: at $\lambda^*$ "
        "the variance is still 0.54 of either end."
    ),
    notebook=NOTEBOOK,
)  # fmt: skip

STATEMENTS = (XO1,)
