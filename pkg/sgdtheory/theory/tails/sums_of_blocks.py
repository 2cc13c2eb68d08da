"""Logarithms of sums of blocks: the claim of TLS-9 and the residuals of its steps."""

from functools import lru_cache

import sympy as sp

from sgdtheory.theory.power_law.symbols import threshold
from sgdtheory.theory.statement import Asymptotic, equation

K = sp.Symbol("K", integer=True, positive=True)
t, alpha, sigma, nu, s, r, y, w, g = sp.symbols("t alpha sigma nu s r y w g", positive=True)
rho, x = sp.symbols("rho x", real=True)
m2, ell, c = map(sp.Symbol, (r"{E\,S^2}", r"{E\ln{S}}", "c"))
phi = sp.Function("phi")
c_L, c_nu, c_s = sp.symbols(r"{c_{\mathrm{Laplace}}} c_nu {c_{\mathrm{lognormal}}}")
alpha_K, alpha_L, alpha_L2, alpha_2, alpha_sorted, alpha_rho = sp.symbols(
    r"alpha_K {\alpha_K^{\mathrm{Laplace}}} {\alpha_2^{\mathrm{Laplace}}} "
    r"{\alpha_2^{\mathrm{mixed}}} {\alpha_K^{\mathrm{sorted}}} {\alpha_K^{\rho}}",
    positive=True,
)

ANY, STABLE, LAPLACE, PAIRS, TWO, CAP, SORTED, LARGE, C, C_LAPLACE, C_T, C_LOG, TIED, ONE = (
    r"any symmetric law, characteristic function $\phi$",
    r"a stable law of index $\alpha$: right",
    "Laplace",
    "Laplace, sums of two",
    "two Gaussian widths of ratio $r$, equally often and shuffled, sums of two",
    "which is",
    "the same values, each block of one width, any $K$ and $r$",
    r"Gaussians of random widths $S$, shuffled, $K \to \infty$",
    "with",
    "Laplace, $S^2$ exponential",
    r"Student t, $\nu > 2$, $\nu/S^2$ chi-square",
    r"lognormal widths, $\mathrm{sd}\ln S = s$",
    r"Gaussians of one width, any two of a block correlated by $\rho$",
    r"for $\rho > 0$ and $K \to \infty$",
)


def two(width=(r + 1 / r) / 2):
    return equation(1 / alpha_2, sp.Rational(1, 2) + sp.log(width) / (4 * sp.log(2)))


def tied(variance=1 + (K - 1) * rho):
    value = sp.Rational(1, 2) + sp.log(variance) / (2 * sp.log(K))
    return equation(1 / alpha_rho, value)


def any_law(power=K):
    integral = sp.Integral((phi(t) - phi(t) ** power) / t, (t, 0, sp.oo))
    return equation(1 / alpha_K, integral / sp.log(K))


#: The harmonic number of K - 1.
HARMONIC = sp.digamma(K) + sp.EulerGamma

CLAIM = {
    ANY: any_law(),
    STABLE: equation(alpha_K, alpha),
    LAPLACE: equation(1 / alpha_L, HARMONIC / (2 * sp.log(K))),
    PAIRS: equation(alpha_L2, 2 * sp.log(2)),
    TWO: two(),
    CAP: sp.Le(alpha_2, 2, evaluate=False),
    SORTED: equation(alpha_sorted, 2),
    LARGE: Asymptotic(1 / alpha_K - sp.Rational(1, 2), c / sp.log(K)),
    C: equation(c, sp.log(m2) / 2 - ell),
    C_LAPLACE: equation(c_L, sp.EulerGamma / 2),
    C_T: equation(c_nu, (sp.digamma(nu / 2) - sp.log(nu / 2 - 1)) / 2),
    C_LOG: equation(c_s, s**2),
    TIED: tied(),
    ONE: Asymptotic(alpha_rho, sp.Integer(1)),
}


def kernel_residual():
    """The integral of t^(q-1) cos(wt) is Gamma(q) cos(pi q/2) w^-q; q to 0."""
    q = sp.Symbol("q", positive=True)
    mellin = sp.gamma(q) * sp.cos(sp.pi * q / 2) * (r**-q - y**-q)
    return sp.simplify(sp.limit(mellin, q, 0) - sp.log(y) + sp.log(r))


def _integrand(claim, law):
    """ln K / alpha_K as an integrand in t, for a characteristic function."""
    (integral,) = (claim[ANY].rhs * sp.log(K)).atoms(sp.Integral)
    front = sp.simplify(claim[ANY].rhs * sp.log(K) / integral)
    return front * integral.function.replace(phi, lambda at: law.subs(t, at))


def stable_residual(claim):
    """y = (sigma t)^alpha; both sides vanish at K = 1 and have the same slope in K."""
    integrand = _integrand(claim, sp.exp(-((sigma * t) ** alpha)))
    inner = y ** (1 / alpha) / sigma
    in_y = sp.powdenest(integrand.subs(t, inner) * sp.diff(inner, y), force=True)
    size = sp.Symbol("size", positive=True)
    slope = sp.simplify(sp.diff(in_y.subs(K, size), size))
    found = sp.integrate(slope, (y, 0, sp.oo))
    return sp.simplify(found - sp.diff(sp.log(size) / claim[STABLE].rhs, size))


