"""Nesterov's momentum, and the other weight that PyTorch stores."""

from functools import lru_cache

import sympy as sp

from sgdtheory.theory.statement import Asymptotic, Mutant, Statement, Step, equation
from sgdtheory.theory.variance_flatness.heavy_ball import (
    CROSS,
    FLAT,
    NOISE,
    POSITION,
    STABLE,
    VELOCITY,
    E,
    half,
    heavy,
    moments,
    next_state,
    other_roots,
    stable,
    stationary_left,
    u,
    v,
    xi,
)
from sgdtheory.theory.variance_flatness.modes import NOTEBOOK, C, eta, h, lam, mu

NESTEROV = next_state(lam * (u + mu * v) + xi)
STORED = "variance of the weight that PyTorch stores, $u + \\mu v$"
stored_square = E((u + mu * v) ** 2)
BOTTOM = (1 - mu + h * mu) * (2 * (1 + mu) - h * (1 + 2 * mu))


def nesterov(top=1 + mu - h * mu, bottom=BOTTOM):
    return equation(E(u**2), eta * C * top / (lam * bottom))


def stored(last=2 * h * mu**2):
    return equation(stored_square, eta * C * (1 + mu + h * mu + last) / (lam * BOTTOM))


CLAIM = {
    POSITION: nesterov(),
    VELOCITY: equation(E(v**2), 2 * eta**2 * C / BOTTOM),
    CROSS: equation(E(u * v), E(v**2) / 2),
    STORED: stored(),
    FLAT: Asymptotic(stored_square, eta / (1 - mu) * C / (2 * lam)),
    STABLE: sp.Lt(h, 2 * (1 + mu) / (1 + 2 * mu), evaluate=False),
}


def _nesterov(claim):
    return stationary_left(NESTEROV, *moments(claim))


def _stored(claim):
    position, cross, velocity = moments(claim)
    total = position + 2 * mu * cross + mu**2 * velocity
    return sp.cancel((claim[STORED].rhs - total).subs(h, eta * lam))


@lru_cache(maxsize=1)
def pytorch_step() -> tuple[sp.Expr, sp.Expr]:
    """``b' = mu b + g(w)``, ``w' = w - eta (g(w) + mu b')``: documented update of PyTorch."""
    w, b = u + mu * v, -v / eta
    gradient = lam * w + xi
    buffer = mu * b + gradient
    return w - eta * (gradient + mu * buffer), buffer


def _pytorch():
    """With ``w = u + mu v`` and ``b = -v/eta`` it is Nesterov's step, draw by draw."""
    (u_, v_), (w_, b_) = NESTEROV, pytorch_step()
    return [sp.expand(w_ - (u_ + mu * v_)), sp.expand(b_ + v_ / eta)]


def _flat_stored(claim):
    whole = claim[STORED].rhs.subs(lam, h / eta)
    return sp.limit(whole / claim[FLAT].rhs.subs(lam, h / eta), h, 0) - 1


NAG1 = Statement(
    id="IVF-NAG1",
    kind="proposition",
    title="Nesterov's momentum, and the other weight that PyTorch stores",
    source="sgdtheory",
    assumptions=(
        (r"$v' = \mu v - \eta[\lambda(u + \mu v) + \xi]$, $u' = u + v'$, $0 \le \mu < 1$, "
         r"$\lambda > 0$, $h = \eta\lambda$", None),
        NOISE,
    ),
    claim=CLAIM,
    uses=("IVF-HB1",),
    steps=(
        Step("square one step and average", None, _nesterov, by="operator"),
        Step(r"$u = u' - v'$, squared", None, half),
        Step(r"PyTorch's update is this one in the letters $w = u + \mu v$, $b = -v/\eta$",
             None, _pytorch),
        Step(r"so its weight has the variance of $u + \mu v$",
             equation(stored_square, E(u**2) + 2 * mu * E(u * v) + mu**2 * E(v**2)), _stored),
        Step("in flat modes there is no difference, and none to the heavy ball", None,
             _flat_stored, by="limit"),
        Step("characteristic polynomial at 1 and 0", None,
             other_roots(NESTEROV, h, mu * (1 - h))),
        Step("and at $-1$", None, stable(NESTEROV, 1 + 2 * mu)),
    ),
    mutants=(
        Mutant("variance of $u$ taken for that of the stored weight",
               {STORED: equation(stored_square, nesterov().rhs)}),
        Mutant("weight and velocity taken as uncorrelated",
               {STORED: equation(stored_square, nesterov().rhs
                                 + mu**2 * 2 * eta**2 * C / BOTTOM)}),
        Mutant("heavy ball", {POSITION: heavy()}),
        Mutant("damping left out",
               {POSITION: nesterov(bottom=(1 - mu) * (2 * (1 + mu) - h * (1 + 2 * mu)))}),
        Mutant("stable as heavy ball is", {STABLE: sp.Lt(h, 2 * (1 + mu), evaluate=False)}),
    ),
    remark=(
        "Whoever compares a measured variance with the formula must know which of the two was "
        "saved: in sharp modes they differ by half and more. Nesterov's step damps fast "
        r"oscillations, and pays with a smaller edge of stability, $2(1 + \mu)/(1 + 2\mu)$."
    ),
    notebook=NOTEBOOK,
)  # fmt: skip

STATEMENTS = (NAG1,)
