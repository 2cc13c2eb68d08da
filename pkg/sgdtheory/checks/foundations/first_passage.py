"""Mean first-passage times by the forward equation on a grid: FND-9, FND-10."""

from functools import lru_cache

import numpy as np
import sympy as sp
from scipy.integrate import solve_ivp
from scipy.linalg import solve_banded

from sgdtheory.checks.foundations.sampling import extrapolate
from sgdtheory.estimate import compare
from sgdtheory.theory.foundations import first_passage as fpt
from sgdtheory.theory.foundations.symbols import D, T, alpha, f, lower, target, x

WALL, START, TARGET = -2.0, -0.5, 1.0
INDICES = (sp.S.Zero, sp.Rational(1, 2), sp.S.One)


def drift(u):
    return u - u**3


def diffusion(u):
    return (1 + u**2) * 0.3


def _forward(n: int, index: float) -> float:
    """Time integral of the density of walkers that start in the middle cell of n.

    Cells between a wall and an absorbing end, fluxes f p - D^α (D^(1-α) p)' at the faces.
    """
    h = (TARGET - WALL) / n
    faces = WALL + h * np.arange(n + 1)
    centre = faces[:-1] + h / 2
    inner, push = diffusion(faces) ** index, drift(faces)
    weight = diffusion(centre) ** (1 - index)
    right = push[1:-1] / 2 + inner[1:-1] * weight[:-1] / h  # flux per p of the left cell
    left = push[1:-1] / 2 - inner[1:-1] * weight[1:] / h  # and of the right cell
    bands = np.zeros((3, n))
    bands[1, :-1] += right
    bands[1, 1:] -= left
    bands[1, -1] += 2 * inner[-1] * weight[-1] / h
    bands[0, 1:] = left
    bands[2, :-1] = -right
    source = np.zeros(n)
    source[n // 2] = 1.0
    return float(h * solve_banded((1, 1), bands, source).sum())


@lru_cache
def mean_time(index: float) -> float:
    """From START, the midpoint, to TARGET with a wall at WALL; error in powers of h²."""
    return extrapolate([_forward(15 * 3**k, index) for k in range(1, 6)], ratio=9.0)


def _concrete(expr, index):
    ten = sp.Rational(3, 10)
    expr = expr.replace(f, drift).replace(D, lambda u: (1 + u**2) * ten)
    return expr.subs({alpha: index, lower: int(WALL), target: int(TARGET)})


def _integrated(claim, index) -> float:
    """Solve the claimed equation as it stands, from the wall to the target."""
    slope, bend = sp.Derivative(T(x), x), sp.Derivative(T(x), (x, 2))
    left = sp.expand(_concrete(claim[fpt.BACKWARD].lhs, index).doit())
    right = claim[fpt.BACKWARD].rhs
    bending = sp.lambdify((x, sp.Symbol("v")), (right - left.coeff(slope) * sp.Symbol("v"))
                          / left.coeff(bend), "numpy")  # fmt: skip
    path = solve_ivp(lambda u, y: [bending(u, y[0]), y[0]], (WALL, TARGET),
                     [float(claim[fpt.WALL].rhs), 0.0], "DOP853", [START, TARGET],
                     rtol=1e-12, atol=1e-14)  # fmt: skip
    rise = path.y[1, 1] - path.y[1, 0]
    return float(claim[fpt.ARRIVED].rhs) - rise


def backward_equation(claim):
    """FND-9: the backward equation, integrated, against the forward one on a grid."""
    for index in INDICES:
        what = f"mean time, α = {index}"
        yield compare(what, _integrated(claim, index), mean_time(float(index)))
    # T = 4 - x² solves the equation for one drift; φ = 1 at the point, its slope from J = 0.
    at, index = 0.7, 0.5
    d, slope = diffusion(at), 0.6 * at
    push = (1 - 2 * d) / (2 * at) - index * slope
    terms = claim[fpt.DIVERGENCE].lhs - claim[fpt.DIVERGENCE].rhs
    terms = terms.replace(T, lambda u: 4 - u**2).replace(D, diffusion).doit()
    values = {sp.Derivative(fpt.phi(x), x): (push - (1 - index) * slope) / d}
    value = terms.subs(values).subs(fpt.phi(x), 1).subs(x, at)
    yield compare("divergence form", sp.N(value) - 1, -1.0)


def double_integral(claim):
    """FND-10: the claimed integrals by adaptive quadrature, against the grid."""
    for index in INDICES:
        density = _concrete(claim[fpt.DENSITY].rhs, index).doit()
        time = _concrete(claim[fpt.DOUBLE].rhs, index)
        time = time.replace(fpt.phi, lambda u, density=density: density.subs(x, u))
        claimed = sp.lambdify(x, time, "scipy")(START)
        yield compare(f"mean time, α = {index}", claimed, mean_time(float(index)))
    free = claim[fpt.FREE].rhs.subs(
        {x: 0, target: 6, lower: -2, fpt.diffusion: sp.Rational(1, 2)}
    )
    # A symmetric walk with a wall and a target 8 sites apart: one linear system.
    walk = np.eye(8) - (np.eye(8, k=1) + np.eye(8, k=-1)) / 2
    walk[0, 1] = -1.0
    yield compare("free diffusion", free, np.linalg.solve(walk, np.ones(8))[2])


CHECKS = {"FND-9": backward_equation, "FND-10": double_integral}
