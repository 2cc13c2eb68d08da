"""ANO-EQ7, ANO-S3: the package's own density and samples beside the formulas."""

import math
from functools import lru_cache

import numpy as np
import sympy as sp
from scipy.integrate import simpson

from sgdtheory.estimate import Estimate, compare
from sgdtheory.stochastic import stable
from sgdtheory.theory.anomalous import likelihood_ratio as ratio
from sgdtheory.theory.anomalous import stable as law

ALPHA, BETA, GAMMA, DELTA, T, COPIES = 1.4, 0.6, 2.0, 0.3, 0.7, 5
SIZE, SAMPLES, CUT, SIGMA = 400, 20_000, 1.0, 1.5


@lru_cache(maxsize=2)
def moments(alpha: float) -> tuple[float, float, float]:
    """E x^2 (at alpha = 2), E ln|x| and Var ln|x| of a symmetric law of scale GAMMA."""
    q = np.linspace(-70.0, 40.0, 3001)  # x = e^q
    weight = 2 * stable.pdf(np.exp(q), alpha, scale=GAMMA) * np.exp(q)
    square = simpson(weight[q < 8] * np.exp(2 * q[q < 8]), x=q[q < 8])
    mean = simpson(weight * q, x=q)
    return square, mean, simpson(weight * q**2, x=q) - mean**2


def stable_law(claim):
    at = {law.alpha: ALPHA, law.beta: BETA, law.sigma: GAMMA, law.t: T, law.delta_0: DELTA}
    at |= {law.delta_1: stable.to_s1(ALPHA, BETA, DELTA, GAMMA), law.m: COPIES}

    def read(label, **more):
        return complex(sp.N(claim[label].rhs.subs({**at, **more})))

    waves = np.log(stable.characteristic_function(T, ALPHA, BETA, DELTA, GAMMA))
    at_one = np.log(stable.characteristic_function(T, 1.0, BETA, DELTA, GAMMA))
    for label, where, found in (
        (law.S1, "S1", waves), (law.S0, "S0", waves), (law.AT_ONE, "S0 at one", at_one),
    ):  # fmt: skip
        yield compare(f"{where}: real part", read(label).real, found.real)
        yield compare(f"{where}: imaginary part", read(label).imag, found.imag)
    yield compare("shift", read(law.SHIFT).real, stable.to_s1(ALPHA, BETA, DELTA, GAMMA))
    near = 1 + 1e-6
    jump = float(claim[law.JUMP].rhs.subs({**at, law.alpha: near}))
    # The next term of the cotangent is smaller by the square of pi times 1e-6.
    yield compare("jump at 1 + 1e-6", jump, stable.to_s1(near, BETA, 0.0, GAMMA), rtol=1e-7)
    many = stable.characteristic_function(T, ALPHA, 0.0, 0.0, GAMMA) ** COPIES
    one = stable.characteristic_function(T, ALPHA, 0.0, 0.0, read(law.SUM).real)
    yield compare("wave of a sum", math.log(one.real), math.log(many.real))
    # Quadrature over 110 units of ln x of a density good to 1e-9.
    square = moments(2.0)[0]
    yield compare("second moment at two", read(law.AT_TWO).real, square, rtol=1e-7)
    _, mean, spread = moments(ALPHA)
    yield compare("mean logarithm", read(law.MEAN).real, mean, rtol=1e-7)
    yield compare("variance of the logarithm", read(law.SPREAD).real, spread, rtol=1e-7)


@lru_cache(maxsize=1)
def samples() -> dict[str, np.ndarray]:
    """Log-likelihood ratios of Gaussian samples, datum by datum from the densities."""
    draw = np.random.default_rng(20)
    found: dict[str, list] = {"mean": [], "R": [], "R_+": [], "z": [], "apart": []}
    for _ in range(SAMPLES // 500):
        x = SIGMA * draw.standard_normal((500, SIZE))
        mean = x.mean(axis=1)

        def log_density(mu, x=x):
            return -(((x.T - mu).T / SIGMA) ** 2) / 2

        gain = log_density(mean) - log_density(np.zeros(500))
        kept = log_density(np.maximum(mean, 0)) - log_density(np.zeros(500))
        other = log_density(np.full(500, 0.4)) - log_density(np.full(500, -0.4))
        found["mean"].append(mean)
        found["R"].append(gain.sum(axis=1))
        found["R_+"].append(kept.sum(axis=1))
        found["z"].append(gain.sum(axis=1) / (math.sqrt(SIZE) * gain.std(axis=1)))
        found["apart"].append(other.sum(axis=1) / (math.sqrt(SIZE) * other.std(axis=1)))
    return {name: np.concatenate(parts) for name, parts in found.items()}


def nested(claim):
    got = samples()
    at = {ratio.c: CUT, ratio.sigma: SIGMA, ratio.n: SIZE}

    def read(label, **more):
        return float(sp.N(claim[label].rhs.subs(at)))

    mean, R = float(got["mean"][0]), float(got["R"][0])
    claimed = float(claim[ratio.RATIO].rhs.subs({**at, ratio.xbar: mean}))
    yield compare("ratio of one sample", claimed, R, rtol=1e-7)  # a difference of large sums
    ratios = [0.0, *got["R"][:200]]  # a mean of exactly zero among them
    held = [bool(claim[ratio.FLOOR].subs(ratio.R, float(r))) for r in ratios]
    yield compare("ratios within their bound", len(ratios), sum(held))
    lowest = float(sp.N(claim[ratio.FLOOR].rhs))
    yield compare("least ratio", lowest, float(got["R_+"].min()), atol=1e-12)  # rounding
    share = Estimate.mean_of
    yield compare("2R beyond one", read(ratio.CHI), share(2 * got["R"] > CUT))
    normal = math.sqrt(SIZE) * mean / SIGMA
    claimed = float(claim[ratio.VUONG].rhs.subs(ratio.Z, normal))
    # The sample's own variance in place of the true one, 3.5 per cent, threefold.
    yield compare("Vuong's statistic of one sample", claimed, float(got["z"][0]), rtol=0.1)
    yield compare("Vuong's statistic beyond one", read(ratio.TAIL), share(got["z"] > CUT))
    yield compare("share at the boundary", read(ratio.ZERO), share(got["R_+"] < 1e-12))
    yield compare("beyond one, bounded", read(ratio.HALF), share(2 * got["R_+"] > CUT))
    yield compare("mean, bounded", read(ratio.MEAN), share(2 * got["R_+"]))
    claimed = float(claim[ratio.OTHER].rhs.subs(ratio.Z, normal))
    yield compare("not nested, one sample", claimed, float(got["apart"][0]), rtol=0.1)
    yield compare("not nested, mean square", read(ratio.NORMAL), share(got["apart"] ** 2))


CHECKS = {"ANO-EQ7": stable_law, "ANO-S3": nested}
