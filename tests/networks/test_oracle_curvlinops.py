"""An independent implementation of the same products: curvlinops, where it is installed."""

import pytest
import torch
from torch import nn

from sgdtheory.networks import curvature, models

# Its forward-mode derivatives make torch script decompositions, which torch deprecates.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@pytest.fixture
def curvlinops():
    return pytest.importorskip("curvlinops")


@pytest.fixture
def problem():
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(10, 5, generator=generator).double()
    return models.mlp([5, 7, 3], seed=0).double(), x, torch.arange(10) % 3


def multiplied(operator, net, loss_fn, x, y, v):
    """Their product with v, the data in two batches; parameters by name in later versions."""
    data, named = [(x[:6], y[:6]), (x[6:], y[6:])], dict(net.named_parameters())
    try:
        matrix = operator(net, loss_fn, list(named.values()), data)
    except TypeError:
        matrix = operator(net, loss_fn, named, data)
    return (matrix @ v).detach()


def test_products_of_the_cross_entropy(curvlinops, problem):
    net, x, y = problem
    args = (net, nn.CrossEntropyLoss(), x, y, torch.linspace(-1, 1, 66).double())
    pairs = {
        curvlinops.HessianLinearOperator: curvature.hessian_vector_product(*args),
        curvlinops.GGNLinearOperator: curvature.gauss_newton_vector_product(*args),
        curvlinops.EFLinearOperator: curvature.empirical_fisher(*args[:4]) @ args[4],
    }
    for operator, ours in pairs.items():
        torch.testing.assert_close(ours, multiplied(operator, *args), rtol=1e-8, atol=1e-10)


def test_products_of_the_squared_loss(curvlinops, problem):
    net, x, _ = problem
    args = (net, nn.MSELoss(), x, x[:, :3], torch.linspace(-1, 1, 66).double())
    ours = curvature.hessian_vector_product(*args)
    theirs = multiplied(curvlinops.HessianLinearOperator, *args)
    torch.testing.assert_close(ours, theirs, rtol=1e-8, atol=1e-10)
