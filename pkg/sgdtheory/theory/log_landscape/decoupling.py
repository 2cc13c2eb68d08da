"""LOG-3: noise proportional to the loss, with every term that is dropped on the way."""

from itertools import combinations

import sympy as sp

from sgdtheory.theory.foundations.sgd import b, n
from sgdtheory.theory.log_landscape import features
from sgdtheory.theory.log_landscape.covariance import IDENTITY, LOG1, OUTER, WITHOUT, average
from sgdtheory.theory.log_landscape.symbols import (
    NOTEBOOK,
    SQUARED,
    C,
    G,
    H,
    L,
    Mean,
    R,
    bend,
    ell,
    grad_outer,
    mu,
    outer_mean,
    rho,
)  # fmt: skip
from sgdtheory.theory.statement import Mutant, Statement, Step, equation

gamma = sp.Symbol("gamma", positive=True)
cov = sp.Symbol(r"\operatorname{Cov}(\ell, G)", real=True)

FULL, GAMMA, COV, REST, DECOUPLED = (
    "covariance of the minibatch gradient, every term",
    "with the factor of drawing without replacement",
    r"with the covariance of loss and $G$ over the samples",
    "and the bending of the model",
    r"decoupled form: $\ell$ and $G$ uncorrelated, $R$ and $\nabla L\,\nabla L^T$ dropped, "
    r"$n \to \infty$",
)
FORM = gamma / b * (2 * L * H + 2 * cov - 2 * L * R - grad_outer)
CLAIM = {
    FULL: equation(C, FORM),
    GAMMA: equation(gamma, (n - b) / (n - 1)),
    COV: equation(cov, Mean(ell[mu] * G[mu]) - L * Mean(G[mu])),
    REST: equation(R, Mean(rho[mu] * bend[mu])),
    DECOUPLED: equation(C, 2 * L / b * H),
    **features.CLAIM,
}


def _from_the_lemmas(claim):
    """LOG-1 with the mean of ``ell G`` of LOG-2 written as covariance plus product."""
    mean_of_product = sp.Symbol("M", real=True)
    doubled = IDENTITY[OUTER].rhs.subs(Mean(2 * ell[mu] * G[mu]), 2 * mean_of_product)
    noise = LOG1.claim[WITHOUT].rhs.subs(outer_mean, doubled)
    split = claim[COV].rhs.subs(Mean(ell[mu] * G[mu]), mean_of_product)
    stated = claim[FULL].rhs.subs(gamma, claim[GAMMA].rhs).subs(cov, split)
    return sp.expand(stated.subs(H, Mean(G[mu]) + R) - noise)


SAMPLES = 3
RHO, LEFT, RIGHT, BEND = (
    sp.symbols(f"{letter}_1:{SAMPLES + 1}", real=True) for letter in ("rho", "a", "c", "s")
)


def counted(expr) -> sp.Expr:
    """Three samples: residual, two derivatives of the model and its mixed one are letters."""
    letters: dict = {}
    for k, (r, left, right, s) in enumerate(zip(RHO, LEFT, RIGHT, BEND, strict=True), 1):
        letters |= {rho[k]: r, ell[k]: r**2 / 2, G[k]: left * right, bend[k]: s}
    return expr.subs({n: SAMPLES, b: 2}).doit().subs(letters)


def _every_batch(claim):
    """An entry of C from the three batches of two of three samples."""
    products = list(zip(RHO, LEFT, RIGHT, BEND, strict=True))
    left, right = ([row[0] * row[i] for row in products] for i in (1, 2))
    pairs = list(combinations(range(SAMPLES), 2))
    x, y = ([average(g[k] for k in pair) for pair in pairs] for g in (left, right))
    found = average(u * v for u, v in zip(x, y, strict=True)) - average(x) * average(y)
    stated = claim[FULL].rhs.subs(
        {gamma: claim[GAMMA].rhs, cov: claim[COV].rhs, R: claim[REST].rhs}
    )
    hessian = average(l * r + rho * s for rho, l, r, s in products)  # noqa: E741
    means = {L: average(r**2 / 2 for r in RHO), grad_outer: average(left) * average(right)}
    return sp.expand(counted(stated.subs({H: hessian, **means})) - found)


def _decoupled(claim):
    kept = FORM.subs({cov: 0, R: 0, grad_outer: 0}).subs(gamma, CLAIM[GAMMA].rhs)
    return claim[DECOUPLED].rhs - sp.limit(kept, n, sp.oo)


def mutants() -> tuple[Mutant, ...]:
    return (
        Mutant("one $n$ too many in the decoupled form",
               {DECOUPLED: equation(C, 2 * L / (n * b) * H)}, source=True),
        Mutant("no factor of drawing without replacement",
               {GAMMA: equation(gamma, sp.Integer(1))}),
        Mutant(r"$\nabla L\,\nabla L^T$ with the other sign", {FULL: equation(
            C, gamma / b * (2 * L * H + 2 * cov - 2 * L * R + grad_outer))}),
        Mutant("the bending added", {FULL: equation(
            C, gamma / b * (2 * L * H + 2 * cov + 2 * L * R - grad_outer))}),
        Mutant("covariance counted once", {FULL: equation(
            C, gamma / b * (2 * L * H + cov - 2 * L * R - grad_outer))}),
        *features.mutants(),
    )  # fmt: skip


LOG3 = Statement(
    id="LOG-3",
    kind="theorem",
    title="Noise proportional to the loss, and the terms that it leaves out",
    source="mori2022, Equations (6), (7) and (10)-(12)",
    assumptions=(
        ("a batch of $b$ out of $n$ samples, drawn without replacement", b < n),
        SQUARED,
        ("$C$: covariance of the minibatch gradient; $H$: Hessian of $L$", None),
        *features.ASSUMPTIONS,
    ),
    claim=CLAIM,
    uses=("LOG-1", "LOG-2"),
    steps=(
        Step(r"LOG-2 in LOG-1; the mean of $\ell G$ is the covariance plus the product of the "
             r"means, and the mean of $G$ is $H - R$",
             equation(Mean(ell[mu] * G[mu]), cov + L * (H - R)), _from_the_lemmas),
        Step("three samples with any residuals and any model: all three batches of two, "
             "counted out", None, _every_batch, by="example"),
        Step("what is left when the three terms go and the data set grows",
             None, _decoupled, by="limit"),
        *features.STEPS,
    ),
    mutants=mutants(),
    against_source="misprint",
    remark=(
        r"The source's equation (6) has one $n$ too many in the denominator; its equations "
        r"(10) to (13) do not. Its $\Sigma$ is $\eta C$. The dropped terms $2\,"
        r"\operatorname{Cov}(\ell, G)$ and $-\nabla L\,\nabla L^T$ do not cancel: for Gaussian "
        r"features they are $+2$ and $-1$ times $\nabla L\,\nabla L^T$. Features "
        r"$\pm\sqrt{h}$ ($K = 1$) have no covariance of loss and $G$ at all, and yet their "
        r"noise does not grow with the loss: there it is $\nabla L\,\nabla L^T$ that must not "
        r"be dropped. Elliptical features are spherical ones after a linear map, which both "
        "forms follow, so nothing spherical is special about the last two parts."
    ),
    notebook=NOTEBOOK,
)  # fmt: skip

STATEMENTS = (LOG3,)
