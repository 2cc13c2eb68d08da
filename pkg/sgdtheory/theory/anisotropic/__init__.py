"""Anisotropic noise: what its alignment with the curvature does."""

from sgdtheory.theory.anisotropic import (
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

STATEMENTS = (
    *dynamics.STATEMENTS,
    *efficiency.STATEMENTS,
    *quadratic_well.STATEMENTS,
    *alignment.STATEMENTS,
    *fisher.STATEMENTS,
    *sharpness.STATEMENTS,
    *toy.STATEMENTS,
    *networks.STATEMENTS,
    *cnn.STATEMENTS,
)
