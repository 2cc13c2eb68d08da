"""The divergence of the d-dimensional power law from a Gaussian: its parts and their proofs.

``p ∝ (1 + Q)^-m``, ``Q = (w - w*)ᵀ V^-1 (w - w*)/(2 kappa)``, ``V = eta Sigma_g H^-1/2``,
``m = kappa + 1 - alpha``; prior ``N(w*, I)``.
"""

from functools import lru_cache

import sympy as sp

from sgdtheory.theory.escape.symbols import alpha, kappa, m, threshold
from sgdtheory.theory.statement import equation

d, r, h, eps, x = sp.symbols("d r h epsilon x", positive=True)
trace = sp.Symbol(r"{\operatorname{Tr}V}", positive=True)
det = sp.Symbol(r"{\det V}", positive=True)
KL, KL_at_I = sp.symbols(r"\mathrm{KL} {\mathrm{KL}_{V=I}}", positive=True)
mean_log, window = sp.symbols(r"\mathbb{E}\ln(1+Q) {\Delta\operatorname{Tr}V}", positive=True)
mean_square = sp.Symbol(r"{\mathbb{E}\,|w-w^*|^2}", positive=True)

DIVERGENCE, LOG, SQUARE = (
    "the divergence of the power law from the prior",
    "mean logarithm",
    "mean square",
)
FINITE, LARGE, AT_I = (
    "finite if and only if",
    r"large $\kappa$, $V$ fixed",
    "$V = I$: the Gaussian limit is the prior itself, and yet",
)
FLATTER, LARGER, EVENTUALLY, WINDOW = (
    r"flatter means a smaller divergence ($H \to hH$, $h$ just below 1; $\kappa$, "
    r"$\Sigma_g$ and $\eta$ fixed) if and only if",
    r"larger $\kappa$ means a smaller divergence ($V$ fixed) if and only if",
    r"and in the end, for all large $\kappa$, if and only if",
    r"large $\kappa$: both hold between these bounds on $\mathrm{Tr}V$, which are apart by",
)


def psi(order, z) -> sp.Expr:
    return sp.polygamma(order, z)


def divergence(mean_log, half_square) -> sp.Eq:
    """The divergence with these two means put in."""
    norm = sp.log(sp.gamma(m) / sp.gamma(m - d / 2)) - (sp.log(det) + d * sp.log(kappa)) / 2
    return equation(KL, norm - m * mean_log + half_square)


def large_kappa(correction) -> sp.Eq:
    gaussian = (trace - d - sp.log(det)) / 2
    return equation(KL, gaussian + correction / kappa + sp.O(kappa**-2, (kappa, sp.oo)))


def leading(letter, coefficient, power) -> sp.Eq:
    """``letter = coefficient / kappa^power`` and a rest of the next order."""
    rest = sp.O(kappa ** (-power - 1), (kappa, sp.oo))
    return equation(letter, coefficient / kappa**power + rest)


DIGAMMAS = psi(0, m) - psi(0, m - d / 2)
SPREAD = kappa * trace / (2 * m - d - 2)
WIDTH = d * (2 * kappa - 2 * alpha - d) / (2 * kappa)
BEND = m * (psi(1, m - d / 2) - psi(1, m)) - d / (2 * kappa)
WEIGHT = (d + 2 * alpha) / (2 * kappa - 2 * alpha - d) ** 2

CLAIM = {
    DIVERGENCE: divergence(DIGAMMAS, SPREAD),
    LOG: equation(mean_log, DIGAMMAS),
    SQUARE: equation(mean_square, 2 * SPREAD),
    FINITE: sp.Gt(m, d / 2 + 1, evaluate=False),
    LARGE: large_kappa((d + 2 * alpha) * (trace - d) / 4),
    AT_I: leading(KL_at_I, d * ((d + 2 * alpha) ** 2 + d + 2) / 16, 2),
    FLATTER: sp.Lt(trace, WIDTH, evaluate=False),
    LARGER: sp.Gt(trace, BEND / WEIGHT, evaluate=False),
    EVENTUALLY: sp.Ge(trace, d, evaluate=False),
    WINDOW: leading(window, d * (d + 2) / (2 * (d + 2 * alpha)), 1),
}


def in_kappa(expr) -> sp.Expr:
    return expr.subs(m, kappa + 1 - alpha)


@lru_cache
def radial(power) -> sp.Expr:
    """∫ r^(d-1+power) (1 + r²)^-m dr, where it is finite."""
    integrand = r ** (d - 1 + power) * (1 + r**2) ** -m
    return sp.integrate(integrand, (r, 0, sp.oo), conds="none")


