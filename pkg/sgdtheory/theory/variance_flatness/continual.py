"""Two tasks, one after the other: what a quadratic penalty keeps of the first."""

import sympy as sp

from sgdtheory.theory.power_law.symbols import threshold
from sgdtheory.theory.statement import Mutant, Statement, Step, equation
from sgdtheory.theory.variance_flatness import forgetting

eta, strength, F, F_min, L_0, lam, k = sp.symbols(
    r"eta Lambda F {F_{\mathrm{min}}} L_0 lambda k", positive=True
)
k_ldc, k_ewc, strength_ewc = sp.symbols(
    r"{k_{\mathrm{LDC}}} {k_{\mathrm{EWC}}} {\Lambda_{\mathrm{EWC}}}", positive=True
)
h, h_2, D = sp.symbols("h h_2 D", positive=True)
rho, d = sp.symbols("rho d", real=True)
n = sp.Symbol("n", integer=True, positive=True)
d_gradient, d_proximal, shift, excess, most = sp.symbols(
    r"{d_{\mathrm{gradient}}} {d_{\mathrm{proximal}}} d_2 {\Delta{}L} R", real=True
)
Delta = sp.symbols("Delta_1:3", real=True)
H_12, H_22 = sp.symbols("H_{12} H_{22}", real=True)
w, K, H2, w1, w2 = sp.symbols("w K H_2 w_1 w_2", commutative=False)

LDC = r"LDC, $\Lambda\sum_i (d\cdot p_i)^2/F_i^2$ with $d = w - w_1$: stiffness along $p_i$"
EWC = r"EWC, $\frac12\Lambda\,d^\top G\,d$: stiffness along an eigenvector of $G$"
SAME = r"they are one penalty if $F^2 = 8L_0/\lambda$ (IVF-E7) and"
GRADIENT = "a gradient step on the penalty"
PROXIMAL = "a proximal step on it"
STABLE = "the gradient step shrinks every direction of LDC if and only if"
REST = r"two quadratic tasks, penalty $\frac12 d^\top Kd$: where the second training ends"
LOCKED = r"the first of two directions locked: shift of the second, $\Delta = w_2 - w_1$"
DROPPED = (
    r"loss of both tasks in excess if of $K = h\left(\begin{smallmatrix}1&\rho\\ \rho&1"
    r"\end{smallmatrix}\right)$ the diagonal is kept; $H_2 = h_2 I$, $\Delta = D(1, 1)/\sqrt2$"
)
BLIND = r"stiffness over that of the diagonal: the most in $n$ dimensions"


def ends(matrix=K + H2):
    return equation(w, matrix**-1 * (K * w1 + H2 * w2))


def locked(lever=H_12 / H_22):
    return equation(shift, Delta[1] + lever * Delta[0])


def dropped(stiff=h * (1 + rho), power=2):
    lost = h**2 * h_2**2 * rho**power * D**2
    return equation(excess, lost / (2 * (h + h_2) ** 2 * (stiff + h_2)))


CLAIM = {
    LDC: equation(k_ldc, 2 * strength / F**2),
    EWC: equation(k_ewc, strength * lam),
    SAME: equation(strength_ewc, strength / (4 * L_0)),
    GRADIENT: equation(d_gradient, (1 - eta * k) * d),
    PROXIMAL: equation(d_proximal, d / (1 + eta * k)),
    STABLE: sp.Lt(strength, F_min**2 / eta),
    REST: ends(),
    LOCKED: locked(),
    DROPPED: dropped(),
    BLIND: equation(most, n),
}

A = sp.Matrix(2, 2, sp.symbols("a_1 a_2 a_2 a_3", real=True))
B = sp.Matrix(2, 2, sp.symbols("b_1 H_{12} H_{12} H_{22}", real=True))
FIRST, SECOND = (sp.Matrix(2, 1, sp.symbols(f"{name}_1:3", real=True)) for name in "uv")


