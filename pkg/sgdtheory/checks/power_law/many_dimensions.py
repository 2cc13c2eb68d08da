"""Numeric checks of the statements in d dimensions."""

from functools import lru_cache

import numpy as np
import sympy as sp
from scipy.integrate import quad
from scipy.optimize import least_squares

from sgdtheory.checks.power_law import covariance_form
from sgdtheory.estimate import Estimate, compare
from sgdtheory.theory.power_law import eigenbasis as e
from sgdtheory.theory.power_law import many_dimensions as many
from sgdtheory.theory.power_law import trace_index as trace


def put(expr, size: int, **columns) -> float:
    """A claim's expression in ``size`` dimensions at i = 1; arrays go to indexed letters."""
    written = sp.sympify(expr).subs({e.d: size, e.i: 1}).doit()
    bases = {b.name: b for b in (e.h, e.lam, e.gam, e.M, e.v)}
    at = {
        bases[name][k + 1]: float(x)
        for name, values in columns.items() if name in bases for k, x in enumerate(values)
    }  # fmt: skip
    at |= {s: columns[s.name] for s in (e.eta, e.kappa, e.alpha) if s.name in columns}
    return float(sp.N(written.subs(at)))


# PLD-T4


@lru_cache
def power_law_integrals(scales: tuple, exponent: float):
    """Norm and first second moment of (1 + sum v_i^2/scale_i)^-exponent: a tensor grid with
    double-exponential nodes, no Gamma functions."""
    t = np.linspace(-4.2, 4.2, 127)
    nodes = np.sinh(np.pi / 2 * np.sinh(t))
    weights = np.cosh(np.pi / 2 * np.sinh(t)) * np.pi / 2 * np.cosh(t) * (t[1] - t[0])
    total, measure, squares = np.ones(()), np.ones(()), []
    for axis, scale in enumerate(scales):
        shape = [1] * len(scales)
        shape[axis] = -1
        squares.append((nodes**2).reshape(shape))
        total = total + squares[-1]
        measure = measure * (weights * np.sqrt(scale)).reshape(shape)
    density = measure * total**-exponent
    norm = density.sum()
    return norm, scales[0] * (squares[0] * density).sum() / norm


@lru_cache
def zero_flux_log_ratio(alpha: float):
    """log p(end)/p(start), d = 3: the drift and the noise alone give grad log p, integrated
    along a line in a rotated basis."""
    Q = np.linalg.qr(np.random.default_rng(4).standard_normal((3, 3)))[0]
    h, lam, eta, kappa = np.array([0.7, 1.9, 3.1]), np.array([1.3, 0.4, 0.9]), 0.2, 2.3
    H, S = Q @ np.diag(h) @ Q.T, Q @ np.diag(lam) @ Q.T
    start, end = np.array([0.4, -0.3, 0.8]), np.array([-0.9, 0.5, 1.7])

    def C(u):
        return S * (1 + u @ H @ np.linalg.solve(S, u) / (eta * kappa))

    def slope(t):
        u, step = start + t * (end - start), 1e-20j * np.eye(3)
        divergence = sum(C(u + step[k])[:, k].imag / 1e-20 for k in range(3))
        force = -H @ u - eta / 2 * (1 - alpha) * divergence
        return (end - start) @ np.linalg.solve(eta / 2 * C(u), force)

    values = dict(h=h, eta=eta, kappa=kappa, alpha=alpha)
    values["lambda"] = lam
    return quad(slope, 0, 1, epsrel=1e-12)[0], values, Q.T @ start, Q.T @ end


H2, S2 = np.array([[1.0, 0.4], [0.4, 2.0]]), np.array([[0.8, -0.3], [-0.3, 0.5]])
RATE, KAPPA, INDEX = 0.3, 1.7, 0.0


def current(X, u):
    """Flux over p of C = S(1 + u X⁻¹ u) with p = (1 + u X⁻¹ u)^-(kappa + 1 - index)."""
    A = np.linalg.inv(X)
    gradient = 2 * A @ u
    m = KAPPA + 1 - INDEX
    return -H2 @ u - RATE / 2 * S2 @ ((1 - INDEX) * gradient - m * gradient)


@lru_cache
def stationary_X():
    """X for which the flux has no divergence at nine points: found by searching X^-1."""
    points = np.random.default_rng(5).standard_normal((9, 2))

    def symmetric(q):
        return np.array([[q[0], q[1]], [q[1], q[2]]])

    def divergence(q):
        A, X = symmetric(q), np.linalg.inv(symmetric(q))
        K = np.stack([current(X, axis) for axis in np.eye(2)], 1)
        m = KAPPA + 1 - INDEX
        return [(1 + u @ A @ u) * np.trace(K) - 2 * m * u @ A @ current(X, u) for u in points]

    # From the formula that would hold if they commuted; the other minima are not zeros.
    guess = H2 @ np.linalg.inv(S2) / (RATE * KAPPA)
    start = ((guess + guess.T) / 2)[[0, 0, 1], [0, 1, 1]]
    found = least_squares(divergence, start, xtol=1e-15, ftol=1e-15, gtol=1e-15)
    assert found.cost < 1e-20, "the search must end in a zero of the divergence"
    return np.linalg.inv(symmetric(found.x))


