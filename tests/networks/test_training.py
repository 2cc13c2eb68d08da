"""Batched training: equal to plain loops, the covariances it states, resumed bit for bit."""

import copy

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.functional import cross_entropy, mse_loss

from sgdtheory._files import Damaged
from sgdtheory.networks import _training_draws as draws
from sgdtheory.networks import _training_forward, _training_record, models, training
from sgdtheory.networks._training_loop import Gradient
from sgdtheory.networks._training_setup import problem
from sgdtheory.networks.gradient_noise import batch_factor, per_sample_gradients

SEEDS, ETAS = (3, 8, 5), (0.3, 0.1, 0.2)


@pytest.fixture(scope="module")
def data():
    draw = torch.Generator().manual_seed(0)
    x = torch.randn(24, 5, generator=draw, dtype=torch.float64)
    return x, torch.randint(3, (24,), generator=draw)


def network(seed=0, **options):
    return models.mlp([5, 4, 3], seed, **options).double()


def batches(n, size, seed, sampling, steps):
    return draws.Batches(n, [size], [seed], sampling).block(0, steps)[:, 0]


def plain_loop(net, x, y, optimizer, index):
    """What a reader would write: one network, one step at a time."""
    net = copy.deepcopy(net)
    update = optimizer(net.parameters())
    for i in index:
        update.zero_grad()
        cross_entropy(net(x[i]), y[i]).backward()
        update.step()
    return models.flatten(models.select(net)).detach()


RULES = {
    "sgd": ({}, torch.optim.SGD, {}),
    "decay": ({"weight_decay": 0.02}, torch.optim.SGD, {"weight_decay": 0.02}),
    "heavy": ({"momentum": 0.7}, torch.optim.SGD, {"momentum": 0.7}),
    "nesterov": (
        {"momentum": 0.7, "nesterov": True}, torch.optim.SGD,
        {"momentum": 0.7, "nesterov": True},
    ),
    "adam": ({"optimizer": "adam"}, torch.optim.Adam, {}),
}  # fmt: skip


@pytest.mark.parametrize("sampling", draws.MINIBATCH)
@pytest.mark.parametrize("rule", RULES)
def test_a_batched_run_is_as_many_plain_loops(data, rule, sampling):
    x, y = data
    ours, optimizer, theirs = RULES[rule]
    nets, sizes = [network(k) for k in range(3)], (8, 4, 6)
    run = training.train(
        nets, cross_entropy, x, y, steps=20, eta=ETAS, seeds=SEEDS, batch_size=sizes,
        sampling=sampling, **ours,
    )  # fmt: skip
    for r, net in enumerate(nets):
        index = batches(24, sizes[r], SEEDS[r], sampling, 20)
        alone = plain_loop(
            net, x, y, lambda p, eta=ETAS[r]: optimizer(p, lr=eta, **theirs), index
        )
        found = models.flatten(models.select(run.model(r))).detach()
        torch.testing.assert_close(found, alone, rtol=1e-9, atol=1e-11)


