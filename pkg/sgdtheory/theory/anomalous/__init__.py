"""Anomalous diffusion: what a mean squared displacement can tell."""

from sgdtheory.theory.anomalous import (
    gradients,
    increments,
    known,
    landscape,
    msd,
    networks,
    path,
    paths_measured,
    quadratic,
    spectrum,
    stable,
    toy,
)

STATEMENTS = (
    *msd.STATEMENTS,
    *increments.STATEMENTS,
    *known.STATEMENTS,
    *quadratic.STATEMENTS,
    *spectrum.STATEMENTS,
    *stable.STATEMENTS,
    *path.STATEMENTS,
    *landscape.STATEMENTS,
    *toy.STATEMENTS,
    *networks.STATEMENTS,
    *gradients.STATEMENTS,
    *paths_measured.STATEMENTS,
)
