"""A PAC-Bayes bound with the stationary law of SGD as posterior."""

import sympy as sp

from sgdtheory.theory.escape import divergence as kl
from sgdtheory.theory.escape.divergence import DIGAMMAS, KL, SPREAD, WIDTH, d, psi, r, trace, x
from sgdtheory.theory.escape.symbols import kappa, m
from sgdtheory.theory.statement import Mutant, Statement, Step, equation

n, delta, gap = sp.symbols(r"n delta \Delta", positive=True)
GAP = (
    r"with probability $1 - \delta$ over the sample, for every posterior at once, the risk "
    r"exceeds the training loss by less than"
)


def bound(rate) -> sp.Eq:
    return equation(gap, sp.sqrt((KL + sp.log(2 * n / delta)) / rate))


CLAIM = {GAP: bound(2 * n - 1), **kl.CLAIM}


def _change_of_measure():
    """KL(p|q) - E_p φ + ln E_q e^φ is the divergence of p from q e^φ, point by point."""
    p, q, phi, norm = sp.symbols("p q phi Z", positive=True)
    tilted = q * sp.exp(phi) / norm
    left = sp.log(p / q) - phi + sp.log(norm) - sp.log(p / tilted)
    return sp.expand_log(left, force=True)


def _exponential_moment(claim):
    """Under the tail exp(-2nx²) the exponential of (2n - 1)x² has the mean M."""
    rate = 2 * n - 1
    growth = sp.diff(sp.exp(rate * x**2), x)
    M = 1 + sp.integrate(sp.powsimp(sp.expand(growth * sp.exp(-2 * n * x**2))), (x, 0, sp.oo))
    return sp.expand_log(rate * claim[GAP].rhs ** 2 - KL - sp.log(M / delta), force=True)


def _memoriser():
    """Labels by coin on n² cells, learnt by heart from n draws; prior at what was learnt."""
    risk = (1 - n**-2) ** n / 2
    allowed = CLAIM[GAP].rhs.subs(KL, 0)
    return sp.limit(risk, n, sp.oo) - sp.limit(allowed, n, sp.oo)


STEPS = (
    Step(
        r"change of measure: $\mathbb{E}_p\,\varphi \le \mathrm{KL} + \ln \mathbb{E}_q "
        r"e^\varphi$ for any $\varphi$, since what is left is again a divergence",
        None, _change_of_measure,
    ),
    Step(
        r"$\varphi = (2n-1)\,x^2$, $x$ the excess (if any) of risk over training loss of one "
        r"$w$: by Hoeffding its tail is below $e^{-2nx^2}$, so the mean of $e^\varphi$ is "
        r"at most $2n$ for every $w$, if the prior does not know the sample; then Markov, "
        "then Jensen",
        equation(1 + sp.Integral(2 * (2 * n - 1) * x * sp.exp(-(x**2)), (x, 0, sp.oo)), 2 * n),
        _exponential_moment, by="integral",
    ),
    Step(
        "a prior that knows the sample: coin-tossed labels on $n^2$ cells, learnt by heart "
        r"from $n$ draws; at $V = I$, $\kappa \to \infty$ the posterior is the prior and "
        "KL is 0, but the risk is one half, the training loss zero",
        None, _memoriser, by="counterexample",
    ),
    Step(
        r"$w - w^* = (2\kappa V)^{1/2} y$: all is radial; $\mathbb{E}\ln(1+Q) = "
        r"-\partial_m \ln Z$",
        equation(sp.Integral(r ** (d - 1) * (1 + r**2) ** -m, (r, 0, sp.oo)),
                 sp.gamma(d / 2) * sp.gamma(m - d / 2) / (2 * sp.gamma(m))),
        kl.logarithm, by="integral",
    ),
    Step(r"each direction has $1/d$ of $\mathbb{E}|y|^2$", None, kl.square, by="integral"),
    Step(r"$\mathrm{KL} = \mathbb{E} \ln p - \mathbb{E} \ln q$, term by term", None,
         kl.assembled),
    Step(r"only the mean square can diverge before the norm does: $r^{d+1}\,r^{-2m}$", None,
         kl.finite, by="limit"),
    Step(r"Stirling's series for $\ln\Gamma$ and $\psi$ in powers of $1/\kappa$", None,
         kl.large, by="series"),
    Step("its second power at $V = I$, where the first two vanish", None, kl.at_identity,
         by="series"),
    Step(r"$H \to hH$ makes $V \to V/h$: the slope in $h$", None, kl.flatter),
    Step(r"the slope in $\kappa$; the digammas cancel", None, kl.larger),
    Step(r"the slope for $\kappa \to \infty$; at equality the next power decides", None,
         kl.eventually, by="series"),
    Step("where that slope vanishes, to first order in $1/\\kappa$", None, kl.between,
         by="series"),
)  # fmt: skip

