"""Paths and landscapes that scale: what an exponent of one says about the other."""

import sympy as sp

from sgdtheory.theory.statement import Mutant, Statement, Step, equation

NOTEBOOK = "notebooks/anomalous/06_path_and_landscape"

H, s, d, r, t, b, ell, A = sp.symbols(r"H s d r t b \ell A", positive=True)
alpha, D_f = sp.symbols("alpha D_f", positive=True)
g, sigma_B = sp.symbols("g sigma_B", positive=True)
u = sp.Symbol("u", positive=True)
n = sp.Symbol("n", integer=True)
S = sp.Function("S")
spread = sp.Symbol(
    r"\frac{\operatorname{Var}\|\Delta w\|^2}{(\operatorname{E}\|\Delta w\|^2)^2}",
    positive=True,
)
off = sp.Symbol(r"\frac{\operatorname{E}h_u^2}{\operatorname{E}\|B(1)\|^2}", positive=True)
middle = sp.Symbol(
    r"\lim_{d\to\infty} \frac{\operatorname{E}h_{1/2}^2}{\operatorname{E}\|B(1)\|^2}",
    positive=True,
)
msl = sp.Symbol(r"\mathrm{MSL}(r)", positive=True)
noisy = sp.Symbol(r"{\mathrm{MSL}_{\mathrm{noisy}}(r)}", positive=True)

STEPS, PATH, CHORD, MIDDLE, SURFACE, FLOOR, WAVES = (
    "steps in $d$ dimensions have nearly one length",
    r"so $R^2 \propto \tau^\alpha$ fixes the dimension of the path, $R \propto s^{1/D_f}$",
    r"distance of $B(u)$ from the chord of an fBm path",
    "its value at the middle",
    "an fBm landscape, along a path that does not depend on it",
    "a straight descent on a smooth loss, read with noise",
    "the function of Weierstrass and Mandelbrot",
)

#: Twice the covariance of B(u) and B(1).
SHARED = 1 + u ** (2 * H) - (1 - u) ** (2 * H)

CLAIM = {
    STEPS: equation(spread, 2 / d),
    PATH: equation(D_f, 2 / alpha),
    CHORD: equation(off, (1 - 1 / d) * (u ** (2 * H) - SHARED**2 / 4)),
    MIDDLE: equation(middle, 2 ** (-2 * H) - sp.Rational(1, 4)),
    SURFACE: equation(msl, r ** (2 * H)),
    FLOOR: equation(noisy, g**2 * r**2 + 2 * sigma_B**2),
    WAVES: equation(S(b * t), b ** (2 * H) * S(t)),
}


def _steps(claim):
    """d independent normal coordinates: fourth moment against squared second."""
    x = sp.Symbol("x", real=True)
    normal = sp.exp(-(x**2) / 2) / sp.sqrt(2 * sp.pi)
    second, fourth = (sp.integrate(x**m * normal, (x, -sp.oo, sp.oo)) for m in (2, 4))
    return claim[STEPS].rhs - d * (fourth - second**2) / (d * second) ** 2


def _path(claim):
    """``s = ell tau`` and ``R^2 = A tau^alpha``; ``R^2 ~ s^(2/D_f)``."""
    squared = A * (s / ell) ** alpha
    return sp.simplify(2 / claim[PATH].rhs - s * sp.diff(sp.log(squared), s))


def _chord(claim):
    """What B(1) does not explain of B(u), in the d - 1 directions across the chord."""
    covariance = sp.Matrix([[u ** (2 * H), SHARED / 2], [SHARED / 2, 1]])
    unexplained = covariance.det() / covariance[1, 1]
    return sp.simplify(claim[CHORD].rhs - (d - 1) * unexplained / d)


def _middle(claim):
    far = sp.limit(claim[CHORD].rhs.subs(u, sp.S.Half), d, sp.oo)
    return sp.simplify(claim[MIDDLE].rhs - far)


def _surface(claim):
    """From the covariance ``(|x|^2H + |x'|^2H - r^2H)/2``; p, q the first two."""
    p, q = sp.symbols("p q", positive=True)
    return sp.expand(claim[SURFACE].rhs - (p + q - 2 * (p + q - r ** (2 * H)) / 2))


def _floor(claim):
    """``(g r + e_1 - e_2)^2`` averaged over two independent errors of mean zero."""
    first, second = sp.symbols("e_1 e_2", real=True)
    square = sp.Poly((g * r + first - second) ** 2, first, second)
    moments = {(0, 0): 1, (2, 0): sigma_B**2, (0, 2): sigma_B**2}
    mean = sum(weight * moments.get(power, 0) for power, weight in square.terms())
    return sp.expand(claim[FLOOR].rhs - mean)


