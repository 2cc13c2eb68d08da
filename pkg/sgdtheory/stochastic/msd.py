"""Mean squared displacement of a trajectory: measured, fitted, and what to expect of it.

A displacement is summed over coordinates and never divided by their number; lags count
steps.  A trajectory is (T, d): T recorded points, equally far apart in time.
"""

from typing import Any

import numpy as np

from sgdtheory._validate import one_of
from sgdtheory.stochastic._msd_bootstrap import Interval, bootstrap, parametric
from sgdtheory.stochastic._msd_fits import (
    Exponent,
    TwoSlopes,
    change_point,
    crossover,
    exponent,
    local_exponent,
    log_lags,
    rmse_crossover,
    secant_exponent,
    two_slopes,
)
from sgdtheory.stochastic._msd_gram import (
    as_trajectory,
    check_lags,
    distances_from_first,
    from_gram,
    from_spectrum,
    gram,
    namespace,
)
from sgdtheory.stochastic._msd_streaming import Streaming
from sgdtheory.stochastic._msd_window import detrend_gram, drift_share, effective_dimension
from sgdtheory.stochastic.msd_expected import brownian_relative_variance, expected_on_quadratic

__all__ = [
    "Exponent",
    "Interval",
    "Streaming",
    "TwoSlopes",
    "bootstrap",
    "brownian_relative_variance",
    "change_point",
    "crossover",
    "detrend_gram",
    "detrended",
    "drift_share",
    "effective_dimension",
    "expected_on_quadratic",
    "exponent",
    "from_gram",
    "gram",
    "local_exponent",
    "log_lags",
    "non_averaged",
    "parametric",
    "rmse_crossover",
    "secant_exponent",
    "time_averaged",
    "two_slopes",
]

#: Longest window for which ``route="auto"`` takes the Gram matrix, if there are as many
#: coordinates as points.  T^2 d operations against T log T d, but at many times the speed: on
#: one core they meet here.  With few coordinates its T^2 entries are the cost.
LONGEST_GRAM = 1500


def time_averaged(
    trajectory: Any, lags: Any = None, *, route: str = "auto"
) -> tuple[np.ndarray, np.ndarray]:
    """Time-averaged mean squared displacement: ``lags, msd`` (ANO-EQ3).

    ``M(tau) = 1/(T - tau) * sum over t of |w_{t + tau} - w_t|^2``, all overlapping pairs.

    Parameters
    ----------
    trajectory : (T, d), T >= 2, numpy array or torch tensor (any device)
    lags : integers in ``1 ... T - 1``; default all
    route : ``"gram"`` (T x T products in the precision of the input, summed in float64; best
        up to some 1000 points of as many coordinates), ``"fft"`` (float64; best for long
        windows and for few coordinates) or ``"auto"``

    Returns
    -------
    lags (k,), msd (k,) : numpy; msd float64, in units of ``w^2``.  Float32 products cost a
        relative error of 1e-7 for walks, drifts and relaxations, up to some 1e-5 at the largest
        lags of a motion that goes nowhere.  Float64: 1e-12 for walks; a drift over T points
        costs the shortest lags ``T^2`` roundings, 1e-9 at T = 1400.

    Raises
    ------
    ValueError, TypeError
        Not (T, d) with T >= 2, NaN or infinity, lags beyond T - 1 or not integers, an unknown
        route.
    """
    one_of("route", route, ("auto", "gram", "fft"))
    x = as_trajectory(trajectory)
    T = x.shape[0]
    tau = check_lags(np.arange(1, T) if lags is None else lags, T - 1)
    if route == "gram" or (route == "auto" and T <= min(LONGEST_GRAM, x.shape[1])):
        return from_gram(gram(x), tau)
    return tau, from_spectrum(x, tau)


def non_averaged(trajectory: Any, lags: Any = None) -> tuple[np.ndarray, np.ndarray]:
    """``lags`` and ``|w_tau - w_0|^2``, from the first point alone (ANO-EQ4).

    The first *row* is subtracted: the value at lag 0 is 0.  ``lags`` in ``0 ... T - 1``,
    default all; arguments and errors else as :func:`time_averaged`.
    """
    x = as_trajectory(trajectory)
    tau = check_lags(np.arange(len(x)) if lags is None else lags, len(x) - 1, 0)
    return tau, distances_from_first(x)[tau]


def detrended(trajectory: Any) -> Any:
    """The trajectory less the straight line from its first to its last point, (T, d).

    Of the kind of its input.  Brownian motion of T points is left with
    ``d sigma^2 tau (1 - tau/(T - 1))`` (ANO-T2).
    """
    x = as_trajectory(trajectory)
    xp = namespace(x)
    place = {} if xp is np else {"device": x.device}
    u = xp.linspace(0, 1, x.shape[0], dtype=x.dtype, **place)[:, None]
    return x - x[0] - u * (x[-1] - x[0])
