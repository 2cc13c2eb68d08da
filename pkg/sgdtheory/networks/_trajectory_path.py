"""Geometry of a recorded path, all from its Gram matrix ``G_ij = (w_i - c) . (w_j - c)``.

Distances do not depend on the centre c.  Costs are O(T^2), whatever the number of weights.
"""

from dataclasses import dataclass

import numpy as np

from sgdtheory import _validate as check


@dataclass(frozen=True)
class Binned:
    """Means of y in bins of x that are equally wide in ln x.

    ``edges`` (bins + 1,); ``centres`` geometric mean of the x in each bin; ``mean`` of the
    y; ``counts``.  An empty bin has count 0 and NaN for the other two.
    """

    edges: np.ndarray
    centres: np.ndarray
    mean: np.ndarray
    counts: np.ndarray

    def slope(self, low: float, high: float) -> float:
        """Least-squares slope of ln mean on ln x over the bins with their middle in range.

        Neighbouring bins share pairs, so that the residuals say nothing about its error:
        take that from other runs.

        Raises
        ------
        ValueError
            Fewer than two bins in range, or one that is empty or has mean zero.
        """
        middle = np.sqrt(self.edges[1:] * self.edges[:-1])
        inside = (low <= middle) & (middle <= high)
        bad = inside & ~(self.mean > 0)
        if inside.sum() < 2 or bad.any():
            raise ValueError(
                f"a slope needs >= 2 bins with data between {low:g} and {high:g}, got "
                f"{inside.sum()} bins of which {bad.sum()} empty or zero; widen the range or "
                "take fewer bins"
            )
        return float(np.polyfit(np.log(self.centres[inside]), np.log(self.mean[inside]), 1)[0])


def binned(x, y, edges) -> Binned:
    """Means of ``y`` in the bins of ``x``; pairs outside the edges are left out."""
    x, y = check.finite("x", x, ndim=1), check.finite("y", y, ndim=1)
    edges = check.finite("edges", edges, ndim=1, minimum=2)
    if len(x) != len(y):
        raise ValueError(f"x and y must be as long, got {len(x)} and {len(y)}; pass pairs")
    if edges[0] <= 0 or (np.diff(edges) <= 0).any():
        raise ValueError(
            f"edges must be positive and rise, got {edges[0]:g} to {edges[-1]:g}; "
            "take np.geomspace(low, high, bins + 1)"
        )
    size = len(edges) - 1
    place = np.searchsorted(edges, x, side="right") - 1
    place[x == edges[-1]] = size - 1
    kept = (place >= 0) & (place < size)
    place, x, y = place[kept], x[kept], y[kept]
    counts = np.bincount(place, minlength=size)
    some = np.where(counts > 0, counts, np.nan)
    centres = np.exp(np.bincount(place, np.log(x), size) / some)
    return Binned(edges, centres, np.bincount(place, y, size) / some, counts)


def distances(gram) -> np.ndarray:
    """End-to-end distances ``R_ij = |w_i - w_j|`` (T, T).

    Raises
    ------
    ValueError
        Not a Gram matrix of three points or more, or all points are one (constant).
    """
    G = check.square("gram", gram)
    if len(G) < 3:
        raise ValueError(f"a path needs >= 3 points, got {len(G)}; record a longer window")
    squares = np.diag(G)[:, None] + np.diag(G) - G - G.T
    squares = np.maximum(squares, 0)
    if not squares.max() > 0:
        raise ValueError(
            f"the {len(G)} points of the path must not all be one, got a constant "
            "trajectory; does the step change the weights that are recorded?"
        )
    np.fill_diagonal(squares, 0)
    return np.sqrt(squares)


def contour_length(gram) -> np.ndarray:
    """``s_ij = sum of |w_{t+1} - w_t|`` over the ``|j - i|`` steps between two points (T, T).

    The step *into* the first point is none of them.  (ANO-S6)
    """
    along = np.concatenate([[0.0], np.cumsum(np.diagonal(distances(gram), 1))])
    return np.abs(along[:, None] - along)


