"""What else the Gram matrix of a window tells: its drift, and how many coordinates count."""

from typing import Any

import numpy as np

from sgdtheory import _validate
from sgdtheory.stochastic._msd_gram import check_gram, from_gram


def detrend_gram(G: Any) -> np.ndarray:
    """Gram matrix after the line from the first to the last point is taken out (ANO-T2).

    ``w_t - w_0 - u_t (w_{T-1} - w_0)`` with ``u_t = t / (T - 1)``: a change of rank two.
    ``G`` is taken about the first point, as :func:`gram` returns it.
    """
    G = check_gram(G)
    u, along = np.linspace(0.0, 1.0, len(G)), G[:, -1]
    return G - np.outer(along, u) - np.outer(u, along) + G[-1, -1] * np.outer(u, u)


def drift_share(G: Any, lags: Any = None) -> tuple[np.ndarray, np.ndarray]:
    """``lags`` and the share ``v^2 tau^2 / M(tau)`` of the mean drift (ANO-T2).

    ``v`` is the end-to-end distance over T - 1 steps.  Brownian motion without any drift has
    a share of ``tau / (T - 1)`` as well: only what exceeds it speaks for one.

    Raises
    ------
    ValueError
        A lag at which nothing moves (the share is 0/0), and as :func:`from_gram`.
    """
    tau, msd = from_gram(G, lags)
    if msd.min() <= 0:
        raise ValueError(
            f"a share needs displacements > 0, got none at lag {tau[msd.argmin()]}; the "
            "trajectory does not move there"
        )
    G = np.asarray(G, dtype=float)
    end_to_end = G[0, 0] + G[-1, -1] - 2 * G[0, -1]
    return tau, end_to_end / (len(G) - 1) ** 2 * tau**2 / msd


def effective_dimension(G: Any, of: str = "steps") -> float:
    """``(tr C)^2 / tr C^2``: how many independent coordinates would scatter as much.

    ``of="steps"``: C is the covariance of the steps, taken as uncorrelated, from products of
    different steps (``tr C^2`` without bias).  It is the d in the relative variance of a
    displacement (ANO-T2).  ``of="positions"``: C is the covariance of the points of the
    window, the one PCA shows.  That is small for *any* walk, 5/2 for Brownian motion in
    infinitely many dimensions, and says nothing of the number of coordinates.

    ``G``: (T, T) Gram matrix of :func:`gram`, T >= 3.

    Raises
    ------
    ValueError
        ``of`` unknown, T < 3, or nothing moves.
    """
    _validate.one_of("of", of, ("steps", "positions"))
    G = check_gram(G)
    if len(G) < 3:
        raise ValueError(f"G must be (T, T) with T >= 3, got {G.shape}; record more points")
    if of == "positions":
        K = G - G.mean(0) - G.mean(1)[:, None] + G.mean()
        first, second = np.trace(K), float((K**2).sum())
    else:
        K = np.diff(np.diff(G, axis=0), axis=1)
        n, own = len(K), np.diagonal(K)
        first, second = own.mean(), float((K**2).sum() - (own**2).sum()) / (n * (n - 1))
    if not first > 0 or not second > 0:
        raise ValueError(
            "an effective dimension needs steps that move and overlap, got a covariance of "
            f"trace {first:g} and squared trace {second:g}; take a longer window"
        )
    return float(first**2 / second)
