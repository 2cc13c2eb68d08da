"""The power-law dynamic: noise that grows with the distance, and the tails it makes."""

from sgdtheory.theory.power_law import (
    chains,
    many_dimensions,
    network,
    noise,
    relaxation,
    stationary,
)

STATEMENTS = (
    *noise.STATEMENTS,
    *stationary.STATEMENTS,
    *relaxation.STATEMENTS,
    *many_dimensions.STATEMENTS,
    *chains.STATEMENTS,
    *network.STATEMENTS,
)
