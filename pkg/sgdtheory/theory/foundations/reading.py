"""Which reading of the noise is SGD's, and the drift that each other one would add."""

import sympy as sp

from sgdtheory.theory import fokker_planck as fp
from sgdtheory.theory.foundations.symbols import (
    ALPHA,
    NOTEBOOK,
    C,
    D,
    E,
    alpha,
    eta,
    g,
    gaussian_mean,
    p,
    small_step,
    w,
    xi,
)  # fmt: skip
from sgdtheory.theory.statement import Mutant, Statement, Step, equation

w_next, u, move = sp.symbols(r"w' u \Delta{w}", real=True)
H, sigma_g, sigma_H, kappa = sp.symbols("H sigma_g sigma_H kappa", positive=True)
v_alpha, added, drift = (sp.Function(name) for name in (r"v_\alpha", r"a_\alpha", r"f_\alpha"))
Slope = sp.Derivative

EULER, MEAN, SQUARE, VELOCITY, OTHER, INDEX = (
    r"one step with Gaussian noise is one Euler step of length $\eta$",
    r"mean of a step $\Delta w = w' - w$ of SGD",
    "mean square of a step",
    r"velocity of SGD, as $\eta \to 0$ at fixed $D = \eta C/2$",
    r"velocity of the equation $\mathrm{d}w = -g\,\mathrm{d}t + \sqrt{2D}\,\mathrm{d}B$ read "
    r"with index $\alpha$",
    "index of SGD",
)
velocity = sp.Limit(E(move) / eta, eta, 0)

FND6_CLAIM = {
    EULER: equation(w_next, w - g(w) * eta + sp.sqrt(2 * D(w)) * sp.sqrt(eta) * xi),
    MEAN: equation(E(move), -eta * g(w)),
    SQUARE: equation(E(move**2), 2 * eta * D(w) + eta**2 * g(w) ** 2),
    VELOCITY: equation(velocity, -g(w)),
    OTHER: equation(v_alpha(w), -g(w) + alpha * Slope(D(w), w)),
    INDEX: equation(alpha, sp.Integer(0)),
}


def _sgd_step() -> sp.Expr:
    """w' - w: the gradient with its noise, variance C = 2D/η, both taken at the old point."""
    noise = sp.sqrt(2 * D(w) / eta)
    return -eta * (g(w) + noise * xi)


def _euler(claim):
    """The two steps have the same law: ξ and -ξ do."""
    return sp.expand(claim[EULER].rhs.subs(xi, -xi) - w - _sgd_step())


def _moment(label, n: int):
    return lambda claim: sp.expand(claim[label].rhs - gaussian_mean(_sgd_step() ** n))


def _velocity(claim):
    return claim[VELOCITY].rhs - sp.limit(sp.expand(gaussian_mean(_sgd_step()) / eta), eta, 0)


def _read_with_index(claim):
    mean = gaussian_mean(small_step(-g(w), D(w), w, eta, alpha)) / eta
    return sp.expand(claim[OTHER].rhs.doit() - sp.limit(sp.expand(mean), eta, 0))


def _equal_velocities(claim):
    """The velocities differ by αD'; where D' is not zero they are equal for one index only."""
    slope = sp.Symbol("s", positive=True)
    other = FND6_CLAIM[OTHER].rhs.subs(Slope(D(w), w), slope)
    (index,) = sp.solve(other - FND6_CLAIM[VELOCITY].rhs, alpha)
    return claim[INDEX].rhs - index


