"""IVF-E14: penalties and steps of the package, run to their end on quadratic tasks."""

from functools import lru_cache

import numpy as np
import sympy as sp
import torch
from scipy.linalg import eigh
from scipy.optimize import brentq

from sgdtheory.checks.variance_flatness import forgetting
from sgdtheory.estimate import compare
from sgdtheory.networks import continual
from sgdtheory.theory.variance_flatness import continual as t

ETA, STRENGTH, LOSS = 0.07, 1.7, 0.3
FLATNESS = np.array([0.8, 1.9, 4.1])
H1 = np.array([[2.0, 0.9, -0.4], [0.9, 1.1, 0.2], [-0.4, 0.2, 0.7]])
H2 = np.array([[1.3, -0.5, 0.1], [-0.5, 2.1, 0.6], [0.1, 0.6, 0.9]])
W1, W2 = np.array([0.3, -1.2, 0.5]), np.array([-0.7, 0.4, 1.1])
RHO, SOFT, FAR = 0.8, 0.6, 1.4


def tensor(array) -> torch.Tensor:
    return torch.tensor(np.asarray(array), dtype=torch.float64)


def trained(penalty: continual.Penalty, second, start, goal) -> np.ndarray:
    """Gradient steps on a quadratic second task, each followed by a proximal step."""
    second, start, goal = tensor(second), tensor(start), tensor(goal)
    w = start
    for _ in range(3000):
        w = penalty.proximal_step(w - ETA * (w - goal) @ second, start, ETA)
    return w.numpy()


@lru_cache
def kept() -> np.ndarray:
    """Three weights held by the whole first curvature."""
    return trained(continual.ewc(tensor(H1)), H2, W1, W2)


@lru_cache
def beside_a_lock() -> np.ndarray:
    """Shift of two weights of which the first is locked."""
    lock = continual.hard_lock(torch.eye(2, dtype=torch.float64)[:1])
    return trained(lock, H2[:2, :2], W1[:2], W2[:2]) - W1[:2]


def bent(value) -> float:
    """Second derivative of a quadratic function of one number."""
    return value(1.0) + value(-1.0) - 2 * value(0.0)


def growth(strength: float, least: float) -> float:
    """Log of what 100 gradient steps on LDC leave of a kick to directions of any flatness."""
    F = least * np.array([1.0, 1.6, 5.0])
    factors = np.abs(1 - ETA * bent(lambda x: strength * x**2 / F**2))
    return 100 * float(np.log(factors.max()))


@lru_cache
def excess() -> float:
    """Loss of both tasks for diagonal EWC over that for the whole matrix."""
    first, zero = 1.3 * np.array([[1, RHO], [RHO, 1]]), np.zeros(2)
    goal = FAR * np.ones(2) / np.sqrt(2)
    penalties = (continual.ewc_diagonal(tensor(np.diag(first))), continual.ewc(tensor(first)))
    ends = [trained(p, SOFT * np.eye(2), zero, goal) for p in penalties]
    losses = [x @ first @ x / 2 + SOFT * ((x - goal) ** 2).sum() / 2 for x in ends]
    return losses[0] - losses[1]


def stiffnesses(claim):
    flat, lam = float(FLATNESS[1]), 2.3
    claimed = claim[t.LDC].rhs.subs({t.strength: STRENGTH, t.F: flat})
    penalty = continual.ldc(torch.eye(3, dtype=torch.float64), tensor(FLATNESS)).at([STRENGTH])
    found = bent(lambda x: STRENGTH * x**2 / flat**2)
    yield compare("LDC from its sum", float(claimed), found)
    yield compare("LDC as used", float(claimed), float(penalty.stiffness[0, 1]))
    claimed = claim[t.EWC].rhs.subs({t.strength: STRENGTH, t.lam: lam})
    yield compare(
        "EWC from its form", float(claimed), bent(lambda x: STRENGTH * lam * x**2 / 2)
    )
    curved = continual.ewc(tensor(H1))
    values, vectors = torch.linalg.eigh(tensor(H1))
    ldc = continual.ldc(vectors.T, torch.sqrt(8 * LOSS / values)).at([STRENGTH])
    w, zero = tensor(W1), torch.zeros(3, dtype=torch.float64)
    found = float(ldc.value(w, zero)[0] / curved.value(w, zero))
    claimed = claim[t.SAME].rhs.subs({t.strength: STRENGTH, t.L_0: LOSS})
    yield compare("strength at which EWC is LDC", float(claimed), found)


def steps(claim):
    k, moved, zero = 5.0, 0.9, torch.zeros(1, dtype=torch.float64)
    penalty, at = continual.l2(1).at([k]), {t.eta: ETA, t.k: k, t.d: moved}
    for label, step in (
        (t.GRADIENT, penalty.gradient_step),
        (t.PROXIMAL, penalty.proximal_step),
    ):
        found = float(step(tensor([[moved]]), zero, ETA))
        yield compare(label, float(claim[label].rhs.subs(at)), found)
    eta, F = sp.Rational(7, 100), sp.sqrt(sp.Rational(4, 7))
    bound = claim[t.STABLE].subs({t.eta: eta, t.F_min: F})
    edge = sp.solve(bound.gts - bound.lts, t.strength)[0]
    truth = brentq(lambda s: growth(s, float(F)), 5.0, 12.0, xtol=1e-13)
    yield compare("edge of stability", float(edge), truth)
    half, exact = (bool(bound.subs(t.strength, x)) for x in (edge / 2, edge))
    yield compare("stable at half of it", float(half), float(growth(truth / 2, float(F)) < 0))
    yield compare("stable at the edge", float(exact), 0.0)


def two_tasks(claim):
    formula = sp.lambdify((t.K, t.H2, t.w1, t.w2), claim[t.REST].rhs, "sympy")
    claimed = formula(*map(sp.Matrix, (H1, H2, W1, W2)))
    found = kept()
    for i in range(3):
        yield compare(
            f"end of the second training, weight {i + 1}", float(claimed[i]), found[i]
        )
    found = beside_a_lock()
    shift = (W2 - W1)[:2]
    values = {t.H_12: H2[0, 1], t.H_22: H2[1, 1], **dict(zip(t.Delta, shift, strict=True))}
    yield compare("locked direction", 0.0, found[0])
    yield compare("the other one", float(claim[t.LOCKED].rhs.subs(values)), found[1])
    values = {t.h: 1.3, t.h_2: SOFT, t.rho: RHO, t.D: FAR}
    yield compare("diagonal in excess", float(claim[t.DROPPED].rhs.subs(values)), excess())


def stiffest(matrix) -> float:
    """Largest ``v'Hv / v' diag(H) v``."""
    return float(eigh(matrix, np.diag(np.diag(matrix)), eigvals_only=True)[-1])


def constraints(claim):
    """Stiffnesses, steps, ends of training, and what the diagonal does not see."""
    yield from stiffnesses(claim)
    yield from steps(claim)
    yield from two_tasks(claim)
    most = float(claim[t.BLIND].rhs.subs(t.n, 6))
    yield compare("weights that move together", most, stiffest(np.ones((6, 6))))
    rng = np.random.default_rng(3)
    others = [stiffest(np.cov(rng.standard_normal((6, 9)))) for _ in range(200)]
    yield compare("random matrices above it", 0.0, float(np.sum(np.array(others) > most)))


CHECKS = {"IVF-E14": constraints, **forgetting.CHECKS}
