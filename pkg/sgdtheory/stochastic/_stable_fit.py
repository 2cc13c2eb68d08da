"""Three ways to fit a stable law to data of median 0 and quartiles about 1 apart."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from sgdtheory.stochastic import _stable_mle
from sgdtheory.stochastic._stable_integral import log_upper_tail

#: Arguments of the characteristic function, in units of 1 / scale.
FREQUENCIES = np.array([0.15, 0.3, 0.6, 1.0, 1.6])
QUANTILES = np.array([0.05, 0.25, 0.5, 0.75, 0.95])
LOW, HIGH = np.array([0.2, -1.0, -np.inf, -np.inf]), np.array([2.0, 1.0, np.inf, np.inf])


@dataclass(frozen=True)
class Found:
    """Value and error of (alpha, beta, loc, scale), in the units of the data."""

    parameters: tuple[tuple[float, float], ...]
    loglik: float
    gain: float
    at_boundary: tuple[str, ...]


def log_moments(x: np.ndarray) -> tuple[float, float]:
    """alpha and scale of a symmetric law; alpha is cut at 2."""
    logs = np.log(np.abs(x))
    inverse_square = max(6 * logs.var() / math.pi**2 - 0.5, 0.25)
    alpha = inverse_square**-0.5
    return alpha, math.exp(logs.mean() - np.euler_gamma * (1 / alpha - 1))


def _start(x: np.ndarray) -> np.ndarray:
    """A rough (alpha, beta, loc, ln scale)."""
    alpha, scale = log_moments(x[x != 0])
    low, middle, high = np.quantile(x, [0.05, 0.5, 0.95])
    beta = (high + low - 2 * middle) / (high - low)
    return np.array(
        [np.clip(alpha, 0.4, 1.95), np.clip(beta, -0.9, 0.9), middle, math.log(scale)]
    )


def by_likelihood(x: np.ndarray) -> Found:
    start = _start(x)
    start[0] = math.log(2 - start[0])
    theta, gradient, information = _stable_mle.ascend(x, start, _gaussian(x))
    loglik = float(_stable_mle.log_likelihood(x, theta).sum())
    if loglik <= _gaussian(x):
        return _as_gaussian(x)
    errors, edge = _errors(gradient, information, theta, _stable_mle.LOW, _stable_mle.HIGH)
    gap = math.exp(theta[0])
    theta, errors = np.append(2 - gap, theta[1:]), np.append(gap * errors[0], errors[1:])
    return _packed(theta, errors, loglik, loglik - _gaussian(x), edge)


def by_characteristic_function(x: np.ndarray) -> Found:
    """Moments cos and sin of t x, t in ``FREQUENCIES``, weighted by what the law itself says
    of their covariance; twice, as that takes a law to begin with."""
    theta = _start(x)
    t = FREQUENCIES * math.exp(-theta[3])
    mean = np.exp(1j * np.multiply.outer(t, x)).mean(axis=1)

    def miss(theta):
        gap = _characteristic(t, theta) - mean
        return np.concatenate([gap.real, gap.imag])

    theta = _match(miss, _wave_covariance(t, theta) / x.size, theta).x
    return _found(x, _match(miss, _wave_covariance(t, theta) / x.size, theta))


def _characteristic(t: np.ndarray, theta: np.ndarray) -> np.ndarray:
    alpha, beta, loc, log_scale = theta
    return unit_characteristic(math.exp(log_scale) * t, alpha, beta) * np.exp(1j * loc * t)


def _wave_covariance(t: np.ndarray, theta: np.ndarray) -> np.ndarray:
    """Covariance of (cos t X, sin t X), from the values of phi at sums and differences."""
    mean = _characteristic(t, theta)
    over = _characteristic(np.add.outer(t, t), theta)
    under = _characteristic(np.subtract.outer(t, t), theta)
    cosines, sines = (over.real + under.real) / 2, (under.real - over.real) / 2
    mixed = (over.imag - under.imag) / 2
    waves = np.concatenate([mean.real, mean.imag])
    return np.block([[cosines, mixed], [mixed.T, sines]]) - np.multiply.outer(waves, waves)


def by_quantiles(x: np.ndarray) -> Found:
    """The law that puts the right weights between McCulloch's five quantiles."""
    at = np.quantile(x, QUANTILES)
    p = QUANTILES
    spread = np.minimum.outer(p, p) - np.multiply.outer(p, p)

    def miss(theta):
        z = (at - theta[2]) * math.exp(-theta[3])
        return 1 - p - np.exp(log_upper_tail(z, min(theta[0], 2 - 1e-9), theta[1]))

    return _found(x, _match(miss, spread / x.size, _start(x)))


FITS = {"mle": by_likelihood, "ecf": by_characteristic_function, "mcculloch": by_quantiles}


