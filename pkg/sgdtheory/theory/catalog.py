"""All statements, by ID.

The chapters are an explicit list: nothing registers itself on import.
"""

from collections.abc import Iterable
from functools import lru_cache
from importlib import import_module

from sgdtheory import __version__
from sgdtheory.theory.show import cite as _cite
from sgdtheory.theory.statement import Report, Statement, verify_symbols

CHAPTERS = (
    "foundations",
    "power_law",
    "escape",
    "anisotropic",
    "log_landscape",
    "anomalous",
    "variance_flatness",
    "tails",
    "synthesis",
)


@lru_cache(maxsize=1)
def _table() -> dict[str, Statement]:
    table: dict[str, Statement] = {}
    for chapter in CHAPTERS:
        for statement in import_module(f"sgdtheory.theory.{chapter}").STATEMENTS:
            if statement.id in table:
                raise ValueError(f"IDs must be unique, got {statement.id} twice; rename one")
            table[statement.id] = statement
    return table


@lru_cache(maxsize=1)
def _aliases() -> dict[str, str]:
    return {alias: s.id for s in _table().values() for alias in (s.id, *s.aliases)}


def get(id: str) -> Statement:
    """The statement with this ID or alias.

    Raises
    ------
    ValueError
        No such ID; the message names the nearest ones.
    """
    from difflib import get_close_matches

    if isinstance(id, str) and id in _aliases():
        return _table()[_aliases()[id]]
    near = get_close_matches(str(id), _aliases(), 3, 0.3)
    raise ValueError(
        f"a statement ID must be in the catalog, got {id!r}; "
        f"near ones: {', '.join(near) or 'none'} (python -m sgdtheory list shows all)"
    )


def all() -> list[Statement]:
    """Every statement, in the order of the book."""
    return list(_table().values())


def verify(ids=None) -> list[Report]:
    """Reports of the symbolic checks: ``ids`` is one ID, several, or None for all."""
    return [verify_symbols(statement) for statement in select(ids)]


def select(ids=None) -> list[Statement]:
    """The statements of one ID, of several, or all.

    Raises
    ------
    ValueError
        No IDs, or one that is not in the catalog.
    """
    if ids is None:
        return all()
    wanted = list(ids) if isinstance(ids, Iterable) and not isinstance(ids, str) else [ids]
    if not wanted:
        raise ValueError("ids must name >= 1 statement, got none; pass None for all")
    return [get(id) for id in wanted]


def graph() -> dict[str, tuple[str, ...]]:
    """ID -> IDs that the statement uses.

    Raises
    ------
    ValueError
        A used ID does not exist, or the uses form a circle.
    """
    from graphlib import CycleError, TopologicalSorter

    uses = {s.id: tuple(get(used).id for used in s.uses) for s in all()}
    try:
        list(TopologicalSorter(uses).static_order())
    except CycleError as error:
        raise ValueError(f"uses must not form a circle, got {error.args[1]}; cut it") from None
    return uses


def cite(id: str, style: str = "bibtex", url: str = "", commit: str = "") -> str:
    """A citation of one statement: ``"bibtex"``, ``"latex"`` or ``"markdown"``."""
    return _cite(get(id), style, __version__, url, commit)
