"""``python -m sgdtheory``: verify, list, cite."""

import subprocess
import sys

import pytest

from sgdtheory import __main__ as command
from sgdtheory.theory import catalog


def test_list_has_a_line_for_each_statement(capsys):
    assert command.main(["list"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == len(catalog.all())


@pytest.mark.parametrize("style, sign", [("bibtex", "@misc{"), ("latex", "\\emph"),
                                         ("markdown", "*")])  # fmt: skip
def test_cite(style, sign, capsys):
    assert command.main(["cite", "PLD-T2", "--style", style]) == 0
    out = capsys.readouterr().out
    assert sign in out and "PLD-T2" in out


def test_unknown_ids_exit_with_2(capsys):
    assert command.main(["cite", "PLD-XX"]) == 2
    assert command.main(["verify", "PLD-XX"]) == 2
    assert "statement ID must be in the catalog" in capsys.readouterr().err


def test_verify_as_a_program_prints_a_table():
    done = subprocess.run(
        [sys.executable, "-m", "sgdtheory", "verify", "FND-2", "PLD-T2"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "1/2" in done.stdout and "2/2" in done.stdout
    assert "2 statements, all as claimed." in done.stdout
