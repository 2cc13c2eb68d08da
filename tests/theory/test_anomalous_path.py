"""Paths, loss differences and minibatch curvature: what follows from the statements."""

import math

import numpy as np
import pytest
import sympy as sp

from sgdtheory.checks.anomalous import path as path_run
from sgdtheory.checks.anomalous import path_curvature as curvature_run
from sgdtheory.networks import trajectory
from sgdtheory.theory.anomalous import path, path_curvature, path_jumps, path_losses
from sgdtheory.theory.statement import verify_symbols


@pytest.mark.parametrize("statement", path.STATEMENTS, ids=lambda s: s.id)
def test_every_step_is_algebra(statement):
    report = verify_symbols(statement)
    assert report.ok, report.problems
    assert {verdict for _, verdict in report.steps} == {"proved"}


def test_the_extra_step_turns_a_subdiffusive_start_into_a_superdiffusive_one():
    read = path.LENGTHS[path.FIRST].rhs
    assert float(read.subs(path.alpha, 0.75)) == pytest.approx(1.282, abs=1e-3)
    local = path.LENGTHS[path.LOCAL].rhs
    assert float(local.subs({path.alpha: 1, path.n: 100})) == pytest.approx(1.01)


@pytest.mark.parametrize("H", [0.1, 0.3, 0.5, 0.7, 0.9])
def test_a_path_is_farthest_from_its_chord_half_way(H):
    matrix = path_run.gram(2 * H, 65)
    R = trajectory.distances(matrix)[0, 64]
    largest = (trajectory.transverse(matrix, 0, 64) / R) ** 2
    assert largest == pytest.approx(2 ** (-2 * H) - 0.25, rel=1e-9)


def test_in_two_dimensions_the_mean_share_of_the_chord_does_not_exist():
    finite = path.TRANSVERSE[path.FINITE].rhs
    assert sp.limit(finite, path.d, 2, "+") == sp.oo
    assert sp.limit(finite, path.d, sp.oo) == path.TRANSVERSE[path.BROWN].rhs


def test_on_a_floor_of_noise_every_exponent_below_two_is_passed():
    slope, r = path_losses.SCALING[path_losses.SLOPE].rhs, path_losses.r
    assert sp.limit(slope, r, 0, "+") == 0 and sp.limit(slope, r, sp.oo) == 2
    ratio = path_losses.sigma / path_losses.g
    assert sp.simplify(slope.subs(r, sp.sqrt(2) * ratio)) == 1
    assert sp.simplify(slope.subs(r, 3 * sp.sqrt(2) * ratio)) == sp.Rational(9, 5)  # 1.8


def test_numbers_of_the_remarks():
    trend = path_jumps.VARIANCE[path_jumps.CODE].rhs - path_jumps.sigma**2
    assert float(trend.subs(path_jumps.b, 0.002)) == pytest.approx(0.0034, abs=5e-5)
    spread = path_jumps.VARIANCE[path_jumps.ERROR].rhs.subs(path_jumps.n, 101)
    assert float(sp.sqrt(spread) / path_jumps.sigma**2) == pytest.approx(0.14, abs=2e-3)
    two = path_curvature.CLAIM[path_curvature.EXAMPLE].rhs.subs(path_curvature.B, 2)
    assert sp.simplify(two - 1 - sp.pi / 4) == 0


def test_the_wishart_quadrature_knows_the_mean_trace():
    """Both eigenvalues together have the mean two, whatever the batch."""
    for batch in (4, 9):
        H = curvature_run.hessians(batch, 20_000, 3)
        trace = np.trace(H, axis1=1, axis2=2)
        assert trace.mean() == pytest.approx(2, abs=5 * trace.std() / math.sqrt(20_000))
    larger, smaller = (curvature_run.by_quadrature(batch) for batch in (4, 16))
    assert 1 < smaller < larger < 2
