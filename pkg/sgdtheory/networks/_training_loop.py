"""The loop of `training.train`: gradients of all replicas, steps, and what is kept."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from sgdtheory.networks import _training_draws as draws
from sgdtheory.networks._per_sample import LossFn
from sgdtheory.networks._training_forward import forward, losses
from sgdtheory.networks._training_record import Log, State
from sgdtheory.networks._training_rules import Rule

#: Steps between two looks at whether the losses are finite.
BLOCK = 50
Noise = Callable[[int, Tensor, Callable[[int], Tensor]], Tensor]
Watch = Callable[[int, dict[str, Tensor]], Tensor]


class Diverged(ArithmeticError):
    """A loss that is not finite: of replica number ``replica``, before step ``step``."""

    def __init__(self, replica: int, step: int, eta: float):
        self.replica, self.step = replica, step
        super().__init__(
            f"the loss must stay finite, got NaN or infinity in replica {replica} at step "
            f"{step} (eta = {eta:g}); lower eta, or pass diverged='flag'"
        )


@dataclass(frozen=True)
class Problem:
    """R replicas of a network: which weights are trained, and on what."""

    model: nn.Module
    loss_fn: LossFn
    x: Tensor
    y: Tensor
    shapes: dict[str, torch.Size]
    frozen: dict[str, Tensor]

    def weights(self, w: Tensor) -> dict[str, Tensor]:
        """All named weights, (R, ...) each, from the trained ones as rows (R, P)."""
        pieces = w.split([shape.numel() for shape in self.shapes.values()], 1)
        trained = {
            k: v.unflatten(1, shape)
            for (k, shape), v in zip(self.shapes.items(), pieces, strict=True)
        }
        return {**self.frozen, **trained}


class Gradient:
    """Gradients of all replicas with their noise; ``sampling`` says how samples are drawn."""

    def __init__(self, problem: Problem, sampling: str, sizes: Sequence[int],
                 seeds: Sequence[int], label_noise: float, noise: Noise | None):  # fmt: skip
        self.problem, self.sampling, self.seeds = problem, sampling, seeds
        self.label_noise, self.noise = label_noise, noise
        x, y = problem.x, problem.y
        self.outputs = forward(problem.model)
        self.classes = 0 if y.is_floating_point() else int(y.max()) + 1
        self.sizes = torch.tensor(sizes).to(x)
        self.batches: draws.Batches | None = None
        if sampling in draws.MINIBATCH:
            self.batches = draws.Batches(len(x), sizes, seeds, sampling)
            self.mean = self.batches.weights(x)
        else:
            self.mean = torch.full((len(seeds), 1), 1 / len(x)).to(x)

    def block(self, first: int, count: int) -> Iterable[Tensor | None]:
        """For each of ``count`` steps the indices (R, B) of the batches; None: all samples."""
        if self.batches is None:
            return [None] * count
        return self.batches.block(first, count).to(self.problem.x.device)

    def __call__(self, w: Tensor, step: int, index: Tensor | None) -> tuple[Tensor, Tensor]:
        """Gradient (R, P) and mean loss of the batch (R,) at the weights w (R, P)."""
        w = w.detach().requires_grad_()
        each = self._losses(w, step, index)
        loss = (each * self.mean).sum(1)
        if self.sampling in draws.MINIBATCH or self.sampling == "full":
            (g,) = torch.autograd.grad(loss.sum(), w)
        else:
            g = self._with_multipliers(w, step, each, loss)
        if self.noise is not None:
            g = g + self.noise(step, w.detach(), self._normals(step, w))
        return g, loss.detach()

    def _losses(self, w: Tensor, step: int, index: Tensor | None) -> Tensor:
        x, y = self.problem.x, self.problem.y
        if index is None:
            inputs, targets = (t.expand(len(w), *t.shape) for t in (x, y))
        else:
            inputs, targets = (
                t.index_select(0, index.flatten()).unflatten(0, index.shape) for t in (x, y)
            )
        if self.label_noise:
            targets = draws.relabelled(
                targets, self.seeds, step, self.label_noise, self.classes
            )
        outputs = self.outputs(self.problem.weights(w), inputs)
        return losses(self.problem.loss_fn, outputs, targets)

    def _with_multipliers(self, w: Tensor, step: int, each: Tensor, loss: Tensor) -> Tensor:
        n = each.shape[1]
        deviations = draws.multipliers(self.seeds, step, n, self.sizes, w)
        fluctuation = (each * deviations).sum()
        if self.sampling == "multipliers":
            return torch.autograd.grad(loss.sum() + fluctuation, w)[0]
        (g,) = torch.autograd.grad(loss.sum(), w, retain_graph=True)
        (kick,) = torch.autograd.grad(fluctuation, w)
        z = draws.normals(self.seeds, draws.DIRECTION, step, w.shape[1], w)
        return g + z * (kick.norm(dim=1) / z.norm(dim=1))[:, None]

    def _normals(self, step: int, like: Tensor) -> Callable[[int], Tensor]:
        return lambda size: draws.normals(self.seeds, draws.NOISE, step, size, like)


@dataclass
class Loop:
    """Steps from where the log stands to the end; strict: losses that are not finite raise."""

    gradient: Gradient
    rule: Rule
    weight_decay: Tensor
    log: Log
    watch: Watch | None
    watch_every: int
    strict: bool

    def run(self, steps: int, bar: Callable[[range], Iterator[int]]) -> None:
        log = self.log
        with log:
            for first in bar(range(log.last.step, steps, BLOCK)):
                count = min(BLOCK, steps - first)
                state, found, kept = self._block(log.last, self.gradient.block(first, count))
                if self.strict:
                    self._refuse(state, found)
                log.add(state, found, kept)
            self._look(log.last)

    def _block(
        self, state: State, batches: Iterable[Tensor | None]
    ) -> tuple[State, Tensor, list[Tensor]]:
        """The state after a block of steps, its losses (R, count), the weights to keep."""
        found, kept = [], []
        w, buffers, step = state.w, state.buffers, state.step
        for index in batches:
            self._look(State(step, w, buffers))
            g, loss = self.gradient(w, step, index)
            g = torch.addcmul(g, self.weight_decay, w)
            step += 1
            w, buffers = self.rule.step(w, g, buffers, step)
            found.append(loss)
            if step in self.log.due:
                kept.append(w)
        return State(step, w, buffers), torch.stack(found, 1), kept

    def _look(self, state: State) -> None:
        if self.watch is not None and state.step % self.watch_every == 0:
            with torch.no_grad():
                seen = self.watch(state.step, self.gradient.problem.weights(state.w))
            self.log.watched.append(torch.as_tensor(seen).detach().cpu())

    def _refuse(self, state: State, found: Tensor) -> None:
        at = diverged_at(found, state.w)
        if bool((at >= 0).any()):
            replica = int(torch.where(at >= 0, at, at.max() + 1).argmin())
            step = int(at[replica]) + state.step - found.shape[1]
            raise Diverged(replica, step, float(self.rule.eta[replica]))


def diverged_at(losses: Tensor, w: Tensor) -> Tensor:
    """First step (R,) with a loss that is not finite, or weights after the last; or -1."""
    bad = torch.cat([~losses.isfinite(), ~w.isfinite().all(1, keepdim=True)], 1).cpu()
    return torch.where(bad.any(1), bad.int().argmax(1), -1)


def bar(progress: bool) -> Callable[[range], Iterator[int]]:
    """A bar of steps on stderr, or nothing."""
    if not progress:
        return iter

    def shown(blocks: range) -> Iterator[int]:
        from tqdm import tqdm

        with tqdm(initial=blocks.start, total=blocks.stop, unit="step") as line:
            for first in blocks:
                yield first
                line.update(min(blocks.step, blocks.stop - first))

    return shown
