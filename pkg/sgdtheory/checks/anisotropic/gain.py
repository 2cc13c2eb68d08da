"""ANI-6: rotated matrices, cases of equality, and the worst spectrum in high dimension."""

from collections.abc import Iterator
from functools import lru_cache

import mpmath as mp
import numpy as np
import sympy as sp

from sgdtheory.estimate import Comparison, compare
from sgdtheory.theory.anisotropic import gain as g

SIZE = 6
BOUNDS = (g.LOWER, g.CEILING, g.DIMENSION, g.ALIGNMENT)


def rotation(size: int, seed: int) -> np.ndarray:
    return np.linalg.qr(np.random.default_rng(seed).standard_normal((size, size)))[0]


def measured(H: np.ndarray, C: np.ndarray) -> dict[str, float]:
    """Gain and alignment from the matrices, with what else a claim may ask for."""
    values, vectors = np.linalg.eigh(H)
    size, u1 = len(H), vectors[:, -1]
    isotropic = np.trace(C) / size * np.eye(size)
    return {
        "D": size, "lam1": values[-1], "T_H": np.trace(H), "T_C": np.trace(C),
        "T_HC": np.trace(H @ C), "T_HH": np.trace(H @ H),
        "R": np.trace(H @ C) / np.trace(H @ isotropic),
        "a": u1 @ C @ u1 * np.trace(H) / (values[-1] * np.trace(C)),
    }  # fmt: skip


@lru_cache
def drawn() -> dict[str, np.ndarray]:
    """Random curvatures and noises of every rank above one; half of the noises lean to u_1."""
    rng, found = np.random.default_rng(4), []
    for trial in range(200):
        rank = 2 + trial % (SIZE - 1)
        A, B = rng.standard_normal((2, SIZE, rank))
        H, C = A @ A.T, B @ B.T
        found.append(measured(H, C + (trial % 2) * 3 * H))
    return {name: np.array([one[name] for one in found]) for name in found[0]}


def put(expr, values: dict):
    """A claimed expression or relation at numbers for its letters."""
    return sp.sympify(expr).subs({getattr(g, name): value for name, value in values.items()})


def holds(relation, values: dict) -> float:
    """How often a claimed bound is true; values are arrays."""
    letters = [getattr(g, name) for name in values]
    margin = sp.lambdify(letters, relation.gts - relation.lts)
    return float(np.mean(margin(*values.values()) > 0))


def rotated(eigenvalues, noise) -> dict[str, float]:
    """Both diagonal in one rotated basis."""
    Q = rotation(len(eigenvalues), 7)
    return measured(Q @ np.diag(eigenvalues) @ Q.T, Q @ np.diag(noise) @ Q.T)


def inequalities(claim) -> Iterator[Comparison]:
    for label in BOUNDS:
        yield compare(f"{label}: in 200 draws", holds(claim[label], drawn()), 1.0)
    null = rotated([3.0, 2, 1, 0], [1.5, 0, 0, 2])
    rank_one = rotated([3.0, 0, 0, 0], [1, 2, 0, 1])
    along = rotated([3.0, 2, 1, 0], [2, 0, 0, 0])
    for label, values, letter in (
        (g.LOWER, null, "R"), (g.CEILING, along, "R"), (g.ALIGNMENT, along, "a"),
        (g.DIMENSION, rank_one, "D"),
    ):  # fmt: skip
        yield compare(f"{label}: equality", put(claim[label].rhs, values), values[letter])
    # The same cases in whole numbers: H = diag(2, 0), C along u_1.
    exact = {"D": 2, "lam1": 2, "T_H": 2, "T_C": 1, "T_HC": 2, "R": 2, "a": 1}
    for label in BOUNDS:
        yield compare(f"{label}: at the edge", float(bool(put(claim[label], exact))), 1.0)


def spectrum(claim) -> Iterator[Comparison]:
    """k = 5 equal eigenvalues, D - k at the allowed most."""
    size, few, decay = 4000, 5, 0.75
    letters = {"D": sp.Integer(size), "k": few, "d": sp.Rational(3, 4), "lam1": 3}
    lam = np.where(np.arange(size) < few, 3.0, 3.0 * size**-decay)
    found = size * lam[0] ** 2 / lam.sum() ** 2
    relation = claim[g.SPECTRUM]
    yield compare("worst spectrum", sp.N(put(relation.rhs, letters)), found)
    rng = np.random.default_rng(5)
    sums = 3.0 + rng.random((20, size - 1)) @ lam[1:]
    yield compare("spectra below it", holds(put(relation, letters), {"T_H": sums}), 1.0)
    small = {"D": 4, "k": 2, "d": sp.S.One, "lam1": 2, "T_H": 5}
    yield compare("worst spectrum: at the edge", float(bool(put(relation, small))), 1.0)


def summed(D, decay, few: int = 5):
    """``D/(Tr H)^2`` at lambda_1 = 1, to 60 digits."""
    return D / (few + (D - few) * D**-decay) ** 2


def laws(claim) -> Iterator[Comparison]:
    """At 10^400 parameters, where a correction such as D^(-1/4) is 1e-100."""
    with mp.workdps(60):
        D, step = mp.mpf(10) ** 400, mp.mpf(10) ** 10
        for label, decay in ((g.BELOW, 0.75), (g.ONE, 1.0), (g.ABOVE, 1.5)):
            letters = {"D": sp.Integer(10) ** 400, "k": 5, "d": sp.Rational(decay)}
            ratio = sp.N(put(claim[label].rhs, letters), 30) / sp.Float(summed(D, decay), 30)
            yield compare(f"law at d = {decay:g}", ratio, 1.0)
            slope = mp.log(summed(D * step, decay) / summed(D, decay)) / mp.log(step)
            exponent = put(claim[g.EXPONENT].rhs, letters)
            yield compare(f"exponent at d = {decay:g}", exponent, slope)


def examples(claim) -> Iterator[Comparison]:
    general = {name: values[10] for name, values in drawn().items()}
    yield compare("gain", put(claim[g.RATIO].rhs, general), general["R"])
    isotropic = rotated([3.0, 2, 1, 0.5], [1, 1, 1, 1])
    yield compare("alignment of I", put(claim[g.ISOTROPIC].rhs, isotropic), isotropic["a"])
    same = rotated([3.0, 2, 1, 0.5], [3.0, 2, 1, 0.5])
    yield compare("gain of H", put(claim[g.PROPORTIONAL].rhs, same), same["R"])


def check(claim) -> Iterator[Comparison]:
    """ANI-6: every part of the claim."""
    for part in (examples, inequalities, spectrum, laws):
        yield from part(claim)


CHECKS = {"ANI-6": check}