def where(claim, penalty, second, first_weights, second_weights) -> sp.Matrix:
    """The end of the second training, with matrices for the letters of the claim."""
    formula = sp.lambdify((K, H2, w1, w2), claim[REST].rhs, "sympy")
    return formula(penalty, second, first_weights, second_weights)


def _ldc(claim):
    return claim[LDC].rhs - sp.diff(strength * d**2 / F**2, d, 2)


def _ewc(claim):
    return claim[EWC].rhs - sp.diff(strength * lam * d**2 / 2, d, 2)


def _same(claim):
    """Equal stiffness, LDC's flatness read off the curvature."""
    flat = claim[LDC].rhs.subs(F, sp.sqrt(8 * L_0 / lam))
    return claim[EWC].rhs.subs(strength, claim[SAME].rhs) - flat


def _gradient(claim):
    return claim[GRADIENT].rhs - (d - eta * sp.diff(k * d**2 / 2, d))


def _proximal(claim):
    """The minimum of ``k v^2/2 + (v - d)^2/(2 eta)``: its slope vanishes there."""
    v = sp.Symbol("v", real=True)
    slope = sp.diff(k * v**2 / 2 + (v - d) ** 2 / (2 * eta), v)
    return slope.subs(v, claim[PROXIMAL].rhs)


def _stable(claim):
    """At the edge the factor is -1; it shrinks where the strength is smaller, not there."""
    factor = sp.diff(claim[GRADIENT].rhs, d).subs(k, claim[LDC].rhs.subs(F, F_min))
    (edge,) = sp.solve(factor + 1, strength)
    gap, strict = threshold(claim[STABLE])
    return [gap - (edge - strength), sp.S.Zero if strict else sp.S.One]


def _always_stable(claim):
    """``1 - |factor|`` of a proximal step, times ``1 + eta k``, is ``eta k`` > 0."""
    factor = sp.diff(claim[PROXIMAL].rhs, d)
    return (1 - factor) * (1 + eta * k) - eta * k


def _rest(claim):
    """No force is left there."""
    there = where(claim, A, B, FIRST, SECOND)
    return list(sp.simplify(A * (there - FIRST) + B * (there - SECOND)))


def _fixed_point(claim):
    """One gradient step on task 2, then a proximal one, go nowhere from there."""
    there = where(claim, A, B, FIRST, SECOND)
    moved = there - FIRST - eta * B * (there - SECOND)
    return list(sp.simplify((sp.eye(2) + eta * A) * (there - FIRST) - moved))


def _locked(claim):
    there = where(claim, sp.diag(k, 0), B, sp.zeros(2, 1), sp.Matrix(Delta))
    return [sp.limit(there[0], k, sp.oo),
            sp.simplify(sp.limit(there[1], k, sp.oo) - claim[LOCKED].rhs)]  # fmt: skip


def _dropped(claim):
    full = h * sp.Matrix([[1, rho], [rho, 1]])
    goal = D / sp.sqrt(2) * sp.ones(2, 1)

    def loss(penalty):
        x = where(claim, penalty, h_2 * sp.eye(2), sp.zeros(2, 1), goal)
        return ((x.T * full * x)[0] + h_2 * ((x - goal).T * (x - goal))[0]) / 2

    return sp.simplify(loss(h * sp.eye(2)) - loss(full) - claim[DROPPED].rhs)


def _all_correlated(claim):
    """``h ((1 - rho) I + rho 11')`` along ``(1, ..., 1)/sqrt(n)``: all entries over n."""
    along = (n * h + n * (n - 1) * rho * h) / n
    return sp.limit(along / h, rho, 1) - claim[BLIND].rhs


def _no_more(claim):
    """In units in which the diagonal is one, no eigenvalue exceeds the trace."""
    i = sp.Symbol("i", integer=True, positive=True)
    return sp.summation(1, (i, 1, n)) - claim[BLIND].rhs


