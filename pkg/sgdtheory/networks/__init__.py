"""What happens in real networks: data, models and measurements on them (torch).

``datasets`` loads images, ``models`` builds seeded networks and checkpoints,
``gradient_noise`` measures the covariance of the minibatch gradient, ``curvature`` the
Hessian; ``injected_noise`` draws Gaussian noise to add to the gradient.
"""

from importlib import import_module

__all__ = ["curvature", "datasets", "gradient_noise", "injected_noise", "models"]


def __getattr__(name: str):
    if name in __all__:
        return import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