FND6 = Statement(
    id="FND-6",
    kind="theorem",
    title="SGD is Itô",
    source="sgdtheory",
    assumptions=(
        ("the noise is drawn anew at each step and evaluated at the old point (FND-1)", None),
        (r"$D = \eta C/2$ is held fixed as $\eta \to 0$; $D'$ is not zero everywhere", None),
        (r"$\xi$: mean 0, variance 1, normal for the Euler step only", None),
    ),
    claim=FND6_CLAIM,
    uses=("FND-1", "FND-4"),
    steps=(
        Step(
            r"$\sqrt{C}\,\eta\,\xi = \sqrt{2D}\,\sqrt{\eta}\,\xi$: the recursion is the "
            "Euler-Maruyama scheme itself",
            equation(eta * sp.sqrt(C(w)) * xi, sp.sqrt(2 * D(w)) * sp.sqrt(eta) * xi),
            _euler,
        ),
        Step("the noise has mean zero, given the old point, and nothing is left over",
             None, _moment(MEAN, 1)),
        Step(r"its square brings $2\eta D$; the square of the drift is of order $\eta^2$", None,
             _moment(SQUARE, 2)),
        Step(r"divide by $\eta$, the time of one step", None, _velocity, by="limit"),
        Step(r"an equation with index $\alpha$ has the amplitude taken at "
             r"$w + \alpha\,\mathrm{d}w$",
             equation(v_alpha(w), sp.Limit(E(move) / eta, eta, 0)),
             _read_with_index, by="limit"),
        Step("the two are equal for one index only", equation(alpha * Slope(D(w), w), 0),
             _equal_velocities),
    ),
    mutants=(
        Mutant("SGD is Stratonovich", {INDEX: equation(alpha, sp.Rational(1, 2))}),
        Mutant("SGD is anti-Itô", {INDEX: equation(alpha, sp.Integer(1))}),
        Mutant("anti-Itô velocity for SGD",
               {VELOCITY: equation(velocity, -g(w) + Slope(D(w), w))}),
        Mutant(r"$\sqrt{D}$ instead of $\sqrt{2D}$",
               {EULER: equation(w_next, w - g(w) * eta + sp.sqrt(D(w)) * sp.sqrt(eta) * xi)}),
        Mutant("half the added velocity",
               {OTHER: equation(v_alpha(w), -g(w) + alpha / 2 * Slope(D(w), w))}),
        Mutant(r"mean square $\eta D$", {SQUARE: equation(
            E(move**2), eta * D(w) + eta**2 * g(w) ** 2)}),
    ),
    status="asymptotic",
    remark=(
        r"The limit holds $D$ fixed. At fixed $C$ the added drift $\alpha\eta C'/2$ is of "
        r"order $\eta$, as is the error of any continuum equation far from a minimum; but near "
        r"one, where $g \to 0$, it competes with $g$ at a ratio $\alpha/\kappa$ that does not "
        r"shrink at fixed $\kappa$ (FND-7)."
    ),
    notebook=NOTEBOOK,
)  # fmt: skip

ADDED, REPAIRED, NEAR, WIDE = (
    r"drift added by reading the noise with index $\alpha$",
    r"drift with which the equation of index $\alpha$ is SGD",
    r"where $C = \sigma_g + \sigma_H u^2$ it works against the force $-Hu$, with "
    r"$\kappa = H/(\eta\sigma_H)$",
    r"two dimensions, drift added by the flux $f p - D\nabla p$ (anti-Itô)",
)
w_1, w_2 = sp.symbols("w_1 w_2", real=True)
D_11, D_12, D_22 = (sp.Function(f"D_{{{ij}}}")(w_1, w_2) for ij in ("11", "12", "22"))
MATRIX = sp.ImmutableMatrix([[D_11, D_12], [D_12, D_22]])
a_1, a_2 = sp.symbols("a_1 a_2", real=True)


def divergence(matrix=MATRIX, weight=1):
    rows = [Slope(matrix[i, 0], w_1) + Slope(matrix[i, 1], w_2) for i in range(2)]
    return equation(sp.ImmutableMatrix([a_1, a_2]), weight * sp.ImmutableMatrix(rows))


