"""Estimators of a tail index, and what they say where there is none."""

from functools import lru_cache

import sympy as sp

from sgdtheory.theory.statement import Asymptotic, Mutant, Statement, Step, equation
from sgdtheory.theory.tails import log_moment

a, k, n, nu, u, p, A, b, q, y, z = sp.symbols("a k n nu u p A b q y z", positive=True)
mean_hill, var_hill, mean_index, log_excess, log_excess_G, bias, best_k, threshold = map(
    sp.Symbol,
    (r"{E\,H_k}", r"{\mathrm{Var}\,H_k}", r"{E\,H_k^{-1}}", "{M(u)}",
     "{M_G(u)}", r"{E\,H_k - \frac1\nu}", "k^{*}", "u_p"),
)  # fmt: skip

MEAN, SPREAD, INDEX, EXCESS, NORM, THRESHOLD, FRACTION, BEST, GAUSS = (
    "Pareto tail: mean of $H_k$",
    "its variance",
    r"mean of the index $1/H_k$, $k > 1$",
    r"Student t: what the mean log excess adds to $1/\nu$, $u \to \infty$",
    "the amplitude of its two tails",
    "threshold that a share $p$ exceeds",
    r"what $H_k$ adds to $1/\nu$ with $p = k/n \to 0$, $k \to \infty$",
    r"$k$ of least mean square error, where $H_k$ adds $b\,(k/n)^{2/\nu}$",
    r"Gaussian, $u \to \infty$",
)

SIZE = nu * (nu + 1) / (nu + 2) ** 2
NORM_T = sp.gamma((nu + 1) / 2) / (sp.sqrt(sp.pi * nu) * sp.gamma(nu / 2))


def amplitude(power=nu / 2 - 1):
    return equation(A, 2 * nu**power * sp.gamma((nu + 1) / 2) / (
        sp.sqrt(sp.pi) * sp.gamma(nu / 2)))  # fmt: skip


def best(exponent=nu / (nu + 4)):
    return equation(best_k, (n ** (4 / nu) / (4 * nu * b**2)) ** exponent)


CLAIM = {
    MEAN: equation(mean_hill, 1 / a),
    SPREAD: equation(var_hill, 1 / (k * a**2)),
    INDEX: equation(mean_index, a * k / (k - 1)),
    EXCESS: Asymptotic(log_excess - 1 / nu, SIZE / u**2),
    NORM: amplitude(),
    THRESHOLD: Asymptotic(threshold, (A / p) ** (1 / nu)),
    FRACTION: Asymptotic(bias, SIZE * (p / A) ** (2 / nu)),
    BEST: best(),
    GAUSS: Asymptotic(log_excess_G, u**-2),
}


def _memoryless():
    """(u e^q)^-a / u^-a is the survival function of an exponential law of rate a."""
    return sp.simplify((u * sp.exp(q)) ** -a / u**-a - sp.exp(-a * q))


@lru_cache(maxsize=3)
def _moment(power):
    """E H^power, where k H is a sum of k exponentials of rate a."""
    density = a**k * y ** (k - 1) * sp.exp(-a * y) / sp.gamma(k)
    whole = sp.integrate(sp.expand_power_exp((y / k) ** power * density), (y, 0, sp.oo),
                         conds="none")  # fmt: skip
    return sp.gammasimp(whole)


@lru_cache(maxsize=1)
def _tail():
    """Coefficients of z = x^-2 in the density over C x^(-nu-1): the first two."""
    return sp.series((1 + nu * z) ** (-(nu + 1) / 2), z, 0, 2).removeO().coeff(z, 1)


def _excess(claim):
    """S and N = M S term by term: x^(-nu-1-2j) integrates to u^(-nu-2j)/(nu+2j)."""
    c = _tail()
    survival, over = (1 / nu**j + c * z / (nu + 2) ** j for j in (1, 2))
    added = sp.limit(sp.cancel((over / survival - 1 / nu) / z), z, 0)
    return sp.simplify(added / (claim[EXCESS].rhs * u**2) - 1)


def _norm():
    """The two halves of the unit t, with y = x^2/nu, make 1."""
    half = sp.integrate((1 + y) ** (-(nu + 1) / 2) / sp.sqrt(y), (y, 0, sp.oo), conds="none")
    return sp.gammasimp(NORM_T * sp.sqrt(nu) * half - 1)


def _amplitude(claim):
    leading = 2 * NORM_T * nu ** ((nu + 1) / 2) / nu
    return sp.gammasimp(sp.powsimp(claim[NORM].rhs / leading - 1))


def _threshold(claim):
    return sp.powsimp(A * claim[THRESHOLD].rhs ** -nu / p, force=True) - 1


def _fraction(claim):
    there = claim[EXCESS].rhs.subs(u, claim[THRESHOLD].rhs)
    ratio = sp.expand_power_base(there / claim[FRACTION].rhs, force=True)
    return sp.powsimp(sp.powdenest(ratio, force=True)) - 1


def _best(claim):
    """Bias squared falls as steeply as the variance grows, as k is raised."""
    square = 1 / (nu**2 * k) + b**2 * (k / n) ** (4 / nu)
    slope = sp.expand_power_base(sp.diff(square, k) * k**2 * nu**2, force=True)
    there = sp.expand_power_base(claim[BEST].rhs, force=True)
    return sp.simplify(sp.powdenest(slope.subs(k, there), force=True))