def unit_characteristic(t: np.ndarray, alpha: float, beta: float) -> np.ndarray:
    """Of scale 1 and location 0; ``tan(pi alpha/2) (|t|^(1-alpha) - 1)`` kept at alpha = 1."""
    size, eps = np.abs(t), alpha - 1
    with np.errstate(divide="ignore"):
        log_t = np.where(size > 0, np.log(size), 0.0)
    if abs(eps) < 1e-12:
        lean = 2 / math.pi * log_t
    else:
        lean = -np.expm1(-eps * log_t) / math.tan(math.pi * eps / 2)
    return np.exp(-(size**alpha) * (1 + 1j * beta * np.sign(t) * lean))


def _match(miss: Callable, spread: np.ndarray, start: np.ndarray):
    """Least squares of moments whose covariance is ``spread``."""
    from scipy.optimize import least_squares

    sizes, axes = np.linalg.eigh(spread)
    kept = sizes > 1e-9 * sizes[-1]
    whiten = (axes[:, kept] / np.sqrt(sizes[kept])).T
    inside = np.clip(start, LOW + 1e-3, HIGH - 1e-3)
    return least_squares(
        lambda theta: whiten @ miss(theta),
        inside,
        jac=lambda theta: whiten @ _jacobian(miss, theta),
        bounds=(LOW, HIGH),
    )


def _jacobian(function: Callable, theta: np.ndarray, step: float = 1e-4) -> np.ndarray:
    """Central differences; at a bound, from inside."""
    columns = []
    for k in range(theta.size):
        ends = [theta.copy(), theta.copy()]
        ends[0][k] = max(theta[k] - step, LOW[k])
        ends[1][k] = min(theta[k] + step, HIGH[k])
        rise = function(ends[1]) - function(ends[0])
        columns.append(rise / (ends[1][k] - ends[0][k]))
    return np.stack(columns, axis=1)


def _found(x: np.ndarray, best) -> Found:
    """A least-squares result with its standard errors and its likelihood."""
    theta = np.where(HIGH - best.x < 1e-5, HIGH, np.where(best.x - LOW < 1e-5, LOW, best.x))
    errors, edge = _errors(-best.grad, best.jac.T @ best.jac, theta, LOW, HIGH)
    if theta[0] == 2:
        theta[1], errors[1], edge = 0.0, math.inf, ("alpha",)
    loglik = _log_likelihood(x, theta)
    return _packed(theta, errors, loglik, loglik - _gaussian(x), edge)


def _packed(theta, errors, loglik: float, gain: float, edge: tuple[str, ...]) -> Found:
    scale = math.exp(theta[3])
    values, sizes = (*theta[:3], scale), (*errors[:3], scale * errors[3])
    pairs = tuple((float(v), float(e)) for v, e in zip(values, sizes, strict=True))
    return Found(pairs, loglik, gain, edge)


def _errors(gradient, information, theta, low, high):
    """Standard errors, and the names of what lies on an edge with the slope outwards."""
    stuck = (theta <= low) | (theta >= high)
    variances = np.diag(np.linalg.pinv(information))
    errors = np.sqrt(variances)
    slope = np.abs(gradient[stuck])
    errors[stuck] = 1 / (slope + np.sqrt(slope**2 + 1 / variances[stuck]))
    return errors, tuple(np.array(["alpha", "beta", "loc", "scale"])[stuck].tolist())


def _log_likelihood(x: np.ndarray, theta: np.ndarray) -> float:
    gap = max(2 - theta[0], math.exp(_stable_mle.LOW[0]))
    return float(_stable_mle.log_likelihood(x, np.append(math.log(gap), theta[1:])).sum())


def _gaussian(x: np.ndarray) -> float:
    return -x.size * (math.log(x.std()) + 0.5 * math.log(2 * math.pi * math.e))


def _as_gaussian(x: np.ndarray) -> Found:
    """alpha = 2; its error is the way down to where the log-likelihood is 1/2 lower."""
    loc, scale, n = float(x.mean()), float(x.std()) / math.sqrt(2), x.size
    top = _gaussian(x)
    low, high = 1e-7, 0.5
    for _ in range(10):
        middle = math.sqrt(low * high)
        theta = np.array([math.log(middle), 0.0, loc, math.log(scale)])
        fallen = top - float(_stable_mle.log_likelihood(x, theta, _stable_mle.SPACING).sum())
        low, high = (low, middle) if fallen > 0.5 else (middle, high)
    pairs = (
        (2.0, low),
        (0.0, math.inf),
        (loc, scale * math.sqrt(2 / n)),
        (scale, scale / math.sqrt(2 * n)),
    )
    return Found(pairs, top, 0.0, ("alpha",))
