"""ANI-7: exact populations, quadrature over inputs and sums over labels; torch's curvature."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import product

import numpy as np
import sympy as sp
import torch
from scipy.special import roots_hermitenorm
from torch import Tensor
from torch.func import grad, vmap

from sgdtheory.checks.anisotropic import gain, one_hidden_layer
from sgdtheory.checks.anisotropic.one_hidden_layer import hessian
from sgdtheory.estimate import Comparison, compare
from sgdtheory.theory.anisotropic import fisher as a

Model = Callable[[Tensor, Tensor], Tensor]

NODES, TAU = 16, 0.6
ENTRIES = ((0, 1), (2, 2), (0, 3))
NET = torch.tensor([0.7, -0.4, 1.3, 0.5], dtype=torch.float64)
AWAY = torch.tensor([0.2, 0.3, 0.9, -0.1], dtype=torch.float64)
LINEAR = torch.tensor([1.5, -1.0], dtype=torch.float64)

A: dict[str, Callable[[Tensor], Tensor]] = {
    "logistic": torch.nn.functional.softplus,
    "squared": lambda f: f**2 / 2,
    "Poisson": torch.exp,
}


def net(theta: Tensor, x: Tensor) -> Tensor:
    """A model that bends in its parameters: ``t_2 tanh(t_0 x_0 + t_1 x_1) + t_3 x_0``."""
    return theta[2] * torch.tanh(theta[0] * x[0] + theta[1] * x[1]) + theta[3] * x[0]


def line(theta: Tensor, x: Tensor) -> Tensor:
    return theta @ x


@lru_cache
def inputs() -> tuple[Tensor, Tensor]:
    """Nodes (n, 2) and weights of a standard normal in the plane."""
    z, w = roots_hermitenorm(NODES)
    x = torch.tensor(list(product(z, z)))
    return x, torch.tensor(np.outer(w, w).ravel() / w.sum() ** 2)


@dataclass(frozen=True)
class Population:
    """Labels ``y`` (n, k) with probabilities ``p`` (n, k) at the n inputs, and a model."""

    model: Model
    family: str
    y: Tensor
    p: Tensor

    def loss(self, theta: Tensor, x: Tensor, y: Tensor) -> Tensor:
        f = self.model(theta, x)
        return A[self.family](f) - y * f

    def matrices(self, theta: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """F, H and the mean gradient, all from the loss alone."""
        x, weight = inputs()
        x, y = x.repeat_interleave(self.y.shape[1], 0), self.y.ravel()
        w = (weight[:, None] * self.p).ravel()
        each = vmap(grad(self.loss), (None, 0, 0))(theta, x, y)
        H = hessian(lambda t: w @ vmap(self.loss, (None, 0, 0))(t, x, y))(theta)
        return each.T @ (w[:, None] * each), H, w @ each

    def claimed(self, rhs, theta: Tensor) -> Tensor:
        """The mean that a claim writes, from derivatives of the model and moments of y."""
        x, weight = inputs()
        f, f1, f2 = (vmap(g(self.model), (None, 0))(theta, x) for g in (id_, grad, hessian))
        mean, square = (self.p * self.y).sum(1), (self.p * self.y**2).sum(1)
        of_f = A[self.family]
        per_input = {
            a.A1: vmap(grad(of_f))(f), a.A2: vmap(grad(grad(of_f)))(f),
            a.mu: mean, a.V: square - mean**2, a.q: mean, a.s: torch.sigmoid(f),
        }  # fmt: skip
        letters = [*per_input, a.f_i, a.f_j, a.f_ij]
        values = [v[:, None, None] for v in per_input.values()]
        inner = sp.lambdify(letters, a.inside(rhs))(*values, f1[:, :, None], f1[:, None, :], f2)
        return torch.einsum("n,nij->ij", weight, inner + 0 * f2)


def id_(model: Model) -> Model:
    return model


def coin(q: Tensor) -> tuple[Tensor, Tensor]:
    """Labels 0 and 1 with P(y = 1) = q at each input."""
    p = torch.stack([1 - q, q], 1)
    return torch.tensor([0.0, 1.0], dtype=torch.float64).expand(p.shape), p


def normal(f: Tensor, tau: float) -> tuple[Tensor, Tensor]:
    """Labels f + tau z: a mean and a mean square need two nodes, ±1."""
    y = f[:, None] + tau * torch.tensor([-1.0, 1.0], dtype=torch.float64)
    return y, torch.full_like(y, 0.5)


@lru_cache
def populations() -> dict[str, Population]:
    x, _ = inputs()
    f, straight = vmap(net, (None, 0))(NET, x), torch.sigmoid(x @ LINEAR)
    return {
        "Poisson, other labels": Population(net, "Poisson", *coin(torch.sigmoid(f))),
        "squared, other labels": Population(net, "squared", *coin(torch.sigmoid(f))),
        "well specified": Population(net, "logistic", *coin(torch.sigmoid(f))),
        "squared": Population(net, "squared", *normal(f, TAU)),
        "linear": Population(line, "logistic", *coin(straight)),
        "flipped": Population(line, "logistic", *coin(0.7 * straight + 0.3 * (1 - straight))),
    }


@lru_cache
def optimum(name: str) -> Tensor:
    """Newton's method from the well-specified optimum of the linear model."""
    theta = LINEAR
    for _ in range(20):
        _, H, g = populations()[name].matrices(theta)
        theta = theta - torch.linalg.solve(H, g)
    return theta


