"""The statement: a citable claim with steps that prove it and mutants that it must not admit.

Verification is one rule.  A step is a callable that must give zero *for the claim*; the
same steps must give something else for every mutant, and for the claim with any of its
parts perturbed.  So a claim passes only because it is this claim and no neighbour.
"""

import inspect
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NoReturn

import sympy as sp

from sgdtheory.estimate import Comparison
from sgdtheory.theory.decide import AT_POINTS, NONZERO, PROVED, decide
from sgdtheory.theory.declared import unborne
from sgdtheory.theory.printing import latex

KINDS = (
    "definition", "assumption", "proposition", "lemma", "theorem", "corollary", "formula",
    "empirical",
)  # fmt: skip
STATUSES = ("exact", "asymptotic", "conditional", "empirical", "definition", "open")
AGAINST = ("as-stated", "corrected", "misprint", "refuted", "not-reproduced", "new")
ROUTES = ("identity", "limit", "series", "integral", "operator", "counterexample", "example")


class Proportional(sp.Basic):
    """``lhs`` is proportional to ``rhs`` (a density up to its norm)."""

    lhs = property(lambda self: self.args[0])
    rhs = property(lambda self: self.args[1])

    def _latex(self, printer) -> str:
        return rf"{printer._print(self.lhs)} \propto {printer._print(self.rhs)}"


class Asymptotic(Proportional):
    """``lhs`` divided by ``rhs`` tends to one in the stated limit."""

    def _latex(self, printer) -> str:
        return rf"{printer._print(self.lhs)} \sim {printer._print(self.rhs)}"


def equation(lhs, rhs) -> sp.Eq:
    """``lhs = rhs``, never evaluated to true or false on sight."""
    return sp.Eq(lhs, rhs, evaluate=False)


@dataclass(frozen=True)
class Step:
    """One line of a proof: what it says, the equation shown, and a residual that is zero.

    ``residual`` takes the claim (label -> sympy object) if the step judges the claim, or
    nothing if it is a lemma on the way.  ``by`` names the route; a "counterexample" is the
    one route whose residual must *not* vanish: it shows what fails without an assumption.
    """

    says: str
    equation: sp.Basic | None
    residual: Callable
    by: str = "identity"

    @property
    def judges_claim(self) -> bool:
        return bool(inspect.signature(self.residual).parameters)

    def run(self, claim: Mapping[str, sp.Basic], conditions=(), **options) -> str:
        """:func:`~sgdtheory.theory.decide.decide` on the residual for this claim."""
        residual = self.residual(claim) if self.judges_claim else self.residual()
        return decide(residual, conditions, **options)


@dataclass(frozen=True)
class Mutant:
    """A plausible wrong version; ``source=True`` marks the one that a source states."""

    name: str
    claim: Any
    source: bool = False


