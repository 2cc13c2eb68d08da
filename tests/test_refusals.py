"""Bad input to public functions: an error that states requirement, what was got, remedy."""

import gzip
import math

import numpy as np
import pytest
import sympy as sp
import torch
from torch.nn.functional import cross_entropy

from sgdtheory.checks import verify
from sgdtheory.estimate import Estimate
from sgdtheory.networks import datasets, gradient_noise, models
from sgdtheory.runs import results
from sgdtheory.stochastic import (
    distributions,
    first_passage,
    langevin,
    levy,
    linear_sgd,
    multivariate,
    stationary,
)
from sgdtheory.theory import callables, catalog, fokker_planck

LAW = distributions.power_law(1.0, 1.0, 1.0, 0.3)
WIDE = multivariate.multivariate_power_law(2.0, np.eye(2), np.eye(2), 0.1)
GRID = np.linspace(-3, 3, 9)
NET = models.mlp([4, 3, 2], 0)
IMAGES, LABELS = torch.ones(6, 4), torch.tensor([0, 1, 0, 1, 1, 0])
ALONG = torch.ones(23)
NAN = math.nan
x = sp.Symbol("x", real=True)


def down(u):
    return -u


def one(u):
    return 1 + 0 * u


def walk(**changed):
    given = dict(drift=down, D=1.0, x0=0.0, dt=0.01, steps=2, paths=3, seed=0) | changed
    return langevin.simulate(**given)


def passages(**changed):
    given = dict(drift=down, D=1.0, x0=0.0, target=1.0, dt=0.1, paths=3, seed=0, max_steps=9)
    return langevin.first_passage_times(**given | changed)


def jumps(**changed):
    given = dict(drift=down, scale=1.0, alpha=1.5, x0=0.0, target=1.0, dt=0.1)
    return levy.first_passage_times(**given | dict(paths=3, seed=0, max_steps=9) | changed)


def noise(f, *args, data=(IMAGES, LABELS), **options):
    return f(NET, cross_entropy, *data, *args, **options)


