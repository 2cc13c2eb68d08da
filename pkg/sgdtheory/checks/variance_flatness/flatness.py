"""IVF-E5, E6, E7: sampled covariances, finite differences, roots."""

from functools import lru_cache
from math import e, exp, sqrt

import numpy as np
import sympy as sp
from scipy.optimize import brentq

from sgdtheory.estimate import Estimate, compare
from sgdtheory.theory.variance_flatness import flatness as theory

POINTS, DRAWS, SPREAD = 40_000, 20_000, 1.3


@lru_cache
def splitting() -> Estimate:
    """Gap of the eigenvalues of sample covariances, two directions of equal variance.

    The covariance of T normal points is a Wishart matrix, drawn by its triangular root.
    """
    draw = np.random.default_rng(0)
    p, q = np.sqrt(draw.chisquare([POINTS, POINTS - 1], (DRAWS, 2)).T)
    r = draw.standard_normal(DRAWS)
    a, b, c = p**2, q**2 + r**2, p * r
    gap = np.sqrt((a - b) ** 2 + 4 * c**2) * SPREAD**2 / POINTS
    return Estimate.mean_of(gap)


def components(claim):
    """A fixed window in the plane; the splitting of equal directions, sampled."""
    window = np.random.default_rng(1).standard_normal((50, 2)) @ [[1.0, 0.4], [0.0, 0.7]]
    covariance = np.cov(window.T, bias=True)
    (a, c), (_, b) = covariance
    entries = {theory.a: a, theory.b: b, theory.c: c}
    values = np.linalg.svd(window - window.mean(0), compute_uv=False) ** 2 / 50
    yield compare("first", sp.N(claim[theory.FIRST].rhs.subs(entries)), values[0])
    yield compare("sum", sp.N(claim[theory.BOTH].rhs.subs(entries)), values.sum())
    numbers = {theory.s: SPREAD, theory.T: POINTS}
    yield compare("splitting", sp.N(claim[theory.GAP].rhs.subs(numbers)), splitting())


def loss(w: np.ndarray) -> float:
    """Some smooth loss of two weights."""
    v, w = w
    return float(np.log(np.cosh(v + 0.5 * w)) + 0.3 * np.sin(v * w) + 0.2 * w**2)


def differences(at: np.ndarray, h: float = 1e-4) -> tuple[np.ndarray, np.ndarray]:
    """Gradient and Hessian by central differences along the axes."""
    axes = np.eye(2) * h

    def slopes(w):
        return np.array([(loss(w + d) - loss(w - d)) / (2 * h) for d in axes])

    return slopes(at), np.array([(slopes(at + d) - slopes(at - d)) / (2 * h) for d in axes])


def profile(claim):
    """Slope and curvature along a direction, by differences along it and along the axes."""
    at, p, h = np.array([0.3, -0.4]), np.array([0.6, 0.8]), 1e-4
    gradient, hessian = differences(at)
    up, here, down = (loss(at + k * h * p) for k in (1, 0, -1))
    values = dict(zip((theory.g_1, theory.g_2), gradient, strict=True)) | {
        theory.h_11: hessian[0, 0], theory.h_12: hessian[0, 1], theory.h_22: hessian[1, 1],
        theory.p_1: p[0], theory.p_2: p[1],
    }  # fmt: skip
    # Differences at h = 1e-4: the slope to 1e-8, the curvature to 1e-7 by rounding.
    slope, bent = (up - down) / (2 * h), (up - 2 * here + down) / h**2
    yield compare("slope", claim[theory.SLOPE].rhs.subs(values), slope, rtol=1e-6)
    yield compare("curvature", claim[theory.CURVATURE].rhs.subs(values), bent, rtol=1e-5)


def width(profile, factor: float = e) -> float:
    """Between the two nearest points where the profile is ``factor`` times its bottom."""

    def above(x):
        return profile(x) - factor * profile(0.0)

    return brentq(above, 0, 50, xtol=1e-13) - brentq(above, -50, 0, xtol=1e-13)


def flatness(claim):
    """Roots of both model profiles."""
    bottom, bend, hess = 0.02, 1.9, 0.7

    def logarithmic(x):
        return bottom * exp(bend * x * x / 2)

    def plain(x, bottom=bottom):
        return bottom + hess * x * x / 2

    F = width(lambda x: min(logarithmic(x), 1e9) if abs(x) < 6 else 1e9)
    numbers = {theory.Mbar: bend, theory.L_0: bottom, theory.lam: hess, theory.F: F}

    def read(label, **extra):
        return sp.N(claim[label].rhs.subs(numbers | extra))

    yield compare("logarithm quadratic", read(theory.LOG), F)
    yield compare("curvature from the width", read(theory.HESSIAN), bottom * bend)
    yield compare("loss quadratic", read(theory.PLAIN), width(plain))
    at_two = width(lambda x: logarithmic(x) if abs(x) < 6 else 1e9, 2.0)
    twice = sp.N(claim[theory.LEVEL].rhs.subs(theory.level, 2))
    yield compare("threshold 2", twice, at_two / F)
    half = width(lambda x: plain(x, bottom / 2)) / width(plain)
    yield compare("half of the loss", read(theory.SHRINKS), half)
    yield compare("the two profiles", read(theory.PLAIN) / read(theory.LOG),
                  sqrt(e - 1) * sqrt(bottom * bend / hess))  # fmt: skip


CHECKS = {"IVF-E5": components, "IVF-E6": profile, "IVF-E7": flatness}