def relative(gap: Tensor, H: Tensor) -> float:
    """Frobenius norm of ``F - H`` over that of H."""
    return float(torch.linalg.norm(gap) / torch.linalg.norm(H))


def gaps(claim) -> Iterator[Comparison]:
    everywhere = populations()
    for name in ("Poisson, other labels", "squared, other labels", "well specified"):
        F, H, _ = everywhere[name].matrices(AWAY)
        claimed = everywhere[name].claimed(claim[a.GAP].rhs, AWAY)
        for i, j in ENTRIES:
            yield compare(f"F - H, entry {i}{j}, {name}", claimed[i, j], (F - H)[i, j])
    one = everywhere["well specified"]
    F, H, _ = one.matrices(AWAY)
    claimed = one.claimed(claim[a.LOGISTIC].rhs, AWAY)
    for i, j in ENTRIES:
        yield compare(f"logistic F - H, entry {i}{j}", claimed[i, j], (F - H)[i, j])
    for what, name, theta in (
        ("30 % of the labels flipped, at the optimum", "flipped", optimum("flipped")),
        ("30 % of the labels flipped, at the clean optimum", "flipped", LINEAR),
        ("half-way to the optimum", "linear", LINEAR / 2),
    ):
        F, H, _ = everywhere[name].matrices(theta)
        claimed = everywhere[name].claimed(claim[a.LOGISTIC].rhs, theta)
        yield compare(f"|F - H|/|H|: {what}", relative(claimed, H), relative(F - H, H))


def equalities(claim) -> Iterator[Comparison]:
    for label, name in ((a.EQUAL, "well specified"), (a.SQUARED, "squared")):
        F, H, _ = populations()[name].matrices(NET)
        for i, j in ENTRIES:
            value = claim[label].rhs.subs({a.H: float(H[i, j]), a.tau: TAU})
            yield compare(f"F, entry {i}{j}, {name}, at the optimum", value, F[i, j])


#: Eight points (x, y) whose frequencies are those of a slope of log 2: 2/3 and 4/5.
POINTS = np.array([(1, 1)] * 2 + [(1, 0)] + [(2, 1)] * 4 + [(2, 0)], dtype=float)


def batches(slope: float) -> dict:
    """Covariance over all 64 batches of two, with F, H and the gradient: plain sums."""
    x, y = POINTS.T
    p = 1 / (1 + np.exp(-slope * x))
    each = np.stack([p - y, (p - y) * x], 1)  # intercept, slope
    means = np.array([(each[i] + each[j]) / 2 for i, j in product(range(8), repeat=2)])
    g = each.mean(0)
    return {
        "C": np.cov(means.T, bias=True)[0, 1], a.F: (each.T @ each / 8)[0, 1],
        a.H: (p * (1 - p) * x).mean(), a.L_i: g[0], a.L_j: g[1], a.b: 2,
    }  # fmt: skip


def noise(claim) -> Iterator[Comparison]:
    for label, slope in ((a.NOISE, 0.2), (a.THERE, np.log(2))):
        values = batches(slope)
        found = values.pop("C")
        where = "at the optimum" if label == a.THERE else "away from it"
        yield compare(f"batches of two, {where}", claim[label].rhs.subs(values), found)


def check(claim) -> Iterator[Comparison]:
    """ANI-7: every part of the claim."""
    for part in (gaps, equalities, noise):
        yield from part(claim)


CHECKS = {"ANI-7": check, **gain.CHECKS, **one_hidden_layer.CHECKS}
