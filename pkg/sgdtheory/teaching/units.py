"""Units of the letters: weights ``w`` and time ``t = eta * steps``; the loss is ``w^2/t``.

Gradient flow ``dw/dt = -dL/dw`` leaves these two, so a learning rate is a time, a
curvature one over a time, and the covariance of a gradient ``w^2/t^2``.
"""

import sympy as sp
from sympy.core.function import AppliedUndef

from sgdtheory.teaching._names import typed
from sgdtheory.theory.statement import Statement

Units = tuple[sp.Expr, sp.Expr]
NONE: Units = (sp.S.Zero, sp.S.Zero)

#: Powers of (w, t).  Letters that mean different things in different statements are not here.
LETTERS: dict[str, tuple[int, int]] = {
    "eta": (0, 1), "t": (0, 1), "H": (0, -1), "h": (0, -1), "H_a": (0, -1),
    "abs_H_b": (0, -1), "u": (1, 0), "w": (1, 0), "x": (1, 0), "sigma_g": (2, -2),
    "sigma_H": (0, -2), "rho": (1, -2), "C": (2, -2), "Delta_L": (2, -1), "L_star": (2, -1),
    "kappa": (0, 0), "alpha": (0, 0), "m": (0, 0), "nu": (0, 0), "n": (0, 0), "k": (0, 0),
    "X": (0, 0), "phi": (0, 0), "beta": (0, 0), "epsilon": (0, 0), "q": (0, 0), "d": (0, 0),
    "tau_cross": (0, 1), "tau_reach": (0, 1), "tau_SGD": (0, 1), "s_0": (1, 0),
    "Var_u": (2, 0), "E_u": (1, 0), "V": (2, 0), "V_SDE": (2, 0), "r_k": (0, 0),
    "n_relax": (0, 0), "F": (0, 0), "n_c": (0, 0), "lambda_c": (0, -1),
}  # fmt: skip
FUNCTIONS: dict[str, tuple[int, int]] = {
    "C": (2, -2), "D": (2, -1), "L": (2, -1), "g": (1, -1), "T_alpha": (0, 1),
}  # fmt: skip
#: Chapters that keep to these letters.
CHAPTERS = ("FND", "PLD", "LOG", "ENH", "TLS")
#: Chapters in which ``b`` is the number of samples in a batch.
BATCH = ("FND", "LOG", "ENH")
#: Where a statement means something else by a letter; None: it has no units of this kind.
OWN: dict[str, dict[str, tuple[int, int] | None]] = {
    "FND-12": {"k": None},
    "PLD-D5": {"h": None},
    "TLS-6": {"x": None},
    "PLD-T2": {"Delta": (1, -2), "a": (1, 0), "lambda": (1, 0), "Z": (1, 0)},
    "PLD-C3": {"s": (1, 0), "Z": (1, 0), "beta": (-2, 0)},
    "PLD-X4": {"b": (1, 0), "b_eta": (1, 0), "c": (0, 0), "T_SGD": (0, 1), "T_anti": (0, 1),
               "N": (0, 0)},
    "LOG-5": {"s": (1, 0), "L": (2, -1)},
    "LOG-9": {"T": (0, 1), "T_L": (0, 1), "T_G": (0, 1), "c": (0, 0), "Y": (0, 0)},
}  # fmt: skip
_SAME = (sp.Add, sp.Max, sp.Min)
_KEPT = (sp.Abs, sp.Limit, sp.Sum, sp.Order, sp.Subs)


class Unknown(ValueError):
    """A letter or function whose units are not in the table."""


class Mixed(ValueError):
    """Things of different units are added, or a function is given something with units."""


def table(statement: Statement) -> dict[str, tuple[int, int] | None]:
    """Units of the letters of one statement, by typed name."""
    if statement.chapter not in CHAPTERS:
        return {}
    batch: dict = {"b": (0, 0)} if statement.chapter in BATCH else {}
    return {**LETTERS, **batch, **OWN.get(statement.id, {})}


def units(expr: sp.Expr, statement: Statement) -> Units | None:
    """Powers of weight and time of an expression; None for zero, which has any.

    Raises
    ------
    Unknown
        A letter is not in the table.
    Mixed
        The expression is not homogeneous.
    """
    return _Reader(table(statement)).units(expr)


def in_words(found: Units) -> str:
    """``w^2/t`` and the like."""
    up = [_power(base, n) for base, n in zip("wt", found, strict=True) if not _negative(n)]
    down = [_power(base, -n) for base, n in zip("wt", found, strict=True) if _negative(n)]
    top = " ".join(filter(None, up)) or "1"
    return top + "".join(f"/{part}" for part in down if part)


def _negative(n: sp.Expr) -> bool:
    return bool(sp.sympify(n).could_extract_minus_sign())


def _power(base: str, n: sp.Expr) -> str:
    return (
        "" if n == 0 else base if n == 1 else f"{base}^{n}" if n.is_Integer else f"{base}^({n})"
    )


class _Reader:
    def __init__(self, letters: dict):
        self.letters = letters

    def units(self, expr: sp.Basic) -> Units | None:
        if expr == 0:
            return None
        if expr.is_number:
            return NONE
        if isinstance(expr, sp.Symbol):
            return self._of(self.letters, typed(expr.name))
        if isinstance(expr, sp.Mul):
            parts = [self.units(part) or NONE for part in expr.args]
            return sum(p[0] for p in parts), sum(p[1] for p in parts)
        if isinstance(expr, sp.Pow) and expr.base != sp.E:
            self._plain(expr.exp)
            base = self.units(expr.base) or NONE
            return tuple(sp.expand(n * expr.exp) for n in base)
        if isinstance(expr, _SAME):
            return self._common(expr.args)
        if isinstance(expr, _KEPT):
            return self.units(expr.args[0])
        return self._calculus(expr)

    def _calculus(self, expr: sp.Basic) -> Units | None:
        if isinstance(expr, sp.Derivative):
            inner, by = self.units(expr.expr) or NONE, expr.variable_count
            return self._shifted(inner, [(x, -count) for x, count in by])
        if isinstance(expr, sp.Integral):
            inner = self.units(expr.function) or NONE
            return self._shifted(inner, [(limit[0], 1) for limit in expr.limits])
        if isinstance(expr, AppliedUndef):
            return self._of(FUNCTIONS, typed(expr.func.__name__))
        if isinstance(expr, sp.Function | sp.Pow):
            for argument in expr.args:
                self._plain(argument)
            return NONE
        raise Unknown(f"units of {type(expr).__name__}")

    def _shifted(self, inner: Units, by) -> Units:
        for x, count in by:
            unit = self.units(x) or NONE
            inner = (inner[0] + count * unit[0], inner[1] + count * unit[1])
        return inner

    def _of(self, known: dict, name: str) -> Units:
        found = known.get(name)
        if found is None:
            raise Unknown(f"units of {name}")
        return sp.Integer(found[0]), sp.Integer(found[1])

    def _plain(self, expr: sp.Basic) -> None:
        found = self.units(expr)
        if found not in (None, NONE):
            raise Mixed(f"{in_words(found)} where a pure number must stand")

    def _common(self, parts) -> Units | None:
        found = [unit for part in parts if (unit := self.units(part)) is not None]
        for other in found[1:]:
            if any(sp.expand(a - b) != 0 for a, b in zip(found[0], other, strict=True)):
                raise Mixed(f"{in_words(found[0])} added to {in_words(other)}")
        return found[0] if found else None
