"""PLD-71: spectrum of a discretised generator, and the exact moments of small steps."""

from collections.abc import Iterator
from functools import lru_cache

import numpy as np
import sympy as sp
from scipy.integrate import quad, solve_ivp
from scipy.linalg import eigh_tridiagonal

from sgdtheory.checks.power_law import steps
from sgdtheory.checks.power_law.stationary import INDEX, Parameters, measured, slope
from sgdtheory.estimate import Comparison, compare
from sgdtheory.theory.power_law import relaxation as r
from sgdtheory.theory.power_law import symbols as s

P = Parameters(6.0, 0.8, 0.5, 0.0, 0.1)
NOW = 0.5 / P.H


@lru_cache(maxsize=8)
def spectrum(alpha: float, cells: int) -> np.ndarray:
    """Lowest rates of Fokker-Planck on a grid in ``x = asinh(u / s0)``, no flux at the ends.

    Symmetrised, so that the rates are eigenvalues of a tridiagonal matrix; second order.
    """
    s0 = np.sqrt(P.sigma_g / P.sigma_H)
    edges, h = np.linspace(-8.0, 8.0, cells + 1, retstep=True)
    x = (edges[1:] + edges[:-1]) / 2

    def log_weight(x):
        """Log of p du/dx, by Simpson's rule on the slope from 0 to x, cell by cell."""
        f = lambda x: s0 * np.cosh(x) * slopes(s0 * np.sinh(x))  # noqa: E731
        pieces = (f(x[:-1]) + 4 * f((x[1:] + x[:-1]) / 2) + f(x[1:])) * np.diff(x) / 6
        total = np.concatenate([[0.0], np.cumsum(pieces)]) + np.log(np.cosh(x))
        return total - total.max()

    slopes = np.vectorize(lambda u: slope(u, P, alpha))
    both = np.sort(np.concatenate([edges, x]))
    weight = np.exp(log_weight(both))
    at_x, at_edges = weight[1::2], weight[2:-1:2]
    # D = (eta/2) sigma_g cosh^2 x in u is the constant (eta/2) sigma_H in x.
    flow = P.eta * P.sigma_H / 2 * at_edges / h**2
    diagonal = (np.append(flow, 0.0) + np.append(0.0, flow)) / at_x
    off = -flow / np.sqrt(at_x[1:] * at_x[:-1])
    return eigh_tridiagonal(diagonal, off, eigvals_only=True, select="i", select_range=(0, 3))


@lru_cache(maxsize=8)
def rates(alpha: float) -> np.ndarray:
    """Rates 1, 2, 3 with the grid's error, of second order, extrapolated away."""
    return ((4 * spectrum(alpha, 3200) - spectrum(alpha, 1600)) / 3)[1:]


@lru_cache(maxsize=8)
def far_rates(alpha: float) -> tuple[float, ...]:
    """Rates of ``|u|^k``, k = 1, 2, 3, at large u, where only the curvature's noise acts."""
    one = np.array([1.0])
    force, noise = lambda w: -P.H * w, lambda w: np.sqrt(P.eta * P.sigma_H) * w  # noqa: E731
    return tuple(
        -steps.mean_rate(lambda w, k=k: w**k, one, force, noise, alpha) for k in (1, 2, 3)
    )


def moments_of_sgd(dt: float, time: float) -> tuple[float, float]:
    """E u^2 and E u^4 of SGD from u = 0, exact for Gaussian noise; ``eta C`` held fixed."""
    count = round(time / dt)
    a, g, h = 1 - P.H * dt, P.eta * P.sigma_g * dt, P.eta * P.sigma_H * dt
    kept, fed = a**4 + 6 * a**2 * h + 3 * h**2, 6 * g * (a**2 + h)
    two = four = 0.0
    for _ in range(count):
        four = kept * four + fed * two + 3 * g**2
        two = (a**2 + h) * two + g
    return two, four


@lru_cache(maxsize=4)
def small_steps(time: float) -> tuple[float, float]:
    """The same moments for vanishing steps."""
    pick = lambda k: steps.limit(lambda dt: moments_of_sgd(dt, time)[k], time / 50, 7)  # noqa: E731
    return pick(0), pick(1)


