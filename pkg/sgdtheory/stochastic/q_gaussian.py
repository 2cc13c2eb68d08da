r"""The q-Gaussian, which is a Student t in other letters, and its fit.  (PLD-C3, TLS-3)

.. math:: p(x) \propto \left[1 + (q-1)\,\beta\,(x-\mu)^2\right]^{-1/(q-1)}, \qquad
          q = \frac{\nu+3}{\nu+1}, \quad \beta = \frac{1}{(3-q)\,s^2},

:math:`s` the scale of the Student t.  q = 1 is a Gaussian of variance :math:`1/(2\beta)`;
for 1 < q < 3 the tails are powers; laws with q < 1 end at a finite x and are no Student t.
"""

import math
from dataclasses import dataclass

from sgdtheory import _validate
from sgdtheory.estimate import Estimate
from sgdtheory.stochastic.student_t import StudentTFit, fit_student_t


def q_from_nu(nu: float) -> float:
    """``(nu + 3)/(nu + 1)``; 1 for infinite nu.  ``nu > 0``."""
    if nu == math.inf:
        return 1.0
    nu = _validate.positive("nu", nu, "a Student t has nu > 0 degrees of freedom")
    return (nu + 3) / (nu + 1)


def nu_from_q(q: float) -> float:
    """``(3 - q)/(q - 1)``; infinite for q = 1.

    Raises
    ------
    ValueError
        q < 1, a law that ends at a finite x, or q >= 3, a law without a norm.
    """
    q = _validate.real("q", q)
    if not 1 <= q < 3:
        raise ValueError(
            f"q must lie in [1, 3) for a Student t, got {q:g}; below 1 a q-Gaussian ends at a "
            "finite x, from 3 on it has no norm"
        )
    return math.inf if q == 1 else (3 - q) / (q - 1)


@dataclass(frozen=True)
class QGaussianFit:
    """Fit of a q-Gaussian, 1 <= q < 3; ``gain`` is the log-likelihood over a Gaussian's.

    ``at_boundary``: no q > 1 beats the Gaussian.  q is then 1 and its standard error that
    of Gaussian samples; whether a law with q < 1 would do better was not asked.
    """

    q: Estimate
    beta: Estimate
    loc: Estimate
    loglik: float
    gain: float
    at_boundary: bool
    student_t: StudentTFit

    def interval(self, level: float = 0.95) -> tuple[float, float]:
        """Confidence interval of q: that of nu, `StudentTFit.interval`, read as q."""
        low, high = self.student_t.interval(level)
        return q_from_nu(high), q_from_nu(low)


def fit_q_gaussian(x) -> QGaussianFit:
    """Fit q, beta and the centre by maximum likelihood; any shape, n >= 10.

    The fit of a Student t, its standard errors by the delta method; errors as
    `fit_student_t`.
    """
    fit = fit_student_t(x)
    n, k = fit.loc.n, 1 / fit.nu.value
    scale, spread = fit.scale.value, fit.covariance
    q = (1 + 3 * k) / (1 + k)
    beta = (1 + k) / (2 * scale**2)
    # d beta / d(log scale) = -2 beta, d beta / dk = 1/(2 scale^2)
    slope = 1 / (2 * scale**2)
    variance = 4 * beta**2 * spread[1][1] - 4 * beta * slope * spread[1][2]
    variance += slope**2 * spread[2][2]
    return QGaussianFit(
        Estimate(q, 2 * math.sqrt(spread[2][2]) / (1 + k) ** 2, n),
        Estimate(beta, math.sqrt(variance), n),
        fit.loc,
        fit.loglik,
        fit.gain,
        math.isinf(fit.nu.value),
        fit,
    )
