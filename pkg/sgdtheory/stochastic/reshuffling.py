"""Stationary statistics under sampling without replacement, one mode, no limit taken.

Units of ``eta^2 C``, ``h = eta * eigenvalue``, heavy ball ``v' = mu v - eta g``.  An epoch
visits each of M minibatches once; their noises (population over the M batches) have
``E xi^2 = C`` and ``sum xi = 0``, so two of one epoch have covariance ``-C / (M - 1)``.
"""

import math

import numpy as np

from sgdtheory import _validate
from sgdtheory.stochastic import _mode

__all__ = [
    "correlation_time",
    "crossover_curvature",
    "epoch_variance",
    "shuffle_once_variance",
    "velocity_variance",
    "white_window_variance",
    "window_variance",
]


def _flat_series(y, M: int):
    """G = 2F1(1, 2-M; 3; y) and (1 - G)/y for ``|y| M <= 1``, by the binomial series."""
    term, G, K = 1.0, 1.0, 0.0
    for j in range(3, 60):
        # term_j = 2 binom(M, j) (-y)^(j-2) / (M (M - 1)); K collects -term_j / y.
        factor = (M - j + 1) / j
        K = K + term * factor
        term = -term * factor * y
        G = G + term
        if abs(term) < 1e-18:
            break
    return G, K


def _power(y, M: int):
    """``(1 - y)^M``."""
    if isinstance(y, complex) or y >= 0.5:
        return (1 - y) ** M
    return math.exp(M * math.log1p(-y))


def _sums(y, M: int):
    """``G = 2 [z^M - 1 + M y] / (M (M - 1) y^2)`` and ``(1 - G)/y`` at ``z = 1 - y``."""
    if abs(y) * M <= 1:
        return _flat_series(y, M)
    G = 2 * (_power(y, M) - 1 + M * y) / (M * (M - 1.0) * y * y)
    return G, (1 - G) / y


def _reshuffled(y, M: int):
    """``F(z) = Phi_M(z) / (1 - z^2)`` at ``z = 1 - y``, real or complex, exact near y = 0.

    ``Phi_M = 1 - z G = (1 - G) + y G``, so ``F = [(1 - G)/y + G] / (2 - y)``: no
    cancellation is left.
    """
    G, K = _sums(y, M)
    return (G + K) / (2 - y)


def epoch_variance(h, M: int, momentum: float = 0.0):
    """Stationary variance under random reshuffling, in units of ``eta^2 C`` (IVF-RR1, RR3).

    Every epoch has a fresh random order; noises of different epochs are independent.  The
    variance is averaged over the M phases of an epoch.  ``h``: any shape.  Without
    momentum, ``a = 1 - h``,

    ``X = Phi_M(a) / (1 - a^2)``, ``Phi_M(a) = 1 - 2a [M (1-a) - 1 + a^M] / (M (M-1) (1-a)^2)``,

    which is ``(M + 1)/6`` for ``h M << 1``, ``1 / (h (2 - h))`` for ``h M >> 1``.  Ten digits
    for h from 1e-9 to near the stability limit, M to 1e6, momentum to 0.99.

    Raises
    ------
    ValueError
        h outside ``(0, 2 (1 + mu))``, ``M < 2`` (one batch has no noise), momentum outside
        ``[0, 1)``, NaN.
    """
    M = _mode.epoch(M)
    return _mode.each(lambda y: _reshuffled(y, M), h, momentum)


