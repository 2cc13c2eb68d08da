"""The two-dimensional model measured, and a dimension that no graph can have."""

import sympy as sp

from sgdtheory.theory.anomalous import toy_model
from sgdtheory.theory.power_law.symbols import threshold
from sgdtheory.theory.statement import Mutant, Statement, Step, equation

NOTEBOOK = toy_model.NOTEBOOK

p_fractal, p_bowl, p_window = sp.symbols(
    r"{p_{\mathrm{fractal}}} {p_{\mathrm{bowl}}} {p_{\mathrm{window}}}", real=True
)
before, after, shuffled = sp.symbols(
    r"{\alpha_{\mathrm{before}}} {\alpha_{\mathrm{after}}} {\alpha_{\mathrm{shuffled}}}",
    real=True,
)
tails = sp.Symbol(r"{\nu_{\nabla U}}", real=True)

SHARE, BOWL, BEFORE, AFTER, SHUFFLED, TAILS, WINDOW = (
    "fractal landscape: share of runs above exponent 1 before they arrive",
    "paraboloid: the same share",
    "fractal landscape: median exponent before",
    "largest median exponent after arrival: fractal, paraboloid, cone",
    "shuffled and smoothed landscape: median exponent before",
    "slopes of the landscape: nearly normal",
    "no landscape at all: share of runs in which some window shows above 1.2",
)

F8 = Statement(
    id="ANO-F8",
    kind="empirical",
    title="The two-dimensional model: trapped in every basin, fast in a smooth one",
    source="chen2022anomalous, Figure 8",
    assumptions=(
        (r"model of ANO-EQ10, $\eta = 0.02$, $\sigma = 0.01$, 1,000 steps in $[-1, 1]^2$, "
         r"uniform start; a step out of the square draws its noise anew, up to 500 times, "
         r"then the run is dropped", None),
        (r"fractal: diamond-square on $257^2$ nodes, first amplitude 3, halved each level "
         r"(ANO-S10), flat where $z < -0.1$, $U = 10 - z$, one run each; paraboloid "
         r"$\rho^2/2$; cone $\rho/2$; shuffled: the fractal ones, smoothed over 8 pixels",
         None),
        (r"arrival: last exit from three times the root mean square distance of the last 200 "
         r"points from their mean; exponents by least squares on lags up to a quarter of the "
         r"part, of at least 40 steps", None),
        (r"$\nu$: middle 90 per cent over middle half of the slopes outside flat parts, median "
         r"of the landscapes; normal 2.44, stable of index 1.5: 3.15; windows: 32 of 100, 200 "
         r"and 400 steps, half overlapping", None),
    ),
    claim={
        SHARE: sp.Lt(p_fractal, sp.Rational(9, 20)),
        BOWL: sp.Gt(p_bowl, sp.Rational(13, 20)),
        BEFORE: sp.Lt(before, 1),
        AFTER: sp.Lt(after, sp.Rational(17, 20)),
        SHUFFLED: sp.Lt(shuffled, 1),
        TAILS: sp.Lt(tails, sp.Rational(27, 10)),
        WINDOW: sp.Gt(p_window, sp.Rational(3, 8)),
    },
    uses=("ANO-EQ10", "ANO-S10", "ANO-S11"),
    status="empirical",
    against_source="not-reproduced",
    remark=(
        r"The source sees superdiffusion before a run settles and lays it to the fractal "
        r"landscape. Of independent runs on landscapes of its generator about one in five has "
        r"an exponent above 1: no more than without any landscape, where one in three does by "
        r"chance. On a paraboloid it is about four in five. That runs become subdiffusive once "
        r"they have settled is reproduced, in every basin. A fractal landscape is neither "
        r"needed nor enough: what makes a run fast is a slope that lasts. Gentle surfaces with "
        r"$H = 0.9$ have such slopes, and half of their runs or more are fast. Off the "
        r"plateaus slopes are nearly normal; a run that passes between plateau and slope pools "
        r"them with zeros, and looks heavy-tailed. The runs and landscapes picked for the "
        r"source's figure were not available. The bands were set after a look at other seeds."
    ),
    notebook=NOTEBOOK,
)  # fmt: skip


