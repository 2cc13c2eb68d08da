"""ANI-3: recursions of one and two small steps, averaged exactly; and an integral in time."""

from functools import lru_cache

import numpy as np
import sympy as sp

from sgdtheory.checks.anisotropic.quadratic_well import axes_and_noise, covariance, well
from sgdtheory.checks.foundations.sampling import extrapolate
from sgdtheory.estimate import compare
from sgdtheory.theory.anisotropic import expansion as e
from sgdtheory.theory.anisotropic import symbols as s


@lru_cache
def landscape() -> tuple[np.ndarray, ...]:
    """In the plane: derivatives of order 2, 3, 4 at the minimum, and the root of a noise."""
    rng = np.random.default_rng(12)
    H = np.array([[2.0, 0.6], [0.6, 1.1]])
    axes = rng.standard_normal((3, 2))
    cubic = np.einsum("ni,nj,nk->ijk", axes, axes, axes)
    quartic = np.einsum("ni,nj,nk,nl->ijkl", axes, axes, axes, axes)
    return H, cubic, quartic, np.array([[0.9, 0.0], [-0.5, 0.7]])


def loss(x):
    H, cubic, quartic, _ = landscape()
    second = np.einsum("ij,...i,...j->...", H, x, x) / 2
    third = np.einsum("ijk,...i,...j,...k->...", cubic, x, x, x) / 6
    return second + third + np.einsum("ijkl,...i,...j,...k,...l->...", quartic, x, x, x, x) / 24


def gradient(x):
    H, cubic, quartic, _ = landscape()
    first = x @ H + np.einsum("ijk,...j,...k->...i", cubic, x, x) / 2
    return first + np.einsum("ijkl,...j,...k,...l->...i", quartic, x, x, x) / 6


@lru_cache
def normals(nodes: int) -> tuple[np.ndarray, np.ndarray]:
    """Points of the plane and weights, exact for polynomials of degree ``2 nodes - 1``."""
    z, w = np.polynomial.hermite_e.hermegauss(nodes)
    first, second = np.meshgrid(z, z)
    weights = np.outer(w, w).ravel() / (2 * np.pi)
    return np.stack([first.ravel(), second.ravel()], -1), weights


def rise(steps: int, h: float) -> float:
    """Mean loss after ``steps`` Euler steps of size h from the minimum, no sampling."""
    root, points, weights = landscape()[3], np.zeros((1, 2)), np.ones(1)
    for nodes in (7, 3)[2 - steps :]:  # the last but one is cubed: degree 12; then degree 4
        z, w = normals(nodes)
        moved = points - h * gradient(points)
        points = (moved[:, None] + np.sqrt(h) * z @ root.T).reshape(-1, 2)
        weights = np.outer(weights, w).ravel()
    return float(weights @ loss(points))


@lru_cache
def orders() -> tuple[float, float]:
    """``A L`` and ``A^2 L``: of P = 1 + hA + ..., P L/h and (P^2 - 2P + 1) L/h^2 at h -> 0."""
    ladder = [0.1 / 2**n for n in range(9)]
    once = [rise(1, h) / h for h in ladder]
    twice = [(rise(2, h) - 2 * rise(1, h)) / h**2 for h in ladder]
    return extrapolate(once), extrapolate(twice)


START = np.array([0.7, -0.4])


def root_at(x) -> np.ndarray:
    """A noise that depends on the place."""
    return landscape()[3] * (1 + x @ x)


@lru_cache
def rate_elsewhere() -> float:
    """dE/dt at a point that is no minimum, under the noise above."""
    z, w = normals(5)

    def at(h: float) -> float:
        moved = START - h * gradient(START) + np.sqrt(h) * z @ root_at(START).T
        return float(w @ (loss(moved) - loss(START))) / h

    return extrapolate([at(0.1 / 2**n) for n in range(8)])


def hessian(x) -> np.ndarray:
    """By complex steps of the gradient."""
    return np.array([gradient(x + 1e-30j * axis).imag / 1e-30 for axis in np.eye(2)])


def rate(claim, H, noise, squared: float) -> float:
    """The claimed dE/dt for given Hessian, noise and mean squared slope."""
    inside = sp.diff(claim[e.IDENTITY].rhs, s.t).replace(s.E, lambda mean: mean)
    letters = {e.bend: sp.Matrix(H), s.Sigma: sp.Matrix(noise)}
    return float(s.explicit(inside, letters).subs(e.slope2, squared))


def expansion(claim):
    """ANI-3 in a quartic landscape, and over a finite time in a bowl."""
    H, _, quartic, root = landscape()
    noise = root @ root.T
    contracted = np.einsum("ijkl,ij,kl", quartic, noise, noise)
    series = claim[e.SECOND].rhs.removeO().subs(e.fourth, contracted)
    series = s.explicit(series, {s.H: sp.Matrix(H), s.Sigma: sp.Matrix(noise)})
    one, two = (float(series.subs(s.t, at)) for at in (1, 2))
    yield compare("first order in t", 2 * one - two / 2, orders()[0])
    # Second differences in double precision: six digits are left.
    yield compare("second order in t", two - 2 * one, orders()[1], rtol=1e-6)
    there, slope = root_at(START), gradient(START)
    local = rate(claim, hessian(START), there @ there.T, slope @ slope)
    yield compare("rate away from the minimum, noise depends on the place",
                  local, rate_elsewhere())  # fmt: skip
    bowl, noise, time = well("bowl"), axes_and_noise()[1], 1.3

    def at(moment: float) -> float:
        spread = covariance("bowl", moment)
        return rate(claim, bowl, noise, np.trace(bowl @ bowl @ spread))

    nodes, weights = np.polynomial.legendre.leggauss(16)
    integral = time / 2 * sum(
        w * at(time / 2 * (1 + z)) for z, w in zip(nodes, weights, strict=True))  # fmt: skip
    found = np.trace(bowl @ covariance("bowl", time)) / 2
    yield compare("integral over a finite time", integral, found)


CHECKS = {"ANI-3": expansion}