def test_any_architecture_goes_through_vmap(data):
    x, y = data

    class Odd(nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = network()

        def forward(self, x):
            return self.inner(x) + self.inner(x).square().sum(1, keepdim=True).sin()

    assert _training_forward.is_dense(network()) and not _training_forward.is_dense(Odd())
    run = training.train(
        Odd(), cross_entropy, x, y, steps=6, eta=0.1, seeds=SEEDS, batch_size=8
    )
    for r, seed in enumerate(SEEDS):
        index = batches(24, 8, seed, "reshuffling", 6)
        alone = plain_loop(Odd(), x, y, lambda p: torch.optim.SGD(p, lr=0.1), index)
        torch.testing.assert_close(models.flatten(models.select(run.model(r))), alone)


def test_a_convolutional_network_trains_like_a_plain_loop():
    draw = torch.Generator().manual_seed(1)
    x, y = torch.rand(8, 1, 28, 28, generator=draw), torch.randint(10, (8,), generator=draw)
    net = models.small_cnn(0)
    run = training.train(
        net, cross_entropy, x, y, steps=2, eta=0.05, seeds=(0, 1), batch_size=4
    )
    index = batches(8, 4, 1, "reshuffling", 2)
    alone = plain_loop(net, x, y, lambda p: torch.optim.SGD(p, lr=0.05), index)
    torch.testing.assert_close(
        models.flatten(models.select(run.model(1))), alone, rtol=1e-4, atol=1e-6
    )


@pytest.mark.parametrize("sampling", [*draws.MINIBATCH, *draws.FULL_BATCH])
def test_a_replica_does_not_depend_on_its_neighbours(data, sampling):
    x, y = data
    options = {"steps": 7, "eta": 0.1, "sampling": sampling, "label_noise": 0.3}
    both = training.train(
        network(), cross_entropy, x, y, seeds=(4, 9), batch_size=(8, 2), **options
    )
    alone = training.train(network(), cross_entropy, x, y, seeds=(9,), batch_size=2, **options)
    torch.testing.assert_close(both.losses[1], alone.losses[0], rtol=1e-12, atol=0)


def test_samplers_draw_what_they_say():
    n, b, epochs = 12, 3, 5
    order = {
        s: batches(n, b, 1, s, epochs * n // b).reshape(epochs, n) for s in draws.MINIBATCH
    }
    everyone = torch.arange(n).expand(epochs, n)
    assert torch.equal(order["reshuffling"].sort(1).values, everyone)
    assert len(order["reshuffling"].unique(dim=0)) == epochs
    assert len(order["shuffle-once"].unique(dim=0)) == 1
    assert torch.equal(order["shuffle-once"].sort(1).values, everyone)
    assert not torch.equal(order["replacement"].sort(1).values, everyone)


def covariance_of(gradient, w, draws_per_seed, first=0):
    """Mean (P,) and covariance (P, P) of gradients at one point, over all replicas."""
    rows = []
    for step, index in enumerate(gradient.block(first, draws_per_seed)):
        rows.append(gradient(w, step, index)[0])
    g = torch.cat(rows)
    return g.mean(0), torch.cov(g.T, correction=0), len(g)


@pytest.mark.parametrize("sampling", ["replacement", "reshuffling", "multipliers", "isotropic"])
def test_gradient_noise_has_the_covariance_that_is_stated(data, sampling):
    x, y = data
    net, b, R = network(2), 4, 400
    p, w = problem([net] * R, cross_entropy, x, y, "fc2", None)
    found = covariance_of(Gradient(p, sampling, [b] * R, range(R), 0.0, None), w, 60)
    g = per_sample_gradients(net, cross_entropy, x, y, parameters="fc2")
    S = torch.cov(g.T, correction=0)
    stated = S * batch_factor(len(x), b, sampling != "reshuffling")
    if sampling == "isotropic":
        stated = torch.eye(len(S), dtype=S.dtype) * stated.trace() / len(S)
    mean, C, n = found
    # Relative error of a covariance in Frobenius norm: (Tr^2 + ...)/n; kurtosis adds some.
    scale = (stated.trace() ** 2 / n).sqrt()
    assert torch.linalg.norm(C - stated) < 2.5 * scale
    assert (torch.linalg.norm(mean - g.mean(0)) / (stated.trace() / n).sqrt()) < 3
    assert torch.linalg.norm(C - 1.5 * stated) > 2.5 * scale


def test_the_isotropic_kick_is_as_long_as_that_of_the_multipliers(data):
    x, y = data
    p, w = problem([network()] * 2, cross_entropy, x, y, None, None)
    g = {s: Gradient(p, s, [4, 4], [1, 2], 0.0, None)(w, 5, None)[0] for s in draws.FULL_BATCH}
    kicks = [(g[s] - g["full"]).norm(dim=1) for s in ("multipliers", "isotropic")]
    torch.testing.assert_close(*kicks)


def test_only_the_named_layer_moves_and_is_recorded(data):
    x, y = data
    record = training.Record("fc2.weight", every=2, after=3, dtype=torch.float32)
    run = training.train(
        network(), cross_entropy, x, y, steps=10, eta=0.1, seeds=SEEDS, batch_size=8,
        parameters="fc2", record=record,
    )  # fmt: skip
    start = dict(network().named_parameters())
    assert torch.equal(run.weights["fc1.weight"], start["fc1.weight"].expand(3, -1, -1))
    assert not torch.equal(run.weights["fc2.weight"][0], start["fc2.weight"])
    assert run.steps.tolist() == [5, 7, 9]
    assert run.trajectory.shape == (3, 3, 12) and run.trajectory.dtype == torch.float32
    shorter = training.train(
        network(), cross_entropy, x, y, steps=7, eta=0.1, seeds=SEEDS, batch_size=8,
        parameters="fc2",
    )  # fmt: skip
    there = shorter.weights["fc2.weight"].flatten(1).float()
    torch.testing.assert_close(run.trajectory[:, 1], there)


def test_a_run_goes_on_from_the_weights_of_another(data):
    x, y = data
    options = {"eta": 0.1, "seeds": SEEDS, "sampling": "full"}
    whole = training.train(network(), cross_entropy, x, y, steps=9, **options)
    half = training.train(network(), cross_entropy, x, y, steps=4, **options)
    rest = training.train(
        network(7), cross_entropy, x, y, steps=5, start=half.weights, **options
    )
    torch.testing.assert_close(whole.losses[:, 4:], rest.losses)


def test_watch_and_evaluate(data):
    x, y = data
    net = network()

    def watch(step, weights):
        return torch.stack(training.evaluate(net, weights, cross_entropy, x, y), 1)

    run = training.train(
        net, cross_entropy, x, y, steps=10, eta=0.1, seeds=SEEDS, sampling="full",
        watch=watch, watch_every=5,
    )  # fmt: skip
    assert run.watched.shape == (3, 3, 2) and run.watch_steps.tolist() == [0, 5, 10]
    torch.testing.assert_close(run.watched[:, :2, 0], run.losses[:, [0, 5]])
    net = run.model(1)
    wrong = (net(x).argmax(1) != y).double().mean()
    assert run.watched[1, -1, 1] == wrong
    x, z = x, x[:, :3]
    loss, share = training.evaluate(network(), run.weights, mse_loss, x, z)
    torch.testing.assert_close(loss[1], mse_loss(net(x), z).detach())
    assert share.isnan().all()


def test_noise_of_the_caller_and_of_labels(data):
    x, y = data
    run = training.train(
        network(), cross_entropy, x, y, steps=1, eta=0.5, seeds=SEEDS, sampling="full",
        noise=lambda step, w, normals: normals(w.shape[1]), record=training.Record(),
    )  # fmt: skip
    quiet = training.train(
        network(), cross_entropy, x, y, steps=1, eta=0.5, seeds=SEEDS, sampling="full",
        record=training.Record(),
    )  # fmt: skip
    kick = (quiet.trajectory - run.trajectory)[:, 0] / 0.5
    expected = draws.normals(SEEDS, draws.NOISE, 0, kick.shape[1], kick)
    torch.testing.assert_close(kick, expected)

    labels = torch.zeros(2, 20_000, dtype=torch.int64)
    noisy = draws.relabelled(labels, (1, 2), 0, 0.3, 10)
    share = (noisy != labels).double().mean(1)
    assert (share - 0.3 * 0.9).abs().max() < 4 * (0.27 * 0.73 / 20_000) ** 0.5
    real = draws.relabelled(labels.double(), (1, 2), 0, 0.3, 0)
    assert (real.std(1) - 0.3).abs().max() < 4 * 0.3 / 40_000**0.5


def test_without_biases_the_outputs_are_homogeneous_in_a_layer(data):
    x, _ = data
    net = network(bias=False)
    assert [name for name, _ in net.named_parameters()] == ["fc1.weight", "fc2.weight"]
    before = net(x)
    with torch.no_grad():
        net.fc1.weight.mul_(3)
    torch.testing.assert_close(net(x), 3 * before)


OPTIONS = {"steps": 120, "eta": 0.1, "seeds": SEEDS, "batch_size": 8, "momentum": 0.5}


def test_an_interrupted_run_ends_with_the_same_bits(data, tmp_path, monkeypatch):
    x, y = data
    monkeypatch.setattr(_training_record, "EVERY", 0.0)

    def run(watch, folder):
        return training.train(
            network(), cross_entropy, x, y, watch=watch, watch_every=10,
            record=training.Record(after=15), checkpoint=folder, **OPTIONS,
        )  # fmt: skip

    def watch(step, weights):
        return weights["fc1.weight"].sum((1, 2))

    def interrupted(step, weights):
        if step == 110:
            raise KeyboardInterrupt
        return watch(step, weights)

    whole = run(watch, None)
    with pytest.raises(KeyboardInterrupt):
        run(interrupted, tmp_path / "a")
    assert len(list((tmp_path / "a").glob("rows-*.npy"))) == 2
    for resumed in (run(watch, tmp_path / "a"), run(watch, tmp_path / "a")):
        for name in ("losses", "trajectory", "watched"):
            assert torch.equal(getattr(resumed, name), getattr(whole, name)), name
        for name, weights in whole.weights.items():
            assert torch.equal(weights, resumed.weights[name])

    (tmp_path / "a" / "rows-00000000.npy").unlink()
    with pytest.raises(Damaged, match="whole folder"):
        run(watch, tmp_path / "a")


def test_a_checkpoint_of_other_arguments_is_refused(data, tmp_path):
    x, y = data
    training.train(network(), cross_entropy, x, y, checkpoint=tmp_path, **OPTIONS)
    with pytest.raises(ValueError, match="other eta"):
        training.train(
            network(), cross_entropy, x, y, checkpoint=tmp_path, **{**OPTIONS, "eta": 0.2}
        )


def test_divergence_is_flagged_with_replica_and_step(data):
    x, y = data
    options = {"steps": 400, "eta": [0.01, 1e4, 0.02], "seeds": SEEDS, "batch_size": 8}
    linear = models.mlp([5, 3], 0).double()
    z = x[:, :3]
    with pytest.raises(training.Diverged, match="replica 1 at step") as caught:
        training.train(linear, mse_loss, x, z, **options)
    run = training.train(linear, mse_loss, x, z, diverged="flag", **options)
    step = caught.value.step
    assert run.diverged.tolist() == [-1, step, -1]
    assert run.losses[1, :step].isfinite().all() and not run.losses[1, step].isfinite()
    assert run.losses[[0, 2]].isfinite().all()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"batch_size": 25}, "<= n = 24"),
        ({"batch_size": 7}, "must divide n"),
        ({"batch_size": None}, "must be given"),
        ({"batch_size": (8, 8)}, "one number or 3"),
        ({"sampling": "bootstrap"}, "sampling must be one of"),
        ({"eta": (0.1, 0.2)}, "number or 3 numbers"),
        ({"eta": 0.0}, "eta must be > 0"),
        ({"momentum": 1.0}, "momentum < 1"),
        ({"nesterov": True}, "nesterov needs momentum"),
        ({"optimizer": "adam", "momentum": 0.5}, "adam takes none"),
        ({"weight_decay": -0.1}, "weight_decay must be >= 0"),
        ({"seeds": []}, "seeds must hold"),
        ({"parameters": "fc9"}, "fc9"),
        ({"record": training.Record("fc1"), "parameters": "fc2"}, "trained parameters"),
        ({"record": training.Record(after=20)}, "within the run"),
        ({"start": {"fc1.weight": torch.zeros(2, 2)}}, "must be a tensor"),
        ({"start": {"fc9": torch.zeros(2, 2)}}, "must name parameters"),
        ({"label_noise": 1.5}, "probability"),
        ({"watch_every": 5}, "together"),
        ({"diverged": "ignore"}, "diverged must be one of"),
    ],
)
def test_bad_arguments_are_refused(data, options, message):
    x, y = data
    usual = {"steps": 20, "eta": 0.1, "seeds": SEEDS, "batch_size": 8}
    with pytest.raises(ValueError, match=message):
        training.train(network(), cross_entropy, x, y, **{**usual, **options})


