"""The likelihood of a Student t: value, slope and curvature, and its profile in k = 1/nu."""

import math

import numpy as np
from scipy.special import gammaln, polygamma, psi

#: Below this 1/nu the law is reported as Gaussian; no sample under 1e11 draws tells them apart.
GAUSSIAN = 1e-6
BLOCK = 1 << 15


def log_constant(k: float) -> tuple[float, float, float]:
    """Log norm of the unit t at ``nu = 1/k`` and its first two derivatives in k."""
    if k < 0.02:
        c = k * (-1 / 4 + k * k * (1 / 24 - k * k * (1 / 20 - 17 * k * k / 112)))
        dc = -1 / 4 + k * k * (1 / 8 - k * k * (1 / 4 - 17 * k * k / 16))
        ddc = k * (1 / 4 - k * k * (1 - 51 * k * k / 8))
        return c - 0.5 * math.log(2 * math.pi), dc, ddc
    low, high = 0.5 / k, 0.5 / k + 0.5
    c = gammaln(high) - gammaln(low) + 0.5 * math.log(k / math.pi)
    rise = psi(high) - psi(low)
    bend = polygamma(1, high) - polygamma(1, low)
    dc = -rise / (2 * k**2) + 1 / (2 * k)
    return float(c), float(dc), float(rise / k**3 + bend / (4 * k**4) - 1 / (2 * k**2))


def derivatives(x: np.ndarray, loc: float, scale: float, k: float):
    """Log-likelihood, gradient (3,) and Hessian (3, 3) in (loc / scale, log scale, k)."""
    sums = np.zeros(8)
    for start in range(0, x.size, BLOCK):
        z = (x[start : start + BLOCK] - loc) / scale
        z2 = z * z
        q = k * z2
        b = 1 / (1 + q)
        p, zb = z2 * b, z * b
        sums += np.log1p(q).sum(), p.sum(), zb.sum(), b @ b, b @ p, p @ p, zb @ b, zb @ p
    L, P, ZB, BB, BP, PP, ZBB, ZBP = sums
    n, weight = x.size, 1 + k
    c, dc, ddc = log_constant(k)
    value = n * (c - math.log(scale)) - weight / (2 * k) * L
    slope = n * dc + L / (2 * k * k) - weight / (2 * k) * P
    bend = n * ddc - L / k**3 + P / k**2 + weight / (2 * k) * PP
    gradient = np.array([weight * ZB, weight * P - n, slope])
    across, cross, mixed = -2 * weight * ZBB, ZBB - ZBP, BP - PP
    hessian = np.array(
        [
            [-weight * (BB - k * BP), across, cross],
            [across, -2 * weight * BP, mixed],
            [cross, mixed, bend],
        ]
    )
    return value, gradient, hessian


def solve(curvature: np.ndarray, gradient: np.ndarray) -> np.ndarray:
    """Newton step uphill; negative curvature counts by its size."""
    rates, axes = np.linalg.eigh(curvature)
    rates = np.maximum(np.abs(rates), 1e-10 * np.abs(rates).max())
    return axes @ ((axes.T @ gradient) / rates)


def profile(x: np.ndarray, loc: float, scale: float, k: float) -> tuple[float, float, float]:
    """Largest log-likelihood with k held, and its loc and scale; Newton from near by."""
    value, gradient, hessian = derivatives(x, loc, scale, k)
    for _ in range(100):
        step = solve(-hessian[:2, :2], gradient[:2])
        rise, shrink = gradient[:2] @ step, 1.0
        while True:
            move = np.clip(shrink * step, (-2, -1), (2, 1))
            trial = loc + scale * float(move[0]), scale * math.exp(float(move[1]))
            result = derivatives(x, *trial, k)
            if result[0] >= value - 1e-13 * (abs(value) + x.size) or shrink < 1e-6:
                break
            shrink /= 2
        (loc, scale), (value, gradient, hessian) = trial, result
        if rise < 1e-7 or shrink < 1e-6:
            break
    return value, loc, scale


def profile_interval(
    x: np.ndarray, loc: float, scale: float, k: float, top: float, fall: float
) -> tuple[float, float]:
    """The k on either side at which the profile lies ``fall`` below ``top``; 0 is the least.

    Relative accuracy 1e-4.
    """
    from scipy.optimize import brentq

    def excess(log_k: float) -> float:
        return top - fall - profile(x, loc, scale, math.exp(log_k))[0]

    first = 2 * math.sqrt(2 / (3 * x.size))
    high = max(2 * k, first)
    while excess(math.log(high)) < 0:
        high *= 2
        if high > 1e3:
            raise ValueError(
                f"the profile likelihood of nu must fall on both sides, got none down to "
                f"nu = {1 / high:g}; look for ties in the data"
            )
    middle = math.log(max(k, GAUSSIAN))
    above = math.exp(brentq(excess, middle, math.log(high), xtol=1e-4))
    if k <= GAUSSIAN or excess(math.log(GAUSSIAN)) <= 0:
        return 0.0, above
    return math.exp(brentq(excess, math.log(GAUSSIAN), middle, xtol=1e-4)), above
