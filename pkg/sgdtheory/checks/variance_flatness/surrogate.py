"""IVF-X1: windows of the linear surrogate, read in sample and out of sample."""

from functools import lru_cache

import numpy as np

from sgdtheory.estimate import compare
from sgdtheory.stochastic import fluctuations, surrogate
from sgdtheory.stochastic.linear_sgd import epoch_window_variance, white_window_variance
from sgdtheory.theory.variance_flatness import surrogate as theory

MODES, BATCHES, EPOCHS, FLAT = 300, 60, 20, 0.3
LAMBDA = np.arange(1.0, MODES + 1) ** -1.5
ETA = FLAT / BATCHES
RANKS = fluctuations.log_ranks(2, 240) - 1
RUNS = 4
CASES = {"without replacement": True, "with replacement": False}


def exact(reshuffled: bool) -> np.ndarray:
    """Expected in-window variance of each mode."""
    if reshuffled:
        variance = epoch_window_variance(ETA * LAMBDA, BATCHES, EPOCHS)
    else:
        variance = white_window_variance(ETA * LAMBDA, BATCHES * EPOCHS)
    return LAMBDA * variance


def one_run(reshuffled: bool, seed: int, selected: bool) -> dict:
    """Exponents of one run; directions by its principal components, or those of H."""
    path = surrogate.simulate(
        LAMBDA, LAMBDA, ETA, BATCHES, 2 * EPOCHS, seed=seed, reshuffled=reshuffled, burn=40
    )
    now, then = np.split(path, 2)
    directions = (
        fluctuations.principal_components(now).directions if selected else np.eye(MODES)
    )
    F = ((directions**2) @ LAMBDA) ** -0.5

    def psi(values):
        return fluctuations.exponent(F[RANKS], values[RANKS])

    inside = fluctuations.variances_along(now, directions)
    outside = fluctuations.variances_along(then, directions)
    moved = fluctuations.velocities_along(now, directions)
    moved_then = fluctuations.velocities_along(then, directions)
    truth = fluctuations.exponent((LAMBDA**-0.5)[RANKS], exact(reshuffled)[RANKS])
    return {
        theory.psi: truth,
        theory.psi_p: psi((directions**2) @ exact(reshuffled)),
        theory.psi_in: psi(inside),
        theory.psi_out: psi(outside),
        theory.slope_in: psi(inside / moved),
        theory.slope_out: psi(outside / moved_then),
    }


@lru_cache
def measured(reshuffled: bool, selected: bool = True) -> dict:
    """Means over the runs."""
    runs = [one_run(reshuffled, seed, selected) for seed in range(1, RUNS + 1)]
    return {name: float(np.mean([run[name] for run in runs])) for name in runs[0]}


def selection(claim):
    """Both samplings; null: the directions of the Hessian, which no data chose."""
    runs = [measured(reshuffled) for reshuffled in CASES.values()]
    nulls = [measured(reshuffled, False) for reshuffled in CASES.values()]
    for label in theory.STATEMENTS[0].claim:
        holds = [bool(claim[label].subs(m)) for m in runs]
        yield compare(f"{label}: samplings for which it holds", len(runs), float(sum(holds)))
    for label in (theory.STEEPER, theory.FALLS):
        admitted = [bool(claim[label].subs(m)) for m in nulls]
        yield compare(
            f"{label}: holds for directions of the Hessian", 0.0, float(sum(admitted))
        )
    # The in-sample numbers put in the place of those of fresh data.
    for label, out, inn in (
        (theory.TRUE, theory.psi_out, theory.psi_in),
        (theory.NEAR, theory.psi_p, theory.psi_in),
        (theory.RISES, theory.slope_out, theory.slope_in),
    ):
        admitted = [bool(claim[label].subs({**m, out: m[inn]})) for m in runs]
        yield compare(f"{label}: holds for in-sample numbers", 0.0, float(sum(admitted)))


CHECKS = {"IVF-X1": selection}
