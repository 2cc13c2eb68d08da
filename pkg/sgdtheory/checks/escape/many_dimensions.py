"""PLD-T7: quadrature of well and saddle, and the backward equation in 2 and 3 dimensions."""

from dataclasses import dataclass
from functools import lru_cache
from math import pi

import numpy as np
import sympy as sp
from scipy.integrate import quad

from sgdtheory.checks.escape.passes import (
    PASSES,
    POWERS,
    Pass,
    exact,
    exact_along,
    log_time_at_constant_noise,
)
from sgdtheory.checks.foundations.sampling import extrapolate
from sgdtheory.estimate import compare
from sgdtheory.theory.escape import many_dimensions as t7
from sgdtheory.theory.escape import symbols as s

INDEX = {"Itô": 0.0, "Stratonovich": 0.5, "anti-Itô": 1.0}


def log_number(expr, claim, values) -> float:
    """Logarithm of a part of the claim, X and m as the claim has them."""
    for label in (t7.GROWTH, t7.M):
        expr = expr.subs(claim[label].lhs, claim[label].rhs)
    return float(sp.N(sp.log(expr.subs(values))))


# The laws: slopes of drift and noise along two sides of a triangle.
KAPPA, ETA, SIGMA = 2.3, 0.4, (0.7, 1.9)
SLOPE = {
    t7.LAW: lambda x, y: (x**3 + y / 2, y + x / 2),  # a mixed term
    t7.SPLIT: lambda x, y: (x**3 - x, np.sinh(y)),  # none
}
POINTS = ((0.3, -0.4), (1.4, 0.9))


def loss(x, y):
    return x**4 / 4 + y**2 / 2 + x * y / 2


def one_noise(x, y):
    return SIGMA[0] + 2 * loss(x, y) / (ETA * KAPPA)


def rises(x, y):
    """Loss of the separable case along each axis."""
    return x**4 / 4 - x**2 / 2, np.cosh(y) - 1


def shared_noise(x, y):
    return 1 + 2 * sum(e / v for e, v in zip(rises(x, y), SIGMA, strict=True)) / (ETA * KAPPA)


@lru_cache
def log_ratio(label: str, alpha: float) -> float:
    """log of the density at the second end over the first: ``∫ f/D - (1 - alpha) Δ log D``."""
    (x0, y0), (x1, y1) = POINTS
    slope = SLOPE[label]
    noise = one_noise if label == t7.LAW else shared_noise
    scale = (1.0, 1.0) if label == t7.LAW else SIGMA

    def pull(axis, *at):
        return -2 * slope(*at)[axis] / (ETA * scale[axis] * noise(*at))

    options = dict(epsabs=0, epsrel=1e-12)
    first = quad(lambda x: pull(0, x, y0), x0, x1, **options)[0]
    then = quad(lambda y: pull(1, x1, y), y0, y1, **options)[0]
    return first + then - (1 - alpha) * float(np.log(noise(x1, y1) / noise(x0, y0)))


def laws(claim):
    for name, alpha in INDEX.items():
        letters = {s.kappa: KAPPA, s.eta: ETA, s.alpha: alpha}
        logs: dict[str, list[float]] = {t7.LAW: [], t7.SPLIT: []}
        for end in POINTS:
            law = claim[t7.LAW].rhs.subs(t7.C(t7.w), one_noise(*end))
            logs[t7.LAW].append(log_number(law, claim, letters))
            split = claim[t7.SPLIT].rhs.subs(t7.d, 2).doit()
            here = dict(zip((t7.rise[1], t7.rise[2]), rises(*end), strict=True))
            here |= {t7.sigma[1]: SIGMA[0], t7.sigma[2]: SIGMA[1]}
            logs[t7.SPLIT].append(log_number(split.subs(here), claim, letters))
        for what, label in (("one noise", t7.LAW), ("separable", t7.SPLIT)):
            found = log_ratio(label, alpha)
            yield compare(f"log p, {what}, {name}", logs[label][1] - logs[label][0], found)
    higher = POINTS[1]
    letters = {s.kappa: KAPPA, s.eta: ETA, t7.sigma_e: SIGMA[0],
               s.barrier: loss(*higher)}  # fmt: skip
    yield compare("noise where the loss is higher", claim[t7.GROWTH].rhs.subs(letters),
                  one_noise(*higher) / one_noise(0, 0) - 1)  # fmt: skip


# Well and saddle as parabolas, by quadrature, with Hessians that are not diagonal.
@dataclass(frozen=True)
class Parabolas:
    """``H_a``; eigenvalues of ``H_b`` with the negative one first; noise and index."""

    H_a: tuple
    bend_b: tuple
    kappa: float
    alpha: float
    eta: float
    sigma: float
    barrier: float

    @property
    def m(self) -> float:
        return self.kappa + 1 - self.alpha

    @property
    def scale(self) -> float:
        return self.eta * self.kappa * self.sigma

    @property
    def letters(self) -> dict:
        d = len(self.H_a)
        return {
            t7.d: d, s.kappa: self.kappa, s.alpha: self.alpha, s.eta: self.eta,
            t7.sigma_e: self.sigma, s.barrier: self.barrier, t7.H_be: -self.bend_b[0],
            t7.det_a: np.linalg.det(self.H_a), t7.det_b: -np.prod(self.bend_b),
        }  # fmt: skip


