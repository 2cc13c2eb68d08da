"""One hidden layer with a clipped output: noise and curvature share their directions."""

import sympy as sp

from sgdtheory.theory.power_law.symbols import threshold
from sgdtheory.theory.statement import Mutant, Statement, Step, equation

E = sp.Function(r"\operatorname{E}")
delta, low, high, lam1 = sp.symbols(r"delta r_{-} r_{+} lambda_1", positive=True)
rho = sp.Symbol("rho", real=True)
H, F = sp.symbols("H_{ij} F_{ij}", real=True)
phi_i, phi_j = sp.symbols(r"{\partial_i\varphi} {\partial_j\varphi}", real=True)
phi_ij = sp.Symbol(r"{\partial_i\partial_j\varphi}", real=True)
H_v, F_v, F_u = sp.symbols(r"{v^{\top}Hv} {v^{\top}Fv} {u_1^{\top}Fu_1}", positive=True)
T_H, T_F = sp.symbols(r"{\mathrm{Tr}(H)} {\mathrm{Tr}(F)}", positive=True)

AFFINE, HESSIAN, FISHER = (
    "second derivatives of the clipped output, at almost every weight",
    "Hessian of the loss there",
    "second moment of the sample gradients",
)
LOWER, UPPER = (
    r"in every direction $v$, with $r_-$ the smallest $|\rho|$ of an unsaturated point",
    r"and with $r_+$ the largest",
)
ALIGNED, FLOOR = (
    r"hence, with $\lambda_1, u_1$ the top pair of $H$",
    "where the clip alone bounds the ratio of residuals",
)


def ratio(power=2) -> sp.Expr:
    return (low / high) ** power


CLAIM = {
    AFFINE: equation(phi_ij, sp.S.Zero),
    HESSIAN: equation(H, 2 * E(phi_i * phi_j)),
    FISHER: equation(F, 4 * E(rho**2 * phi_i * phi_j)),
    LOWER: sp.Ge(F_v, 2 * low**2 * H_v, evaluate=False),
    UPPER: sp.Le(F_v, 2 * high**2 * H_v, evaluate=False),
    ALIGNED: sp.Ge(F_u, ratio() * lam1 * T_F / T_H, evaluate=False),
    FLOOR: sp.Gt(ratio(), (delta / (1 - delta)) ** 2, evaluate=False),
}

x, y = sp.symbols("theta_i theta_j", real=True)
# Margins of the inequalities.
more, less = sp.symbols("s t", positive=True)


def inside(rhs) -> sp.Expr:
    """What a claim takes the mean of, over the data."""
    return rhs.replace(E, lambda mean: mean)


output, weight, bias, point = sp.symbols("c w b x", real=True)


def one_unit(activation) -> sp.Expr:
    """The clipped output on a piece of the clip, as a function of one unit's weights."""
    gate, shift = sp.symbols("kappa epsilon", real=True)
    return gate * output * activation(weight * point + bias) + shift


def _affine(claim):
    """On its piece each activation is alpha z + beta; units add, so one is enough."""
    alpha, beta = sp.symbols("alpha beta", real=True)
    phi = one_unit(lambda z: alpha * z + beta)
    pairs = ((weight, weight), (weight, bias), (bias, bias))
    return [claim[AFFINE].rhs - sp.diff(phi, *pair) for pair in pairs]


def _loss(claim):
    """The square of a residual that varies as the claim says, twice differentiated."""
    residual = rho + phi_i * x + phi_j * y + claim[AFFINE].rhs * x * y
    loss, here = residual**2, {x: 0, y: 0}
    gradients = sp.diff(loss, x) * sp.diff(loss, y)
    return [
        sp.expand(sp.diff(loss, x, y).subs(here) - inside(claim[HESSIAN].rhs)),
        sp.expand(gradients.subs(here) - inside(claim[FISHER].rhs)),
    ]


