"""TLS-8, TLS-9: estimators on draws, and their limits by quadrature, beside the formulas."""

import math
from functools import lru_cache

import numpy as np
import sympy as sp
from scipy import special, stats

from sgdtheory.estimate import Estimate, compare
from sgdtheory.stochastic import stable, tail_index
from sgdtheory.theory.tails import sums_of_blocks as blocks
from sgdtheory.theory.tails import tail_index as tails

INDEX, TOP, SIZE, REPLICAS = 2.5, 12, 60, 20_000
NU, FAR, RARE = 3.0, 1e3, 1e-9
DRAWS, BLOCK, RATIO, RHO, WIDTH, MANY = 400_000, 5, 4.0, 0.3, 0.8, 10**6


@lru_cache(maxsize=1)
def hill_on_pareto() -> np.ndarray:
    """1/alpha by Hill, of samples of an exact power law."""
    samples = np.random.default_rng(8).pareto(INDEX, (REPLICAS, SIZE)) + 1
    return np.array([tail_index.hill(x, TOP).reciprocal.value for x in samples])


def log_tails(x: float) -> float:
    return math.log(2) + float(stats.t.logsf(x, NU))


def normal_tails(x: float) -> float:
    return float(stats.norm.logsf(x))


@lru_cache(maxsize=1)
def of_student() -> dict[str, float]:
    """Mean log excess over 1/nu at FAR and where RARE lies beyond; threshold; amplitude."""
    quantile = float(stats.t.isf(RARE / 2, NU))
    return {
        tails.EXCESS: tail_index.mean_log_excess(log_tails, FAR) - 1 / NU,
        tails.FRACTION: tail_index.mean_log_excess(log_tails, quantile) - 1 / NU,
        tails.THRESHOLD: quantile,
        tails.NORM: math.exp(log_tails(FAR) + NU * math.log(FAR)),
        tails.GAUSS: tail_index.mean_log_excess(normal_tails, FAR),
    }


@lru_cache(maxsize=1)
def least_error(n: float, b: float) -> float:
    """k of least mean square error, on a fine grid."""
    k = np.exp(np.linspace(0, math.log(n), 4_000_001))
    return float(k[np.argmin(1 / (NU**2 * k) + b**2 * (k / n) ** (4 / NU))])


def hill(claim):
    n, b = 1e6, 0.8
    at = {tails.a: INDEX, tails.k: TOP, tails.nu: NU, tails.u: FAR, tails.p: RARE,
          tails.n: n, tails.b: b, tails.A: of_student()[tails.NORM]}  # fmt: skip

    def read(label):
        return float(sp.N(claim[label].rhs.subs(at)))

    found = hill_on_pareto()
    yield compare("mean on Pareto samples", read(tails.MEAN), Estimate.mean_of(found))
    squares = (found - found.mean()) ** 2
    yield compare("variance on Pareto samples", read(tails.SPREAD), Estimate.mean_of(squares))
    yield compare("mean of the index", read(tails.INDEX), Estimate.mean_of(1 / found))
    # The next terms are smaller by some u^-2 = 1e-6.
    for label, name in (
        (tails.EXCESS, "excess at a far threshold"),
        (tails.FRACTION, "excess beyond a rare quantile"),
        (tails.THRESHOLD, "rare quantile"),
        (tails.NORM, "amplitude of the tails"),
        (tails.GAUSS, "excess of a Gaussian"),
    ):
        yield compare(name, read(label), of_student()[label], rtol=1e-4)
    # Steps of the grid are 3.5e-6.
    yield compare("best k", read(tails.BEST), least_error(n, b), rtol=2e-5)


def of_student_t(t: np.ndarray, nu: float = 7.0) -> np.ndarray:
    """Characteristic function of Student's t."""
    z = math.sqrt(nu) * t
    norm = special.gamma(nu / 2) * 2 ** (nu / 2 - 1)
    return special.kv(nu / 2, z) * z ** (nu / 2) / norm


def of_lognormal_widths(t: np.ndarray) -> np.ndarray:
    """Characteristic function of Gaussians with ln S normal of deviation WIDTH."""
    z, step = np.linspace(-12, 12, 241, retstep=True)
    weight = step * np.exp(-(z**2) / 2) / math.sqrt(2 * math.pi)
    return sum(p * np.exp(-((s * t) ** 2) / 2)
               for p, s in zip(weight, np.exp(WIDTH * z), strict=True))  # fmt: skip


def constant(characteristic) -> float:
    """(1/alpha - 1/2) ln K at a very large K."""
    index = tail_index.log_moment_index(characteristic, MANY)
    return (1 / index - 0.5) * math.log(MANY)


def two_widths(ratio: float):
    """Characteristic function of Gaussians of width 1 or ``ratio``, equally often."""
    return lambda t: (np.exp(-(t**2) / 2) + np.exp(-((ratio * t) ** 2) / 2)) / 2


def correlated(rho: float, block: int, blocks: int) -> np.ndarray:
    """Normal values (blocks, block), any two of a block correlated by rho."""
    draw = np.random.default_rng(10)
    common = math.sqrt(rho) * draw.standard_normal((blocks, 1))
    return common + math.sqrt(1 - rho) * draw.standard_normal((blocks, block))


