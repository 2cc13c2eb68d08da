"""Cost of a step of R replicas trained as one batch, against R plain loops.

Minibatch SGD of B = 50 on fully connected networks: a narrow one (scikit-learn's digits) and
one with 784 inputs; both sides in one process, interleaved, minimum of seven.  On one CPU
core a narrow network's step is overhead, which the replicas share; the wide one's is
arithmetic, which they cannot.
"""

import time
from collections.abc import Iterator
from typing import Any

import torch
from torch.nn.functional import cross_entropy

from sgdtheory.networks import datasets, models, training

#: Time of the batched run over that of the loops: bounds by number of replicas.
NARROW = {1: 2.5, 4: 0.9, 16: 0.5, 64: 0.5}
WIDE = {16: 1.3}
CASES = {("digits", (64, 30, 30, 10)): NARROW, ("fashion_mnist_small", (784, 50, 50, 10)): WIDE}
STEPS, BATCH = 50, 50


def plain_loop(net: torch.nn.Module, x: torch.Tensor, y: torch.Tensor, seed: int) -> None:
    """What `training.train` replaces: one network, one optimizer, one step at a time."""
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    order = torch.randperm(len(x), generator=torch.Generator().manual_seed(seed))
    for index in order[: STEPS * BATCH].repeat(3)[: STEPS * BATCH].split(BATCH):
        optimizer.zero_grad()
        cross_entropy(net(x[index]), y[index]).backward()
        optimizer.step()


def cases(repeats: int = 7) -> Iterator[dict[str, Any]]:
    """One line a network and R: seconds per replica and step, their ratio and its bound."""
    for (data, widths), bounds in CASES.items():
        x, y = datasets.load(data, n=1000)
        for replicas, bound in bounds.items():
            best = _measured(x, y, widths, replicas, repeats)
            batched, loops = (seconds / (STEPS * replicas) for seconds in best)
            yield {
                "case": f"{replicas} replicas of {'-'.join(map(str, widths))}, batches of 50",
                "seconds": batched,
                "floor": "plain loops, one network after the other",
                "floor_seconds": loops,
                "ratio": batched / loops,
                "bound": bound,
                "threads": torch.get_num_threads(),
            }


def _measured(x, y, widths, replicas: int, repeats: int) -> list[float]:
    nets = [models.mlp(widths, seed) for seed in range(replicas)]

    def batched() -> None:
        training.train(
            nets, cross_entropy, x, y, steps=STEPS, eta=0.1, seeds=range(replicas),
            batch_size=BATCH,
        )  # fmt: skip

    def loops() -> None:
        for seed, net in enumerate(nets):
            plain_loop(net, x, y, seed)

    times: dict[Any, list[float]] = {batched: [], loops: []}
    for _ in range(repeats + 1):
        for task, seconds in times.items():
            start = time.perf_counter()
            task()
            seconds.append(time.perf_counter() - start)
    return [min(seconds[1:]) for seconds in times.values()]


if __name__ == "__main__":
    import json

    for case in cases():
        print(json.dumps(case))
