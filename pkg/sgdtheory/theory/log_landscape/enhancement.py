"""Noise enhancement: more gradient noise at the same learning rate and batch (ENH-1..5)."""

from sgdtheory.theory.log_landscape import (
    enhancement_batches,
    enhancement_moments,
    enhancement_size,
    enhancement_step,
    enhancement_use,
)

STATEMENTS = (
    *enhancement_step.STATEMENTS,
    *enhancement_batches.STATEMENTS,
    *enhancement_size.STATEMENTS,
    *enhancement_moments.STATEMENTS,
    *enhancement_use.STATEMENTS,
)
