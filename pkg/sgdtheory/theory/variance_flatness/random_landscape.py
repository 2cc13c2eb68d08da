"""Letters of the minibatch landscapes, and their averages by completing the square.

A minibatch loss along one direction is ``l exp(m (theta - x)^2 / 2)``: lowest value ``l``,
place ``x`` of the minimum (normal, mean 0, variance ``sigma^2``), curvature ``m`` of its
logarithm.  ``alpha`` is the learning rate.
"""

import sympy as sp

NOTEBOOK = "notebooks/variance_flatness/05_random_landscapes"

m, sigma, s, l_1, l_2, alpha, F = sp.symbols(
    r"m sigma_\theta s {\left\langle{L_{\min}}\right\rangle} "
    r"{\left\langle{L_{\min}^{2}}\right\rangle} alpha F",
    positive=True,
)
theta, x = sp.symbols("theta theta^mu", real=True)
u = sp.Symbol("u", positive=True)
L = sp.Function("L")
M_bar, L_0, m_bar = sp.symbols(r"\bar{M} L_0 \bar{m}", positive=True)

PLACES = (
    r"places of the minima normal, $\langle\theta^\mu\rangle = 0$, variance $\sigma_\theta^2$, "
    r"independent of $m$ and $L_{\min}$",
    None,
)


def room(power) -> sp.Expr:
    """``1 - power m sigma^2``, kept as it is."""
    return 1 - power * m * sigma**2


def normal_mean(polynomial, power) -> sp.Expr:
    """Mean of ``polynomial(x) exp(power m (theta - x)^2 / 2)`` over the places x.

    The exponent with that of the normal law is ``-A x^2/2 + B x + const``: a normal integral
    of centre B/A and variance 1/A.
    """
    exponent = sp.Poly(power * m * (theta - x) ** 2 / 2 - x**2 / (2 * sigma**2), x)
    half, B, const = exponent.all_coeffs()
    A = -2 * half
    xi = sp.Dummy("xi")
    inside = sp.Poly(sp.expand(polynomial.subs(x, B / A + xi)), xi).terms()
    moment = sum(c * sp.factorial2(n - 1) / A ** (n // 2) for (n,), c in inside if n % 2 == 0)
    peak = sp.exp(sp.cancel(const + B**2 / (2 * A)))
    return moment * peak / sp.sqrt(sp.cancel(A * sigma**2))


def admissible(expr, power) -> sp.Expr:
    """``expr`` at ``m = k/(1 + power k sigma^2)``, k > 0: every m with a finite mean."""
    k = sp.Symbol("k", positive=True)
    return sp.sympify(expr).subs(m, k / (1 + power * k * sigma**2))


def left(claimed, found, power):
    """Simplified difference of two positive expressions divided by ``found``."""
    ratio = admissible(claimed, power) / admissible(found, power)
    return sp.simplify(sp.powsimp(sp.simplify(ratio), force=True)) - 1


#: Of the mean landscape: its value per lowest value of a member, and its curvature (IVF-E10).
ONE, BAR = normal_mean(sp.S.One, 1), m / room(1)
