"""IVF-E1: torch's loss and its derivatives; the other checks of this ground are gathered."""

from collections.abc import Iterator
from functools import lru_cache

import numpy as np
import torch
from torch.nn.functional import cross_entropy

from sgdtheory.checks.variance_flatness import langevin, minibatch
from sgdtheory.estimate import Comparison, compare
from sgdtheory.theory.variance_flatness import sgd as theory

LOGITS = torch.tensor(
    [[0.3, -1.2, 0.8, 0.1], [1.5, 0.2, -0.7, 0.4], [-0.6, 0.9, 0.5, -1.1]], dtype=torch.float64
)
LABELS = torch.tensor([2, 0, 3])


@lru_cache
def by_torch() -> tuple[list, list, np.ndarray, np.ndarray]:
    """Losses of the samples; outputs; slope and curvature of the first sample's loss."""
    losses = cross_entropy(LOGITS, LABELS, reduction="none")

    def first(a: torch.Tensor) -> torch.Tensor:
        return cross_entropy(a[None], LABELS[:1])

    slope = torch.autograd.functional.jacobian(first, LOGITS[0])
    curvature = torch.autograd.functional.hessian(first, LOGITS[0])
    return losses.tolist(), LOGITS.softmax(1).tolist(), slope.numpy(), curvature.numpy()


def loss(claim) -> Iterator[Comparison]:
    """IVF-E1."""
    losses, outputs, slope, curvature = by_torch()
    classes = LOGITS.shape[1]
    a = {theory.a[c + 1]: z for c, z in enumerate(LOGITS[0].tolist())}
    softmax = claim[theory.SOFTMAX].rhs.subs(theory.K, classes).doit()
    Y = {theory.Y[c + 1]: y for c, y in enumerate(outputs[0])}
    Z = {theory.Z[c + 1]: int(c == LABELS[0]) for c in range(classes)}
    sample = claim[theory.SAMPLE].rhs.subs(theory.K, classes).doit()
    mean = claim[theory.VALUE].rhs.subs(theory.N, len(losses)).doit()
    mean = mean.subs({theory.d[k + 1]: value for k, value in enumerate(losses)})
    whole = float(cross_entropy(LOGITS, LABELS))
    yield compare("overall loss", float(mean), whole)
    yield compare("loss of one sample", float(sample.subs(Z).subs(Y)), losses[0])
    yield compare("output", float(softmax.subs(theory.n, 2).subs(a)), outputs[0][1])
    for n, j in ((3, 3), (1, 3)):
        one = claim[theory.SLOPE].rhs.subs(theory.n, n).subs(Y | Z)
        yield compare(f"slope {n}", float(one), slope[n - 1])
        two = claim[theory.CURVATURE].rhs.subs({theory.n: n, theory.j: j}).subs(Y)
        yield compare(f"curvature {n}{j}", float(two), curvature[n - 1, j - 1])


CHECKS = {"IVF-E1": loss, **minibatch.CHECKS, **langevin.CHECKS}
