"""Exact stationary statistics of discrete-time SGD on a quadratic loss.

``u' = u - eta (H u + xi)``, ``Cov xi = C``, no continuous-time limit anywhere;
``h = eta lambda`` is the curvature of one mode in units of its learning rate.
"""

import math

import numpy as np

from sgdtheory import _validate
from sgdtheory.stochastic.kesten import kesten_exponent, kesten_exponent_least_squares

__all__ = [
    "epoch_variance",
    "kesten_exponent",
    "kesten_exponent_least_squares",
    "phase_covariance",
    "second_moment_random_coefficient",
    "stationary_covariance",
    "window_variance",
]


def _momentum(value) -> float:
    mu = _validate.real("momentum", value)
    if not 0 <= mu < 1:
        raise ValueError(f"momentum must be in [0, 1), got {mu:g}; 0.9 is usual")
    return mu


def _check_stable(h: np.ndarray, mu: float, nesterov: bool = False) -> None:
    if nesterov:
        limit, formula = 2 * (1 + mu) / (1 + 2 * mu), "2 (1 + mu) / (1 + 2 mu)"
    else:
        limit, formula = 2 * (1 + mu), "2 (1 + mu)"
    if h.min() <= 0 or h.max() >= limit:
        worst = h.min() if h.min() <= 0 else h.max()
        raise ValueError(
            f"eta * eigenvalue must lie in (0, {limit:g}) = (0, {formula}) for a stationary "
            f"state at momentum {mu:g}, got {worst:.6g}; change eta or project flat modes out"
        )


def phase_covariance(H, C, eta: float, momentum: float = 0.0, nesterov: bool = False):
    """Stationary covariance of position and velocity, blocks ``(uu, uv, vv)``, (d, d) each.

    Arguments and errors as :func:`stationary_covariance`; ``uv[i, j] = E u_i v_j``.
    """
    H, C = _validate.square("H", H), _validate.covariance("C", C)
    eta, mu = _validate.positive("eta", eta), _momentum(momentum)
    if H.shape != C.shape:
        raise ValueError(
            f"H and C must have one shape, got {H.shape} and {C.shape}; both are (d, d)"
        )
    if not np.allclose(H, H.T, rtol=0, atol=1e-12 * np.abs(H).max()):
        raise ValueError("H must be symmetric, got a matrix that is not; a Hessian is")
    spectrum, axes = np.linalg.eigh(H)
    h = eta * spectrum
    _check_stable(h, mu, nesterov)
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
    """Stationary covariance of the weights, (d, d), exact in discrete time (IVF-LYAP, HB).

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


def _reshuffled(y, M: int):
    """``F(z) = Phi_M(z) / (1 - z^2)`` at ``z = 1 - y``, real or complex, exact near y = 0.

    ``Phi_M = 1 - z G`` with ``G = 2 [z^M - 1 + M y] / (M (M - 1) y^2)``; since
    ``1 - z G = (1 - G) + y G``, ``F = [(1 - G)/y + G] / (2 - y)``: no cancellation is left.
    """
    if abs(y) * M <= 1:
        G, K = _flat_series(y, M)
        return (G + K) / (2 - y)
    if isinstance(y, complex) or y >= 0.5:
        power = (1 - y) ** M
    else:
        power = math.exp(M * math.log1p(-y))
    G = 2 * (power - 1 + M * y) / (M * (M - 1.0) * y * y)
    return (G + (1 - G) / y) / (2 - y)


def _reshuffled_heavy_ball(h: float, M: int, mu: float) -> float:
    """Divided difference of ``z F(z)`` at the two poles of the heavy ball, over ``1 - mu``."""
    center, discriminant = (1 + mu - h) / 2, (1 - mu + h) ** 2 / 4 - h
    radius = (1 - abs(center)) / 2
    if abs(discriminant) < (radius / 4) ** 2:
        # Near critical damping the poles merge: Cauchy's integral on a circle around them.
        z = center + radius * np.exp(2j * np.pi * (np.arange(48) + 0.5) / 48)
        values = [w * _reshuffled(complex(1 - w), M) for w in z]
        kernel = (z - center) / ((z - center) ** 2 - discriminant)
        return float(np.mean(values * kernel).real / (1 - mu))
    if discriminant < 0:
        y = complex((1 - mu + h) / 2, -math.sqrt(-discriminant))
        z = 1 - y
        return float((z * _reshuffled(y, M)).imag / z.imag / (1 - mu))
    # y_- y_+ = h, so the smaller one is had without cancellation.
    y_minus = (1 - mu + h) / 2 + math.sqrt(discriminant)
    y_plus = h / y_minus
    rise = (1 - y_plus) * _reshuffled(y_plus, M) - (1 - y_minus) * _reshuffled(y_minus, M)
    return rise / (y_minus - y_plus) / (1 - mu)


def epoch_variance(h, M: int, momentum: float = 0.0):
    """Stationary variance under random reshuffling, in units of ``eta^2 C`` (IVF-RR).

    An epoch visits each of M minibatches once, in a fresh random order; their noises
    (population over the M batches) have ``E xi^2 = C`` and ``sum xi = 0``, so two of one epoch
    have covariance ``-C / (M - 1)`` and two of different epochs none.  The variance is
    averaged over the M phases of an epoch.  ``h = eta * eigenvalue``, any shape; heavy ball
    ``v' = mu v - eta g``.  Without momentum, ``a = 1 - h``,

    ``X = Phi_M(a) / (1 - a^2)``, ``Phi_M(a) = 1 - 2a [M (1-a) - 1 + a^M] / (M (M-1) (1-a)^2)``,

    which is ``(M + 1)/6`` for ``h M << 1``, ``1 / (h (2 - h))`` for ``h M >> 1``.  Ten digits
    for h from 1e-9 to near the stability limit, M to 1e6, momentum to 0.99.

    Raises
    ------
    ValueError
        h outside ``(0, 2 (1 + mu))``, ``M < 2`` (one batch has no noise), momentum outside
        ``[0, 1)``, NaN.
    """
    h, mu = _validate.finite("h", h), _momentum(momentum)
    M = _validate.count("M", M, 2, "an epoch needs two or more minibatches")
    _check_stable(h, mu)
    if mu:
        values = [_reshuffled_heavy_ball(float(x), M, mu) for x in h.ravel()]
    else:
        values = [_reshuffled(float(x), M) for x in h.ravel()]
    return np.array(values).reshape(h.shape)[()]


def window_variance(a: float, T: int) -> float:
    """Expected variance of a stationary AR(1) inside a window of T points.

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
