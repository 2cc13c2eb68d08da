"""IVF-E8, F1, F2, F3, F6, S3: a small network, and null models that must fall outside."""

from functools import lru_cache

import numpy as np

from sgdtheory.checks.variance_flatness import relation as measure
from sgdtheory.estimate import compare
from sgdtheory.stochastic.fluctuations import exponent, log_ranks, principal_components
from sgdtheory.theory.variance_flatness import networks as n

SEEDS = measure.SEEDS


def judged(claim, values, nulls):
    """Each part holds for the measured values of every seed, and for its null model of none."""
    for label, (null, changed) in nulls.items():
        holds = [bool(claim[label].subs(v)) for v in values]
        yield compare(f"{label}: seeds for which it holds", len(values), float(sum(holds)))
        admitted = [bool(claim[label].subs({**v, **changed(v)})) for v in values]
        yield compare(f"{label}: holds for {null}", 0.0, float(sum(admitted)))


@lru_cache(maxsize=len(SEEDS))
def exponents(seed: int) -> dict:
    """psi, by symbol: of variances, velocities, noise and times."""
    r, h = measure.along_components(seed), measure.along_hessian(seed)
    columns = {
        n.psi_in: r.inside, n.psi_out: r.fresh, n.psi_D: r.speed, n.psi_C: r.C,
        n.tau_in: r.tau_in, n.tau_out: r.tau_fresh,
    }  # fmt: skip
    found = {symbol: exponent(r.F, values) for symbol, values in columns.items()}
    return {**found, n.exact: float(np.log(np.median(h.fresh / measure.in_epoch(h))))}


@lru_cache(maxsize=len(SEEDS))
def thermal(seed: int) -> float:
    """``ln`` of measured over Einstein's variances, median: stationary white noise."""
    h = measure.along_hessian(seed)
    return float(np.log(np.median(h.fresh / (measure.ETA * h.C / (2 * h.H)))))


def variances(claim):
    """IVF-E8: in sample and fresh numbers in each other's place; Einstein's relation."""
    yield from judged(claim, [exponents(s) for s in SEEDS], {
        n.IN: ("fresh data", lambda v: {n.psi_in: v[n.psi_out]}),
        n.OUT: ("in-sample numbers", lambda v: {n.psi_out: v[n.psi_in]}),
        n.GAP: ("directions fixed beforehand", lambda v: {n.psi_in: v[n.psi_out]}),
        n.EXACT: ("thermal equilibrium", lambda _: {n.exact: thermal(SEEDS[0])}),
    })  # fmt: skip
    missing = sum(measure.along_components(s).missing for s in SEEDS)
    yield compare("directions without a flatness", 0.0, float(missing))


def shares(window: np.ndarray) -> tuple[float, float]:
    """Share of the first component, and of the 35 next in what remains."""
    v = principal_components(window).variances
    return float(v[0] / v.sum()), float(v[1:36].sum() / v[1:].sum())


@lru_cache(maxsize=1)
def walk() -> tuple[np.ndarray, np.ndarray]:
    """A window of a walk without landscape, and one of independent points."""
    steps = np.random.default_rng(0).standard_normal((measure.EPOCHS * measure.M, 900))
    return steps.cumsum(0), steps


def spectrum(claim):
    """IVF-F1: a random walk and independent points in the place of the window."""
    walked, independent = walk()
    first, cumulative = shares(walked)
    values = []
    for seed in SEEDS:
        w = measure.window(seed)
        f, c = shares(w.now)
        cosine = abs(w.components.directions[0] @ w.middle) / np.linalg.norm(w.middle)
        values.append({n.first: f, n.cumulative: c, n.cosine: cosine, n.walk: cumulative})
    p = principal_components(walked).directions[0]
    along = abs(p @ measure.window(SEEDS[0]).middle)
    along /= np.linalg.norm(measure.window(SEEDS[0]).middle)
    spread = shares(independent)[1]
    yield from judged(claim, values, {
        n.FIRST: ("a random walk", lambda _: {n.first: first}),
        n.MODES: ("independent points", lambda _: {n.cumulative: spread}),
        n.ALONG: ("a random walk", lambda _: {n.cosine: along}),
        n.WALK: ("independent points", lambda _: {n.walk: spread}),
    })  # fmt: skip


