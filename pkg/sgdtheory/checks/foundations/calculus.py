"""Three readings as three discrete schemes, without sampling: FND-4, FND-5, FND-7."""

from functools import lru_cache

import numpy as np
import sympy as sp

from sgdtheory.checks.foundations.sampling import extrapolate
from sgdtheory.estimate import compare
from sgdtheory.theory.foundations import calculus, reading
from sgdtheory.theory.foundations.symbols import C, D, alpha, eta, f, g, p, w, x

NODES, WEIGHTS = np.polynomial.hermite_e.hermegauss(40)
WEIGHTS = WEIGHTS / WEIGHTS.sum()
GRID = np.linspace(-3.7, 4.3, 801)
INDICES = {"ito": 0.0, "stratonovich": 0.5, "anti-ito": 1.0}


def drift(u):
    return 0.5 - u


def diffusion(u):
    return 0.5 + u**2 / 4


def start(u):
    """A normal density with mean 0.3 and standard deviation 1/2; works on symbols as well."""
    exp = sp.exp if isinstance(u, sp.Basic) else np.exp
    return exp(-2 * (u - 0.3) ** 2) / 1.2533141373155001


def move(u, time: float, index: float, drift=drift, diffusion=diffusion):
    """All outcomes of one step of the scheme that takes the amplitude at ``u + index du``."""
    u = np.asarray(u, dtype=float)[..., None]
    after = u + 0 * NODES
    for _ in range(200):
        amplitude = np.sqrt(2 * diffusion(u + index * (after - u)))
        before, after = after, u + drift(u) * time + amplitude * np.sqrt(time) * NODES
        if np.abs(after - before).max() < 1e-15:
            break
    return after


def velocity(u, test, index: float, **equation) -> np.ndarray:
    """d/dt of the mean of ``test`` over the scheme from ``u``, at zero step."""
    rows = []
    for time in 0.004 / 2.0 ** np.arange(5):
        mean = test(move(u, time, index, **equation)) @ WEIGHTS
        rows.append((mean - test(np.asarray(u, dtype=float))) / time)
    return np.apply_along_axis(extrapolate, 0, np.array(rows))


@lru_cache
def rate_of_sine(index: float) -> float:
    """d/dt of the mean of sin x when x starts from the density ``start``."""
    step = GRID[1] - GRID[0]
    return float((velocity(GRID, np.sin, index) * start(GRID)).sum() * step)


def _concrete(expr):
    """The same f, D and p as in the scheme, at time zero."""
    expr = expr.replace(f, drift).replace(D, lambda u: sp.Rational(1, 2) + u**2 / 4)
    return expr.replace(p, lambda u, _: start(u)).doit()


def _integral(expr, weight) -> float:
    values = sp.lambdify(x, expr, "numpy")(GRID)
    return float((values * weight(GRID)).sum() * (GRID[1] - GRID[0]))


def fokker_planck(claim):
    """FND-4: d/dt of the mean of sin x, from the density's equation and from the scheme."""
    # Five halvings of the step leave 1e-9 of rounding: its differences are divided by 2.5e-4.
    for label, name in zip(
        (calculus.ITO, calculus.MIDDLE, calculus.ANTI), INDICES, strict=True
    ):
        claimed = _integral(_concrete(claim[label].rhs), np.sin)
        yield compare(label, claimed, rate_of_sine(INDICES[name]), rtol=1e-7)
    for label in (calculus.FLUX, calculus.SAME):
        flux = _concrete(claim[label].rhs.subs(alpha, sp.Rational(3, 10)))
        yield compare(label, _integral(flux, np.cos), rate_of_sine(0.3), rtol=1e-7)


def _noise(u):
    return 0.5 + 0.3 * np.sin(u)


@lru_cache
def invariant_ratio(index: float) -> float:
    """p(1)/p(0) of the invariant law of a discrete chain, at zero step.

    The chain steps by f + αD' with the amplitude at the old point (FND-4); its law on a
    grid is the eigenvector of a matrix of normal densities.  f = 1/2 - x³.
    """
    found = []
    for time in 0.02 / 2.0 ** np.arange(5):
        u = np.linspace(-3, 3, 6 * round(2.5 / np.sqrt(time)) + 1)
        mean = u + time * (0.5 - u**3 + index * 0.3 * np.cos(u))
        var = 2 * _noise(u) * time
        kernel = np.exp(-((u[:, None] - mean) ** 2) / (2 * var)) / np.sqrt(var)
        kernel /= kernel.sum(0)
        system = kernel - np.eye(u.size)
        system[0] = 1
        law = np.linalg.solve(system, np.eye(u.size)[0])
        middle, one = u.size // 2, np.argmin(np.abs(u - 1))
        found.append(law[one] / law[middle])
    return extrapolate(found)


