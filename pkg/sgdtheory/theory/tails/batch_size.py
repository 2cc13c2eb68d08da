"""The tail index against the batch size: linear regression, exactly."""

from functools import lru_cache

import sympy as sp

from sgdtheory.theory.statement import Asymptotic, Mutant, Statement, Step, equation

eta, b, s, a, sigma, gamma, nu = sp.symbols("eta b s a sigma gamma nu", positive=True)
x = sp.Symbol("x", positive=True)
u = sp.Symbol("u", real=True)
C, index, jump = map(sp.Symbol, ("C", r"2\kappa + 1", r"{E[(\eta h)^2] / E[\eta h]}"))
price = sp.Function("I")(x)

COVARIANCE, ITO, JUMP, RATE, POINT, SLOPE, EXPONENT, SMALL, EDGE, KURTOSIS, BODY = (
    "covariance of the minibatch gradient, $u = w - w^*$",
    r"index of the Itô law, $\kappa = b/(2\eta)$",
    r"mean of $\eta h$ where steps are weighted by it: $\eta + 1/\kappa$",
    "price of $h = x$ per sample",
    r"cheapest $x > 2/\eta$",
    "slope",
    r"exact tail exponent, $b \to \infty$ at fixed $\eta$",
    r"slope as $\eta \to 0$, with Lambert's $W$",
    r"slope as $\eta \to 2$",
    r"excess kurtosis, $\gamma = E u^4/(E u^2)^2 - 3$",
    r"Student t of this kurtosis, $b \to \infty$",
)
LIMIT = sp.exp(1 + sp.LambertW(sp.exp(-1))) / 2
STRETCH = 2 * s * (eta * x / (eta * x - 1)) ** 2


def exponent(slope, constant):
    return equation(a, slope * b + constant + sp.O(1 / b, (b, sp.oo)))


CONSTANT = sp.log(1 + STRETCH) / (2 * sp.log(eta * x - 1))
LEFT = (
    b**3 * (2 - eta) * (2 - 2 * eta + eta**2)
    - 12 * b**2 * eta * (1 - eta) ** 2
    - 4 * b * eta**2 * (11 * eta - 8)
    - 48 * eta**3
)
CLAIM = {
    COVARIANCE: equation(C, (2 * u**2 + sigma**2) / b),
    ITO: equation(index, b / eta + 1),
    JUMP: equation(jump, eta + 2 * eta / b),
    RATE: equation(price, (x - 1 - sp.log(x)) / 2),
    POINT: equation((x - 1) * (eta * x - 1) * sp.log(eta * x - 1),
                    eta * x * (x - 1 - sp.log(x))),
    SLOPE: equation(s, (x - 1) * (eta * x - 1) / (2 * eta * x)),
    EXPONENT: exponent(s, CONSTANT),
    SMALL: Asymptotic(s, LIMIT / eta),
    EDGE: Asymptotic(s, (2 - eta) / 4),
    KURTOSIS: equation(gamma, 6 * eta**3 * (b + 2) * (b + 6) / LEFT),
    BODY: Asymptotic(nu, (2 - eta) * (2 - 2 * eta + eta**2) * b / eta**3),
}  # fmt: skip

h, y, k, d = sp.symbols("h y k delta", positive=True)


def mean(of_h) -> sp.Expr:
    """Mean of a polynomial in h; E h^n = b (b + 2) ... (b + 2n - 2) / b^n."""
    powers = sp.Poly(sp.expand(of_h), h).terms()
    return sum(c * sp.prod([(b + 2 * j) / b for j in range(n)]) for (n,), c in powers)


def _moments():
    """E h^n by integrating the law of chi-square over b: where it starts, how it grows."""
    n = sp.Symbol("n", positive=True)
    law = h ** (b / 2 - 1) * sp.exp(-b * h / 2) * (b / 2) ** (b / 2) / sp.gamma(b / 2)
    found = sp.integrate(h**n * law, (h, 0, sp.oo), conds="none")
    growth = sp.gammasimp(found.subs(n, n + 1) / found) - (b + 2 * n) / b
    return [sp.simplify(found.subs(n, 0)) - 1, sp.simplify(growth)]


def _covariance(claim):
    """g = X² u - sigma X Z, X and Z standard normal: E X² = 1, E X⁴ = 3."""
    square, first = 3 * u**2 + sigma**2, u
    return sp.expand((square - first**2) / b - claim[COVARIANCE].rhs)


def _ito(claim):
    """C = sigma_g + sigma_H u^2 with H = 1: kappa = 1/(eta sigma_H)."""
    sigma_H = sp.expand(claim[COVARIANCE].rhs).coeff(u, 2)
    return sp.simplify(2 / (eta * sigma_H) + 1 - claim[ITO].rhs)


