"""PLD-EXP52: the toy run on five data sets; its models as exact Markov chains."""

from functools import lru_cache

import numpy as np
from scipy.optimize import brentq

from sgdtheory.estimate import Estimate, compare
from sgdtheory.theory.escape import toy as theory

DATA_SETS = (101, 102, 103, 104, 105)
ETA, STEPS, WALL = 0.025, 500, 3.5
GRID = (0, 1, 2, 4, 8, 16, 32)
_X, _WEIGHT = np.polynomial.legendre.leggauss(300)
NODES, WEIGHT = (_X - 1) * WALL / 2, _WEIGHT * WALL / 2  # of (-3.5, 0)


def slope(v):
    """Derivative of ``15 |v - 1|^2.5 |v + 1|^3``, one coordinate of the per-sample loss."""
    a, b = v - 1, v + 1
    return 15 * a * abs(a) ** 0.5 * b * abs(b) * (2.5 * b + 3 * a)


class Toy:
    """Training loss times ``scale`` on ``n`` draws, and SGD's noise at its minimum."""

    def __init__(self, seed: int, scale: float = 1.0, n: int = 500):
        self.x = 0.1 * np.random.default_rng(seed).standard_normal((n, 2))
        self.scale = scale
        self.minimum = np.array(
            [brentq(lambda w, c=c: slope(w - c).mean(), -1.3, -0.7) for c in self.x.T]
        )
        self.sigma_g = self.trace([0.0])[0] / 2  # lambda_2 squared
        self.nodes = [np.append(NODES, centre) for centre in self.minimum]  # last: the start
        gradients = [
            scale * slope(w[:, None] - c) for w, c in zip(self.nodes, self.x.T, strict=True)
        ]
        self.drift = [-g.mean(1) for g in gradients]
        self.variance = [g.var(1) for g in gradients]

    def trace(self, u) -> np.ndarray:
        """Trace of the covariance of the per-sample gradient at ``w* + u (1, 1)``."""
        w = self.minimum + np.reshape(u, (-1, 1))
        gradients = self.scale * slope(w[:, None] - self.x)
        return gradients.var(1).sum(-1)

    def kernels(self, growth: float | None, parts: int = 1) -> list[np.ndarray]:
        """One step of each coordinate between the nodes; the last one is the start.

        ``parts`` divides the steps of the underlying Itô equation.  ``growth=None`` is normal
        noise with SGD's own variance.  Below -3.5, from where the next step always leads
        out, counts as out.
        """
        dt, weight, made = ETA / parts, np.append(WEIGHT, 0), []
        for w, drift, variance in zip(self.nodes, self.drift, self.variance, strict=True):
            if growth is not None:
                variance = self.sigma_g * (1 + growth * (w - w[-1]) ** 2)
            std = np.sqrt(ETA * dt * variance)[:, None]
            jump = (w - (w + dt * drift)[:, None]) / std
            made.append(np.exp(-(jump**2) / 2) / (np.sqrt(2 * np.pi) * std) * weight)
        return made

    def surviving(self, growth: float | None, parts: int = 1) -> np.ndarray:
        """P(no coordinate positive) after 0, 1, ... steps of the model, exact."""
        both = np.ones(STEPS * parts + 1)
        for kernel in self.kernels(growth, parts):
            alive = np.ones(len(kernel))
            for k in range(1, len(both)):
                alive = kernel @ alive
                both[k] *= alive[-1]
        return both

    def out(self, growth: float | None, parts: int = 1) -> float:
        """Share of runs of the model that leave, exact."""
        return 1 - self.surviving(growth, parts)[-1]

    def mean_steps(self, growth: float) -> float:
        """Mean number of steps before a run leaves, at most 500, exact."""
        return self.surviving(growth)[:-1].sum()

    def run(self, step, repeats: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
        """First step with a positive coordinate (STEPS + 1: none); where it was before."""
        draw = np.random.default_rng(seed)
        w = np.tile(self.minimum, (repeats, 1))
        inside, first = np.arange(repeats), np.full(repeats, STEPS + 1)
        before = []
        for k in range(1, STEPS + 1):
            new = np.clip(w - step(w, draw), -WALL, WALL)
            out = (new > 0).any(1)
            first[inside[out]] = k
            before.append((w - self.minimum)[out][new[out] > 0])
            w, inside = new[~out], inside[~out]
        return first, np.concatenate(before)

    def sgd(self, repeats: int, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
        """SGD, batch 1 with replacement: first steps, and offsets before each way out."""

        def step(w, draw):
            return ETA * self.scale * slope(w - self.x[draw.integers(len(self.x), size=len(w))])

        return self.run(step, repeats, seed)

    def langevin(self, repeats: int, seed: int = 1) -> np.ndarray:
        """The model with ``lambda_1 = 0``, run: first steps.  Its gradient is tabulated."""
        at = np.linspace(-WALL, 0, 3501)
        table = [self.scale * slope(at[:, None] - c).mean(1) for c in self.x.T]

        def step(w, draw):
            g = np.stack([np.interp(w[:, j], at, table[j]) for j in (0, 1)], 1)
            return ETA * (g + np.sqrt(self.sigma_g) * draw.standard_normal(w.shape))

        return self.run(step, repeats, seed)[0]


def fitted_growth(u: np.ndarray, trace: np.ndarray, at_minimum: float) -> tuple[float, float]:
    """Least squares of ``trace/at_minimum - 1 = lambda_1 u^2``: lambda_1 and R^2."""
    y = trace / at_minimum - 1
    growth = (y @ u**2) / (u**2 @ u**2)
    return growth, 1 - ((y - growth * u**2) ** 2).sum() / ((y - y.mean()) ** 2).sum()


@lru_cache(maxsize=len(DATA_SETS))
def measured(seed: int, repeats: int = 300) -> dict[str, dict]:
    """For each part of the claim, the value of every symbol in it on one data set."""
    full, flat, flattest = (Toy(seed, scale) for scale in (1.0, 0.9, 0.6))
    first, offsets = full.sgd(repeats)
    first_flat, first_flattest = flat.sgd(repeats)[0], flattest.sgd(repeats)[0]
    rates = [flat.out(growth) for growth in GRID]
    ratios = [flat.mean_steps(growth) / full.mean_steps(growth) for growth in (0, 8, 32)]
    ratios.append(first_flat.clip(max=STEPS).mean() / first.clip(max=STEPS).mean())
    u = np.linspace(-0.3, 0.3, 41)
    growth, r2 = fitted_growth(u, full.trace(u), 2 * full.sigma_g)
    flat_sgd = {theory.sgd: (first_flat <= STEPS).mean()}
    return {
        theory.RISE: {theory.rise: np.diff(rates).min()},
        theory.MIMIC: {theory.grown: flat.out(128)} | flat_sgd,
        theory.FAIL: {theory.langevin: rates[0]} | flat_sgd,
        theory.FLAT: {theory.slower: min(ratios)},
        theory.FAR: {theory.far: (offsets < 0).mean()},
        theory.STEP: {theory.halved: full.out(0, parts=2) / full.out(0)},
        theory.NOISE: {theory.parabola: r2},
        theory.OWN: {
            theory.own: flattest.out(growth),
            theory.sgd: (first_flattest <= STEPS).mean(),
        },
    }


def nulls(m: dict[str, dict]) -> dict[str, tuple[str, dict]]:
    """What each part must not admit: its name, and the values that it has there."""
    constant = m[theory.FAIL][theory.langevin]
    return {
        theory.RISE: ("noise without growth", {theory.rise: 0}),
        theory.MIMIC: ("constant noise as its model", {theory.grown: constant}),
        theory.FAIL: ("constant noise in place of SGD", {theory.sgd: constant}),
        theory.FLAT: ("the same loss twice", {theory.slower: 1}),
        theory.FAR: ("either side alike", {theory.far: 0.5}),
        theory.STEP: ("a rate proportional to the step", {theory.halved: 0.5}),
        theory.NOISE: ("noise of the model's form", {theory.parabola: 1}),
        theory.OWN: ("SGD as its own model", {theory.own: m[theory.OWN][theory.sgd]}),
    }


def toy(claim):
    """Measured values inside their bands on each data set, the null models outside."""
    values = [measured(seed) for seed in DATA_SETS]
    for label in values[0]:
        holds = [bool(claim[label].subs(m[label])) for m in values]
        yield compare(f"{label}: data sets on which it holds", len(values), float(sum(holds)))
        null, _ = nulls(values[0])[label]
        admitted = [bool(claim[label].subs({**m[label], **nulls(m)[label][1]})) for m in values]
        yield compare(f"{label}: holds for {null}", 0.0, float(sum(admitted)))
    here = Toy(DATA_SETS[0])
    left = Estimate.mean_of(here.langevin(1000) <= STEPS)
    yield compare("Langevin: exact chain against its own runs", here.out(0), left)


CHECKS = {"PLD-EXP52": toy}
