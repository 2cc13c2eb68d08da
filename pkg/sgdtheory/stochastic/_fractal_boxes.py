"""Box counting: of sets in the plane, and of the graph of a surface."""

import numpy as np

from sgdtheory import _validate

#: Fewer boxes along a side say nothing about a dimension.
_FEWEST = 4


def _divisors(n: int, sizes) -> np.ndarray:
    """Box sizes in cells, each a divisor of n with at least four boxes along a side."""
    if sizes is None:
        sizes = [2**k for k in range(n.bit_length()) if n % 2**k == 0 and n >= _FEWEST * 2**k]
    found = np.array([_validate.count("a box size", s) for s in sizes], dtype=int)
    bad = [int(s) for s in found if n % s or n < _FEWEST * s]
    if not found.size or bad:
        raise ValueError(
            f"box sizes must divide the {n} cells of a side into >= {_FEWEST} boxes, got "
            f"{bad or 'none'}; take powers of two on a grid of a power of two"
        )
    return np.unique(found)


def count_boxes(mask, sizes=None) -> tuple[np.ndarray, np.ndarray]:
    """Boxes that hold a point of a set in the plane.

    Parameters
    ----------
    mask : (n, n) boolean, a pixel each.
    sizes : sides of the boxes in pixels, divisors of n; default the powers of two.

    Returns
    -------
    sizes, counts

    Raises
    ------
    ValueError
        An empty set; fewer than four boxes along a side.
    """
    mask = np.asarray(mask)
    if mask.dtype != bool or mask.ndim != 2 or mask.shape[0] != mask.shape[1]:
        raise ValueError(
            f"mask must be a square array of booleans, got {mask.dtype} of shape {mask.shape}; "
            "pass z > level, or level_set(z, level)"
        )
    if not mask.any():
        raise ValueError("mask must hold a point, got an empty set; it has no dimension")
    n = len(mask)
    sizes = _divisors(n, sizes)
    boxes = [mask.reshape(n // s, s, n // s, s).any(axis=(1, 3)).sum() for s in sizes]
    return sizes, np.array(boxes)


def block_ranges(z: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Lowest and highest value over the nodes of each square of ``size`` cells."""
    blocks = np.lib.stride_tricks.sliding_window_view(z, (size + 1, size + 1))[::size, ::size]
    return blocks.min(axis=(2, 3)), blocks.max(axis=(2, 3))


def count_graph_boxes(z, sizes=None, height=None) -> tuple[np.ndarray, np.ndarray]:
    r"""Boxes that the graph of a continuous surface touches (differential box counting).

    Over a square of side s a range R takes :math:`1 + R/s` boxes on average, so that an
    fBm surface takes :math:`s^{-2}(1 + c\,s^{H-1})` (ANO-S9).  The one is the bias: the
    slope lies *below* 3 - H at every size, by :math:`(1 - H)/(1 + c\,s^{H-1})`, the more so
    the flatter the surface.  On 513 nodes with the default height a true 2.8 reads 2.5.  A
    node that lies between those of the grid may stick out, which lowers the smallest sizes
    further.  `structure_function` has neither trouble.

    Parameters
    ----------
    z : (n + 1, n + 1) nodes of n x n cells.
    sizes : sides of the boxes in cells, divisors of n; default the powers of two.
    height : range of z that counts as long as the side of the domain; default that of z.

    Returns
    -------
    sizes, counts

    Raises
    ------
    ValueError
        Nodes not square, fewer than four boxes along a side, ``height <= 0``.
    """
    z = _validate.square("z", z)
    n = len(z) - 1
    sizes = _divisors(n, sizes)
    height = _validate.positive("height", np.ptp(z) if height is None else height)
    counts = []
    for size in sizes:
        edge = height * size / n
        low, high = block_ranges(z, int(size))
        counts.append(int((np.floor(high / edge) - np.floor(low / edge) + 1).sum()))
    return sizes, np.array(counts)


def level_set(z, level: float) -> np.ndarray:
    """Cells that the level crosses: (n + 1, n + 1) nodes to an (n, n) mask."""
    low, high = block_ranges(_validate.square("z", z), 1)
    level = _validate.real("level", level)
    return (low <= level) & (level <= high)
