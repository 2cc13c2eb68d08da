"""What a finite window shows of a mode (IVF-WIN1), and where epochs take over (IVF-XO1)."""

import sympy as sp

from sgdtheory.theory.statement import Mutant, Statement, Step, equation
from sgdtheory.theory.variance_flatness import crossover
from sgdtheory.theory.variance_flatness.modes import (
    NOTEBOOK,
    ONE_MODE,
    STABLE,
    C,
    M,
    T,
    a,
    eta,
    h,
    phi,
    triangular,
    triangular_left,
    z,
)

S = sp.Symbol(r"{\langle\sigma_T^2\rangle}", positive=True)
X = sp.Symbol(r"{\sigma_\infty^2}", positive=True)
Phi_T = sp.Function(r"\Phi_{T}")

WHOLE, WINDOW, FACTOR, SAME, SHORT, LONG = (
    "stationary variance",
    r"expected variance in a window of $T$ steps, about its own mean",
    "the factor of IVF-RR1, with $T$ for $M$",
    "it is the variance under reshuffling, once more",
    r"short window, $h \to 0$ at fixed $T$",
    r"long window, $T \to \infty$ at fixed $h$",
)


def window(second=2):
    slow = (1 + a) / (T * (1 - a))
    return equation(S, X * (1 - slow + second * a * (1 - a**T) / (T**2 * (1 - a) ** 2)))


def same(front=(T - 1) / T):
    return equation(S, front * X * Phi_T(a))


def short(size=T**2 - 1, slope=T - 4):
    return equation(S / (eta**2 * C), size * (1 - slope * h / 4) / (6 * T) + sp.O(h**2))


CLAIM = {
    WHOLE: equation(X, eta**2 * C / (1 - a**2)),
    WINDOW: window(),
    FACTOR: equation(Phi_T(z), phi().subs(M, T)),
    SAME: same(),
    SHORT: short(),
    LONG: equation(S / X, 1 - (2 - h) / (h * T) + sp.O(T**-2, (T, sp.oo))),
}
A = sp.Symbol("A")


def _whole(claim):
    x = claim[WHOLE].rhs
    return sp.cancel(x - a**2 * x - eta**2 * C)


def _window(claim):
    """``sigma^2 - Var(mean)``, the mean of T points with correlations ``sigma^2 a^|k|``."""
    of_mean = (T + 2 * triangular(a).subs(M, T)) / T**2
    gap = claim[WINDOW].rhs / X - (1 - of_mean)
    return sp.cancel(sp.together(gap.subs(a**T, A)))


def _same(claim):
    other = claim[SAME].rhs.subs(Phi_T(a), claim[FACTOR].rhs.subs(z, a))
    return sp.cancel(sp.together((other - claim[WINDOW].rhs).subs(a**T, A)))


def _short(claim):
    """Binomial series of ``a^T``, T any integer."""
    power = sum((-h) ** j * sp.ff(T, j) / sp.factorial(j) for j in range(5))
    whole = claim[WINDOW].rhs.subs(X, claim[WHOLE].rhs).subs(a**T, power).subs(a, 1 - h)
    found = sp.cancel(sp.together(sp.expand_func(whole / (eta**2 * C))))
    gap = claim[SHORT].rhs.removeO() - found
    return [sp.simplify(sp.diff(gap, h, order).subs(h, 0)) for order in (0, 1)]


def _long(claim):
    """``a^T`` is beyond every power of 1/T; what is left is rational in T."""
    exact = (claim[WINDOW].rhs / X).subs(a**T, 0).subs(a, 1 - h)
    gap = sp.cancel(claim[LONG].rhs.removeO() - exact)
    return [sp.limit(gap, T, sp.oo), sp.limit(sp.cancel(gap * T), T, sp.oo)]


WIN1 = Statement(
    id="IVF-WIN1",
    kind="theorem",
    title="A window shorter than the relaxation shows a random walk",
    source="sgdtheory",
    assumptions=(
        ONE_MODE,
        (r"$\xi$ drawn anew at each step (sampling with replacement); the window begins in the "
         r"stationary state; the variance in it is $\frac1T\sum_t(u_t - \bar u)^2$", T >= 2),
        STABLE,
    ),
    claim=CLAIM,
    uses=("IVF-LYAP1", "IVF-RR1"),
    steps=(
        Step("one step, squared and averaged", None, _whole),
        Step(r"$\sum_{k=1}^{T-1}(T-k)\,q^k$ in closed form, by induction in $T$",
             equation(sp.Sum((M - sp.Symbol("k")) * z ** sp.Symbol("k"),
                             (sp.Symbol("k"), 1, M - 1)), triangular(z)).subs(M, T),
             lambda: triangular_left(z)),
        Step("what the window's own mean takes away is the variance of that mean", None,
             _window),
        Step("taking out a mean makes $T$ numbers sum to zero, as the noises of an epoch do",
             None, _same),
        Step("expand in $h$ with $T$ any integer: the curvature drops out", None, _short,
             by="series"),
        Step("and in $1/T$", None, _long, by="series"),
    ),
    mutants=(
        Mutant("the mean costs nothing", {WINDOW: equation(S, X)}),
        Mutant("pairs of the mean counted once", {WINDOW: window(1)}),
        Mutant("$T$ independent points", {WINDOW: equation(S, X * (1 - 1 / T))}),
        Mutant("without $(T - 1)/T$", {SAME: same(sp.S.One)}),
        Mutant("$T/12$, a walk pinned at both ends", {SHORT: short((T**2 - 1) / 2)}),
        Mutant("slope of a window one step longer", {SHORT: short(slope=T - 3)}),
        Mutant("half the loss",
               {LONG: equation(S / X, 1 - (2 - h) / (2 * h * T) + sp.O(T**-2, (T, sp.oo)))}),
    ),
    remark=(
        r"A window of $T$ steps sees nothing of the curvature of a mode with $h \ll 3/T$: "
        r"there $\langle\sigma_T^2\rangle = \eta^2 C\,(T^2-1)/(6T)$, proportional to the "
        r"noise and the window alone. In terms of velocities the same is part of IVF-E13. "
        "`window_variance` uses the series where the closed form loses its digits."
    ),
    notebook=NOTEBOOK,
)  # fmt: skip

STATEMENTS = (WIN1, *crossover.STATEMENTS)
