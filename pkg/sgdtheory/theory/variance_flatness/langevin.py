"""The Langevin limit of SGD: right to first order, and white where the minibatches are not."""

from functools import lru_cache

import sympy as sp

from sgdtheory.theory.statement import Asymptotic, Mutant, Statement, Step, equation
from sgdtheory.theory.variance_flatness.random_landscape import alpha

lam, C = sp.symbols("lambda C", positive=True)
k, M, j = sp.symbols("k M j", positive=True, integer=True)
h = sp.Symbol("h", positive=True)
w, noise, rate = sp.symbols(r"w \eta {\dot{w}}", real=True)
g = sp.Function(r"\nabla{L}")(w)
spread, X_L, X, X_E = sp.symbols(
    r"{\left\langle\eta^2\right\rangle} X_{\mathrm{Langevin}} X X_{\mathrm{epoch}}",
    positive=True,
)
R_k = sp.Symbol(r"{\left\langle\eta(t)\,\eta(t+k)\right\rangle}", real=True)
total = sp.Symbol(r"{\textstyle\sum_k\left\langle\eta(t)\,\eta(t+k)\right\rangle}", real=True)

FORM, EQUAL, WHITE, EXACT, FIRST, COLOUR, SILENT, FLAT = (
    "Langevin equation of one coordinate, time in steps",
    "covariance of its noise at equal times",
    r"stationary variance on $\lambda w^2/2$ according to it, white noise",
    "the recursion itself, minibatches drawn independently",
    r"the two agree only to first order in $\alpha\lambda$",
    "noise under epochs, averaged over the phase of the epoch, $1 \\le k < M$",
    "sum of its covariance over all times",
    r"variance under epochs in a flat direction, $\alpha\lambda M \to 0$",
)


def colour(factor=1):
    return equation(R_k, -factor * alpha**2 * C * (M - k) / (M * (M - 1)))


def exact(denominator=2 - alpha * lam):
    return equation(X, alpha * C / (lam * denominator))


CLAIM = {
    FORM: equation(rate, -alpha * g + noise),
    EQUAL: equation(spread, alpha**2 * C),
    WHITE: equation(X_L, alpha * C / (2 * lam)),
    EXACT: exact(),
    FIRST: equation(X / X_L, 1 + alpha * lam / 2 + sp.O((alpha * lam) ** 2)),
    COLOUR: colour(),
    SILENT: equation(total, 0),
    FLAT: Asymptotic(X_E, alpha**2 * C * (M + 1) / 6),
}


def _fokker_planck(claim):
    """``X' = -2 (pull) X + noise = 0``, both read off the equation."""
    pull = -sp.diff(claim[FORM].rhs.subs(g, lam * w), w)
    return sp.cancel(-2 * pull * claim[WHITE].rhs + claim[EQUAL].rhs)


def _one_step(claim):
    """The slope and the noise of one step of SGD, ``w' - w = -alpha (g + xi)``."""
    xi = sp.Symbol("xi", real=True)
    move = claim[FORM].rhs.subs(noise, -alpha * xi) + alpha * (g + xi)
    return [sp.expand(move), claim[EQUAL].rhs - alpha**2 * C]


def _recursion(claim):
    X_ = claim[EXACT].rhs
    return sp.cancel((1 - alpha * lam) ** 2 * X_ + alpha**2 * C - X_)


def _first(claim):
    """Coefficient by coefficient in ``h = alpha lambda``."""
    claimed = claim[FIRST].rhs.removeO().subs(lam, h / alpha)
    found = sp.cancel((claim[EXACT].rhs / claim[WHITE].rhs).subs(lam, h / alpha))
    return [sp.diff(claimed - found, h, order).subs(h, 0) for order in (0, 1)]


def _colour(claim):
    """Two minibatches k steps apart share an epoch with the chance (M - k)/M."""
    return sp.cancel(claim[COLOUR].rhs - (M - k) / M * (-claim[EQUAL].rhs / (M - 1)))


def _silent(claim):
    """An epoch adds up to nothing: the equal-time term against twice the others."""
    pairs = sp.summation(sp.expand(claim[COLOUR].rhs), (k, 1, M - 1))
    return [sp.simplify(claim[EQUAL].rhs + 2 * pairs - claim[SILENT].rhs)]


