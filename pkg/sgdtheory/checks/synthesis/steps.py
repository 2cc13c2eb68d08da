"""SYN-2: roots of averages by quadrature, and the exact fourth moment of least squares."""

from collections.abc import Iterator
from functools import lru_cache

import numpy as np
import sympy as sp
from scipy.integrate import quad
from scipy.optimize import brentq

from sgdtheory.checks.foundations.sampling import extrapolate
from sgdtheory.estimate import Comparison, compare
from sgdtheory.theory.synthesis import steps as s

NODES, WEIGHTS = np.polynomial.hermite_e.hermegauss(160)
WEIGHTS = WEIGHTS / WEIGHTS.sum()
AT = {"loss": 1.3, "h": 0.7, "slope": 0.6}


def average(function, loss: float, h: float, slope: float) -> float:
    """Mean over ``g = X Z``: X of variance h, Z of variance 2L, covariance L'."""
    x, z = NODES[:, None], NODES[None, :]
    tied = slope / np.sqrt(h)
    g = np.sqrt(h) * x * (tied * x + np.sqrt(2 * loss - tied**2) * z)
    return float(WEIGHTS @ function(g) @ WEIGHTS)


@lru_cache(maxsize=64)
def exact_root(loss: float, h: float, slope: float) -> float:
    """The theta > 0 with ``E exp(-theta g) = 1``."""
    C = average(lambda g: g**2, loss, h, slope) - slope**2
    guess = 2 * slope / C

    def excess(t: float) -> float:
        return average(lambda g: np.exp(-t * g), loss, h, slope) - 1

    return brentq(excess, 0.6 * guess, 1.6 * guess, xtol=1e-14)


@lru_cache(maxsize=1)
def skew_slope() -> tuple[float, float, float]:
    """``g = 1 + L' - E``, E exponential: (4/3) kappa_3/C^3 from roots at small slopes."""

    def excess(m: float) -> float:
        theta = brentq(lambda t: -t * (1 + m) - np.log1p(-t), 0.3 * m, 6 * m, xtol=1e-16)
        return (theta / m - 2) / m

    slopes = 0.02 * 2.0 ** -np.arange(6)
    return 1.0, -2.0, extrapolate([excess(m) for m in slopes])


@lru_cache(maxsize=4)
def log_law(b: int, sigma: float) -> tuple[float, float]:
    """Coefficients of u^2 and u^4 in ``-eta ln p`` as eta -> 0, from exact moments.

    One weight, features N(0, 1), labels N(0, sigma^2): ``u' = A u + B`` with
    ``A = 1 - eta S/b``, S chi-square over b, and ``B ~ N(0, eta^2 sigma^2 S/b^2)`` given S.
    """
    S = np.cumprod([1.0, *(b + 2.0 * np.arange(5))])  # E S^k

    def moments(eta: float) -> tuple[float, float]:
        e = eta / b
        A2 = 1 - 2 * e * S[1] + e**2 * S[2]
        A4 = 1 - 4 * e * S[1] + 6 * e**2 * S[2] - 4 * e**3 * S[3] + e**4 * S[4]
        mixed = e**2 * sigma**2 * (S[1] - 2 * e * S[2] + e**2 * S[3])
        two = e**2 * sigma**2 * S[1] / (1 - A2)
        four = (6 * mixed * two + 3 * e**4 * sigma**4 * S[2]) / (1 - A4)
        return two, four

    width, excess = [], []
    for eta in 0.05 * 2.0 ** -np.arange(6):
        two, four = moments(eta)
        width.append(eta / (2 * two))
        excess.append((four / two**2 - 3) / eta)
    c2 = extrapolate(width)
    return c2, -extrapolate(excess) * c2**2 / 6


def fourth_order(b: int, sigma: float, u: float) -> float:
    c2, c4 = log_law(b, sigma)
    return c2 * u**2 + c4 * u**4


