"""From sympy hypotheses (drift, D) to plain numpy or torch functions.

The process that is simulated can so be the very one that was analysed.  Only hypotheses
cross this bridge, never a claim.
"""

from collections.abc import Callable, Mapping
from importlib import import_module

import sympy as sp


def function(
    expr, variables, parameters: Mapping[sp.Symbol, float] | None = None, backend: str = "numpy"
) -> Callable:
    """A callable of ``variables`` with every parameter's number put in.

    Parameters
    ----------
    expr : sympy expression, or a sequence of them (the result then stacks them last).
    variables : one symbol or a sequence, the arguments in order.
    parameters : symbol -> number for every other symbol.
    backend : ``"numpy"`` or ``"torch"``.

    The result broadcasts: a constant expression still returns an array of its argument's
    shape.

    Raises
    ------
    ValueError
        A symbol is left without a number, or the backend is unknown.
    """
    if backend not in ("numpy", "torch"):
        raise ValueError(f'backend must be "numpy" or "torch", got {backend!r}; pick one')
    names = [variables] if isinstance(variables, sp.Symbol) else list(variables)
    if isinstance(expr, list | tuple | sp.MatrixBase):
        return _stacked([function(e, names, parameters, backend) for e in expr], backend)
    try:
        body = sp.sympify(expr, strict=True)
        if not isinstance(body, sp.Expr) or not names:
            raise TypeError
    except (sp.SympifyError, TypeError):
        raise TypeError(
            "expr must be a sympy expression of at least one variable, got "
            f"{type(expr).__name__} of {names}; build it from sympy symbols"
        ) from None
    body = body.subs(dict(parameters or {}))
    left = body.free_symbols - set(names)
    if left:
        raise ValueError(
            f"every symbol but {names} needs a number, got none for "
            f"{sorted(map(str, left))}; add them to parameters"
        )
    # torch has no exact rationals, so numbers become floats first.
    plain = sp.lambdify(names, sp.N(body, 17), modules=backend)
    return lambda *args: plain(*args) + 0 * args[0]


def _stacked(parts: list[Callable], backend: str) -> Callable:
    xp = import_module(backend)
    return lambda *args: xp.stack([part(*args) for part in parts], -1)
