"""The letters of a statement as one types them: ``\\Delta{L}`` is ``Delta_L``."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache

import sympy as sp
from sympy.core.function import AppliedUndef
from sympy.printing.str import StrPrinter

from sgdtheory.theory.statement import Statement

GREEK = dict(
    zip(
        "αβγδεζηθικλμνξοπρστυφχψωϵϕϑϱΓΔΘΛΞΠΣΦΨΩ",
        (
            "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron "
            "pi rho sigma tau upsilon phi chi psi omega epsilon phi theta rho "
            "Gamma Delta Theta Lambda Xi Pi Sigma Phi Psi Omega"
        ).split(),
        strict=True,
    )
)
_DRESS = re.compile(
    r"\\(?:mathrm|mathbb|mathcal|operatorname|text|textstyle|left|right|frac|,|;|!|-)(?![A-Za-z])"
)
_SIGNS = {
    "+": " plus ",
    "-": " minus ",
    "*": " star ",
    "<": " below ",
    ">": " above ",
    "|": " abs ",
}


def typed(name: str) -> str:
    """A name made of letters, digits and underscores, from the LaTeX of a symbol."""
    name = _DRESS.sub(" ", name).replace(r"\prime", "'").replace(r"\|", "|")
    name = re.sub(
        r"'+", lambda primes: f" prime{len(primes[0]) if len(primes[0]) > 1 else ''} ", name
    )
    for greek, word in GREEK.items():
        name = name.replace(greek, word)
    bars = name.count("|")
    name = name.replace("|", " ") if bars else name
    for sign, word in _SIGNS.items():
        name = name.replace(sign, word)
    slug = re.sub(r"[^A-Za-z0-9]+", "_", name).strip("_") or "x"
    return ("abs_" if bars else "") + (slug if slug[0].isalpha() else f"n_{slug}")


def bare(name: str) -> str:
    """A typed name without underscores: ``DeltaL`` and ``Delta_L`` are one letter."""
    return name.replace("_", "")


def _parts_of(expr: sp.Basic) -> Iterable[sp.Basic]:
    """Symbols, matrix symbols and bases of an expression, bound ones too."""
    found = expr.atoms(sp.Symbol, sp.MatrixSymbol, sp.IndexedBase)
    labels = {base.label for base in found if isinstance(base, sp.IndexedBase)}
    return sorted(found - labels, key=lambda s: (str(s), sp.default_sort_key(s)))


def _functions_of(expr: sp.Basic) -> Iterable[type]:
    """Functions that are the statement's own: undefined ones and those of this package."""
    own = {
        node.func
        for node in sp.preorder_traversal(expr)
        if isinstance(node, AppliedUndef)
        or (isinstance(node, sp.Expr) and type(node).__module__.startswith("sgdtheory."))
    }
    return sorted(own, key=lambda f: f.__name__)


@dataclass(frozen=True)
class Names:
    """What may be typed: letters (symbols, bases) and the statement's own functions."""

    letters: dict[str, sp.Basic] = field(default_factory=dict)
    functions: dict[str, type] = field(default_factory=dict)

    def _find(self, table: dict, name: str):
        if name in table:
            return table[name]
        same = {key for key in table if bare(key) == bare(name)}
        return table[same.pop()] if len(same) == 1 else None

    def own_letter(self, item: sp.Basic):
        """The statement's letter for a symbol from elsewhere, by its LaTeX or as typed."""
        return self._same(self.letters, written(item), written)

    def own_function(self, name: str):
        """The statement's function for one from elsewhere, by its LaTeX or as typed."""
        return self._same(self.functions, name, lambda f: f.__name__)

    def _same(self, table: dict, name: str, name_of):
        same = [item for item in table.values() if name_of(item) == name]
        return same[0] if same else self._find(table, typed(name))

    def letter(self, name: str):
        """The letter of this name; None if there is none."""
        return self._find(self.letters, name)

    def function(self, name: str):
        """The statement's own function of this name; None if there is none."""
        return self._find(self.functions, name)


def _table(items: Iterable, name_of) -> dict:
    """Typed name -> item; the first of a name keeps it, another one gets a number."""
    table: dict = {}
    for item in items:
        slug = base = typed(name_of(item))
        if any(name_of(other) == name_of(item) for other in table.values()):
            continue
        count = 1
        while slug in table:
            count += 1
            slug = f"{base}_{count}"
        table[slug] = item
    return table


def written(item: sp.Basic) -> str:
    """The LaTeX name of a symbol or a base."""
    return (
        str(item.label)
        if isinstance(item, sp.IndexedBase)
        else str(getattr(item, "name", item))
    )


@lru_cache(maxsize=256)
def _names(parts: tuple[sp.Basic, ...]) -> Names:
    letters = (letter for part in parts for letter in _parts_of(part))
    functions = (function for part in parts for function in _functions_of(part))
    return Names(_table(letters, written), _table(functions, lambda f: f.__name__))


def names(statement: Statement, label: str) -> Names:
    """Names for one part: its own first, then those of the rest of the statement."""
    rest = [part for other, part in statement.claim.items() if other != label]
    return _names((statement.claim[label], *rest, *statement.conditions))


class _Printer(StrPrinter):
    """sympy's own text with typed names."""

    def __init__(self, names: Names):
        super().__init__()
        self._letters = {letter: name for name, letter in names.letters.items()}
        self._functions = {
            function.__name__: name for name, function in names.functions.items()
        }

    def _print_Symbol(self, expr):
        return self._letters.get(expr, typed(expr.name))

    _print_MatrixSymbol = _print_Symbol

    def _print_IndexedBase(self, expr):
        return self._letters.get(expr, typed(str(expr.label)))

    def _print_Indexed(self, expr):
        inside = ", ".join(self._print(index) for index in expr.indices)
        return f"{self._print(expr.base)}[{inside}]"

    def _print_Function(self, expr):
        name = expr.func.__name__
        inside = ", ".join(self._print(argument) for argument in expr.args)
        return f"{self._functions.get(name, name)}({inside})"


def as_text(expr: sp.Basic, names: Names) -> str:
    """``expr`` as it may be typed."""
    return _Printer(names).doprint(expr)