def test_bad_data_and_models_are_refused(data):
    x, y = data
    usual = {"steps": 2, "eta": 0.1, "seeds": SEEDS, "batch_size": 8}
    with pytest.raises(TypeError, match="x must be torch.float64"):
        training.train(network(), cross_entropy, x.float(), y, **usual)
    with pytest.raises(ValueError, match="same number"):
        training.train(network(), cross_entropy, x, y[:5], **usual)
    with pytest.raises(ValueError, match="one per seed"):
        training.train([network()] * 2, cross_entropy, x, y, **usual)
    with pytest.raises(TypeError, match=r"must be a torch\.nn\.Module"):
        training.train("mlp", cross_entropy, x, y, **usual)
    with pytest.raises(ValueError, match="same layers"):
        nets = [network(), network(), models.mlp([5, 3], 0).double()]
        training.train(nets, cross_entropy, x, y, **usual)
    with pytest.raises(ValueError, match="Dropout"):
        net = nn.Sequential(nn.Linear(5, 3).double(), nn.Dropout())
        training.train(net, cross_entropy, x, y, **usual)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU")
def test_a_gpu_run_is_that_of_the_cpu(data):
    x, y = data
    options = {"steps": 10, "eta": 0.1, "seeds": SEEDS, "batch_size": 8}
    here = training.train(network(), cross_entropy, x, y, **options)
    there = training.train(network().cuda(), cross_entropy, x.cuda(), y.cuda(), **options)
    torch.testing.assert_close(here.losses, there.losses)
    np.testing.assert_array_equal(here.steps, there.steps)
