"""Numeric checks of the escape chapter."""

from sgdtheory.checks.escape import (
    barrier,
    many_dimensions,
    noise_models,
    pac_bayes,
    quadratic_basin,
    toy,
)

CHECKS = {
    **barrier.CHECKS,
    **quadratic_basin.CHECKS,
    **noise_models.CHECKS,
    **many_dimensions.CHECKS,
    **toy.CHECKS,
    **pac_bayes.CHECKS,
}
