"""SGD on a quadratic, one mode: its expected displacement in closed form, step by step."""

from functools import lru_cache

import sympy as sp

from sgdtheory.theory.anomalous.letters import QUADRATIC, M, T, t_w, tau
from sgdtheory.theory.statement import Mutant, Statement, Step, equation

eta, lam, C_0, C_1, s, m_0 = sp.symbols("eta lambda C_0 C_1 s m_0", positive=True)
rho, phi, m_inf, q, kappa, V = sp.symbols(r"rho varphi m_{\infty} q kappa V", positive=True)
t, n = sp.symbols("t n", integer=True, nonnegative=True)
m = sp.Function("m")
pair = sp.Symbol(r"{\operatorname{E}(w_{t+\tau} - w_t)^2}", positive=True)
M_rest = sp.Symbol(r"{M_{\infty}(\tau)}", positive=True)
M_edge = sp.Symbol(r"{M_{1}(\tau)}", positive=True)
M_slow = sp.Symbol(r"{M_{0}(\tau)}", positive=True)
plateau = sp.Symbol(r"{M_{\infty}(\infty)}", positive=True)
v, w, z = sp.symbols("v w z", real=True)

FACTOR, MOMENT, PAIR, LIMIT, BOX, REST, PLAIN, EDGE, SLOW, FOURTH, TAIL, VARIANCE = (
    r"$s^2 = \eta^2 C_0$, $\varphi = 1 - \eta\lambda$; growth of the second moment",
    r"second moment $m_t = \operatorname{E} w_t^2$",
    "one pair of times",
    "where the second moment goes",
    r"expected displacement, $T$ points after $t_w$ steps, $\rho \ne 1$; summed over modes",
    r"stationary, relative to its plateau ($\rho < 1$): no $C_1$ in it, no tail index",
    r"constant noise, $C_1 = 0$",
    r"at the edge $\rho = 1$",
    r"slow mode far from its minimum, no noise: ballistic",
    r"growth of the fourth moment, Gaussian noise: finite at rest only if $q < 1$",
    r"small steps: stationary density $\propto (1 + C_1 w^2/C_0)^{-(\kappa + 1)}$",
    r"its variance, $\kappa > \frac12$",
)


def box(square=(1 + rho**tau - 2 * phi**tau), power=T - tau):
    rest = 2 * m_inf * (1 - phi**tau)
    geometric = (1 - rho**power) / ((T - tau) * (1 - rho))
    return equation(M(tau), rest + (m_0 - m_inf) * square * rho**t_w * geometric)


def fourth(mixed=6):
    return equation(q, phi**4 + mixed * phi**2 * eta**2 * C_1 + 3 * eta**4 * C_1**2)


CLAIM = {
    FACTOR: equation(rho, phi**2 + eta**2 * C_1),
    MOMENT: equation(m(t), m_inf + (m_0 - m_inf) * rho**t),
    PAIR: equation(pair, m(t + tau) + (1 - 2 * phi**tau) * m(t)),
    LIMIT: equation(m_inf, s**2 / (1 - rho)),
    BOX: box(),
    REST: equation(M_rest / plateau, 1 - phi**tau),
    PLAIN: equation(m_inf, eta * C_0 / (lam * (2 - eta * lam))),
    EDGE: equation(M_edge, s**2 * tau + (1 - phi**tau)
                   * (2 * m_0 + s**2 * (2 * t_w + T - tau - 1))),
    SLOW: equation(sp.Limit(M_slow / lam**2, lam, 0), eta**2 * m_0 * tau**2),
    FOURTH: fourth(),
    TAIL: equation(kappa, lam / (eta * C_1)),
    VARIANCE: equation(V, eta * C_0 / (2 * lam - eta * C_1)),
}  # fmt: skip


def _split(expr: sp.Expr) -> sp.Expr:
    """Powers of sums as products of powers."""
    return sp.expand(sp.powsimp(sp.expand(expr, power_exp=True)), power_exp=True)


@lru_cache(maxsize=8)
def _normal(power: int) -> sp.Expr:
    density = sp.exp(-(z**2) / 2) / sp.sqrt(2 * sp.pi)
    return sp.integrate(z**power * density, (z, -sp.oo, sp.oo))


def _factor(claim):
    """``E (phi w - eta xi)^2`` with ``Var(xi | w) = C_0 + C_1 w^2``, less the part of C_0."""
    next_square = phi**2 * w**2 - 2 * phi * w * eta * _normal(1) + eta**2 * (C_0 + C_1 * w**2)
    return sp.expand(claim[FACTOR].rhs - (next_square - next_square.subs(w, 0)) / w**2)


def _moment(claim):
    """``m_{t+1} = rho m_t + s^2`` from ``m_0``."""
    found = claim[MOMENT].rhs
    step = found.subs(t, t + 1) - rho * found - claim[LIMIT].rhs * (1 - rho)
    return [_split(step.subs(m_inf, claim[LIMIT].rhs)), found.subs(t, 0) - m_0]


