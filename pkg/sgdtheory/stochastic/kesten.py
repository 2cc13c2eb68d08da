"""Kesten exponents: how heavy the tail of ``w' = (1 - eta h) w - eta g`` is.

``P(|w| > x)`` falls like ``x^-a`` with ``E|1 - eta h|^a = 1``.  The law of
``y = log|1 - eta h|`` is laid down once as points y_i with log-weights; then
``E|1 - eta h|^a - 1`` is the sum of ``w_i (exp(a y_i) - 1)`` for every a, without
cancellation against 1.
"""

import math

import numpy as np
from scipy.optimize import brentq
from scipy.special import gammaln

from sgdtheory import _validate

#: Weights below exp(-SMALL) are left out.
SMALL = 50.0


def _excess(a: float, y: np.ndarray, log_w: np.ndarray) -> float:
    """``(E exp(a y) - 1) / a``; at a = 0 its limit E y."""
    if a == 0:
        return float(np.exp(log_w) @ y)
    rise = a * y
    with np.errstate(over="ignore"):
        terms = np.where(
            rise > 30,
            np.exp(log_w + rise),
            np.exp(log_w) * np.expm1(np.minimum(rise, 30)),
        )
    return float(terms.sum() / a)


def _root(points) -> float:
    """The root a > 0 of ``E exp(a y) = 1``; ``points(a)`` gives y, log w good up to ``a``."""
    drift = _excess(0.0, *points(1.0))
    if drift >= 0:
        raise ValueError(
            f"E log|1 - eta h| must be < 0 for a stationary law, got {drift:.6g}; "
            "use a smaller learning rate"
        )
    high = 1.0
    while _excess(high, *(law := points(high))) <= 0:
        high *= 2
        if high > 1e9:
            raise ValueError(
                "the exponent must be below 1e9, got none; treat this tail as Gaussian"
            )
    return float(brentq(_excess, 0.0, high, args=law, xtol=1e-14 * high, rtol=1e-15))


def _gaussian_points(gap: float, mean: float, s: float, a: float):
    """log|x| for ``x ~ N(mean, s^2)``, ``gap = 1 - mean``; trapezoidal in log|x|."""
    peak = math.sqrt(mean * mean + 4 * a * s * s)
    low, high = mean - 10 * s, (mean + peak) / 2 + 10 * s
    step = min(0.05, 0.3 * s / high)
    bottom = math.log1p(-gap - 10 * s) if low > 0.5 else -SMALL
    y = bottom + step * np.arange(math.ceil((math.log(high) - bottom) / step) + 1)
    scale = math.log(step / (s * math.sqrt(2 * math.pi)))
    log_w = scale + y - ((np.expm1(y) + gap) / s) ** 2 / 2
    reflected = (peak - mean) / 2 + 10 * s
    if low > 0.5 and a * math.log(reflected) - (mean / s) ** 2 / 2 < -SMALL:
        return y, log_w
    y_minus = np.arange(-SMALL, math.log(reflected) + step, step)
    log_minus = scale + y_minus - ((np.exp(y_minus) + mean) / s) ** 2 / 2
    return np.concatenate([y, y_minus]), np.concatenate([log_w, log_minus])


def kesten_exponent(eta_H: float, kappa: float) -> float:
    """Tail exponent a of SGD with Gaussian curvature: ``E|1 - eta h|^a = 1`` (PLD-X2).

    ``eta h ~ N(eta_H, eta_H / kappa)``, because ``eta^2 sigma_H = eta H / kappa``.  As
    ``eta_H -> 0``, ``a -> 2 kappa + 1``, the survival index of the Itô equation.  Ten digits
    for ``eta_H / kappa > 1e-10`` (the equation itself loses digits like ``1e-16 / s`` with
    ``s^2 = eta_H / kappa``).

    Raises
    ------
    ValueError
        ``eta_H`` or ``kappa`` not > 0, or ``E log|1 - eta h| >= 0``: no stationary law.
    """
    eta_H = _validate.positive("eta_H", eta_H, "eta_H is learning rate times curvature, > 0")
    kappa = _validate.positive("kappa", kappa)
    s = math.sqrt(eta_H / kappa)
    # The law of |x| does not change with the sign of the mean.
    mean = abs(1 - eta_H)
    gap = eta_H if eta_H < 1 else 2 - eta_H
    return _root(lambda a: _gaussian_points(gap, mean, s, a))


def _chi2_points(eta: float, batch: int, a: float):
    """log|1 - eta c| for ``c = chi2_b / b``: tanh-sinh below c = 1/eta, trapezoidal above."""
    shape, rate = batch / 2, batch / 2
    norm = shape * math.log(rate) - gammaln(shape)

    def log_density(log_c, c):
        return norm + (shape - 1) * log_c - rate * c

    t = np.linspace(-6.0, 6.0, 6001)
    g = np.pi * np.sinh(t)
    log_u, y = -np.logaddexp(0, -g), -np.logaddexp(0, g)
    log_w = log_density(log_u - math.log(eta), np.exp(log_u) / eta)
    log_w += log_u + y + np.log(np.pi * np.cosh(t) * (t[1] - t[0]) / eta)
    k = a + shape
    top = math.log((eta / rate) * (k + 10 * math.sqrt(k) + 2 * SMALL))
    step = 0.2 / math.sqrt(max(k, 4.0))
    y_minus = -SMALL + step * np.arange(math.ceil((max(top, 0) + SMALL) / step) + 1)
    c = (1 + np.exp(y_minus)) / eta
    log_minus = log_density(np.log(c), c) + y_minus + math.log(step / eta)
    return np.concatenate([y, y_minus]), np.concatenate([log_w, log_minus])


def kesten_exponent_least_squares(eta: float, batch: int) -> float:
    """Tail exponent a of SGD on least squares: ``E|1 - eta chi2_b / b|^a = 1`` (PLD-X3).

    For ``x ~ N(0, 1)``, ``h = chi2_b / b`` has H = 1 and ``kappa = b / (2 eta)``.  Its skewness
    enters at leading order: as ``eta -> 0``, ``a eta / b -> exp(1 + W(1/e)) / 2 = 1.7955607``,
    where the Itô equation gives 1.

    Raises
    ------
    ValueError
        ``eta`` not > 0, ``batch < 1``, or ``E log|1 - eta h| >= 0``: no stationary law.
    """
    eta = _validate.positive("eta", eta)
    batch = _validate.count("batch", batch)
    return _root(lambda a: _chi2_points(eta, batch, a))
