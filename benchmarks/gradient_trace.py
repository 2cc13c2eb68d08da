"""Trace of the gradient covariance against full-batch forward and backward passes.

LeNet-5, 1,000 images of 28x28; both sides in one process, interleaved, minimum of seven.
"""

import time
from collections.abc import Iterator
from typing import Any

import torch
from torch.nn.functional import cross_entropy

from sgdtheory.networks import datasets, models
from sgdtheory.networks.gradient_noise import trace

BOUND = 3.0


def cases(repeats: int = 7) -> Iterator[dict[str, Any]]:
    """One line: seconds for the trace, for one full-batch pass, their ratio and its bound."""
    x, y = datasets.load("fashion_mnist_small", n=1000)
    net = models.lenet(seed=0)
    params = list(net.parameters())

    def full_pass() -> None:
        torch.autograd.grad(cross_entropy(net(x), y), params)

    def measure() -> None:
        trace(net, cross_entropy, x, y, batch_size=10)

    times: dict[Any, list[float]] = {full_pass: [], measure: []}
    for _ in range(repeats + 1):
        for task, seconds in times.items():
            start = time.perf_counter()
            task()
            seconds.append(time.perf_counter() - start)
    best = {task: min(seconds[1:]) for task, seconds in times.items()}
    yield {
        "case": "trace of the gradient covariance, LeNet-5, 1000 samples",
        "seconds": best[measure],
        "floor": "one full-batch forward and backward pass",
        "floor_seconds": best[full_pass],
        "ratio": best[measure] / best[full_pass],
        "bound": BOUND,
        "threads": torch.get_num_threads(),
    }


if __name__ == "__main__":
    import json

    for case in cases():
        print(json.dumps(case))
