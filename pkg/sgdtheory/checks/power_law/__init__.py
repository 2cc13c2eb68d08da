"""Numeric checks of the power-law dynamic."""

from sgdtheory.checks.power_law import (
    chains,
    many_dimensions,
    network,
    noise,
    relaxation,
    stationary,
)

CHECKS = {
    **noise.CHECKS,
    **stationary.CHECKS,
    **relaxation.CHECKS,
    **many_dimensions.CHECKS,
    **chains.CHECKS,
    **network.CHECKS,
}
