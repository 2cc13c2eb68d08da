"""Random reshuffling with momentum: two poles share the variance (IVF-RR3)."""

import sympy as sp

from sgdtheory.theory.statement import Mutant, Statement, Step, equation
from sgdtheory.theory.variance_flatness.modes import (
    EPOCHS,
    NOTEBOOK,
    C,
    M,
    Phi,
    eta,
    h,
    k,
    mu,
    phi,
    z,
)

X, X_flat = sp.symbols(r"\overline{X} \overline{X}(0)", positive=True)
Z = p, q = sp.symbols("z_{+} z_{-}")
w_p, w_q = sp.symbols("w_{+} w_{-}")
rho_k = sp.Symbol(r"\rho(k)")

SUM, PRODUCT, FIRST, SECOND, FACTOR, AVERAGE, FLAT, LONG = (
    "sum of the poles",
    "product of the poles",
    "weight of the first pole",
    "weight of the second",
    "with the factor of IVF-RR1",
    "variance, averaged over the phases of the epoch",
    r"flat modes, $h \to 0$ at fixed $M$",
    r"flat modes, long epochs",
)


def weight(pole, other, square=2):
    return pole / ((pole - other) * (1 - mu) * (1 - pole**square))


SECOND_POLE, REST = w_q * Phi(q), mu * Phi(mu) / (1 - mu**2)
SIXTH = sp.Mul(sp.Rational(1, 6), M + 1, evaluate=False)


def averaged(second=SECOND_POLE):
    return equation(X, eta**2 * C * (w_p * Phi(p) + second))


def flat(rest=REST):
    return equation(X_flat, eta**2 * C / (1 - mu) ** 2 * (SIXTH - rest))


def long(first=mu / (1 - mu**2), second=2 * mu**2 / ((1 - mu) ** 2 * (1 + mu) * M)):
    bracket = SIXTH - first + second + sp.O(M**-2, (M, sp.oo))
    return equation(X_flat * (1 - mu) ** 2 / (eta**2 * C), bracket)


CLAIM = {
    SUM: equation(p + q, 1 + mu - h),
    PRODUCT: equation(p * q, mu),
    FIRST: equation(w_p, weight(p, q)),
    SECOND: equation(w_q, weight(q, p)),
    FACTOR: equation(Phi(z), phi()),
    AVERAGE: averaged(),
    FLAT: flat(),
    LONG: long(),
}


def _poles(claim):
    """``z^2 - (1 + mu - h) z + mu``, from one step ``v' = mu v - h u``, ``u' = u + v'``."""
    A = sp.Matrix([[1 - h, mu], [-h, mu]])
    return [claim[SUM].rhs - A.trace(), sp.expand(claim[PRODUCT].rhs - A.det())]


def _second_order():
    """Response to one noise, ``r_j = (p^(j+1) - q^(j+1))/(p - q)``: 1, then the recursion."""
    P, Q = sp.symbols("P Q")
    r = [(P * p**j - Q * q**j) / (p - q) for j in (0, 1, 2)]
    first = [(p ** (j + 1) - q ** (j + 1)) / (p - q) for j in (0, 1)]
    return [sp.cancel(r[2] - (p + q) * r[1] + p * q * r[0]), sp.cancel(first[0] - 1),
            sp.cancel(first[1] - (p + q))]  # fmt: skip


def response() -> sp.Expr:
    """``rho(k) = sum_j r_j r_(j+k)`` from four geometric series; P, Q stand for p^k, q^k."""
    P, Q = sp.symbols("P Q")
    same = P * p**2 / (1 - p**2) + Q * q**2 / (1 - q**2)
    mixed = (P + Q) * p * q / (1 - p * q)
    return (same - mixed) / (p - q) ** 2


def _weights(claim):
    """Coefficients of p^k and q^k."""
    P, Q = sp.symbols("P Q")
    return [sp.cancel(sp.diff(response(), letter) - claim[label].rhs.subs(mu, p * q))
            for letter, label in ((P, FIRST), (Q, SECOND))]  # fmt: skip


def _white(claim):
    """Without epochs rho(0) is left: the variance of IVF-HB1."""
    total = (claim[FIRST].rhs + claim[SECOND].rhs).subs(mu, p * q)
    known = (1 + mu) / (h * (1 - mu) * (2 * (1 + mu) - h))
    return sp.cancel(total - known.subs({mu: p * q, h: (1 - p) * (1 - q)}))


def _average(claim):
    """A stationary noise enters by ``sum_k rho(k) R(k)``: IVF-RR1 at each of the poles."""
    white = {w_p: claim[FIRST].rhs, w_q: claim[SECOND].rhs}
    claimed = claim[AVERAGE].rhs.subs(white).subs(mu, p * q) / (eta**2 * C)
    terms = [sp.diff(claimed, Phi(pole)) for pole in Z]
    P, Q = sp.symbols("P Q")
    return [sp.cancel(found - sp.diff(response(), letter))
            for found, letter in zip(terms, (P, Q), strict=True)]  # fmt: skip


