"""Expected mean squared displacement: SGD on a quadratic, and processes known in closed form.

A displacement is summed over coordinates and never divided by their number; a lag counts
steps.  The *expected time-averaged* displacement of a window of T points is what
``msd.time_averaged`` scatters about.
"""

import numpy as np

from sgdtheory import _validate

__all__ = [
    "brownian",
    "brownian_relative_variance",
    "detrended_brownian",
    "drifted",
    "expected_on_quadratic",
    "fractional_brownian",
    "measurement_noise",
    "ornstein_uhlenbeck",
]

#: Numbers held at a time per array: lags times modes of one block.
BLOCK = 1 << 20


def _lags(lags, T: int | None = None) -> np.ndarray:
    """Lags as float64, whole numbers from 1 to T - 1."""
    tau = _validate.finite("lags", lags)
    low, high = tau.min(), tau.max()
    if (tau != np.rint(tau)).any() or low < 1 or (T is not None and high >= T):
        upper = "" if T is None else f" <= T - 1 = {T - 1}"
        raise ValueError(
            f"lags must be whole numbers >= 1{upper}, got values from {low:g} to {high:g}; "
            "a lag counts steps between two recorded points"
        )
    return tau


def _modes(eigenvalues, **others) -> list[np.ndarray]:
    """Eigenvalues and per-mode quantities >= 0, each of shape (d,)."""
    arrays = [np.atleast_1d(_validate.finite("eigenvalues", eigenvalues))]
    for name, value in others.items():
        arrays.append(np.atleast_1d(_validate.finite(name, value)))
        if arrays[-1].min() < 0:
            raise ValueError(
                f"{name} must be >= 0, got {arrays[-1].min():g}; it is a variance of one mode"
            )
    if any(a.ndim > 1 for a in arrays) or len({a.size for a in arrays} - {1}) > 1:
        raise ValueError(
            "eigenvalues, C0, C1 and m0 must be numbers or arrays of one shape (d,), got "
            f"shapes {[a.shape for a in arrays]}; pass one number per mode"
        )
    return list(np.broadcast_arrays(*arrays))


def _geometric(n, gap, log_ratio):
    """``1 + r + ... + r^(n-1)`` with ``gap = 1 - r``; n itself at r = 1."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(n == 0, 0.0, np.where(gap == 0, n, -np.expm1(n * log_ratio) / gap))


def _mean_geometric(K, gap, log_ratio):
    """Mean over j < K of ``1 + r + ... + r^(j-1)``: ``(1 - G_K / K) / (1 - r)``.

    Near r = 1, where that cancels, by its binomial series
    ``sum_i binom(K, i + 2) (-gap)^i / K``.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        far = (1 - _geometric(K, gap, log_ratio) / K) / gap
    small = np.abs(gap) * K <= 1
    y = np.where(small, gap, 0.0)
    near = term = (K - 1) / 2 + 0 * y
    for i in range(1, 20):
        term = -term * y * (K - 1 - i) / (i + 2)
        near = near + term
    return np.where(small, near, far)


def _powers(tau, h, c, rho, log_rho):
    """``1 - phi^tau`` and ``rho^tau - phi^(2 tau)``; ``phi = 1 - h``, ``rho = phi^2 + c``."""
    with np.errstate(divide="ignore", invalid="ignore"):
        log_phi = np.log1p(-np.where(h < 1, h, 2 - h))
        turned = (h > 1) & (tau % 2 == 1)
        lost = np.where(turned, 1 + np.exp(tau * log_phi), -np.expm1(tau * log_phi))
        gained = -np.expm1(tau * np.log1p(-c / rho)) * np.exp(tau * log_rho)
    return lost, np.where(c > 0, gained, 0.0)


