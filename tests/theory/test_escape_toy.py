"""PLD-EXP52: the toy's pieces, each against a route of its own."""

import numpy as np
import pytest

from sgdtheory.checks.escape import toy
from sgdtheory.theory import catalog
from sgdtheory.theory.escape import toy as theory


@pytest.fixture(scope="module")
def small():
    return toy.Toy(3, n=60)


def test_the_alias_names_the_statement():
    assert catalog.get("PLD-EXP-5.2") is catalog.get("PLD-EXP52")


def test_slope_is_the_derivative_of_the_loss():
    v, h = np.linspace(-2.3, 1.7, 33), 1e-6

    def loss(v):
        return 15 * np.abs(v - 1) ** 2.5 * np.abs(v + 1) ** 3

    assert np.allclose(
        toy.slope(v), (loss(v + h) - loss(v - h)) / (2 * h), rtol=1e-5, atol=1e-6
    )


def test_the_minimum_is_one_and_its_noise_is_the_sample_covariance(small):
    gradients = toy.slope(small.minimum - small.x)
    assert np.allclose(gradients.mean(0), 0, atol=1e-8)
    trace = np.trace(np.cov(gradients.T, bias=True))
    assert np.isclose(2 * small.sigma_g, trace)


def test_a_smaller_loss_is_a_smaller_learning_rate(small, monkeypatch):
    """Gradient and noise scale alike: what the source calls flatter changes eta alone."""
    flatter = toy.Toy(3, scale=0.9, n=60).out(8)
    monkeypatch.setattr(toy, "ETA", 0.9 * toy.ETA)
    assert np.isclose(small.out(8), flatter, rtol=1e-9)
    assert np.isclose(0.9**2 * small.sigma_g, toy.Toy(3, scale=0.9, n=60).sigma_g)


def test_the_chain_is_a_probability_that_only_falls(small):
    alive = small.surviving(8)
    assert np.isclose(alive[0], 1) and np.isclose(alive[1], 1, atol=1e-6)
    assert (np.diff(alive) <= 1e-12).all() and alive[-1] > 0


def test_the_chain_does_not_depend_on_its_nodes(small, monkeypatch):
    """Twice as coarse a rule gives the same number."""
    fine = small.out(32)
    x, weight = np.polynomial.legendre.leggauss(150)
    monkeypatch.setattr(toy, "NODES", (x - 1) * toy.WALL / 2)
    monkeypatch.setattr(toy, "WEIGHT", weight * toy.WALL / 2)
    assert np.isclose(toy.Toy(3, n=60).out(32), fine, rtol=1e-6)


def test_in_short_steps_the_chain_nears_the_ito_equation():
    """Mean time of one coordinate to zero, lambda_1 = 128: error like the root of the step."""
    from sgdtheory.stochastic.first_passage import mean_first_passage_time

    here, growth = toy.Toy(0), 128.0
    start, at = here.minimum[0], np.linspace(-toy.WALL, 0, 3501)
    table = toy.slope(at[:, None] - here.x[:, 0]).mean(1)
    exact = mean_first_passage_time(
        lambda w: -np.interp(w, at, table),
        lambda w: toy.ETA / 2 * here.sigma_g * (1 + growth * (w - start) ** 2),
        start, 0.0, lower=-toy.WALL, cells=20_000,
    )  # fmt: skip
    times = {}
    for parts in (1, 8, 32):
        kernel = here.kernels(growth, parts)[0]
        mean = np.linalg.solve(np.eye(len(kernel)) - kernel, np.ones(len(kernel)))[-1]
        times[parts] = toy.ETA / parts * mean
    assert times[1] < 0.1 * exact, "the toy itself is nowhere near"
    errors = times[8] / exact - 1, times[32] / exact - 1
    assert 0 < errors[1] < 0.25 and 1.5 < errors[0] / errors[1] < 2.5


def test_fitted_growth_returns_what_was_put_in():
    u = np.linspace(-0.3, 0.3, 21)
    growth, r2 = toy.fitted_growth(u, 5 * (1 + 7 * u**2), 5)
    assert np.isclose(growth, 7) and np.isclose(r2, 1)


@pytest.mark.parametrize("label", list(catalog.get("PLD-EXP52").claim))
def test_the_null_alone_fails_its_part(label):
    """A band wide enough for its null is refused by that number and no other."""
    part = catalog.get("PLD-EXP52").claim[label]
    wide = {**catalog.get("PLD-EXP52").claim, label: part.func(part.lhs, -10, evaluate=False)}
    refused = [c.what for c in toy.toy(wide) if not c.accepted]
    assert len(refused) == 1 and refused[0].startswith(f"{label}: holds for")


def test_every_part_has_its_values_and_its_null():
    claim = catalog.get("PLD-EXP52").claim
    values = toy.measured(toy.DATA_SETS[0])
    assert set(values) == set(toy.nulls(values)) == set(claim)
    assert {s for v in values.values() for s in v} == {
        s for part in claim.values() for s in part.free_symbols
    }
    assert theory.RISE in claim
