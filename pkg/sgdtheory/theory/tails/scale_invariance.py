"""Behind batch norm: what follows from a loss that keeps its value as a weight is scaled."""

from itertools import pairwise

import sympy as sp

from sgdtheory.theory.statement import Mutant, Statement, Step, equation

w, s = sp.symbols("w s", real=True)
r, eta, lam, kappa = sp.symbols("r eta lambda kappa", positive=True)
gamma, phi = sp.symbols(r"\gamma \varphi", positive=True)
size, grad_size = sp.symbols("{|w|} {|g|}", positive=True)
next_square, rest = sp.symbols("{|w'|^2} {|w|_*^4}", positive=True)
dot, along, loss = map(
    lambda name: sp.Symbol(name, real=True), (r"{w\cdot g}", r"{H(w)\,w}", r"\ell")
)
sigma_H, third = sp.symbols(r"\sigma_H \sigma_3", positive=True)
g, H, trace = sp.Function("g"), sp.Function("H"), sp.Function(r"\operatorname{Tr}C")

GRAD, HESS, ACROSS, ALONG, TRACE, SERIES, SHARE, THIRD, KAPPA = (
    "gradient of a minibatch's loss",
    "its Hessian",
    "no gradient along the weight",
    "the Hessian along the weight",
    "gradient noise",
    "gradient noise on the line through the origin",
    "on that line: variance of the curvature",
    "on that line: third derivatives",
    r"on that line, with $\kappa = H/(\eta\sigma_H)$",
)
STEP, ANGLE, DECAY, REST, TURN = (
    "a step of SGD lengthens the weight",
    "and turns it, by an angle",
    "a step with weight decay",
    "the length at which decay and steps balance",
    "there each step turns the weight, by an angle",
)
CLAIM = {
    GRAD: equation(g(r * w), g(w) / r),
    HESS: equation(H(r * w), H(w) / r**2),
    ACROSS: equation(dot, sp.Integer(0)),
    ALONG: equation(along, -g(w)),
    TRACE: equation(trace(r * w), trace(w) / r**2),
    SERIES: equation(
        trace((1 + s) * w), trace(w) * (1 - 2 * s + 3 * s**2) + sp.O(s**3)
    ),
    SHARE: equation(sigma_H, trace(w)),
    THIRD: equation(third, 2 * trace(w)),
    KAPPA: equation(kappa, sp.Integer(0)),
    STEP: equation(next_square, size**2 + eta**2 * grad_size**2),
    ANGLE: equation(sp.tan(phi), eta * gamma / size**2),
    DECAY: equation(next_square, (1 - eta * lam) ** 2 * size**2 + eta**2 * grad_size**2),
    REST: equation(rest, eta * gamma**2 / (lam * (2 - eta * lam))),
    TURN: equation(sp.cos(phi), 1 - eta * lam),
}  # fmt: skip

# A plane of weights (x, y) through the origin.  A smooth loss that keeps its value at r w is
# there a function of y/x alone, and so are its derivatives in y/x: symbols of their own.
W = sp.symbols("x y", real=True)
SQUARE = sum(q**2 for q in W)
JETS = tuple(sp.symbols(f"F{k}_:4", real=True) for k in (1, 2))  # one loss per minibatch
NEXT = {low: high for jet in JETS for low, high in pairwise(jet)}


def diff(f: sp.Expr, q: sp.Symbol) -> sp.Expr:
    """Chain rule: by the weight itself, and through the ratio."""
    through = sum(sp.diff(f, low) * high for low, high in NEXT.items())
    return sp.expand(sp.diff(f, q) + through * sp.diff(W[1] / W[0], q))


def gradient(f: sp.Expr) -> list[sp.Expr]:
    return [diff(f, q) for q in W]


def at_multiple(f: sp.Expr, factor) -> sp.Expr:
    """f(factor w)."""
    return f.subs({q: factor * q for q in W}, simultaneous=True)


def forward(vector) -> list[sp.Expr]:
    """Derivative of each entry along the weight itself, (w . d)."""
    return [sp.expand(sum(q * diff(f, q) for q in W)) for f in vector]


def covariance(first, second) -> sp.Expr:
    """Trace of the covariance of two vectors that each have a value per minibatch."""
    pairs = zip(*first, *second, strict=True)
    return sum((a1 - a2) * (b1 - b2) for a1, a2, b1, b2 in pairs) / 4


