r"""Training many replicas of a small network at once, every draw under control.

.. math:: w_{k+1} = w_k - \eta\,\Big(\sum_i a_i \nabla l_i(w_k) + \epsilon_k\Big)

in R replicas side by side, for R seeds: from one point, which makes them an ensemble of the
same dynamics, or from R points.  Learning rate, momentum, weight decay and batch size may
differ between replicas.  ``sampling`` says what the sample weights ``a_i`` and the noise are:

- ``"reshuffling"``: batches of an order that is drawn anew for every epoch of M = n/B steps
- ``"shuffle-once"``: batches of one order, the same in every epoch
- ``"replacement"``: B samples drawn independently in every step: covariance S/B
- ``"full"``: gradient descent: ``a_i = 1/n``
- ``"multipliers"``: ``a_i = (1 + sqrt(n/B) (z_i - mean z))/n``, z normal: gradient descent
  with Gaussian noise of the covariance S/B, that of ``"replacement"`` (IVF-FDN1)
- ``"isotropic"``: gradient descent with a vector as long as the noise of
  ``"multipliers"``, its direction uniformly random: covariance ``(Tr S / B) I / P``

S is the covariance of the per-sample gradients, normalised by 1/n (`gradient_noise`).  A
replica's draws depend on its seed alone, not on the other replicas or the device.
"""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from sgdtheory import _validate as check
from sgdtheory.networks import _training_setup as setup
from sgdtheory.networks._per_sample import LossFn, Names
from sgdtheory.networks._training_forward import forward, losses
from sgdtheory.networks._training_loop import (
    Diverged,
    Gradient,
    Loop,
    Noise,
    Watch,
    bar,
    diverged_at,
)
from sgdtheory.networks._training_record import Log, Record, State

#: Samples that `evaluate` takes at once.
SAMPLES = 500
__all__ = ["Diverged", "Record", "Run", "evaluate", "train"]


@dataclass(frozen=True)
class Run:
    """A finished run of R replicas.

    Attributes
    ----------
    weights : name -> (R, ...), at the end, the frozen ones too
    losses : (R, steps), mean loss of the batch before each step
    trajectory, steps : (R, T, d) on the CPU, and the T step numbers after which its rows were
        kept; T = 0 without a `Record`
    watched, watch_steps : (R, k, ...) on the CPU, and the k step numbers; k = 0 without a watch
    diverged : (R,), the step before which the loss was not finite, or -1
    template : a copy of the model
    """

    weights: dict[str, Tensor]
    losses: Tensor
    trajectory: Tensor
    steps: np.ndarray
    watched: Tensor
    watch_steps: np.ndarray
    diverged: Tensor
    template: nn.Module

    def model(self, replica: int) -> nn.Module:
        """A network with the final weights of one replica."""
        net = deepcopy(self.template)
        with torch.no_grad():
            for name, p in net.named_parameters():
                p.copy_(self.weights[name][replica])
        return net


