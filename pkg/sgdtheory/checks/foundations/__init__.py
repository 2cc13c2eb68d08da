"""Numeric checks of the foundations."""

from sgdtheory.checks.foundations import (
    calculus,
    first_passage,
    kramers,
    reading,
    sampling,
    time_scales,
)

CHECKS = {
    **sampling.CHECKS,
    **calculus.CHECKS,
    **reading.CHECKS,
    **time_scales.CHECKS,
    **first_passage.CHECKS,
    **kramers.CHECKS,
}
