"""What a network shows: the scan of its gradient covariance along a line."""

import sympy as sp

from sgdtheory.theory.statement import Statement

shown = sp.Symbol(r"R^2_{\mathrm{shown}}", real=True)
worst = sp.Symbol(r"R^2_{\mathrm{worst}}", real=True)

SHOWN, WORST = "on the line shown", "on the worst of the other lines"

STATEMENTS = (
    Statement(
        id="PLD-F1",
        kind="empirical",
        title="A parabola fits the trace of the gradient covariance, on some lines",
        source="meng2020, Figure 1 and section 7.5.1",
        assumptions=(
            ("a small CNN brought to convergence on 1,000 FashionMNIST images", None),
            ("twenty points along a line in one layer, the other layers frozen", None),
        ),
        claim={
            SHOWN: sp.Gt(shown, sp.Rational(99, 100)),
            WORST: sp.Gt(1 - worst, sp.Rational(8, 100)),
        },
        uses=("PLD-P1",),
        status="empirical",
        against_source="not-reproduced",
        remark=(
            r"The scan behind the claim that the noise is quadratic, repeated on one network "
            r"of the kind described, with the covariance computed without sampling. On some "
            r"lines $R^2 > 0.99$; on others not, and $|s|$, no parabola at all, already "
            r"reaches $0.93$ on such a grid. The line, its step and the second band were "
            r"picked after a look at several lines. The bands hold for these 1,000 images; "
            r"the jackknife errors are too large for a statement about other images. Where "
            r"the parabola fits, its coefficient is still not $\sigma_H$ (PLD-P1)."
        ),
        aliases=("PLD-EXP-F1",),
        notebook="notebooks/power_law/03_gradient_noise_is_quadratic",
    ),
)
