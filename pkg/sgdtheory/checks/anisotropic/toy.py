"""ANI-E1: all dynamics between two basins, every run on a data set of its own.

Points and noises are written along the axes (u, v); `AXES` turns them into w and back.
"""

from collections.abc import Callable
from functools import cached_property, lru_cache

import numpy as np
from scipy.optimize import brentq
from scipy.stats import norm

from sgdtheory.estimate import Estimate, compare
from sgdtheory.theory.anisotropic import toy as theory

SEED, REPEATS, GROUPS = 101, 1000, 2
ETA, STEPS, TRACE = 0.005, 500, 0.01
SHARP, FLAT = np.array([200.0, 20.0]), np.array([2.0, 2.0])  # curvatures along u and v
MINIMUM = np.array([np.sqrt(2), 0.0])  # of the sharp basin; the other's is its negative
AXES = np.array([[1, 1], [1, -1]]) / np.sqrt(2)  # rows u, v; its own inverse

Draw = np.random.Generator
#: The ellipse in which one sample's sharp branch is the lower: centre along u, half-axes.
ELLIPSE = np.array([101 / 99 * np.sqrt(2), 0.0])
HALF = np.array([20 / 99 * np.sqrt(2), 20 / 99 * np.sqrt(22)])


def radius(p: np.ndarray) -> np.ndarray:
    """Below 1 in the sharp basin of a sample at zero; a norm of ``p - ELLIPSE``."""
    return np.linalg.norm((p - ELLIPSE) / HALF, axis=-1)


class Data:
    """``n`` points for each of ``repeats`` runs, ``x`` (R, n, 2); ``spread=0``: all at zero."""

    def __init__(self, seed: int, repeats: int, n: int = 100, spread: float = 0.01):
        z = np.random.default_rng(seed).standard_normal((repeats, n, 2))
        self.x = spread * z * np.array([1, np.sqrt(10)])
        u, v = self.x[..., 0], self.x[..., 1]
        self.powers = np.stack([np.ones_like(u), u, v, u * u, v * v, u * v], -1) / n
        self.total = self.powers.sum(1)
        self.reach = np.linalg.norm(self.x / HALF, axis=-1).max(1)

    def __len__(self) -> int:
        return len(self.x)


class Local:
    """Loss at the points ``p`` (R, 2), one for each data set.

    ``gradient`` (R, 2); ``covariance`` (R, 2, 2) of one sample's gradient; ``curvatures``
    (R, 2) of the Hessian, which has the axes u and v; ``sharp`` (R,) the share of the samples
    on their sharp branch.
    """

    def __init__(self, data: Data, p: np.ndarray):
        self.data, self.p = data, p
        r = radius(p)
        inner = np.where((r < 1)[:, None], data.total, 0.0)
        mixed = np.flatnonzero(np.abs(r - 1) <= data.reach)  # elsewhere all samples agree
        branch = radius(p[mixed, None] - data.x[mixed]) < 1
        inner[mixed] = np.einsum("rn,rnk->rk", branch.astype(float), data.powers[mixed])
        self.sharp = inner[:, 0]
        self._branches = (
            (inner, SHARP, p - MINIMUM),
            (data.total - inner, FLAT, p + MINIMUM),
        )

    @cached_property
    def gradient(self) -> np.ndarray:
        return sum(h * (m[:, :1] * q - m[:, 1:3]) for m, h, q in self._branches)

    @cached_property
    def covariance(self) -> np.ndarray:
        g = self.gradient
        C = -g[:, :, None] * g[:, None]
        for m, h, q in self._branches:
            cross = q[:, :, None] * m[:, None, 1:3]
            mean = m[:, :1, None] * q[:, :, None] * q[:, None] + m[:, [[3, 5], [5, 4]]]
            C += np.outer(h, h) * (mean - cross - cross.swapaxes(1, 2))
        return C

    @cached_property
    def trace(self) -> np.ndarray:
        return np.trace(self.covariance, axis1=1, axis2=2)

    @property
    def curvatures(self) -> np.ndarray:
        return FLAT + self.sharp[:, None] * (SHARP - FLAT)

    def one_sample(self, draw: Draw) -> np.ndarray:
        """Gradient (R, 2) of one sample, drawn for each run."""
        x = self.data.x[np.arange(len(self.p)), draw.integers(self.data.x.shape[1],
                                                              size=len(self.p))]  # fmt: skip
        inside = radius(self.p - x)[:, None] < 1
        return np.where(inside, SHARP * (self.p - MINIMUM - x), FLAT * (self.p + MINIMUM - x))


