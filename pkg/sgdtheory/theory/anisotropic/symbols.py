r"""Letters of the chapter, and traces of matrix products.

``H`` Hessian, ``C`` covariance of the minibatch gradient, ``Sigma = eta C = 2 D`` covariance
of the stochastic differential equation, ``one`` the unit matrix in ``d`` dimensions: letters
that do not commute.  ``lam`` and ``s`` are an eigenvalue of H and the noise along its axis.
"""

import sympy as sp

H, C, Sigma, one = sp.symbols(r"H C \Sigma I", commutative=False)
eta, t = sp.symbols("eta t", positive=True)
d, k, n, b = sp.symbols("d k n b", positive=True, integer=True)
lam = sp.Symbol("lambda", real=True)
s = sp.Symbol(r"\sigma", positive=True)
theta = sp.Symbol("theta")
E = sp.Function(r"\operatorname{E}")
P = sp.Function("P")
eff = sp.Function(r"\mathcal{E}")

NOISE = (r"$\Sigma = \eta C$, symmetric and positive semidefinite: the covariance of the SDE "
         r"$\mathrm{d}\theta = -\nabla L\,\mathrm{d}t + \Sigma^{1/2}\,\mathrm{d}B$ (Itô)",
         None)  # fmt: skip
NOTEBOOK = "notebooks/anisotropic/01_escaping_efficiency"


class Tr(sp.Function):
    """Trace of a product of matrices written in letters that do not commute."""

    nargs = 1

    def _eval_is_commutative(self) -> bool:
        return True

    def _eval_is_real(self) -> bool:
        return True

    def _latex(self, printer, exp=None) -> str:
        power = "" if exp is None else f"^{{{exp}}}"
        return rf"\operatorname{{Tr}}{power}\left({printer._print(self.args[0])}\right)"


def per_eigenvalue(expr) -> sp.Expr:
    """A trace ``Tr F(H) Sigma G(H)`` is the sum over i of ``F(l_i) G(l_i) Sigma_ii``.

    Returned is its summand: two expressions linear in the noise agree, for every H, every
    noise and every dimension, if and only if their summands do.
    """
    return expr.replace(Tr, lambda x: x).subs({H: lam, C: s / eta, Sigma: s, one: 1})


def expanded(expr) -> sp.Expr:
    """Sums of traces of products: those that are equal up to a turn become one letter."""

    def trace(product) -> sp.Expr:
        scalar, factors = product.args_cnc()
        spread = [m for f in factors for m in _factors(f)]
        turns = [spread[i:] + spread[:i] for i in range(len(spread))]
        first = min(turns, key=str, default=[])
        name = "T_" + " ".join(map(str, first))
        return sp.Mul(*scalar) * (sp.Symbol(name, positive=True) if first else d)

    def one_trace(inside) -> sp.Expr:
        return sp.Add(*(trace(p) for p in sp.Add.make_args(sp.expand(inside))))

    return sp.expand(expr.replace(Tr, one_trace))


def _factors(factor) -> list:
    base, power = factor.as_base_exp()
    if base == one:
        return []
    return [base] * int(power) if power.is_Integer and power > 0 else [factor]


def explicit(expr, letters, spectrum=None):
    """The same expression with explicit matrices; a matrix, or a number where ``expr`` is one.

    ``letters`` maps letters to matrices.  Functions of an H that is not among them are made
    from its ``spectrum``: eigenvalues, and axes as columns.
    """

    def of(part):
        if part.is_commutative:
            return part.replace(Tr, lambda x: of(x).trace())
        if part in letters:
            return letters[part]
        if spectrum and not {a for a in part.free_symbols if not a.is_commutative} - {H, one}:
            values, axes = spectrum
            f = part.subs(one, 1)
            return axes * sp.diag(*(f.subs(H, value) for value in values)) * axes.T
        if part.is_Add:
            return sum((of(p) for p in part.args[1:]), start=of(part.args[0]))
        if part.is_Mul:
            return sp.prod([of(p) for p in part.args[1:]], start=of(part.args[0]))
        return of(part.base) ** part.exp

    return of(sp.sympify(expr))