@lru_cache(maxsize=1)
def early_kurtosis() -> float:
    """Kurtosis of a vanishing time, the steps vanishing before it."""

    def kurtosis(time):
        two, four = small_steps(time)
        return four / two**2

    return steps.limit(kurtosis, 0.2 / P.H, 6)


@lru_cache(maxsize=4)
def late_kurtosis(alpha: float) -> float:
    """Fourth moment over the second squared under the zero-flux law, in ``u = sinh x``."""
    law = lambda x: np.cosh(x) * np.exp(_log_p(np.sinh(x), alpha))  # noqa: E731
    total, two, four = (
        2 * quad(lambda x, n=n: np.sinh(x) ** n * law(x), 0, 20, epsrel=1e-12, limit=400)[0]
        for n in (0, 2, 4)
    )
    return four * total / two**2


@lru_cache(maxsize=4096)
def _log_p(u: float, alpha: float) -> float:
    return quad(slope, 0, u, args=(P, alpha), epsabs=1e-12, epsrel=1e-12, limit=200)[0]


def q_gaussian(claim, number) -> dict[str, float]:
    """Mean and variance of the claimed q-Gaussian, at one time."""
    q, B, M = (number(claim[k].rhs) for k in (r.POWER, r.WIDTH, r.CENTRE))
    kernel = lambda y, n: y**n * (1 + B * y**2) ** -q  # noqa: E731
    total, two = (2 * quad(kernel, 0, np.inf, args=(n,), epsrel=1e-12)[0] for n in (0, 2))
    return {"mean": M, "variance": two / total}


def _fourth(claim, number) -> float:
    """The claimed equation of the fourth moment, integrated with the claimed second."""
    two = claim[r.SECOND].rhs
    right = claim[r.FOURTH].rhs.subs(r.fourth(r.t), sp.Symbol("four")).subs(r.second(r.t), two)
    f = sp.lambdify((r.t, sp.Symbol("four")), number(right, exact=True))
    out = solve_ivp(lambda t, y: [f(t, y[0])], (0, NOW), [0.0], rtol=1e-12, atol=1e-16)
    return float(out.y[0, -1])


def s71(claim) -> Iterator[Comparison]:
    """PLD-71: rates in three conventions; moments of SGD from a point."""
    for name, alpha in INDEX.items():
        letters = P.letters(alpha)

        def number(expr, exact=False, letters=letters):
            rate = sp.Lambda(r.n, claim[r.RATES].rhs)
            filled = sp.sympify(expr).replace(r.rate, rate)
            filled = filled.subs(s.nu, claim[r.DEGREES].rhs).subs(letters)
            return filled if exact else float(sp.N(filled.subs(r.t, NOW), 17))

        shape, found = q_gaussian(claim, number), measured(P, alpha)
        yield compare(f"centre that stands, {name}", shape["mean"], found["mean"], atol=1e-9)
        yield compare(f"variance that stands, {name}", shape["variance"], found["variance"])
        for k, rate in enumerate(rates(alpha), start=1):
            # After extrapolation the grid still errs in fourth order: by 1.3e-8 for λ(3).
            yield compare(f"λ({k}), {name}", number(r.lam(k)), rate, rtol=1e-7)
        bend = np.polyfit([1, 2, 3], far_rates(alpha), 2)
        top = bend[2] - bend[1] ** 2 / (4 * bend[0])
        yield compare(f"edge, {name}", number(claim[r.EDGE].rhs), top)
        margin = number((claim[r.EIGEN].gts - claim[r.EIGEN].lts).subs(r.n, 1))
        yield compare(f"margin of an eigenvalue, {name}", margin, (found["tail"] - 3) / 2)
        decay = number(claim[r.MEAN].rhs / r.start)
        yield compare(f"mean, {name}", decay, np.exp(-far_rates(alpha)[0] * NOW))
        yield compare(f"kurtosis in the end, {name}", number(claim[r.LATE].rhs),
                      late_kurtosis(alpha))  # fmt: skip
        if alpha == 0:
            two, four = small_steps(NOW)
            yield compare("second moment of SGD", number(claim[r.SECOND].rhs), two)
            yield compare("fourth moment of SGD", _fourth(claim, number), four)
            # Two extrapolations, one inside the other.
            yield compare("kurtosis of SGD at first", number(claim[r.EARLY].rhs),
                          early_kurtosis(), rtol=1e-7)  # fmt: skip


CHECKS = {"PLD-71": s71}
