"""Cost of a first-passage ensemble: time of a path-step over that of its normals, by size."""

from collections.abc import Iterator
from typing import Any

import torch
from langevin import drift, interleaved

from sgdtheory.stochastic._walk import chunk
from sgdtheory.stochastic.langevin import first_passage_times

#: Normals of each case, as far as the largest ensemble allows.
DRAWS = 8 * 10**6


def diffusion(x: torch.Tensor) -> torch.Tensor:
    """Isotropic, from the distance to the origin: (paths, d) -> (paths, 1)."""
    return x.square().sum(1, keepdim=True).mul_(0.1).add_(0.1)


def normals(paths: int, d: int, steps: int) -> None:
    """Only the draws: float32, in the chunks of the walk."""
    generator = torch.Generator().manual_seed(1)
    size = min(paths, chunk(d, "cpu"))
    buffer = torch.empty(size, d)
    for _ in range(steps * paths // size):
        buffer.normal_(generator=generator)


def cases(repeats: int = 3) -> Iterator[dict[str, Any]]:
    """1e3 to 1e6 paths in 1 to 8 dimensions, few of which arrive; target, bridge and wall."""
    torch.set_num_threads(1)
    for d in (1, 2, 4, 8):
        for paths in (10**3, 10**4, 10**5, 10**6):
            steps = max(DRAWS // (paths * d) // 16, 2) * 16

            def ours(d=d, paths=paths, steps=steps):
                first_passage_times(
                    drift, diffusion, [0.0] * d, 1.5, 0.01, lower=-2.0,
                    paths=paths, seed=1, max_steps=steps, dtype=torch.float32,
                )  # fmt: skip

            def alone(d=d, paths=paths, steps=steps):
                normals(paths, d, steps)

            floor, full = interleaved([alone, ours], repeats)
            yield {
                "case": f"first-passage ensemble, {paths:.0e} paths in {d}-d, {steps} steps",
                "nanoseconds_per_path_step": 1e9 * full / (paths * steps),
                "seconds": full,
                "floor": "drawing the normals alone",
                "floor_seconds": floor,
                "ratio": full / floor,
                # a thousand paths or so: calls cost, not numbers
                "bound": 15.0 if paths * d < 10**4 else 5.0,
            }
