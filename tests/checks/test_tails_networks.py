"""Parts of the check of PLD-EXP51."""

import numpy as np
import pytest
import torch

from sgdtheory.checks.tails import networks as check
from sgdtheory.theory import catalog


def test_the_initial_law_is_uniform_within_the_inverse_root_of_the_inputs():
    net = check.start(3)
    first = net.fc1.weight.detach()
    assert first.abs().max() <= 1 / 8
    assert float(first.std()) == pytest.approx(1 / 8 / 3**0.5, rel=0.05)
    assert not torch.equal(first, check.start(4).fc1.weight)


def test_a_tail_of_unequal_units_goes_away_in_their_own_widths():
    rng = np.random.default_rng(0)
    widths = np.exp(rng.normal(0, 0.8, (4, 32, 1)))
    w = widths * rng.standard_normal((4, 32, 32))
    assert check.tail(w) > 0.15
    assert check.tail(check.in_own_widths(w)) < 0.01


def test_a_tail_of_every_weight_stays():
    w = np.random.default_rng(1).standard_t(5, (4, 32, 32))
    assert check.tail(check.in_own_widths(w)) > 0.1


def test_the_label_of_the_source_finds_it():
    assert catalog.get("PLD-EXP-5.1").id == "PLD-EXP51"
