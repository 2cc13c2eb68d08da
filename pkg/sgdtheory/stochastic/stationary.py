"""Zero-flux stationary density in one dimension, for any drift and diffusion."""

from collections.abc import Callable

import numpy as np

from sgdtheory import _validate

FINE = np.polynomial.legendre.leggauss(16)
COARSE = np.polynomial.legendre.leggauss(11)


def _integration_matrix(nodes: np.ndarray) -> np.ndarray:
    """Row j integrates the interpolant through ``nodes`` from -1 to node j."""
    legendre = np.polynomial.legendre
    values = legendre.legvander(nodes, len(nodes) - 1)
    integrals = np.stack(
        [legendre.legval(nodes, legendre.legint(row, lbnd=-1)) for row in np.eye(len(nodes))],
        axis=1,
    )
    return integrals @ np.linalg.inv(values)


PARTIAL = _integration_matrix(FINE[0])


def _increasing(grid) -> np.ndarray:
    x = _validate.finite("grid", grid, ndim=1, minimum=2)
    if (np.diff(x) <= 0).any():
        raise ValueError(
            f"grid must increase strictly, got a step of {np.diff(x).min():g}; sort it and "
            "drop repeated points"
        )
    return x


def _evaluate(function: Callable, x: np.ndarray, name: str) -> np.ndarray:
    values = _validate.evaluated(name, function, x)
    if not np.isfinite(values).all():
        where = float(x[~np.isfinite(values)][0])
        raise ValueError(
            f"{name} must be finite on the grid, got {name}({where:g}) = NaN or infinite; "
            "shorten the grid"
        )
    if name == "D" and (values <= 0).any():
        where = float(x[values <= 0][0])
        raise ValueError(
            f"D must be > 0 on the grid, got D({where:g}) = {values[values <= 0][0]:g}; "
            "cut the grid where the noise vanishes"
        )
    return values


def _rise(drift: Callable, D: Callable, x: np.ndarray, rule) -> tuple:
    """Points of each cell, drift / D and log D there."""
    half = np.diff(x)[:, None] / 2
    points = x[:-1, None] + half * (1 + rule[0])
    d = _evaluate(D, points, "D")
    return half, _evaluate(drift, points, "drift") / d, np.log(d)


def density(drift: Callable, D: Callable, grid, convention: str = "ito") -> np.ndarray:
    """Stationary density on ``grid``: ``p ∝ D^(alpha - 1) exp(int drift / D)`` (FND).

    ``dw = drift dt + sqrt(2 D) dB`` with calculus index alpha; zero flux gives
    ``(log p)' = drift / D - (1 - alpha) D' / D``.  ``drift`` and ``D`` are vectorised numpy
    callables; ``grid`` is (k,), increasing, need not be even; the result (k,) integrates to
    1 from the first to the last point of the grid, which therefore has to hold the mass.

    Each cell is integrated by 16 Gauss nodes, the norm as well: ten digits where drift and
    D are smooth between neighbouring points and log p changes by less than 10 from one to
    the next.  Put a grid point on every kink.

    Raises
    ------
    ValueError
        grid not increasing, NaN, ``D <= 0`` somewhere, unknown convention, or a grid so
        coarse that two rules differ by more than 1e-6 in log p.
    """
    alpha = _validate.convention(convention)
    x = _increasing(grid)
    half, ratio, log_d = _rise(drift, D, x, FINE)
    steps = (half * ratio) @ FINE[1]
    rough_half, rough, _ = _rise(drift, D, x, COARSE)
    error = np.abs(steps - (rough_half * rough) @ COARSE[1])
    bound = 1e-6 * np.maximum(1, np.abs(steps))
    if (error > bound).any() or np.abs(steps).max() > 100:
        worst = int(np.argmax(np.maximum(error / bound, np.abs(steps) / 100)))
        raise ValueError(
            f"grid must resolve drift / D, got an error of {error[worst]:.2g} and a change of "
            f"{steps[worst]:.3g} in log p between {x[worst]:g} and {x[worst + 1]:g}; refine it "
            "there, and put a point on every kink"
        )
    potential = np.concatenate([[0.0], np.cumsum(steps)])
    inside = potential[:-1, None] + half * (ratio @ PARTIAL.T) - (1 - alpha) * log_d
    at_grid = potential - (1 - alpha) * np.log(_evaluate(D, x, "D"))
    top = max(inside.max(), at_grid.max())
    mass = ((half * np.exp(inside - top)) @ FINE[1]).sum()
    return np.exp(at_grid - top) / mass


def flux(p, drift: Callable, D: Callable, grid, convention: str = "ito") -> np.ndarray:
    """Probability flux ``J = drift p - D^alpha d(D^(1 - alpha) p)`` on ``grid``, (k,).

    ``p`` is a positive density (k,).  The derivative is taken of
    ``log p + (1 - alpha) log D`` by second-order differences, so J carries a relative error
    of order (grid step)^2: a check that J vanishes, not a high-order solver.

    Raises
    ------
    ValueError
        ``p`` not positive or not of the grid's shape, and as :func:`density`.
    """
    alpha = _validate.convention(convention)
    x = _increasing(grid)
    p = _validate.finite("p", p, ndim=1)
    if p.shape != x.shape or x.size < 3 or (p <= 0).any():
        raise ValueError(
            f"p must be positive on >= 3 grid points, got shape {p.shape} for a grid of "
            f"{x.size} and smallest value {p.min():g}; cut the grid where p underflows"
        )
    d = _evaluate(D, x, "D")
    slope = np.gradient(np.log(p) + (1 - alpha) * np.log(d), x, edge_order=2)
    return p * (_evaluate(drift, x, "drift") - d * slope)
