"""ANI-9: polynomials by exact quadrature, and a bent function by quadrature and sampling."""

from collections.abc import Iterator
from functools import lru_cache
from itertools import product

import numpy as np
import sympy as sp
from numpy.polynomial import polynomial as poly
from scipy.special import roots_hermitenorm

from sgdtheory.checks.foundations.sampling import extrapolate
from sgdtheory.estimate import Comparison, Estimate, compare
from sgdtheory.theory.anisotropic import sharpness as e

SIZE = 3


@lru_cache
def nodes(count: int, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Points (n, size) and weights of a standard normal."""
    z, w = roots_hermitenorm(count)
    points = np.array(list(product(z, repeat=size)))
    weights = np.array([np.prod(v) for v in product(w / w.sum(), repeat=size)])
    return points, weights


@lru_cache
def coefficients(degree: int, seed: int = 2) -> np.ndarray:
    """Of a random polynomial in three variables, about the point in question."""
    c = np.random.default_rng(seed).standard_normal((degree + 1,) * SIZE)
    return np.where(np.indices(c.shape).sum(0) <= degree, c, 0.0)


def at(c: np.ndarray, x: np.ndarray) -> np.ndarray:
    return poly.polyval3d(x[:, 0], x[:, 1], x[:, 2], c)


def derivative(c: np.ndarray, indices) -> float:
    """At the origin; ``indices`` count from one."""
    for k in indices:
        c = poly.polyder(c, axis=int(k) - 1)
    return float(c[(0,) * SIZE])


def rise(c: np.ndarray, delta: float) -> float:
    """The mean of L(nu) - L(0), exact for the degrees here."""
    z, w = nodes(6, SIZE)
    return float(w @ (at(c, delta * z) - c[(0,) * SIZE]))


def polynomials(claim) -> Iterator[Comparison]:
    quintic = coefficients(5)
    written = claim[e.SERIES].rhs.removeO().subs(e.d, SIZE).doit()
    value = written.replace(sp.Indexed, lambda base, *k: sp.Float(derivative(quintic, k), 17))
    for delta in (0.2, 0.7):
        found = rise(quintic, delta)
        yield compare(f"a quintic at delta = {delta}", value.subs(e.delta, delta), found)
    seventh = coefficients(7)
    deltas = np.array([0.3, 0.5, 0.8])
    powers = deltas[:, None] ** (2 * np.arange(1, 4))
    three = np.linalg.solve(powers, [rise(seventh, x) for x in deltas])
    for n in (1, 2, 3):
        whole = sum(derivative(seventh, 2 * k) for k in product((1, 2, 3), repeat=n))
        term = claim[e.TERM].rhs.subs(e.m, n).coeff(e.laplacian, n) * whole
        yield compare(f"coefficient of delta^{2 * n} of degree seven", term, three[n - 1])


SLOPE, BEND = np.array([0.6, -1.1, 0.4]), np.array([[1.0, 0.2, 0.5], [-0.3, 0.8, 0.1]])


def bent(x: np.ndarray) -> np.ndarray:
    """A smooth loss on a slope, (n, 3) -> (n,)."""
    return np.tanh(x @ SLOPE) + np.log(np.cosh(x @ BEND.T)).sum(1)


def hollow(x: np.ndarray) -> np.ndarray:
    """The same without the slope: a minimum at the origin."""
    return np.log(np.cosh(x @ BEND.T)).sum(1)


#: |grad| and Tr H of ``bent`` at the origin, where tanh x = x - x^3/3, log cosh x = x^2/2.
GRADIENT, CURVATURE = float(np.linalg.norm(SLOPE)), float((BEND**2).sum())


def moments(delta: float) -> tuple[float, float]:
    """Mean and variance of the rise of ``bent``."""
    z, w = nodes(30, SIZE)
    risen = bent(delta * z)
    return float(w @ risen), float(w @ risen**2 - (w @ risen) ** 2)


def limit(value) -> float:
    """At delta -> 0, of a series in delta squared."""
    return extrapolate([value(0.2 / 2**k) for k in range(5)], ratio=4.0)


@lru_cache
def absolute() -> Estimate:
    """|rise|/delta of ``bent`` at delta = 0.001: what curvature adds is of second order."""
    z = np.random.default_rng(6).standard_normal((400_000, SIZE))
    return Estimate.mean_of(np.abs(bent(1e-3 * z)) / 1e-3)


def limits(claim) -> Iterator[Comparison]:
    letters = {e.G: GRADIENT, e.T: CURVATURE, e.delta: sp.Rational(1, 1000)}

    def read(label, power) -> sp.Expr:
        return sp.N((claim[label].rhs / e.delta**power).subs(letters), 17)

    yield compare("mean absolute value", read(e.SIZE, 1), absolute())
    variance = limit(lambda x: moments(x)[1] / x**2)
    yield compare("variance", read(e.SPREAD, 2), variance)
    # At delta = 1/80 the mean is 1e-4, so rounding leaves 1e-11 of it.
    draws = limit(lambda x: x**2 * moments(x)[1] / moments(x)[0] ** 2)
    yield compare("draws", read(e.DRAWS, -2), draws, rtol=1e-6)
    z, w = nodes(30, SIZE)
    found = limit(lambda x: w @ np.abs(hollow(x * z)) / x**2)
    yield compare("mean absolute value at a minimum", read(e.AT_MINIMUM, 2), found, rtol=1e-6)


def check(claim) -> Iterator[Comparison]:
    """ANI-9: every part of the claim."""
    yield from polynomials(claim)
    yield from limits(claim)


CHECKS = {"ANI-9": check}