@lru_cache(maxsize=16)
def flat_variance(pair) -> sp.Expr:
    """``X = [R(0) + 2 sum a^k R(k)]/(1 - a^2)`` as ``a -> 1``: minus its slope over two.

    The bracket vanishes at a = 1 because the covariances sum to zero.
    """
    slope = 2 * sp.summation(sp.expand(k * pair), (k, 1, M - 1))
    return sp.simplify(-slope / 2)


def _flat(claim):
    X_ = flat_variance(claim[COLOUR].rhs)
    return sp.simplify(claim[FLAT].rhs / X_) - 1


def _share(claim):
    """What epochs leave of the Langevin variance: ``alpha lambda (M + 1)/3``."""
    return sp.limit(claim[FLAT].rhs / claim[WHITE].rhs, lam, 0, "+")


def _geometric():
    """The sum behind the variance: ``sum_ij a^i a^j R(i - j)`` for M = 3, lag by lag."""
    a, R = sp.Symbol("a", positive=True), sp.symbols("R_0:3", real=True)
    lagged = sum((1 if q == 0 else 2) * a**q * R[q] for q in range(3)) / (1 - a**2)
    # One more step: X = a^2 X + R_0 + 2 a Cov(w, xi), Cov(w, xi) = R_1 + a R_2.
    return sp.cancel(a**2 * lagged + R[0] + 2 * a * (R[1] + a * R[2]) - lagged)


E4 = Statement(
    id="IVF-E4",
    kind="proposition",
    title="The Langevin limit of SGD, and what it leaves out",
    source="feng2021, Equation 4",
    assumptions=(
        (r"loss $\lambda w^2/2$, noise covariance $C$ that does not depend on $w$",
         alpha * lam < 1),
        ("an epoch visits each of $M$ minibatches once, in an order drawn anew", M > 1),
    ),
    claim=CLAIM,
    uses=("IVF-E2", "IVF-E3"),
    steps=(
        Step("slope and noise of one step of SGD, in one unit of time", None, _one_step),
        Step("white noise: the spread that it feeds in is lost at the rate $2\\alpha\\lambda$",
             equation(2 * alpha * lam * X_L, alpha**2 * C), _fokker_planck, by="operator"),
        Step("the recursion: one more step changes nothing",
             equation(X, (1 - alpha * lam) ** 2 * X + alpha**2 * C), _recursion, by="operator"),
        Step(r"expand the ratio in $\alpha\lambda$", None, _first, by="series"),
        Step("two minibatches $k$ steps apart share an epoch with the chance $(M-k)/M$, and "
             "have then the covariance of IVF-E3", None, _colour),
        Step("what is drawn early is missing later: no noise at frequency zero",
             None, _silent),
        Step("the variance of a linear recursion is a sum over the lags of its noise",
             None, _geometric, by="example"),
        Step("in a flat direction the leading terms of that sum cancel", None, _flat,
             by="limit"),
        Step("where the Langevin variance grows without bound", None, _share, by="limit"),
    ),
    mutants=(
        Mutant("the Langevin variance at any learning rate", {EXACT: exact(2)}, source=True),
        Mutant("white noise under epochs", {COLOUR: colour(0)}, source=True),
        Mutant("the correction has the other sign", {EXACT: exact(2 + alpha * lam)}),
        Mutant("a whole $\\alpha\\lambda$",
               {FIRST: equation(X / X_L, 1 + alpha * lam + sp.O((alpha * lam) ** 2))}),
        Mutant("half the variance, as for one order drawn once for all",
               {FLAT: Asymptotic(X_E, alpha**2 * C * (M + 1) / 12)}),
    ),
    status="asymptotic",
    against_source="corrected",
    remark=(
        "The equation as we reconstruct it; the source calls it a partial differential "
        "equation, but it is an ordinary stochastic one. It is the limit of small "
        r"$\alpha\lambda$ and of independent minibatches. Nothing has to be approximated: the "
        "exact covariances (IVF-LYAP1 and its relatives) replace it."
    ),
)  # fmt: skip

STATEMENTS = (E4,)
