"""One step of SGD: its definition, its mean, and its covariance."""

import sympy as sp

from sgdtheory.theory.foundations.symbols import NOTEBOOK, C, E, eta, g, t, w
from sgdtheory.theory.statement import Mutant, Statement, Step, equation

n, b = sp.symbols("n b", positive=True, integer=True)
k = sp.Symbol("k", positive=True, integer=True)
S = sp.Symbol(r"\Sigma", positive=True)
C_with, C_without = sp.symbols(r"C_{\mathrm{with}} C_{\mathrm{without}}", positive=True)
w_next, move = sp.symbols(r"w' \Delta{w}", real=True)
g_batch = sp.Function(r"g_{\mathrm{batch}}")
Var = sp.Function(r"\operatorname{Var}")

STEP, TIME, MEAN, SPREAD = (
    "step",
    "time after $k$ steps",
    r"mean of a step $\Delta w = w' - w$",
    "variance of a step",
)
WITH, WITHOUT = "with replacement", "without replacement"

# The worked example: two samples with losses h_i (w - a_i)^2 / 2, batches of one.
h_1, h_2 = sp.symbols("h_1 h_2", positive=True)
a_1, a_2 = sp.symbols("a_1 a_2", real=True)
GRADIENTS = (h_1 * (w - a_1), h_2 * (w - a_2))


def _average(values) -> sp.Expr:
    return sp.Add(*values) / len(values)


def _moved(claim) -> list:
    """The step w' - w for each of the two equally likely batches."""
    rule = claim[STEP].rhs
    return [rule.subs(g_batch(w), gradient) - w for gradient in GRADIENTS]


def _example_mean(claim):
    stated = claim[MEAN].rhs.subs(g(w), _average(GRADIENTS))
    return sp.expand(stated - _average(_moved(claim)))


def _example_spread(claim):
    moves, mean = _moved(claim), _average(GRADIENTS)
    noise = _average([(gradient - mean) ** 2 for gradient in GRADIENTS])
    variance = _average([move**2 for move in moves]) - _average(moves) ** 2
    return sp.expand(claim[SPREAD].rhs.subs(C(w), noise) - variance)


def _clock(claim):
    """Without noise and at small η the chain is gradient flow, dw/dt = -g, on this clock."""
    moved = claim[STEP].rhs.subs(g_batch(w), g(w)) - w
    return moved / sp.diff(claim[TIME].rhs, k) + g(w)


FND1 = Statement(
    id="FND-1",
    kind="definition",
    title="The step of SGD, its mean and its variance",
    source="sgdtheory",
    assumptions=(
        (
            r"$g_{\mathrm{batch}}$: gradient of a minibatch drawn anew at each step, with mean "
            "$g$",
            None,
        ),
        ("$C$: variance (in several dimensions covariance) of this minibatch gradient", None),
    ),
    claim={
        STEP: equation(w_next, w - eta * g_batch(w)),
        TIME: equation(t, eta * k),
        MEAN: equation(E(move), -eta * g(w)),
        SPREAD: equation(Var(move), eta**2 * C(w)),
    },
    steps=(
        Step(
            "two samples with losses $h_i (w - a_i)^2/2$, one drawn at random: the mean step",
            equation(E(move), -eta * _average(GRADIENTS)),
            _example_mean,
            by="example",
        ),
        Step(
            r"its variance: half the distance of the two gradients, squared, times $\eta^2$",
            equation(C(w), (GRADIENTS[0] - GRADIENTS[1]) ** 2 / 4),
            _example_spread,
            by="example",
        ),
        Step(
            "on this clock a step without noise has the velocity of gradient flow",
            equation(move / eta, -g(w)),
            _clock,
        ),
    ),
    mutants=(
        Mutant(r"$\eta$ instead of $\eta^2$", {SPREAD: equation(Var(move), eta * C(w))}),
        Mutant("a step uphill", {STEP: equation(w_next, w + eta * g_batch(w))}),
        Mutant("half the variance", {SPREAD: equation(Var(move), eta**2 * C(w) / 2)}),
    ),
    status="definition",
    remark=(
        r"Nothing is assumed about the shape of the noise. $C$ depends on $w$, and this "
        r"dependence is what makes the reading of the noise matter."
    ),
    notebook=NOTEBOOK,
)

c = sp.Symbol("c", real=True)
PAIR = -S / (n - 1)


def _deviations_cancel():
    """Variance of the sum over all n samples, which does not fluctuate: n Σ + n(n-1) c = 0."""
    (pair,) = sp.solve(n * S + n * (n - 1) * c, c)
    return pair - PAIR


def _batch_variance(pair) -> sp.Expr:
    """Of a mean of b draws of variance Σ whose ordered pairs have this covariance."""
    return (b * S + b * (b - 1) * pair) / b**2


FND2 = Statement(
    id="FND-2",
    kind="proposition",
    title="Covariance of the minibatch gradient",
    source="sgdtheory",
    assumptions=(
        ("a batch of $b$ out of $n$ samples, drawn uniformly", b < n),
        (
            r"$\Sigma$: covariance of one sample's gradient over the $n$ samples (divisor $n$)",
            None,
        ),
    ),
    claim={
        WITH: equation(C_with, S / b),
        WITHOUT: equation(C_without, S / b * (n - b) / (n - 1)),
    },
    uses=("FND-1",),
    steps=(
        Step(
            "with replacement the draws are independent: pairs have no covariance",
            equation(C_with, sp.Mul(b * S, 1 / b**2, evaluate=False)),
            lambda claim: claim[WITH].rhs - _batch_variance(0),
        ),
        Step(
            "without replacement the deviations of all $n$ samples sum to zero, so that two "
            "different ones are negatively correlated",
            equation(n * S + n * (n - 1) * c, 0),
            _deviations_cancel,
        ),
        Step(
            r"$b$ draws of variance $\Sigma$, and $b(b-1)$ ordered pairs of covariance "
            r"$-\Sigma/(n-1)$",
            equation(C_without, (b * S - b * (b - 1) * S / (n - 1)) / b**2),
            lambda claim: claim[WITHOUT].rhs - _batch_variance(PAIR),
        ),
        Step(
            "a batch of all the data has no noise",
            equation(sp.Subs(C_without, b, n), 0),
            lambda claim: claim[WITHOUT].rhs.subs(b, n),
        ),
    ),
    mutants=(
        Mutant("$1/b^2$ instead of $1/b$", {WITH: equation(C_with, S / b**2)}),
        Mutant("$n$ instead of $n - 1$", {WITHOUT: equation(C_without, S / b * (n - b) / n)}),
        Mutant(
            "$n + 1$ instead of $n$",
            {WITHOUT: equation(C_without, S / b * (n + 1 - b) / (n - 1))},
        ),
        Mutant("no correction", {WITHOUT: equation(C_without, S / b)}),
    ),
    remark=(
        r"Exact for every $n$ and $b$, matrix for matrix: nothing is assumed about the "
        r"samples. For $b \ll n$ the two ways of drawing agree."
    ),
)

STATEMENTS = (FND1, FND2)
