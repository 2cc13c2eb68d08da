r"""Maximum likelihood for stable laws: scoring steps on a spline of ln f.

The parameters are :math:`(\lambda, \beta, \delta, \ln\gamma)` with
:math:`\lambda = \ln(2 - \alpha)`: next to alpha = 2 the weight of the power-law tails is
proportional to :math:`2 - \alpha`, so that ln f is smooth in lambda and in nothing else.
"""

import math

import numpy as np
from scipy.interpolate import CubicSpline

from sgdtheory.stochastic._stable_integral import Path, log_density

#: Ends of the search: alpha from 0.2 to 2 - 1e-7.
LOW = np.array([math.log(1e-7), -1.0, -np.inf, -np.inf])
HIGH = np.array([math.log(1.8), 1.0, np.inf, np.inf])
LONGEST = np.array([2.0, 0.5, 1.0, 0.7])
NEARLY = math.log(1e-3)
SPACING, FINE, H = 0.1, 0.03, 1e-4
FLOOR = -700.0


class Curve:
    """A cubic spline of ln f of the unit law through (nearly) geometric nodes."""

    def __init__(self, alpha: float, beta: float, low: float, high: float, spacing: float):
        self.unit = min(1.0, alpha ** (1 / alpha))
        nodes = self._nodes(0.0, low, high, spacing)
        turn = -Path(alpha, beta).u if abs(alpha - 1) > 1e-9 else math.inf
        if alpha < 1.2 and beta != 0 and low < turn < high:
            nodes = np.union1d(nodes, self._nodes(turn, low, high, spacing))
        steps = np.diff(np.arcsinh(nodes / self.unit))
        self.nodes = nodes[np.append(True, steps > spacing / 50)]
        self.values = self.spline(alpha, beta)

    def _nodes(self, centre: float, low: float, high: float, spacing: float) -> np.ndarray:
        first, last = (math.asinh((end - centre) / self.unit) for end in (low, high))
        number = max(60, math.ceil((last - first) / spacing))
        return centre + self.unit * np.sinh(np.linspace(first, last, number))

    def spline(self, alpha: float, beta: float) -> CubicSpline:
        """ln f of another law on the same nodes."""
        heights = np.maximum(log_density(self.nodes, alpha, beta), FLOOR)
        return CubicSpline(np.arcsinh(self.nodes / self.unit), heights)

    def at(self, z: np.ndarray) -> np.ndarray:
        """The coordinate of the splines."""
        return np.arcsinh(z / self.unit)


def _curve(x: np.ndarray, theta: np.ndarray, spacing: float) -> tuple[Curve, np.ndarray]:
    """The curve that covers the data, and the data in its units."""
    z = (x - theta[2]) * math.exp(-theta[3])
    alpha = 2 - math.exp(theta[0])
    return Curve(alpha, theta[1], z.min() - 1e-3, z.max() + 1e-3, spacing), z


def log_likelihood(x: np.ndarray, theta: np.ndarray, spacing: float = FINE) -> np.ndarray:
    """ln f of every datum, (n,)."""
    curve, z = _curve(x, theta, spacing)
    return curve.values(curve.at(z)) - theta[3]


def scores(x: np.ndarray, theta: np.ndarray) -> tuple[float, np.ndarray]:
    """Log-likelihood, and the derivatives (n, 4) of every ln f."""
    curve, z = _curve(x, theta, SPACING)
    q, alpha = curve.at(z), 2 - math.exp(theta[0])
    here = curve.values(q)
    fatter = curve.spline(2 - math.exp(theta[0] + H), theta[1])(q)
    step = -H if theta[1] > 0 else H
    skewer = curve.spline(alpha, theta[1] + step)(q)
    along = curve.values(q, 1) / np.hypot(z, curve.unit)
    columns = (
        (fatter - here) / H,
        (skewer - here) / step,
        -along * math.exp(-theta[3]),
        -1 - z * along,
    )
    return float(here.sum() - x.size * theta[3]), np.stack(columns, axis=1)


def ascend(x: np.ndarray, theta: np.ndarray, gaussian: float, tolerance: float = 1e-5):
    """Maximise from ``theta``: the optimum, its gradient (4,) and information (4, 4).

    Scoring steps with the outer product of the scores, damped (Levenberg-Marquardt) and
    held within the bounds; they end where the next one would gain less than ``tolerance``,
    or on the way to alpha = 2 below the log-likelihood of the best ``gaussian``.
    """
    damping = 1e-3
    value, each = scores(x, theta)
    for _ in range(60):
        gradient, information = each.sum(axis=0), each.T @ each
        if theta[0] < NEARLY and value <= gaussian and gradient[0] < 0:
            break
        free = ~(((theta <= LOW) & (gradient < 0)) | ((theta >= HIGH) & (gradient > 0)))
        inner = information[np.ix_(free, free)]
        while True:
            step = np.zeros(4)
            ridge = damping * np.diag(np.diag(inner) + 1e-12 * x.size)
            step[free] = np.linalg.solve(inner + ridge, gradient[free])
            step /= max(1.0, np.abs(step / LONGEST / _units(theta)).max())
            trial = np.clip(theta + step, LOW, HIGH)
            if gradient @ step < tolerance or damping > 1e8:
                return theta, gradient, information
            found = log_likelihood(x, trial, SPACING).sum()
            if found > value:
                break
            damping *= 10
        theta, damping = trial, damping / 10
        value, each = scores(x, theta)
    return theta, gradient, information


def _units(theta: np.ndarray) -> np.ndarray:
    return np.array([1.0, 1.0, math.exp(theta[3]), 1.0])
