"""Maximum likelihood for the Student t: Newton's method, one pass over the data a step.

With ``k = 1/nu`` the log-likelihood is smooth down to the Gaussian, k = 0, where its slope
in k is ``(sum z^4 - 3n)/4`` at the Gaussian optimum.
"""

import math
from dataclasses import dataclass, field

import numpy as np

from sgdtheory import _validate
from sgdtheory.estimate import Estimate
from sgdtheory.stochastic._student_t_likelihood import (
    GAUSSIAN,
    derivatives,
    profile_interval,
    solve,
)
from sgdtheory.stochastic.bootstrap import confidence


@dataclass(frozen=True)
class StudentTFit:
    """Fit of ``loc + scale * t_nu``; ``gain`` is the log-likelihood over a Gaussian's.

    ``nu`` is infinite (with infinite standard error) where no Student t beats the Gaussian;
    ``gain`` is then 0.  Twice the gain of a Gaussian sample exceeds 2.7 in one of 20 cases.
    """

    nu: Estimate
    loc: Estimate
    scale: Estimate
    loglik: float
    gain: float
    #: Of (loc/scale, log scale, 1/nu), 3 x 3.
    covariance: np.ndarray = field(repr=False, compare=False)
    _centred: np.ndarray = field(repr=False, compare=False)
    _place: float = field(repr=False, compare=False)

    def interval(self, level: float = 0.95) -> tuple[float, float]:
        """Confidence interval of nu, by the profile likelihood; the upper end may be infinite.

        The nu at which twice the log-likelihood, best loc and scale put in, lies within the
        ``level`` quantile of chi-squared (one degree of freedom) of its maximum.  No scale of
        nu is preferred, where ``nu +- 1.96 s.e.``, ``log nu`` and ``1/nu`` give three answers.
        Of samples of 50 to 1000 it covers 92 to 96 per cent at 95, and up to 99 where a
        Gaussian is often as good (TLS-2; benchmarks/coverage.py).  kappa: `kappa_from_nu` of
        both ends.
        """
        from scipy.special import chdtri

        level = confidence(level)
        k = 0.0 if math.isinf(self.nu.value) else 1 / self.nu.value
        # At the edge, k = 0, one side of chi-squared is cut off: the interval is then wide.
        fall = float(chdtri(1, 1 - level)) / 2
        low, high = profile_interval(
            self._centred, self._place, self.scale.value, k, self.loglik, fall
        )
        return (1 / high, math.inf if low == 0 else 1 / low)

    def kappa(self, convention: str = "ito") -> Estimate:
        """kappa of the power law, ``(nu - 1)/2 + alpha``; half the standard error of nu."""
        shift = _validate.convention(convention) - 0.5
        return Estimate(self.nu.value / 2 + shift, self.nu.stderr / 2, self.nu.n)


def _step(gradient: np.ndarray, hessian: np.ndarray, k: float) -> np.ndarray:
    """Newton step with 1/nu kept within a factor 5; loc and scale then follow it."""
    step = solve(-hessian, gradient)
    rise = float(np.clip(step[2], max(-0.8 * k, GAUSSIAN - k), 4 * k))
    if rise != step[2]:
        step[:2] = solve(-hessian[:2, :2], gradient[:2] + hessian[:2, 2] * rise)
        step[2] = rise
    return step


def _ascend(x: np.ndarray, loc: float, scale: float, k: float, tolerance: float):
    """Newton ascent to the nearest maximum; ``k`` stops at ``GAUSSIAN``."""
    value, gradient, hessian = derivatives(x, loc, scale, k)
    for _ in range(200):
        step = _step(gradient, hessian, k)
        decrement, shrink = gradient @ step, 1.0
        while True:
            move = shrink * step
            trial = (
                loc + scale * float(np.clip(move[0], -2, 2)),
                scale * math.exp(float(np.clip(move[1], -1, 1))),
                max(k + float(move[2]), GAUSSIAN),
            )
            result = derivatives(x, *trial)
            if result[0] >= value - 1e-13 * (abs(value) + x.size) or shrink < 1e-6:
                break
            shrink /= 2
        if shrink < 1e-6:
            break
        (loc, scale, k), (value, gradient, hessian) = trial, result
        if decrement < tolerance or (k == GAUSSIAN and gradient[2] <= 0):
            return loc, scale, k, value, hessian
    raise ValueError(
        "the Student-t likelihood must have an interior maximum near the bulk of the data, "
        f"got none (last nu = {1 / k:.3g}, scale = {scale:.3g}); look for ties or outliers"
    )


def _gaussian(x: np.ndarray) -> tuple[float, float, float]:
    scale = float(x.std())
    log_density = -math.log(scale) - 0.5 * math.log(2 * math.pi * math.e)
    return float(x.mean()), scale, x.size * log_density


def fit_student_t(x) -> StudentTFit:
    """Fit nu, loc and scale of a Student t by maximum likelihood, with standard errors.

    ``x`` is any array (flattened), n >= 10.  The standard errors come from the observed
    information.  The maximum is the one next to the bulk of the data; the supremum of a t
    likelihood with free nu is infinite (scale -> 0 on one datum) and is not meant.
    kappa follows from nu by ``kappa_from_nu`` (PLD-C3).

    Raises
    ------
    ValueError
        NaN or infinite values, n < 10, more than half of the values equal, or no
        interior maximum.
    """
    x = _validate.finite("x", x, minimum=10).ravel()
    n = x.size
    few = x if n <= 20_000 else x[np.random.default_rng(0).integers(n, size=10_000)]
    loc = float(np.median(few))
    scale = 1.2 * float(np.median(np.abs(few - loc)))
    if scale == 0:
        raise ValueError(
            f"x must not have half of its values equal, got {loc:g} that often; "
            "a continuous law has no ties: drop the repeated values"
        )
    # Distances from the median keep the digits of a narrow sample far from 0.
    x, few, origin, loc, k = x - loc, few - loc, loc, 0.0, 0.2
    # Overflow of z^2 only sends single weights to zero or the value to NaN, which is refused.
    with np.errstate(over="ignore", invalid="ignore"):
        if n > few.size:
            loc, scale, k = _ascend(few, loc, scale, k, 1e-3)[:3]
        loc, scale, k, loglik, hessian = _ascend(x, loc, scale, max(k, 1e-3), 1e-10)
    mean, sd, gaussian = _gaussian(x)
    if k <= GAUSSIAN or loglik <= gaussian:
        return StudentTFit(
            Estimate(math.inf, math.inf, n),
            Estimate(origin + mean, sd / math.sqrt(n), n),
            Estimate(sd, sd / math.sqrt(2 * n), n),
            gaussian,
            0.0,
            np.diag([1, 1 / 2, 2 / 3]) / n,
            x,
            mean,
        )
    covariance = np.linalg.inv(-hessian)
    error = np.sqrt(np.diag(covariance))
    return StudentTFit(
        Estimate(1 / k, float(error[2]) / k**2, n),
        Estimate(origin + loc, scale * float(error[0]), n),
        Estimate(scale, scale * float(error[1]), n),
        float(loglik),
        float(loglik - gaussian),
        covariance,
        x,
        loc,
    )
