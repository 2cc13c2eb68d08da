"""What SGD itself does: the recursion, its exact second moment, and its tail."""

import sympy as sp

from sgdtheory.theory.power_law import least_squares
from sgdtheory.theory.power_law.symbols import threshold
from sgdtheory.theory.statement import Mutant, Statement, Step, equation

eta, H, kappa, eps, sg, sH = sp.symbols(
    r"eta H kappa epsilon sigma_g sigma_H", positive=True
)
w, k, rho = sp.symbols("w k rho", real=True)
q = sp.Symbol("a", positive=True)
alpha = sp.Symbol("alpha", nonnegative=True)
next_w = sp.Symbol("w'", real=True)
E = sp.Function(r"\operatorname{E}")
C = sg + 2 * rho * w + sH * w**2

LAW, MOMENT, FINITE = (
    "one step from $w$, log characteristic function of either chain",
    "stationary second moment",
    r"finite if and only if, with $\kappa = H/(\eta \sigma_H)$",
)


def one_step(noise=C, drift=H):
    log_phi = sp.log(E(sp.exp(sp.I * k * next_w)), evaluate=False)
    return equation(log_phi, sp.I * k * (1 - eta * drift) * w - k**2 * eta**2 * noise / 2)


def second_moment(contraction):
    return equation(E(w**2), eta**2 * sg / (1 - contraction))


def _random_coefficient(claim):
    """log E exp(s h + t g) of a Gaussian pair with E h = H, E g = 0, at s = -ikηw, t = -ikη."""
    s, t = -sp.I * k * eta * w, -sp.I * k * eta
    pair = H * s + (sH * s**2 + 2 * rho * s * t + sg * t**2) / 2
    return sp.expand(claim[LAW].rhs - (sp.I * k * w + pair))


def _noise_chain(claim):
    """w - η(H w + √C ξ) with one standard normal ξ: log E exp(τ ξ) = τ²/2."""
    tau = -sp.I * k * eta * sp.sqrt(C)
    return sp.expand(claim[LAW].rhs - (sp.I * k * (1 - eta * H) * w + tau**2 / 2))


def _second(claim):
    """Second derivative of the characteristic function at 0, averaged over E w = 0, E w²."""
    phi = sp.exp(sp.I * k * (1 - eta * H) * w - k**2 * eta**2 * C / 2)
    square = sp.expand(-sp.diff(phi, k, 2).subs(k, 0))
    M = claim[MOMENT].rhs
    return sp.cancel(square.coeff(w, 2) * M + square.coeff(w, 0) - M)


def _finite(claim):
    room = (1 - (1 - eta * H) ** 2 - eta**2 * sH).subs(sH, H / (eta * kappa)) / (eta * H)
    margin, strict = threshold(claim[FINITE])
    return [margin - sp.expand(room), strict]


X1 = Statement(
    id="PLD-X1",
    kind="proposition",
    title="SGD with Gaussian (h, g) is the chain with Gaussian noise of variance C(w)",
    source="sgdtheory",
    notebook="notebooks/power_law/02_what_sgd_does",
    assumptions=(
        (r"$w' = (1 - \eta h) w - \eta g$, $(h, g)$ jointly Gaussian, drawn anew, means $H$ "
         r"and 0, variances $\sigma_H$ and $\sigma_g$, covariance $\rho$", sg * sH > rho**2),
        (r"$w' = w - \eta \left(H w + \sqrt{\sigma_g + 2\rho w + \sigma_H w^2}\;\xi\right)$, "
         r"$\xi$ standard normal", None),
    ),
    claim={
        LAW: one_step(),
        MOMENT: second_moment((1 - eta * H) ** 2 + eta**2 * sH),
        FINITE: sp.Gt(2 - eta * H, 1 / kappa, evaluate=False),
    },
    uses=("FND-1", "PLD-P1"),
    steps=(
        Step(
            "the random-coefficient step is linear in a Gaussian pair",
            equation(next_w, (1 - eta * sp.Symbol("h")) * w - eta * sp.Symbol("g")),
            _random_coefficient,
        ),
        Step(
            "the noise chain is linear in one Gaussian: same mean, same variance, same law",
            equation(next_w, w - eta * (H * w + sp.sqrt(C) * sp.Symbol("xi"))),
            _noise_chain,
        ),
        Step(
            r"square, average, and ask that the mean square stay the same; $\rho$ drops out as "
            "the mean is 0",
            equation(E(next_w**2), ((1 - eta * H) ** 2 + eta**2 * sH) * E(w**2) + eta**2 * sg),
            _second,
        ),
        Step(
            "the mean square contracts",
            sp.Lt((1 - eta * H) ** 2 + eta**2 * sH, 1, evaluate=False),
            _finite,
        ),
    ),
    mutants=(
        Mutant("correlation counted once", {LAW: one_step(sg + rho * w + sH * w**2)}),
        Mutant("anti-Itô drift added", {LAW: one_step(drift=H - eta * sH)}),
        Mutant(r"second moment of the Itô equation, without $\eta^2 H^2$",
               {MOMENT: second_moment(1 - 2 * eta * H + eta**2 * sH)}),
        Mutant(r"$\eta$ instead of $\eta^2$ before $\sigma_H$",
               {MOMENT: second_moment((1 - eta * H) ** 2 + eta * sH)}),
    ),
    remark=(
        "Exact at every learning rate: no limit is taken. The stochastic differential equation "
        "is the small-$\\eta$ limit of either chain, in the Itô reading."
    ),
)  # fmt: skip

