"""Loss differences of pairs on a path: what minibatches add, and what exponent to expect."""

from functools import lru_cache

import sympy as sp

from sgdtheory.theory.statement import Mutant, Statement, Step, equation

NOTEBOOK = "notebooks/anomalous/06_path_and_landscape"

sigma, g, c, r, H, s, ell = sp.symbols(r"\sigma_B g c r H s \ell", positive=True)
n, d = sp.symbols("n d", positive=True, integer=True)
delta, e_1, e_2 = sp.symbols(r"\delta \varepsilon_1 \varepsilon_2", real=True)
msl, true, successive, pooled = sp.symbols(
    r"{\operatorname{MSL}} {\operatorname{MSL}_{0}} {\frac{1}{2}\operatorname{E}"
    r"(L_{t+1}-L_t)^{2}} {\operatorname{E}(\overline{\Delta{L}})^{2}}",
    positive=True,
)  # fmt: skip

FLOOR, NEXT, POOLED = (
    "losses read on minibatches, against those of the landscape",
    r"the floor from neighbours in time; $\delta$: true change within one step",
    r"$n$ pairs at one distance, each of true difference $\delta$: the mean, squared",
)

DEFINITION = {
    FLOOR: equation(msl, true + 2 * sigma**2),
    NEXT: equation(successive, sigma**2 + delta**2 / 2),
    POOLED: equation(pooled, delta**2 + 2 * sigma**2 / n),
}


def mean(expr) -> sp.Expr:
    """Average over two independent noises of mean zero and variance sigma_B^2."""
    moments = {0: 1, 1: 0, 2: sigma**2}
    terms = sp.Poly(expr, e_1, e_2).terms()
    return sum(coeff * moments[a] * moments[b] for (a, b), coeff in terms)


def _floor(claim):
    found = mean(sp.expand((delta + e_1 - e_2) ** 2))
    return sp.expand(claim[FLOOR].rhs.subs(true, delta**2) - found)


def _next(claim):
    return sp.expand(claim[NEXT].rhs - mean(sp.expand((delta + e_2 - e_1) ** 2)) / 2)


def _pooled(claim):
    """n squares, and n (n - 1) products of independent pairs."""
    square = mean(sp.expand((delta + e_1 - e_2) ** 2))
    return sp.expand(claim[POOLED].rhs - (n * square + n * (n - 1) * delta**2) / n**2)


EQUATION_8 = Statement(
    id="ANO-EQ8",
    kind="formula",
    title="Mean squared loss difference, and the floor that minibatches put under it",
    source="chen2022anomalous, Equation 8 and released code",
    assumptions=(
        (r"$\mathrm{MSL}(\Delta r) = \langle (L_i - L_j)^2\rangle$ over pairs of points of a "
         r"path with $\|w_i - w_j\| = \Delta r$; $\mathrm{MSL}_0$ with the losses of all data",
         None),
        (r"$L_t$ = loss of all data plus noise of variance $\sigma_B^2$, independent from step "
         r"to step and of the two points", None),
        (r"part 3: the $n$ pairs have no point in common", None),
    ),
    claim=DEFINITION,
    steps=(
        Step(r"$(\delta + \varepsilon_i - \varepsilon_j)^2$ with two independent noises", None,
             _floor),
        Step("the same for neighbours, halved", None, _next),
        Step(r"$n$ squares and $n(n-1)$ products of different pairs, over $n^2$", None,
             _pooled),
    ),
    mutants=(
        Mutant("what minibatches show is the landscape", {FLOOR: equation(msl, true)},
               source=True),
        Mutant("one of two losses is noisy", {FLOOR: equation(msl, true + sigma**2)}),
        Mutant("half the squared step is the whole floor",
               {NEXT: equation(successive, 2 * sigma**2 + delta**2 / 2)}),
        Mutant("squaring before or after the mean is the same",
               {POOLED: equation(pooled, delta**2 + 2 * sigma**2)}),
    ),
    against_source="corrected",
    remark=(
        r"A mean squared loss difference that is flat in $\Delta r$ and equal to $\langle("
        r"L_{t+1}-L_t)^2\rangle$ has not met the landscape: it is $2\sigma_B^2$. Take the "
        r"losses of all data, at the recorded weights: the source's loop stores the loss "
        r"before an update with the weights after it. Its code squares the mean over equal "
        r"distances; as no two distances are equal to the last digit, each mean is over one "
        r"pair and no harm is done, but binning first would have hidden the noise as $1/n$. "
        r"The noise is not quite independent of the points: a batch of large loss makes the "
        r"next step long."
    ),
    notebook=NOTEBOOK,
)  # fmt: skip

# --- exponents

surface, descent, anywhere, smooth = sp.symbols(
    r"{\operatorname{MSL}_{\mathrm{fBm}}} {\operatorname{MSL}_{\mathrm{descent}}} "
    r"{\operatorname{MSL}_{\mathrm{isotropic}}} {\operatorname{MSL}_{\mathrm{smooth}}}",
    positive=True,
)  # fmt: skip
slope = sp.Symbol(r"{\frac{\mathrm{d}\ln\operatorname{MSL}_{\mathrm{descent}}}"
                  r"{\mathrm{d}\ln r}}", positive=True)  # fmt: skip
