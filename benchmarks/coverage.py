"""Do the intervals of the fits cover what they claim?  Nominal 95 per cent: 92 to 98.

Samples of a known law are drawn, fitted, and the intervals counted that hold the truth; of
500 samples the share itself is uncertain by one per cent.  The ratio is the distance from 95
per cent in units of the three that are allowed.  Beside the intervals that the package
gives stand those of plus and minus 1.96 standard errors on three scales of nu: for these no
bound is set, they are why the profile likelihood is used.
"""

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

DRAWS, LEVEL, ALLOWED = 500, 0.95, 0.03
RESAMPLES = 199


def line(name: str, covered: list[bool], n: int, **more: Any) -> dict[str, Any]:
    """One case: the share that covers, and how far it is from 95 per cent."""
    share = float(np.mean(covered))
    return {
        "case": f"coverage of {name}, {len(covered)} samples of {n}",
        "coverage": share,
        "nominal": LEVEL,
        "ratio": round(abs(share - LEVEL) / ALLOWED, 6),
        "bound": 1.0,
        **more,
    }


def counted(
    sample: Callable, interval: Callable, truth: float, draws: int, seed: int
) -> list[bool]:
    """For each sample: does its interval hold the truth?"""
    draw = np.random.default_rng(seed)
    found = (interval(sample(draw)) for _ in range(draws))
    return [low <= truth <= high for low, high in found]


def scales(nu: float, n: int, draws: int, seed: int) -> dict[str, float]:
    """Coverage of +-1.96 s.e. in nu, log nu and 1/nu; a Gaussian fit counts as missed."""
    from sgdtheory.stochastic.distributions import fit_student_t

    draw, hits = np.random.default_rng(seed), dict.fromkeys(("nu", "log nu", "1/nu"), 0)
    for _ in range(draws):
        fit = fit_student_t(draw.standard_t(nu, n)).nu
        value, error = fit.value, fit.stderr
        if math.isinf(value):
            continue
        hits["nu"] += abs(value - nu) <= 1.96 * error
        hits["log nu"] += abs(math.log(value / nu)) <= 1.96 * error / value
        hits["1/nu"] += abs(1 / value - 1 / nu) <= 1.96 * error / value**2
    return {f"coverage on the scale of {name}": hits[name] / draws for name in hits}


def cases(draws: int = DRAWS) -> Iterator[dict[str, Any]]:
    """A line for each estimator: Student t, kappa, q-Gaussian, Pearson IV, bootstrap."""
    from sgdtheory.stochastic import bootstrap
    from sgdtheory.stochastic.distributions import fit_student_t, kappa_from_nu, power_law
    from sgdtheory.stochastic.pearson_iv import fit_pearson_iv
    from sgdtheory.stochastic.q_gaussian import fit_q_gaussian, q_from_nu

    for nu, n in ((1.5, 100), (3.0, 100), (3.0, 1000), (5.0, 300), (10.0, 1000)):
        found = counted(lambda r, nu=nu, n=n: r.standard_t(nu, n),
                        lambda x: fit_student_t(x).interval(LEVEL), nu, draws, 1)  # fmt: skip
        yield line(f"nu of a Student t, nu = {nu:g}", found, n, **scales(nu, n, draws, 1))

    law = power_law(1.5, 1.0, 1.0)

    def kappa(x):
        return [kappa_from_nu(nu, "ito") for nu in fit_student_t(x).interval(LEVEL)]

    found = counted(lambda r: law.rvs(500, r), kappa, 1.5, draws, 2)
    yield line("kappa of the power law, Itô, kappa = 1.5", found, 500)
    found = counted(
        lambda r: r.standard_t(3.0, 500),
        lambda x: fit_q_gaussian(x).interval(LEVEL),
        q_from_nu(3.0),
        draws,
        3,
    )
    yield line("q of a q-Gaussian, q = 1.5", found, 500)
    for rho in (0.0, 0.4):
        skewed = power_law(1.5, 1.0, 1.0, rho)
        found = counted(lambda r, law=skewed: law.rvs(500, r),
                        lambda x: fit_pearson_iv(x).interval(LEVEL), 2.5, draws, 4)  # fmt: skip
        yield line(f"m of Pearson IV, m = 2.5, rho = {rho:g}", found, 500)

    def resampled(x):
        redrawn = bootstrap.interval(
            x, lambda v: fit_student_t(v).nu.value, resamples=RESAMPLES, level=LEVEL, seed=5
        )
        return redrawn.low, redrawn.high

    found = counted(lambda r: r.standard_t(3.0, 300), resampled, 3.0, draws, 6)
    yield line("nu of a Student t by the bootstrap, nu = 3", found, 300)


if __name__ == "__main__":
    import json

    for case in cases():
        print(json.dumps(case), flush=True)
