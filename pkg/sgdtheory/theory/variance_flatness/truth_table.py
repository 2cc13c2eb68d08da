"""The truth table: what linear theory says of variance and flatness, regime by regime."""

from functools import lru_cache

import sympy as sp

from sgdtheory.theory.statement import Asymptotic, Mutant, Statement, Step, equation

h, lam, gamma = sp.symbols("h lambda gamma", positive=True)
M, n, i = sp.symbols("M n i", integer=True, positive=True)
T = M * n
V = sp.Symbol(r"{\sigma^2 / \eta^2 C}", positive=True)
psi = sp.Symbol("psi", real=True)

WHITE = "with replacement, relaxed"
WALK = "with replacement, window too short"
EPOCH = "without, relaxed within an epoch"
FLAT = "without, flat on the scale of an epoch"
ENDS = "without, read at the ends of epochs, flat but relaxed in the window"
ENDS_WALK = "without, read at the ends of epochs, window too short"
ROWS = (WHITE, WALK, EPOCH, FLAT, ENDS, ENDS_WALK)

#: Power of the curvature in each variance, at fixed noise.
POWERS = {WHITE: -1, WALK: 0, EPOCH: -1, FLAT: 0, ENDS: 1, ENDS_WALK: 2}


def exponent(row: str) -> str:
    return f"exponent of the flatness: {row}"


def falls(power) -> sp.Eq:
    """``psi`` for a variance proportional to ``C lambda**power``."""
    return equation(psi, sp.Mul(2, gamma + power, evaluate=False))


CLAIM = {
    WHITE: Asymptotic(V, 1 / (h * (2 - h))),
    WALK: equation(V, (M**2 * n**2 - 1) / (6 * M * n)),
    EPOCH: Asymptotic(V, 1 / (h * (2 - h))),
    FLAT: equation(V, (M + 1) / 6 * (1 - 1 / (2 * n))),
    ENDS: Asymptotic(V, h * M * (M + 1) / 24),
    ENDS_WALK: Asymptotic(V, h**2 * M**2 * (M + 1) * (n**2 - 1) / (72 * n)),
    **{exponent(row): falls(power) for row, power in POWERS.items()},
}


def total(term, count):
    """Sum of ``term`` over ``i = 1 ... count``."""
    return sp.summation(sp.expand(term), (i, 1, count))


def of_epoch(weight) -> sp.Expr:
    """Variance of ``sum_i weight_i xi_i``, the noises of one epoch: they add up to zero.

    ``E xi^2 = 1`` and ``E xi_i xi_j = -1/(M - 1)``.
    """
    square, mean = total(weight**2, M), total(weight, M)
    return sp.factor(M * (square - mean**2 / M) / (M - 1))


def walk_in_window(count) -> sp.Expr:
    """Expected variance of a walk of unit steps about the mean of its ``count`` points."""
    # Position t has the variance t, and sum_{s,t} min(s, t) = sum_t t^2 read from the end.
    j = sp.Symbol("j", integer=True, positive=True)
    pairs = sp.summation(j**2, (j, 1, count))
    return sp.factor(sp.summation(j, (j, 1, count)) / count - pairs / count**2)


@lru_cache(maxsize=1)
def flat_epoch() -> sp.Expr:
    """No curvature: the walk comes back to its start at the end of each epoch."""
    k = sp.Symbol("k", integer=True, positive=True)
    position = M * (k - k**2 / M) / (M - 1)  # the sum of k of the M noises
    spread = sp.summation(position, (k, 1, M)) / M
    mean = of_epoch((M - i + 1) / M)
    return sp.factor(spread - mean / n)


@lru_cache(maxsize=1)
def kick() -> sp.Expr:
    """Variance that one epoch adds at its end, in units of ``h^2``, for small h.

    Noise i is damped ``M - i`` times, by ``1 - (M - i) h`` to first order; the constant
    falls out since the noises add up to zero.
    """
    return of_epoch(M - i)


def _white(claim):
    return sp.simplify(((1 - h) ** 2 - 1) * claim[WHITE].rhs + 1)


def _walk(claim):
    return claim[WALK].rhs - walk_in_window(T)


def _epoch(claim):
    """Many batches an epoch: the anticorrelation -1/(M - 1) of each pair, summed, is gone."""
    damping = sp.Symbol("x", positive=True)
    a = sp.exp(-damping)
    Phi = 1 - 2 * a * (M * (1 - a) - 1 + a**M) / (M * (M - 1) * (1 - a) ** 2)
    variance = (Phi / (1 - a**2)).subs(M, sp.Symbol("m", positive=True))
    limit = sp.limit(variance, sp.Symbol("m", positive=True), sp.oo)
    return sp.simplify(limit / claim[EPOCH].rhs.subs(h, 1 - a) - 1)


def _flat(claim):
    return claim[FLAT].rhs - flat_epoch()


def _ends(claim):
    """The fixed point of ``X = (1 - h)^(2M) X + h^2 kick``."""
    lost = sp.limit((1 - (1 - h) ** (2 * M)) / h, h, 0)
    return sp.simplify(h**2 * kick() / (lost * h) / claim[ENDS].rhs - 1)


