"""One step with noise of any covariance, and three ways to state how strong the noise is."""

import sympy as sp

from sgdtheory.theory.anisotropic.symbols import NOTEBOOK, C, E, Sigma, Tr, b, d, eta, k, n, one
from sgdtheory.theory.foundations import sgd
from sgdtheory.theory.statement import Mutant, Statement, Step, equation

move, grad, M, G, S, D, eps = sp.symbols(
    r"\Delta\theta \nabla{L} \overline{gg^{\top}} \nabla{L}(\nabla{L})^{\top} S D \varepsilon",
    commutative=False,
)
C_with, C_without, C_iso = sp.symbols(
    r"C_{\mathrm{with}} C_{\mathrm{without}} C_{\mathrm{iso}}", commutative=False
)
Cov = sp.Function(r"\operatorname{Cov}")

MEAN, STEP, WITH, WITHOUT, SDE, WEIGHTS, DIFFUSION, MATCHED = (
    "mean of a step",
    r"covariance of a step, noise inside the gradient: it reaches the weights as "
    r"$\eta\varepsilon$",
    r"SGD, $b$ of $n$ samples drawn with replacement",
    "SGD, without replacement",
    "covariance of the SDE",
    "the same from a noise of covariance $S$ that is added to the weights themselves",
    "diffusion matrix",
    r"isotropic Langevin noise (GLD) of the same strength $\operatorname{E}|\varepsilon|^2$",
)


def sampled(factor=1) -> sp.Expr:
    return factor * (M - G) / b


CLAIM = {
    MEAN: equation(E(move), -eta * grad),
    STEP: equation(Cov(move), eta**2 * C),
    WITH: equation(C_with, sampled()),
    WITHOUT: equation(C_without, sampled((n - b) / (n - 1))),
    SDE: equation(Sigma, eta * C),
    WEIGHTS: equation(Sigma, S / eta),
    DIFFUSION: equation(D, Sigma / 2),
    MATCHED: equation(C_iso, Tr(C) / d * one),
}

# Entries i and j of gradient, noise and covariance: the proof holds in every dimension.
g_i, g_j, e_i, e_j, C_ij, M_ij, trace = sp.symbols("g_i g_j e_i e_j C_ij M_ij T", real=True)
ENTRY = {C: C_ij, grad: g_i, M: M_ij, G: g_i * g_j, S: eta**2 * C_ij, Sigma: eta * C_ij}
MOVES = -eta * g_i + eta * e_i, -eta * g_j + eta * e_j


def _entry(part) -> sp.Expr:
    return part.rhs.subs(ENTRY)


def _average(quadratic) -> sp.Expr:
    """Mean over the noise: ``E e_i = 0``, ``E e_i e_j = C_ij``."""
    return sp.expand(quadratic).subs(e_i * e_j, C_ij).subs({e_i: 0, e_j: 0})


def _mean(claim):
    return _entry(claim[MEAN]) - _average(MOVES[0])


def _covariance(claim):
    product = _average(MOVES[0] * MOVES[1]) - _average(MOVES[0]) * _average(MOVES[1])
    return sp.expand(_entry(claim[STEP]) - product)


def _sampling(claim):
    """FND-2 for the gradient along any direction; by polarisation, for every entry."""
    ours = sgd.FND2.claim
    one_sample = {sgd.S: M_ij - g_i * g_j, sgd.n: n, sgd.b: b}
    return [
        _entry(claim[label]) - ours[theirs].rhs.subs(one_sample)
        for label, theirs in ((WITH, sgd.WITH), (WITHOUT, sgd.WITHOUT))
    ]


def _clock(claim):
    """k steps: their covariances add up, and they take the time ``eta k``."""
    return _entry(claim[SDE]) - k * _entry(claim[STEP]) / (eta * k)


def _scalings(claim):
    return _entry(claim[WEIGHTS]) - _entry(claim[SDE])


def _diffusion(claim):
    """``sqrt(2 D) dB`` has the covariance ``2 D dt``."""
    return 2 * _entry(claim[DIFFUSION]) - _entry(claim[SDE])


def _strength(claim):
    isotropic = claim[MATCHED].rhs.subs(Tr(C), trace).subs(one, 1)
    return d * isotropic - trace


STATEMENT = Statement(
    id="ANI-1",
    kind="formula",
    title="One step with anisotropic noise, and three ways to state its strength",
    source="zhu2019, general dynamics",
    assumptions=(
        (r"$\theta' = \theta - \eta\nabla L(\theta) + \eta\varepsilon$ with "
         r"$\operatorname{E}\varepsilon = 0$, $\operatorname{Cov}\varepsilon = C(\theta)$; "
         r"Gaussian for the Langevin relatives of SGD", None),
        (r"$g$: gradient of one sample's loss; the bar is the mean over all $n$ samples",
         b < n),
        (r"SDE $\mathrm{d}\theta = -\nabla L\,\mathrm{d}t + \Sigma^{1/2}\,\mathrm{d}B$ (Itô), "
         r"clock $t = \eta k$", None),
    ),
    claim=CLAIM,
    uses=("FND-1", "FND-2"),
    steps=(
        Step(r"the noise has zero mean", equation(move, -eta * grad + eta * eps), _mean),
        Step(r"only $\eta\varepsilon$ fluctuates; entry by entry", None, _covariance),
        Step("one direction at a time this is the variance of a mean of $b$ draws (FND-2); all "
             "directions together make the matrix", None, _sampling),
        Step(r"$k$ steps add up to $k\,\eta^2 C$ in the time $\eta k$",
             equation(eta * k * Sigma, k * eta**2 * C), _clock),
        Step(r"noise added to the weights: $S = \eta^2 C$", equation(S, eta**2 * C), _scalings),
        Step(r"$\sqrt{2D}\,\mathrm{d}B$ has the covariance $2D\,\mathrm{d}t$",
             equation(Sigma, 2 * D), _diffusion),
        Step(r"$\operatorname{E}|\varepsilon|^2$ is the trace of the covariance",
             equation(Tr(C_iso), Tr(C)), _strength),
    ),
    mutants=(
        Mutant(r"$\eta$ instead of $\eta^2$", {STEP: equation(Cov(move), eta * C)}),
        Mutant("no correction for a finite data set",
               {WITHOUT: equation(C_without, sampled())}),
        Mutant("noise on the weights taken for noise in the gradient",
               {WEIGHTS: equation(Sigma, eta * S)}),
        Mutant("diffusion matrix without the factor $1/2$", {DIFFUSION: equation(D, Sigma)}),
        Mutant("isotropic noise with the whole trace in every direction",
               {MATCHED: equation(C_iso, Tr(C) * one)}),
        Mutant("gradients not centred", {WITH: equation(C_with, M / b)}),
    ),
    against_source="as-stated",
    remark=(
        r"As we remember it the source writes $\Sigma$ for the covariance of the noise in the "
        r"gradient and again for that of the SDE. Its released code uses a third one: the toy "
        r"adds noise to the weights without $\eta$. The three differ by powers of $\eta$, so "
        r"that a strength means nothing before one says which it is. The moments are exact; "
        r"the SDE is what they become for small $\eta$."
    ),
    notebook=NOTEBOOK,
)  # fmt: skip

STATEMENTS = (STATEMENT,)
