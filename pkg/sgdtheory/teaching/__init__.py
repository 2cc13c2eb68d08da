"""A student's answer to "state the result of PLD-T2", judged by the verifier itself.

>>> from sgdtheory.teaching import check_answer
>>> bool(check_answer("PLD-T2", "kappa + 1 - alpha", part="exponent"))
True
"""

from sgdtheory.teaching.check import check_answer
from sgdtheory.teaching.letters import letters
from sgdtheory.teaching.reply import Reply

__all__ = ["Reply", "check_answer", "letters"]
