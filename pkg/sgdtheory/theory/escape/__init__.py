"""Escape: how long SGD stays in a minimum, for each model of its noise."""

from sgdtheory.theory.escape import (
    barrier,
    many_dimensions,
    noise_models,
    pac_bayes,
    quadratic_basin,
    shape,
    toy,
)

STATEMENTS = (
    *barrier.STATEMENTS,
    *shape.STATEMENTS,
    *quadratic_basin.STATEMENTS,
    *noise_models.STATEMENTS,
    *many_dimensions.STATEMENTS,
    *toy.STATEMENTS,
    *pac_bayes.STATEMENTS,
)
