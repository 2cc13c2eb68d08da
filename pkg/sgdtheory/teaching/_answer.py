"""From what a student hands in to an object of the same kind as the part of the claim."""

import re

import sympy as sp
from sympy.core.function import AppliedUndef

from sgdtheory.teaching._compare import BOUNDS, same
from sgdtheory.teaching._growth import MOST_BITS, bits
from sgdtheory.teaching._names import Names, as_text, names
from sgdtheory.teaching._parse import MOST_NODES, Refused, parse, split
from sgdtheory.theory.statement import Proportional, Statement

_BOUND = {"<": sp.Lt, "<=": sp.Le, ">": sp.Gt, ">=": sp.Ge}
Sides = tuple[sp.Basic | None, str, sp.Basic]


def sides(expression, known: Names) -> Sides:
    """Left side (None for a bare expression), relation, right side, in the claim's letters.

    Raises
    ------
    TypeError
        Neither text nor a sympy object.
    Refused
        It cannot be read.
    """
    if isinstance(expression, str):
        left, relation, right = split(expression)
        return (parse(left, known) if left else None), relation, parse(right, known)
    if isinstance(expression, int | float) and not isinstance(expression, bool):
        return None, "", parse(repr(expression), known)
    if isinstance(expression, sp.MatrixBase):
        expression = expression.as_immutable()
    if not isinstance(expression, sp.Basic) or isinstance(
        expression, sp.logic.boolalg.BooleanAtom
    ):
        raise TypeError(
            f"an answer must be text or a sympy expression, got {type(expression).__name__}; "
            "pass text such as 'kappa + 1 - alpha', or a relation with evaluate=False"
        )
    if isinstance(expression, sp.Rel | Proportional):
        relation = expression.rel_op if isinstance(expression, sp.Rel) else "~"
        left, right = (adopt(side, known) for side in expression.args)
        return left, "=" if relation == "==" else relation, right
    return None, "", adopt(expression, known)


def adopt(expr: sp.Basic, known: Names) -> sp.Basic:
    """A sympy object with its letters replaced, by name, by those of the claim."""
    if sum(1 for _ in sp.preorder_traversal(expr)) > MOST_NODES or bits(expr) > MOST_BITS:
        raise Refused(
            "an answer must be a formula of moderate size, got a huge one; shorten it"
        )
    told: dict[sp.Basic, sp.Basic] = {}
    for symbol in expr.atoms(sp.Symbol, sp.MatrixSymbol, sp.IndexedBase):
        letter = known.own_letter(symbol)
        if letter is None:
            raise Refused(
                f"an answer must use the letters of the statement, got the symbol {symbol}; "
                f"letters: {', '.join(sorted(known.letters))}"
            )
        if isinstance(symbol, sp.IndexedBase) == isinstance(letter, sp.IndexedBase):
            told[symbol] = letter
    for call in expr.atoms(AppliedUndef):
        function = known.own_function(call.func.__name__)
        if function is None:
            raise Refused(
                f"an answer must use the functions of the statement, got {call}; "
                f"functions: {', '.join(sorted(known.functions)) or 'none'}"
            )
        if function != call.func:
            expr = expr.replace(call.func, function)
    return expr.xreplace(told)


def read(expression, statement: Statement, label: str, log: bool = False) -> sp.Basic:
    """The answer as an object of the kind of this part of the claim.

    Raises
    ------
    TypeError, Refused
        It cannot be read, or it is of another kind (a bound for an equation...).
    """
    known, truth = names(statement, label), statement.claim[label]
    left, relation, right = sides(expression, known)
    if isinstance(truth, BOUNDS):
        if relation not in _BOUND:
            raise Refused(
                f"this part ({plain_label(label)}) is a condition, got no inequality; "
                f"write one such as {as_text(truth.lhs, known)} > ..., with <, <=, > or >="
            )
        return _BOUND[relation](left, right, evaluate=False)
    if relation in _BOUND:
        raise Refused(
            f"this part ({plain_label(label)}) is an equation, got an inequality; write "
            f"{as_text(truth.lhs, known)} = ..."
        )
    if left is not None:
        right = _solved(left, right, truth.lhs, known)
    if log:
        right = sp.exp(right)
    return with_right(truth, right)


def with_right(part: sp.Basic, right: sp.Basic) -> sp.Basic:
    """The same part with another right side."""
    if isinstance(part, Proportional):
        return part.func(part.lhs, right)
    return part.func(part.lhs, right, evaluate=False)


def _solved(left: sp.Basic, right: sp.Basic, asked: sp.Basic, known: Names) -> sp.Basic:
    """What the equation says of the side that is asked for."""
    if same(left, asked):
        return right
    if right == asked:
        return left
    unknown = sp.Dummy(positive=True) if asked.is_positive else sp.Dummy()
    try:
        if left == sp.log(asked):
            return sp.exp(right)
        roots = sp.solve((left - right).subs(asked, unknown), unknown)
    except (TypeError, ValueError, AttributeError, NotImplementedError):
        roots = []
    if len(roots) != 1 or roots[0].has(asked):
        raise Refused(
            "an equation must say what the left side of the statement is; "
            f"write {as_text(asked, known)} = ..., or the right side alone"
        )
    return roots[0]


def plain_label(label: str) -> str:
    """A label without the signs of LaTeX."""
    return re.sub(r"[$\\{}]", "", label) or "claim"


def part_of(statement: Statement, part: str | None, expression) -> str:
    """The label that is meant: named, the only one, or the one whose left side is given.

    Raises
    ------
    ValueError
        No such part, or several could be meant; the message lists them.
    """
    labels = list(statement.claim)
    if part is not None:
        return named(statement, part)
    open_ = [k for k in labels if not isinstance(statement.claim[k], BOUNDS)]
    if len(labels) == 1 or len(open_) == 1:
        return labels[0] if len(labels) == 1 else open_[0]
    found = [label for label in labels if _is_about(expression, statement, label)]
    if len(found) == 1:
        return found[0]
    raise ValueError(
        f"{statement.id} has {len(labels)} parts, got an answer without the name of one; pass "
        f"part=, or its beginning: {_list(labels)}"
    )


def named(statement: Statement, part: str) -> str:
    """The label that is, or alone begins with, what was typed."""
    labels = list(statement.claim)
    if not isinstance(part, str):
        raise TypeError(f"part must be a label, got {type(part).__name__}; pass text")
    if part in labels:
        return part
    wanted = plain_label(part).casefold().strip()
    found = [k for k in labels if plain_label(k).casefold().startswith(wanted)]
    exact = [k for k in labels if plain_label(k).casefold() == wanted]
    if len(exact) == 1 or len(found) == 1:
        return (exact if len(exact) == 1 else found)[0]
    what = "begins none of them" if not found else f"begins {len(found)} of them"
    raise ValueError(
        f"part must be a label of {statement.id} or a beginning of just one, got {part!r}, "
        f"which {what}; labels: {_list(labels)}"
    )


def _list(labels: list[str]) -> str:
    return "; ".join(repr(label) for label in labels)


def _is_about(expression, statement: Statement, label: str) -> bool:
    """Has the answer the left side of this part, or, as a bare expression, its right side?"""
    truth = statement.claim[label]
    try:
        left, relation, right = sides(expression, names(statement, label))
    except (Refused, TypeError):
        return False
    if left is not None:
        return left == truth.lhs and (relation in _BOUND) == isinstance(truth, BOUNDS)
    return right == truth.rhs or (
        not isinstance(truth, BOUNDS) and bool(same(right, truth.rhs))
    )
