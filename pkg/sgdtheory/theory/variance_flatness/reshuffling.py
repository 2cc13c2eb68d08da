"""Sampling without replacement: every statement about epochs."""

from sgdtheory.theory.variance_flatness import (
    epoch_phases,
    heavy_epochs,
    reshuffling_average,
    shuffle_once,
)

STATEMENTS = (
    *reshuffling_average.STATEMENTS,
    *epoch_phases.STATEMENTS,
    *heavy_epochs.STATEMENTS,
    *shuffle_once.STATEMENTS,
)
