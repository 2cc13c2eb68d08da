"""Where claims and numbers meet: the numeric check of every statement, one file a chapter.

A check is a function ``check(claim) -> iterable of Comparison``.  It reads numbers off the
*claim* that it is given (label -> sympy object), finds the same numbers on a route that
shares no code with the symbols (enumeration, quadrature, exact solver, simulation), and
compares.  So the very same check is put to the mutants.  Chapters list theirs in
``CHECKS``: ID -> check.
"""

from sgdtheory.checks._verify import checks, verify, verify_statement

__all__ = ["checks", "verify", "verify_statement"]
