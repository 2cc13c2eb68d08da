"""How a notebook runs: its profile, its device, and results kept with their provenance."""

from importlib import import_module

__all__ = ["device", "profile", "results"]


def __getattr__(name: str):
    if name in __all__:
        return import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
