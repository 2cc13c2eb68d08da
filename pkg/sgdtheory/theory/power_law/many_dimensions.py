"""Statements of the power-law dynamic."""

STATEMENTS = ()
