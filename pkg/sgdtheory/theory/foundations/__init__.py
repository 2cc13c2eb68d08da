"""Foundations: what one step of SGD is, and what may be said of many."""

from sgdtheory.theory.foundations import (
    calculus,
    clt,
    first_passage,
    heavy_tails,
    kramers,
    primer,
    reading,
    sgd,
    time_scales,
)

STATEMENTS = (
    *sgd.STATEMENTS,
    *clt.STATEMENTS,
    *calculus.STATEMENTS,
    *reading.STATEMENTS,
    *time_scales.STATEMENTS,
    *first_passage.STATEMENTS,
    *kramers.STATEMENTS,
    *primer.STATEMENTS,
    *heavy_tails.STATEMENTS,
)
