"""Two unequal curvatures, ``C = (2/b) L H``: the law is no function of the loss."""

import sympy as sp

from sgdtheory.theory.log_landscape.letters import L_0, b, eta, phi

x, y = sp.symbols("x y", real=True)
h_1, h_2 = sp.symbols("h_1 h_2", positive=True)
AXES = ((x, h_1), (y, h_2))
BOWL = L_0 + (h_1 * x**2 + h_2 * y**2) / 2


def curl() -> sp.Expr:
    """Of the force that ``grad log p`` would have to be, were there no current."""
    force = []
    for at, curvature in AXES:
        D = eta * curvature * BOWL / b
        force.append(-(sp.diff(BOWL, at) + sp.diff(D, at)) / D)
    return sp.cancel(sp.diff(force[1], x) - sp.diff(force[0], y))


def power_law_sources():
    """The power of the loss itself has a current with sources: no choice of phi helps."""
    total = 0
    for at, curvature in AXES:
        D = eta * curvature * BOWL / b
        current = (-sp.diff(BOWL, at) - sp.diff(D, at)) * BOWL**-phi - D * sp.diff(
            BOWL**-phi, at
        )
        total += sp.diff(current, at)
    return sp.cancel(sp.powsimp(total * BOWL**phi))


def any_law_sources():
    """Sources of the current of ``f(L)``; ``g = (eta/b)(L f)'``; a polynomial in x² at fixed L.

    Its two coefficients ask for ``f' = -(h_1 + h_2) g'`` and ``(h_1 + h_2) f +
    (h_1² + h_2²) g = 2 h_1 h_2 (L - L_*) g'``.
    """
    f, g, f_1, g_1, E = sp.symbols("f g f_1 g_1 E", real=True)  # E = L - L_*
    square = {x: h_1 * x**2, y: 2 * E - h_1 * x**2}
    sources = sum(k * (f + k * g) + k * square[at] * (f_1 + k * g_1) for at, k in AXES)
    rest, tilt = (sp.Poly(sources, x).coeff_monomial(x**i) for i in (0, 2))
    first = sp.cancel(tilt / (h_1 * (h_1 - h_2)) - f_1 - (h_1 + h_2) * g_1)
    rest = rest.subs(f_1, -(h_1 + h_2) * g_1)
    wanted = (h_1 + h_2) * f + (h_1**2 + h_2**2) * g - 2 * h_1 * h_2 * E * g_1
    return [first, sp.expand(rest - wanted)]


def solution_left():
    """With ``f = f_0 - (h_1 + h_2) g`` the second condition is ``(E g)' = const``."""
    E, f_0, g_0 = sp.symbols("E f_0 g_0", real=True)
    g = (h_1 + h_2) * f_0 / (2 * h_1 * h_2) + g_0 / E
    f = f_0 - (h_1 + h_2) * g
    left = (h_1 + h_2) * f + (h_1**2 + h_2**2) * g - 2 * h_1 * h_2 * E * sp.diff(g, E)
    return sp.cancel(left)
