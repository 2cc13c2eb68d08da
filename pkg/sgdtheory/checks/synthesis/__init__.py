"""Numeric checks of the chapter synthesis."""

from sgdtheory.checks.synthesis import occupation, steps

CHECKS = {**occupation.CHECKS, **steps.CHECKS}
