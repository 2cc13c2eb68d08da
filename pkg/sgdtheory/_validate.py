"""Checks of arguments: each error states the requirement, what was got, the remedy."""

import math
import operator
from collections.abc import Iterable
from typing import Any

import numpy as np

#: Calculus index of each convention: the point of the step, 0 to 1, at which the noise
#: amplitude is evaluated.
CONVENTIONS = {"ito": 0.0, "stratonovich": 0.5, "anti-ito": 1.0}


def convention(name: str) -> float:
    """Calculus index (0, 1/2, 1) of ``"ito"``, ``"stratonovich"``, ``"anti-ito"``."""
    if isinstance(name, str) and name in CONVENTIONS:
        return CONVENTIONS[name]
    raise ValueError(
        f"convention must be one of {sorted(CONVENTIONS)}, got {name!r}; "
        'SGD itself is convention="ito"'
    )


def one_of(name: str, value: Any, choices: Iterable) -> Any:
    """``value`` if it is one of ``choices``, else ``ValueError``."""
    choices = list(choices)
    if value in choices:
        return value
    raise ValueError(f"{name} must be one of {choices}, got {value!r}; pick one of these")


def real(name: str, value: Any, remedy: str = "pass a finite real number") -> float:
    """A finite real scalar as ``float``."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise TypeError(
            f"{name} must be a real number, got {type(value).__name__}; {remedy}"
        ) from None
    if not math.isfinite(number):
        raise ValueError(f"{name} must be finite, got {number}; {remedy}")
    return number


def positive(name: str, value: Any, remedy: str = "pass a number > 0") -> float:
    """A finite scalar > 0 as ``float``."""
    number = real(name, value, remedy)
    if number <= 0:
        raise ValueError(f"{name} must be > 0, got {number}; {remedy}")
    return number


def count(name: str, value: Any, minimum: int = 1, remedy: str = "pass a whole number") -> int:
    """An integer >= ``minimum``."""
    try:
        number = operator.index(value)
    except TypeError:
        raise TypeError(
            f"{name} must be an integer, got {type(value).__name__}; {remedy}"
        ) from None
    if number < minimum:
        raise ValueError(f"{name} must be >= {minimum}, got {number}; {remedy}")
    return number


def finite(name: str, value: Any, *, ndim: int | None = None, minimum: int = 1) -> np.ndarray:
    """A float64 array without NaN or infinity, of ``ndim`` axes and >= ``minimum`` entries."""
    try:
        array = np.asarray(value, dtype=float)
    except (TypeError, ValueError):
        raise TypeError(
            f"{name} must be an array of real numbers, got {type(value).__name__}; "
            "pass a list or array of floats"
        ) from None
    if ndim is not None and array.ndim != ndim:
        raise ValueError(f"{name} must have {ndim} axes, got shape {array.shape}; reshape it")
    if array.size < minimum:
        raise ValueError(
            f"{name} must hold >= {minimum} values, got {array.size}; pass more data"
        )
    if not np.isfinite(array).all():
        bad = int(array.size - np.isfinite(array).sum())
        raise ValueError(
            f"{name} must be finite, got {bad} NaN or infinite of {array.size} values; "
            "remove or repair them first"
        )
    return array


def square(name: str, value: Any) -> np.ndarray:
    """A finite (d, d) matrix."""
    matrix = finite(name, value, ndim=2)
    if matrix.shape[0] != matrix.shape[1]:
        raise ValueError(
            f"{name} must be square, got shape {matrix.shape}; pass a (d, d) matrix"
        )
    return matrix


def covariance(name: str, value: Any) -> np.ndarray:
    """A finite symmetric positive semi-definite (d, d) matrix."""
    matrix = square(name, value)
    scale = float(np.abs(matrix).max()) or 1.0
    if not np.allclose(matrix, matrix.T, rtol=0, atol=1e-12 * scale):
        raise ValueError(
            f"{name} must be symmetric, got a matrix that is not; pass (A + A.T) / 2"
        )
    lowest = float(np.linalg.eigvalsh(matrix).min())
    if lowest < -1e-12 * scale * len(matrix):
        raise ValueError(
            f"{name} must be positive semi-definite, got smallest eigenvalue {lowest:g}; "
            "a covariance has none below 0"
        )
    return matrix


def generator(seed: Any) -> np.random.Generator:
    """A numpy generator from an integer seed or a Generator; ``None`` is refused."""
    if isinstance(seed, np.random.Generator):
        return seed
    if not isinstance(seed, int | np.integer):
        raise TypeError(
            f"seed must be an integer or a numpy Generator, got {seed!r}; pass seed=0"
        )
    return np.random.default_rng(count("seed", seed, 0))


def points(name: str, value: Any) -> np.ndarray:
    """A float64 array without NaN; infinities are allowed."""
    try:
        array = np.asarray(value, dtype=float)
    except (TypeError, ValueError):
        raise TypeError(
            f"{name} must be an array of real numbers, got {type(value).__name__}; "
            "pass a list or array of floats"
        ) from None
    if np.isnan(array).any():
        raise ValueError(
            f"{name} must not be NaN, got {int(np.isnan(array).sum())} NaN of {array.size} "
            "values; remove them first"
        )
    return array


def shape(name: str, value: Any) -> tuple[int, ...]:
    """The shape of a sample: from an integer >= 0, or a sequence of such."""
    sizes = value if isinstance(value, Iterable) and not isinstance(value, str) else (value,)
    return tuple(count(name, n, 0, "pass how many draws, or a shape") for n in sizes)


def evaluated(name: str, function: Any, x: np.ndarray) -> np.ndarray:
    """``function(x)`` as float64, spread over the shape of ``x``; not tested for its values."""
    if not callable(function):
        raise TypeError(
            f"{name} must be a function of an array of positions, got "
            f"{type(function).__name__}; for a constant c pass lambda x: c + 0 * x"
        )
    values = np.asarray(function(x))
    if values.dtype.kind not in "iuf":
        raise TypeError(
            f"{name} must return real numbers, got {values.dtype}; return an array of floats"
        )
    try:
        return np.broadcast_to(values.astype(float), x.shape)
    except ValueError:
        raise ValueError(
            f"{name} must return one number per position, got shape {values.shape} for "
            f"{x.shape}; write it with numpy functions of its argument"
        ) from None
