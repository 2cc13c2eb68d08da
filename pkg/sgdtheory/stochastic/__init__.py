"""What happens: exact solvers, path ensembles, distributions.  Numbers only, never sympy."""

from importlib import import_module

__all__ = [
    "bootstrap",
    "distributions",
    "divergence",
    "first_passage",
    "fluctuations",
    "fractal",
    "gaussian_mixture",
    "goodness_of_fit",
    "langevin",
    "laws",
    "levy",
    "levy_exit",
    "linear_sgd",
    "minimum_action",
    "model_comparison",
    "msd",
    "passage",
    "pearson_iv",
    "plane",
    "q_gaussian",
    "random_landscape",
    "recursion_exit",
    "stable",
    "stationary",
    "surrogate",
    "tail_index",
]


def __getattr__(name: str):
    if name in __all__:
        return import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return list(__all__)
