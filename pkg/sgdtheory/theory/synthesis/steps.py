"""Where no diffusion has the exponent: the law of SGD with weak noise, from its own steps."""

import sympy as sp

from sgdtheory.theory.statement import Asymptotic, Mutant, Statement, Step, equation

theta, L, h, C, eta, b, L_0 = sp.symbols("theta L h C eta b L_{*}", positive=True)
slope = sp.Symbol("L'", positive=True)
kappa_3 = sp.Symbol("kappa_3", real=True)
u, v, a, t, theta_C = sp.symbols("u v a t theta_C", real=True)
mgf = sp.Symbol(r"\operatorname{E}e^{-t g}", positive=True)
root, p = sp.Function("theta"), sp.Function("p")
Phi, Phi_n, Phi_C, Phi_log = sp.symbols(r"\Phi \Phi_n \Phi_C \Phi_{\log}", positive=True)
distance = sp.Symbol("|v|", positive=True)

ROOT, LAW, SKEW, MGF, COV, SGD, DIFF, WELL, LOG_WELL, DIFF_WELL, MANY = (
    "any gradient of one sample: $\\theta > 0$ with",
    r"law of SGD with weak noise, $\eta \to 0$ at fixed $b$",
    "gentle slopes, $C$ and $\\kappa_3$ the variance and third cumulant of $g$",
    "Gaussian features: $g$ has",
    "its variance",
    "its root",
    "that of a diffusion with the exact covariance",
    r"in a parabola, $\Phi = \frac b\eta \int \theta$ up to the loss $L$",
    "with noise proportional to the loss",
    "with a diffusion of the exact covariance",
    r"linear regression in $n$ dimensions, at the distance $|v|$ from the minimum",
)
g = sp.Symbol("g", real=True)
E = sp.Function(r"\operatorname{E}")


def exponent(sign=-1):
    return 2 * slope / (2 * h * L + sign * slope**2)


CLAIM = {
    ROOT: equation(E(sp.exp(-theta * g)), sp.S.One),
    LAW: Asymptotic(sp.log(p(u) / p(a)), -b / eta * sp.Integral(root(v), (v, a, u))),
    SKEW: equation(theta, 2 * slope / C + 4 * kappa_3 * slope**2 / (3 * C**3)
                   + sp.O(slope**3)),
    MGF: equation(mgf, ((1 + t * slope) ** 2 - 2 * h * L * t**2) ** -sp.S.Half),
    COV: equation(C, 2 * h * L + slope**2),
    SGD: equation(theta, exponent()),
    DIFF: equation(theta_C, exponent(sign=1)),
    WELL: equation(Phi, b / (eta * h) * (L / L_0 - 1)),
    LOG_WELL: equation(Phi_log, b / (eta * h) * sp.log(L / L_0)),
    DIFF_WELL: equation(Phi_C, b / (2 * eta * h) * sp.log(2 * L / L_0 - 1)),
    MANY: equation(Phi_n, b * distance**2 / (2 * eta * L_0)),
}  # fmt: skip


def _stationary(claim):
    """``p = exp(-Phi)`` in ``p(u) = E p(u + eta g)``, batches of one: Phi' = theta/eta."""
    S, e = sp.Function("S"), sp.Symbol("epsilon", positive=True)
    change = sp.limit((S(u + e * g).series(e, 0, 2).removeO() - S(u)) / e, e, 0)
    gradient = change.doit().subs(sp.diff(S(u), u), theta)
    inside = claim[ROOT].lhs.args[0]
    return [sp.expand(sp.log(inside).expand(force=True) + gradient), claim[ROOT].rhs - 1]


def _batch(claim):
    """A batch multiplies cumulants: ``b K(eta Phi'/b) = 0`` where ``K(theta) = 0``."""
    price = -sp.diff(claim[LAW].rhs, u) * eta / b
    return price - root(u)


def _skew(claim):
    found = claim[SKEW].rhs.removeO()
    cumulants = -theta * slope + C * theta**2 / 2 - kappa_3 * theta**3 / 6
    small = sp.series(sp.expand(cumulants.subs(theta, found)), slope, 0, 4).removeO()
    return sp.expand(small)


def _gaussian(claim):
    """Given the slope X of the prediction, the residual Z is normal; then E exp(-c X²)."""
    x, c = sp.Symbol("x", real=True), sp.Symbol("c", positive=True)
    law = sp.exp(-(x**2) / (2 * h)) / sp.sqrt(2 * sp.pi * h)
    found = sp.integrate(law * sp.exp(-c * x**2), (x, -sp.oo, sp.oo))
    given = slope * t / h - t**2 * (2 * L - slope**2 / h) / 2
    return sp.expand(1 / claim[MGF].rhs ** 2 - sp.simplify(found**-2).subs(c, given))


def _covariance(claim):
    second = sp.diff(sp.log(claim[MGF].rhs), t, 2).subs(t, 0)
    return sp.expand(sp.simplify(second) - claim[COV].rhs)


def _root(claim):
    return sp.cancel(claim[MGF].rhs.subs(t, claim[SGD].rhs) ** -2 - 1)


def _diffusion(claim):
    """``theta C/2 = L'``."""
    return sp.cancel(claim[DIFF].rhs * claim[COV].rhs / 2 - slope)


def _in_well(label, force):
    """``d Phi/dL = (b/eta) theta/L'``, nothing at the minimum; ``L'^2 = 2h(L - L_*)``."""

    def residual(claim):
        per_loss = (b / eta * force(claim) / slope).subs(slope, sp.sqrt(2 * h * (L - L_0)))
        found = claim[label].rhs
        return [sp.simplify(sp.diff(found, L) - per_loss), sp.simplify(found.subs(L, L_0))]

    return residual


