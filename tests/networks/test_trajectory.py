"""Recorded paths: against direct computation, over interruptions, and what is refused."""

import gc
import tracemalloc

import numpy as np
import pytest
import torch
from torch.nn.functional import cross_entropy

from sgdtheory._files import Damaged
from sgdtheory.networks import models, trajectory


class Run:
    """SGD with momentum on a small network; keeps every weight and loss for comparison."""

    def __init__(self, seed=0, stop=None):
        draw = torch.Generator().manual_seed(99)
        self.x = torch.randn(40, 6, generator=draw)
        self.y = torch.randint(3, (40,), generator=draw)
        self.net = models.mlp([6, 5, 3], seed)
        self.draw = torch.Generator().manual_seed(seed)
        self.rows = np.random.default_rng(seed)
        self.velocity = torch.zeros(self.size)
        self.stop, self.weights, self.losses = stop, [], []

    @property
    def size(self):
        return sum(p.numel() for p in self.net.parameters())

    @property
    def flat(self):
        return models.flatten(models.select(self.net)).detach().clone()

    def step(self, k):
        if k == self.stop:
            raise KeyboardInterrupt
        self.weights.append(self.flat)
        i = torch.from_numpy(self.rows.integers(40, size=8))
        loss = cross_entropy(self.net(self.x[i]), self.y[i])
        gradient = torch.autograd.grad(loss, list(self.net.parameters()))
        kick = 0.01 * torch.randn(self.size, generator=self.draw)
        self.velocity.mul_(0.5).add_(torch.cat([g.reshape(-1) for g in gradient]) + kick)
        w = self.flat - 0.1 * self.velocity
        torch.nn.utils.vector_to_parameters(w, self.net.parameters())
        self.losses.append(float(loss.detach()))
        return loss

    def full(self):
        with torch.no_grad():
            return cross_entropy(self.net(self.x), self.y)

    @property
    def state(self):
        return {"draw": self.draw, "rows": self.rows, "velocity": self.velocity}

    def record(self, steps=50, **options):
        own = {"window": 10, "full_loss": self.full, "full_every": 3, "state": self.state}
        return trajectory.record(self.net, self.step, steps, **{**own, **options})


def direct(weights):
    """Distances the long way."""
    w = np.stack([np.asarray(v, float) for v in weights])
    return np.linalg.norm(w[:, None] - w, axis=2)


def walk(points, d=7, seed=0):
    draws = np.random.default_rng(seed).standard_normal((points, d))
    return np.cumsum(draws, 0)


# --- recording


@pytest.mark.parametrize("every, starts", [(1, None), (1, [3, 20]), (4, [0]), (4, [2])])
def test_windows_hold_the_weights_before_each_step_and_the_loss_there(every, starts):
    run = Run()
    windows = run.record(starts=starts, every=every)
    assert [w.start for w in windows] == (starts or [0, 10, 20, 30, 40])
    for w in windows:
        rows = w.start + every * np.arange(10)
        R = trajectory.distances(w.gram)
        assert R == pytest.approx(direct([run.weights[k] for k in rows]), abs=1e-6)
        assert w.loss == pytest.approx([run.losses[k] for k in rows], abs=0)
        assert not w.gram[0].any() and w.every == every


def test_the_full_loss_is_that_of_the_recorded_weights():
    run = Run()
    (w,) = run.record(10)
    asked = np.isfinite(w.full_loss)
    assert np.flatnonzero(asked).tolist() == [0, 3, 6, 9]
    for k in np.flatnonzero(asked):
        torch.nn.utils.vector_to_parameters(run.weights[k], run.net.parameters())
        assert w.full_loss[k] == pytest.approx(float(run.full()), abs=0)


def test_recording_changes_nothing_and_a_layer_can_be_chosen():
    free, kept = Run(), Run()
    for k in range(50):
        free.step(k)
    windows = kept.record(parameters="fc2")
    assert torch.equal(free.flat, kept.flat)
    last = [w[-18:] for w in kept.weights[:10]]  # fc2: 5 * 3 + 3
    assert trajectory.distances(windows[0].gram) == pytest.approx(direct(last), abs=1e-6)


