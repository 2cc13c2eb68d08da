"""Numbers of an answer and of the truth at a few points: all that the hints look at."""

from collections.abc import Callable
from fractions import Fraction

import sympy as sp

from sgdtheory.teaching._compare import (
    drawn,
    log_slope,
    resolved,
    spelt_out,
    variables,
    without_order,
)
from sgdtheory.theory.decide import concretise
from sgdtheory.theory.statement import Proportional, Statement

_CLOSE = 1e-10
_STEP = sp.Rational(9, 8)


def _small(difference: sp.Expr, bound: sp.Expr) -> bool:
    try:
        return bool(abs(difference) <= bound)
    except TypeError:  # NaN compares with nothing
        return False


def recognised(number: complex) -> sp.Expr | None:
    """A simple fraction, or one times a root or pi; None if it is neither."""
    if not abs(number.imag) <= 1e-12 * abs(number.real):
        return None
    for unit in (sp.S.One, sp.sqrt(2), sp.sqrt(3), sp.pi, sp.sqrt(sp.pi), sp.sqrt(2 * sp.pi)):
        for base in (unit, 1 / unit):
            part = Fraction(number.real / float(base)).limit_denominator(400)
            if part and abs(float(part) * float(base) / number.real - 1) < 1e-11:
                return sp.Rational(part) * base
    return None


class Numbers:
    """Points that the assumptions admit, and values of expressions there.

    For a density, known up to its norm, what is compared is the slope of its logarithm.
    """

    def __init__(self, statement: Statement, label: str, answer: sp.Basic):
        self.statement, self.label, self.truth = statement, label, statement.claim[label]
        self.density = type(self.truth) is Proportional
        try:
            self._put = True
            cores = self._cores(answer)
        except ValueError:  # the other parts bring integrals: do without them
            self._put = False
            cores = self._cores(answer)
        self.answer_core, self.truth_core = cores
        letters = frozenset(self.answer_core.free_symbols | self.truth_core.free_symbols)
        self.letters = sorted(letters, key=str)
        at = drawn(letters, statement.conditions, 8) if letters else [{}]
        self.points = [point for point in at if self._usable(point)][:3]
        if not self.points:
            raise ValueError("numbers need a point where both sides are finite, got none")

    def _cores(self, answer: sp.Basic) -> tuple[sp.Expr, sp.Expr]:
        return self.core(answer.rhs), self.core(self.truth.rhs)

    def _usable(self, point: dict) -> bool:
        truth, mine = (self.value(core, point) for core in (self.truth_core, self.answer_core))
        finite = all(value.is_number and value.is_finite for value in (truth, mine))
        return bool(finite and abs(truth) > _CLOSE)  # below, terms have cancelled

    def core(self, right: sp.Basic) -> sp.Expr:
        """The expression that is put into numbers.

        Raises
        ------
        ValueError
            There are no numbers: matrices, or integrals that would take too long.
        """
        expr = without_order(right)
        if self._put:
            expr = resolved(expr, self.statement, self.label)
        letters = expr.free_symbols
        if not (isinstance(expr, sp.Expr) and all(x.is_commutative for x in letters)):
            raise ValueError("numbers need a scalar, got a matrix; use symbols")
        if self.density:
            expr = log_slope(expr, sorted(variables(self.truth), key=str)[0])
        expr = spelt_out(expr)
        if expr.has(sp.Integral, sp.Sum, sp.Limit, sp.Piecewise, sp.Indexed):
            raise ValueError("numbers would take too long, got integrals or cases; use symbols")
        return concretise(expr)

    def value(self, expr: sp.Expr, point: dict) -> sp.Expr:
        """A number of 20 digits; NaN where there is none."""
        try:
            found = sp.N(expr, 20, subs=point)
        except (TypeError, ValueError, ArithmeticError, AttributeError):
            return sp.nan
        return sp.nan if found.free_symbols or found.atoms(sp.Function) else found

    def ratio(self, point: dict) -> complex:
        """Answer over truth."""
        above, below = self.value(self.answer_core, point), self.value(self.truth_core, point)
        try:
            return complex(above / below)
        except (TypeError, ValueError, ArithmeticError):
            return complex("nan")

    def close(self, expr: sp.Expr) -> bool:
        """Is the answer, at every point, what ``expr`` is?"""
        return self._everywhere(lambda point: self.value(expr, point))

    def _everywhere(self, other: Callable[[dict], sp.Expr]) -> bool:
        for point in self.points:
            mine, theirs = self.value(self.answer_core, point), other(point)
            if not _small(mine - theirs, _CLOSE * abs(theirs)):
                return False
        return True

    def agree_at(self, letter: sp.Symbol, value: sp.Expr) -> bool:
        """Do both agree, not both at zero, once this letter has this value?"""
        for point in self.points:
            there = {**point, letter: value}
            truth = self.value(self.truth_core, there)
            off = self.value(self.answer_core, there) - truth
            if truth == 0 or not _small(off, _CLOSE * abs(truth)):
                return False
        return True

    def agree_towards(self, letter: sp.Symbol, ends: tuple[sp.Expr, sp.Expr]) -> bool:
        """Does their ratio tend to one as the letter goes through ``ends``?"""
        for point in self.points:
            near, nearer = (abs(self.ratio({**point, letter: x}) - 1) for x in ends)
            if not (nearer < 1e-7 and nearer <= near < 1e-2):
                return False
        return True

    def monomial(self) -> sp.Expr | None:
        """Answer over truth, if it is a number times powers of letters; else None."""
        if self.density or not self.letters:
            return None
        first, product = self.points[0], sp.S.One
        start = self.ratio(first)
        if start != start or start == 0:
            return None
        for letter in self.letters:
            power = self._power(letter, first, start)
            if power is None:
                return None
            product *= letter**power
        number = recognised(start / complex(self.value(product, first)))
        if number is None:
            return None
        factor = number * product
        return factor if self._everywhere_off_by(factor) else None

    def _everywhere_off_by(self, factor: sp.Expr) -> bool:
        expected = [complex(self.value(factor, point)) for point in self.points]
        found = [self.ratio(point) for point in self.points]
        return all(abs(f - e) < _CLOSE * abs(e) for f, e in zip(found, expected, strict=True))

    def _power(self, letter: sp.Symbol, point: dict, start: complex) -> sp.Rational | None:
        moved = self.ratio({**point, letter: point[letter] * _STEP})
        try:
            power = complex(sp.log(sp.N(moved / start)) / sp.log(_STEP))
        except (TypeError, ValueError, ZeroDivisionError):
            return None
        found = sp.Rational(round(12 * power.real), 12) if power == power else None
        return found if found is not None and abs(power - found) < 1e-6 else None
