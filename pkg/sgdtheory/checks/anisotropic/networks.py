"""ANI-E2: a clipped network with one hidden layer, its H and C as whole matrices."""

from functools import lru_cache

import torch
from torch import Tensor, nn

from sgdtheory.estimate import compare
from sgdtheory.networks import curvature
from sgdtheory.networks.gradient_noise import per_sample_gradients
from sgdtheory.theory.anisotropic import networks as theory

SEEDS, SAMPLES = (11, 12), 500
CLIP, HIDDEN, RATE = 1e-3, 100, 1e-3
EPOCHS, DECAY, ITERATIONS = 31, 21, 10  # of full-batch Adam; the last 10 with a falling rate


class OneHiddenLayer(nn.Module):
    """2 -> ``hidden`` -> 1 with ReLU, output weights +-1 fixed, output clipped; float64."""

    def __init__(self, seed: int, hidden: int = HIDDEN):
        super().__init__()
        draw = torch.Generator().manual_seed(seed)
        self.layer = nn.utils.skip_init(nn.Linear, 2, hidden, dtype=torch.float64)
        with torch.no_grad():
            for p in self.layer.parameters():
                p.uniform_(-0.1, 0.1, generator=draw)
        signs = torch.ones(hidden, dtype=torch.float64)
        signs[hidden // 2 :] = -1
        self.register_buffer("signs", signs)

    def forward(self, x: Tensor) -> Tensor:
        return (self.layer(x).relu() @ self.signs).clamp(CLIP, 1 - CLIP)


def squared(output: Tensor, y: Tensor) -> Tensor:
    return ((output - y) ** 2).mean()


def data(seed: int, n: int) -> tuple[Tensor, Tensor]:
    """x uniform on the square [-2, 2]^2, y = 1 where x_1 >= x_2."""
    draw = torch.Generator().manual_seed(seed)
    x = 4 * torch.rand(n, 2, generator=draw, dtype=torch.float64) - 2
    return x, (x[:, 0] >= x[:, 1]).double()


def rate(epoch: int) -> float:
    """Learning rate of an epoch, counted from zero: constant, then down in a straight line."""
    return RATE * min(1.0, (EPOCHS - epoch) / (EPOCHS - DECAY))


def train(net: nn.Module, x: Tensor, y: Tensor) -> None:
    """Full-batch Adam, in place."""
    adam = torch.optim.Adam(net.parameters())
    for epoch in range(EPOCHS):
        adam.param_groups[0]["lr"] = rate(epoch)
        for _ in range(ITERATIONS):
            adam.zero_grad()
            squared(net(x), y).backward()
            adam.step()


def ratio(H: Tensor, C: Tensor) -> float:
    """Tr(HC) over what isotropic noise of the same trace would give."""
    return float((H * C).sum() * len(H) / (H.trace() * C.trace()))


def alignment(H: Tensor, C: Tensor) -> float:
    """``u' C u Tr H / (lambda Tr C)`` for the top pair (lambda, u) of H."""
    values, vectors = torch.linalg.eigh(H)
    u = vectors[:, -1]
    return float(u @ C @ u * H.trace() / (values[-1] * C.trace()))


def residuals(net: nn.Module, x: Tensor, y: Tensor) -> Tensor:
    """|output - y| of the unsaturated samples."""
    with torch.no_grad():
        f = net(x)
    return (f - y).abs()[(f > CLIP) & (f < 1 - CLIP)]


def alignments_of_labels(net: nn.Module, x: Tensor, H: Tensor) -> tuple[float, float]:
    """Least and largest alignment of ``F = 4 E rho^2 g g'`` over all labels 0 and 1.

    H does not depend on the labels; each sample's ``rho^2`` takes one of two values.  The
    extreme t of ``sum rho^2 (g . u)^2 / sum rho^2 |g|^2`` gives the smaller of the two to the
    samples on one side of ``(g . u)^2 = t |g|^2``, so that t is found by iteration, exactly.
    """
    with torch.no_grad():
        f = net(x)
    g = per_sample_gradients(net, lambda output, _: output.mean(), x, torch.zeros_like(f))
    values, vectors = torch.linalg.eigh(H)
    along, total = (g @ vectors[:, -1]) ** 2, (g**2).sum(1)
    near = torch.minimum(f, 1 - f) ** 2
    far = torch.maximum(f, 1 - f) ** 2
    found = []
    for sign in (1, -1):
        t = float(along.sum() / total.sum())
        for _ in range(50):  # a handful settle it
            weight = torch.where(sign * (along - t * total) > 0, near, far)
            t = float((weight @ along) / (weight @ total))
        found.append(t * float(H.trace() / values[-1]))
    return found[0], found[1]


@lru_cache(maxsize=len(SEEDS))
def measured(seed: int) -> dict[str, dict]:
    """For each part of the claim, the value of every symbol in it, after training."""
    net, (x, y) = OneHiddenLayer(seed), data(seed + 1000, SAMPLES)
    train(net, x, y)
    H = curvature.hessian(net, squared, x, y)
    C = curvature.covariance(net, squared, x, y, batch_size=10)
    sizes = residuals(net, x, y)
    R, own = ratio(H, C), ratio(H, H)
    low, high = alignments_of_labels(net, x, H)
    return {
        theory.RATIO: {theory.gain: R},
        theory.SHAPE: {theory.gain: R, theory.own: own},
        theory.ALIGNED: {theory.alignment: alignment(H, C)},
        theory.VACUOUS: {theory.proved: float((sizes.min() / sizes.max()) ** 2)},
        theory.LEAST: {theory.least: low},
        theory.LABELS: {theory.most: high, theory.least: low},
    }


def nulls(m: dict[str, dict]) -> dict[str, tuple[str, dict]]:
    """What each part must not admit: its name, and the values that it has there."""
    low, proved = m[theory.LEAST][theory.least], m[theory.VACUOUS][theory.proved]
    return {
        theory.RATIO: ("isotropic noise", {theory.gain: 1}),
        theory.SHAPE: ("isotropic noise", {theory.gain: 1}),
        theory.ALIGNED: ("the worst labels", {theory.alignment: low}),
        theory.VACUOUS: ("residuals of one size", {theory.proved: 1}),
        theory.LEAST: ("the provable constant", {theory.least: proved}),
        theory.LABELS: ("an alignment that ignores labels", {theory.most: low}),
    }


def network(claim):
    """Measured values inside their bands for each seed, the null models outside."""
    values = [measured(seed) for seed in SEEDS]
    for label in values[0]:
        holds = [bool(claim[label].subs(m[label])) for m in values]
        yield compare(f"{label}: seeds for which it holds", len(values), float(sum(holds)))
        null = nulls(values[0])[label][0]
        admitted = [bool(claim[label].subs({**m[label], **nulls(m)[label][1]})) for m in values]
        yield compare(f"{label}: holds for {null}", 0.0, float(sum(admitted)))


CHECKS = {"ANI-E2": network}
