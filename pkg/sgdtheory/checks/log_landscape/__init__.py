"""Numeric checks of the chapter log landscape."""

from sgdtheory.checks.log_landscape import (
    covariance,
    decoupling,
    enhancement,
    escape_rate,
    first_passage,
    networks,
    other_losses,
    reconciliation,
    stationary,
    threshold,
    time_change,
)

CHECKS = {
    **covariance.CHECKS,
    **decoupling.CHECKS,
    **time_change.CHECKS,
    **stationary.CHECKS,
    **threshold.CHECKS,
    **escape_rate.CHECKS,
    **first_passage.CHECKS,
    **other_losses.CHECKS,
    **reconciliation.CHECKS,
    **networks.CHECKS,
    **enhancement.CHECKS,
}
