"""Which letters an answer may use, and what they mean."""

import sympy as sp

from sgdtheory.teaching._answer import named
from sgdtheory.teaching._names import names
from sgdtheory.theory import catalog
from sgdtheory.theory.statement import Statement

#: Letters that mean the same in every chapter (``book/notation.md``).
MEANINGS = {
    "eta": "learning rate; time is eta * steps",
    "kappa": "H/(eta sigma_H): restoring force against the growth of the noise",
    "sigma_g": "variance of the minibatch gradient at the minimum",
    "sigma_H": "variance of the minibatch curvature",
    "rho": "covariance of minibatch gradient and curvature",
    "H": "curvature of the loss at the minimum",
    "C": "covariance of the minibatch gradient",
    "D": "diffusion, eta C/2",
    "L": "loss",
    "Delta_L": "height of the barrier",
    "X": "noise at the saddle over noise at the minimum, minus one",
    "H_a": "curvature at the minimum",
    "abs_H_b": "size of the curvature at the saddle",
}
#: Letters that mean this in the chapters named, and something else elsewhere.
_LOCAL = {
    "alpha": (
        ("FND", "PLD", "TLS", "LOG"),
        "calculus index: 0 Itô, 1/2 Stratonovich, 1 anti-Itô",
    ),
    "m": (("PLD", "TLS"), "exponent of 1/C in the stationary density"),
    "u": (("PLD", "TLS"), "w - w*, distance from the minimum"),
    "b": (("FND", "LOG", "ENH"), "samples in a batch"),
    "tau": (("ANO",), "lag, in steps"),
    "rho": (("FND", "PLD", "TLS"), MEANINGS["rho"]),
    "H": (("FND", "PLD", "TLS", "ANI"), MEANINGS["H"]),
    "D": (("FND", "PLD"), MEANINGS["D"]),
    "L": (("FND", "PLD", "ANI", "LOG", "ENH"), MEANINGS["L"]),
    "C": (("FND", "PLD", "TLS", "LOG", "ENH", "IVF"), MEANINGS["C"]),
    "X": (("PLD",), MEANINGS["X"]),
    "kappa": (("FND", "PLD", "TLS", "LOG"), MEANINGS["kappa"]),
    "eta": (("FND", "PLD", "TLS", "ANI", "LOG", "ENH", "ANO"), MEANINGS["eta"]),
}


def meaning(name: str, chapter: str) -> str:
    """What a letter means in a chapter; empty where the statement itself has to tell."""
    chapters, text = _LOCAL.get(name, ((), MEANINGS.get(name, "")))
    return text if not chapters or chapter in chapters else ""


def letters(id: str, part: str | None = None) -> dict:
    """Part -> {letter as it is typed: its meaning, or an empty text}; with ``part`` its own.

    These are the letters of the part, without one that it only defines; an answer may use
    those of the other parts as well.  ``part`` is a label or a beginning of just one.

    Raises
    ------
    ValueError
        No such statement, or no such part.
    """
    statement = catalog.get(id)
    if part is not None:
        return _letters(statement, named(statement, part))
    return {label: _letters(statement, label) for label in statement.claim}


def _letters(statement: Statement, label: str) -> dict[str, str]:
    claim, known = statement.claim[label], names(statement, label)
    asked = getattr(claim, "lhs", None)
    own = claim.free_symbols
    if isinstance(asked, sp.Symbol) and asked not in claim.rhs.free_symbols:
        own = own - {asked}
    used = [name for name, letter in known.letters.items() if letter in own]
    used += [name for name, f in known.functions.items() if claim.has(f)]
    return {name: meaning(name, statement.chapter) for name in used}
