"""The mean squared displacement is a weighted sum of step correlations, and nothing else."""

from functools import lru_cache
from itertools import permutations, product

import sympy as sp

from sgdtheory.theory.anomalous.letters import READING, C, M, N, T, beta, d, i, k, tau
from sgdtheory.theory.statement import Mutant, Statement, Step, equation

x = sp.IndexedBase("x")
J, K = sp.symbols(r"J K_{\alpha}", positive=True)
alpha = sp.Symbol("alpha", positive=True)
shuffled = sp.Symbol(r"{\langle M(\tau)\rangle}", positive=True)
jumped = sp.Symbol(r"{M_{J}(\tau)}", positive=True)
trapped = sp.Function("M")(tau, T)
p, lag = sp.symbols("p n", integer=True, positive=True)

IDENTITY, CORRELATION, SLOPE, SHUFFLED, JUMP, JUMP_SLOPE, TRAPS = (
    r"stationary steps with $C(k) = \operatorname{E} x_0\cdot x_k$",
    "read backwards, with $M(0) = 0$",
    r"$M/\tau$ rises, an exponent above one, only where later steps repeat earlier ones",
    r"any $N$ steps, mean over their orders and signs, coordinate by coordinate: exponent one",
    r"one jump of size $J$ and nothing else, $\tau$ at most its distance to both ends",
    "its exponent",
    r"trapping: uncorrelated jumps with $\operatorname{E}|r(t)|^2 = 2 d K_\alpha t^\alpha"
    r"/\Gamma(1 + \alpha)$, $0 < \alpha < 1$",
)


TRIANGLE = tau - sp.Abs(k)


def identity(weight=TRIANGLE):
    return equation(M(tau), sp.Sum(weight * C(k), (k, 1 - tau, tau - 1)))


def correlation(factor=sp.S.Half):
    second = sp.Add(M(tau + 1), -2 * M(tau), M(tau - 1), evaluate=False)
    return equation(C(tau), sp.Mul(factor, second, evaluate=False))


def slope(weight=k):
    rise = 2 / (tau * (tau + 1)) * sp.Sum(weight * C(k), (k, 1, tau))
    return equation(M(tau + 1) / (tau + 1) - M(tau) / tau, rise)


def of_shuffled(power=1):
    return equation(shuffled, tau**power / N * sp.Sum(x[i] ** 2, (i, 1, N)))


def traps(power=1):
    scaled = sp.Limit(T ** (1 - alpha) * trapped, T, sp.oo)
    return equation(scaled, 2 * d * K / sp.gamma(1 + alpha) * tau**power)


CLAIM = {
    IDENTITY: identity(),
    CORRELATION: correlation(),
    SLOPE: slope(),
    SHUFFLED: of_shuffled(),
    JUMP: equation(jumped, J**2 * tau / (T - tau)),
    JUMP_SLOPE: equation(beta, T / (T - tau)),
    TRAPS: traps(),
}

LETTERS = sp.symbols("c_0:8", real=True)


def _of_letters(expr: sp.Expr, n: int) -> sp.Expr:
    """At lag n, with a letter for each correlation."""
    return expr.subs(tau, n).doit().replace(C, lambda a: LETTERS[abs(a)])


def _displaced(n: int) -> sp.Expr:
    """``E |x_1 + ... + x_n|^2``, all products written out."""
    return sum((LETTERS[abs(a - b)] for a, b in product(range(n), repeat=2)), sp.S.Zero)


def _weight(expr: sp.Expr) -> sp.Expr:
    """What ``C(k)`` is multiplied by under the only sum of ``expr``."""
    (total,) = expr.atoms(sp.Sum)
    return expr / total * total.function / C(k)


def _identity(claim):
    """A block of tau steps holds tau - k pairs that are k apart; then letter by letter."""
    pairs = sp.Sum(1, (i, 1, tau - lag)).doit()
    weight = _weight(claim[IDENTITY].rhs)
    counted = [weight.subs(k, sign * lag) - pairs for sign in (1, -1)]
    return counted + [_of_letters(claim[IDENTITY].rhs, n) - _displaced(n) for n in range(1, 7)]


def _correlation(claim):
    second = claim[CORRELATION].rhs
    return [
        second.subs(tau, n).replace(M, lambda a: _displaced(int(a))) - LETTERS[n]
        for n in range(1, 6)
    ]


def _slope(claim):
    """Weight by weight at every lag, then letter by letter."""
    weight = 2 * ((tau + 1 - k) / (tau + 1) - (tau - k) / tau)
    rises = [
        _displaced(n + 1) / (n + 1) - _displaced(n) / n - _of_letters(claim[SLOPE].rhs, n)
        for n in range(1, 6)
    ]
    return [sp.cancel(_weight(claim[SLOPE].rhs) - weight), *rises]


