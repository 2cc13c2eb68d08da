"""What is claimed: statements about the dynamics of SGD, as sympy objects with proofs.

Nothing here loads torch or scipy.stats.  Start with :func:`sgdtheory.theory.catalog.get`.
"""

from importlib import import_module

__all__ = [
    "callables",
    "catalog",
    "decide",
    "fokker_planck",
    "foundations",
    "ledger",
    "perturb",
    "power_law",
    "printing",
    "show",
    "statement",
]


def __getattr__(name: str):
    if name in __all__:
        return import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return list(__all__)