def laplace_residual(claim):
    """With w = 1/(1+t^2) a sum of one more adds half the integral of w^(K-1)."""
    inner = sp.sqrt(1 / w - 1)
    of_t = _integrand(claim, 1 / (1 + t**2))
    in_w = sp.simplify(of_t.subs(t, inner) * -sp.diff(inner, w))
    more = sp.powsimp(sp.simplify(in_w.subs(K, K + 1) - in_w))
    found = sp.integrate(more, (w, 0, 1))
    level = claim[LAPLACE].rhs * sp.log(K)
    rise = sp.expand_func(sp.expand_func(level.subs(K, K + 1)) - level)
    return [sp.simplify(found - rise), level.subs(K, 1)]


def pairs_residual(claim):
    return sp.simplify(1 / claim[LAPLACE].rhs.subs(K, 2) - claim[PAIRS].rhs)


def _frullani(claim, law, size):
    """Sum of a exp(-b t^2)/t with sum a = 0 integrates to -(sum a ln b)/2."""
    terms = sp.expand(_integrand(claim, law).subs(K, size) * t).args
    pairs = [term.as_independent(t) for term in terms]
    rates = [(front, sp.expand(-sp.log(wave).simplify() / t**2)) for front, wave in pairs]
    assert sp.simplify(sum(front for front, _ in rates)) == 0
    return -sum(front * sp.log(rate) for front, rate in rates) / 2


def two_residual(claim):
    law = (sp.exp(-(t**2) / 2) + sp.exp(-(r**2) * t**2 / 2)) / 2
    found = _frullani(claim, law, 2) / sp.log(2)
    return sp.simplify(
        sp.expand_log(sp.expand_log(found - claim[TWO].rhs.together()), force=True)
    )


def cap_residual(claim):
    bound, recip = claim[CAP], claim[TWO].rhs
    edge, strict = threshold(bound)
    return [
        edge.subs(alpha_2, 1 / recip.subs(r, 1)),
        not strict,
        bool(bound.subs(alpha_2, 1 / recip.subs(r, 3))),
    ]


def sorted_residual(claim):
    """Inside a block all is Gaussian of one width."""
    law = sp.exp(-(sigma**2) * t**2 / 2)
    rates = [sp.log(sigma**2 / 2), sp.log(K * sigma**2 / 2)]
    found = (rates[1] - rates[0]) / 2
    check = _integrand(claim, law) * t - (law - sp.exp(-K * sigma**2 * t**2 / 2))
    return [sp.simplify(check), sp.expand_log(found - sp.log(K) / claim[SORTED].rhs)]


def large_residual(claim):
    """E ln|Y| less E ln|X| is ln(K m2)/2 - ell, as the mean square width of a block settles."""
    settled = (sp.log(K) + sp.log(m2)) / 2 - ell
    excess = settled / sp.log(K) - sp.Rational(1, 2)
    return sp.simplify(excess / claim[LARGE].rhs.subs(c, claim[C].rhs) - 1)


def _c(claim, square, log):
    return claim[C].rhs.subs({m2: square, ell: log})


def c_laplace_residual(claim):
    """S^2 = 2g with g exponential, E ln g = Gamma'(1); the limit of the exact reciprocal."""
    log = (sp.log(2) + sp.diff(sp.gamma(x), x).subs(x, 1)) / 2
    exact = (claim[LAPLACE].rhs * sp.log(K)).subs(K, x)
    return [
        sp.expand_log(_c(claim, 2, log) - claim[C_LAPLACE].rhs),
        sp.limit(exact - sp.log(x) / 2, x, sp.oo) - claim[C_LAPLACE].rhs,
    ]


def c_student_residual(claim):
    """S^2 = nu/(2g), g of the gamma law of shape nu/2: moments g^q."""
    q = sp.Symbol("q", real=True)
    power = sp.gamma(nu / 2 + q) / sp.gamma(nu / 2)
    square = nu / 2 * sp.gammasimp(power.subs(q, -1))
    log = (sp.log(nu / 2) - sp.diff(power, q).subs(q, 0)) / 2
    left = sp.simplify(_c(claim, square, log) - claim[C_T].rhs)
    return sp.simplify(sp.expand_log(left.subs(nu, 2 * g + 2), force=True))


def gamma_moment_residual():
    """E g^w of the gamma law of shape s."""
    found = sp.integrate(g ** (s + w - 1) * sp.exp(-g), (g, 0, sp.oo))
    return sp.gammasimp(found - sp.gamma(s + w))


@lru_cache(maxsize=1)
def _lognormal_moments():
    """E S^2 and E ln S for ln S = s x, x normal."""
    normal = sp.exp(-(x**2) / 2) / sp.sqrt(2 * sp.pi)
    parts = (sp.exp(2 * s * x), s * x)
    return tuple(sp.simplify(sp.integrate(p * normal, (x, -sp.oo, sp.oo))) for p in parts)


def c_lognormal_residual(claim):
    found = _c(claim, *_lognormal_moments())
    return sp.expand_log(found - claim[C_LOG].rhs, force=True)


def tied_residual(claim):
    """K variances and K(K-1) covariances."""
    variance = K + K * (K - 1) * rho
    found = sp.expand_log(sp.log(sp.factor(variance)), force=True) / 2
    return sp.simplify(sp.expand_log(found / sp.log(K) - claim[TIED].rhs, force=True))


def one_residual(claim):
    size, share = sp.symbols("size share", positive=True)
    there = claim[TIED].rhs.subs({K: size, rho: share})
    return sp.limit(there, size, sp.oo) * claim[ONE].rhs - 1