def _quadratic_forms(claim):
    """Point by point, |rho| = r_- + s and |rho| = r_+ - t; p is its part along v."""
    p = sp.Symbol("p", real=True)
    along = {phi_i: p, phi_j: p}
    Hv, Fv = (inside(claim[label].rhs).subs(along) for label in (HESSIAN, FISHER))
    for label, size, kept in (
        (LOWER, low + more, 4 * more * (2 * low + more) * p**2),
        (UPPER, high - less, 4 * less * (2 * high - less) * p**2),
    ):
        margin, strict = threshold(claim[label])
        found = margin.subs({F_v: Fv, H_v: Hv}, simultaneous=True).subs(rho, size)
        yield from (sp.expand(found - kept), not strict)


def _aligned(claim):
    """u_1' F u_1 = 2 r_-^2 lambda_1 + s and Tr F = 2 r_+^2 Tr H - t, from the two bounds."""
    least = claim[LOWER].rhs.subs(H_v, lam1) + more
    most = claim[UPPER].rhs.subs(H_v, T_H) - less
    margin, strict = threshold(claim[ALIGNED])
    left = margin.subs({F_u: least, T_F: most}) - more - ratio() * lam1 * less / T_H
    return [sp.cancel(left), not strict]


def _floor(claim):
    """Unsaturated: delta < phi < 1 - delta, so r_- = delta + s and r_+ = 1 - delta - t."""
    margin, strict = threshold(claim[FLOOR])
    top, bottom = (delta + more) * (1 - delta), delta * (1 - delta - less)
    kept = (more * (1 - delta) + delta * less) * (top + bottom)
    scale = ((1 - delta) * (1 - delta - less)) ** 2
    found = margin.subs({low: delta + more, high: 1 - delta - less})
    return [sp.cancel(found - kept / scale), strict]


def _not_improvable(claim):
    """One point of residual r_-, m of residual r_+, all with gradients at right angles."""
    m, square = sp.symbols("m G", positive=True)
    top, rest = 2 * square, 2 * m
    F_top, F_rest = 2 * low**2 * top, 2 * high**2 * rest
    values = {lam1: top, T_H: top + rest, T_F: F_top + F_rest}
    return sp.limit(F_top / claim[ALIGNED].rhs.subs(values), m, sp.oo) - 1


def _trainable_output():
    return sp.diff(one_unit(lambda z: z), output, weight)


def _smooth_activation():
    return sp.diff(one_unit(lambda z: sp.log(1 + sp.exp(z))), bias, 2)


def in_the_bias(clip=None) -> tuple[sp.Expr, sp.Expr]:
    """Population: x uniform on [-2, 2], y = 1 for x < 3/10, f = relu(6x/10 + b), b = 1/10.

    Second derivative of the loss in b, and twice the mean square of the output's derivative.
    """
    f, edge, per_f = 6 * point / 10 + bias, sp.Rational(3, 10), sp.Rational(10, 6)
    lowest = sp.S.Zero if clip is None else clip
    enters = (lowest - bias) * per_f
    leaves = sp.Integer(2) if clip is None else (1 - clip - bias) * per_f
    pieces = (
        ((lowest - 1) ** 2, -2, enters),
        ((f - 1) ** 2, enters, edge),
        (f**2, edge, leaves),
        ((1 - lowest) ** 2, leaves, 2),
    )
    loss = sum(sp.integrate(part, (point, start, end)) for part, start, end in pieces) / 4
    here = {bias: sp.Rational(1, 10)}
    return sp.diff(loss, bias, 2).subs(here), ((leaves - enters) / 2).subs(here)


def _population():
    plain, clipped = in_the_bias(), in_the_bias(delta)
    return [plain[0] - sp.Rational(1, 4), plain[1] - sp.Rational(13, 12),
            sp.expand(clipped[0] + sp.Rational(5, 6)),
            sp.expand(clipped[1] - sp.Rational(5, 6) * (1 - 2 * delta))]  # fmt: skip


def _kinks(clip=None):
    def difference():
        curvature, squares = in_the_bias(clip)
        return sp.expand(curvature - squares)

    return difference


