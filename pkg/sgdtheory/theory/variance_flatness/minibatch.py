"""The minibatch loss, and the covariance of its noise however the minibatches are drawn."""

import sympy as sp

from sgdtheory.theory.statement import Mutant, Statement, Step, equation

N, B, M = sp.symbols("N_s B M", positive=True, integer=True)
d = sp.IndexedBase("d")
L, L_mu = sp.symbols(r"L L^{\mu}", real=True)
C_mu, C_with = sp.symbols(r"C_{\mathrm{without}} C_{\mathrm{with}}", positive=True)
C_pair = sp.Symbol(r"\operatorname{Cov}(\nabla{L^{\mu}},\nabla{L^{\nu}})", real=True)
S = sp.Symbol("S", positive=True)
E_L = sp.Symbol(r"\left\langle{L^{\mu}}\right\rangle_{\mu}", real=True)
BATCH, UNBIASED, WITH, WITHOUT, PAIR = (
    "minibatch loss",
    "mean",
    "noise covariance, with replacement",
    "noise covariance, without replacement",
    r"two different minibatches of one epoch of $M = N_s/B$",
)
l_ = sp.Symbol("l", positive=True, integer=True)


def without(factor=(N - B) / (N - 1)):
    return equation(C_mu, S / B * factor)


CLAIM = {
    BATCH: equation(L_mu, sp.Sum(d[l_], (l_, 1, B)) / B),
    UNBIASED: equation(E_L, L),
    WITH: equation(C_with, S / B),
    WITHOUT: without(),
    PAIR: equation(C_pair, -C_mu / (M - 1)),
}

# Four samples in minibatches of two: six without replacement, sixteen with.
FOUR = sp.symbols("d_1:5", real=True)
PAIRS = [(one, two) for one in range(4) for two in range(one)]


def _average(values) -> sp.Expr:
    return sp.Add(*values) / len(values)


def _loss(claim, batch):
    whole = claim[BATCH].rhs.subs(B, 2).doit()
    return whole.subs({d[1]: FOUR[batch[0]], d[2]: FOUR[batch[1]]})


def _unbiased(claim):
    mean = _average([_loss(claim, batch) for batch in PAIRS])
    return sp.expand(mean - claim[UNBIASED].rhs.subs(L, _average(FOUR)))


def _spread(values):
    return _average([v**2 for v in values]) - _average(values) ** 2


def _listed(claim):
    """Every minibatch; the slopes of the samples stand where their losses stood."""
    numbers = {N: 4, B: 2, S: _spread(FOUR)}
    drawn = [(one, two) for one in range(4) for two in range(4)]
    return [
        sp.expand(claim[WITH].rhs.subs(numbers) - _spread([_loss(claim, b) for b in drawn])),
        sp.expand(claim[WITHOUT].rhs.subs(numbers) - _spread([_loss(claim, b) for b in PAIRS])),
    ]


c = sp.Symbol("c", real=True)


def _zero_sum(size, variance):
    """Covariance of two of ``size`` numbers whose sum does not fluctuate."""
    return sp.solve(size * variance + size * (size - 1) * c, c)[0]


def _any_size(claim):
    pair = _zero_sum(N, S)
    return [claim[WITH].rhs - B * S / B**2,
            claim[WITHOUT].rhs - (B * S + B * (B - 1) * pair) / B**2]  # fmt: skip


def _of_one_epoch(claim):
    """Twice: from the sum over the epoch, and sample by sample, ``-S/(N_s - 1)``."""
    by_samples = claim[PAIR].rhs.subs(C_mu, claim[WITHOUT].rhs).subs(M, N / B)
    return [claim[PAIR].rhs - _zero_sum(M, C_mu), by_samples - _zero_sum(N, S)]


E3 = Statement(
    id="IVF-E3",
    kind="proposition",
    title="The minibatch loss and the covariance of its noise",
    source="feng2021, Equation 3",
    assumptions=(
        (r"minibatch $\mu$ of $B$ out of $N_s$ samples, drawn uniformly", B < N),
        ("$S$: covariance of one sample's gradient over the $N_s$ samples (divisor $N_s$)",
         None),
    ),
    claim=CLAIM,
    uses=("FND-2", "IVF-E1"),
    steps=(
        Step("four samples in pairs: the mean over all minibatches is the overall loss", None,
             _unbiased, by="example"),
        Step("the same, every minibatch: the variance", None, _listed, by="example"),
        Step("any sizes: without replacement the deviations of all samples sum to zero",
             equation(N * S + N * (N - 1) * c, 0), _any_size),
        Step("so do those of the minibatches of one epoch; sample by sample the covariance is "
             "that of two different samples", equation(C_pair, -S / (N - 1)), _of_one_epoch),
    ),
    mutants=(
        Mutant("no correction for drawing without replacement", {WITHOUT: without(1)}),
        Mutant("$N_s$ instead of $N_s - 1$", {WITHOUT: without((N - B) / N)}),
        Mutant("minibatches of one epoch are independent", {PAIR: equation(C_pair, 0)}),
        Mutant("$M$ instead of $M - 1$", {PAIR: equation(C_pair, -C_mu / M)}),
        Mutant("$1/B^2$ instead of $1/B$", {WITH: equation(C_with, S / B**2)}),
        Mutant("the sum instead of the mean",
               {BATCH: equation(L_mu, sp.Sum(d[l_], (l_, 1, B)))}),
    ),
    against_source="as-stated",
    remark=(
        "Loss and mean are the source's, the covariances are ours: its prose does not fix the "
        "sampling, but an epoch that covers all samples once is drawn without replacement. "
        "The two covariances of one minibatch hardly differ for $B \\ll N_s$; the covariance "
        "*between* minibatches is small too, and yet it decides over flat directions, where "
        "a whole epoch adds up."
    ),
)  # fmt: skip

STATEMENTS = (E3,)
