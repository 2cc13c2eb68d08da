"""IVF-FDN1: the closed form of the hidden layer's Hessian, and a null model that is close."""

import pytest
import torch
from torch.nn.functional import cross_entropy

from sgdtheory.checks.variance_flatness import detecting
from sgdtheory.networks import curvature
from sgdtheory.theory import catalog
from sgdtheory.theory.variance_flatness import detecting as theory


def test_the_hidden_layers_hessian_has_the_trace_of_its_closed_form():
    x, y, _, _ = detecting.data()
    x, y = x[:20].double(), y[:20]
    nets = [detecting.network(seed).double() for seed in (1, 2)]
    weights = {
        name: torch.stack([dict(net.named_parameters())[name].detach() for net in nets])
        for name, _ in nets[0].named_parameters()
    }
    found = detecting.hidden_trace(weights, x)
    for net, trace in zip(nets, found, strict=True):
        exact = curvature.hessian_trace(net, cross_entropy, x, y, parameters="fc2")
        assert trace.item() == pytest.approx(exact, rel=1e-10)


def test_training_and_test_digits_are_different_ones():
    x, y, x_test, y_test = detecting.data()
    assert (len(x), len(y)) == (500, 500) and len(x_test) == len(y_test) == 1297


def test_each_symbol_of_the_noise_is_read_off_the_samples():
    claim = catalog.get("IVF-FDN").claim[theory.NOISE]
    assert claim.rhs.free_symbols == {theory.square, theory.mean, theory.B}
    found, mean, square = detecting.noise()
    assert square > mean**2 > 0.2 * square, "else a mean left in would not show"
    assert found.n == detecting.DRAWS
