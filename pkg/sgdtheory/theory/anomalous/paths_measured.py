"""The path of a small network, the losses along it, and the largest curvatures: measured."""

import sympy as sp

from sgdtheory.theory.statement import Statement

NOTEBOOK = "notebooks/anomalous/06_path_and_landscape"
SET_UP = (
    r"digits, $8 \times 8$; a network with two hidden layers of 32, ReLU; plain SGD, step size "
    r"0.1, batches of 128 drawn with replacement; label noise: each label random with "
    r"probability 0.2 *each time it is used*",
    None,
)

of_path, of_msd = sp.symbols(r"\beta_s \beta_{\tau}", positive=True)
minibatch, all_data, floor = sp.symbols(
    r"{\operatorname{MSL}_B} {\operatorname{MSL}_{0}} {2\sigma_B^{2}}", positive=True
)
early = sp.Symbol(r"{\frac{\mathrm{d}\ln\operatorname{MSL}_{0}}{\mathrm{d}\ln r}}", real=True)

LATE, SAME, PLATEAU, HIDDEN, STEEP = (
    "last window: squared distance against contour length, 10 to 100 steps",
    "it is the exponent of the mean squared displacement",
    "last window: squared loss differences of minibatches lie on the floor",
    "last window: those of all data lie far below",
    "first window, largest decade of distances: steeper than any rough surface",
)

PATH = Statement(
    id="ANO-F6",
    kind="empirical",
    title="The fractal path is the displacement, the flat landscape is minibatch noise",
    source="chen2022anomalous, Figure 6",
    assumptions=(
        SET_UP,
        (
            r"windows of 1,000 points at the start and at the end of 6,000 steps; in the check "
            r"600 and 4,000",
            None,
        ),
        (
            r"$R^2 \propto s^{\beta_s}$ (ANO-S6), $M(\tau) \propto \tau^{\beta_\tau}$ "
            r"(ANO-EQ3); $2\sigma_B^2 = \langle(L_{t+1} - L_t)^2\rangle$ (ANO-EQ8)",
            None,
        ),
    ),
    claim={
        LATE: sp.Lt(of_path, sp.Rational(9, 10)),
        SAME: sp.Gt(1 - sp.Abs(of_path - of_msd), sp.Rational(19, 20)),
        PLATEAU: sp.Gt(1 - sp.Abs(minibatch / floor - 1), sp.Rational(2, 3)),
        HIDDEN: sp.Gt(1 - all_data / minibatch, sp.Rational(19, 20)),
        STEEP: sp.Gt(early, sp.Rational(11, 5)),
    },
    uses=("ANO-EQ8", "ANO-EQ9", "ANO-S6", "ANO-S7"),
    status="empirical",
    against_source="as-stated",
    remark=(
        r"What the source sees comes out here too: two regimes of $R^2$ against $s$, an "
        r"exponent of the loss differences somewhat below 2, and flat ones late. What it reads "
        r"from them does not follow. The first is the mean squared displacement again. The "
        r"flat curve is twice the sampling variance of a minibatch loss; the loss of all data "
        r"differs a thousand times less, and not equally at all distances. The early exponent "
        r"lies between that floor and the fall of the loss, which is steeper than a power of "
        r"two: it depends on where one fits. The bands were chosen after a look at other runs."
    ),
    notebook=NOTEBOOK,
)

end, peak, start, noisy = sp.symbols(
    r"{\lambda_{1}^{\mathrm{end}}} {\lambda_{1}^{\mathrm{max}}} {\lambda_{1}^{0}} "
    r"{\lambda_{1}^{\mathrm{end,noise}}}".replace(",", r"\,"),
    positive=True,
)
RISE, FALL, KEPT = (
    "the largest eigenvalue first rises",
    "without label noise it then falls towards zero",
    "with label noise it does not",
)

CURVATURE = Statement(
    id="ANO-F7",
    kind="empirical",
    title="The largest eigenvalues fall to near zero where the loss does",
    source="chen2022anomalous, Figure 7",
    assumptions=(
        SET_UP,
        (
            r"$\lambda_1$: largest eigenvalue of the Hessian of all data, averaged over the "
            r"label noise; at the start, after 100 steps ($\lambda_1^{\mathrm{max}}$) and at "
            r"the end: 10,000 steps without and 6,000 with label noise; 6,000 and 4,000 in the "
            r"check",
            None,
        ),
    ),
    claim={
        RISE: sp.Gt(peak / start, sp.Rational(3, 2)),
        FALL: sp.Gt(1 - end / peak, sp.Rational(4, 5)),
        KEPT: sp.Gt(noisy / peak, sp.Rational(3, 10)),
    },
    uses=("ANO-S8",),
    status="empirical",
    against_source="as-stated",
    remark=(
        r"The source sees the twenty largest eigenvalues go to near zero, and takes it for a "
        r"flat part of the landscape that SGD has found. The curvature of a cross-entropy "
        r"carries the factor $p(1-p)$: it goes where the loss goes. Noise that lasts keeps "
        r"both up. As the late subdiffusion needs such noise (ANO-F6), the two observations do "
        r"not meet in one run of this network. The bands were chosen after a look at other "
        r"runs."
    ),
    notebook=NOTEBOOK,
)

STATEMENTS = (PATH, CURVATURE)