def _many(claim):
    """``E exp(-p.g) = 1``, ``p = grad Phi``: X = p.x and Z = x.v - noise, in 3 dimensions."""
    at = sp.Matrix(sp.symbols("v_1:4", real=True))
    A = sp.Matrix(3, 3, lambda i, j: sp.Symbol(f"A_{min(i, j)}{max(i, j)}", real=True))
    cost = (claim[MANY].rhs * eta / b).subs(distance, sp.sqrt(at.dot(at)))
    push = sp.Matrix([sp.diff(cost, c) for c in at])
    values = {h: push.dot(A * push), slope: push.dot(A * at), L: L_0 + at.dot(A * at) / 2, t: 1}
    return sp.expand(claim[MGF].rhs.subs(values, simultaneous=True) ** -2 - 1)


SYN_2 = Statement(
    id="SYN-2",
    kind="theorem",
    title="SGD with weak noise is no diffusion: rare events are made of whole steps",
    source="sgdtheory",
    assumptions=(
        (r"one weight, $w' = w - \eta\,\overline{g}$, batches of $b$ independent samples; $g$ "
         r"the gradient of one sample, $\operatorname{E}g = L' > 0$ on the way up from $a$, "
         r"the "
         "minimum", None),
        (r"$\operatorname{E}e^{-tg}$ finite beyond $\theta$; the cheapest way up goes in steps "
         r"of the order $\eta$, not in one leap", None),
        (r"Gaussian features: least squares along a curve in the space of linear models, "
         r"$g = XZ$, jointly normal, $X \sim N(0, h)$, $Z \sim N(0, 2L)$, covariance $L'$",
         None),
        (r"parabola: $L = L_* + \frac h2 u^2$, $h$ the same in $C$; in $n$ dimensions "
         r"$L = L_* + \frac12 v^\top A v$, features of covariance $A$, any $A$; up to "
         r"$L = 2L_*$, where leaps begin to be cheaper", None),
    ),
    claim=CLAIM,
    uses=("FND-1", "LOG-3"),
    steps=(
        Step(r"$p = e^{-S/\eta}$ in $p(u) = \operatorname{E}\,p(u + \eta g)$: the exponents of "
             r"both sides differ by $-S'(u)\,g$ as $\eta \to 0$", None, _stationary,
             by="limit"),
        Step(r"a batch multiplies every cumulant: $\Phi' = b\,\theta/\eta$", None, _batch),
        Step("the first cumulants must cancel", None, _skew, by="series"),
        Step("average over $Z$ at given $X$, then over $X$", None, _gaussian, by="integral"),
        Step("second derivative of the logarithm", None, _covariance),
        Step("put in, the root is one", None, _root),
        Step("a diffusion keeps two cumulants", None, _diffusion),
        Step(r"$L'^2 = 2h(L - L_*)$ leaves $\theta = L'/hL_*$", None,
             _in_well(WELL, lambda claim: claim[SGD].rhs)),
        Step(r"$C = 2hL$", None, _in_well(LOG_WELL, lambda _: slope / (h * L))),
        Step(r"$C = 2hL + L'^2$", None, _in_well(DIFF_WELL, lambda claim: claim[DIFF].rhs)),
        Step(r"the gradient of $\Phi$ for $\theta$: $X = \nabla\Phi\cdot x$", None, _many),
    ),
    mutants=(
        Mutant(r"the exact covariance, as in a diffusion", {SGD: equation(theta, exponent(1))}),
        Mutant("noise proportional to the loss, without the gradient",
               {SGD: equation(theta, exponent(0))}),
        Mutant("a parabola has the exponent of the logarithmic landscape",
               {WELL: equation(Phi, b / (eta * h) * sp.log(L / L_0))}),
        Mutant("in many dimensions twice as wide a law",
               {MANY: equation(Phi_n, b * distance**2 / (4 * eta * L_0))}),
        Mutant("batches do not matter",
               {LAW: Asymptotic(sp.log(p(u) / p(a)),
                                -1 / eta * sp.Integral(root(v), (v, a, u)))}),
        Mutant("the skewness the other way round", {SKEW: equation(
            theta, 2 * slope / C - 4 * kappa_3 * slope**2 / (3 * C**3) + sp.O(slope**3))}),
    ),
    status="asymptotic",
    against_source="new",
    remark=(
        r"For Gaussian features the gradient enters the covariance with a plus and the "
        r"exponent with a minus, so that a better covariance makes the diffusion worse: of the "
        r"three, noise frozen at the minimum is right in a parabola, $\Phi$ being its "
        r"exponent, "
        r"and the exact covariance is farthest off. In $n$ dimensions the exponent is that of "
        r"a normal law with one variance $\eta L_*/b$ in all directions, as of aligned noise "
        r"(ANI-4). No learning rate is small enough to "
        r"remove this: at fixed $b$ it stands in front of $1/\eta$, and a larger batch changes "
        r"$b$ only. Mixed batches of large weights make the noise Gaussian (ENH-4), and with "
        r"it the diffusion right. Above $L = 2L_*$ a leap over the minimum is cheaper than "
        r"steps, at the same order in $1/\eta$: the law leaves the normal one there and ends "
        r"as a power (TLS-6)."
    ),
    notebook="notebooks/synthesis/01_one_landscape",
)  # fmt: skip

STATEMENTS = (SYN_2,)
