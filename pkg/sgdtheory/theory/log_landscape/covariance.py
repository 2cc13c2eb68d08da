"""The covariance of a minibatch gradient, and what a squared loss makes of it."""

from itertools import combinations

import sympy as sp

from sgdtheory.theory.foundations import sgd
from sgdtheory.theory.foundations.sgd import b, n
from sgdtheory.theory.log_landscape.symbols import (
    NOTEBOOK,
    SQUARED,
    C_with,
    C_without,
    E,
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

L_batch = sp.Symbol("L_{b}", positive=True)

BATCH, MEAN, WITH, WITHOUT = (
    "loss of a batch, its samples numbered from 1 to $b$",
    "mean of the batch loss",
    "with replacement",
    "without replacement",
)
SPREAD = outer_mean - grad_outer
COVARIANCE = {
    BATCH: equation(L_batch, Mean(ell[mu], b)),
    MEAN: equation(E(L_batch), L),
    WITH: equation(C_with, SPREAD / b),
    WITHOUT: equation(C_without, (n - b) / (b * (n - 1)) * SPREAD),
}


def _unbiased(claim):
    """Each draw has the mean L, so a batch loss with every draw at L is its own mean."""
    return claim[BATCH].rhs.subs(ell[mu], L).doit() - claim[MEAN].rhs


def _in_a_direction(label, of_one_direction):
    """FND-2 for the gradient along u: ``u^T C u`` from ``u^T (spread) u``, for every u."""
    variance = sgd.FND2.claim[of_one_direction].rhs.subs(sgd.S, SPREAD)
    return lambda claim: claim[label].rhs - variance


SAMPLES = 4
ALONG, ACROSS = (sp.symbols(f"{letter}_1:{SAMPLES + 1}", real=True) for letter in "xy")


def average(values) -> sp.Expr:
    values = list(values)
    return sp.Add(*values) / len(values)


def _every_batch(claim):
    """An entry of C from the six batches of two of four samples."""
    pairs = list(combinations(range(SAMPLES), 2))
    x, y = ([average(g[k] for k in pair) for pair in pairs] for g in (ALONG, ACROSS))
    found = average(p * q for p, q in zip(x, y, strict=True)) - average(x) * average(y)
    letters = {
        outer_mean: average(p * q for p, q in zip(ALONG, ACROSS, strict=True)),
        grad_outer: average(ALONG) * average(ACROSS),
    }
    return sp.expand(claim[WITHOUT].rhs.subs({n: SAMPLES, b: 2}).subs(letters) - found)


LOG1 = Statement(
    id="LOG-1",
    kind="proposition",
    title="Covariance of the minibatch gradient of a mean of losses",
    source="mori2022, Equations (2) and (8)",
    assumptions=(
        ("a batch of $b$ out of $n$ samples, drawn uniformly", b < n),
        (r"$L$: mean of the losses $\ell_\mu$ of the $n$ samples; a bar is the mean over them",
         None),
        ("$C$: covariance of the gradient of the batch loss", None),
    ),
    claim=COVARIANCE,
    uses=("FND-2",),
    steps=(
        Step(r"every sample is as likely as any other to be the $\mu$-th draw",
             equation(E(ell[mu]), L), _unbiased),
        Step("independent draws: FND-2 for the gradient along any direction; two symmetric "
             "matrices that agree along every direction are equal",
             equation(sp.Symbol(r"\Sigma"), SPREAD), _in_a_direction(WITH, sgd.WITH)),
        Step("the same without replacement, with the factor of FND-2", None,
             _in_a_direction(WITHOUT, sgd.WITHOUT)),
        Step("four samples with any gradients: all six batches of two, counted out", None,
             _every_batch, by="example"),
    ),
    mutants=(
        Mutant("one half too many in the loss of the batch",
               {BATCH: equation(L_batch, Mean(ell[mu], b) / 2)}, source=True),
        Mutant("no correction for drawing without replacement",
               {WITHOUT: equation(C_without, SPREAD / b)}),
        Mutant("$n$ instead of $n - 1$",
               {WITHOUT: equation(C_without, (n - b) / (b * n) * SPREAD)}),
        Mutant("mean gradient not subtracted", {WITH: equation(C_with, outer_mean / b)}),
        Mutant("mean gradient added", {WITHOUT: equation(
            C_without, (n - b) / (b * (n - 1)) * (outer_mean + grad_outer))}),
    ),
    against_source="misprint",
    remark=(
        r"The source's loss of one sample, $\ell = \rho^2/2$, has its half already; its "
        r"equation (2) puts a second one before the sum over the batch. Taken at its word it "
        r"would halve the mean step and divide $C$ by four, as a learning rate $\eta/2$ does; "
        r"its equation (8) is free of it. The source's $\Sigma$ is $\eta C$."
    ),
    notebook=NOTEBOOK,
)  # fmt: skip

OUTER, HESSIAN, REST = (
    "products of the gradients",
    r"Hessian of the loss",
    "where residuals meet the bending of the model",
)
IDENTITY = {
    OUTER: equation(outer_mean, Mean(2 * ell[mu] * G[mu])),
    HESSIAN: equation(H, Mean(G[mu]) + R),
    REST: equation(R, Mean(rho[mu] * bend[mu])),
}
w_i, w_j = sp.symbols("w_i w_j", real=True)


def _model(k: int) -> tuple[sp.Expr, sp.Expr]:
    """Any smooth model at sample k, and its residual there."""
    f = sp.Function(f"f_{k}")(w_i, w_j)
    return f, f - sp.Symbol(f"y_{k}", real=True)


def written_out(expr, size: int) -> sp.Expr:
    """Sums over ``size`` samples, entry (i, j) of each matrix from the model's derivatives."""
    letters: dict = {}
    for k in range(1, size + 1):
        f, residual = _model(k)
        letters |= {
            rho[k]: residual,
            ell[k]: residual**2 / 2,
            G[k]: sp.diff(f, w_i) * sp.diff(f, w_j),
            bend[k]: sp.diff(f, w_i, w_j),
        }
    return expr.subs(n, size).doit().subs(letters)


def _loss(k: int) -> sp.Expr:
    return _model(k)[1] ** 2 / 2


def _outer(claim):
    """One sample, where the identity holds by itself, and two."""
    return [
        sp.expand(
            written_out(claim[OUTER].rhs, size)
            - average(
                sp.diff(_loss(k), w_i) * sp.diff(_loss(k), w_j) for k in range(1, size + 1)
            )
        )
        for size in (1, 2)
    ]


def _hessian(claim):
    stated = claim[HESSIAN].rhs.subs(R, claim[REST].rhs)
    return [
        sp.expand(
            written_out(stated, size)
            - average(sp.diff(_loss(k), w_i, w_j) for k in range(1, size + 1))
        )
        for size in (1, 2)
    ]


LOG2 = Statement(
    id="LOG-2",
    kind="lemma",
    title="For a squared loss, noise and curvature are made of the same matrices",
    source="mori2022, Equation (9)",
    assumptions=(SQUARED,),
    claim=IDENTITY,
    steps=(
        Step(r"the gradient of a squared loss is residual times gradient of the model, and "
             r"$\rho^2 = 2\ell$",
             equation(sp.Symbol(r"\nabla\ell_{\mu}"),
                      rho[mu] * sp.Symbol(r"\nabla{f}_{\mu}")), _outer),
        Step("differentiate once more: the product rule gives two terms, of which the "
             "second carries the residual",
             equation(sp.Symbol(r"\nabla^{2}\ell_{\mu}"), G[mu] + rho[mu] * bend[mu]),
             _hessian),
    ),
    mutants=(
        Mutant(r"$\rho^2 = \ell$", {OUTER: equation(outer_mean, Mean(ell[mu] * G[mu]))}),
        Mutant("one $n$ too many",
               {OUTER: equation(outer_mean, Mean(2 * ell[mu] * G[mu]) / n)}),
        Mutant("the rest with the other sign",
               {HESSIAN: equation(H, Mean(G[mu]) - R)}),
        Mutant("only half of the rest",
               {REST: equation(R, Mean(rho[mu] * bend[mu]) / 2)}),
    ),
    against_source="as-stated",
    remark=(
        r"An identity sample by sample: nothing is assumed about the model or the data. The "
        r"source writes $C_\mu$ for our $G_\mu$. With one output per sample; for several add "
        r"up over the outputs, which then no longer gives $2\ell_\mu G_\mu$ term by term."
    ),
    notebook=NOTEBOOK,
)  # fmt: skip

STATEMENTS = (LOG1, LOG2)