def _pair(claim):
    """The correlation ``E w_{t+tau} w_t`` loses a factor phi per step."""
    across = (m(t + tau) + m(t) - claim[PAIR].rhs) / 2
    return [_split(across.subs(tau, tau + 1) - phi * across), across.subs(tau, 0) - m(t)]


def _limit(claim):
    return sp.cancel(claim[LIMIT].rhs - (rho * claim[LIMIT].rhs + s**2))


def _pairs(claim) -> sp.Expr:
    """One pair of times with the second moments put in."""
    return claim[PAIR].rhs.replace(m, lambda at: claim[MOMENT].rhs.subs(t, at))


def _box(claim):
    """``(T - tau) M`` grows by one pair with every point, and is nothing at ``T = tau``."""
    total = (T - tau) * claim[BOX].rhs
    grown = total.subs(T, T + 1) - total - _pairs(claim).subs(t, t_w + T - tau)
    shift = sp.Symbol("K", positive=True, integer=True)  # K = T - tau
    return [sp.cancel(_split(grown.subs(T, tau + shift))), sp.cancel(total.subs(T, tau + shift)
            ).subs(shift, 0)]  # fmt: skip


def _rest(claim):
    """What is left of the box after long waiting, over the same at long lags."""
    at_rest = claim[BOX].rhs.subs(m_0, m_inf)
    return [sp.cancel(claim[REST].rhs - at_rest / (2 * m_inf)), sp.diff(claim[REST].rhs, C_1)]


def _plain(claim):
    found = claim[LIMIT].rhs.subs({s: eta * sp.sqrt(C_0), rho: claim[FACTOR].rhs})
    return sp.cancel(claim[PLAIN].rhs - found.subs(C_1, 0).subs(phi, 1 - eta * lam))


def _edge(claim):
    """``m_t = m_0 + s^2 t``: the same growth point by point."""
    total = (T - tau) * claim[EDGE].rhs
    walk = claim[PAIR].rhs.replace(m, lambda at: m_0 + s**2 * at)
    grown = total.subs(T, T + 1) - total - walk.subs(t, t_w + T - tau)
    return [sp.expand(grown), total.subs(T, tau)]


def _slow(claim):
    """No noise: ``m_inf = 0``, ``rho = phi^2``.  All of the box at one lag, then any lag."""
    numbers = {tau: 3, T: 8, t_w: 2, m_inf: 0}
    decay = sp.cancel(claim[BOX].rhs.subs(numbers).subs(rho, phi**2)).subs(phi, 1 - eta * lam)
    lost = sp.limit((1 - (1 - eta * lam) ** tau) / lam, lam, 0)
    return [
        sp.limit(decay / lam**2, lam, 0) - claim[SLOW].rhs.subs(numbers),
        m_0 * lost**2 - claim[SLOW].rhs,
    ]


def _fourth(claim):
    """``E (phi + eta sqrt(C_1) z)^4`` for a normal z."""
    expanded = sp.Poly(sp.expand((phi + eta * sp.sqrt(C_1) * z) ** 4), z)
    found = sum(coefficient * _normal(power) for (power,), coefficient in expanded.terms())
    return sp.expand(claim[FOURTH].rhs - found)


def _tail(claim):
    """No flux: ``-lambda w p = (D p)'`` with ``D = eta (C_0 + C_1 w^2)/2``."""
    D = eta * (C_0 + C_1 * v**2) / 2
    slope = sp.diff(-(claim[TAIL].rhs + 1) * sp.log(1 + C_1 * v**2 / C_0), v)
    return sp.cancel(-lam * v - D * slope - sp.diff(D, v))


def _variance(claim):
    """Balance of ``E w^2``; its tail index; the recursion at small steps, ``eta C_1`` fixed."""
    found = claim[VARIANCE].rhs
    balance = -2 * lam * found + eta * (C_0 + C_1 * found)
    by_tail = C_0 / (C_1 * (2 * claim[TAIL].rhs - 1))
    growth = claim[FACTOR].rhs.subs(phi, 1 - eta * lam)
    discrete, continuous = (
        sp.cancel((whole / eta).subs(C_1, C_1 / eta))
        for whole in (claim[LIMIT].rhs.subs({s: eta * sp.sqrt(C_0), rho: growth}), found)
    )
    small = sp.limit(discrete, eta, 0) - continuous
    return [sp.cancel(balance), sp.cancel(found - by_tail), sp.cancel(small)]


