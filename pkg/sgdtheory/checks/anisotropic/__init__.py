"""Numeric checks of the chapter anisotropic."""

from sgdtheory.checks.anisotropic import (
    alignment,
    cnn,
    dynamics,
    efficiency,
    fisher,
    networks,
    quadratic_well,
    sharpness,
    toy,
)

CHECKS = {
    **dynamics.CHECKS,
    **efficiency.CHECKS,
    **quadratic_well.CHECKS,
    **alignment.CHECKS,
    **fisher.CHECKS,
    **sharpness.CHECKS,
    **toy.CHECKS,
    **networks.CHECKS,
    **cnn.CHECKS,
}
