"""Is a sympy expression zero?  Decided by algebra, or said to be undecided.

A residual is first evaluated at a few random admissible rational points to 30 digits: one
value away from zero refutes it at once.  If all vanish, algebra (``cancel``, then
``simplify``) tries to prove it; where it cannot, more points are tried, and the answer is
"identity at N points", which is evidence and is called just that, never a proof.
"""

import random
from collections.abc import Iterable, Iterator
from itertools import islice

import sympy as sp
from sympy.core.function import AppliedUndef

#: Answers of :func:`decide`.
PROVED, AT_POINTS, NONZERO, UNDECIDED = "proved", "at points", "nonzero", "undecided"
POINTS, FEW = 50, 8  # points in all, and those tried before algebra
_TINY = sp.Float(10) ** -22  # of the largest terms that cancel
_SMALL = sp.Float(10) ** -20  # where no terms cancel: the size that counts as one
_MOST_OPS = 4000  # beyond this `simplify` is not worth its time


def flatten(residual) -> Iterator[sp.Basic]:
    """Every scalar entry of a residual: expression, matrix, boolean, or a nest of these."""
    if isinstance(residual, sp.MatrixBase | sp.ImmutableDenseNDimArray):
        yield from (sp.sympify(entry) for entry in residual)
    elif isinstance(residual, Iterable) and not isinstance(residual, sp.Basic | str):
        for entry in residual:
            yield from flatten(entry)
    elif isinstance(residual, sp.Tuple):
        for entry in residual:
            yield from flatten(entry)
    elif isinstance(residual, bool | type(sp.true) | type(sp.false)):
        yield sp.Integer(0 if residual else 1)
    else:
        entry = residual if isinstance(residual, str | None) else sp.sympify(residual)
        if not isinstance(entry, sp.Expr):
            raise TypeError(
                f"a residual must be made of sympy expressions, got {type(residual).__name__}; "
                "return what must vanish"
            )
        yield entry


def _draw(symbol: sp.Symbol, rng: random.Random) -> sp.Rational:
    if symbol.is_integer:
        return sp.Integer(rng.randint(1, 7))
    number = sp.Rational(rng.randint(20, 300), 100) + sp.Rational(rng.randint(1, 97), 9901)
    if symbol.is_nonnegative:
        return number
    if symbol.is_negative:
        return -number
    return number * rng.choice((-1, 1))


def points(symbols, conditions, count: int, seed: int = 1) -> Iterator[dict]:
    """Random rational points that satisfy every condition on these symbols.

    Raises
    ------
    ValueError
        The conditions leave (almost) nothing to draw from.
    """
    rng = random.Random(seed)
    tests = [c for c in conditions if sp.sympify(c) is not sp.true]
    names = sorted(set(symbols).union(*(t.free_symbols for t in tests)), key=lambda s: s.name)
    found = tries = 0
    while found < count:
        tries += 1
        if tries > 400 * count:
            raise ValueError(
                f"assumptions must leave room for test points, got {tests} with none in "
                f"{tries} draws; state the assumptions as sympy conditions on real symbols"
            )
        point = {s: _draw(s, rng) for s in names}
        if all(t is not sp.false and bool(t.subs(point)) for t in tests):
            found += 1
            yield point


def concretise(expr: sp.Basic, seed: int = 1) -> sp.Basic:
    """Put ``exp(polynomial)`` for each undefined function, so that numbers can be asked for."""
    functions = sorted({f.func for f in expr.atoms(AppliedUndef)}, key=lambda f: f.__name__)
    for function in functions:

        def concrete(*args, name=function.__name__):
            draw = random.Random(f"{seed} {name}")

            def some() -> sp.Rational:
                return sp.Rational(draw.choice((-1, 1)) * draw.randint(1, 9), 10)

            # Other weights at each power: no linear relation between the partial derivatives.
            powers = [sum(some() * a for a in args) ** k for k in range(4)]
            return sp.exp(sum(some() * power for power in powers) / 4)

        expr = expr.replace(function, concrete)
    return expr.doit()


def _value(expr: sp.Expr, point: dict) -> sp.Expr:
    """To 30 digits.  Rational powers of rationals go straight to numbers: put in exactly,
    sympy would factor their long numerators first."""
    if any(p.exp.free_symbols and not p.exp.is_integer for p in expr.atoms(sp.Pow)):
        value = sp.N(expr, 30, subs=point, maxn=400)
        if value.is_number:
            return value
    value = expr.subs(point)
    return value if value == 0 else sp.N(value, 30, maxn=400)


def _vanishes(expr: sp.Expr, point: dict) -> bool:
    value = _value(expr, point)
    if value == 0:
        return True
    if not value.is_number or value.has(sp.nan, sp.zoo, sp.oo):
        raise ArithmeticError(f"a residual must evaluate to a number, got {value} at {point}")
    scale = _SMALL + sum(abs(_value(term, point)) for term in sp.Add.make_args(expr))
    return bool(abs(value) < _TINY * scale)


def _proved(expr: sp.Expr) -> bool:
    for attempt in (sp.expand, lambda e: sp.cancel(sp.together(e)), sp.simplify):
        if expr.count_ops() > _MOST_OPS:
            return False
        expr = attempt(expr)
        if expr == 0:
            return True
    return False


def decide_one(expr: sp.Expr, conditions=(), count: int = POINTS, prove: bool = True) -> str:
    """One of ``PROVED``, ``AT_POINTS``, ``NONZERO``, ``UNDECIDED`` for ``expr == 0``."""
    if expr == 0:
        return PROVED
    concrete = concretise(expr)
    names = concrete.free_symbols
    try:
        drawn = iter(points(names, conditions, count) if names else [{}])
        vanishing = (_vanishes(concrete, point) for point in drawn)
        if not all(islice(vanishing, FEW)):
            return NONZERO
        if prove and _proved(expr):
            return PROVED
        return AT_POINTS if all(vanishing) else NONZERO
    except (ArithmeticError, TypeError):
        return PROVED if _proved(expr) else UNDECIDED


def decide(residual, conditions=(), count: int = POINTS, prove: bool = True) -> str:
    """Decide whether every entry of ``residual`` is zero where ``conditions`` hold.

    The weakest answer of the entries is returned: one nonzero entry makes it
    ``NONZERO``; else one undecided entry makes it ``UNDECIDED``; else "at points".
    ``prove=False`` stops at the points: enough to reject a mutant, and much faster.
    """
    order = (PROVED, AT_POINTS, UNDECIDED, NONZERO)
    worst, entries = PROVED, list(flatten(residual))
    if not entries:
        raise ValueError("a residual must hold >= 1 entry, got none; return what must vanish")
    for entry in entries:
        worst = max(worst, decide_one(entry, conditions, count, prove), key=order.index)
        if worst == NONZERO:
            break
    return worst