def _ratio(density) -> float:
    """p(1)/p(0) of the claimed density for f = 1/2 - x³, D = 0.5 + 0.3 sin x."""
    concrete = density.replace(f, lambda u: sp.Rational(1, 2) - u**3)
    concrete = concrete.replace(D, lambda u: sp.Rational(1, 2) + sp.Rational(3, 10) * sp.sin(u))
    value = sp.lambdify(x, concrete, "scipy")
    return float(value(1.0) / value(0.0))


def stationary(claim):
    """FND-5: p(1)/p(0) against the invariant law of a chain."""
    # Five steps, each half of the one before, leave an error of order step⁵: below 1e-8.
    half = sp.Rational(1, 2)
    for label, index in (
        (calculus.ITO, 0), (calculus.MIDDLE, half), (calculus.ANTI, 1), (calculus.LAW, half)
    ):  # fmt: skip
        claimed = _ratio(claim[label].rhs.subs(alpha, index))
        yield compare(label, claimed, invariant_ratio(float(index)), rtol=1e-7)
    claimed = _ratio(claim[calculus.RATIO].rhs.subs(alpha, 1))
    found = invariant_ratio(1.0) / invariant_ratio(0.0)
    yield compare(calculus.RATIO, claimed, found, rtol=1e-7)


def _curve(u):
    return 0.8 + 0.6 * u + 1.5 * u**2


def added_drift(claim):
    """FND-7: mean velocity of the scheme from one point; two dimensions by Stein's lemma."""
    rate, at, index = 0.2, 0.7, 0.5
    values = {eta: rate, alpha: index, w: at}
    noise = {"drift": lambda u: -2 * u, "diffusion": lambda u: rate * _curve(u) / 2}
    extra = float(velocity(at, lambda u: u, index, **noise)) + 2 * at

    def read(label):
        expr = claim[label].rhs.replace(C, _curve).replace(g, lambda u: 2 * u).doit()
        return sp.N(expr.subs(values))

    # Differences of nearly equal numbers over the step: 1e-9 of rounding.
    yield compare("added drift", read(reading.ADDED), extra, rtol=1e-7)
    yield compare("repaired drift", read(reading.REPAIRED), -2 * at - extra, rtol=1e-7)
    even = {"drift": lambda u: -2 * u, "diffusion": lambda u: rate * (0.8 + 1.5 * u**2) / 2}
    near = float(velocity(at, lambda u: u, index, **even)) + 2 * at
    letters = {alpha: index, reading.H: 2, reading.u: at, reading.kappa: 2 / (rate * 1.5)}
    yield compare("at a minimum", sp.N(claim[reading.NEAR].rhs.subs(letters)), near, rtol=1e-7)
    yield from _two_dimensions(claim[reading.WIDE].rhs)


def _two_dimensions(divergence):
    """Mean of the added drift over a standard normal: ⟨D_ij x_j⟩, with no derivative taken."""
    a, b = np.meshgrid(NODES, NODES, indexing="ij")
    weight = np.outer(WEIGHTS, WEIGHTS)
    entries = {
        "11": lambda a, b: 2 + a**2 + a * b + a,
        "12": lambda a, b: b**2 / 2 + a / 3 + b,
        "22": lambda a, b: 3 + b**2 - 2 * a * b + b / 5,
    }
    flat = {"11": a, "12": b, "21": a, "22": b}
    for i, row in enumerate(("1", "2")):
        found = sum(
            (weight * entries["".join(sorted(ij))](a, b) * flat[ij]).sum()
            for ij in (row + "1", row + "2")
        )
        expr = divergence[i]
        for ij, entry in entries.items():
            expr = expr.replace(sp.Function(f"D_{{{ij}}}"), entry)
        claimed = sp.lambdify((reading.w_1, reading.w_2), expr.doit(), "numpy")(a, b)
        yield compare(f"component {row}", (weight * claimed).sum(), found)


CHECKS = {"FND-4": fokker_planck, "FND-5": stationary, "FND-7": added_drift}
