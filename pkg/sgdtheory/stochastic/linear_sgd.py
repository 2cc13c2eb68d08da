"""Exact stationary statistics of discrete-time SGD on a quadratic loss.

``u' = u - eta (H u + xi)``, ``Cov xi = C``, no continuous-time limit anywhere;
``h = eta lambda`` is the curvature of one mode in units of its learning rate.
"""

import numpy as np

from sgdtheory import _validate
from sgdtheory.stochastic import _mode
from sgdtheory.stochastic.epoch_phases import (
    boundary_window_variance,
    epoch_window_variance,
    phase_variance,
)
from sgdtheory.stochastic.kesten import kesten_exponent, kesten_exponent_least_squares
from sgdtheory.stochastic.reshuffling import (
    correlation_time,
    crossover_curvature,
    epoch_variance,
    shuffle_once_variance,
    velocity_variance,
    white_window_variance,
    window_variance,
)

__all__ = [
    "boundary_window_variance",
    "correlation_time",
    "crossover_curvature",
    "epoch_variance",
    "epoch_window_variance",
    "kesten_exponent",
    "kesten_exponent_least_squares",
    "mode_variance",
    "phase_covariance",
    "phase_variance",
    "regression_variance",
    "second_moment_random_coefficient",
    "shuffle_once_variance",
    "stationary_covariance",
    "velocity_variance",
    "white_window_variance",
    "window_variance",
]


def phase_covariance(H, C, eta: float, momentum: float = 0.0, nesterov: bool = False):
    """Stationary covariance of position and velocity, blocks ``(uu, uv, vv)``, (d, d) each.

    Arguments and errors as :func:`stationary_covariance`; ``uv[i, j] = E u_i v_j``.
    """
    H, C = _validate.square("H", H), _validate.covariance("C", C)
    eta, mu = _validate.positive("eta", eta), _mode.momentum(momentum)
    if H.shape != C.shape:
        raise ValueError(
            f"H and C must have one shape, got {H.shape} and {C.shape}; both are (d, d)"
        )
    if not np.allclose(H, H.T, rtol=0, atol=1e-12 * np.abs(H).max()):
        raise ValueError("H must be symmetric, got a matrix that is not; a Hessian is")
    spectrum, axes = np.linalg.eigh(H)
    h = eta * spectrum
    _mode.check_stable(h, mu, "nesterov" if nesterov else "heavy-ball")
    # Per pair of modes, s = (u, v) obeys s' = (1 + B) s - eta (1, 1) xi, so X = E s s^T solves
    # B_i X + X B_j^T + B_i X B_j^T = -eta^2 C_ij: written in B, flat modes lose no digits.
    B = np.empty((len(h), 2, 2))
    pull = mu * (1 - h) if nesterov else np.full_like(h, mu)
    B[:, 0, 0], B[:, 0, 1], B[:, 1, 0], B[:, 1, 1] = -h, pull, -h, pull - 1
    eye = np.eye(2)
    left = np.einsum("iab,jcd->ijacbd", B, eye[None].repeat(len(h), 0))
    right = np.einsum("iab,jcd->ijacbd", eye[None].repeat(len(h), 0), B)
    both = np.einsum("iab,jcd->ijacbd", B, B)
    system = (left + right + both).reshape(len(h), len(h), 4, 4)
    noise = eta**2 * (axes.T @ C @ axes)
    source = -noise[:, :, None, None] * np.ones((4, 1))
    X = np.linalg.solve(system, source)[..., 0]
    return tuple(axes @ X[:, :, k] @ axes.T for k in (0, 1, 3))


def stationary_covariance(
    H, C, eta: float, momentum: float = 0.0, nesterov: bool = False
) -> np.ndarray:
    """Stationary covariance of the weights, (d, d), exact in discrete time (IVF-LYAP1, HB1).

    Heavy ball ``v' = mu v - eta (H u + xi)``, ``u' = u + v'``; with ``nesterov`` the gradient
    is taken at ``u + mu v`` (Sutskever's form) and the result is the covariance of ``u``.
    PyTorch's ``nesterov=True`` stores ``u + mu v`` instead; its covariance is
    ``uu + mu (uv + uv^T) + mu^2 vv`` of :func:`phase_covariance`.

    ``H`` (d, d) symmetric and positive definite, ``C`` (d, d) the covariance of the
    minibatch gradient; they need not commute.  ``eta`` per step.  At mu = 0 in the
    eigenbasis of H: ``X_ij = eta C_ij / (l_i + l_j - eta l_i l_j)``.

    Raises
    ------
    ValueError
        ``eta * eigenvalue`` outside ``(0, 2 (1 + mu))``, or with ``nesterov`` outside
        ``(0, 2 (1 + mu) / (1 + 2 mu))``: no stationary state; C not a covariance; NaN; shapes.
    """
    X = phase_covariance(H, C, eta, momentum, nesterov)[0]
    return (X + X.T) / 2