def _term(m, at):
    return b ** (-2 * m * H) * (1 - sp.cos(b**m * at))


def _waves(claim):
    """Term n of S(b t) is b^2H times term n + 1 of S(t): the factor in the claim."""
    factor = claim[WAVES].rhs / S(t)
    difference = _term(n, b * t) - factor * _term(n + 1, t)
    return sp.powsimp(sp.expand(difference.subs(b, sp.exp(g))))


def _phases():
    """Mean over the phase of the square of ``cos(phi) - cos(x + phi)``."""
    x, phi = sp.symbols("x varphi", real=True)
    square = sp.expand(sp.expand_trig((sp.cos(phi) - sp.cos(x + phi)) ** 2))
    mean = sp.integrate(square, (phi, 0, 2 * sp.pi)) / (2 * sp.pi)
    return sp.simplify(mean - (1 - sp.cos(x)))


T5 = Statement(
    id="ANO-T5",
    kind="proposition",
    title="Path and landscape: one exponent each, and what adds nothing",
    source="sgdtheory",
    assumptions=(
        (r"path: $s$ contour length, $R$ distance between its ends, $\tau$ steps of mean "
         r"length $\ell$ with Gaussian coordinates of equal variance; of unequal ones $d$ is "
         r"$(\sum_i \Lambda_i)^2/\sum_i \Lambda_i^2$", None),
        (r"$s = \ell\tau$ for $d \to \infty$", None),
        (r"$B$: fractional Brownian motion in $d$ dimensions, $0 < u < 1$; $h_u$ the distance "
         r"of $B(u)$ from the line through $B(0)$ and $B(1)$", u < 1),
        (r"$\mathrm{MSL}(r)$: mean squared difference of the loss at distance $r$", None),
        (r"smooth loss of slope $g$ along the path; every reading has an independent error "
         r"of variance $\sigma_B^2$", None),
        (r"$S(t) = \sum_{n=-\infty}^{\infty} b^{-2nH} (1 - \cos b^n t)$, the mean squared "
         r"increment of $\sum_n b^{-nH}[\cos\varphi_n - \cos(b^n t + \varphi_n)]$ with random "
         r"phases; $b > 1$, $0 < H < 1$", sp.And(b > 1, H < 1)),
    ),
    claim=CLAIM,
    uses=("ANO-T2", "ANO-EQ9", "ANO-S6", "ANO-S7"),
    steps=(
        Step("moments of the normal law", None, _steps, by="integral"),
        Step(r"put $\tau = s/\ell$ into $R^2 = A\tau^\alpha$", None, _path),
        Step(r"regress $B(u)$ on $B(1)$: what is left is independent of the chord and counts "
             r"in the $d - 1$ directions across it", None, _chord),
        Step(r"$u = \frac12$, $d \to \infty$", None, _middle, by="limit"),
        Step("increments from the covariance of the surface", None, _surface),
        Step("two errors, one at each end", None, _floor),
        Step("random phases", None, _phases, by="integral"),
        Step("a change of scale shifts the sum by one term", None, _waves),
    ),
    mutants=(
        Mutant("the spread of the lengths does not fall with $d$",
               {STEPS: equation(spread, sp.Integer(2))}),
        Mutant(r"$R^2$ for $R$: dimension $1/\alpha$", {PATH: equation(D_f, 1 / alpha)}),
        Mutant("one direction too many",
               {CHORD: equation(off, u ** (2 * H) - SHARED**2 / 4)}),
        Mutant("a quarter, as for Brownian motion, at every $H$",
               {MIDDLE: equation(middle, sp.Rational(1, 4))}),
        Mutant("exponent $H$ for the squared increment",
               {SURFACE: equation(msl, r**H)}),
        Mutant("one error instead of two",
               {FLOOR: equation(noisy, g**2 * r**2 + sigma_B**2)}),
        Mutant("exponent $H$ for the structure function",
               {WAVES: equation(S(b * t), b**H * S(t))}),
    ),
    remark=(
        r"In many dimensions the exponent of $R^2(s)$ is that of the mean squared "
        r"displacement, and $h^2/R^2$ is a number without scale: neither says more than the "
        r"displacement does. On the side of the landscape, an exponent near 2 at large $r$ "
        r"and none at small $r$ is what descent on any smooth loss shows when it is read "
        r"with minibatch noise; the two parts meet at $r = \sqrt2\,\sigma_B/g$."
    ),
    notebook=NOTEBOOK,
)  # fmt: skip

STATEMENTS = (T5,)
