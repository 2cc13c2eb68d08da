"""Letters of the common eigenbasis; one coordinate split off; matrices put for letters."""

import sympy as sp

d = sp.Symbol("d", integer=True, positive=True)
i, j = sp.symbols("i j", integer=True, positive=True)
eta, kappa = sp.symbols("eta kappa", positive=True)
alpha = sp.Symbol("alpha", nonnegative=True)
h, lam, gam, M, v = (sp.IndexedBase(name) for name in ("h", "lambda", "gamma", "M", "v"))

_MISSING = sp.Symbol("missing", positive=True)


def split(expr, plain: dict, rest) -> sp.Expr:
    """Every sum over the coordinates becomes its i-th term plus ``rest``, all other terms.

    ``plain`` gives the i-th entries as plain symbols.  As ``rest`` does not depend on the
    i-th coordinate, what is shown of the result holds in every dimension.  A sum over other
    coordinates than 1 to d keeps a letter for what is missing, which nothing cancels.
    """

    def one(sum_):
        index, *ends = sum_.limits[0]
        whole = len(sum_.limits) == 1 and ends == [1, d]
        return sum_.function.subs(index, i) + rest + (0 if whole else _MISSING)

    return expr.replace(lambda e: isinstance(e, sp.Sum), one).subs(plain)


def explicit(expr, values: dict):
    """A matrix expression with explicit matrices, or other letters, in place of its symbols."""
    if expr in values:
        return values[expr]
    if expr.args and not isinstance(expr, sp.MatrixSymbol):
        parts = [explicit(e, values) for e in expr.args]
        if isinstance(expr, sp.MatMul):
            return sp.prod(parts[1:], start=parts[0])
        if isinstance(expr, sp.MatAdd):
            return sum(parts[1:], start=parts[0])
        if isinstance(expr, sp.Inverse | sp.MatPow):
            return parts[0] ** -1
        return expr.func(*parts)
    return expr
