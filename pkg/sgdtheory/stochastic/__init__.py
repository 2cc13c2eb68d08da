"""What happens: exact solvers, path ensembles, distributions.  Numbers only, never sympy."""

from importlib import import_module

__all__ = [
    "distributions",
    "divergence",
    "first_passage",
    "langevin",
    "levy",
    "levy_exit",
    "linear_sgd",
    "minimum_action",
    "passage",
    "plane",
    "recursion_exit",
    "stationary",
]


def __getattr__(name: str):
    if name in __all__:
        return import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return list(__all__)
