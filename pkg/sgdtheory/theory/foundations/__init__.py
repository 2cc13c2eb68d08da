"""Foundations: what one step of SGD is, and what may be said of many."""

from sgdtheory.theory.foundations import sgd

STATEMENTS = (*sgd.STATEMENTS,)
