"""A change point by a threshold on the error of a fit."""

import sympy as sp

from sgdtheory.theory.anomalous.letters import READING
from sgdtheory.theory.statement import Asymptotic, Mutant, Statement, Step, equation

epsilon = sp.Symbol(r"\varepsilon", positive=True)
gamma, r_0, r_f, t_end = sp.symbols(r"gamma r_0 r_f t_{\mathrm{end}}", positive=True)
t, g, u = sp.symbols("t g u", positive=True)
t_c, own = sp.symbols(r"t_c {t_c^{\mathrm{sd}}}", positive=True)
spread = sp.Symbol(r"{\operatorname{sd}^2}", positive=True)

POINT, MOVES, SPREAD, OWN, LONG = (
    r"a change point: the first $t_c$ with an error below $\varepsilon$",
    r"it moves with the threshold",
    "variance of all errors of the run",
    r"with this standard deviation as threshold, and no floor",
    r"so it moves with the length of the run, $\gamma t_{\mathrm{end}} \to \infty$",
)
RUN = gamma * t_end


def share(run) -> sp.Expr:
    """Variance of ``exp(-t)`` over ``0 ... run``."""
    return (1 - sp.exp(-2 * run)) / (2 * run) - ((1 - sp.exp(-run)) / run) ** 2


CHANGES = {
    POINT: equation(t_c, sp.log(r_0 / (epsilon - r_f)) / gamma),
    MOVES: equation(sp.Derivative(t_c, epsilon), -1 / (gamma * (epsilon - r_f))),
    SPREAD: equation(spread, r_0**2 * share(RUN)),
    OWN: equation(own, -sp.log(share(RUN)) / (2 * gamma)),
    LONG: Asymptotic(own, sp.log(2 * RUN) / (2 * gamma)),
}


def error(at) -> sp.Expr:
    return r_f + r_0 * sp.exp(-gamma * at)


def _spread(claim):
    mean = sp.integrate(r_0 * sp.exp(-gamma * t), (t, 0, t_end)) / t_end
    square = sp.integrate(r_0**2 * sp.exp(-2 * gamma * t), (t, 0, t_end)) / t_end
    return sp.expand(claim[SPREAD].rhs - (square - mean**2))


def _own(claim):
    """The squared error at this time is the variance."""
    at = sp.exp(sp.expand(-2 * gamma * claim[OWN].rhs))
    return sp.expand(claim[SPREAD].rhs - r_0**2 * at)


def _long(claim):
    """``exp(-2 gamma t_c) = 1/(2g) (1 + ...)``, with ``g`` the length of the run."""
    claimed, exact = (claim[part].rhs.subs(t_end, g / gamma) for part in (LONG, OWN))
    left = sp.limit(2 * g * sp.exp(sp.expand(-2 * gamma * exact)), g, sp.oo)
    return [left - 1, sp.expand_log(2 * gamma * claimed - sp.log(2 * g))]


CHANGE_POINT = Statement(
    id="ANO-S2",
    kind="proposition",
    title="A change point that threshold and length of the run decide",
    source="chen2022anomalous, change point t_c",
    assumptions=(
        (r"the recipe: one power law is fitted to the whole window at each waiting time $t_w$; "
         r"$t_c$ is the first with a root-mean-square error below $\varepsilon$", None),
        (r"a run without any change: the error relaxes, $r_f + r_0 e^{-\gamma t_w}$, "
         r"$0 \le t_w \le t_{\mathrm{end}}$", None),
        (r"$r_f < \varepsilon < r_f + r_0$", sp.And(r_f < epsilon, epsilon < r_f + r_0)),
    ),
    claim=CHANGES,
    uses=("ANO-S1",),
    steps=(
        Step("the error there is the threshold", None,
             lambda claim: sp.simplify(error(claim[POINT].rhs) - epsilon)),
        Step("differentiate", None,
             lambda claim: claim[MOVES].rhs - sp.diff(claim[POINT].rhs, epsilon)),
        Step("mean and mean square of an exponential; the floor drops out", None, _spread,
             by="integral"),
        Step(r"the error at $t_c^{\mathrm{sd}}$ is the standard deviation", None, _own),
        Step(r"$2\gamma t_{\mathrm{end}}\operatorname{sd}^2/r_0^2 \to 1$", None, _long,
             by="limit"),
    ),
    mutants=(
        Mutant("no floor", {POINT: equation(t_c, sp.log(r_0 / epsilon) / gamma)}),
        Mutant("mean square for the variance",
               {SPREAD: equation(spread, r_0**2 * (1 - sp.exp(-2 * RUN)) / (2 * RUN))}),
        Mutant("variance for standard deviation as threshold",
               {OWN: equation(own, -sp.log(share(RUN)) / gamma)}),
        Mutant("a property of the relaxation alone",
               {LONG: Asymptotic(own, sp.log(2) / (2 * gamma))}),
    ),
    status="asymptotic",
    against_source="as-stated",
    remark=(
        r"The recipe, and a threshold equal to the standard deviation of all errors (0.03), "
        r"are the source's; value of $t_c$ and code are not known to us. The rest is ours. "
        r"An error that relaxes for ever at one rate, with no event of any kind, has a "
        r"$t_c$. It goes as the logarithm of the threshold, and if the threshold is taken from "
        r"the errors themselves, as the logarithm of the time one has trained: a run ten times "
        r"as long has its change point later by $1.15/\gamma$. Where the floor is above the "
        r"threshold there is none, in a run of whatever length."
    ),
    notebook=READING,
)  # fmt: skip

STATEMENTS = (CHANGE_POINT,)
