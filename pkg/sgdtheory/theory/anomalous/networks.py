"""Networks in training: two regimes of displacement, what they depend on, and small steps."""

import sympy as sp

from sgdtheory.theory.statement import Statement, equation

NOTEBOOK = "notebooks/anomalous/03_training_a_network"

short, long, late, clean, convex, convex_late, shared, straight = sp.symbols(
    r"{\alpha_{\mathrm{short}}} {\alpha_{\mathrm{long}}} {\alpha_{\mathrm{late}}} "
    r"{\alpha_{\mathrm{clean}}} {\alpha_{\mathrm{convex}}} "
    r"{\alpha_{\mathrm{convex}}^{\mathrm{late}}} {s_{\mathrm{shared}}} {s_{\mathrm{line}}}",
    real=True,
)
pairs = sp.Symbol(r"{N_<}", integer=True, nonnegative=True)
p_value, depth_off, depth_on, least, most, of_batch, tau_batch = sp.symbols(
    r"p {\rho_{D\tau}^{\mathrm{plain}}} {\rho_{D\tau}^{\mathrm{shortcuts}}} "
    r"{\min\alpha_{\mathrm{long}}} {\max\alpha_{\mathrm{short}}} "
    r"{|\rho_{B\alpha}|} {\rho_{B\tau}}",
    real=True,
)
slow, descent, slow_convex, usual = sp.symbols(
    r"{\alpha_{\mathrm{small}}} {\alpha_{\mathrm{GD}}} "
    r"{\alpha_{\mathrm{small}}^{\mathrm{convex}}} {\alpha_{\mathrm{large}}}",
    real=True,
)

SHORT, LONG, SHARED, LATE, CLEAN, STRAIGHT, CONVEX, CONVEX_LATE = (
    "first window, lags 1 to 10",
    "first window, lags 100 to 500",
    "first window: share of the displacement at lag 100 that replicas have in common",
    "late window with noise that lasts, lags 10 to 500",
    "late window of a network that fits all its data, lags 100 to 500",
    "the same window: share of a straight line in the displacement at lag 500",
    "softmax regression, which is convex: first window, lags 100 to 500",
    "softmax regression: late window, lags 10 to 500",
)
FEWER, WILCOXON, PLAIN, WITH, ABOVE, BELOW, BATCH, CROSSOVER = (
    "pairs of 12 in which shortcuts lower the crossover lag",
    "signed-rank test of that, two-sided",
    "depth and crossover lag without shortcuts, rank correlation",
    "the same with shortcuts",
    "long-lag exponents of 24 networks",
    "short-lag exponents of 24 networks",
    "batch size and long-lag exponent, rank correlation",
    "batch size and crossover lag, rank correlation",
)
SLOW, DESCENT, SLOW_CONVEX, QUIET, USUAL = (
    "small steps: lags 100 to 500",
    "the same without any noise: gradient descent",
    "softmax regression, small steps",
    "small steps: share of the displacement at lag 100 that replicas have in common",
    "learning rate 0.3",
)

WINDOW = (
    r"$M(\tau)$ of ANO-EQ3 in windows of $T = 1000$ steps; exponents by least squares on "
    r"logarithmically spaced lags (ANO-S1), mean of the replicas; lags beyond $T/10$ need "
    r"several seeds or many dimensions"
)
REPLICAS = (
    r"shared part: $M$ of the mean path of $R$ replicas that start at one point, less "
    r"$1/(R-1)$ of the rest, over their mean $M$"
)
NETWORK = (
    r"8x8 digits (1,500), ReLU network with 24 hidden units, plain SGD, batches of 128 with "
    r"replacement, $\eta = 0.3$ (in the notebook two hidden layers, $\eta = 0.1$)"
)
NOISE = "label noise: at each use one label in five is drawn at random"

F2 = Statement(
    id="ANO-F2",
    kind="empirical",
    title="Fast at long lags, then slow: a descent that replicas share, then noise in a basin",
    source="chen2022anomalous, Figure 2",
    assumptions=(
        (WINDOW, None), (NETWORK, None), (NOISE, None), (REPLICAS, None),
        (r"late: from step 3,000 on; $s_{\mathrm{line}} = v^2\tau^2/M$, $v$ from the first to "
         r"the last point of the window", None),
    ),
    claim={
        SHORT: sp.Lt(short, sp.Rational(9, 10)),
        LONG: sp.Gt(long, sp.Rational(11, 10)),
        SHARED: sp.Gt(shared, sp.Rational(6, 10)),
        LATE: sp.Lt(late, sp.Rational(9, 10)),
        CLEAN: sp.Gt(clean, sp.Rational(13, 10)),
        STRAIGHT: sp.Gt(straight, sp.Rational(7, 10)),
        CONVEX: sp.Gt(convex, sp.Rational(11, 10)),
        CONVEX_LATE: sp.Lt(convex_late, sp.Rational(9, 10)),
    },
    uses=("ANO-EQ3", "ANO-EQ5", "ANO-S1", "ANO-T3", "ANO-T4"),
    status="empirical",
    against_source="as-stated",
    remark=(
        r"The pattern of the source, in a network that trains in seconds: exponent below one "
        r"at short lags, above one at long lags, later below one only. Two things it does not "
        r"mean. First, the long lags of the first window are no jumps: most of that "
        r"displacement is the same in replicas that start together and draw other batches. It "
        r"is the descent, and a convex problem shows it too. Second, the late regime needs "
        r"gradient noise that lasts; data augmentation gives that, here it is label noise. A "
        r"network that fits its data goes on along a line, exponent far above one, for as long "
        r"as we looked. The bands were set after runs with other seeds and sizes."
    ),
    aliases=("ANO-F2a", "ANO-F2c", "ANO-F2d"),
    notebook=NOTEBOOK,
)  # fmt: skip

