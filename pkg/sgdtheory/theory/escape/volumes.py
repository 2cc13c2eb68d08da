"""Volume of a well and flux through a saddle in d dimensions, for a law ``C^-m``."""

from functools import lru_cache

import sympy as sp

from sgdtheory.theory.escape import peaks
from sgdtheory.theory.escape.symbols import X, barrier, kappa, m
from sgdtheory.theory.power_law.eigenbasis import d

HALF = sp.S.Half
H_be, det_a, det_b = sp.symbols(r"|H_{be}| \det{H_a} |\det{H_b}|", positive=True)
n, power, r = sp.symbols("n P r", positive=True)
SCALE = 2 * barrier / X  # eta kappa sigma_e: s = 1 + uᵀ H u/SCALE in the well


@lru_cache(maxsize=1)
def ball() -> sp.Expr:
    """``∫ (1 + |v|²)^-P`` over n dimensions: area of the sphere times the radial integral."""
    radial = sp.integrate(r ** (n - 1) * (1 + r**2) ** -power, (r, 0, sp.oo), conds="none")
    return sp.gammasimp(2 * sp.pi ** (n / 2) / sp.gamma(n / 2) * radial)


def quadratic(dimension, determinant, exponent, scale) -> sp.Expr:
    """``∫ (1 + uᵀ H u/scale)^-exponent`` for a positive H of this determinant."""
    values = {n: dimension, power: exponent}
    return sp.sqrt(scale**dimension / determinant) * ball().subs(values, simultaneous=True)


def quadratic_time() -> sp.Expr:
    """Volume of a quadratic well over the flux through a quadratic saddle, along e."""
    well = quadratic(d, det_a, m, SCALE)
    line = sp.sqrt(SCALE / H_be) * peaks.beta(m + HALF)
    wider = (1 + X) * SCALE
    across = (1 + X) ** (HALF - m) * quadratic(d - 1, det_b / H_be, m - HALF, wider)
    return well * line / across / (SCALE / (2 * kappa))


def laplace_time() -> sp.Expr:
    """Gaussian integrals for the energy ``ln s`` at temperature 1/m: Eyring and Kramers."""
    at_a, at_b = 2 / SCALE, 2 / (SCALE * (1 + X))  # Hessian of ln s over that of L

    def gauss(dimension, determinant):
        return sp.sqrt((2 * sp.pi / m) ** dimension / determinant)

    well = gauss(d, at_a**d * det_a)
    line, across = gauss(1, at_b * H_be), gauss(d - 1, at_b ** (d - 1) * det_b / H_be)
    return well * line / across * (1 + X) ** (m - 1) / (SCALE / (2 * kappa))
