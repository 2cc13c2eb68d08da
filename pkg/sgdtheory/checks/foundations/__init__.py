"""Numeric checks of the foundations."""

from sgdtheory.checks.foundations import sampling

CHECKS = {**sampling.CHECKS}
