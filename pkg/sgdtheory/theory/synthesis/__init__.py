"""What the theories say of one question: which well, and how hard it is to leave."""

from sgdtheory.theory.synthesis import occupation, steps

STATEMENTS = (*occupation.STATEMENTS, *steps.STATEMENTS)
