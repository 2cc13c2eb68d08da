"""The catalog: permanent IDs, aliases, uses without a circle."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sgdtheory.theory import catalog

#: IDs are for good: once published, none may vanish or change its meaning.
PUBLISHED = """
FND-1 FND-2 FND-3 FND-4 FND-5 FND-6 FND-7 FND-8 FND-9 FND-10 FND-11
PLD-P1 PLD-E3 PLD-E5 PLD-T2 PLD-C3 PLD-71 PLD-P10 PLD-T4 PLD-P11 PLD-X1 PLD-X2 PLD-X3 PLD-F1
PLD-D5 PLD-L6 PLD-X5 PLD-X4 PLD-TAB1 PLD-T7 PLD-EXP52 PLD-T8
ANI-1 ANI-2 ANI-3 ANI-4 ANI-5 ANI-6 ANI-7 ANI-8 ANI-9 ANI-E1 ANI-E2 ANI-E3
LOG-1 LOG-2 LOG-3 LOG-4 LOG-5 LOG-6 LOG-7 LOG-8 LOG-9 LOG-10 LOG-11 LOG-M1 LOG-E1
ENH-1 ENH-2 ENH-3 ENH-4 ENH-5
""".split()


def test_published_ids_are_still_there():
    assert set(PUBLISHED) <= {s.id for s in catalog.all()}


def test_ids_have_one_form():
    for statement in catalog.all():
        assert re.fullmatch(r"[A-Z]{3}-[A-Z]*\d+", statement.id), statement.id


@pytest.mark.parametrize(
    "alias, id",
    [
        ("PLD-7.1", "PLD-71"),
        ("PLD-T9", "PLD-C3"),
        ("PLD-T12", "PLD-T4"),
        ("PLD-E4", "PLD-E3"),
        ("PLD-L13", "PLD-L6"),
        ("PLD-T14", "PLD-T7"),
        ("PLD-T15", "PLD-T8"),
        ("PLD-TAB1-L", "PLD-TAB1"),
        ("PLD-EXP-5.2", "PLD-EXP52"),
    ],
)
def test_aliases_lead_to_the_statement(alias, id):
    assert catalog.get(alias) is catalog.get(id)


def test_aliases_never_shadow_an_id():
    ids = {s.id for s in catalog.all()}
    aliases = [a for s in catalog.all() for a in s.aliases]
    assert not ids & set(aliases)
    assert len(aliases) == len(set(aliases))


@given(st.text(max_size=12))
def test_unknown_ids_are_refused(text):
    known = {a for s in catalog.all() for a in (s.id, *s.aliases)}
    if text not in known:
        with pytest.raises(ValueError, match="statement ID must be in the catalog"):
            catalog.get(text)


def test_near_ids_are_offered():
    with pytest.raises(ValueError, match="PLD-T2"):
        catalog.get("PLD-TT2")


def test_uses_exist_and_form_no_circle():
    graph = catalog.graph()
    assert graph.keys() == {s.id for s in catalog.all()}
    assert all(used in graph for uses in graph.values() for used in uses)
    assert sum(map(len, graph.values())) >= 15


def test_every_statement_can_be_read_and_cited():
    for statement in catalog.all():
        assert len(statement.title) > 5 and statement.source, statement.id
        assert statement.latex(), statement.id
        assert statement.id in catalog.cite(statement.id, "latex")


def test_notebooks_of_statements_exist():
    root = Path(__file__).parents[2]
    for statement in catalog.all():
        assert not statement.notebook or (root / f"{statement.notebook}.py").is_file()
    assert sum(bool(s.notebook) for s in catalog.all()) >= 15


def test_selecting():
    assert [s.id for s in catalog.select("PLD-T2")] == ["PLD-T2"]
    assert [s.id for s in catalog.select(["PLD-C3", "FND-2"])] == ["PLD-C3", "FND-2"]
    assert len(catalog.select()) == len(catalog.all())