def _mills():
    """f/(u S) of the Gaussian tends to 1."""
    survival = sp.erfc(u / sp.sqrt(2)) / 2
    return sp.limit(sp.exp(-(u**2) / 2) / sp.sqrt(2 * sp.pi) / (u * survival), u, sp.oo) - 1


def _gauss(claim):
    """N' = -S/u and (S g)' = S g' - f g with f = u S: the slopes of N and of S g."""
    g = claim[GAUSS].rhs
    return sp.limit(1 / (u * (u * g - sp.diff(g, u))), u, sp.oo) - 1


STATEMENTS = (
    Statement(
        id="TLS-8",
        kind="formula",
        title="Hill's estimator: exact on a Pareto tail, slow on a Student t, never silent",
        source="sgdtheory",
        assumptions=(
            (r"$n$ independent values; $H_k$ the mean of $\ln(|x|_{(i)}/|x|_{(k+1)})$ over "
             r"the $k$ largest, an estimate of $1/\alpha$", None),
            (r"Pareto tail: $P(|X| > x) \propto x^{-a}$ exactly, from $|x|_{(k+1)}$ on", k > 1),
            (r"$M(u) = E[\ln(|X|/u)\,\big|\,|X| > u]$, what $H_k$ tends to at a threshold $u$; "
             r"$b$ the factor of $p^{2/\nu}$ in its bias", None),
        ),
        claim=CLAIM,
        steps=(
            Step("logarithms of excesses over any threshold are exponential of rate $a$, so "
                 "that $kH_k$ is the sum of $k$ independent ones", None, _memoryless),
            Step("its mean", None, lambda claim: _moment(1) - claim[MEAN].rhs, by="integral"),
            Step("its variance", None,
                 lambda claim: sp.simplify(_moment(2) - _moment(1) ** 2 - claim[SPREAD].rhs),
                 by="integral"),
            Step("the mean of its reciprocal", None,
                 lambda claim: sp.gammasimp(_moment(-1) - claim[INDEX].rhs), by="integral"),
            Step(r"$f(x) = C x^{-\nu-1}\left(1 - \frac{\nu(\nu+1)}{2x^2} + \dots\right)$, "
                 r"integrated twice: $M = \int_u^\infty S(x)\,\frac{dx}x \Big/ S(u)$", None,
                 _excess, by="series"),
            Step("the norm of the unit t", None, _norm, by="integral"),
            Step(r"$P(|T| > u) \sim A u^{-\nu}$ with $A = 2C/\nu$", None, _amplitude,
                 by="series"),
            Step(r"$A\,u_p^{-\nu} = p$", None, _threshold, by="limit"),
            Step("put into the excess", None, _fraction, by="limit"),
            Step(r"$\frac1{\nu^2 k} + b^2 (k/n)^{4/\nu}$ has no slope at $k^{*}$", None, _best),
            Step("Gaussian: density over survival function grows as $u$", None, _mills,
                 by="limit"),
            Step("Gaussian: numerator and denominator vanish together, so that their slopes "
                 "have the ratio", None, _gauss, by="limit"),
        ),
        mutants=(
            Mutant("$H_k$ read as the index", {MEAN: equation(mean_hill, a)}),
            Mutant("variance of the index", {SPREAD: equation(var_hill, a**2 / k)}),
            Mutant("$k - 1$ excesses", {MEAN: equation(mean_hill, (k - 1) / (k * a))}),
            Mutant("index without bias", {INDEX: equation(mean_index, a)}),
            Mutant(r"bias $1/u^2$, as for a Gaussian",
                   {EXCESS: Asymptotic(log_excess - 1 / nu, u**-2)}),
            Mutant("bias of the other sign",
                   {EXCESS: Asymptotic(log_excess - 1 / nu, -SIZE / u**2)}),
            Mutant(r"bias falling as $p^{1/\nu}$",
                   {FRACTION: Asymptotic(bias, SIZE * (p / A) ** (1 / nu))}),
            Mutant("amplitude of one tail", {NORM: equation(A, CLAIM[NORM].rhs / 2)}),
            Mutant(r"best $k$ with the power $\nu/(\nu + 2)$", {BEST: best(nu / (nu + 2))}),
            Mutant(r"$1/u$ for the Gaussian", {GAUSS: Asymptotic(log_excess_G, 1 / u)}),
        ),
        status="asymptotic",
        remark=(
            r"On a Pareto tail $H_k$ is without bias; the index read from it is high by a "
            r"factor $k/(k-1)$. On a Student t it is low: the bias falls as $(k/n)^{2/\nu}$, "
            r"so that the heavier the tail the faster, and for $\nu = 10$ a tail a hundred "
            r"times rarer brings 2.5 times less. At the best $k$ the relative error falls as "
            r"$n^{-2/(\nu+4)}$ and no faster. A Gaussian has no index, and $H_k$ gives it one: "
            r"about $2\ln(n/k)$, from 3 to 10 in practice. A Hill index of that size is no "
            r"sign of a power law, whatever its standard error $\hat\alpha/\sqrt k$."
        ),
        notebook="notebooks/tails/05_tail_index_of_gradient_noise",
    ),
    *log_moment.STATEMENTS,
)  # fmt: skip
