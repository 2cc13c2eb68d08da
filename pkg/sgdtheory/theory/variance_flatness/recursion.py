"""The exact covariance of SGD in a quadratic: one matrix equation, no small steps."""

import sympy as sp

from sgdtheory.theory.power_law.symbols import threshold
from sgdtheory.theory.statement import Mutant, Statement, Step, equation
from sgdtheory.theory.variance_flatness import state_dependent
from sgdtheory.theory.variance_flatness.modes import (
    NOTEBOOK,
    average,
    eta,
    k,
    lam,
)

X, H, N, one = sp.symbols("X H C I", commutative=False)
i, j = sp.symbols("i j", integer=True, positive=True)
l_, C_, X_, Y_ = (sp.IndexedBase(name) for name in ("lambda", "C", "X", "X^{(k)}"))
c = sp.Symbol("c", positive=True)
E = sp.Function(r"\operatorname{E}")

MATRIX, ENTRY, SMALL, START, ALIGNED, STABLE = (
    "covariance of the weights",
    "in the eigenbasis of $H$",
    r"small steps, against continuous time",
    r"after $k$ steps from the minimum",
    "noise $C = cH$",
    r"a stationary state exists if and only if, for every eigenvalue $\lambda > 0$",
)


def matrix(step=one - eta * H):
    return equation(X, step * X * step + eta**2 * N)


def entry(correction=eta * l_[i] * l_[j]):
    return equation(X_[i, j], eta * C_[i, j] / (l_[i] + l_[j] - correction))


def small(first=1):
    free = eta * C_[i, j] / (l_[i] + l_[j])
    series = 1 + first * eta * l_[i] * l_[j] / (l_[i] + l_[j]) + sp.O(eta**2)
    return equation(X_[i, j] / free, series)


def start(power=k):
    return equation(Y_[i, j], X_[i, j] * (1 - ((1 - eta * l_[i]) * (1 - eta * l_[j])) ** power))


CLAIM = {
    MATRIX: matrix(),
    ENTRY: entry(),
    SMALL: small(),
    START: start(),
    ALIGNED: equation(X, eta * c * (2 * one - eta * H) ** -1),
    STABLE: sp.Lt(eta * lam, 2, evaluate=False),
}

l_i, l_j, C_ij = sp.symbols("l_i l_j C_ij", positive=True)
w_1, w_2, e_1, e_2 = sp.symbols("w_1 w_2 e_1 e_2", real=True)
x_11, x_12, x_22, c_11, c_12, c_22, h_11, h_12, h_22 = sp.symbols(
    "x_11 x_12 x_22 c_11 c_12 c_22 h_11 h_12 h_22", real=True
)


def _plain(expr) -> sp.Expr:
    letters = {l_[i]: l_i, l_[j]: l_j, C_[i, j]: C_ij}
    return expr.subs({X_[i, j]: sp.Symbol("x")}).subs(letters)


def _matrix(claim):
    """Two dimensions, every letter: the step squared and averaged, against the equation."""
    hessian = sp.Matrix([[h_11, h_12], [h_12, h_22]])
    w, e = sp.Matrix([w_1, w_2]), sp.Matrix([e_1, e_2])
    moved = w - eta * (hessian * w + e)
    table = {w_1**2: x_11, w_1 * w_2: x_12, w_2**2: x_22,
             e_1**2: c_11, e_1 * e_2: c_12, e_2**2: c_22,
             w_1 * e_1: 0, w_1 * e_2: 0, w_2 * e_1: 0, w_2 * e_2: 0}  # fmt: skip
    found = (moved * moved.T).applyfunc(lambda term: average(term, table))
    written = sp.lambdify((X, H, N, one), claim[MATRIX].rhs, modules="sympy")
    spread = sp.Matrix([[x_11, x_12], [x_12, x_22]])
    noise = sp.Matrix([[c_11, c_12], [c_12, c_22]])
    return (found - written(spread, hessian, noise, sp.eye(2))).expand()


def _entry(claim):
    """Along the axes of H the equation falls apart into one line for each entry."""
    x = _plain(claim[ENTRY].rhs)
    return x - (1 - eta * l_i) * (1 - eta * l_j) * x - eta**2 * C_ij


def _small(claim):
    """Coefficients of the ratio to continuous time, through first order."""
    free = eta * C_ij / (l_i + l_j)
    gap = _plain(claim[SMALL].rhs.removeO()) - _plain(claim[ENTRY].rhs) / free
    return [sp.diff(gap, eta, order).subs(eta, 0) for order in (0, 1)]


