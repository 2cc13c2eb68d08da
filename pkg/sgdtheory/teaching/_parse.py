"""From text to sympy without ``eval``: Python's own parser, a white list, and limits.

The text becomes a syntax tree that is walked node by node; what is not on the list is
refused, and nothing is built whose numbers would grow out of bounds.
"""

import ast
import re
import unicodedata
from collections.abc import Callable

import sympy as sp

from sgdtheory.teaching._growth import MOST_BITS, power_bits, special_bits
from sgdtheory.teaching._names import GREEK, Names

MOST_CHARACTERS, MOST_NODES, MOST_BRACKETS, MOST_DIGITS = 1500, 600, 30, 30


def _psi(*x):
    return sp.polygamma(*x) if len(x) == 2 else sp.digamma(*x)


def _diff(expr, *by):
    return sp.Derivative(expr, *by)


SPECIAL = {
    "gamma": sp.gamma, "beta": sp.beta, "psi": _psi, "digamma": sp.digamma, "zeta": sp.zeta,
    "polygamma": sp.polygamma, "factorial": sp.factorial, "loggamma": sp.loggamma,
    "harmonic": sp.harmonic,
}  # fmt: skip
FUNCTIONS: dict[str, Callable] = {
    **SPECIAL, "exp": sp.exp, "log": sp.log, "ln": sp.log, "sqrt": sp.sqrt, "Abs": sp.Abs,
    "abs": sp.Abs, "sign": sp.sign, "Max": sp.Max, "Min": sp.Min, "max": sp.Max, "min": sp.Min,
    "sin": sp.sin, "cos": sp.cos, "tan": sp.tan, "asin": sp.asin, "acos": sp.acos,
    "atan": sp.atan, "arctan": sp.atan, "sinh": sp.sinh, "cosh": sp.cosh, "tanh": sp.tanh,
    "erf": sp.erf, "erfc": sp.erfc, "LambertW": sp.LambertW, "O": sp.Order,
    "KroneckerDelta": sp.KroneckerDelta,
}  # fmt: skip
#: These are not worked out: ``Derivative(f(x), x)``, ``Integral(f(x), (x, 0, a))``.
CALCULUS: dict[str, Callable] = {
    "Derivative": _diff, "diff": _diff, "Integral": sp.Integral, "integrate": sp.Integral,
    "Sum": sp.Sum, "Limit": sp.Limit,
}  # fmt: skip
CONSTANTS = {"pi": sp.pi, "E": sp.E, "I": sp.I, "oo": sp.oo, "EulerGamma": sp.EulerGamma}
_SIGNS = {"^": "**", "−": "-", "–": "-", "·": "*", "⋅": "*", "×": "*", "÷": "/", "∞": "oo",
          "≤": "<=", "≥": ">=", "∼": "~", "²": "**2", "³": "**3", "½": "(1/2)"}  # fmt: skip
_RELATION = re.compile(r"<=|>=|==|<|>|=|~|∝")
_OPERATORS = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.Pow: "**"}


class Refused(ValueError):
    """An answer that cannot be read; the message says why and what to do."""


def _no(what: str, remedy: str) -> Refused:
    return Refused(f"an answer must be a formula, got {what}; {remedy}")


def plain(text: str) -> str:
    """ASCII: Greek letters by name, ``^`` as ``**``, ``lambda`` as a name like any other."""
    if len(text) > MOST_CHARACTERS:
        raise _no(f"{len(text)} characters", f"write it with at most {MOST_CHARACTERS}")
    text = unicodedata.normalize("NFC", text)
    for sign, word in (*_SIGNS.items(), *GREEK.items()):
        text = text.replace(sign, word)
    text = text.replace("$", "").strip()
    for character in text:
        if not (character.isascii() and (character.isprintable() or character.isspace())):
            if character != "∝":
                raise _no(
                    f"the character {character!r}", "use plain letters, digits and + - * / ^"
                )
    if re.search(rf"\d{{{MOST_DIGITS + 1},}}", text):
        raise _no(f"a number of more than {MOST_DIGITS} digits", "use letters or short numbers")
    depth = deepest = 0
    for character in text:
        depth += (character in "([{") - (character in ")]}")
        deepest = max(deepest, depth)
    if deepest > MOST_BRACKETS:
        raise _no(f"brackets {deepest} deep", f"write it with at most {MOST_BRACKETS}")
    return re.sub(r"\blambda\b", "lambda_", " ".join(text.split()))


def split(text: str) -> tuple[str, str, str]:
    """Left side, relation, right side; the first two are empty for a bare expression."""
    text = plain(text)
    relations = _RELATION.findall(text)
    if not relations:
        return "", "", text
    if len(relations) > 1:
        raise _no(f"{len(relations)} relation signs", "write one equation or one inequality")
    left, right = (side.strip() for side in text.split(relations[0]))
    if not left or not right:
        raise _no(f"nothing on one side of {relations[0]!r}", "write both sides")
    return left, "=" if relations[0] == "==" else relations[0], right


