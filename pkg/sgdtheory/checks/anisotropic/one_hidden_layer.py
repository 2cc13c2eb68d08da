"""ANI-8: small clipped networks, their Hessian by automatic differentiation."""

from collections.abc import Iterator
from functools import lru_cache

import numpy as np
import sympy as sp
import torch
from torch import Tensor
from torch.func import grad, jacrev, vmap

from sgdtheory.estimate import Comparison, compare
from sgdtheory.theory.anisotropic import one_hidden_layer as o

CLIP, UNITS = 0.05, 4
SIGNS = torch.tensor([1.0, -1.0] * (UNITS // 2), dtype=torch.float64)


def hessian(f):
    """Reverse over reverse: torch's forward mode warns as it loads."""
    return jacrev(grad(f))


def output(theta: Tensor, x: Tensor) -> Tensor:
    """Clipped network 2 -> 4 -> 1 with leaky relu, output weights ±1; theta (12,)."""
    hidden = theta[: 2 * UNITS].view(UNITS, 2) @ x + theta[2 * UNITS :]
    f = SIGNS @ torch.nn.functional.leaky_relu(hidden, 0.1)
    return f.clamp(CLIP, 1 - CLIP)


def loss(theta: Tensor, x: Tensor, y: Tensor) -> Tensor:
    return (output(theta, x) - y) ** 2


@lru_cache
def measured(seed: int, samples: int) -> dict:
    """Curvature, noise, residuals and derivatives of a random network on random data."""
    g = torch.Generator().manual_seed(seed)
    draw = lambda *shape: torch.randn(*shape, generator=g, dtype=torch.float64)  # noqa: E731
    theta, x = 0.3 * draw(3 * UNITS), draw(samples, 2)
    theta[-UNITS:] *= 0.2
    theta[-UNITS] += 0.5  # outputs near the middle of the clip
    y = (x[:, 0] + 0.5 * draw(samples) > 0).double()
    over = (None, 0)
    slopes = vmap(grad(output), over)(theta, x)
    each = vmap(grad(loss), (None, 0, 0))(theta, x, y)
    H = hessian(lambda t: vmap(loss, (None, 0, 0))(t, x, y).mean())(theta)
    F = each.T @ each / samples
    values, vectors = torch.linalg.eigh(H)
    residuals = vmap(output, over)(theta, x) - y
    live = residuals[slopes.abs().sum(1) > 0].abs()
    if not len(live):
        raise ValueError(f"seed {seed} must leave an unsaturated point, got none; take another")
    return {
        "bend": float(vmap(hessian(output), over)(theta, x).abs().max()),
        "slopes": slopes.numpy(), "residuals": residuals.numpy(), "H": H.numpy(),
        "F": F.numpy(), "low": float(live.min()), "high": float(live.max()),
        "lam1": float(values[-1]), "F_u": float(vectors[:, -1] @ F @ vectors[:, -1]),
        "T_H": float(H.trace()), "T_F": float(F.trace()),
    }  # fmt: skip


def put(expr, values: dict):
    """A claimed expression at numbers for its letters."""
    return expr.subs({getattr(o, k): v for k, v in values.items() if hasattr(o, k)})


NUMBERS = ("low", "high", "lam1", "T_H", "T_F")


def numbers(m: dict) -> dict[str, float]:
    return {name: m[name] for name in NUMBERS}


def matrices(claim) -> Iterator[Comparison]:
    m = measured(3, 40)
    slope = float(np.abs(m["slopes"]).max())
    bent = put(claim[o.AFFINE].rhs, {"phi_i": slope, "phi_j": slope})
    yield compare("largest second derivative of the output", bent, m["bend"], atol=1e-12)
    for label, name in ((o.HESSIAN, "H"), (o.FISHER, "F")):
        inner = sp.lambdify((o.phi_i, o.phi_j, o.rho), o.inside(claim[label].rhs))
        for i, j in ((0, 0), (1, 6), (3, 9)):
            claimed = inner(m["slopes"][:, i], m["slopes"][:, j], m["residuals"]).mean()
            yield compare(f"{name}, entry {i},{j}", claimed, m[name][i, j])


def single(m: dict, residual: float) -> np.ndarray:
    """A direction in which only the point with this residual has a derivative."""
    live = np.abs(m["slopes"]).sum(1) > 0
    slopes, sizes = m["slopes"][live], np.abs(m["residuals"][live])
    return np.linalg.pinv(slopes)[:, np.argmin(np.abs(sizes - residual))]


def directions(claim) -> Iterator[Comparison]:
    """Fewer points than weights, so that one can be singled out; then 500 directions."""
    few, many = measured(5, 6), measured(3, 40)
    v = np.random.default_rng(1).standard_normal((500, 3 * UNITS))
    forms = {k: np.einsum("ni,ij,nj->n", v, many[k], v) for k in "HF"}
    for label, which in ((o.LOWER, "low"), (o.UPPER, "high")):
        one = single(few, few[which])
        Hv, Fv = one @ few["H"] @ one, one @ few["F"] @ one
        bound = put(claim[label].rhs, {**numbers(few), "H_v": Hv})
        yield compare(f"the point with {which} residual alone", bound, Fv)
        margin = claim[label].gts - claim[label].lts
        found = sp.lambdify((o.H_v, o.F_v), put(margin, numbers(many)))(forms["H"], forms["F"])
        yield compare(f"{which}: 500 directions", np.mean(found > 0), 1.0)
        level = {"low": 1, "high": 1, "H_v": 3, "F_v": 6}
        yield compare(f"{which}: at the edge", float(bool(put(claim[label], level))), 1.0)


def alignment(claim) -> Iterator[Comparison]:
    kept = [bool(put(claim[o.ALIGNED], {**numbers(m), "F_u": m["F_u"]})) for m in nets()]
    yield compare("alignment of 20 networks", np.mean(kept), 1.0)
    alone = measured(3, 1)
    yield compare("a single point", put(claim[o.ALIGNED].rhs, numbers(alone)), alone["F_u"])
    level = {"low": 1, "high": 1, "lam1": 2, "T_H": 2, "T_F": 4, "F_u": 4}
    yield compare("alignment: at the edge", float(bool(put(claim[o.ALIGNED], level))), 1.0)
    yield compare("one point against many", put(claim[o.ALIGNED].rhs, CROWD), CROWD["F_u"],
                  rtol=1e-6)  # fmt: skip


def nets() -> list[dict]:
    return [measured(seed, 40) for seed in range(20)]


def _crowd(size: int = 10**8) -> dict[str, float]:
    """One gradient of square 1.01, residual 0.2; ``size`` of square 1, residual 0.7."""
    H = 2 * np.array([1.01, size]) / (size + 1)
    F = 2 * np.array([0.2, 0.7]) ** 2 * H
    return {"low": 0.2, "high": 0.7, "lam1": H[0], "T_H": H.sum(), "T_F": F.sum(), "F_u": F[0]}


#: What the other points add to the bound is 1e-7 of it: hence the tolerance above.
CROWD = _crowd()


def floor(claim) -> Iterator[Comparison]:
    """Every residual that an unsaturated output can have."""
    inner = np.linspace(CLIP, 1 - CLIP, 100_001)
    sizes = np.abs(inner[:, None] - np.array([0.0, 1.0]))
    claimed = put(claim[o.FLOOR].rhs, {"delta": CLIP})
    yield compare("least ratio of residuals", claimed, (sizes.min() / sizes.max()) ** 2)
    kept = [bool(put(claim[o.FLOOR], {**numbers(m), "delta": CLIP})) for m in nets()]
    yield compare("floor of 20 networks", np.mean(kept), 1.0)
    clip = sp.Rational(1, 20)
    at_clip = bool(put(claim[o.FLOOR], {"low": clip, "high": 1 - clip, "delta": clip}))
    theta = torch.zeros(3 * UNITS, dtype=torch.float64)
    theta[-UNITS] = CLIP  # f is exactly at the clip
    x = torch.zeros(2, dtype=torch.float64)
    below, above = (output(theta + s * 1e-6 * (theta > 0), x) for s in (-1, 1))
    smooth = np.isclose(float(above - CLIP), float(CLIP - below), atol=1e-9)
    yield compare("differentiable at the clip itself", float(at_clip), float(smooth))


def check(claim) -> Iterator[Comparison]:
    """ANI-8: every part of the claim."""
    for part in (matrices, directions, alignment, floor):
        yield from part(claim)


CHECKS = {"ANI-8": check}
