"""TLS-10: the small network of the check, and runs of SGD on it."""

import math

import pytest
import torch
from torch.nn.functional import batch_norm, cross_entropy

from sgdtheory.checks.tails import scale_invariance as check
from sgdtheory.theory.tails import scale_invariance as theory


@pytest.fixture(scope="module")
def w():
    return check.case()[2]


def layer(w, eps):
    """The loss of the first minibatch through torch's own batch norm."""
    x, y, _, head = check.case()
    z = batch_norm(x[0] @ w.view(4, 5).T, None, None, training=True, eps=eps)
    return cross_entropy(torch.tanh(z) @ head.T, y[0])


def first_two(loss, w, v):
    """Loss, and its first two derivatives along v."""
    w = w.clone().requires_grad_()
    found = [loss(w)]
    for _ in range(2):
        found.append(torch.autograd.grad(found[-1], w, create_graph=True)[0] @ v)
    return [t.item() for t in found]


def test_batch_norm_written_out_is_torchs_without_its_epsilon(w):
    v = torch.linspace(-1, 1, len(w), dtype=torch.float64)
    torchs = first_two(lambda w: layer(w, 1e-300), w, v)
    assert first_two(check.loss, w, v) == pytest.approx(torchs, rel=1e-10)


def test_third_derivatives_are_differences_of_second_ones(w):
    v, h = torch.linspace(-1, 1, len(w), dtype=torch.float64), 1e-4
    low, high = (first_two(check.loss, w + at * v, v)[2] for at in (-h, h))
    third = check.derivatives(w, v, 0)[2] @ v
    assert float(third) == pytest.approx((high - low) / (2 * h), rel=1e-6)


@pytest.mark.parametrize("r", [0.2, 1.0, 30.0])
def test_the_loss_does_not_change_with_the_scale(w, r):
    for k in range(check.BATCHES):
        assert float(check.loss(r * w, k)) == pytest.approx(float(check.loss(w, k)), rel=1e-12)


def test_an_epsilon_as_large_as_the_variance_breaks_it(w):
    small, usual = 1e-2 * w, 1e-5
    assert float(layer(w, usual)) == pytest.approx(float(layer(w, 1e-300)), rel=1e-4)
    assert abs(float(layer(small, 1e-2) - layer(w, 1e-300))) > 0.01


def test_the_length_only_grows_without_decay_and_settles_with_it(w):
    lengths = {}
    for decay in (0.0, check.LAMBDA):
        at, found = w.clone(), []
        for t in range(400):
            step = check.ETA * check.gradient(at, t % check.BATCHES)
            at = (1 - check.ETA * decay) * at - step
            found.append((float(at.norm()), float(step.norm()) / check.ETA))
        lengths[decay] = torch.tensor(found).double()
    free, held = lengths[0.0], lengths[check.LAMBDA]
    assert (free[1:, 0] >= free[:-1, 0]).all()
    square, grad = (held[200:] ** 2).mean(0).tolist()
    decay = check.LAMBDA * (2 - check.ETA * check.LAMBDA)
    assert square == pytest.approx(check.ETA * grad / decay, rel=0.02), "balance of the means"


@pytest.mark.parametrize("product", [1e-2, 1e-4])
def test_the_angle_at_the_balance_is_near_the_root_of_twice_the_decay(product):
    cosine = theory.CLAIM[theory.TURN].rhs.subs({theory.eta: 1.0, theory.lam: product})
    assert math.acos(cosine) == pytest.approx(math.sqrt(2 * product), rel=product)
