"""Flatness of all directions at once against one at a time; cost against size.

``python benchmarks/fluctuations.py --store`` writes the curves that the notebook
`variance_flatness/03_the_relation` shows, with device and date, into the package data.
"""

import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

SAMPLES, DIRECTIONS = 1400, 64
WINDOWS, WIDTHS, COUNTS = (200, 400, 800, 1600, 3200), (15, 30, 60, 120), (4, 16, 64, 256)


def seconds(
    calls: list[Callable[[], object]], repeats: int, clock: Callable[[], float]
) -> list[float]:
    """Fastest of ``repeats`` of each, taken in turn."""
    best = [np.inf] * len(calls)
    for _ in range(repeats):
        for i, call in enumerate(calls):
            start = clock()
            call()
            best[i] = min(best[i], clock() - start)
    return best


def problem(width: int) -> tuple:
    """An untrained network 64-width-width-10 and the digits."""
    from torch.nn.functional import cross_entropy

    from sgdtheory.networks import datasets, models

    x, y = datasets.load("digits", n=SAMPLES)
    net = models.mlp([64, width, width, 10], 0, bias=False).double()
    return net, cross_entropy, x.double(), y


def directions(count: int, width: int) -> np.ndarray:
    p = np.random.default_rng(0).standard_normal((count, width**2))
    return p / np.linalg.norm(p, axis=1, keepdims=True)


def cases(repeats: int = 3) -> Iterator[dict[str, Any]]:
    """All directions at once over a loop; components over the products they need."""
    from sgdtheory.networks.fluctuations import flatness, principal_components

    asked, p = problem(30), directions(DIRECTIONS, 30)
    ours, loop = seconds([
        lambda: flatness(*asked, p, parameters="fc2"),
        lambda: [flatness(*asked, row[None], parameters="fc2") for row in p],
    ], repeats, time.perf_counter)  # fmt: skip
    yield {
        "case": f"flatness along {DIRECTIONS} directions of 900 weights, {SAMPLES} samples",
        "seconds": ours, "precision": "float64",
        "peer": "one direction at a time", "peer_seconds": loop,
        "ratio": ours / loop, "bound": 0.7,
    }  # fmt: skip
    w = np.random.default_rng(0).standard_normal((1000, 2500)).cumsum(0)
    ours, floor = seconds(
        [lambda: principal_components(w), lambda: (np.linalg.eigh(w @ w.T), w.T @ w[:, :1000])],
        repeats, time.perf_counter,
    )  # fmt: skip
    yield {
        "case": "principal components, T = 1000, d = 2500",
        "seconds": ours, "precision": "float64",
        "floor": "Gram product, its eigenvectors, the product that gives directions",
        "floor_seconds": floor, "ratio": ours / floor, "bound": 2.0,
    }  # fmt: skip


def curves() -> dict[str, np.ndarray]:
    """Sizes and CPU seconds, (2, k): against window, width, and number of directions."""
    from sgdtheory.networks.fluctuations import flatness, principal_components

    draw = np.random.default_rng(0)

    def components(T: int) -> Callable[[], object]:
        w = draw.standard_normal((T, 900)).cumsum(0)
        return lambda: principal_components(w)

    def flat(count: int, width: int) -> Callable[[], object]:
        asked, p = problem(width), directions(count, width)
        return lambda: flatness(*asked, p, parameters="fc2")

    calls = {
        "window": (WINDOWS, [components(T) for T in WINDOWS]),
        "width": (WIDTHS, [flat(30, width) for width in WIDTHS]),
        "directions": (COUNTS, [flat(count, 30) for count in COUNTS]),
    }
    return {
        k: np.array([sizes, seconds(c, 3, time.process_time)])
        for k, (sizes, c) in calls.items()
    }


if __name__ == "__main__":
    if "--store" in sys.argv:
        from sgdtheory.runs import results

        results.save("fluctuations_cost", curves(), {"seed": 0}, folder=results.PACKAGED)
    else:
        import json

        for case in cases():
            print(json.dumps(case))
