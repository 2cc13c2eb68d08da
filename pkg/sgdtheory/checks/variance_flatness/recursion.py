"""IVF-LYAP1 and IVF-MUL1: the recursion itself, iterated and simulated."""

from functools import lru_cache

import numpy as np
import sympy as sp
from scipy.linalg import solve_discrete_lyapunov

from sgdtheory.estimate import Estimate, compare
from sgdtheory.theory.variance_flatness import recursion as r
from sgdtheory.theory.variance_flatness import state_dependent as sd

RATE, STEPS = 0.3, 5
SPECTRUM = np.array([6.0, 2.5, 0.8, 0.1])


@lru_cache
def well() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Axes, a Hessian in them, and a noise that does not commute with it."""
    rng = np.random.default_rng(17)
    axes = np.linalg.qr(rng.standard_normal((4, 4)))[0]
    root = rng.standard_normal((4, 4))
    return axes, axes @ np.diag(SPECTRUM) @ axes.T, root @ root.T / 4


@lru_cache
def iterated(steps: int) -> np.ndarray:
    """Covariance after some steps from the minimum, one step at a time."""
    _, H, noise = well()
    step, X = np.eye(4) - RATE * H, np.zeros((4, 4))
    for _ in range(steps):
        X = step @ X @ step.T + RATE**2 * noise
    return X


@lru_cache
def stationary(noise: str = "skew") -> np.ndarray:
    _, H, skew = well()
    C = H if noise == "aligned" else skew
    return solve_discrete_lyapunov(np.eye(4) - RATE * H, RATE**2 * C)


@lru_cache
def sampled() -> tuple[Estimate, ...]:
    """Three entries from 30,000 chains; 150 steps leave 1e-4 of the slowest square."""
    axes, H, noise = well()
    rng, root = np.random.default_rng(3), np.linalg.cholesky(noise)
    u = np.zeros((30_000, 4))
    for _ in range(150):
        u = u - RATE * (u @ H + rng.standard_normal(u.shape) @ root.T)
    u = u @ axes
    return tuple(Estimate.mean_of(u[:, i] * u[:, j]) for i, j in PAIRS)


PAIRS = ((0, 0), (0, 2), (3, 3))


def letters(i: int, j: int) -> dict:
    axes, _, noise = well()
    turned = axes.T @ noise @ axes
    X = axes.T @ stationary() @ axes
    return {
        r.l_[r.i]: SPECTRUM[i], r.l_[r.j]: SPECTRUM[j], r.C_[r.i, r.j]: turned[i, j],
        r.X_[r.i, r.j]: X[i, j], r.eta: RATE, r.k: STEPS,
    }  # fmt: skip


@lru_cache
def slope(i: int, j: int) -> float:
    """Of the ratio to continuous time, at vanishing steps: four exact covariances."""
    axes, H, noise = well()
    free = axes.T @ noise @ axes / np.add.outer(SPECTRUM, SPECTRUM)
    rates = 0.02 * 2.0 ** -np.arange(4)
    found = [(axes.T @ solve_discrete_lyapunov(np.eye(4) - x * H, x * x * noise) @ axes)[i, j]
             / (x * free[i, j]) for x in rates]  # fmt: skip
    return float(np.polynomial.polynomial.polyfit(rates, found, 3)[1])


def lyapunov(claim):
    """IVF-LYAP1 in four dimensions, H and C not commuting."""
    axes, H, noise = well()
    written = sp.lambdify((r.X, r.H, r.N, r.one, r.eta), claim[r.MATRIX].rhs, modules="sympy")
    args = [sp.Matrix(m) for m in (iterated(STEPS), H, noise, np.eye(4))]
    # One application to the covariance after five steps gives that after six.
    moved = np.array(written(*args, RATE).evalf(), dtype=float)
    for i, j in ((0, 0), (1, 3)):
        found = iterated(STEPS + 1)[i, j]
        yield compare(f"one more step, entry {i} {j}", moved[i, j], found, rtol=1e-10)
    settled, after = axes.T @ stationary() @ axes, axes.T @ iterated(STEPS) @ axes
    for (i, j), sample in zip(PAIRS, sampled(), strict=True):
        at = letters(i, j)
        stated = claim[r.ENTRY].rhs.subs(at)
        yield compare(f"stationary, entry {i} {j}", stated, settled[i, j], rtol=1e-10)
        yield compare(f"stationary, entry {i} {j}, sampled", stated, sample)
        stated = claim[r.START].rhs.subs(at)
        yield compare(f"from the minimum, entry {i} {j}", stated, after[i, j])
        # A cubic through four exact values leaves the fourth order of a rate of 0.02.
        first = sp.diff(claim[r.SMALL].rhs.removeO(), r.eta).subs(at)
        yield compare(f"first order of the step, entry {i} {j}", first, slope(i, j), rtol=1e-3)
    aligned = axes.T @ stationary("aligned") @ axes
    for i, value in enumerate(SPECTRUM):
        stated = claim[r.ALIGNED].rhs.subs({r.H: value, r.one: 1, r.c: 1, r.eta: RATE})
        yield compare(f"noise like the Hessian, mode {i}", stated, aligned[i, i])
    for value in (0.75, 1.0, 1.9, 2.0, 2.1):
        claimed = bool(claim[r.STABLE].subs({r.lam: 1, r.eta: sp.Rational(str(value))}))
        shrinks = abs(1 - value) ** 100 < 0.99
        yield compare(f"stable at h = {value}", float(claimed), float(shrinks))


A, S, B = 0.8, 1.3, 3
RATES = {"at half the limit": 0.5, "well inside": 0.25}
#: A joint law of (a, b) with mean zero of b, correlated and skewed: rows a, b, chance.
LAW = np.array([[0.2, 0.9, 0.3], [1.0, -1.2, 0.5], [3.1, 1.65, 0.2]])


@lru_cache
def law() -> dict:
    a, b, p = LAW.T
    return {
        sd.mean_a: p @ a,
        sd.s_a: np.sqrt(p @ a**2 - (p @ a) ** 2),
        sd.s_b: np.sqrt(p @ b**2),
    }


@lru_cache
def enumerated(rate: float) -> float:
    """Mean square after 400 steps: first and second moments of the enumerated law."""
    a, b, p = LAW.T
    m = (0.0, 0.0)
    for _ in range(400):
        first = p @ ((1 - rate * a) * m[0] - rate * b)
        second = p @ ((1 - rate * a) ** 2 * m[1]
                      - 2 * rate * (1 - rate * a) * b * m[0] + rate**2 * b**2)  # fmt: skip
        m = float(first), float(second)
    return m[1]


@lru_cache
def batch_moments() -> tuple[float, float, float]:
    """Variance of curvature and push of a batch, and E(1 - rate a)^2, by Gauss-Hermite."""
    x, w = np.polynomial.hermite_e.hermegauss(12)
    w, x = w / w.sum(), np.sqrt(A) * x
    grids = np.meshgrid(*[x] * B, indexing="ij")
    weight = np.einsum("i,j,k->ijk", w, w, w)
    curved = sum(g**2 for g in grids) / B
    spread = float((weight * curved**2).sum() - (weight * curved).sum() ** 2)
    push = float((weight * curved).sum() * S**2 / B)
    return spread, push, float((weight * (1 - RATE * curved) ** 2).sum())


@lru_cache
def regression_run() -> Estimate:
    """60,000 runs of SGD on fresh batches; 60 steps leave 1e-9 of the start."""
    rng, paths = np.random.default_rng(8), 60_000
    w = np.zeros(paths)
    for _ in range(60):
        x = np.sqrt(A) * rng.standard_normal((B, paths))
        error = S * rng.standard_normal((B, paths))
        w = w - RATE * (x * (x * w - error)).mean(0)
    return Estimate.mean_of(w**2)


def multiplicative(claim):
    """IVF-MUL1: an enumerated law, Gaussian batches by quadrature, and by simulation."""
    a, _, p = LAW.T
    edge = 2 * (p @ a) / (p @ a**2)
    for name, part in RATES.items():
        stated = claim[sd.MOMENT].rhs.subs(law() | {sd.eta: part * edge})
        yield compare(f"second moment {name}", stated, enumerated(part * edge), rtol=1e-10)
    simple = {sd.mean_a: 1, sd.s_a: 1}  # stands still at a rate of one
    for rate in (sp.Rational(1, 2), sp.Rational(9, 10), sp.S.One, sp.Rational(3, 2)):
        claimed = bool(claim[sd.FINITE].subs(simple | {sd.eta: rate}))
        shrinks = ((1 - 2 * rate) ** 2 + 1) / 2 < 1  # a is 0 or 2
        yield compare(f"finite at a rate of {rate}", float(claimed), float(bool(shrinks)))
    curved, pushed, shrink = batch_moments()
    at = {sd.A: A, sd.s: S, sd.B: B, sd.eta: RATE}
    yield compare("variance of the curvature", claim[sd.CURVED].rhs.subs(at), curved)
    yield compare("variance of the push", claim[sd.PUSHED].rhs.subs(at), pushed)
    stated = claim[sd.REGRESSION].rhs.subs(at)
    yield compare("regression", stated, RATE**2 * pushed / (1 - shrink))
    yield compare("regression, sampled", stated, regression_run())
    # One sample of unit variance: E(1 - rate x^2)^2 = 1 - 2 rate + 3 rate^2.
    for rate in (sp.Rational(1, 3), sp.Rational(2, 3), sp.S.One):
        claimed = bool(claim[sd.REGRESSION_FINITE].subs({sd.A: 1, sd.B: 1, sd.eta: rate}))
        shrinks = bool(1 - 2 * rate + 3 * rate**2 < 1)
        yield compare(f"regression finite at a rate of {rate}", float(claimed), float(shrinks))


CHECKS = {"IVF-LYAP1": lyapunov, "IVF-MUL1": multiplicative}
