r"""Fokker-Planck in one dimension, symbolically, for every reading of the noise.

The SDE :math:`dx = f\,dt + \sqrt{2D}\circ_\alpha dB` with calculus index
:math:`\alpha` (0 Itô, 1/2 Stratonovich, 1 anti-Itô) has

.. math:: \partial_t p = -\partial_x J, \qquad
          J = f p - D^{\alpha}\,\partial_x\!\left(D^{1-\alpha} p\right).

For minibatch SGD :math:`D = \eta C/2` (FND-4, FND-5).
"""

import sympy as sp

#: Calculus index as an exact number.
INDEX = {"ito": sp.Integer(0), "stratonovich": sp.Rational(1, 2), "anti-ito": sp.Integer(1)}


def index(convention) -> sp.Expr:
    """Calculus index of a convention's name; a sympy expression passes through.

    Raises
    ------
    ValueError
        The name is none of the three, or a number outside [0, 1].
    """
    if isinstance(convention, sp.Expr):
        if convention.is_number and not (convention >= 0) & (convention <= 1):
            raise ValueError(
                f"a calculus index must lie in [0, 1], got {convention}; "
                'SGD itself is 0, convention="ito"'
            )
        return convention
    if not isinstance(convention, str) or convention not in INDEX:
        raise ValueError(
            f"convention must be one of {sorted(INDEX)} or a sympy index, got {convention!r}; "
            'SGD itself is convention="ito"'
        )
    return INDEX[convention]


def _expressions(**given) -> list[sp.Expr]:
    out = []
    for name, value in given.items():
        try:
            expr = sp.sympify(value, strict=True)
        except sp.SympifyError:
            raise TypeError(
                f"{name} must be a sympy expression or a number, got {type(value).__name__}; "
                "build it from sympy symbols"
            ) from None
        if expr.has(sp.nan, sp.zoo, sp.oo, -sp.oo):
            raise ValueError(f"{name} must be finite, got {expr}; repair the expression")
        out.append(expr)
    return out


def _diffusion(D: sp.Expr, x: sp.Symbol) -> None:
    if not isinstance(x, sp.Symbol):
        raise TypeError(f"x must be a sympy symbol, got {x!r}; use sympy.Symbol('x')")
    if D.is_nonpositive:
        raise ValueError(f"D must be > 0, got {D}; a diffusion coefficient is positive")


def flux(p, drift, D, x: sp.Symbol, convention="ito") -> sp.Expr:
    r"""Probability flux :math:`J = f p - D^{\alpha}\partial_x(D^{1-\alpha}p)` (FND-4).

    Parameters
    ----------
    p, drift, D : sympy expressions in ``x`` (units: 1/x, x/time, x^2/time).
    convention : name, or a sympy expression for the calculus index.

    Raises
    ------
    ValueError
        Unknown convention, or ``D`` known not to be positive.
    TypeError
        An argument is not a sympy expression.
    """
    p, drift, D = _expressions(p=p, drift=drift, D=D)
    _diffusion(D, x)
    alpha = index(convention)
    # D^a (D^(1-a) p)' = (1-a) D' p + D p': free of powers, so that residuals stay rational.
    return drift * p - (1 - alpha) * sp.diff(D, x) * p - D * sp.diff(p, x)


def residual(log_p, drift, D, x: sp.Symbol, convention="ito") -> sp.Expr:
    """Flux divided by ``p``, from the *log* density: rational wherever ``(log p)'`` is.

    A density is stationary with zero flux if and only if this vanishes.
    """
    log_p, drift, D = _expressions(log_p=log_p, drift=drift, D=D)
    _diffusion(D, x)
    return drift - (1 - index(convention)) * sp.diff(D, x) - D * sp.diff(log_p, x)


def operator(p, drift, D, x: sp.Symbol, convention="ito") -> sp.Expr:
    """Right side of Fokker-Planck, ``-dJ/dx``: the rate of change of ``p``."""
    return -sp.diff(flux(p, drift, D, x, convention), x)


def stationary_density(drift, D, x: sp.Symbol, convention="ito") -> sp.Expr:
    r"""Zero-flux density, not normalised (FND-5):
    :math:`p \propto D^{-(1-\alpha)} \exp\int f/D\,dx`.

    Raises
    ------
    ValueError
        Unknown convention, ``D`` not positive, or an integral that sympy cannot do: pass a
        drift and D with an elementary ``f/D``, or use ``stochastic.stationary.density``.
    """
    drift, D = _expressions(drift=drift, D=D)
    _diffusion(D, x)
    alpha = index(convention)
    exponent = sp.integrate(sp.cancel(drift / D), x)
    if exponent.has(sp.Integral):
        raise ValueError(
            f"drift/D must have an elementary integral, got {drift / D}; "
            "use sgdtheory.stochastic.stationary.density for numbers"
        )
    return D ** (alpha - 1) * sp.exp(exponent)


def backward(u, drift, D, x: sp.Symbol, convention="ito") -> sp.Expr:
    r"""Generator :math:`(f + \alpha D')u' + D u''`; the mean first-passage time has -1 here."""
    u, drift, D = _expressions(u=u, drift=drift, D=D)
    _diffusion(D, x)
    ito_drift = drift + index(convention) * sp.diff(D, x)
    return ito_drift * sp.diff(u, x) + D * sp.diff(u, x, 2)
