"""SGD itself, enumerated and simulated, asked which convention it is: FND-6."""

from functools import lru_cache
from itertools import product

import numpy as np
import sympy as sp

from sgdtheory.checks.foundations.calculus import velocity
from sgdtheory.estimate import Estimate, compare
from sgdtheory.theory.foundations import reading
from sgdtheory.theory.foundations.symbols import D, alpha, eta, g, w, xi

X = np.array([0.4, -1.0, 1.7, 0.9, -0.3])
Y = np.array([0.2, -1.3, 1.1, 1.4, -0.9])


def moves(at: float, rate: float) -> np.ndarray:
    """One step of SGD on least squares, every batch of 2 drawn with replacement."""
    gradient = X * (X * at - Y)
    return np.array([-rate * gradient[list(i)].mean() for i in product(range(5), repeat=2)])


@lru_cache
def measured_index() -> Estimate:
    """The index that the stationary second moment of an SGD chain asks for.

    Losses h w²/2 + g w with (h, g) normal and drawn anew at each step: H = 1, κ = 3,
    η = 0.005.  With index α the variance is V = κησ_g / (2(κ - α - 1/2)).  The finite step
    shifts the result by κη/2 = 0.0075, a third of the standard error.
    """
    rng, rate, kappa, paths = np.random.default_rng(6), 0.005, 3.0, 40_000
    spread = np.sqrt(1 / (rate * kappa))
    u = np.zeros(paths)
    for _ in range(1500):  # the variance relaxes in 1/(2η(1 - 1/(2κ))) = 120 steps
        h, kick = rng.standard_normal((2, paths))
        u -= rate * ((1 + spread * h) * u + kick)
    square = Estimate.mean_of(u**2)
    slope = kappa * rate / (2 * square.value**2)
    return Estimate(kappa - 0.5 - slope * square.value, slope * square.stderr, paths)


def sgd_is_ito(claim):
    """FND-6: one enumerated step; velocities; the index from a long chain."""
    at, rate = 0.6, 0.05
    outcome = moves(at, rate)
    mean_gradient = float((X * (X * at - Y)).mean())
    # C of a batch of two is half of one sample's; D = ηC/2.
    noise = np.var(X * (X * at - Y)) / 2
    values = {w: at, eta: rate, g(w): mean_gradient, D(w): rate * noise / 2}

    def read(label):
        return sp.N(claim[label].rhs.subs(values))

    kick = claim[reading.EULER].rhs.coeff(xi).subs(values)
    yield compare("size of the kick", abs(sp.N(kick)), outcome.std())
    yield compare("mean", read(reading.MEAN), outcome.mean())
    yield compare("mean square", read(reading.SQUARE), (outcome**2).mean())
    velocity_claimed = claim[reading.VELOCITY].rhs.replace(D, lambda u: 0.5 + u**2 / 4).doit()
    yield compare("velocity", sp.N(velocity_claimed.subs(values)), outcome.mean() / rate)
    other = claim[reading.OTHER].rhs.replace(D, lambda u: 0.5 + u**2 / 4)
    other = other.replace(g, lambda u: u - 0.5).doit().subs({alpha: 0.5, w: at})
    # Differences of nearly equal numbers over the step: 1e-9 of rounding.
    yield compare("velocity, α = 1/2", sp.N(other), velocity(at, lambda u: u, 0.5), rtol=1e-7)
    yield compare("index", claim[reading.INDEX].rhs, measured_index())


CHECKS = {"FND-6": sgd_is_ito}
