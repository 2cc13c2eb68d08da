"""Numeric checks of the power-law dynamic."""

CHECKS = {}
