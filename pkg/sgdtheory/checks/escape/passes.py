"""Mountain passes in 2 and 3 dimensions, crossed by the process itself: exact times."""

from dataclasses import dataclass
from functools import lru_cache
from math import pi

import numpy as np

from sgdtheory.stochastic import plane
from sgdtheory.stochastic.first_passage import log_mean_first_passage_time
from sgdtheory.theory.escape import many_dimensions as t7
from sgdtheory.theory.escape import symbols as s


@dataclass(frozen=True)
class Pass:
    """``L = (x² - 1)² (1 + q x²) + k(x) r²/2``; k smooth from k_a at ±1 to k_b at 0."""

    d: int
    q: float
    k_a: float
    k_b: float
    X: float
    sigma_y: float = 1.0  # noise across over noise along

    def loss(self, x, y):
        k = self.k_a + (self.k_b - self.k_a) * np.cos(pi * x / 2) ** 2
        return (x**2 - 1) ** 2 * (1 + self.q * x**2), k * y**2 / 2

    def letters(self, kappa: float) -> dict:
        """Unit barrier and noise; Itô; eta such that noise at the saddle is 1 + X."""
        along, down = 8 * (1 + self.q), 4 - 2 * self.q
        return {
            t7.d: self.d, s.barrier: 1.0, t7.sigma_e: 1.0, s.alpha: 0.0, s.kappa: kappa,
            s.eta: 2 / (kappa * self.X), t7.H_be: down,
            t7.det_a: along * self.k_a ** (self.d - 1),
            t7.det_b: down * self.k_b ** (self.d - 1),
        }  # fmt: skip

    def at_constant_noise(self, rise: float) -> dict:
        return {**self.letters(1.0), s.eta: 2 / rise}


#: Start set and target of a crossing.
ENDS = (lambda x, y: x < -1), (lambda x, y: x > 1)
PASSES = (
    Pass(2, 0.0, 6.0, 6.0, 3.0),
    Pass(2, 0.5, 3.0, 9.0, 10.0),
    Pass(2, 0.5, 3.0, 9.0, 3.0, sigma_y=3.0),
    Pass(3, 0.5, 9.0, 4.0, 3.0),
)
POWERS = np.array([8.0, 16.0, 32.0, 64.0])  # m


def box(case: Pass, width: float, cells: int):
    """Edges that are dense at the well and along the valley; one of them at x = 1."""
    near, far = 0.3, 5 * np.sqrt(case.sigma_y)
    step = np.arcsinh(2 / near) / cells
    x = -1 + near * np.sinh(step * np.arange(-2 * cells, cells + 2))
    y = width * np.sinh(np.linspace(0, np.arcsinh(far / width), cells // 2 + 1))
    return x, y


def log_time(case: Pass, m: float, cells: int) -> float:
    """log of the exact mean time, Itô, from x = -1 to x = 1, on one grid."""

    def noise(x, y):
        along, across = case.loss(x, y)
        return 1 + case.X * (along + across / case.sigma_y)

    def D(x, y):
        along = noise(x, y) / ((m - 1) * case.X)
        return along, case.sigma_y * along

    edges = box(case, np.sqrt(case.sigma_y / (m * case.X)), cells)
    return plane.escape(
        lambda x, y: -m * np.log(noise(x, y)), D, *ENDS, *edges, dimension=case.d
    ).log_time


def log_time_at_constant_noise(case: Pass, rise: float, cells: int) -> float:
    """The same for a barrier of ``rise`` times D, wherever it is."""
    return plane.escape(
        lambda x, y: -rise * sum(case.loss(x, y)), lambda x, y: 1 / rise + 0 * x,
        *ENDS, *box(case, 1 / np.sqrt(rise), cells), dimension=case.d,
    ).log_time  # fmt: skip


@lru_cache
def exact(case: Pass, power: float, solve=log_time) -> float:
    """Two grids, and Richardson's rule for their error of second order."""
    coarse, fine = (solve(case, power, cells) for cells in (80, 160))
    return (4 * fine - coarse) / 3


@lru_cache
def exact_along(case: Pass, m: float) -> float:
    """The quartic well in one dimension, by the double integral."""

    def D(x):
        return (1 + case.X * (x**2 - 1) ** 2) / ((m - 1) * case.X)

    return log_mean_first_passage_time(
        lambda x: -4 * x * (x**2 - 1), D, -1.0, 1.0, cells=20_000
    )
