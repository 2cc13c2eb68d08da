"""The minibatch landscape, and why normal curvatures leave no mean of it."""

import sympy as sp

from sgdtheory.theory.statement import Mutant, Statement, Step, equation
from sgdtheory.theory.variance_flatness.random_landscape import (
    NOTEBOOK,
    PLACES,
    m_bar,
    s,
    sigma,
    theta,
    u,
    x,
)

HALF = sp.S.Half
L_mu, L_min = sp.symbols(r"L^{\mu} L_{\min}^{\mu}", positive=True)
m_mu = sp.Symbol(r"m^{\mu}", real=True)
F_mu, slope = sp.symbols(r"F_{\mu} {\partial_\theta^2\ln{L^{\mu}}}", positive=True)
mean_m, log_weight, convex = (
    sp.Symbol(name, positive=True)
    for name in (r"{\left\langle{e^{m^{\mu}u^2/2}}\right\rangle_m}", "w(u)", r"P(m^{\mu}>0)")
)

FORM, LOG, WIDTH, OVER_M, DIVERGES, CONVEX = (
    "minibatch loss along one direction",
    "curvature of its logarithm",
    "its own flatness, the width at $e$ times its lowest value",
    r"mean over a normal curvature (mean $\bar m$, variance $s^2$) at the distance "
    r"$u = |\theta - \theta^\mu|$",
    r"what is then to be averaged over $u$, $\theta = 0$: its logarithm far out",
    "share of curvatures that are positive, normal law",
)


def form(factor=HALF):
    return equation(L_mu, L_min * sp.exp(factor * m_mu * (theta - x) ** 2))


def over_m(factor=1):
    return equation(mean_m, sp.exp(m_bar * u**2 / 2 + factor * s**2 * u**4 / 8))


def far_out(value=s**2 / 8):
    return equation(sp.Limit(sp.log(log_weight) / u**4, u, sp.oo), value)


def width(factor=8):
    return equation(F_mu**2, factor / m_mu)


CLAIM = {
    FORM: form(),
    LOG: equation(slope, m_mu),
    WIDTH: width(),
    OVER_M: over_m(),
    DIVERGES: far_out(),
    CONVEX: equation(convex, sp.erfc(-m_bar / (sp.sqrt(2) * s)) / 2),
}


def _curvature(claim):
    log_loss = sp.log(claim[FORM].rhs)
    return sp.simplify(sp.diff(log_loss, theta, 2) - claim[LOG].rhs)


def _width(claim):
    """Half of it on either side of the lowest point brings the loss to e times its value."""
    log_rise = sp.log(claim[FORM].rhs / claim[FORM].rhs.subs(theta, x)).expand(force=True)
    there = log_rise.subs(theta, x + u / 2)
    return sp.cancel(there.subs(u**2, claim[WIDTH].rhs)) - 1


def _lowest(claim):
    return claim[FORM].rhs.subs(theta, x) - L_min


def _over_m(claim):
    """``t m - (m - m_bar)^2/2 s^2``, ``t = u^2/2``: its peak, the volume round it unchanged."""
    t = u**2 / 2
    exponent = t * m_mu - (m_mu - m_bar) ** 2 / (2 * s**2)
    peak = exponent.subs(m_mu, m_bar + s**2 * t)
    return [sp.expand(sp.log(claim[OVER_M].rhs).expand(force=True) - peak),
            sp.diff(exponent, m_mu).subs(m_mu, m_bar + s**2 * t)]  # fmt: skip


def _diverges(claim):
    """Times the normal density of u: a fourth power against a square."""
    exponent = sp.expand(sp.log(claim[OVER_M].rhs).expand(force=True) - u**2 / (2 * sigma**2))
    return sp.limit(exponent / u**4, u, sp.oo) - claim[DIVERGES].rhs


def _convex(claim):
    """Half at mean zero; the mean moves the normal density past zero."""
    share = claim[CONVEX].rhs
    density = sp.exp(-(m_bar**2) / (2 * s**2)) / (sp.sqrt(2 * sp.pi) * s)
    return [share.subs(m_bar, 0) - HALF, sp.expand(sp.diff(share, m_bar) - density)]


E9 = Statement(
    id="IVF-E9",
    kind="proposition",
    title="A minibatch landscape, and why normal curvatures have no mean loss",
    source="feng2021, Equation 9",
    assumptions=(
        (r"along one direction: lowest value $L_{\min}^\mu$, place $\theta^\mu$ and curvature "
         r"$m^\mu$ independent of each other", None),
        PLACES,
    ),
    claim=CLAIM,
    steps=(
        Step("at its place it is lowest", None, _lowest),
        Step("differentiate the logarithm twice", None, _curvature),
        Step("half the width to either side", None, _width),
        Step("complete the square in $m$", None, _over_m, by="integral"),
        Step(r"against it stands the normal density of the places, whose logarithm falls only "
             r"like $-u^2/2\sigma_\theta^2$: the integral over $u$ diverges for every "
             r"$s > 0$, $\sigma_\theta > 0$", None, _diverges, by="limit"),
        Step("and a part of the minibatches has no lowest point at all", None, _convex,
             by="integral"),
    ),
    mutants=(
        Mutant("a finite mean: the normal law of the places wins", {DIVERGES: far_out(0)},
               source=True),
        Mutant("curvature without the half", {FORM: form(1)}),
        Mutant("the half width", {WIDTH: width(2)}),
        Mutant("the quartic twice", {OVER_M: over_m(2)}),
        Mutant("the other tail",
               {CONVEX: equation(convex, sp.erfc(m_bar / (sp.sqrt(2) * s)) / 2)}),
    ),
    against_source="corrected",
    remark=(
        "The form as we reconstruct it: lowest value, place and curvature as independent "
        "normal numbers, a mean field. Under literal Gaussian averaging the reconstructed "
        "expression diverges, however small the spread of the curvature. It can be meant as "
        "an expansion, or with a bounded curvature (IVF-E10). A sample mean is always finite "
        "and shows nothing of this."
    ),
    notebook=NOTEBOOK,
)  # fmt: skip

STATEMENTS = (E9,)