Noise = Callable[[Local, Draw], np.ndarray]


def _normal(variances: np.ndarray, draw: Draw) -> np.ndarray:
    """Independent normals with variances in this proportion, and TRACE as their sum."""
    share = variances / variances.sum(1, keepdims=True)
    return np.sqrt(TRACE * share) * draw.standard_normal(share.shape)


def none(at: Local, draw: Draw) -> np.ndarray:
    return np.zeros_like(at.p)


def constant(at: Local, draw: Draw) -> np.ndarray:
    return _normal(np.ones_like(at.p), draw)


def diagonal(at: Local, draw: Draw) -> np.ndarray:
    """Diagonal of C in the coordinates w."""
    return _normal(np.einsum("ai,rij,aj->ra", AXES, at.covariance, AXES), draw) @ AXES


def leading(at: Local, draw: Draw) -> np.ndarray:
    """C itself: in the plane its two leading eigenvectors are all."""
    values, vectors = np.linalg.eigh(at.covariance)
    return np.einsum("rij,rj->ri", vectors, _normal(values.clip(min=0), draw))


def hessian(at: Local, draw: Draw) -> np.ndarray:
    return _normal(at.curvatures, draw)


def first_eigenvector(at: Local, draw: Draw) -> np.ndarray:
    """Along u; where H = 2 I has no first eigenvector along w_2, as numerical solvers say."""
    direction = np.where(at.sharp[:, None] > 0, [1.0, 0.0], AXES[1])
    return np.sqrt(TRACE) * draw.standard_normal((len(at.p), 1)) * direction


def sgd(at: Local, draw: Draw) -> np.ndarray:
    """One sample a step, at its own strength."""
    return ETA * (at.gradient - at.one_sample(draw))


def scaled_sgd(at: Local, draw: Draw) -> np.ndarray:
    """One sample a step, its noise scaled to the trace of the others."""
    return np.sqrt(TRACE / at.trace)[:, None] / ETA * sgd(at, draw)


DYNAMICS: dict[str, Noise] = {
    "GD": none, "constant": constant, "diagonal": diagonal, "leading": leading,
    "Hessian": hessian, "first eigenvector": first_eigenvector,
    "SGD": sgd, "SGD, scaled": scaled_sgd,
}  # fmt: skip