BLUNT = trace * kappa / (2 * kappa - 2)  # half the mean square of a t with nu = 2 kappa
ONE_DIMENSION = psi(0, m) - psi(0, m - sp.Rational(1, 2))
MUTANTS = (
    Mutant(r"no divergence at $V = I$: the bound on it as we reconstruct it",
           {kl.AT_I: kl.leading(kl.KL_at_I, sp.Integer(0), 2)}, source=True),
    Mutant(r"correction $(\mathrm{Tr}V - d)/(2\kappa)$ of the reconstructed bound",
           {kl.LARGE: kl.large_kappa((trace - d) / 2)}, source=True),
    Mutant(r"finite where it can be normalised ($m = \kappa > d/2$ in the source)",
           {kl.FINITE: sp.Gt(m, d / 2, evaluate=False)}, source=True),
    Mutant(r"larger $\kappa$ helps where flatter does, $\mathrm{Tr}V < d$",
           {kl.EVENTUALLY: sp.Lt(trace, d, evaluate=False)}, source=True),
    Mutant(r"mean square of a Student t with $\nu = 2\kappa$",
           {kl.SQUARE: equation(kl.mean_square, 2 * BLUNT),
            kl.DIVERGENCE: kl.divergence(DIGAMMAS, BLUNT)}),
    Mutant("digammas of one dimension",
           {kl.LOG: equation(kl.mean_log, ONE_DIMENSION),
            kl.DIVERGENCE: kl.divergence(ONE_DIMENSION, SPREAD)}),
    Mutant("the anti-Itô correction in every reading",
           {kl.LARGE: kl.large_kappa((d + 2) * (trace - d) / 4)}),
    Mutant(r"flatter helps up to $\mathrm{Tr}V = d$ at every $\kappa$",
           {kl.FLATTER: sp.Lt(trace, d, evaluate=False)}),
    Mutant(r"larger $\kappa$ helps exactly where flatter does not",
           {kl.LARGER: sp.Gt(trace, WIDTH, evaluate=False)}),
    Mutant("twice the sample", {GAP: bound(4 * n - 2)}),
)  # fmt: skip

STATEMENTS = (
    Statement(
        id="PLD-T8",
        kind="theorem",
        title="A PAC-Bayes bound for the power law",
        source="meng2020, Theorem 8 and Theorem 15",
        assumptions=(
            (r"posterior $p$: the stationary law of PLD-T4, $p \propto (1 + Q)^{-m}$ with "
             r"$Q = (w-w^*)^\top V^{-1} (w-w^*)/(2\kappa)$, "
             r"$V = \frac{\eta}{2} \Sigma_g H^{-1}$, $m = \kappa + 1 - \alpha$ (SGD: "
             r"$\alpha = 0$; the source: $\alpha = 1$); $H$ and $\Sigma_g$ commute", None),
            ("prior $q = N(w^*, I)$, chosen without the sample", None),
            ("$n$ independent draws, loss between 0 and 1", None),
        ),
        claim=CLAIM,
        uses=("PLD-T4",),
        steps=STEPS,
        mutants=MUTANTS,
        status="conditional",
        against_source="corrected",
        remark=(
            r"The source's bound on the divergence, as we reconstruct it, is "
            r"$-\frac12\ln\det V + \frac{\mathrm{Tr}V - d}{2(1 - 1/\kappa)}$. It is right for "
            r"$\kappa \to \infty$, but the formula as we recall it fails as an upper bound: at "
            r"$V = I$ it is zero at every $\kappa$. If the print agrees, the corrected "
            r"statement is the exact divergence above. The source's condition $\kappa > d/2$ "
            r"makes it finite for SGD; its own reading needs $\kappa > d/2 + 1$. Flatter helps "
            r"while the mean square of the posterior is below $d$, that of the prior. Larger "
            r"$\kappa$ asks for the opposite as $\kappa \to \infty$; at finite $\kappa$ there "
            r"is a window in which both help. McAllester's inequality in the source's form, as "
            r"we recall it ($\ln n + 2$ for our $\ln 2n$, $n - 1$ for $2n - 1$), is weaker and "
            r"valid. What voids the bound is a prior centred at a $w^*$ learnt from the same "
            r"sample; learn the centre from other data."
        ),
        aliases=("PLD-T15",),
        notebook="notebooks/escape/07_pac_bayes",
    ),
)  # fmt: skip
