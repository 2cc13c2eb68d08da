"""What is wrong with an answer, worked out from it and never typed; the truth is not shown."""

from collections.abc import Iterator

import sympy as sp

from sgdtheory.teaching._compare import BOUNDS, resolved, same_edge, same_part, strict
from sgdtheory.teaching._names import Names, as_text, names
from sgdtheory.teaching._numbers import Numbers
from sgdtheory.teaching.units import Mixed, Unknown, in_words, units
from sgdtheory.theory.statement import Asymptotic, Statement

_HALF = sp.Rational(1, 2)
_READINGS = ((sp.S.Zero, "Itô"), (_HALF, "Stratonovich"), (sp.S.One, "anti-Itô"))
_SMALL = (sp.Rational(1, 10**5), sp.Rational(1, 10**9))
_LARGE = (sp.Integer(10) ** 5, sp.Integer(10) ** 9)
MOST = 4


def hints(statement: Statement, label: str, answer: sp.Basic) -> tuple[str, ...]:
    """At most a few sentences, the most telling first."""
    truth = statement.claim[label]
    found = [*_mutants(statement, label, answer)]
    if isinstance(truth, BOUNDS):
        return tuple(found + list(_bounds(statement, label, answer)))[:MOST]
    known = names(statement, label)
    try:
        numbers = Numbers(statement, label, answer)
    except (TypeError, ValueError, IndexError, NotImplementedError):
        return tuple(found + list(_letters(statement, label, answer, known)))[:MOST]
    found += _readings(statement, label, numbers)
    found += _factor(answer, numbers, known)
    if not found:
        found += _special(numbers, known)
    found += _units(statement, label, answer)
    found += _letters(statement, label, answer, known)
    if len(found) < 2:
        found += _point(numbers, known)
    return tuple(found)[:MOST]


def _mutants(statement: Statement, label: str, answer: sp.Basic) -> Iterator[str]:
    for mutant in statement.mutants:
        wrong = statement.claim_of(mutant)[label]
        if wrong != statement.claim[label] and same_part(answer, wrong, statement, label):
            source = ", and it is what the source has" if mutant.source else ""
            yield f"this is a known wrong version: {mutant.name}{source}"
            return


def _bounds(statement: Statement, label: str, answer: sp.Basic) -> Iterator[str]:
    truth = statement.claim[label]
    if not isinstance(answer, BOUNDS):
        return
    turned = same_edge(answer, truth, statement, label)
    if turned == 1 and strict(answer) != strict(truth):
        yield "the edge is in the right place: is it itself allowed, or not?"
    elif turned == -1:
        yield "the edge is in the right place, but the inequality points the other way"
    else:
        yield "the edge is elsewhere"


def _readings(statement: Statement, label: str, numbers: Numbers) -> Iterator[str]:
    """Right in another calculus index: by ``alpha``, or by what it does to ``kappa``."""
    truth, letters = (
        statement.claim[label],
        {str(x): x for x in numbers.truth_core.free_symbols},
    )
    alpha, kappa = letters.get("alpha"), letters.get("kappa")
    if alpha is not None:
        for index, name in _READINGS:
            if numbers.close(numbers.truth_core.subs(alpha, index)):
                yield f"this is the {name} answer (alpha = {index}); every index is asked for"
                return
    for right, name in _other_readings(statement, label, truth, None if alpha else kappa):
        try:
            found = numbers.close(numbers.core(right))
        except (TypeError, ValueError, IndexError):
            continue
        if found:
            yield f"this is the {name} answer, but SGD is Itô"
            return


def _other_readings(statement, label, truth, kappa) -> Iterator[tuple[sp.Expr, str]]:
    for other, part in statement.claim.items():
        alphas = [x for x in getattr(part, "free_symbols", ()) if str(x) == "alpha"]
        if (
            other != label
            and type(part) is type(truth)
            and alphas
            and not isinstance(part, BOUNDS)
        ):
            for index, name in _READINGS[1:]:
                yield part.rhs.subs(alphas[0], index), name
    if kappa is not None:
        for index, name in _READINGS[1:]:
            yield truth.rhs.subs(kappa, kappa - index), name
            yield (
                truth.rhs.replace(
                    lambda e: isinstance(e, sp.Pow) and e.exp.has(kappa),
                    lambda e, i=index: e.base ** e.exp.subs(kappa, kappa - i),
                ),
                name,
            )