def mode_variance(h, momentum: float = 0.0, scheme: str = "heavy-ball"):
    """Stationary variance of one mode, in units of ``eta^2 C``, sampling with replacement.

    ``scheme``: ``"heavy-ball"`` ``v' = mu v - eta g``, ``u' = u + v'`` (IVF-HB1); ``"ema"``
    the same with ``(1 - mu) g``, PyTorch's ``dampening = mu`` (IVF-EMA1); ``"nesterov"`` with
    the gradient at ``u + mu v`` (IVF-NAG1); ``"nesterov-stored"`` the variance of that point,
    which is what PyTorch's ``nesterov=True`` keeps as the weights.
    ``h = eta * eigenvalue``, any shape.

    Raises
    ------
    ValueError
        h outside ``(0, 2 (1 + mu))``, for EMA ``(0, 2 (1 + mu)/(1 - mu))``, for Nesterov
        ``(0, 2 (1 + mu)/(1 + 2 mu))``; an unknown scheme; momentum outside ``[0, 1)``; NaN.
    """
    schemes = ("heavy-ball", "ema", "nesterov", "nesterov-stored")
    _validate.one_of("scheme", scheme, schemes)
    h, mu = _validate.finite("h", h), _mode.momentum(momentum)
    _mode.check_stable(h, mu, scheme.removesuffix("-stored"))
    if scheme == "ema":
        return (1 + mu) / (h * (2 * (1 + mu) - h * (1 - mu)))
    if scheme == "heavy-ball":
        return (1 + mu) / (h * (1 - mu) * (2 * (1 + mu) - h))
    bottom = h * (1 - mu + h * mu) * (2 * (1 + mu) - h * (1 + 2 * mu))
    if scheme == "nesterov":
        return (1 + mu - h * mu) / bottom
    return (1 + mu + h * mu + 2 * h * mu**2) / bottom


def regression_variance(eta: float, a: float, noise: float, B: int = 1) -> float:
    """``E u^2`` of SGD on ``(w x - y)^2/2`` with one weight, batches of B (IVF-MUL1).

    ``x ~ N(0, a)``, labels with independent noise of variance ``noise``, fresh samples:
    ``eta noise / (B [2 - eta a (1 + 2/B)])``, exact in discrete time.

    Raises
    ------
    ValueError
        The moment is infinite: ``eta a (1 + 2/B) >= 2``; an argument not > 0; ``B < 1``.
    """
    a, noise = _validate.positive("a", a), _validate.positive("noise", noise)
    B = _validate.count("B", B, 1, "a batch holds one or more samples")
    return second_moment_random_coefficient(eta, a, a * noise / B, 2 * a * a / B)


def second_moment_random_coefficient(
    eta: float, H: float, sigma_g: float, sigma_H: float
) -> float:
    """``E w^2 = eta sigma_g / (2 H - eta H^2 - eta sigma_H)``, exact in discrete time (PLD-X1).

    For ``w' = (1 - eta h) w - eta g`` with ``Var h = sigma_H``, ``Var g = sigma_g`` and
    ``E g = 0``; a covariance of h and g does not enter, because ``E w = 0``.

    Raises
    ------
    ValueError
        The moment is infinite: ``eta (H^2 + sigma_H) >= 2 H``; or an argument not > 0.
    """
    eta, H = _validate.positive("eta", eta), _validate.positive("H", H)
    sigma_g = _validate.positive("sigma_g", sigma_g)
    sigma_H = _validate.positive("sigma_H", sigma_H)
    room = 2 * H - eta * (H * H + sigma_H)
    if room <= 0:
        raise ValueError(
            f"eta must be < 2 H / (H^2 + sigma_H) = {2 * H / (H * H + sigma_H):g} for a finite "
            f"second moment, got {eta:g}; use a smaller learning rate or a quantile"
        )
    return eta * sigma_g / room
