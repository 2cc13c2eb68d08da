"""Kullback-Leibler divergence of the d-dimensional power law from a Gaussian."""

import math

import numpy as np
from scipy.special import digamma, gammaln

from sgdtheory import _validate
from sgdtheory.stochastic.multivariate import multivariate_power_law


def kl_from_gaussian(law: multivariate_power_law, offset=0.0, prior_std=1.0) -> float:
    r"""Divergence of the power law from a Gaussian prior, in nats (PLD-T8).

    .. math::
        \mathrm{KL} = -\tfrac12 \ln\det\tfrac{V}{s^2} - \tfrac d2 \ln\kappa
        + \ln\frac{\Gamma(m)}{\Gamma(m - d/2)} - m\,[\psi(m) - \psi(m - \tfrac d2)]
        + \frac{\kappa \operatorname{Tr} V}{s^2 (2m - d - 2)} + \frac{|\delta|^2}{2 s^2}

    with ``V = (eta/2) Sigma_g H^-1``, prior ``N(w* + delta, s^2 I)``.  Infinite unless
    ``m > d/2 + 1``: a heavier tail has no second moment.

    Parameters
    ----------
    law : posterior around ``w*``
    offset : prior's centre minus the law's, (d,) or a number for every coordinate
    prior_std : standard deviation ``s`` of the prior, > 0

    Raises
    ------
    TypeError
        ``law`` is no `multivariate_power_law`.
    ValueError
        ``offset`` has another shape, or ``prior_std`` is not positive.
    """
    if not isinstance(law, multivariate_power_law):
        raise TypeError(
            f"law must be a multivariate_power_law, got {type(law).__name__}; "
            "build one from kappa, H, Sigma_g and eta"
        )
    offset = _validate.finite("offset", offset)
    if offset.shape not in ((), (law.d,)):
        raise ValueError(
            f"offset must be a number or have shape ({law.d},), got {offset.shape}; "
            "pass prior centre minus w*"
        )
    s = _validate.positive("prior_std", prior_std)
    if law.nu <= 2:
        return math.inf
    far = np.sum(np.broadcast_to(offset, (law.d,)) ** 2)
    half_square = (np.trace(law.cov()) + far) / (2 * s**2)
    spread = law.nu * np.linalg.eigvalsh(law.shape) / (2 * law.kappa * s**2)
    shifted = law.d / 2 * math.log1p((law.m - law.kappa) / law.kappa)
    return float(
        half_square - np.log(spread).sum() / 2 + shifted + _radial_part(law.m, law.d / 2)
    )


def _radial_part(m: float, h: float) -> float:
    """``ln[Γ(m)/Γ(m-h)] - m [ψ(m) - ψ(m-h)] - h ln m``, for large m by Stirling's series.

    As it stands the formula loses about m ulps: its logarithms are taken out beforehand.
    """
    low = m - h
    if low < 30:
        gammas = gammaln(m) - gammaln(low)
        return float(gammas - m * (digamma(m) - digamma(low)) - h * math.log(m))
    logs = -(h + 0.5) * math.log1p(h / low) - h - h / (2 * low)
    return logs + _rest(m, m) - _rest(low, m)


def _rest(x: float, m: float) -> float:
    """What is left of ``ln Γ(x)`` after ``-x + (x - 1/2) ln x``, plus m times what is left of
    ``-ψ(x)`` after ``ln x - 1/(2x)``; to 1e-16 for x >= 30."""
    y = x**-2
    of_gamma = (1 / 12 - y * (1 / 360 - y * (1 / 1260 - y / 1680))) / x
    of_psi = y * (1 / 12 - y * (1 / 120 - y * (1 / 252 - y / 240)))
    return of_gamma + m * of_psi
