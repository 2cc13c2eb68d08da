"""The escaping efficiency to second order in time, by Itô's formula."""

from functools import lru_cache
from itertools import combinations_with_replacement, product

import sympy as sp

from sgdtheory.theory.anisotropic.symbols import (
    NOISE,
    NOTEBOOK,
    E,
    H,
    Sigma,
    Tr,
    eff,
    explicit,
    lam,
    per_eigenvalue,
    s,
    t,
)
from sgdtheory.theory.statement import Mutant, Statement, Step, equation

HALF, QUARTER = sp.S.Half, sp.Rational(1, 4)
time, slope2 = sp.symbols(r"s |\nabla{L}|^{2}", real=True)
bend = sp.Symbol(r"\nabla^{2}{L}", commutative=False)
fourth = sp.Symbol(r"{L_{ijkl}\Sigma_{ij}\Sigma_{kl}}", real=True)

IDENTITY, SECOND = (
    r"every smooth $L$, from any point; $\Sigma$ may depend on $\theta$",
    r"from a minimum, $\Sigma$ constant, $H$ the Hessian there",
)


def identity(ito=HALF):
    rate = E(-slope2 + ito * Tr(bend * Sigma))
    return equation(eff(t), sp.Integral(rate, (time, 0, t)))


def second(first=HALF, pull=-1, quartic=QUARTER):
    order_two = pull * Tr(H**2 * Sigma) + quartic * fourth
    return equation(eff(t), first * t * Tr(H * Sigma) + t**2 / 2 * order_two + sp.O(t**3))


CLAIM = {IDENTITY: identity(), SECOND: second()}

# One small step, two coordinates with all their letters: more coordinates only add pairs.
root, x_1, x_2 = sp.symbols(r"\sqrt{\mathrm{d}t} xi_1 xi_2", real=True)
f_1, f_2, f_11, f_12, f_22, s_11, s_12, s_22 = sp.symbols(
    "f_1 f_2 f_11 f_12 f_22 s_11 s_12 s_22", real=True
)
MOMENTS = ((x_1 * x_2, s_12), (x_1**2, s_11), (x_2**2, s_22), (x_1, 0), (x_2, 0))
HESSIAN = sp.Matrix([[f_11, f_12], [f_12, f_22]])
NOISE_2 = sp.Matrix([[s_11, s_12], [s_12, s_22]])


def small_step() -> sp.Expr:
    """Mean change of L in the time ``root^2``, over that time: Taylor through second order."""
    step = sp.Matrix([-f_1, -f_2]) * root**2 + sp.Matrix([x_1, x_2]) * root
    change = sp.Matrix([f_1, f_2]).dot(step) + (step.T * HESSIAN * step)[0] / 2
    rows = sp.Poly(sp.expand(change), root)
    order_one = rows.coeff_monomial(root**2)
    return sp.expand(order_one).subs(MOMENTS)


def _identity(claim):
    rate = sp.diff(claim[IDENTITY].rhs, t).replace(E, lambda inside: inside)
    written = explicit(rate, {bend: HESSIAN, Sigma: NOISE_2})
    return [
        sp.expand(written.subs(slope2, f_1**2 + f_2**2) - small_step()),
        sp.limit(claim[IDENTITY].rhs, t, 0),
    ]


FOUR = range(4)


@lru_cache(maxsize=1)
def generic() -> tuple:
    """Coordinates, a loss with its minimum at 0, and Sigma, in four dimensions: one ring with
    a letter for each second, third and fourth derivative and each entry of Sigma."""
    tensors = (("h", 2), ("c", 3), ("q", 4), ("s", 2))
    names = [
        letter + "".join(map(str, at))
        for letter, order in tensors
        for at in combinations_with_replacement(FOUR, order)
    ]
    ring, *gens = sp.ring([f"x{i}" for i in FOUR] + names, sp.QQ)
    x, letters = gens[:4], dict(zip(names, gens[4:], strict=True))

    def entry(letter, at):
        return letters[letter + "".join(map(str, sorted(at)))]

    loss = ring.zero
    for letter, order in tensors[:3]:
        for at in product(FOUR, repeat=order):
            power = ring.mul(*(x[i] for i in at))
            loss += entry(letter, at) * power / sp.factorial(order)
    return x, loss, entry


def generator(f):
    """``A f = -grad L . grad f + Tr(Sigma Hess f)/2``, through second order in x."""
    x, loss, entry = generic()
    out = -sum(loss.diff(y) * f.diff(y) for y in x)
    for i, j in product(FOUR, repeat=2):
        out += entry("s", (i, j)) * f.diff(x[i]).diff(x[j]) / 2
    return out.ring.from_dict({m: c for m, c in out.items() if sum(m[:4]) <= 2})


@lru_cache(maxsize=1)
def orders() -> tuple[sp.Expr, sp.Expr]:
    """``A L`` and ``A^2 L`` at the minimum."""
    x, loss, _ = generic()
    once = generator(loss)
    return tuple(f.evaluate([(y, 0) for y in x]).as_expr() for f in (once, generator(once)))


