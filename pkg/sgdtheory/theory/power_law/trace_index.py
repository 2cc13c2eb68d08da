"""Unequal ratios of curvature to curvature noise: no power law, but exact second moments."""

from functools import lru_cache

import sympy as sp

from sgdtheory.theory import fokker_planck
from sgdtheory.theory.power_law.eigenbasis import M, alpha, d, eta, gam, h, i, j, lam, split
from sgdtheory.theory.power_law.symbols import threshold
from sgdtheory.theory.statement import Mutant, Statement, Step, equation

SYSTEM, MOMENT, FINITE = (
    "the second moments solve",
    "that is",
    "finite if and only if",
)


def share(k, index=alpha):
    """What the curvature noise of one direction feeds back into all second moments."""
    return eta * gam[k] / (2 * (h[k] - index * eta * gam[k]))


def system(index=alpha, factor=2):
    feed = sp.Sum(gam[j] * M[j] / lam[j], (j, 1, d))
    return equation(factor * (h[i] - index * eta * gam[i]) * M[i], eta * lam[i] * (1 + feed))


def moment(index=alpha):
    one = eta * lam[i] / (2 * (h[i] - index * eta * gam[i]))
    return equation(M[i], one / (1 - sp.Sum(share(j, index), (j, 1, d))))


def of_power_law(kappa):
    """Second moment of [1 + sum gamma_i v_i^2/lambda_i]^-(kappa + 1 - alpha) (PLD-T4)."""
    return equation(M[i], lam[i] / gam[i] / (2 * kappa - 2 * alpha - d))


SOURCE = of_power_law(sp.Sum(h[j], (j, 1, d)) / (eta * sp.Sum(gam[j], (j, 1, d))))
MEAN_RATIO = of_power_law(sp.Sum(h[j] / gam[j], (j, 1, d)) / (eta * d))

x, R, T = sp.symbols("v_i R T", real=True)
LETTERS = [sp.symbols(f"{name}_1 {name}_2", positive=True) for name in ("h", "lambda", "gamma")]
hi, li, gi, Mi = sp.symbols("h_i lambda_i gamma_i M_i", positive=True)
PLAIN = {h[i]: hi, lam[i]: li, gam[i]: gi, M[i]: Mi}


def _generator(claim):
    # All other coordinates enter through R, the same in the claim and here: any d.
    s = 1 + gi * x**2 / li + R
    rate = sp.expand(fokker_planck.backward(x**2, -hi * x, eta * li * s / 2, x, alpha))
    mean_rate = rate.subs(x**2, Mi)
    rule = claim[SYSTEM]
    return sp.expand(split(rule.rhs - rule.lhs, PLAIN, R) - mean_rate)


def _solution(claim):
    """With T the sum of the shares, the claimed moments feed back T / (1 - T)."""
    formula = claim[MOMENT].rhs
    sums = [s for s in formula.atoms(sp.Sum)]
    if len(sums) != 1:
        return [sp.Integer(1)]
    one = sums[0].function.subs(j, i)
    claimed = formula.subs(sums[0], T)
    rule = claim[SYSTEM]
    feed = next(iter(rule.rhs.atoms(sp.Sum)))
    balance = (rule.lhs - rule.rhs.subs(feed, T / (1 - T))).subs(M[i], claimed)
    fed_back = feed.function.subs(j, i).subs(M[i], claimed) * (1 - T) - one
    same_sum = sums[0].limits == feed.limits
    return [*(sp.cancel(e.subs(PLAIN)) for e in (balance, fed_back)), same_sum]


def _stability():
    """Determinant of the linear moment dynamics in d = 3, relative to no feedback."""
    n = range(1, 4)
    decay = sp.diag(*[2 * (h[k] - alpha * eta * gam[k]) for k in n])
    feed = sp.Matrix(3, 3, lambda r, c: eta * lam[r + 1] * gam[c + 1] / lam[c + 1])
    return (decay - feed).det() / decay.det()


def numbered(expr):
    """Indexed letters as plain positive symbols."""
    return expr.replace(
        lambda e: isinstance(e, sp.Indexed),
        lambda e: sp.Symbol(f"{e.base}{e.indices[0]}", positive=True),
    )


def _finite(claim):
    margin, strict = threshold(claim[FINITE])
    gap = margin.subs(d, 3).doit() - _stability()
    # In terms of the decay rates q_k = 2 (h_k - alpha eta gamma_k) this is short.
    q = sp.symbols("q1:4", positive=True)
    rates = {h[k]: q[k - 1] / 2 + alpha * eta * gam[k] for k in (1, 2, 3)}
    return [sp.cancel(numbered(gap.subs(rates))), strict]


