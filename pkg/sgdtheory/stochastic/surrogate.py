"""The linear surrogate: SGD on a diagonal quadratic, with every quantity known beforehand."""

import numpy as np

from sgdtheory import _validate as check

__all__ = ["noises", "simulate"]


def noises(C, batches: int, epochs: int, *, seed, reshuffled: bool = True) -> np.ndarray:
    """Gaussian minibatch noises, (epochs * batches, d), variance ``C`` (d,) each.

    ``reshuffled``: those of one epoch add up to zero, pairs have covariance ``-C/(M - 1)``,
    as under sampling without replacement (IVF-RR1); else they are independent.
    """
    C = check.finite("C", C, ndim=1)
    if (C < 0).any():
        raise ValueError(f"C must be >= 0, got {C.min():g}; it holds variances")
    M = check.count("batches", batches, 2, "an epoch needs two or more minibatches")
    epochs = check.count("epochs", epochs)
    xi = check.generator(seed).standard_normal((epochs, M, len(C)))
    if reshuffled:
        xi -= xi.mean(1, keepdims=True)
        xi *= np.sqrt(M / (M - 1))
    return (xi * np.sqrt(C)).reshape(epochs * M, len(C))


def _per_mode(name: str, value, lam: np.ndarray) -> np.ndarray:
    value = check.finite(name, value)
    if value.shape not in ((), lam.shape):
        raise ValueError(
            f"{name} must be a number or {lam.shape} as the eigenvalues, got {value.shape}; "
            "one for each mode"
        )
    return np.broadcast_to(value, lam.shape)


def simulate(
    eigenvalues, C, eta, batches, epochs, *, seed, reshuffled=True, start=None, burn=0
) -> np.ndarray:
    """``u' = (1 - eta lambda) u - eta xi`` in each mode: (epochs * batches, d), after ``burn``
    epochs from ``start`` (d,) (zero by default).

    Raises
    ------
    ValueError
        ``eta * eigenvalue`` outside ``[0, 2)``; fewer than two batches; shapes.
    """
    lam = check.finite("eigenvalues", eigenvalues, ndim=1)
    h = check.positive("eta", eta) * lam
    if h.min() < 0 or h.max() >= 2:
        raise ValueError(
            f"eta * eigenvalue must lie in [0, 2), got {h.min():g} to {h.max():g}; "
            "use a smaller eta"
        )
    C = _per_mode("C", C, lam)
    burn = check.count("burn", burn, 0)
    xi = noises(C, batches, burn + check.count("epochs", epochs), seed=seed,
                reshuffled=reshuffled)  # fmt: skip
    u = _per_mode("start", 0.0 if start is None else start, lam)
    path = np.empty_like(xi)
    for t, noise in enumerate(xi):
        u = (1 - h) * u - eta * noise
        path[t] = u
    return path[burn * batches :]
