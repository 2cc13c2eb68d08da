"""The stochastic dynamics of SGD: statements checked twice, by symbols and by numbers.

Conventions, everywhere in this package
---------------------------------------
- SGD step ``w' = w - eta * g_batch(w)``; time ``t = eta * step``.
- ``C(w)``: covariance of the *minibatch* gradient (already divided by the batch
  size).  Itô SDE ``dw = -grad L dt + sqrt(eta C) dB``; diffusion ``D = eta C / 2``.
- ``convention="ito" | "stratonovich" | "anti-ito"``: calculus index 0, 1/2, 1.
  SGD is Itô.
- Arrays are path- or batch-first, coordinates last.  float64 for curvature, fits
  and exact solvers.
- Sampling takes ``seed`` or ``generator``; a stochastic result is an
  :class:`~sgdtheory.estimate.Estimate`.

Floors (a module imports only from a lower one): ``estimate`` and ``_validate``;
``theory.{statement, fokker_planck, callables}`` and ``stochastic``; the chapters
of ``theory``, ``networks`` and ``runs``; ``theory.catalog``; ``checks``;
``teaching``, ``sphinxext`` and the command line.
"""

from importlib import import_module

__version__ = "0.2.0"
__all__ = ["checks", "estimate", "networks", "runs", "stochastic", "teaching", "theory"]


def __getattr__(name: str):
    if name in __all__:
        return import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
