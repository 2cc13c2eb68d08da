"""Letters of the chapter, and one small step of an equation whose noise has index alpha.

``dx = f dt + sqrt(2 D) dB``; for SGD ``f = -g`` and ``D = eta C / 2``; ``alpha`` is the
calculus index (0 Itô, 1/2 Stratonovich, 1 anti-Itô).
"""

import sympy as sp

x, y, z, t, w, alpha, lower, target = sp.symbols("x y z t w alpha \\ell b", real=True)
eta, dt = sp.symbols(r"eta \Delta{t}", positive=True)
f, D, p, T, g, C = (sp.Function(name) for name in ("f", "D", "p", "T", "g", "C"))
E = sp.Function(r"\operatorname{E}")
xi = sp.Symbol("xi", real=True)

ALPHA = (
    r"calculus index $\alpha$ from 0 (Itô) to 1 (anti-Itô)",
    sp.And(alpha >= 0, alpha <= 1),
)
NOTEBOOK = "notebooks/foundations/01_which_calculus_is_sgd"


def gaussian_mean(expr) -> sp.Expr:
    """Mean over a standard normal ``xi`` of a polynomial in it."""
    terms = sp.Poly(sp.expand(expr), xi).terms()
    return sum(c * sp.factorial2(n - 1) for (n,), c in terms if n % 2 == 0)


def small_step(drift, D, x: sp.Symbol, time, alpha) -> sp.Expr:
    """``x' - x`` through order ``time``: amplitude of the noise taken at ``x + alpha dx``.

    To this order the dx inside is the kick alone, and one Taylor term of the amplitude
    is enough; the mean and the mean square follow with :func:`gaussian_mean`.
    """
    amplitude = sp.sqrt(2 * D)
    kick = amplitude * sp.sqrt(time) * xi
    amplitude += sp.diff(amplitude, x) * alpha * kick
    return sp.expand(drift * time + amplitude * sp.sqrt(time) * xi)


def opaque(expr) -> sp.Expr:
    """Every integral as a letter of its own; one between equal limits as zero."""
    letters = {}
    for integral in sorted(expr.atoms(sp.Integral), key=lambda i: -i.count_ops()):
        _, low, high = integral.limits[0]
        empty = sp.simplify(high - low) == 0
        letters[integral] = sp.S.Zero if empty else sp.Dummy("I", positive=True)
    return expr.subs(letters)