CASES = {
    "a quantile of text": (lambda: LAW.pdf("a"), "u must be an array of real numbers"),
    "a complex weight": (lambda: LAW.sf(1j), "array of real numbers"),
    "a negative size": (lambda: LAW.rvs(-1, 0), "size must be >= 0"),
    "half a draw": (lambda: LAW.rvs((2, 1.5), 0), "size must be an integer"),
    "a size in words": (lambda: LAW.rvs("three", 0), "size must be an integer"),
    "no seed": (lambda: LAW.rvs(3, None), "seed must be an integer"),
    "a negative seed": (lambda: LAW.rvs(3, -1), "seed must be >= 0"),
    "a seed in words": (lambda: WIDE.rvs(3, "a"), "seed must be an integer"),
    "a point at infinity": (lambda: WIDE.logpdf([math.inf, 0]), "u must be finite"),
    "a number for a drift": (lambda: stationary.density(1.0, one, GRID), "drift must be a fu"),
    "a number for a D": (lambda: stationary.density(down, 1.0, GRID), "D must be a function"),
    "a complex D": (
        lambda: stationary.density(down, lambda u: 1 + 1j * u, GRID),
        "must return",
    ),
    "a D in words": (lambda: stationary.density(down, lambda u: "a", GRID), "must return real"),
    "a D of another shape": (
        lambda: stationary.density(down, lambda u: np.ones(3), GRID),
        "D must return one number",
    ),
    "a time with a number for a drift": (
        lambda: first_passage.mean_first_passage_time(1, one, 0, 1),
        "drift must be a function",
    ),
    "a time with a D of another shape": (
        lambda: first_passage.mean_first_passage_time(down, lambda u: np.ones(3), 0, 1),
        "D must return one number per position",
    ),
    "H and C of two shapes": (
        lambda: linear_sgd.stationary_covariance(np.eye(2), np.eye(3), 0.1),
        "one shape",
    ),
    "a window of a random walk": (lambda: linear_sgd.window_variance(1.0, 4), "a must lie in"),
    "paths with a number for a drift": (lambda: walk(drift=1.0), "drift must be a function"),
    "paths with D in words": (lambda: walk(D="a"), "D must be numbers"),
    "paths without a D": (lambda: walk(D=None), "D must be numbers"),
    "paths that start in words": (lambda: walk(x0="a"), "x0 must be numbers"),
    "paths on no device": (lambda: walk(device="nowhere"), "numbers that fit on the device"),
    "paths of no dtype": (lambda: walk(dtype="a"), "dtype must be a floating type"),
    "another reading of no drift": (
        lambda: langevin.to_ito(1.0, one, "ito"),
        "drift must be a",
    ),
    "another reading of D < 0": (
        lambda: langevin.to_ito(down, -1.0, "anti-ito"),
        "D must be > 0, got -1.0",
    ),
    "another reading of D = NaN": (lambda: langevin.to_ito(down, NAN, "ito"), "D must be > 0"),
    "a bridge in words": (
        lambda: langevin.first_passage_time(
            down, 1.0, 0, 1, 0.01, paths=2, seed=0, max_steps=9, bridge="a"
        ),
        "bridge must be one of",
    ),
    "a target in words": (lambda: passages(target="a"), "target must be a number or a pair"),
    "no target": (lambda: passages(target=None), "target must be a real number"),
    "a pair beside the start": (lambda: passages(target=(1, 2)), "target must be a pair low <"),
    "an axis too many": (lambda: passages(axis=1), "axis must be below the number of coord"),
    "an axis in words": (lambda: passages(axis="a"), "axis must be an integer"),
    "a start per path": (lambda: passages(x0=[[0.0], [0.1]]), "x0 must be a number or"),
    "passages with D in words": (lambda: passages(D="a"), "D must be numbers"),
    "passages of no dtype": (lambda: passages(dtype="a"), "dtype must be a floating type"),
    "passages with a number for a drift": (lambda: passages(drift=1.0), "drift must be a fun"),
    "a checkpoint that is a number": (lambda: passages(checkpoint=1), "checkpoint must be the"),
    "survival beyond what was seen": (
        lambda: passages().survival(1.0),
        "t must be <= max_time",
    ),
    "survival in words": (
        lambda: passages().survival("a"),
        "t must be an array of real numbers",
    ),
    "a stable index above 2": (lambda: jumps(alpha=2.5), r"alpha must be <= 2, got 2.5"),
    "a stable index of 0": (lambda: jumps(alpha=0), "alpha must be > 0"),
    "a stable index in words": (lambda: jumps(alpha="a"), "alpha must be a real number"),
    "no jumps": (lambda: jumps(scale=0.0), "scale must be > 0"),
    "jumps with a number for a drift": (lambda: jumps(drift=1.0), "drift must be a function"),
    "jumps without time": (lambda: jumps(dt=0.0), "dt must be > 0"),
    "no samples": (lambda: gradient_noise.batch_factor(0, 1), "n must be >= 1"),
    "half a sample": (lambda: gradient_noise.batch_factor(2.5, 1), "n must be an integer"),
    "arrays for tensors": (
        lambda: noise(gradient_noise.trace, 1, data=(IMAGES.numpy(), LABELS)),
        "x must be a ten",
    ),
    "images of another width": (
        lambda: noise(gradient_noise.trace, 1, data=(IMAGES[:, :3], LABELS)),
        "must take samples of shape",
    ),
    "labels beyond the outputs": (
        lambda: noise(gradient_noise.per_sample_gradients, data=(IMAGES, LABELS + 5)),
        "mend the targets",
    ),
    "a list for a vector": (
        lambda: noise(gradient_noise.covariance_vector_product, [1.0] * 23, 1),
        "vector must be a tensor",
    ),
    "a vector with NaN": (
        lambda: noise(gradient_noise.covariance_vector_product, ALONG * NAN, 1),
        "vector must be finite",
    ),
    "a scan along NaN": (
        lambda: noise(gradient_noise.covariance_scan, ALONG * NAN, [0.0]),
        "must be finite",
    ),
    "an expansion along NaN": (
        lambda: noise(gradient_noise.expansion, ALONG * NAN),
        "must be finite",
    ),
    "no widths": (lambda: models.mlp(5, 0), "widths must be a sequence"),
    "a checkpoint that is not there": (
        lambda: models.load_checkpoint(NET, "nope"),
        "nope.npz and nope.json must lie",
    ),
    "bytes that are no gzip file": (lambda: datasets.read_idx(b"abc"), "whole gzip file"),
    "a gzip file cut short": (
        lambda: datasets.read_idx(gzip.compress(b"\0\0\x08\x01\0\0\0\x02ab")[:-5]),
        "whole gzip",
    ),
    "a flux in no symbol": (lambda: fokker_planck.flux(x, x, 1, "x"), "x must be a sympy sym"),
    "a density in no symbol": (
        lambda: fokker_planck.stationary_density(-x, 1, 2),
        "x must be a sympy symbol",
    ),
    "an index above 1": (
        lambda: fokker_planck.flux(x, x, 1, x, sp.Integer(2)),
        r"must lie in \[0, 1\], got 2",
    ),
    "a list for a convention": (lambda: fokker_planck.index([]), "convention must be one of"),
    "a list of IDs inside a list": (lambda: catalog.get(["PLD-T2"]), "must be in the catalog"),
    "a number for an ID": (lambda: catalog.verify(5), "must be in the catalog"),
    "no IDs": (lambda: verify([]), "ids must name >= 1 statement"),
    "a formula in words": (lambda: callables.function("a+", x), "expr must be a sympy expr"),
    "no formula": (lambda: callables.function(None, x), "expr must be a sympy expression"),
    "no variables": (lambda: callables.function(x, []), "at least one variable"),
    "a record of a bare number": (
        lambda: results.record("PLD-P1", 1.0, name="n", band=(0, 2)),
        "must be an Estimate",
    ),
    "a record of nothing": (
        lambda: results.record("", Estimate(1, 0.1, 9), name="n", band=(0, 2)),
        "id must be a",
    ),
    "half a band": (
        lambda: results.record("PLD-P1", Estimate(1, 0.1, 9), name="n", band=(1,)),
        "band must be two numbers",
    ),
    "a context that is no text": (
        lambda: results.record(
            "PLD-P1", Estimate(1, 0.1, 9), name="n", band=(0, 2), y=object()
        ),
        "context must hold plain",
    ),
    "a list to store": (lambda: results.save("a", [1], {"seed": 0}), "arrays must be a dict"),
    "no manifest": (lambda: results.save("a", {"y": GRID}, None), "manifest must be a dict"),
    "no number of draws": (lambda: Estimate(1.0, 0.1, NAN), "n must be >= 1"),
}


