"""How a statement shows itself: Markdown for a notebook, citations for a paper."""

from sgdtheory.theory.decide import AT_POINTS, NONZERO, PROVED
from sgdtheory.theory.printing import latex
from sgdtheory.theory.statement import Report, Statement, verify_symbols

#: Status in words and a shape, so that colour is never the only sign.
MARKS = {
    "exact": "● exact",
    "asymptotic": "◐ asymptotic",
    "conditional": "◒ conditional",
    "empirical": "◇ empirical",
    "definition": "○ definition",
    "open": "△ open",
}


def claim_lines(statement: Statement) -> list[str]:
    """Each part of the claim as a plain ``$$`` block, its label before it."""
    return [
        (f"{label}:\n\n" if label else "") + f"$$\n{tex}\n$$"
        for label, tex in statement.latex()
    ]


def step_mark(verdict: str, by: str = "identity") -> str:
    """Words for a step's verdict."""
    if by == "counterexample" and verdict == NONZERO:
        return "fails, as it should"
    return {PROVED: "proved", AT_POINTS: "identity at 50 random points"}.get(verdict, verdict)


def markdown(statement: Statement, report: Report | None = None) -> str:
    """The statement with its steps and check marks, in Markdown that Colab shows."""
    report = report or verify_symbols(statement)
    lines = [f"**{statement.id}** ({statement.kind}) *{statement.title}* — "
             f"{MARKS[statement.status]}"]  # fmt: skip
    if statement.assumptions:
        lines.append("Assumes: " + "; ".join(text for text, _ in statement.assumptions) + ".")
    lines += claim_lines(statement)
    for step, (says, verdict) in zip(statement.steps, report.steps, strict=True):
        mark = "✗" if _bad(step, verdict) else "✓"
        shown = "" if step.equation is None else f"\n\n$$\n{latex(step.equation)}\n$$\n"
        lines.append(f"- {mark} {says} ({step_mark(verdict, step.by)}){shown}")
    total = len(report.mutants)
    if total:
        lines.append(f"Mutants rejected: {report.rejected} of {total}.")
    if statement.remark:
        lines.append(statement.remark)
    return "\n\n".join(lines)


def _bad(step, verdict: str) -> bool:
    expected = (NONZERO,) if step.by == "counterexample" else (PROVED, AT_POINTS)
    return verdict not in expected


def cite(
    statement: Statement, style: str, version: str, url: str = "", commit: str = ""
) -> str:
    """A citation of one statement as ``"bibtex"``, ``"latex"`` or ``"markdown"``.

    ``url`` is its permalink; while no site is configured the ID, the version and the
    commit identify it, and no link is printed.
    """
    where = f"version {version}" + (f", commit {commit}" if commit else "")
    if style == "bibtex":
        lines = [
            f"@misc{{sgdtheory:{statement.id},",
            "  author = {{The sgdtheory contributors}},",
            f"  title = {{{{Statement {statement.id}: {statement.title}}}}},",
            f"  note = {{sgdtheory, {where}}},",
        ]
        return "\n".join(lines + ([f"  url = {{{url}}},"] if url else []) + ["}"])
    if style == "latex":
        link = rf", \url{{{url}}}" if url else ""
        return (
            f"The sgdtheory contributors, \\emph{{Statement {statement.id}: "
            f"{statement.title}}}, sgdtheory, {where}{link}."
        )
    if style == "markdown":
        name = f"[{statement.id}]({url})" if url else statement.id
        return f"The sgdtheory contributors, *{statement.title}* ({name}), sgdtheory, {where}."
    raise ValueError(
        f'style must be one of "bibtex", "latex", "markdown", got {style!r}; pick one of these'
    )
