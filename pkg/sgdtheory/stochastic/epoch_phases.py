"""Variance at one phase of an epoch, and inside a window of epochs (random reshuffling).

State ``(s, v, c)``: v the velocity, ``s = u + mu v/(1 - mu)``, in which a flat mode knows no
pull, c the running sum of u; one noise a step drives all three.  A block of n steps is kept as
``A^n - 1``, the mean of its responses ``A^j b`` minus b, and their scatter about that mean:
blocks merge as samples do when a variance is updated, in log n steps, and an epoch's
zero-sum noise needs just that scatter.  Flat modes lose no digits, and there is no eigenbasis
to degenerate at critical damping.
"""

import math
from typing import NamedTuple

import numpy as np

from sgdtheory import _validate
from sgdtheory.stochastic import _mode
from sgdtheory.stochastic.reshuffling import _reshuffled, epoch_variance

__all__ = ["boundary_window_variance", "epoch_window_variance", "phase_variance"]


class _Block(NamedTuple):
    """n steps: ``shift = A^n - 1`` (.., 3, 3), ``bend`` (.., 3) = mean of A^j b, minus b."""

    steps: int
    push: np.ndarray  # b
    shift: np.ndarray
    bend: np.ndarray
    scatter: np.ndarray

    @property
    def total(self) -> np.ndarray:
        """``sum_j A^j b``, (.., 3)."""
        return self.steps * (self.push + self.bend)

    def after(self, earlier: "_Block") -> "_Block":
        """The block that runs ``earlier`` first, then this one."""
        n, m = self.steps, earlier.steps
        older = self.push + earlier.bend
        gap = earlier.bend - self.bend + np.einsum("...ij,...j->...i", self.shift, older)
        scatter = self.scatter + carried(self.shift, earlier.scatter)
        return _Block(
            n + m,
            self.push,
            self.shift + earlier.shift + self.shift @ earlier.shift,
            self.bend + gap * (m / (n + m)),
            scatter + n * m / (n + m) * outer(gap),
        )


def outer(x: np.ndarray) -> np.ndarray:
    return x[..., :, None] * x[..., None, :]


def carried(shift: np.ndarray, X: np.ndarray) -> np.ndarray:
    """``(1 + shift) X (1 + shift)^T``."""
    A = np.eye(shift.shape[-1]) + shift
    return A @ X @ np.swapaxes(A, -1, -2)


def _lag(h: np.ndarray, mu: float) -> np.ndarray:
    """Of u behind the coordinate ``s = u + lag v``; none where the mode is underdamped."""
    return np.where(h < (1 - math.sqrt(mu)) ** 2, mu / (1 - mu), 0.0)


def _block(h: np.ndarray, mu: float, steps: int) -> _Block:
    shift, lag = np.zeros((*h.shape, 3, 3)), _lag(h, mu)
    shift[..., 0, 0] = -h * (1 + lag)
    shift[..., 0, 1] = mu - lag * (1 - mu) + h * lag * (1 + lag)
    shift[..., 1, 0], shift[..., 1, 1] = -h, mu - 1 + h * lag
    # c' = c + u', u' = s' - lag v'.
    shift[..., 2, 0], shift[..., 2, 1] = 1 - h, mu - lag * (1 - h)
    push = np.stack([1 + lag, np.ones_like(h), np.ones_like(h)], -1)
    square = _Block(1, push, shift, np.zeros((*h.shape, 3)), np.zeros_like(shift))
    done: _Block | None = None
    while steps > 1:
        if steps & 1:
            done = square if done is None else done.after(square)
        square = square.after(square)
        steps >>= 1
    return square if done is None else done.after(square)


def _boundary(epoch: _Block) -> np.ndarray:
    """Stationary covariance of (s, v) where an epoch begins, (.., 2, 2)."""
    M, shift = epoch.steps, epoch.shift[..., :2, :2]
    noise = M / (M - 1) * epoch.scatter[..., :2, :2]
    eye = np.eye(2)
    # X = A X A^T + Q, written in A - 1 so that flat modes lose no digits.
    system = (
        np.einsum("...ac,bd->...abcd", shift, eye)
        + np.einsum("ac,...bd->...abcd", eye, shift)
        + np.einsum("...ac,...bd->...abcd", shift, shift)
    ).reshape(*shift.shape[:-2], 4, 4)
    X = np.linalg.solve(system, -noise.reshape(*shift.shape[:-2], 4, 1))
    return X.reshape(shift.shape)


