r"""Alpha-stable laws in Nolan's S0 parametrisation: density, tails, draws, fits.  (ANO-EQ7)

:math:`X = \delta + \gamma Z` with :math:`0 < \alpha \le 2`, :math:`-1 \le \beta \le 1` and

.. math:: \ln E\,e^{itZ} = -|t|^\alpha \left[1 + i\beta\,\mathrm{sgn}(t)
          \tan\tfrac{\pi\alpha}2 \left(|t|^{1-\alpha} - 1\right)\right],
          \qquad
          \alpha = 1:\ -|t| \left[1 + \tfrac{2i\beta}\pi\,\mathrm{sgn}(t) \ln|t|\right].

S0 is continuous in all four parameters, and scale and location are just that.  In the older
S1 the bracket is :math:`1 - i\beta\,\mathrm{sgn}(t)\tan(\pi\alpha/2)`: the same laws with a
location that differs by :math:`\beta\gamma\tan(\pi\alpha/2)`, which diverges at alpha = 1
and starts anew there (`to_s1`).  At alpha = 2 the law is Gaussian of variance
:math:`2\gamma^2`, whatever beta.

Accuracy of the density, relative: 1e-9, in tails as far as they go; 1e-5 next to alpha = 2,
where the Gaussian turns into a power law; 3e-4 there for beta within 1e-3 of 1 or -1.
Of the tails: 1e-8, 1e-4 and 5e-3.
"""

import math
from dataclasses import dataclass

import numpy as np

from sgdtheory import _validate
from sgdtheory.estimate import Estimate
from sgdtheory.stochastic import _stable_fit, _stable_integral

METHODS = ("mle", "ecf", "mcculloch")


@dataclass(frozen=True)
class StableFit:
    """Fit of a stable law, S0, with standard errors.

    ``at_boundary`` names what lies on the edge of its range: ``"alpha"`` (a Gaussian),
    ``"beta"`` (totally skewed).  The standard error is then the distance inwards at which
    the log-likelihood has fallen by one half; beta of a Gaussian is 0 with infinite
    standard error, as every beta gives that law.  ``gain`` is the log-likelihood over the
    best Gaussian's: of ``"mle"`` never negative, as the Gaussian is one of the laws.  Next to
    alpha = 2 skewness leaves hardly a trace: beta goes to an edge there and means nothing.
    """

    alpha: Estimate
    beta: Estimate
    loc: Estimate
    scale: Estimate
    loglik: float
    gain: float
    at_boundary: tuple[str, ...]
    method: str

    @property
    def parameters(self) -> tuple[float, float, float, float]:
        """alpha, beta, loc, scale: what `pdf` and `rvs` take."""
        return self.alpha.value, self.beta.value, self.loc.value, self.scale.value


def characteristic_function(t, alpha, beta=0.0, loc=0.0, scale=1.0) -> np.ndarray:
    """``E exp(i t X)``, complex, of the shape of ``t``; smooth in alpha at 1.  (ANO-EQ7)"""
    alpha, beta, loc, scale = _law(alpha, beta, loc, scale)
    t = _validate.finite("t", t)
    return _stable_fit.unit_characteristic(scale * t, alpha, beta) * np.exp(1j * loc * t)


def logpdf(x, alpha, beta=0.0, loc=0.0, scale=1.0) -> np.ndarray:
    """ln of the density at ``x``, in the shape of ``x``; -inf outside the support.

    Raises
    ------
    ValueError
        alpha outside (0, 2], beta outside [-1, 1], scale <= 0, NaN in ``x``.
    """
    law = _law(alpha, beta, loc, scale)
    return _on(_stable_integral.log_density, x, law, -math.inf) - math.log(law[3])


def pdf(x, alpha, beta=0.0, loc=0.0, scale=1.0) -> np.ndarray:
    """Density at ``x``; errors as `logpdf`."""
    return np.exp(logpdf(x, alpha, beta, loc, scale))


def sf(x, alpha, beta=0.0, loc=0.0, scale=1.0) -> np.ndarray:
    """``P(X > x)``, accurate where it is small; errors as `logpdf`."""
    law = _law(alpha, beta, loc, scale)
    return np.exp(_on(_stable_integral.log_upper_tail, x, law, 0.0))


def cdf(x, alpha, beta=0.0, loc=0.0, scale=1.0) -> np.ndarray:
    """``P(X <= x)``, accurate where it is small; errors as `logpdf`."""
    alpha, beta, loc, scale = _law(alpha, beta, loc, scale)
    return sf(-_validate.points("x", x), alpha, -beta, -loc, scale)


