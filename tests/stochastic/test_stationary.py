"""The numerical zero-flux density against closed forms."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sgdtheory.stochastic.distributions import power_law
from sgdtheory.stochastic.stationary import density, flux

CONVENTIONS = ["ito", "stratonovich", "anti-ito"]


@pytest.mark.parametrize("convention", CONVENTIONS)
@pytest.mark.parametrize("rho", [0.0, 0.5, -0.8])
def test_power_law_to_ten_digits(convention, rho):
    """PLD-T2: numbers from drift and D alone against the Pearson IV law, cut to the grid."""
    kappa, sigma_g, sigma_H, eta = 1.7, 1.1, 0.9, 0.3
    law = power_law(kappa, sigma_g, sigma_H, rho, convention)
    H = kappa * eta * sigma_H
    grid = np.sinh(np.linspace(-6, 6, 241))
    p = density(
        lambda u: -H * u,
        lambda u: eta / 2 * (sigma_g + 2 * rho * u + sigma_H * u**2),
        grid,
        convention,
    )
    inside = law.cdf(grid[-1]) - law.cdf(grid[0])
    np.testing.assert_allclose(p, law.pdf(grid) / inside, rtol=1e-10)


def test_ornstein_uhlenbeck_with_constant_callables():
    """Gaussian of variance D/H to ten digits, far tail (exp(-50)) included; D a constant."""
    grid = np.linspace(-5, 5, 81)
    p = density(lambda u: -2 * u, lambda u: 1.0, grid)
    np.testing.assert_allclose(p, np.exp(-(grid**2)) / np.sqrt(np.pi), rtol=1e-10)
    assert p[0] < 1e-11


def test_double_well_norm():
    """exp(-L/D) for L = (u^2 - 1)^2 at D = 1/8, norm by an independent trapezoid."""
    grid = np.linspace(-2.5, 2.5, 101)
    p = density(lambda u: -4 * u * (u * u - 1), lambda u: 0.125 + 0 * u, grid, "anti-ito")
    fine = np.linspace(-2.5, 2.5, 200_001)
    exact = np.exp(-8 * (fine**2 - 1) ** 2)
    norm = np.trapezoid(exact, fine)
    np.testing.assert_allclose(p, np.exp(-8 * (grid**2 - 1) ** 2) / norm, rtol=1e-10)


def test_kink_on_a_grid_point_costs_nothing():
    """drift = -sign(u): Laplace law, exact when 0 is on the grid."""
    grid = np.linspace(-30, 30, 121)
    p = density(lambda u: -np.sign(u), lambda u: 1.0, grid)
    np.testing.assert_allclose(p, np.exp(-np.abs(grid)) / (2 - 2 * np.exp(-30.0)), rtol=1e-10)
    with pytest.raises(ValueError, match="kink"):
        density(lambda u: -np.sign(u - 0.123), lambda u: 1.0, grid)


@pytest.mark.parametrize("convention", CONVENTIONS)
def test_flux_vanishes_in_its_own_convention_only(convention):
    """FND: J = 0 to second order in the grid; another convention's flux does not vanish."""
    def drift(u):
        return -u

    def D(u):
        return 0.4 * (1 + u**2)

    sizes = []
    for k in (201, 401):
        grid = np.linspace(-3, 3, k)
        p = density(drift, D, grid, convention)
        sizes.append(np.abs(flux(p, drift, D, grid, convention))[1:-1].max())
    assert sizes[0] < 1e-3 * np.abs(p * drift(grid)).max()
    assert sizes[0] / sizes[1] == pytest.approx(4, rel=0.1)
    other = "ito" if convention != "ito" else "anti-ito"
    assert np.abs(flux(p, drift, D, grid, other)).max() > 100 * sizes[1]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.floats(-3, 3), min_size=2, max_size=6), st.sampled_from(CONVENTIONS))
def test_only_increasing_grids(points, convention):
    """Any list of points either increases strictly or is refused."""
    if all(b > a for a, b in zip(points, points[1:], strict=False)):
        p = density(lambda u: 0 * u, lambda u: 1.0, points, convention)
        np.testing.assert_allclose(p, 1 / (points[-1] - points[0]), rtol=1e-10)
    else:
        with pytest.raises(ValueError, match="increase"):
            density(lambda u: 0 * u, lambda u: 1.0, points, convention)


def test_refusals():
    """D <= 0, NaN, empty grids, unknown convention, unresolved drift."""
    grid = np.linspace(-1, 1, 11)

    def drift(u):
        return -u

    with pytest.raises(ValueError, match="D must be > 0"):
        density(drift, lambda u: u + 0.5, grid)
    with pytest.raises(ValueError, match="drift must be finite"):
        density(lambda u: np.where(u > 0.3, np.nan, -u), lambda u: 1.0, grid)
    with pytest.raises(ValueError, match="finite"):
        density(drift, lambda u: 1.0, [0, np.nan])
    with pytest.raises(ValueError, match=">= 2 values, got 0"):
        density(drift, lambda u: 1.0, [])
    with pytest.raises(ValueError, match="convention"):
        density(drift, lambda u: 1.0, grid, "isothermal")
    with pytest.raises(ValueError, match="resolve"):
        density(drift, lambda u: 1e-6 + 0 * u, grid)
    with pytest.raises(ValueError, match="p must be positive"):
        flux(np.zeros(11), drift, lambda u: 1.0, grid)
