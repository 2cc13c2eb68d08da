"""One mode of SGD: arguments, and heavy ball as two poles of the plain recursion."""

import math
from collections.abc import Callable

import numpy as np

from sgdtheory import _validate


def momentum(value) -> float:
    mu = _validate.real("momentum", value)
    if not 0 <= mu < 1:
        raise ValueError(f"momentum must be in [0, 1), got {mu:g}; 0.9 is usual")
    return mu


def check_stable(h: np.ndarray, mu: float, scheme: str = "heavy-ball") -> None:
    """Refuse ``h = eta * eigenvalue`` outside ``(0, 2 (1 + mu) / divisor)``."""
    divisor, formula = {
        "heavy-ball": (1.0, "2 (1 + mu)"),
        "ema": (1 - mu, "2 (1 + mu) / (1 - mu)"),
        "nesterov": (1 + 2 * mu, "2 (1 + mu) / (1 + 2 mu)"),
    }[scheme]
    limit = 2 * (1 + mu) / divisor
    if h.min() <= 0 or h.max() >= limit:
        worst = h.min() if h.min() <= 0 else h.max()
        raise ValueError(
            f"eta * eigenvalue must lie in (0, {limit:g}) = (0, {formula}) for a stationary "
            f"state at momentum {mu:g}, got {worst:.6g}; change eta or project flat modes out"
        )


def stable(h, mu) -> tuple[np.ndarray, float]:
    """``h`` (any shape) and ``mu``, or the error that there is no stationary state."""
    h, mu = _validate.finite("h", h), momentum(mu)
    check_stable(h, mu)
    return h, mu


def epoch(M) -> int:
    return _validate.count("M", M, 2, "an epoch needs two or more minibatches")


def each(plain: Callable, h, mu):
    """``plain(y)`` (``y = 1 - z``, z the pole) for every h, in the heavy ball where mu > 0.

    A stationary noise makes a variance ``sum_k rho(k) R(k)``, linear in the
    autocorrelation rho of the response; that of a heavy ball is made of two plain ones.
    """
    h, mu = stable(h, mu)
    value = (lambda x: _heavy_ball(plain, x, mu)) if mu else plain
    return np.array([value(float(x)) for x in h.ravel()]).reshape(h.shape)[()]


def _heavy_ball(plain: Callable, h: float, mu: float) -> float:
    """Divided difference of ``z plain(z)`` at the poles ``z_+-``, over ``1 - mu``."""
    center, discriminant = (1 + mu - h) / 2, (1 - mu + h) ** 2 / 4 - h
    radius = (1 - abs(center)) / 2
    if abs(discriminant) < (radius / 4) ** 2:
        # Near critical damping the poles merge: Cauchy's integral on a circle around them.
        z = center + radius * np.exp(2j * np.pi * (np.arange(48) + 0.5) / 48)
        values = [w * plain(complex(1 - w)) for w in z]
        kernel = (z - center) / ((z - center) ** 2 - discriminant)
        return float(np.mean(values * kernel).real / (1 - mu))
    if discriminant < 0:
        y = complex((1 - mu + h) / 2, -math.sqrt(-discriminant))
        z = 1 - y
        return float((z * plain(y)).imag / z.imag / (1 - mu))
    # y_- y_+ = h, so the smaller one is had without cancellation.
    y_minus = (1 - mu + h) / 2 + math.sqrt(discriminant)
    y_plus = h / y_minus
    rise = (1 - y_plus) * plain(y_plus) - (1 - y_minus) * plain(y_minus)
    return rise / (y_minus - y_plus) / (1 - mu)