LOSSES = JETS[0][0], JETS[1][0]
G = tuple(gradient(f) for f in LOSSES)


def multiple(part, value, letter):
    """The entry ``value`` at r w, less what the part of the claim makes of it at w."""
    return at_multiple(value, r) - part.rhs.subs(letter(w), value)


def _gradient(claim):
    return [multiple(claim[GRAD], entry, g) for entry in G[0]]


def _hessian(claim):
    entries = [diff(a, q) for n, a in enumerate(G[0]) for q in W[n:]]
    return [multiple(claim[HESS], entry, H) for entry in entries]


def _across(claim):
    return forward(LOSSES[:1])[0] - claim[ACROSS].rhs.subs(loss, LOSSES[0])


def _along(claim):
    return [
        turned - claim[ALONG].rhs.subs(g(w), entry)
        for turned, entry in zip(forward(G[0]), G[0], strict=True)
    ]


def _trace(claim):
    return multiple(claim[TRACE], covariance(G, G), trace)


def _series(claim):
    claimed = claim[SERIES].rhs.removeO().subs(trace(w), covariance(G, G))
    gap = at_multiple(covariance(G, G), 1 + s) - claimed
    return [sp.diff(gap, s, k).subs(s, 0) for k in range(3)]


def _share(claim):
    """sigma_H from g' = Hw, third derivatives from g'' = sum w_j w_k d_j d_k g."""
    first = tuple(forward(v) for v in G)
    second = tuple([b - a for a, b in zip(once, forward(once), strict=True)] for once in first)
    found = covariance(first, first), covariance(G, second)
    return [
        value - claim[label].rhs.subs(trace(w), covariance(G, G))
        for value, label in zip(found, (SHARE, THIRD), strict=True)
    ]  # fmt: skip


def _kappa(claim):
    """H is w . <H_i> w / |w|^2, here of both minibatches together."""
    both = [sum(pair) / 2 for pair in zip(*(forward(v) for v in G), strict=True)]
    curvature = sum(q * h for q, h in zip(W, both, strict=True)) / SQUARE
    return curvature - claim[KAPPA].rhs * eta * covariance(G, G) / SQUARE


def stepped(decay=0) -> list[sp.Expr]:
    return [(1 - eta * decay) * q - eta * d for q, d in zip(W, G[0], strict=True)]


def lengths() -> dict:
    return {size: sp.sqrt(SQUARE), grad_size: sp.sqrt(sum(d**2 for d in G[0]))}


def _step(claim):
    return sum(q**2 for q in stepped()) - claim[STEP].rhs.subs(lengths())


def _decay(claim):
    return sum(q**2 for q in stepped(lam)) - claim[DECAY].rhs.subs(lengths())


def _angle(claim):
    """tan^2 = |w'|^2 |w|^2 / (w . w')^2 - 1, and gamma = |w| |g| is |g| at w/|w|."""
    new = stepped()
    inner = sum(a * b for a, b in zip(W, new, strict=True))
    square = sum(q**2 for q in new) * SQUARE / inner**2 - 1
    at_one = sum(at_multiple(d, 1 / size) ** 2 for d in G[0])
    claimed = (claim[ANGLE].rhs ** 2).subs(gamma**2, at_one).subs(size, sp.sqrt(SQUARE))
    return square - claimed.subs(lengths())


def _rest(claim):
    """|w|^2 = (1 - eta lambda)^2 |w|^2 + (eta gamma/|w|)^2, times |w|^2."""
    fourth = claim[REST].rhs
    return sp.cancel(fourth - (1 - eta * lam) ** 2 * fourth - eta**2 * gamma**2)


def _turn(claim):
    """w . w' over |w| |w'|, which is |w|^2 there."""
    inner = sum(a * b for a, b in zip(W, stepped(lam), strict=True))
    return inner / SQUARE - claim[TURN].rhs


