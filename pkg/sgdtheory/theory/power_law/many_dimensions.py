"""The power law in d dimensions: where curvature and noise commute, and where they do not."""

from functools import lru_cache

import sympy as sp

from sgdtheory.theory import fokker_planck
from sgdtheory.theory.power_law import covariance_form, eigenbasis, trace_index
from sgdtheory.theory.power_law.eigenbasis import alpha, d, eta, h, i, kappa, lam, v
from sgdtheory.theory.power_law.symbols import threshold
from sgdtheory.theory.statement import Mutant, Proportional, Statement, Step, equation

m = kappa + 1 - alpha
p, det_H, det_S, norm = sp.symbols(r"p \det{H} \det{\Sigma_g} Z", positive=True)
second = sp.Function(r"\operatorname{E}")(v[i] ** 2)
H, S, X = (sp.MatrixSymbol(name, d, d) for name in ("H", r"\Sigma_{g}", "X"))
u, J = (sp.MatrixSymbol(name, d, 1) for name in "uJ")

DENSITY, NORM, EXISTS, COVARIANCE, FINITE, REPAIR, CURRENT = (
    r"stationary density where $H$ and $\Sigma_g$ commute, with eigenvalues $h$ and $\lambda$",
    "norm",
    "normalisable if and only if",
    "variance along each eigenvector",
    "variance finite if and only if",
    r"if they do not commute, the same power of $1 + u^\top X^{-1} u$ is stationary for "
    r"$C = \Sigma_g (1 + u^\top X^{-1} u)$ with $X$ from",
    "and then probability circulates with the current",
)


def density(exponent):
    form = sp.Sum(h[i] * v[i] ** 2 / lam[i], (i, 1, d))
    return Proportional(sp.Function("p")(v), (1 + form / (eta * kappa)) ** -exponent)


def norm_of(half_d, power=m):
    ratio = sp.gamma(power - half_d) / sp.gamma(power)
    return equation(norm, (sp.pi * eta * kappa) ** (d / 2) * sp.sqrt(det_S / det_H) * ratio)


CLAIM = {
    DENSITY: density(m),
    NORM: norm_of(d / 2),
    EXISTS: sp.Gt(kappa, d / 2 - 1 + alpha, evaluate=False),
    COVARIANCE: equation(second, eta * kappa / (2 * kappa - 2 * alpha - d) * lam[i] / h[i]),
    FINITE: sp.Gt(kappa, d / 2 + alpha, evaluate=False),
    REPAIR: equation(H * X + X * H, 2 * eta * kappa * S),
    CURRENT: equation(J / p, (eta * kappa * S * X.I - H) * u),
}

x, R = sp.symbols("v_i R", real=True, positive=True)
curvature, noise = sp.symbols("h_i lambda_i", positive=True)
SPLIT = {h[i]: curvature, lam[i]: noise, v[i]: x}


def _flux(claim):
    # Along one coordinate all the others are a constant R: this is a proof for every d.
    s = 1 + (curvature * x**2 / noise + R) / (eta * kappa)
    log_p = sp.expand_log(sp.log(eigenbasis.split(claim[DENSITY].rhs, SPLIT, R)), force=True)
    return fokker_planck.residual(log_p, -curvature * x, eta * noise * s / 2, x, alpha)


ONE_INTEGRAL = sp.sqrt(sp.pi) * sp.gamma(m - sp.Rational(1, 2)) / sp.gamma(m)


@lru_cache
def _one_integral(power):
    y = sp.Symbol("y", positive=True)
    return sp.integrate((1 + y**2) ** -power, (y, -sp.oo, sp.oo), conds="none")


def _norm(claim):
    """Z_d / Z_(d-1) is one integral at the exponent m, the rest at m - 1/2: induction on d."""
    Z = claim[NORM].rhs
    fewer = Z.subs({alpha: alpha + sp.Rational(1, 2), d: d - 1})
    one = sp.sqrt(eta * kappa * noise / curvature) * _one_integral(m)
    more = Z.subs({det_H: curvature * det_H, det_S: noise * det_S})
    start = Z.subs({d: 0, det_H: 1, det_S: 1})
    return [
        sp.gammasimp(more / fewer / one) - 1,
        sp.gammasimp(start) - 1,
        sp.gammasimp(_one_integral(m) / ONE_INTEGRAL) - 1,
    ]


def _decay(extra: int):
    """Exponent of r^(d-1) r^extra (1 + r²)^-m at large r, plus one: finite where negative."""
    r = sp.Symbol("r", positive=True)
    log_integrand = (d - 1 + extra) * sp.log(r) - m * sp.log(1 + r**2)
    return sp.limit(r * sp.diff(log_integrand, r), r, sp.oo) + 1


