"""Mean squared displacements from the Gram matrix of a trajectory, or from its spectrum.

``sum over t of |w_{t + tau} - w_t|^2 = S(tau) - 2 R(tau)``: S is made of the squared norms
``q_t = |w_t - w_0|^2``, and R(tau), the sum of the products at lag tau, is a diagonal of the
Gram matrix, or the Fourier transform of the power spectrum.

What is multiplied in single precision is *steps*; they are summed to positions in double
precision.  A product of positions would carry the whole way into the first lags: where a
drift makes up most of the displacement, an error of 1e-3 at lag 1, against 1e-7 by steps.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from sgdtheory import _validate

#: Numbers held at a time in one block of columns.
BLOCK = 1 << 22


def namespace(x: Any) -> Any:
    """``torch`` for a tensor, ``numpy`` for anything else; torch is never imported for it."""
    torch = sys.modules.get("torch")
    return torch if torch is not None and isinstance(x, torch.Tensor) else np


def as_trajectory(x: Any, minimum: int = 2) -> Any:
    """A (T, d) array or detached tensor, float32 or float64, with ``T >= minimum``."""
    xp = namespace(x)
    if xp is np:
        x = np.asarray(x)
        real, wide = x.dtype.kind in "iuf", x.dtype.itemsize >= 8 or x.dtype.kind != "f"
        x = x.astype(float if wide else np.float32, copy=False) if real else x
    else:
        x = x.detach()
        real, wide = not x.is_complex(), x.dtype == xp.float64 or not x.is_floating_point()
        x = x.to(xp.float64 if wide else xp.float32)
    if not real or x.ndim != 2 or x.shape[0] < minimum or x.shape[1] < 1:
        raise ValueError(
            f"a trajectory must be real numbers of shape (T, d) with T >= {minimum}, got "
            f"{x.dtype} of shape {tuple(x.shape)}; one row per recorded point, one column "
            "per coordinate (x[:, None] for a single one)"
        )
    return x


def check_lags(lags: Any, largest: int, smallest: int = 1) -> np.ndarray:
    """Whole lags from ``smallest`` to ``largest`` as a 1-D integer array."""
    tau = np.atleast_1d(np.asarray(lags))
    if tau.dtype.kind not in "iu" or tau.ndim > 1 or tau.size == 0:
        raise TypeError(
            f"lags must be one or more integers, got {tau.dtype} of shape {tau.shape}; "
            "lags count steps: use log_lags(T) or numpy.arange"
        )
    if tau.min() < smallest or tau.max() > largest:
        raise ValueError(
            f"lags must lie in {smallest} ... {largest}, got {tau.min()} to {tau.max()}; a "
            "window of T points has none beyond T - 1"
        )
    return tau.astype(np.int64)


def _blocks(x: Any) -> Iterator[Any]:
    """Blocks of columns; NaN and infinity are refused."""
    xp, width = namespace(x), max(1, BLOCK // x.shape[0])
    for start in range(0, x.shape[1], width):
        block = x[:, start : start + width]
        if not bool(xp.isfinite(block).all()):
            raise ValueError(
                "a trajectory must be finite, got NaN or infinity in columns "
                f"{start} ... {start + block.shape[1] - 1}; cut the window before it diverges"
            )
        yield block


@contextmanager
def full_float32(xp: Any) -> Iterator[None]:
    """Matrix products of float32 tensors with 24-bit mantissas: no TF32, no bfloat16."""
    if xp is np:
        yield
    elif hasattr(xp.backends.cuda.matmul, "fp32_precision"):
        places = xp.backends.cuda.matmul, xp.backends.mkldnn.matmul
        before = [place.fp32_precision for place in places]
        try:
            for place in places:
                place.fp32_precision = "ieee"
            yield
        finally:
            for place, precision in zip(places, before, strict=True):
                place.fp32_precision = precision
    else:  # torch before 2.9
        precision = xp.get_float32_matmul_precision()
        try:
            xp.set_float32_matmul_precision("highest")
            yield
        finally:
            xp.set_float32_matmul_precision(precision)


def _host(x: Any) -> np.ndarray:
    """A numpy array, from whatever device."""
    return x if namespace(x) is np else x.cpu().numpy()


def _zeros(x: Any, *shape: int) -> Any:
    xp = namespace(x)
    place = {} if xp is np else {"device": x.device}
    return xp.zeros(shape, dtype=xp.float64, **place)


def gram(*blocks: Any) -> np.ndarray:
    """Gram matrix ``G_st = (w_s - w_0) . (w_t - w_0)``, (T, T) float64 (ANO-EQ3).

    ``blocks`` are trajectories (T, d), numpy arrays or torch tensors on any device; several
    (layers of one network) add up.  Products of steps are taken a block of columns at a time
    in the precision of the input, float32 never in TF32, and summed in float64.

    Raises
    ------
    ValueError
        No block, a block that is not (T, d) with T >= 2, blocks of unequal T, NaN, steps so
        large that their products overflow (1e19 in float32).
    """
    parts = [as_trajectory(block) for block in blocks]
    if len({x.shape[0] for x in parts}) != 1:
        raise ValueError(
            f"gram needs blocks of one length T, got T = {[x.shape[0] for x in parts]}; "
            "cut all to one window"
        )
    T = parts[0].shape[0]
    products = np.zeros((T - 1, T - 1))
    for x in parts:
        K = _zeros(x, T - 1, T - 1)
        with full_float32(namespace(x)):
            for block in _blocks(x):
                steps = block[1:] - block[:-1]
                with np.errstate(over="ignore", invalid="ignore"):
                    K += steps @ steps.T
        products += _host(K)
    if not np.isfinite(products).all():
        raise ValueError(
            "products of steps must stay within the floats of the trajectory, got infinity; "
            "pass float64, or cut the window before it diverges"
        )
    G = np.zeros((T, T))
    np.cumsum(np.cumsum(products, axis=0), axis=1, out=G[1:, 1:])
    return G


def _from_sums(q: np.ndarray, products, tau: np.ndarray) -> np.ndarray:
    """MSD from the squared norms q_t and the lagged products R(tau)."""
    T, below = len(q), np.concatenate([[0.0], np.cumsum(q)])
    total = below[T - tau] + (below[T] - below[tau]) - 2 * products
    return np.maximum(total, 0.0) / (T - tau)


def check_gram(G: Any) -> np.ndarray:
    G = _validate.square("G", G)
    if len(G) < 2:
        raise ValueError(f"G must be (T, T) with T >= 2, got {G.shape}; record two points")
    return G


def from_gram(G: Any, lags: Any = None) -> tuple[np.ndarray, np.ndarray]:
    """Time-averaged MSD from a (T, T) Gram matrix about any origin: ``lags, msd`` (ANO-EQ3).

    ``lags`` default to ``1 ... T - 1``; errors as for :func:`time_averaged`.
    """
    G = check_gram(G)
    tau = check_lags(np.arange(1, len(G)) if lags is None else lags, len(G) - 1)
    products = np.array([np.trace(G, offset=int(n)) for n in tau])
    return tau, _from_sums(np.diagonal(G), products, tau)


def from_spectrum(x: Any, tau: np.ndarray) -> np.ndarray:
    """MSD of a (T, d) trajectory by Wiener and Khinchin; transforms in float64."""
    from scipy.fft import next_fast_len

    xp, T = namespace(x), x.shape[0]
    n = next_fast_len(2 * T - 1, real=True)
    q, power = _zeros(x, T), _zeros(x, n // 2 + 1)
    for block in _blocks(x):
        rows = (block - block[0]).T
        rows = rows.astype(float) if xp is np else rows.double()
        q += (rows**2).sum(0)
        waves = xp.fft.rfft(rows, n)
        power += (waves.real**2 + waves.imag**2).sum(0)
    products = _host(xp.fft.irfft(power, n))[tau]
    return _from_sums(_host(q), products, tau)


def distances_from_first(x: Any) -> np.ndarray:
    """``|w_t - w_0|^2`` of a (T, d) trajectory, (T,) float64."""
    total = _zeros(x, x.shape[0])
    for block in _blocks(x):
        total += ((block - block[0]) ** 2).sum(1, dtype=namespace(x).float64)
    return _host(total)
