"""Jumps and moving variance of a loss that is read on minibatches."""

from functools import lru_cache

import sympy as sp

from sgdtheory.theory.statement import Mutant, Statement, Step, equation

NOTEBOOK = "notebooks/anomalous/06_path_and_landscape"

sigma, delta, s, B = sp.symbols(r"\sigma_B \delta s B", positive=True)
n = sp.Symbol("n", positive=True, integer=True)
b = sp.Symbol("b", real=True)
jump, jump_drift, jump_s = sp.symbols(
    r"{\operatorname{E}|\Delta{L}|_{\delta=0}} {\operatorname{E}|\Delta{L}|_{\delta}} "
    r"{\operatorname{E}|\Delta{L}|_{s}}", positive=True
)  # fmt: skip

STILL, DRIFT, BATCH = (
    "no change of the loss itself",
    r"with a true change $\delta$ per step",
    r"from the spread $s$ of the losses of single samples",
)
JUMPS = {
    STILL: equation(jump, 2 * sigma / sp.sqrt(sp.pi)),
    DRIFT: equation(
        jump_drift,
        2 * sigma / sp.sqrt(sp.pi) * sp.exp(-(delta**2) / (4 * sigma**2))
        + delta * sp.erf(delta / (2 * sigma)),
    ),
    BATCH: equation(jump_s, 2 * s / sp.sqrt(sp.pi * B)),
}
z = sp.Symbol("z", real=True)
x, k = sp.symbols("x k", positive=True)


@lru_cache(maxsize=1)
def mean_jump() -> sp.Expr:
    """Mean of |z| for z normal of mean delta and variance 2 sigma^2."""
    density = sp.exp(-((z - delta) ** 2) / (4 * sigma**2)) / (2 * sigma * sp.sqrt(sp.pi))
    up = sp.integrate(z * density, (z, 0, sp.oo))
    down = sp.integrate(-z * density, (z, -sp.oo, 0))
    return sp.expand((up + down).rewrite(sp.erf))


def _drift(claim):
    return sp.expand(claim[DRIFT].rhs - mean_jump())


def _still(claim):
    return claim[STILL].rhs - sp.limit(claim[DRIFT].rhs, delta, 0)


def _batch(claim):
    return sp.simplify(claim[BATCH].rhs - claim[STILL].rhs.subs(sigma, s / sp.sqrt(B)))


JUMP = Statement(
    id="ANO-S4",
    kind="formula",
    title="Jumps of a minibatch loss measure the spread over samples",
    source="chen2022anomalous, Figure 5",
    assumptions=(
        (r"$\Delta L = L_{t+1} - L_t$, each loss read on its own minibatch: independent normal "
         r"noise of variance $\sigma_B^2$", None),
        (r"part 3: $\sigma_B^2 = s^2/B$, batches of $B$ drawn with replacement", None),
    ),
    claim=JUMPS,
    uses=("ANO-EQ8",),
    steps=(
        Step(r"$\operatorname{E}|z|$, $z$ normal of mean $\delta$ and variance $2\sigma_B^2$",
             None, _drift, by="integral"),
        Step(r"$\delta \to 0$", None, _still, by="limit"),
        Step(r"$\sigma_B = s/\sqrt{B}$", None, _batch),
    ),
    mutants=(
        Mutant("the mean deviation of one loss, not of a difference",
               {STILL: equation(jump, sigma * sp.sqrt(2 / sp.pi))}),
        Mutant("noise and change simply added",
               {DRIFT: equation(jump_drift, 2 * sigma / sp.sqrt(sp.pi) + delta)}),
        Mutant("falls with the batch size itself",
               {BATCH: equation(jump_s, 2 * s / (sp.sqrt(sp.pi) * B))}),
    ),
    against_source="as-stated",
    remark=(
        r"The definition is the source's, the values are ours. Jumps that shrink in the course "
        r"of training show that the losses of the samples come closer to each other. The "
        r"landscape shows only through $\delta$, which must exceed $2\sigma_B$ to be seen. "
        r"Rare large minibatch losses have another mean deviation at the same variance."
    ),
    notebook=NOTEBOOK,
)  # fmt: skip

