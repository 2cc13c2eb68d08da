"""Tail areas of the Pearson type IV law, through its angle.

With u = lambda + a tan(theta) the density of theta on (-pi/2, pi/2) is
``norm * cos(theta)^(2m-2) * exp(-nu theta)``.  The area above theta is a sum of positive
panels (Gauss-Legendre) and of one end piece (Gauss-Jacobi, which carries the power
s^(2m-2) at distance s from pi/2), so far tails keep their relative accuracy.
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from scipy.optimize import brentq
from scipy.special import loggamma, roots_jacobi

NODES, WEIGHTS = np.polynomial.legendre.leggauss(20)
#: A log-density this far below its maximum no longer shows in double precision.
UNSEEN = 760.0
#: Points handled at a time, 20 nodes each.
BLOCK = 1 << 15


def _stirling(z):
    """``loggamma(z) - [(z - 1/2) log z - z + log(2 pi)/2]`` for ``Re z >= 20``."""
    r = 1 / (z * z)
    return (1 / 12 - r * (1 / 360 - r * (1 / 1260 - r * (1 / 1680 - r / 1188)))) / z


def log_norm(m: float, nu: float) -> float:
    """Logarithm of ``|Gamma(m + i nu/2) / Gamma(m)|^2 / B(m - 1/2, 1/2)``.

    From m = 20 on the large parts of the log-gammas cancel in closed form (Stirling), so
    the absolute error stays near ``1e-16 * m`` and does not grow like ``m log m``.
    """
    if m < 20:
        ratio = 2 * (loggamma(m + 0.5j * nu).real - loggamma(m))
        return float(ratio + loggamma(m) - loggamma(m - 0.5) - 0.5 * np.log(np.pi))
    x = nu / (2 * m)
    ratio = (m - 0.5) * np.log1p(x * x) - nu * np.arctan(x)
    ratio += 2 * (_stirling(m + 0.5j * nu).real - _stirling(m))
    beta = 0.5 * np.log(m) - (m - 1) * np.log1p(-0.5 / m) - 0.5
    beta += _stirling(m) - _stirling(m - 0.5)
    return float(ratio + beta - 0.5 * np.log(np.pi))


class Table(NamedTuple):
    """Panels of one law: edges in theta, areas above them, and the two end pieces."""

    left: float
    right: float
    width: float
    shift: float
    above: np.ndarray
    total: float
    top: float


def log_density(theta, m: float, nu: float):
    """``(2m - 2) log cos(theta) - nu theta``, without the norm."""
    return (2 * m - 2) * np.log(np.cos(theta)) - nu * theta


@lru_cache(maxsize=64)
def _jacobi(power: float):
    """Nodes and weights of the integral over (0, 1) of ``x^power g(x)``."""
    t, w = roots_jacobi(24, 0.0, power)
    return (1 + t) / 2, w / w.sum() / (power + 1)


def _end(s, m: float, nu: float, shift: float):
    """Area within distance ``s`` of theta = pi/2 (``s`` at most one panel)."""
    p = 2 * m - 2
    x, w = _jacobi(p)
    s = np.asarray(s, dtype=float)[..., None]
    with np.errstate(divide="ignore"):
        scale = np.exp((p + 1) * np.log(s[..., 0]) - nu * np.pi / 2 - shift)
    return scale * ((np.exp(nu * s * x) * np.sinc(s * x / np.pi) ** p) @ w)


def _range(m: float, nu: float, width: float) -> tuple[float, float]:
    """Interval of theta outside which nothing but the end pieces can be seen."""
    p, end = 2 * m - 2, np.pi / 2 - width
    if p <= 0:
        reach = UNSEEN / max(abs(nu), 1e-300)
        return (-end, min(end, reach - end)) if nu > 0 else (max(-end, end - reach), end)
    mode = np.arctan2(-nu, p)
    floor = log_density(mode, m, nu) - UNSEEN
    sides = [
        side * end
        if end <= side * mode or log_density(side * end, m, nu) >= floor
        else brentq(lambda t: log_density(t, m, nu) - floor, mode, side * end, xtol=width / 8)
        for side in (-1, 1)
    ]
    return sides[0], sides[1]


@lru_cache(maxsize=64)
def _table(m: float, nu: float) -> Table:
    p = max(2 * m - 2, 1.0)
    width = 0.5 * min(0.5, 1 / np.sqrt(p + nu * nu / p))
    end = np.pi / 2 - width
    left, right = _range(m, nu, width)
    panels = max(1, int(np.ceil((right - left) / width)))
    step = (right - left) / panels
    theta = left + step * (np.arange(panels)[:, None] + (1 + NODES) / 2)
    log_p = log_density(theta, m, nu)
    shift = float(log_p.max())
    area = np.exp(log_p - shift) @ WEIGHTS * step / 2
    top = float(_end(width, m, nu, shift)) if right == end else 0.0
    bottom = float(_end(width, m, -nu, shift)) if left == -end else 0.0
    above = np.append(np.cumsum(area[::-1])[::-1], 0.0) + top
    return Table(left, right, step, shift, above, above[0] + bottom, top)


def _area_above(s, rest, m: float, nu: float):
    """P(theta > pi/2 - s); ``rest = pi - s`` comes along, for its digits near pi."""
    area, t = np.empty(s.shape), _table(m, nu)
    for start in range(0, s.size, BLOCK):
        part = slice(start, start + BLOCK)
        area[part] = _block_above(s[part], rest[part], t, m, nu)
    return area / t.total


def _block_above(s, rest, t: Table, m: float, nu: float):
    theta = np.clip(np.pi / 2 - s, t.left, t.right)
    k = np.minimum(((theta - t.left) / t.width).astype(int), len(t.above) - 2)
    half = (t.left + t.width * (k + 1) - theta) / 2
    nodes = theta[..., None] + half[..., None] * (1 + NODES)
    part = np.exp(log_density(nodes, m, nu) - t.shift) @ WEIGHTS * half
    area = t.above[k + 1] + part
    high, low = s < np.pi / 2 - t.right, rest < np.pi / 2 + t.left
    if high.any():
        area[high] = _end(s[high], m, nu, t.shift) if t.top else 0.0
    if low.any():
        below = _end(rest[low], m, -nu, t.shift) if t.above[0] < t.total else 0.0
        area[low] = t.total - below
    return area


def sf(y, m: float, nu: float) -> np.ndarray:
    """P(tan theta > y); the cdf is ``sf(-y, m, -nu)``.  ``y`` any shape."""
    y = np.asarray(y, dtype=float)
    s, rest = np.arctan2(1.0, y).ravel(), np.arctan2(1.0, -y).ravel()
    return _area_above(s, rest, m, nu).reshape(y.shape)


def ppf(q, m: float, nu: float) -> np.ndarray:
    """The y with ``P(tan theta <= y) = q``, solved from the nearer end; any shape."""
    q = np.asarray(q, dtype=float)
    t = _table(m, nu)
    high, low = t.top / t.total, 1 - t.above[0] / t.total
    below = np.where(q <= 0.5, q <= 1 - high, q <= low) & (q > 0)
    above = ~below & (q < 1) & (q > 0)
    y = np.where(q > 0.5, np.inf, -np.inf)
    if below.any():
        y[below] = -_isf(q[below], m, -nu)
    if above.any():
        y[above] = _isf(1 - q[above], m, nu)
    return y


def _isf(q: np.ndarray, m: float, nu: float) -> np.ndarray:
    """The y with ``sf(y) = q``: Newton for log sf against log s, from the table."""
    t = _table(m, nu)
    edges = np.pi / 2 - (t.left + t.width * np.arange(len(t.above)))
    known = np.log(np.maximum(t.above[::-1] / t.total, 1e-320))
    log_q = np.log(q)
    x = np.interp(log_q, known, np.log(edges[::-1]))
    if t.top:
        beyond = log_q < known[0]
        x[beyond] += (log_q[beyond] - known[0]) / (2 * m - 1)
    lowest, highest = -700.0, np.log(np.pi) - 1e-16
    x = np.maximum(x, lowest)
    for _ in range(50):
        s = np.exp(x)
        area = np.maximum(_area_above(s, np.pi - s, m, nu), 1e-320)
        log_f = (2 * m - 2) * np.log(np.sin(s)) - nu * (np.pi / 2 - s) - t.shift
        slope = s * np.exp(log_f) / t.total / area
        move = np.clip((np.log(area) - log_q) / slope, -1.0, 1.0)
        moved = np.clip(x - move, lowest, highest)
        done = (np.abs(moved - x) <= 1e-14 * (1 + np.abs(x))).all()
        x = moved
        if done:
            break
    s = np.exp(x)
    return np.where(x > lowest, np.cos(s) / np.sin(s), np.inf)


def rvs(size: int, m: float, nu: float, rng: np.random.Generator) -> np.ndarray:
    """Exact draws of tan(theta).

    For m >= 1 theta has a log-concave density f with mode M, bounded by
    ``f(M) min(1, exp(1 - f(M) |theta - M|))``: rejection, one of four is kept.  Below
    m = 1 the area is inverted.
    """
    if m < 1:
        return ppf(1.0 - rng.random(size), m, nu)
    mode = np.arctan2(-nu, 2 * m - 2) if m > 1 else -np.sign(nu) * np.pi / 2
    log_c = log_norm(m, nu)
    peak = np.exp(log_c + (log_density(mode, m, nu) if m > 1 else abs(nu) * np.pi / 2))
    kept: list[np.ndarray] = []
    missing = size
    while missing > 0:
        n = int(4.2 * missing) + 64
        x = np.where(rng.random(n) < 0.5, rng.random(n), 1 + rng.standard_exponential(n))
        theta = mode + np.where(rng.random(n) < 0.5, x, -x) / peak
        theta = np.where(np.abs(theta) < np.pi / 2, theta, np.nan)
        log_bound = np.log(peak) + np.minimum(0.0, 1 - x) + np.log1p(-rng.random(n))
        good = theta[log_bound <= log_density(theta, m, nu) + log_c][:missing]
        kept.append(np.tan(good))
        missing -= len(good)
    return np.concatenate(kept) if kept else np.empty(0)
