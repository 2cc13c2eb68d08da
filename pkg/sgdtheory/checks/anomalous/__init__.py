"""Numeric checks of the chapter anomalous."""

from sgdtheory.checks.anomalous import (
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

CHECKS = {
    **msd.CHECKS,
    **increments.CHECKS,
    **known.CHECKS,
    **quadratic.CHECKS,
    **spectrum.CHECKS,
    **stable.CHECKS,
    **path.CHECKS,
    **landscape.CHECKS,
    **toy.CHECKS,
    **networks.CHECKS,
    **gradients.CHECKS,
    **paths_measured.CHECKS,
}
