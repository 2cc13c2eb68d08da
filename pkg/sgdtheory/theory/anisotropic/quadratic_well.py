"""The escaping efficiency in a quadratic well, in closed form, for noise of any covariance."""

from functools import lru_cache

import sympy as sp

from sgdtheory.theory.anisotropic.symbols import (
    NOISE,
    NOTEBOOK,
    C,
    H,
    Sigma,
    Tr,
    eff,
    eta,
    explicit,
    k,
    lam,
    one,
    per_eigenvalue,
    s,
    t,
)
from sgdtheory.theory.statement import Mutant, Statement, Step, equation

HALF, QUARTER = sp.S.Half, sp.Rational(1, 4)
X, R = sp.symbols(r"X P_{>0}", commutative=False)  # covariance; projector on the range of H
i, j = sp.symbols("i j", integer=True, positive=True)
l_, S_, X_ = (sp.IndexedBase(name) for name in ("lambda", r"\Sigma", "X"))
eff_k = sp.Symbol(r"\mathcal{E}_{k}", positive=True)
eff_far = sp.Symbol(r"\mathcal{E}(\infty)", positive=True)

COVARIANCE, CLOSED, SMALL, LONG, FLAT, DISCRETE = (
    r"covariance of $\theta_t$ in the eigenbasis of $H$ ($t\,\Sigma_{ij}$ where "
    r"$\lambda_i + \lambda_j = 0$)",
    "efficiency, any symmetric $H$",
    r"short times, $t \ll 1/\lVert H\rVert$",
    r"long times, $H \succ 0$",
    r"long times, $H \succeq 0$, $P_{>0}$ the projector on the eigenvectors that curve",
    r"the recursion itself after $k$ steps, $C$ the covariance of the minibatch gradient (no "
    r"$\eta\lambda_i = 2$)",
)


def closed(factor=QUARTER, rate=2, noise=Sigma):
    return equation(eff(t), factor * Tr((one - sp.exp(-rate * H * t)) * noise))


def small(first=HALF, second=-HALF):
    series = first * t * Tr(H * Sigma) + second * t**2 * Tr(H**2 * Sigma)
    return equation(eff(t), series + sp.O(t**3))


def discrete(spread=2 * one - eta * H, power=2 * k):
    gone = one - (one - eta * H) ** power
    return equation(eff_k, eta / 2 * Tr(gone * spread**-1 * C))


def covariance(gone=l_[i] + l_[j]):
    return equation(X_[i, j], S_[i, j] * (1 - sp.exp(-(gone * t))) / (l_[i] + l_[j]))


CLAIM = {
    COVARIANCE: covariance(),
    CLOSED: closed(),
    SMALL: small(),
    LONG: equation(eff_far, Tr(Sigma) / 4),
    FLAT: equation(eff_far, Tr(R * Sigma) / 4),
    DISCRETE: discrete(),
}

l_i, l_j = sp.symbols("l_i l_j", real=True)
S_ij, l_1, l_2, s_11, s_22 = sp.symbols("s_ij l_1 l_2 s_11 s_22", positive=True)
s_12, q = sp.symbols("s_12 q", real=True)
ROTATION = sp.Matrix([[1 - q**2, -2 * q], [2 * q, 1 - q**2]]) / (1 + q**2)  # q = tan(phi/2)
NOISE_2 = sp.Matrix([[s_11, s_12], [s_12, s_22]])


def _entry(claim):
    return claim[COVARIANCE].rhs.subs({l_[i]: l_i, l_[j]: l_j, S_[i, j]: S_ij})


def _covariance(claim):
    """``X' = -(l_i + l_j) X + Sigma_ij`` from zero."""
    x = _entry(claim)
    return [sp.diff(x, t) + (l_i + l_j) * x - S_ij, x.subs(t, 0)]


def _cyclic():
    """Along each eigenvector a trace forgets on which side of Sigma a function of H stands."""
    here, later = Tr(H * sp.exp(-H * t) * Sigma * sp.exp(-H * t)), Tr(
        H * sp.exp(-2 * H * t) * Sigma)  # fmt: skip
    return sp.powsimp(per_eigenvalue(here - later))


