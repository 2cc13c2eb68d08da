"""What is particular to ANO-EQ7, ANO-S3 and ANO-F5."""

import pytest
import sympy as sp

from sgdtheory.checks.anomalous import gradients as network
from sgdtheory.theory import catalog
from sgdtheory.theory.anomalous import gradients, likelihood_ratio, stable


def test_the_rates_in_the_remark_of_the_likelihood_ratio():
    """Beyond 1.64: one nested sample of a thousand, where Vuong's law says one of twenty."""
    claim = catalog.get("ANO-S3").claim
    tail = claim[likelihood_ratio.TAIL].rhs
    assert float(tail.subs(likelihood_ratio.c, 1.64485)) == pytest.approx(1e-3, rel=0.02)
    (source,) = [m for m in catalog.get("ANO-S3").mutants if m.source]
    wrong = source.claim[likelihood_ratio.TAIL].rhs
    assert float(wrong.subs(likelihood_ratio.c, 1.64485)) == pytest.approx(0.05, rel=1e-4)


def test_log_moments_at_the_two_laws_that_everybody_knows():
    """Gaussian of variance 2: E ln|X| = -euler/2, Var = pi^2/8; Cauchy: 0 and pi^2/4."""
    claim = catalog.get("ANO-EQ7").claim
    for alpha, mean, spread in ((2, -sp.EulerGamma / 2, sp.pi**2 / 8), (1, 0, sp.pi**2 / 4)):
        at = {stable.alpha: alpha, stable.sigma: 1}
        assert sp.simplify(claim[stable.MEAN].rhs.subs(at) - mean) == 0
        assert sp.simplify(claim[stable.SPREAD].rhs.subs(at) - spread) == 0


def test_every_null_model_of_the_network_misses_its_band():
    claim = catalog.get("ANO-F5").claim
    measured, nulls = network.measured(), network.nulls()
    assert measured.keys() == nulls.keys() == claim.keys()
    for label, (name, values) in nulls.items():
        assert not bool(claim[label].subs({**measured[label], **values})), name
    assert claim[gradients.RISES].has(gradients.noisy_late)
