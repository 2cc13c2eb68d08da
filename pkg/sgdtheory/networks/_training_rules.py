"""Update rules of R replicas at once, in the forms of ``torch.optim``."""

from dataclasses import dataclass

import torch
from torch import Tensor

#: Buffers of a rule, each (R, P) like the weights; they are never changed in place.
Buffers = tuple[Tensor, ...]


@dataclass(frozen=True)
class SGD:
    """``v = mu v + g``, ``w = w - eta v``; with Nesterov ``w = w - eta (g + mu v)``.

    eta, momentum : (R, 1).  Without momentum nothing is remembered.
    """

    eta: Tensor
    momentum: Tensor
    nesterov: bool

    def buffers(self, w: Tensor) -> Buffers:
        return (torch.zeros_like(w),) if bool(self.momentum.any()) else ()

    def step(self, w: Tensor, g: Tensor, buffers: Buffers, t: int) -> tuple[Tensor, Buffers]:
        if not buffers:
            return torch.addcmul(w, self.eta, g, value=-1), ()
        v = torch.addcmul(g, self.momentum, buffers[0])
        towards = torch.addcmul(g, self.momentum, v) if self.nesterov else v
        return torch.addcmul(w, self.eta, towards, value=-1), (v,)


@dataclass(frozen=True)
class Adam:
    """Adam with bias correction; ``t`` counts the steps from 1."""

    eta: Tensor
    betas: tuple[float, float] = (0.9, 0.999)
    eps: float = 1e-8

    def buffers(self, w: Tensor) -> Buffers:
        return torch.zeros_like(w), torch.zeros_like(w)

    def step(self, w: Tensor, g: Tensor, buffers: Buffers, t: int) -> tuple[Tensor, Buffers]:
        (b1, b2), (m, v) = self.betas, buffers
        m = torch.lerp(m, g, 1 - b1)
        v = torch.addcmul(b2 * v, g, g, value=1 - b2)
        scale = v.sqrt() / (1 - b2**t) ** 0.5 + self.eps
        return w - self.eta / (1 - b1**t) * m / scale, (m, v)


Rule = SGD | Adam
