r"""Two Gaussians, mixed: the usual rival of a power law, and its fit.

.. math:: p(x) = \sum_{j=1}^2 \frac{w_j}{\sigma_j}\,\varphi\!\left(\frac{x-\mu_j}{\sigma_j}
          \right), \qquad w_1 + w_2 = 1.

The likelihood has no upper bound: one component may shrink onto a single datum.  Meant is
the best maximum at which neither does, so each width is kept above 1/100 of the spread of
the data and each weight above 5/n.
"""

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import expit, ndtr

from sgdtheory import _validate

#: Least width of a component, in half-widths of the data between their quartiles.
NARROWEST = 0.01
BLOCK = 1 << 15


@dataclass(frozen=True)
class GaussianMixture:
    """Weights, means and deviations (2,), the narrower component first; ``loglik`` of a fit.

    ``at_boundary``: a width or weight lies on its least value, and the fit is arbitrary.
    """

    weight: np.ndarray
    mean: np.ndarray
    std: np.ndarray
    loglik: float = math.nan
    at_boundary: bool = False

    def logpdf(self, x) -> np.ndarray:
        """ln of the density, in the shape of ``x``."""
        z = (np.asarray(x, dtype=float)[..., None] - self.mean) / self.std
        parts = np.log(self.weight / self.std) - z**2 / 2 - 0.5 * math.log(2 * math.pi)
        return np.logaddexp(parts[..., 0], parts[..., 1])

    def cdf(self, x) -> np.ndarray:
        """P(X <= x), in the shape of ``x``."""
        z = (np.asarray(x, dtype=float)[..., None] - self.mean) / self.std
        return ndtr(z) @ self.weight

    def rvs(self, size, seed) -> np.ndarray:
        """Independent draws of shape ``size``."""
        draw, size = _validate.generator(seed), _validate.shape("size", size)
        which = (draw.random(size) < self.weight[1]).astype(int)
        return self.mean[which] + self.std[which] * draw.standard_normal(size)


def fit_gaussian_mixture(x) -> GaussianMixture:
    """Weights, means and deviations of two Gaussians by maximum likelihood, n >= 20.

    Three starts: one centre and two widths, a narrow and a wide one, and two centres.

    Raises
    ------
    ValueError
        NaN or infinite values, n < 20, or half of the values equal.
    """
    x = _validate.finite("x", x, minimum=20).ravel()
    low, centre, high = np.quantile(x, [0.25, 0.5, 0.75])
    unit = float(high - low) / 2
    if unit == 0:
        raise ValueError(
            f"x must not have half of its values equal, got {centre:g} that often; "
            "a continuous law has no ties: drop the repeated values"
        )
    z = (x - centre) / unit
    spread, few = float(z.std()), math.log(5 / x.size)
    starts = (
        (1.0, 0.0, 0.0, 0.0, math.log(2 * spread)),
        (-1.0, 0.0, 0.0, math.log(0.4), math.log(1.2 * spread)),
        (0.0, -1.0, 1.0, 0.0, 0.0),
    )
    edges = [(few, -few), (z.min(), z.max()), (z.min(), z.max())]
    edges += [(math.log(NARROWEST), math.log(4 * spread + 1))] * 2
    best = min((_descend(z, np.array(start), edges) for start in starts), key=lambda b: b.fun)
    at_boundary = any(
        min(value - least, most - value) < 1e-6
        for value, (least, most) in zip(best.x[[0, 3, 4]], [edges[0], *edges[3:]], strict=True)
    )
    weight = np.array([expit(best.x[0]), expit(-best.x[0])])
    order = np.argsort(best.x[3:])
    return GaussianMixture(
        weight[order],
        float(centre) + unit * best.x[1:3][order],
        unit * np.exp(best.x[3:])[order],
        -float(best.fun) * x.size - x.size * math.log(unit),
        at_boundary,
    )


def _descend(z: np.ndarray, start: np.ndarray, edges):
    from scipy.optimize import minimize

    inside = [np.clip(s, *edge) for s, edge in zip(start, edges, strict=True)]
    return minimize(_cost, inside, args=(z,), jac=True, method="L-BFGS-B", bounds=edges,
                    options={"maxiter": 500, "ftol": 1e-13, "gtol": 1e-7})  # fmt: skip


def _cost(theta: np.ndarray, z: np.ndarray) -> tuple[float, np.ndarray]:
    """Minus the mean log-likelihood and its slope in (logit w, two means, two log widths)."""
    total, slope = 0.0, np.zeros(5)
    logit, mean, width = theta[0], theta[1:3], np.exp(theta[3:])
    front = np.log(expit([logit, -logit])) - theta[3:] - 0.5 * math.log(2 * math.pi)
    for start in range(0, z.size, BLOCK):
        y = (z[start : start + BLOCK, None] - mean) / width
        parts = front - y**2 / 2
        log_p = np.logaddexp(parts[:, 0], parts[:, 1])
        share = np.exp(parts - log_p[:, None])
        total += log_p.sum()
        slope[0] += (share[:, 0] - expit(logit)).sum()
        slope[1:3] += (share * y).sum(axis=0) / width
        slope[3:] += (share * (y**2 - 1)).sum(axis=0)
    return -total / z.size, -slope / z.size
