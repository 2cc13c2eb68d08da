"""Mean squared displacement, all lags, T = 1000, d = 61,706 (LeNet-5): one Gram product."""

import time
import tracemalloc
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

POINTS, WEIGHTS = 1000, 61_706
BOUND = 2.5
NAIVE_LAGS = 20  # lags for which the naive loop is timed; it takes as long for each


def naive(w: np.ndarray, lags) -> list[float]:
    """One array of differences per lag."""
    return [float(((w[n:] - w[:-n]) ** 2).sum() / (len(w) - n)) for n in lags]


def seconds(calls: list[Callable[[], object]], repeats: int) -> list[float]:
    """Fastest of ``repeats`` of each, taken in turn."""
    best = [np.inf] * len(calls)
    for _ in range(repeats):
        for i, call in enumerate(calls):
            start = time.perf_counter()
            call()
            best[i] = min(best[i], time.perf_counter() - start)
    return best


def stream_memory(steps: int, width: int = 1000) -> int:
    """Peak bytes of the streaming route over so many steps."""
    from sgdtheory.stochastic.msd import Streaming, log_lags

    tracemalloc.start()
    stream, point = Streaming(log_lags(1000)), np.zeros(width, dtype=np.float32)
    for _ in range(steps):
        point += 1
        stream.update(point)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


def cases(repeats: int = 7) -> Iterator[dict[str, Any]]:
    """Time over that of one Gram product, and over the naive loop; memory as steps grow."""
    from sgdtheory.stochastic.msd import time_averaged

    draw = np.random.default_rng(0)
    w = draw.standard_normal((POINTS, WEIGHTS), dtype=np.float32).cumsum(axis=0)
    centred = w - w[0]
    ours, floor = seconds([lambda: time_averaged(w), lambda: centred @ centred.T], repeats)
    common = {"seconds": ours, "precision": "float32 products, summed in float64"}
    yield {
        "case": f"time-averaged MSD, all lags, T = {POINTS}, d = {WEIGHTS}",
        **common,
        "floor": "one T x T Gram product",
        "floor_seconds": floor,
        "ratio": ours / floor,
        "bound": BOUND,
    }
    lags = np.linspace(1, POINTS - 1, NAIVE_LAGS).astype(int)
    loop = min(seconds([lambda: naive(w, lags)], 2)) * (POINTS - 1) / NAIVE_LAGS
    yield {
        "case": "the same, against one array of differences per lag",
        **common,
        "peer": f"naive loop, from {NAIVE_LAGS} lags",
        "peer_seconds": loop,
        "ratio": ours / loop,
        "bound": 0.1,
        "speedup": loop / ours,
    }
    stream_memory(1)  # what is loaded once
    short, long = stream_memory(500), stream_memory(4000)
    yield {
        "case": "streaming MSD, lags to 100: peak memory of 4000 steps over that of 500",
        "bytes": long,
        "bytes_of_trajectory": 4000 * 1000 * 4,
        "ratio": long / short,
        "bound": 1.05,
    }


if __name__ == "__main__":
    import json

    for case in cases():
        print(json.dumps(case))
