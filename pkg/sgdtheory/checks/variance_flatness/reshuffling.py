"""IVF-RR1, RR2, RR3 and SO1: all orders of few minibatches, and simulated epochs."""

import numpy as np

from sgdtheory.checks.variance_flatness import epochs as e
from sgdtheory.estimate import compare
from sgdtheory.stochastic import linear_sgd
from sgdtheory.theory.variance_flatness import epoch_phases as ph
from sgdtheory.theory.variance_flatness import heavy_epochs as heavy
from sgdtheory.theory.variance_flatness import modes
from sgdtheory.theory.variance_flatness import reshuffling_average as r
from sgdtheory.theory.variance_flatness import shuffle_once as so

UNIT = {modes.eta: 1, modes.C: 1}
MODES = ((0.3, 5), (1.6, 4), (0.07, 6))


def read(rhs, h: float, M: int, **letters) -> float:
    """A claimed right side in units of eta^2 C."""
    at = {getattr(modes, name): value for name, value in letters.items()}
    return float(rhs.subs(UNIT | at).subs({modes.a: 1 - h, modes.h: h, modes.M: M}))


def average_claimed(claim, h: float, M: int) -> float:
    factor = claim[r.FACTOR].rhs.subs(modes.z, 1 - h)
    return read(claim[r.AVERAGE].rhs.subs(modes.Phi(modes.a), factor), h, M)


def averaged(claim):
    """IVF-RR1."""
    M = 5
    yield compare("pair of one epoch", read(claim[r.PAIR].rhs, 0.1, M), e.pairs(M)[0, 3])
    two = np.kron(np.eye(2), e.pairs(M))
    for lag in (1, 2, 4):
        found = np.mean([two[s, s + lag] for s in range(M)])
        yield compare(f"{lag} steps apart", read(claim[r.LAGS].rhs, 0.1, M, k=lag), found)
    for omega in (0.4, 2.1):
        wave = np.exp(1j * omega * np.arange(M))
        found = (wave @ e.pairs(M) @ wave.conj()).real / M
        claimed = read(claim[r.SPECTRUM].rhs.subs(r.omega, omega), 0.1, M)
        yield compare(f"spectrum at {omega}", claimed, found)
    for h, M in MODES:
        claimed = average_claimed(claim, h, M)
        yield compare(f"variance, h = {h}, M = {M}", claimed, e.averaged(h, M))
    # Twelve epochs leave 1e-11 of the start.
    sampled = e.simulated(0.1, 10, 0.0, 12)
    yield compare("variance, sampled", average_claimed(claim, 0.1, 10), sampled)
    series = claim[r.FLAT].rhs.removeO()
    for order in (0, 1):
        # A polynomial of fifth order through exact values between h = 1/600 and 1/100.
        found = e.taylor(lambda h: e.averaged(h, 6), 0.01, order)
        claimed = read(series.diff(modes.h, order), 0.0, 6)
        yield compare(f"flat, order {order}", claimed, found, rtol=1e-6)
    # The rest is of order 1/M.
    h, M = 0.5, 10**6
    sharp = read(claim[r.SHARP].rhs, h, M)
    yield compare("sharp", sharp, linear_sgd.epoch_variance(h, M), rtol=1e-5)


def phases(claim):
    """IVF-RR2."""
    for h, M in MODES:
        exact = e.phases(h, M)[:, 0, 0]
        first = ph.sums(claim, claim[ph.BOUNDARY].rhs, modes.M)
        start = read(first, h, M)
        yield compare(f"boundary, h = {h}, M = {M}", start, exact[0])
        for k in (1, M - 1):
            later = ph.sums(claim, claim[ph.PHASE].rhs, modes.k).subs(ph.X_0, start)
            yield compare(f"phase {k}, h = {h}, M = {M}", read(later, h, M, k=k), exact[k])
        mean = read(claim[ph.MEAN].rhs, h, M)
        yield compare(f"average, h = {h}, M = {M}", mean, exact[1:].mean())
    for label, at in ((ph.FIRST, 0.9), (ph.SECOND, 0.9)):
        power = 1 if label is ph.FIRST else 2
        claimed = claim[label].rhs.subs({modes.a: at, ph.n: 7})
        yield compare(
            f"sum of powers {power}", claimed, sum(at ** (power * j) for j in range(7))
        )
    M = 6
    rate = e.taylor(lambda h: e.phases(h, M)[0, 0, 0] / h, 0.01, 0)
    yield compare("flat boundary", read(claim[ph.FLAT_BOUNDARY].rhs, 1.0, M), rate, rtol=1e-6)
    for k in (1, 3):
        flat = e.taylor(lambda h, k=k: e.phases(h, M)[k, 0, 0], 0.01, 0)
        yield compare(
            f"bridge at {k}", read(claim[ph.BRIDGE].rhs, 0.0, M, k=k), flat, rtol=1e-6
        )


