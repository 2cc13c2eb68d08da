"""Tails of trained parameters, and of gradient noise."""

from sgdtheory.theory.tails import (
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

STATEMENTS = (
    *student.STATEMENTS,
    *pooling.STATEMENTS,
    *batch_size.STATEMENTS,
    *networks.STATEMENTS,
    *pretrained.STATEMENTS,
    *covariance_scan.STATEMENTS,
    *scale_invariance.STATEMENTS,
    *tail_index.STATEMENTS,
    *gradient_noise.STATEMENTS,
)
