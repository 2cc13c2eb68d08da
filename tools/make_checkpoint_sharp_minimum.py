"""Bring the small CNN to a sharp minimum by plain gradient descent; write the checkpoint.

    OMP_NUM_THREADS=1 python tools/make_checkpoint_sharp_minimum.py

Gradient descent with one constant step size on the cross-entropy of the 1,200 embedded
FashionMNIST images, of which the last 200 carry random labels: no minibatches, no momentum,
no regularisation, one fixed seed.  Step size and number of steps are those of the public
code of `zhu2019`, as far as it was at hand.
"""

import time

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from sgdtheory.networks import datasets, models

SEED, CLEAN, ETA, STEPS, CHUNK = 0, 1000, 0.07, 3000, 200


def training_set() -> tuple[Tensor, Tensor]:
    """Images in [-1, 1] and labels, those from CLEAN on drawn at random."""
    x, y = datasets.load("fashion_mnist_small")
    draw = torch.Generator().manual_seed(SEED)
    y[CLEAN:] = torch.randint(10, (len(y) - CLEAN,), generator=draw)
    return 2 * x - 1, y


def full_gradient(net: torch.nn.Module, x: Tensor, y: Tensor) -> tuple[float, list[Tensor]]:
    """Loss and gradient of the mean over all images, a few hundred at a time."""
    params = list(net.parameters())
    loss, total = 0.0, [torch.zeros_like(p) for p in params]
    for a, b in zip(x.split(CHUNK), y.split(CHUNK), strict=True):
        part = cross_entropy(net(a), b, reduction="sum") / len(x)
        loss += part.item()
        for t, g in zip(total, torch.autograd.grad(part, params), strict=True):
            t += g
    return loss, total


def main() -> None:
    torch.set_num_threads(1)
    (x, y), (x_test, y_test) = training_set(), datasets.load("fashion_mnist_small", "test")
    net, start = models.small_cnn(seed=SEED), time.perf_counter()
    for step in range(STEPS + 1):
        loss, gradient = full_gradient(net, x, y)
        norm = torch.sqrt(sum((g**2).sum() for g in gradient)).item()
        if step % 100 == 0:
            seconds = time.perf_counter() - start
            print(f"{step:5d} loss {loss:.4f} |grad| {norm:.2e} {seconds:.0f} s", flush=True)
        if step < STEPS:
            with torch.no_grad():
                for p, g in zip(net.parameters(), gradient, strict=True):
                    p.sub_(g, alpha=ETA)
    with torch.no_grad():
        wrong = net(x).argmax(1) != y
        test = (net(2 * x_test - 1).argmax(1) == y_test).double().mean().item()
    facts = {
        "model": "small_cnn",
        "data": f"fashion_mnist_small, 2x - 1; labels from {CLEAN} on random, seed {SEED}",
        "method": f"full-batch gradient descent, eta {ETA}, {STEPS} steps",
        "script": "tools/make_checkpoint_sharp_minimum.py",
        "seed": SEED,
        "steps": STEPS,
        "eta": ETA,
        "loss": loss,
        "gradient_norm": norm,
        "wrong": int(wrong[:CLEAN].sum()),
        "wrong_random": int(wrong[CLEAN:].sum()),
        "test_accuracy": test,
        "torch": torch.__version__,
    }
    models.save_checkpoint(net, models.CHECKPOINTS / "sharp_minimum_fashion.npz", **facts)
    print(facts)


if __name__ == "__main__":
    main()
