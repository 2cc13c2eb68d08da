"""The escaping efficiency: an upper bound on the chance of an escape, and no ranking."""

from functools import lru_cache

import sympy as sp

from sgdtheory.theory.anisotropic import expansion
from sgdtheory.theory.anisotropic.symbols import NOTEBOOK, eff, t
from sgdtheory.theory.power_law.symbols import threshold
from sgdtheory.theory.statement import Mutant, Statement, Step, equation

delta, E_1, E_2, p, u, v, x, r = sp.symbols(
    r"delta \mathcal{E}_{1} \mathcal{E}_{2} p u v x r", positive=True
)
chance = sp.Symbol(r"{P(L(\theta_t) - L(\theta_0) \ge \delta)}", positive=True)
P_1, P_2 = sp.symbols("P_1 P_2", positive=True)

MARKOV, ONE, TWO, HIGH, LOW = (
    "Markov: an upper bound, and no better one holds for all laws",
    r"rise above $\delta$ in a quadratic well, noise along one axis, efficiency "
    r"$\mathcal{E}_1$",
    r"noise along two axes that raise the loss alike, efficiency $\mathcal{E}_2$",
    r"high barrier, $\mathcal{E}_1 < \mathcal{E}_2 < 2\mathcal{E}_1$: the larger efficiency "
    "escapes less",
    "low barrier, any two efficiencies: the noise along one axis stays below more often",
)


def markov(factor=1, relation=sp.Le):
    return relation(chance, factor * eff(t) / delta, evaluate=False)


CLAIM = {
    MARKOV: markov(),
    ONE: equation(P_1, sp.erfc(sp.Pow(delta / (2 * E_1), sp.S.Half, evaluate=False))),
    TWO: equation(P_2, sp.exp(-delta / E_2)),
    HIGH: equation(sp.Limit(P_2 / P_1, delta, sp.oo), 0),
    LOW: equation(sp.Limit((1 - P_2) / (1 - P_1), delta, 0, "+"), 0),
}


def _markov(claim):
    """Any law: the rise is ``delta + u`` on average if at least delta (chance p), else ``v``.

    What the bound leaves is then ``(p u + (1 - p) v)/delta``: never negative, and zero for
    the law on 0 and delta alone, so that equality must be let in.
    """
    margin, strict = threshold(claim[MARKOV])
    law = {chance: p, eff(t): p * (delta + u) + (1 - p) * v}
    return [sp.expand(margin.subs(law) - (p * u + (1 - p) * v) / delta), not strict]


@lru_cache(maxsize=1)
def along_one_axis() -> tuple[sp.Expr, sp.Expr]:
    """Chance above delta and mean of the rise ``E_1 x^2``, x normal."""
    normal = sp.exp(-(x**2) / 2) / sp.sqrt(2 * sp.pi)
    above = 2 * sp.integrate(normal, (x, sp.sqrt(delta / E_1), sp.oo))
    return above, 2 * sp.integrate(E_1 * x**2 * normal, (x, 0, sp.oo))


@lru_cache(maxsize=1)
def along_two_axes() -> tuple[sp.Expr, sp.Expr]:
    """The same of ``E_2 r^2/2``: the radius has the density ``r exp(-r^2/2)``."""
    radial = r * sp.exp(-(r**2) / 2)
    above = sp.integrate(radial, (r, sp.sqrt(2 * delta / E_2), sp.oo))
    return above, sp.integrate(E_2 * r**2 / 2 * radial, (r, 0, sp.oo))


def _one(claim):
    above, mean = along_one_axis()
    return [sp.simplify((claim[ONE].rhs.doit() - above).rewrite(sp.erf)), mean - E_1]


def _two(claim):
    above, mean = along_two_axes()
    return [sp.simplify(claim[TWO].rhs - above), mean - E_2]


@lru_cache(maxsize=8)
def decay(tail) -> sp.Expr:
    """Rate at which a chance falls with ``x^2``, far out; ``delta = 2 E_1 x^2``."""
    log_tail = sp.log(tail.subs(delta, 2 * E_1 * x**2))
    return sp.limit(sp.diff(log_tail, x) / (2 * x), x, sp.oo)


