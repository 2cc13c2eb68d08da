r"""Noise enhancement: two batches with weights a and 1 - a (ENH-1), and shared letters."""

from itertools import permutations

import sympy as sp

from sgdtheory.theory.foundations.symbols import E, eta, g, w
from sgdtheory.theory.statement import Mutant, Statement, Step, equation

a, c = sp.symbols("a c", real=True)
F = sp.Symbol("F", positive=True)
# sympy prints a letter with an index after a bracket: (1 - a) g_2.
g_1, g_2 = (sp.IndexedBase("g", real=True)[i] for i in (1, 2))
w_next, move = sp.symbols(r"w' \Delta{w}", real=True)
MIX = a**2 + (1 - a) ** 2

BATCHES = (
    r"$g_1$, $g_2$: gradients of the mean loss over two batches of $b$ samples each, drawn "
    r"anew at each step from the $n$ samples; $g = \nabla L$",
    None,
)
NOTEBOOK = "notebooks/log_landscape/05_noise_enhancement"
RECONSTRUCTION = (
    "Our reconstruction of the idea of Mori and Ueda (2020), of whose paper only the abstract "
    "was at hand."
)

STEP, PUSH, WEIGHT, MEAN = (
    "step",
    "the same step as a gradient plus a difference",
    "with",
    r"mean step $\Delta w = w' - w$, for every $a$",
)
SAMPLES = sp.symbols("x_1:4", real=True)


def _same_step(claim):
    return sp.expand(claim[STEP].rhs.subs(a, claim[WEIGHT].rhs) - claim[PUSH].rhs)


def _unbiased(claim):
    return sp.expand(claim[STEP].rhs.subs({g_1: g(w), g_2: g(w)}) - w - claim[MEAN].rhs)


def _example_mean(claim):
    """Three samples, two disjoint batches of one: all six ordered pairs."""
    pairs = list(permutations(SAMPLES, 2))
    moves = [claim[STEP].rhs.subs({g_1: x, g_2: y}) - w for x, y in pairs]
    stated = claim[MEAN].rhs.subs(g(w), sp.Add(*SAMPLES) / 3)
    return sp.expand(sp.Add(*moves) / len(pairs) - stated)


ENH1 = Statement(
    id="ENH-1",
    kind="proposition",
    title="Two batches with weights that add up to one",
    source="sgdtheory",
    assumptions=(
        BATCHES,
        ("the two batches independent or disjoint; each by itself uniform", None),
    ),
    claim={
        STEP: equation(w_next, w - eta * (a * g_1 + (1 - a) * g_2)),
        PUSH: equation(w_next, w - eta * (g_1 + c * (g_1 - g_2))),
        WEIGHT: equation(a, 1 + c),
        MEAN: equation(E(move), -eta * g(w)),
    },
    uses=("FND-1",),
    steps=(
        Step("the difference of two batches is noise alone; $c$ is its size", None, _same_step),
        Step("each batch by itself has the mean $g$, and the weights add up to one",
             equation(a * E(g_1) + (1 - a) * E(g_2), g(w)), _unbiased),
        Step("three samples, two different ones drawn: all six ordered pairs", None,
             _example_mean, by="example"),
    ),
    mutants=(
        Mutant("weights $a$ and $1 + a$",
               {STEP: equation(w_next, w - eta * (a * g_1 + (1 + a) * g_2))}),
        Mutant("the sum of the gradients for their difference",
               {PUSH: equation(w_next, w - eta * (g_1 + c * (g_1 + g_2)))}),
        Mutant("the mean step grows with the weight",
               {MEAN: equation(E(move), -a * eta * g(w))}),
        Mutant("$a = 1 - c$", {WEIGHT: equation(a, 1 - c)}),
    ),
    remark=(
        RECONSTRUCTION + r" $a = 1$ is SGD with batch $b$; $a = \frac12$ and disjoint batches "
        r"is SGD with batch $2b$. For $a > 1$ the second batch's loss is *climbed*: more noise "
        r"at the same learning rate and the same batches."
    ),
    notebook=NOTEBOOK,
)  # fmt: skip

STATEMENTS = (ENH1,)
