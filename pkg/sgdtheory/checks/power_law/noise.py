"""PLD-P1, PLD-E3, PLD-E5: every minibatch of six points, and single steps."""

from collections.abc import Iterator
from functools import lru_cache
from itertools import combinations, product

import numpy as np
import sympy as sp

from sgdtheory.checks.power_law import steps
from sgdtheory.estimate import Comparison, compare
from sgdtheory.theory.power_law import noise, sde
from sgdtheory.theory.power_law import symbols as s

# Six samples: gradient (mean zero at the minimum), curvature and third derivative.
G = np.array([0.9, -1.3, 0.4, -0.2, 0.7, -0.5])
HESSIAN = np.array([1.4, 0.3, 2.2, 0.9, 0.1, 1.7])
THIRD = np.array([0.8, -0.6, 0.5, 1.1, -0.3, 0.2])
SIZE = 3


def cov(x, y) -> float:
    return float(np.mean(x * y) - np.mean(x) * np.mean(y))


def gradients(u: float, third=0.0) -> np.ndarray:
    return G + HESSIAN * u + third * u**2 / 2


def batch_means(x: np.ndarray, replacement: bool) -> np.ndarray:
    """Mean of every batch of three: 216 ordered with replacement, 20 without."""
    draws = product(range(6), repeat=SIZE) if replacement else combinations(range(6), SIZE)
    return np.array([x[list(i)].mean() for i in draws])


@lru_cache(maxsize=1)
def cubic_coefficient() -> float:
    """Coefficient of u^2 in the quartic through the variance at five points."""
    at = np.array([-1.0, -0.5, 0.0, 0.5, 1.0])
    return float(np.polyfit(at, [np.var(gradients(u, THIRD)) for u in at], 4)[2])


VALUES = {s.sigma_g: cov(G, G), s.rho: cov(G, HESSIAN), s.sigma_H: cov(HESSIAN, HESSIAN)}


def p1(claim) -> Iterator[Comparison]:
    """PLD-P1: the variance over all samples and over all batches of three from six."""
    moments = {noise.g: G, noise.T: THIRD}

    def number(label, extra):
        rhs = claim[label].rhs.replace(noise.Cov, lambda x, y: cov(moments[x], moments[y]))
        return sp.N(rhs.subs({**VALUES, noise.n: 6, noise.b: SIZE, **extra}))

    for at in (-0.8, 0.7):
        one = np.var(gradients(at))
        yield compare(f"variance at {at}", number(noise.ONE, {s.u: at}), one, rtol=1e-12)
        for label, replacement in ((noise.MANY, True), (noise.SOME, False)):
            found = np.var(batch_means(gradients(at), replacement))
            claimed = number(label, {noise.C_1: one})
            yield compare(f"{label}, at {at}", claimed, found, rtol=1e-12)
    yield compare("coefficient of u²", number(noise.CUBIC, {}), cubic_coefficient(), rtol=1e-10)
    bound = claim[noise.BOUND]
    slack = np.linalg.det(np.cov(G, HESSIAN, bias=True))
    yield compare("σ_g σ_H - ρ²", (bound.gts - bound.lts).subs(VALUES), slack, rtol=1e-12)
    # Curvatures in proportion to the gradients: a data set that attains the bound.
    whole = np.array([3, -1, -2, 0])
    moments_of_it = (whole @ whole, whole @ (2 * whole), 4 * whole @ whole)
    attained = dict(zip(VALUES, map(int, moments_of_it), strict=True))
    allowed = bool(bound.subs(attained))
    yield compare("the bound can be attained", float(allowed), 1.0)
    for label, replacement in ((noise.KAPPA_MANY, True), (noise.KAPPA_SOME, False)):
        # kappa goes as one over the variance of the curvature.
        found = np.var(HESSIAN) / np.var(batch_means(HESSIAN, replacement))
        yield compare(label, number(label, {noise.kappa_1: 1}), found, rtol=1e-12)


ETA, PLACE = 0.1, 0.7
C_BATCH = s.C.subs({k: v / SIZE for k, v in VALUES.items()})


def amplitude(eta: float):
    """sqrt(eta C) of a batch of three with replacement, as a function of w."""
    g, r, h = (float(v) / SIZE for v in VALUES.values())
    return lambda w: np.sqrt(eta * (g + 2 * r * w + h * w**2))


@lru_cache(maxsize=1)
def drifts() -> dict[float, float]:
    """Mean rate of the step that takes the noise at ``w + index dw``, from the place alone."""
    force = lambda w: -float(HESSIAN.mean()) * w  # noqa: E731
    return {
        index: steps.mean_rate(lambda w: w, np.array([PLACE]), force, amplitude(ETA), index)
        for index in (0.0, 0.5, 1.0)
    }