@pytest.mark.parametrize("stop", [4, 9, 10, 25, 37, 49])
def test_an_interrupted_run_goes_on_bit_for_bit(stop, tmp_path):
    options = {"starts": [0, 22, 40], "save_every": 5, "facts": {"seed": 0}}
    whole = Run()
    expected = whole.record(**options, folder=tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        Run(stop=stop).record(**options, folder=tmp_path / "cut")
    second = Run(seed=5)  # whatever is there is overwritten
    found = second.record(**options, folder=tmp_path / "cut")
    assert torch.equal(second.flat, whole.flat)
    assert len(second.weights) < 50 or stop < 10
    for a, b in zip(expected, found, strict=True):
        for name in ("gram", "loss", "full_loss"):
            assert np.array_equal(getattr(a, name), getattr(b, name), equal_nan=True), name
    third = Run(seed=6)
    third.record(**options, folder=tmp_path / "cut")
    assert not third.weights, "a finished run is only read"


def test_without_the_generators_a_resumed_run_differs(tmp_path):
    """The comparison above can fail."""
    keep = {"folder": tmp_path, "facts": {"seed": 0}, "state": None}
    expected = Run().record()
    with pytest.raises(KeyboardInterrupt):
        Run(stop=25).record(**keep)
    found = Run().record(**keep)
    assert np.array_equal(found[1].gram, expected[1].gram), "kept before the interruption"
    assert not np.array_equal(found[2].gram, expected[2].gram)


def test_a_checkpoint_with_less_than_the_step_needs_is_refused(tmp_path):
    keep = {"folder": tmp_path, "facts": {"seed": 0}}
    Run().record(10, **keep, state=None)
    with pytest.raises(Damaged, match="state.npz must hold .*state/velocity"):
        Run().record(20, **keep)


def test_a_longer_run_goes_on_from_a_shorter_one(tmp_path):
    keep = {"folder": tmp_path, "facts": {"seed": 0}, "starts": [0]}
    Run().record(20, **keep)
    longer, whole = Run(), Run()
    longer.record(35, **keep)
    whole.record(35)
    assert len(longer.weights) == 15 and torch.equal(longer.flat, whole.flat)


def test_memory_does_not_grow_with_the_number_of_steps():
    class Flat(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.w = torch.nn.Parameter(torch.zeros(3000))

    def held(steps):
        """Bytes at the peak outside torch, and numbers in all tensors late in the run."""
        net, late = Flat(), []

        def step(k):
            if k == steps - 5:
                alive = [t for t in gc.get_objects() if type(t) is torch.Tensor]
                late.append(sum(t.numel() for t in alive if t.shape[-1:] == (3000,)))
            with torch.no_grad():
                net.w += 1.0
            return 0.0

        tracemalloc.start()
        windows = trajectory.record(net, step, steps, window=20, starts=[0, steps - 20])
        top = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return top, late[0], windows

    held(40)
    (short, few, _), (long, many, windows) = held(100), held(4000)
    assert long < short + 20_000
    assert few == many == 20 * 3000
    assert trajectory.distances(windows[1].gram)[0, 19] == pytest.approx(19 * np.sqrt(3000))


@pytest.mark.parametrize(
    "options, says",
    [
        ({"window": 2}, "window must be >= 3"),
        ({"window": 60}, "must lie within the run"),
        ({"starts": [45]}, "must lie within the run"),
        ({"starts": [0, 5]}, "must not overlap"),
        ({"starts": []}, "must lie within the run"),
        ({"every": 0}, "every must be >= 1"),
        ({"parameters": "fc9"}, "parameters must name"),
    ],
)
def test_windows_that_cannot_be_are_refused(options, says):
    run = Run()
    with pytest.raises(ValueError, match=says):
        run.record(**options)
    assert not run.weights, "before a step is made"


def test_another_run_in_the_folder_is_refused(tmp_path):
    Run().record(10, folder=tmp_path, facts={"seed": 0})
    with pytest.raises(ValueError, match="with other facts"):
        Run().record(10, folder=tmp_path, facts={"seed": 1})
    with pytest.raises(ValueError, match="needs facts"):
        Run().record(10, folder=tmp_path)
    with pytest.raises(ValueError, match="with other every, full_every"):
        Run().record(40, folder=tmp_path, facts={"seed": 0}, every=2, full_every=1, starts=[0])


@pytest.mark.parametrize("name", ["state.npz", "window-00000000.npz"])
def test_a_damaged_checkpoint_is_named(name, tmp_path):
    Run().record(10, folder=tmp_path, facts={"seed": 0})
    whole = (tmp_path / name).read_bytes()
    (tmp_path / name).write_bytes(whole[: len(whole) // 2])
    with pytest.raises(Damaged, match=f"{name} must be a whole file"):
        Run().record(10, folder=tmp_path, facts={"seed": 0})


def test_what_cannot_be_kept_is_refused():
    run = Run()
    with pytest.raises(TypeError, match="tensors and generators, got float as 'eta'"):
        trajectory.record(run.net, run.step, 20, window=10, state={"eta": 0.1})


def test_a_diverged_run_is_refused():
    run = Run()
    with torch.no_grad():
        run.net.fc1.weight[0, 0] = np.inf
    with pytest.raises(ValueError, match="before it diverges"):
        run.record(10)


# --- geometry


W = walk(60)
G = trajectory.gram(W)


def test_the_gram_matrix_gives_all_distances_whatever_the_centre():
    assert trajectory.distances(G) == pytest.approx(direct(W), abs=1e-9)
    moved = W @ W.T
    assert trajectory.distances(moved) == pytest.approx(direct(W), abs=1e-5)


def test_a_window_of_single_precision_keeps_its_smallest_steps():
    """Weights far from zero, steps far shorter than the way: as a float32 network has them."""
    far = (100 + 0.01 * walk(40, 10_000)).astype(np.float32)
    R = trajectory.distances(trajectory.gram(torch.from_numpy(far)))
    assert R == pytest.approx(direct(far), rel=1e-5)


def test_contour_length_counts_each_step_once():
    s, R = trajectory.contour_length(G), direct(W)
    for i, j in [(0, 1), (5, 6), (5, 9), (0, 59)]:
        steps = [R[t, t + 1] for t in range(i, j)]
        assert s[i, j] == s[j, i] == pytest.approx(sum(steps))
    assert not np.diag(s).any()


def test_transverse_distance_against_projection():
    for i, j in [(0, 59), (10, 20), (3, 5)]:
        chord = (W[j] - W[i]) / np.linalg.norm(W[j] - W[i])
        off = W[i : j + 1] - W[i]
        off = off - np.outer(off @ chord, chord)
        assert trajectory.transverse(G, i, j) == pytest.approx(
            np.linalg.norm(off, axis=1).max()
        )


def test_spectrum_is_that_of_the_covariance():
    values = np.linalg.eigvalsh(np.cov(W.T, bias=True))[::-1]
    found = trajectory.spectrum(G)
    assert len(found) == 59 and found[:7] == pytest.approx(values) and found[7:].max() < 1e-9


def test_the_loss_differences_are_those_of_the_pairs():
    loss = np.sin(np.arange(60.0))
    found = trajectory.loss_scaling(G, loss, bins=6)
    R = direct(W)
    i, j = np.triu_indices(60, 1)
    assert found.counts.sum() == len(i)
    inside = (R[i, j] >= found.edges[2]) & (R[i, j] < found.edges[3])
    assert found.counts[2] == inside.sum()
    assert found.mean[2] == pytest.approx(((loss[i] - loss[j])[inside] ** 2).mean())
    assert found.centres[2] == pytest.approx(np.exp(np.log(R[i, j][inside]).mean()))


def test_noise_of_the_loss_is_half_the_floor():
    noise = 0.3 * np.random.default_rng(1).standard_normal(2000)
    assert trajectory.loss_noise(noise) == pytest.approx(0.09, rel=0.1)
    far = trajectory.loss_scaling(trajectory.gram(walk(2000)), noise, 8)
    assert far.mean[far.counts > 1000] == pytest.approx(2 * 0.09, rel=0.15)


@pytest.mark.parametrize("exponent, path", [
    (2, np.outer(np.arange(400.0), [3, 4])),
    (1, walk(400, d=3000)),
])  # fmt: skip
def test_path_exponent_of_a_straight_line_and_of_a_random_walk(exponent, path):
    matrix = trajectory.gram(path)
    assert trajectory.path_exponent(matrix, 4, 40) == pytest.approx(exponent, abs=0.03)
    scaling = trajectory.path_scaling(matrix, 12)
    assert scaling.slope(scaling.edges[5], scaling.edges[10]) == pytest.approx(
        exponent, abs=0.1
    )


def test_empty_bins_are_flagged_and_not_fitted():
    sparse = trajectory.binned([1, 1.1, 8], [1, 2, 3], [1, 2, 4, 8])
    assert sparse.counts.tolist() == [2, 0, 1]
    assert sparse.mean[[0, 2]] == pytest.approx([1.5, 3]) and np.isnan(sparse.mean[1])
    with pytest.raises(ValueError, match="got 3 bins of which 1 empty"):
        sparse.slope(1, 8)
    with pytest.raises(ValueError, match="got 1 bins"):
        sparse.slope(1, 2)


@pytest.mark.parametrize(
    "call, says",
    [
        (lambda: trajectory.distances(G[:2, :2]), ">= 3 points"),
        (lambda: trajectory.distances(np.ones((5, 5))), "constant trajectory"),
        (lambda: trajectory.path_exponent(np.zeros((5, 5)), 1, 3), "constant trajectory"),
        (lambda: trajectory.transverse(G, 3, 4), "longer fragment"),
        (lambda: trajectory.transverse(trajectory.gram([[0], [1], [0]]), 0, 2), "must differ"),
        (lambda: trajectory.loss_scaling(G, np.ones(59)), "one number per point"),
        (lambda: trajectory.loss_scaling(G, np.full(60, np.nan)), "loss must be finite"),
        (lambda: trajectory.path_exponent(G, 500, 900), "0 bins|5 bins of which 5 empty"),
        (lambda: trajectory.loss_noise([1.0, 2.0]), ">= 3 values"),
        (lambda: trajectory.binned([1, 2], [1, 2], [2, 1]), "edges must be positive and rise"),
        (lambda: trajectory.binned([1, 2], [1], [1, 2]), "must be as long"),
    ],
)
def test_refusals(call, says):
    with pytest.raises(ValueError, match=says):
        call()


# --- slices of the loss


def test_the_slice_of_a_linear_model_is_its_quadratic():
    net = models.mlp([3, 1], seed=0).double()
    draw = torch.Generator().manual_seed(1)
    x, y = torch.randn(30, 3, generator=draw, dtype=torch.float64), torch.zeros(30, 1)
    loss_fn = lambda f, v: ((f - v) ** 2).mean()  # noqa: E731
    before = models.flatten(models.select(net)).detach().clone()
    axis, loss = trajectory.random_slice(net, loss_fn, x, y, points=5, seed=2, batch=7)
    assert torch.equal(models.flatten(models.select(net)), before)
    assert axis.tolist() == [-1, -0.5, 0, 0.5, 1] and loss.shape == (5, 5)
    assert loss[2, 2] == pytest.approx(float(loss_fn(net(x), y).detach()))
    for line in (loss[:, 2], loss[2], np.diag(loss)):
        assert np.diff(line, 3) == pytest.approx([0, 0], abs=1e-12)
        assert np.diff(line, 2)[0] > 0
    again = trajectory.random_slice(net, loss_fn, x, y, points=5, seed=2)[1]
    other = trajectory.random_slice(net, loss_fn, x, y, points=5, seed=3)[1]
    assert again == pytest.approx(loss) and not np.allclose(other, loss)


def test_directions_have_the_norms_of_the_filters():
    from sgdtheory.networks._trajectory_slice import filter_normalised

    net = models.small_cnn(seed=0)
    direction = filter_normalised(net, torch.Generator().manual_seed(0))
    for name, p in net.named_parameters():
        d = direction[name]
        if p.ndim == 1:
            assert not d.any()
        else:
            assert torch.allclose(d.flatten(1).norm(dim=1), p.flatten(1).norm(dim=1))


@pytest.mark.parametrize("change", [
    {"points": 1}, {"extent": 0.0}, {"x": torch.ones(0, 6)}, {"batch": 0}, {"seed": -1},
])  # fmt: skip
def test_slices_that_cannot_be_are_refused(change):
    run = Run()
    x, y = change.pop("x", run.x), run.y
    with pytest.raises(ValueError):
        trajectory.random_slice(run.net, cross_entropy, x, y, **{"seed": 0, **change})
