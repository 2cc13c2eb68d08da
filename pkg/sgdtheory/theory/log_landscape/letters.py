r"""Letters of the law, the threshold and the first passage on the logarithmic landscape.

Quadratic well ``L = L_* + h r^2/2`` in n dimensions, minibatch covariance
``C = (2 L h 1 + beta h^2 v v^T)/b`` with ``v = w - w*``: ``beta = 0`` is noise proportional to
the loss, ``beta = 1`` linear regression with Gaussian features, and in one dimension
``1 + beta = K - 1`` with the kurtosis K of the feature.  ``D = eta C / 2``.
"""

import sympy as sp

eta, b, h, n, L_0, r = sp.symbols("eta b h n L_{*} r", positive=True)
phi, q, c = sp.symbols("phi q c", positive=True)
beta = sp.Symbol("beta", nonnegative=True)

PHI = 1 + b / (eta * h)
Q = 1 + (b / (eta * h) + beta * (n - 1) / 2) / (1 + beta)
N_C = 2 * (b / (eta * h) + 1)
loss = L_0 + h * r**2 / 2

#: D along the radius and across it.
along = eta / (2 * b) * (2 * loss * h + beta * h**2 * r**2)
across = eta / b * loss * h

SDE = (r"$\mathrm{d}w = -\nabla L\,\mathrm{d}t + \sqrt{\eta C}\,\mathrm{d}B$ (Itô), $C$ the "
       "covariance of the minibatch gradient", None)  # fmt: skip
WELL = (r"quadratic well: $L = L_* + \frac{h}{2} r^2$, $r = |w - w^*|$, in $n$ dimensions",
        None)  # fmt: skip
FEATURES = (
    r"exact covariance: $C = \frac{1}{b}\,(2 L h\,I + \beta h^2 v v^\top)$, $v = w - w^*$; "
    r"$\beta = 0$ is noise proportional to the loss, $\beta = 1$ linear regression with "
    r"Gaussian features, $\beta = K - 2$ with features of kurtosis $K$ if $n = 1$",
    None,
)


def outward(drift_of=-h * r, radial=along, tangential=across) -> sp.Expr:
    """Itô drift of the radius: the well's pull, and the noise across, which only pushes out."""
    return drift_of + (n - 1) * tangential / r