F3 = Statement(
    id="ANO-F3",
    kind="empirical",
    title="Shortcuts, depth, batch size: what a table of 24 networks supports",
    source="chen2022anomalous, Figure 3",
    assumptions=(
        (r"the table of the authors' code: ResNet-14, 20, 56, 110 with and without shortcuts, "
         r"three batch sizes each; one run per network, no error bars", None),
        (r"$\rho$: Spearman's, of depth $D$, batch size $B$, crossover lag $\tau$ and long-lag "
         r"exponent $\alpha$; over 12 networks it differs from zero at the level 5 % beyond "
         r"0.587, over 24 beyond 0.406; $N_<$: pairs with $\tau$ smaller with shortcuts; $p$: "
         r"Wilcoxon's signed ranks of the 12 differences", None),
    ),
    claim={
        FEWER: equation(pairs, 7),
        WILCOXON: sp.Gt(p_value, sp.Rational(1, 10)),
        PLAIN: sp.Gt(depth_off, sp.Rational(587, 1000)),
        WITH: sp.Lt(depth_on, sp.Rational(587, 1000)),
        ABOVE: sp.Gt(least, 1),
        BELOW: sp.Lt(most, sp.Rational(9, 10)),
        BATCH: sp.Lt(of_batch, sp.Rational(406, 1000)),
        CROSSOVER: sp.Lt(tau_batch, -sp.Rational(406, 1000)),
    },
    uses=("ANO-S1",),
    status="empirical",
    against_source="not-reproduced",
    remark=(
        r"No measurement of ours: the authors' numbers under a test. That shortcuts shorten "
        r"the subdiffusive regime holds in 7 of 12 pairs, no more than a coin would give; in "
        r"all six of ResNet-56 and 110, in one of six of the shallower ones (a split that one "
        r"makes after looking). That depth lengthens it holds over all networks and for those "
        r"without shortcuts; with shortcuts the table does not show it. What does hold: the "
        r"long-lag exponent does not visibly follow the batch size, and the crossover does. "
        r"(In the network of the notebook the exponent does follow the batch, by some 0.2 from "
        r"16 to 256.) The recipe for $\tau_1$ follows its threshold (ANO-S1); one run per "
        r"network says nothing of scatter. The bands are the levels of the tests; the first "
        r"test has 10 %."
    ),
    aliases=("ANO-F3a", "ANO-F3c", "ANO-F3f"),
    notebook=NOTEBOOK,
)  # fmt: skip

F4 = Statement(
    id="ANO-F4",
    kind="empirical",
    title="Small learning rates: exponent two, with noise or without",
    source="chen2022anomalous, Figure 4",
    assumptions=(
        (WINDOW + "; first window", None), (NETWORK, None), (NOISE, None),
        (r"small: $\eta = 0.003$, for softmax regression too", None), (REPLICAS, None),
    ),
    claim={
        SLOW: sp.Gt(slow, sp.Rational(17, 10)),
        DESCENT: sp.Gt(descent, sp.Rational(17, 10)),
        SLOW_CONVEX: sp.Gt(slow_convex, sp.Rational(17, 10)),
        QUIET: sp.Gt(shared, sp.Rational(9, 10)),
        USUAL: sp.Lt(usual, sp.Rational(3, 2)),
    },
    uses=("ANO-EQ3", "ANO-S1", "ANO-T3"),
    status="empirical",
    against_source="as-stated",
    remark=(
        r"The exponent does approach 2 as the learning rate falls, as in the source. Two is "
        r"the exponent of motion at constant speed: in 1,000 small steps the gradient hardly "
        r"changes. Replicas go the same way to a few per cent, gradient descent without any "
        r"noise has the same exponent, and so has a convex problem. Nothing in it needs rare "
        r"large steps. The bands were set after runs with other seeds."
    ),
    aliases=("ANO-F4a",),
    notebook=NOTEBOOK,
)  # fmt: skip

STATEMENTS = (F2, F3, F4)