def _factor(claim):
    """The factor itself, of the plain recursion: ``1 + 2 sum_k R(k) z^k/C`` (IVF-RR1)."""
    lags = -z * (M * (1 - z) - 1 + z**M) / (M * (M - 1) * (1 - z) ** 2)
    return sp.cancel((claim[FACTOR].rhs - 1 - 2 * lags).subs(z**M, sp.Symbol("Q")))


def _flat(claim):
    """``p -> 1`` and ``q -> mu``: the first term becomes (M + 1)/6, the second stays."""
    y = sp.Symbol("y", positive=True)
    power = sum((-y) ** j * sp.ff(M, j) / sp.factorial(j) for j in range(4))
    slow = claim[FIRST].rhs.subs(p, 1 - y).subs(q, mu)
    factor = claim[FACTOR].rhs.subs(z**M, power).subs(z, 1 - y)
    first = sp.cancel(sp.together(sp.expand_func(slow * factor))).subs(y, 0)
    second = claim[SECOND].rhs.subs({p: 1, q: mu}) * Phi(mu)
    return sp.cancel(sp.together(claim[FLAT].rhs - eta**2 * C * (first + second)))


def _long(claim):
    """mu^M is beyond every power of 1/M; what is left is rational in M."""
    whole = claim[FLAT].rhs.subs(Phi(mu), claim[FACTOR].rhs.subs(z**M, 0).subs(z, mu))
    exact = whole * (1 - mu) ** 2 / (eta**2 * C)
    gap = sp.together(claim[LONG].rhs.removeO() - exact)
    return [sp.limit(sp.cancel(gap / M), M, sp.oo), sp.limit(sp.cancel(gap), M, sp.oo),
            sp.limit(sp.cancel(gap * M), M, sp.oo)]  # fmt: skip


RR3 = Statement(
    id="IVF-RR3",
    kind="theorem",
    title="Random reshuffling with heavy ball",
    source="sgdtheory",
    assumptions=(
        (r"$v' = \mu v - \eta(\lambda u + \xi)$, $u' = u + v'$, $0 \le \mu < 1$, $0 < h = "
         r"\eta\lambda < 2(1 + \mu)$; $\operatorname{E}\xi = 0$, $\operatorname{E}\xi^2 = C$ "
         "whatever $u$ is", None),
        (EPOCHS[0] + "; a fresh order each epoch, independent of all others", EPOCHS[1]),
        (r"poles $z_\pm$ different (else the limit is meant)", None),
    ),
    claim=CLAIM,
    uses=("IVF-RR1", "IVF-HB1"),
    steps=(
        Step("poles of one step", equation(z**2 - (1 + mu - h) * z + mu, 0), _poles),
        Step(r"response to one noise, $r_j = (z_+^{j+1} - z_-^{j+1})/(z_+ - z_-)$", None,
             _second_order),
        Step(r"$\rho(k) = \sum_j r_j r_{j+k}$: four geometric series",
             equation(rho_k, w_p * p**k + w_q * q**k), _weights),
        Step("independent draws give IVF-HB1 back", None, _white),
        Step("each pole by itself is a plain recursion: its factor is that of IVF-RR1", None,
             _factor),
        Step(r"sum with the correlations of the noise, $\sum_k \rho(k) \overline{R}(k)$", None,
             _average),
        Step(r"$z_+ \to 1$, $z_- \to \mu$", None, _flat, by="limit"),
        Step(r"$\mu^M$ is smaller than every power of $1/M$", None, _long, by="series"),
    ),
    mutants=(
        Mutant("with replacement", {FACTOR: equation(Phi(z), sp.S.One)}),
        Mutant("second pole with the other sign", {AVERAGE: averaged(-w_q * Phi(q))}),
        Mutant("second pole left out", {AVERAGE: averaged(sp.S.Zero)}),
        Mutant("momentum of the other sign", {PRODUCT: equation(p * q, -mu)}),
        Mutant("weight without the square", {FIRST: equation(w_p, weight(p, q, 1))}),
        Mutant(r"plain reshuffling at $\eta/(1 - \mu)$", {FLAT: flat(sp.S.Zero)}),
        Mutant("second pole as without epochs", {FLAT: flat(mu / (1 - mu**2))}),
        Mutant("next order without $(1 - \\mu)^2$",
               {LONG: long(second=2 * mu**2 / ((1 + mu) * M))}),
    ),
    remark=(
        r"The learning rate $\eta/(1-\mu)$ gives the first term; the second is what the "
        r"velocity remembers across the epoch's end. `epoch_variance` takes a divided "
        "difference where the poles merge (critical damping). The variance at one phase has "
        "no formula this short; `phase_variance` has its number."
    ),
    notebook=NOTEBOOK,
)  # fmt: skip

STATEMENTS = (RR3,)
