"""Exact exit times of jumping particles: closed forms, other solvers, an ensemble, refusals."""

import numpy as np
import pytest
from scipy.special import eval_jacobi, gamma, poch, roots_jacobi

from sgdtheory.stochastic import levy
from sgdtheory.stochastic.first_passage import mean_first_passage_time
from sgdtheory.stochastic.levy_exit import mean_exit_time


def free(x):
    return 0 * x


def ou(x):
    return -x


@pytest.mark.parametrize("alpha", [0.05, 0.3, 0.9, 1.0, 1.1, 1.5, 1.99])
@pytest.mark.parametrize("start", [-1.9, 0.0, 0.7, 0.999])
def test_getoors_formula(alpha, start):
    """No drift, (-2, 1), scale 0.7: ((1 - x)(2 + x))^(alpha/2)/(Gamma(1 + alpha) 0.7^alpha)."""
    closed = ((1 - start) * (2 + start)) ** (alpha / 2) / (gamma(1 + alpha) * 0.7**alpha)
    time = mean_exit_time(free, 0.7, alpha, start, (-2, 1))
    assert time == pytest.approx(closed, rel=1e-10)


@pytest.mark.parametrize("scale", [0.8, 0.3])
@pytest.mark.parametrize("low", [-1.0, None])
def test_brownian_motion_is_the_limit_of_index_two(scale, low):
    """Of variance 2 scale^2 t; the difference is a power series in 2 - alpha."""
    gaps = 0.002 / 2.0 ** np.arange(4)
    row = np.array([mean_exit_time(ou, scale, 2 - g, 0.0, (low, 1.0)) for g in gaps])
    for order in (1, 2, 3):
        row = (2**order * row[1:] - row[:-1]) / (2**order - 1)
    wall = 0.0 if low is not None else None  # of two ends, by symmetry, one and a wall
    brownian = mean_first_passage_time(ou, lambda x: scale**2 + 0 * x, 0.0, 1.0, lower=wall)
    assert row[0] == pytest.approx(brownian, rel=1e-5)


@pytest.mark.parametrize("alpha", [0.4, 1.0, 1.2, 1.8])
@pytest.mark.parametrize("scale", [0.02, 0.3, 2.0])
@pytest.mark.parametrize("low", [-0.9, None])
@pytest.mark.parametrize("drift", [ou, lambda x: 0.1 - x - x**3])
def test_eight_digits_promised(alpha, scale, low, drift):
    """Nine for the linear drift; grids of 1000 and 1500 cells share no point but the start."""
    times = [
        mean_exit_time(drift, scale, alpha, 0.0, (low, 0.8), cells=n) for n in (1000, 1500)
    ]
    assert times[0] == pytest.approx(times[1], rel=1e-9 if drift is ou else 1e-8)


def uniform(drift, scale, alpha, cells):
    """Another discretisation: equal cells of (-1, 1), each jumping to all others.

    A pair of cells at the distance r exchanges at the rate of the jump density, integrated
    over one cell; jumps below half a cell act as diffusion.  First order in the cell width.
    """
    h = 2 / cells
    x = -1 + h * (np.arange(cells) + 0.5)
    c = gamma(1 + alpha) * np.sin(np.pi * alpha / 2) / np.pi
    k = np.arange(1, cells)
    rate = np.zeros(cells)
    rate[1:] = c / alpha * h**-alpha * ((k - 0.5) ** -alpha - (k + 0.5) ** -alpha)
    rate[1] += c / (2 - alpha) * 0.5 ** (2 - alpha) * h**-alpha
    matrix = rate[np.abs(np.subtract.outer(np.arange(cells), np.arange(cells)))]
    out = c / alpha * ((1 - x) ** -alpha + (1 + x) ** -alpha)
    matrix = scale**alpha * (matrix - np.diag(matrix.sum(axis=1) + out))
    f = drift(x) / h
    row = np.arange(cells)
    for sign in (-1, 1):  # upwind
        speed = np.maximum(sign * f, 0)
        inside = (row + sign >= 0) & (row + sign < cells)
        matrix[row, row] -= speed
        matrix[row[inside], row[inside] + sign] += speed[inside]
    time = np.linalg.solve(matrix, -np.ones(cells))
    return float(np.interp(0.0, x, time))


@pytest.mark.parametrize("alpha", [0.7, 1.3])
def test_another_solver(alpha):
    """A conservative first-order scheme on equal cells, extrapolated."""
    coarse, fine = (uniform(ou, 0.5, alpha, n) for n in (500, 1000))
    assert mean_exit_time(ou, 0.5, alpha, 0.0, (-1, 1)) == pytest.approx(
        2 * fine - coarse, rel=2e-3
    )


