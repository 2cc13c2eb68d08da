"""A student's answer, judged by the verifier itself."""

from sgdtheory._validate import positive
from sgdtheory.teaching._answer import part_of, read
from sgdtheory.teaching._deadline import OutOfTime, deadline
from sgdtheory.teaching._hints import hints
from sgdtheory.teaching._judge import OPEN, RIGHT, judge
from sgdtheory.teaching.reply import Reply
from sgdtheory.theory import catalog

_RIGHT = {
    "identity": "Right: it says what the statement says.",
    "steps": "Right: the steps of the proof bear it out, in a form of its own.",
    "numbers": "Right: the numbers of the check bear it out.",
}
_WRONG = {
    "identity": "Not right: it is another function of the letters.",
    "steps": "Not right: a step of the proof refutes it.",
    "numbers": "Not right: the numbers of the check refute it.",
}
_OPEN = "Could not be judged: neither symbols nor numbers decide on this form; simplify it."
_LATE = "Could not be judged in {seconds:g} seconds; write it more simply, or raise seconds."


def check_answer(
    id: str, expression, part: str | None = None, *, log: bool = False, seconds: float = 30.0
) -> Reply:
    """Judge ``expression`` as an answer to "state the result of ``id``".

    Parameters
    ----------
    id : str
        A statement, such as ``"PLD-T2"``.
    expression : str or sympy object
        The right side, or an equation or inequality: ``"kappa + 1 - alpha"``,
        ``"m = κ + 1 - α"``, ``"kappa > alpha - 1/2"``.  Letters as `letters` lists
        them; ``^`` or ``**`` for powers, ``*`` for every product.  Text is parsed, never
        executed.  The letters of a sympy object are matched by name.
    part : str, optional
        The part of the claim: its label, or a beginning of it that no other has.
    log : bool
        The answer is the logarithm of what is asked for, as of a density.
    seconds : float
        Limit of time for the judgement.

    A density is judged up to its norm, an asymptotic claim in its limit.  The answer is
    right if it equals the right side for all letters; otherwise it is put into the claim,
    and the statement's own steps, then its numeric check, decide.

    Raises
    ------
    ValueError, TypeError
        Unknown ID or part, several parts that could be meant, an empirical statement, or an
        answer that cannot be read.
    """
    statement = catalog.get(id)
    seconds = positive("seconds", seconds)
    if statement.kind == "empirical":
        raise ValueError(
            f"an answer must be derivable, got {statement.id}, whose bands were measured; "
            "see its page for what was found"
        )
    label = ""
    try:
        with deadline(seconds):
            label = part_of(statement, part, expression)
            answer = read(expression, statement, label, log)
            verdict = judge(statement, label, answer)
            if verdict.found == RIGHT:
                return Reply(True, _RIGHT[verdict.by], (), label)
            message = _OPEN if verdict.found == OPEN else _WRONG[verdict.by]
            found = hints(statement, label, answer)
    except OutOfTime:
        return Reply(False, _LATE.format(seconds=seconds), (), label)
    return Reply(False, message, found, label)
