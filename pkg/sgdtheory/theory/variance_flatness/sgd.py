"""The overall loss; step, minibatch and Langevin limit are gathered here."""

import sympy as sp

from sgdtheory.theory.statement import Mutant, Statement, Step, equation
from sgdtheory.theory.variance_flatness import langevin, minibatch, step

N, K = sp.symbols("N_s K", positive=True, integer=True)
k, n, j = sp.symbols("k n j", positive=True, integer=True)
a, d, Y, Z = (sp.IndexedBase(name) for name in "adYZ")
L = sp.Symbol("L", real=True)
d_k, Y_n = sp.symbols("d_k Y_n", real=True)

VALUE, SAMPLE, SOFTMAX, SLOPE, CURVATURE = (
    "overall loss",
    "loss of one sample, $Z$ one at its label and zero elsewhere",
    "output for the logits $a$",
    "slope in the logits",
    "curvature in the logits",
)
slope, curvature = sp.symbols(
    r"{\partial{d_k}/\partial{a_n}} {\partial^2{d_k}/\partial{a_n}\partial{a_j}}", real=True
)


def sample(factor=-1):
    return equation(d_k, factor * sp.Sum(Z[n] * sp.log(Y[n]), (n, 1, K)))


def softmax(argument=a[j]):
    return equation(Y_n, sp.exp(a[n]) / sp.Sum(sp.exp(argument), (j, 1, K)))


LOSS = {
    VALUE: equation(L, sp.Sum(d[k], (k, 1, N)) / N),
    SAMPLE: sample(),
    SOFTMAX: softmax(),
    SLOPE: equation(slope, Y[n] - Z[n]),
    CURVATURE: equation(curvature, Y[n] * sp.KroneckerDelta(n, j) - Y[n] * Y[j]),
}

CLASSES = 3
LOGITS = sp.symbols("a_1:4", real=True)


def _output(claim) -> list:
    """The claimed output of three classes, at any logits."""
    total = claim[SOFTMAX].rhs.subs(K, CLASSES).doit()
    letters = {a[c + 1]: LOGITS[c] for c in range(CLASSES)}
    return [total.subs(n, c + 1).subs(letters) for c in range(CLASSES)]


def _sample(claim, label: int):
    """The claimed loss of a sample with this label."""
    whole = claim[SAMPLE].rhs.subs(K, CLASSES).doit()
    letters = {Z[c]: int(c == label) for c in range(1, CLASSES + 1)}
    outputs = dict(zip((Y[c] for c in range(1, CLASSES + 1)), _output(claim), strict=True))
    return whole.subs(letters).subs(outputs)


def _chances(claim):
    Y_1, Y_2, Y_3 = _output(claim)
    ratio = sp.exp(LOGITS[0] - LOGITS[1])
    return [sp.simplify(Y_1 + Y_2 + Y_3) - 1, sp.simplify(Y_1 / Y_2) - ratio]


def _likelihood(claim):
    """The loss is minus the logarithm of the chance given to the label."""
    return [sp.simplify(sp.exp(-_sample(claim, c)) - _output(claim)[c - 1]) for c in (1, 2, 3)]


def _slopes(claim):
    """Of a sample with label 1, against the claimed slope and curvature."""
    loss, outputs = _sample(claim, 1), _output(claim)
    letters = {Y[c]: outputs[c - 1] for c in (1, 2, 3)} | {Z[1]: 1, Z[2]: 0, Z[3]: 0}
    left = [
        sp.diff(loss, LOGITS[c - 1]) - claim[SLOPE].rhs.subs(n, c).subs(letters) for c in (1, 2)
    ]
    for first, second in ((1, 1), (1, 2), (2, 3)):
        claimed = claim[CURVATURE].rhs.subs({n: first, j: second}).subs(letters)
        left.append(sp.diff(loss, LOGITS[first - 1], LOGITS[second - 1]) - claimed)
    return [sp.simplify(entry) for entry in left]


def _mean_of_two(claim):
    """Two samples: the loss is half the sum of theirs."""
    return claim[VALUE].rhs.subs(N, 2).doit() - (d[1] + d[2]) / 2


E1 = Statement(
    id="IVF-E1",
    kind="formula",
    title="The overall loss",
    source="feng2021, Equation 1",
    assumptions=(("$N_s$ samples, $K$ classes", None),),
    claim=LOSS,
    steps=(
        Step("the outputs are chances, in the ratio of the exponentials", None, _chances),
        Step("so that the loss is minus the logarithm of the chance given to the label", None,
             _likelihood),
        Step("differentiate once and twice, three classes and any logits", None, _slopes,
             by="example"),
        Step("the overall loss is the mean of the samples'", None, _mean_of_two, by="example"),
    ),
    mutants=(
        Mutant("twice the loss, as if both classes of a pair counted",
               {SAMPLE: sample(-2)}),
        Mutant("softmax of half the logits below",
               {SOFTMAX: softmax(a[j] / 2)}),
        Mutant("the sum instead of the mean", {VALUE: equation(L, sp.Sum(d[k], (k, 1, N)))}),
        Mutant("curvature without the outer product",
               {CURVATURE: equation(curvature, Y[n] * sp.KroneckerDelta(n, j))}),
    ),
    against_source="as-stated",
    remark=(
        "The source's definition; slope and curvature are ours. The curvature does not depend "
        "on the label and vanishes where the outputs are certain: at a small loss the "
        "landscape is flat and the gradients of the samples are small together."
    ),
)  # fmt: skip

STATEMENTS = (E1, *step.STATEMENTS, *minibatch.STATEMENTS, *langevin.STATEMENTS)
