"""Losses with one barrier, their letters, and the exact mean time over it (FND-10)."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import sympy as sp

from sgdtheory.stochastic.first_passage import log_mean_first_passage_time
from sgdtheory.theory.escape import symbols as s
from sgdtheory.theory.escape.peaks import ENDS
from sgdtheory.theory.power_law.symbols import sigma_H

INDEX = {"ito": 0, "stratonovich": sp.Rational(1, 2), "anti-ito": 1}
ETA = 0.1


@dataclass(frozen=True)
class Barrier:
    """A loss with ``L' = slope (w - a)(w - b)(w - c)``: minima a and c, saddle b."""

    a: float
    b: float
    c: float
    slope: float = 1.0

    @property
    def loss(self) -> np.polynomial.Polynomial:
        roots = np.polynomial.Polynomial.fromroots([self.a, self.b, self.c])
        integral = (self.slope * roots).integ()
        return integral - integral(self.a)

    @property
    def height(self) -> float:
        return float(self.loss(self.b))

    def letters(self, X: float, kappa: float, convention="ito") -> dict:
        """Numbers for the letters of a claim: exact ones, so that sympy keeps every digit."""
        low, high = ([float(self.loss.deriv(n)(at)) for n in (2, 3, 4)]
                     for at in (self.a, self.b))  # fmt: skip
        values = dict(zip(ENDS, [*low, -high[0], *high[1:]], strict=True))
        sigma_g = 2 * self.height / (kappa * ETA * X)
        values |= {s.X: X, s.kappa: kappa, s.barrier: self.height, s.eta: ETA,
                   s.sigma_g: sigma_g, sigma_H: low[0] / (ETA * kappa)}  # fmt: skip
        numbers = {k: sp.Float(v, 17) for k, v in values.items()}
        m = numbers[s.kappa] + 1 - INDEX[convention]
        return numbers | {s.alpha: INDEX[convention], s.m: m}

    def equation(self, X: float, kappa: float) -> tuple[Callable, Callable]:
        """Drift and D; X and kappa fix the noise."""
        scale = 2 * self.height / (kappa * X)  # eta sigma_g
        loss, slope = self.loss, self.loss.deriv()
        return (lambda w: -slope(w)), (lambda w: scale / 2 * (1 + X * loss(w) / self.height))

    def log_time(self, X, kappa, convention="ito", end=None, **options) -> float:
        """Exact logarithm of the mean time from ``a`` to ``end`` (default: ``c``)."""
        end = self.c if end is None else end
        return log_mean_first_passage_time(
            *self.equation(X, kappa), self.a, end, convention=convention, **options
        )


DOUBLE = Barrier(-1.0, 0.0, 1.0, 4.0)  # L = (w² - 1)²
SKEWED = Barrier(-1.5, -0.2, 1.0)  # the minimum beyond the saddle is the higher one


def name(b: Barrier, convention: str) -> str:
    return f"{'double well' if b is DOUBLE else 'skewed barrier'}, {convention}"