def _jump(claim):
    return sp.simplify(mean((eta * h) ** 2) / mean(eta * h) - claim[JUMP].rhs)


def _rate(claim):
    """Largest t x - ln E exp(t X²), X standard normal."""
    t = sp.Symbol("t", real=True)
    log_moment = -sp.log(1 - 2 * t) / 2
    (best,) = sp.solve(x - sp.diff(log_moment, t), t)
    found = (t * x - log_moment).subs(t, best)
    return sp.expand_log(sp.expand(found - claim[RATE].rhs), force=True)


def height(claim) -> sp.Expr:
    """Growth per b of |1 - eta h|^(s b) times the density of h, at h = x > 2/eta."""
    return s * sp.log(eta * x - 1) - claim[RATE].rhs


def _slope(claim):
    (flat,) = sp.solve(sp.diff(height(claim), x), s)
    return sp.cancel(flat - claim[SLOPE].rhs)


def _point(claim):
    zero = height(claim).subs(s, claim[SLOPE].rhs) * 2 * eta * x
    rule = claim[POINT]
    return sp.expand(sp.expand(rule.lhs - rule.rhs) - sp.expand(sp.cancel(zero)))


def _stirling():
    """ln of the front of the law of h, over that of exp(-b I(x))/x sqrt(b/(4 pi))."""
    n = sp.Symbol("n", positive=True)  # b/2
    front = n * sp.log(n) - n - sp.loggamma(n) - sp.log(n / (2 * sp.pi)) / 2
    return sp.limit(sp.expand_log(front, force=True), n, sp.oo)


def _laplace(claim):
    """The peak alone: sqrt(b/4 pi) (eta x - 1)^constant / x sqrt(2 pi / b |bend|) = 1."""
    found = claim[EXPONENT].rhs.removeO()
    bend = -sp.diff(height(claim), x, 2)
    grows, constant = found.coeff(b, 1), found.coeff(b, 0)
    size = sp.expand_log(2 * constant * sp.log(eta * x - 1), force=True)
    peak = sp.exp(size) - sp.expand(2 * x**2 * bend)
    return [grows - s, sp.simplify(peak)]


def _small(claim):
    """x = y/eta; with W exp(W) = 1/e used for W(1/e)."""
    W = sp.Symbol("W", positive=True)
    c = (claim[SMALL].rhs * eta).subs(sp.LambertW(sp.exp(-1)), W)
    rule = sp.expand((claim[POINT].lhs - claim[POINT].rhs).subs(x, y / eta) * eta)
    limit = sp.limit(sp.expand_log(rule, force=True), eta, 0)
    slope = sp.limit(sp.cancel(claim[SLOPE].rhs.subs(x, y / eta) * eta), eta, 0)
    written = sp.expand_log(limit.subs(y, 1 + 2 * c), force=True)
    root = sp.expand(sp.expand(written, power_exp=True).subs(sp.exp(W), sp.exp(-1) / W))
    return [root, sp.expand(slope.subs(y, 1 + 2 * c) - c)]


def _edge(claim):
    """eta = 2 - d, x = 1 + k d: the leading order of the condition fixes k."""
    near = {eta: 2 - d, x: 1 + k * d}
    rule = (claim[POINT].lhs - claim[POINT].rhs).subs(near)
    order = sp.series(rule, d, 0, 3).removeO().coeff(d, 2)
    (place,) = [r for r in sp.solve(order, k) if r != 0]
    ratio = claim[SLOPE].rhs.subs(near) / claim[EDGE].rhs.subs(eta, 2 - d)
    return sp.limit(sp.cancel(ratio), d, 0).subs(k, place) - 1


@lru_cache
def _kurtosis() -> sp.Expr:
    """Given the inputs the noise is normal with variance sigma² h/b: second, fourth moment."""
    shrink = 1 - eta * h
    second = mean(eta**2 * h / b) / (1 - mean(shrink**2))
    cross = 6 * eta**2 / b * mean(shrink**2 * h) * second
    fourth = (cross + 3 * eta**4 / b**2 * mean(h**2)) / (1 - mean(shrink**4))
    return sp.cancel(fourth / second**2 - 3)


def _body(claim):
    matched = (4 + 6 / claim[KURTOSIS].rhs) / claim[BODY].rhs
    return sp.limit(sp.cancel(matched), b, sp.oo) - 1