STATEMENT = Statement(
    id="IVF-E14",
    kind="formula",
    title="Constraints from a first task: LDC and EWC are one form, and a step that is stable",
    source="feng2021, Equation 14",
    assumptions=(
        (r"$w_1$: weights after the first task, $w_2$: where the second alone would end; $K$ "
         r"and $H_2$ symmetric, $K + H_2 \succ 0$", None),
        (r"$G$: the Gauss-Newton (Fisher) matrix of the first task, or its diagonal; "
         r"$p_i$ orthonormal, $i = 1 \ldots N_c$; $k = 0$ in directions beyond", None),
    ),
    claim=CLAIM,
    uses=("IVF-E7",),
    steps=(
        Step("second derivative along $p_i$", None, _ldc),
        Step("the same along an eigenvector", None, _ewc),
        Step("equal stiffness in every direction", None, _same),
        Step(r"$d - \eta\,kd$", None, _gradient),
        Step(r"the minimiser of $\frac k2v^2 + (v-d)^2/2\eta$", None, _proximal),
        Step(r"$|1 - \eta k| < 1$ along the stiffest direction, where $F$ is least", None,
             _stable),
        Step("the proximal step shrinks at any stiffness: no bound at all", None,
             _always_stable),
        Step("where the forces balance (any two dimensions)",
             equation(K * (w - w1) + H2 * (w - w2), 0), _rest),
        Step("gradient steps on the task and proximal steps on the penalty end there as well",
             None, _fixed_point, by="operator"),
        Step(r"infinite stiffness is the lock: what is locked still pulls on the rest, through "
             r"$H_{12}$", None, _locked, by="limit"),
        Step("both ends put into the losses of both tasks", None, _dropped),
        Step(r"$H = h[(1-\rho)I + \rho\mathbf{1}\mathbf{1}^\top]$, $\rho \to 1$", None,
             _all_correlated, by="limit"),
        Step("and no more: the largest eigenvalue is at most the trace", None, _no_more),
    ),
    mutants=(
        Mutant("LDC with the factor 1/2 of EWC", {LDC: equation(k_ldc, strength / F**2)}),
        Mutant("EWC without its factor 1/2", {EWC: equation(k_ewc, 2 * strength * lam)}),
        Mutant("objective for stiffness", {SAME: equation(strength_ewc, strength / (8 * L_0))}),
        Mutant("the gradient step as stable as the flow of the penalty",
               {GRADIENT: equation(d_gradient, sp.exp(-eta * k) * d)}),
        Mutant("a proximal step of twice the stiffness",
               {PROXIMAL: equation(d_proximal, d / (1 + 2 * eta * k))}),
        Mutant("stable up to a decay without oscillation",
               {STABLE: sp.Lt(strength, F_min**2 / (2 * eta))}),
        Mutant("weights averaged with the second curvature only", {REST: ends(H2)}),
        Mutant("a lock that pulls on nothing", {LOCKED: locked(0)}),
        Mutant("a lock with the opposite pull", {LOCKED: locked(-H_12 / H_22)}),
        Mutant("excess of the first order in the correlation", {DROPPED: dropped(power=1)}),
        Mutant("excess with the stiffness of the diagonal", {DROPPED: dropped(stiff=h)}),
        Mutant("the diagonal misses at most one direction", {BLIND: equation(most, n - 1)}),
    ),
    against_source="as-stated",
    remark=(
        r"Both objectives as we reconstruct them; whether the source has $\Lambda$ or "
        r"$\Lambda/2$ before its sum we cannot tell, and no result depends on it. So LDC along "
        r"all eigenvectors, with flatness from the curvature, is EWC with the whole matrix. "
        r"It differs from the usual, diagonal EWC by the correlations between weights, which "
        r"the diagonal cannot see: what "
        r"is stiff to a shift of $n$ weights together may look $n$ times softer weight by "
        r"weight. And it differs in $N_c$, the number of directions kept. With $K = H_1$ the "
        r"end is the minimum of both tasks' sum. The gradient "
        r"step diverges at strengths that are useful: where the flattest directions should "
        r"feel anything, $\eta k$ of the sharpest is far above two."
    ),
    notebook="notebooks/variance_flatness/08_forgetting",
)  # fmt: skip

STATEMENTS = (STATEMENT, *forgetting.STATEMENTS)