D_graph, D_level, D_seen, H = sp.symbols(
    r"{D_{\mathrm{graph}}} {D_{\mathrm{level}}} D H", positive=True
)
p = sp.Symbol("p", positive=True)

LEAST, OF_GRAPH, OF_LEVEL, READ = (
    "graph of any continuous function on a plane",
    r"graph of an fBm surface with the exponent $2H = 1.8$",
    "its level sets",
    "the index that level sets of dimension 1.8 would have",
)

N1_CLAIM = {
    LEAST: sp.Ge(D_graph, 2, evaluate=False),
    OF_GRAPH: equation(D_graph, sp.Rational(21, 10)),
    OF_LEVEL: equation(D_level, sp.Rational(11, 10)),
    READ: equation(H, sp.Rational(1, 5)),
}


def _least(claim):
    """``N = s^-2 s^-p`` of a rough, ``(1 + p) s^-2`` of a smooth graph; ``s = exp(-x)``."""
    x = sp.Symbol("x", positive=True)
    margin, strict = threshold(claim[LEAST])
    rough, smooth = (
        sp.limit(log_count / x, x, sp.oo) for log_count in ((2 + p) * x, 2 * x + sp.log(1 + p))
    )
    return [sp.expand(margin.subs(D_graph, rough) - p), margin.subs(D_graph, smooth),
            not strict]  # fmt: skip


def _of_graph(claim):
    return 3 - sp.Rational(18, 10) / 2 - claim[OF_GRAPH].rhs


def _of_level(claim):
    return 2 - sp.Rational(18, 10) / 2 - claim[OF_LEVEL].rhs


def _read(claim):
    return 2 - claim[READ].rhs - sp.Rational(18, 10)


N1 = Statement(
    id="ANO-N1",
    kind="proposition",
    title="A slice of the loss cannot have a graph of dimension 1.8",
    source="chen2022anomalous, box dimension of a two-dimensional slice",
    assumptions=(
        (r"box dimension $\lim_{s \to 0} \ln N/\ln(1/s)$ of the graph over a square, or of a "
         r"level set in it (ANO-S9)", None),
        (r"$2H = 1.8$: the exponent of the squared loss difference in the same work, read as "
         r"that of an fBm surface", None),
    ),
    claim=N1_CLAIM,
    uses=("ANO-S9",),
    steps=(
        Step(r"at least one box in each of $s^{-2}$ columns; a smooth graph has the limit 2",
             None, _least, by="limit"),
        Step("$3 - H$", None, _of_graph),
        Step("$2 - H$", None, _of_level),
        Step("$2 - H = 1.8$", None, _read),
    ),
    mutants=(
        Mutant("the dimension of the slice is 1.8, with the exponent 1.8",
               {OF_GRAPH: equation(D_graph, sp.Rational(9, 5))}, source=True),
        Mutant("its level sets have 1.8",
               {OF_LEVEL: equation(D_level, sp.Rational(9, 5))}),
        Mutant(r"1.8 is the index of an exponent $2H = 1.8$", {READ: equation(
            H, sp.Rational(9, 10))}),
        Mutant("no graph is below 1", {LEAST: sp.Ge(D_graph, 1, evaluate=False)}),
    ),
    against_source="refuted",
    remark=(
        r"Refuted as the dimension of a graph: the number is as we reconstruct it, and what "
        r"was counted is not said. A graph over a plane has at least the dimension 2, so that "
        r"1.8 must belong to a set *in* the plane, or to a regression over too few sizes. As "
        r"level sets it would mean $H = 0.2$, against $H = 0.9$ from the loss differences of "
        r"the same work. Filled regions, such as all points above a level, count as 2 but for "
        r"their edge, and show any value between 1 and 2 on a grid of 51 by 51."
    ),
    notebook=NOTEBOOK,
)  # fmt: skip

STATEMENTS = (*toy_model.STATEMENTS, F8, N1)
