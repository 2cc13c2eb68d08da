"""How a notebook runs: profile, device, results kept with their provenance, sweeps."""

from importlib import import_module

__all__ = ["device", "profile", "results", "sweep"]


def __getattr__(name: str):
    if name in __all__:
        return import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