def spectral(alpha, scale, pull, size):
    """Galerkin for drift -pull on (-1, 1): ``(1 - x^2)^(alpha/2)`` times Jacobi polynomials.

    They are eigenfunctions: ``(-Laplace)^(alpha/2)`` makes ``(1 + n)_alpha P_n`` of them, a
    Pochhammer symbol, and all integrals are exact.
    """
    h, n = alpha / 2, np.arange(size)[:, None]
    x, weight = roots_jacobi(2 * size + 8, h, h)
    P = eval_jacobi(n, h, h, x)
    rates = scale**alpha * poch(1 + n[:, 0], alpha)
    matrix, ones = np.diag(rates * (P * P @ weight)), P @ weight
    x, weight = roots_jacobi(2 * size + 8, alpha - 1, alpha - 1)
    P = eval_jacobi(n, h, h, x)
    slope = (n + alpha + 1) / 2 * eval_jacobi(np.maximum(n - 1, 0), h + 1, h + 1, x)
    slope[0] = 0
    matrix += (P * pull(x) * weight) @ ((1 - x * x) * slope - alpha * x * P).T
    return float(np.linalg.solve(matrix, ones) @ eval_jacobi(n[:, 0], h, h, 0.0))


@pytest.mark.parametrize("alpha, rel", [(1.5, 1e-7), (1.8, 1e-9)])
@pytest.mark.parametrize("pull", [lambda x: x, lambda x: x + x**3])
def test_digits_by_a_spectral_solver(alpha, rel, pull):
    """Its error is a power of the size, removed once (Aitken); what is left grows as alpha
    falls, for the drift then bends T at the ends."""
    a, b, c = (spectral(alpha, 0.5, pull, size) for size in (64, 128, 256))
    expected = c - (c - b) ** 2 / ((c - b) - (b - a))
    found = mean_exit_time(lambda x: -pull(x), 0.5, alpha, 0.0, (-1, 1))
    assert found == pytest.approx(expected, rel=rel)


@pytest.mark.parametrize("alpha, scale, low", [(1.5, 0.2, -1.0), (0.8, 0.2, None)])
def test_an_ensemble_of_jumping_paths(alpha, scale, low):
    """Steps of 0.01: their bias hides below the standard error."""
    target = 1.0 if low is None else (low, 1.0)
    sampled = levy.first_passage_time(
        lambda x: -x, scale, alpha, 0.0, target, 0.01, paths=1500, seed=4, max_steps=10**6
    )
    assert abs(sampled.z(mean_exit_time(ou, scale, alpha, 0.0, (low, 1.0)))) < 4


def test_either_side_may_be_open():
    below = mean_exit_time(lambda x: 0.2 - x, 0.1, 1.3, 0.1, (None, 1.0))
    above = mean_exit_time(lambda x: -0.2 - x, 0.1, 1.3, -0.1, (-1.0, np.inf))
    assert below == pytest.approx(above, rel=1e-12)


def test_far_away_wall_does_not_matter_to_an_open_side():
    opened = mean_exit_time(ou, 0.1, 1.5, 0.0, (None, 1.0))
    walled = mean_exit_time(ou, 0.1, 1.5, 0.0, (-1e6, 1.0), cells=2000)
    assert walled == pytest.approx(opened, rel=1e-5)


def test_scale_is_a_unit_of_length_and_drift_of_time():
    """x -> 3x and t -> 2t."""
    time = mean_exit_time(ou, 0.2, 1.2, 0.1, (-1, 1))
    other = mean_exit_time(lambda x: -x / 2, 0.6 * 2 ** (-1 / 1.2), 1.2, 0.3, (-3, 3))
    assert other == pytest.approx(2 * time, rel=1e-10)


@pytest.mark.parametrize(
    "change, says",
    [
        ({"alpha": 2.0}, "first_passage.mean_exit_time"),
        ({"alpha": 0.0}, "alpha must be > 0"),
        ({"scale": -1.0}, "scale must be > 0"),
        ({"start": 1.0}, "start must lie inside"),
        ({"interval": (None, np.inf)}, "one end of the interval must be finite"),
        ({"interval": (1.0, -1.0)}, "start must lie inside"),
        ({"cells": 10}, "cells must be >= 100"),
        ({"drift": lambda x: 1 / (x - x)}, "drift must be finite"),
        ({"drift": free, "interval": (None, 1.0)}, "must soon bring back"),
        ({"drift": np.tanh, "interval": (-1.0, None)}, "must soon bring back"),
    ],
)
@pytest.mark.filterwarnings("ignore:divide by zero")
def test_refusals(change, says):
    arguments = dict(drift=ou, scale=0.3, alpha=1.2, start=0.0, interval=(-1.0, 1.0))
    with pytest.raises(ValueError, match=says):
        mean_exit_time(**(arguments | change))


@pytest.mark.parametrize("change", [{"interval": 1.0}, {"drift": 0.0}, {"interval": ("a", 1)}])
def test_wrong_types(change):
    arguments = dict(drift=ou, scale=0.3, alpha=1.2, start=0.0, interval=(-1.0, 1.0))
    with pytest.raises(TypeError):
        mean_exit_time(**(arguments | change))


@pytest.mark.parametrize("interval", [(-3.0, 0.5), (-3.0, 1.0), (None, 0.5)])
def test_cells_too_few_for_a_barrier_inside_are_refused(interval):
    """The layer over the unstable zero is as thin as the scale."""
    with pytest.raises(ValueError, match="pass more cells"):
        mean_exit_time(lambda w: -4 * w * (w * w - 1), 0.02, 1.5, -1.0, interval)
