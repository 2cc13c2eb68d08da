"""What is particular to TLS-8, TLS-9 and TLS-E2."""

import math

import pytest
import sympy as sp

from sgdtheory.checks.tails import gradient_noise as network
from sgdtheory.theory import catalog
from sgdtheory.theory.tails import gradient_noise, sums_of_blocks, tail_index


def test_numbers_in_the_remark_of_hill():
    """nu = 10: a tail a hundred times rarer brings 2.5 times less; 2 ln(n/k) of a Gaussian."""
    claim = catalog.get("TLS-8").claim
    bias = claim[tail_index.FRACTION].rhs.subs(tail_index.nu, 10)
    less = (bias / bias.subs(tail_index.p, tail_index.p / 100)).simplify()
    assert float(less) == pytest.approx(2.5, abs=0.02)
    best = claim[tail_index.BEST].rhs
    square = 1 / tail_index.k
    size = sp.powdenest(square.subs(tail_index.k, best), force=True)
    slope = sp.simplify(tail_index.n * sp.diff(sp.log(size), tail_index.n))
    assert sp.simplify(slope / 2 + 2 / (tail_index.nu + 4)) == 0


def test_numbers_in_the_remark_of_the_log_moments():
    claim = catalog.get("TLS-9").claim
    laplace = claim[sums_of_blocks.LAPLACE].rhs
    for size, said in ((2, 1.39), (100, 1.78)):
        index = float(1 / laplace.subs(sums_of_blocks.K, size))
        assert index == pytest.approx(said, abs=0.005)
    assert float(claim[sums_of_blocks.PAIRS].rhs) == pytest.approx(2 * math.log(2))


def test_two_widths_give_every_index_below_two():
    index = 1 / catalog.get("TLS-9").claim[sums_of_blocks.TWO].rhs
    at = sp.lambdify(sums_of_blocks.r, index, "math")
    assert at(1.0) == pytest.approx(2) and at(1e30) < 0.1
    values = [at(1.5**j) for j in range(40)]
    assert all(b < a for a, b in zip(values, values[1:], strict=False))
    assert at(3.0) == pytest.approx(at(1 / 3.0))


def test_every_null_model_misses_its_band():
    claim = catalog.get("TLS-E2").claim
    assert network.nulls().keys() == claim.keys()
    for label, (name, values) in network.nulls().items():
        assert not bool(claim[label].subs({**network.measured(), **values})), name


def test_all_estimators_agree_on_a_stable_law():
    """The control of TLS-E2, in the order of the vector, of one weight and shuffled."""
    _, heavy = network.nulls()[gradient_noise.APART]
    same = gradient_noise
    for symbol in (same.hill, same.waves, same.quantiles, same.blocks, same.own):
        assert heavy[symbol] == pytest.approx(network.INDEX, abs=0.06)
