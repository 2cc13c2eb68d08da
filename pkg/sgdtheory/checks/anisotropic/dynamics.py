"""ANI-1: every minibatch of a small data set, and recursions at ever smaller learning rate."""

from functools import lru_cache
from itertools import combinations, product

import numpy as np
import sympy as sp
from scipy.linalg import solve_continuous_lyapunov, solve_discrete_lyapunov

from sgdtheory.checks.foundations.sampling import extrapolate
from sgdtheory.estimate import compare
from sgdtheory.theory.anisotropic import dynamics as a
from sgdtheory.theory.anisotropic import symbols as s

SIZE, BATCH, RATE = 6, 3, 0.3
HESSIAN = np.array([[2.0, 0.7], [0.7, 0.9]])
NOISE = np.array([[1.3, -0.4], [-0.4, 0.6]])


@lru_cache
def gradients() -> np.ndarray:
    """Per-sample gradients of a logistic regression in the plane, (6, 2)."""
    rng = np.random.default_rng(3)
    x, y, w = rng.standard_normal((SIZE, 2)), rng.integers(0, 2, SIZE), np.array([0.4, -1.1])
    return x * (1 / (1 + np.exp(-x @ w)) - y)[:, None]


def batch_gradients(replacement: bool) -> np.ndarray:
    """The mean gradient of every equally likely batch."""
    draws = product(range(SIZE), repeat=BATCH) if replacement else combinations(
        range(SIZE), BATCH)  # fmt: skip
    return np.array([gradients()[list(i)].mean(0) for i in draws])


def stationary(push) -> np.ndarray:
    """``X/eta`` at ``eta -> 0`` for ``u' = u - eta H u + n`` with ``Cov n = push(eta)``."""

    def at(rate: float) -> np.ndarray:
        return solve_discrete_lyapunov(np.eye(2) - rate * HESSIAN, push(rate)) / rate

    ladder = [at(0.1 / 2**j) for j in range(8)]
    return np.array([
        [extrapolate([X[row, column] for X in ladder]) for column in range(2)]
        for row in range(2)
    ])  # fmt: skip


def read(part, **values) -> np.ndarray:
    """A claimed matrix; keyword letters are those of the statement's modules."""
    letters = {getattr(a, name): sp.Matrix(value) for name, value in values.items()}
    numbers = {s.eta: RATE, s.n: SIZE, s.b: BATCH, s.d: 2}
    written = s.explicit(part.rhs, {**letters, s.one: sp.eye(2)})
    return np.array(written.subs(numbers), dtype=float)


def dynamics(claim):
    """ANI-1: moments by enumeration, scalings by the stationary law of the recursion."""
    g = gradients()
    mean, second = g.mean(0), g.T @ g / SIZE
    noise = batch_gradients(replacement=False) - mean
    C = noise.T @ noise / len(noise)
    weights = -RATE * batch_gradients(replacement=False)
    claimed = read(claim[a.MEAN], grad=mean[:, None])[:, 0]
    yield compare("mean step", claimed[1], weights.mean(0)[1], rtol=1e-12)
    claimed = read(claim[a.STEP], C=C)
    found = np.cov(weights.T, bias=True)[0, 1]
    yield compare("covariance of a step", claimed[0, 1], found, rtol=1e-12)
    for label, way, replacement in (
        (a.WITH, "with", True), (a.WITHOUT, "without", False)
    ):  # fmt: skip
        claimed = read(claim[label], M=second, G=np.outer(mean, mean))
        found = np.cov(batch_gradients(replacement).T, bias=True)
        for row, column in ((0, 0), (0, 1)):
            what = f"C_{row + 1}{column + 1} {way} replacement"
            yield compare(what, claimed[row, column], found[row, column], rtol=1e-10)
    inside = stationary(lambda rate: rate**2 * NOISE)
    for label, what, given in (
        (a.SDE, "noise in the gradient", {"C": NOISE}),
        (a.WEIGHTS, "noise on the weights", {"S": RATE**2 * NOISE}),
    ):
        spread = solve_continuous_lyapunov(HESSIAN, read(claim[label], **given)) / RATE
        yield compare(f"stationary covariance, {what}", spread[0, 1], inside[0, 1])
    spread = solve_continuous_lyapunov(HESSIAN, 2 * read(claim[a.DIFFUSION], Sigma=NOISE))
    yield compare("stationary covariance, diffusion matrix", spread[0, 0], inside[0, 0])
    isotropic = read(claim[a.MATCHED], C=C)
    found = (noise**2).sum(1).mean()
    yield compare("strength of isotropic noise", np.trace(isotropic), found)


CHECKS = {"ANI-1": dynamics}