STATEMENTS = (
    Statement(
        id="ANO-T3",
        kind="theorem",
        title="The displacement of SGD on a quadratic, exact at every step size",
        source="sgdtheory",
        assumptions=(
            (r"one mode $\lambda$ with its minimum at 0: $w_{t+1} = \varphi w_t - \eta\xi_t$, "
             r"$\operatorname{E}\xi_t = 0$, $\operatorname{Var}(\xi_t | w_t) = "
             r"C_0 + C_1 w_t^2$; $m_0 = \operatorname{E} w_0^2$", None),
            (r"no assumption on the law of $\xi$, but for the fourth moment (Gaussian) and the "
             "last two parts (stochastic equation in Itô's sense)", None),
            (r"at rest: $\rho < 1$; $\tau < T$", T > tau),
        ),
        claim=CLAIM,
        uses=("ANO-T1", "PLD-T2"),
        steps=(
            Step(r"square one step and average over $\xi$", equation(
                sp.Symbol(r"\operatorname{E}(w_{t+1}^2 | w_t = w)"),
                phi**2 * w**2 + eta**2 * (C_0 + C_1 * w**2)), _factor),
            Step("so the second moment is a geometric sequence", equation(
                m(t + 1), rho * m(t) + s**2), _moment, by="operator"),
            Step(r"$\operatorname{E} w_{t+\tau} w_t = \varphi^\tau m_t$: the noise between has "
                 "mean zero", None, _pair, by="operator"),
            Step("the fixed point", equation(m_inf, rho * m_inf + s**2), _limit),
            Step(r"sum the pairs of the window: every further point adds one pair", None, _box,
                 by="operator"),
            Step(r"at rest only $\varphi$ is left in the shape", None, _rest),
            Step(r"$\rho = \varphi^2 = (1 - \eta\lambda)^2$", None, _plain),
            Step(r"at $\rho = 1$ the second moment grows by $s^2$ a step", equation(
                m(t), m_0 + s**2 * t), _edge, by="operator"),
            Step(r"$1 - \varphi^\tau \to \eta\lambda\tau$, and the mode hardly moves within "
                 "the window", None, _slow, by="limit"),
            Step(r"one step multiplies by $\varphi + \eta\sqrt{C_1}\,z$, $z$ normal", None,
                 _fourth, by="integral"),
            Step(r"no flux: $-\lambda w p = (Dp)'$, $D = \frac\eta2(C_0 + C_1 w^2)$", None,
                 _tail, by="operator"),
            Step(r"balance of $\operatorname{E} w^2$; it is $C_0/(C_1(2\kappa - 1))$, and the "
                 r"small steps of the recursion agree", None, _variance, by="limit"),
        ),
        mutants=(
            Mutant(r"growth without the spread of the curvature",
                   {FACTOR: equation(rho, phi**2)}),
            Mutant(r"second moment decays with $\varphi$",
                   {MOMENT: equation(m(t), m_inf + (m_0 - m_inf) * phi**t)}),
            Mutant(r"pair as at rest",
                   {PAIR: equation(pair, 2 * (1 - phi**tau) * m(t))}),
            Mutant("fixed point of the amplitude",
                   {LIMIT: equation(m_inf, s**2 / (1 - phi))}),
            Mutant(r"box with a square, as for constant noise",
                   {BOX: box(square=(1 - phi**tau) ** 2)}),
            Mutant(r"box without the average over the window", {BOX: box(power=1)}),
            Mutant("at rest the shape decays with the second moment",
                   {REST: equation(M_rest / plateau, 1 - rho**tau)}),
            Mutant("constant noise in continuous time",
                   {PLAIN: equation(m_inf, eta * C_0 / (2 * lam))}),
            Mutant("edge without the aging in the window",
                   {EDGE: equation(M_edge, s**2 * tau + (1 - phi**tau)
                                   * 2 * (m_0 + s**2 * t_w))}),
            Mutant("slow mode diffuses",
                   {SLOW: equation(sp.Limit(M_slow / lam**2, lam, 0), eta**2 * m_0 * tau)}),
            Mutant("fourth moment with 4 for 6", {FOURTH: fourth(4)}),
            Mutant(r"tail of Stratonovich's equation",
                   {TAIL: equation(kappa, lam / (eta * C_1) - sp.S.Half)}),
            Mutant("variance with half the spread",
                   {VARIANCE: equation(V, 2 * eta * C_0 / (4 * lam - eta * C_1))}),
        ),
        remark=(
            r"For $\rho > 1$ the box holds with a negative $m_\infty$: growth. With $\varphi "
            r"< 0$ steps alternate. Noise that grows with $w$ changes the amplitude of the "
            r"stationary curve and nothing in its shape: a displacement cannot see a heavy "
            r"tail. It suffers from it: for $q \ge 1$ the time average has infinite variance, "
            r"and one window says little about its mean. Here $\kappa = H/(\eta\sigma_H)$ of "
            r"the power-law chapter; the variance is finite for $\kappa > \frac12$, the "
            r"fourth moment, at small steps, for $\kappa > \frac32$."
        ),
        notebook=QUADRATIC,
    ),
)  # fmt: skip
