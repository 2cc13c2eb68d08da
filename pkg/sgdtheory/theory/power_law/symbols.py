"""Letters of the one-dimensional power-law dynamic, and its hypotheses.

``u = w - w*``; drift ``-H u``; minibatch noise ``C``; ``D = eta C / 2``; ``alpha`` the
calculus index (0 Itô, 1/2 Stratonovich, 1 anti-Itô).
"""

import sympy as sp

eta, H, kappa = sp.symbols("eta H kappa", positive=True)
sigma_g, sigma_H, Delta = sp.symbols("sigma_g sigma_H Delta", positive=True)
m = sp.Symbol("m", positive=True)
alpha = sp.Symbol("alpha", nonnegative=True)
rho, u, nu = sp.symbols("rho u nu", real=True)

C = sigma_g + 2 * rho * u + sigma_H * u**2
D = eta * C / 2
drift = -H * u

# No condition: the identities hold for every real index, and points are quicker to draw.
ALPHA = (r"calculus index $\alpha$ from 0 (Itô) to 1 (anti-Itô)", None)
QUADRATIC = (
    r"quadratic loss and noise: drift $-Hu$, $C = \sigma_g + 2\rho u + \sigma_H u^2$ (PLD-P1)",
    None,
)
NONDEGENERATE = (
    r"noise nowhere zero: $\rho^2 < \sigma_g \sigma_H$",
    rho**2 < sigma_g * sigma_H,
)


def threshold(relation) -> list:
    """Larger side minus smaller side of a strict bound, and whether it is strict."""
    return [relation.gts - relation.lts, relation.func in (sp.Gt, sp.Lt)]
