"""The verdict on an answer: the statement's own steps and numbers, with the answer put in."""

from dataclasses import dataclass

import sympy as sp

from sgdtheory.checks import checks
from sgdtheory.teaching._compare import is_asymptotic, same_part
from sgdtheory.theory.decide import NONZERO, UNDECIDED
from sgdtheory.theory.statement import Noted, Statement

RIGHT, WRONG, OPEN = "right", "wrong", "open"


@dataclass(frozen=True)
class Verdict:
    """``found`` is right, wrong or open; ``by`` says what decided."""

    found: str
    by: str


def by_steps(statement: Statement, label: str, answer: sp.Basic) -> str:
    """The steps of the proof, run on the claim with this part replaced.

    Right if every step that looks at the part bears it out, wrong if one refutes it, and
    open if there is none or one breaks down or cannot decide.
    """
    verdicts = []
    for step in statement.steps:
        if not step.judges_claim or step.by == "counterexample":
            continue
        claim = Noted({**statement.claim, label: answer})
        try:
            verdict = step.run(claim, statement.conditions, count=8, prove=False)
        except Exception:  # a form that the step was not written for decides nothing
            verdict = UNDECIDED
        if verdict == NONZERO:
            return WRONG
        if label in claim.read:
            verdicts.append(verdict)
    return OPEN if not verdicts or UNDECIDED in verdicts else RIGHT


def by_numbers(statement: Statement, label: str, answer: sp.Basic) -> str:
    """The numeric check of the statement, run on the claim with this part replaced."""
    check = checks().get(statement.id)
    if check is None:
        return OPEN
    claim = Noted({**statement.claim, label: answer})
    try:
        numbers = list(check(claim))
    except Exception:  # letters that the check has no numbers for
        return OPEN
    if label not in claim.read:
        return OPEN
    return RIGHT if all(number.accepted for number in numbers) else WRONG


def judge(statement: Statement, label: str, answer: sp.Basic) -> Verdict:
    """The answer against the statement.

    An identity in the letters is right at once.  Anything else goes before the steps;
    what they cannot refute is right only if it may differ from the book's own form: a
    limit that is claimed, or letters that the book's form does not use.
    """
    truth = statement.claim[label]
    identical = same_part(answer, truth, statement, label)
    if identical:
        return Verdict(RIGHT, "identity")
    steps = by_steps(statement, label, answer)
    if steps == WRONG:
        return Verdict(WRONG, "steps")
    if identical is False and not _may_differ(statement, label, answer):
        return Verdict(WRONG, "identity")
    if steps == RIGHT:
        return Verdict(RIGHT, "steps")
    numbers = by_numbers(statement, label, answer)
    return Verdict(numbers, "nothing" if numbers == OPEN else "numbers")


def _may_differ(statement: Statement, label: str, answer: sp.Basic) -> bool:
    truth = statement.claim[label]
    return is_asymptotic(truth) or not answer.free_symbols <= truth.free_symbols