@dataclass(frozen=True, repr=False)
class Statement:
    """A claim with an ID for good; ``claim`` maps labels to sympy objects, in print order."""

    id: str
    kind: str
    title: str
    source: str
    claim: Any
    assumptions: tuple[tuple[str, Any], ...] = ()
    uses: tuple[str, ...] = ()
    steps: tuple[Step, ...] = ()
    mutants: tuple[Mutant, ...] = ()
    status: str = "exact"
    against_source: str = "new"
    remark: str = ""
    aliases: tuple[str, ...] = ()
    notebook: str = ""

    def __post_init__(self) -> None:
        for name, allowed in (
            ("kind", KINDS),
            ("status", STATUSES),
            ("against_source", AGAINST),
        ):
            if getattr(self, name) not in allowed:
                raise ValueError(
                    f"{name} of {self.id} must be one of {allowed}, "
                    f"got {getattr(self, name)!r}; pick one of these"
                )
        for step in self.steps:
            if step.by not in ROUTES:
                raise ValueError(
                    f"a step of {self.id} must go by one of {ROUTES}, got {step.by!r}; pick one"
                )
        object.__setattr__(self, "claim", as_claim(self.claim))

    @property
    def chapter(self) -> str:
        return self.id.split("-")[0]

    @property
    def conditions(self) -> tuple:
        return tuple(sp.sympify(c) for _, c in self.assumptions if c is not None)

    def with_claim(self, changed) -> "Statement":
        """The same statement with some parts of its claim replaced.

        Raises
        ------
        ValueError
            A label that the claim does not have.
        """
        changed = as_claim(changed)
        if new := changed.keys() - self.claim.keys():
            raise ValueError(
                f"a changed part of {self.id} must be one of {sorted(self.claim)}, "
                f"got {sorted(new)}; use a label of the claim"
            )
        return replace(self, claim={**self.claim, **changed})

    def claim_of(self, mutant: Mutant) -> dict[str, sp.Basic]:
        return {**self.claim, **as_claim(mutant.claim)}

    def judge(self, claim: Mapping[str, sp.Basic], read: Sequence[Collection] = ()) -> bool:
        """Does no step that judges a claim refute this one, at a few points?

        This is the question put to mutants: a step that cannot decide refutes nothing.
        ``read``, where it is known: the parts that each step read of the true claim.  A step
        that read none of the changed ones would say again what it said of the truth.
        """
        changed = {label for label, part in claim.items() if part != self.claim[label]}
        judging = (
            step
            for n, step in enumerate(self.steps)
            if step.judges_claim and step.by != "counterexample"
            and (n >= len(read) or not changed.isdisjoint(read[n]))
        )  # fmt: skip
        verdicts = (s.run(claim, self.conditions, count=8, prove=False) for s in judging)
        return NONZERO not in verdicts

    def latex(self) -> list[tuple[str, str]]:
        """(label, LaTeX) of each part of the claim: what the book prints."""
        return [(label, latex(part)) for label, part in self.claim.items()]

    def __repr__(self) -> str:
        return f"<Statement {self.id}: {self.title}>"

    def _repr_markdown_(self) -> str:
        from sgdtheory.theory.show import markdown

        return markdown(self)


@dataclass(frozen=True)
class Report:
    """What verification found of one statement; ``problems`` says why it is not as claimed."""

    id: str
    status: str
    steps: tuple[tuple[str, str], ...]
    mutants: tuple[tuple[str, bool, bool | None], ...]
    numbers: tuple[Comparison, ...] | None = None
    problems: tuple[str, ...] = ()
    seconds: float = field(default=0.0, compare=False)

    @property
    def ok(self) -> bool:
        return not self.problems

    @property
    def rejected(self) -> int:
        return sum(symbols for _, symbols, _ in self.mutants)


class Noted(dict):
    """A claim that notes which of its parts were asked for, and gives them by label only."""

    def __init__(self, claim: Mapping[str, sp.Basic]):
        super().__init__(claim)
        self.read: set[str] = set()

    def __getitem__(self, label):
        self.read.add(label)
        return super().__getitem__(label)

    def _refused(self, *_) -> NoReturn:
        raise TypeError(
            "a step or check must take the parts of a claim one by one, got all at once; use "
            "claim[label], so that it is known which parts were looked at"
        )

    keys = values = items = get = copy = __or__ = _refused

    def __iter__(self):  # without it a dict made of this one would not ask for the keys
        return super().__iter__()

    @property
    def unread(self) -> list[str]:
        return [label for label in self if label not in self.read]


def as_claim(claim) -> dict[str, sp.Basic]:
    """A claim as label -> sympy object; a bare object gets the empty label."""
    return dict(claim) if isinstance(claim, Mapping) else {"": claim}


def verify_symbols(statement: Statement) -> Report:
    """Run the steps and put every mutant before them."""
    start = time.perf_counter()
    found, problems, read = [], [], []
    for step in statement.steps:
        claim = Noted(statement.claim)
        verdict = step.run(claim, statement.conditions)
        read.append(claim.read)
        good = (NONZERO,) if step.by == "counterexample" else (PROVED, AT_POINTS)
        if verdict not in good:
            problems.append(f"step not borne out ({verdict}): {step.says}")
        found.append((step.says, verdict))
    mutants = tuple(
        (m.name, not statement.judge(statement.claim_of(m), read), None)
        for m in statement.mutants
    )
    problems += [
        f"mutant not rejected: {name}" for name, rejected, _ in mutants if not rejected
    ]
    problems += unborne(statement)
    if statement.kind != "empirical":
        unread = [part for part in statement.claim if not any(part in seen for seen in read)]
        problems += [f"no step looks at this part: {part or 'claim'}" for part in unread]
    return Report(
        statement.id, statement.status, tuple(found), mutants, None, tuple(problems),
        time.perf_counter() - start,
    )  # fmt: skip
