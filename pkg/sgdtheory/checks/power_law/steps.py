"""One small step of an SDE in any convention, averaged without sampling.

The noise amplitude ``s`` is taken at ``w + alpha s(w) dB``: index 0 is SGD's own step, 1/2
Stratonovich's predictor, 1 the anti-Itô one.  The average over the Gaussian noise is a
Gauss-Hermite sum; rates for a vanishing step come by extrapolation, for there the mean is
a power series in the step.
"""

from collections.abc import Callable

import numpy as np

NODES, WEIGHTS = np.polynomial.hermite_e.hermegauss(60)
WEIGHTS = WEIGHTS / WEIGHTS.sum()


def after(w, dt: float, drift: Callable, s: Callable, alpha: float) -> np.ndarray:
    """Next weights for every node of the noise; shape ``(*w.shape, nodes)``."""
    w = np.asarray(w, dtype=float)[..., None]
    kick = np.sqrt(dt) * NODES
    return w + drift(w) * dt + s(w + alpha * s(w) * kick) * kick


def limit(rate: Callable[[float], float], h: float, orders: int = 5) -> float:
    """``rate(0)`` by Richardson extrapolation from ``h, h/2, ...``; rate a power series."""
    row = [rate(h / 2**k) for k in range(orders)]
    for k in range(1, orders):
        row = [(2**k * b - a) / (2**k - 1) for a, b in zip(row, row[1:], strict=False)]
    return float(row[0])


def mean_rate(phi: Callable, w, drift, s, alpha: float, weights=1.0, h: float = 0.02) -> float:
    """``d/dt E phi`` at time 0, from the points ``w`` with these ``weights``."""
    w = np.asarray(w, dtype=float)

    def rate(dt: float) -> float:
        change = phi(after(w, dt, drift, s, alpha)) - phi(w)[..., None]
        return float(np.sum(weights * (change @ WEIGHTS)) / dt)

    return limit(rate, h)
