"""ANO-F6 and F7: two short runs of a small network on digits, with and without label noise."""

from functools import lru_cache

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy
from torch.nn.utils import parameters_to_vector, vector_to_parameters

from sgdtheory.estimate import compare
from sgdtheory.networks import curvature, datasets, models, trajectory
from sgdtheory.stochastic import msd
from sgdtheory.theory.anomalous import paths_measured as p

ETA, BATCH, NOISE, WINDOW, PEAK = 0.1, 128, 0.2, 600, 100
STEPS = {NOISE: 4000, 0.0: 6000}
SEEDS = (11, 12)


@lru_cache(maxsize=1)
def data() -> tuple[Tensor, Tensor]:
    x, y = datasets.load("digits")
    return x.flatten(1), y


def mean_loss(share: float):
    """Cross-entropy averaged over labels that are random with probability ``share``."""

    def loss(output: Tensor, labels: Tensor) -> Tensor:
        log_p = output.log_softmax(1)
        right = log_p.gather(1, labels[:, None]).mean()
        return -(1 - share) * right - share * log_p.mean()

    return loss


def network(seed: int) -> torch.nn.Sequential:
    return models.mlp([64, 32, 32, 10], seed)


@lru_cache
def run(share: float, seed: int) -> tuple[list[trajectory.Window], dict[int, Tensor]]:
    """First and last window of the path; weights at the start, near the peak, at the end."""
    (x, y), net, steps = data(), network(seed), STEPS[share]
    draw = torch.Generator().manual_seed(seed)
    kept: dict[int, Tensor] = {}

    def step(k: int) -> Tensor:
        if k in (0, PEAK, steps - 1):
            kept[k] = models.flatten(models.select(net)).detach().clone()
        i = torch.randint(len(y), (BATCH,), generator=draw)
        wrong = torch.rand(BATCH, generator=draw) < share
        labels = torch.where(wrong, torch.randint(10, (BATCH,), generator=draw), y[i])
        loss = cross_entropy(net(x[i]), labels)
        gradient = torch.autograd.grad(loss, list(net.parameters()))
        with torch.no_grad():
            for w, g in zip(net.parameters(), gradient, strict=True):
                w.sub_(ETA * g)
        return loss

    def full_loss() -> Tensor:
        with torch.no_grad():
            return mean_loss(share)(net(x), y)

    asked = full_loss if share else None
    starts = (0, steps - WINDOW)
    windows = trajectory.record(net, step, steps, window=WINDOW, starts=starts, full_loss=asked)
    return windows, kept


def of_msd(window: trajectory.Window, low: int, high: int) -> float:
    """Exponent of the mean squared displacement over these lags."""
    every = msd.log_lags(WINDOW, high)
    lags, values = msd.from_gram(window.gram, every[every >= low])
    return msd.exponent(lags, values, points=WINDOW, low=low, high=high).value


@lru_cache
def path(seed: int) -> dict[str, dict]:
    """For each part of ANO-F6 the value of every symbol in it."""
    (first, last), _ = run(NOISE, seed)
    exponent = trajectory.path_exponent(last.gram, 10, 100)
    minibatch, all_data = (
        trajectory.loss_scaling(last.gram, loss, 12) for loss in (last.loss, last.full_loss)
    )
    some = minibatch.counts > 1000
    levels = {
        p.minibatch: minibatch.mean[some].mean(),
        p.all_data: all_data.mean[some].mean(),
        p.floor: 2 * trajectory.loss_noise(last.loss),
    }
    early = trajectory.loss_scaling(first.gram, first.full_loss, 12)
    top = early.edges[-1]
    return {
        p.LATE: {p.of_path: exponent},
        p.SAME: {p.of_path: exponent, p.of_msd: of_msd(last, 10, 100)},
        p.PLATEAU: levels,
        p.HIDDEN: levels,
        p.STEEP: {p.early: early.slope(top / 10, top)},
    }


#: What each part of ANO-F6 must not admit: in words, and as values of its symbols.
NULLS = {
    p.LATE: ("a random walk", {p.of_path: 1}),
    p.SAME: ("a random walk of the same path exponent", {p.of_msd: 1}),
    p.PLATEAU: ("twice the noise", {p.minibatch: 2, p.floor: 1}),
    p.HIDDEN: ("losses without noise", {p.minibatch: 1, p.all_data: 1}),
    p.STEEP: ("the roughest and the smoothest surface", {p.early: 2}),
}


def judged(claim, values: list[dict[str, dict]], nulls):
    """Measured values inside their bands for each seed, the null models outside."""
    for label in values[0]:
        holds = [bool(claim[label].subs(m[label])) for m in values]
        yield compare(f"{label}: seeds for which it holds", len(values), float(sum(holds)))
        what, null = nulls[label]
        admitted = [bool(claim[label].subs({**m[label], **null})) for m in values]
        yield compare(f"{label}: holds for {what}", 0.0, float(sum(admitted)))


def paths(claim):
    """ANO-F6."""
    yield from judged(claim, [path(seed) for seed in SEEDS], NULLS)


def largest(weights: Tensor, share: float) -> float:
    """Largest eigenvalue of the Hessian of all data, in float64."""
    (x, y), net = data(), network(0).double()
    params = list(net.parameters())
    vector_to_parameters(weights.double(), params)
    loss = mean_loss(share)(net(x.double()), y)
    slope = parameters_to_vector(torch.autograd.grad(loss, params, create_graph=True))

    def product(v: Tensor) -> Tensor:
        return parameters_to_vector(torch.autograd.grad(slope @ v, params, retain_graph=True))

    values, _ = curvature.top_eigenpairs(product, len(weights), 1, seed=0, tol=1e-2)
    return float(values[0])


@lru_cache(maxsize=1)
def eigenvalues() -> dict[str, dict]:
    """For each part of ANO-F7 the value of every symbol in it."""
    seed = SEEDS[0]
    course = {
        share: [largest(w, share) for _, w in sorted(run(share, seed)[1].items())]
        for share in (NOISE, 0.0)
    }
    start, peak, end = course[0.0]
    return {
        p.RISE: {p.start: start, p.peak: peak},
        p.FALL: {p.end: end, p.peak: peak},
        p.KEPT: {p.noisy: course[NOISE][2], p.peak: course[NOISE][1]},
    }


def curvatures(claim):
    """ANO-F7."""
    found = eigenvalues()
    start, fallen = found[p.RISE][p.start], found[p.FALL]
    nulls = {
        p.RISE: ("a curvature that only falls", {p.peak: start}),
        p.FALL: ("a quadratic loss", {p.end: fallen[p.peak]}),
        p.KEPT: ("the run without noise", {p.noisy: fallen[p.end], p.peak: fallen[p.peak]}),
    }
    yield from judged(claim, [found], nulls)


CHECKS = {"ANO-F6": paths, "ANO-F7": curvatures}
