"""Rough functions of one variable: fractional Brownian motion and Weierstrass-Mandelbrot."""

import math

import numpy as np

from sgdtheory import _validate

#: What the sum of Weierstrass and Mandelbrot may leave out, relative to its first term.
_TAIL = 1e-13


def index(H: float) -> float:
    """A Hurst index, 0 < H < 1."""
    number = _validate.real("H", H)
    if not 0 < number < 1:
        raise ValueError(
            f"H must lie between 0 and 1, got {number}; at 1 a path is a straight line, "
            "at 0 it is no function"
        )
    return number


def stationary_gaussian(autocovariance, *, paths: int, seed) -> np.ndarray:
    r"""Exact draws of a stationary Gaussian sequence, by circulant embedding (Davies, Harte).

    Parameters
    ----------
    autocovariance : (n + 1,) at the lags 0 to n.
    paths : how many independent sequences.
    seed : integer or numpy Generator.

    Returns
    -------
    (paths, n)

    Raises
    ------
    ValueError
        The circulant matrix of size 2n that holds the covariance has a negative eigenvalue,
        so that it is the covariance of nothing.
    """
    r = _validate.finite("autocovariance", autocovariance, ndim=1, minimum=2)
    paths, generator = _validate.count("paths", paths), _validate.generator(seed)
    eigenvalues = np.fft.fft(np.concatenate([r, r[-2:0:-1]])).real
    lowest, scale = float(eigenvalues.min()), float(np.abs(eigenvalues).max())
    if lowest < -1e-12 * scale:
        raise ValueError(
            "the circulant embedding must have no negative eigenvalue, got "
            f"{lowest:.3g} (largest {scale:.3g}); pass the autocovariance at more lags"
        )
    m, half = len(eigenvalues), -(-paths // 2)
    normals = generator.standard_normal((2, half, m))
    amplitude = np.sqrt(eigenvalues.clip(0) / m)
    both = np.fft.fft(amplitude * (normals[0] + 1j * normals[1]), axis=1)
    # The real and the imaginary part are independent of each other.
    return np.concatenate([both.real, both.imag])[:paths, : len(r) - 1]


def fbm(H: float, n: int, *, paths: int = 1, seed) -> np.ndarray:
    r"""Exact fractional Brownian motion at the times 0 to n.

    .. math:: B_0 = 0, \qquad
              E\,B_i B_j = \tfrac12\left(i^{2H} + j^{2H} - |i - j|^{2H}\right)

    Returns
    -------
    (paths, n + 1); for one path in d dimensions take ``paths=d`` and transpose.

    Raises
    ------
    ValueError
        H outside (0, 1).
    """
    H, n = index(H), _validate.count("n", n)
    lag = np.arange(n + 1.0)
    power = lag ** (2 * H)
    noise = (np.abs(lag - 1) ** (2 * H) - 2 * power + (lag + 1) ** (2 * H)) / 2
    steps = stationary_gaussian(noise, paths=paths, seed=seed)
    return np.concatenate([np.zeros((len(steps), 1)), steps.cumsum(axis=1)], axis=1)


def _scales(H: float, b: float) -> np.ndarray:
    """The n of the sum that matter; its tails fall like b^(-2nH) and b^(2n(1 - H))."""
    H, b = index(H), _validate.real("b", b)
    if b <= 1:
        raise ValueError(f"b must be > 1, got {b}; it is the ratio of neighbouring scales")
    depth = -math.log(_TAIL) / (2 * math.log(b))
    return np.arange(-math.ceil(depth / (1 - H)), math.ceil(depth / H) + 1)


def weierstrass_mandelbrot(t, H: float, b: float = 1.5, *, paths: int = 1, seed) -> np.ndarray:
    r"""Function of Weierstrass and Mandelbrot with random phases.  (ANO-T5)

    .. math:: W(t) = \sum_{n=-\infty}^{\infty} b^{-nH}
              \left[\cos\varphi_n - \cos(b^n t + \varphi_n)\right]

    The sum stops where what is left changes :math:`E\,W^2` by less than 1e-12 at t near 1.
    Doubles lose the phase beyond :math:`b^n = 10^{16}`: errors of :math:`10^{-16 \cdot 2H}`.

    Returns
    -------
    (paths, len(t)); its graph has the box dimension 2 - H.

    Raises
    ------
    ValueError
        H outside (0, 1), ``b <= 1``.
    """
    t = _validate.finite("t", t, ndim=1)
    n = _scales(H, b)
    generator = _validate.generator(seed)
    phases = generator.uniform(0, 2 * np.pi, (_validate.count("paths", paths), 1, len(n)))
    waves = np.cos(phases) - np.cos(t[:, None] * float(b) ** n + phases)
    return waves @ float(b) ** (-n * H)


def weierstrass_structure(t, H: float, b: float = 1.5) -> np.ndarray:
    r"""Exact :math:`E\,[W(s + t) - W(s)]^2 = \sum_n b^{-2nH} (1 - \cos b^n t)`, any s.

    Scales as :math:`S(bt) = b^{2H} S(t)`; errors 1e-12 at t near 1, or
    :math:`10^{-16 \cdot 2H}` where that is larger (H < 0.4).  (ANO-T5)

    Raises
    ------
    ValueError
        H outside (0, 1), ``b <= 1``.
    """
    t = _validate.finite("t", t)
    n = _scales(H, b)
    # 1 - cos x without the cancellation at small x
    return (2 * np.sin(t[..., None] * float(b) ** n / 2) ** 2) @ float(b) ** (-2 * n * H)