def rvs(alpha, beta=0.0, loc=0.0, scale=1.0, *, size=1, seed) -> np.ndarray:
    r"""Independent draws of shape ``size``, by Chambers, Mallows and Stuck.

    With U uniform on :math:`(-\pi/2, \pi/2)`, W exponential and
    :math:`\tan A = \beta\tan(\pi\alpha/2)`,

    .. math:: Z = \frac{\sin(\alpha U + A)}{\cos A\,\cos U}
              \left(\frac{W \cos A \cos U}{\cos(A + (\alpha-1)U)}
              \right)^{(\alpha-1)/\alpha} - \tan A .

    Within 1e-7 of alpha = 1 the difference has lost its digits and the draws are those of
    alpha = 1: no sample of fewer than 1e12 tells.  For beta = 0 the formula is that of
    `levy.symmetric_stable`.
    """
    alpha, beta, loc, scale = _law(alpha, beta, loc, scale)
    shape, draw = _validate.shape("size", size), _validate.generator(seed)
    angle = draw.uniform(-math.pi / 2, math.pi / 2, shape)
    wait = draw.exponential(size=shape)
    if abs(alpha - 1) < 1e-7:
        lean, cosine = math.pi / 2 + beta * angle, np.cos(angle)
        unit = lean * np.tan(angle) - beta * np.log(math.pi / 2 * wait * cosine / lean)
        return loc + scale * unit / (math.pi / 2)
    shift = beta * math.tan(math.pi * alpha / 2) if alpha < 2 else 0.0
    turn = math.atan(shift)
    size_0 = math.cos(turn) * np.cos(angle)
    ratio = wait * size_0 / np.cos(turn + (alpha - 1) * angle)
    unit = np.sin(alpha * angle + turn) / size_0 * ratio ** ((alpha - 1) / alpha)
    return loc + scale * (unit - shift)


def to_s1(alpha, beta, loc, scale) -> float:
    r"""The S1 location of a law whose S0 location is ``loc``.  (ANO-EQ7)

    :math:`\delta_1 = \delta_0 - \beta\gamma\tan(\pi\alpha/2)`, and
    :math:`\delta_0 - \frac2\pi\beta\gamma\ln\gamma` at alpha = 1: it jumps there, by an
    amount without bound, though the law changes hardly at all.  The other three
    parameters are the same.
    """
    alpha, beta, loc, scale = _law(alpha, beta, loc, scale)
    return loc - beta * scale * _between(alpha, scale)


def to_s0(alpha, beta, loc, scale) -> float:
    """The S0 location of a law whose S1 location is ``loc``; inverse of `to_s1`."""
    alpha, beta, loc, scale = _law(alpha, beta, loc, scale)
    return loc + beta * scale * _between(alpha, scale)


def fit(x, method: str = "mle") -> StableFit:
    """alpha, beta, loc and scale of a stable law for the data ``x`` (any shape, n >= 50).

    Parameters
    ----------
    method : ``"mle"`` maximum likelihood; ``"ecf"`` the empirical characteristic function
        at five points, optimally weighted: no density is needed; ``"mcculloch"`` the five
        quantiles of McCulloch, matched with optimal weights instead of through his tables

    alpha is sought in [0.2, 2].  The standard errors hold for *independent* data: entries
    of one gradient are not.  A fit below 2 is no evidence of a stable law: a Student t, a
    Laplace law, or a mixture of Gaussians of unequal width all give one (ANO-F5).

    Raises
    ------
    ValueError
        NaN or infinite values, n < 50, an unknown method, or half of the values equal.
    """
    _validate.one_of("method", method, METHODS)
    x = _validate.finite("x", x, minimum=50).ravel()
    low, middle, high = np.quantile(x, [0.25, 0.5, 0.75])
    if high <= low:
        raise ValueError(
            f"x must not have half of its values equal, got {middle:g} that often; "
            "a continuous law has no ties: drop the repeated values"
        )
    unit = float(high - low) / 2
    found = _stable_fit.FITS[method]((x - middle) / unit)
    alpha, beta, loc, scale = (Estimate(v, e, x.size) for v, e in found.parameters)
    return StableFit(
        alpha,
        beta,
        Estimate(float(middle) + unit * loc.value, unit * loc.stderr, x.size),
        Estimate(unit * scale.value, unit * scale.stderr, x.size),
        found.loglik - x.size * math.log(unit),
        found.gain,
        found.at_boundary,
        method,
    )


def from_log_moments(x) -> tuple[float, float]:
    r"""alpha and scale of a *symmetric* law about 0 from the mean and variance of ln|x|.

    :math:`E\ln|X| = \gamma_E(1/\alpha - 1) + \ln\gamma` and
    :math:`\mathrm{Var}\ln|X| = \frac{\pi^2}6(\alpha^{-2} + \frac12)` (ANO-EQ7), solved for
    both; alpha is at most 2.
    """
    x = _validate.finite("x", x, minimum=10).ravel()
    if not x.all():
        raise ValueError("x must not hold zeros, got some; drop them, their logarithm is -inf")
    return _stable_fit.log_moments(x)


def _law(alpha, beta, loc, scale) -> tuple[float, float, float, float]:
    alpha = _validate.positive("alpha", alpha, "a stable index lies in (0, 2]")
    beta = _validate.real("beta", beta, "a skewness lies in [-1, 1]")
    if alpha > 2:
        raise ValueError(f"alpha must be <= 2, got {alpha:g}; a stable index lies in (0, 2]")
    if abs(beta) > 1:
        raise ValueError(f"beta must lie in [-1, 1], got {beta:g}; it is a skewness")
    return alpha, beta, _validate.real("loc", loc), _validate.positive("scale", scale)


def _on(function, x, law, at_minus_infinity: float) -> np.ndarray:
    """``function`` of the unit law at points of any shape, infinite ones included."""
    alpha, beta, loc, scale = law
    x = _validate.points("x", x)
    z = (x.ravel() - loc) / scale
    out = np.where(z > 0, -np.inf, at_minus_infinity)
    inside = np.isfinite(z)
    out[inside] = function(z[inside], alpha, beta)
    return out.reshape(x.shape)


def _between(alpha: float, scale: float) -> float:
    if alpha == 1:
        return 2 / math.pi * math.log(scale)
    return math.tan(math.pi * alpha / 2) if alpha < 2 else 0.0
