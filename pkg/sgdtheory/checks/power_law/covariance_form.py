"""Numeric check of the gradient covariance in d dimensions."""

from functools import lru_cache
from itertools import combinations, combinations_with_replacement

import numpy as np
import sympy as sp

from sgdtheory.estimate import compare
from sgdtheory.theory.power_law import covariance_form as form


@lru_cache
def _sample(size: int):
    """Seven sample gradients and symmetric sample Hessians, correlated."""
    rng = np.random.default_rng(10)
    g = rng.standard_normal((7, size))
    H = rng.standard_normal((7, size, size)) + g[:, :, None]
    return g, H + H.transpose(0, 2, 1), rng.standard_normal(size)


def _entries(size: int):
    pairs = list(combinations_with_replacement(range(size), 2))
    index = {pair: k for k, pair in enumerate(pairs)}
    return pairs, lambda r, c: index[tuple(sorted((r, c)))]


@lru_cache
def null_space(size: int, matrices: bool):
    """Covariances of the Hessian's entries that both assumptions allow: an SVD."""
    pairs, at = _entries(size)
    slots = {q: k for k, q in enumerate(combinations_with_replacement(range(len(pairs)), 2))}

    def row(*terms):
        out = np.zeros(len(slots))
        for sign, (r, x), (s, y) in terms:
            out[slots[tuple(sorted((at(r, x), at(s, y))))]] += sign
        return out

    rows = []
    for r, s in combinations(range(size), 2):
        for x in range(size):
            for y in range(size):
                first, second = (1, (r, x), (s, y)), (1, (r, y), (s, x))
                rows.append(row(first) if matrices else row(first, second))
                rows.append(row((1, (r, x), (r, y)), (-1, (s, x), (s, y))))
    _, values, vectors = np.linalg.svd(np.array(rows))
    kernel = vectors[int((values > 1e-10).sum()):].T
    total = row(*((1, (r, r), (s, s)) for r in range(size) for s in range(size)))
    return total @ kernel, row((1, (0, 0), (0, 0))) @ kernel


def enumerated(claim):
    """PLD-P10: seven samples enumerated, and the null space of both assumptions."""
    g, H, u = _sample(3)
    gradients = np.cov((g + H @ u).T, bias=True)

    def entry(x):
        k = [int(n) - 1 for n in x.indices]
        return g[:, k[0]] if x.base == form.g else H[:, k[0], k[1]]

    for row, column in ((1, 1), (1, 2)):
        written = claim[form.FORM].rhs.subs({form.d: 3, form.i: row, form.j: column}).doit()
        written = written.replace(form.Cov, lambda x, y: sp.Float(
            np.cov(entry(x), entry(y), bias=True)[0, 1], 17))
        number = written.subs({form.u[k + 1]: u[k] for k in range(3)})
        found = gradients[row - 1, column - 1]
        yield compare(f"C_{row}{column} of seven samples", number, found, rtol=1e-10)
    one_one = form.H[1, 1]
    for size in (3, 4):
        whole, one = null_space(size, False)
        ratio = claim[form.TRACE].rhs.subs(form.d, size)
        ratio = ratio.replace(form.Var, lambda x: sp.S.One if x == one_one else sp.nan)
        found = whole @ one / (one @ one)
        yield compare(f"Var Tr H / Var H_11, d = {size}", ratio, found, rtol=1e-9)
    left = claim[form.MATRIX].rhs.subs({s: 1 for s in claim[form.MATRIX].rhs.free_symbols})
    largest = np.linalg.norm(null_space(3, True)[1])
    yield compare("Var H_11 left free", left, largest, atol=1e-9)
