"""IVF-HB1, IVF-EMA1, IVF-NAG1: moments iterated step by step, and PyTorch's own optimizer."""

from collections.abc import Iterator
from functools import lru_cache

import numpy as np
import sympy as sp

from sgdtheory.estimate import Comparison, Estimate, compare
from sgdtheory.theory.variance_flatness import heavy_ball as m
from sgdtheory.theory.variance_flatness import modes
from sgdtheory.theory.variance_flatness import nesterov as nag

MODES = ((0.3, 0.9, 0.7), (1.1, 1.0, 0.4), (0.02, 0.5, 0.9))  # eta, lambda, mu
NOISE = 1.7


def step(scheme: str, h: float, mu: float) -> tuple[np.ndarray, np.ndarray]:
    """Matrix of (u, v), and how the noise enters, in units of the learning rate."""
    weight = 1 - mu if scheme == "ema" else 1.0
    if scheme == "nesterov":
        return np.array([[1 - h, mu * (1 - h)], [-h, mu * (1 - h)]]), np.array([1.0, 1.0])
    return np.array([[1 - weight * h, mu], [-weight * h, mu]]), weight * np.ones(2)


@lru_cache
def settled(scheme: str, eta: float, lam: float, mu: float) -> np.ndarray:
    """Moments of (u, v) after 2^20 steps: the recursion, doubled."""
    A, push = step(scheme, eta * lam, mu)
    X = eta**2 * NOISE * np.outer(push, push)
    for _ in range(20):
        X = A @ X @ A.T + X
        A = A @ A
    return X


@lru_cache
def torch_run(scheme: str) -> Estimate:
    """Stored weights of ``torch.optim.SGD``, 40,000 at once, 150 steps from the minimum."""
    import torch

    eta, lam, mu = MODES[0]
    generator = torch.Generator().manual_seed(12)
    w = torch.zeros(40_000, dtype=torch.float64, requires_grad=True)
    options: dict[str, dict] = {"ema": {"dampening": mu}, "nesterov": {"nesterov": True}}
    sgd = torch.optim.SGD([w], lr=eta, momentum=mu, **options.get(scheme, {}))
    for _ in range(150):
        noise = torch.randn(w.shape, generator=generator, dtype=torch.float64)
        w.grad = lam * w.detach() + NOISE**0.5 * noise
        sgd.step()
    return Estimate.mean_of(w.detach().numpy() ** 2)


def read(claim, label, eta, lam, mu) -> float:
    whole = claim[label].rhs.subs(m.E(m.v**2), claim[m.VELOCITY].rhs)
    at = {m.h: eta * lam, m.eta: eta, m.lam: lam, m.mu: mu, modes.C: NOISE}
    return float(whole.subs(at))


def common(claim, scheme: str) -> Iterator[Comparison]:
    """Three moments in three modes, the flat limit, and the edge of stability."""
    for eta, lam, mu in MODES:
        X = settled(scheme, eta, lam, mu)
        where = f"h = {eta * lam:g}, mu = {mu:g}"
        for label, found in ((m.POSITION, X[0, 0]), (m.VELOCITY, X[1, 1]), (m.CROSS, X[0, 1])):
            yield compare(f"{label}, {where}", read(claim, label, eta, lam, mu), found)
    eta, lam, mu = 1e-4, 1.0, 0.6
    X, stored = settled(scheme, eta, lam, mu), np.array([1, mu if scheme == "nesterov" else 0])
    # The limit is approached in first order of h = 1e-4.
    flat = stored @ X @ stored
    yield compare("flat limit", read(claim, m.FLAT, eta, lam, mu), flat, rtol=3e-4)
    mu = sp.Rational(1, 2)
    for h in (sp.S.One, sp.Rational(3, 2), sp.S(2), sp.Rational(5, 2), sp.S(3), sp.S(4),
              sp.S(6), sp.S(7)):  # fmt: skip
        claimed = bool(claim[m.STABLE].subs({m.h: h, m.mu: mu}))
        A = step(scheme, float(h), 0.5)[0]
        inside = np.abs(np.linalg.eigvals(A)).max() < 1 - 1e-9
        yield compare(f"stable at h = {h}, mu = 1/2", float(claimed), float(inside))


def heavy_ball(claim):
    """IVF-HB1."""
    yield from common(claim, "heavy")
    yield compare("PyTorch, momentum", read(claim, m.POSITION, *MODES[0]), torch_run("heavy"))


def averaged(claim):
    """IVF-EMA1."""
    yield from common(claim, "ema")
    yield compare("PyTorch, dampening", read(claim, m.POSITION, *MODES[0]), torch_run("ema"))


def nesterov(claim):
    """IVF-NAG1."""
    yield from common(claim, "nesterov")
    for eta, lam, mu in MODES:
        shown = np.array([1, mu])
        found = shown @ settled("nesterov", eta, lam, mu) @ shown
        stated = read(claim, nag.STORED, eta, lam, mu)
        yield compare(f"stored weight, h = {eta * lam:g}, mu = {mu:g}", stated, found)
    yield compare(
        "PyTorch, nesterov", read(claim, nag.STORED, *MODES[0]), torch_run("nesterov")
    )


CHECKS = {"IVF-HB1": heavy_ball, "IVF-EMA1": averaged, "IVF-NAG1": nesterov}
