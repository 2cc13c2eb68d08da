"""Rough surfaces: exact, by their spectrum, by midpoint displacement."""

from collections.abc import Callable

import numpy as np

from sgdtheory import _validate
from sgdtheory.stochastic._fractal_paths import index


def surface_exact(H: float, n: int, *, draws: int = 1, seed) -> np.ndarray:
    r"""Exact fractional Brownian surfaces on n x n nodes at unit distance, zero at a corner.

    .. math:: E\,[z(x) - z(x')]^2 = |x - x'|^{2H}

    By Stein's embedding: a stationary surface whose covariance is c_0 - r^2H + c_2 r^2 on the
    grid and ends smoothly beyond, drawn by circulant embedding, plus a random plane.

    Returns
    -------
    (draws, n, n); two draws take about ``130 n^2`` complex numbers at H > 3/4, a quarter of
    that below.

    Raises
    ------
    ValueError
        H outside (0, 1); an embedding that is not nonnegative.
    """
    H, n = index(H), _validate.count("n", n, 2)
    draws, generator = _validate.count("draws", draws), _validate.generator(seed)
    diagonal = np.sqrt(2) * (n - 1)
    curvature, reach, covariance = _stein(2 * H)
    period = int(np.ceil(2 * reach * diagonal))
    apart = np.minimum(np.arange(period), period - np.arange(period)) / diagonal
    eigenvalues = np.fft.fft2(covariance(np.hypot(apart[:, None], apart))).real
    if eigenvalues.min() < -1e-9 * eigenvalues.max():
        raise ValueError(
            "the circulant embedding must have no negative eigenvalue, got "
            f"{eigenvalues.min():.3g} (largest {eigenvalues.max():.3g}); use surface_spectral"
        )
    amplitude = np.sqrt(eigenvalues.clip(0)) / period
    z = np.empty((draws, n, n))
    for k in range(0, draws, 2):
        normals = generator.standard_normal((2, period, period))
        both = np.fft.fft2(amplitude * (normals[0] + 1j * normals[1]))[:n, :n]
        z[k : k + 2] = np.stack([both.real, both.imag])[: draws - k]
    slope = np.sqrt(2 * curvature) * generator.standard_normal((2, draws, 1, 1))
    x = np.arange(n) / diagonal
    z += slope[0] * x[:, None] + slope[1] * x
    return (z - z[:, :1, :1]) * diagonal**H / np.sqrt(2)


def _stein(power: float) -> tuple[float, float, Callable]:
    """c_2, the range of the correlation, the covariance; the grid lies within r <= 1."""
    reach, cubic = 1.0, 0.0
    if power > 1.5:
        reach = 2.0
        cubic = power * (2 - power) / (3 * reach * (reach**2 - 1))
    curvature = (power - cubic * (reach - 1) ** 2 * (reach + 2)) / 2
    constant = cubic * (reach - 1) ** 3 + 1 - curvature

    def covariance(r: np.ndarray) -> np.ndarray:
        beyond = cubic * (reach - r).clip(0) ** 3 / r.clip(1)
        return np.where(r <= 1, constant - r**power + curvature * r**2, beyond)

    return curvature, reach, covariance


def surface_spectral(H: float, n: int, *, draws: int = 1, seed) -> np.ndarray:
    r"""Periodic Gaussian surfaces on n x n nodes with the spectrum :math:`|k|^{-2H-2}`.

    Scaled so that :math:`E\,[z(x + e) - z(x)]^2 = 1` between neighbours.  It is only nearly
    fractional Brownian: the grid cuts the spectrum at one end, the period at the other.  The
    H that `structure_function` yields at lags 2 to n/16 is too large by 0.06 at H = 0.3 and
    too small by 0.05 at H = 0.8.  `surface_exact` has no such error.

    Returns
    -------
    (draws, n, n)

    Raises
    ------
    ValueError
        H outside (0, 1).
    """
    H, n = index(H), _validate.count("n", n, 8)
    draws, generator = _validate.count("draws", draws), _validate.generator(seed)
    k = np.fft.fftfreq(n)
    size = np.hypot(k[:, None], k)
    size[0, 0] = np.inf
    power = size ** (-2 * H - 2)
    power /= 2 * (power * (1 - np.cos(2 * np.pi * k))).sum()
    normals = generator.standard_normal((2, draws, n, n))
    return np.fft.fft2(np.sqrt(power) * (normals[0] + 1j * normals[1])).real


def surface_midpoint(
    levels: int, ratio: float, *, amplitude: float = 1.0, draws: int = 1, seed
) -> np.ndarray:
    r"""Midpoint displacement on a square (diamond-square), corners at zero.  (ANO-S10)

    Each level puts a node into the middle of every square, then of every edge: the mean of
    its four neighbours (three at the border) plus an offset, uniform of width ``amplitude``;
    then ``amplitude`` is multiplied by ``ratio``.  So :math:`H = -\log_2` ratio; at ratio 1/2
    and below no roughness is left but a logarithm.

    Returns
    -------
    (draws, 2^levels + 1, 2^levels + 1)

    Raises
    ------
    ValueError
        A ratio outside (0, 1), ``amplitude <= 0``.
    """
    levels, draws = _validate.count("levels", levels), _validate.count("draws", draws)
    size = _validate.positive("amplitude", amplitude)
    if not 0 < _validate.real("ratio", ratio) < 1:
        raise ValueError(
            f"ratio must lie between 0 and 1, got {ratio}; it is 2^-H, offsets must shrink"
        )
    generator = _validate.generator(seed)
    z = np.zeros((draws, 2, 2))
    for _ in range(levels):
        z = _refined(z, size, generator)
        size *= ratio
    return z


def _refined(z: np.ndarray, size: float, generator: np.random.Generator) -> np.ndarray:
    """Twice as many cells along each side."""
    n = 2 * z.shape[-1] - 1
    fine = np.zeros((len(z), n, n))

    def offsets(shape) -> np.ndarray:
        return generator.uniform(-size / 2, size / 2, shape)

    fine[:, ::2, ::2] = z
    centre = (z[:, 1:, 1:] + z[:, :-1, 1:] + z[:, 1:, :-1] + z[:, :-1, :-1]) / 4
    fine[:, 1::2, 1::2] = centre + offsets(centre.shape)
    padded = np.pad(fine, ((0, 0), (1, 1), (1, 1)))
    total = (
        padded[:, 2:, 1:-1] + padded[:, :-2, 1:-1] + padded[:, 1:-1, 2:] + padded[:, 1:-1, :-2]
    )
    neighbours = np.full((n, n), 4.0)
    neighbours[[0, -1]] -= 1
    neighbours[:, [0, -1]] -= 1
    mean = np.divide(total, neighbours, out=total)
    for rows, columns in ((slice(0, None, 2), slice(1, None, 2)),
                          (slice(1, None, 2), slice(0, None, 2))):  # fmt: skip
        edge = mean[:, rows, columns]
        fine[:, rows, columns] = edge + offsets(edge.shape)
    return fine