def _factor(answer: sp.Basic, numbers: Numbers, known: Names) -> Iterator[str]:
    """Off by a number, or by powers of letters; not where that would give the truth away."""
    if numbers.density:
        slopes = [numbers.ratio(point) for point in numbers.points]
        power = sp.nsimplify(slopes[0].real, rational=True, tolerance=1e-9)
        if all(abs(slope - power) < 1e-9 for slope in map(complex, slopes)) and power.q <= 12:
            yield (f"the law is right but for a power: yours is the {power}-th power of it"
                   if power > 0 else "the exponent has the wrong sign")  # fmt: skip
        return
    factor = numbers.monomial()
    if factor is None or not numbers.truth_core.free_symbols:
        return
    if factor == -1:
        yield "the sign is wrong, all else is right"
    elif factor.is_number and answer.rhs.free_symbols:
        sign = " and the sign" if factor.is_negative else ""
        yield f"off by the constant factor {as_text(abs(factor), known)}{sign}"
    elif len(factor.free_symbols) < len(answer.rhs.free_symbols):
        yield f"off by the factor {as_text(factor, known)}"


def _special(numbers: Numbers, known: Names) -> Iterator[str]:
    """Right only at one value of a letter, or in a limit."""
    both = numbers.answer_core.free_symbols & numbers.truth_core.free_symbols
    for letter in sorted(numbers.truth_core.free_symbols, key=lambda x: (x in both, str(x))):
        shown = as_text(letter, known)
        counts = letter.is_integer or letter.name == "alpha"  # one has a meaning for these
        for value in (sp.S.Zero, sp.S.One, sp.Integer(2))[: 3 if counts else 1]:
            if numbers.agree_at(letter, value):
                yield f"right only where {shown} = {value}"
                return
        for ends, word in ((_SMALL, "0"), (_LARGE, "infinity")):
            if numbers.agree_towards(letter, ends):
                also = "; another part rests on the exact form" if _asymptotic(numbers) else ""
                yield f"right only in the limit {shown} to {word}{also}"
                return


def _asymptotic(numbers: Numbers) -> bool:
    return isinstance(numbers.truth, Asymptotic)


def _units(statement: Statement, label: str, answer: sp.Basic) -> Iterator[str]:
    """Not homogeneous, or of other units than the left side."""
    try:
        expected = units(statement.claim[label].rhs, statement)
        if type(answer).__name__ == "Proportional" or expected is None:
            return
        found = units(answer.rhs, statement)
    except Mixed as error:
        yield f"terms do not fit together: {error} (w: weight, t: time)"
        return
    except Unknown:
        return
    if found is not None and any(
        sp.expand(a - b) != 0 for a, b in zip(found, expected, strict=True)
    ):
        yield (
            f"its units are {in_words(found)}, but {in_words(expected)} is expected "
            "(w: weight, t: time)"
        )


def _letters(statement: Statement, label: str, answer: sp.Basic, known: Names) -> Iterator[str]:
    """A letter of the truth that is missing, or one that does not belong there."""
    truth = statement.claim[label]
    mine, theirs = (resolved(p.rhs, statement, label).free_symbols for p in (answer, truth))
    raw = truth.rhs.free_symbols
    missing = [as_text(x, known) for x in sorted(theirs - mine, key=str)]
    extra = [as_text(x, known) for x in sorted(mine - theirs - raw, key=str)]
    if missing and answer.rhs.free_symbols:
        yield f"it does not depend on {missing[0]}, but should"
    if extra:
        yield f"it depends on {', '.join(extra)}, but should not"


def _point(numbers: Numbers, known: Names) -> Iterator[str]:
    """How far off it is at one point, rounded."""
    point = {
        x: sp.Rational(round(float(v) * 10), 10) or _HALF for x, v in numbers.points[0].items()
    }
    used = {x: v for x, v in point.items() if x in numbers.letters}
    ratio = numbers.ratio(point)
    if not used or ratio != ratio or abs(ratio.imag) > 1e-9 * abs(ratio):
        return
    where = ", ".join(f"{as_text(x, known)} = {float(v):g}" for x, v in used.items())
    what = "the slope of its logarithm" if numbers.density else "it"
    off = abs(ratio.real) - 1
    size = (
        f"{abs(off):.0%} too {'large' if off > 0 else 'small'}"
        if abs(off) < 1
        else f"{abs(ratio.real):.2g} times too large"
    )
    sign = " and has the wrong sign" if ratio.real < 0 else ""
    yield f"at {where} {what} is {size}{sign}"
