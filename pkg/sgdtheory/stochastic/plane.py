r"""Mean first-passage times in the plane, by finite volumes of the backward equation (FND-9).

For ``dx = f dt + sqrt(2D) dB`` with independent coordinates and calculus index alpha, in a box
with reflecting walls, the mean time T obeys

.. math:: \sum_i (f_i + \alpha\,\partial_i D_i)\,\partial_i T + D_i\,\partial_i^2 T = -1,
          \qquad T = 0 \text{ on the target.}

`mean_first_passage_time` solves it for any drift.  `escape` takes a reversible process by
``log phi`` instead, and is good at any barrier.  With ``dimension=d`` the second coordinate is
the distance from the x axis, and both solve problems of that symmetry in d dimensions.

Errors fall like the square of the cell width; two grids and Richardson's rule,
``(4 fine - coarse)/3``, gain two to three more digits.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from sgdtheory import _validate
from sgdtheory.stochastic._cells import Field, Grid, Jumps, diffusion, fields, jumps

#: Rounding makes a cell leak as much as this share of its rate.
_EPS = float(np.finfo(float).eps)


def mean_first_passage_time(
    drift: Callable,
    D: Field,
    start: tuple[float, float],
    reached: Callable,
    x,
    y,
    *,
    convention: str = "ito",
    dimension: int = 2,
) -> float:
    """Mean time (not steps) from the point ``start`` until ``reached``.  (FND-9)

    Parameters
    ----------
    drift : ``(x, y) -> (f_x, f_y)``, numpy arrays; a gradient or not.
    D : ``(x, y) -> D`` isotropic, or ``(D_x, D_y)``.
    start : a point two cells or more away from the target.
    reached : ``(x, y) -> bool``, asked at the centres of cells; the boundary of the target
        runs along edges, so put an edge where it should be.
    x, y : edges of the cells, increasing, at any spacing that varies slowly; the outermost
        are reflecting walls.
    convention : in which the SDE is read.
    dimension : above 2, y is the distance from the x axis in so many dimensions.

    Raises
    ------
    ValueError
        Bad edges, ``D <= 0`` in the box, a start outside the box or in the target, a target
        that is nowhere or everywhere, cells too wide, a time so long that rounding eats four
        digits (then use `escape`).
    """
    alpha = _validate.convention(convention)
    grid = Grid.checked(x, y, dimension)
    target = grid.mask("reached", reached).ravel()
    weights = _interpolation(grid, start, target)
    pairs = jumps(grid, _rise_of_drift(drift, D, alpha), D, target.reshape(grid.volumes.shape))
    stay = np.zeros(target.size)  # mean time spent in each cell
    stay[~target] = pairs.factor(~target).solve(weights[~target], "T")
    lost = _EPS * float(abs(stay) @ pairs.leaving(~target))
    if not lost < 1e-4:
        raise ValueError(
            f"the time must not be lost in rounding, got a relative error of up to {lost:.1g} "
            "(a barrier too high for a direct solution); use escape, which is good at any"
        )
    pairs.refuse_coarse(stay[pairs.here] + stay[pairs.there])
    return float(stay.sum())


def _rise_of_drift(drift: Callable, D: Field, alpha: float) -> Callable:
    """``∫ f/D - (1 - alpha) Δ log D`` by Simpson's rule on each piece."""

    def slope(axis, at):
        f, d = (part[axis] for part in (fields("drift", drift, *at), diffusion(D, *at)))
        if not np.isfinite(f).all():
            raise ValueError(
                "drift must be finite in the whole box, got NaN or infinity; "
                "make the box smaller"
            )
        return f / d, np.log(d)

    def rise(axis, here, there):
        middle = [(a + b) / 2 for a, b in zip(here, there, strict=True)]
        (a, first), (b, _), (c, last) = (slope(axis, at) for at in (here, middle, there))
        step = (there[axis] - here[axis]) / 6
        return step * (a + 4 * b + c) - (1 - alpha) * (last - first)

    return rise


def _interpolation(grid: Grid, start, target: np.ndarray) -> np.ndarray:
    """Weights of the cells around ``start``, linear in either coordinate, flat at the walls."""
    place = _validate.finite("start", start, ndim=1, minimum=2)
    inside = [e[0] <= s <= e[-1] for s, e in zip(place, (grid.x, grid.y), strict=False)]
    if len(place) != 2 or not all(inside):
        raise ValueError(
            f"start must be a point (x, y) of the box, got {tuple(map(float, place))}; move it "
            "or the edges"
        )
    lines = [
        np.array([np.interp(s, c, unit) for unit in np.eye(len(c))])
        for s, c in zip(place, grid.axes, strict=True)
    ]
    cell = [np.clip(np.searchsorted(e, s, "right") - 1, 0, len(e) - 2)
            for s, e in zip(place, (grid.x, grid.y), strict=True)]  # fmt: skip
    if target[np.ravel_multi_index(cell, grid.volumes.shape)]:
        raise ValueError(
            f"start must lie outside the target, got {tuple(map(float, place))} in a cell of "
            "it; move one of them"
        )
    return np.outer(*lines).ravel()