def shuffle_once_variance(h, M: int, momentum: float = 0.0):
    """The same with one order kept for all epochs, mean over the M! orders (IVF-SO1).

    The orbit is periodic; a random order begun elsewhere is a random order, so every phase
    has this variance.  The noise holds the M - 1 frequencies ``w = 2 pi k/M`` in equal shares,
    and each is passed on by its own factor:

    ``X = sum_k 1/|e^(iw) - (1 + mu - h) + mu e^(-iw)|^2 / (M - 1)``, flat limit at mu = 0
    ``(M + 1)/12``.  Its closed form is a difference that loses digits; this sum of positive
    terms loses none and takes M operations.  Arguments and errors as :func:`epoch_variance`.
    """
    (h, mu), M = _mode.stable(h, momentum), _mode.epoch(M)
    half = np.pi * np.arange(1, M // 2 + 1) / M
    sine = np.sin(half)
    # Frequencies come in pairs +-w but for w = pi.
    weight = np.where(2 * np.arange(1, M // 2 + 1) == M, 1.0, 2.0) / (M - 1)
    damped = (2 * (1 - mu) * sine * np.cos(half)) ** 2
    restored = 2 * (1 + mu) * sine**2
    values = [weight @ (1 / ((x - restored) ** 2 + damped)) for x in h.ravel()]
    return np.array(values).reshape(h.shape)[()]


def velocity_variance(h, M: int | None = None, momentum: float = 0.0):
    """``E (u_{t+1} - u_t)^2``, in units of ``eta^2 C``; M=None: with replacement (IVF-WIN1).

    With replacement ``2 / [(1 - mu)(2 (1 + mu) - h)]``; random reshuffling, averaged over
    phases, ``(2 + h G) / (2 - h)`` without momentum, ``G = 2 [a^M - 1 + M h] / (M (M-1) h^2)``.
    Arguments and errors as :func:`epoch_variance`.
    """
    if M is None:
        h, mu = _mode.stable(h, momentum)
        return 2 / ((1 - mu) * (2 * (1 + mu) - h))
    M = _mode.epoch(M)
    return _mode.each(lambda y: (2 + y * _sums(y, M)[0]) / (2 - y), h, momentum)


def correlation_time(h, M: int | None = None, momentum: float = 0.0):
    """``tau = variance / velocity_variance`` in steps, the correlation time of IVF-E13.

    ``(1 + mu) / (2h)`` with replacement; ``(M + 1)/6`` for reshuffling without momentum at
    ``h M << 1``: it never falls with growing flatness.  Arguments and errors as
    :func:`velocity_variance`.
    """
    if M is None:
        h, mu = _mode.stable(h, momentum)
        return (1 + mu) / (2 * h)
    return epoch_variance(h, M, momentum) / velocity_variance(h, M, momentum)


def crossover_curvature(eta: float, M: int, momentum: float = 0.0) -> float:
    """``3 (1 - mu) / (eta M)``: below it reshuffling holds the variance down (IVF-XO1).

    There the leading flat and sharp variances meet.  ``eta`` > 0 per step, ``M >= 2``.

    Raises
    ------
    ValueError
        eta not > 0, ``M < 2``, momentum outside ``[0, 1)``.
    """
    eta, mu = _validate.positive("eta", eta), _mode.momentum(momentum)
    return 3 * (1 - mu) / (eta * _mode.epoch(M))


def window_variance(a: float, T: int) -> float:
    """Expected variance of a stationary AR(1) inside a window of T points (IVF-WIN1).

    ``x' = a x + e``, ``Var e = 1``; the variance about the window's own mean, normalised by
    1/T: ``(T-1)/T Phi_T(a) / (1 - a^2)`` with Phi of :func:`epoch_variance` (taking out the
    mean is a zero-sum constraint, as an epoch is).  Its limit at a = 1 is ``(T^2 - 1)/(6T)``.

    Raises
    ------
    ValueError
        ``|a| >= 1`` (not stationary), ``T < 2``, NaN.
    """
    a, T = _validate.real("a", a), _validate.count("T", T, 2, "a window needs two points")
    if abs(a) >= 1:
        raise ValueError(
            f"a must lie in (-1, 1) for a stationary AR(1), got {a:g}; a = 1 - eta h, so use a "
            "smaller eta"
        )
    return (T - 1) / T * float(_reshuffled(1 - a, T))


def white_window_variance(h, T: int, momentum: float = 0.0):
    """:func:`window_variance` of a mode, also with momentum, in units of ``eta^2 C``.

    Sampling with replacement, stationary start; for ``h T << 3`` and no momentum
    ``(T^2 - 1)/(6T)``.  ``h`` as in :func:`epoch_variance`; ``a = 1 - h`` is never formed, so
    flat modes keep their digits.

    Raises
    ------
    ValueError
        h outside ``(0, 2 (1 + mu))``, ``T < 2``, momentum outside ``[0, 1)``, NaN.
    """
    T = _validate.count("T", T, 2, "a window needs two points")
    return (T - 1) / T * _mode.each(lambda y: _reshuffled(y, T), h, momentum)
