"""What a student gets back."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Reply:
    """``correct``, a sentence, hints, and the part of the statement that was answered.

    A reply is true where the answer is right, so ``assert check_answer(...)`` works.
    """

    correct: bool
    message: str
    hints: tuple[str, ...] = ()
    part: str = ""

    def __bool__(self) -> bool:
        return self.correct

    def __str__(self) -> str:
        mark = "✓" if self.correct else "✗"
        return "\n".join([f"{mark} {self.message}", *(f"  - {hint}" for hint in self.hints)])

    def _repr_markdown_(self) -> str:
        mark = "✓" if self.correct else "✗"
        head = f"**{mark} {self.message}**" + (f" (part: {self.part})" if self.part else "")
        return "\n".join([head, "", *(f"- {hint}" for hint in self.hints)]).rstrip()
