"""A spectrum of curvatures: apparent anomalous exponents on a convex quadratic."""

from functools import lru_cache

import mpmath
import sympy as sp

from sgdtheory.theory.anomalous.letters import QUADRATIC, C, M, beta, tau
from sgdtheory.theory.statement import Mutant, Statement, Step, equation

eta, lam, lam_1, v, m_0, m_inf = sp.symbols(
    r"eta lambda lambda_1 v m_0 m_{\infty}", positive=True
)
a, phi = sp.symbols("a varphi", positive=True)
n, t = sp.symbols("n t", integer=True, nonnegative=True)
k = sp.Symbol("k", integer=True, positive=True)
density = sp.Symbol(r"{n(\lambda)}", positive=True)
far = sp.Symbol(r"{C_{t}(k)}", real=True)
tau_1 = sp.Symbol("tau_1", positive=True)
first, late = sp.Function(r"\beta_{1}"), sp.Function(r"\beta_{24}")

#: The example: eta, modes, noise over curvature, mean square at the start, points, wait.
RATE, MODES, NOISE, START, POINTS = mpmath.mpf("0.1"), 2000, "0.005", "0.01", 1000
STRONGEST, WAIT = 18, 23_000

DENSITY, LAW, EXPONENT = (
    r"eigenvalues $\lambda_i = \lambda_1 i^{-1/a}$, $0 < a < 1$: how many lie at $\lambda$",
    r"all modes with one variance $v$, small steps, between $1/(\eta\lambda_1)$ and "
    r"$1/(\eta\lambda_{\min})$",
    "its exponent",
)
SHORT, MIDDLE, LONG = ((1, 10), (10, 100), (100, 500))
NUMBERS = {
    (first, SHORT): "0.535", (first, MIDDLE): "0.913", (first, LONG): "1.226",
    (late, SHORT): "0.507", (late, MIDDLE): "0.708", (late, LONG): "0.556",
}  # fmt: skip
TURN = r"first window: from this lag on $M/\tau$ rises, the exponent is above one"
REST, FAR = (
    "a mode at rest, steps $k \\ge 1$ apart: each step is taken back",
    r"a mode on its way down, no noise, steps $t$ and $t + k$: they go on",
)


def label(window, lags) -> str:
    of = "first window" if window is first else "window 24"
    return f"example, {of}, slope between lags {lags[0]} and {lags[1]} (three decimals)"


def number(window, lags, value) -> dict:
    return {label(window, lags): equation(window(*lags), sp.Float(value))}


EULER = sp.gamma(1 - a)


def law(power=a, front=EULER):
    return equation(M(tau), 2 * v * front * (eta * lam_1 * tau) ** power)


EXAMPLE = {
    key: part for at, value in NUMBERS.items() for key, part in number(*at, value).items()
}
CLAIM = {
    DENSITY: equation(density, a * lam_1**a * lam ** (-1 - a)),
    LAW: law(),
    EXPONENT: equation(beta, a),
    **EXAMPLE,
    TURN: equation(tau_1, 67),
}


@lru_cache(maxsize=4096)
def exact(lag: int, wait: int) -> mpmath.mpf:
    """The displacement of the example: the box of ANO-T3 with constant noise, 30 digits."""
    with mpmath.workdps(30):
        total = mpmath.mpf(0)
        for index in range(1, MODES + 1):
            h = RATE * STRONGEST / index
            keep, start = 1 - h, mpmath.mpf(START)
            rest = RATE * mpmath.mpf(NOISE) / (2 - h)
            lost, pairs = 1 - keep**lag, POINTS - lag
            fading = keep ** (2 * wait) * (1 - keep ** (2 * pairs)) / (pairs * h * (2 - h))
            total += 2 * rest * lost + (start - rest) * lost**2 * fading
        return total


def rounded_slope(window, lags) -> sp.Rational:
    low, high = lags
    wait = 0 if window is first else WAIT
    rise = mpmath.log(exact(high, wait) / exact(low, wait))
    return sp.Rational(int(mpmath.nint(1000 * rise / mpmath.log(mpmath.mpf(high) / low))), 1000)


def _number(window, lags):
    def residual(claim):
        return sp.Rational(str(claim[label(window, lags)].rhs)) - rounded_slope(window, lags)

    return residual


def _turn(claim):
    """``M/tau`` falls up to this lag and rises behind it."""
    at = int(claim[TURN].rhs)
    before, here, after = (exact(lag, 0) / lag for lag in (at - 1, at, at + 1))
    return [bool(before > here), bool(after > here)]


def _log(expr: sp.Expr) -> sp.Expr:
    """Logarithm of a product of powers, as a sum."""
    return sp.expand_log(sp.log(sp.powsimp(expr)))


def _density(claim):
    """Above lambda lie ``i = (lambda_1/lambda)^a`` of them."""
    return _log(claim[DENSITY].rhs) - _log(-sp.diff(lam_1**a * lam ** (-a), lam))


def _law(claim):
    """Every mode relaxes as ``2 v (1 - exp(-eta lambda tau))``: slope in the lag, and start."""
    slope = 2 * v * eta * lam * claim[DENSITY].rhs * sp.exp(-eta * lam * tau)
    total = sp.integrate(sp.powsimp(slope), (lam, 0, sp.oo), conds="none")
    found = claim[LAW].rhs
    return [_log(sp.diff(found, tau)) - _log(total), found.subs(tau, 0)]


def _exponent(claim):
    return claim[EXPONENT].rhs - tau * sp.diff(_log(claim[LAW].rhs), tau)


