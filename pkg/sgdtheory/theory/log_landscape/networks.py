"""LOG-E1: noise proportional to the loss in a small network, factor by factor."""

import sympy as sp

from sgdtheory.theory.statement import Statement

trace = sp.Symbol(r"r_{\mathrm{Tr}}", positive=True)
first = sp.Symbol("r_{1}", positive=True)
five = sp.Symbol(r"\min_{k \leq 5} r_{k}^{\pm 1}", positive=True)
error = sp.Symbol(r"\varepsilon_{F}", positive=True)
share = sp.Symbol(r"\frac{\left|\nabla L\right|^{2}}{\mathcal{N}}", positive=True)
small = sp.Symbol(r"\operatorname{med}_{200 < k \leq 500} r_{k}", positive=True)
slope = sp.Symbol(r"\frac{\Delta\ln\mathcal{N}}{\Delta\ln L}", positive=True)

TRACE = "the traces agree"
FIRST = "and the largest eigenvalue"
FIVE = "and the five largest of them, within a factor of two"
MATRIX = "and the matrices"
MEAN = "the square of the mean gradient is a small part of the noise"
SMALL = "ours: the small eigenvalues do not agree"
SLOPE = "ours: the noise falls more slowly than the loss"

STATEMENTS = (
    Statement(
        id="LOG-E1",
        kind="empirical",
        title="Loss and features decouple in a small network; noise over loss drifts",
        source="mori2022, Figures 1 and 2",
        assumptions=(
            (
                r"1,000 images of digits, even or odd as $\pm1$; network 64-100-100-1, ReLU; "
                r"$\ell = \frac12(f - y)^2$; SGD with $\eta = 0.01$, $b = 100$",
                None,
            ),
            (
                r"after 50 epochs: $A = \frac1n\sum_\mu \ell_\mu G_\mu$ against "
                r"$\bar A = L\,\frac1n\sum_\mu G_\mu$, $G_\mu = \nabla f_\mu\,\nabla f_\mu^T$; "
                r"$r_{\mathrm{Tr}}$ and $r_k$: ratio of the traces, of the $k$-th largest "
                r"eigenvalues; $\varepsilon_F = \|A - \bar A\|_F/\|A\|_F$; $r_{\mathrm{Tr}}$ "
                r"and $r_1$ are the ratio or its inverse, whichever is above 1",
                None,
            ),
            (
                r"$\mathcal{N} = \frac1n\sum_\mu|\nabla\ell_\mu|^2 - |\nabla L|^2$, and its "
                r"slope against $L$ from epoch 10 to epoch 200",
                None,
            ),
        ),
        claim={
            TRACE: sp.Lt(trace, sp.Rational(6, 5)),
            FIRST: sp.Lt(first, sp.Rational(13, 10)),
            FIVE: sp.Gt(five, sp.Rational(1, 2)),
            MATRIX: sp.Lt(error, sp.Rational(1, 4)),
            MEAN: sp.Gt(1 - share, sp.Rational(9, 10)),
            SMALL: sp.Lt(small, sp.Rational(3, 4)),
            SLOPE: sp.Lt(slope, sp.Rational(9, 10)),
        },
        uses=("LOG-2", "LOG-3"),
        status="empirical",
        against_source="as-stated",
        remark=(
            r"The first five parts put numbers of ours on the source's claim, for one small "
            r"network which is not the source's own. Decoupling is easy here: the length of "
            r"$\nabla f_\mu$ varies little, so that even the same losses dealt out in the "
            r"order of $|\nabla f_\mu|^2$, the tightest coupling there is, change the trace by "
            r"less than one half. That is the null model; losses dealt out at random lie well "
            r"within the bands. Small eigenvalues fall short with random losses too: they "
            r"see a typical loss, not the mean one. The noise divided by the loss grows all "
            r"along, because $|\nabla f|^2$ does: what decouples at one time is not "
            r"proportional over time. Bands were set after a look at other seeds."
        ),
        aliases=("LOG-E",),
        notebook="notebooks/log_landscape/04_decoupling_in_networks",
    ),
)