@pytest.mark.parametrize("case", CASES)
def test_refused_with_requirement_value_and_remedy(case):
    call, words = CASES[case]
    with pytest.raises((ValueError, TypeError), match=words) as caught:
        call()
    assert ", got " in str(caught.value) and ";" in str(caught.value)


def test_a_manifest_that_cannot_be_written_leaves_nothing_behind(tmp_path):
    with pytest.raises(TypeError, match="manifest must hold plain"):
        results.save("a", {"y": GRID}, {"seed": object()}, folder=tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("text", [b"{", b"[]", b"{}", b"\xff"])
def test_a_damaged_manifest_is_refused_by_name(tmp_path, text):
    results.save("a", {"y": GRID}, {"seed": 0}, folder=tmp_path)
    models.save_checkpoint(NET, tmp_path / "net.npz")
    for name in ("a", "net"):
        (tmp_path / f"{name}.json").write_bytes(text)
    with pytest.raises(results.Damaged, match="a.npz and a.json must lie side by side"):
        results.load("a", folder=tmp_path)
    with pytest.raises(results.Damaged, match="net.npz and net.json must lie side by side"):
        models.load_checkpoint(NET, tmp_path / "net.npz")
    (tmp_path / "a.npz").unlink()
    with pytest.raises(results.Damaged, match="a.npz and a.json"):
        results.load("a", folder=tmp_path)


def test_what_is_stored_is_what_was_given(tmp_path):
    """No array that numpy adds by itself."""
    results.save("a", {"y": GRID}, {"seed": 0}, folder=tmp_path)
    stored = results.load("a", folder=tmp_path)
    assert stored is not None and stored.arrays.keys() == {"y"}