def _law(claim) -> Iterator[Comparison]:
    """The claimed logarithm of the law, its root put in, up to the order u^4."""
    sigma, x = 1.4, sp.Symbol("x", real=True)
    loss = (sp.Rational(49, 25) + x**2) / 2  # sigma^2 = 1.96
    theta = claim[s.SGD].rhs.subs({s.L: loss, s.h: 1, s.slope: x}, simultaneous=True)
    theta = sp.series(sp.cancel(theta), x, 0, 4).removeO()
    for b in (1, 4):
        found = fourth_order(b, sigma, 0.8)
        front = claim[s.LAW].rhs.subs({s.eta: 1, s.b: b, s.a: 0, s.u: sp.Rational(4, 5)})
        law = front.replace(s.root, lambda at: theta.subs(x, at)).doit()
        yield compare(f"logarithm of the law, batches of {b}", sp.N(law), -found)
        well = claim[s.WELL].rhs.subs({s.L_0: sigma**2 / 2, s.h: 1, s.eta: 1, s.b: b})
        series = sp.series(well.subs(s.L, sigma**2 / 2 + x**2 / 2), x, 0, 5).removeO()
        yield compare(f"parabola, batches of {b}", sp.N(series.subs(x, 0.8)), found)


def _wells(claim) -> Iterator[Comparison]:
    """Integrals of ``2 L'/C`` up to u = 1.1 in the parabola ``1 + 0.35 u^2``."""
    h, b, eta, end = AT["h"], 3, 0.2, 1.1

    def climbed(growth: float) -> float:
        def force(u: float) -> float:
            return 2 * h * u / (2 * h * (1 + h * u * u / 2) + growth * (h * u) ** 2)

        return b / eta * float(quad(force, 0, end, epsabs=1e-13)[0])

    values = {s.h: h, s.b: b, s.eta: eta, s.L_0: 1, s.L: 1 + h * end**2 / 2}
    for label, growth in ((s.LOG_WELL, 0.0), (s.DIFF_WELL, 1.0)):
        yield compare(label, sp.N(claim[label].rhs.subs(values)), climbed(growth))


@lru_cache(maxsize=1)
def radial() -> tuple[float, float]:
    """Length of a way out in the plane, and the integral of its force; L_* = 1."""
    A, v = np.array([[1.0, 0.3], [0.3, 0.4]]), np.array([0.5, -0.9])
    Q = float(v @ A @ v)

    def force(s: float) -> float:
        """Root of ``E exp(-theta v.g) = 1`` at ``s v``."""
        return exact_root(1 + s * s * Q / 2, Q, s * Q)

    points, weights = np.polynomial.legendre.leggauss(6)
    out = sum(w / 2 * force((1 + x) / 2) for x, w in zip(points, weights, strict=True))
    return float(np.hypot(*v)), float(out * v @ v)


def _many(claim) -> Comparison:
    length, out = radial()
    values = {s.distance: length, s.b: 3, s.eta: 0.2, s.L_0: 1}
    return compare("in the plane", sp.N(claim[s.MANY].rhs.subs(values)), out * 3 / 0.2)


def steps(claim) -> Iterator[Comparison]:
    """SYN-2: averages over the features, skew steps, and the law of a parabola."""
    theta = exact_root(*AT.values())
    values = {s.L: AT["loss"], s.h: AT["h"], s.slope: AT["slope"], s.t: 0.2}
    spread = average(lambda g: g**2, *AT.values()) - AT["slope"] ** 2
    yield compare("exponent", sp.N(claim[s.SGD].rhs.subs(values)), theta)
    yield compare("variance", sp.N(claim[s.COV].rhs.subs(values)), spread)
    yield compare("diffusion", sp.N(claim[s.DIFF].rhs.subs(values)), 2 * AT["slope"] / spread)
    yield compare("mean exponential", sp.N(claim[s.MGF].rhs.subs(values)),
                  average(lambda g: np.exp(-0.2 * g), *AT.values()))  # fmt: skip
    inside = sp.lambdify([s.g, s.theta], claim[s.ROOT].lhs.args[0])
    mean = average(lambda g: inside(g, theta), *AT.values())
    yield compare("root", sp.N(claim[s.ROOT].rhs), mean)
    C, kappa_3, found = skew_slope()
    ahead = claim[s.SKEW].rhs.removeO().coeff(s.slope, 2).subs({s.C: C, s.kappa_3: kappa_3})
    yield compare("skew steps", sp.N(ahead), found)
    linear = claim[s.SKEW].rhs.removeO().coeff(s.slope, 1).subs({s.C: C})
    yield compare("gentle slopes", sp.N(linear), 2.0)
    yield from _law(claim)
    yield from _wells(claim)
    yield _many(claim)


CHECKS = {"SYN-2": steps}