@lru_cache(maxsize=1)
def drawn() -> dict[str, Estimate]:
    """The reciprocal index of samples, by the estimator itself."""
    draw = np.random.default_rng(9)
    widths = np.where(draw.random(DRAWS) < 0.5, RATIO, 1.0)
    shuffled = widths * draw.standard_normal(DRAWS)
    laplace = draw.laplace(size=DRAWS)
    samples = {
        blocks.ANY: (laplace, BLOCK),
        blocks.STABLE: (stable.rvs(1.3, size=DRAWS, seed=9), BLOCK),
        blocks.LAPLACE: (laplace, BLOCK),
        blocks.PAIRS: (laplace, 2),
        blocks.TWO: (shuffled, 2),
        blocks.SORTED: (shuffled[np.argsort(widths, kind="stable")], BLOCK),
        blocks.TIED: (correlated(RHO, BLOCK, DRAWS // BLOCK), BLOCK),
        blocks.ONE: (correlated(0.99, 1000, DRAWS // 1000), 1000),
    }
    return {k: tail_index.log_moment(*v).reciprocal for k, v in samples.items()}


@lru_cache(maxsize=1)
def exact() -> dict[str, float]:
    """The limits of infinitely many draws, by quadrature of characteristic functions."""
    return {
        blocks.STABLE: tail_index.log_moment_index(lambda t: np.exp(-(t**1.3)), BLOCK),
        blocks.LAPLACE: 1 / tail_index.log_moment_index(lambda t: 1 / (1 + t**2), BLOCK),
        blocks.PAIRS: tail_index.log_moment_index(lambda t: 1 / (1 + t**2), 2),
        blocks.TWO: 1 / tail_index.log_moment_index(two_widths(RATIO), 2),
        blocks.SORTED: tail_index.log_moment_index(lambda t: np.exp(-(t**2) / 2), BLOCK),
        blocks.C_LAPLACE: constant(lambda t: 1 / (1 + t**2)),
        blocks.C_T: constant(of_student_t),
        blocks.C_LOG: constant(of_lognormal_widths),
    }


def log_moments(claim):
    at = {blocks.alpha: 1.3, blocks.r: RATIO, blocks.K: BLOCK, blocks.rho: RHO,
          blocks.nu: 7, blocks.s: WIDTH}  # fmt: skip

    def read(label, **more):
        return float(sp.N(claim[label].rhs.subs(at)))

    law = claim[blocks.ANY].rhs.subs(blocks.K, BLOCK).replace(
        blocks.phi, lambda t: 1 / (1 + t**2))  # fmt: skip
    yield compare("sums of Laplace draws, by the integral", float(sp.N(law.doit())),
                  drawn()[blocks.ANY])  # fmt: skip
    for label, name, inverse in (
        (blocks.STABLE, "stable law", True),
        (blocks.LAPLACE, "Laplace, sums of five", False),
        (blocks.PAIRS, "Laplace, sums of two", True),
        (blocks.TWO, "two widths, shuffled", False),
        (blocks.SORTED, "two widths, sorted", True),
        (blocks.TIED, "correlated Gaussians", False),
    ):
        value = 1 / read(label) if inverse else read(label)
        yield compare(f"{name}: draws", value, drawn()[label])
        if label in exact():
            yield compare(f"{name}: quadrature", read(label), exact()[label])
    for label, name in (
        (blocks.C_LAPLACE, "Laplace"), (blocks.C_T, "Student t"),
        (blocks.C_LOG, "lognormal widths"),
    ):  # fmt: skip
        # The mean square width of a block of 1e6 has not quite settled: some 1/K.
        yield compare(f"constant of {name}", read(label), exact()[label], rtol=3e-5)
    moments = {blocks.m2: math.exp(2 * WIDTH**2), blocks.ell: 0.0}
    general = float(sp.N(claim[blocks.C].rhs.subs(moments)))
    yield compare("constant from two moments", general, exact()[blocks.C_LOG], rtol=3e-5)
    large = float(sp.N(claim[blocks.LARGE].rhs.subs(
        {blocks.c: WIDTH**2, blocks.K: MANY})))  # fmt: skip
    found = 1 / tail_index.log_moment_index(of_lognormal_widths, MANY) - 0.5
    yield compare("reciprocal less one half", large, found, rtol=3e-5)
    indices = [round(tail_index.log_moment_index(two_widths(r), 2), 9) for r in (1, 2, 50)]
    held = [bool(claim[blocks.CAP].subs(blocks.alpha_2, i)) for i in indices]
    yield compare("ratios that obey the bound", len(indices), sum(held))
    yield compare("largest index, at equal widths", float(claim[blocks.CAP].rhs), indices[0])
    # A correlation of 0.99 and blocks of 1,000: 1e-3 is left of the limit.
    found = drawn()[blocks.ONE].value
    yield compare("blocks that are all but one value", read(blocks.ONE), 1 / found, rtol=0.01)


CHECKS = {"TLS-8": hill, "TLS-9": log_moments}
