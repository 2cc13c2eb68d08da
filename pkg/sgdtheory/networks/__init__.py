"""What happens in real networks: data, models and measurements on them (torch).

``datasets`` loads images, ``models`` builds seeded networks and checkpoints,
``gradient_noise`` measures the covariance of the minibatch gradient, ``curvature`` the
Hessian; ``injected_noise`` draws Gaussian noise to add to the gradient; ``training`` trains
many replicas at once, ``trajectory`` and ``fluctuations`` measure the way of the weights,
``continual`` learns tasks in sequence; ``pretrained`` loads and describes the weights of known
networks.
"""

from importlib import import_module

__all__ = [
    "cifar",
    "continual",
    "curvature",
    "datasets",
    "fluctuations",
    "gradient_noise",
    "injected_noise",
    "models",
    "pretrained",
    "training",
    "trajectory",
]


def __getattr__(name: str):
    if name in __all__:
        return import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