def poles(claim, h: float, mu: float) -> tuple[complex, complex]:
    """From the claimed sum and product."""
    at = {modes.h: h, modes.mu: mu}
    total, product = (
        complex(claim[label].rhs.subs(at)) for label in (heavy.SUM, heavy.PRODUCT)
    )
    root = np.sqrt(total**2 / 4 - product)
    return total / 2 + root, total / 2 - root


def heavy_claimed(claim, h: float, M: int, mu: float) -> float:
    p, q = poles(claim, h, mu)
    at = UNIT | {heavy.p: p, heavy.q: q, modes.mu: mu, modes.M: M}
    whole = claim[heavy.AVERAGE].rhs
    for pole in heavy.Z:
        whole = whole.subs(modes.Phi(pole), claim[heavy.FACTOR].rhs.subs(modes.z, pole))
    whole = whole.subs({heavy.w_p: claim[heavy.FIRST].rhs, heavy.w_q: claim[heavy.SECOND].rhs})
    return complex(whole.subs(at)).real


def with_momentum(claim):
    """IVF-RR3: real and complex poles."""
    for h, M, mu in ((0.3, 5, 0.6), (0.02, 6, 0.5), (2.5, 4, 0.4)):
        where = f"h = {h}, M = {M}, mu = {mu}"
        claimed = heavy_claimed(claim, h, M, mu)
        yield compare(f"variance, {where}", claimed, e.averaged(h, M, mu))
        for number, found in zip(poles(claim, h, mu), actual_poles(h, mu), strict=True):
            yield compare(f"pole {found:.3g}, {where}", abs(number - found), 0.0, atol=1e-9)
    h, M, mu = 0.1, 10, 0.7
    # Ten epochs leave 0.7^100 of the start.
    sampled = e.simulated(h, M, mu, 10)
    yield compare("variance, sampled", heavy_claimed(claim, h, M, mu), sampled)
    M, mu = 6, 0.4
    at = UNIT | {modes.M: M, modes.mu: mu}
    own = claim[heavy.FACTOR].rhs.subs(modes.z, modes.mu)
    claimed = float(claim[heavy.FLAT].rhs.subs(modes.Phi(modes.mu), own).subs(at))
    found = e.taylor(lambda h: e.averaged(h, M, mu), 0.01, 0)
    yield compare("flat", claimed, found, rtol=1e-6)
    M, mu = 1000, 0.9
    # The rest is of order 1/M^2, 5e-6 of the whole; the last term written is 5e-4 of it.
    series = claim[heavy.LONG].rhs.removeO().subs({modes.M: M, modes.mu: mu})
    found = linear_sgd.epoch_variance(1e-9, M, mu) * (1 - mu) ** 2
    yield compare("flat, long epochs", series, found, rtol=1e-5)


def actual_poles(h: float, mu: float) -> list:
    return sorted(np.linalg.eigvals([[1 - h, mu], [-h, mu]]), key=lambda z: (-z.real, -z.imag))


def one_order(claim):
    """IVF-SO1: the closed orbit of every order."""
    M = 5
    rows = e.orders(M)
    twice = np.tile(rows, 3)
    for label, lag in ((so.PERIODS, M), (so.BETWEEN, M + 2)):
        found = (twice[:, 1] * twice[:, 1 + lag]).mean()
        yield compare(f"{lag} steps apart", read(claim[label].rhs, 0.1, M), found)
    for h, M in MODES:
        squares = (e.orbits(h, M) ** 2).mean(0)
        claimed = read(claim[so.AVERAGE].rhs, h, M)
        for k in (0, M - 2):
            yield compare(f"phase {k}, h = {h}, M = {M}", claimed, squares[k])
    M, series = 6, claim[so.FLAT].rhs.removeO()
    once = lambda h: float((e.orbits(h, M) ** 2).mean())  # noqa: E731
    for order in (0, 1):
        claimed = read(series.diff(modes.h, order), 0.0, M)
        yield compare(f"flat, order {order}", claimed, e.taylor(once, 0.01, order), rtol=1e-6)
    fresh = e.taylor(lambda h: e.averaged(h, M), 0.01, 0)
    half = float(claim[so.HALF].rhs.subs(so.X_fresh, fresh))
    yield compare("against fresh orders", half, e.taylor(once, 0.01, 0), rtol=1e-6)
    # The rest is of order 1/M.
    h, M = 0.5, 10**5
    sharp = read(claim[so.SHARP].rhs, h, M)
    yield compare("sharp", sharp, linear_sgd.shuffle_once_variance(h, M), rtol=1e-4)


CHECKS = {
    "IVF-RR1": averaged,
    "IVF-RR2": phases,
    "IVF-RR3": with_momentum,
    "IVF-SO1": one_order,
}
