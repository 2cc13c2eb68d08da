"""Momentum: heavy ball, and averaged gradients."""

import sympy as sp

from sgdtheory.theory.power_law.symbols import threshold
from sgdtheory.theory.statement import Asymptotic, Mutant, Statement, Step, equation
from sgdtheory.theory.variance_flatness.modes import NOTEBOOK, C, average, eta, h, lam, mu

u, v, xi, z = sp.symbols("u v xi z", real=True)
E = sp.Function(r"\operatorname{E}")
x, c, y = sp.symbols("x c y", real=True)

POSITION, VELOCITY, CROSS, FLAT, STABLE = (
    "variance of the weight",
    "variance of the velocity",
    "weight and velocity",
    r"flat modes, $h \to 0$",
    "a stationary state exists if and only if",
)
NOISE = (r"$\operatorname{E}\xi = 0$, $\operatorname{E}\xi^2 = C$ whatever $u$ and $v$ are, "
         "drawn anew at each step", None)  # fmt: skip


def next_state(gradient, weight=1) -> tuple[sp.Expr, sp.Expr]:
    """``v' = mu v - eta weight g``, ``u' = u + v'``."""
    velocity = mu * v - eta * weight * gradient
    return u + velocity, velocity


HEAVY = next_state(lam * u + xi)
EMA = next_state(lam * u + xi, 1 - mu)


def stationary_left(state, position, cross, velocity) -> list:
    """What one step changes in the three second moments: zero for the stationary ones."""
    table = {u**2: x, u * v: c, v**2: y, xi**2: C, u * xi: 0, v * xi: 0}
    (u_, v_), values = state, {x: position, c: cross, y: velocity, h: eta * lam}
    return [
        sp.cancel((average(product, table) - before).subs(values).subs(h, eta * lam))
        for product, before in ((u_ * u_, x), (u_ * v_, c), (v_ * v_, y))
    ]


def _characteristic(state, at) -> sp.Expr:
    """``det(z - A)`` of the step, noise left out."""
    A = sp.Matrix(state).subs(xi, 0).jacobian(sp.Matrix([u, v]))
    return (at * sp.eye(2) - A).det()


def stable_left(state, bound, divisor=1) -> list:
    """Roots inside the unit circle: ``p(1) = h > 0``, ``|p(0)| < 1``, and ``p(-1) > 0``.

    The bound is the last of the three; the first two hold below it.
    """
    margin, strict = threshold(bound)
    at_minus_one = _characteristic(state, -1).subs(lam, h / eta)
    return [sp.expand(divisor * margin - at_minus_one), strict]


def heavy(gain=1 + mu, room=2 * (1 + mu) - h):
    return equation(E(u**2), eta * C * gain / (lam * (1 - mu) * room))


HB_CLAIM = {
    POSITION: heavy(),
    VELOCITY: equation(E(v**2), 2 * eta**2 * C / ((1 - mu) * (2 * (1 + mu) - h))),
    CROSS: equation(E(u * v), E(v**2) / 2),
    FLAT: Asymptotic(E(u**2), eta / (1 - mu) * C / (2 * lam)),
    STABLE: sp.Lt(h, 2 * (1 + mu), evaluate=False),
}


def moments(claim) -> tuple:
    velocity = claim[VELOCITY].rhs
    return claim[POSITION].rhs, claim[CROSS].rhs.subs(E(v**2), velocity), velocity


def _heavy(claim):
    return stationary_left(HEAVY, *moments(claim))


def half(claim):
    """``u = u' - v'`` squared: ``E u^2`` is the same before and after."""
    mean = {u**2: x, u * v: claim[CROSS].rhs.subs(E(v**2), y), v**2: y}
    return average((u - v) ** 2, mean) - x


def _flat(claim):
    whole = claim[POSITION].rhs.subs(lam, h / eta)
    return sp.limit(whole / claim[FLAT].rhs.subs(lam, h / eta), h, 0) - 1


def _no_momentum(claim):
    return sp.cancel(claim[POSITION].rhs.subs(mu, 0) - eta * C / (lam * (2 - h)))


def stable(state, divisor=1):
    def residual(claim):
        return stable_left(state, claim[STABLE], divisor)

    return residual


def other_roots(state, one=h, constant=mu):
    """``p(1)`` and ``p(0)``: h and mu, unless the scheme changes them."""

    def residual():
        found = [_characteristic(state, at).subs(lam, h / eta) for at in (1, 0)]
        return [sp.expand(found[0] - one), sp.expand(found[1] - constant)]

    return residual