def _exists(label, extra):
    def residual(claim):
        margin, strict = threshold(claim[label])  # at equality the integral is a logarithm
        return [margin + _decay(extra) / 2, strict]

    return residual


def _variance(claim):
    y = sp.Symbol("y", positive=True)
    power = m - (d - 1) / 2
    spread = sp.integrate(y**2 * (1 + y**2) ** -power, (y, -sp.oo, sp.oo), conds="none")
    ratio = sp.gammasimp(spread / _one_integral(power))
    claimed = claim[COVARIANCE].rhs.subs({h[i]: curvature, lam[i]: noise})
    return sp.cancel(claimed - eta * kappa * noise / curvature * ratio)


# The general case: explicit in d = 2, where a basis makes H diagonal, and letters that do not
# commute for every d.
h1, h2, a1, a2, a3, s1, s2, s3 = sp.symbols("h_1 h_2 a_1 a_2 a_3 s_1 s_2 s_3", positive=True)
U = sp.Matrix(sp.symbols("u_1 u_2", real=True))
H2 = sp.diag(h1, h2)
X2 = sp.Matrix([[a1, a3], [a3, a2]])


def flux_per_p(noise_matrix, form, exponent, drift):
    """J/p for C = noise_matrix * form and p = form**-exponent, index alpha, any d."""
    log_gradient = -exponent * sp.Matrix([form.diff(w) / form for w in U])
    divergence = noise_matrix * sp.Matrix([form.diff(w) for w in U])
    C = noise_matrix * form
    return -drift * U - eta / 2 * ((1 - alpha) * divergence + C * log_gradient)


def divergence_per_p(current, form, exponent):
    """(div J)/p from J/p."""
    return sum(current[k].diff(w) - exponent * form.diff(w) / form * current[k]
               for k, w in enumerate(U))  # fmt: skip


def _noise_of(claim):
    """The Sigma_g that belongs to H and X by the claimed equation, in d = 2."""
    unknown = sp.Matrix(2, 2, sp.symbols("s_11 s_12 s_21 s_22"))
    rule = claim[REPAIR]
    values = {H: H2, X: X2, S: unknown}
    equations = list(eigenbasis.explicit(rule.lhs - rule.rhs, values))
    return unknown.subs(sp.solve(equations, list(unknown)))


def _repaired(claim):
    sigma = _noise_of(claim)
    form = 1 + (U.T * X2.inv() * U)[0]
    current = flux_per_p(sigma, form, m, H2)
    claimed = eigenbasis.explicit(claim[CURRENT].rhs, {H: H2, X: X2, S: sigma, u: U})
    stationary = sp.cancel(sp.together(divergence_per_p(current, form, m)))
    return [sigma[0, 1] - sigma[1, 0], stationary, *(current - claimed).applyfunc(sp.cancel)]


def _any_dimension(claim):
    """A K + Kᵀ A = 0, A = X⁻¹, K = eta kappa Sigma_g A - H, multiplied by X on both sides."""
    letters = {M: sp.Symbol(M.name, commutative=False) for M in (H, X, S)}
    rule = claim[REPAIR]
    Hn, Xn, Sn = letters.values()
    claimed = eigenbasis.explicit(rule.lhs, letters) - eigenbasis.explicit(rule.rhs, letters)
    K = eta * kappa * Sn / Xn - Hn
    K_transposed = eta * kappa * Xn**-1 * Sn - Hn
    return sp.expand(K * Xn + Xn * K_transposed + claimed)


def _eight_without_commuting():
    sigma = sp.Matrix([[s1, s3], [s3, s2]])
    form = 1 + (U.T * H2 * sigma.inv() * U)[0] / (eta * kappa)
    return divergence_per_p(flux_per_p(sigma, form, m, H2), form, m)


def _normal():
    """With P = Sigma_g⁻¹ = Q² and G = Q⁻¹ H Q the equation for X = 2 eta kappa (PH + HP)⁻¹ is
    G Gᵀ = Gᵀ G, and a normal matrix similar to a symmetric one is symmetric."""
    Q, Hn = sp.symbols("Q H", commutative=False)
    P, G, Gt = Q**2, Q**-1 * Hn * Q, Q * Hn * Q**-1
    N = P * Hn + Hn * P
    rule = sp.expand(N * Hn + Hn * N - N * P**-1 * N)
    return sp.expand(Q**-1 * rule * Q**-1 - (G * Gt - Gt * G))


