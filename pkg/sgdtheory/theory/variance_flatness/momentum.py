"""Momentum in three forms."""

from sgdtheory.theory.variance_flatness import heavy_ball, nesterov

STATEMENTS = (*heavy_ball.STATEMENTS, *nesterov.STATEMENTS)