STATEMENTS = (
    Statement(
        id="TLS-6",
        kind="theorem",
        title="Three indices of SGD on linear regression, all growing with the batch",
        source="sgdtheory",
        assumptions=(
            (r"label $x w^* + \sigma\zeta$ with $x$, $\zeta$ standard normal, one weight, "
             r"batches of $b$ drawn anew: $h = \chi^2_b/b$, $H = 1$", None),
            (r"learning rate $0 < \eta < 2$, so that a stationary law exists at large $b$; "
             r"for the kurtosis $E(1 - \eta h)^4 < 1$ as well", eta < 2),
            (r"$x$ from the fifth line on is the solution of that equation beyond $2/\eta$",
             None),
        ),
        claim=CLAIM,
        uses=("PLD-P1", "PLD-C3", "PLD-X3"),
        steps=(
            Step("one sample's gradient is $x^2 u - \\sigma x \\zeta$", None, _covariance),
            Step(r"$\sigma_H = 2/b$ is what multiplies $u^2$", None, _ito),
            Step(r"moments of $h$: $E h^n = b(b+2)\cdots(b+2n-2)/b^n$", None, _moments,
                 by="integral"),
            Step("two of them", None, _jump),
            Step(r"Cramér: the largest $t x - \ln E e^{t x_1^2}$", None, _rate),
            Step(r"$E|1 - \eta h|^{sb}$ is a mean of $\exp(b\,[s \ln|1 - \eta x| - I(x)])$; "
                 r"it stays at one if the largest bracket is zero. Below $x = 2/\eta$ the "
                 r"bracket is negative; above, its derivative vanishes", None, _slope),
            Step("and its height", None, _point),
            Step(r"Stirling: the density of $h$ is $\sqrt{b/4\pi}\,e^{-bI(x)}/x$", None,
                 _stirling, by="limit"),
            Step("Laplace: the area of the peak, with its width, is one", None, _laplace,
                 by="series"),
            Step(r"$x = y/\eta$: the condition becomes $(y - 1)\ln(y - 1) = y$", None, _small,
                 by="limit"),
            Step(r"$\eta = 2 - \delta$, $x = 1 + k\delta$: the leading order says $k = 1$",
                 None, _edge, by="limit"),
            Step(r"given its inputs a step adds normal noise of variance $\eta^2\sigma^2h/b$: "
                 "second and fourth moment stay the same", None,
                 lambda claim: sp.cancel(_kurtosis() - claim[KURTOSIS].rhs)),
            Step(r"a Student t has $\nu = 4 + 6/\gamma$", None, _body, by="limit"),
        ),
        mutants=(
            Mutant("$x^2$ with variance one", {COVARIANCE: equation(C, (u**2 + sigma**2) / b)}),
            Mutant("index of the anti-Itô law", {ITO: equation(index, b / eta - 1)}),
            Mutant("price without the logarithm", {RATE: equation(price, (x - 1) / 2)}),
            Mutant("slope of the Itô law", {SLOPE: equation(s, 1 / eta)}),
            Mutant("constant of the Itô law", {EXPONENT: exponent(s, 1)}),
            Mutant("no width of the peak",
                   {EXPONENT: exponent(s, CONSTANT.subs(STRETCH, STRETCH / 2))}),
            Mutant(r"the Itô slope for small $\eta$", {SMALL: Asymptotic(s, 1 / eta)}),
            Mutant("slope at the edge twice as large", {EDGE: Asymptotic(s, (2 - eta) / 2)}),
            Mutant("excess kurtosis of the Itô law",
                   {KURTOSIS: equation(gamma, 6 / (b / eta - 3))}),
            Mutant("Student t of the Itô law", {BODY: Asymptotic(nu, b / eta)}),
            Mutant("the tail's slope for the Student t",
                   {BODY: Asymptotic(nu, LIMIT * b / eta)}),
        ),
        status="asymptotic",
        remark=(
            r"$\kappa \propto b$ is right at fixed $\eta$ and large $b$. But there are three "
            r"indices. For small $\eta$ the Itô equation says $b/\eta$, the tail of SGD has "
            r"$1.7956\,b/\eta$, and the body, which is what a fit of a Student t sees, looks "
            r"like $4b/\eta^3$ degrees of freedom: the correlation of $h$ with the variance "
            r"of $g$ cancels the kurtosis of the Itô law at leading order. The tail is "
            r"lighter than Itô's below $\eta = 0.605$ and heavier above. At fixed $\eta/b$ "
            r"(linear scaling) the Itô index stands still; those of SGD fall as $b$ and with "
            r"it $\eta$ grows. The third line says why no limit rescues the Itô equation "
            r"here: where no sample has negative curvature, the jumps that make the tail "
            r"have size $1/\kappa$, which does not vanish with $\eta$ at fixed $\kappa$; if "
            r"$\kappa$ grows, the tail is made by jumps beyond $\eta h = 2$."
        ),
        notebook="notebooks/tails/02_batch_size_and_kappa",
    ),
)  # fmt: skip