PARABOLAS = (
    Parabolas(((1.7,),), (-0.6,), 3.0, 1.0, 0.2, 0.8, 1.1),
    Parabolas(((2.0, 0.7), (0.7, 1.1)), (-1.3, 0.4), 3.5, 0.0, 0.1, 1.4, 0.6),
    Parabolas(((2.0, 0.7, 0.2), (0.7, 1.1, -0.3), (0.2, -0.3, 0.9)), (-0.5, 2.2, 0.8), 4.0,
              0.5, 0.3, 0.5, 0.9),
)  # fmt: skip


def whole_space(f, d: int) -> float:
    """``∫ f`` over d dimensions by the trapezium rule in ``asinh u``: error below 1e-9."""
    if d == 0:
        return float(f(np.zeros((1, 0)))[0])
    step = 0.12
    t = np.arange(-6, 6 + step / 2, step)
    points = np.stack(np.meshgrid(*[np.sinh(t)] * d, indexing="ij"), -1).reshape(-1, d)
    return float((f(points) * np.sqrt(1 + points**2).prod(1)).sum() * step**d)


@lru_cache
def log_parabolic_time(case: Parabolas) -> float:
    """Volume of the well over the flux along straight lines through the saddle."""
    H, m, scale = np.array(case.H_a), case.m, case.scale
    well = whole_space(lambda u: (1 + ((u @ H) * u).sum(1) / scale) ** -m, len(H))
    down, across = -case.bend_b[0], np.array(case.bend_b[1:])
    top = 1 + 2 * case.barrier / scale
    node, weight = np.polynomial.legendre.leggauss(60)
    angle = pi / 2 * node

    def flux(v):
        """One over ``∫ s^(m-1)``, up to where the noise ends: there ``u = end sin(angle)``."""
        here = top + (v**2 * across).sum(1) / scale
        end = np.sqrt(here * scale / down)
        line = here ** (m - 1) * end * (pi / 2 * weight @ np.cos(angle) ** (2 * m - 1))
        return 1 / line

    conductance = case.eta * case.sigma / 2 * whole_space(flux, len(across))
    return float(np.log(well / conductance))


def parabolas(claim):
    for case in PARABOLAS:
        claimed = log_number(claim[t7.CROSS].rhs, claim, case.letters)
        ratio = np.exp(claimed - log_parabolic_time(case))
        yield compare(f"quadratic well and saddle, $d = {len(case.H_a)}$", ratio, 1.0)
    # The integral over a ball, at a power of r: its growth from r = 1e6 to 2e6.
    for d, m in ((2, 1.7), (5, 2.2)):
        grows = log_growth(d, m)
        margin, strict = s.threshold(claim[t7.EXISTS])
        found = margin.subs({t7.d: d, s.m: m})
        yield compare(f"margin of the integral, $d = {d}$, $m = {m}$", found, -grows / 2)
    # At the edge every doubling of the radius adds the same.
    adds = log_growth(4, 2.0)
    yield compare("the edge itself is left out", float(strict), float(abs(adds) < 1e-9))


def log_growth(d: int, m: float) -> float:
    """Power of the radius R in the part of ``∫ (1 + r²)^-m d^d r`` between R and 2R."""
    shells = [
        quad(lambda r, R=R: (r * R) ** (d - 1) * (1 + (r * R) ** 2) ** -m * R, 1, 2)[0]
        for R in (1e6, 2e6)
    ]
    return float(np.log2(shells[1] / shells[0]))


def crossings(claim):
    def claimed(case, m):
        return log_number(claim[t7.CROSS].rhs, claim, case.letters(m - 1))

    for case in PASSES:
        where = f"$d = {case.d}$, $k = {case.k_a:g}, {case.k_b:g}$, $X = {case.X:g}$"
        # What four powers of 1/m leave is the next one: of order 1e-5 in two dimensions,
        # 1e-4 in three.
        ratio = [np.exp(claimed(case, m) - exact(case, m)) for m in POWERS]
        yield compare(f"time to cross, {where}, noise 1 : {case.sigma_y:g}",
                      extrapolate(ratio), 1.0, rtol=5e-4)  # fmt: skip
        ratio = [
            np.exp(log_number(claim[t7.KRAMERS].rhs, claim, case.at_constant_noise(rise))
                   - exact(case, rise, log_time_at_constant_noise))
            for rise in POWERS
        ]  # fmt: skip
        yield compare(f"time at constant noise, {where}", extrapolate(ratio), 1.0, rtol=5e-4)
    for d in (2, 3):
        # Directions across that are quadratic add nothing at the order 1/m: this tells
        # 1/(m - 1/2) from 1/(m - d/2), which have one limit.
        slope = []
        for m in POWERS:
            case, line = (Pass(n, 0.0, 6.0, 6.0, 3.0) for n in (d, 1))
            more = claimed(case, m) - exact(case, m) - claimed(line, m) + exact_along(line, m)
            slope.append(m * np.expm1(more))
        # One power fewer than above: it went into the factor m.
        yield compare(f"first order in $1/m$, $d = {d}$ over $d = 1$", 1 + extrapolate(slope),
                      1.0, rtol=5e-3)  # fmt: skip


def crossing_a_saddle(claim):
    """PLD-T7: three readings; Hessians that are not diagonal; two and three dimensions."""
    yield from laws(claim)
    yield from parabolas(claim)
    yield from crossings(claim)


CHECKS = {"PLD-T7": crossing_a_saddle}
