"""What is measured: the time-averaged squared displacement."""

import sympy as sp

from sgdtheory.theory.anomalous import (
    msd_fit,
    msd_regimes,
    msd_secant,
    msd_single,
    msd_threshold,
)
from sgdtheory.theory.anomalous.letters import READING, M, T, d, k, sigma, tau
from sgdtheory.theory.anomalous.msd_single import gaussian_mean
from sgdtheory.theory.statement import Mutant, Statement, Step, equation

t = sp.Symbol("t", integer=True)
w, G = sp.IndexedBase("w"), sp.IndexedBase("G")
rho, mean, count = sp.symbols(
    r"\rho_k {\operatorname{E}M(\tau)} {\sum_{|k|<\tau}\rho_k}", positive=True
)


class Norm(sp.Function):
    """Length of a vector."""

    nargs = 1

    def _latex(self, printer, exp=None) -> str:
        length = rf"\left\|{printer._print(self.args[0])}\right\|"
        return length if exp is None else f"{length}^{{{exp}}}"


TIME_AVERAGED, PRODUCTS, WALK, OVERLAP, COUNT = (
    r"time-averaged displacement of a window of $T$ points, $1 \le \tau \le T - 1$",
    r"the same from inner products $G_{st} = (w_s - w_0)\cdot(w_t - w_0)$",
    r"independent steps",
    r"pairs overlap: correlation of two squared displacements that begin $k < \tau$ apart, "
    "Gaussian steps",
    r"so many of the pairs count as one, in a window much longer than $\tau$",
)


def time_averaged(pairs=T - tau):
    return equation(
        M(tau), sp.Sum(Norm(w[t + tau] - w[t]) ** 2, (t, 0, T - tau - 1)) / pairs)  # fmt: skip


AVERAGED = {
    TIME_AVERAGED: time_averaged(),
    PRODUCTS: equation(
        M(tau), sp.Sum(G[t, t] + G[t + tau, t + tau] - 2 * G[t, t + tau],
                       (t, 0, T - tau - 1)) / (T - tau)),
    WALK: equation(mean, d * sigma**2 * tau),
    OVERLAP: equation(rho, (1 - k / tau) ** 2),
    COUNT: equation(count, (2 * tau**2 + 1) / (3 * tau)),
}  # fmt: skip


def written_out(part, points: int, lag: int) -> sp.Expr:
    """Explicit sum, in one coordinate (the squares of the others add up)."""
    explicit = part.rhs.subs({T: points, tau: lag}).doit()
    explicit = explicit.replace(
        lambda e: isinstance(e, sp.Indexed) and e.base == G,
        lambda e: (w[e.indices[0]] - w[0]) * (w[e.indices[1]] - w[0]),
    )
    return explicit.replace(Norm, lambda difference: difference)


def _by_hand(claim):
    """Five points, three pairs at lag 2."""
    return written_out(claim[TIME_AVERAGED], 5, 2) - sum(
        (w[s + 2] - w[s]) ** 2 for s in range(3)) / sp.Integer(3)  # fmt: skip


def _products(claim):
    return [
        written_out(claim[PRODUCTS], points, lag)
        - written_out(claim[TIME_AVERAGED], points, lag)
        for points, lag in ((3, 1), (5, 2), (6, 5))
    ]


def _walk(claim):
    """Each pair is n steps apart, and brings ``d sigma^2 n``."""
    expected = claim[TIME_AVERAGED].rhs.replace(Norm, lambda way: sp.sqrt(
        d * sigma**2 * way.replace(sp.Indexed, lambda _, time: time)))  # fmt: skip
    return claim[WALK].rhs - expected.doit()


a, b, c = sp.symbols("a b c", real=True)


def _overlap(claim):
    """``A = a + c``, ``B = c + b``: c is the sum of the ``tau - k`` steps in common."""
    v = {a: k * sigma**2, b: k * sigma**2, c: (tau - k) * sigma**2}
    A, B = (a + c) ** 2, (c + b) ** 2
    joint = gaussian_mean(A * B, v) - gaussian_mean(A, v) * gaussian_mean(B, v)
    own = gaussian_mean(A * A, v) - gaussian_mean(A, v) ** 2
    return claim[OVERLAP].rhs - joint / own


def _count(claim):
    one_side = sp.summation(claim[OVERLAP].rhs, (k, 1, tau - 1))
    return claim[COUNT].rhs - claim[OVERLAP].rhs.subs(k, 0) - 2 * one_side


TIME_AVERAGE = Statement(
    id="ANO-EQ3",
    kind="formula",
    title="Time-averaged squared displacement",
    source="chen2022anomalous, Equation 3",
    assumptions=(
        ("$w_0, \\dots, w_{T-1}$: the points of one window, the first recorded after $t_w$ "
         "steps; summed over the $d$ coordinates, not divided by their number", None),
        (r"for the walk: steps independent, of mean zero and variance $\sigma^2$ in each "
         "coordinate", None),
        (r"$k < \tau$", k < tau),
    ),
    claim=AVERAGED,
    steps=(
        Step("five points, lag two: three pairs", None, _by_hand, by="example"),
        Step("expand the square; the origin drops out", None, _products),
        Step(r"$\tau$ independent steps add their variances, for each of the $T - \tau$ pairs",
             None, _walk),
        Step(r"two pairs share $\tau - k$ steps, and for normal variables "
             r"$\operatorname{Cov}(A^2, B^2) = 2\operatorname{Cov}(A, B)^2$", None, _overlap),
        Step("add up, both sides", None, _count),
    ),
    mutants=(
        Mutant("divided by $T$", {TIME_AVERAGED: time_averaged(T)}),
        Mutant("per coordinate", {WALK: equation(mean, sigma**2 * tau)}),
        Mutant("correlation of the displacements, not of their squares",
               {OVERLAP: equation(rho, 1 - k / tau)}),
        Mutant("every pair is a measurement of its own",
               {COUNT: equation(count, sp.Integer(1))}),
    ),
    against_source="as-stated",
    remark=(
        r"Formula as we reconstruct it from the text and the released code. Overlap is our "
        r"addition: a window of 1000 points has 900 pairs at lag 100, and they are worth "
        r"$900/66.7 = 13.5$ (with its ends, by ANO-T2, 13.9); at lag 500 two. Errors of "
        r"neighbouring lags are as dependent, so that residuals of a fit say nothing of its "
        r"uncertainty. Products of *steps*, summed to positions in double precision, give all "
        r"lags at the price of one matrix product without loss of digits in a drift."
    ),
    notebook=READING,
)  # fmt: skip

STATEMENTS = (
    TIME_AVERAGE,
    *msd_single.STATEMENTS,
    *msd_regimes.STATEMENTS,
    *msd_secant.STATEMENTS,
    *msd_fit.STATEMENTS,
    *msd_threshold.STATEMENTS,
)