@lru_cache(maxsize=1)
def all_orders(steps: int = 4) -> tuple[sp.Expr, ...]:
    """Time average over the window, then mean over all orders and signs, at each lag."""
    letters = [x[n] for n in range(1, steps + 1)]
    signs = list(product((1, -1), repeat=steps))
    means = []
    for n in range(1, steps + 1):
        total = sp.S.Zero
        for order in permutations(letters):
            for sign in signs:
                walk = [a * s for a, s in zip(order, sign, strict=True)]
                starts = range(steps + 1 - n)
                squares = (sum(walk[s : s + n], sp.S.Zero) ** 2 for s in starts)
                total += sp.expand(sum(squares, sp.S.Zero)) / len(starts)
        means.append(total / (len(signs) * sp.factorial(steps)))
    return tuple(means)


def _shuffled(claim):
    right = claim[SHUFFLED].rhs.subs(N, 4).doit()
    return [right.subs(tau, n) - mean for n, mean in enumerate(all_orders(), 1)]


def _jump(claim):
    """The pairs that begin up to tau points before the jump and end behind it."""
    pairs = sp.Sum(J**2, (i, p - tau, p - 1)).doit()
    return sp.simplify(claim[JUMP].rhs - pairs / (T - tau))


def _logarithmic(expr: sp.Expr) -> sp.Expr:
    return sp.cancel(tau * sp.diff(sp.log(expr), tau))


def _jump_slope(claim):
    return sp.cancel(claim[JUMP_SLOPE].rhs - _logarithmic(claim[JUMP].rhs))


def _traps(claim):
    """Mean over the window of ``(t + tau)^alpha - t^alpha``, with ``T = tau/u``, u to 0."""
    u = sp.Symbol("u", positive=True)
    whole = 1 - (1 - u) ** (1 + alpha)  # of (T^{1+a} - (T - tau)^{1+a}) / T^{1+a}
    linear = sp.limit(whole / ((1 + alpha) * u * (1 - u)), u, 0, "+")
    start = sp.limit(u**alpha / ((1 + alpha) * (1 - u)), u, 0, "+")
    scaled = 2 * d * K / sp.gamma(1 + alpha) * tau * (linear - start)
    return sp.simplify(claim[TRAPS].rhs - scaled)


STATEMENTS = (
    Statement(
        id="ANO-T1",
        kind="theorem",
        title="The displacement measures step correlations, not heavy tails",
        source="sgdtheory",
        assumptions=(
            (r"$M(\tau) = \operatorname{E}|w_{t+\tau} - w_t|^2$, steps $x_t = w_{t+1} - w_t$ "
             "of finite variance; first three parts: stationary steps", None),
            ("lags below half the window", T > 2 * tau),
            (r"a drift $v$ counts as correlation: it adds $|v|^2$ to every $C(k)$", None),
        ),
        claim=CLAIM,
        steps=(
            Step(r"multiply out $|x_1 + \dots + x_\tau|^2$: a block of $\tau$ steps holds "
                 r"$\tau - |k|$ pairs at distance $k$", equation(
                     M(tau), sp.Sum(C(i - k), (i, 1, tau), (k, 1, tau))), _identity),
            Step("second differences undo the two sums (all letters, lags 1 to 5)", None,
                 _correlation),
            Step(r"per unit of lag a pair has the weight $1 - |k|/\tau$, which grows with "
                 r"$\tau$: $M/\tau$ can rise only through positive correlations",
                 None, _slope),
            Step("signs remove every cross term and orders make all steps alike (four steps, "
                 "all 384 arrangements, every lag)", None, _shuffled, by="example"),
            Step(r"$\tau$ of the $T - \tau$ pairs span the jump", None, _jump),
            Step("more lag, fewer pairs: the exponent exceeds one", None, _jump_slope),
            Step(r"the mean over the window of $(t + \tau)^\alpha - t^\alpha$ is linear in the "
                 r"lag, although the ensemble grows as $t^\alpha$", None, _traps, by="limit"),
        ),
        mutants=(
            Mutant(r"every pair with the weight $\tau$", {IDENTITY: identity(tau)}),
            Mutant("the second difference without its half", {CORRELATION: correlation(1)}),
            Mutant(r"rise of $M/\tau$ with all correlations alike", {SLOPE: slope(1)}),
            Mutant("heavy-tailed steps superdiffuse",
                   {SHUFFLED: of_shuffled(sp.Rational(3, 2))}),
            Mutant("a jump spread over all pairs", {JUMP: equation(jumped, J**2 * tau / T)}),
            Mutant("one jump has exponent one", {JUMP_SLOPE: equation(beta, 1)}),
            Mutant(r"trapping has the exponent $\alpha$ of the ensemble",
                   {TRAPS: traps(alpha)}),
        ),
        remark=(
            r"Jumps and trapping are the two mechanisms that the source names for super- and "
            r"sub-diffusion. In the expected time-averaged displacement both have exponent "
            r"one: an exponent above one needs steps that go on in one direction, an exponent "
            r"below one steps that turn back. With infinite variance there is no expectation; "
            r"the mean over orders and signs of *the steps one has* still is linear, but a "
            r"single window in which one jump dominates shows $T/(T - \tau)$, up to 2 at half "
            r"the window. Hence the rule to use lags up to $T/10$ and several windows or "
            r"seeds."
        ),
        notebook=READING,
    ),
)  # fmt: skip
