"""Numeric checks of the chapter tails."""

from sgdtheory.checks.tails import (
    batch_size,
    covariance_scan,
    gradient_noise,
    networks,
    pooling,
    pretrained,
    scale_invariance,
    student,
    tail_index,
)

CHECKS = {
    **student.CHECKS,
    **pooling.CHECKS,
    **batch_size.CHECKS,
    **networks.CHECKS,
    **pretrained.CHECKS,
    **covariance_scan.CHECKS,
    **scale_invariance.CHECKS,
    **tail_index.CHECKS,
    **gradient_noise.CHECKS,
}
