"""LOG-1 and LOG-2: a small data set and a model that bends, every minibatch counted."""

from functools import lru_cache
from itertools import combinations, product

import numpy as np
import sympy as sp

from sgdtheory.estimate import compare
from sgdtheory.theory.foundations.sgd import b, n
from sgdtheory.theory.log_landscape import covariance
from sgdtheory.theory.log_landscape import symbols as s

X = np.array([0.3, -1.1, 2.0, 0.7, -0.4, 1.6])
Y = np.array([0.5, 0.2, -0.9, 1.4, -0.3, 0.1])
AT = np.array([0.8, -1.3])
BATCH = 2
ENTRIES = {"first axis": (0, 0), "mixed": (0, 1), "second axis": (1, 1)}
_STEP = 1e-30  # of a complex difference: no cancellation, so no rounding


def model(w) -> np.ndarray:
    """``w_1 tanh(w_2 x)`` for each sample."""
    return w[0] * np.tanh(w[1] * X)


def model_gradient(w) -> np.ndarray:
    """(samples, 2)."""
    return np.stack([np.tanh(w[1] * X), w[0] * X / np.cosh(w[1] * X) ** 2], axis=1)


def losses(w) -> np.ndarray:
    return (model(w) - Y) ** 2 / 2


def loss_gradient(w) -> np.ndarray:
    return (model(w) - Y)[:, None] * model_gradient(w)


def slopes(function, w=AT) -> np.ndarray:
    """Derivatives of a vector function by complex steps, the new axis last."""
    steps = 1j * _STEP * np.eye(2)
    return np.stack([np.imag(function(w + step)) / _STEP for step in steps], axis=-1)


def batches(replacement: bool) -> list[tuple[int, ...]]:
    every = range(len(X))
    return list(product(every, repeat=BATCH) if replacement else combinations(every, BATCH))


@lru_cache
def covariance_of_batches(replacement: bool) -> np.ndarray:
    """(2, 2), from the gradients of all batches, each equally likely."""
    one = slopes(losses)
    gradients = np.array([one[list(batch)].mean(axis=0) for batch in batches(replacement)])
    return np.cov(gradients.T, bias=True)


@lru_cache
def letters(entry: tuple[int, int]) -> dict:
    """Numbers for the letters of LOG-1 to LOG-3 at one entry of the matrices."""
    i, j = entry
    rho, by_model, by_loss = model(AT) - Y, slopes(model), slopes(losses)
    hessian, bend = slopes(loss_gradient), slopes(model_gradient)
    mean = by_loss.mean(axis=0)
    single = {
        s.rho: rho,
        s.ell: rho**2 / 2,
        s.G: by_model[:, i] * by_model[:, j],
        s.bend: bend[:, i, j],
    }
    samples = {
        base[k + 1]: value for base, row in single.items() for k, value in enumerate(row)
    }
    return samples | {
        s.L: losses(AT).mean(),
        s.H: hessian[:, i, j].mean(),
        s.outer_mean: (by_loss[:, i] * by_loss[:, j]).mean(),
        s.grad_outer: mean[i] * mean[j],
    }


@lru_cache(maxsize=1000)
def number(expr, entry=(0, 1)) -> sp.Expr:
    """A part of a claim for this data set and batch; sums over samples are done first."""
    sizes = {n: len(X), b: BATCH}
    return sp.N(expr.subs(sizes).doit().subs(letters(entry)))


def minibatch(claim):
    """LOG-1: 36 batches with replacement and 15 without."""
    stated = claim[covariance.BATCH].rhs.subs(b, BATCH).doit()
    one = losses(AT)
    each = [
        stated.subs({s.ell[k + 1]: one[m] for k, m in enumerate(batch)})
        for batch in batches(False)
    ]
    yield compare("batch loss, mean over all batches", sum(each) / len(each), one.mean())
    found = np.mean([one[list(batch)].mean() for batch in batches(False)])
    yield compare("mean of the batch loss", number(claim[covariance.MEAN].rhs), found)
    for label, replacement in ((covariance.WITH, True), (covariance.WITHOUT, False)):
        matrix = covariance_of_batches(replacement)
        for name, entry in ENTRIES.items():
            value = number(claim[label].rhs, entry)
            yield compare(f"{label}, {name}", value, matrix[entry])


def squared_loss(claim):
    """LOG-2: derivatives of the loss by complex steps."""
    by_loss, hessian = slopes(losses), slopes(loss_gradient)
    outer = np.einsum("ki,kj->ij", by_loss, by_loss) / len(X)
    rest = hessian.mean(axis=0) - np.einsum("ki,kj->ij", *2 * [slopes(model)]) / len(X)
    for name, entry in ENTRIES.items():
        stated = claim[covariance.HESSIAN].rhs.subs(s.R, rest[entry])
        found = hessian.mean(axis=0)[entry]
        yield compare(f"products, {name}", number(claim[covariance.OUTER].rhs, entry),
                      outer[entry])  # fmt: skip
        yield compare(f"Hessian, {name}", number(stated, entry), found)
        if entry != (0, 0):  # the model is linear in w_1: there is nothing to compare
            yield compare(f"bending, {name}", number(claim[covariance.REST].rhs, entry),
                          rest[entry])  # fmt: skip


CHECKS = {"LOG-1": minibatch, "LOG-2": squared_loss}
