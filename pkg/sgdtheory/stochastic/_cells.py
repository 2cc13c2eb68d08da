r"""Finite volumes in the plane: jump rates between neighbouring cells of a box.

Between two centres, ``l`` before and ``r`` behind their face, ``log phi`` rises by a and b and
is taken as straight on either side.  The flux is then known exactly (Scharfetter and Gummel),

.. math:: k = \frac{A}{V}\,\frac{D}{l\,E(-a) + r\,e^{-a} E(-b)}, \qquad
          E(z) = \int_0^1 e^{zt}\,dt ,

with the face's area A and D, and the volume V of the cell that is left.  Detailed balance
``phi V k`` is the same both ways, so that ``phi`` is the law of the chain to the last digit.  A
cell whose value is held has no resistance: the boundary of a held set lies on its faces.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.sparse import csc_array, diags_array
from scipy.sparse.linalg import SuperLU, splu

from sgdtheory import _validate

Field = Callable[[np.ndarray, np.ndarray], Any]
#: Rise of log phi between points given as (x, y): ``rise(axis, here, there)``.
Rise = Callable[[int, Sequence, Sequence], np.ndarray]


@dataclass(frozen=True)
class Grid:
    """Cells between the edges ``x``, ``y``; for ``dimension`` d > 2 the y is a distance from
    the x axis and carries the weight ``y^(d - 2)``."""

    x: np.ndarray
    y: np.ndarray
    dimension: int = 2

    @classmethod
    def checked(cls, x, y, dimension) -> "Grid":
        d = _validate.count("dimension", dimension, 2, "the plane is 2, a distance 3 and more")
        edges = {}
        for name, given in (("x", x), ("y", y)):
            edges[name] = _validate.finite(name, given, ndim=1, minimum=3)
            if not (np.diff(edges[name]) > 0).all():
                raise ValueError(
                    f"{name} must increase from edge to edge, got a step of "
                    f"{np.diff(edges[name]).min():g}; sort the edges and drop equal ones"
                )
        if d > 2 and edges["y"][0] < 0:
            raise ValueError(
                f"y must be >= 0 where it is a distance (dimension {d}), got "
                f"{edges['y'][0]:g}; start its edges at 0"
            )
        return cls(edges["x"], edges["y"], d)

    @property
    def axes(self) -> tuple[np.ndarray, np.ndarray]:
        """Centres along x and along y."""
        return (self.x[1:] + self.x[:-1]) / 2, (self.y[1:] + self.y[:-1]) / 2

    @property
    def centres(self) -> tuple[np.ndarray, np.ndarray]:
        x, y = np.meshgrid(*self.axes, indexing="ij")
        return x, y

    @property
    def widths(self) -> tuple[np.ndarray, np.ndarray]:
        """Integrals of the weight, 1 and ``y^(d-2)``, over each interval."""
        return np.diff(self.x), np.diff(self.y ** (self.dimension - 1)) / (self.dimension - 1)

    @property
    def volumes(self) -> np.ndarray:
        return np.outer(*self.widths)

    def mask(self, name: str, chosen: Field) -> np.ndarray:
        """Where ``chosen`` holds at the centres; refused if nowhere or everywhere."""
        x, y = self.centres
        if not callable(chosen):
            raise TypeError(
                f"{name} must be a function of x and y, got {type(chosen).__name__}; "
                "such as lambda x, y: x > 1"
            )
        mask = np.broadcast_to(np.asarray(chosen(x, y)), x.shape)
        if mask.dtype != bool:
            raise TypeError(
                f"{name} must return true or false, got {mask.dtype}; compare, as in x > 1"
            )
        if mask.all() or not mask.any():
            raise ValueError(
                f"{name} must hold in some cells and not in all, got {mask.sum()} of "
                f"{mask.size}; move its boundary or the box"
            )
        return mask


@dataclass(frozen=True)
class Jumps:
    """Pairs of neighbours: flat indices, rates forth and back, and the rise of log phi."""

    here: np.ndarray
    there: np.ndarray
    forth: np.ndarray
    back: np.ndarray
    rise: np.ndarray

    def factor(self, free: np.ndarray) -> SuperLU:
        """LU of the rates out of, minus those into, the free cells: an M-matrix, which needs
        no pivots."""
        n, number = int(free.sum()), np.cumsum(free) - 1
        pairs = free[self.here] & free[self.there]
        i, j = number[self.here[pairs]], number[self.there[pairs]]
        rates = np.concatenate([self.forth[pairs], self.back[pairs]])
        into = csc_array((rates, (np.append(i, j), np.append(j, i))), shape=(n, n))
        matrix = diags_array(self.leaving(free)[free]) - into
        try:
            return splu(matrix.tocsc(), "MMD_AT_PLUS_A", 0.0, options=dict(SymmetricMode=True))
        except RuntimeError as error:
            raise ValueError(
                f"every cell must be left at some finite rate, got a matrix that is singular "
                f"({error}); make the cells smaller where the drift is steep"
            ) from None

    def leaving(self, free: np.ndarray) -> np.ndarray:
        """Total rate out of each free cell."""
        cells = np.concatenate([self.here, self.there])
        rates = np.concatenate([self.forth, self.back])
        return np.bincount(cells, np.where(free[cells], rates, 0.0), len(free))

    def reaching(self, target: np.ndarray) -> np.ndarray:
        """Rate of each cell into the target."""
        cells = np.concatenate([self.here, self.there])
        others = np.concatenate([self.there, self.here])
        rates = np.concatenate([self.forth, self.back])
        into = target[others] & ~target[cells]
        return np.bincount(cells, np.where(into, rates, 0.0), len(target))

    def refuse_coarse(self, weight: np.ndarray) -> None:
        """``weight`` says how much each pair matters."""
        step = float(np.sqrt(np.average(self.rise**2, weights=weight)))
        if step > 2:
            raise ValueError(
                f"the grid must resolve the law, got log phi changing by {step:.3g} from cell "
                "to cell where it matters; make the cells smaller there"
            )


def _mean_exp(z: np.ndarray) -> np.ndarray:
    return np.where(z == 0, 1.0, np.expm1(z) / np.where(z == 0, 1.0, z))


def jumps(grid: Grid, rise: Rise, D: Field, held: np.ndarray) -> Jumps:
    """All pairs, along x and then along y; ``D`` gives a number or a pair of numbers."""
    pairs = [_along(grid, axis, rise, D, held) for axis in (0, 1)]
    return Jumps(*(np.concatenate(parts) for parts in zip(*pairs, strict=True)))


def _along(grid: Grid, axis: int, rise: Rise, D: Field, held) -> tuple:
    def cut(array, part):
        return array[part] if axis == 0 else array[:, part]

    before, behind = slice(None, -1), slice(1, None)
    edges = (grid.x, grid.y)[axis][1:-1]
    face = list(np.meshgrid(*(edges if k == axis else c for k, c in enumerate(grid.axes)),
                            indexing="ij"))  # fmt: skip
    here, there = ([cut(c, part) for c in grid.centres] for part in (before, behind))
    widths = list(grid.widths)
    widths[axis] = edges ** (grid.dimension - 2) if axis else np.ones(len(edges))
    area, volume = np.outer(*widths), grid.volumes
    left = np.where(cut(held, before), 0.0, face[axis] - here[axis])
    right = np.where(cut(held, behind), 0.0, there[axis] - face[axis])
    # A jump against e^300 never happens; beyond that the exponentials would overflow.
    a, b = (np.clip(rise(axis, *ends), -300, 300) for ends in ((here, face), (face, there)))
    flow = np.where(left + right > 0, area * diffusion(D, *face)[axis], 0.0)
    left = np.where(flow > 0, left, 1.0)  # no jumps inside what is held
    forth = flow / (left * _mean_exp(-a) + right * np.exp(-a) * _mean_exp(-b))
    back = flow / (right * _mean_exp(b) + left * np.exp(b) * _mean_exp(a))
    forth, back = forth / cut(volume, before), back / cut(volume, behind)
    number = np.arange(held.size).reshape(held.shape)
    parts = cut(number, before), cut(number, behind), forth, back, a + b
    return tuple(part.ravel() for part in parts)


def diffusion(D: Field, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """D along x and along y; refused unless positive."""
    pair = fields("D", D, x, y, fewest=1)
    for d in pair:
        if not (np.isfinite(d) & (d > 0)).all():
            at = int(np.argmin(np.where(np.isfinite(d), d, -np.inf)))
            raise ValueError(
                f"D must be > 0 and finite in the whole box, got {d.flat[at]:g} at "
                f"({x.flat[at]:g}, {y.flat[at]:g}); make the box smaller"
            )
    return pair


def fields(name: str, function, x, y, fewest: int = 2) -> tuple[np.ndarray, np.ndarray]:
    """Two components; one value stands for both where ``fewest`` is 1."""
    if not callable(function):
        raise TypeError(
            f"{name} must be a function of x and y, got {type(function).__name__}; for a "
            "constant c pass lambda x, y: c + 0 * x"
        )
    given = function(x, y)
    values = given if isinstance(given, tuple | list) else (given,)
    if not fewest <= len(values) <= 2:
        raise ValueError(
            f"{name} must return {'one or two arrays' if fewest == 1 else 'two arrays'}, got "
            f"{len(values)}; one for each coordinate"
        )
    arrays = [_validate.evaluated(name, lambda _, v=v: v, x) for v in values]
    return arrays[0], arrays[-1]
