"""The two-dimensional toy: who leaves a sharp minimum within 500 steps, and how."""

import sympy as sp

from sgdtheory.theory.statement import Statement

sgd, langevin, grown = sp.symbols(
    r"P_{\mathrm{SGD}} P_{\lambda_1=0} P_{\lambda_1=128}", real=True
)
rise = sp.Symbol(r"\min\Delta P_{\lambda_1}", real=True)
slower = sp.Symbol(r"\min\frac{T_{0.9}}{T_{1}}", real=True)
far = sp.Symbol(r"s_{\mathrm{far}}", real=True)
halved = sp.Symbol(r"\frac{P_{\lambda_1=0}(\eta/2)}{P_{\lambda_1=0}(\eta)}", real=True)
parabola = sp.Symbol("R^2", real=True)
own = sp.Symbol(r"P_{\mathrm{own}\,\lambda_1}", real=True)

RISE = "the more the noise grows, the more runs leave (loss times 0.9)"
MIMIC = "noise that grows enough leaves as often as SGD (loss times 0.9)"
FAIL = "constant noise does not (loss times 0.9)"
FLAT = "every dynamic leaves the flatter minimum more slowly"
FAR = "ours: SGD leaves from the side away from the barrier"
STEP = "ours: the same Langevin equation in half steps hardly leaves"
NOISE = "ours: the noise of SGD here does not grow like a parabola"
OWN = "ours: with SGD's own growth the model leaves too often (loss times 0.6)"

STATEMENTS = (
    Statement(
        id="PLD-EXP52",
        kind="empirical",
        title="Escape in the two-dimensional toy: the order is as claimed, the way out is not",
        source="meng2020, section 5.2",
        assumptions=(
            (
                r"$L(w) = \frac1n\sum_i \ell(w - x_i)$ with "
                r"$\ell(w) = 15\sum_{j=1}^2 |w_j-1|^{5/2}\,|w_j+1|^3$ and $n = 500$ draws "
                r"$x_i \sim N(0,\, 0.01\,I_2)$, as we reconstruct it",
                None,
            ),
            (
                r"$\eta = 0.025$, 500 steps from the minimum $w^*$ near $(-1, -1)$, batch 1; "
                r"$P$: share of runs in which a coordinate becomes positive; $T$: mean number "
                r"of steps before, at most 500; $\Delta P_{\lambda_1}$: increase from one "
                r"$\lambda_1$ of 0, 1, 2, 4, ..., 32 to the next; $s_{\mathrm{far}}$: share of "
                r"the exits that start from $w_j < w^*_j$, away from the barrier",
                None,
            ),
            (
                r"model: $w' = w - \eta g(w) + \eta\lambda_2\sqrt{1 + \lambda_1 (w-w^*)^2}"
                r"\odot\xi$ with $2\lambda_2^2 = \mathrm{Tr}\,\mathrm{Cov}$ of SGD's gradient "
                r"at $w^*$; Langevin is $\lambda_1 = 0$; SGD's own $\lambda_1$ and $R^2$ come "
                r"from its covariance within 0.3 of $w^*$",
                None,
            ),
        ),
        claim={
            RISE: sp.Gt(rise, 0),
            MIMIC: sp.Gt(grown - sgd, 0),
            FAIL: sp.Gt(sgd - langevin, sp.Rational(1, 2)),
            FLAT: sp.Gt(slower, 1),
            FAR: sp.Gt(far, sp.Rational(4, 5)),
            STEP: sp.Gt(1 - halved, sp.Rational(99, 100)),
            NOISE: sp.Gt(1 - parabola, sp.Rational(1, 2)),
            OWN: sp.Gt(own - sgd, sp.Rational(1, 2)),
        },
        uses=("PLD-P1", "PLD-L6"),
        status="empirical",
        against_source="as-stated",
        remark=(
            r"The first four parts are the source's, and hold on every data set tried; the "
            r"second follows from the first and third, since $P$ is continuous in "
            r"$\lambda_1$. They are no evidence for escape over a barrier. The step is so "
            r"long ($\eta H$ is near one) that a run leaves by one overshoot: noise throws it "
            r"up the steep far wall, the next gradient step throws it over the barrier. The "
            r"stochastic differential equation has no such way out. Scaling the loss by 0.9 "
            r"is the same as scaling $\eta$. The rates depend strongly on the data set. The "
            r"bands were picked after a look at other data sets than those of the check."
        ),
        aliases=("PLD-EXP-5.2",),
        notebook="notebooks/escape/05_toy_of_the_paper",
    ),
)
