"""Averages over an ensemble of minibatch losses ``L_min exp(m (theta - place)^2 / 2)``.

``place`` is normal with mean 0 and standard deviation ``sigma``, independent of the rest;
``m`` and ``L_min`` are numbers or arrays of equally likely values.  Everything is summed by
quadrature, no formula of a mean landscape is used.  The mean of ``L^p`` exists only where
``p m sigma^2 < 1`` for *every* m.  A sample mean shows nothing of this, so that what does not
exist is refused here; a normal m reaches every value and has no mean loss at all.
"""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq

from sgdtheory import _validate as check

_NODES = np.linspace(-12.0, 12.0, 481)  # of a smooth rapidly falling integrand: full accuracy


@dataclass(frozen=True)
class Parabolas:
    """Minibatch losses as read off by :func:`fit`: one number per minibatch.

    ``log_L_min`` and ``place`` are NaN where the parabola has no minimum (``m <= 0``).
    """

    log_L_min: np.ndarray
    place: np.ndarray
    m: np.ndarray


def minibatch_loss(theta, L_min, place, m) -> np.ndarray:
    """``L_min exp(m (theta - place)^2 / 2)``, broadcast (IVF-E9); theta in weight units."""
    off = np.asarray(theta, dtype=float) - place
    return L_min * np.exp(m * off**2 / 2)


def mean_loss(theta, m, sigma: float, L_min=1.0) -> np.ndarray:
    """Mean over the ensemble at each of ``theta`` (any shape) (IVF-E10).

    Raises
    ------
    ValueError
        Some ``m sigma^2 >= 1``: the mean is infinite; bad or empty arguments.
    """
    return _average(theta, m, sigma, 1, lambda m, off: 1.0) * _minima(L_min).mean()


def gradient_moments(theta, m, sigma: float, L_min=1.0) -> tuple[np.ndarray, np.ndarray]:
    """Mean and mean square of the minibatch gradient at ``theta`` (any shape) (IVF-E12).

    Raises
    ------
    ValueError
        Some ``m sigma^2 >= 1/2``: the mean square is infinite; bad or empty arguments.
    """
    square = _average(theta, m, sigma, 2, lambda m, off: (m * off) ** 2)
    mean = _average(theta, m, sigma, 1, lambda m, off: m * off)
    minima = _minima(L_min)
    return mean * minima.mean(), square * (minima**2).mean()


def flatness(m, sigma: float) -> float:
    """Width over which the mean loss is below e times its value at 0 (IVF-E10).

    Raises
    ------
    ValueError
        As :func:`mean_loss`; or no m > 0, so that the mean loss never rises.
    """
    steepest = float(check.finite("m", m).max())
    if steepest <= 0:
        raise ValueError(
            f"some m must be > 0 for a loss that rises, got at most {steepest:g}; a hill has "
            "no width"
        )
    level = 1 + np.log(mean_loss(0.0, m, sigma))

    def above(theta: float) -> float:
        return float(np.log(mean_loss(theta, m, sigma)) - level)

    far = 0.1 * steepest**-0.5
    while above(far) < 0:
        far *= 2
    return 2 * brentq(above, 0.0, far, xtol=1e-14 * far)


def fit(theta, losses) -> Parabolas:
    """Least-squares parabolas through ``ln losses`` (batches, points) at ``theta`` (points,).

    The spread of ``place`` comes out too large where m is close to 0: judge by quantiles.

    Raises
    ------
    ValueError
        Fewer than three different points; shapes that disagree; a loss that is not > 0.
    """
    theta = check.finite("theta", theta, ndim=1, minimum=3)
    if (different := len(np.unique(theta))) < 3:
        raise ValueError(
            f"theta must hold >= 3 different points, got {different}; a parabola needs them"
        )
    losses = check.finite("losses", losses, ndim=2)
    if losses.shape[1] != len(theta):
        raise ValueError(
            f"losses must have one column per theta, got {losses.shape} for {len(theta)} "
            "points; pass (batches, points)"
        )
    if losses.min() <= 0:
        raise ValueError(
            f"losses must be > 0, got {losses.min():g}; add a floor or use larger minibatches"
        )
    scale = np.abs(theta).max()
    c, b, a = np.polynomial.polynomial.polyfit(theta / scale, np.log(losses).T, 2)
    with np.errstate(divide="ignore", invalid="ignore"):
        place = np.where(a > 0, -b / (2 * a), np.nan)
    return Parabolas(c - a * place**2, scale * place, 2 * a / scale**2)


def _minima(L_min) -> np.ndarray:
    values = check.finite("L_min", L_min)
    if values.min() <= 0:
        raise ValueError(f"L_min must be > 0, got {values.min():g}; a cross-entropy is")
    return values


def _average(theta, m, sigma, power: int, factor) -> np.ndarray:
    """Mean of ``factor(m, off) exp(power m off^2 / 2)``, ``off = theta - place``."""
    theta, m = check.finite("theta", theta), check.finite("m", m).ravel()
    sigma = check.positive("sigma", sigma)
    worst = power * m.max() * sigma**2
    if worst >= 1:
        raise ValueError(
            f"the mean of the loss to the power {power} needs m sigma^2 < {1 / power:g}, got "
            f"{worst / power:.4g}; it is infinite: bound m, or the places"
        )
    at = theta[..., None, None]
    room = 1 - power * m[:, None] * sigma**2
    # Nodes round the peak of the integrand, in units of its width.
    place = -power * m[:, None] * sigma**2 / room * at + sigma / np.sqrt(room) * _NODES
    off = at - place
    log_weight = power * m[:, None] * off**2 / 2 - (place / sigma) ** 2 / 2
    weight = np.exp(log_weight) / (sigma * np.sqrt(2 * np.pi))
    step = sigma / np.sqrt(room[:, 0]) * (_NODES[1] - _NODES[0])
    return ((factor(m[:, None], off) * weight).sum(-1) * step).mean(-1)
