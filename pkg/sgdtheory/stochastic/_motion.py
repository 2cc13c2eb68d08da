"""One step of Euler-Maruyama for each admissible D, and the checks of drift and D."""

import math
from collections.abc import Callable

import torch

Field = Callable[[torch.Tensor], torch.Tensor]
#: ``(x, generator) -> (next x, root)``: x (paths, d) is not changed; root holds the square
#: roots of the diagonal of D, (paths or 1, d or 1), or is None for noise without a D.
Motion = Callable[[torch.Tensor, torch.Generator], tuple[torch.Tensor, torch.Tensor | None]]


def diffusing(drift: Field, D, dt: float, x: torch.Tensor) -> Motion:
    """``x + f dt + sqrt(2 D dt) xi`` for states such as ``x``, where all is checked once."""
    refuse(drift, D, x)
    unit = math.sqrt(2 * dt)

    xi = torch.empty(0)

    def normals(x, generator):
        nonlocal xi
        if xi.shape != x.shape:
            xi = torch.empty(x.shape, device=x.device, dtype=torch.float32)
        return xi.normal_(generator=generator)

    def turned(x, generator, factor):
        kick = (factor @ normals(x, generator).to(x.dtype)[..., None])[..., 0]
        return x.add(drift(x), alpha=dt).add_(kick, alpha=unit)

    def advance(x, generator):
        d = D(x)
        if d.ndim < 3:
            root = d.sqrt()
            kick = normals(x, generator)
            return x.add(drift(x), alpha=dt).addcmul_(root, kick, value=unit), root
        factor, info = torch.linalg.cholesky_ex(d)
        factor[info != 0] = math.nan  # `finite` will name it
        return turned(x, generator, factor), d.diagonal(dim1=1, dim2=2).sqrt()

    if callable(D):
        return advance
    constant = _constant(D, x)
    if constant.ndim == 2:
        fixed = torch.linalg.cholesky(constant)
        return lambda x, generator: (turned(x, generator, fixed), constant.diag().sqrt()[None])
    root = constant.sqrt().expand(1, x.shape[1]).contiguous()

    def spread(x, generator):
        kick = normals(x, generator)
        return x.add(drift(x), alpha=dt).addcmul_(root, kick, value=unit), root

    return spread


def _constant(D, x: torch.Tensor) -> torch.Tensor:
    d, constant = x.shape[1], numbers("D", D, x.device, x.dtype)
    if constant.ndim > 2 or any(n != d for n in constant.shape):
        raise ValueError(
            f"D must be a number, ({d},) or ({d}, {d}), got shape {tuple(constant.shape)}; "
            "match the coordinates of x0"
        )
    if not positive(constant[None] if constant.ndim == 2 else constant):
        raise ValueError(
            f"D must be > 0 and finite (a matrix: symmetric and positive definite), got {D}; "
            "a diffusion coefficient is positive"
        )
    return constant


def starts(x0, paths: int, device, dtype: torch.dtype) -> torch.Tensor:
    """``x0``, a number, (d,) or (paths, d), spread over all paths."""
    if not getattr(dtype, "is_floating_point", False):
        raise ValueError(f"dtype must be a floating type, got {dtype}; use torch.float64")
    x = numbers("x0", x0, device, dtype)
    if not bool(torch.isfinite(x).all()):
        raise ValueError("x0 must be finite, got NaN or infinity; start somewhere")
    x = x.reshape(1, 1) if x.ndim == 0 else x[None] if x.ndim == 1 else x
    if x.ndim != 2 or len(x) not in (1, paths) or x.shape[1] == 0:
        raise ValueError(
            f"x0 must be a number, (d,) or (paths, d) = ({paths}, d), got shape "
            f"{tuple(torch.as_tensor(x0).shape)}; reshape it"
        )
    return x.expand(paths, -1)


def numbers(name: str, value, device, dtype: torch.dtype) -> torch.Tensor:
    """A tensor of what is given, or a TypeError."""
    try:
        return torch.as_tensor(value, device=device, dtype=dtype)
    except (RuntimeError, TypeError, ValueError) as error:
        raise TypeError(
            f"{name} must be numbers that fit on the device {str(device)!r}, got "
            f"{type(value).__name__} ({error}); pass a float, an array or a tensor"
        ) from None


def function_of_state(drift: object) -> None:
    """TypeError unless ``drift`` can be called."""
    if not callable(drift):
        raise TypeError(
            f"drift must be a function of the state (paths, d), got {type(drift).__name__}; "
            "for a constant c pass lambda x: c + 0 * x"
        )


def refuse(drift: Field, D: object, x: torch.Tensor) -> None:
    """An error unless ``drift(x)`` and, if callable, ``D(x)`` have their shapes and D > 0."""
    function_of_state(drift)
    (n, d), f = x.shape, drift(x)
    if tuple(getattr(f, "shape", ())) != (n, d):
        raise ValueError(
            f"drift must map (paths, {d}) to (paths, {d}), got shape "
            f"{tuple(getattr(f, 'shape', ()))} for {n} paths; keep the coordinates last"
        )
    if not callable(D):
        return
    value = D(x)
    shape = tuple(getattr(value, "shape", ()))
    if shape not in {(n, d), (n, 1), (n, d, d)}:
        raise ValueError(
            f"D must map (paths, {d}) to (paths, {d}), (paths, 1) or (paths, {d}, {d}), got "
            f"shape {shape} for {n} paths; keep the coordinates last"
        )
    if not positive(value):
        raise ValueError(
            "D must be > 0 and finite (a matrix: symmetric and positive definite), got one "
            "that is not at the start; a diffusion coefficient is positive"
        )


def positive(D: torch.Tensor) -> bool:
    """Whether each coefficient is finite and > 0, each matrix symmetric positive definite."""
    low, high = D.aminmax()
    if D.ndim < 3:
        return bool((low > 0) & (high < math.inf))
    if not bool(torch.isfinite(low) & torch.isfinite(high)):
        return False
    symmetric = torch.allclose(D, D.mT, rtol=0, atol=1e-6 * float(D.abs().max()))
    return symmetric and not bool(torch.linalg.cholesky_ex(D).info.any())


def sound(x: torch.Tensor, root: torch.Tensor | None, step: int) -> torch.Tensor:
    """``x``, or an ArithmeticError: a path was lost, or D not positive, by this step."""
    low, high = x.aminmax()
    if not bool((low > -math.inf) & (high < math.inf)):  # False for NaN
        bad = int((~torch.isfinite(x)).any(1).sum())
        raise ArithmeticError(
            f"states must stay finite, got {bad} of {len(x)} paths NaN or infinite by step "
            f"{step}; make sure that D > 0 everywhere, take a smaller dt or a reflecting wall"
        )
    if root is not None and not positive(root):
        raise ArithmeticError(
            f"D must stay > 0, got one that is not by step {step}; take a smaller dt or put a "
            "reflecting wall before that point"
        )
    return x