def log_norm() -> sp.Expr:
    """ln Z of (1 + Q)^-m: ``w - w* = (2 kappa V)^(1/2) y`` and ``Q = |y|²``."""
    sphere = 2 * sp.pi ** (d / 2) / sp.gamma(d / 2)
    Z = sp.sqrt((2 * kappa) ** d * det) * sphere * radial(0)
    return sp.expand_log(sp.log(Z), force=True)


def logarithm(claim):
    return sp.simplify(claim[LOG].rhs + sp.diff(log_norm(), m))


def square(claim):
    per_direction = radial(2) / radial(0) / d
    return sp.cancel(sp.gammasimp(claim[SQUARE].rhs - 2 * kappa * trace * per_direction))


def assembled(claim):
    log_p = -log_norm() - m * claim[LOG].rhs
    log_prior = -d * sp.log(2 * sp.pi) / 2 - claim[SQUARE].rhs / 2
    left = claim[DIVERGENCE].rhs - (log_p - log_prior)
    return sp.expand(sp.expand_log(left, force=True))


def finite(claim):
    margin, strict = threshold(claim[FINITE])  # at equality the integral is a logarithm
    log_integrand = (d + 1) * sp.log(r) - m * sp.log(1 + r**2)
    decay = sp.limit(r * sp.diff(log_integrand, r), r, sp.oo)
    return [margin + (decay + 1) / 2, strict]


@lru_cache
def stirling(order) -> sp.Expr:
    """ln Γ(x) (order -1) or ψ(x) (order 0) at large x."""
    function = sp.loggamma(x) if order == -1 else psi(order, x)
    return function.series(x, sp.oo, 4).removeO()


@lru_cache
def in_powers(formula) -> list[sp.Expr]:
    """Coefficients of a divergence in powers of 1/kappa, V fixed, up to the second."""

    def expanded(order, z):
        grown = stirling(order).subs(x, (1 + (z - kappa) * eps) / eps)
        return sp.expand_log(grown, force=True)

    known = sp.expand_log(in_kappa(formula), force=True)
    known = known.replace(lambda e: isinstance(e, sp.log) and isinstance(e.args[0], sp.gamma),
                          lambda e: expanded(-1, e.args[0].args[0]))  # fmt: skip
    known = known.replace(sp.polygamma, expanded).subs(kappa, 1 / eps)
    series = sp.series(sp.expand(sp.expand_log(known, force=True)), eps, 0, 3).removeO()
    return [sp.expand(series).coeff(eps, k) for k in range(3)]


def large(claim):
    claimed = claim[LARGE].rhs.removeO().subs(kappa, 1 / eps)
    zeroth, first, _ = in_powers(claim[DIVERGENCE].rhs)
    return claimed - zeroth - first * eps


def at_identity(claim):
    found = [c.subs({trace: d, det: 1}) for c in in_powers(claim[DIVERGENCE].rhs)]
    return [*found[:2], claim[AT_I].rhs.removeO() * kappa**2 - found[2]]


def flatter(claim):
    """The slope in h at h = 1 of V/h, against the claimed margin."""
    margin, strict = threshold(claim[FLATTER])
    scaled = claim[DIVERGENCE].rhs.subs({det: det / h**d, trace: trace / h}, simultaneous=True)
    slope = in_kappa(sp.diff(scaled, h).subs(h, 1))
    return [sp.simplify(slope - kappa / (2 * kappa - 2 * alpha - d) * margin), strict]


def larger(claim):
    margin, strict = threshold(claim[LARGER])
    slope = sp.diff(in_kappa(sp.expand_log(claim[DIVERGENCE].rhs, force=True)), kappa)
    return [sp.simplify(slope + WEIGHT * in_kappa(margin)), strict]


def eventually(claim):
    """Slope -c_1/κ² - 2 c_2/κ³: where c_1 is zero, c_2 > 0 still makes the divergence fall."""
    _, first, second = in_powers(claim[DIVERGENCE].rhs)
    margin, strict = threshold(claim[EVENTUALLY])
    falls = sp.factor(second.subs(trace, d)).is_positive
    return [sp.expand((d + 2 * alpha) * margin / 4 - first), not strict, bool(falls)]


def between(claim):
    """The slope in κ vanishes at Tr V = d + t/κ + ...: c_1 = -2 c_2/κ to leading order."""
    _, first, second = in_powers(claim[DIVERGENCE].rhs)
    t = -2 * second.subs(trace, d) / sp.diff(first, trace)
    upper = sp.limit(kappa * (claim[FLATTER].rhs - d), kappa, sp.oo)
    return sp.simplify(claim[WINDOW].rhs.removeO() * kappa - (upper - t))
