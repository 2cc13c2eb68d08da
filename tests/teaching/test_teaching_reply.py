"""What a student is told."""

import re

import pytest
import sympy as sp

from sgdtheory.teaching import check_answer, letters, units
from sgdtheory.theory import catalog
from sgdtheory.theory.statement import Asymptotic

T2_TILT = "exp(2*kappa*rho*atan((rho + sigma_H*u)/Delta)/Delta)"
T2_C = "(2*rho*u + sigma_H*u^2 + sigma_g)"


@pytest.mark.parametrize(
    "id, part, text, hint",
    [
        ("PLD-T2", "SGD", f"{T2_C}^(-kappa)*{T2_TILT}", "known wrong version: exponent"),
        ("PLD-T2", "SGD", f"{T2_C}^(-kappa)*{T2_TILT}", "anti-Itô answer, but SGD is Itô"),
        ("PLD-T2", "SGD", "(sigma_H*u^2 + sigma_g)^(-kappa - 1)", "right only where rho = 0"),
        ("PLD-T2", "SGD", f"({T2_C}^(-kappa - 1)*{T2_TILT})^3", "the 3-th power"),
        ("PLD-T2", "exponent", "kappa", r"anti-Itô answer \(alpha = 1\)"),
        ("PLD-T2", "exponent", "kappa + 1/2", r"Stratonovich answer \(alpha = 1/2\)"),
        ("PLD-T2", "width", "Delta/(2*sigma_H)", "constant factor 1/2"),
        ("PLD-T2", "centre", "rho/sigma_H", "the sign is wrong"),
        ("PLD-T2", "mean", "rho*alpha*eta/(sigma_H*(kappa - alpha))", "off by the factor eta"),
        (
            "PLD-T2",
            "mean",
            "rho*alpha*eta/(sigma_H*(kappa - alpha))",
            "units are w t, but w is",
        ),
        ("PLD-T2", "normalisable", "kappa >= alpha - 1/2", "is it itself allowed"),
        ("PLD-T2", "normalisable", "kappa < alpha - 1/2", "points the other way"),
        ("PLD-T2", "normalisable", "kappa > alpha", "the edge is elsewhere"),
        ("FND-8", "stationary variance, exact", "C*eta/(2*h)", "variance of the SDE for SGD"),
        ("FND-8", "stationary variance, exact", "C*eta/(h*(2 - h))", "do not fit together"),
        ("FND-2", "with replacement", "Sigma/n", "does not depend on b"),
        ("FND-2", "with replacement", "Sigma/n", "depends on n, but should not"),
    ],
)
def test_a_near_miss_gets_the_right_hint(id, part, text, hint):
    reply = check_answer(id, text, part)
    assert not reply
    assert any(re.search(hint, told) for told in reply.hints), reply.hints


@pytest.mark.parametrize(
    "id, part, text",
    [
        ("PLD-T2", "SGD", f"-7*{T2_C}^(-kappa - 1)*{T2_TILT}"),
        ("PLD-T2", "SGD", f"log(p_SGD(u)) = -(kappa + 1)*log{T2_C} + log({T2_TILT})"),
        ("PLD-T2", "normalisable", "2*kappa + 1 > 2*alpha"),
        ("PLD-T2", "variance", "Delta^2/sigma_H^2/(2*kappa - 2*alpha - 1)"
                               "*(1 + kappa^2*rho^2/Delta^2/(kappa - alpha)^2)"),
        ("FND-8", "stationary variance, exact", "V*h*(2 - eta*h) = C*eta"),
        ("FND-8", "stationary variance, exact", "V_SDE/(1 - eta*h/2)"),
    ],
)  # fmt: skip
def test_the_same_in_other_words_is_right(id, part, text):
    reply = check_answer(id, text, part)
    assert reply, str(reply)
    assert reply.part in catalog.get(id).claim


def test_a_log_density_is_taken_when_said():
    text = f"-(kappa + 1)*log{T2_C} + 2*kappa*rho*atan((rho + sigma_H*u)/Delta)/Delta"
    assert check_answer("PLD-T2", text, "SGD", log=True)
    assert not check_answer("PLD-T2", text, "SGD")