def _closed(claim):
    """Half the mean of ``lambda x^2``: slope and start determine it, at any real lambda."""
    f = per_eigenvalue(claim[CLOSED].rhs)
    return [sp.diff(f, t) - lam / 2 * sp.exp(-2 * lam * t) * s, f.subs(t, 0)]


def _from_covariance(claim):
    """``E(t) = Tr(H X)/2``: only the diagonal of X, as H is diagonal here."""
    diagonal = _entry(claim).subs({l_j: l_i, S_ij: s})
    return per_eigenvalue(claim[CLOSED].rhs).subs(lam, l_i) - l_i * diagonal / 2


@lru_cache(maxsize=8)
def rotated_left(entry, efficiency) -> sp.Expr:
    """Any 2 x 2 matrices: covariance in the eigenbasis, rotated back, against the formula."""
    turned, values = ROTATION.T * NOISE_2 * ROTATION, (l_1, l_2)
    spread = sp.Matrix(2, 2, lambda r, c: entry.subs(
        {l_i: values[r], l_j: values[c], S_ij: turned[r, c]}, simultaneous=True))  # fmt: skip
    H_2 = ROTATION * sp.diag(*values) * ROTATION.T
    found = (H_2 * ROTATION * spread * ROTATION.T).trace() / 2
    claimed = explicit(efficiency, {Sigma: NOISE_2}, (values, ROTATION))
    return sp.cancel(sp.together(claimed - found))


def _rotated(claim):
    return rotated_left(_entry(claim), claim[CLOSED].rhs)


def matrix_formula() -> sp.Matrix:
    """``(2H)^-1 (I - exp(-2Ht)) Sigma`` for a diagonal H and any Sigma."""
    formula = (2 * H) ** -1 * (one - sp.exp(-2 * H * t)) * Sigma
    return explicit(formula, {Sigma: NOISE_2}, ((l_1, l_2), sp.eye(2)))


def _not_symmetric():
    return matrix_formula()[0, 1] - matrix_formula()[1, 0]


def _commuting(claim):
    """Where they commute, Sigma is diagonal here, and the formula is right."""
    exact = sp.Matrix(2, 2, lambda r, c: _entry(claim).subs(
        {l_i: (l_1, l_2)[r], l_j: (l_1, l_2)[c], S_ij: NOISE_2[r, c]}))  # fmt: skip
    return (exact - matrix_formula()).subs(s_12, 0)


def _small(claim):
    """Coefficient by coefficient, against the closed form."""
    claimed = per_eigenvalue(claim[SMALL].rhs.removeO())
    exact = per_eigenvalue(claim[CLOSED].rhs)
    return [sp.diff(claimed - exact, t, order).subs(t, 0) for order in range(3)]


def _long(label, projector):
    def residual(claim):
        curved = per_eigenvalue(claim[CLOSED].rhs).subs(lam, l_1)
        claimed = per_eigenvalue(claim[label].rhs)
        flat = per_eigenvalue(claim[CLOSED].rhs).subs(lam, 0)
        gaps = [claimed.subs(R, 1) - sp.limit(curved, t, sp.oo)]
        return gaps + ([claimed.subs(R, 0) - flat] if projector else [])

    return residual


def _discrete(claim):
    """``x' = (1 - eta l) x - eta e`` makes ``E x^2`` grow by ``eta^2 c`` and shrink."""
    f = per_eigenvalue(claim[DISCRETE].rhs)
    step = f.subs(k, k + 1) - (1 - eta * lam) ** 2 * f - lam / 2 * eta**2 * (s / eta)
    return [sp.simplify(sp.powsimp(sp.expand(step, power_exp=False))), f.subs(k, 0)]


def _continuous(claim):
    """Many small steps: ``eta -> 0`` at fixed ``Sigma = eta C`` and ``t = eta k``."""
    f = per_eigenvalue(claim[DISCRETE].rhs).subs({k: t / eta, lam: l_1})
    return sp.limit(f, eta, 0, "+") - per_eigenvalue(claim[CLOSED].rhs).subs(lam, l_1)


