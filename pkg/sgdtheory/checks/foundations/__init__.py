"""Numeric checks of the foundations."""

from sgdtheory.checks.foundations import (
    calculus,
    first_passage,
    kramers,
    primer,
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
    **primer.CHECKS,
}