def test_a_sympy_object_is_matched_by_name_whatever_it_assumes():
    kappa, alpha = sp.symbols("kappa alpha", negative=True)
    assert check_answer("PLD-T2", kappa + 1 - alpha, "exponent")
    assert check_answer("PLD-T2", sp.Eq(sp.Symbol("m"), kappa + 1 - alpha))
    assert check_answer("PLD-T2", sp.Gt(kappa, alpha - sp.Rational(1, 2)), "normalisable")


def test_the_part_is_found_or_asked_for():
    assert check_answer("PLD-T2", "m = kappa + 1 - alpha").part == "exponent"
    assert check_answer("PLD-T2", "Delta/sigma_H").part == "width"
    with pytest.raises(ValueError, match="15 parts.*'exponent'"):
        check_answer("PLD-T2", "eta")
    with pytest.raises(ValueError, match="begins 2 of them"):
        check_answer("FND-2", "Sigma/b", "with")
    with pytest.raises(ValueError, match="begins none of them"):
        check_answer("FND-2", "Sigma/b", "zzz")
    with pytest.raises(TypeError, match="part must be a label"):
        check_answer("FND-2", "Sigma/b", 3)
    with pytest.raises(ValueError, match="is a condition"):
        check_answer("PLD-T2", "alpha - 1/2", "normalisable")


def test_a_bad_id_and_an_empirical_statement_are_refused():
    with pytest.raises(ValueError, match="must be in the catalog"):
        check_answer("XYZ-1", "1")
    with pytest.raises(ValueError, match="derivable"):
        check_answer("PLD-F1", "1")


def test_the_letter_asked_for_is_no_answer():
    assert not check_answer("PLD-T2", "kappa", "with $")
    assert not check_answer("PLD-T2", "m", "exponent")


def test_a_reply_shows_itself():
    reply = check_answer("PLD-T2", "kappa", "exponent")
    assert str(reply).startswith("✗ Not right")
    assert "- this is the anti-Itô" in reply._repr_markdown_()
    assert str(check_answer("PLD-T2", "kappa + 1 - alpha", "exponent")).startswith("✓ Right")


def test_a_number_for_a_number_is_not_given_away():
    reply = check_answer("FND-5", "1", "one reading")
    assert not reply and not any("factor" in hint for hint in reply.hints)
    reply = check_answer("FND-8", "1", "stationary variance, exact")
    assert not reply and not any("factor" in hint for hint in reply.hints)


def test_letters_are_listed_with_their_meaning():
    found = letters("PLD-T2")
    assert list(found) == list(catalog.get("PLD-T2").claim)
    assert "calculus index" in found["exponent"]["alpha"]
    assert found["SGD (Itô, $\\alpha = 0$)"]["p_SGD"] == ""
    assert letters("ANO-EQ7") and "calculus" not in str(letters("ANO-EQ7"))


def test_claims_are_homogeneous_in_the_table_of_units():
    """Every equation and bound of these chapters whose letters are all in the table."""
    looked_at = 0
    for statement in catalog.all():
        if statement.kind == "empirical" or statement.chapter not in units.CHAPTERS:
            continue
        for label, part in statement.claim.items():
            if not isinstance(part, sp.Rel | Asymptotic):
                continue
            try:
                left, right = (units.units(side, statement) for side in (part.lhs, part.rhs))
            except units.Unknown:
                continue
            looked_at += 1
            if None not in (left, right):
                off = [sp.simplify(a - b) for a, b in zip(left, right, strict=True)]
                assert off == [0, 0], (statement.id, label, left, right)
    assert looked_at >= 90


def test_units_that_are_wrong_are_noticed(monkeypatch):
    statement = catalog.get("PLD-T2")
    monkeypatch.setitem(units.LETTERS, "rho", (1, -1))
    with pytest.raises(units.Mixed):
        units.units(statement.claim["and $\\Delta$"].rhs, statement)
