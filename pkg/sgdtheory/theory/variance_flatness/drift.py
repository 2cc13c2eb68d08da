"""Drift along the weight vector: a logarithm of time, from homogeneity alone."""

import sympy as sp

from sgdtheory.theory.statement import Asymptotic, Mutant, Statement, Step, equation

alpha, m, L_0, t, c = sp.symbols("alpha m L_0 t c", positive=True)
x, v = sp.symbols("x v", positive=True)
w = sp.Symbol("w", real=True)
z, r, L = (sp.Function(name) for name in "zrL")

HOMOGENEOUS = "logits of a net without biases, in the weights of one layer"
LENGTH = "way along the weight vector"
LOSS = "the loss on the way"
SPEED = "late speed"
RATE = "speed and loss"

CLAIM = {
    HOMOGENEOUS: equation(z(c * w), c * z(w)),
    LENGTH: equation(r(t), sp.log(1 + alpha * m**2 * L_0 * t) / m),
    LOSS: equation(L(t), L_0 / (1 + alpha * m**2 * L_0 * t)),
    SPEED: Asymptotic(sp.Derivative(r(t), t), 1 / (m * t)),
    RATE: equation(sp.Derivative(r(t), t), alpha * m * L(t)),
}


def _homogeneous(claim):
    """``v relu(w x)``, for either sign of w."""
    part = claim[HOMOGENEOUS]
    residual = (part.lhs - part.rhs).replace(z, lambda s: v * sp.Max(0, s * x))
    up, down = sp.Symbol("u", positive=True), sp.Symbol("d", negative=True)
    return [residual.subs(w, up), residual.subs(w, down)]


def _bias():
    """A bias that is not scaled along breaks it: ``relu(2 w x + b)`` at ``w x = b = 1``."""
    return sp.Max(0, 2 * 1 + 1) - 2 * sp.Max(0, 1 + 1)


def _length(claim):
    """Gradient flow on ``L_0 exp(-m r)``, from r = 0."""
    way = claim[LENGTH].rhs
    flow = alpha * m * L_0 * sp.exp(-m * way)
    return [sp.simplify(sp.diff(way, t) - flow), way.subs(t, 0)]


def _loss(claim):
    return sp.simplify(claim[LOSS].rhs - L_0 * sp.exp(-m * claim[LENGTH].rhs))


def _speed(claim):
    ratio = sp.diff(claim[LENGTH].rhs, t) / claim[SPEED].rhs
    return sp.limit(sp.simplify(ratio), t, sp.oo) - 1


def _rate(claim):
    found = claim[RATE].rhs.subs(L(t), claim[LOSS].rhs)
    return sp.simplify(sp.diff(claim[LENGTH].rhs, t) - found)


STATEMENTS = (
    Statement(
        id="IVF-DRIFT1",
        kind="proposition",
        title="Training that has fitted everything drifts along its weights, logarithmically",
        source="feng2021, drift mode, as we reconstruct it",
        assumptions=(
            (r"net with ReLU units and no biases, cross-entropy; $w$: weights of one layer, "
             r"scaled by $c > 0$", None),
            (r"all samples classified with the margin: along the unit vector of the weights "
             r"the "
             r"loss is $L_0e^{-mr}$", None),
            (r"gradient flow along this ray, learning rate $\alpha$, $t$ in steps, from "
             r"$r = 0$", None),
        ),
        claim=CLAIM,
        steps=(
            Step("ReLU passes a positive factor on, whichever side its input is on", None,
                 _homogeneous),
            Step("with a bias that is not scaled along it does not", None, _bias,
                 by="counterexample"),
            Step(r"solves $\dot r = \alpha mL_0e^{-mr}$", None, _length),
            Step("put it into the loss", None, _loss),
            Step("one over the time", None, _speed, by="limit"),
            Step("at every time the speed is proportional to the loss", None, _rate),
        ),
        mutants=(
            Mutant("two layers scaled", {HOMOGENEOUS: equation(z(c * w), c**2 * z(w))}),
            Mutant("a margin counted once",
                   {LENGTH: equation(r(t), sp.log(1 + alpha * m * L_0 * t) / m)}),
            Mutant("exponential decay",
                   {LOSS: equation(L(t), L_0 * sp.exp(-alpha * m**2 * L_0 * t))}),
            Mutant("diffusive speed", {SPEED: Asymptotic(sp.Derivative(r(t), t),
                                                         1 / (m * sp.sqrt(t)))}),
            Mutant("speed that knows nothing of the margin",
                   {RATE: equation(sp.Derivative(r(t), t), alpha * L(t))}),
        ),
        against_source="as-stated",
        aliases=("IVF-E5b",),
        remark=(
            r"That scaling a layer scales the logits and lowers the loss of fitted samples is "
            r"the source's reason for a drift, as we reconstruct it; the formulas are ours, "
            r"and their logarithm is that of gradient descent on separable data. The leading "
            r"principal component of a window of such a run is nearly parallel to the weights "
            r"(IVF-F1): that, and not its persistence or its share of the variance, is "
            r"evidence of a drift, for a random walk has both (IVF-RW1)."
        ),
        notebook="notebooks/variance_flatness/06_active_temperature",
    ),
)  # fmt: skip
