"""LOG-E1: the comparison of the two matrices through n x n products, and its null model."""

import numpy as np
import pytest

from sgdtheory.checks.log_landscape import networks as check
from sgdtheory.theory.log_landscape import networks as theory


@pytest.fixture
def sample():
    """Losses and gradients of 600 samples in 700 dimensions."""
    draw = np.random.default_rng(0)
    return draw.exponential(size=600), draw.standard_normal((600, 700)) * draw.gamma(
        2, size=700
    )


def test_small_products_give_the_spectra_of_the_large_matrices(sample):
    loss, gradients = sample
    exact = gradients.T @ (loss[:, None] * gradients) / len(loss)
    decoupled = loss.mean() * gradients.T @ gradients / len(loss)
    found = check.compared(loss, gradients @ gradients.T)
    error = np.linalg.norm(exact - decoupled) / np.linalg.norm(exact)
    assert found[theory.error] == pytest.approx(error, rel=1e-9)
    first = np.linalg.eigvalsh(exact)[-1] / np.linalg.eigvalsh(decoupled)[-1]
    assert found[theory.first] == pytest.approx(max(first, 1 / first), rel=1e-9)
    trace = np.trace(exact) / np.trace(decoupled)
    assert found[theory.trace] == pytest.approx(max(trace, 1 / trace), rel=1e-9)


def test_equal_losses_decouple_exactly(sample):
    gradients = sample[1]
    found = check.compared(np.full(600, 0.3), gradients @ gradients.T)
    assert found[theory.error] == pytest.approx(0, abs=1e-12)
    for ratio in (theory.trace, theory.first, theory.five, theory.small):
        assert found[ratio] == pytest.approx(1, rel=1e-9)


def test_no_order_of_the_losses_has_a_larger_trace_than_the_coupled_one(sample):
    loss, gradients = sample
    gram = gradients @ gradients.T
    dealt = check.coupled(loss, gram)
    assert np.array_equal(np.sort(dealt), np.sort(loss))
    draw = np.random.default_rng(1)
    most = dealt @ np.diagonal(gram)
    assert all(draw.permutation(loss) @ np.diagonal(gram) < most for _ in range(100))


def test_the_claim_shuts_out_noise_proportional_to_the_loss():
    claim = theory.STATEMENTS[0].claim[theory.SLOPE]
    assert not claim.subs({theory.slope: 1}) and claim.subs({theory.slope: 0.7})
