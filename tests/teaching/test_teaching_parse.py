"""Hostile, careless and foreign text: refused at once, and nothing of it is executed."""

import contextlib
import time

import pytest
import sympy as sp

from sgdtheory.teaching import check_answer
from sgdtheory.teaching._deadline import OutOfTime, deadline
from sgdtheory.teaching._names import names, typed
from sgdtheory.teaching._parse import parse
from sgdtheory.theory import catalog

HOSTILE = [
    "__import__('os').system('true')",
    "(1).__class__.__bases__[0].__subclasses__()",
    "().__class__",
    "kappa.subs(kappa, 1)",
    "eval('1')",
    "open('/etc/passwd').read()",
    "exec('x = 1')",
    "lambda: 1",
    "lambda kappa: kappa",
    "[kappa for kappa in (1, 2)]",
    "kappa if alpha else m",
    "kappa and alpha",
    "(kappa := 3)",
    "f'{kappa}'",
    "'kappa'",
    "{1: 2}",
    "[1, 2]",
    "kappa[0]",
    "exp(*[1])",
    "exp(x=1)",
    "9**9**9",
    "9^9^9^9",
    "kappa**(9**9)",
    "gamma(10**9)",
    "factorial(99999999)",
    "gamma(gamma(gamma(kappa)))",
    "exp(exp(exp(exp(kappa))))",
    "kappa**(kappa**(kappa**kappa))",
    "((kappa + 1)**1000 + 1)**10000",
    "(" * 200 + "kappa" + ")" * 200,
    "(" * 900,
    "-" * 1400 + "kappa",
    "1" * 1200,
    "1e999999",
    "kappa" + " + kappa" * 900,
    "kappa @ alpha",
    "kappa // alpha",
    "kappa % alpha",
    "~kappa",
    "1j",
    "True",
    "None",
    "...",
    "kappa; alpha",
    "kappa\nimport os",
    "kappa = alpha = 1",
    "import os",
    "1/0",
    "zeta(1, 2, 3, 4)",
    "",
    "=",
    "kappa =",
    "💥",
    "kappa\x00",
    "sqrt(1, 2, 3)",
]


@pytest.fixture(autouse=True, scope="module")
def loaded():
    catalog.all()


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: repr(text[:24]))
def test_hostile_text_is_refused_at_once(text):
    start = time.perf_counter()
    with pytest.raises(ValueError, match="got"):
        check_answer("PLD-T2", text, "exponent")
    assert time.perf_counter() - start < 1.0


def test_a_hostile_object_is_refused():
    kappa = sp.Symbol("kappa")
    for thing in (object(), None, [kappa], lambda: kappa, True, b"kappa"):
        with pytest.raises(TypeError, match="text or a sympy expression"):
            check_answer("PLD-T2", thing, "exponent")
    with pytest.raises(ValueError, match="symbol zz"):
        check_answer("PLD-T2", sp.Symbol("zz"), "exponent")
    with pytest.raises(ValueError, match="moderate size"):
        check_answer("PLD-T2", kappa ** sp.Integer(10**9), "exponent")


@pytest.mark.parametrize(
    "text, remedy",
    [
        ("2kappa", "write every product with"),
        ("2 kappa", "write every product with"),
        ("kappa(alpha + 1)", r"write kappa\*"),
        ("foo + 1", "letters of this statement: .*kappa"),
        ("fun(kappa)", "use one of"),
        ("kappa > 1", "is an equation"),
    ],
)
def test_a_careless_answer_is_told_what_to_do(text, remedy):
    with pytest.raises(ValueError, match=remedy):
        check_answer("PLD-T2", text, "exponent")


@pytest.mark.parametrize(
    "text",
    ["κ + 1 - α", "kappa+1-alpha", "m = κ + 1 − α", "(kappa^2 - (alpha-1)^2)/(kappa+alpha-1)"],
)
def test_one_formula_has_many_spellings(text):
    assert check_answer("PLD-T2", text, "exponent")


def test_letters_are_found_without_their_underscores_and_by_greek_names():
    statement = catalog.get("PLD-T2")
    known = names(statement, "width")
    rho = statement.claim["centre"].rhs.free_symbols
    assert parse("ρ/σ_H", known) == parse("rho/sigmaH", known)
    assert parse("rho/sigma_H", known).free_symbols == rho
    assert parse("lambda", known) == parse("λ", known) == statement.claim["centre"].lhs


@pytest.mark.parametrize(
    "latex, name",
    [
        (r"\Delta{L}", "Delta_L"),
        ("{|H_{b}|}", "abs_H_b"),
        (r"C_{\mathrm{with}}", "C_with"),
        (r"\operatorname{Var} u", "Var_u"),
        ("w'", "w_prime"),
        ("L_{*}", "L_star"),
        ("lambda", "lambda"),
    ],
)
def test_a_symbol_has_a_name_that_can_be_typed(latex, name):
    assert typed(latex) == name


def test_names_of_a_statement_are_told_apart():
    for statement in catalog.all():
        for label in statement.claim:
            letters = names(statement, label).letters
            assert all(name.isidentifier() for name in letters), statement.id
            assert len(set(letters.values())) == len(letters), statement.id


def test_work_is_stopped_in_time_and_not_afterwards():
    start = time.perf_counter()
    with pytest.raises(OutOfTime), deadline(0.1):
        while True:
            pass
    assert time.perf_counter() - start < 5.0
    with deadline(0.05):
        pass
    time.sleep(0.2)


def test_a_judgement_that_takes_too_long_is_no_verdict(monkeypatch):
    def endless(*args):
        while True:
            pass

    monkeypatch.setattr("sgdtheory.teaching.check.judge", endless)
    reply = check_answer("PLD-T2", "kappa > alpha - 1/3", "normal", seconds=0.1)
    assert not reply and "Could not be judged" in reply.message


def test_an_interrupt_does_not_outlive_the_work():
    for n in range(200):
        with contextlib.suppress(OutOfTime), deadline(1e-4):
            sum(range(20 * n))
    assert sum(range(1_000_000)) == 499_999_500_000


def test_a_limit_of_time_must_be_positive():
    with pytest.raises(ValueError, match="seconds must be > 0"):
        check_answer("PLD-T2", "kappa", "exponent", seconds=0)
