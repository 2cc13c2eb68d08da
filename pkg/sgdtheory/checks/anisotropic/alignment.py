"""ANI-5: maxima found by search, Wishart draws, and cases of equality in whole numbers."""

from functools import lru_cache

import numpy as np
import sympy as sp
from scipy.optimize import minimize

from sgdtheory.estimate import compare
from sgdtheory.theory.anisotropic import alignment as a
from sgdtheory.theory.anisotropic import symbols as s

SIZE, KEPT, STRENGTH = 4, 2, 0.7
SPECTRA = {"bowl": np.array([3.0, 1.1, 0.6, 0.2]), "saddle": np.array([2.0, 0.7, 0.0, -0.9])}


@lru_cache
def curvature(shape: str) -> np.ndarray:
    axes = np.linalg.qr(np.random.default_rng(2).standard_normal((SIZE, SIZE)))[0]
    return axes @ np.diag(SPECTRA[shape]) @ axes.T


def strength(noise: np.ndarray, norm: str) -> float:
    return float(np.trace(noise) if norm == "trace" else np.linalg.norm(noise))


@lru_cache
def most(shape: str, norm: str) -> float:
    """Largest Tr(H Sigma) over Sigma = B B^T of unit strength, by search from random starts."""
    H, rng = curvature(shape), np.random.default_rng(3)

    def short(entries):
        noise = entries.reshape(SIZE, SIZE) @ entries.reshape(SIZE, SIZE).T
        return -np.trace(H @ noise) / strength(noise, norm)

    starts = rng.standard_normal((3, SIZE * SIZE))
    return -min(minimize(short, start, method="BFGS", tol=1e-7).fun for start in starts)


@lru_cache
def noises() -> dict[str, np.ndarray]:
    """Noises of one trace, made from the eigenvectors of the bowl."""
    values, axes = np.linalg.eigh(curvature("bowl"))
    top = np.arange(SIZE) >= SIZE - np.array([[1], [KEPT]])
    weights = {a.ONE: top[0] * 1.0, a.K: top[1] * values, a.ALONG: values, a.ISO: np.ones(SIZE)}
    return {k: STRENGTH * axes @ np.diag(w / w.sum()) @ axes.T for k, w in weights.items()}


def put(expr, H, noise=None):
    """Numbers for a side of the claim; its letters from H and the noise."""
    values, axes = np.linalg.eigh(np.asarray(H, dtype=float))
    part = axes[:, -KEPT:] @ np.diag(values[-KEPT:]) @ axes[:, -KEPT:].T
    noise = np.eye(len(H)) if noise is None else noise
    letters = {s.H: sp.Matrix(H), a.H_k: sp.Matrix(part), s.Sigma: sp.Matrix(noise)}
    norm = sp.sqrt((sp.Matrix(noise).T * sp.Matrix(noise)).trace())
    # Whole numbers stay whole: equality is then decided exactly.
    top = max(values) if np.asarray(H).dtype == float else int(round(max(values)))
    numbers = {a.lam_1: top, a.F: norm, a.c: STRENGTH, s.d: len(H), s.k: KEPT}
    return sp.sympify(s.explicit(expr, letters)).subs(numbers)


def holds(bound, H, noise=None) -> bool:
    return bool(bound.func(put(bound.lhs, H, noise), put(bound.rhs, H, noise)))


@lru_cache
def extremes() -> tuple[np.ndarray, np.ndarray]:
    """Of 10,000 Wishart draws of trace one: the noises that heat most and least."""
    roots = np.random.default_rng(4).standard_normal((10_000, SIZE, 2))
    draws = roots @ roots.transpose(0, 2, 1)
    draws /= np.trace(draws, axis1=1, axis2=2)[:, None, None]
    heat = np.einsum("ij,nji->n", curvature("bowl"), draws)
    return draws[heat.argmax()], draws[heat.argmin()]


NAMES = {
    a.MOST: "trace", a.FROBENIUS: "Frobenius norm", a.ORDER_LOW: "lower order",
    a.ORDER_HIGH: "upper order", a.ONE: "rank one", a.K: "rank two", a.ALONG: "like H",
    a.ISO: "isotropic",
}  # fmt: skip
EQUAL = {
    a.MOST: (np.diag([3, 2, 1]), np.diag([5, 0, 0])),
    a.ORDER_LOW: (np.diag([2, 2, 2]), None),
    a.ORDER_HIGH: (np.diag([2, 0, 0]), None),
    a.FROBENIUS: (np.diag([2, 1, 2]), np.diag([4, 2, 4])),
}


def alignment(claim):
    """ANI-5."""
    for shape in SPECTRA:
        claimed = put(claim[a.MOST].rhs, curvature(shape), np.eye(SIZE) / SIZE)
        yield compare(f"largest at trace one, {shape}", claimed, most(shape, "trace"))
    unit, H = np.eye(SIZE) / np.sqrt(SIZE), curvature("bowl")
    claimed = put(claim[a.FROBENIUS].rhs, H, unit)
    yield compare("largest at Frobenius norm one", claimed, most("bowl", "Frobenius"))
    for label, noise in noises().items():
        what = f"heating, {NAMES[label]}"
        yield compare(what, put(claim[label].rhs, H), np.trace(H @ noise))
    for label, case in EQUAL.items():
        what, bound = NAMES[label], claim[label]
        yield compare(f"{what}: attained", put(bound.rhs, *case), put(bound.lhs, *case))
        yield compare(f"{what}: holds where attained", holds(bound, *case), 1.0)
        for which, noise in zip(("most", "least"), extremes(), strict=True):
            name = f"{what}: holds for the Wishart draw that heats {which}"
            yield compare(name, holds(bound, H, noise), 1.0)


CHECKS = {"ANI-5": alignment}