def _at_rest(claim):
    """``E w_s w_t = m_inf phi^|t-s|``; the product of two steps, written out."""

    def of(apart):
        return m_inf * phi**apart

    product = 2 * of(k) - of(k + 1) - of(k - 1)
    return sp.cancel(sp.expand(claim[REST].rhs - product, power_exp=True))


def _far(claim):
    """``w_t = phi^t w_0``."""
    steps = (phi ** (at + 1) - phi**at for at in (t, t + k))
    return sp.cancel(sp.expand(claim[FAR].rhs - m_0 * sp.prod(steps), power_exp=True))


EXAMPLE_TEXT = (
    r"example: $\lambda_i = 18/i$ for $i \le 2000$, $\eta = 0.1$, constant Gaussian noise "
    r"$C_i = 0.005\,\lambda_i$, $\operatorname{E} w_i(0)^2 = 0.01$, windows of $T = 1000$ "
    r"points, window 24 begins at step 23,000",
    None,
)

SPECTRUM = Statement(
    id="ANO-T4",
    kind="proposition",
    title="A power-law spectrum gives anomalous exponents without any anomaly",
    source="sgdtheory",
    assumptions=(
        (r"SGD on a convex quadratic with constant noise (ANO-T3); for the law: noise "
         r"proportional to curvature, so that all modes have one variance", None),
        (r"$0 < a < 1$", a < 1),
        EXAMPLE_TEXT,
    ),
    claim=CLAIM,
    uses=("ANO-T1", "ANO-T3"),
    steps=(
        Step("count the eigenvalues", None, _density),
        Step(r"add up the modes; the integral is Euler's", equation(
            M(tau), sp.Integral(2 * v * (1 - sp.exp(-eta * lam * tau)) * density,
                                (lam, 0, sp.oo))), _law, by="integral"),
        Step("logarithmic derivative", None, _exponent),
        *(Step(f"{label(*at)}: the box of ANO-T3 for 2000 modes", None, _number(*at),
               by="example") for at in NUMBERS),
        Step(r"$M/\tau$ has a minimum there (ANO-T1)", None, _turn, by="example"),
    ),
    mutants=(
        Mutant("density of the eigenvalues' logarithm",
               {DENSITY: equation(density, a * lam_1**a * lam ** (-a))}),
        Mutant("normal diffusion", {LAW: law(power=1)}),
        Mutant("law without its Gamma function", {LAW: law(front=1)}),
        Mutant("exponent of the index", {EXPONENT: equation(beta, 1 / a)}),
        Mutant("long lags of the first window as in window 24",
               number(first, LONG, NUMBERS[late, LONG])),
        Mutant("window 24 as the first", number(late, LONG, NUMBERS[first, LONG])),
        Mutant("the exponent passes one ten steps later", {TURN: equation(tau_1, 77)}),
    ),
    remark=(
        r"In the example three things make the pattern. Sharp modes with $1 < \eta\lambda < "
        r"2$ bounce, which bends the shortest lags down; modes that have reached their "
        r"plateau keep the exponent below one; flat modes that still travel towards the "
        r"minimum are ballistic and take over at long lags, until they too have arrived. For "
        r"$\lambda_i \propto i^{-1}$ ($a = 1$) the ends of the spectrum set the slope."
    ),
    notebook=QUADRATIC,
)  # fmt: skip

CLAIMED = {
    REST: equation(C(k), -m_inf * (1 - phi) ** 2 * phi ** (k - 1)),
    FAR: equation(far, m_0 * (1 - phi) ** 2 * phi ** (2 * t + k)),
    **number(first, LONG, NUMBERS[first, LONG]),
    **number(late, LONG, NUMBERS[late, LONG]),
}

LANGEVIN = Statement(
    id="ANO-C1",
    kind="proposition",
    title="Gaussian noise on a convex quadratic goes from super- to sub-diffusion",
    source="chen2022anomalous, limits of Gaussian Langevin pictures",
    assumptions=(
        (r"constant noise (ANO-T3); $\varphi = 1 - \eta\lambda$", None),
        EXAMPLE_TEXT,
    ),
    claim=CLAIMED,
    uses=("ANO-T1", "ANO-T3", "ANO-T4"),
    steps=(
        Step(r"stationary covariance $m_\infty\varphi^{|t-s|}$: for $\varphi > 0$ all step "
             r"correlations are negative, so that by ANO-T1 the exponent is below one at every "
             "lag", None, _at_rest),
        Step(r"before, $w_t = \varphi^t w_0$: for $\varphi > 0$ all step correlations are "
             "positive", None, _far),
        Step("the first window of the example", None, _number(first, LONG), by="example"),
        Step("its window 24", None, _number(late, LONG), by="example"),
    ),
    mutants=(
        Mutant("Gaussian noise cannot superdiffuse", number(first, LONG, "1"), source=True),
        Mutant("Gaussian noise cannot subdiffuse", number(late, LONG, "1"), source=True),
        Mutant("correlations at rest with the other sign",
               {REST: equation(C(k), m_inf * (1 - phi) ** 2 * phi ** (k - 1))}),
        Mutant("no memory of the start",
               {FAR: equation(far, m_0 * (1 - phi) ** 2 * phi**k)}),
    ),
    against_source="refuted",
    remark=(
        r"As we reconstruct it, the source holds that Langevin pictures with Gaussian noise "
        r"cannot give super-diffusion that turns into sub-diffusion. As a statement of "
        r"impossibility that is refuted by this one example, which has neither heavy tails "
        r"nor a fractal landscape, not even a second minimum. It does not follow that "
        r"networks are convex: what follows is that this pattern cannot tell."
    ),
    notebook=QUADRATIC,
)  # fmt: skip

STATEMENTS = (SPECTRUM, LANGEVIN)