STATEMENTS = (
    Statement(
        id="TLS-10",
        kind="proposition",
        title="Behind batch norm the gradient noise falls as the inverse square of the weight",
        source="sgdtheory",
        assumptions=(
            (r"the loss $\ell$ of a minibatch is smooth and does not change as the weight is "
             r"multiplied by a number, $\ell(rw) = \ell(w)$, $r > 0$: so it is for a weight "
             r"behind which batch norm divides by the minibatch's own deviation (no number "
             r"added to the variance)", r > 0),
            (r"$g$, $H$: gradient and Hessian of $\ell$ in that weight; $C$: covariance of "
             r"$g$ over the minibatches", None),
            (r"on the line $(1 + s)w$: $\sigma_H = \operatorname{Tr}\operatorname{Cov}(Hw)$, "
             r"and $\sigma_3$ what third derivatives add to the coefficient of $s^2$ (PLD-P1)",
             None),
            (r"a step: $w' = (1 - \eta\lambda)w - \eta g(w)$, $0 < \eta\lambda < 1$; "
             r"$\gamma = \lvert g\rvert\,\lvert w\rvert$ is the size of the gradient at "
             r"$w/\lvert w\rvert$; at the balance $\lvert w'\rvert = \lvert w\rvert$",
             None),
        ),
        claim=CLAIM,
        uses=("PLD-P1",),
        steps=(
            Step("in a plane through the origin the loss is a function of one ratio: "
                 "chain rule", None, _gradient),
            Step("once more", None, _hessian),
            Step(r"differentiate $\ell(rw) = \ell(w)$ in $r$", None, _across),
            Step("differentiate that in each weight", None, _along),
            Step("two minibatches, each with a function of its own", None, _trace),
            Step("Taylor in $s$ about zero", None, _series, by="series"),
            Step("the covariances of $Hw$, and of $g$ with the third derivatives", None,
                 _share),
            Step(r"the mean loss does not change either: $w\cdot Hw = -w\cdot g = 0$", None,
                 _kappa),
            Step("Pythagoras", None, _step),
            Step("its other leg is the weight", None, _angle),
            Step("decay shortens that leg", None, _decay),
            Step(r"equal lengths, with $\lvert g\rvert = \gamma/\lvert w\rvert$", None, _rest),
            Step("the shortened leg over the length", None, _turn),
        ),
        mutants=(
            Mutant("the gradient falls as the square", {GRAD: equation(g(r * w), g(w) / r**2)}),
            Mutant("the Hessian falls as the gradient", {HESS: equation(H(r * w), H(w) / r)}),
            Mutant("a loss of degree one", {ACROSS: equation(dot, loss)}),
            Mutant("no curvature along the weight, at any point",
                   {ALONG: equation(along, 0 * g(w))}),
            Mutant("noise as its square root", {TRACE: equation(trace(r * w), trace(w) / r)}),
            Mutant("the curvature's variance is the whole coefficient",
                   {SHARE: equation(sigma_H, 3 * trace(w))}),
            Mutant("that variance is all there is",
                   {SERIES: equation(CLAIM[SERIES].lhs,
                                     trace(w) * (1 - 2 * s + s**2) + sp.O(s**3))}),
            Mutant("the length is kept", {STEP: equation(next_square, size**2)}),
            Mutant("an angle as without batch norm",
                   {ANGLE: equation(sp.tan(phi), eta * gamma / size)}),
            Mutant(r"to leading order in $\eta\lambda$",
                   {REST: equation(rest, eta * gamma**2 / (2 * lam))}),
            Mutant("decay turns twice", {TURN: equation(sp.cos(phi), (1 - eta * lam) ** 2)}),
        ),
        remark=(
            r"Nothing here is random but the choice of the minibatch. So a scan of the noise "
            r"on this line is the inverse square of the distance from the origin, whatever "
            r"the network and the data (TLS-E1): it has no lowest point, its best parabola "
            r"fits well, and $\kappa$ is zero since the loss is flat. Where the gradient "
            r"vanishes for every minibatch nothing is left of it. SGD lengthens such a weight "
            r"at every step and so lowers its own rate of turning, $\eta/\lvert w\rvert^2$: a "
            r"learning rate that falls without a schedule. Weight decay stops that. It does "
            r"not make the function simpler, since the function does not depend on the length; "
            r"it sets the angle per step, to $\sqrt{2\eta\lambda}$ for small "
            r"$\eta\lambda$, equal for every layer and every loss. Where $\gamma$ changes from "
            r"step to step the balance holds for the means of $\lvert w\rvert^2$ and "
            r"$\lvert g\rvert^2$ over a stationary run. A number added to the variance, as in "
            r"practice, breaks all of it once the outputs before batch norm become as "
            r"small as its square root."
        ),
        notebook="notebooks/tails/04_covariance_scan_resnet",
    ),
)  # fmt: skip
