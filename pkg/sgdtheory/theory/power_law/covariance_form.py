"""Gradient noise in d dimensions, from random gradients and random Hessians."""

from functools import lru_cache
from itertools import combinations, combinations_with_replacement

import sympy as sp

from sgdtheory.theory.statement import Mutant, Statement, Step, equation

i, j, a, b = sp.symbols("i j a b", integer=True, positive=True)
d = sp.Symbol("d", integer=True, positive=True)
g, H, u, C = (sp.IndexedBase(name) for name in "gHuC")
Cov, Var = sp.Function("Cov"), sp.Function("Var")
trace = sp.Symbol(r"\operatorname{Tr} H")

FORM, TRACE, MATRIX = (
    "covariance of the gradient",
    "if $C$ has no quadratic part off the diagonal, and one and the same on it",
    r"if, moreover, the matrices $\operatorname{Cov}(H_{ia}, H_{jb})$ themselves vanish for "
    r"$i \ne j$",
)


def quadratic(factor=1):
    """The part of the covariance that the random curvature makes."""
    both = Cov(H[i, a], H[j, b])
    return sp.Sum(factor * u[a] * u[b] * both, (a, 1, d), (b, 1, d))


def linear(*terms):
    """The part that the covariance of gradient and curvature makes."""
    return sp.Sum(u[a] * sum(terms), (a, 1, d))


BOTH = Cov(g[i], H[j, a]), Cov(g[j], H[i, a])
CLAIM = {
    FORM: equation(C[i, j], Cov(g[i], g[j]) + linear(*BOTH) + quadratic()),
    TRACE: equation(Var(trace), d * (2 - d) * Var(H[1, 1])),
    MATRIX: equation(Var(H[1, 1]), sp.Integer(0)),
}


def _name(entry: sp.Indexed) -> str:
    # One name for H_ij and H_ji: a Hessian is symmetric.
    return f"{entry.base}{''.join(map(str, sorted(entry.indices)))}"


def second_moment(x: sp.Indexed, y: sp.Indexed) -> sp.Symbol:
    """The covariance of two entries as a plain symbol."""
    return sp.Symbol("K_" + "_".join(sorted((_name(x), _name(y)))), real=True)


def plain(expr, at: dict) -> sp.Expr:
    """Whole numbers put for indices and d, covariances and u as plain symbols."""
    written = sp.sympify(expr).subs(at).doit()
    written = written.replace(Cov, second_moment)
    written = written.replace(Var, lambda x: second_moment(x, x))
    return written.replace(
        lambda e: isinstance(e, sp.Indexed) and e.base == u,
        lambda e: sp.Symbol(f"u{e.indices[0]}", real=True),
    )


def bilinear(row: int, column: int, size: int) -> sp.Expr:
    """Cov of two gradient entries g_i + sum_a H_ia u_a, from bilinearity alone."""

    def gradient(k):
        steps = [(H[k, n], sp.Symbol(f"u{n}", real=True)) for n in range(1, size + 1)]
        return [(g[k], sp.Integer(1)), *steps]

    return sum(
        p * q * second_moment(x, y) for x, p in gradient(row) for y, q in gradient(column)
    )


def _form(claim):
    # i, j, a, b are four indices: d = 4 holds every pattern of equal and unequal ones.
    return [
        sp.expand(plain(claim[FORM].rhs, {d: 4, i: row, j: column}) - bilinear(row, column, 4))
        for row, column in ((1, 1), (1, 2))
    ]


def _entry(r, c, s, t):
    return second_moment(H[r, c], H[s, t])


@lru_cache
def constrained(size: int, matrices: bool) -> dict:
    """What the two assumptions leave free among the covariances of Hessian entries."""
    n = range(1, size + 1)
    rules = []
    for r, s in combinations(n, 2):
        for x, y in combinations_with_replacement(n, 2):
            pair = _entry(r, x, s, y), _entry(r, y, s, x)
            rules += list(pair) if matrices else [sum(pair)]
    for r in n[1:]:
        rules += [
            _entry(r, x, r, y) - _entry(1, x, 1, y)
            for x, y in combinations_with_replacement(n, 2)
        ]
    return sp.solve(rules, sorted(set().union(*(q.free_symbols for q in rules)), key=str))


def _trace(claim):
    out = []
    for size in (2, 3, 4):
        total = sum(_entry(r, r, s, s) for r in range(1, size + 1) for s in range(1, size + 1))
        wrong = total - plain(claim[TRACE].rhs, {d: size})
        out.append(sp.expand(wrong.xreplace(constrained(size, False))))
    return out


