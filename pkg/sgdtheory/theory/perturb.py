"""Wrong neighbours of a claim, made by program: verification must notice every one."""

import sympy as sp

from sgdtheory.theory.statement import Asymptotic, Proportional, Statement

#: A bound with its equality let in or shut out.
_OTHER_EDGE = {sp.Gt: sp.Ge, sp.Ge: sp.Gt, sp.Lt: sp.Le, sp.Le: sp.Lt}


def perturbed(part: sp.Basic, edges: bool = True) -> list[sp.Basic]:
    """Wrong neighbours of one part: right side times 2; a density's log times 2; a bound
    turned round, moved, and (``edges``) with its equality let in or shut out."""
    if type(part) is Proportional:
        return [Proportional(part.lhs, part.rhs**2)]
    if type(part) is Asymptotic:
        return [Asymptotic(part.lhs, 2 * part.rhs)]
    zero = part.rhs == 0 or getattr(part.rhs, "is_zero_matrix", False) is True
    moved = (
        part.rhs + sp.ones(*part.rhs.shape)
        if zero and hasattr(part.rhs, "shape")
        else (part.rhs + 1 if zero else 2 * part.rhs)
    )
    if isinstance(part, sp.Eq):
        return [sp.Eq(part.lhs, moved, evaluate=False)]
    return [
        part.func(part.lhs, moved, evaluate=False),
        part.reversedsign.func(part.lhs, part.rhs, evaluate=False),
        *([_OTHER_EDGE[part.func](part.lhs, part.rhs, evaluate=False)] if edges else []),
    ]


def perturbations(statement: Statement) -> list[tuple[str, dict[str, sp.Basic]]]:
    """Every claim with one part perturbed; none where no step judges the claim.

    A definition is perturbed like any other statement if a worked example reads it.
    """
    defines = statement.kind in ("definition", "assumption")
    if defines and not any(step.judges_claim for step in statement.steps):
        return []
    return [
        (label, {**statement.claim, label: wrong})
        for label, part in statement.claim.items()
        for wrong in perturbed(part, edges=statement.kind != "empirical")
    ]
