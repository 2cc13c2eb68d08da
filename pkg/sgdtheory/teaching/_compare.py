"""Are two sides one function of the letters?  The verifier's test, in each kind of claim."""

from functools import lru_cache

import sympy as sp

from sgdtheory.theory.decide import AT_POINTS, NONZERO, PROVED, concretise, decide, points
from sgdtheory.theory.statement import Asymptotic, Proportional, Statement

_COUNT = 6
_ENDS = (4, 2, 3)  # of sums whose length is a letter
BOUNDS = (sp.Gt, sp.Ge, sp.Lt, sp.Le)


def resolved(expr: sp.Basic, statement: Statement, label: str) -> sp.Basic:
    """Letters put in for which other parts of the claim say what they are.

    A part that leads back to the letter asked for is left alone.
    """
    asked = statement.claim[label].lhs
    told: dict[sp.Basic, sp.Basic] = {}
    for other, part in statement.claim.items():
        if other != label and isinstance(part, sp.Eq) and part.lhs.is_Symbol:
            general = not (part.rhs.is_number or part.rhs.has(part.lhs, sp.Order))
            if general and part.lhs != asked:
                told.setdefault(part.lhs, part.rhs)
    for _ in told:
        told = {
            letter: meant
            for letter, rhs in told.items()
            if not (meant := _put(rhs, told)).has(asked, letter)
        }
    return _put(expr, told)


def _put(expr: sp.Basic, told: dict) -> sp.Basic:
    return expr.subs(list(told.items())) if told and isinstance(expr, sp.Expr) else expr


def same(a: sp.Basic, b: sp.Basic, conditions=()) -> bool | None:
    """Is ``a == b`` for all letters?  None: undecided."""
    if a == b:
        return True
    if getattr(a, "shape", ()) != getattr(b, "shape", ()):
        return False
    if isinstance(a, sp.Expr) and isinstance(b, sp.Expr) and not (a.is_Matrix or b.is_Matrix):
        if _unequal_multiple(a, b):
            return False
    try:
        difference = a - b
        if difference == 0 or sp.expand(difference) == 0:
            return True
        if not all(letter.is_commutative for letter in difference.free_symbols):
            return _same_noncommuting(difference)
        difference = spelt_out(difference)
        if difference.has(sp.Integral, sp.Sum):  # numbers would take too long
            return None
        verdict = decide(difference, conditions, count=_COUNT, prove=False)
    except (TypeError, ValueError, AttributeError, NotImplementedError):
        return None
    return {PROVED: True, AT_POINTS: True, NONZERO: False}.get(verdict)


def spelt_out(expr: sp.Expr) -> sp.Expr:
    """Sums of a length that is a letter, with a few terms; numbered letters as letters."""
    sums = expr.atoms(sp.Sum)
    ends = {x for s in sums for _, *ends in s.limits for end in ends for x in end.free_symbols}
    bound = {x for s in sums for x in s.bound_symbols}
    values = dict(zip(sorted(ends - bound, key=str), _ENDS, strict=False))
    if sums and expr.has(sp.Indexed):
        expr = expr.subs(values).doit()
    numbered = sorted(expr.atoms(sp.Indexed), key=str)
    return expr.xreplace({item: sp.Symbol(str(item), positive=True) for item in numbered})


def without_order(expr: sp.Basic) -> sp.Basic:
    """An expansion up to the order that it states."""
    return expr.xreplace({order: sp.S.Zero for order in expr.atoms(sp.Order)})


def _unequal_multiple(a: sp.Expr, b: sp.Expr) -> bool:
    if a.is_zero or b.is_zero:
        return False
    quotient = sp.factor_terms(a) / sp.factor_terms(b)
    return bool(quotient.is_Rational and quotient != 1)


def _same_noncommuting(difference: sp.Expr) -> bool | None:
    return True if sp.simplify(sp.expand(difference.doit())) == 0 else None


def variables(part: Proportional) -> set[sp.Symbol]:
    """What a density is a density of: the arguments of the left side; without any, what
    the right side has outside its exponents."""
    named = {x for f in part.lhs.atoms(sp.Function) for x in f.free_symbols}
    numbered = {str(x) for x in spelt_out(part.rhs).free_symbols if "[" in str(x)}
    if named and numbered:
        bases = {str(x) for x in named}
        own = {x for x in numbered if x.split("[")[0] in bases} or numbered
        return {sp.Symbol(x, positive=True) for x in own}
    if named:
        return named
    exponents = {x for power in part.rhs.atoms(sp.Pow) for x in power.exp.free_symbols}
    return part.rhs.free_symbols - exponents


