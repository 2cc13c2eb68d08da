r"""Maximum likelihood for Pearson's fourth type, and what it says in the letters of SGD.

.. math:: p(x) \propto \left[1 + y^2\right]^{-m} e^{-\nu\arctan y}, \qquad
          y = (x - \lambda)/a,

the stationary law of SGD with quadratic noise (PLD-T2; `distributions.power_law`).  The
skewness parameter nu is not the number of degrees of freedom of a Student t: those are
2m - 1, whatever nu.
"""

import math
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from sgdtheory import _validate
from sgdtheory.estimate import Estimate
from sgdtheory.stochastic import _pearson_likelihood as likelihood
from sgdtheory.stochastic.bootstrap import confidence
from sgdtheory.stochastic.student_t import fit_student_t

#: Beyond this m, or this ``|nu|``/2m, the law is a Gaussian, gamma or inverse gamma one.
LARGEST_M, LARGEST_LEAN = 1e5, 100.0


class Letters(NamedTuple):
    """What one convention makes of a fit: noise in units of ``sigma_H``, and the minimum."""

    kappa: Estimate
    rho: Estimate
    sigma_g: Estimate
    minimum: Estimate


@dataclass(frozen=True)
class PearsonIVFit:
    """Fit of Pearson IV; ``gain`` is the log-likelihood over a Gaussian's.

    ``covariance`` is that of (lambda, a, m, nu), from the observed information.
    """

    m: Estimate
    nu: Estimate
    a: Estimate
    loc: Estimate
    loglik: float
    gain: float
    covariance: np.ndarray = field(repr=False, compare=False)
    _x: np.ndarray = field(repr=False, compare=False)
    _theta: np.ndarray = field(repr=False, compare=False)
    _top: float = field(repr=False, compare=False)

    @property
    def parameters(self) -> tuple[float, float, float, float]:
        """lambda, a, m, nu."""
        return self.loc.value, self.a.value, self.m.value, self.nu.value

    def interval(self, level: float = 0.95) -> tuple[float, float]:
        """Confidence interval of m by the profile likelihood, as `StudentTFit.interval`.

        The upper end is infinite where the likelihood does not fall far enough up to
        m = 1e5.  kappa of a convention: add ``alpha - 1`` to both ends.
        """
        from scipy.optimize import brentq
        from scipy.special import chdtri

        fall = float(chdtri(1, 1 - confidence(level))) / 2
        top, (middle, most) = self._top, (float(self._theta[2]), math.log(2 * LARGEST_M))

        def excess(r: float) -> float:
            return top - fall - likelihood.climb(self._x, self._theta, r)[1]

        def edge(way: float) -> float:
            step = 0.25
            while excess(middle + way * step) < 0:
                step *= 2
                if middle + way * step > most:
                    return math.inf
            return brentq(excess, *sorted((middle, middle + way * step)), xtol=1e-4)

        return (1 + math.exp(edge(-1.0))) / 2, (1 + math.exp(edge(1.0))) / 2

    def kappa(self, convention: str = "ito") -> Estimate:
        """kappa of the power law, ``m - 1 + alpha`` (PLD-T2)."""
        shift = _validate.convention(convention) - 1
        return Estimate(self.m.value + shift, self.m.stderr, self.m.n)

    def letters(self, convention: str = "ito") -> Letters:
        r"""kappa, rho/sigma_H, sigma_g/sigma_H and the minimum w*, in one convention (TLS-3).

        :math:`\rho/\sigma_H = -\nu a/2\kappa`, :math:`w^* = \lambda + \rho/\sigma_H`,
        :math:`\sigma_g/\sigma_H = a^2 + (\rho/\sigma_H)^2`.  The same skewed data put the
        minimum at their mean (Itô) or at their mode (anti-Itô).

        Raises
        ------
        ValueError
            kappa <= 0 in this convention: no minimum has such a law.
        """
        kappa = self.kappa(convention)
        if kappa.value <= 0:
            raise ValueError(
                f"kappa must be > 0 for a minimum, got {kappa.value:g} in the {convention} "
                "convention; the tails are too heavy for it"
            )
        loc, a, _, nu = self.parameters
        n, k = self.m.n, kappa.value
        rho = -nu * a / (2 * k)
        d_rho = np.array([0.0, -nu / (2 * k), nu * a / (2 * k * k), -a / (2 * k)])
        d_sigma = 2 * a * np.array([0.0, 1.0, 0.0, 0.0]) + 2 * rho * d_rho
        d_place = np.array([1.0, 0.0, 0.0, 0.0]) + d_rho

        def estimate(value: float, slope: np.ndarray) -> Estimate:
            return Estimate(value, math.sqrt(slope @ self.covariance @ slope), n)

        return Letters(
            kappa,
            estimate(rho, d_rho),
            estimate(a * a + rho * rho, d_sigma),
            estimate(loc + rho, d_place),
        )


def fit_pearson_iv(x) -> PearsonIVFit:
    """Fit lambda, a, m and nu by maximum likelihood, with standard errors; n >= 20.

    The search starts from the Student t (nu = 0), whose maximum it can only exceed.

    Raises
    ------
    ValueError
        NaN or infinite values, n < 20, ties, or a likelihood that rises to the edge of the
        family (a Gaussian, a gamma or an inverse gamma law), where m and nu mean nothing.
    """
    x = _validate.finite("x", x, minimum=20).ravel()
    t = fit_student_t(x)
    origin, unit = t.loc.value, t.scale.value
    z = (x - origin) / unit
    nu = min(t.nu.value, 1e3)
    start = np.array([0.0, -0.5 * math.log1p(1 / nu), math.log(nu), 0.0])
    theta, top = max((likelihood.climb(z, start + np.array([0, 0, 0, lean]))
                      for lean in (0.0, 0.3, -0.3)), key=lambda found: found[1])  # fmt: skip
    (loc, a, m, skew), _ = likelihood.natural(theta)
    info = likelihood.information(z, loc, a, m, skew)
    unit4 = np.array([a, a, m, m])
    scaled = info * np.outer(unit4, unit4) / z.size
    edge = m > LARGEST_M or abs(skew) > 2 * m * LARGEST_LEAN
    if edge or not np.isfinite(scaled).all() or np.linalg.eigvalsh(scaled)[0] <= 0:
        raise ValueError(
            f"the Pearson IV likelihood must have an interior maximum, got m = {m:.3g}, "
            f"nu = {skew:.3g} and still rising; the sample lies at the edge of the family: use "
            "fit_student_t, which reports a Gaussian as such"
        )
    frame = np.array([unit, unit, 1.0, 1.0])
    covariance = np.linalg.inv(info) * np.outer(frame, frame)
    errors = np.sqrt(np.diag(covariance))
    n, shift = x.size, x.size * math.log(unit)
    return PearsonIVFit(
        Estimate(m, float(errors[2]), n),
        Estimate(skew, float(errors[3]), n),
        Estimate(unit * a, float(errors[1]), n),
        Estimate(origin + unit * loc, float(errors[0]), n),
        top - shift,
        top - shift - (t.loglik - t.gain),
        covariance,
        z,
        theta,
        top,
    )
