"""Two basins in the plane: which noise leaves the sharp one, and why."""

import sympy as sp

from sgdtheory.theory.statement import Statement, equation

gd, plain, scaled = sp.symbols(
    r"Q_{\mathrm{GD}} Q_{\mathrm{SGD}} Q_{\mathrm{scaled}}", real=True
)
twin, first_left = sp.symbols(r"Q_{\mathrm{leading}} Q_{\mathrm{first}}", real=True)
isotropic, hessian, leading, first = sp.symbols(
    r"P_{\mathrm{iso}} P_{\mathrm{Hessian}} P_{\mathrm{leading}} P_{\mathrm{first}}", real=True
)
share = sp.Symbol(r"\frac{u^{\top}\mathrm{diag}(C)\,u}{\mathrm{Tr}\,C}", real=True)
step, sigma = sp.Symbol("q", real=True), sp.Symbol(r"\sigma_u", positive=True)

STAYS = "gradient descent stays"
SELDOM = "isotropic noise, as constant or as diagonal, seldom arrives"
CURVED = "noise shaped like the Hessian arrives more often"
LEADING = "so does noise shaped like SGD's covariance"
FIRST = "and noise along the first eigenvector more often still"
DIAGONAL = "ours: along $u$ diagonal noise is constant noise, whatever $C$"
TAIL = "ours: chance to be out after one step, on the axis, all data at zero"
RETURN = "ours: leaving is not arriving"
PLAIN = "ours: SGD itself, one sample a step, stays"
SHAPE = "ours: SGD's own noise at this trace leaves less than its normal twin"

STATEMENTS = (
    Statement(
        id="ANI-E1",
        kind="empirical",
        title="Two basins in the plane: the order is as claimed, the reason is a tail",
        source="zhu2019, Figure 2",
        assumptions=(
            (
                r"$L(w) = \frac1n\sum_i \min\{100\,(u^\top z_i)^2 + 10\,(v^\top z_i)^2,\ "
                r"|w - x_i + \mathbf{1}|^2\}$, $z_i = w - x_i - \mathbf{1}$, "
                r"$u, v = (1, \pm1)/\sqrt2$; $n = 100$ draws $x_i = 10^{-2}(\xi_i u + "
                r"\sqrt{10}\,\xi'_i v)$ with standard normal $\xi, \xi'$, new for every run",
                None,
            ),
            (
                r"$w' = w - \eta\nabla L(w) + \epsilon$, $\eta = 0.005$, 500 steps from "
                r"$(1, 1)$; the covariance of $\epsilon$, added to the weights *without* "
                r"$\eta$, has trace 0.01 and is shaped anew in every step; leading: like $C$, "
                r"SGD's own, with both its eigenvectors",
                None,
            ),
            (
                r"$P$: share of runs with $w_1, w_2 < -\frac12$ at the end; $P_{\mathrm{iso}}$ "
                r"is the larger of constant and diagonal noise; $Q$: share of runs that at "
                r"some step are outside the sharp basin; $\sigma_u^2 = u^\top\mathrm{Cov}"
                r"(\epsilon)\,u$",
                None,
            ),
        ),
        claim={
            STAYS: sp.Gt(1 - gd, sp.Rational(99, 100)),
            SELDOM: sp.Gt(1 - isotropic, sp.Rational(19, 20)),
            CURVED: sp.Gt(hessian - isotropic, sp.Rational(3, 20)),
            LEADING: sp.Gt(leading - isotropic, sp.Rational(1, 5)),
            FIRST: sp.Gt(first - isotropic, sp.Rational(3, 10)),
            DIAGONAL: equation(share, sp.Rational(1, 2)),
            TAIL: equation(step, (sp.erfc(2 / (11 * sigma)) + sp.erfc(2 / (9 * sigma))) / 2),
            RETURN: sp.Gt(first_left - first, sp.Rational(2, 5)),
            PLAIN: sp.Gt(1 - plain, sp.Rational(99, 100)),
            SHAPE: sp.Gt(twin - scaled, sp.Rational(3, 10)),
        },
        uses=("ANI-1", "ANI-4", "ANI-5"),
        status="empirical",
        against_source="as-stated",
        remark=(
            r"The dynamics, the data and the count of successes are those of the authors' "
            r"code; how high the bars of the figure are we do not know. The first five parts "
            r"are the source's order as we remember it. They are no evidence for a "
            r"stochastic differential equation: "
            r"$\eta\lambda_1 = 1$, so that one step forgets where along $u$ it came from, and "
            r"a run leaves by one large kick. Among normal noises $\sigma_u$ decides who "
            r"leaves. Turned by 45 degrees, the coordinates make diagonal noise isotropic "
            r"along $u$: its bar carries no information. SGD's own noise is ninety times "
            r"weaker. Scaled up to the trace of the others it leaves in fewer than half as "
            r"many runs as normal noise of its covariance, since a hundred samples have no "
            r"far tail: the "
            r"covariance alone does not decide. The bands were picked after a look at other "
            r"seeds than those of the check."
        ),
        notebook="notebooks/anisotropic/02_toy_landscape",
    ),
)