HB1 = Statement(
    id="IVF-HB1",
    kind="theorem",
    title="Heavy ball: exact stationary variance of weight and velocity",
    source="sgdtheory",
    assumptions=(
        (r"$v' = \mu v - \eta(\lambda u + \xi)$, $u' = u + v'$ (PyTorch's momentum), "
         r"$0 \le \mu < 1$, $\lambda > 0$, $h = \eta\lambda$", None),
        NOISE,
    ),
    claim=HB_CLAIM,
    uses=("IVF-LYAP1",),
    steps=(
        Step("square one step and average: three moments reproduce themselves", None, _heavy,
             by="operator"),
        Step(r"$u = u' - v'$, squared, gives the correlation at once",
             equation(E(u**2), E(u**2) - 2 * E(u * v) + E(v**2)), half),
        Step("without momentum it is the known variance", None, _no_momentum),
        Step(r"flat modes see the learning rate $\eta/(1 - \mu)$", None, _flat, by="limit"),
        Step("characteristic polynomial at 1 and 0", None, other_roots(HEAVY)),
        Step("and at $-1$: a root leaves the unit circle there",
             equation(z**2 - (1 + mu - h) * z + mu, 0), stable(HEAVY)),
    ),
    mutants=(
        Mutant(r"SGD at $\eta/(1 - \mu)$, exactly",
               {POSITION: equation(E(u**2), eta * C / (lam * (2 * (1 - mu) - h)))}),
        Mutant("$1 - \\mu$ in place of $1 + \\mu$", {POSITION: heavy(gain=1 - mu)}),
        Mutant("continuous time", {POSITION: heavy(room=2 * (1 + mu))}),
        Mutant("momentum of the other sign",
               {POSITION: equation(E(u**2), heavy().rhs.subs(mu, -mu))}),
        Mutant("weight and velocity uncorrelated in a stationary state",
               {CROSS: equation(E(u * v), sp.S.Zero)}),
        Mutant("stable up to 2", {STABLE: sp.Lt(h, 2, evaluate=False)}),
    ),
    status="exact",
    remark=(
        r"In flat modes momentum is a larger learning rate and nothing else; in sharp ones it "
        r"also moves the edge of stability from $2/\lambda$ to $2(1 + \mu)/\lambda$. With a "
        r"matrix $C$ the same holds for every entry; `stationary_covariance` has it."
    ),
    aliases=("IVF-HB",),
    notebook=NOTEBOOK,
)  # fmt: skip


def ema(room=2 * (1 + mu) - h * (1 - mu)):
    return equation(E(u**2), eta * C * (1 + mu) / (lam * room))


EMA_CLAIM = {
    POSITION: ema(),
    VELOCITY: equation(E(v**2),
                       2 * eta**2 * C * (1 - mu) / (2 * (1 + mu) - h * (1 - mu))),
    CROSS: equation(E(u * v), E(v**2) / 2),
    FLAT: Asymptotic(E(u**2), eta * C / (2 * lam)),
    STABLE: sp.Lt(h, 2 * (1 + mu) / (1 - mu), evaluate=False),
}  # fmt: skip


def _ema(claim):
    return stationary_left(EMA, *moments(claim))


def _as_heavy(claim):
    """Heavy ball at the learning rate (1 - mu) eta."""
    other = heavy().rhs.subs(h, eta * lam).subs(eta, (1 - mu) * eta)
    return sp.cancel(claim[POSITION].rhs.subs(h, eta * lam) - other)


EMA1 = Statement(
    id="IVF-EMA1",
    kind="proposition",
    title="Averaged gradients: momentum that changes nothing in flat modes",
    source="sgdtheory",
    assumptions=(
        (r"$v' = \mu v - (1 - \mu)\eta(\lambda u + \xi)$, $u' = u + v'$ (PyTorch's momentum "
         r"with dampening $\mu$), $0 \le \mu < 1$, $\lambda > 0$, $h = \eta\lambda$", None),
        NOISE,
    ),
    claim=EMA_CLAIM,
    uses=("IVF-HB1",),
    steps=(
        Step("square one step and average", None, _ema, by="operator"),
        Step(r"it is the heavy ball at $(1 - \mu)\eta$", None, _as_heavy),
        Step(r"$u = u' - v'$, squared", None, half),
        Step("flat modes have the variance of plain SGD", None, _flat, by="limit"),
        Step("characteristic polynomial at 1 and 0", None, other_roots(EMA, (1 - mu) * h)),
        Step("and at $-1$", None, stable(EMA, 1 - mu)),
    ),
    mutants=(
        Mutant("heavy ball", {POSITION: heavy()}),
        Mutant("plain SGD at every curvature",
               {POSITION: equation(E(u**2), eta * C / (lam * (2 - h)))}),
        Mutant("averaging divides the variance in flat modes as well",
               {FLAT: Asymptotic(E(u**2), eta * C * (1 - mu) / (2 * lam * (1 + mu)))}),
        Mutant("stable up to $2(1 + \\mu)$", {STABLE: sp.Lt(h, 2 * (1 + mu), evaluate=False)}),
    ),
    remark=(
        "The average of gradients shrinks the noise of one step and correlates the steps; in "
        "flat modes the two cancel. In sharp modes less noise is left."
    ),
    notebook=NOTEBOOK,
)  # fmt: skip

STATEMENTS = (HB1, EMA1)
