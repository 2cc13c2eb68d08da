"""How large can an expression become?  Asked before it is built: ``9**9**9`` never is."""

import sympy as sp

#: Bits of the largest number an answer may need, with letters put at numbers up to eight.
MOST_BITS = 1e6
_LETTER = 3.0
_SPECIAL = (sp.gamma, sp.factorial, sp.beta, sp.polygamma, sp.zeta)


def size(expr: sp.Basic) -> float:
    """A rough bound of ``log2 |expr|``."""
    if isinstance(expr, sp.Rational):
        return max(float(abs(expr.p).bit_length() - expr.q.bit_length() + 1), 0.0)
    if not expr.args or isinstance(expr, sp.Indexed):
        return _LETTER
    if isinstance(expr, sp.Pow | sp.exp):
        base, power = expr.as_base_exp()
        if power.could_extract_minus_sign():
            return 1.0
        return max(size(base), 1.5) * _value(power)
    if isinstance(expr, sp.Mul):
        return sum(size(part) for part in expr.args)
    if isinstance(expr, _SPECIAL):
        return special_bits(expr.args)
    return max(size(part) for part in expr.args) + len(expr.args)


def _value(expr: sp.Basic) -> float:
    return 2.0 ** min(size(expr), 1000.0)


def bits(expr: sp.Basic) -> float:
    """Bits that are needed to hold ``expr``: exact powers count, an exponential is a float."""
    if isinstance(expr, sp.Rational):
        return float(max(abs(expr.p).bit_length(), expr.q.bit_length()))
    if not expr.args or isinstance(expr, sp.Indexed):
        return _LETTER
    if isinstance(expr, sp.Pow | sp.exp):
        return power_bits(*expr.as_base_exp())
    if isinstance(expr, _SPECIAL):
        return special_bits(expr.args)
    if isinstance(expr, sp.Mul):
        return sum(bits(part) for part in expr.args)
    return max(bits(part) for part in expr.args)


def power_bits(base: sp.Basic, power: sp.Basic) -> float:
    """Bits of ``base**power``, without working it out."""
    inside = max(bits(base), bits(power))
    return max(inside, size(power)) if base == sp.E else max(inside, bits(base) * _value(power))


def special_bits(arguments) -> float:
    """Bits of a Gamma function of these arguments: ``x log2 x``."""
    inside = max((max(bits(x), size(x) * _value(x)) for x in arguments), default=0.0)
    return max(inside, 1.0)
