"""The Student t: scale mixture, information, q-Gaussian, and the densities of Figure 5."""

from sgdtheory.theory.statement import Statement
from sgdtheory.theory.tails import figure5, information, readings, scale_mixture

STATEMENTS: tuple[Statement, ...] = (
    scale_mixture.TLS1,
    information.TLS2,
    readings.TLS3,
    figure5.EXPF5,
)