def _high(claim):
    """The ratio falls like ``exp(-u x^2)`` at ``E_2 = 2 E_1/(1 + u)``, any u > 0."""
    rate = decay(claim[TWO].rhs.subs(E_2, 2 * E_1 / (1 + u))) - decay(claim[ONE].rhs)
    return [rate + u, sp.limit(sp.exp(-u * x**2), x, sp.oo) - claim[HIGH].rhs]


def _low(claim):
    ratio = (1 - claim[TWO].rhs) / (1 - claim[ONE].rhs)
    return sp.limit(ratio.subs(delta, 2 * E_1 * x**2), x, 0, "+") - claim[LOW].rhs


def _below_the_start():
    """How far the chance exceeds the bound for ``u = 0``, ``v = -delta``, ``p = 1/2``."""
    mean = (p * (delta + u) + (1 - p) * v).subs({u: 0, v: -delta, p: sp.S.Half})
    return sp.Max(0, sp.S.Half - mean / delta)


STATEMENT = Statement(
    id="ANI-2",
    kind="proposition",
    title="The escaping efficiency bounds an escape; it does not rank escapes",
    source="zhu2019, definition of the escaping efficiency",
    assumptions=(
        (r"efficiency $\mathcal{E}(t) = \operatorname{E}[L(\theta_t) - L(\theta_0)]$ at a "
         r"fixed time; $\theta_0$ the lowest point within reach", None),
        (r"$\delta > 0$: height of the barrier", None),
        (r"for the example: $\mathcal{E}_1 < \mathcal{E}_2 < 2\mathcal{E}_1$",
         sp.And(E_1 < E_2, E_2 < 2 * E_1)),
    ),
    claim=CLAIM,
    uses=("ANI-1",),
    steps=(
        Step(r"split the mean rise at $\delta$; both parts can only help the bound, and a law "
             r"on $0$ and $\delta$ attains it",
             equation(eff(t), p * (delta + u) + (1 - p) * v), _markov),
        Step("where the loss can fall below the start the bound is lost: one up or one down, "
             r"each half of the time, has $\mathcal{E} = 0$", None, _below_the_start,
             by="counterexample"),
        Step(r"one axis: the rise is $\mathcal{E}_1 x^2$ with $x$ normal, at every time", None,
             _one, by="integral"),
        Step(r"two axes: $\mathcal{E}_2 (x^2 + y^2)/2$", None, _two, by="integral"),
        Step(r"far out both chances fall exponentially: $e^{-\delta/2\mathcal{E}_1}$ against "
             r"$e^{-\delta/\mathcal{E}_2}$", None, _high, by="limit"),
        Step(r"near zero $1 - P_1 \propto \sqrt\delta$, but $1 - P_2 \propto \delta$", None,
             _low, by="limit"),
    ),
    mutants=(
        Mutant("a lower bound", {MARKOV: markov(relation=sp.Ge)}),
        Mutant("half the bound", {MARKOV: markov(sp.S.Half)}),
        Mutant("the efficiency alone decides: one law for both noises",
               {ONE: equation(P_1, sp.exp(-delta / E_1))}),
        Mutant("two axes, each with the whole efficiency",
               {TWO: equation(P_2, sp.exp(-delta / (2 * E_2)))}),
        Mutant("the order of the efficiencies is that of the escapes",
               {HIGH: equation(sp.Limit(P_2 / P_1, delta, sp.oo), E_2 / E_1)}),
    ),
    against_source="as-stated",
    remark=(
        r"Definition and bound as we remember them; the source motivates the efficiency by the "
        r"bound. A larger efficiency loosens an upper bound: it proves no faster escape. The "
        r"two noises show both failures of the ranking within one quadratic well. What decides "
        r"is the law of the rise, not its mean: at equal mean, noise along few axes reaches "
        r"further and stays at the bottom more often."
    ),
    notebook=NOTEBOOK,
)  # fmt: skip

STATEMENTS = (STATEMENT, *expansion.STATEMENTS)
