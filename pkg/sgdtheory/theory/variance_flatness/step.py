"""The step of SGD, and what an epoch of steps adds up to."""

import sympy as sp

from sgdtheory.theory.statement import Mutant, Statement, Step, equation
from sgdtheory.theory.variance_flatness.random_landscape import alpha

M = sp.Symbol("M", positive=True, integer=True)
w = sp.Symbol("w", real=True)
g, g_mu = sp.Function(r"\nabla{L}")(w), sp.Function(r"\nabla{L^{\mu}}")(w)
step_t, E_step, epoch = (
    sp.Symbol(name, real=True)
    for name in (r"{\Delta{w}(t)}", r"\operatorname{E}{\Delta{w}}", "{w(t)-w(t+M)}")
)
rest = sp.Symbol(r"\operatorname{Var}(w(t+M)-w(t))", positive=True)
C = sp.Symbol("C", positive=True)
STEP, MEAN, EPOCH, REPLACED = (
    "step",
    "its mean over the minibatches",
    "one epoch without replacement, in any order, to first order in the learning rate",
    "variance of the same sum of $M$ steps with replacement, to leading order",
)
CLAIM = {
    STEP: equation(step_t, -alpha * g_mu),
    MEAN: equation(E_step, -alpha * g),
    EPOCH: equation(epoch, alpha * M * g + sp.O(alpha**2)),
    REPLACED: equation(rest, alpha**2 * M * C + sp.O(alpha**3)),
}

# Three minibatches along one coordinate, L^mu = g_mu w + h_mu w^2/2, starting at w = 0.
SLOPES = sp.symbols("g_1:4", real=True)
BENDS = sp.symbols("h_1:4", real=True)


def _average(values) -> sp.Expr:
    return sp.Add(*values) / len(values)


def _moved(claim, where, batch: int):
    return claim[STEP].rhs.subs(g_mu, SLOPES[batch] + BENDS[batch] * where)


def _mean_step(claim):
    whole = _average([SLOPES[b] + BENDS[b] * w for b in range(3)])
    return sp.expand(
        _average([_moved(claim, w, b) for b in range(3)]) - claim[MEAN].rhs.subs(g, whole)
    )


def travelled(claim, order) -> sp.Expr:
    """Where these minibatches, one after the other, lead from w = 0."""
    where = sp.S.Zero
    for batch in order:
        where = sp.expand(where + _moved(claim, where, batch))
    return where


def _first(expr, order: int):
    return sp.expand(expr).coeff(alpha, order)


def _epoch(claim):
    claimed = claim[EPOCH].rhs.removeO().subs({M: 3, g: _average(SLOPES)})
    orders = ((0, 1, 2), (2, 0, 1), (1, 0, 2))
    return [_first(travelled(claim, order) + claimed, 1) for order in orders]


def _replaced(claim):
    """All nine pairs out of three minibatches."""
    ends = [travelled(claim, (one, two)) for one in range(3) for two in range(3)]
    spread = _average([end**2 for end in ends]) - _average(ends) ** 2
    noise = _average([z**2 for z in SLOPES]) - _average(SLOPES) ** 2
    claimed = claim[REPLACED].rhs.removeO().subs({M: 2, C: noise})
    return sp.expand(_first(spread, 2) - _first(claimed, 2))


def _order_matters():
    """To second order the order of two minibatches does: ``alpha^2 (g_1 h_2 - g_2 h_1)``."""
    plain = {STEP: equation(step_t, -alpha * g_mu)}
    return travelled(plain, (0, 1)) - travelled(plain, (1, 0))


E2 = Statement(
    id="IVF-E2",
    kind="proposition",
    title="The step of SGD, and an epoch of steps",
    source="feng2021, Equation 2",
    assumptions=(
        (r"minibatch $\mu(t)$ at step $t$; an epoch visits each of its $M$ minibatches once",
         None),
        (r"$C$: covariance of $\nabla L^\mu$ over the minibatches", None),
    ),
    claim=CLAIM,
    uses=("FND-1",),
    steps=(
        Step("each minibatch is drawn as often as any other", None, _mean_step, by="example"),
        Step("one epoch: the slopes at its start add up to $M$ times the slope of the whole "
             "loss, whatever the order", None, _epoch, by="series"),
        Step("independent draws add up their variances", None, _replaced, by="series"),
        Step("to second order the order of the minibatches matters", None, _order_matters,
             by="counterexample"),
    ),
    mutants=(
        Mutant("a step uphill", {STEP: equation(step_t, alpha * g_mu)}),
        Mutant("the mean step of an epoch is that of one minibatch",
               {EPOCH: equation(epoch, alpha * g + sp.O(alpha**2))}),
        Mutant("the variance falls by averaging",
               {REPLACED: equation(rest, alpha**2 * C / M + sp.O(alpha**3))}),
        Mutant("the variance of the first and last step only",
               {REPLACED: equation(rest, alpha**2 * (M - 1) * C + sp.O(alpha**3))}),
    ),
    against_source="as-stated",
    remark=(
        "The step is the source's; what it makes of an epoch is ours. The source speaks of "
        "epochs that cover all samples once: sampling without replacement. Then an epoch has "
        "no noise at first order, where as many independent draws have "
        r"$\alpha^2 M C$: the root of the difference between the two rows of the truth table."
    ),
)  # fmt: skip

STATEMENTS = (E2,)
