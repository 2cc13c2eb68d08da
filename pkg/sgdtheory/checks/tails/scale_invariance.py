"""TLS-10: a small network with batch norm, differentiated three times."""

import math
from functools import lru_cache

import torch
from scipy.optimize import brentq
from torch import Tensor
from torch.nn.functional import cross_entropy

from sgdtheory.estimate import compare
from sgdtheory.theory.tails import scale_invariance as theory

SEED, IMAGES, BATCH, BATCHES = 0, 24, 8, 6
R, ETA, LAMBDA = 1.7, 3.0, 0.1


@lru_cache(maxsize=1)
def case() -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Minibatches (k, b, 5), their classes (k, b), the weight (20,), and the head's (3, 4)."""
    draw = torch.Generator().manual_seed(SEED)

    def normal(*shape: int) -> Tensor:
        return torch.randn(*shape, generator=draw, dtype=torch.float64)

    x, w, head = normal(IMAGES, 5), normal(20) / 2, normal(3, 4)
    y = torch.randint(3, (IMAGES,), generator=draw)
    picks = torch.stack([torch.randperm(IMAGES, generator=draw) for _ in range(BATCHES)])
    return x[picks[:, :BATCH]], y[picks[:, :BATCH]], w, head


def normalised(z: Tensor) -> Tensor:
    """Batch norm of (b, 4), with nothing added to the variance.

    Written out: of torch's own layer the third derivative is wrong (torch 2.13).
    """
    z = z - z.mean(0)
    return z / (z**2).mean(0).sqrt()


def loss(w: Tensor, minibatch: int = 0) -> Tensor:
    """Linear, batch norm, tanh, linear, cross entropy of one minibatch."""
    x, y, _, head = case()
    z = normalised(x[minibatch] @ w.view(4, 5).T)
    return cross_entropy(torch.tanh(z) @ head.T, y[minibatch])


def gradient(w: Tensor, minibatch: int = 0) -> Tensor:
    w = w.clone().requires_grad_()
    return torch.autograd.grad(loss(w, minibatch), w)[0]


def derivatives(w: Tensor, v: Tensor, minibatch: int) -> tuple[Tensor, Tensor, Tensor]:
    """g, and its first and second derivatives along v, each (P,)."""
    w = w.clone().requires_grad_()
    found = [torch.autograd.grad(loss(w, minibatch), w, create_graph=True)[0]]
    for _ in range(2):
        found.append(torch.autograd.grad(found[-1] @ v, w, create_graph=True)[0])
    g, first, second = (t.detach() for t in found)
    return g, first, second


def trace(a: Tensor, b: Tensor) -> float:
    """Trace of the covariance of two vectors over the minibatches, (k, P) each."""
    return float(((a - a.mean(0)) * (b - b.mean(0))).sum(1).mean())


def every(w: Tensor) -> Tensor:
    return torch.stack([gradient(w, k) for k in range(BATCHES)])


def step(w: Tensor, decay: float = 0.0) -> Tensor:
    return (1 - ETA * decay) * w - ETA * gradient(w)


def balance(w: Tensor) -> float:
    """The multiple of w that one step with decay leaves as long as it was."""

    def growth(c: float) -> float:
        return float(step(c * w, LAMBDA).norm() / (c * w.norm())) - 1

    return brentq(growth, 1e-3, 1e3, xtol=1e-14, rtol=1e-14)


def angle(a: Tensor, b: Tensor) -> float:
    """Between two vectors, from their unit vectors' difference and sum."""
    p, q = a / a.norm(), b / b.norm()
    return float(2 * torch.atan2((p - q).norm(), (p + q).norm()))


@lru_cache(maxsize=1)
def measured() -> tuple[dict, dict]:
    """What was found for each part, and the value of every letter on its right side."""
    w = case()[2]
    u = torch.linspace(-1, 2, len(w), dtype=torch.float64)
    g, hu, _ = derivatives(w, u, 0)
    along = [derivatives(w, w, k) for k in range(BATCHES)]
    g_all, first, second = (torch.stack(t) for t in zip(*along, strict=True))
    sigma_g, length = trace(g_all, g_all), float(w.norm())
    at_rest = balance(w) * w
    found = {
        theory.GRAD: float(gradient(R * w) @ u),
        theory.HESS: float(derivatives(R * w, u, 0)[1] @ u),
        theory.ACROSS: float(w @ g),
        theory.ALONG: float(first[0] @ u),
        theory.TRACE: trace(every(R * w), every(R * w)),
        theory.SHARE: trace(first, first),
        theory.THIRD: trace(g_all, second),
        theory.KAPPA: float(w @ first.mean(0)) / (ETA * trace(first, first)),
        theory.STEP: float(step(w).norm()) ** 2,
        theory.ANGLE: math.tan(angle(w, step(w))),
        theory.DECAY: float(step(w, LAMBDA).norm()) ** 2,
        theory.REST: float(at_rest.norm()) ** 4,
        theory.TURN: math.cos(angle(at_rest, step(at_rest, LAMBDA))),
    }
    letters = {
        theory.g(theory.w): float(g @ u),
        theory.H(theory.w): float(hu @ u),
        theory.trace(theory.w): sigma_g,
        theory.loss: float(loss(w)),
        theory.size: length,
        theory.grad_size: float(g.norm()),
        theory.gamma: float(gradient(w / length).norm()),
        theory.r: R,
        theory.eta: ETA,
        theory.lam: LAMBDA,
    }
    return found, letters


def taylor() -> tuple[float, float]:
    """Coefficients of s and s^2 of Tr C((1 + s) w), by differentiating it twice."""
    w = case()[2]
    s = torch.zeros((), dtype=torch.float64, requires_grad=True)
    at = (1 + s) * w
    losses = (loss(at, k) for k in range(BATCHES))
    g = torch.stack([torch.autograd.grad(v, at, create_graph=True)[0] for v in losses])
    total = ((g - g.mean(0)) ** 2).sum(1).mean()
    (first,) = torch.autograd.grad(total, s, create_graph=True)
    (second,) = torch.autograd.grad(first, s)
    return first.item(), second.item() / 2


def behind_batch_norm(claim):
    found, letters = measured()
    for label, value in found.items():
        claimed = claim[label].rhs.subs(letters)
        # Rounding where zero is claimed: gradient and weight are of order one.
        yield compare(label, claimed, value, atol=1e-12 if abs(value) < 1e-10 else 0.0)
    series = claim[theory.SERIES].rhs.removeO().subs(letters).expand()
    for power, value in enumerate(taylor(), start=1):
        yield compare(
            f"{theory.SERIES}: coefficient {power}", series.coeff(theory.s, power), value
        )


CHECKS = {"TLS-10": behind_batch_norm}