def _ends_walk(claim):
    return sp.simplify(h**2 * kick() * walk_in_window(n) / claim[ENDS_WALK].rhs - 1)


def slope(variance) -> sp.Expr:
    """``-d ln sigma^2 / d ln F`` with ``C = lambda^gamma``, ``F = lambda^(-1/2)``, small h."""
    leading = (lam**gamma * variance).subs(h, lam)
    rate = sp.simplify(lam * sp.diff(sp.log(leading), lam))
    return 2 * sp.limit(rate, lam, 0)


def _slopes(claim):
    return [sp.expand(claim[exponent(row)].rhs - slope(claim[row].rhs)) for row in ROWS]


def _at_finite_step():
    """The exponent of the first row is 2 (gamma - 1) at h -> 0 only."""
    rate = lam * sp.diff(sp.log(1 / (h * (2 - h))).subs(h, lam), lam)
    return rate.subs(lam, sp.Rational(1, 2)) + 1


STATEMENTS = (
    Statement(
        id="IVF-TT1",
        kind="theorem",
        title="Variance against flatness: a table of regimes, and no single law",
        source="sgdtheory",
        assumptions=(
            (r"one direction of curvature $\lambda$, $h = \eta\lambda < 1$; noise of variance "
             r"$C$ that does not depend on the position", h < 1),
            (r"$M \ge 2$ batches an epoch; a window of $T = nM$ steps, $n \ge 2$ whole epochs, "
             r"its own mean taken out", sp.And(M > 1, n > 1)),
            (r"relaxed: $h \gg 3/T$; too short: $h \ll 3/T$; within an epoch: $h \gg 3/M$; "
             r"flat: $h \ll 3/M$; rows with $\sim$ hold to leading order there, rows "
             r"without $h$ for $h \to 0$", None),
            (r"for the exponents: flatness $F \propto \lambda^{-1/2}$, noise $C \propto "
             r"\lambda^\gamma$, $\sigma^2 \propto F^{-\psi}$, $h \ll 1$", None),
        ),
        claim=CLAIM,
        uses=("IVF-RR1", "IVF-RR2", "IVF-WIN1"),
        steps=(
            Step("independent noises, long window: the fixed point of $X = (1-h)^2X + 1$", None,
                 _white),
            Step(r"$h \to 0$ in the window: a free walk about its own mean", None, _walk),
            Step(r"the closed form of IVF-RR1 for $M \to \infty$ at fixed $h$", None, _epoch,
                 by="limit"),
            Step(r"$h \to 0$ without replacement: bridges that return to their start; the "
                 r"mean over "
                 r"$n$ epochs takes away its own variance", None, _flat),
            Step(r"small $h$: an epoch adds $h^2M^2(M+1)/12$ at its end, and the valley takes "
                 r"$2Mh$ of the variance", None, _ends, by="limit"),
            Step(r"smaller still: a walk of $n$ points whose steps are whole epochs", None,
                 _ends_walk, by="limit"),
            Step(r"$\psi = 2\,\mathrm{d}\ln\sigma^2/\mathrm{d}\ln\lambda$ as $h \to 0$", None,
                 _slopes, by="limit"),
            Step(r"at $h = \frac12$ the first row no longer follows its power", None,
                 _at_finite_step, by="counterexample"),
        ),
        mutants=(
            Mutant("continuous time", {WHITE: Asymptotic(V, 1 / (2 * h))}),
            Mutant("a window that keeps its mean", {WALK: equation(V, (M * n + 1) / 2)}),
            Mutant("a bridge without the mean of the window", {FLAT: equation(V, (M + 1) / 6)}),
            Mutant("half of it taken away in one epoch and in all",
                   {FLAT: equation(V, (M + 1) / 12)}),
            Mutant("the ends read like the middle", {ENDS: Asymptotic(V, (M + 1) / 6)}),
            Mutant("independent epochs of independent noises",
                   {ENDS_WALK: Asymptotic(V, M * (n**2 - 1) / (6 * n))}),
            Mutant("the Einstein relation in every row", {exponent(WALK): falls(-1)}),
            Mutant("variance against flatness squared",
                   {exponent(ENDS): equation(psi, gamma + 1)}),
        ),
        status="asymptotic",
        remark=(
            r"Every row is linear theory with a quadratic loss. For $\gamma$ between $0$ and "
            r"$2$, $\psi$ runs from $-2$ (thermal noise, relaxed) through $0$ ($C \propto H$, "
            r"relaxed: the variance is isotropic) to $8$. For $\gamma = 1$ and directions that "
            r"are flat on the scale of the epoch or of the window $\psi = 2$; weights stored "
            r"once an epoch show $4$, and $6$ in a window that is too short. In every row, to "
            r"its leading order, the correlation time $\sigma^2/\Delta$ rises with $F$ or is "
            r"constant, $\Delta$ the mean square of the step from one weight that is read to "
            r"the next (IVF-E13): at the ends of epochs the step of a whole epoch."
        ),
        notebook="notebooks/variance_flatness/02_truth_table",
    ),
)  # fmt: skip
