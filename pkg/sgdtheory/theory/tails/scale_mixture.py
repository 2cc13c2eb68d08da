"""A Student t is a mixture of Gaussians: what one sample cannot tell apart."""

from functools import lru_cache

import sympy as sp

from sgdtheory.theory.statement import Mutant, Statement, Step, equation

nu, s, v, tau, kappa, a, k = sp.symbols("nu s v tau kappa a k", positive=True)
sigma_g, sigma_H, eta, H = sp.symbols("sigma_g sigma_H eta H", positive=True)
u, sd = sp.Symbol("u", real=True), sp.Symbol("r", positive=True)
half = sp.Rational(1, 2)
p = sp.Function("p")(u)
f_v, f_tau, f_sd = sp.Function("f")(v), sp.Function("g")(tau), sp.Function("h")(sd)
mean_v, kurtosis, weight, local, local_sgd, cv2 = (
    sp.Symbol(name, positive=True)
    for name in (r"{E\,v}", r"{E u^4/(E u^2)^2}", r"{E(v^{-1} \mid u)}", r"{E(v \mid u)}",
                 r"{E(v \mid u)_{\mathrm{SGD}}}", r"{\mathrm{CV}^2(v)}")
)  # fmt: skip

MIXED = r"Gaussians of variance $v$, mixed"
VARIANCE, PRECISION, DEVIATION = (
    "variance: inverse gamma",
    r"precision $\tau = 1/v$: gamma",
    "deviation $r = \\sqrt v$",
)
MEAN, SPREAD, FOURTH = "mean of $v$", "its squared coefficient of variation", "kurtosis of $u$"
WEIGHT, LOCAL = "weight of a datum in the fit", r"variance to be expected at $u$"
SGD = r"the same for SGD: $\nu = 2\kappa + 1$, $\nu s^2 = \sigma_g/\sigma_H$"


def inverse_gamma(shape=nu / 2, rate=nu * s**2 / 2):
    return equation(f_v, rate**shape / sp.gamma(shape) * v ** (-shape - 1) * sp.exp(-rate / v))


def gamma_density(rate=nu * s**2 / 2):
    shape = nu / 2
    return equation(
        f_tau, rate**shape / sp.gamma(shape) * tau ** (shape - 1) * sp.exp(-rate * tau)
    )


def deviation_density(power=-nu - 1):
    rate = nu * s**2 / 2
    return equation(
        f_sd, 2 * rate ** (nu / 2) / sp.gamma(nu / 2) * sd**power * sp.exp(-rate / sd**2)
    )


STUDENT = (
    sp.gamma((nu + 1) / 2) / (sp.sqrt(nu * sp.pi) * s * sp.gamma(nu / 2))
    * (1 + u**2 / (nu * s**2)) ** (-(nu + 1) / 2)
)  # fmt: skip

CLAIM = {
    MIXED: equation(p, STUDENT),
    VARIANCE: inverse_gamma(),
    PRECISION: gamma_density(),
    DEVIATION: deviation_density(),
    MEAN: equation(mean_v, nu * s**2 / (nu - 2)),
    SPREAD: equation(cv2, 2 / (nu - 4)),
    FOURTH: equation(kurtosis, 3 * (nu - 2) / (nu - 4)),
    WEIGHT: equation(weight, (nu + 1) / (nu * s**2 + u**2)),
    LOCAL: equation(local, (nu * s**2 + u**2) / (nu - 1)),
    SGD: equation(local_sgd, eta * (sigma_g + sigma_H * u**2) / (2 * H)),
}
TO_SGD = {nu: 2 * kappa + 1, s: sp.sqrt(sigma_g / sigma_H / (2 * kappa + 1))}
KAPPA = {kappa: H / (eta * sigma_H)}


@lru_cache(maxsize=1)
def gamma_integral() -> sp.Expr:
    """``int_0^oo v^(-a-1) exp(-k/v) dv = Gamma(a) k^-a``, by y = k/v."""
    y = sp.Symbol("y", positive=True)
    return sp.integrate(y ** (a - 1) * sp.exp(-y), (y, 0, sp.oo)) * k**-a


def _gamma_is_right():
    """The substitution v = k/y, undone: both integrands are the same."""
    y = sp.Symbol("y", positive=True)
    there = (v ** (-a - 1) * sp.exp(-k / v)).subs(v, k / y) * k / y**2
    back = sp.powsimp(sp.expand_power_base(there / (k**-a * y ** (a - 1) * sp.exp(-y))))
    return [sp.simplify(back - 1), gamma_integral() - sp.gamma(a) * k**-a]


def split(density) -> tuple[sp.Expr, sp.Expr, sp.Expr]:
    """front, a and k of ``front * v^(-a-1) exp(-k/v)``, read off from the log-slope in v."""
    log = sp.expand_log(sp.log(density), force=True)
    slope = sp.expand(sp.diff(log, v) * v**2)
    rate = slope.subs(v, 0)
    shape = -sp.cancel((slope - rate) / v) - 1
    front = sp.simplify(density * v ** (shape + 1) * sp.exp(rate / v))
    return front, shape, rate


def moment(density, power=0) -> sp.Expr:
    """``int v^power density dv`` by the gamma integral."""
    front, shape, rate = split(density)
    return front * gamma_integral().subs({a: shape - power, k: rate}, simultaneous=True)


def _gaussian():
    return sp.exp(-(u**2) / (2 * v)) / sp.sqrt(2 * sp.pi * v)


