"""First passage: the ensemble against drawing its normals alone, and the exact integral."""

from collections.abc import Iterator
from typing import Any

import torch
from langevin import diffusion, drift, interleaved, normals

from sgdtheory.stochastic.first_passage import mean_first_passage_time
from sgdtheory.stochastic.langevin import first_passage_time


def cases(repeats: int = 7) -> Iterator[dict[str, Any]]:
    """Bookkeeping and bridge as a ratio to the normals; the double integral in seconds."""
    torch.set_num_threads(1)
    dt, target, paths = 0.01, 0.9, 10**5
    mean = mean_first_passage_time(
        lambda w: -w, lambda w: 0.1 + 0.1 * w * w, 0.0, target, cells=20_000
    )

    def ours():
        first_passage_time(
            drift, diffusion, 0.0, target, dt,
            paths=paths, seed=1, max_steps=10**6, dtype=torch.float32,
        )  # fmt: skip

    alone, full = interleaved([lambda: normals(int(paths * mean / dt)), ours], min(repeats, 7))
    yield {
        "case": f"first passage with bridge, {paths:.0e} paths, {mean / dt:.0f} steps each",
        "seconds": full,
        "floor": "drawing the normals alone",
        "floor_seconds": alone,
        "ratio": full / alone,
        "bound": 3.5,
    }

    def exact():
        mean_first_passage_time(
            lambda w: -4 * w * (w * w - 1), lambda w: 1 / 40 + 0 * w, -1.0, 1.0
        )

    (seconds,) = interleaved([exact], repeats)
    yield {
        "case": "exact mean first passage, 2e5 cells, barrier of 40 D (ratio to 0.1 s)",
        "seconds": seconds,
        "floor": "0.1 s",
        "floor_seconds": 0.1,
        "ratio": seconds / 0.1,
        "bound": 1.0,
    }