def e3(claim) -> Iterator[Comparison]:
    """PLD-E3: mean and variance of one step over all 216 minibatches."""
    after = PLACE - ETA * batch_means(gradients(PLACE), True)
    here = {sde.w: PLACE, s.eta: ETA, sde.step: ETA}

    def filled(label, **extra):
        rhs = claim[label].rhs.subs(extra).replace(sde.g, lambda w: float(HESSIAN.mean()) * w)
        return sp.expand(rhs.replace(sde.c, lambda w: C_BATCH.subs(s.u, w)).doit().subs(here))

    update, equation = filled(sde.UPDATE), filled(sde.SDE)
    time = filled(sde.TIME)
    yield compare("mean of the update", update.coeff(sde.xi, 0), after.mean(), rtol=1e-12)
    yield compare("variance of the update", update.coeff(sde.xi) ** 2, after.var(), rtol=1e-12)
    mean = PLACE + equation.coeff(sde.dt) * time
    yield compare("mean of the Euler step", mean, after.mean(), rtol=1e-12)
    variance = equation.coeff(sde.dB) ** 2 * time
    yield compare("variance of the Euler step", variance, after.var(), rtol=1e-12)
    index = float(claim[sde.INDEX].rhs)
    read = PLACE + ETA * drifts()[index]
    # What is claimed here is the index, so the number is that of the step read with it.
    yield compare("mean of the step with the claimed index", read, after.mean(), rtol=1e-9)
    for alpha, found in drifts().items():
        drift = claim[sde.READ].rhs.replace(sde.g, lambda w: float(HESSIAN.mean()) * w)
        drift = drift.replace(sde.c, lambda w: C_BATCH.subs(s.u, w)).doit()
        claimed = drift.subs({**here, s.alpha: alpha})
        yield compare(f"drift at index {alpha}", claimed, found)


PHI = {"w": lambda w: w, "w²": lambda w: w**2, "w³": lambda w: w**3}
MU, SIGMA, FORCE = 0.4, 0.5, sde.x + sde.x**3 / 5
C_SKEW = sp.Rational(4, 5) + sde.x * sp.Rational(3, 5) + sde.x**2 / 2
P_NOW = sp.exp(-((sde.x - sp.Rational(2, 5)) ** 2) * 2) * sp.sqrt(2 / sp.pi)


@lru_cache(maxsize=1)
def moment_rates() -> dict[tuple[str, float], float]:
    """``d/dt E phi`` of a Gaussian cloud under small steps of each index, ``eta C`` fixed."""
    w = MU + SIGMA * steps.NODES
    force = lambda w: -(w + w**3 / 5)  # noqa: E731
    s_of = lambda w: np.sqrt(ETA * (0.8 + 0.6 * w + 0.5 * w**2))  # noqa: E731
    return {
        (name, index): steps.mean_rate(phi, w, force, s_of, index, steps.WEIGHTS)
        for name, phi in PHI.items()
        for index in (0.0, 0.5, 1.0)
    }


def _rate(rhs, name: str, index: float) -> float:
    """``int phi(w) (right side) dw`` for the Gaussian cloud, on a grid that is fine for it."""
    rhs = rhs.subs({s.alpha: sp.Rational(index), s.eta: ETA})
    rhs = rhs.replace(sde.g, lambda z: FORCE.subs(sde.x, z))
    rhs = rhs.replace(sde.c, lambda z: C_SKEW.subs(sde.x, z))
    rhs = rhs.replace(sp.Function("p"), lambda z, _: P_NOW.subs(sde.x, z)).doit()
    grid = np.linspace(MU - 6, MU + 6, 1201)
    return float(np.sum(PHI[name](grid) * sp.lambdify(sde.x, rhs)(grid)) * (grid[1] - grid[0]))


def e5(claim) -> Iterator[Comparison]:
    """PLD-E5: moments of the right side against small steps of the process itself."""
    rates = moment_rates()
    cases = [(sde.SGD, 0.0), (sde.ZWANZIG, 1.0), *((sde.FAMILY, i) for i in (0.0, 0.5, 1.0))]
    for name in PHI:
        for label, index in cases:
            claimed = _rate(claim[label].rhs, name, index)
            yield compare(f"{label}, index {index}, {name}", claimed, rates[name, index])
        for index in (0.5, 1.0):
            found = rates[name, index] - rates[name, 0.0]
            claimed = _rate(claim[sde.DIFFERENCE].rhs, name, index)
            yield compare(f"difference, index {index}, {name}", claimed, found)
    batch = {k: v / SIZE for k, v in VALUES.items()}
    H = float(HESSIAN.mean())
    values = {**batch, s.eta: ETA, s.u: PLACE, s.H: H, s.kappa: H / (ETA * batch[s.sigma_H])}
    yield compare("drift of the Zwanzig form", claim[sde.ADDED].rhs.subs(values), drifts()[1.0])


CHECKS = {"PLD-P1": p1, "PLD-E3": e3, "PLD-E5": e5}
