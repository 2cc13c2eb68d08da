"""Formulas are printed in blackboard order, with the brackets that they need."""

import pytest
import sympy as sp

from sgdtheory.theory import catalog
from sgdtheory.theory.printing import latex

w, eta, kappa, alpha, n, b, u = sp.symbols("w eta kappa alpha n b u", positive=True)
x, t = sp.symbols("x t", real=True)
f, p, D = sp.Function("f")(x), sp.Function("p")(x, t), sp.Function("D")(x)


@pytest.mark.parametrize(
    "expr, shown",
    [
        (w - eta * u, r"w - \eta u"),
        (n - b, "n - b"),
        (2 * kappa + 1, r"2 \kappa + 1"),
        (2 * n - 3, "2 n - 3"),
        (1 + u**2, "1 + u^{2}"),
        (1 - eta * w, r"1 - \eta w"),
        (sp.Derivative(x * f, x), r"\partial_{x} \left[x f{\left(x \right)}\right]"),
        (sp.Derivative(p, t), r"\partial_{t} p{\left(x,t \right)}"),
        (sp.Derivative(p, (x, 2)), r"\partial_{x}^{2} p{\left(x,t \right)}"),
        (D**alpha, r"D{\left(x \right)}^{\alpha}"),
        (sp.exp(sp.atan(x)), r"\exp\left(\arctan\left(x\right)\right)"),
        (sp.exp(-x), "e^{- x}"),
        ((w + 1) ** (kappa - 1), r"\left(1 + w\right)^{\kappa - 1}"),
        (sp.polygamma(0, u), r"\psi\left(u\right)"),
        (sp.polygamma(1, u), r"\psi'\left(u\right)"),
        (1 + u + sp.O(u**2), r"1 + u + O\left(u^{2}\right)"),
    ],
)  # fmt: skip
def test_as_on_a_blackboard(expr, shown):
    assert latex(expr) == shown


def test_no_claim_begins_a_sum_with_a_minus_that_could_stand_later():
    """``-w + w'`` is right and unreadable."""
    for statement in catalog.all():
        for _, tex in statement.latex():
            assert r"\left(- \alpha +" not in tex and r"\left(-1 +" not in tex, statement.id