# --- moving variance

spread = sp.Symbol(r"{\operatorname{Var}V_n}", positive=True)
level, of_code = sp.symbols(
    r"{\operatorname{E}V_n} {\operatorname{E}V_{101}}", positive=True
)  # fmt: skip
TREND, CODE, ERROR = (
    "noise and a trend of $b$ per step",
    "101 points, as in the released code",
    "its scatter from window to window, no trend",
)
VARIANCE = {
    TREND: equation(level, sigma**2 + n * (n + 1) * b**2 / 12),
    CODE: equation(of_code, sigma**2 + sp.Rational(1717, 2) * b**2),
    ERROR: equation(spread, 2 * sigma**4 / (n - 1)),
}
j = sp.Symbol("j", positive=True, integer=True)


def _trend(claim):
    """Variance of 1, ..., n, divided by n - 1; the noise adds its own."""
    squares = sp.summation(j**2, (j, 1, n)) - sp.summation(j, (j, 1, n)) ** 2 / n
    return sp.simplify(claim[TREND].rhs - sigma**2 - b**2 * squares / (n - 1))


def _code(claim):
    return sp.expand(claim[CODE].rhs - claim[TREND].rhs.subs(n, 101))


@lru_cache(maxsize=1)
def variance_of_chi_squared() -> sp.Expr:
    """With k degrees of freedom."""
    weight = x ** (k / 2 - 1) * sp.exp(-x / 2)
    first, second, norm = (sp.integrate(x**p * weight, (x, 0, sp.oo)) for p in (1, 2, 0))
    return sp.gammasimp(second / norm - (first / norm) ** 2)


def _error(claim):
    """V_n is sigma^2/(n - 1) times a chi squared of n - 1 degrees of freedom."""
    found = variance_of_chi_squared() * sigma**4 / k**2
    return sp.simplify(claim[ERROR].rhs.subs(n, k + 1) - found)


MOVING = Statement(
    id="ANO-S5",
    kind="formula",
    title="Moving variance of a minibatch loss: noise plus trend",
    source="chen2022anomalous, Figure 5 and released code",
    assumptions=(
        (r"$V_n$: variance of $L_t, \dots, L_{t+n-1}$, divided by $n - 1$; the code takes "
         r"$n = 101$ points forward, every 100 steps", n > 1),
        (r"$L_t = a + bt$ plus independent noise of variance $\sigma_B^2$, normal in part 3",
         None),
    ),
    claim=VARIANCE,
    uses=("ANO-S4",),
    steps=(
        Step(r"variance of $1, \dots, n$ is $n(n+1)/12$", None, _trend),
        Step(r"$101 \cdot 102/12$", None, _code),
        Step(r"$(n-1)V_n/\sigma_B^2$ is $\chi^2_{n-1}$", None, _error, by="integral"),
    ),
    mutants=(
        Mutant("the trend as that of evenly spread numbers, counted once too often",
               {TREND: equation(level, sigma**2 + (n + 1) ** 2 * b**2 / 12)}),
        Mutant("no trend", {CODE: equation(of_code, sigma**2)}),
        Mutant("scatter of a mean, not of a variance",
               {ERROR: equation(spread, sigma**4 / (n - 1))}),
    ),
    against_source="as-stated",
    remark=(
        r"The definition is the source's, the values are ours. Early in training the moving "
        r"variance holds the fall of the loss: $b = 0.002$ per step adds 0.0034, "
        r"two thirds of the axis of the source's figure. With 101 points one value scatters by "
        r"14 per cent. Near the end of a record the window gets shorter, and the last has one "
        r"point."
    ),
    notebook=NOTEBOOK,
)  # fmt: skip

STATEMENTS = (JUMP, MOVING)
