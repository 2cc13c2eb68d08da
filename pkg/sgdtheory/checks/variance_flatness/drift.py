"""IVF-DRIFT1: the flow integrated numerically, and a network whose layer is scaled."""

from functools import lru_cache

import numpy as np
import sympy as sp
import torch
from scipy.integrate import solve_ivp

from sgdtheory.estimate import compare
from sgdtheory.networks import models
from sgdtheory.theory.variance_flatness import drift

RATE, MARGIN, START = 0.3, 1.7, 0.8
NOW, LATE = 40.0, 1e9


@lru_cache
def way(time: float) -> float:
    """Of the flow, in the variable ln(1 + t), in which late times are near."""

    def flow(s, r):
        return RATE * MARGIN * START * np.exp(s - MARGIN * r)

    end = float(np.log1p(time))
    found = solve_ivp(flow, (0, end), [0.0], method="DOP853", rtol=1e-13, atol=1e-13)
    return float(found.y[0, -1])


@lru_cache
def logits(factor: float) -> float:
    """First logit of a net without biases whose second layer is scaled."""
    net = models.mlp([6, 8, 7, 3], seed=1, bias=False).double()
    draw = torch.Generator().manual_seed(2)
    with torch.no_grad():
        layers = [p for p in net.parameters()]
        layers[1].mul_(factor)
        return float(net(torch.randn(1, 6, generator=draw, dtype=torch.float64))[0, 0])


def drifting(claim):
    """The flow at t = 40 and 1e9; the net with its hidden layer scaled by 2.5."""

    def read(label, time):
        values = {drift.alpha: RATE, drift.m: MARGIN, drift.L_0: START, drift.t: time}
        loss = START * np.exp(-MARGIN * way(time))
        return float(sp.N(claim[label].rhs.subs(drift.L(drift.t), loss).subs(values)))

    factor = sp.Rational(5, 2)
    part = claim[drift.HOMOGENEOUS].subs({drift.c: factor})
    scaled = part.rhs.replace(drift.z, lambda _: sp.Float(logits(1.0)))
    yield compare("logit of the scaled net", float(scaled), logits(float(factor)), rtol=1e-12)
    loss = START * np.exp(-MARGIN * way(NOW))
    yield compare("way", read(drift.LENGTH, NOW), way(NOW))
    yield compare("loss", read(drift.LOSS, NOW), loss)
    # Central difference over 2 steps of 0.01: exact to 1e-8 of the speed.
    difference = (way(NOW + 0.01) - way(NOW - 0.01)) / 0.02
    yield compare("speed from the loss", read(drift.RATE, NOW), difference, rtol=1e-6)
    late = RATE * MARGIN * START * np.exp(-MARGIN * way(LATE))
    # The speed is 1/(m t) up to 1/(alpha m^2 L_0 t), 2e-9 here.
    yield compare("late speed", read(drift.SPEED, LATE), late)


CHECKS = {"IVF-DRIFT1": drifting}
