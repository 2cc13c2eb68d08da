"""Descent with noise of fixed size in the plane, and what its controls have built in."""

import sympy as sp

from sgdtheory.theory.statement import Mutant, Statement, Step, equation

NOTEBOOK = "notebooks/anomalous/05_fractal_landscape"

eta, sigma, lam, g, rho_0, tau, m, s, r = sp.symbols(
    r"eta sigma lambda g rho_0 tau m s r", positive=True
)
v_0, T = sp.symbols("v_0 T", positive=True)
C, D, variance, n, beta = sp.symbols(r"C D \operatorname{Var}{x} n beta", positive=True)
M_cone, M_plane, M_bowl = sp.symbols(
    r"{M_{\mathrm{cone}}(\tau)} {M_{\mathrm{plane}}(\tau)} {M_{\mathrm{bowl}}(\tau)}",
    positive=True,
)
S_2 = sp.Function("S_2")

NOISE, HEAT, SPREAD = (
    "noise of the gradient that this amounts to",
    "its diffusion coefficient in the time $\\eta\\,t$",
    r"spread in the well $U = \lambda x^2/2$, each coordinate",
)

EQ10_CLAIM = {
    NOISE: equation(C, sigma**2 / eta**2),
    HEAT: equation(D, sigma**2 / (2 * eta)),
    SPREAD: equation(variance, sigma**2 / (eta * lam * (2 - eta * lam))),
}


def _noise(claim):
    return sp.simplify(eta**2 * claim[NOISE].rhs - sigma**2)


def _heat(claim):
    """A step is the time eta and adds sigma^2 = 2 D eta; in SGD D = eta C/2."""
    return [claim[HEAT].rhs * 2 * eta - sigma**2,
            sp.simplify(claim[HEAT].rhs - eta * claim[NOISE].rhs / 2)]  # fmt: skip


def _spread(claim):
    before = claim[SPREAD].rhs
    return sp.simplify((1 - eta * lam) ** 2 * before + sigma**2 - before)


EQ10 = Statement(
    id="ANO-EQ10",
    kind="formula",
    title="The two-dimensional model: its noise does not know the learning rate",
    source="chen2022anomalous, Equation 10 and the released code",
    assumptions=(
        (r"$x_{t+1} = x_t - \eta\nabla U(x_t) + \sigma\zeta_t$ in the plane, "
         r"$\zeta_t \sim N(0, I_2)$ independent", None),
        (r"for the last line: $\eta\lambda < 2$", eta * lam < 2),
    ),
    claim=EQ10_CLAIM,
    steps=(
        Step(r"$\eta\,\xi = \sigma\zeta$", None, _noise),
        Step(r"$\sigma^2 = 2 D\eta$ a step, and $D = \eta C/2$ as for SGD", None, _heat),
        Step("a step leaves the stationary variance as it is", None, _spread),
    ),
    mutants=(
        Mutant("noise multiplied by the learning rate, as in SGD",
               {NOISE: equation(C, sigma**2), HEAT: equation(D, eta * sigma**2 / 2),
                SPREAD: equation(variance, eta * sigma**2 / (lam * (2 - eta * lam)))}),
        Mutant(r"$\sigma^2 = D\eta$", {HEAT: equation(D, sigma**2 / eta)}),
        Mutant("continuous time",
               {SPREAD: equation(variance, sigma**2 / (2 * eta * lam))}),
    ),
    against_source="as-stated",
    remark=(
        r"The model as the released code has it; the text was at hand without its formulas. "
        r"With $\sigma$ fixed a *smaller* learning rate makes the model hotter in its own "
        r"time, $D \propto 1/\eta$, where SGD becomes colder, $D \propto \eta$. A scan over "
        r"$\eta$ in this model is therefore no model of a scan over learning rates: at small "
        r"$\eta$ it is Brownian motion that hardly sees the landscape."
    ),
    notebook=NOTEBOOK,
)  # fmt: skip


CONE, ARRIVES, PLANE, EXPONENT, BOWL, SHUFFLED, SLOPE = (
    "cone of slope $g$, no noise: exponent 2 at every lag",
    r"steps from distance $\rho_0$ to its tip",
    "plane of slope $g$, with noise",
    "its exponent",
    "paraboloid, no noise: no power law",
    "shuffled and smoothed: one length, no power law",
    "and a slope that is left over",
)

speed = eta * g
S11_CLAIM = {
    CONE: equation(M_cone, eta**2 * g**2 * tau**2),
    ARRIVES: equation(n, rho_0 / (eta * g)),
    PLANE: equation(M_plane, eta**2 * g**2 * tau**2 + 2 * sigma**2 * tau),
    EXPONENT: equation(
        beta, 1 + eta**2 * g**2 * tau / (eta**2 * g**2 * tau + 2 * sigma**2)
    ),
    BOWL: equation(
        M_bowl,
        rho_0**2 * (1 - (1 - eta * lam) ** tau) ** 2 / (T - tau)
        * (1 - (1 - eta * lam) ** (2 * (T - tau))) / (1 - (1 - eta * lam) ** 2),
    ),
    SHUFFLED: equation(S_2(r), v_0 / (2 * sp.pi * s**2) * (1 - sp.exp(-(r**2) / (4 * s**2)))),
    SLOPE: equation(sp.Limit(S_2(r) / r**2, r, 0, "+"), v_0 / (8 * sp.pi * s**4)),
}  # fmt: skip


def _cone(claim):
    """Distance to the tip falls by eta g a step; the mean over pairs is that of equals."""
    t = sp.Symbol("t", nonnegative=True)
    moved = (rho_0 - speed * t) - (rho_0 - speed * (t + tau))
    return sp.expand(claim[CONE].rhs - moved**2)


