"""Displacements of processes that are known in closed form: what to read a curve against."""

from functools import lru_cache

import sympy as sp

from sgdtheory.theory.anomalous.letters import READING, C, M, T, beta, d, sigma, tau
from sgdtheory.theory.statement import Mutant, Statement, Step, equation

H, v, lam, epsilon, v_inf = sp.symbols(r"H v lambda epsilon v_{\infty}", positive=True)
t, s, z = sp.symbols("t s z", positive=True)
n, K = sp.symbols("n K", integer=True, positive=True)
x = sp.Symbol("x", positive=True)
tau_star, plateau = sp.symbols(r"\tau^{*} M(\infty)", positive=True)
noisy, spread = sp.symbols(r"{M_{\epsilon}(\tau)} {R(n)}", positive=True)

FRACTIONAL, DRIFT, DRIFT_SLOPE, CROSSING, OU, OU_SLOPE, PLATEAU, NOISE, LINE, FEW, MANY = (
    r"fractional Brownian motion ($H = \frac12$: Brownian)",
    "Brownian motion that drifts with speed $v$",
    "its exponent",
    r"where it is $\frac32$",
    r"stationary Ornstein-Uhlenbeck process, rate $\lambda$, variance $v_\infty$",
    r"its exponent, $x = \lambda\tau$",
    "its plateau",
    r"any process, each position measured with an independent error $\epsilon$",
    "Brownian motion, the line from first to last point taken out",
    r"Brownian motion, relative variance of the time average, $K = T - n \ge n$ pairs",
    "the same, $K < n$",
)


def few(cube=1):
    return equation(spread, 2 / d * (4 * n**2 * K + 2 * K + n - cube * n**3) / (6 * n * K**2))


def many(factor=4):
    rest = (K**3 - factor * n * K**2 + 4 * n - K) / (6 * n**2 * K)
    return equation(spread, 2 / d * (1 + rest))


CLAIM = {
    FRACTIONAL: equation(M(tau), d * sigma**2 * tau ** (2 * H)),
    DRIFT: equation(M(tau), v**2 * tau**2 + d * sigma**2 * tau),
    DRIFT_SLOPE: equation(beta, 1 + v**2 * tau / (v**2 * tau + d * sigma**2)),
    CROSSING: equation(tau_star, d * sigma**2 / v**2),
    OU: equation(M(tau), 2 * d * v_inf * (1 - sp.exp(-lam * tau))),
    OU_SLOPE: equation(beta, x / (sp.exp(x) - 1)),
    PLATEAU: equation(plateau, 2 * d * v_inf),
    NOISE: equation(noisy, M(tau) + 2 * d * epsilon**2),
    LINE: equation(M(tau), d * sigma**2 * tau * (1 - tau / (T - 1))),
    FEW: few(),
    MANY: many(),
}


@lru_cache(maxsize=8)
def _squared(covariance) -> sp.Expr:
    """``E (x_{s + tau} - x_s)^2`` from ``E x_t x_s``, one coordinate; ``t`` the later time."""
    later, across, earlier = (
        covariance.subs({t: a, s: b}, simultaneous=True)
        for a, b in ((s + tau, s + tau), (s + tau, s), (s, s))
    )
    return sp.simplify(later - 2 * across + earlier)


def _fractional(claim):
    """``sigma^2 (t^2H + s^2H - |t - s|^2H)/2``."""
    covariance = (t ** (2 * H) + s ** (2 * H) - (t - s) ** (2 * H)) / 2
    return sp.simplify(claim[FRACTIONAL].rhs - d * sigma**2 * _squared(covariance))


def _persistence(claim):
    """Half the second difference at lag 1, with M(0) = 0."""
    at = claim[FRACTIONAL].rhs
    second = (at.subs(tau, 2) - 2 * at.subs(tau, 1)) / 2
    return sp.simplify(second - d * sigma**2 * (2 ** (2 * H - 1) - 1))


@lru_cache(maxsize=4)
def gaussian(amount) -> sp.Expr:
    """Mean square of ``amount`` over a standard normal z."""
    normal = sp.exp(-(z**2) / 2) / sp.sqrt(2 * sp.pi)
    return sp.integrate(sp.expand(amount**2) * normal, (z, -sp.oo, sp.oo))


def _drift(claim):
    """Along the drift a Gaussian of mean ``v tau``, across it ``d - 1`` of mean 0."""
    along = gaussian(v * tau + sigma * sp.sqrt(tau) * z)
    return sp.expand(claim[DRIFT].rhs - along - (d - 1) * sigma**2 * tau)


def _logarithmic(expr: sp.Expr) -> sp.Expr:
    return tau * sp.diff(expr, tau) / expr


def _drift_slope(claim):
    return sp.cancel(claim[DRIFT_SLOPE].rhs - _logarithmic(claim[DRIFT].rhs))


def _crossing(claim):
    at = claim[DRIFT_SLOPE].rhs.subs(tau, claim[CROSSING].rhs)
    return sp.cancel(at - sp.Rational(3, 2))


def _ou(claim):
    """Slope and start, from the covariance ``v_inf exp(-lambda (t - s))``."""
    found = claim[OU].rhs
    relaxes = sp.diff(found, tau) - lam * (2 * d * v_inf - found)
    covariance = v_inf * sp.exp(-lam * (t - s))
    return [sp.expand(relaxes), found.subs(tau, 0), found - d * _squared(covariance)]