EXPONENT, ROOT, INDEX = (
    r"mean contraction, $\epsilon = \eta H$",
    r"tail exponent, the root $a > 0$ of $\operatorname{E}|1 - \eta h|^a = 1$",
    "calculus index of the stationary law with this tail",
)
spread = sp.sqrt(eps / kappa)


def contraction(variance=eps / kappa):
    series = sp.hyper([-q / 2], [sp.Rational(1, 2)], -((1 - eps) ** 2) / (2 * variance))
    front = (2 * variance) ** (q / 2) * sp.gamma((q + 1) / 2) / sp.sqrt(sp.pi)
    return equation(E(sp.Abs(1 - eta * sp.Symbol("h")) ** q), front * series)


def root(zeroth, first):
    return equation(q, zeroth + first * eps + sp.O(eps**2))


def _gaussian_moment(claim):
    """E|μ + sZ|^a in powers of μ: the density of a shifted Gaussian, expanded, term by term."""
    (mu, s), n = sp.symbols("mu s", positive=True), 4
    derived = sum(
        (mu / s) ** (2 * j) / sp.factorial(2 * j)
        * 2 ** (q / 2 + j) * sp.gamma((q + 1) / 2 + j) / sp.sqrt(sp.pi) for j in range(n)
    ) * s**q  # fmt: skip
    derived *= sum((-(mu**2) / (2 * s**2)) ** j / sp.factorial(j) for j in range(n))
    # The claim in the same letters: 1 - ε = μ, ε/κ = s².
    written = claim[EXPONENT].rhs.subs(kappa, eps / s**2).subs(eps, 1 - mu)

    def kummer(upper, lower, z):
        return sum(
            sp.rf(upper[0], j) / sp.rf(lower[0], j) * z**j / sp.factorial(j) for j in range(n)
        )

    written = written.replace(sp.hyper, kummer)
    scale = s**q * sp.gamma((q + 1) / 2)
    difference = sp.expand(sp.gammasimp(sp.expand_func((derived - written) / scale)))
    return [difference.coeff(mu, 2 * j) for j in range(n)]


def _expansion(claim):
    """E(1 - x)^a for x ~ N(ε, ε/κ) through order ε²; x > 1 is as rare as exp(-κ/2ε)."""
    t, a = sp.Symbol("t"), claim[ROOT].rhs.removeO()
    mgf = sp.exp(eps * t + eps * t**2 / (2 * kappa))
    total = sum(
        (-1) ** n * sp.ff(a, n) / sp.factorial(n) * sp.diff(mgf, t, n).subs(t, 0)
        for n in range(1, 5)
    )
    total = sp.expand(sp.expand_func(total))
    return [total.coeff(eps, 1), total.coeff(eps, 2)]


def _index(claim):
    """A density (1 + u²)^-(κ+1-α) has survival index 2(κ+1-α) - 1: the root at ε = 0."""
    a = claim[ROOT].rhs.removeO().subs(eps, 0)
    return 2 * (kappa + 1 - claim[INDEX].rhs) - 1 - a


X2 = Statement(
    id="PLD-X2",
    kind="theorem",
    title="The Kesten exponent of SGD is the Itô tail",
    source="sgdtheory",
    notebook="notebooks/power_law/02_what_sgd_does",
    assumptions=(
        (r"$h$ Gaussian, $\eta h$ of mean $\epsilon$ and variance $\epsilon/\kappa$; $\kappa$ "
         r"fixed, $\epsilon \to 0$", None),
        (r"$\operatorname{E} \log|1 - \eta h| < 0$, so that a stationary law exists", None),
    ),
    claim={
        EXPONENT: contraction(),
        ROOT: root(2 * kappa + 1, kappa - 1),
        INDEX: equation(alpha, sp.Integer(0)),
    },
    uses=("FND-5", "PLD-X1", "PLD-C3"),
    steps=(
        Step("expand the shifted Gaussian in its mean and integrate term by term: Kummer's "
             "series (first four terms)", None, _gaussian_moment, by="series"),
        Step(
            r"terms of order $\epsilon$ fix $a$, those of order $\epsilon^2$ its correction",
            equation(-q + q * (q - 1) / (2 * kappa), 0), _expansion, by="series",
        ),
        Step("only one convention gives $P(|w| > x)$ this exponent",
             equation(2 * (kappa + 1 - alpha) - 1, 2 * kappa + 1), _index),
    ),
    mutants=(
        Mutant("$a$ instead of $a - 1$ in the expansion, as for Stratonovich",
               {ROOT: root(2 * kappa, kappa - 1), INDEX: equation(alpha, sp.Rational(1, 2))}),
        Mutant("anti-Itô", {ROOT: root(2 * kappa - 1, kappa - 1), INDEX: equation(alpha, 1)}),
        Mutant(r"no correction of order $\epsilon$",
               {ROOT: root(2 * kappa + 1, sp.Integer(0))}),
        Mutant(r"standard deviation of $\eta h$ instead of its variance",
               {EXPONENT: contraction(spread)}),
    ),
    status="asymptotic",
    remark=(
        r"By the theorem of Kesten and Goldie $P(|w| > x) \sim c\,x^{-a}$ at any fixed "
        r"learning rate. The limit $2\kappa + 1$ is the survival index of the Itô law; the "
        r"anti-Itô law has $2\kappa - 1$. For curvature that is not Gaussian see PLD-X3."
    ),
)  # fmt: skip

STATEMENTS = (X1, X2, least_squares.STATEMENT)