A = sp.Symbol("A", commutative=False)
Kn, Sn, Hn = sp.symbols(r"K \Sigma_{g} H", commutative=False)
G, Gt = sp.symbols(r"G G^{\top}", commutative=False)
STEPS = (
    Step(
        "along one eigenvector the others are constant; there the flux vanishes",
        equation(sp.Symbol("J_i"), 0), _flux, by="operator",
    ),
    Step(
        "each coordinate integrated out lowers the exponent by one half: induction on $d$",
        equation(sp.Integral((1 + x**2) ** -m, (x, -sp.oo, sp.oo)), ONE_INTEGRAL),
        _norm, by="integral",
    ),
    Step(r"the density falls like $r^{-2m}$ against $r^{d-1}\,\mathrm{d}r$",
         None, _exists(EXISTS, 0), by="limit"),
    Step("the last coordinate alone: a one-dimensional integral at exponent $m - (d-1)/2$",
         None, _variance, by="integral"),
    Step("two more powers of $r$", None, _exists(FINITE, 2), by="limit"),
    Step(
        "without commuting, the same formula is not stationary ($d = 2$, any $H$ and "
        r"$\Sigma_g$)",
        None, _eight_without_commuting, by="counterexample",
    ),
    Step(
        r"it is stationary only if $G = Q^{-1} H Q$ is normal ($Q^2 = \Sigma_g^{-1}$); being "
        r"similar to $H$ it is then symmetric, so $H$ and $\Sigma_g$ commute",
        equation(G * Gt, Gt * G), _normal,
    ),
    Step(
        r"a current $p K u$ with $K = \eta\kappa \Sigma_g A - H$, $A = X^{-1}$, has no "
        r"divergence if $A K + K^\top A = 0$, which is the equation for $X$ (every $d$)",
        equation(Kn, eta * kappa * Sn * A - Hn), _any_dimension,
    ),
    Step("in $d = 2$ with every letter: divergence of the flux zero, the flux itself not",
         None, _repaired, by="operator"),
)  # fmt: skip

STATEMENT = Statement(
    id="PLD-T4",
    kind="theorem",
    title="The power law in d dimensions",
    source="meng2020, Theorem 4",
    notebook="notebooks/power_law/02_what_sgd_does",
    aliases=("PLD-T12", "PLD-E8"),
    assumptions=(
        (r"$H$, $\Sigma_g$ positive definite, $\kappa > 0$", None),
        (r"$C(u) = \Sigma_g (1 + u^\top H \Sigma_g^{-1} u / (\eta\kappa))$, drift $-Hu$, "
         r"calculus index $\alpha$", None),
        (r"$H$ and $\Sigma_g$ commute (else see the last two parts)", None),
    ),
    claim=CLAIM,
    uses=("FND-4", "FND-5"),
    steps=STEPS,
    mutants=(
        Mutant(r"exponent $\kappa$, that of the anti-Itô law, for SGD too",
               {DENSITY: density(kappa)}, source=True),
        Mutant("exponent grows with $d$", {DENSITY: density(m + d / 2)}),
        Mutant("norm loses half a power, not $d$ halves", {NORM: norm_of(sp.Rational(1, 2))}),
        Mutant(r"variance without the heavy tail's factor $\kappa/(\kappa - \alpha - d/2)$",
               {COVARIANCE: equation(second, eta / 2 * lam[i] / h[i])}),
        Mutant(r"the commuting formula for $H$ and $\Sigma_g$ that do not commute",
               {REPAIR: equation(H * X, eta * kappa * S)}, source=True),
        Mutant("$X$ without the factor 2", {REPAIR: equation(H * X + X * H, eta * kappa * S)}),
    ),
    status="conditional",
    against_source="corrected",
    remark=(
        r"A multivariate Student t with $\nu = 2m - d$ and shape $\frac{\eta\kappa}{\nu}"
        r"\Sigma_g H^{-1}$, $m = \kappa + 1 - \alpha$: the exponent does not depend on $d$. "
        r"As we reconstruct it the source has $m = \kappa$ (the anti-Itô law, needing "
        r"$\kappa > d/2$); SGD is Itô, $m = \kappa + 1$. The formula holds if and only if $H$ "
        r"and $\Sigma_g$ commute; the repair reduces to it then, "
        r"$X = \eta\kappa\Sigma_g H^{-1}$. "
        "The commuting parts are proved for every $d$ along one eigenvector, the repair for "
        "every $d$ in letters that do not commute and once more in $d = 2$ entry by entry."
    ),
)  # fmt: skip

STATEMENTS = (covariance_form.STATEMENT, STATEMENT, trace_index.STATEMENT)