def _log_ratio(left, right) -> list[sp.Expr]:
    """Log of a ratio of products of powers and Gammas: its slope in u, its value at u = 0."""
    gap = sp.expand_log(sp.log(left) - sp.log(right), force=True)
    at_0 = sp.gammasimp(sp.powsimp((left / right).subs(u, 0), force=True))
    return [sp.cancel(sp.diff(gap, u)), sp.simplify(sp.powdenest(at_0, force=True)) - 1]


def _mixed(claim):
    return _log_ratio(moment(claim[VARIANCE].rhs * _gaussian()), claim[MIXED].rhs)


def _changed(label, of, letter):
    """One density is the other with v = of(letter)."""

    def residual(claim):
        moved = claim[VARIANCE].rhs.subs(v, of) * sp.Abs(sp.diff(of, letter))
        ratio = sp.expand_log(sp.log(moved) - sp.log(claim[label].rhs), force=True)
        return sp.simplify(ratio)

    return residual


def _moments(claim):
    density = claim[VARIANCE].rhs
    total, first, second = (moment(density, n) for n in (0, 1, 2))
    mean, square = sp.gammasimp(first / total), sp.gammasimp(second / total)
    relative = sp.cancel(square / mean**2)
    return [
        sp.cancel(mean - claim[MEAN].rhs),
        sp.cancel(relative - 1 - claim[SPREAD].rhs),
        sp.cancel(3 * relative - claim[FOURTH].rhs),
    ]


def _given_u(claim):
    """Bayes: the law of v given u has the same form, shape + 1/2 and rate + u^2/2."""
    _, shape, rate = split(claim[VARIANCE].rhs * _gaussian())
    for power, label in ((-1, WEIGHT), (1, LOCAL)):
        ratio = gamma_integral().subs(a, a - power) / gamma_integral()
        ratio = sp.gammasimp(sp.powsimp(ratio)).subs({a: shape, k: rate}, simultaneous=True)
        yield sp.cancel(ratio - claim[label].rhs)


def _as_noise(claim):
    found = claim[LOCAL].rhs.subs(TO_SGD).subs(KAPPA)
    return sp.cancel(found - claim[SGD].rhs)


TLS1 = Statement(
    id="TLS-1",
    kind="theorem",
    title="A Student t is a mixture of Gaussians of unequal width",
    source="sgdtheory",
    assumptions=(
        (r"$u$ given $v$ is Gaussian of mean 0 and variance $v$", None),
        (r"$\nu > 4$ for the kurtosis, $\nu > 2$ for the mean of $v$, $\nu > 1$ for the "
         r"variance at $u$", None),
        (r"for SGD: the Itô law of PLD-C3, $\kappa = H/(\eta\sigma_H)$", None),
    ),
    claim=CLAIM,
    uses=("PLD-C3",),
    steps=(
        Step("with $y = k/v$ a gamma integral",
             equation(sp.Integral(v ** (-a - 1) * sp.exp(-k / v), (v, 0, sp.oo)),
                      sp.gamma(a) * k**-a), _gamma_is_right, by="integral"),
        Step(r"a Gaussian adds $\frac12$ to the shape and $u^2/2$ to the rate; what is left is "
             r"the power $(\nu s^2 + u^2)^{-(\nu+1)/2}$", None, _mixed, by="integral"),
        Step(r"$\tau = 1/v$: density times $\tau^{-2}$", None,
             _changed(PRECISION, 1 / tau, tau)),
        Step("$v = r^2$: density times $2r$", None, _changed(DEVIATION, sd**2, sd)),
        Step(r"moments of $v$; $E(u^4 \mid v) = 3v^2$", None, _moments, by="integral"),
        Step("the law of $v$ given $u$, by Bayes", None, _given_u, by="integral"),
        Step(r"$\nu - 1 = 2\kappa$: the variance to be expected at $u$ is "
             r"$\frac{\eta}{2H}C(u)$", None, _as_noise),
    ),
    mutants=(
        Mutant(r"shape $\nu$", {VARIANCE: inverse_gamma(shape=nu)}),
        Mutant(r"rate $\nu s^2$", {VARIANCE: inverse_gamma(rate=nu * s**2)}),
        Mutant("precision with the rate of twice the scale",
               {PRECISION: gamma_density(2 * nu * s**2)}),
        Mutant(r"the density of $v$ taken for that of $\sqrt v$",
               {DEVIATION: deviation_density(-nu - 2)}),
        Mutant(r"mean $s^2$", {MEAN: equation(mean_v, s**2)}),
        Mutant("spread of the deviation for that of the variance",
               {SPREAD: equation(cv2, half / (nu - 4))}),
        Mutant(r"variance at $u$ with $\nu + 1$",
               {LOCAL: equation(local, (nu * s**2 + u**2) / (nu + 1))}),
        Mutant("the anti-Itô reading",
               {SGD: equation(local_sgd, eta * (sigma_g + sigma_H * u**2)
                              / (2 * (H - eta * sigma_H)))}),
    ),
    remark=(
        r"Two stories make one histogram. In the first a single weight moves in noise "
        r"$C(u) = \sigma_g + \sigma_H u^2$. In the second every weight is Gaussian, each with "
        r"a width of its own, and nothing depends on where it is. If the precisions are spread "
        r"like a gamma law the two agree exactly, and more: far out, the widths that one then "
        r"has to expect grow as if noise grew with $u$ (last line). No sample of one time "
        r"can tell them apart. What can: the same weight at two times, or in two runs. "
        r"A t fit weighs each datum with the mean of $1/v$ given $u$."
    ),
    notebook="notebooks/tails/01_fitting_a_power_law",
)  # fmt: skip
