"""LOG-3: every minibatch counted; covariances for given laws of the features by quadrature."""

from functools import lru_cache
from itertools import product

import numpy as np
import sympy as sp
from scipy.optimize import brentq, minimize_scalar

from sgdtheory.checks.log_landscape.covariance import (
    BATCH,
    ENTRIES,
    covariance_of_batches,
    number,
)  # fmt: skip
from sgdtheory.estimate import compare
from sgdtheory.theory.foundations.sgd import b, n
from sgdtheory.theory.log_landscape import decoupling, features
from sgdtheory.theory.log_landscape import symbols as s

NOISE = 0.6  # standard deviation of the labels
V = np.array([0.7, -0.4, 0.5])  # w - w*
A = np.array([[1.3, 0.4], [0.4, 0.6]])
H_1D = 0.8
TWO_POINTS = (np.array([-1.0, 1.0]), np.full(2, 0.5))


def normal(nodes: int = 8):
    """Points and weights, exact for polynomials of a degree below ``2 nodes``."""
    x, weight = np.polynomial.hermite_e.hermegauss(nodes)
    return x, weight / weight.sum()


def of_kurtosis(K: float):
    """A law of variance one with fourth moment K: zero, and two points of one distance."""
    return np.array([-np.sqrt(K), 0.0, np.sqrt(K)]), np.array([0.5 / K, 1 - 1 / K, 0.5 / K])


def gradient_covariance(x, weight, v, batch: int = BATCH) -> np.ndarray:
    """(d, d): features (points, d), weights, label noise of two points, independent of x."""
    gradients, weights = [], []
    for sign, half in zip(*TWO_POINTS, strict=True):
        gradients.append(x * (x @ v - NOISE * sign)[:, None])
        weights.append(half * weight)
    return np.cov(np.concatenate(gradients).T, bias=True,
                  aweights=np.concatenate(weights)) / batch  # fmt: skip


def loss(hessian, v) -> float:
    return float(NOISE**2 + v @ hessian @ v) / 2


def sphere(radii, weight, dimension: int):
    """Points of a spherical law in 2 or 3 dimensions, exact through the sixth degree."""
    angle = 2 * np.pi * np.arange(8) / 8
    ring = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    height, share = np.polynomial.legendre.leggauss(4)
    if dimension == 2:
        directions, shares = ring, np.full(8, 1 / 8)
    else:
        flat = np.sqrt(1 - height**2)[:, None, None] * ring
        up = np.broadcast_to(height[:, None, None], (4, 8, 1))
        directions = np.concatenate([flat, up], axis=2).reshape(-1, 3)
        shares = np.repeat(share / 16, 8)
    return (
        (np.asarray(radii)[:, None, None] * directions).reshape(-1, dimension),
        np.outer(weight, shares).ravel(),
    )


def every_term(claim):
    full = claim[decoupling.FULL].rhs.subs(
        {
            decoupling.gamma: claim[decoupling.GAMMA].rhs,
            decoupling.cov: claim[decoupling.COV].rhs,
            s.R: claim[decoupling.REST].rhs,
        }
    )
    matrix = covariance_of_batches(replacement=False)
    for name, entry in ENTRIES.items():
        yield compare(f"every term, {name}", number(full, entry), matrix[entry])


def decoupled(claim):
    """Each of 4 features with each of 3 label noises, at the minimum; drawn with return."""
    points = np.array([[1.0, 0.2], [-0.7, 1.1], [0.4, -1.3], [-0.9, -0.5]])
    zeta = np.array([-1.0, 0.3, 0.7])
    x, noise = (np.array(column) for column in zip(*product(points, zeta), strict=True))
    C = np.cov((x * noise[:, None]).T, bias=True) / BATCH
    hessian = x.T @ x / len(x)
    for name, entry in ENTRIES.items():
        values = {s.L: (noise**2).mean() / 2, s.H: hessian[entry], b: BATCH, n: len(x)}
        stated = claim[decoupling.DECOUPLED].rhs.subs(values)
        yield compare(f"decoupled, {name}", sp.N(stated), C[entry])


