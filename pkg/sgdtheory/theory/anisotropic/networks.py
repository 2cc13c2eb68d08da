"""One hidden layer: how far noise and curvature are aligned in a trained network."""

import sympy as sp

from sgdtheory.theory.statement import Statement

gain, own = sp.symbols(r"R R_H", positive=True)
alignment, least, most = sp.symbols(
    r"\hat{a} {\hat{a}_{\mathrm{min}}} {\hat{a}_{\mathrm{max}}}", real=True
)
proved = sp.Symbol(r"\frac{r_-^2}{r_+^2}", real=True)

RATIO = "aligned noise, against isotropic noise of the same trace"
SHAPE = "ours: it is the ratio of noise proportional to $H$"
ALIGNED = "ours: the alignment with the first eigenvector is near one"
VACUOUS = "ours: the constant that can be proved is near zero"
LEAST = "ours: at these weights no labels bring the alignment far down"
LABELS = "ours: but they do move it"

STATEMENTS = (
    Statement(
        id="ANI-E2",
        kind="empirical",
        title="One hidden layer: the noise follows the curvature, whatever the labels",
        source="zhu2019, Figure 4",
        assumptions=(
            (
                r"$x$ uniform on $[-2, 2]^2$, $y = 1$ if $x_1 \ge x_2$, else 0; 100 hidden "
                r"ReLU units, output weights $\pm1$ fixed, output clipped to $[\delta, "
                r"1-\delta]$, $\delta = 10^{-3}$; squared loss; $D = 300$ weights",
                None,
            ),
            (
                r"310 steps of full-batch Adam, rate $10^{-3}$, falling over the last 100; "
                r"1,000 samples in the notebook, 500 in the check",
                None,
            ),
            (
                r"$R = D\,\mathrm{Tr}(HC)/(\mathrm{Tr}H\,\mathrm{Tr}\,C)$, $R_H$ the same with "
                r"$C = H$; $\hat{a} = u_1^\top C u_1\,\mathrm{Tr}H/(\lambda_1\mathrm{Tr}\,C)$; "
                r"$r_\pm$: largest and smallest residual of an unsaturated sample (ANI-8)",
                None,
            ),
            (
                r"$\hat{a}_{\mathrm{min}}, \hat{a}_{\mathrm{max}}$: least and largest value "
                r"over all labels 0 and 1 of the samples, at the trained weights, with $F$ for "
                r"$C$ (ANI-8); $H$ does not depend on the labels",
                None,
            ),
        ),
        claim={
            RATIO: sp.Gt(gain, 80),
            SHAPE: sp.Gt(1 - sp.Abs(gain / own - 1), sp.Rational(9, 10)),
            ALIGNED: sp.Gt(1 - sp.Abs(alignment - 1), sp.Rational(4, 5)),
            VACUOUS: sp.Gt(1 - proved, sp.Rational(99, 100)),
            LEAST: sp.Gt(least, sp.Rational(2, 5)),
            LABELS: sp.Gt(most - least, sp.Rational(2, 5)),
        },
        uses=("ANI-6", "ANI-8"),
        status="empirical",
        against_source="as-stated",
        remark=(
            r"The set-up is that of the authors' code, the claim that $R$ is large as we "
            r"remember it. $R$ depends neither on the batch nor on how it is drawn. That it is "
            r"large says two things at once: that the noise follows $H$, and that $H$ has "
            r"hardly more than two effective directions among $D$ weights. The second sets its "
            r"size: a hundred dead units more would double it and change no step. The "
            r"alignment is not a consequence of ANI-8, whose constant is more than a thousand "
            r"times smaller. It is stronger than any such bound: every sample gives its "
            r"gradient to $H$ with weight one and to $C$ with its squared residual, and no "
            r"choice of labels, the worst included, spreads these weights enough to undo it. "
            r"The bands were picked after a look at other seeds than those of the check."
        ),
        notebook="notebooks/anisotropic/03_alignment_in_networks",
    ),
)
