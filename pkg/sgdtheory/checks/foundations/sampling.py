"""Numeric checks of the foundations."""

from itertools import combinations, product

import numpy as np
import sympy as sp

from sgdtheory.estimate import compare
from sgdtheory.theory.foundations import sgd


def sampling(claim):
    """FND-2: every minibatch of 2 from 5 samples, enumerated."""
    g = np.array([0.3, -1.1, 2.0, 0.7, -0.4])
    batches = {
        "with replacement": [g[list(i)].mean() for i in product(range(5), repeat=2)],
        "without replacement": [g[list(i)].mean() for i in combinations(range(5), 2)],
    }
    values = {sgd.n: 5, sgd.b: 2, sgd.S: g.var()}
    for label, means in batches.items():
        yield compare(label, sp.N(claim[label].rhs.subs(values)), np.var(means), rtol=1e-12)


CHECKS = {"FND-2": sampling}