SURFACE, DESCENT, SLOPE, ISOTROPIC, SMOOTH = (
    "fractional Brownian landscape",
    "descent of constant slope $g$, losses read on minibatches",
    "its local exponent, from 0 to 2",
    "the same slope met in a random direction of $d$, without noise",
    r"smooth random landscape of correlation length $\ell$",
)
SCALING = {
    SURFACE: equation(surface, c * r ** (2 * H)),
    DESCENT: equation(descent, g**2 * r**2 + 2 * sigma**2),
    SLOPE: equation(slope, 2 / (1 + 2 * sigma**2 / (g * r) ** 2)),
    ISOTROPIC: equation(anywhere, g**2 * r**2 / d),
    SMOOTH: equation(sp.Limit(smooth / r**2, r, 0, "+"), s**2 / ell**2),
}
a, b, x = sp.symbols("a b x", real=True)
m = sp.Symbol("m", positive=True)


def _surface(claim):
    """Two points at distances a and b from the origin, r from each other; in logarithms."""
    here, there, apart = (c * sp.exp(2 * H * x) for x in (a, b, x))
    return sp.expand(
        claim[SURFACE].rhs.subs(r, sp.exp(x)) - (here + there - 2 * (here + there - apart) / 2)
    )


def _descent(claim):
    return claim[DESCENT].rhs - DEFINITION[FLOOR].rhs.subs(true, (g * r) ** 2)


def _slope(claim):
    msl_of_r = claim[DESCENT].rhs
    return sp.simplify(claim[SLOPE].rhs - r * sp.diff(msl_of_r, r) / msl_of_r)


@lru_cache(maxsize=1)
def cosine_squared() -> sp.Expr:
    """Mean of cos^2 to a fixed axis in m + 1 dimensions; t = cos^2, weight of the sphere."""

    def moment(power):
        # Beta function: int t^(power - 1/2) (1 - t)^(m/2 - 1) dt
        return (
            sp.gamma(power + sp.S.Half) * sp.gamma(m / 2) / sp.gamma(power + sp.S.Half + m / 2)
        )

    return sp.gammasimp(moment(1) / moment(0)).subs(m, d - 1)


def _isotropic(claim):
    return sp.simplify(claim[ISOTROPIC].rhs - g**2 * r**2 * cosine_squared())


def _smooth(claim):
    """Covariance s^2 exp(-r^2/(2 l^2)): twice the variance minus twice the covariance."""
    found = 2 * s**2 * (1 - sp.exp(-(r**2) / (2 * ell**2)))
    return claim[SMOOTH].rhs - sp.limit(found / r**2, r, 0, "+")


EQUATION_9 = Statement(
    id="ANO-EQ9",
    kind="formula",
    title="Exponents of the mean squared loss difference",
    source="chen2022anomalous, Equation 9",
    assumptions=(
        (r"fractional Brownian: $L$ Gaussian, $\operatorname{Cov}(L_x, L_y) = \frac{c}{2}(|x|"
         r"^{2H} + |y|^{2H} - |x - y|^{2H})$, $0 < H < 1$, points chosen without regard to "
         r"$L$", H < 1),
        (r"descent: a path straight down a constant slope $g$; minibatch noise as in ANO-EQ8",
         None),
        (r"smooth: $L$ Gaussian of covariance $s^2 e^{-r^2/2\ell^2}$", None),
    ),
    claim=SCALING,
    uses=("ANO-EQ8",),
    steps=(
        Step("two variances minus twice the covariance", None, _surface),
        Step(r"$\mathrm{MSL}_0 = (gr)^2$ on the floor of ANO-EQ8", None, _descent),
        Step("logarithmic derivative", None, _slope),
        Step(r"$\cos^2$ to the gradient is $1/d$ on the mean", None, _isotropic),
        Step(r"$2s^2(1 - e^{-r^2/2\ell^2})$ over $r^2$", None, _smooth, by="limit"),
    ),
    mutants=(
        Mutant("the exponent of the difference, not of its square",
               {SURFACE: equation(surface, c * r**H)}),
        Mutant("half the floor", {DESCENT: equation(descent, g**2 * r**2 + sigma**2)}),
        Mutant("no floor: two at every distance", {SLOPE: equation(slope, 2)}),
        Mutant("a path down the slope samples the landscape",
               {ISOTROPIC: equation(anywhere, g**2 * r**2)}),
    ),
    against_source="as-stated",
    remark=(
        r"The source reads an exponent 1.8 as $H = 0.9$, a rough landscape. Every smooth "
        r"function has 2 at short distance, and on a floor of noise any value between 0 and 2 "
        r"is passed: an exponent a little below 2 is no sign of a fractal. Nor do pairs on one "
        r"descending path sample the landscape: they meet its steepest direction, $d$ times "
        r"the squared difference of a random one."
    ),
    notebook=NOTEBOOK,
)  # fmt: skip

STATEMENTS = (EQUATION_8, EQUATION_9)
