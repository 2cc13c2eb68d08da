r"""Letters of the chapter.

``ell`` is the loss of one sample, half its squared residual ``rho = f - y``, and ``L`` the
mean over the n samples; ``G = grad f grad f^T``.  Matrices enter the covariances linearly:
a letter such as ``H`` or ``C`` stands for any one entry (i, j) of its matrix.
"""

import sympy as sp
from sympy.core.function import UndefinedFunction

from sgdtheory.theory.foundations.sgd import C_with, C_without, n
from sgdtheory.theory.foundations.symbols import E, eta

__all__ = ["C_with", "C_without", "E", "eta"]

mu = sp.Symbol("mu", integer=True, positive=True)
L, sigma, h = sp.symbols("L sigma h", positive=True)
# sympy sorts factors by name, and a bracket comes last: b C, 2 L H.
C, H, R = sp.symbols("{C} {H} {R}", real=True)
ell, rho, G, bend = (
    sp.IndexedBase(name) for name in (r"\ell", r"\rho", "{G}", r"{\nabla^{2}f}")
)
outer_mean = sp.Symbol(r"\overline{\nabla\ell\,\nabla\ell^{T}}", real=True)
grad_outer = sp.Symbol(r"\nabla{L}\,\nabla{L}^{T}", real=True)

SQUARED = (
    r"$\ell_\mu = \rho_\mu^2/2$ with residual $\rho_\mu = f_\mu - y_\mu$, one output per "
    r"sample; $G_\mu = \nabla f_\mu\,\nabla f_\mu^T$",
    None,
)
NOTEBOOK = "notebooks/log_landscape/01_time_change"


def field(name: str) -> UndefinedFunction:
    """An undefined function that prints without its arguments."""

    def _latex(self, printer, exp=None) -> str:
        return name if exp is None else f"{name}^{{{exp}}}"

    return UndefinedFunction(name, __dict__={"_latex": _latex})


class Root(sp.Expr):
    """A square root that is printed as one; ``doit`` takes it."""

    def __new__(cls, inside):
        return super().__new__(cls, sp.sympify(inside))

    def doit(self, **hints) -> sp.Expr:
        return sp.sqrt(self.args[0].doit(**hints))

    def _latex(self, printer) -> str:
        return rf"\sqrt{{{printer._print(self.args[0])}}}"


class Mean(sp.Expr):
    """Mean over the samples numbered from 1 to ``size``: ``Mean(summand, size)``."""

    def __new__(cls, summand, size=n):
        return super().__new__(cls, sp.sympify(summand), sp.sympify(size))

    def doit(self, **hints) -> sp.Expr:
        summand, size = self.args
        return sp.Sum(summand, (mu, 1, size)).doit(**hints) / size

    def _latex(self, printer) -> str:
        summand, size = map(printer._print, self.args)
        return rf"\frac{{1}}{{{size}}} \sum_{{\mu=1}}^{{{size}}} {summand}"