def run(noise: Noise, data: Data, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Which runs have arrived in the end, and which ever left: two masks (R,)."""
    draw = np.random.default_rng(seed)
    p = np.tile(MINIMUM, (len(data), 1))
    left = np.zeros(len(data), dtype=bool)
    for _ in range(STEPS):
        at = Local(data, p)
        p = p - ETA * at.gradient + noise(at, draw)
        left |= radius(p) >= 1
    return (p @ AXES < -0.5).all(1), left


@lru_cache(maxsize=1)
def shares() -> dict[str, np.ndarray]:
    """Of each dynamic P and Q, in equal groups of runs: (2, GROUPS)."""
    data = Data(SEED, REPEATS)
    runs = {name: run(noise, data, SEED + 1) for name, noise in DYNAMICS.items()}
    return {name: np.reshape(both, (2, GROUPS, -1)).mean(-1) for name, both in runs.items()}


def measured(group: int) -> dict[str, dict]:
    """For each bound of the claim, the value of every symbol in it, from a group of runs."""
    P, Q = ({name: float(row[k][group]) for name, row in shares().items()} for k in (0, 1))
    isotropic = {theory.isotropic: max(P["constant"], P["diagonal"])}
    return {
        theory.STAYS: {theory.gd: Q["GD"]},
        theory.SELDOM: isotropic,
        theory.CURVED: isotropic | {theory.hessian: P["Hessian"]},
        theory.LEADING: isotropic | {theory.leading: P["leading"]},
        theory.FIRST: isotropic | {theory.first: P["first eigenvector"]},
        theory.RETURN: {
            theory.first_left: Q["first eigenvector"],
            theory.first: P["first eigenvector"],
        },
        theory.PLAIN: {theory.plain: Q["SGD"]},
        theory.SHAPE: {theory.twin: Q["leading"], theory.scaled: Q["SGD, scaled"]},
    }


def nulls(m: dict[str, dict]) -> dict[str, tuple[str, dict]]:
    """What each bound must not admit: its name, and the values that it has there."""
    isotropic, curved = m[theory.SELDOM][theory.isotropic], m[theory.CURVED][theory.hessian]
    left = m[theory.RETURN][theory.first_left]
    return {
        theory.STAYS: ("noise along u in place of none", {theory.gd: left}),
        theory.SELDOM: ("the Hessian's noise in place of it", {theory.isotropic: curved}),
        theory.CURVED: ("constant noise in its place", {theory.hessian: isotropic}),
        theory.LEADING: ("constant noise in its place", {theory.leading: isotropic}),
        theory.FIRST: ("the Hessian's noise in its place", {theory.first: curved}),
        theory.RETURN: ("no way back", {theory.first: left}),
        theory.PLAIN: ("noise along u in its place", {theory.plain: left}),
        theory.SHAPE: ("the twin itself", {theory.scaled: m[theory.SHAPE][theory.twin]}),
    }


def walls() -> tuple[float, float]:
    """Distances along u from the minimum to where the two branches of one sample cross."""

    def gap(s):
        return 100 * s**2 - (s + 2 * MINIMUM[0]) ** 2

    return -brentq(gap, -1, 0), brentq(gap, 0, 1)


def toy(claim):
    """Bounds on each group of runs and their nulls outside; the two formulas."""
    values = [measured(group) for group in range(GROUPS)]
    for label in values[0]:
        holds = [bool(claim[label].subs(m[label])) for m in values]
        yield compare(
            f"{label}: groups of runs for which it holds", len(values), float(sum(holds))
        )
        null = nulls(values[0])[label][0]
        admitted = [bool(claim[label].subs({**m[label], **nulls(m)[label][1]})) for m in values]
        yield compare(f"{label}: holds for {null}", 0.0, float(sum(admitted)))
    at = Local(Data(SEED, 50), np.tile(MINIMUM, (50, 1)))
    diagonals = np.einsum("ai,rij,aj->ra", AXES, at.covariance, AXES) / at.trace[:, None]
    shares = (diagonals * AXES[0] ** 2).sum(1)
    for name, found in (("least", shares.min()), ("largest", shares.max())):
        yield compare(
            f"share along u, {name} of 50 data sets", claim[theory.DIAGONAL].rhs, found
        )
    q = claim[theory.TAIL].rhs
    for sigma in (0.07, 0.1):
        found = sum(norm.sf(wall / sigma) for wall in walls())
        yield compare(
            f"out after one step, sigma_u = {sigma}", q.subs(theory.sigma, sigma), found
        )
    _, left = run(first_eigenvector, Data(0, 1000, n=1, spread=0), seed=3)
    stays = (1 - float(q.subs(theory.sigma, np.sqrt(TRACE)))) ** STEPS
    yield compare("stays for 500 steps, runs", stays, Estimate.mean_of(~left))


CHECKS = {"ANI-E1": toy}