def log_slope(expr: sp.Expr, x: sp.Symbol) -> sp.Expr:
    """``d log(expr)/dx``, products and powers taken apart first."""
    expr = spelt_out(expr)
    return sp.diff(sp.expand_log(sp.log(expr), force=True), x)


def same_part(
    answer: sp.Basic, truth: sp.Basic, statement: Statement, label: str
) -> bool | None:
    """Does the answer say what this part says?  None: undecided."""
    conditions = statement.conditions
    if isinstance(truth, BOUNDS):
        return same_bound(answer, truth, statement, label)
    if not isinstance(answer, Proportional if isinstance(truth, Proportional) else sp.Eq):
        return False
    if answer.lhs != truth.lhs:
        difference = (answer.lhs - answer.rhs) - (truth.lhs - truth.rhs)
        return True if difference.expand() == 0 else None
    if answer.rhs == truth.rhs:
        return True
    raw_a, raw_b = (without_order(side.rhs) for side in (answer, truth))
    a, b = (resolved(side, statement, label) for side in (raw_a, raw_b))
    if type(truth) is Proportional:
        return _same_density(a, b, truth, conditions)
    verdict = same(raw_a, raw_b, conditions)
    if verdict or (a, b) == (raw_a, raw_b):
        return verdict
    return same(a, b, conditions)


def _same_density(a: sp.Expr, b: sp.Expr, part: Proportional, conditions) -> bool | None:
    if not isinstance(a, sp.Expr) or a == 0:
        return False
    verdicts = [
        same(log_slope(a, x), log_slope(b, x), conditions)
        for x in sorted(variables(part), key=str)
        if isinstance(x, sp.Symbol)
    ]
    return False if False in verdicts else None if None in verdicts or not verdicts else True


def margin(bound: sp.Basic) -> sp.Expr:
    """Larger side minus smaller side."""
    return bound.gts - bound.lts


def same_edge(answer: sp.Basic, truth: sp.Basic, statement: Statement, label: str) -> int:
    """1 if the two bounds hold at the same letters (their very edge aside), -1 if at the
    opposite ones, 0 otherwise."""
    a, b = margin(answer), margin(truth)
    found = _edge(a, b, statement.conditions)
    if found:
        return found
    told_a, told_b = (resolved(side, statement, label) for side in (a, b))
    return 0 if (told_a, told_b) == (a, b) else _edge(told_a, told_b, statement.conditions)


def _edge(a: sp.Expr, b: sp.Expr, conditions) -> int:
    signs = {sp.sign(value) for value in _values(a / b, conditions)} if b != 0 else set()
    if len(signs) != 1 or signs & {sp.nan, sp.S.Zero}:
        return 0
    ratio = sp.cancel(sp.together(a / b))
    if ratio.is_positive or ratio.is_negative:
        return 1 if ratio.is_positive else -1
    return int(signs.pop()) if _same_roots(a, b) else 0


@lru_cache(maxsize=64)
def drawn(letters: frozenset, conditions: tuple, count: int) -> list[dict]:
    """Points of the verifier, kept: the conditions take time to test."""
    return list(points(letters, conditions, count, seed=7))


def _values(expr: sp.Expr, conditions) -> list[sp.Expr]:
    expr = concretise(expr)
    try:
        at = drawn(frozenset(expr.free_symbols), tuple(conditions), 40)
    except ValueError:
        return [sp.nan]
    found = [sp.N(expr, 15, subs=point) for point in at]
    return found if all(value.is_real for value in found) else [sp.nan, sp.zoo]


def _same_roots(a: sp.Expr, b: sp.Expr) -> bool:
    """Does each margin vanish where the other does, solved for one letter?"""
    for x in sorted(a.free_symbols & b.free_symbols, key=str):
        try:
            roots = [sp.solve(side, x) for side in (a, b)]
        except NotImplementedError:
            continue
        if not (roots[0] and roots[1]):
            continue
        crossed = [
            other.subs(x, root) for rs, other in zip(roots, (b, a), strict=True) for root in rs
        ]
        return all(same(value, sp.Integer(0)) for value in crossed)
    return False


def strict(bound: sp.Basic) -> bool:
    """Is the edge itself left out?"""
    return isinstance(bound, sp.Gt | sp.Lt)


def same_bound(
    answer: sp.Basic, truth: sp.Basic, statement: Statement, label: str
) -> bool | None:
    """Same letters admitted, and the same word about the edge itself."""
    if not isinstance(answer, BOUNDS):
        return False
    return same_edge(answer, truth, statement, label) == 1 and strict(answer) == strict(truth)


def is_asymptotic(part: sp.Basic) -> bool:
    return isinstance(part, Asymptotic) or (isinstance(part, sp.Eq) and part.has(sp.Order))