def _ou_slope(claim):
    return sp.simplify(claim[OU_SLOPE].rhs.subs(x, lam * tau) - _logarithmic(claim[OU].rhs))


def _plateau(claim):
    return claim[PLATEAU].rhs - sp.limit(claim[OU].rhs, tau, sp.oo)


def _noise(claim):
    """Two errors, at different times, each with variance epsilon^2 per coordinate."""
    return claim[NOISE].rhs - M(tau) - 2 * d * gaussian(epsilon * z)


def _line(claim):
    """The bridge: covariance ``s (1 - t/(T - 1))`` with t the later time."""
    covariance = s * (1 - t / (T - 1))
    return sp.simplify(claim[LINE].rhs - d * sigma**2 * _squared(covariance))


@lru_cache(maxsize=2)
def overlaps(last: sp.Expr) -> sp.Expr:
    """Pairs of displacements over n steps, j apart: they share ``n - j`` steps.

    Of two Gaussians of covariance c the squares have the covariance ``2 c^2``.
    """
    j = sp.Symbol("j", integer=True, positive=True)
    total = n**2 * K + 2 * sp.summation(sp.expand((K - j) * (n - j) ** 2), (j, 1, last))
    return sp.factor(2 * total / (n**2 * K**2))


def _spread(label, last):
    return lambda claim: sp.cancel(claim[label].rhs - overlaps(last) / d)


def _same():
    return sp.cancel((few().rhs - many().rhs).subs(K, n))


STATEMENT = Statement(
    id="ANO-T2",
    kind="formula",
    title="Displacements of known processes",
    source="sgdtheory",
    assumptions=(
        (r"$d$ coordinates, summed over; $\sigma$ the standard deviation of one step of one "
         "coordinate; lags in steps", None),
        (r"$0 < H < 1$; $\tau \le T - 1$", T > tau),
    ),
    claim=CLAIM,
    uses=("ANO-T1",),
    steps=(
        Step("the covariance of fractional Brownian motion",
             equation(C(t, s), sigma**2 / 2 * (t ** (2 * H) + s ** (2 * H)
                                               - sp.Abs(t - s) ** (2 * H))), _fractional),
        Step(r"by ANO-T1 neighbouring steps have the correlation $2^{2H-1} - 1$: positive for "
             r"$H > \frac12$ only", None, _persistence),
        Step("along the drift the displacement has a mean, across it none", None, _drift,
             by="integral"),
        Step("logarithmic derivative", None, _drift_slope),
        Step("put it in", None, _crossing),
        Step(r"covariance $v_\infty e^{-\lambda|t - s|}$; slope and start of the curve", None,
             _ou, by="operator"),
        Step("logarithmic derivative", None, _ou_slope),
        Step("long lags", None, _plateau, by="limit"),
        Step("the two ends of a displacement carry two independent errors", None, _noise,
             by="integral"),
        Step(r"what is left is a Brownian bridge", equation(
            C(t, s), sigma**2 * s * (1 - t / (T - 1))), _line),
        Step(r"displacements $j$ apart share $n - j$ steps: sum $2(n - j)^2$ over all pairs",
             None, _spread(FEW, n - 1)),
        Step(r"with $K < n$ pairs every two of them overlap", None, _spread(MANY, K - 1)),
        Step(r"both agree at $K = n$", None, _same),
    ),
    mutants=(
        Mutant(r"exponent $H$", {FRACTIONAL: equation(M(tau), d * sigma**2 * tau**H)}),
        Mutant("drift linear in the lag",
               {DRIFT: equation(M(tau), v**2 * tau + d * sigma**2 * tau)}),
        Mutant("exponent of the squared share",
               {DRIFT_SLOPE: equation(beta, 1 + 2 * v**2 * tau
                                      / (v**2 * tau + d * sigma**2))}),
        Mutant("crossing without the dimension",
               {CROSSING: equation(tau_star, sigma**2 / v**2)}),
        Mutant("relaxation of the square, twice as fast",
               {OU: equation(M(tau), 2 * d * v_inf * (1 - sp.exp(-2 * lam * tau)))}),
        Mutant("exponent of the relaxing part",
               {OU_SLOPE: equation(beta, x * sp.exp(-x))}),
        Mutant("plateau at the variance", {PLATEAU: equation(plateau, d * v_inf)}),
        Mutant("one error for two ends",
               {NOISE: equation(noisy, M(tau) + d * epsilon**2)}),
        Mutant("line taken out without effect",
               {LINE: equation(M(tau), d * sigma**2 * tau)}),
        Mutant("overlap counted once", {FEW: few(cube=2)}),
        Mutant("few pairs, other overlap", {MANY: many(factor=3)}),
    ),
    remark=(
        r"Measurement errors, a quantised store included, look like sub-diffusion at short "
        r"lags; a drift looks like super-diffusion at long ones; and a line taken out bends "
        r"even Brownian motion down, by half at the middle of the window. The relative "
        r"variance is about $4\tau/(3Td)$ at short lags and of order $1/d$ at half the "
        r"window: few effective directions make long lags worthless. The logarithm of so wide "
        r"a quantity is biased low, and with it every fitted exponent."
    ),
    notebook=READING,
)  # fmt: skip

STATEMENTS = (STATEMENT,)