def _matrix(claim):
    left = (_entry(1, 1, 1, 1)).subs(constrained(2, True))
    return [left - plain(claim[MATRIX].rhs, {}).subs(constrained(2, True))]


def _traceless():
    """H = [[x, y], [y, -x]], x and y uncorrelated of one variance: C = Var |u|^2 I."""
    x, y, p, q = sp.symbols("x y u_1 u_2", real=True)
    gradient = sp.Matrix([[x, y], [y, -x]]) * sp.Matrix([p, q])
    product = (gradient * gradient.T).expand()
    law = product.subs(x * y, 0).applyfunc(
        lambda e: sp.expand(e).subs(x * y, 0).subs({x**2: 1, y**2: 1})
    )
    return law - (p**2 + q**2) * sp.eye(2)


STATEMENT = Statement(
    id="PLD-P10",
    kind="proposition",
    title="The gradient covariance in d dimensions is a quadratic form, entry by entry",
    source="meng2020, Proposition 10",
    notebook="notebooks/power_law/02_what_sgd_does",
    assumptions=(
        ("sample gradient $g + Hu$ with $H$ symmetric, $g$ and $H$ of finite variance", None),
    ),
    claim=CLAIM,
    uses=("PLD-P1",),
    steps=(
        Step(
            "a covariance is linear in both entries; four indices occur, so that $d = 4$, "
            "with a symbol for each second moment, covers every case",
            equation(C[i, j], Cov(g[i], g[j]) + linear(*BOTH) + quadratic()),
            _form,
        ),
        Step(
            r"if $C_{ij}$ has no quadratic part, "
            r"$\operatorname{Var} H_{ij} = -\operatorname{Cov}(H_{ii}, H_{jj})$; one common "
            "diagonal part makes all these variances equal (solved as linear equations for "
            "$d = 2, 3, 4$)",
            equation(Var(trace), d * (2 - d) * Var(H[1, 1])),
            _trace,
        ),
        Step(
            r"in $d = 2$ a traceless random Hessian does satisfy both, with "
            r"$C = \operatorname{Var}(H_{11})\,|u|^2 I$",
            None,
            _traceless,
            by="example",
        ),
        Step(
            r"if all matrices $\operatorname{Cov}(H_{ia}, H_{jb})$, $i \ne j$, vanish, then "
            r"$a = j$, $b = i$ gives $\operatorname{Var} H_{ij} = 0$, and one common diagonal "
            "part leaves no curvature noise at all",
            equation(Var(H[i, j]), 0),
            _matrix,
        ),
    ),
    mutants=(
        Mutant(
            "covariance of gradient and curvature counted once",
            {FORM: equation(C[i, j], Cov(g[i], g[j]) + linear(BOTH[0]) + quadratic())},
        ),
        Mutant(
            "no linear term although gradient and curvature correlate",
            {FORM: equation(C[i, j], Cov(g[i], g[j]) + quadratic())},
        ),
        Mutant(
            "half of the quadratic form, as in a Taylor series",
            {FORM: equation(
                C[i, j], Cov(g[i], g[j]) + linear(*BOTH) + quadratic(sp.Rational(1, 2)))},
        ),
        Mutant(
            "uncorrelated diagonal entries",
            {TRACE: equation(Var(trace), d * Var(H[1, 1]))},
        ),
        Mutant(
            "curvature noise stays free under both assumptions",
            {MATRIX: equation(Var(H[1, 1]), sp.Symbol(r"\Sigma_{H}", positive=True))},
            source=True,
        ),
    ),
    against_source="corrected",
    remark=(
        r"With $\operatorname{Cov}(g_i, H_{jk}) = 0$ this is Proposition 10 as we reconstruct "
        "it, exact for quadratic sample losses. The two assumptions that follow it there, "
        r"$A^{(ij)} = 0$ for $i \ne j$ and all $A^{(ii)}$ equal, contradict the symmetry of "
        r"the Hessian: a variance of the trace cannot be negative, so for $d \ge 3$ nothing is "
        "left, whether the matrices or only the quadratic forms are meant; in $d = 2$ the "
        "weaker reading leaves just a traceless random Hessian. The law "
        r"$C = \Sigma_g(1 + u^\top \Sigma_H \Sigma_g^{-1} u)$ is an ansatz, not a consequence."
    ),
)  # fmt: skip
