"""Selection: what principal components of a window do to an exponent that is known."""

import sympy as sp

from sgdtheory.theory.statement import Statement

psi_in, psi_out, psi, psi_p = sp.symbols(
    r"\psi_{\mathrm{in}} \psi_{\mathrm{out}} \psi \psi_p", real=True
)
slope_in, slope_out = sp.symbols(
    r"{\psi^\tau_{\mathrm{in}}} {\psi^\tau_{\mathrm{out}}}", real=True
)

STEEPER = "in sample the relation is steeper than it is"
TRUE = "fresh data give the exponent of the exact variances along these directions"
NEAR = "which is not far from that of the modes"
FALLS = "in sample the correlation time falls with flatness"
RISES = "on fresh data it does not"

STATEMENTS = (
    Statement(
        id="IVF-X1",
        kind="empirical",
        title="Selection by principal components makes the relation steeper than it is",
        source="sgdtheory",
        assumptions=(
            (
                r"SGD on a quadratic with $d = 300$ modes, $\lambda_k = k^{-3/2}$, noise "
                r"$C \propto H$, flat on the scale of an epoch ($\eta\lambda_1M = 0.3$), "
                r"windows of 20 epochs of 60 batches, with and without replacement",
                None,
            ),
            (
                r"$F = (p^\top Hp)^{-1/2}$; exponents over ranks 2 to 240, log-spaced; "
                r"$\psi$: exponent of the exact variances of the modes in such a window",
                None,
            ),
            (
                r"in: variances on the window that chose the directions; out: the same "
                r"directions, the next window; $\psi^\tau$: exponent of $\sigma^2/\Delta$; all "
                r"are means over four runs",
                None,
            ),
        ),
        claim={
            STEEPER: sp.Gt(psi_in - psi, sp.Rational(1, 2)),
            TRUE: sp.Gt(sp.Rational(1, 5) - sp.Abs(psi_out - psi_p), 0),
            NEAR: sp.Gt(sp.Rational(2, 5) - sp.Abs(psi_p - psi), 0),
            FALLS: sp.Gt(slope_in, sp.Rational(1, 2)),
            RISES: sp.Gt(sp.Rational(1, 5) - slope_out, 0),
        },
        uses=("IVF-RW1", "IVF-TT1"),
        status="empirical",
        remark=(
            r"The truth is known here, and the loss is a quadratic form: no random landscape, "
            r"no breaking of linear theory. $\psi_p$: exponent of the exact variances "
            r"$p^\top\Sigma p$ along the chosen directions, each a mixture of modes. In sample "
            r"the exponent is too large by about 1.0 without replacement and 1.6 with it. "
            r"Noise of one strength in all directions ($C \propto I$) is not claimed: there "
            r"the components hardly differ in flatness, and the in-sample exponent is "
            r"arbitrary. The bands were set after a look at other sizes ($d = 500$, windows of "
            r"2,000 steps); with replacement a single fresh window scatters by about 0.1."
        ),
        notebook="notebooks/variance_flatness/04_linear_surrogate",
    ),
)