def profile(seed: int) -> dict:
    """Slope of F against rank, and F over that of a log-quadratic profile."""
    r = measure.along_components(seed)
    k = log_ranks(2, len(measure.window(seed).components.variances) * 4 // 5)
    ratio, half, quarter = r.F / np.sqrt(8 * r.loss / r.H), len(k) // 2, len(k) // 4
    return {
        n.slope: np.polyfit(np.log(k), np.log(r.F), 1)[0],
        n.sharp: np.median(ratio[:half]), n.flat: np.median(ratio[-quarter:]),
    }  # fmt: skip


def flatness(claim):
    """IVF-F2: directions without an order, a quadratic loss, a log-quadratic one."""
    yield from judged(claim, [profile(s) for s in SEEDS], {
        n.RISES: ("ranks that say nothing", lambda _: {n.slope: 0}),
        n.SHAPE: ("a quadratic loss", lambda _: {n.sharp: np.sqrt(np.e - 1)}),
        n.SHORT: ("a log-quadratic loss", lambda _: {n.flat: 1}),
    })  # fmt: skip


def times(claim):
    """IVF-F3: isotropic noise, and in-sample and fresh numbers in each other's place."""
    yield from judged(claim, [exponents(s) for s in SEEDS], {
        n.SPEED: ("isotropic noise", lambda _: {n.psi_D: 0}),
        n.NOISE: ("isotropic noise", lambda _: {n.psi_C: 0}),
        n.FALLS: ("fresh data", lambda v: {n.tau_in: v[n.tau_out]}),
        n.TURNS: ("in-sample numbers", lambda v: {n.tau_out: v[n.tau_in]}),
    })  # fmt: skip


@lru_cache(maxsize=1)
def growth() -> dict:
    """Growth of both dimensions with the number of weights, 400 to 1,600."""
    small, large = (
        np.mean([measure.dimensions(s, width) for s in SEEDS], axis=0) for width in (20, 40)
    )
    g = np.log(large / small) / np.log(4)
    return {n.grown_l: g[0], n.grown_s: g[1]}


def widths(claim):
    """IVF-F6: dimensions in proportion to the number of weights."""
    yield from judged(claim, [growth()], {
        n.LEARNING: ("a constant share of the weights", lambda _: {n.grown_l: 1}),
        n.SHARP: ("a constant share of the weights", lambda _: {n.grown_s: 1}),
    })  # fmt: skip


@lru_cache(maxsize=1)
def optimisers() -> dict:
    """In-sample and fresh exponents with momentum and with Adam."""
    r = {how: measure.along_components(SEEDS[0], 30, how) for how in ("momentum", "adam")}
    return {
        n.momentum_in: exponent(r["momentum"].F, r["momentum"].inside),
        n.momentum_out: exponent(r["momentum"].F, r["momentum"].fresh),
        n.adam_in: exponent(r["adam"].F, r["adam"].inside),
        n.adam_out: exponent(r["adam"].F, r["adam"].fresh),
    }


def others(claim):
    """IVF-S3: Einstein's exponent; fresh and in-sample numbers in each other's place."""
    yield from judged(claim, [optimisers()], {
        n.MOMENTUM: ("fresh data", lambda v: {n.momentum_in: v[n.momentum_out]}),
        n.ADAM: ("fresh data", lambda v: {n.adam_in: v[n.adam_out]}),
        n.MOMENTUM_OUT: ("thermal equilibrium", lambda _: {n.momentum_out: -2}),
        n.ADAM_OUT: ("thermal equilibrium", lambda _: {n.adam_out: -2}),
    })  # fmt: skip


CHECKS = {
    "IVF-E8": variances, "IVF-F1": spectrum, "IVF-F2": flatness, "IVF-F3": times,
    "IVF-F6": widths, "IVF-S3": others,
}  # fmt: skip