def read(expr, **matrices):
    """A claim's matrix expression as numbers."""
    # Not by lambdify: it takes a symbol named \Sigma_g for a scalar and reorders the product.
    letters = {"H": many.H, "S": many.S, "X": many.X, "u": many.u}
    values = {"H": H2, "S": S2, **matrices}
    written = e.explicit(expr, {letters[k]: sp.Matrix(M) for k, M in values.items()})
    return np.array(written.subs({many.eta: RATE, many.kappa: KAPPA}), dtype=float)


def claimed_X(rule):
    """The claimed linear matrix equation, solved entry by entry."""
    A = np.stack([read(rule.lhs, X=X).ravel() for X in np.eye(4).reshape(4, 2, 2)], 1)
    return np.linalg.solve(A, read(rule.rhs).ravel()).reshape(2, 2)


def power_law(claim):
    """PLD-T4: line integrals of zero flux, tensor quadrature, a search for the stationary X."""
    for alpha in (0.0, 0.5, 1.0):
        found, values, start, end = zero_flux_log_ratio(alpha)
        density = claim[many.DENSITY].rhs
        ratio = np.log(put(density, 3, v=end, **values) / put(density, 3, v=start, **values))
        yield compare(f"log p ratio, d = 3, index {alpha:g}", ratio, found, rtol=1e-9)
    h, lam = np.array([0.7, 1.9, 3.1]), np.array([1.3, 0.4, 0.9])
    for size, alpha in ((2, 0.0), (3, 1.0)):
        values = {"h": h[:size], "lambda": lam[:size], "eta": 0.2, "kappa": 4.0, "alpha": alpha}
        scales = tuple(0.2 * 4.0 * lam[:size] / h[:size])
        Z, M = power_law_integrals(scales, 5.0 - alpha)
        determinants = {many.det_H: h[:size].prod(), many.det_S: lam[:size].prod()}
        norm = claim[many.NORM].rhs.subs(determinants)
        yield compare(f"norm, d = {size}", put(norm, size, **values), Z)
        claimed = put(claim[many.COVARIANCE].rhs, size, **values)
        yield compare(f"variance, d = {size}", claimed, M)
    found, claimed = stationary_X(), claimed_X(claim[many.REPAIR])
    for k, name in (((0, 0), "X_11"), ((0, 1), "X_12")):
        # Looser than 1e-8: least squares finds a double-precision zero to about 1e-10 in X.
        yield compare(f"stationary {name}", claimed[k], found[k], rtol=1e-7)
    u = np.array([0.6, -1.1])
    flux = read(claim[many.CURRENT].rhs, X=found, u=u[:, None])[0, 0]
    yield compare("current", flux, current(found, u)[0])


# PLD-P11

H_DIAG, STEP = np.array([1.0, 2.5]), 0.3
LAMBDA, GAMMA = np.array([1.0, 0.6]), np.array([1.2, 0.5])


@lru_cache
def simulated_moments(alpha: float):
    """E v_1^2 of the process itself: Euler steps of 0.01, whose bias of
    half a per cent is a quarter of the standard error."""
    rng, dt, paths = np.random.default_rng(11), 0.01, 20_000
    v = np.zeros((2, paths), dtype=np.float32)
    pull = ((H_DIAG - alpha * STEP * GAMMA) * dt)[:, None].astype(np.float32)
    kick = np.sqrt(STEP * LAMBDA * dt)[:, None].astype(np.float32)
    weight = (GAMMA / LAMBDA).astype(np.float32)
    for _ in range(500):
        s = np.sqrt(1 + weight @ (v * v))
        v += kick * s * rng.standard_normal((2, paths), dtype=np.float32) - pull * v
    return Estimate.mean_of(v[0].astype(float) ** 2)


def from_system(rule, values):
    """M_1 of the claimed linear system in d = 2."""
    rows = [(rule.lhs - rule.rhs).subs({e.d: 2, e.i: k}).doit() for k in (1, 2)]
    bases = {"h": e.h, "lambda": e.lam, "gamma": e.gam}
    at = {bases[n][k]: values[n][k - 1] for n in bases for k in (1, 2)}
    at |= {s: values[s.name] for s in (e.eta, e.alpha)}
    return sp.linsolve([r.subs(at) for r in rows], [e.M[1], e.M[2]]).args[0][0]


def moments(claim):
    """PLD-P11: the Itô and the anti-Itô process, simulated."""
    for alpha, name in ((0.0, "Itô"), (1.0, "anti-Itô")):
        values = {"h": H_DIAG, "lambda": LAMBDA, "gamma": GAMMA, "eta": STEP, "alpha": alpha}
        found = simulated_moments(alpha)
        yield compare(f"{name}: system", from_system(claim[trace.SYSTEM], values), found)
        yield compare(f"{name}: formula", put(claim[trace.MOMENT].rhs, 2, **values), found)


CHECKS = {"PLD-P10": covariance_form.enumerated, "PLD-T4": power_law, "PLD-P11": moments}