def gaussian(claim):
    z, weight = normal()
    pairs = np.array(list(product(z, z))) @ np.linalg.cholesky(A).T
    C = gradient_covariance(pairs, np.outer(weight, weight).ravel(), V[:2])
    gradient = A @ V[:2]
    for name, (i, j) in ENTRIES.items():
        values = {s.L: loss(A, V[:2]), features.A: A[i, j], b: BATCH,
                  s.grad_outer: gradient[i] * gradient[j]}  # fmt: skip
        stated = claim[features.GAUSS].rhs.subs(values)
        yield compare(f"Gaussian features, {name}", sp.N(stated), C[i, j])


def _one(law) -> float:
    x, weight = law
    return float(gradient_covariance(np.sqrt(H_1D) * x[:, None], weight, V[:1]))


def one_dimension(claim):
    """Kurtosis 1, 2 and 3, and the kurtosis at which the decoupled form holds."""
    for K, law in ((1, TWO_POINTS), (2, of_kurtosis(2)), (3, normal())):
        values = {features.K: K, s.h: H_1D, s.sigma: NOISE, features.v: V[0], b: BATCH}
        stated = claim[features.ONE].rhs.subs(values)
        yield compare(f"feature of kurtosis {K}", sp.N(stated), _one(law))
    form = 2 * loss(np.array([[H_1D]]), V[:1]) * H_1D / BATCH
    found = brentq(lambda K: _one(of_kurtosis(K)) - form, 1, 9, xtol=1e-13)
    yield compare("kurtosis of the decoupled form", claim[features.ONLY].rhs, found)


def spherical_moments(x, weight) -> tuple[float, float]:
    h = float(weight @ x[:, 0] ** 2)
    return h, float(weight @ (x[:, 0] * x[:, 1]) ** 2) / h**2


def distance(x, weight, v) -> np.ndarray:
    """``b C - 2 L h I``."""
    h, _ = spherical_moments(x, weight)
    one = np.eye(len(v))
    return gradient_covariance(x, weight, v, batch=1) - 2 * loss(h * one, v) * h * one


def spherical(claim):
    x, weight = sphere([0.5, 1.9], [0.7, 0.3], 3)
    matrix, (h, q) = distance(x, weight, V), spherical_moments(x, weight)
    for name, (i, j) in ENTRIES.items():
        values = {features.q: q, s.h: h, features.length: np.linalg.norm(V),
                  features.unit: float(i == j), features.vv: V[i] * V[j]}  # fmt: skip
        stated = claim[features.SPHERE].rhs.subs(values)
        yield compare(f"spherical features, {name}", sp.N(stated), matrix[i, j])
    # At a kink a minimum is found no better than to the square root of rounding.
    bound = claim[features.NEVER]
    yield compare("least part that is wrong", sp.N(bound.rhs), least_wrong(), rtol=1e-6)
    holds = bound.func(wrong_part(1.0), bound.rhs), bound.func(bound.rhs, bound.rhs)
    for name, relation in zip(("further off", "that is met"), holds, strict=True):
        yield compare(f"bound {name}", float(bool(relation)), 1.0)


def wrong_part(outside: float) -> float:
    """Features on a circle, or at its centre: largest eigenvalue of the distance."""
    x, weight = sphere([0.0, 1.0], [1 - outside, outside], 2)
    h, _ = spherical_moments(x, weight)
    eigenvalues = np.linalg.eigvalsh(distance(x, weight, V[:2]))
    return float(np.abs(eigenvalues).max() / (h**2 * V[:2] @ V[:2]))


@lru_cache
def least_wrong() -> float:
    return float(minimize_scalar(wrong_part, bounds=(0.1, 1.0), method="bounded",
                                 options={"xatol": 1e-9}).fun)  # fmt: skip


def noise_follows_loss(claim):
    """LOG-3, part by part."""
    for part in (every_term, decoupled, gaussian, one_dimension, spherical):
        yield from part(claim)


CHECKS = {"LOG-3": noise_follows_loss}
