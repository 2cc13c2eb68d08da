"""The estimator of a stable index from sums of blocks, on laws that are not stable."""

import sympy as sp

from sgdtheory.theory.statement import Mutant, Statement, Step, equation
from sgdtheory.theory.tails import sums_of_blocks as of

STATEMENTS = (
    Statement(
        id="TLS-9",
        kind="formula",
        title="The log-moment estimator of a stable index, on laws that are not stable",
        source="sgdtheory",
        assumptions=(
            (r"$1/\alpha_K = (E\ln|Y| - E\ln|X|)/\ln K$, what the estimator of Mohammadi, "
             r"Mohammadpour and Ogata tends to; $Y$ the sum of a block of $K$ values, "
             r"symmetric about 0", of.K > 1),
            ("the values of a block are independent, unless said otherwise", None),
            (r"$S$ the random width of a Gaussian, $E\,S^2$ finite; $\nu > 2$", of.nu > 2),
            (r"$-1/(K-1) < \rho < 1$", sp.And(of.rho > 0, of.rho < 1)),
        ),
        claim=of.CLAIM,
        steps=(
            Step(r"$\ln\frac{b}{a} = \int_0^\infty (\cos at - \cos bt)\,\frac{dt}t$; with "
                 r"$a = |X|$, $b = |Y|$ and the mean taken, $\phi$ and $\phi^K$",
                 None, of.kernel_residual, by="limit"),
            Step(r"stable: $\phi = e^{-(\sigma t)^\alpha}$, $y = (\sigma t)^\alpha$", None,
                 of.stable_residual, by="integral"),
            Step(r"Laplace: $\phi = 1/(1+t^2) = w$, one more value adds "
                 r"$\frac12\int_0^1 w^{K-1}dw = \frac1{2K}$", None, of.laplace_residual,
                 by="integral"),
            Step("its first", None, of.pairs_residual),
            Step(r"two widths: $\int_0^\infty \sum_i a_i e^{-b_i t^2}\frac{dt}t "
                 r"= -\frac12\sum_i a_i \ln b_i$ where $\sum_i a_i = 0$", None,
                 of.two_residual),
            Step(r"the arithmetic mean is not below the geometric one", None,
                 lambda: sp.expand((of.r + 1 / of.r) / 2 - 1 - (of.r - 1) ** 2 / (2 * of.r))),
            Step("with equality at equal widths", None, of.cap_residual, by="example"),
            Step("a block of one width is a Gaussian sample, whatever the others are", None,
                 of.sorted_residual),
            Step(r"given the widths $|Y| = |Z|\sqrt{\sum S_i^2}$ with $Z$ normal, and the mean "
                 r"of $S_i^2$ over a block settles", None, of.large_residual, by="limit"),
            Step("moments of the gamma law",
                 equation(sp.Integral(of.g ** (of.s + of.w - 1) * sp.exp(-of.g),
                                      (of.g, 0, sp.oo)),
                          sp.gamma(of.s + of.w)), of.gamma_moment_residual, by="integral"),
            Step("Laplace, by its widths and by its exact value", None,
                 of.c_laplace_residual, by="limit"),
            Step("Student t", None, of.c_student_residual),
            Step("lognormal widths", None, of.c_lognormal_residual, by="integral"),
            Step(r"$\mathrm{Var}\,Y = K + K(K-1)\rho$", None, of.tied_residual),
            Step("its limit", None, of.one_residual, by="limit"),
        ),
        mutants=(
            Mutant("Laplace read as Gaussian", {of.LAPLACE: equation(1 / of.alpha_L,
                                                                  sp.Rational(1, 2))}),
            Mutant("harmonic number of $K$",
                   {of.LAPLACE: equation(1 / of.alpha_L,
                                         (of.HARMONIC + 1 / of.K) / (2 * sp.log(of.K)))}),
            Mutant(r"$\phi^{K-1}$", {of.ANY: of.any_law(of.K - 1)}),
            Mutant("variances of two widths averaged without the square",
                   {of.TWO: of.two((of.r + 1 / of.r) ** 2 / 4)}),
            Mutant("shuffled as sorted: two for any widths",
                   {of.TWO: equation(1 / of.alpha_2, sp.Rational(1, 2))}),
            Mutant("sorted as shuffled, $r = 10$",
                   {of.SORTED: equation(of.alpha_sorted,
                                        1 / of.CLAIM[of.TWO].rhs.subs(of.r, 10))}),
            Mutant("twice the constant", {of.C: equation(of.c, sp.log(of.m2) - 2 * of.ell)}),
            Mutant(r"$\gamma_E$ for Laplace", {of.C_LAPLACE: equation(of.c_L, sp.EulerGamma)}),
            Mutant(r"$\ln(\nu/2)$ for Student t",
                   {of.C_T: equation(of.c_nu,
                                     (sp.digamma(of.nu / 2) - sp.log(of.nu / 2)) / 2)}),
            Mutant("half the lognormal constant", {of.C_LOG: equation(of.c_s, of.s**2 / 2)}),
            Mutant(r"correlation $K\rho$", {of.TIED: of.tied(1 + of.K * of.rho)}),
        ),
        uses=("ANO-EQ7",),
        status="asymptotic",
        remark=(
            r"The estimator measures how fast the logarithm of a sum grows, not tails. On a "
            r"stable law it is right for every $K$. On independent values of finite variance "
            r"it "
            r"comes to 2 as slowly as $1/\ln K$: Laplace noise reads 1.39 in sums of two and "
            r"1.78 in sums of a hundred. Gaussians of unequal widths give, shuffled, any value "
            r"between 0 and 2; the same numbers sorted by width give 2. Neighbours in a vector "
            r"that are positively correlated push it towards 1, the index of a Cauchy law, "
            r"without one "
            r"large value: entries of one gradient are of this kind. The order of the data, "
            r"which has nothing to do with its tails, decides. A value below 2 therefore says "
            r"that the values are not independent draws of one Gaussian, no more; that it "
            r"moves with $K$ or with the order says that no stable law is behind it."
        ),
        notebook="notebooks/tails/05_tail_index_of_gradient_noise",
    ),
)  # fmt: skip
