"""The active temperature, measured along the principal components of a trained layer."""

import sympy as sp

from sgdtheory.theory.statement import Statement

psi_T, growth, correlation = sp.symbols(r"\psi_T R_T \varrho", real=True)
fresh = sp.Symbol(r"{\sigma^2H/T}", real=True)

FALLS = "it falls with flatness"
STEEPER = "along a direction it grows more than the loss"
FOLLOWS = "along training it follows the loss"
EINSTEIN = "ours: nor is it the temperature of Einstein's relation"

NET = (
    (
        r"net of two hidden layers without biases on handwritten digits, cross-entropy, SGD "
        r"without replacement, fitted; directions: principal components of a window of ten "
        r"epochs of the hidden weights",
        None,
    ),
    (
        r"$T_i = \frac\eta2C_{ii}$, all layers at the mean of the window; "
        r"$F = \sqrt{8L/H_{ii}}$ (IVF-E7)",
        None,
    ),
)
NOTEBOOK = "notebooks/variance_flatness/06_active_temperature"

STATEMENTS = (
    Statement(
        id="IVF-F5",
        kind="empirical",
        title="The active temperature falls with flatness and follows the loss in training",
        source="feng2021, Figure 5",
        assumptions=(
            *NET,
            (
                r"$\psi_T$: exponent of $T_i(0) \propto F^{-\psi_T}$; $\varrho$: correlation "
                r"of "
                r"$\ln\sum T$ and $\ln L$ along training",
                None,
            ),
        ),
        claim={
            FALLS: sp.Gt(psi_T, sp.Rational(3, 2)),
            FOLLOWS: sp.Gt(correlation - sp.Rational(9, 10), 0),
        },
        uses=("IVF-E7", "IVF-E15"),
        status="empirical",
        against_source="as-stated",
        remark=(
            r"Both are what the source reports. Noise follows curvature, "
            r"$C_{ii} \propto H_{ii}^\gamma$, and shrinks with the errors that are left. The "
            r"bands were set after a look at one other run."
        ),
        notebook=NOTEBOOK,
    ),
    Statement(
        id="IVF-X2",
        kind="empirical",
        title="The active temperature is not that of its valley",
        source="feng2021, Figure 5",
        assumptions=(
            *NET,
            (
                r"$R_T$: median over directions of the growth of $T_i$ over the growth of $L$, "
                r"half a flatness away; $\sigma^2H/T$: median over the flatter half of "
                r"directions, variances of the next window",
                None,
            ),
        ),
        claim={
            STEEPER: sp.Gt(sp.Rational(1, 4) - 1 / growth, 0),
            EINSTEIN: sp.Gt(sp.Rational(1, 20) - fresh, 0),
        },
        uses=("IVF-E7", "IVF-E15", "IVF-EQ1", "IVF-TT1"),
        status="empirical",
        against_source="not-reproduced",
        remark=(
            r"That the profile of the temperature along a direction is similar to that of the "
            r"loss is not what we find: within half a flatness it grows ten times and "
            r"more over what the loss does. The second line is no riddle: flat directions "
            r"drawn without replacement do not "
            r"reach $T/H$ in linear theory either (IVF-TT1). The bands were set after a look "
            r"at "
            r"one other run."
        ),
        notebook=NOTEBOOK,
    ),
)
