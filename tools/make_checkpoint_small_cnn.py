"""Bring the small CNN to convergence by full-batch gradient descent; write the checkpoint.

    OMP_NUM_THREADS=1 python tools/make_checkpoint_small_cnn.py

Gradient descent with heavy-ball momentum on the cross-entropy of the first 1,000 images of
the embedded FashionMNIST subset: no minibatches, no regularisation, one fixed seed.  The
step size grows a little at each step; a step that lifts the loss a fifth above its lowest
value is undone back to there, the step size cut, the momentum dropped.
"""

import time

import torch
from torch.nn.functional import cross_entropy

from sgdtheory.networks import datasets, models

SEED, IMAGES, MOMENTUM, TARGET, MOST = 0, 1000, 0.95, 1e-3, 3500
ETA, GROWTH, CUT, TOLERANCE = 0.02, 1.005, 0.7, 1.2


def descend(net: torch.nn.Module, x: torch.Tensor, y: torch.Tensor) -> dict:
    """Train ``net`` in place down to the target; what was reached."""
    params = list(net.parameters())
    speed = [torch.zeros_like(p) for p in params]
    keep = [p.detach().clone() for p in params]
    eta, best, start = ETA, float("inf"), time.perf_counter()
    for step in range(MOST + 1):
        loss = cross_entropy(net(x), y)
        grads = torch.autograd.grad(loss, params)
        now = loss.item()
        norm = torch.sqrt(sum((g**2).sum() for g in grads)).item()
        if step % 100 == 0:
            seconds = time.perf_counter() - start
            print(f"{step:5d} loss {now:.2e} |grad| {norm:.2e} {seconds:.0f} s", flush=True)
        if now <= TARGET or (step == MOST and now <= best):
            break
        with torch.no_grad():
            if now > TOLERANCE * best:
                eta *= CUT
                for p, v, k in zip(params, speed, keep, strict=True):
                    p.copy_(k)
                    v.zero_()
                continue
            if now < best:
                best = now
                for p, k in zip(params, keep, strict=True):
                    k.copy_(p)
            eta *= GROWTH
            for p, v, g in zip(params, speed, grads, strict=True):
                v.mul_(MOMENTUM).sub_(g, alpha=eta)
                p.add_(v)
    return {"steps": step, "loss": now, "gradient_norm": norm}


def main() -> None:
    torch.set_num_threads(1)
    x, y = datasets.load("fashion_mnist_small", n=IMAGES)
    net = models.small_cnn(seed=SEED)
    reached = descend(net, x, y)
    facts = {
        "model": "small_cnn",
        "data": f"fashion_mnist_small, first {IMAGES} training images",
        "method": f"full-batch gradient descent, momentum {MOMENTUM}, adaptive step size",
        "script": "tools/make_checkpoint_small_cnn.py",
        "seed": SEED,
        **reached,
        "wrong": int((net(x).argmax(1) != y).sum()),
        "torch": torch.__version__,
    }
    models.save_checkpoint(net, models.CHECKPOINTS / "small_cnn_fashion.npz", **facts)
    print(facts)


if __name__ == "__main__":
    main()
