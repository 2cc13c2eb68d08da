"""Does a statement bring what its own words promise: its kind, its status, its source?"""

from typing import Any


def unborne(statement: Any) -> list[str]:
    """Ways in which the declared status is not borne out by what the statement brings."""
    routes = {step.by for step in statement.steps}
    judging = {step.by for step in statement.steps if step.judges_claim}
    missing = _contradictions(statement)
    if statement.kind in ("definition", "assumption"):
        if not statement.steps:
            missing.append("a definition needs a worked example")
    elif statement.kind != "empirical":
        if not judging - {"counterexample"}:
            missing.append("no step judges the claim")
        if not statement.mutants:
            missing.append("no mutants")
    if statement.status == "asymptotic" and not judging & {"limit", "series"}:
        missing.append("asymptotic, but no step is a limit or a series that judges the claim")
    if statement.status == "open" and judging:
        missing.append("open, but a step decides it")
    if statement.status == "conditional" and "counterexample" not in routes:
        missing.append("conditional, but nothing shows what fails without the condition")
    if statement.against_source in ("corrected", "misprint", "refuted") and not any(
        mutant.source for mutant in statement.mutants
    ):
        missing.append("differs from its source, but the source's version is not a mutant")
    return missing


def _contradictions(statement: Any) -> list[str]:
    """Words about a statement that cannot all be true."""
    kind, status = statement.kind, statement.status
    against, own = statement.against_source, statement.source == "sgdtheory"
    found = []
    if (kind in ("definition", "assumption")) != (status == "definition"):
        found.append(f"a {kind} with the status {status}")
    if (kind == "empirical") != (status == "empirical"):
        found.append(f"a {kind} with the status {status}")
    if against == "not-reproduced" and kind != "empirical":
        found.append(f"not-reproduced, but it is a {kind}: prove it, or refute it")
    if own != (against == "new"):
        found.append(f"{against}, but the source is {statement.source}")
    if against == "as-stated" and any(mutant.source for mutant in statement.mutants):
        found.append("as stated in its source, but the source's version is a mutant")
    return found
