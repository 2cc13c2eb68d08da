"""Tails of trained networks, over batch sizes."""

import sympy as sp

from sgdtheory.theory.statement import Statement

small, large, still, same_small, same_large = sp.symbols(
    r"q_{6} q_{150} q_0 q_{6}' q_{150}'", nonnegative=True
)
noiseless, own, slow, fast = sp.symbols(
    r"q_{\infty}' \tilde{q}_{150}' q_{6}^{\eta\propto{b}} q_{150}^{\eta\propto{b}}",
    nonnegative=True,
)
error_small, error_large, error_longer = sp.symbols(r"e_{6} e_{150} e_{150}'", positive=True)
narrow, wide = sp.symbols(r"\gamma_{6} \gamma_{150}", real=True)

GROWS = r"the source's: $\hat\kappa$ grows with the batch, at equal epochs"
ACCURACY = r"the source's: where $\hat\kappa$ is larger, more test images are wrong"
MOVES = "ours: before training there is no tail"
STEPS = r"ours: at equal steps, 25 times the batch changes $1/\hat\nu$ by little"
LONGER = "ours: and the large batch is as good as the small one"
NOISELESS = "ours: gradient descent, without noise, has the tail of the large batch"
SCALED = r"ours: at equal $\eta/b$ the tail does not stay: it grows with the batch"
OWN = "ours: each unit's weights in their own width have nearly no tail"
ONE = "ours: a single weight over replicas changes less than as $1/b$"

STATEMENTS = (
    Statement(
        id="PLD-EXP51",
        kind="empirical",
        title="The fitted kappa grows with the batch because large batches move less",
        source="meng2020, Section 5.1",
        assumptions=(
            (r"Student t fitted to all weights of a layer; $q = 1/\hat\nu$, 0 for a Gaussian; "
             r"$\kappa = (\nu - 1)/2$ for SGD, $(\nu + 1)/2$ as the source counts (as we "
             r"reconstruct it)", None),
            (r"the numbers of the claim: middle layer of 64-32-32-10 on 600 digits, uniform "
             r"initial weights of PyTorch's widths, plain SGD with $\eta = 0.1$, means over "
             r"four seeds; $q_b$, $e_b$ (share of wrong test images) after 20 epochs, 2,000 "
             r"and 80 steps; with a prime after 2,000 steps", None),
            (r"$q_\infty'$: gradient descent; $\eta \propto b$: 2,000 steps with "
             r"$\eta = 0.1\,b/30$; $\tilde q$: weights of each unit centred and divided by "
             r"their own standard deviation", None),
            (r"$\gamma_b$: excess kurtosis of one weight over 32 runs from one start, 500 "
             r"steps, averaged over the layer", None),
        ),
        claim={
            GROWS: sp.Gt(small - large, sp.Rational(9, 200)),
            ACCURACY: sp.Gt(error_large - error_small, sp.Rational(1, 16)),
            MOVES: sp.Lt(still, sp.Rational(1, 20)),
            STEPS: sp.Gt(same_large / same_small, sp.Rational(3, 5)),
            LONGER: sp.Lt(error_longer - error_small, sp.Rational(2, 25)),
            NOISELESS: sp.Lt(sp.Abs(noiseless - same_large), sp.Rational(1, 20)),
            SCALED: sp.Gt(fast - slow, sp.Rational(1, 20)),
            OWN: sp.Lt(own, sp.Rational(1, 40)),
            ONE: sp.Gt(25 * wide / narrow, 6),
        },
        uses=("PLD-C3", "TLS-6"),
        status="empirical",
        against_source="as-stated",
        remark=(
            r"Both of the source's observations come out, and neither speaks for its theory. "
            r"At equal epochs a batch 25 times as large makes 25 times fewer steps: its "
            r"weights are still near their initial law, which has no tail, and its network is "
            r"not yet trained. At equal steps the tail is nearly that of gradient descent, "
            r"where the theory has $\kappa = \infty$; at equal $\eta/b$, where it has one and "
            r"the same $\kappa$, the tail grows with the distance that the weights have "
            r"moved. The tail is one of the pool: units differ in width. A law of one weight "
            r"is seen over replicas, where it is of another size. The bands were set "
            r"after a look at this very run."
        ),
        aliases=("PLD-EXP-5.1",),
        notebook="notebooks/tails/02_batch_size_and_kappa",
    ),
)  # fmt: skip
