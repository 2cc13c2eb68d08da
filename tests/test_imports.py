"""The floors hold: imports go down only, and nothing heavy comes by itself."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1] / "pkg" / "sgdtheory"
MODULES = sorted(ROOT.rglob("*.py"))


def floor(module: str) -> float:
    """Floor of a dotted module name inside the package."""
    parts = module.split(".")[1:]
    head, rest = (parts[0] if parts else ""), (parts[1] if len(parts) > 1 else "")
    if head in ("", "estimate", "_validate", "_files"):
        return 0
    if head == "theory":
        low = (
            "",
            "statement",
            "perturb",
            "decide",
            "show",
            "fokker_planck",
            "callables",
            "printing",
            "declared",
        )
        return 1 if rest in low else 3 if rest in ("catalog", "ledger") else 2
    if head == "runs":
        return 4 if rest == "sweep" else 2
    top = {"sphinxext": 5, "teaching": 5, "__main__": 5}
    return {"stochastic": 1, "networks": 2, "checks": 4, **top}[head]


def name_of(path: Path) -> str:
    parts = path.relative_to(ROOT.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported(path: Path) -> list[str]:
    """Modules of the package that a file imports, also inside its functions."""
    names = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative imports are not used here"
            names += [f"{node.module}.{alias.name}" for alias in node.names]
    exists = {name_of(m) for m in MODULES}
    inside = [n for n in names if n.split(".")[0] == "sgdtheory"]
    return [n if n in exists else n.rpartition(".")[0] for n in inside]


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_imports_only_from_lower_floors(path):
    here = name_of(path)
    for there in imported(path):
        same_folder = there.split(".")[1:2] == here.split(".")[1:2]
        assert floor(there) < floor(here) or (floor(there) == floor(here) and same_folder), (
            f"{here} imports {there}"
        )


def test_theory_and_stochastic_do_not_know_each_other():
    pairs = {("theory", "stochastic"), ("stochastic", "theory")}
    for path in MODULES:
        here = name_of(path).split(".")[1:2]
        for there in imported(path):
            assert (*here, *there.split(".")[1:2]) not in pairs, f"{path.name} imports {there}"


def test_the_floor_test_can_fail():
    """A planted import from above is told apart from the allowed ones."""
    assert floor("sgdtheory.checks") > floor("sgdtheory.theory.catalog")
    assert floor("sgdtheory.theory.catalog") > floor("sgdtheory.theory.power_law")
    assert floor("sgdtheory.theory.power_law") > floor("sgdtheory.theory.statement")


def loaded_by(code: str) -> set[str]:
    """Top modules loaded in a fresh interpreter after ``code``."""
    script = f"{code}\nimport sys; print('\\n'.join(sys.modules))"
    out = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    return set(out.stdout.split())


@pytest.mark.parametrize(
    "code, absent",
    [
        ("import sgdtheory", {"torch", "scipy", "sympy", "numpy", "matplotlib"}),
        (
            "import sgdtheory.theory.catalog as c; c.all()",
            {"torch", "scipy.stats", "matplotlib"},
        ),
        ("import sgdtheory.theory", {"torch", "scipy.stats"}),
        ("import sgdtheory.stochastic", {"sympy"}),
        ("from sgdtheory.stochastic import distributions, stationary", {"sympy", "torch"}),
        ("from sgdtheory.stochastic import langevin, first_passage", {"sympy"}),
    ],
)
def test_nothing_heavy_is_loaded(code, absent):
    assert not absent & loaded_by(code)