@dataclass(frozen=True)
class Escape:
    """``committor`` (cells along x, along y): probability of target before start.

    ``log_time`` is the logarithm of the mean time, ``log_mass - log_capacity``.
    """

    committor: np.ndarray
    log_mass: float
    log_capacity: float

    @property
    def log_time(self) -> float:
        return self.log_mass - self.log_capacity

    @property
    def time(self) -> float:
        """The mean time.

        Raises
        ------
        ValueError
            It is above 1e308.
        """
        if self.log_time > 709:
            raise ValueError(
                f"the time must be below 1e308, got exp({self.log_time:.6g}); use log_time"
            )
        return float(np.exp(self.log_time))


def escape(
    log_phi: Field, D: Field, start: Callable, reached: Callable, x, y, *, dimension: int = 2
) -> Escape:
    r"""Escape of a reversible process with stationary law ``phi``, at any barrier.

    Let q be the committor, the probability of the target B before the start set A.  Then

    .. math:: T = \frac{\int (1 - q)\,\phi}{\mathrm{cap}(A, B)}, \qquad
              \mathrm{cap} = \int \nabla q \cdot D\,\phi\,\nabla q ,

    exactly, is the mean time to B from the boundary of A, each point of it weighted by how
    often the process is there for the last time before B (the equilibrium law of A).  Behind
    a barrier of many D the choice of A no longer matters.  Sums are taken in logs and nothing
    is subtracted: the digits do not depend on the barrier.

    Parameters
    ----------
    log_phi : ``(x, y) -> log phi``, up to a constant, without the weight of ``dimension``;
        ``(f - (1 - alpha) grad D)/D`` is its gradient.
    D, x, y, dimension : as for `mean_first_passage_time`.
    start, reached : ``(x, y) -> bool``, asked at centres; one cell at least between them.

    Raises
    ------
    ValueError
        Bad edges, ``D <= 0``, a set that is nowhere or everywhere, sets that overlap or
        touch, ``log_phi`` not finite, cells too wide.
    """
    grid = Grid.checked(x, y, dimension)
    A, B = grid.mask("start", start), grid.mask("reached", reached)

    def rise(_, here, there):
        return _log_law(log_phi, *there) - _log_law(log_phi, *here)

    pairs = jumps(grid, rise, D, A | B)
    A, B = A.ravel(), B.ravel()
    touch = (A[pairs.here] & B[pairs.there]) | (B[pairs.here] & A[pairs.there])
    if (A & B).any() or touch.any():
        raise ValueError(
            "start and target must be apart by a cell at least, got "
            f"{int((A & B).sum())} cells in both and {int(touch.sum())} pairs that touch; "
            "move one of them"
        )
    free = ~(A | B)
    solve = pairs.factor(free).solve
    to_target, back = B.astype(float), A.astype(float)
    to_target[free], back[free] = (solve(pairs.reaching(end)[free]) for end in (B, A))
    log_cell = _log_law(log_phi, *grid.centres) + np.log(grid.volumes)
    log_cell = log_cell.ravel()
    with np.errstate(divide="ignore"):
        log_mass = log_cell + np.log(back)
    log_energy = _log_energy(pairs, log_cell, to_target, back)
    mass = np.exp(log_mass - log_mass.max())
    pairs.refuse_coarse(mass[pairs.here] + mass[pairs.there])
    pairs.refuse_coarse(np.exp(log_energy - log_energy.max()))
    return Escape(
        to_target.reshape(grid.volumes.shape),
        float(np.logaddexp.reduce(log_mass)),
        float(np.logaddexp.reduce(log_energy)),
    )


def _log_law(log_phi: Field, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    values, _ = fields("log_phi", log_phi, x, y, fewest=1)
    if not np.isfinite(values).all():
        raise ValueError(
            "log_phi must be finite in the whole box, got NaN or infinity; make the box smaller"
        )
    return values


def _log_energy(pairs: Jumps, log_cell: np.ndarray, q: np.ndarray, p: np.ndarray) -> np.ndarray:
    """Logarithm of ``phi V k (q - q')^2`` of each pair; its change is that of the smaller of
    q and p = 1 - q, which has all its digits."""
    here, there = pairs.here, pairs.there
    change = np.abs(np.where(q[here] < p[here], q[here] - q[there], p[here] - p[there]))
    with np.errstate(divide="ignore"):
        return log_cell[here] + np.log(pairs.forth) + 2 * np.log(change)