def train(
    model: nn.Module | Sequence[nn.Module],
    loss_fn: LossFn,
    x: Tensor,
    y: Tensor,
    *,
    steps: int,
    eta: float | Sequence[float],
    seeds: Sequence[int],
    batch_size: int | Sequence[int] | None = None,
    sampling: str = "reshuffling",
    momentum: float | Sequence[float] = 0.0,
    nesterov: bool = False,
    optimizer: str = "sgd",
    weight_decay: float | Sequence[float] = 0.0,
    parameters: Names = None,
    start: Mapping[str, Tensor] | None = None,
    record: Record | None = None,
    noise: Noise | None = None,
    label_noise: float = 0.0,
    watch: Watch | None = None,
    watch_every: int | None = None,
    diverged: str = "raise",
    checkpoint=None,
    progress: bool = False,
) -> Run:
    """Train ``R = len(seeds)`` replicas; the models that are passed are not changed.

    Each replica goes as it would alone, to rounding.  Fully connected networks are multiplied
    as batched matrices, others by ``vmap``.  On one CPU core that is several times faster
    for narrow networks, and hardly for wide ones (`benchmarks/replicas.py`).

    Parameters
    ----------
    model : the start of all replicas; or R networks of one architecture
    loss_fn : ``loss_fn(model(x), y)``; of a single sample it must give one number
    x, y : the training set, n samples first, of the dtype and on the device of the model
    eta, momentum, weight_decay, batch_size : one for all or one per replica.  Batches without
        replacement must divide n; ``"full"`` needs none
    sampling : see the head of this module
    momentum, nesterov, optimizer : heavy ball, Nesterov, or ``"adam"``, in PyTorch's forms
    parameters : names as in `models.select`: only these are trained
    start : name -> (R, ...) or (...), such as the weights of an earlier `Run`.  Use other
        seeds then: the same ones repeat the draws
    record : which trained weights are kept, and when
    noise : ``noise(step, w, normals)``, (R, P), is added to the gradient; w (R, P) are the
        trained weights, ``normals(size)`` gives standard normals (R, size)
    label_noise : integer y: the probability of a random class at each use; real y: the
        standard deviation of Gaussian noise
    watch, watch_every : ``watch(step, weights)``, (R, ...), is kept at step 0, watch_every, ...
    diverged : ``"raise"``, or ``"flag"``: the others go on
    checkpoint : a folder; an interrupted run with the same arguments goes on from it and ends
        with the same bits
    progress : a bar on stderr

    Raises
    ------
    Diverged
        A loss that is not finite; says in which replica and before which step.
    ValueError
        A batch above n, or without replacement one that does not divide n; wrong shapes;
        unknown names; a network whose loss is random or couples samples (dropout, batch norm).
    """
    steps = check.count("steps", steps)
    strict = check.one_of("diverged", diverged, ("raise", "flag")) == "raise"
    look, draws = setup.looks(watch, watch_every), setup.seeds(seeds)
    nets = setup.replicas(model, len(draws))
    problem, w = setup.problem(nets, loss_fn, x, y, parameters, start)
    rule, decay = setup.rule(optimizer, eta, momentum, nesterov, weight_decay, w)
    sizes = setup.batch_sizes(batch_size, sampling, len(x), len(draws))
    strength = setup.label_noise(label_noise, y)
    gradient = Gradient(problem, sampling, sizes, draws, strength, noise)
    rows = np.empty(0, dtype=int) if record is None else record.steps(steps)
    columns = [] if record is None else setup.columns(problem.shapes, record.parameters)
    kind = (record and record.dtype) or w.dtype
    key = {
        "data": setup.digest(x, y),
        "start": setup.digest(w, *problem.frozen.values()),
        "steps": steps, "seeds": draws, "batch_size": sizes, "sampling": sampling,
        "optimizer": optimizer, "nesterov": nesterov, "trained": list(problem.shapes),
        "eta": rule.eta.tolist(), "momentum": np.asarray(momentum).tolist(),
        "weight_decay": decay.tolist(),
        "record": repr(record), "label_noise": strength, "watch_every": look,
    }  # fmt: skip
    log = Log(State(0, w, rule.buffers(w)), steps, rows, columns, kind, checkpoint, key)
    Loop(gradient, rule, decay, log, watch, look, strict).run(steps, bar(progress))
    return Run(
        weights=problem.weights(log.last.w),
        losses=log.losses,
        trajectory=log.trajectory,
        steps=rows,
        watched=torch.stack(log.watched, 1) if log.watched else w.new_empty(len(w), 0).cpu(),
        watch_steps=np.arange(0, steps + 1, look) if look else np.empty(0, dtype=int),
        diverged=diverged_at(log.losses, log.last.w),
        template=problem.model,
    )


@torch.no_grad()
def evaluate(
    model: nn.Module, weights: Mapping[str, Tensor], loss_fn: LossFn, x: Tensor, y: Tensor
) -> tuple[Tensor, Tensor]:
    """Mean loss and share of wrong answers (NaN for real targets) of R replicas: (R,), (R,).

    Parameters
    ----------
    model : the architecture
    weights : name -> (R, ...), as in `Run` or in a ``watch``
    x, y : as in `train`, worked through a few samples at a time
    """
    setup.sample_count(x, y)
    outputs, R = forward(model), len(next(iter(weights.values())))
    total, wrong = torch.zeros(2, R, dtype=torch.float64, device=x.device)
    for a, b in zip(x.split(SAMPLES), y.split(SAMPLES), strict=True):
        inputs, targets = (t.expand(R, *t.shape) for t in (a, b))
        f = outputs(weights, inputs)
        total += losses(loss_fn, f, targets).sum(1)
        if y.is_floating_point():
            wrong += torch.nan
        else:
            wrong += (f.argmax(-1) != targets).sum(1)
    return total / len(x), wrong / len(x)