def _position(X: np.ndarray, lag) -> np.ndarray:
    """Variance of ``u = s - lag v``."""
    return X[..., 0, 0] - 2 * lag * X[..., 0, 1] + lag**2 * X[..., 1, 1]


def phase_variance(h, M: int, phase: int = 0, momentum: float = 0.0):
    """Variance ``phase`` steps after the start of an epoch, units of ``eta^2 C`` (IVF-RR2).

    Random reshuffling; phase 0 is the epoch's boundary, where a flat mode is least spread:
    without momentum ``h M (M + 1)/24`` for ``h M << 1``, against ``(M + 1)/6`` on average.
    ``h`` any shape, ``0 <= phase <= M``; ten digits up to 1e-3 below the stability limit.

    Raises
    ------
    ValueError
        phase outside 0 .. M; else as `epoch_variance`.
    """
    (h, mu), M = _mode.stable(h, momentum), _mode.epoch(M)
    k = _validate.count("phase", phase, 0, "count steps from the start of the epoch")
    if k > M:
        raise ValueError(f"phase must be <= M = {M}, got {k}; take it modulo M")
    X = _boundary(_block(h, mu, M))
    if k not in (0, M):
        part = _block(h, mu, k)
        new = M * part.scatter + (M - k) / k * outer(part.total)
        X = carried(part.shift[..., :2, :2], X) + new[..., :2, :2] / (M - 1)
    return _position(X, _lag(h, mu))[()]


def epoch_window_variance(h, M: int, epochs: int, momentum: float = 0.0):
    """Expected variance inside a window of whole epochs, units of ``eta^2 C`` (IVF-WIN1).

    Random reshuffling, every step read, ``T = epochs * M`` of them; about the window's own
    mean, normalised by 1/T, stationary start.  Without momentum and for ``h T << 1`` it is
    ``(M + 1)/6 (1 - M/(2T))``.  ``h`` any shape.

    Raises
    ------
    ValueError
        ``epochs < 1``; else as `epoch_variance`.
    """
    (h, mu), M = _mode.stable(h, momentum), _mode.epoch(M)
    n = _validate.count("epochs", epochs, 1, "pass how many epochs the window holds")
    epoch = _block(h, mu, M)
    start = np.zeros_like(epoch.scatter)
    start[..., :2, :2] = _boundary(epoch)
    shift, noise = _repeated(epoch.shift, M / (M - 1) * epoch.scatter, n)
    of_sum = (carried(shift, start) + noise)[..., 2, 2]
    return epoch_variance(h, M, mu) - of_sum / (n * M) ** 2


def _repeated(shift, noise, n: int):
    """``A^n - 1`` and ``sum_{j<n} A^j Q A^jT`` by doubling."""
    done_shift, done_noise = np.zeros_like(shift), np.zeros_like(noise)
    while n:
        if n & 1:
            done_noise = noise + carried(shift, done_noise)
            done_shift = shift + done_shift + shift @ done_shift
        noise = noise + carried(shift, noise)
        shift = 2 * shift + shift @ shift
        n >>= 1
    return done_shift, done_noise


def boundary_window_variance(h, M: int, epochs: int):
    """The same where the weights are read at the ends of the epochs only, no momentum.

    They are an AR(1) of coefficient ``(1 - h)^M``: for ``h M epochs << 3`` the variance is
    ``h^2 M^2 (M + 1)/12 (n^2 - 1)/(6n)``, n = epochs.  ``h`` any shape in (0, 2).

    Raises
    ------
    ValueError
        ``epochs < 2``; else as `epoch_variance`.
    """
    (h, _), M = _mode.stable(h, 0.0), _mode.epoch(M)
    n = _validate.count("epochs", epochs, 2, "a window needs two points")
    epoch = _block(h, 0.0, M)
    noise = M / (M - 1) * epoch.scatter[..., 0, 0]
    drop = -epoch.shift[..., 0, 0]
    spread = np.array([_reshuffled(float(y), n) for y in drop.ravel()]).reshape(h.shape)
    return ((n - 1) / n * noise * spread)[()]
