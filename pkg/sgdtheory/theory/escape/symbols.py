r"""Letters of the escape chapter.

``C(w) = sigma_g + 2 (L(w) - L(a))/(eta kappa)``: noise that grows with the loss, isotropic in
d dimensions; ``D = eta C / 2``; minimum ``a``, saddle ``b``.  ``m = kappa + 1 - alpha`` is the
exponent of the stationary law ``C^-m``, and ``1 + X = C_b/C_a``.
"""

import sympy as sp

from sgdtheory.theory.power_law.symbols import ALPHA, alpha, eta, kappa, m, sigma_g, threshold

H_a, H_b = sp.symbols(r"H_a {|H_{b}|}", positive=True)
X, barrier = sp.symbols(r"X \Delta{L}", positive=True)

NOISE = (
    r"noise that grows with the loss: "
    r"$C(w) = \sigma_g + \frac{2}{\eta\kappa}\,(L(w) - L(a))$ on the way over the barrier",
    None,
)
WELLS = (
    r"$a$ the only minimum of $L$ before the saddle $b$, $b$ the highest point of the way to "
    r"the target, $\Delta L = L(b) - L(a)$",
    None,
)

__all__ = [
    "ALPHA", "NOISE", "WELLS", "H_a", "H_b", "X", "alpha", "barrier", "eta", "kappa", "m",
    "sigma_g", "threshold",
]  # fmt: skip