@lru_cache
def leftover():
    """(Fokker-Planck operator on the source's density) / p in d = 2, times s^2: not zero."""
    v = sp.symbols("v1 v2", real=True)
    H, S, G = LETTERS
    s = 1 + sum(c * w**2 / q for c, w, q in zip(G, v, S, strict=True))
    m = sum(H) / (eta * sum(G)) + 1 - alpha
    total = 0
    for c, q, w in zip(H, S, v, strict=True):
        log_p = -m * sp.log(s)
        J = fokker_planck.residual(log_p, -c * w, eta * q * s / 2, w, alpha)
        total -= J.diff(w) + log_p.diff(w) * J
    return sp.factor(sp.expand(sp.cancel(total * s)).coeff(v[0], 2))


def _leftover(H, S, G):
    ratio = G[0] * (H[0] * G[1] - H[1] * G[0]) / (S[0] * eta * sum(G) ** 2)
    return -2 * ratio * (sum(H) + (1 - alpha) * eta * sum(G))


LEFTOVER = _leftover(*LETTERS)


def _source_residual():
    return sp.cancel(leftover() - LEFTOVER)


def _not_stationary():
    return LEFTOVER


def _proportional():
    (h1, h2), _, (g1, g2) = LETTERS
    return LEFTOVER.subs(h2, h1 * g2 / g1)


STATEMENT = Statement(
    id="PLD-P11",
    kind="proposition",
    title="Unequal ratios of curvature to curvature noise",
    source="meng2020, Proposition 11",
    notebook="notebooks/power_law/02_what_sgd_does",
    assumptions=(
        (r"$H$, $\Sigma_g$, $\Sigma_H$ share eigenvectors, with eigenvalues $h$, $\lambda$, "
         r"$\gamma$; drift $-h_i v_i$", None),
        (r"$C = \Sigma_g (1 + u^\top \Sigma_H \Sigma_g^{-1} u)$; calculus index "
         r"$\alpha$", None),
        (r"$h_i > \alpha \eta \gamma_i$", hi > alpha * eta * gi),
    ),
    claim={
        SYSTEM: system(),
        MOMENT: moment(),
        FINITE: sp.Lt(sp.Sum(share(j), (j, 1, d)), 1, evaluate=False),
    },
    uses=("FND-4", "PLD-T4"),
    steps=(
        Step(
            "apply the generator to $v_i^2$ and take the mean; other directions only add up",
            equation(sp.Symbol(r"\frac{d}{dt} M_i"), 0), _generator, by="operator",
        ),
        Step(
            "the feedback is one number, the same for all $i$, so the system is solved at once",
            equation(sp.Sum(gam[j] * M[j] / lam[j], (j, 1, d)), T / (1 - T)), _solution,
        ),
        Step(
            "the moments settle until their linear dynamics turns singular ($d = 3$ with all "
            "letters; the determinant lemma gives the same for every $d$)",
            None, _finite,
        ),
        Step(
            "the source's density, as we reconstruct it, leaves this in the Fokker-Planck "
            "equation (term in $v_1^2$, $d = 2$)",
            equation(sp.Symbol("r"), LEFTOVER), _source_residual, by="operator",
        ),
        Step("which is not zero", None, _not_stationary, by="counterexample"),
        Step(r"unless $h_1/\gamma_1 = h_2/\gamma_2$, the power law of PLD-T4", None,
             _proportional),
    ),
    mutants=(
        Mutant(r"power law, $\kappa = \operatorname{Tr} H / (\eta \operatorname{Tr} \Sigma_H)$",
               {MOMENT: SOURCE}, source=True),
        Mutant(r"power law, $\kappa$ the mean of $h_i / (\eta\gamma_i)$", {MOMENT: MEAN_RATIO}),
        Mutant("relaxation rate without the factor 2", {SYSTEM: system(factor=1)}),
        Mutant("drift correction with the wrong sign",
               {SYSTEM: system(-alpha), MOMENT: moment(-alpha)}),
    ),
    against_source="refuted",
    remark=(
        "The formula as we reconstruct it, "
        r"$p \propto [1 + u^\top \Sigma_H \Sigma_g^{-1} u]^{-\kappa}$ with "
        r"$\kappa = \operatorname{Tr} H / (\eta \operatorname{Tr} \Sigma_H)$, solves only "
        "the constant term of the Fokker-Planck equation; it fails unless all ratios "
        r"$h_i/\gamma_i$ are equal. The second moments are known in closed form all the same."
    ),
)  # fmt: skip