STATEMENT = Statement(
    id="ANI-4",
    kind="theorem",
    title="The escaping efficiency in a quadratic well",
    source="zhu2019, Ornstein-Uhlenbeck estimate",
    assumptions=(
        (r"$L = \frac12\theta^\top H\theta$, start at $\theta_0 = 0$; $H$ any symmetric "
         "matrix, also singular or indefinite", None),
        NOISE,
        (r"$\Sigma$ constant; it need not commute with $H$", None),
    ),
    claim=CLAIM,
    uses=("ANI-1", "ANI-3"),
    steps=(
        Step(r"the covariance obeys $\dot X = -HX - XH + \Sigma$; in the eigenbasis of $H$ "
             "each entry by itself", equation(sp.Derivative(X, t), -H * X - X * H + Sigma),
             _covariance, by="operator"),
        Step("under the trace the factors turn round: both exponentials meet",
             equation(Tr(H * sp.exp(-H * t) * Sigma * sp.exp(-H * t)),
                      Tr(H * sp.exp(-2 * H * t) * Sigma)), _cyclic),
        Step("so the efficiency is one sum over the eigenvalues of $H$, whatever $\\Sigma$ is: "
             "slope and start of each term (any real eigenvalue, every dimension)",
             equation(eff(t), Tr(H * X) / 2), _closed, by="operator"),
        Step(r"only the diagonal of $X$ enters", None, _from_covariance),
        Step("the same for two dimensions with every letter: $H$ rotated by any angle against "
             r"$\Sigma$", None, _rotated),
        Step(r"what does need $H\Sigma = \Sigma H$ is the formula for the matrix, "
             r"$X = (2H)^{-1}(I - e^{-2Ht})\Sigma$: otherwise it is not even symmetric",
             None, _not_symmetric, by="counterexample"),
        Step("where they commute it is right", None, _commuting),
        Step("expand the exponential", None, _small, by="series"),
        Step("every direction that curves upwards saturates: the curvature drops out",
             None, _long(LONG, False), by="limit"),
        Step("a flat direction adds nothing to the loss", None, _long(FLAT, True), by="limit"),
        Step("one step of the recursion along one eigenvector",
             equation(sp.Symbol(r"\operatorname{E} x_{k+1}^2"),
                      (1 - eta * lam) ** 2 * sp.Symbol(r"\operatorname{E} x_k^2")
                      + eta**2 * sp.Symbol("c")), _discrete, by="operator"),
        Step(r"$\eta \to 0$ at fixed $t = \eta k$ and $\Sigma = \eta C$ gives the closed form",
             None, _continuous, by="limit"),
    ),
    mutants=(
        Mutant("$1/2$ instead of $1/4$", {CLOSED: closed(HALF)}),
        Mutant("$e^{-Ht}$ instead of $e^{-2Ht}$", {CLOSED: closed(rate=1)}),
        Mutant(r"$\Sigma^2$ instead of $\Sigma$", {CLOSED: closed(noise=Sigma**2)}),
        Mutant("entries relax with $2\\lambda_i$, as if the matrices commuted",
               {COVARIANCE: covariance(2 * l_[i])}),
        Mutant("second order with the other sign", {SMALL: small(second=HALF)}),
        Mutant("at long times the alignment still counts",
               {LONG: equation(eff_far, Tr(H * Sigma) / 4)}),
        Mutant("flat directions heat the loss as well",
               {FLAT: equation(eff_far, Tr(Sigma) / 4)}),
        Mutant("recursion with the spread of continuous time",
               {DISCRETE: discrete(spread=2 * one)}),
        Mutant("recursion with half the relaxation", {DISCRETE: discrete(power=k)}),
    ),
    against_source="as-stated",
    remark=(
        r"Commuting is not needed, although the derivation as we remember it passes through "
        r"the formula for the matrix, which needs it. Limits and recursion are ours: at "
        r"long times "
        r"$\frac14\operatorname{Tr}\Sigma$, in which neither the curvature nor the alignment "
        r"is left. Noise along the sharpest axis is there after $1/(2\lambda_1)$; up to then "
        r"$\operatorname{Tr}(H\Sigma)$ tells how far it is ahead of others of the same trace. "
        r"From then on they catch up, each direction after its own $1/(2\lambda_i)$. The "
        r"relative error of the first order is "
        r"$t\,\operatorname{Tr}(H^2\Sigma)/\operatorname{Tr}(H\Sigma)$."
    ),
    aliases=("ANI-4b",),
    notebook=NOTEBOOK,
)  # fmt: skip

STATEMENTS = (STATEMENT,)
