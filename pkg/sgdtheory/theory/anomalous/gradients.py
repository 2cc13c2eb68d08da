"""Heavy-tailed gradients: what a stable fit to pooled entries finds in a network."""

import sympy as sp

from sgdtheory.theory.statement import Statement

pooled, widths, own, large, early, late, noisy_early, noisy_late = sp.symbols(
    r"\alpha \alpha_G \alpha_z {\alpha_z^{(3b)}} \alpha_{200} \alpha_{2000} "
    r"{\alpha_{200}^{*}} {\alpha_{2000}^{*}}",
    positive=True,
)
R = sp.Symbol("R", real=True)

INDEX = "the source's: the index of the pooled entries is far below 2"
GAIN = "the source's: the stable law beats the Gaussian"
WIDTHS = "ours: Gaussians of the same unequal widths have nearly that index"
OWN = "ours: in units of their own width the entries are much nearer to a Gaussian"
BATCH = "ours: and Gaussian in batches three times as large"
FALLS = "ours: the index falls in training where every label can be fitted"
RISES = "the source's: it rises, where the noise persists"

STATEMENTS = (
    Statement(
        id="ANO-F5",
        kind="empirical",
        title="Pooled gradient entries look stable because their widths differ",
        source="chen2022anomalous, Figure 5",
        assumptions=(
            (r"$g_B - g$ for many batches at fixed weights; stable laws fitted to some "
             r"thousand of the entries of these vectors, drawn at random from all "
             r"coordinates", None),
            (r"the numbers of the claim: 30 hidden units on 8x8 digits, batches of $b = 100$ "
             r"without replacement, plain SGD with $\eta = 0.1$, after 200 and 2,000 steps; "
             r"the notebook reads two layers of 24 units, batches of 32, and sums of 16 draws "
             r"in place of larger batches", None),
            (r"$\alpha_G$: independent Gaussians, each coordinate with the standard deviation "
             r"that it has; $\alpha_z$: every coordinate divided by it; the star: a fifth of "
             r"the labels drawn at random, not fitted within this time", None),
        ),
        claim={
            INDEX: sp.Lt(pooled, sp.Rational(3, 2)),
            GAIN: sp.Gt(R, 600),
            WIDTHS: sp.Lt(sp.Abs(pooled - widths), sp.Rational(1, 3)),
            OWN: sp.Gt(own - pooled, sp.Rational(2, 5)),
            BATCH: sp.Gt(large, sp.Rational(39, 20)),
            FALLS: sp.Gt(early - late, sp.Rational(1, 10)),
            RISES: sp.Gt(noisy_late - noisy_early, sp.Rational(3, 20)),
        },
        uses=("ANO-EQ7", "ANO-S3"),
        status="empirical",
        against_source="not-reproduced",
        remark=(
            r"The source's numbers come out: an index far below 2 and a likelihood ratio of "
            r"hundreds. What it reads from them does not. The entries of a gradient have "
            r"widths that differ by orders of magnitude, and a mixture of Gaussians of unequal "
            r"widths is fitted better by a stable law, whatever the noise of each coordinate "
            r"(nor is a ratio above zero a finding, ANO-S3). A stable law keeps its index when "
            r"its values are summed; these entries, in units of their width, lose it when the "
            r"batch grows. What is left at small batches is real, and of another kind: late in "
            r"training few samples carry the gradient. A rise in training is found with "
            r"persistent noise and not without (nor in one of the three nets of which the "
            r"source's code history keeps figures). The entries of one gradient depend on each "
            r"other, so that standard errors which count them one by one are too small. The "
            r"bands were picked after a look at other seeds and at this one."
        ),
        notebook="notebooks/anomalous/04_heavy_tailed_gradients",
    ),
)  # fmt: skip