def _arrives(claim):
    return sp.simplify(rho_0 - speed * claim[ARRIVES].rhs)


def _plane(claim):
    """Two coordinates; independent steps of mean eta g along one, variance sigma^2 in both."""
    drift, diffusion = speed * tau, 2 * sigma**2 * tau
    return sp.expand(claim[PLANE].rhs - drift**2 - diffusion)


def _exponent(claim):
    slope = tau * sp.diff(sp.log(claim[PLANE].rhs), tau)
    return sp.simplify(claim[EXPONENT].rhs - slope)


def _bowl(claim):
    """T - tau = m pairs; ``phi = 1 - eta lambda`` and p, q for its powers.

    The sum of the m squares ``phi^2t (1 - phi^tau)^2`` grows by its last term with m.
    """
    phi, p, q = sp.symbols("phi p q", positive=True)
    total = (claim[BOWL].rhs * (T - tau)).subs(T, tau + m).subs(lam, (1 - phi) / eta)
    total = sp.expand_power_exp(sp.simplify(total))
    now = total.subs({phi**tau: p, phi ** (2 * m): q})
    after = now.subs(q, q * phi**2)
    term = rho_0**2 * q * (1 - p) ** 2
    return [sp.cancel(after - now - term), sp.cancel(now.subs(q, 1))]


def _kernels():
    """The kernel of width s, met with itself at distance r, along one axis."""
    y = sp.Symbol("y", real=True)

    def kernel(z):
        return sp.exp(-(z**2) / (2 * s**2)) / (s * sp.sqrt(2 * sp.pi))

    overlap = sp.integrate(sp.expand(kernel(y) * kernel(y - r)), (y, -sp.oo, sp.oo))
    return sp.simplify(overlap - sp.exp(-(r**2) / (4 * s**2)) / (2 * s * sp.sqrt(sp.pi)))


def _shuffled(claim):
    """White noise of variance v_0 a pixel: covariance is v_0 times the overlap of kernels,
    along the lag and across it (r = 0)."""
    across = 1 / (2 * s * sp.sqrt(sp.pi))
    at_zero, at_r = v_0 * across**2, v_0 * across**2 * sp.exp(-(r**2) / (4 * s**2))
    return sp.simplify(claim[SHUFFLED].rhs - 2 * (at_zero - at_r))


def _slope(claim):
    return claim[SLOPE].rhs - sp.limit(claim[SHUFFLED].rhs / r**2, r, 0)


S11 = Statement(
    id="ANO-S11",
    kind="proposition",
    title="The controls: exponent 2 is what a cone is made of",
    source="chen2022anomalous, Figure 8, controls",
    assumptions=(
        (r"$M(\tau)$: mean squared displacement over all $T - \tau$ pairs, before the minimum "
         r"is reached", None),
        (r"cone $U = g\rho$, paraboloid $U = \lambda\rho^2/2$, start at distance $\rho_0$; "
         r"$\eta\lambda < 1$; the model is that of ANO-EQ10", eta * lam < 1),
        (r"lags $\tau < T$", tau < T),
        (r"shuffled: heights of variance $v_0$ permuted over the pixels, then smoothed with a "
         r"Gaussian of $s$ pixels, $s \gg 1$; $S_2$: structure function", None),
    ),
    claim=S11_CLAIM,
    uses=("ANO-EQ10",),
    steps=(
        Step("constant speed along a straight line", None, _cone),
        Step("the same speed, down to the tip", None, _arrives),
        Step("drift squared plus twice the variance of a coordinate", None, _plane),
        Step("logarithmic slope", None, _exponent),
        Step(r"$\rho_t = (1 - \eta\lambda)^t\rho_0$, a geometric sum", None, _bowl),
        Step("overlap of two Gaussian kernels", None, _kernels, by="integral"),
        Step("white noise through the kernel", None, _shuffled),
        Step("small distances", None, _slope, by="limit"),
    ),
    mutants=(
        Mutant("a paraboloid has the exponent 2 too",
               {BOWL: equation(M_bowl, (eta * lam * rho_0 * tau) ** 2)}, source=True),
        Mutant("slope $2g$", {CONE: equation(M_cone, 4 * eta**2 * g**2 * tau**2),
                              ARRIVES: equation(n, rho_0 / (2 * eta * g))}),
        Mutant("noise along one coordinate",
               {PLANE: equation(M_plane, eta**2 * g**2 * tau**2 + sigma**2 * tau)}),
        Mutant("exponent 2 in spite of the noise", {EXPONENT: equation(beta, sp.Integer(2))}),
        Mutant("the kernel for its overlap with itself", {SHUFFLED: equation(
            S_2(r), v_0 / (2 * sp.pi * s**2) * (1 - sp.exp(-(r**2) / (2 * s**2))))}),
        Mutant("a slope that falls like $1/s^2$",
               {SLOPE: equation(sp.Limit(S_2(r) / r**2, r, 0, "+"),
                                v_0 / (8 * sp.pi * s**2))}),
    ),
    against_source="corrected",
    remark=(
        r"The source calls its convex control a paraboloid; the landscape stored with its "
        r"code is $9 + \rho/2$, a cone. With $\eta = 0.02$ and $\rho_0 = \sqrt2$ the straight "
        r"way down takes 141 steps, and just the first 144 points of one run were used. The "
        r"other control, a shuffled landscape, loses more than its fractal order: smoothing "
        r"over 8 pixels leaves a 28th of the height. So it shows what a gentle landscape of "
        r"one length does, not what a rough one lacks."
    ),
    notebook=NOTEBOOK,
)  # fmt: skip

STATEMENTS = (EQ10, S11)