def _one_block(tau, T, t_w, h, s2, c, m0):
    """Sum over modes of ``s^2 G_tau + [(1 - phi^tau)^2 + rho^tau - phi^(2 tau)] <m_t>``."""
    gap, rho = h * (2 - h) - c, (1 - h) ** 2 + c
    with np.errstate(divide="ignore"):
        log_rho = np.where(rho < 0.5, np.log(rho), np.log1p(-np.minimum(gap, 0.5)))
    K = T - tau
    lost, spread = _powers(tau, h, c, rho, log_rho)
    start = np.exp(t_w * log_rho) if t_w else 1.0
    noise = _geometric(float(t_w), gap, log_rho) + start * _mean_geometric(K, gap, log_rho)
    moment = m0 * start * _geometric(K, gap, log_rho) / K + s2 * noise
    return (s2 * _geometric(tau, gap, log_rho) + (lost**2 + spread) * moment).sum(-1)


def expected_on_quadratic(
    lags, T: int, eta: float, eigenvalues, C0, C1=0.0, m0=0.0, t_w: int = 0
) -> np.ndarray:
    """Expected time-averaged MSD of SGD on a quadratic, exact in discrete time (ANO-T3).

    Each mode obeys ``w' = (1 - eta lambda) w - eta xi`` with ``E xi = 0`` and
    ``Var(xi | w) = C0 + C1 w^2``, the minimum at 0, ``E w_0^2 = m0``.  The window holds the T
    points ``w_{t_w}, ..., w_{t_w + T - 1}``.  With ``phi = 1 - eta lambda``,
    ``rho = phi^2 + eta^2 C1`` and ``m_t = E w_t^2``, summed over modes,

    ``M(tau) = mean over t of [m_{t + tau} + (1 - 2 phi^tau) m_t]``.

    It is computed as a sum of terms none of which is negative, so no digits are lost at tiny
    ``eta lambda``, at ``rho = 1`` or next to it.  Any real eigenvalue is allowed: a flat mode
    walks, ``rho > 1`` grows.

    Parameters
    ----------
    lags : whole numbers in ``1 ... T - 1``, any shape, in steps
    T : recorded points of the window
    eta : learning rate, per step
    eigenvalues : curvature of each mode, a number or (d,)
    C0, C1 : noise of the minibatch gradient at the minimum and its growth with ``w^2``;
        numbers or (d,), >= 0
    m0 : mean square of each weight before the first step; a number or (d,), >= 0
    t_w : waiting time before the window, in steps

    Returns
    -------
    array of the shape of ``lags``, in units of ``w^2``

    Raises
    ------
    ValueError
        Lags outside the window, ``T < 2``, ``t_w < 0``, ``eta <= 0``, a negative variance,
        shapes that differ, NaN; growth beyond the range of floats.
    """
    T = _validate.count("T", T, 2, "a window needs two recorded points")
    t_w = _validate.count("t_w", t_w, 0, "pass how many steps come before the window")
    eta = _validate.positive("eta", eta)
    tau = _lags(lags, T)
    spectrum, C0, C1, m0 = _modes(eigenvalues, C0=C0, C1=C1, m0=m0)
    column = tau.reshape(-1, 1)
    total = np.zeros(tau.size)
    width = max(1, BLOCK // tau.size)
    with np.errstate(over="ignore", invalid="ignore"):
        for start in range(0, spectrum.size, width):
            part = slice(start, start + width)
            h, s2, c = eta * spectrum[part], eta**2 * C0[part], eta**2 * C1[part]
            total += _one_block(column, T, t_w, h, s2, c, m0[part])
    if not np.isfinite(total).all():
        raise ValueError(
            f"growth must stay within floats (1e308), got more after {t_w + T} steps; use a "
            "smaller eta, a shorter window or less C1"
        )
    return total.reshape(tau.shape)


def _amounts(d, **named) -> tuple[int, list[float]]:
    """Dimension d and quantities >= 0."""
    values = [_validate.real(name, value) for name, value in named.items()]
    for name, value in zip(named, values, strict=True):
        if value < 0:
            raise ValueError(f"{name} must be >= 0, got {value:g}; pass its size")
    return _validate.count("d", d), values


def brownian(lags, sigma: float = 1.0, d: int = 1) -> np.ndarray:
    """``d sigma^2 tau``: independent steps of variance ``sigma^2`` per coordinate (ANO-T2)."""
    return fractional_brownian(lags, 0.5, sigma, d)


def fractional_brownian(lags, H: float, sigma: float = 1.0, d: int = 1) -> np.ndarray:
    """``d sigma^2 tau^(2H)``: fractional Brownian motion, Hurst exponent H in (0, 1) (ANO-T2).

    ``sigma`` is the standard deviation of one step of one coordinate.
    """
    H = _validate.real("H", H)
    if not 0 < H < 1:
        raise ValueError(f"H must lie in (0, 1), got {H:g}; 1/2 is Brownian motion")
    d, (sigma,) = _amounts(d, sigma=sigma)
    return d * sigma**2 * _lags(lags) ** (2 * H)


def drifted(lags, v: float, sigma: float = 1.0, d: int = 1) -> np.ndarray:
    """``v^2 tau^2 + d sigma^2 tau``: Brownian motion with drift v per step (ANO-T2).

    ``v`` is the length of the drift vector; the local exponent passes 3/2 at
    ``tau = d sigma^2 / v^2``.
    """
    d, (v, sigma) = _amounts(d, v=v, sigma=sigma)
    tau = _lags(lags)
    return v**2 * tau**2 + d * sigma**2 * tau


def ornstein_uhlenbeck(lags, rate: float, variance: float = 1.0, d: int = 1) -> np.ndarray:
    """``2 d variance (1 - exp(-rate tau))``: stationary Ornstein-Uhlenbeck process (ANO-T2).

    ``rate`` per step, ``variance`` of each coordinate; the plateau is ``2 d variance``.
    """
    rate = _validate.positive("rate", rate)
    d, (variance,) = _amounts(d, variance=variance)
    return -2 * d * variance * np.expm1(-rate * _lags(lags))


def measurement_noise(epsilon: float, d: int = 1) -> float:
    """``2 d epsilon^2``: what independent errors of size epsilon add at every lag (ANO-T2)."""
    d, (epsilon,) = _amounts(d, epsilon=epsilon)
    return 2 * d * epsilon**2


def detrended_brownian(lags, T: int, sigma: float = 1.0, d: int = 1) -> np.ndarray:
    """``d sigma^2 tau (1 - tau/(T - 1))``: Brownian motion, end-to-end line removed (ANO-T2).

    T points; the line through the first and the last is subtracted, so lag T - 1 gives 0.
    """
    T = _validate.count("T", T, 2, "a window needs two recorded points")
    d, (sigma,) = _amounts(d, sigma=sigma)
    tau = _lags(lags, T)
    return d * sigma**2 * tau * (1 - tau / (T - 1))


def brownian_relative_variance(lag, T: int, d: float = 1) -> np.ndarray:
    """Variance over squared mean of the time-averaged MSD of Brownian motion (ANO-T2).

    At lag n with ``K = T - n`` overlapping pairs of points,
    ``(2/d) (4 n^2 K + 2K + n - n^3) / (6 n K^2)`` if ``K >= n`` and
    ``(2/d) [1 + (K^3 - 4 n K^2 + 4n - K) / (6 n^2 K)]`` otherwise.  Array like ``lag``;
    ``d`` may be an effective dimension, a real number > 0.
    """
    T = _validate.count("T", T, 2, "a window needs two recorded points")
    d = _validate.positive("d", d)
    n = _lags(lag, T)
    K = T - n
    few = (4 * n**2 * K + 2 * K + n - n**3) / (6 * n * K**2)
    many = 1 + (K**3 - 4 * n * K**2 + 4 * n - K) / (6 * n**2 * K)
    return 2 / d * np.where(K >= n, few, many)