def _start(claim):
    """Zero at the start; every step the line of the matrix equation."""
    x = _plain(claim[START].rhs.subs(X_[i, j], claim[ENTRY].rhs))
    q = sp.Symbol("q")
    grown = x.subs(k, k + 1) - (1 - eta * l_i) * (1 - eta * l_j) * x - eta**2 * C_ij
    power = ((1 - eta * l_i) * (1 - eta * l_j)) ** k
    return [x.subs(k, 0), sp.expand_power_exp(sp.powsimp(grown)).subs(power, q)]


def _aligned(claim):
    """C = cH is diagonal where H is: off-diagonal entries vanish, the rest is a function."""
    x = claim[ALIGNED].rhs.subs({H: lam, one: 1})
    diagonal = _plain(claim[ENTRY].rhs).subs({l_j: l_i}).subs({C_ij: c * l_i, l_i: lam})
    return [x - diagonal, _plain(claim[ENTRY].rhs).subs(C_ij, 0)]


def _stable(claim):
    """``1 - (1 - eta l)^2 = eta l (2 - eta l)``: the square shrinks where this is positive."""
    margin, strict = threshold(claim[STABLE])
    return [sp.expand(eta * lam * margin - (1 - (1 - eta * lam) ** 2)), strict]


LYAP1 = Statement(
    id="IVF-LYAP1",
    kind="theorem",
    title="The exact stationary covariance of SGD in a quadratic",
    source="sgdtheory",
    assumptions=(
        (r"$w' = w - \eta(Hw + \xi)$, $H$ symmetric and positive definite", None),
        (r"$\xi$ drawn anew at each step (sampling with replacement), $\operatorname{E}\xi = "
         r"0$, $\operatorname{E}\xi\xi^\top = C$ whatever $w$ is; $C$ and $H$ need not commute",
         None),
    ),
    claim=CLAIM,
    uses=("FND-1",),
    steps=(
        Step("square one step and average; what was drawn just now knows nothing of $w$",
             equation(E(sp.Symbol(r"w'w'^\top")), E(sp.Symbol(r"w w^\top"))), _matrix),
        Step("the eigenvectors of $H$ separate the entries",
             equation(X_[i, j], (1 - eta * l_[i]) * (1 - eta * l_[j]) * X_[i, j]
                      + eta**2 * C_[i, j]), _entry),
        Step(r"expand in $\eta$; continuous time has $\eta C_{ij}/(\lambda_i + \lambda_j)$",
             None, _small, by="series"),
        Step("from the minimum on, the same line iterated", None, _start, by="operator"),
        Step("where the noise has the shape of the Hessian, the curvature cancels up to the "
             "step's own size", None, _aligned),
        Step(r"the mean square of a mode shrinks by $(1 - \eta\lambda)^2$ a step",
             equation(1 - (1 - eta * lam) ** 2, eta * lam * (2 - eta * lam)), _stable),
    ),
    mutants=(
        Mutant("continuous time", {ENTRY: entry(sp.Integer(0))}),
        Mutant(r"$\eta$ counted twice in the correction",
               {ENTRY: entry(2 * eta * l_[i] * l_[j])}),
        Mutant(r"noise times $\eta$ instead of $\eta^2$",
               {MATRIX: equation(X, matrix().rhs - eta**2 * N + eta * N)}),
        Mutant("a step uphill", {MATRIX: matrix(one + eta * H)}),
        Mutant("correction of the other sign", {SMALL: small(-1)}),
        Mutant("one step off", {START: start(k - 1)}),
        Mutant("$C = cH$ as in continuous time", {ALIGNED: equation(X, eta * c * one / 2)}),
        Mutant("stable up to $h = 1$", {STABLE: sp.Lt(eta * lam, 1, evaluate=False)}),
    ),
    remark=(
        r"On the diagonal $X_{ii} = \eta C_{ii}/[\lambda_i(2 - \eta\lambda_i)]$: with "
        r"replacement and in a stationary state the variance falls with flatness only if "
        r"$C_{ii}$ falls faster than $\lambda_i(2 - \eta\lambda_i)$, at small steps: faster "
        r"than the curvature. No limit of small steps is taken, and the "
        r"noise need not be Gaussian. The equation is known from studies of SGD at finite "
        r"learning rates."
    ),
    aliases=("IVF-LYAP",),
    notebook=NOTEBOOK,
)  # fmt: skip

STATEMENTS = (LYAP1, *state_dependent.STATEMENTS)