def transverse(gram, i: int, j: int) -> float:
    """Largest distance of the points ``i, ..., j`` from the chord ``w_i w_j``.  (ANO-S7)

    Raises
    ------
    ValueError
        Fewer than two steps between the points, or a closed loop, which has no chord.
    """
    R = distances(gram)
    first, last = check.count("i", i, 0), check.count("j", j, 0)
    if not first + 2 <= last < len(R):
        raise ValueError(
            f"a transverse distance needs i + 2 <= j < {len(R)}, got i = {i}, j = {j}; "
            "take a longer fragment"
        )
    squares = R[first : last + 1] ** 2
    chord = squares[0, last]
    if chord == 0:
        raise ValueError(
            f"w_i and w_j must differ, got the same point at {i} and {j}; "
            "choose another fragment"
        )
    from_start, from_end = squares[:, first], squares[:, last]
    along = (from_start + chord - from_end) / 2  # (w_k - w_i) . (w_j - w_i)
    return float(np.sqrt(max(0.0, (from_start - along**2 / chord).max())))


def spectrum(gram) -> np.ndarray:
    """PCA variances of the T points, largest first (T - 1,); they add up to Tr Cov (1/T)."""
    G = check.square("gram", gram)
    G = G - G.mean(0)
    G -= G.mean(1, keepdims=True)
    return np.maximum(np.linalg.eigvalsh(G)[:0:-1] / len(G), 0)


def path_scaling(gram, bins: int = 20) -> Binned:
    """Mean of ``R_ij^2`` over all pairs, in log bins of the contour length s_ij.  (ANO-S6)"""
    R, s = _pairs(distances(gram)), _pairs(contour_length(gram))
    return binned(s, R**2, _log_edges(s, bins))


def path_exponent(gram, low: float, high: float, bins: int = 5) -> float:
    """Slope of ln R^2 on ln s, s from ``low`` to ``high`` mean step lengths.

    With steps of equal length it is the exponent of the TAMSD at those lags, ``2/D_f``.
    """
    low, high = check.positive("low", low), check.positive("high", high)
    R = distances(gram)
    s = _pairs(contour_length(gram))
    step = np.diagonal(R, 1).mean()
    edges = np.geomspace(low * step, high * step, check.count("bins", bins, 2) + 1)
    return binned(s, _pairs(R) ** 2, edges).slope(edges[0], edges[-1])


def loss_scaling(gram, loss, bins: int = 20) -> Binned:
    """MSL: mean of ``(L_i - L_j)^2`` over all pairs, in log bins of ``|w_i - w_j|``.

    Pairs at the same point are left out.  Minibatch losses add `2 sigma_B^2` to every bin:
    see `loss_noise`.  (ANO-EQ9)

    Raises
    ------
    ValueError
        Not one loss per point, or losses that are not finite: evaluate them everywhere.
    """
    R = _pairs(distances(gram))
    values = check.finite("loss", loss, ndim=1)
    if len(values) != len(gram):
        raise ValueError(
            f"loss must hold one number per point, got {len(values)} for {len(gram)}; "
            "take it from the same window, at the same points"
        )
    apart = R > 0
    squares = _pairs((values[:, None] - values) ** 2)[apart]
    return binned(R[apart], squares, _log_edges(R[apart], bins))


def loss_noise(loss) -> float:
    """Variance of a loss read on minibatches, ``mean (L_{t+1} - L_t)^2 / 2``.  (ANO-EQ9)

    The floor that it puts under an MSL is twice this.  The true change of the loss within
    one step counts as noise here.
    """
    steps = np.diff(check.finite("loss", loss, ndim=1, minimum=3))
    return float((steps**2).mean() / 2)


def _pairs(matrix: np.ndarray) -> np.ndarray:
    """Entries above the diagonal: each pair i < j once."""
    return matrix[np.triu_indices(len(matrix), 1)]


def _log_edges(x: np.ndarray, bins: int) -> np.ndarray:
    low, high = x[x > 0].min(), x.max()
    if not low < high:
        raise ValueError(
            f"the pairs must differ in size, got all {low:g}; a scaling needs a longer window"
        )
    return np.geomspace(low, high, check.count("bins", bins, 2) + 1)
