r"""Density and tails of a stable law as integrals of a positive function.

Zolotarev's path of steepest descent, in Nolan's form and S0 location.  With
:math:`\varepsilon = \alpha - 1`, :math:`u = \beta\tan(\pi\alpha/2)` and
:math:`x + u > 0` (else mirror x and beta), for scale 1,

.. math:: f = \frac{\alpha}{\pi |\varepsilon| (x + u)} \int_0^{\omega} g e^{-g}\,d\varphi,
          \qquad
          g = \left[\frac{(x+u)^\alpha}{\sqrt{1+u^2}}
              \left(\frac{\sin\psi}{\sin\alpha\varphi}\right)^{\alpha}\right]^{1/\varepsilon}
              \frac{\sin\eta}{\sin\psi},

where :math:`\psi = \omega - \varphi`, :math:`\eta = \kappa + \varepsilon\psi`,
:math:`\alpha\omega = \pi - \kappa` and
:math:`\kappa = \pi - \alpha\pi/2 - \arctan u`.  The upper tail is
:math:`\frac1\pi\int \psi\,e^{-g} |dg|`, and :math:`\frac\omega\pi(1 - e^{-g(0)})` more
for alpha < 1.

All integrands are positive, so that small values keep their digits; g is written in
differences from alpha = 1 and in the distances :math:`\varphi, \psi` from both ends, so that
it keeps its own.
"""

import math
from collections.abc import Callable

import numpy as np
from scipy.special import expit, log_expit, log_ndtr

#: Ranges of ``|w|`` searched, steps of a search, nats below the peak at which to cut.
WIDE, NARROW, STEPS, DEPTH = 700.0, 50.0, 24, 40.0
NODES, WEIGHTS = np.polynomial.legendre.leggauss(16)
#: Ends of the panels, as fractions of the way from the bend to the cut below and above.
BELOW = np.array([1, 1 / 3, 1 / 9, 1 / 27, 1 / 81, 1 / 243, 0, 0, 0, 0, 0, 0])
ABOVE = np.array([0, 0, 0, 0, 0, 0, 0, 0.1, 0.3, 0.5, 0.7, 1])
BLOCK = 512
#: Closer to alpha = 1 the results of both sides are joined; the error is below 1e-9.
NEAR = 3e-5

Curve = Callable[[np.ndarray], np.ndarray]


