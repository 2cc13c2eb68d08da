"""Exponents and crossovers of 24 residual networks, as their authors tabulated them.

From the plotting scripts of Chen, Qu and Gong's code (repository
ifgovh/Anomalous-diffusion-dynamics-of-SGD, commit 480f965): one run each, no error bars,
read off by a recipe of which no code is known to us.  The sweep of learning rates mixes
networks: its point at 0.1 is that of ResNet-14 *without* shortcuts.
"""

from typing import NamedTuple


class Net(NamedTuple):
    """``long``, ``short``: exponents at lags beyond and below the crossover lag ``tau_1``."""

    depth: int
    batch: int
    shortcuts: bool
    long: float
    short: float
    tau_1: float


_PAIRS = (
    (14, 128, (1.359, 0.700, 80), (1.315, 0.727, 180)),
    (14, 512, (1.222, 0.690, 50), (1.405, 0.700, 100)),
    (14, 1024, (1.388, 0.690, 65), (1.215, 0.783, 70)),
    (20, 128, (1.231, 0.650, 140), (1.227, 0.733, 150)),
    (20, 512, (1.298, 0.683, 60), (1.360, 0.703, 100)),
    (20, 1024, (1.314, 0.693, 100), (1.360, 0.600, 45)),
    (56, 128, (1.111, 0.767, 200), (1.158, 0.684, 70)),
    (56, 512, (1.100, 0.717, 125), (1.172, 0.750, 70)),
    (56, 1024, (1.033, 0.700, 133), (1.259, 0.733, 70)),
    (110, 128, (1.012, 0.700, 300), (1.216, 0.800, 220)),
    (110, 256, (1.172, 0.746, 400), (1.182, 0.884, 110)),
    (110, 512, (1.350, 0.733, 300), (1.417, 0.674, 100)),
)

#: Pairs in a row: without shortcuts, then with.
NETS = tuple(
    Net(depth, batch, shortcuts, *numbers)
    for depth, batch, *pair in _PAIRS
    for shortcuts, numbers in zip((False, True), pair, strict=True)
)

#: Learning rate, long-lag and short-lag exponent.
SWEEP = (
    (0.001, 2.0, 2.0), (0.01, 1.833, 1.7), (0.05, 1.7, 0.677), (0.1, 1.388, 0.69),
    (0.5, 1.4, 0.727),
)  # fmt: skip