STATEMENT = Statement(
    id="ANI-8",
    kind="proposition",
    title="One hidden layer: curvature and noise share their directions",
    source="zhu2019, Proposition 2",
    assumptions=(
        (r"$\varphi$: output of one hidden layer with piecewise linear activation and fixed "
         r"output weights, clipped to $[\delta, 1-\delta]$", delta < sp.S.Half),
        (r"squared loss $\mathrm{E}\,\rho^2$, $\rho = \varphi - y$, labels 0 and 1; "
         r"$\mathrm{E}$ is the mean over finitely many data", None),
        (r"at almost every weight: no input of an activation or of the clip at a kink; at "
         r"least one unsaturated point, $\nabla\varphi \ne 0$", None),
    ),
    claim=CLAIM,
    uses=("ANI-7",),
    steps=(
        Step("near such a weight each activation, and the clip, stays on one linear piece",
             equation(sp.Symbol(r"\varphi"), sp.Symbol(r"\text{constant}") + sp.Symbol(
                 r"\text{linear in the hidden weights}")), _affine),
        Step(r"so of $\partial_i \partial_j \rho^2 = 2\,\partial_i \varphi\,\partial_j "
             r"\varphi + 2 \rho\,\partial_i\partial_j\varphi$ one term is left",
             None, _loss),
        Step(r"with $p = v^\top \nabla\varphi$: $F - 2 r_-^2 H$ is the mean of "
             r"$4(\rho^2 - r_-^2)\,p^2$, which is zero if all $|\rho| = r_-$",
             None, _quadratic_forms),
        Step(r"take $v = u_1$ below and the trace above", None, _aligned),
        Step(r"an unsaturated point has $\delta < |\rho| < 1 - \delta$", None, _floor),
        Step(r"no larger constant holds for all data: one point with $r_-$ along $u_1$, "
             r"$m \to \infty$ points with $r_+$ at right angles", None, _not_improvable,
             by="limit"),
        Step("output weights that learn too: a mixed derivative is left", None,
             _trainable_output, by="counterexample"),
        Step(r"a smooth activation (softplus): $\varphi'' \ne 0$", None,
             _smooth_activation, by="counterexample"),
        Step(r"a population instead of data: for $\mathrm{relu}(0.6x + b)$, $b = 0.1$, $x$ "
             r"uniform on $[-2, 2]$, $y = 1$ for $x < 0.3$, without clip, $\partial_b^2 L = "
             r"\frac14$ and $2\,\mathrm{E}(\partial_b f)^2 = \frac{13}{12}$; clipped, "
             r"$-\frac56$ and $\frac56(1 - 2\delta)$", None, _population, by="example"),
        Step("the kinks that pass over the density of $x$ are the difference, without clip",
             None, _kinks(), by="counterexample"),
        Step("and with it, where even the sign is another", None, _kinks(delta),
             by="counterexample"),
    ),
    mutants=(
        Mutant("the two of the square lost", {HESSIAN: equation(H, E(phi_i * phi_j))}),
        Mutant("and lost once in the second moment",
               {FISHER: equation(F, 2 * E(rho**2 * phi_i * phi_j))}),
        Mutant("an output that bends", {AFFINE: equation(phi_ij, phi_i * phi_j)}),
        Mutant("the upper bound from below",
               {LOWER: sp.Ge(F_v, 2 * high**2 * H_v, evaluate=False)}),
        Mutant("perfect alignment", {ALIGNED: sp.Ge(F_u, lam1 * T_F / T_H, evaluate=False)}),
        Mutant("the ratio of residuals not squared",
               {ALIGNED: sp.Ge(F_u, ratio(1) * lam1 * T_F / T_H, evaluate=False)}),
        Mutant("clipping level not squared",
               {FLOOR: sp.Gt(ratio(), delta / (1 - delta), evaluate=False)}),
    ),
    status="conditional",
    against_source="as-stated",
    remark=(
        r"As we remember the source, it states that some $a > 0$ exists near $\theta^*$; the "
        r"constant is ours, and nearness is not needed. At a stationary point, where "
        r"$C = F/b$, it is the alignment of ANI-6. At a clip of $\delta = 10^{-3}$ it is about "
        r"$10^{-6}$: proved, and without content; what is measured (ANI-E2) is near one. The "
        r"Hessian here is the one that automatic differentiation returns. It does not see "
        r"the kinks, which for many data carry curvature of the population's loss."
    ),
    notebook="notebooks/anisotropic/03_alignment_in_networks",
)  # fmt: skip

STATEMENTS = (STATEMENT,)