class Path:
    """One law, alpha not 1, on the side where ``x + u > 0``."""

    def __init__(self, alpha: float, beta: float):
        eps = alpha - 1
        s, c = math.sin(math.pi * eps / 2), math.cos(math.pi * eps / 2)
        side = math.copysign(1.0, eps)
        rise, across = abs(s) * c * (1 + beta), side * (s * s - beta * c * c)
        self.alpha, self.beta, self.eps, self.side = alpha, beta, eps, side
        self.u = -beta * c / s
        self.kappa = math.atan2(rise, across)
        self.omega = math.atan2(rise, -across) / alpha
        self.eta_0 = math.atan2(abs(s) * c * (1 - beta), -side * (s * s + beta * c * c)) / alpha

    def power(self, x: np.ndarray) -> np.ndarray:
        """``ln((x+u)^alpha / sqrt(1+u^2)) / eps``; no cancellation where u is large."""
        u, a = self.u, self.alpha
        if u > 1:
            whole = self.eps * math.log(u) + a * np.log1p(x / u) - 0.5 * math.log1p(u**-2)
        else:
            whole = a * np.log(x + u) - 0.5 * math.log1p(u * u)
        return whole / self.eps

    def angles(self, w: np.ndarray):
        """psi, phi, eta; then psi and ``alpha phi``, each with a sign, or the supplement
        with a minus: of a pair of angles that add up to pi the smaller has the digits."""
        psi = self.omega * expit(self.side * w)
        phi = self.omega * expit(-self.side * w)
        early = phi < psi
        eta = np.where(early, self.eta_0 - self.eps * phi, self.kappa + self.eps * psi)
        far, near = early & (self.omega > 2), early | (self.kappa > 2)
        first = np.where(far, phi + self.eta_0, psi), np.where(far, -1.0, 1.0)
        second = np.where(near, self.alpha * phi, self.alpha * psi + self.kappa)
        return psi, phi, eta, first, (second, np.where(near, 1.0, -1.0))

    def log_g(self, w: np.ndarray, power: np.ndarray) -> np.ndarray:
        """ln g, rising with ``w = ln(phi/psi)`` for alpha < 1 and ``ln(psi/phi)`` above."""
        _, _, eta, (first, sign), (second, _) = self.angles(w)
        sine, sine_eta = np.sin(first), np.sin(eta)
        ratio = np.log(np.sin(second) / sine)
        if abs(self.eps) < 0.05:
            close = sign * np.cos(first) / sine * sine_eta - 2 * np.sin(eta / 2) ** 2
            np.log1p(close, where=np.abs(close) < 0.5, out=ratio)
        return power - (self.alpha / self.eps) * ratio + np.log(sine_eta / sine)

    def log_slope(self, w: np.ndarray) -> np.ndarray:
        """ln of d ln g / dw."""
        psi, phi, eta, (first, sign), (second, turn) = self.angles(w)
        a, eps, cot_psi = self.alpha, self.eps, sign / np.tan(first)
        rise = a / eps * (a * turn / np.tan(second) + cot_psi) + eps / np.tan(eta) - cot_psi
        return np.log(np.abs(rise) + 1e-300) + np.log(psi) + np.log(phi / self.omega)


