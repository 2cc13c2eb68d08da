"""When the Fisher matrix is the Hessian, so that the noise of SGD follows the curvature."""

import sympy as sp

from sgdtheory.theory.anisotropic import gain, one_hidden_layer
from sgdtheory.theory.statement import Mutant, Statement, Step, equation

E = sp.Function(r"\operatorname{E}")
F, H, C = sp.symbols("F_{ij} H_{ij} C_{ij}", real=True)
L_i, L_j = sp.symbols(r"{\partial_i{L}} {\partial_j{L}}", real=True)
f_i, f_j = sp.symbols(r"{\partial_i{f}} {\partial_j{f}}", real=True)
f_ij = sp.Symbol(r"{\partial_i\partial_j{f}}", real=True)
A1, A2 = sp.symbols(r"A'(f) A''(f)", real=True)
mu, V, s, q = sp.symbols("mu v s q", real=True)
tau = sp.Symbol("tau", positive=True)
b = sp.Symbol("b", positive=True, integer=True)

GAP, LOGISTIC = (
    r"any data, any $\theta$, with $\mu = \mathrm{E}[y|x]$ and $v = \mathrm{Var}[y|x]$",
    r"logistic, model $s = 1/(1 + e^{-f})$ against the true $q = P(y{=}1|x)$",
)
EQUAL, SQUARED = (
    r"at $\theta^*$ if the labels are drawn from the model there",
    r"at $\theta^*$ for the loss $\frac12(y-f)^2$ if the labels are $f(x; \theta^*)$ plus "
    r"noise of mean zero and variance $\tau^2$",
)
NOISE, THERE = (
    "covariance of the gradient of a minibatch (with replacement)",
    r"which at $\theta^*$ is, labels drawn from the model",
)


def gap(square, slope) -> sp.Eq:
    """``F - H`` with these weights of ``f_i f_j`` and ``f_ij``."""
    return equation(F - H, E(square * f_i * f_j + slope * f_ij))


CLAIM = {
    GAP: gap(V - A2 + (mu - A1) ** 2, mu - A1),
    EQUAL: equation(F, H),
    LOGISTIC: gap((q - s) * (1 - 2 * s), q - s),
    SQUARED: equation(F, tau**2 * H),
    NOISE: equation(C, (F - L_i * L_j) / b),
    THERE: equation(C, H / b),
}

x, y = sp.symbols("theta_i theta_j", real=True)
u = sp.Symbol("f", real=True)


def inside(rhs) -> sp.Expr:
    """What a claim takes the mean of, over the inputs."""
    return rhs.replace(E, lambda mean: mean)


def _gap(claim):
    """Second-order Taylor polynomials of f and of A are enough for two derivatives."""
    label = sp.Symbol("y", real=True)
    step = f_i * x + f_j * y + f_ij * x * y
    loss = A1 * step + A2 * step**2 / 2 - label * step
    product = sp.diff(loss, x) * sp.diff(loss, y) - sp.diff(loss, x, y)
    in_y = sp.Poly(sp.expand(product.subs({x: 0, y: 0})), label)
    moments = (sp.S.One, mu, V + mu**2)
    mean = sum(c * moments[n] for (n,), c in in_y.terms())
    return sp.expand(inside(claim[GAP].rhs) - mean)


def _equal(claim):
    """e^A normalises e^(yf), so mean and mean square of y are its derivatives over it."""
    Z = sp.exp(sp.Function("A")(u))
    first, second = (sp.diff(Z, u, n) / Z for n in (1, 2))
    slopes = {letter: sp.Function("A")(u).diff(u, n) for n, letter in ((1, A1), (2, A2))}
    of_model = {mu: first, V: second - first**2}
    left = inside(claim[GAP].rhs).subs(of_model).subs(slopes)
    return [claim[EQUAL].rhs - H - sp.expand(left)]


def _special(claim):
    """A = log(1 + e^f) with labels 0 and 1; A = f^2/2 with any variance of the labels."""
    A = sp.log(1 + sp.exp(u))
    coin = {A1: A.diff(u), A2: A.diff(u, 2), mu: q, V: q * (1 - q)}
    logistic = inside(claim[LOGISTIC].rhs).subs(s, 1 / (1 + sp.exp(-u)))
    square = {A1: u, A2: 1, mu: u, V: tau**2}
    normal = inside(claim[GAP].rhs).subs(square) - (tau**2 - 1) * f_i * f_j
    # With A'' = 1 and mean residual zero, H is the mean of f_i f_j.
    return [sp.simplify(inside(claim[GAP].rhs).subs(coin) - logistic), sp.expand(normal),
            sp.expand(claim[SQUARED].rhs - H - (tau**2 - 1) * H)]  # fmt: skip


def _noise(claim):
    """b squares and b (b - 1) products of independent draws, minus the squared mean."""
    second = (b * F + b * (b - 1) * L_i * L_j) / b**2
    return sp.cancel(claim[NOISE].rhs - (second - L_i * L_j))


def _there(claim):
    at_optimum = claim[NOISE].rhs.subs({L_i: 0, L_j: 0}).subs(F, claim[EQUAL].rhs)
    return sp.cancel(claim[THERE].rhs - at_optimum)


