"""One minibatch: its mean and its covariance."""

import sympy as sp

from sgdtheory.theory.statement import Mutant, Statement, Step, equation

n, b = sp.symbols("n b", positive=True, integer=True)
S = sp.Symbol(r"\Sigma", positive=True)
C_with, C_without = sp.symbols(r"C_{\mathrm{with}} C_{\mathrm{without}}", positive=True)


def _sampling_covariance(claim):
    """Minibatch variance from the joint law of two draws, with and without replacement."""
    # Two different draws without replacement have covariance -Sigma/(n - 1): the deviations
    # of all n samples add up to zero.
    pair = -S / (n - 1)
    with_ = (b * S) / b**2
    without = (b * S + b * (b - 1) * pair) / b**2
    return [claim["with replacement"].rhs - with_, claim["without replacement"].rhs - without]


STATEMENTS = (
    Statement(
        id="FND-2",
        kind="proposition",
        title="Covariance of the minibatch gradient",
        source="sgdtheory",
        assumptions=(
            ("batch of b from n samples, uniformly", b < n),
            ("Σ: covariance of one sample's gradient over the n samples (1/n)", None),
        ),
        claim={
            "with replacement": equation(C_with, S / b),
            "without replacement": equation(C_without, S / b * (n - b) / (n - 1)),
        },
        steps=(
            Step(
                "b draws, each of variance Σ, pairs of covariance -Σ/(n-1) without replacement",
                None,
                _sampling_covariance,
            ),
        ),
        mutants=(
            Mutant("1/b² instead of 1/b", {"with replacement": equation(C_with, S / b**2)}),
            Mutant(
                "n instead of n-1",
                {"without replacement": equation(C_without, S / b * (n - b) / n)},
            ),
        ),
    ),
)
