"""Formulas as one would write them on a blackboard."""

import sympy as sp
from sympy.core.function import AppliedUndef
from sympy.printing.latex import LatexPrinter


def _weight(term: sp.Expr) -> float:
    """Place of a term in its sum: a number last, then by how many letters are multiplied."""
    if term.has(sp.Order):
        return float("inf")
    factors = [f for f in sp.Mul.make_args(term) if not f.is_number]
    if not factors:
        return 1.5
    weight = 0.0
    for factor in factors:
        base, power = factor.as_base_exp()
        count = float(power) if power.is_Integer and power > 0 else 1.0
        weight += (
            count if base.is_Symbol or isinstance(base, sp.Indexed | AppliedUndef) else 2.0
        )
    return weight


class Printer(LatexPrinter):
    """LaTeX with ``w - eta g``, not ``-eta g + w``; brackets round what is differentiated."""

    def _as_ordered_terms(self, expr, order=None) -> list:
        terms = sorted(super()._as_ordered_terms(expr, order), key=_weight)
        number = next((t for t in terms if t.is_number and t.is_positive), None)
        curved = any(t.has(sp.Pow) or t.has(sp.Function) for t in terms if t is not number)
        first = terms[0]
        if number is not None and curved:
            first = number  # 1 + u^2, but 2 kappa + 1
        elif first.could_extract_minus_sign() and not first.has(sp.Derivative, AppliedUndef):
            first = next((t for t in terms if not t.could_extract_minus_sign()), first)
        return [first, *(t for t in terms if t is not first)]

    def _print_ExpBase(self, expr, exp=None) -> str:
        if exp is None and expr.exp.has(sp.Function, sp.Integral) and not expr.exp.is_Symbol:
            return rf"\exp\left({self._print(expr.exp)}\right)"
        return super()._print_ExpBase(expr, exp)

    def _print_atan(self, expr, exp=None) -> str:
        return rf"\arctan\left({self._print(expr.args[0])}\right)"

    def _print_Pow(self, expr) -> str:
        base, power = expr.as_base_exp()
        if isinstance(base, AppliedUndef) and not power.is_Rational:
            return f"{self._print(base)}^{{{self._print(power)}}}"
        if isinstance(base, sp.Add) and not power.is_Rational:
            number = next((t for t in base.args if t.is_number and t.is_positive), 0)
            rest = self._print(base - number)
            if number != 0 and not rest.startswith("-"):  # (1 + X)^m
                return rf"\left({self._print(number)} + {rest}\right)^{{{self._print(power)}}}"
        return super()._print_Pow(expr)

    def _print_polygamma(self, expr, exp=None) -> str:
        order, at = expr.args
        if order not in (0, 1):
            return super()._print_polygamma(expr, exp)
        name = r"\psi" + "'" * int(order)
        power = "" if exp is None else f"^{{{exp}}}"
        return rf"{name}{power}\left({self._print(at)}\right)"

    def _print_Order(self, expr) -> str:
        return rf"O\left({self._print(expr.expr)}\right)"

    def _print_Derivative(self, expr) -> str:
        tex = "".join(
            rf"\partial_{{{self._print(x)}}}" + ("" if n == 1 else f"^{{{self._print(n)}}}")
            for x, n in reversed(expr.variable_count)
        )
        inner = self._print(expr.expr)
        if not (expr.expr.is_Symbol or isinstance(expr.expr, AppliedUndef)):
            inner = rf"\left[{inner}\right]"
        return f"{tex} {inner}"


def latex(expr) -> str:
    """LaTeX of a sympy object as the book prints it."""
    return Printer().doprint(expr)