def slope_model(inputs, truth, e_theta):
    """Mean gradient, F - H and H of ``f = theta x``, at ``e^theta`` rational."""
    model = [e_theta**n / (1 + e_theta**n) for n in inputs]
    rows = list(zip(inputs, truth, model, strict=True))
    return (
        sp.Add(*(n * (p - r) for n, r, p in rows)) / len(rows),
        sp.Add(*(n**2 * inside(CLAIM[LOGISTIC].rhs).subs({f_i: 1, f_j: 1, f_ij: 0, q: r, s: p})
                 for n, r, p in rows)) / len(rows),
        sp.Add(*(n**2 * p * (1 - p) for n, r, p in rows)) / len(rows),
    )  # fmt: skip


#: P(y = 1) at x = 1 and 2 that no slope fits; the best one is log 2.
CROOKED = (sp.Rational(13, 15), sp.Rational(7, 10))


def _best_slope():
    return slope_model((1, 2), CROOKED, sp.Integer(2))[0]


def _misspecified():
    return slope_model((1, 2), CROOKED, sp.Integer(2))[1]


def _away():
    """Truth at slope log 4, looked at from log 2."""
    truth = (sp.Rational(4, 5), sp.Rational(16, 17))
    return slope_model((1, 2), truth, sp.Integer(2))[1]


LOSS = equation(sp.Symbol(r"\ell"), sp.Symbol("A(f)") - sp.Symbol("y") * u)

ANI7 = Statement(
    id="ANI-7",
    kind="proposition",
    title="Fisher matrix and Hessian",
    source="zhu2019, on the noise of SGD near a minimum",
    assumptions=(
        (r"loss $\ell = A(f) - y f$, minus a log-likelihood of an exponential family: logistic "
         r"$A = \ln(1 + e^f)$, squared loss $A = \frac12 f^2$, Poisson $A = e^f$", None),
        (r"$f(x; \theta)$ any model, twice differentiable in $\theta$", None),
        (r"$F = \mathrm{E}[\nabla\ell\,\nabla\ell^\top]$, $H = \nabla^2 \mathrm{E}\,\ell$: "
         r"means over the population, $y$ drawn as the data are", None),
    ),
    claim=CLAIM,
    uses=("ANI-1", "FND-2"),
    steps=(
        Step(r"two derivatives, and the mean over $y$ given $x$", LOSS, _gap),
        Step(r"under the model $\mathrm{E}\,y = A'$ and $\mathrm{Var}\,y = A''$, since $e^{A}$ "
             r"normalises $e^{yf}$ over the base measure $\nu$ of the family: the difference "
             r"vanishes for every $x$",
             equation(sp.exp(sp.Symbol("A(f)")),
                      sp.Integral(sp.exp(sp.Symbol("y") * u), sp.Symbol(r"\nu(y)"))), _equal),
        Step(r"put in $A$; the squared loss is the likelihood of unit variance, so the true "
             r"variance remains as a factor", None, _special),
        Step(r"$b$ squares and $b(b-1)$ products of independent draws", None, _noise),
        Step(r"at the optimum $\nabla L = 0$", None, _there),
        Step(r"a wrong model: labels with $P(y{=}1) = \frac{13}{15}, \frac{7}{10}$ at "
             r"$x = 1, 2$; of all slopes $f = \theta x$, $\theta = \ln 2$ is the best",
             None, _best_slope, by="example"),
        Step(r"there $F \ne H$: the optimum alone is not enough", None, _misspecified,
             by="counterexample"),
        Step(r"a right model, but half-way to its optimum: $\theta = \frac12 \theta^* = \ln 2$",
             None, _away, by="counterexample"),
    ),
    mutants=(
        Mutant(r"Gauss-Newton for the Hessian: no $\partial_i \partial_j f$",
               {GAP: gap(V - A2 + (mu - A1) ** 2, 0)}),
        Mutant("the bias not counted in the second moment", {GAP: gap(V - A2, mu - A1)}),
        Mutant("the model judged by its own labels", {LOGISTIC: gap(0, q - s)}),
        Mutant("logistic with the other sign", {LOGISTIC: gap((q - s) * (2 * s - 1), q - s)}),
        Mutant("equal whatever the label noise", {SQUARED: equation(F, H)}),
        Mutant("the standard deviation as factor", {SQUARED: equation(F, tau * H)}),
        Mutant(r"$F/b$ anywhere", {NOISE: equation(C, F / b)}),
        Mutant("squared loss without its half", {THERE: equation(C, 2 * H / b)}),
    ),
    status="conditional",
    against_source="as-stated",
    remark=(
        r"Fisher's information identity. As we remember the source, it is what makes the noise "
        r"follow the curvature. It needs a model that contains the truth, the optimum of the "
        r"population, and a loss that is a likelihood of the right variance. Labels flipped at "
        r"random break the first: little at the optimum that they make, much at the clean one. "
        r"An early moment of training breaks the second; a squared loss the third, but by a "
        r"factor only: $C$ stays proportional to $H$."
    ),
    notebook="notebooks/anisotropic/03_alignment_in_networks",
)  # fmt: skip

STATEMENTS = (gain.STATEMENT, ANI7, *one_hidden_layer.STATEMENTS)
