r"""Letters of the linear recursion, averages of its square, and geometric sums.

``u' = u - eta (lambda u + xi)`` along one eigenvector of the Hessian, ``E xi = 0``,
``E xi^2 = C`` (variance of the minibatch gradient), ``h = eta lambda``, ``a = 1 - h``;
heavy ball with ``mu``; an epoch of ``M`` batches.
"""

from collections.abc import Mapping

import sympy as sp

eta, C, lam, h, mu = sp.symbols("eta C lambda h mu", positive=True)
M, k, T, n = sp.symbols("M k T n", positive=True, integer=True)
a, z = sp.symbols("a z", real=True)
Phi = sp.Function(r"\Phi_{M}")

NOTEBOOK = "notebooks/variance_flatness/01_exact_covariances"
ONE_MODE = (
    r"$u' = u - \eta(\lambda u + \xi)$ along an eigenvector of $H$ with eigenvalue "
    r"$\lambda > 0$; $\operatorname{E}\xi = 0$, $\operatorname{E}\xi^2 = C$ whatever $u$ is; "
    r"$h = \eta\lambda$, $a = 1 - h$",
    None,
)
STABLE = (r"$0 < h < 2$", None)
EPOCHS = (
    "an epoch visits each of $M \\ge 2$ minibatches once in a random order; $C$ is the mean "
    r"of $\xi^2$ over the $M$ minibatches, over which $\xi$ sums to zero",
    M >= 2,
)


def average(expr, moments: Mapping) -> sp.Expr:
    """Mean of a polynomial of second order: ``moments`` maps products of letters to means."""
    letters = sorted(set().union(*(pair.free_symbols for pair in moments)), key=str)
    polynomial = sp.Poly(sp.expand(expr), *letters)
    table = {sp.Poly(pair, *letters).monoms()[0]: mean for pair, mean in moments.items()}
    return sp.Add(*(coeff * table[power] for power, coeff in polynomial.terms()))


def phi(at=z, power=M, factor=2) -> sp.Expr:
    """``Phi_M``, what is left of white noise where M noises sum to zero."""
    return 1 - factor * at * (M * (1 - at) - 1 + at**power) / (M * (M - 1) * (1 - at) ** 2)


def geometric(q, upto=M) -> sp.Expr:
    """``1 + q + .. + q^(upto - 1)``; the step that uses it proves it by induction."""
    return (1 - q**upto) / (1 - q)


def geometric_left(q, upto=M) -> list:
    """Zero: the sum of one term, and what one more term adds."""
    grown = geometric(q, upto).subs(upto, upto + 1) - geometric(q, upto) - q**upto
    return [geometric(q, upto).subs(upto, 1) - 1, sp.simplify(grown)]


def triangular(q) -> sp.Expr:
    """``sum over k = 1 .. M-1 of (M - k) q^k``."""
    return q * (M * (1 - q) - 1 + q**M) / (1 - q) ** 2


def triangular_left(q) -> list:
    """Zero: the empty sum of M = 1, and what M + 1 adds: ``q + .. + q^M``."""
    grown = triangular(q).subs(M, M + 1) - triangular(q) - q * geometric(q)
    return [triangular(q).subs(M, 1), sp.simplify(grown)]
