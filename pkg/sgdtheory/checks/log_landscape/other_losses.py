"""LOG-10: softmax outputs and their gradients, counted out."""

import operator
from fractions import Fraction
from functools import lru_cache
from itertools import product

import numpy as np
import sympy as sp
from scipy.optimize import brentq

from sgdtheory.checks.foundations.sampling import extrapolate
from sgdtheory.estimate import compare
from sgdtheory.theory.log_landscape import other_losses as t
from sgdtheory.theory.log_landscape.symbols import E, L

CLASSES = 4
LATTICE = 12
P_Y = Fraction(2, 5)
SIZE = 1.7  # of the Jacobian
HOLDS = {sp.Le: operator.le, sp.Lt: operator.lt, sp.Ge: operator.ge, sp.Gt: operator.gt}


def squared_error(p_wrong) -> np.ndarray:
    """``|p - e_y|^2`` from the probabilities of the wrong classes, the last axis."""
    missing = p_wrong.sum(axis=-1)
    return missing**2 + (p_wrong**2).sum(axis=-1)


def wrong_probabilities() -> np.ndarray:
    """Every way to share what is missing, in twelfths, among three wrong classes."""
    shares = [s for s in product(range(LATTICE + 1), repeat=CLASSES - 1) if sum(s) == LATTICE]
    return (1 - P_Y) * np.array(shares, dtype=object) / LATTICE


def error_of_loss(ell):
    """Two classes; ``expm1`` keeps the digits of a small loss."""
    missing = -np.expm1(-ell)
    return squared_error(np.stack([missing], axis=-1))


@lru_cache
def worst_loss() -> float:
    """Where error over loss is largest: its slope, by a complex step, is zero."""

    def slope(ell):
        return np.imag(error_of_loss(ell + 1e-30j) / (ell + 1e-30j)) / 1e-30

    return brentq(slope, 0.5, 3.0, xtol=1e-14)


def two_class_gradients(ell, signs) -> np.ndarray:
    """Gradients ``J^T (p - e_y)``, J along the error, of one parameter."""
    missing = -np.expm1(-ell)
    jacobian = SIZE * np.outer(signs, [1.0, -1.0]) / np.sqrt(2)
    return jacobian @ np.array([-missing, missing])


def noise(gradients) -> float:
    return float((gradients**2).mean() - gradients.mean() ** 2)


def shares(claim):
    """Error over the square of what is missing, in fractions: no rounding at an equality."""
    ratio = [squared_error(row) / (1 - P_Y) ** 2 for row in wrong_probabilities()]
    for label, edge in ((t.AT_MOST, max), (t.AT_LEAST, min)):
        bound, name = claim[label], edge.__name__
        sides = [sp.lambdify((t.error, t.p, t.m), side) for side in bound.args]
        stated = sides[1](None, P_Y, Fraction(CLASSES)) / (1 - P_Y) ** 2
        yield compare(f"{name} error over what is missing", stated, edge(ratio))
        holds = HOLDS[bound.func]
        held = [
            holds(*(side(r * (1 - P_Y) ** 2, P_Y, Fraction(CLASSES)) for side in sides))
            for r in ratio
        ]
        yield compare(f"{name} error, shares that obey it", np.mean(held), 1.0)


def bounded_by_loss(claim):
    ell = worst_loss()
    largest = float(error_of_loss(ell) / ell)
    stated = claim[t.PEAK].rhs.subs(t.peak, ell)
    yield compare("the worst loss", sp.N(stated), np.exp(ell))
    yield compare("error over loss there", sp.N(claim[t.SMALLEST].rhs.subs(t.peak, ell)),
                  largest)  # fmt: skip
    bound, mean = claim[t.BOUND], E(t.ell * t.J**2)
    right = bound.rhs.subs(mean, ell * SIZE**2).subs(t.c, largest)
    opposite = noise(two_class_gradients(ell, [1.0, -1.0]))
    yield compare("noise of two opposite samples", sp.N(right), opposite)
    rest = noise(two_class_gradients(0.3, [1.0, -1.0, 0.5]))
    mean_there = 0.3 * SIZE**2 * np.mean([1, 1, 0.25])
    right = sp.N(bound.rhs.subs(mean, mean_there).subs(t.c, largest))
    yield compare("bound at another loss", float(bool(bound.func(rest, right))), 1.0)
    yield compare("bound when met", float(bool(bound.func(1, 1))), 1.0)


def limits(claim):
    """Ratios that tend to one, summed by extrapolation."""
    small = 0.05 / 2.0 ** np.arange(8)
    stated = sp.lambdify(t.ell, claim[t.UNIFORM].rhs)
    ratio = error_of_loss(small) / stated(small)
    yield compare("error at small loss", extrapolate(1 / ratio), 1.0)
    ratio = []
    for samples in (50, 100):
        gradients = np.zeros(samples)
        gradients[:1] = two_class_gradients(0.8, [1.0])
        letters = {t.ell: 0.8, t.J: SIZE, L: 0.8 / samples}
        ratio.append(float(sp.N(claim[t.FEW].rhs.subs(letters))) / noise(gradients))
    # Stated over found is 1/(1 - one sample's share): the inverse is linear in that share.
    yield compare("few badly fitted samples", 1 / extrapolate([1 / r for r in ratio]), 1.0)


def cross_entropy(claim):
    """LOG-10, part by part."""
    for part in (shares, bounded_by_loss, limits):
        yield from part(claim)


CHECKS = {"LOG-10": cross_entropy}
