"""The covariance scan of a residual network: what batch norm does to the parabola."""

import sympy as sp

from sgdtheory.theory.statement import Statement

shown, along = sp.symbols(r"R^2_{\mathrm{shown}} R^2_{\mathrm{own}}", real=True)
vertex = sp.Symbol(r"v_{\mathrm{shown}}", real=True)
frozen, batch = sp.symbols(
    r"{\operatorname{Tr}C_{\mathrm{frozen}}} {\operatorname{Tr}C_{\mathrm{batch}}}",
    positive=True,
)
highest, lowest = sp.symbols(
    r"{\max\operatorname{Tr}C} {\min\operatorname{Tr}C}", positive=True
)
fitted, sigma_H, third = sp.symbols(r"a_{\mathrm{fit}} \sigma_H \sigma_3", positive=True)
deviation = sp.Symbol(r"\delta", positive=True)

SHOWN = "the source's: a parabola fits, on the line picked, statistics frozen"
INSIDE = "the source's: its lowest point lies on that line"
LOOKS = "ours: it fits as well where the trace falls all the way"
LAW = "ours: there the trace is the inverse square of the distance from the origin"
NOISE = "ours: the batch's own statistics multiply the noise"
FAR = "ours: with frozen statistics the trace changes by orders of magnitude"
SHARE = r"ours: the curvature's variance is half of the coefficient, or less"
KINKS = "ours: and the fit is not that coefficient either"


def decades(ratio: sp.Expr) -> sp.Expr:
    """Logarithm to base ten."""
    return sp.log(ratio) / sp.log(10)


STATEMENTS = (
    Statement(
        id="TLS-E1",
        kind="empirical",
        title="In a residual network the parabola depends on line, range and batch norm's mode",
        source="meng2020, Figure 1 and section 7.5.1",
        assumptions=(
            (r"a ResNet-8 brought to a loss of $10^{-3}$ by full-batch descent on 240 images "
             r"of two classes of FashionMNIST, averaged down to 14x14: a substitute for the "
             r"source's network and images", None),
            (r"twenty points $w + i\,\epsilon e$, $i = -10, \dots, 9$, on a line in the last "
             r"convolution, $|e| = |w|$; picked: a random $e$ and $\epsilon = 0.05$; $v$ is "
             r"counted in steps", None),
            (r"frozen: batch norm uses the mean and variance of all 240 images at $w$; batch: "
             r"those of the minibatch, as in training, here of 15 images", None),
            (r"$e = w$: parts two to four of ours; $\delta$ is the largest deviation of "
             r"$(1 + s)^2\,\mathrm{Tr}\,C(s) / \mathrm{Tr}\,C(0)$ from one", None),
            (r"$\sigma_H + \sigma_3$: exact coefficient of $s^2$, of which $\sigma_3$ comes "
             r"from third derivatives; the last part is with a squared loss, for which "
             r"$\sigma_3 = 0$", None),
        ),
        claim={
            SHOWN: sp.Gt(shown, sp.Rational(99, 100)),
            INSIDE: sp.Lt(sp.Abs(vertex), 10),
            LOOKS: sp.Gt(along, sp.Rational(999, 1000)),
            LAW: sp.Lt(decades(deviation), -4),
            NOISE: sp.Gt(decades(batch / frozen), sp.Rational(3, 2)),
            FAR: sp.Gt(decades(highest / lowest), 3),
            SHARE: sp.Lt(sigma_H / (sigma_H + third), sp.Rational(3, 5)),
            KINKS: sp.Gt(decades(fitted / sigma_H), 1),
        },
        uses=("PLD-P1", "PLD-F1", "TLS-10"),
        status="empirical",
        against_source="not-reproduced",
        remark=(
            r"On a line that was picked the parabola is there, with its lowest point. It is "
            r"poor evidence: a curve without any lowest point is fitted still better. Behind "
            r"batch norm the loss does not change when a convolution is multiplied by a "
            r"number, so that its gradient falls as the inverse of that number and "
            r"$\mathrm{Tr}\,C$ as the inverse square, exactly; its $\sigma_H$ is a third of "
            r"the coefficient of $s^2$ and its curvature $H$ is zero (TLS-10). The source does "
            r"not say (in the text at hand) in which mode the covariance was taken. It "
            r"matters: the noise of a minibatch with its own statistics is of another size "
            r"(most of it from a few batches; the ratio falls as the batch grows) and has "
            r"another shape than the frozen one, for which alone a gradient per sample exists. "
            r"With frozen statistics the loss is piecewise smooth; a squared loss is then an "
            r"exact parabola between kinks, with the coefficient $\sigma_H$, but the kinks lie "
            r"too close for a scan to show it. Only in the last layer, which is linear, is it "
            r"exact over the whole scan. All bands were set after a look at two trainings."
        ),
        notebook="notebooks/tails/04_covariance_scan_resnet",
    ),
)  # fmt: skip