def _crossing(curve: Curve, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """About where a rising curve passes zero; an end where it does not.

    Halving and false position by turns: the curves are straight lines but for bends.
    """
    at_low, at_high = curve(low), curve(high)
    first, last, never, always = low, high, at_high <= 0, at_low >= 0
    for k in range(STEPS):
        share = np.clip(at_low / (at_low - at_high), 0.02, 0.98) if k % 2 else 0.5
        middle = low + (high - low) * share
        at = curve(middle)
        above = at > 0
        low, high = np.where(above, low, middle), np.where(above, middle, high)
        at_low, at_high = np.where(above, at_low, at), np.where(above, at, at_high)
    return np.where(never, last, np.where(always, first, (low + high) / 2))


def _log_integral(integrand: Curve, ends: np.ndarray) -> np.ndarray:
    """ln of the integral of exp(integrand) over panels between ``ends`` (n, k)."""
    half = np.diff(ends, axis=1)[:, :, None] / 2
    nodes = ends[:, :-1, None] + half * (1 + NODES)
    values = integrand(nodes.reshape(len(ends), -1))
    peak = values.max(axis=1)
    peak[~np.isfinite(peak)] = 0.0
    weights = (half * WEIGHTS).reshape(values.shape)
    with np.errstate(divide="ignore"):
        return peak + np.log((np.exp(values - peak[:, None]) * weights).sum(axis=1))


def _beyond(path: Path, x: np.ndarray, tail: bool) -> np.ndarray:
    """ln of the density (or of the upper tail) at points with ``x + u > 0``."""
    power = path.power(x)
    wide, narrow = np.full_like(x, WIDE), np.full_like(x, NARROW)
    least = np.exp(np.minimum(path.log_g(-wide, power), WIDE))

    def to_level(level, low):
        found = path.log_g(-narrow, power) < level
        low = np.maximum(low, np.where(found, -narrow, -wide))
        high = np.where(path.log_g(narrow, power) > level, narrow, wide)
        return _crossing(lambda w: path.log_g(w, power) - level, low, high)

    def integrand(w):
        y = path.log_g(w, power if w.ndim == 1 else power[:, None])
        weight = y - np.exp(np.minimum(y, WIDE)) + log_expit(path.side * w)
        return weight + (path.log_slope(w) if tail else log_expit(-path.side * w))

    bend = to_level(np.log(least + 1), -wide)
    here = integrand(bend)
    reach = NARROW * max(1.0, abs(path.eps) / path.alpha)
    low = _crossing(lambda w: integrand(w) - here + DEPTH, np.minimum(bend, 0) - reach, bend)
    extra = DEPTH - log_expit(bend) - log_expit(-bend)
    high = to_level(np.log(least + extra), bend)
    ends = bend[:, None] + np.outer(low - bend, BELOW) + np.outer(high - bend, ABOVE)
    total = _log_integral(integrand, ends) + math.log(path.omega / math.pi)
    total[np.isnan(total)] = -np.inf  # g overflows along the whole path
    if not tail:
        return total + math.log(path.alpha / abs(path.eps)) - np.log(x + path.u)
    if path.eps < 0:
        return np.log(np.exp(total) - path.omega / math.pi * np.expm1(-least))
    return total


def _log_at_the_turn(path: Path, tail: bool) -> float:
    """The same at ``x = -u``, where both the integral and ``x + u`` vanish."""
    if tail:
        return math.log(path.omega / math.pi)
    cosine = math.sin(path.eta_0)
    if cosine <= 0:
        return -math.inf
    front = math.lgamma(1 + 1 / path.alpha) - math.log(math.pi)
    return front + math.log(cosine) - math.log1p(path.u**2) / (2 * path.alpha)


def _upper(x: np.ndarray, path: Path, tail: bool) -> np.ndarray:
    """The same at points with ``x + u >= 0``, however many."""
    if path.omega == 0:  # no law there: alpha < 1, beta = -1
        return np.full(x.shape, -np.inf)
    out = np.full(x.shape, _log_at_the_turn(path, tail))
    (beyond,) = np.nonzero(x + path.u > 0)
    for start in range(0, beyond.size, BLOCK):
        few = beyond[start : start + BLOCK]
        with np.errstate(all="ignore"):  # overflow means a density of 0
            out[few] = _beyond(path, x[few], tail)
    return out


def _lower(x: np.ndarray, path: Path, tail: bool) -> np.ndarray:
    """The same at points with ``x + u < 0``."""
    mirrored = _upper(-x, Path(path.alpha, -path.beta), tail)
    if not tail:
        return mirrored
    with np.errstate(divide="ignore"):
        return np.log1p(-np.minimum(np.exp(mirrored), 1))


def _one_law(x: np.ndarray, alpha: float, beta: float, tail: bool) -> np.ndarray:
    path, out = Path(alpha, beta), np.empty_like(x)
    above = x + path.u >= 0
    out[above] = _upper(x[above], path, tail)
    out[~above] = _lower(x[~above], path, tail)
    return out


def _any_law(x: np.ndarray, alpha: float, beta: float, tail: bool) -> np.ndarray:
    """Across alpha = 1, where g is a power 1 / eps, a straight line: S0 is smooth there."""
    if abs(alpha - 1) >= NEAR:
        return _one_law(x, alpha, beta, tail)
    below, above = (_one_law(x, 1 + side * NEAR, beta, tail) for side in (-1, 1))
    with np.errstate(invalid="ignore"):
        line = below + (alpha - 1 + NEAR) / (2 * NEAR) * (above - below)
    return np.where(np.isfinite(below) & np.isfinite(above), line, -np.inf)


def log_density(x: np.ndarray, alpha: float, beta: float) -> np.ndarray:
    """ln f of the unit law at points (n,)."""
    if alpha == 2:
        return -(x**2) / 4 - math.log(2 * math.sqrt(math.pi))
    return _any_law(x, alpha, beta, False)


def log_upper_tail(x: np.ndarray, alpha: float, beta: float) -> np.ndarray:
    """ln P(X > x) of the unit law at points (n,)."""
    if alpha == 2:
        return log_ndtr(-x / math.sqrt(2))
    return _any_law(x, alpha, beta, True)
