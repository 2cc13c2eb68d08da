"""The logarithmic landscape: noise proportional to the loss, and how to make more of it."""

from sgdtheory.theory.log_landscape import (
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

STATEMENTS = (
    *covariance.STATEMENTS,
    *decoupling.STATEMENTS,
    *time_change.STATEMENTS,
    *stationary.STATEMENTS,
    *threshold.STATEMENTS,
    *escape_rate.STATEMENTS,
    *first_passage.STATEMENTS,
    *other_losses.STATEMENTS,
    *reconciliation.STATEMENTS,
    *networks.STATEMENTS,
    *enhancement.STATEMENTS,
)
