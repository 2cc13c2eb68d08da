"""How the variance of the gradient grows with the distance from the minimum."""

import sympy as sp

from sgdtheory.theory.power_law import sde
from sgdtheory.theory.power_law.symbols import C, rho, sigma_g, sigma_H, threshold, u
from sgdtheory.theory.statement import Mutant, Statement, Step, equation

n, b = sp.symbols("n b", integer=True, positive=True)
g, h, T = sp.symbols(r"\tilde{g} \tilde{H} \tilde{T}", real=True)
kappa_1, kappa_b = sp.symbols("kappa_1 kappa_b", positive=True)
C_1, C_b, Cov = sp.Function("C_1")(u), sp.Function("C_b")(u), sp.Function("Cov")
curvature_of_C = sp.Subs(sp.Derivative(C_1, u, 2), u, 0) / 2

ONE, BOUND, CUBIC = "one sample", "always", "coefficient of $u^2$ for any smooth loss"
MANY, SOME = "batch of $b$, with replacement", "batch of $b$, without replacement"
KAPPA_MANY = r"its $\kappa$, with replacement"
KAPPA_SOME = r"its $\kappa$, without replacement"

CLAIM = {
    ONE: equation(C_1, C),
    BOUND: sp.Le(rho**2, sigma_g * sigma_H, evaluate=False),
    CUBIC: equation(curvature_of_C, sigma_H + Cov(g, T)),
    MANY: equation(C_b, C_1 / b),
    SOME: equation(C_b, C_1 / b * (n - b) / (n - 1)),
    KAPPA_MANY: equation(kappa_b, b * kappa_1),
    KAPPA_SOME: equation(kappa_b, b * (n - 1) / (n - b) * kappa_1),
}


def mean(polynomial) -> sp.Expr:
    """Expectation over the samples: each monomial in g, H, T becomes a moment's symbol."""
    terms = sp.Poly(sp.expand(polynomial), g, h, T).terms()
    return sum(c * sp.Symbol("E" + "".join(map(str, k)), real=True) for k, c in terms).subs(
        sp.Symbol("E000", real=True), 1
    )


def covariance(x, y) -> sp.Expr:
    """Cov(x, y) in moments; bilinear because the mean is linear."""
    return mean(x * y) - mean(x) * mean(y)


def in_moments(expr) -> sp.Expr:
    """The letters of the claim written out in moments of (g, H, T)."""
    letters = {
        sigma_g: covariance(g, g),
        rho: covariance(g, h),
        sigma_H: covariance(h, h),
    }
    return expr.replace(Cov, covariance).subs(letters)


quadratic_gradient = g + h * u
cubic_gradient = quadratic_gradient + T * u**2 / 2


def _coefficient() -> sp.Expr:
    """Half the second derivative at 0 of the variance of a cubic sample loss's gradient."""
    return sp.expand(covariance(cubic_gradient, cubic_gradient)).coeff(u, 2)


def _one_sample(claim):
    return in_moments(claim[ONE].rhs) - covariance(quadratic_gradient, quadratic_gradient)


def _cauchy_schwarz(claim):
    lowest = C.subs(u, sp.solve(sp.diff(C, u), u)[0])
    margin, strict = threshold(claim[BOUND])  # equality is reached: one common factor
    return [margin / sigma_H - lowest, not strict]


def _batches(claim):
    # Two different draws without replacement: their deviations add up to zero over the data.
    pair = -C_1 / (n - 1)
    independent, dependent = b * C_1 / b**2, (b * C_1 + b * (b - 1) * pair) / b**2
    return [claim[MANY].rhs - independent, claim[SOME].rhs - dependent]


def _kappa(claim):
    # kappa = H / (eta sigma_H), and a batch scales sigma_H as it scales C.
    return [
        claim[kappa].rhs / kappa_1 - C_1 / claim[batch].rhs
        for kappa, batch in ((KAPPA_MANY, MANY), (KAPPA_SOME, SOME))
    ]


P1 = Statement(
    id="PLD-P1",
    kind="proposition",
    title="Gradient noise grows quadratically with the distance from the minimum",
    source="meng2020, Proposition 1",
    assumptions=(
        (
            "$u = w - w^*$; gradient of one sample "
            r"$\tilde{g} + \tilde{H} u + \tilde{T} u^2/2 + \dots$, finite moments",
            None,
        ),
        (
            r"$\sigma_g$, $\rho$, $\sigma_H$: variance of $\tilde{g}$, covariance of "
            r"$\tilde{g}$ and $\tilde{H}$, variance of $\tilde{H}$ (divisor $n$)",
            None,
        ),
        (r"in the first line $\tilde{T} = 0$: the loss of every sample is quadratic", None),
        ("a batch of $b$ out of $n$ samples, drawn uniformly", b < n),
    ),
    claim=CLAIM,
    uses=("FND-2",),
    steps=(
        Step(
            "the covariance is bilinear, so a gradient linear in $u$ has a quadratic variance",
            equation(
                Cov(g + h * u, g + h * u),
                Cov(g, g) + 2 * u * Cov(g, h) + u**2 * Cov(h, h),
            ),
            _one_sample,
        ),
        Step("no variance is negative, not even at its lowest point", None, _cauchy_schwarz),
        Step(
            "a third derivative of the sample losses enters at $u^2$, by its covariance with "
            r"$\tilde{g}$",
            equation(curvature_of_C, Cov(h, h) + Cov(g, T)),
            lambda claim: in_moments(claim[CUBIC].rhs) - _coefficient(),
        ),
        Step(
            r"so a parabola fitted to the variance does not measure $\sigma_H$ unless "
            r"$\operatorname{Cov}(\tilde{g}, \tilde{T}) = 0$",
            equation(curvature_of_C, sigma_H),
            lambda: _coefficient() - in_moments(sigma_H),
            by="counterexample",
        ),
        Step("$b$ draws; without replacement two have covariance $-C_1/(n-1)$", None, _batches),
        Step(r"$\kappa = H/(\eta \sigma_H)$ goes as one over the noise", None, _kappa),
    ),
    mutants=(
        Mutant(r"$\rho u$ instead of $2\rho u$", {ONE: equation(C_1, C - rho * u)}),
        Mutant(
            r"$\sigma_H$ for every loss, not only for quadratic ones",
            {CUBIC: equation(curvature_of_C, sigma_H)},
            source=True,
        ),
        Mutant(
            "covariance with the third derivative counted twice",
            {CUBIC: equation(curvature_of_C, sigma_H + 2 * Cov(g, T))},
        ),
        Mutant("$1/b^2$ instead of $1/b$", {MANY: equation(C_b, C_1 / b**2)}),
        Mutant("$n$ instead of $n - 1$", {SOME: equation(C_b, C_1 / b * (n - b) / n)}),
        Mutant(
            r"$\kappa$ falls with the batch size", {KAPPA_MANY: equation(kappa_b, kappa_1 / b)}
        ),
    ),
    status="conditional",
    against_source="corrected",
    remark=(
        "Exact where the loss of *every sample* is quadratic. As we reconstruct it, the source "
        "truncates the sample gradient after the linear term; the next term, the third "
        r"derivative $\tilde T$, enters at the same order $u^2$, through "
        r"$\operatorname{Cov}(\tilde g, \tilde T)$. It vanishes where every $\tilde g = 0$ and "
        r"$\tilde T$ stays bounded (squared loss, interpolated). For cross-entropy the three "
        r"shrink together, and it stays about as large as $\sigma_H$."
    ),
    notebook="notebooks/power_law/03_gradient_noise_is_quadratic",
)

STATEMENTS = (P1, *sde.STATEMENTS)