@lru_cache(maxsize=1)
def contractions() -> dict[sp.Expr, sp.Expr]:
    """What the traces of the claim are, written out in the letters of the generic loss."""
    _, _, entry = generic()

    def total(factors, indices: int) -> sp.Expr:
        return sum(factors(*at) for at in product(FOUR, repeat=indices)).as_expr()

    def h(i, j):
        return entry("h", (i, j))

    def noise(i, j):
        return entry("s", (i, j))

    return {
        Tr(H * Sigma): total(lambda i, j: h(i, j) * noise(j, i), 2),
        Tr(H**2 * Sigma): total(lambda i, j, k: h(i, j) * h(j, k) * noise(k, i), 3),
        fourth: total(lambda *at: entry("q", at) * noise(*at[:2]) * noise(*at[2:]), 4),
    }


def _second(claim):
    """Coefficients of t and of t^2/2 minus ``A L`` and ``A^2 L``."""
    series = claim[SECOND].rhs.removeO()
    claimed = (sp.diff(series, t, n).subs(t, 0).subs(contractions()) for n in (1, 2))
    return [sp.expand(c - found) for c, found in zip(claimed, orders(), strict=True)]


def _no_cubic():
    """The third derivatives do not occur."""
    return [
        sp.Integer(any(str(letter).startswith("c") for letter in order.free_symbols))
        for order in orders()
    ]


def _quadratic(claim):
    """Without fourth derivatives this is the expansion of the closed form (ANI-4)."""
    without = claim[SECOND].rhs.removeO().subs(fourth, 0)
    exact = (1 - sp.exp(-2 * lam * t)) * s / 4
    gap = per_eigenvalue(without) - exact
    return [sp.diff(gap, t, n).subs(t, 0) for n in range(3)]


def _state_dependent():
    """One dimension, ``Sigma = s + r x^2``: ``A^2 L`` at 0 minus that of the constant noise."""
    x, h, r = sp.symbols("x h r", positive=True)
    loss, noise = h * x**2 / 2, s + r * x**2

    def rate(f):
        return -sp.diff(loss, x) * sp.diff(f, x) + noise * sp.diff(f, x, 2) / 2

    return sp.expand(rate(rate(loss)).subs(x, 0) + h**2 * s)


STATEMENT = Statement(
    id="ANI-3",
    kind="theorem",
    title="The escaping efficiency in a short time",
    source="zhu2019, Itô expansion",
    assumptions=(
        (r"$\mathcal{E}(t) = \operatorname{E}L(\theta_t) - L(\theta_0)$; $L$ twice "
         r"differentiable, $|\nabla L|^2$ and the Itô term integrable; for the second part six "
         r"times, $A^3L$ integrable too (with four derivatives the error is only $o(t^2)$)",
         None),
        NOISE,
        (r"repeated indices are summed; $L_{ijkl}$: fourth derivatives at the minimum", None),
    ),
    claim=CLAIM,
    uses=("FND-4", "ANI-1"),
    steps=(
        Step(r"Taylor over one small step: the kick is of size $\sqrt{\mathrm{d}t}$, so that "
             "its square counts; add up the steps",
             equation(sp.Symbol(r"\mathrm{d}\,\operatorname{E}L"),
                      E(-slope2 + Tr(bend * Sigma) / 2) * sp.Symbol(r"\mathrm{d}t")),
             _identity, by="operator"),
        Step(r"with the generator $A f = -\nabla L\cdot\nabla f + "
             r"\frac12\operatorname{Tr}(\Sigma\nabla^2 f)$ the efficiency is "
             r"$t\,AL + \frac{t^2}{2}A^2L + \dots$ at the start: four indices occur, so that "
             "a quartic in four dimensions with a letter for every derivative holds all cases",
             equation(sp.Symbol(r"A^{2}L"),
                      -Tr(H**2 * Sigma) + QUARTER * fourth), _second, by="series"),
        Step("third derivatives drop out", None, _no_cubic),
        Step("in a quadratic well it is the beginning of ANI-4", None, _quadratic, by="series"),
        Step(r"if $\Sigma$ depends on $\theta$ the second order changes: "
             r"$\Sigma = \sigma + r x^2$, one dimension", None, _state_dependent,
             by="counterexample"),
    ),
    mutants=(
        Mutant("Itô's term without the factor $1/2$",
               {IDENTITY: identity(1), SECOND: second(first=1)}),
        Mutant(r"$+\operatorname{Tr}(H^2\Sigma)$", {SECOND: second(pull=1)}),
        Mutant("quartic term with $1/2$", {SECOND: second(quartic=HALF)}),
        Mutant("quadratic well for every loss", {SECOND: second(quartic=0)}),
        Mutant("pull back to the minimum forgotten", {SECOND: second(pull=0)}),
    ),
    against_source="as-stated",
    remark=(
        r"The identity is the source's as we remember it. The indicator "
        r"$\operatorname{Tr}(H\Sigma)$ is the first term; the second order is ours. It "
        r"shows how long the first can be trusted: while "
        r"$t \ll \operatorname{Tr}(H\Sigma)/\operatorname{Tr}(H^2\Sigma)$, and the noise has "
        r"not yet felt the fourth derivatives."
    ),
    notebook=NOTEBOOK,
)  # fmt: skip

STATEMENTS = (STATEMENT,)
