r"""Likelihood of Pearson IV, value and derivatives, and its maximum.

Natural letters (lambda, a, m, nu).  The search goes in (mode, log scale, log(2m-1), delta),
delta = -nu/2m, scale^2 = a^2 (1 + delta^2)/2m from the curvature at the mode: these hardly
depend on each other where the law is nearly Gaussian.
"""

import math

import numpy as np
from scipy.optimize import minimize
from scipy.special import polygamma, psi

from sgdtheory.stochastic import pearson_angle

BLOCK = 1 << 15


def trigamma(z: complex) -> complex:
    """Derivative of psi for Re z > 0: recurrence up to 12, then its asymptotic series."""
    total = 0j
    while z.real < 12:
        total += 1 / z**2
        z += 1
    r = 1 / z**2
    series = r / 6 - r * r * (1 / 30 - r * (1 / 42 - r * (1 / 30 - r * 5 / 66)))
    return total + (1 + series) / z + r / 2


def _sums(x: np.ndarray, loc: float, a: float, m: float, nu: float) -> np.ndarray:
    """Sums over the data of what value, slope and curvature are made of."""
    sums = np.zeros(10)
    for start in range(0, x.size, BLOCK):
        y = (x[start : start + BLOCK] - loc) / a
        b = 1 / (1 + y * y)
        yb = y * b
        pull = -(2 * m * yb + nu * b)
        bend = -2 * m * b - 2 * yb * pull
        sums += (
            np.log1p(y * y).sum(), np.arctan(y).sum(), pull.sum(), y @ pull,
            bend.sum(), y @ bend, (y * y) @ bend, b.sum(), yb.sum(), y @ yb,
        )  # fmt: skip
    return sums


def value_and_slope(x, loc, a, m, nu) -> tuple[float, np.ndarray]:
    """Log-likelihood and its gradient in (lambda, a, m, nu)."""
    L, A, pull, y_pull = _sums(x, loc, a, m, nu)[:4]
    n, z = x.size, complex(m, nu / 2)
    value = n * (pearson_angle.log_norm(m, nu) - math.log(a)) - m * L - nu * A
    digamma = psi(z)
    norm_m = 2 * digamma.real - psi(m) - psi(m - 0.5)
    slope = np.array([-pull / a, -(n + y_pull) / a, n * norm_m - L, -n * digamma.imag - A])
    return value, slope


def information(x, loc, a, m, nu) -> np.ndarray:
    """Minus the Hessian in (lambda, a, m, nu), 4 x 4."""
    _, _, pull, y_pull, bend, y_bend, yy_bend, B, YB, YYB = _sums(x, loc, a, m, nu)
    n, second = x.size, trigamma(complex(m, nu / 2))
    mm = n * (2 * second.real - polygamma(1, m) - polygamma(1, m - 0.5))
    across = (pull + y_bend) / a**2
    hessian = np.array(
        [
            [bend / a**2, across, 2 * YB / a, B / a],
            [across, (n + 2 * y_pull + yy_bend) / a**2, 2 * YYB / a, YB / a],
            [2 * YB / a, 2 * YYB / a, mm, -n * second.imag],
            [B / a, YB / a, -n * second.imag, -n * second.real / 2],
        ]
    )
    return -hessian


def natural(theta) -> tuple[tuple[float, float, float, float], np.ndarray]:
    """(lambda, a, m, nu) of (mode, log scale, log(2m-1), delta), and the Jacobian."""
    mode, log_scale, r, delta = map(float, theta)
    excess = math.exp(r) / 2  # m - 1/2
    m = excess + 0.5
    bend = 1 + delta**2
    a = math.exp(log_scale) * math.sqrt(2 * m / bend)
    a_r, a_delta = a * excess / (2 * m), -a * delta / bend
    jacobian = np.array(
        [
            [1, -a * delta, -delta * a_r, -a - delta * a_delta],
            [0, a, a_r, a_delta],
            [0, 0, excess, 0],
            [0, 0, -2 * delta * excess, -2 * m],
        ]
    )
    return (mode - a * delta, a, m, -2 * m * delta), jacobian


def climb(x: np.ndarray, start: np.ndarray, held: float | None = None):
    """Maximum near ``start``: (theta, log-likelihood); log(2m-1) held at ``held`` if given."""
    free = np.array([0, 1, 2, 3] if held is None else [0, 1, 3])
    full = np.array(start, dtype=float)
    if held is not None:
        full[2] = held

    def objective(part):
        full[free] = part
        if abs(full[1]) > 50 or not -20 < full[2] < 25 or abs(full[3]) > 1e6:
            return math.inf, np.zeros(free.size)
        at, jacobian = natural(full)
        value, slope = value_and_slope(x, *at)
        return -value / x.size, -(slope @ jacobian)[free] / x.size

    with np.errstate(over="ignore", invalid="ignore"):
        best = minimize(objective, full[free], jac=True, method="BFGS",
                        options={"gtol": 1e-8, "maxiter": 500})  # fmt: skip
    full[free] = best.x
    return full.copy(), -float(best.fun) * x.size
