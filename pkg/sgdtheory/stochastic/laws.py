"""Families of laws with free location and scale, each fitted by maximum likelihood.

What comparisons of families (`model_comparison`) and tests of one (`goodness_of_fit`) need
of a fitted law: its log-density, its distribution function, and draws from it.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from sgdtheory import _validate
from sgdtheory.stochastic import pearson_angle, stable
from sgdtheory.stochastic.gaussian_mixture import fit_gaussian_mixture
from sgdtheory.stochastic.pearson_iv import fit_pearson_iv
from sgdtheory.stochastic.student_t import fit_student_t


@dataclass(frozen=True)
class Law:
    """A fitted law: ``logpdf(x)``, ``cdf(x)`` of arrays, and ``rvs(size, seed)``."""

    family: str
    parameters: dict[str, float]
    logpdf: Callable[[np.ndarray], np.ndarray]
    cdf: Callable[[np.ndarray], np.ndarray]
    rvs: Callable[..., np.ndarray]


def _located(family: str, loc: float, scale: float, law, **shape: float) -> Law:
    """``loc + scale * Z`` with Z a frozen law of scipy."""
    return Law(
        family,
        {**shape, "loc": loc, "scale": scale},
        lambda x: law.logpdf((x - loc) / scale) - math.log(scale),
        lambda x: law.cdf((x - loc) / scale),
        lambda size, seed: loc + scale * law.rvs(size, random_state=_validate.generator(seed)),
    )


def _gaussian(x: np.ndarray) -> Law:
    from scipy.stats import norm

    return _located("gaussian", float(x.mean()), float(x.std()), norm())


def _laplace(x: np.ndarray) -> Law:
    from scipy.stats import laplace

    centre = float(np.median(x))
    return _located("laplace", centre, float(np.abs(x - centre).mean()), laplace())


def _student_t(x: np.ndarray) -> Law:
    from scipy.stats import norm, t

    fit = fit_student_t(x)
    nu = fit.nu.value
    law = norm() if math.isinf(nu) else t(nu)
    return _located("student_t", fit.loc.value, fit.scale.value, law, nu=nu)


def _stable(x: np.ndarray) -> Law:
    found = stable.fit(x).parameters
    return Law(
        "stable",
        dict(zip(("alpha", "beta", "loc", "scale"), found, strict=True)),
        lambda x: stable.logpdf(x, *found),
        lambda x: stable.cdf(x, *found),
        lambda size, seed: stable.rvs(*found, size=size, seed=seed),
    )


def _gaussian_mixture(x: np.ndarray) -> Law:
    fit = fit_gaussian_mixture(x)
    names = ("weight", "mean", "std")
    found = {f"{name}_{j + 1}": float(getattr(fit, name)[j]) for name in names for j in (0, 1)}
    return Law("gaussian_mixture", found, fit.logpdf, fit.cdf, fit.rvs)


def _pearson_iv(x: np.ndarray) -> Law:
    loc, a, m, nu = fit_pearson_iv(x).parameters
    front = pearson_angle.log_norm(m, nu) - math.log(a)

    def logpdf(x):
        y = (x - loc) / a
        return front - m * np.log1p(y * y) - nu * np.arctan(y)

    def rvs(size, seed):
        size, draw = _validate.shape("size", size), _validate.generator(seed)
        return loc + a * pearson_angle.rvs(math.prod(size), m, nu, draw).reshape(size)

    return Law(
        "pearson_iv",
        {"loc": loc, "a": a, "m": m, "nu": nu},
        logpdf,
        lambda x: pearson_angle.sf((loc - x) / a, m, -nu),
        rvs,
    )


FAMILIES: dict[str, Callable[[np.ndarray], Law]] = {
    "gaussian": _gaussian,
    "laplace": _laplace,
    "student_t": _student_t,
    "stable": _stable,
    "gaussian_mixture": _gaussian_mixture,
    "pearson_iv": _pearson_iv,
}


def fit(x, family: str) -> Law:
    """The best law of a family for the data ``x`` (any shape, n >= 50).

    ``family`` is ``"gaussian"``, ``"laplace"``, ``"student_t"``, ``"stable"``,
    ``"gaussian_mixture"`` (two components) or ``"pearson_iv"``.

    Raises
    ------
    ValueError
        NaN or infinite values, n < 50, all values equal, an unknown family, or what the
        family's own fit refuses.
    """
    _validate.one_of("family", family, FAMILIES)
    x = _validate.finite("x", x, minimum=50).ravel()
    if x.min() == x.max():
        raise ValueError(f"x must hold different values, got {x[0]:g} only; a law has a width")
    return FAMILIES[family](x)
