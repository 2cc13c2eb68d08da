"""ANI-4: rotated wells in four dimensions: matrix exponentials, Lyapunov, the recursion."""

from functools import lru_cache

import numpy as np
import sympy as sp
from scipy.linalg import expm, solve_continuous_lyapunov

from sgdtheory.checks.foundations.sampling import extrapolate
from sgdtheory.estimate import Estimate, compare
from sgdtheory.theory.anisotropic import quadratic_well as q
from sgdtheory.theory.anisotropic import symbols as s

RATE, STEPS = 0.2, 7
SPECTRA = {
    "bowl": np.array([3.0, 1.1, 0.6, 0.2]),
    "gutter": np.array([2.0, 1.0, 0.5, 0.0]),
    "saddle": np.array([2.0, 0.7, 0.0, -0.4]),
}


@lru_cache
def axes_and_noise() -> tuple[np.ndarray, np.ndarray]:
    """A rotation of four dimensions, and a noise that commutes with no H in it."""
    rng = np.random.default_rng(7)
    axes = np.linalg.qr(rng.standard_normal((4, 4)))[0]
    root = rng.standard_normal((4, 4))
    return axes, root @ root.T / 4


def well(shape: str) -> np.ndarray:
    axes, _ = axes_and_noise()
    return axes @ np.diag(SPECTRA[shape]) @ axes.T


@lru_cache
def covariance(shape: str, time: float) -> np.ndarray:
    """Of theta_t: one exponential of a block matrix for a short time, then doubled."""
    H, (_, noise) = well(shape), axes_and_noise()
    doublings = 6
    block = np.block([[-H, noise], [np.zeros((4, 4)), H]])
    first = expm(block * time / 2**doublings)
    decay, X = first[:4, :4], first[:4, 4:] @ first[:4, :4].T
    for _ in range(doublings):
        X = decay @ X @ decay.T + X
        decay = decay @ decay
    return X


def efficiency(shape: str, time: float) -> float:
    return float(np.trace(well(shape) @ covariance(shape, time)) / 2)


@lru_cache
def recursion() -> float:
    """Mean loss after some steps of ``u' = u - eta H u - eta e``, its covariance iterated."""
    H, (_, noise) = well("bowl"), axes_and_noise()
    step, X = np.eye(4) - RATE * H, np.zeros((4, 4))
    for _ in range(STEPS):
        X = step @ X @ step + RATE**2 * noise
    return float(np.trace(H @ X) / 2)


@lru_cache
def sampled_recursion() -> Estimate:
    """The same from 200,000 chains."""
    H, (_, noise) = well("bowl"), axes_and_noise()
    rng, root = np.random.default_rng(5), np.linalg.cholesky(noise)
    u = np.zeros((200_000, 4))
    for _ in range(STEPS):
        u = u - RATE * (u @ H + rng.standard_normal(u.shape) @ root.T)
    return Estimate.mean_of(np.einsum("ni,ij,nj->n", u, H, u) / 2)


def read(part, shape: str, **numbers) -> float:
    """A claimed trace in one of the wells."""
    axes, noise = axes_and_noise()
    spectrum = [sp.Float(value) for value in SPECTRA[shape]]
    projector = axes @ np.diag(SPECTRA[shape] > 0).astype(float) @ axes.T
    # As C and Sigma appear in different parts, one matrix serves for both.
    letters = {s.Sigma: sp.Matrix(noise), s.C: sp.Matrix(noise), q.R: sp.Matrix(projector)}
    at = {getattr(s, name): value for name, value in numbers.items()}
    written = part.rhs.removeO().subs(at)
    return float(s.explicit(written, letters, (spectrum, sp.Matrix(axes))))


def quadratic_well(claim):
    """ANI-4 in a bowl, a gutter and on a saddle."""
    axes, noise = axes_and_noise()
    time, letters = 0.4, (q.i, q.j)
    turned = axes.T @ noise @ axes
    for shape in ("bowl", "saddle"):
        spectrum = SPECTRA[shape]
        entry = claim[q.COVARIANCE].rhs.subs({
            q.l_[letters[0]]: spectrum[0], q.l_[letters[1]]: spectrum[1],
            q.S_[letters]: turned[0, 1], s.t: time})  # fmt: skip
        found = (axes.T @ covariance(shape, time) @ axes)[0, 1]
        yield compare(f"covariance off the diagonal, {shape}", sp.N(entry), found, rtol=1e-10)
    for shape in SPECTRA:
        for at in (time, 3.0):
            claimed = read(claim[q.CLOSED], shape, t=at)
            yield compare(f"efficiency at t = {at}, {shape}", claimed, efficiency(shape, at))
    # Two differences in double precision leave about eight and six digits.
    ladder = [0.1 / 2**n for n in range(6)]
    slope = extrapolate([efficiency("saddle", h) / h for h in ladder])
    bend = extrapolate([(efficiency("saddle", h) / h - slope) / h for h in ladder])
    one, two = (read(claim[q.SMALL], "saddle", t=at) for at in (1.0, 2.0))
    yield compare("first order in t", 2 * one - two / 2, slope, rtol=1e-7)
    yield compare("second order in t", two / 2 - one, bend, rtol=1e-5)
    spread = solve_continuous_lyapunov(well("bowl"), noise)
    found = float(np.trace(well("bowl") @ spread) / 2)
    yield compare("long time, bowl", read(claim[q.LONG], "bowl"), found)
    # The slowest mode that curves has decayed to exp(-100).
    yield compare("long time, gutter", read(claim[q.FLAT], "gutter"), efficiency("gutter", 100))
    discrete = read(claim[q.DISCRETE], "bowl", k=STEPS, eta=RATE)
    yield compare("recursion", discrete, recursion(), rtol=1e-10)
    yield compare("recursion, sampled", discrete, sampled_recursion())


CHECKS = {"ANI-4": quadratic_well}
