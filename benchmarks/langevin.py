"""Euler-Maruyama with multiplicative noise, against drawing its normals alone, and torchsde."""

import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import torch

from sgdtheory.stochastic._walk import CHUNK
from sgdtheory.stochastic.langevin import simulate

DRAWS = 2 * 10**7  # path-steps of each case


def interleaved(tasks: list[Callable[[], object]], repeats: int) -> list[float]:
    """Fastest of ``repeats`` runs of each task, the tasks taking turns."""
    best = [float("inf")] * len(tasks)
    for _ in range(repeats):
        for i, task in enumerate(tasks):
            start = time.perf_counter()
            task()
            best[i] = min(best[i], time.perf_counter() - start)
    return best


def normals(path_steps: int) -> None:
    """Only the draws: float32, in the same chunks."""
    generator = torch.Generator().manual_seed(1)
    buffer = torch.empty(CHUNK, 1)
    for _ in range(path_steps // CHUNK):
        buffer.normal_(generator=generator)


def drift(x: torch.Tensor) -> torch.Tensor:
    return -x


def diffusion(x: torch.Tensor) -> torch.Tensor:
    return x.square().mul_(0.1).add_(0.1)


def with_torchsde(paths: int, steps: int) -> Callable[[], object] | None:
    """The same ensemble by torchsde, if it is installed."""
    try:
        import torchsde
    except ImportError:
        return None

    class Equation:
        noise_type, sde_type = "diagonal", "ito"

        def f(self, t, x):
            return drift(x)

        def g(self, t, x):
            return (2 * diffusion(x)).sqrt_()

    times = torch.tensor([0.0, 0.01 * steps])
    start = torch.zeros(paths, 1)
    return lambda: torchsde.sdeint(Equation(), start, times, dt=0.01, method="euler")


def cases(repeats: int = 7) -> Iterator[dict[str, Any]]:
    """Ratios to the normals alone for both dtypes and three sizes; one to torchsde."""
    torch.set_num_threads(1)
    for paths in (10**4, 10**5, 10**6):
        steps = max(DRAWS // paths, 50)
        for dtype, bound in ((torch.float32, 2.0), (torch.float64, 2.5)):

            def ours(paths=paths, steps=steps, dtype=dtype):
                simulate(drift, diffusion, 0.0, 0.01, steps, paths=paths, seed=1, dtype=dtype)

            alone, full = interleaved(
                [lambda paths=paths, steps=steps: normals(paths * steps), ours], repeats
            )
            yield {
                "case": f"Euler-Maruyama, {paths:.0e} paths, {steps} steps, {dtype}",
                "seconds": full,
                "floor": "drawing the normals alone",
                "floor_seconds": alone,
                "ratio": full / alone,
                "bound": bound,
            }
    paths, steps = 10**4, 1000
    peer = with_torchsde(paths, steps)
    if peer is None:
        print("torchsde is absent (extra: oracle): its case is left out", file=sys.stderr)
        return

    def same():
        simulate(drift, diffusion, 0.0, 0.01, steps, paths=paths, seed=1, dtype=torch.float32)

    theirs, mine = interleaved([peer, same], repeats)
    yield {
        "case": f"Euler-Maruyama, {paths:.0e} paths, {steps} steps, against torchsde",
        "seconds": mine,
        "peer": "torchsde 'euler', diagonal noise",
        "peer_seconds": theirs,
        "ratio": mine / theirs,
        "bound": 1 / 4,
    }
