"""ANO-S1, ANO-S2: mean logarithms by quadrature, fits to curves and errors laid out."""

from functools import lru_cache

import numpy as np
import sympy as sp
from scipy.integrate import quad
from scipy.optimize import brentq

from sgdtheory.checks.foundations.sampling import extrapolate
from sgdtheory.estimate import Estimate, compare
from sgdtheory.stochastic.msd import change_point, exponent, rmse_crossover
from sgdtheory.theory.anomalous import msd_fit as theory
from sgdtheory.theory.anomalous import msd_threshold as change

POINTS = 41
LAGS = np.array([1, 3, 9, 27])
BEND, FIRST_SLOPE, LEFT, WIDTH, LIMIT = 0.3, 0.5, 0.0, 9.0, 0.01


def weights(lag: int) -> np.ndarray:
    """Eigenvalues of M as a quadratic form in the steps of Brownian motion."""
    pairs = np.array([
        [start <= step < start + lag for step in range(POINTS - 1)]
        for start in range(POINTS - lag)
    ]).astype(float)  # fmt: skip
    return np.linalg.eigvalsh(pairs @ pairs.T / len(pairs))


def mean_log(eigenvalues: np.ndarray, d: float) -> float:
    """``E ln Q - ln E Q`` of ``Q = sum of l_k chi^2_d``, by ``∫ (e^-s - E e^-sQ)/s ds``."""
    share = eigenvalues / eigenvalues.sum()  # E Q = 1 with chi^2_d / d

    def gap(z):
        s = np.exp(z)
        return np.exp(-s) - np.exp(-d / 2 * np.log1p(2 * s * share / d).sum())

    return quad(gap, -36, 60, epsabs=1e-13, epsrel=1e-12, limit=400, points=(0.0,))[0]


@lru_cache
def bias() -> float:
    """``d (E slope - 1)`` at d -> infinity: exact at d = 64, 128, ..., a series in 1/d."""
    x = np.log(LAGS)
    c = (x - x.mean()) / ((x - x.mean()) ** 2).sum()
    forms = [weights(lag) for lag in LAGS]
    ladder = [64 * 2**m for m in range(6)]
    return extrapolate([d * c @ [mean_log(form, d) for form in forms] for d in ladder])


def put(part, **arrays) -> sp.Expr:
    """Sums written out, and numbers for their entries."""
    number = len(next(iter(arrays.values())))
    values = {getattr(theory, name)[m + 1]: value
              for name, array in arrays.items() for m, value in enumerate(array)}  # fmt: skip
    full = part.rhs.subs(theory.n, number).doit().subs(values)
    return full.subs(theory.x_mean, float(np.mean(arrays["x"])))


def fits(claim):
    """ANO-S1."""
    x = np.log(LAGS)
    curve = np.array([1.1, 2.0, 9.0, 11.0])
    found = exponent(LAGS, curve, points=300).value
    yield compare("least squares", put(claim[theory.FIT], x=x, y=np.log(curve)), found)
    for d in (1, 5):
        exact = mean_log(np.ones(1), d)
        yield compare(f"largest lag, d = {d}", claim[theory.LAST].rhs.subs(theory.d, d), exact)
    draw = np.random.default_rng(4)
    lengths = (draw.standard_normal((200_000, 3)) ** 2).sum(1) / 3
    yield compare("largest lag, sampled", sp.N(claim[theory.LAST].rhs.subs(theory.d, 3)),
                  Estimate.mean_of(np.log(lengths)))  # fmt: skip
    # V by the traces of the quadratic form; relative accuracy of the extrapolation.
    V = [2 * (form**2).sum() / form.sum() ** 2 for form in map(weights, LAGS)]
    yield compare("bias, many dimensions", put(claim[theory.BIAS], x=x, V=V), bias(),
                  rtol=1e-6)  # fmt: skip
    x_all = LEFT + WIDTH * (np.arange(400_000) + 0.5) / 400_000
    y_all = FIRST_SLOPE * x_all + BEND / 2 * x_all**2
    slope, level = np.polyfit(x_all, y_all, 1)
    rest = y_all - level - slope * x_all
    values = {theory.b: FIRST_SLOPE, theory.c: BEND, theory.x_0: LEFT, theory.L: WIDTH,
              theory.epsilon: LIMIT,}  # fmt: skip
    read = {part: claim[part].rhs.subs(values) for part in
            (theory.BEND_SLOPE, theory.BEND_RMSE, theory.BEND_LAG)}  # fmt: skip
    yield compare("bend, slope", read[theory.BEND_SLOPE], slope)
    yield compare("bend, error", read[theory.BEND_RMSE], float(np.sqrt(np.mean(rest**2))))
    lags = np.unique(np.rint(np.exp(np.linspace(LEFT, LEFT + WIDTH, 2000))).astype(int))
    lags = lags[lags > 600]  # from here on evenly spread
    curve = np.exp(FIRST_SLOPE * np.log(lags) + BEND / 2 * np.log(lags) ** 2)
    found = float(LEFT + WIDTH - np.log(rmse_crossover(lags, curve, LIMIT)[0][0]))
    # Lags stand half a per cent apart, and both ends count.
    yield compare(
        "bend, crossover that is none", read[theory.BEND_LAG], found, rtol=0, atol=0.01
    )


RATE, START, FLOOR, THRESHOLD, END = 0.004, 0.2, 0.01, 0.03, 2500.0


def relaxing(t, floor=FLOOR):
    return floor + START * np.exp(-RATE * t)


def changes(claim):
    """ANO-S2."""
    values = {change.gamma: RATE, change.r_0: START, change.r_f: FLOOR,
              change.epsilon: THRESHOLD, change.t_end: END}  # fmt: skip

    def read(part):
        return float(sp.N(claim[part].rhs.subs(values)))

    def passes(level, floor=FLOOR):
        return brentq(lambda t: relaxing(t, floor) - level, -END, 9 * END, xtol=1e-11)

    times = np.linspace(0, END, 2_500_001)
    yield compare("time of change", read(change.POINT), passes(THRESHOLD))
    # Windows a thousandth of a step apart.
    yield compare("time of change, by the recipe", read(change.POINT),
                  change_point(times, relaxing(times), THRESHOLD)[0], rtol=1e-5)  # fmt: skip
    steps = [(passes(THRESHOLD + e) - passes(THRESHOLD - e)) / (2 * e) for e in (2e-4, 1e-4)]
    # Central differences, extrapolated: what is left is of the fourth order in e.
    yield compare("shift with the threshold", read(change.MOVES),
                  (4 * steps[1] - steps[0]) / 3, rtol=1e-7)  # fmt: skip
    middles = (times[1:] + times[:-1]) / 2
    variance = float(np.var(relaxing(middles)))
    yield compare("variance of the errors", read(change.SPREAD), variance)
    yield compare("time at their own deviation", read(change.OWN),
                  passes(np.sqrt(variance), floor=0.0))  # fmt: skip
    # ln(2 g) is off by 2/g: the ratio of both logarithms at g = 1e9 and two decades on.
    for run in (1e9, 1e11):
        claimed = claim[change.LONG].rhs.subs({change.gamma: 1, change.t_end: run})
        deviation = np.sqrt(0.5 / run - 1 / run**2)
        yield compare(f"long runs, {run:g} relaxation times", sp.N(claimed), -np.log(deviation))


CHECKS = {"ANO-S1": fits, "ANO-S2": changes}
