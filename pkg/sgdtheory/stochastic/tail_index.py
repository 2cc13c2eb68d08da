r"""Estimators of a tail index, and what each says in the limit of infinite data.

A tail index alpha is the exponent of the survival function, :math:`P(|X| > x) \sim x^{-\alpha}`
(TLS-8); the index of a stable law is that for alpha < 2 and 2 for the Gaussian (ANO-EQ7).

- `hill`, `moment`: from the k largest values.  Hill's gives some positive index to any data,
  that of Dekkers, Einmahl and de Haan can also say that there is none.
- `log_moment`: from sums of blocks.  It assumes independent draws of *one stable law* and
  knows nothing of tails (TLS-9).

All estimate :math:`1/\alpha`, in which they are linear.  `log_moment_index` and
`mean_log_excess` are their exact limits for a given law.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from sgdtheory import _validate
from sgdtheory.estimate import Estimate

REMEDY = "drop the zeros: their logarithm is minus infinity"


@dataclass(frozen=True)
class TailIndex:
    """``reciprocal`` is 1/alpha with its standard error; `alpha` its inverse, delta method."""

    reciprocal: Estimate

    @property
    def alpha(self) -> Estimate:
        """The index; infinite where the reciprocal is not positive: no power law."""
        value, stderr, n = self.reciprocal.value, self.reciprocal.stderr, self.reciprocal.n
        if value <= 0:
            return Estimate(math.inf, math.inf, n)
        return Estimate(1 / value, stderr / value**2, n)


def hill(x, k: int) -> TailIndex:
    r"""Hill's estimator from the k largest of ``|x|``.  (TLS-8)

    .. math:: 1/\hat\alpha = \frac1k \sum_{i=1}^k \ln\frac{|x|_{(i)}}{|x|_{(k+1)}}

    ``x`` has any shape, n > k >= 1.  The standard error :math:`1/(\hat\alpha\sqrt k)` is for
    independent values and an exact power law beyond the threshold; of the bias it says
    nothing.  For one tail pass ``x[x > 0]``.

    Raises
    ------
    ValueError
        NaN or infinite values, k outside 1..n-1, a threshold of 0, or no spread beyond it.
    """
    first, _ = _log_excesses(x, k)
    return TailIndex(Estimate(first, first / math.sqrt(k), k))


def moment(x, k: int) -> TailIndex:
    r"""Moment estimator of Dekkers, Einmahl and de Haan from the k largest of ``|x|``.

    With :math:`M_j` the mean j-th power of the log excesses,
    :math:`\gamma = M_1 + 1 - \frac12 (1 - M_1^2/M_2)^{-1}`: :math:`1/\alpha` where positive,
    0 for tails thinner than any power (Gaussian, Laplace), negative for bounded laws.
    Arguments and errors as `hill`, with k >= 2.
    """
    _validate.count("k", k, 2)
    first, second = _log_excesses(x, k)
    if second <= first**2:
        raise ValueError(
            f"the {k} largest values must differ among themselves, got all equal; raise k"
        )
    g = first + 1 - 0.5 / (1 - first**2 / second)
    return TailIndex(Estimate(g, math.sqrt(_moment_variance(g) / k), k))


def _moment_variance(g: float) -> float:
    """k times the asymptotic variance of `moment`."""
    if g >= 0:
        return 1 + g**2
    a, b, c = 1 - 2 * g, 1 - 3 * g, 1 - 4 * g
    return (1 - g) ** 2 * a * (4 - 8 * a / b + (5 - 11 * g) * a / (b * c))


def _log_excesses(x, k: int) -> tuple[float, float]:
    """First and second moment of ln(|x|/threshold) over the k largest."""
    x = np.abs(_validate.finite("x", x, minimum=2)).ravel()
    k = _validate.count("k", k, 1, "say how many of the largest values to use")
    if k >= x.size:
        raise ValueError(
            f"k must be < n = {x.size}, got {k}; the largest value left out is the threshold"
        )
    top = np.partition(x, x.size - k - 1)[-k - 1 :]
    if top[0] == 0 or top.max() == top[0]:
        raise ValueError(
            f"the threshold must be > 0 and below the largest value, got {top[0]:g} and "
            f"{top.max():g}; drop zeros and ties, or change k"
        )
    excess = np.log(top[1:] / top[0])
    return float(excess.mean()), float(excess @ excess) / k


def log_moment(x, block: int) -> TailIndex:
    r"""Estimator of Mohammadi, Mohammadpour and Ogata from sums of blocks.  (TLS-9)

    .. math:: 1/\hat\alpha = \frac{\overline{\ln|Y|} - \overline{\ln|X|}}{\ln K}, \qquad
              Y_j = \sum_{i=1}^{K} X_{(j-1)K+i}

    with ``block`` = K >= 2 consecutive values of ``x`` (flattened, in this order; a rest is
    left out; at least two blocks).  Consistent for independent draws of one symmetric stable
    law about 0: subtract the mean first.  For other data the answer depends on K, on the
    scales that are mixed and on the *order* of the values.  The standard error takes the
    blocks as independent.

    Raises
    ------
    ValueError
        NaN or infinite values, zeros among the values or the sums, fewer than two blocks.
    """
    block = _validate.count("block", block, 2, "say how many values to add up")
    x = _validate.finite("x", x, minimum=2 * block).ravel()
    x = x[: x.size // block * block].reshape(-1, block)
    sums = x.sum(axis=1)
    if not (x.all() and sums.all()):
        raise ValueError(f"x and the sums of its blocks must not be 0, got some; {REMEDY}")
    with np.errstate(over="raise"):
        rise = np.log(np.abs(sums)) - np.log(np.abs(x)).mean(axis=1)
    return TailIndex(Estimate.mean_of(rise / math.log(block)))


def log_moment_index(characteristic: Callable, block: int, step: float = 0.01) -> float:
    r"""What `log_moment` says of infinitely many draws of a symmetric law.  (TLS-9)

    .. math:: 1/\alpha_K = \frac1{\ln K} \int_0^\infty \frac{\phi(t) - \phi(t)^K}t\,dt

    from the characteristic function ``characteristic(t)`` (real, of an array of t > 0), by the
    trapezoidal rule in ln t over -80 to 80.  Good to about 1e-15 K for smooth laws whose
    scale is within some decades of 1.

    Raises
    ------
    ValueError
        A characteristic function that does not go from 1 to 0 in this range.
    """
    block = _validate.count("block", block, 2, "say how many values to add up")
    t = np.exp(np.arange(-80, 80 + step / 2, _validate.positive("step", step)))
    phi = _validate.evaluated("characteristic", characteristic, t)
    if not (abs(phi[0] - 1) < 1e-9 and abs(phi[-1]) < 1e-9):
        raise ValueError(
            "a characteristic function must go from 1 at 0 to 0 at infinity, got "
            f"{phi[0]:.3g} and {phi[-1]:.3g}; a law with a density, of scale near 1, has it"
        )
    return math.log(block) / (step * float((phi - phi**block).sum()))


def mean_log_excess(log_sf: Callable[[float], float], threshold: float) -> float:
    r""":math:`E[\ln(X/u) \mid X > u]`: what `hill` says of 1/alpha at a threshold u.  (TLS-8)

    ``log_sf(x)`` is the logarithm of the survival function of ``|X|``; by adaptive quadrature
    of :math:`S(ue^q)/S(u)` over q >= 0.

    Raises
    ------
    ValueError
        ``threshold`` <= 0, or a survival function that does not fall to 1e-17 of its value
        there before the largest floating-point number.
    """
    from scipy.integrate import quad
    from scipy.optimize import brentq

    u = _validate.positive("threshold", threshold)
    start = float(log_sf(u))

    def fall(q: float) -> float:
        return float(log_sf(u * math.exp(q))) - start

    end = 1e-12
    while fall(end) > -40:
        end *= 2
        if end > 600 - math.log(u) or math.isnan(fall(end)):
            raise ValueError(
                "log_sf must fall by 40 beyond the threshold, got "
                f"{fall(end / 2):.3g} at {u * math.exp(end / 2):.3g}; pass the logarithm of "
                "P(|X| > x)"
            )
    if math.isinf(fall(end)):
        end = brentq(lambda q: max(fall(q), -80.0) + 40, 0.0, end)
    return quad(lambda q: math.exp(fall(q)), 0.0, end, epsabs=0.0, epsrel=1e-11, limit=200)[0]