def parse(text: str, names: Names) -> sp.Expr:
    """One expression in the letters of ``names``.

    Raises
    ------
    Refused
        Not a formula, an unknown name, or numbers that would grow out of bounds.
    """
    try:
        tree = ast.parse(plain(text), mode="eval")
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        raise _no(
            f"{text[:60]!r}, which cannot be read",
            "write every product with *, as in 2*eta*(a + b), and close every bracket",
        ) from None
    if sum(1 for _ in ast.walk(tree)) > MOST_NODES:
        raise _no("too long a formula", "shorten it, with the letters that the statement has")
    try:
        return _Builder(names).build(tree.body)
    except (TypeError, AttributeError, ArithmeticError, RecursionError) as error:
        raise _no(f"one that sympy refuses ({error})", "check arguments and brackets") from None


class _Builder:
    """Walks the tree; every node is on the list, or the answer is refused."""

    def __init__(self, names: Names):
        self.names = names

    def build(self, node: ast.AST) -> sp.Expr:
        visit = getattr(self, f"_{type(node).__name__}", None)
        if visit is None:
            raise _no(
                f"a {type(node).__name__}", "use + - * / ^, numbers, letters and functions"
            )
        return visit(node)

    def _Constant(self, node: ast.Constant) -> sp.Expr:
        value = node.value
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise _no(repr(value)[:40], "use whole or decimal numbers")
        if isinstance(value, int):
            return sp.Integer(value)
        if value and not 1e-60 < abs(value) < 1e60:
            raise _no(f"the number {value}", "use numbers between 1e-60 and 1e60")
        return sp.Rational(repr(value))

    def _Name(self, node: ast.Name) -> sp.Expr:
        name = node.id.rstrip("_")
        found = self.names.letter(name)
        if found is None:
            found = CONSTANTS.get(name)
        if found is None:
            known = ", ".join(sorted(self.names.letters)) or "none"
            raise _no(f"the unknown letter {name!r}", f"letters of this statement: {known}")
        return found

    def _UnaryOp(self, node: ast.UnaryOp) -> sp.Expr:
        if not isinstance(node.op, ast.USub | ast.UAdd):
            raise _no(f"the operator {type(node.op).__name__}", "use + - * / ^")
        inner = self.build(node.operand)
        return -inner if isinstance(node.op, ast.USub) else inner

    def _BinOp(self, node: ast.BinOp) -> sp.Expr:
        sign = _OPERATORS.get(type(node.op))
        if sign is None:
            raise _no(f"the operator {type(node.op).__name__}", "use + - * / ^")
        a, b = self.build(node.left), self.build(node.right)
        if sign == "**":
            _bounded(power_bits(a, b))
            return a**b
        if sign == "/" and b == 0:
            raise _no("a division by zero", "check the denominator")
        return {"+": lambda: a + b, "-": lambda: a - b, "*": lambda: a * b, "/": lambda: a / b}[
            sign
        ]()

    def _Tuple(self, node: ast.Tuple) -> sp.Expr:
        return sp.Tuple(*(self.build(item) for item in node.elts))

    def _Subscript(self, node: ast.Subscript) -> sp.Expr:
        base = self.names.letter(node.value.id) if isinstance(node.value, ast.Name) else None
        if not isinstance(base, sp.IndexedBase):
            raise _no(
                "square brackets", "only letters that the statement numbers may have an index"
            )
        index = self.build(node.slice)
        return base[tuple(index) if isinstance(index, sp.Tuple) else index]

    def _Call(self, node: ast.Call) -> sp.Expr:
        if not isinstance(node.func, ast.Name) or node.keywords:
            raise _no("a call that is no function of the list", f"use {_listed()}")
        name = node.func.id.rstrip("_")
        own = self.names.function(name)
        function = own or FUNCTIONS.get(name) or CALCULUS.get(name)
        if function is None:
            remedy = (
                f"write {name}*(...) for a product"
                if self.names.letter(name) is not None
                else f"use {_listed(self.names)}"
            )
            raise _no(f"the unknown function {name!r}", remedy)
        arguments = [self.build(argument) for argument in node.args]
        if (
            name not in CALCULUS
            and any(isinstance(a, sp.Tuple) for a in arguments)
            and name != "O"
        ):
            raise _no(f"a list inside {name}", "pass formulas, separated by commas")
        if not own and name in SPECIAL:
            _bounded(special_bits(arguments) if arguments else 0.0)
        elif not own and name == "exp" and arguments:
            _bounded(power_bits(sp.E, arguments[0]))
        return function(*arguments)


def _bounded(size: float) -> None:
    if size > MOST_BITS:
        raise _no("numbers that grow out of bounds", "use smaller exponents and arguments")


def _listed(names: Names | None = None) -> str:
    own = sorted(names.functions) if names else []
    return "one of " + ", ".join([*own, *sorted(FUNCTIONS), *sorted(CALCULUS)])