FND7_CLAIM = {
    ADDED: equation(added(w), alpha * eta / 2 * Slope(C(w), w)),
    REPAIRED: equation(drift(w), -g(w) - alpha * eta / 2 * Slope(C(w), w)),
    NEAR: equation(added(u), alpha / kappa * H * u),
    WIDE: divergence(),
}


def _generators_differ(claim):
    """Generator of index α minus that of Itô, on the function w, D = ηC/2."""
    rates = [fp.backward(w, -g(w), eta * C(w) / 2, w, index) for index in (alpha, "ito")]
    return sp.expand(claim[ADDED].rhs.doit() - (rates[0] - rates[1]))


def _repaired_flux(claim):
    repaired = fp.flux(p(w), claim[REPAIRED].rhs.doit(), eta * C(w) / 2, w, alpha)
    return sp.expand(repaired - fp.flux(p(w), -g(w), eta * C(w) / 2, w, "ito"))


def _near(claim):
    noise = sigma_g + sigma_H * u**2
    extra = alpha * sp.diff(eta * noise / 2, u)
    return (claim[NEAR].rhs - extra).subs(kappa, H / (eta * sigma_H))


def _matrix(claim):
    """J_i = f_i p - Σ_j D_ij ∂_j p is Itô's f_i p - Σ_j ∂_j(D_ij p) with this in the drift."""
    density, coordinates = sp.Function("p")(w_1, w_2), (w_1, w_2)
    out = []
    for i in range(2):
        ito = sum(sp.diff(MATRIX[i, j] * density, v) for j, v in enumerate(coordinates))
        anti = sum(MATRIX[i, j] * sp.diff(density, v) for j, v in enumerate(coordinates))
        out.append(sp.expand(claim[WIDE].rhs[i].doit() * density - (ito - anti)))
    return out


FND7 = Statement(
    id="FND-7",
    kind="proposition",
    title="The drift that each other reading would add",
    source="sgdtheory",
    assumptions=((r"$D = \eta C/2$", None), ALPHA),
    claim=FND7_CLAIM,
    uses=("FND-4", "FND-6"),
    steps=(
        Step(r"the generator of index $\alpha$ carries $\alpha D'$ in its drift, that of Itô "
             "does not",
             equation(added(w), alpha * Slope(D(w), w)), _generators_differ, by="operator"),
        Step("subtract it beforehand, and every reading has the flux of SGD", None,
             _repaired_flux, by="operator"),
        Step(r"$C' = 2\sigma_H u$: a force away from the minimum; $\eta$ is hidden in $\kappa$",
             equation(added(u), alpha * eta * sigma_H * u), _near),
        Step("anti-Itô has the matrix $D$ between the derivatives, Itô inside both", None,
             _matrix, by="operator"),
    ),
    mutants=(
        Mutant(r"$\alpha\eta C'$, without the half of $D = \eta C/2$",
               {ADDED: equation(added(w), alpha * eta * Slope(C(w), w))}),
        Mutant(r"$\eta/4$ instead of $\eta/2$",
               {ADDED: equation(added(w), alpha * eta / 4 * Slope(C(w), w))}),
        Mutant("added instead of subtracted",
               {REPAIRED: equation(drift(w), -g(w) + alpha * eta / 2 * Slope(C(w), w))}),
        Mutant("towards the minimum", {NEAR: equation(added(u), -alpha / kappa * H * u)}),
        Mutant("half the divergence", {WIDE: divergence(weight=sp.Rational(1, 2))}),
    ),
    remark=(
        r"Of order $\eta$, and still not small: near a minimum it weakens the restoring force "
        r"by the factor $1 - \alpha/\kappa$. In several dimensions an amplitude taken at "
        r"$w + \alpha\,\mathrm{d}w$ adds a drift that depends on which root of $D$ multiplies "
        r"the noise; the flux $f p - D\nabla p$ needs $D$ alone, and is what we call "
        r"anti-Itô there."
    ),
    notebook=NOTEBOOK,
)  # fmt: skip

STATEMENTS = (FND6, FND7)
